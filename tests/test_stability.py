"""Stability: against closed solutions of statistics, simulated truth, and refusals."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit
from scipy.stats import linregress
from scipy.stats import t as t_distribution

from secretome import stability

TIMES = np.array([0.0, 1, 2, 3, 6, 9, 12, 18])
few = settings(max_examples=40, deadline=None)
models = st.sampled_from(["zero", "first", "second", "weibull"])


def noisy(model, rate, *, shape=1.0, sd=1.0, seed=0, times=TIMES):
    noise = np.random.default_rng(seed).normal(0, sd, len(times))
    return 100 * stability.remaining(model, times, rate, shape=shape) + noise


# --- kinetics --------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "order"), [("zero", 0), ("first", 1), ("second", 2)])
def test_orders_solve_their_differential_equation(model, order):
    found = solve_ivp(lambda t, c: -0.07 * c**order, (0, 8), [1.0], rtol=1e-10, atol=1e-12)
    assert stability.remaining(model, 8.0, 0.07) == pytest.approx(found.y[0, -1], rel=1e-6)


def test_the_time_to_ninety_per_cent_of_first_order():
    # ln(10/9) = 0.105361 (any table of logarithms)
    assert stability.time_to("first", 0.01) == pytest.approx(10.5361, abs=1e-4)
    assert stability.time_to("zero", 0.01) == pytest.approx(10.0)
    assert stability.time_to("second", 0.01) == pytest.approx(11.1111, abs=1e-4)


@few
@given(models, st.floats(0.001, 1), st.floats(0.05, 0.99), st.floats(0.4, 3))
def test_time_to_and_remaining_are_inverse(model, rate, fraction, shape):
    time = stability.time_to(model, rate, fraction, shape=shape)
    assert stability.remaining(model, time, rate, shape=shape) == pytest.approx(fraction, rel=1e-9)


@few
@given(models, st.floats(0.001, 1), st.floats(0.1, 10))
def test_less_remains_later(model, rate, time):
    early, late = stability.remaining(model, [time, 2 * time], rate, shape=0.8)
    assert late <= early


def test_weibull_of_shape_one_is_first_order():
    assert stability.remaining("weibull", TIMES, 0.1) == pytest.approx(
        stability.remaining("first", TIMES, 0.1)
    )


# --- fits, against exact statistics --------------------------------------------------------


def test_zero_order_from_a_known_start_has_the_interval_of_linear_regression():
    y = noisy("zero", 0.02, seed=1)
    fit = stability.fit_loss(TIMES, y, "zero", initial=100.0)
    loss = 1 - y / 100
    slope = (TIMES * loss).sum() / (TIMES**2).sum()
    free = len(TIMES) - 1
    error = math.sqrt(((loss - slope * TIMES) ** 2).sum() / free / (TIMES**2).sum())
    half = t_distribution.ppf(0.975, free) * error
    assert fit.rate == pytest.approx(slope, rel=1e-6)
    assert fit.rate_low == pytest.approx(slope - half, rel=1e-5)
    assert fit.rate_high == pytest.approx(slope + half, rel=1e-5)
    assert fit.residual_sd == pytest.approx(100 * error * math.sqrt((TIMES**2).sum()), rel=1e-6)


def test_zero_order_with_a_fitted_start_has_the_interval_of_fieller():
    y = noisy("zero", 0.02, seed=2)
    fit = stability.fit_loss(TIMES, y, "zero")
    line = linregress(TIMES, y)
    assert fit.rate == pytest.approx(-line.slope / line.intercept, rel=1e-6)
    # Fieller's theorem: all rates q for which b + q·a does not differ from zero
    free = len(TIMES) - 2
    design = np.column_stack([np.ones_like(TIMES), TIMES])
    residual = y - line.intercept - line.slope * TIMES
    v = (residual**2).sum() / free * np.linalg.inv(design.T @ design)
    q2 = t_distribution.ppf(0.975, free) ** 2
    a, b = line.intercept, line.slope
    ends = np.roots([a * a - q2 * v[0, 0], 2 * (a * b - q2 * v[0, 1]), b * b - q2 * v[1, 1]])
    assert sorted([fit.rate_low, fit.rate_high]) == pytest.approx(sorted(ends.real), rel=1e-4)
    life = fit.shelf_life()
    assert (life.low, life.high) == pytest.approx(
        (0.1 / fit.rate_high, 0.1 / fit.rate_low), rel=1e-5
    )


@pytest.mark.parametrize("model", ["first", "second", "weibull"])
def test_estimates_agree_with_another_optimiser(model):
    y = noisy(model, 0.05, shape=0.7, seed=3)

    def curve(t, c0, k, beta=1.0):
        return c0 * stability.remaining(model, t, k, shape=beta)

    start = [100, 0.05, 1.0] if model == "weibull" else [100, 0.05]
    expected, _ = curve_fit(curve, TIMES, y, p0=start, bounds=(1e-6, np.inf), ftol=1e-13)
    fit = stability.fit_loss(TIMES, y, model)
    assert fit.initial == pytest.approx(expected[0], rel=1e-4)
    assert fit.rate == pytest.approx(expected[1], rel=1e-3)
    if model == "weibull":
        assert fit.shape == pytest.approx(expected[2], rel=1e-3)


@pytest.mark.parametrize("model", ["zero", "first", "second", "weibull"])
def test_exact_points_give_back_the_truth(model):
    fit = stability.fit_loss(TIMES, noisy(model, 0.03, shape=0.6, sd=0.0), model)
    assert fit.rate == pytest.approx(0.03, rel=1e-4)
    assert fit.initial == pytest.approx(100, rel=1e-4)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    inside = 0
    for seed in range(60):
        fit = stability.fit_loss(TIMES, noisy("first", 0.03, sd=3, seed=seed), "first", level=0.8)
        inside += fit.rate_low <= 0.03 <= fit.rate_high
    # 48 expected of 60; the binomial 99.9 % range is 37 to 57
    assert 37 <= inside <= 57


def test_bootstrap_repeats_with_its_seed_and_is_near_the_profile():
    y = noisy("first", 0.03, seed=5)
    one = stability.fit_loss(TIMES, y, "first", interval="bootstrap", seed=1)
    two = stability.fit_loss(TIMES, y, "first", interval="bootstrap", seed=1)
    other = stability.fit_loss(TIMES, y, "first", interval="bootstrap", seed=2)
    profile = stability.fit_loss(TIMES, y, "first")
    assert one.rate_low == two.rate_low != other.rate_low
    width, wide = one.rate_high - one.rate_low, profile.rate_high - profile.rate_low
    assert width == pytest.approx(wide, rel=0.4)
    assert one.shelf_life().method == "first model, bootstrap interval"


def test_no_visible_loss_leaves_the_shelf_life_without_an_upper_end():
    y = np.array([100.0, 101, 99, 100.5, 99.5, 99.2, 100.4, 99.0])
    life = stability.fit_loss(TIMES, y, "first").shelf_life(allow_extrapolation=True)
    assert math.isinf(life.high)
    assert life.low > 18
    assert "no upper end" in life.summary()
    assert "beyond the data" in life.summary()


def test_a_rise_is_not_a_shelf_life():
    fit = stability.fit_loss(TIMES, 100 + TIMES, "first")
    assert fit.rate == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="show no loss"):
        fit.shelf_life(allow_extrapolation=True)


def test_extrapolation_in_time_must_be_allowed():
    fit = stability.fit_loss(TIMES, noisy("first", 0.002, seed=6, sd=0.1), "first")
    with pytest.raises(ValueError, match=r"data end at 18.*allow_extrapolation=True"):
        fit.shelf_life()
    life = fit.shelf_life(allow_extrapolation=True)
    assert life.extrapolated
    assert life.low < life.time < life.high
    with pytest.raises(ValueError, match="beyond"):
        fit.predict([6, 24])
    assert fit.predict([24], allow_extrapolation=True) == pytest.approx(95.3, abs=0.5)
    assert not fit.shelf_life(0.98).extrapolated


def test_comparison_finds_the_model_that_made_the_points():
    times = np.linspace(0, 40, 12)
    for model in ("zero", "first", "second"):
        table = stability.compare_losses(times, noisy(model, 0.022, sd=0.3, seed=7, times=times))
        assert table["model"][0] == model
        assert table["delta_aicc"][0] == 0
        assert table["aicc"].is_monotonic_increasing
    with pytest.raises(ValueError, match="at least 6"):
        stability.compare_losses(TIMES[:5], noisy("first", 0.1)[:5])


@pytest.mark.parametrize(
    ("time", "value", "message"),
    [
        ([0, 1], [100, 90], "too few for a first model"),
        ([0, 0, 0], [100, 99, 98], "All times are zero"),
        ([0, 1, 1, 0], [100, 90, 91, 101], None),
        ([3, 3, 3, 3], [100, 90, 91, 101], "at 1 times"),
        ([0, 1, 2], [100, 90], "two sequences of one length"),
        ([0, 1, np.nan], [100, 90, 80], "missing"),
        ([-1, 1, 2], [100, 90, 80], "negative"),
        ([0, 1, 2], [0, 0, 0], "not all zero"),
        ([0, 1, 2], [1, -1, 0], "amounts"),
    ],
)
def test_points_that_do_not_carry_the_fit_are_refused(time, value, message):
    if message is None:
        assert stability.fit_loss(time, value, "first").n == 4
        return
    with pytest.raises(ValueError, match=message):
        stability.fit_loss(time, value, "first")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "third"}, "zero, first, second, weibull"),
        ({"level": 95}, "0.95"),
        ({"interval": "wald"}, "profile"),
        ({"initial": -1}, "above zero"),
    ],
)
def test_wrong_choices_are_refused(change, message):
    arguments = {"time": TIMES, "value": noisy("first", 0.1), "model": "first"} | change
    with pytest.raises(ValueError, match=message):
        stability.fit_loss(**arguments)


def test_rates_and_shares_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="without loss"):
        stability.time_to("first", 0.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        stability.time_to("first", 0.1, 90)
    with pytest.raises(ValueError, match="zero or more"):
        stability.remaining("first", 1.0, -0.1)
    with pytest.raises(ValueError, match="storage begins at zero"):
        stability.remaining("first", -1.0, 0.1)
    with pytest.raises(ValueError, match="above zero, 1 for first order"):
        stability.remaining("weibull", 1.0, 0.1, shape=0.0)


# --- Arrhenius ---------------------------------------------------------------------------------


def accelerated(energy=90.0, sd=0.4, seed=0, model="first", temperatures=(25.0, 40.0, 50.0, 60.0)):
    random = np.random.default_rng(seed)
    rows = list(product(temperatures, [0.0, 1, 2, 3, 6]))
    temperature, time = (np.array(v) for v in zip(*rows, strict=True))
    inverse = 1 / (temperature + 273.15) - 1 / 313.15
    rate = 0.05 * np.exp(-energy * 1e3 / 8.314462618 * inverse)
    share = np.array(
        [stability.remaining(model, t, k).item() for t, k in zip(time, rate, strict=True)]
    )
    return time, temperature, 100 * share + random.normal(0, sd, len(time))


@pytest.mark.parametrize("fit", [stability.arrhenius_two_step, stability.arrhenius_global])
def test_both_methods_give_back_exact_kinetics(fit):
    found = fit(*accelerated(sd=0.0))
    assert found.activation_kj_mol == pytest.approx(90, rel=1e-4)
    assert found.rate(40.0) == pytest.approx(0.05, rel=1e-4)
    truth = 0.05 * math.exp(-90e3 / 8.314462618 * (1 / 278.15 - 1 / 313.15))
    assert found.rate(5.0, allow_extrapolation=True) == pytest.approx(truth, rel=1e-3)
    life = found.shelf_life(5.0, allow_extrapolation=True)
    assert life.time == pytest.approx(math.log(10 / 9) / truth, rel=1e-3)
    assert life.extrapolated


def test_two_steps_are_a_regression_of_logarithms():
    time, temperature, value = accelerated(seed=1)
    found = stability.arrhenius_two_step(time, temperature, value)
    different = np.unique(temperature)
    rates = [
        stability.fit_loss(time[temperature == c], value[temperature == c], "first").rate
        for c in different
    ]
    line = linregress(1 / (different + 273.15), np.log(rates))
    half = t_distribution.ppf(0.975, 2) * line.stderr * 8.314462618e-3
    assert found.activation_kj_mol == pytest.approx(-line.slope * 8.314462618e-3, rel=1e-6)
    assert found.activation_high - found.activation_kj_mol == pytest.approx(half, rel=1e-6)
    at = line.intercept + line.slope / 278.15
    life = found.shelf_life(5.0, allow_extrapolation=True)
    assert life.time == pytest.approx(math.log(10 / 9) / math.exp(at), rel=1e-6)


def test_the_global_fit_agrees_with_another_optimiser():
    time, temperature, value = accelerated(seed=2)

    def curve(x, c0, log_k, energy):
        inverse = 1 / (x[1] + 273.15) - 1 / 313.15
        return c0 * np.exp(-np.exp(log_k - energy * 1e3 / 8.314462618 * inverse) * x[0])

    expected, _ = curve_fit(curve, np.vstack([time, temperature]), value, p0=[100, -3, 80])
    found = stability.arrhenius_global(time, temperature, value)
    assert found.activation_kj_mol == pytest.approx(expected[2], rel=1e-4)
    assert found.rate(40.0) == pytest.approx(math.exp(expected[1]), rel=1e-4)
    assert found.activation_low < found.activation_kj_mol < found.activation_high
    assert found.rates["rate"].is_monotonic_increasing


def test_the_method_moves_the_answer_and_is_named():
    points = accelerated(sd=1.0, seed=3)
    lives = [
        fit(*points).shelf_life(5.0, allow_extrapolation=True)
        for fit in (stability.arrhenius_two_step, stability.arrhenius_global)
    ]
    assert lives[0].time != pytest.approx(lives[1].time, rel=0.02)
    assert "two-step" in lives[0].summary()
    assert "global" in lives[1].summary()
    for life in lives:
        assert life.low < life.time < life.high


def test_intervals_widen_away_from_the_data():
    for fit in (stability.arrhenius_two_step, stability.arrhenius_global):
        found = fit(*accelerated(seed=4))
        near, far = (found.shelf_life(c, allow_extrapolation=True) for c in (40.0, -10.0))
        assert far.high / far.low > near.high / near.low


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 20), st.floats(1, 15))
def test_colder_storage_lasts_longer(seed, temperature, more):
    found = stability.arrhenius_two_step(*accelerated(seed=seed, sd=0.2))
    cold, warm = (
        found.shelf_life(c, allow_extrapolation=True) for c in (temperature, temperature + more)
    )
    assert cold.time > warm.time


def test_a_global_weibull_fit_keeps_one_shape():
    found = stability.arrhenius_global(*accelerated(sd=0.2, seed=5), "weibull")
    assert found.shape == pytest.approx(1.0, abs=0.1)
    with pytest.raises(ValueError, match="arrhenius_global"):
        stability.arrhenius_two_step(*accelerated(), "weibull")


def test_extrapolation_in_temperature_must_be_allowed():
    found = stability.arrhenius_two_step(*accelerated(seed=6))
    with pytest.raises(ValueError, match=r"outside the data \(25\.0 °C to 60\.0 °C\)"):
        found.rate(5.0)
    with pytest.raises(ValueError, match="outside the data"):
        found.shelf_life(5.0)
    with pytest.raises(ValueError, match="data end at 6"):
        found.shelf_life(25.0, 0.5)
    inside = found.shelf_life(50.0)
    assert not inside.extrapolated


def test_the_glass_transition_is_never_crossed():
    for fit in (stability.arrhenius_two_step, stability.arrhenius_global):
        with pytest.raises(ValueError, match="both sides of the glass transition"):
            fit(*accelerated(), glass_transition_c=45.0)
        rubber = fit(*accelerated(), glass_transition_c=20.0)
        with pytest.raises(ValueError, match="Mobility changes its law"):
            rubber.shelf_life(5.0, allow_extrapolation=True)
        with pytest.raises(ValueError, match="whatever is allowed"):
            rubber.rate(5.0, allow_extrapolation=True)
        glass = fit(*accelerated(), glass_transition_c=70.0)
        assert glass.shelf_life(5.0, allow_extrapolation=True).time > 0
        with pytest.raises(ValueError, match="wlf_acceleration"):
            glass.rate(75.0, allow_extrapolation=True)


def test_a_fit_without_a_glass_transition_says_so():
    found = stability.arrhenius_global(*accelerated())
    assert "none is guarded" in found.summary()
    assert (
        "none is guarded"
        not in stability.arrhenius_global(*accelerated(), glass_transition_c=80.0).summary()
    )


def test_too_little_for_arrhenius_is_refused():
    time, temperature, value = accelerated(temperatures=(25.0, 40.0))
    for fit in (stability.arrhenius_two_step, stability.arrhenius_global):
        with pytest.raises(ValueError, match="at least three"):
            fit(time, temperature, value)
    with pytest.raises(ValueError, match="kelvin"):
        stability.arrhenius_global([0, 1, 2], [298, 313, 323], [100, 90, 80])
    with pytest.raises(ValueError, match=r"At 25\.0 °C: .* too few"):
        stability.arrhenius_two_step([0, 1] * 3, [25, 25, 40, 40, 50, 50], [100, 90] * 3)
    with pytest.raises(ValueError, match="each point needs one"):
        stability.arrhenius_global([0, 1, 2], [25, 40], [100, 90, 80])


def test_a_temperature_without_loss_stops_two_steps_but_not_the_global_fit():
    time, temperature, value = accelerated(sd=0.0)
    value = np.where(temperature == 25.0, 100 + time / 10, value)
    with pytest.raises(ValueError, match=r"At 25\.0 °C the data show no loss"):
        stability.arrhenius_two_step(time, temperature, value)
    assert stability.arrhenius_global(time, temperature, value).activation_kj_mol > 90


# --- above the glass transition ------------------------------------------------------------------


def test_wlf_with_its_universal_constants():
    assert stability.wlf_acceleration(40.0, 40.0) == 1.0
    # at c2 above Tg the exponent is c1/2
    assert math.log10(stability.wlf_acceleration(91.6, 40.0)) == pytest.approx(17.44 / 2)
    assert stability.wlf_acceleration(60.0, 40.0, coupling=0.0) == 1.0


@few
@given(st.floats(0, 90), st.floats(0.5, 10))
def test_wlf_rises_with_temperature(above, more):
    assert stability.wlf_acceleration(above + more, 0.0) > stability.wlf_acceleration(above, 0.0)


@pytest.mark.parametrize(
    ("temperature", "change", "message"),
    [
        (30.0, {}, "below the glass transition"),
        (150.0, {}, "about 100 K"),
        (50.0, {"coupling": 2.0}, "from 0"),
        (50.0, {"c1": -1.0}, "above zero"),
        (math.nan, {}, "finite"),
    ],
)
def test_wlf_outside_its_range_is_refused(temperature, change, message):
    with pytest.raises(ValueError, match=message):
        stability.wlf_acceleration(temperature, 40.0, **change)


# --- transport ------------------------------------------------------------------------------------


def test_mean_kinetic_temperature_by_hand():
    # 20 and 40 °C for equal times, energy over R = 10 000 K: with the rates relative to 20 °C
    # 1 and exp(10000 (1/293.15 − 1/313.15)) = 8.8335, mean 4.9168, 1/T = 1/293.15 − ln 4.9168/1e4
    ratio = math.exp(1e4 * (1 / 293.15 - 1 / 313.15))
    assert ratio == pytest.approx(8.8335, abs=1e-3)
    by_hand = 1 / (1 / 293.15 - math.log((1 + ratio) / 2) / 1e4) - 273.15
    found = stability.mean_kinetic_temperature([20.0, 40.0])
    assert found.mkt_c == pytest.approx(by_hand, abs=1e-3)
    assert found.mean_c == 30.0


@few
@given(st.lists(st.floats(-30, 50), min_size=2, max_size=30))
def test_mean_kinetic_temperature_lies_between_mean_and_maximum(readings):
    found = stability.mean_kinetic_temperature(readings)
    assert found.mean_c - 1e-6 <= found.mkt_c <= found.high_c + 1e-6


@few
@given(st.floats(-30, 50))
def test_a_constant_log_is_its_temperature(reading):
    found = stability.mean_kinetic_temperature([reading] * 5, activation_kj_mol=250.0)
    assert found.mkt_c == pytest.approx(reading, abs=1e-9)


def test_readings_count_for_the_time_they_stand():
    even = stability.mean_kinetic_temperature([5.0, 25.0, 5.0], [0.0, 5.0, 10.0])
    short = stability.mean_kinetic_temperature(
        [5.0, 5.0, 25.0, 5.0, 5.0], [0.0, 4.9, 5.0, 5.1, 10.0]
    )
    assert short.mkt_c < even.mkt_c
    assert (even.hours, even.longest_gap_h) == (10.0, 5.0)
    # each reading stands for half the gap to its neighbours: 0.5, 2 and 1.5 of 4 hours
    uneven = stability.mean_kinetic_temperature([5.0, 25.0, 5.0], [0.0, 1.0, 4.0])
    assert uneven.mean_c == pytest.approx(15.0)


def test_dates_are_times():
    stamps = pd.Series(pd.date_range("2024-05-31 12:00", periods=3, freq="2h"))
    numbers = stability.mean_kinetic_temperature([5.0, 25.0, 8.0], [0.0, 2.0, 4.0])
    assert stability.mean_kinetic_temperature([5.0, 25.0, 8.0], stamps) == numbers
    assert stability.mean_kinetic_temperature([5.0, 25.0, 8.0], list(stamps.astype(str))) == numbers
    assert "kJ/mol" in numbers.summary()


@pytest.mark.parametrize(
    ("readings", "time", "message"),
    [
        ([5.0], None, "two readings"),
        ([5.0, math.nan], None, "missing"),
        ([278.0, 290.0], None, "kelvin"),
        ([5.0, 6.0, 7.0], [0, 2, 1], "forward after reading 2"),
        ([5.0, 6.0], [0, 1, 2], "3 times and 2 readings"),
        ([5.0, 6.0], ["noon", "later"], "could not be read as dates"),
    ],
)
def test_logs_that_cannot_be_are_refused(readings, time, message):
    with pytest.raises(ValueError, match=message):
        stability.mean_kinetic_temperature(readings, time)


def test_no_energy_no_kinetic_mean():
    with pytest.raises(ValueError, match="above zero"):
        stability.mean_kinetic_temperature([5.0, 6.0], activation_kj_mol=0.0)

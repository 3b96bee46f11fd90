"""Freeze-drying: against published results, an independent integration, and physics.

Published numbers are those of the documentation of LyoPRONTO, the field's open simulator
(read as documentation; none of its code was read or used):

* inputs and results of its standard case and of its design space:
  https://github.com/LyoHUB/LyoPRONTO/blob/60a489d0340c35a82aee7b274b3ffaf4ac25a60f/examples/README.md
* the same results in more figures (drying time 6.66 h, product at most −14.77 °C;
  isotherm of −5 °C: 1.98 h, mean flux 3.11 and least flux 2.29 kg/(h·m²); equipment limit:
  0.49 h at 12.59 kg/(h·m²)):
  https://github.com/LyoHUB/LyoPRONTO/blob/30db419e794ffe4324f7c0b97741e469d6e90f57/docs/archive/WEB_INTERFACE_COMPLETE.md
* latent heat and vapour-pressure fit:
  https://github.com/LyoHUB/LyoPRONTO/blob/628acbb8c8c91b51e6ea4a36d565d762e7464810/docs/PHYSICS_REFERENCE.md

What those pages do not print: the rate of the shelf ramp in the standard case (1 °C/min is
printed for its neighbours, and taken here), the densities of ice and solids, and the
conductivity of ice.  The ordinary handbook values that the module uses reproduce the case;
10 % in the conductivity moves the drying time by 0.2 %.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import cumulative_trapezoid, quad, solve_ivp
from scipy.optimize import brentq

from secretome import freeze_drying as fd

KV = fd.VialHeatTransfer.from_calories(2.75e-4, 8.93e-4, 0.46)
RP = fd.CakeResistance(1.4, 16.0, 0.0)
STANDARD = fd.Vial(2.0, 0.05, 3.14, 3.8, KV, RP)
DENSE = fd.Vial(2.0, 0.05, 3.14, 3.8, KV, fd.CakeResistance(5.0, 100.0, 0.0))
RAMP = fd.Programme(-35.0, [20.0], rate_per_min=1.0)


# --- the published cases -----------------------------------------------------------------


def test_the_standard_case_of_the_field_is_reproduced():
    run = fd.primary_drying(STANDARD, RAMP, 0.15, critical_c=-5.0)
    assert run.drying_time_h == pytest.approx(6.66, rel=0.01)
    assert run.peak_product_c == pytest.approx(-14.77, abs=0.3)
    assert run.margin_k == pytest.approx(9.77, abs=0.3)
    assert run.collapses is False
    # tighter than promised, so that a slip in a constant shows
    assert run.drying_time_h == pytest.approx(6.66, rel=0.002)
    assert run.peak_product_c == pytest.approx(-14.77, abs=0.01)


def test_the_published_product_isotherm_is_reproduced():
    limit = fd.product_limit(STANDARD, 0.15, -5.0)
    assert limit.drying_time_h == pytest.approx(1.98, rel=0.01)
    assert limit.mean_flux_kg_h_m2 == pytest.approx(3.11, rel=0.01)
    assert limit.least_flux_kg_h_m2 == pytest.approx(2.29, rel=0.01)


def test_the_published_equipment_limit_is_reproduced():
    dryer = fd.Equipment(398, -0.182, 11.7)
    per_vial_kg = dryer.capacity(0.15) / dryer.vials
    assert per_vial_kg / (STANDARD.product_area_cm2 * 1e-4) == pytest.approx(12.59, rel=0.001)
    assert STANDARD.ice_g / 1000 / per_vial_kg == pytest.approx(0.49, rel=0.01)


# --- an independent integration ------------------------------------------------------------


def reference(vial: fd.Vial, shelf, pressure, until=3000.0):
    """Plain solve_ivp in time with brentq for the balance; shares no code with the module."""
    ice, plug = vial.ice_g, vial.cake_length_cm
    kv, rp = vial.heat_transfer, vial.resistance

    def state(dried, t):
        s, p = shelf(t) + 273.15, pressure(t)
        conductance = (kv.kc + kv.kp * p / (1 + kv.kd * p)) * 1e-4 * vial.outer_area_cm2
        resistance = rp.r0 + rp.a1 * dried / (1 + rp.a2 * dried)

        def flux(front):
            return (2.698e10 * math.exp(-6144.96 / front) - p) / resistance

        if flux(s) <= 0:
            return s, 0.0

        def imbalance(front):
            watts = flux(front) * vial.product_area_cm2 * 678 * 4.184 / 3600
            bottom = front + watts / vial.product_area_cm2 * (plug - dried) / (0.0059 * 4.184)
            return conductance * (s - bottom) - watts

        front = brentq(imbalance, 150.0, s, xtol=1e-11)
        watts = flux(front) * 678 * 4.184 / 3600
        return front + watts * max(plug - dried, 0.0) / (0.0059 * 4.184), flux(front)

    def rate(t, y):
        return [state(min(y[0], plug), t)[1] * vial.product_area_cm2 * plug / ice]

    def done(t, y):
        return y[0] - plug

    done.terminal = True
    solution = solve_ivp(
        rate, (0, until), [0.0], events=done, rtol=1e-8, atol=1e-9, max_step=0.1, method="RK45"
    )
    peak = max(state(min(d, plug), t)[0] for t, d in zip(solution.t, solution.y[0], strict=True))
    return float(solution.t[-1]), peak - 273.15


def random_case(seed: int):
    r = np.random.default_rng(seed)
    vial = fd.Vial(
        fill_ml=r.uniform(0.5, 5.0),
        solids_g_per_ml=r.uniform(0.01, 0.2),
        product_area_cm2=3.0,
        outer_area_cm2=r.uniform(3.1, 4.5),
        heat_transfer=fd.VialHeatTransfer(r.uniform(3, 20), r.uniform(10, 80), r.uniform(0, 5)),
        resistance=fd.CakeResistance(r.uniform(0.5, 5), r.uniform(1, 40), r.uniform(0, 3)),
    )
    start, rate, hold = r.uniform(-45, -30), r.uniform(0.1, 1.5), r.uniform(0, 3)
    shelf = fd.Programme(start, [-25.0, r.uniform(-22, -2)], [rate, rate / 2], [hold])
    pressure = fd.Programme(r.uniform(0.04, 0.1), [r.uniform(0.04, 0.2)], 0.001)
    return vial, shelf, pressure


@pytest.mark.parametrize("seed", range(12))
def test_random_cycles_agree_with_an_independent_integration(seed):
    vial, shelf, pressure = random_case(seed)
    run = fd.primary_drying(vial, shelf, pressure)
    time, peak = reference(vial, shelf.at, pressure.at)
    # far inside the promised 1 % and 0.3 K, so that a coarser step shows
    assert run.drying_time_h == pytest.approx(time, rel=5e-5)
    assert run.peak_product_c == pytest.approx(peak, abs=1e-3)


def test_drying_that_ends_inside_a_ramp_agrees_too():
    vial = fd.Vial(0.5, 0.05, 3.14, 3.8, KV, RP)
    slow = fd.Programme(-30.0, [20.0], rate_per_min=0.1)
    run = fd.primary_drying(vial, slow, 0.1)
    time, _ = reference(vial, slow.at, lambda t: 0.1)
    assert run.drying_time_h < slow.corners()[0][-1]
    assert run.drying_time_h == pytest.approx(time, rel=1e-4)
    many = fd.vial_population(vial, slow, 0.1, n=3).table
    assert many["drying_time_h"].to_numpy() == pytest.approx(run.drying_time_h, rel=1e-4)
    assert many["peak_product_c"].to_numpy() == pytest.approx(run.peak_product_c, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_many_vials_at_once_agree_with_one_at_a_time(seed):
    vial, shelf, pressure = random_case(100 + seed)
    one = fd.primary_drying(vial, shelf, pressure)
    batch = fd.vial_population(vial, shelf, pressure, n=3)
    assert batch.table["drying_time_h"].to_numpy() == pytest.approx(one.drying_time_h, rel=1e-5)
    assert batch.table["peak_product_c"].to_numpy() == pytest.approx(one.peak_product_c, abs=0.01)


# --- balances ------------------------------------------------------------------------------


def test_mass_and_energy_balances_close():
    curve = fd.primary_drying(STANDARD, RAMP, 0.15).curve
    hours = curve["time_h"].to_numpy()
    sublimed = np.trapezoid(curve["flux_kg_h_m2"] / 10 * STANDARD.product_area_cm2, hours)
    assert sublimed == pytest.approx(STANDARD.ice_g, rel=1e-3)
    watts = KV.at(0.15) * 1e-4 * STANDARD.outer_area_cm2 * (curve["shelf_c"] - curve["bottom_c"])
    heat = np.trapezoid(watts * 3600, hours)
    assert heat == pytest.approx(STANDARD.ice_g * 678 * 4.184, rel=1e-3)


def test_the_plug_holds_the_water_and_the_solids():
    solids_ml = 2.0 * 0.05 / 1.5
    assert STANDARD.ice_g == pytest.approx(2.0 - solids_ml)
    plug_ml = STANDARD.cake_length_cm * STANDARD.product_area_cm2
    assert plug_ml == pytest.approx(STANDARD.ice_g / 0.918 + solids_ml)


def test_temperatures_fall_from_shelf_to_bottom_to_front():
    curve = fd.primary_drying(STANDARD, RAMP, 0.15).curve
    assert (curve["shelf_c"] >= curve["bottom_c"] - 1e-9).all()
    assert (curve["bottom_c"] >= curve["front_c"] - 1e-9).all()
    assert curve["fraction_dried"].is_monotonic_increasing
    assert curve["fraction_dried"].iloc[-1] == pytest.approx(1.0)
    assert curve["time_h"].is_monotonic_increasing


# --- properties ------------------------------------------------------------------------------

shelves = st.floats(-30, 5)
pressures = st.floats(0.03, 0.2)
fills = st.floats(0.3, 6)
few = settings(max_examples=40, deadline=None)


def dry(fill=2.0, shelf=-10.0, pressure=0.1, a1=16.0, kc=10.0):
    vial = fd.Vial(fill, 0.05, 3.14, 3.8, fd.VialHeatTransfer(kc, 37.0, 0.46),
                   fd.CakeResistance(1.4, a1, 0.5))  # fmt: skip
    return fd.primary_drying(vial, shelf, pressure)


@few
@given(shelves, st.floats(0.5, 10), pressures)
def test_a_warmer_shelf_dries_faster_and_warms_the_product(shelf, more, pressure):
    cold, warm = dry(shelf=shelf, pressure=pressure), dry(shelf=shelf + more, pressure=pressure)
    assert warm.drying_time_h < cold.drying_time_h
    assert warm.peak_product_c > cold.peak_product_c


@few
@given(fills, st.floats(1.05, 2))
def test_a_longer_cake_dries_more_slowly_than_in_proportion(fill, times):
    short, long = dry(fill=fill), dry(fill=fill * times)
    assert long.drying_time_h > times * short.drying_time_h


@few
@given(st.floats(1, 30), st.floats(1.1, 3))
def test_a_denser_cake_dries_more_slowly_and_warmer(a1, times):
    loose, dense = dry(a1=a1), dry(a1=a1 * times)
    assert dense.drying_time_h > loose.drying_time_h
    assert dense.peak_product_c > loose.peak_product_c


@few
@given(st.floats(2, 20), st.floats(1.1, 3))
def test_more_heat_transfer_dries_faster(kc, times):
    assert dry(kc=kc * times).drying_time_h < dry(kc=kc).drying_time_h


@few
@given(st.floats(-80, 0))
def test_frost_point_and_vapour_pressure_are_inverse(temperature):
    pressure = fd.vapour_pressure_of_ice(temperature)
    if pressure < 4.5:
        assert fd.frost_point(pressure) == pytest.approx(temperature, abs=1e-9)


# --- vapour pressure ----------------------------------------------------------------------


def test_the_fields_fit_stays_close_to_murphy_and_koop():
    t = np.linspace(-60, 0, 601)
    fit = fd.vapour_pressure_of_ice(t)
    exact = fd.vapour_pressure_of_ice(t, formula="murphy-koop")
    assert np.abs(fit / exact - 1).max() == pytest.approx(0.0033, abs=1e-4)


def test_murphy_koop_meets_the_triple_point_of_water():
    # 611.657 Pa at 273.16 K, the defined fixed point of the temperature scale
    pascal = fd.vapour_pressure_of_ice(0.01, formula="murphy-koop") * 101325 / 760
    assert pascal == pytest.approx(611.657, abs=0.001)


def test_the_fit_implies_the_latent_heat_that_the_model_uses():
    # Clausius-Clapeyron: slope of ln p over 1/T times the gas constant, per gram of water
    latent = 6144.96 * 8.314462618 / 18.015
    assert latent == pytest.approx(678 * 4.184, rel=0.001)


# --- programmes ---------------------------------------------------------------------------


def test_a_programme_ramps_from_time_zero_and_holds():
    shelf = fd.Programme(-40.0, [-20.0, 10.0], [1.0, 0.5], [2.0])
    assert shelf.at([0, 1 / 6, 1 / 3, 2, 2 + 1 / 3, 2.8333333333, 100]) == pytest.approx(
        [-40, -30, -20, -20, -20, -5, 10]
    )


def test_a_jump_is_the_limit_of_a_fast_ramp():
    jump = fd.primary_drying(STANDARD, fd.Programme(-35.0, [0.0], math.inf), 0.1)
    plain = fd.primary_drying(STANDARD, 0.0, 0.1)
    fast = fd.primary_drying(STANDARD, fd.Programme(-35.0, [0.0], 1e4), 0.1)
    assert jump.drying_time_h == pytest.approx(plain.drying_time_h, rel=1e-9)
    assert fast.drying_time_h == pytest.approx(plain.drying_time_h, rel=1e-4)


def test_a_hold_before_the_ramp_delays_the_end():
    late = fd.Programme(-35.0, [-35.0, 20.0], 1.0, [2.0])
    difference = (
        fd.primary_drying(STANDARD, late, 0.15).drying_time_h
        - fd.primary_drying(STANDARD, RAMP, 0.15).drying_time_h
    )
    assert 1.8 < difference < 2.0  # a little dries during the cold hold


def test_a_shelf_below_the_frost_point_waits_until_it_is_warm():
    cold = fd.primary_drying(STANDARD, fd.Programme(-60.0, [20.0]), 0.15)
    asleep = cold.curve["shelf_c"] < fd.frost_point(0.15)
    assert asleep.sum() > 3
    assert (cold.curve.loc[asleep, "flux_kg_h_m2"] == 0).all()
    assert (cold.curve.loc[asleep, "bottom_c"] == cold.curve.loc[asleep, "shelf_c"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"setpoints": [0.0], "rate_per_min": 0.0}, "above zero"),
        ({"setpoints": [0.0], "rate_per_min": [1.0, 2.0]}, "1 setpoints"),
        ({"setpoints": [0.0, 5.0], "holds_h": [-1.0]}, "none negative"),
        ({"setpoints": [0.0, 5.0]}, "for each setpoint but the last"),
        ({"setpoints": [math.nan]}, "finite"),
    ],
)
def test_a_programme_that_does_not_add_up_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        fd.Programme(-40.0, **change)


# --- what cannot be -------------------------------------------------------------------------


def test_a_shelf_too_cold_to_sublime_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"sublimes only above −36\.0 °C.*pressure below 0\.0965"):
        fd.primary_drying(STANDARD, -40.0, 0.15)


def test_a_pressure_above_that_of_ice_is_refused():
    with pytest.raises(ValueError, match=r"melt before it sublimed.*to_torr"):
        fd.primary_drying(STANDARD, 0.0, 20.0)


def test_ice_that_would_melt_is_refused():
    with pytest.raises(ValueError, match="ice melts at 0 °C"):
        fd.primary_drying(DENSE, 100.0, 0.2)


def test_a_product_above_collapse_is_flagged_not_hidden():
    run = fd.primary_drying(STANDARD, RAMP, 0.15, critical_c=-32.0)
    assert run.collapses is True
    assert run.margin_k == pytest.approx(-17.2, abs=0.1)
    assert "17.2 K above its critical temperature of −32.0 °C" in run.summary()
    assert "6.7 h" in run.summary()


def test_without_a_critical_temperature_nothing_is_judged():
    run = fd.primary_drying(STANDARD, RAMP, 0.15)
    assert run.collapses is None
    assert run.margin_k is None
    assert "not judged" in run.summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fill_ml": -2.0}, "fill_ml is -2 mL"),
        ({"fill_ml": 0.0}, "above 0 mL"),
        ({"fill_ml": math.nan}, "finite"),
        ({"solids_g_per_ml": 5.0}, "0.05, not 5"),
        ({"solids_g_per_ml": 0.0}, "no cake"),
        ({"product_area_cm2": 5.0}, "swapped"),
        ({"outer_area_cm2": -1.0}, "above 0 cm²"),
    ],
)
def test_an_impossible_vial_is_refused(change, message):
    values = {
        "fill_ml": 2.0, "solids_g_per_ml": 0.05, "product_area_cm2": 3.14,
        "outer_area_cm2": 3.8, "heat_transfer": KV, "resistance": RP,
    } | change  # fmt: skip
    with pytest.raises(ValueError, match=message):
        fd.Vial(**values)


def test_text_is_not_taken_for_a_number():
    with pytest.raises(TypeError, match="must be a number in mL"):
        fd.Vial("2", 0.05, 3.14, 3.8, KV, RP)


@pytest.mark.parametrize("bad", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (0, 0, 1)])
def test_impossible_heat_transfer_is_refused(bad):
    with pytest.raises(ValueError, match="heat"):
        fd.VialHeatTransfer(*bad)


def test_negative_lengths_and_resistances_are_refused():
    with pytest.raises(ValueError, match="length of dried cake is -1 cm"):
        RP.at(-1.0)
    with pytest.raises(ValueError, match="r0 is 0"):
        fd.CakeResistance(0.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="easier to pass"):
        fd.CakeResistance(1.0, -1.0, 0.0)


def test_temperatures_without_ice_are_refused():
    with pytest.raises(ValueError, match="kelvin"):
        fd.vapour_pressure_of_ice(253.15)
    with pytest.raises(ValueError, match="murphy-koop"):
        fd.vapour_pressure_of_ice(-20.0, formula="magnus")
    with pytest.raises(ValueError, match="kelvin"):
        fd.primary_drying(STANDARD, 293.15, 0.1)


def test_units_of_pressure_are_read_or_refused():
    assert fd.to_torr(150, "mTorr") == pytest.approx(0.15)
    assert fd.to_torr(101325, "Pa") == pytest.approx(760)
    assert fd.to_torr(0.2, "mbar") == pytest.approx(0.15, rel=1e-3)
    assert fd.to_torr(200, "µbar") == pytest.approx(fd.to_torr(0.2, "mbar"))
    for nonsense in ("mTor r", "kelvin", "", "10^", "furlong"):
        with pytest.raises(ValueError, match="not a unit of pressure"):
            fd.to_torr(1, nonsense)


# --- mixing rules ----------------------------------------------------------------------------


def test_gordon_taylor_with_the_ratio_of_glass_transitions_is_fox():
    tg, w = [110.0, -137.0], [0.93, 0.07]
    ratio = (tg[0] + 273.15) / (tg[1] + 273.15)
    assert fd.gordon_taylor(w, tg, [1.0, ratio]) == pytest.approx(fd.fox(w, tg))


@few
@given(st.floats(0, 1), st.floats(0.1, 10))
def test_a_mixture_lies_between_its_components(share, k):
    mixed = fd.gordon_taylor([share, 1 - share], [100.0, -100.0], [1.0, k])
    assert -100 - 1e-6 <= mixed <= 100 + 1e-6


def test_mixtures_that_are_none_are_refused():
    with pytest.raises(ValueError, match="amounts of matter"):
        fd.fox([-1, 2], [0, 100])
    with pytest.raises(ValueError, match="one weight and one glass transition"):
        fd.fox([1], [0])
    with pytest.raises(ValueError, match="absolute zero"):
        fd.fox([1, 1], [0, -300])
    with pytest.raises(ValueError, match="one constant above zero"):
        fd.gordon_taylor([1, 1], [0, 100], [1])


# --- design space ----------------------------------------------------------------------------


def space(**change):
    arguments = {
        "critical_c": -25.0, "start_c": -40.0, "ramp_c_per_min": 0.5, "safety_k": 2.0,
    } | change  # fmt: skip
    return fd.design_space(
        STANDARD, np.linspace(-40, 20, 13), np.linspace(0.05, 0.3, 6), **arguments
    )


def test_a_point_of_the_design_space_is_what_the_simulation_says():
    table = space().table
    row = table[(table["shelf_c"] == -10.0) & np.isclose(table["pressure_torr"], 0.1)].iloc[0]
    run = fd.primary_drying(STANDARD, fd.Programme(-40.0, [-10.0], 0.5), 0.1, critical_c=-25.0)
    assert row["drying_time_h"] == pytest.approx(run.drying_time_h, rel=1e-4)
    assert row["peak_product_c"] == pytest.approx(run.peak_product_c, abs=0.01)
    assert row["margin_k"] == pytest.approx(run.margin_k, abs=0.01)


def test_the_fastest_safe_point_is_safe_and_none_is_faster():
    found = space()
    best = found.fastest()
    safe = found.table[found.table["limit"] == "safe"]
    assert best.margin_k >= 2.0
    assert best.drying_time_h == safe["drying_time_h"].min()
    assert 0 < len(safe) < len(found.table)
    assert f"{best.drying_time_h:.1f} h" in found.summary()


def test_reasons_are_given_for_every_point_that_is_not_safe():
    hot = fd.design_space(
        DENSE, [-45.0, -20.0, 20.0, 120.0], [0.2], critical_c=-18.0, start_c=-45.0,
        ramp_c_per_min=1.0, equipment=fd.Equipment(60000, -0.1, 11.7),
    ).table  # fmt: skip
    assert hot["limit"].tolist() == [
        "no sublimation", "equipment", "product and equipment", "ice melts",
    ]  # fmt: skip
    assert hot["drying_time_h"].isna().tolist() == [True, False, False, True]


def test_equipment_only_takes_points_away():
    without, with_ = space(), space(equipment=fd.Equipment(20000, -0.182, 11.7))
    safe = set(without.table.index[without.table["limit"] == "safe"])
    safer = set(with_.table.index[with_.table["limit"] == "safe"])
    assert safer < safe


def test_a_design_space_without_a_safe_point_says_why():
    with pytest.raises(ValueError, match="what forbids them: product"):
        space(critical_c=-60.0).fastest()
    assert "0% of 78" in space(critical_c=-60.0).summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ramp_c_per_min": 0.0}, "above 0 °C/min"),
        ({"safety_k": -1.0}, "0 K or more"),
        ({"start_c": 233.0}, "kelvin"),
    ],
)
def test_an_impossible_design_space_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        space(**change)


def test_empty_axes_are_refused():
    with pytest.raises(ValueError, match="at least one value"):
        fd.design_space(STANDARD, [], [0.1], critical_c=-20, start_c=-40, ramp_c_per_min=1)


def test_the_product_limit_is_never_slower_than_a_safe_cycle():
    best = space(safety_k=0.0).fastest()
    bound = fd.product_limit(STANDARD, best.pressure_torr, -25.0)
    assert bound.drying_time_h < best.drying_time_h
    # the bound asks the shelf for less and less heat
    assert bound.curve["shelf_c"].is_monotonic_decreasing
    assert "down to" in bound.summary()


def test_a_product_limit_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="not below 0 °C"):
        fd.product_limit(STANDARD, 0.1, 5.0)
    with pytest.raises(ValueError, match="sublimes only above"):
        fd.product_limit(STANDARD, 0.15, -38.0)


# --- variation ----------------------------------------------------------------------------------


def population(**change):
    arguments = {
        "n": 400, "seed": 3, "kv_cv": 0.1, "rp_cv": 0.15, "fill_cv": 0.02, "edge_share": 0.3,
        "edge_heat_factor": 1.3, "critical_c": -22.0,
    } | change  # fmt: skip
    return fd.vial_population(STANDARD, fd.Programme(-40.0, [-10.0], 0.5), 0.1, **arguments)


def test_the_same_seed_gives_the_same_vials_and_another_does_not():
    assert population().table.equals(population().table)
    assert not population().table.equals(population(seed=4).table)


def test_spreads_are_those_asked_for():
    table = population(n=20000, edge_share=0.0).table
    assert table["kv_factor"].mean() == pytest.approx(1.0, abs=0.005)
    assert table["kv_factor"].std() == pytest.approx(0.1, abs=0.005)
    assert table["rp_factor"].std() == pytest.approx(0.15, abs=0.005)
    assert table["fill_ml"].mean() == pytest.approx(2.0, abs=0.005)


def test_edge_vials_dry_faster_and_warmer():
    batch = population()
    by_place = batch.table.groupby("edge")[["drying_time_h", "peak_product_c"]].median()
    assert by_place.loc[True, "drying_time_h"] < by_place.loc[False, "drying_time_h"]
    assert by_place.loc[True, "peak_product_c"] > by_place.loc[False, "peak_product_c"]
    assert batch.table["edge"].sum() == 120
    assert 0 < batch.share_collapsed < 1
    assert "edge vials" in batch.summary()
    assert batch.time_for(0.99) > batch.time_for(0.5)


def test_without_variation_all_vials_are_the_mean_vial():
    plain = population(kv_cv=0, rp_cv=0, fill_cv=0, edge_share=0, critical_c=None)
    assert plain.table["drying_time_h"].std() < 1e-9
    assert plain.share_collapsed is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kv_cv": -0.1}, "0 .* or more"),
        ({"rp_cv": 10.0}, "0.1, not 10"),
        ({"edge_share": 1.5}, "between 0 and 1"),
        ({"edge_heat_factor": 0.0}, "above 0"),
        ({"n": 1}, "two vials or more"),
    ],
)
def test_an_impossible_population_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        population(**change)


def test_melting_vials_are_refused_with_their_number():
    with pytest.raises(ValueError, match=r"of 50 vials the ice would melt"):
        fd.vial_population(STANDARD, 70.0, 0.2, n=50, kv_cv=0.5)


# --- freezing ------------------------------------------------------------------------------------

# Inputs as the documentation of LyoPRONTO prints for its freezing example (start 15.8 °C,
# nucleation −5.84 °C, freezing −1.52 °C, 38 W/(m²·K), 1 °C/min); it prints no times.
FREEZING = {
    "fill_ml": 2.0, "solids_g_per_ml": 0.05, "area_cm2": 3.8, "heat_transfer_w_m2_k": 38.0,
    "initial_c": 15.8, "nucleation_c": -5.84, "freezing_c": -1.52,
}  # fmt: skip
COOLING = fd.Programme(15.0, [-5.0, -45.0], 1.0, [0.25])


def test_freezing_agrees_with_an_independent_integration():
    run = fd.freeze(COOLING, **FREEZING)
    water, solids = 2.0 * (1 - 0.05 / 1.5), 0.1
    conductance = 38.0 * 3.8e-4 * 3600
    liquid, solid = water * 4.19 + solids * 1.25, water * 2.10 + solids * 1.25

    def crossing(capacity, start, begin, target):
        def event(t, y):
            return y[0] - target

        event.terminal = True
        found = solve_ivp(
            lambda t, y: [conductance * (COOLING.at(t) - y[0]) / capacity],
            (begin, begin + 20), [start], events=event, rtol=1e-9, atol=1e-10, max_step=0.005,
        )  # fmt: skip
        return found.t[-1]

    nucleation = crossing(liquid, 15.8, 0.0, -5.84)
    assert run.nucleation_h == pytest.approx(nucleation, abs=1e-5)
    at_once = liquid * (5.84 - 1.52) / (water * 333.6)
    assert run.ice_at_nucleation == pytest.approx(at_once)
    left = water * 333.6 * (1 - at_once) / conductance

    def still_liquid(end):
        corners = [c for c in COOLING.corners()[0] if nucleation < c < end]
        return quad(lambda t: -1.52 - COOLING.at(t), nucleation, end, points=corners)[0] - left

    solidified = brentq(still_liquid, nucleation + 1e-6, nucleation + 10)
    assert run.solid_h == pytest.approx(solidified, abs=1e-5)
    assert run.end_h == pytest.approx(crossing(solid, -1.52, solidified, -44.0), abs=1e-4)


def test_the_freezing_curve_has_its_phases():
    run = fd.freeze(COOLING, **FREEZING)
    curve = run.curve
    assert curve["phase"].drop_duplicates().tolist() == [
        "cooling", "solidification", "cooling of the solid",
    ]  # fmt: skip
    plateau = curve[curve["phase"] == "solidification"]
    assert (plateau["product_c"] == -1.52).all()
    # ice grows with the heat that the shelf takes, integrated over the curve's own points
    heat = cumulative_trapezoid(-1.52 - plateau["shelf_c"], plateau["time_h"], initial=0)
    grown = run.ice_at_nucleation + (1 - run.ice_at_nucleation) * heat / heat[-1]
    assert plateau["ice_fraction"].to_numpy() == pytest.approx(grown, abs=1e-3)
    assert curve["ice_fraction"].is_monotonic_increasing
    assert curve["ice_fraction"].iloc[-1] == 1
    assert curve["time_h"].is_monotonic_increasing
    assert "takes 6% of the water at once" in run.summary()


@few
@given(st.floats(-25, -3))
def test_deeper_supercooling_freezes_more_at_once(nucleation):
    def at(temperature):
        return fd.freeze(COOLING, **(FREEZING | {"nucleation_c": temperature}))

    assert at(nucleation - 1).ice_at_nucleation > at(nucleation).ice_at_nucleation
    assert at(nucleation - 1).nucleation_h > at(nucleation).nucleation_h


@few
@given(st.floats(10, 100), st.floats(1.1, 3))
def test_better_contact_freezes_faster(h, times):
    slow = fd.freeze(COOLING, **(FREEZING | {"heat_transfer_w_m2_k": h}))
    fast = fd.freeze(COOLING, **(FREEZING | {"heat_transfer_w_m2_k": h * times}))
    assert fast.solid_h < slow.solid_h


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nucleation_c": 1.0}, "at or below the freezing point"),
        ({"nucleation_c": -45.0}, "freezes by itself"),
        ({"initial_c": -3.0}, "Start with a liquid"),
        ({"fill_ml": -1.0}, "above 0 mL"),
        ({"heat_transfer_w_m2_k": 0.0}, "nothing cools"),
        ({"solids_g_per_ml": 2.0}, "no water"),
    ],
)
def test_impossible_freezing_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        fd.freeze(COOLING, **(FREEZING | change))


def test_a_shelf_that_never_reaches_nucleation_is_refused():
    with pytest.raises(ValueError, match="supercooled liquid"):
        fd.freeze(fd.Programme(10.0, [-5.0]), **FREEZING)


# --- secondary drying -----------------------------------------------------------------------------

DESORPTION = {
    "initial_percent": 6.0, "target_percent": 1.0, "rate_per_h": 0.3, "reference_c": 25.0,
    "activation_kj_mol": 40.0, "equilibrium_percent": 0.2,
}  # fmt: skip


def test_desorption_at_one_temperature_is_exponential():
    run = fd.secondary_drying(25.0, **DESORPTION)
    assert run.time_to_target_h == pytest.approx(math.log(5.8 / 0.8) / 0.3)
    assert run.curve["moisture_percent"].iloc[-1] == pytest.approx(1.0)


def test_desorption_on_a_ramp_agrees_with_an_independent_integration():
    shelf = fd.Programme(-20.0, [10.0, 40.0], [0.2, 0.1], [3.0])
    run = fd.secondary_drying(shelf, **DESORPTION)

    def slope(t, c):
        k = 0.3 * math.exp(-40e3 / 8.314462618 * (1 / (shelf.at(t) + 273.15) - 1 / 298.15))
        return [-k * (c[0] - 0.2)]

    def dry_enough(t, c):
        return c[0] - 1.0

    dry_enough.terminal = True
    found = solve_ivp(slope, (0, 100), [6.0], events=dry_enough, rtol=1e-9, max_step=0.02)
    assert run.time_to_target_h == pytest.approx(found.t[-1], rel=1e-3)


@few
@given(st.floats(0, 40), st.floats(1, 20))
def test_warmer_desorption_is_faster(temperature, more):
    slow, fast = (fd.secondary_drying(t, **DESORPTION) for t in (temperature, temperature + more))
    assert fast.time_to_target_h < slow.time_to_target_h


def test_the_glass_transition_is_followed():
    shelf = fd.Programme(-20.0, [40.0], 0.5)
    tg = {"dry_tg_c": 115.0, "gordon_taylor_k": 5.0}
    wet = fd.secondary_drying(shelf, **(DESORPTION | {"initial_percent": 30.0}), **tg)
    assert wet.least_tg_margin_k < 0
    assert "above its glass transition" in wet.summary()
    dry_ = fd.secondary_drying(shelf, **DESORPTION, **tg)
    assert dry_.least_tg_margin_k > wet.least_tg_margin_k
    last = dry_.curve.iloc[-1]
    assert last["tg_c"] == pytest.approx(
        fd.gordon_taylor([0.99, 0.01], [115.0, -137.0], [1.0, 5.0]), abs=0.01
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_percent": 0.1}, "between the equilibrium"),
        ({"target_percent": 7.0}, "between the equilibrium"),
        ({"initial_percent": -1.0}, "0 % or more"),
        ({"rate_per_h": 0.0}, "above 0 1/h"),
        ({"activation_kj_mol": -1.0}, "0 kJ/mol or more"),
        ({"dry_tg_c": 100.0}, "belong together"),
        ({"rate_per_h": 1e-6}, "more than a year"),
    ],
)
def test_impossible_desorption_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        fd.secondary_drying(25.0, **(DESORPTION | change))


# --- cost -----------------------------------------------------------------------------------------


def test_energy_is_stated_only_from_a_given_power():
    hours = {"freezing": 4.0, "primary": 14.0, "secondary": 6.0}
    plain = fd.cycle_cost(hours)
    assert plain.total_h == 24.0
    assert plain.total_kwh is None
    assert "no power was given" in plain.summary()
    assert fd.cycle_cost(hours, power_kw=2.0).total_kwh == 48.0
    each = fd.cycle_cost(hours, power_kw={"freezing": 3.0, "primary": 2.0, "secondary": 1.0})
    assert each.total_kwh == 46.0
    assert "46 kWh" in each.summary()


def test_impossible_costs_are_refused():
    with pytest.raises(ValueError, match="no stage"):
        fd.cycle_cost({})
    with pytest.raises(ValueError, match="0 h or more"):
        fd.cycle_cost({"primary": -1.0})
    with pytest.raises(ValueError, match="power of secondary is missing"):
        fd.cycle_cost({"primary": 1.0, "secondary": 1.0}, power_kw={"primary": 1.0})
    with pytest.raises(ValueError, match="0 kW or more"):
        fd.cycle_cost({"primary": 1.0}, power_kw=-2.0)

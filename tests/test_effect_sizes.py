"""Effect sizes against published worked examples, exact identities and properties."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from secretome import effect_sizes as es
from secretome import synthesis

from .published import bcg, stroke

OUT = ["effect", "variance", "se", "ci_low", "ci_high"]


def one(**cells: object) -> pd.DataFrame:
    return pd.DataFrame({k: [v] for k, v in cells.items()})


def means(**changes: object) -> pd.DataFrame:
    cells: dict[str, object] = {
        "n_treated": 50, "mean_treated": 103.0, "sd_treated": 5.5,
        "n_control": 50, "mean_control": 100.0, "sd_control": 4.5,
    }  # fmt: skip
    return one(**(cells | changes))


def events(a: int, n1: int, c: int, n2: int) -> pd.DataFrame:
    return one(events_treated=a, n_treated=n1, events_control=c, n_control=n2)


# --- published worked examples --------------------------------------------------------------
# Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction to Meta-Analysis. Wiley 2009,
# chapters 4 and 5, print four digits.


def test_mean_difference_borenstein() -> None:
    out = es.from_arms(means(), "MD").iloc[0]
    assert out["effect"] == pytest.approx(3.0, abs=1e-12)
    assert round(out["variance"], 4) == 1.0100
    assert round(out["se"], 4) == 1.0050


def test_hedges_g_borenstein() -> None:
    assert round(es.from_arms(means(), "SMD")["effect"].iloc[0], 4) == 0.5924


def test_paired_hedges_g_borenstein() -> None:
    # the book gives the SD of differences, 5.5, and r = 0.7, hence S_within = 7.1005
    within = 5.5 / math.sqrt(2 * (1 - 0.7))
    assert round(within, 4) == 7.1005
    out = es.from_arms(
        means(sd_treated=within, sd_control=within), "SMD", split_body=True, correlation=0.7
    ).iloc[0]
    assert round(out["effect"], 4) == 0.4160
    assert round(out["variance"], 4) == 0.0127


def test_response_ratio_borenstein() -> None:
    arms = one(
        n_treated=10, mean_treated=61.515, sd_treated=19.475,
        n_control=10, mean_control=51.015, sd_control=19.475,
    )  # fmt: skip
    out = es.from_arms(arms, "lnRR").iloc[0]
    assert round(es.back_transform(out["effect"], "lnRR"), 4) == 1.2058
    assert round(out["variance"], 4) == 0.0246


@pytest.mark.parametrize(
    ("measure", "effect", "variance"),
    [("RR", -0.6931, 0.2800), ("OR", -0.7472, 0.3216), ("RD", -0.0500, 0.0014)],
)
def test_two_by_two_borenstein(measure: str, effect: float, variance: float) -> None:
    out = es.from_arms(events(5, 100, 10, 100), measure).iloc[0]
    assert round(out["effect"], 4) == effect
    assert round(out["variance"], 4) == variance
    assert out["note"] == ""


def test_bcg_log_risk_ratios() -> None:
    # Viechtbauer W. J Stat Softw 2010;36(3), section 3.1, prints these four-digit values
    out = es.from_arms(bcg(), "RR", label="trial")
    assert out["effect"].round(4).tolist() == [
        -0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713,
        -0.3394, 0.4459, -0.0173,
    ]  # fmt: skip
    assert out["variance"].round(4).tolist() == [
        0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124,
        0.5325, 0.0714,
    ]  # fmt: skip


def test_stroke_smd_with_large_sample_variance() -> None:
    # help page of the data set dat.normand1999 (R package metadat), output of its example
    out = es.from_arms(stroke(), "SMD", smd_variance="LS", label="trial")
    assert out["effect"].round(4).tolist() == [
        -0.3552, -0.3479, -2.3176, -1.8880, -0.3840, 0.1721, 0.2721, -0.4246, 0.2896,
    ]  # fmt: skip
    assert out["variance"].round(4).tolist() == [
        0.0131, 0.0645, 0.0458, 0.1606, 0.2054, 0.0369, 0.0603, 0.0149, 0.0363,
    ]  # fmt: skip


def test_revman_variance_of_smd() -> None:
    # formula of the RevMan statistical algorithms, by hand: N/(n1·n2) + g²/(2·(N − 3.94))
    out = es.from_arms(means(), "SMD").iloc[0]
    assert out["variance"] == pytest.approx(0.04 + out["effect"] ** 2 / (2 * 96.06), rel=1e-14)


def test_handbook_6_5_2_2_sd_from_interval() -> None:
    group = one(n=25, low=30.0, high=34.2)
    out = es.sd_from_interval(group, ci_low="low", ci_high="high")
    assert round(out["sd"].iloc[0], 2) == 5.09


def test_handbook_6_5_2_3_se_from_p() -> None:
    # MD 3.8, p = 0.008, groups of 25 and 22: t = 2.78, SE = 1.37
    out = es.from_p_value(
        one(md=3.8, p=0.008, free=45), effect="md", p="p", free="free", measure="MD"
    )
    assert round(out["se"].iloc[0], 2) == 1.37


def test_handbook_6_5_2_8_correlation() -> None:
    assert round(es.correlation_of_change(6.4, 7.1, 4.5), 2) == 0.78


@pytest.mark.parametrize(
    ("df", "closed"),
    [
        (2, 1 / math.sqrt(math.pi)),
        (3, math.sqrt(math.pi) / math.sqrt(6)),
        (4, math.sqrt(2 / math.pi)),
    ],
)
def test_hedges_correction_closed_forms(df: int, closed: float) -> None:
    # Hedges 1981, table 1 prints 0.5642, 0.7236 and 0.7979
    assert es.hedges_correction(df) == pytest.approx(closed, rel=1e-14)


def exact_correction(df: int) -> float:
    """Γ(df/2)/(√(df/2)·Γ((df − 1)/2)) for an even df, from whole numbers alone.

    With df = 2k, Γ(k)/Γ(k − ½) = 4^(k−1)·((k − 1)!)²/((2k − 2)!·√π), a product of fractions.
    """
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    with localcontext() as context:
        context.prec = 50
        ratio = 1 / pi.sqrt()
        for i in range(1, df // 2):
            ratio *= Decimal(2 * i) / Decimal(2 * i - 1)
        return float(ratio / Decimal(df // 2).sqrt())


def stirling_correction(df: int) -> float:
    """The same for a large df, from Stirling's series of both logarithms in 60 digits."""
    with localcontext() as context:
        context.prec = 60

        def log_gamma(z: Decimal) -> Decimal:
            # without ½·ln(2π), which falls out of the difference
            half = Decimal("0.5")
            return (z - half) * z.ln() - z + 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5)

        z = Decimal(df) / 2
        return float((log_gamma(z) - log_gamma(z - Decimal("0.5")) - z.ln() / 2).exp())


def test_the_two_exact_corrections_agree() -> None:
    assert exact_correction(20_000) == pytest.approx(stirling_correction(20_000), rel=1e-16)


@pytest.mark.parametrize("df", [10, 98, 998, 1000, 1002, 20_000])
def test_hedges_correction_against_whole_numbers(df: int) -> None:
    # below 1000 the difference of two logarithms of gamma functions costs some digits
    assert es.hedges_correction(df) == pytest.approx(exact_correction(df), rel=1e-12)


@pytest.mark.parametrize("df", [1001, 10**5, 10**6, 10**9, 10**12])
def test_hedges_correction_keeps_its_digits_at_large_df(df: int) -> None:
    got = es.hedges_correction(df)
    assert got < 1
    assert got == pytest.approx(stirling_correction(df), rel=4e-16)


def test_hedges_correction_rises_across_the_change_of_formula() -> None:
    done = es.hedges_correction(np.arange(990, 1010))
    assert (np.diff(done) > 0).all()


def test_hedges_correction_is_exact_not_the_approximation() -> None:
    assert abs(es.hedges_correction(8) - (1 - 3 / (4 * 8 - 1))) > 5e-5


# --- exact identities -----------------------------------------------------------------------


def test_t_f_and_p_give_the_effect_of_the_arms() -> None:
    arms = means(n_control=37)
    t, p = stats.ttest_ind_from_stats(103.0, 5.5, 50, 100.0, 4.5, 37)
    want = es.from_arms(arms, "SMD")[OUT].to_numpy()
    tests = one(t=t, f=t**2, p=p, sign=1, n_treated=50, n_control=37)
    for got in (
        es.from_statistic(tests, "t", value="t"),
        es.from_statistic(tests, "F", value="f", direction="sign"),
        es.from_statistic(tests, "p", value="p", direction="sign"),
    ):
        np.testing.assert_allclose(got[OUT].to_numpy(), want, rtol=1e-9)
        assert "Student" in got["note"].iloc[0]


def test_direction_gives_the_sign() -> None:
    tests = one(p=0.03, sign=-1, n_treated=20, n_control=20)
    assert es.from_statistic(tests, "p", value="p", direction="sign")["effect"].iloc[0] < 0


def test_interval_undoes_itself() -> None:
    made = es.from_arms(events(12, 80, 25, 85), "OR")
    printed = one(
        est=math.exp(made["effect"].iloc[0]),
        low=math.exp(made["ci_low"].iloc[0]),
        high=math.exp(made["ci_high"].iloc[0]),
    )
    back = es.from_interval(printed, effect="est", ci_low="low", ci_high="high", measure="OR")
    np.testing.assert_allclose(back[OUT].to_numpy(), made[OUT].to_numpy(), rtol=1e-12)
    assert "off the middle" not in back["note"].iloc[0]


def test_interval_off_its_middle_says_so() -> None:
    printed = one(est=1.1, low=0.9, high=2.5)
    out = es.from_interval(printed, effect="est", ci_low="low", ci_high="high", measure="RR")
    assert "off the middle" in out["note"].iloc[0]


def test_p_value_undoes_itself() -> None:
    made = es.from_arms(events(12, 80, 25, 85), "RR")
    z = abs(made["effect"].iloc[0]) / made["se"].iloc[0]
    printed = one(rr=math.exp(made["effect"].iloc[0]), p=2 * stats.norm.sf(z))
    back = es.from_p_value(printed, effect="rr", p="p", measure="RR")
    assert back["variance"].iloc[0] == pytest.approx(made["variance"].iloc[0], rel=1e-12)


def test_paired_mean_difference_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(5)
    left = rng.normal(10, 2, 30)
    right = 0.6 * left + rng.normal(3, 1, 30)
    arms = one(
        n_treated=30, mean_treated=left.mean(), sd_treated=left.std(ddof=1),
        n_control=30, mean_control=right.mean(), sd_control=right.std(ddof=1),
    )  # fmt: skip
    r = float(np.corrcoef(left, right)[0, 1])
    out = es.from_arms(arms, "MD", split_body=True, correlation=r).iloc[0]
    t = stats.ttest_rel(left, right).statistic
    assert out["effect"] / out["se"] == pytest.approx(t, rel=1e-12)


def _pairs(a: int, b: int, c: int, d: int) -> tuple[pd.DataFrame, float]:
    """Both sides with the event, only treated, only control, neither; and phi."""
    phi = (a * d - b * c) / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    n = a + b + c + d
    return events(a + b, n, a + c, n), phi


def test_paired_risk_difference_is_that_of_the_fourfold_table() -> None:
    # Var = ((b + c) − (b − c)²/n)/n², Newcombe RG. Stat Med 1998;17:2635-2650
    a, b, c, d = 14, 3, 11, 22
    arms, phi = _pairs(a, b, c, d)
    n = a + b + c + d
    out = es.from_arms(arms, "RD", split_body=True, correlation=phi).iloc[0]
    assert out["effect"] == pytest.approx((b - c) / n, rel=1e-13)
    assert out["variance"] == pytest.approx(((b + c) - (b - c) ** 2 / n) / n**2, rel=1e-12)


def test_paired_risk_ratio_is_that_of_the_fourfold_table() -> None:
    # Var = (b + c)/((a + b)(a + c))
    a, b, c, d = 14, 3, 11, 22
    arms, phi = _pairs(a, b, c, d)
    out = es.from_arms(arms, "RR", split_body=True, correlation=phi).iloc[0]
    assert out["variance"] == pytest.approx((b + c) / ((a + b) * (a + c)), rel=1e-12)


def test_bias_correction_of_lnrr() -> None:
    # Lajeunesse 2015, equations 8 and 9, from the numbers by hand
    arms = one(
        n_treated=10, mean_treated=4.0, sd_treated=2.0,
        n_control=8, mean_control=5.0, sd_control=3.0,
    )  # fmt: skip
    v1, v2 = 4 / (10 * 16), 9 / (8 * 25)
    out = es.from_arms(arms, "lnRR", bias_correction=True).iloc[0]
    assert out["effect"] == pytest.approx(math.log(0.8) + (v1 - v2) / 2, rel=1e-13)
    assert out["variance"] == pytest.approx(v1 + v2 + (v1**2 + v2**2) / 2, rel=1e-13)
    assert "Lajeunesse" in out["note"]


def test_small_mean_against_its_error_is_noted() -> None:
    arms = means(mean_control=1.0, sd_control=9.0, n_control=5)
    assert "Geary" in es.from_arms(arms, "lnRR")["note"].iloc[0]
    assert es.from_arms(means(), "lnRR")["note"].iloc[0] == ""


@pytest.mark.parametrize("method", ["Luo", "Wan"])
def test_quartiles_of_a_normal_distribution(method: str) -> None:
    # Wan 2014, equations 12 and 16, with the standard library's normal quantiles
    n, q = 61, NormalDist()
    z = q.inv_cdf((0.75 * n - 0.125) / (n + 0.25))
    e = q.inv_cdf((n - 0.375) / (n + 0.25))
    group = one(n=n, median=20.0, a=20 - 3 * e, q1=20 - 3 * z, q3=20 + 3 * z, b=20 + 3 * e)
    for columns in (
        {"q1": "q1", "q3": "q3"},
        {"minimum": "a", "maximum": "b"},
        {"q1": "q1", "q3": "q3", "minimum": "a", "maximum": "b"},
    ):
        out = es.mean_sd_from_quartiles(group, method=method, **columns).iloc[0]  # type: ignore[arg-type]
        assert out["mean"] == pytest.approx(20, rel=1e-12)
        assert out["sd"] == pytest.approx(3, rel=1e-12)
        assert "normal distribution" in out["note"]


def quartile_arms() -> pd.DataFrame:
    """Two trials that print medians with quartiles of both arms, converted arm by arm."""
    df = pd.DataFrame({
        "study": ["A", "B"], "n_treated": [30, 40], "n_control": [31, 40],
        "m_t": [10.0, 5.0], "low_t": [9.0, 4.0], "high_t": [14.0, 6.0],
        "m_c": [12.0, 6.0], "low_c": [11.0, 5.0], "high_c": [13.0, 7.0],
    })  # fmt: skip
    for arm in ("treated", "control"):
        a = arm[0]
        df = es.mean_sd_from_quartiles(
            df, n=f"n_{arm}", median=f"m_{a}", q1=f"low_{a}", q3=f"high_{a}", label="study"
        ).rename(columns={"mean": f"mean_{arm}", "sd": f"sd_{arm}"})
    return df


@pytest.mark.parametrize("measure", ["SMD", "MD", "lnRR"])
def test_warning_of_a_conversion_reaches_the_effect(measure: str) -> None:
    out = es.from_arms(quartile_arms(), measure, label="study")
    note = out["note"].iloc[0]
    assert note.count("assumes a normal distribution") == 2
    assert "low_t, m_t, high_t (mean after Luo 2018, SD after Wan 2014)" in note
    assert "Bowley skewness 0.60" in note
    assert "Bowley skewness 0.00" in note


def test_notes_are_not_said_twice_and_never_stale() -> None:
    once = es.from_arms(quartile_arms(), "SMD", label="study")
    pd.testing.assert_frame_equal(es.from_arms(once, "SMD", label="study"), once)
    wan = es.mean_sd_from_quartiles(
        once, n="n_treated", median="m_t", q1="low_t", q3="high_t", method="Wan"
    )
    assert "Luo" not in wan["note"].iloc[0].split("; ")[-1]
    assert wan["note"].iloc[0].count("m_t") == 1
    half = es.from_arms(events(0, 20, 4, 20).assign(note="read by two"), "RR")
    assert half["note"].tolist() == ["read by two; RR: 0.5 added to all four cells"]
    assert es.from_arms(half, "RD")["note"].tolist() == ["read by two"]


@pytest.mark.parametrize("empty", [None, float("nan"), "", pd.NA])
def test_an_empty_note_is_no_note(empty: object) -> None:
    out = es.from_arms(means().assign(note=[empty]), "MD")
    assert out["note"].tolist() == [""]


def test_spread_from_an_interval_says_so_in_the_effect() -> None:
    arms = one(n_treated=25, mean_treated=32.1, low=30.0, high=34.2,
               n_control=25, mean_control=30.0, se=0.9)  # fmt: skip
    arms = es.sd_from_interval(arms, n="n_treated", ci_low="low", ci_high="high")
    arms = es.sd_from_interval(arms.rename(columns={"sd": "sd_treated"}), n="n_control", se="se")
    note = es.from_arms(arms.rename(columns={"sd": "sd_control"}), "SMD")["note"].iloc[0]
    assert note.split("; ") == [
        "SD from low and high, the 95 % interval of the mean, t limits assumed "
        "(Cochrane Handbook 6.5.2.2)",
        "SD from se, the standard error of the mean (Cochrane Handbook 6.5.2.2)",
    ]


def test_every_conversion_names_its_source() -> None:
    tests = one(t=2.0, n_treated=20, n_control=20)
    assert "Borenstein 2009" in es.from_statistic(tests, "t", value="t")["note"].iloc[0]
    printed = one(e=2.0, low=1.2, high=3.0, p=0.01)
    for measure, section in (("MD", "6.3.1"), ("RR", "6.3.2")):
        for out in (
            es.from_interval(printed, ci_low="low", ci_high="high", measure=measure),
            es.from_p_value(printed, effect="e", p="p", measure=measure),
        ):
            assert f"Cochrane Handbook {section}" in out["note"].iloc[0]


def test_quartile_means_with_weights_by_hand() -> None:
    # Wan 2014 equation 14; Luo 2018 equations 7, 12 and 15
    group = one(n=40, median=10.0, a=2.0, q1=7.0, q3=16.0, b=33.0)
    mean = es.mean_sd_from_quartiles(group, q1="q1", q3="q3", method="Wan")["mean"].iloc[0]
    assert mean == pytest.approx(11, rel=1e-13)
    w = 0.7 + 0.39 / 40
    mean = es.mean_sd_from_quartiles(group, q1="q1", q3="q3")["mean"].iloc[0]
    assert mean == pytest.approx(w * 11.5 + (1 - w) * 10, rel=1e-13)
    w = 4 / (4 + 40**0.75)
    mean = es.mean_sd_from_quartiles(group, minimum="a", maximum="b")["mean"].iloc[0]
    assert mean == pytest.approx(w * 17.5 + (1 - w) * 10, rel=1e-13)
    w1, w2 = 2.2 / (2.2 + 40**0.75), 0.7 - 0.72 / 40**0.55
    out = es.mean_sd_from_quartiles(group, q1="q1", q3="q3", minimum="a", maximum="b").iloc[0]
    want = w1 * 17.5 + w2 * 11.5 + (1 - w1 - w2) * 10
    assert out["mean"] == pytest.approx(want, rel=1e-13)
    assert "skewness 0.33" in out["note"]


def test_change_from_baseline() -> None:
    one_arm = one(mean_before=15.2, mean_after=16.2, sd_before=6.4, sd_after=7.1, n=35)
    out = es.from_change(one_arm, correlation=0.78).iloc[0]
    assert out["se"] == pytest.approx(es.change_sd(6.4, 7.1, 0.78) / math.sqrt(35), rel=1e-13)
    assert "without a control" in out["note"]
    smc = es.from_change(one_arm, correlation=0.78, measure="SMC").iloc[0]
    assert smc["effect"] == pytest.approx(es.hedges_correction(34) / 6.4, rel=1e-13)


def test_change_sd_of_columns_arrays_and_numbers() -> None:
    df = pd.DataFrame({"b": [6.4, 5.0], "a": [7.1, 5.5], "r": [0.8, 0.5]}, index=["x", "y"])
    want = [math.sqrt(b * b + a * a - 2 * r * a * b) for b, a, r in df.to_numpy().tolist()]
    got = es.change_sd(df["b"], df["a"], df["r"])
    assert got.index.tolist() == ["x", "y"]
    assert got.tolist() == pytest.approx(want, rel=1e-14)
    array = es.change_sd(df["b"].to_numpy(), df["a"].to_numpy(), 0.8)
    assert isinstance(array, np.ndarray)
    assert array[0] == pytest.approx(want[0], rel=1e-14)
    assert es.change_sd(df["b"].astype("Float64"), 7.1, 0.8)["x"] == pytest.approx(want[0])
    assert type(es.change_sd(6.4, 7.1, 0.8)) is float
    back = es.correlation_of_change(df["b"], df["a"], got)
    assert back.tolist() == pytest.approx([0.8, 0.5], rel=1e-13)


@pytest.mark.parametrize("bad", [math.inf, math.nan, None, "six"])
def test_change_sd_refuses_what_is_no_number(bad: object) -> None:
    with pytest.raises(ValueError, match=r"sd_before in 'the numbers given'.*finite"):
        es.change_sd(bad, 1, 0.5)
    column = pd.Series([1.0, bad], index=["fine", "Bad 2020"])
    with pytest.raises(ValueError, match=r"sd_change in 'Bad 2020'.*finite") as error:
        es.correlation_of_change(1.0, 1.0, column)
    assert "'fine'" not in str(error.value)


def test_change_sd_names_the_elements() -> None:
    with pytest.raises(ValueError, match=r"sd_after in '1' \(-2.0\)(.|\n)*correlation in '0'"):
        es.change_sd(np.array([1.0, 1.0]), np.array([1.0, -2.0]), np.array([1.5, 0.5]))
    with pytest.raises(ValueError, match=r"'1' .*may be a standard error"):
        es.correlation_of_change([6.4, 6.4], 7.1, [4.5, 30.0])
    with pytest.raises(ValueError, match=r"sd_before \(2,\), sd_after \(3,\)"):
        es.change_sd([1, 2], [1, 2, 3], 0.5)
    with pytest.raises(ValueError, match="columns of one table"):
        es.change_sd(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0], index=[5, 6]), 0.5)


def test_change_of_two_arms_is_that_of_the_people() -> None:
    rng = np.random.default_rng(3)
    cells: dict[str, object] = {}
    changes = []
    for arm, n in (("treated", 30), ("control", 25)):
        before = rng.normal(10, 2, n)
        after = 0.7 * before + rng.normal(2, 1, n)
        r = np.corrcoef(before, after)[0, 1]
        sd = es.change_sd(pd.Series([before.std(ddof=1)]), pd.Series([after.std(ddof=1)]), r)
        cells |= {f"n_{arm}": n, f"mean_{arm}": (after - before).mean(), f"sd_{arm}": sd[0]}
        changes.append(after - before)
    out = es.from_arms(one(**cells, note="SD of change with r printed"), "MD").iloc[0]
    t = stats.ttest_ind(*changes, equal_var=False).statistic
    assert out["effect"] / out["se"] == pytest.approx(t, rel=1e-12)
    assert out["note"] == "SD of change with r printed"


def test_change_without_a_correlation_or_a_spread() -> None:
    group = one(mean_before=15.2, mean_after=16.2, sd_before=6.4, sd_after=7.1, n=35, study="A")
    with pytest.raises(ValueError, match=r"between the values before and after") as error:
        es.from_change(group, correlation=None)  # type: ignore[arg-type]
    assert "split" not in str(error.value)
    flat = group.assign(sd_after=0.0)
    for measure in ("MC", "SMC"):
        with pytest.raises(ValueError, match=r"sd_after in 'A' \(0\).*zero_sd=True"):
            es.from_change(flat, correlation=0.5, measure=measure, label="study")  # type: ignore[arg-type]
        out = es.from_change(flat, correlation=0.5, measure=measure, zero_sd=True)  # type: ignore[arg-type]
        assert "sd_after is zero, accepted as declared" in out["note"].iloc[0]
    with pytest.raises(ValueError, match="both are zero"):
        es.from_change(flat.assign(sd_before=0.0), correlation=0.5, zero_sd=True, label="study")


def test_proportions() -> None:
    df = pd.DataFrame({"events": [0, 3, 12], "n": [12, 12, 12]})
    out = es.from_proportions(df)
    assert es.back_transform(out["effect"].to_numpy(), "PLO") == pytest.approx(
        [0.5 / 13, 0.25, 12.5 / 13], rel=1e-13
    )
    assert out["note"].tolist()[1] == ""
    assert "0.5 added" in out["note"].iloc[0]
    arcsine = es.from_proportions(df, measure="PAS")
    assert es.back_transform(arcsine["effect"].to_numpy(), "PAS") == pytest.approx([0, 0.25, 1])
    with pytest.raises(ValueError, match="no variance"):
        es.from_proportions(df, measure="PR")


# --- zero cells -----------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_single_zero_gets_a_half(measure: str) -> None:
    out = es.from_arms(events(0, 20, 4, 22), measure).iloc[0]
    a, b, c, d = 0.5, 20.5, 4.5, 18.5
    want = (a / (a + b)) / (c / (c + d)) if measure == "RR" else (a / b) / (c / d)
    assert out["effect"] == pytest.approx(math.log(want), rel=1e-13)
    assert "0.5 added" in out["note"]


def test_risk_difference_needs_no_half_while_its_variance_stands() -> None:
    out = es.from_arms(events(0, 20, 4, 20), "RD").iloc[0]
    assert out["effect"] == pytest.approx(-0.2, rel=1e-14)
    assert out["note"] == ""
    assert "0.5" in es.from_arms(events(0, 20, 20, 20), "RD")["note"].iloc[0]


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
@pytest.mark.parametrize("cells", [(0, 20, 0, 25), (20, 20, 25, 25)])
def test_double_zero_is_refused_by_name(measure: str, cells: tuple[int, ...]) -> None:
    df = pd.concat([events(3, 20, 5, 20), events(*cells)]).assign(study=["fine", "Nobody 2020"])
    with pytest.raises(ValueError, match=r"'Nobody 2020'.*\n?.*no information") as error:
        es.from_arms(df, measure, label="study")
    assert "'fine'" not in str(error.value)


# --- split-body designs ---------------------------------------------------------------------


def test_split_body_needs_a_correlation() -> None:
    with pytest.raises(ValueError, match="need the correlation"):
        es.from_arms(means(), "SMD", split_body=True)


def test_correlation_without_the_design_is_refused() -> None:
    with pytest.raises(ValueError, match="not declared as split-body"):
        es.from_arms(means(), "MD", correlation=0.5)


def test_split_body_by_column() -> None:
    df = pd.concat([means(), means()], ignore_index=True).assign(half=[True, False], r=[0.5, None])
    out = es.from_arms(df, "MD", split_body="half", correlation="r")
    v1, v2 = 5.5**2 / 50, 4.5**2 / 50
    assert out["variance"].tolist() == pytest.approx(
        [v1 + v2 - math.sqrt(v1 * v2), v1 + v2], rel=1e-13
    )
    assert "paired" in out["note"].iloc[0]
    assert out["note"].iloc[1] == ""


def test_two_pairs_have_no_standardised_difference() -> None:
    df = pd.concat([means(), means(n_treated=2, n_control=2)]).assign(study=["fine", "Pair 2020"])
    with pytest.raises(ValueError, match=r"n_treated in 'Pair 2020' \(2\).*3 or more") as error:
        es.from_arms(df, "SMD", label="study", split_body=True, correlation=0.5)
    assert "'fine'" not in str(error.value)
    three = es.from_arms(
        means(n_treated=3, n_control=3), "SMD", split_body=True, correlation=0.5
    ).iloc[0]
    within = math.sqrt((5.5**2 + 4.5**2) / 2)
    assert three["effect"] == pytest.approx(3 / within / math.sqrt(math.pi), rel=1e-14)
    assert es.from_arms(means(n_treated=2, n_control=2), "SMD")["effect"].notna().all()


def test_a_test_of_pairs_gives_no_smd() -> None:
    df = one(t=2.0, p=0.05, sign=1, n_treated=20, n_control=20, study="Face 2020")
    df = pd.concat([df, df.assign(study="two groups")]).assign(half=[True, False])
    for split_body in (True, "half"):
        with pytest.raises(ValueError, match=r"'Face 2020' \(True\).*from_arms") as error:
            es.from_statistic(df, "t", value="t", label="study", split_body=split_body)
        assert ("'two groups'" in str(error.value)) == (split_body is True)


@pytest.mark.parametrize("measure", ["SMD", "OR", "HR", "effect"])
def test_paired_interval_or_p_without_a_measure_that_pairs_and_groups_share(measure: str) -> None:
    df = one(e=2.0, low=1.2, high=3.0, p=0.01, half=True)
    with pytest.raises(ValueError, match=r"half in '0' \(True\).*one of MD, lnRR, RR, RD"):
        es.from_interval(df, ci_low="low", ci_high="high", measure=measure, split_body="half")
    with pytest.raises(ValueError, match=r"split_body in '0'.*one of MD, lnRR, RR, RD"):
        es.from_p_value(df, effect="e", p="p", measure=measure, split_body=True)


def test_paired_mean_difference_as_printed_is_that_of_the_arms() -> None:
    rng = np.random.default_rng(8)
    left, right = rng.normal(10, 2, (2, 25))
    test = stats.ttest_rel(left, right)
    low, high = test.confidence_interval()
    arms = one(
        n_treated=25, mean_treated=left.mean(), sd_treated=left.std(ddof=1),
        n_control=25, mean_control=right.mean(), sd_control=right.std(ddof=1),
        e=left.mean() - right.mean(), low=low, high=high, p=test.pvalue, free=24, half=True,
    )  # fmt: skip
    r = float(np.corrcoef(left, right)[0, 1])
    want = es.from_arms(arms, "MD", split_body="half", correlation=r)[OUT].to_numpy()
    given = {"effect": "e", "free": "free", "measure": "MD", "split_body": "half"}
    interval = es.from_interval(arms, ci_low="low", ci_high="high", **given)  # type: ignore[arg-type]
    p = es.from_p_value(arms, p="p", **given)  # type: ignore[arg-type]
    for got, what in ((interval, "interval"), (p, "p-value")):
        np.testing.assert_allclose(got[OUT].to_numpy(), want, rtol=1e-9)
        assert f"split-body, the {what} taken as that of the paired" in got["note"].iloc[0]
    apart = es.from_interval(arms, ci_low="low", ci_high="high", measure="MD")
    assert "split-body" not in apart["note"].iloc[0]


def test_undeclared_design_is_named() -> None:
    df = pd.concat([means(study=s) for s in "AB"]).assign(
        half=pd.array([True, None], dtype="boolean")
    )
    with pytest.raises(ValueError, match=r"half in 'B' \(missing\): must be True or False"):
        es.from_arms(df, "MD", label="study", split_body="half", correlation=0.5)
    with pytest.raises(ValueError, match=r"half in 'A' \(maybe\)"):
        es.from_arms(df.assign(half=["maybe", 0]), "MD", label="study", split_body="half")


def test_split_body_needs_equal_numbers() -> None:
    with pytest.raises(ValueError, match="complete pairs"):
        es.from_arms(means(n_control=49), "MD", split_body=True, correlation=0.5)


@pytest.mark.parametrize("r", [1.0, -1.0, 2.0, float("nan")])
def test_impossible_correlation(r: float) -> None:
    with pytest.raises(ValueError, match="between −1 and 1"):
        es.from_arms(means(), "MD", split_body=True, correlation=r)


def test_phi_that_two_risks_cannot_have() -> None:
    with pytest.raises(ValueError, match="cannot occur with these two risks"):
        es.from_arms(events(1, 50, 30, 50), "RD", split_body=True, correlation=0.9)


def test_no_published_correction_for_paired_lnrr() -> None:
    with pytest.raises(ValueError, match="two groups"):
        es.from_arms(means(), "lnRR", split_body=True, correlation=0.5, bias_correction=True)


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sd_treated": -1.0}, "sd_treated in 'A'"),
        ({"sd_treated": None}, "finite number"),
        ({"n_control": 1}, "2 or more"),
        ({"n_control": 10.5}, "whole number"),
        ({"mean_control": "high"}, "'A' \\(high\\)"),
        ({"mean_control": float("inf")}, "finite number"),
        ({"sd_treated": 0.0, "sd_control": 0.0}, "both are zero"),
    ],
)
def test_bad_cells_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        es.from_arms(means(study="A", **changes), "SMD", label="study")


def test_all_bad_rows_are_named_at_once() -> None:
    df = pd.concat([means(study=s) for s in "ABC"], ignore_index=True)
    df.loc[0, "sd_treated"] = -1.0
    df.loc[2, "n_control"] = 0
    with pytest.raises(ValueError, match="cannot be used") as error:
        es.from_arms(df, "MD", label="study")
    assert "'A'" in str(error.value)
    assert "'C'" in str(error.value)
    assert "'B'" not in str(error.value)


def test_lnrr_refuses_means_that_have_no_logarithm() -> None:
    with pytest.raises(ValueError, match="above 0"):
        es.from_arms(means(mean_control=-3.0), "lnRR")


def test_more_events_than_participants() -> None:
    with pytest.raises(ValueError, match="more events than participants"):
        es.from_arms(events(5, 4, 1, 4), "OR")


def test_unknown_measure_and_column() -> None:
    with pytest.raises(ValueError, match="must be one of"):
        es.from_arms(means(), "SMDD")
    with pytest.raises(KeyError, match="Did you mean 'sd_treated'"):
        es.from_arms(means(), "MD", sd_treated="sd_treatd")
    with pytest.raises(TypeError, match="DataFrame"):
        es.from_arms([1, 2], "MD")  # type: ignore[arg-type]


@pytest.mark.parametrize("p", ["< 0.05", 0, 0.0, 1.2, -0.1, None])
def test_p_that_is_no_value(p: object) -> None:
    tests = one(p=p, sign=1, n_treated=20, n_control=20)
    with pytest.raises(ValueError, match="p in '0'"):
        es.from_statistic(tests, "p", value="p", direction="sign")


def test_statistic_without_its_sign() -> None:
    tests = one(f=4.0, n_treated=20, n_control=20)
    with pytest.raises(ValueError, match="has no sign"):
        es.from_statistic(tests, "F", value="f")


def test_undetermined_p_values() -> None:
    with pytest.raises(ValueError, match="p of 1"):
        es.from_p_value(one(e=1.0, p=1.0), effect="e", p="p")
    with pytest.raises(ValueError, match="no difference at all"):
        es.from_p_value(one(e=1.0, p=0.5), effect="e", p="p", measure="RR")


def test_interval_upside_down() -> None:
    with pytest.raises(ValueError, match="must be below"):
        es.from_interval(one(low=2.0, high=1.0), ci_low="low", ci_high="high")


def test_standard_error_taken_for_a_deviation() -> None:
    with pytest.raises(ValueError, match="may be a standard error"):
        es.correlation_of_change(6.4, 7.1, 30.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_spread_too_large_to_be_held_is_refused() -> None:
    group = one(n=25, median=0.0, low=-1.7e308, high=1.7e308, se=1.7e308)
    with pytest.raises(ValueError, match=r"standard deviation in '0' \(inf\): cannot be held"):
        es.mean_sd_from_quartiles(group, q1="low", q3="high")
    with pytest.raises(ValueError, match=r"standard deviation in '0' \(inf\): cannot be held"):
        es.sd_from_interval(group, se="se")
    # a finite spread and a mean that overflows on the way
    group = one(n=3, a=1.0, q1=1.0, median=1.0, q3=6e307, b=6e307)
    with pytest.raises(ValueError, match=r"mean in '0' \(inf\): cannot be held"):
        es.mean_sd_from_quartiles(group, method="Wan", q1="q1", q3="q3", minimum="a", maximum="b")


def test_quartiles_out_of_order() -> None:
    group = one(n=40, median=20.0, q1=7.0, q3=16.0)
    with pytest.raises(ValueError, match="out of order"):
        es.mean_sd_from_quartiles(group, q1="q1", q3="q3")


def test_nullable_columns_and_index_survive() -> None:
    df = means().astype({"n_treated": "Int64", "mean_treated": "Float64"})
    df.index = pd.Index(["x"])
    out = es.from_arms(df, "MD")
    assert out.index.tolist() == ["x"]
    assert not out[OUT].isna().any().any()
    assert "effect" not in df.columns


# --- properties -----------------------------------------------------------------------------

mean_values = st.floats(0.5, 1e3)
sd_values = st.floats(0.1, 1e2)
sizes = st.integers(2, 500)


@settings(max_examples=60, deadline=None)
@given(
    mean_values,
    mean_values,
    sd_values,
    sd_values,
    sizes,
    sizes,
    st.sampled_from(["SMD", "MD", "lnRR"]),
)
def test_swapping_the_arms_flips_the_sign(
    m1: float, m2: float, s1: float, s2: float, n1: int, n2: int, measure: str
) -> None:
    there = means(
        n_treated=n1, mean_treated=m1, sd_treated=s1, n_control=n2, mean_control=m2, sd_control=s2
    )
    back = means(
        n_treated=n2, mean_treated=m2, sd_treated=s2, n_control=n1, mean_control=m1, sd_control=s1
    )
    a, b = es.from_arms(there, measure).iloc[0], es.from_arms(back, measure).iloc[0]
    assert a["effect"] == pytest.approx(-b["effect"], rel=1e-9, abs=1e-12)
    assert a["variance"] == pytest.approx(b["variance"], rel=1e-9)
    assert a["ci_low"] == pytest.approx(-b["ci_high"], rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(mean_values, mean_values, sd_values, sd_values, st.sampled_from([1e-9, 1e-3, 7.0, 1e8]))
def test_units_scale_md_and_leave_smd_and_lnrr(
    m1: float, m2: float, s1: float, s2: float, unit: float
) -> None:
    base = means(mean_treated=m1, sd_treated=s1, mean_control=m2, sd_control=s2)
    scaled = means(
        mean_treated=m1 * unit, sd_treated=s1 * unit, mean_control=m2 * unit, sd_control=s2 * unit
    )
    for measure, factor in (("MD", unit), ("SMD", 1.0), ("lnRR", 1.0)):
        a, b = es.from_arms(base, measure).iloc[0], es.from_arms(scaled, measure).iloc[0]
        # a difference of nearly equal means keeps fewer digits than the means have
        room = 1e-12 * max(m1, m2) / min(s1, s2, m1, m2)
        assert b["effect"] == pytest.approx(
            a["effect"] * factor, rel=1e-9, abs=room * factor + 1e-13 * max(m1, m2) * factor
        )
        assert b["variance"] == pytest.approx(a["variance"] * factor**2, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(0, 40), st.sampled_from(["RR", "OR", "RD"]))
def test_swapping_the_groups_of_a_fourfold_table(a: int, c: int, measure: str) -> None:
    n1, n2 = 30, 40
    if (a == 0 and c == 0) or (a == n1 and c == n2):
        with pytest.raises(ValueError, match="no information"):
            es.from_arms(events(a, n1, c, n2), measure)
        return
    there = es.from_arms(events(a, n1, c, n2), measure).iloc[0]
    back = es.from_arms(events(c, n2, a, n1), measure).iloc[0]
    assert there["effect"] == pytest.approx(-back["effect"], rel=1e-12, abs=1e-14)
    assert there["variance"] == pytest.approx(back["variance"], rel=1e-12)
    assert there["variance"] > 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(0, 40))
def test_non_events_turn_the_odds_ratio_round(a: int, c: int) -> None:
    n1, n2 = 30, 40
    if (a == 0 and c == 0) or (a == n1 and c == n2):
        return
    hit = es.from_arms(events(a, n1, c, n2), "OR").iloc[0]
    miss = es.from_arms(events(n1 - a, n1, n2 - c, n2), "OR").iloc[0]
    assert hit["effect"] == pytest.approx(-miss["effect"], rel=1e-12, abs=1e-13)


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.95, 0.95), st.floats(-0.95, 0.95))
def test_more_correlation_means_less_variance(r1: float, r2: float) -> None:
    low, high = min(r1, r2), max(r1, r2)
    v = [
        es.from_arms(means(), m, split_body=True, correlation=r)["variance"].iloc[0]
        for m in ("MD", "SMD")
        for r in (low, high)
    ]
    assert v[0] >= v[1]
    assert v[2] >= v[3]


any_number = st.floats(0.01, 10) | st.floats()
any_size = st.integers(2, 100) | st.integers(-1, 10**9)


def sound(make: Callable[..., Any], *args: Any, **options: Any) -> None:
    """A finite result or a ValueError that says something: never a missing or infinite value."""
    try:
        out = make(*args, **options)
    except ValueError as error:
        refused = str(error)
        assert "cannot be used:\n- " in refused or "correlation" in refused
        return
    if isinstance(out, pd.DataFrame):
        out = out[[c for c in (*OUT, "mean", "sd") if c in out]].to_numpy(dtype=float)
    assert np.isfinite(out).all()


@settings(max_examples=80, deadline=None)
@given(st.lists(any_number, min_size=5, max_size=5), any_size, any_size)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_conversions_are_finite_or_refuse(cells: list[float], n1: int, n2: int) -> None:
    a, b, c, d, e = cells
    df = one(a=a, b=b, c=c, d=d, e=e, n=n1, n_treated=n1, n_control=n2, sign=1)
    low, q1, mid, q3, high = sorted(cells)
    five = one(n=n1, low=low, q1=q1, median=mid, q3=q3, high=high)
    quartiles = {"q1": "q1", "q3": "q3"}
    ends = {"minimum": "low", "maximum": "high"}
    for columns in (quartiles, ends, quartiles | ends):
        for method in ("Luo", "Wan"):
            sound(es.mean_sd_from_quartiles, five, method=method, **columns)
    sound(es.sd_from_interval, five, ci_low="low", ci_high="high")
    sound(es.sd_from_interval, df, se="a")
    sound(es.from_statistic, df, "t", value="a")
    sound(es.from_statistic, df, "F", value="a", direction="sign")
    sound(es.from_statistic, df, "p", value="a", direction="sign")
    for measure in ("MD", "RR"):
        limits = {"ci_low": "low", "effect": "median", "ci_high": "high"}
        sound(es.from_interval, five, measure=measure, **limits)
        sound(es.from_interval, five, measure=measure, free="n", **limits)
        sound(es.from_p_value, df, effect="a", p="b", measure=measure, free="n")
    sound(es.change_sd, a, b, c)
    sound(es.correlation_of_change, a, b, c)
    before = {"mean_before": "a", "mean_after": "b", "sd_before": "c", "sd_after": "d"}
    for measure in ("MC", "SMC"):
        sound(es.from_change, df, correlation=e, measure=measure, **before)


@settings(max_examples=80, deadline=None)
@given(any_number, any_number, any_number, any_number, any_size, any_size, st.floats(-1, 1))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_arms_are_finite_or_refuse(
    m1: float, m2: float, s1: float, s2: float, n1: int, n2: int, r: float
) -> None:
    df = means(
        n_treated=n1, mean_treated=m1, sd_treated=s1, n_control=n2, mean_control=m2, sd_control=s2
    )
    pairs = df.assign(n_control=n1)
    for measure in ("SMD", "MD", "lnRR"):
        sound(es.from_arms, df, measure)
        sound(es.from_arms, pairs, measure, split_body=True, correlation=r)


@settings(max_examples=60, deadline=None)
@given(st.floats(-30, 30), sizes, sizes)
def test_effect_to_statistic_and_back(t: float, n1: int, n2: int) -> None:
    df = one(t=t, f=t**2, sign=math.copysign(1, t), n_treated=n1, n_control=n2)
    out = es.from_statistic(df, "t", value="t").iloc[0]
    # g = J·t·√(1/n₁ + 1/n₂), turned round
    j = es.hedges_correction(n1 + n2 - 2)
    assert out["effect"] / (j * math.sqrt(1 / n1 + 1 / n2)) == pytest.approx(t, rel=1e-12)
    squared = es.from_statistic(df, "F", value="f", direction="sign").iloc[0]
    assert squared["effect"] == pytest.approx(out["effect"], rel=1e-12, abs=1e-150)


@settings(max_examples=60, deadline=None)
@given(mean_values, mean_values, sd_values, sd_values, sizes, sizes)
def test_arms_to_t_and_back(m1: float, m2: float, s1: float, s2: float, n1: int, n2: int) -> None:
    arms = means(
        n_treated=n1, mean_treated=m1, sd_treated=s1, n_control=n2, mean_control=m2, sd_control=s2
    )
    t = stats.ttest_ind_from_stats(m1, s1, n1, m2, s2, n2).statistic
    want = es.from_arms(arms, "SMD")[OUT].to_numpy()
    got = es.from_statistic(arms.assign(t=t), "t", value="t")[OUT].to_numpy()
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 500), st.floats(0.5, 0.999))
def test_spread_to_interval_and_back(mean: float, sd: float, n: int, level: float) -> None:
    se = sd / math.sqrt(n)
    half = se * stats.t.ppf(0.5 + level / 2, n - 1)
    group = one(n=n, low=mean - half, high=mean + half, se=se)
    back = es.sd_from_interval(group, ci_low="low", ci_high="high", interval_level=level)
    # the limits keep the digits of the mean, not of the spread
    room = 1e-15 * (abs(mean) + half) / half
    assert back["sd"].iloc[0] == pytest.approx(sd, rel=1e-12 + 2 * room)
    assert es.sd_from_interval(group, se="se")["sd"].iloc[0] == pytest.approx(sd, rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-5, 5), st.floats(0.01, 3), st.floats(0.5, 0.999), st.sampled_from(["MD", "OR"]),
    st.none() | st.integers(1, 200),
)  # fmt: skip
def test_effect_to_interval_or_p_and_back(
    effect: float, se: float, level: float, measure: str, free: int | None
) -> None:
    law = stats.norm() if free is None else stats.t(free)
    half = se * law.ppf(0.5 + level / 2)
    p = 2 * law.sf(abs(effect) / se)
    e, low, high = (es.back_transform(v, measure) for v in (effect, effect - half, effect + half))
    df = one(e=e, low=low, high=high, p=p, free=free)
    column = None if free is None else "free"
    out = es.from_interval(
        df, effect="e", ci_low="low", ci_high="high", measure=measure, interval_level=level,
        free=column,
    ).iloc[0]  # fmt: skip
    assert out["effect"] == pytest.approx(effect, rel=1e-12, abs=1e-12)
    assert out["se"] == pytest.approx(se, rel=1e-9)
    if 1e-300 < p < 0.999:
        out = es.from_p_value(df, effect="e", p="p", measure=measure, free=column).iloc[0]
        assert out["se"] == pytest.approx(se, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(sd_values, sd_values, st.floats(-1, 1))
def test_correlation_to_change_and_back(s1: float, s2: float, r: float) -> None:
    change = es.change_sd(s1, s2, r)
    assert abs(s1 - s2) <= change * (1 + 1e-12)
    assert change <= (s1 + s2) * (1 + 1e-12)
    # unlike spreads leave few digits for the correlation
    room = 1e-15 * (s1 + s2) ** 2 / (s1 * s2)
    assert es.correlation_of_change(s1, s2, change) == pytest.approx(r, abs=1e-14 + 4 * room)


ARMS = pd.DataFrame(
    {
        "trial": ["one", "two"],
        "n_treated": [12, 20],
        "n_control": [12, 20],
        "mean_treated": [4.0, 4.2],
        "mean_control": [4.6, 4.9],
        "sd_treated": [1.1, 1.0],
        "sd_control": [0.0, 1.2],
    }
)


@pytest.mark.parametrize("measure", ["SMD", "MD", "lnRR"])
def test_spread_of_zero_in_one_arm_is_refused_by_name_unless_declared(measure: str) -> None:
    with pytest.raises(ValueError, match=r"sd_control in 'one' \(0\).*zero_sd=True"):
        es.from_arms(ARMS, measure, label="trial")
    done = es.from_arms(ARMS, measure, label="trial", zero_sd=True)
    assert "accepted as declared" in done["note"][0]
    assert "zero" not in done["note"][1]


def long_arms() -> pd.DataFrame:
    """The stroke trials with one row an arm, as a class might type them."""
    return pd.concat(
        [
            stroke()[["trial"]].assign(
                arm=arm,
                country=["UK"] * 4 + ["CA"] * 2 + ["UK"] + ["SE"] * 2,
                **{what: stroke()[f"{what}_{arm}"] for what in ("n", "mean", "sd")},
            )
            for arm in ("treated", "control")
        ]
    ).sort_values("trial", kind="stable", ignore_index=True)


def test_five_lines_from_one_row_an_arm_to_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "arms.csv"
    long_arms().to_csv(path, index=False)

    arms = es.arms_side_by_side(pd.read_csv(path), study="trial", arm="arm")
    effects = es.from_arms(arms, "SMD", label="trial")
    pooled = synthesis.meta_analysis(effects, label="trial")
    plot = pooled.forest()
    sentence = pooled.summary()

    assert sentence in plot.description
    direct = synthesis.meta_analysis(es.from_arms(stroke(), "SMD"), label="trial")
    assert pooled.estimate == pytest.approx(direct.estimate, rel=1e-12)
    assert f"of {len(stroke())} studies" in sentence


def test_arms_side_by_side_gives_the_usual_names() -> None:
    wide = es.arms_side_by_side(long_arms(), study="trial")
    want = stroke().sort_values("trial", ignore_index=True)
    assert wide.columns.tolist() == [
        "trial", "country", "n_treated", "n_control",
        "mean_treated", "mean_control", "sd_treated", "sd_control",
    ]  # fmt: skip
    shared = [c for c in wide.columns if c != "country"]
    pd.testing.assert_frame_equal(wide[shared], want[shared], check_dtype=False)


def test_arms_side_by_side_with_other_names_and_notes() -> None:
    arms = pd.DataFrame({
        "paper": [7, 7, 3, 3], "group": [0, 1, 1, 0], "people": [20, 21, 10, 10],
        "healed": [5, 9, 4, 1], "dose": [0, 2, 3, 0], "year": [2020, 2020, None, None],
        "note": ["read twice", None, "from a figure; digits lost", ""],
    })  # fmt: skip
    wide = es.arms_side_by_side(
        arms, study="paper", arm="group", treated=1, control=0, n="people", events="healed"
    )
    assert wide["paper"].tolist() == [7, 3]
    assert wide[["events_treated", "events_control"]].to_numpy().tolist() == [[9, 5], [4, 1]]
    assert wide[["dose_treated", "dose_control"]].to_numpy().tolist() == [[2, 0], [3, 0]]
    assert "year" in wide
    assert es.from_arms(wide, "RR", label="paper")["note"].tolist() == [
        "control: read twice",
        "treated: from a figure; treated: digits lost",
    ]


def test_arms_that_make_no_pair_are_named() -> None:
    arms = long_arms()
    with pytest.raises(ValueError, match=r"'Umea' \(control\).*no row of the arm 'treated'"):
        es.arms_side_by_side(arms[~((arms["trial"] == "Umea") & (arms["arm"] == "treated"))],
                             study="trial")  # fmt: skip
    with pytest.raises(ValueError, match=r"'Umea' \(control\), 'Umea' \(control\).*more than one"):
        es.arms_side_by_side(pd.concat([arms, arms[arms["trial"] == "Umea"]]), study="trial")
    third = arms.assign(arm=arms["arm"].where(arms.index != 3, "high dose"))
    with pytest.raises(ValueError, match=r"\(high dose\): is neither 'treated' nor 'control'"):
        es.arms_side_by_side(third, study="trial")
    with pytest.raises(ValueError, match=r"holds 'treated', 'control', and 'gel' is not.*treated="):
        es.arms_side_by_side(arms, study="trial", treated="gel")
    with pytest.raises(KeyError, match="no column 'mean_days'"):
        es.arms_side_by_side(arms, study="trial", mean="mean_days")
    with pytest.raises(ValueError, match=r"'n_treated' already.*one row a comparison"):
        es.arms_side_by_side(arms.assign(n_treated=1), study="trial")
    with pytest.raises(ValueError, match="two arms"):
        es.arms_side_by_side(arms, study="trial", control="treated")


def test_one_row_an_arm_is_told_the_way() -> None:
    arms = long_arms()
    with pytest.raises(KeyError, match="arms_side_by_side"):
        es.from_arms(arms, "SMD", label="trial")
    with pytest.raises(ValueError, match="arms_side_by_side"):
        es.from_arms(arms, "SMD", mean_treated="mean", mean_control="mean")
    wide = arms.pivot(index="trial", columns="arm", values=["n", "mean", "sd"])
    with pytest.raises(ValueError, match="2 levels"):
        es.from_arms(wide, "SMD")
    # the steps of the message, as written
    wide.columns = pd.Index(["_".join(map(str, c)) for c in wide.columns])
    with pytest.raises(KeyError, match="'trial' is the index"):
        es.from_arms(wide, "SMD", label="trial")
    wide = wide.reset_index()
    assert len(es.from_arms(wide, "SMD", label="trial")) == len(stroke())


def test_one_column_for_both_arms_is_refused() -> None:
    with pytest.raises(ValueError, match="one row a comparison"):
        es.from_arms(ARMS, "SMD", mean_treated="mean_control")


def test_missing_column_is_not_confused_with_one_that_is_used() -> None:
    with pytest.raises(KeyError) as caught:
        es.from_arms(ARMS.drop(columns="n_control"), "SMD")
    assert str(caught.value).startswith("There is no column 'n_control'")
    assert "mean_control'?" not in str(caught.value)

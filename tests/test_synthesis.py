"""Synthesis against published results, a fifty-digit solution and properties.

The sources of the published results print four decimals at most, and the results are held to all of
them (:data:`tests.published.PRINTED`).  That six digits and more are right rests on the
independent solution in fifty-digit numbers in :mod:`tests.published`, which shares nothing with
the package or with the library behind it and is held to the same data.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from secretome import effect_sizes as es
from secretome import synthesis as sy

from . import published as ref

DIGITS = 1e-9  # relative; six significant digits would be 1e-6


def bcg() -> pd.DataFrame:
    return es.from_arms(ref.bcg(), "RR", label="trial")


def sets() -> dict[str, pd.DataFrame]:
    return {
        "bcg": bcg(),
        "teachers": ref.teachers(),
        "stroke": es.from_arms(ref.stroke(), "MD", label="trial"),
    }


# --- published results ----------------------------------------------------------------------


@functools.cache
def computed() -> dict[str, list[float | None]]:
    """What the package computes, by the names of the table of printed results."""
    r = sy.meta_analysis(bcg(), label="trial", knapp_hartung=False)
    egger, begg = sy.egger(r), sy.begg(r)
    line = sy.meta_regression(bcg(), ["latitude", "year"], knapp_hartung=False)
    odds = es.from_arms(ref.bcg(), "OR", label="trial")
    teachers = sy.meta_analysis(ref.teachers(), knapp_hartung=False)
    one_sided = pd.DataFrame({"study_id": list("abc"), "direction": "favours product"})
    one_sided["p"] = [2 * 0.145, 2 * 0.263, 2 * 0.087]
    fisher = sy.direction_synthesis(one_sided, p="p", coded_by="effect").fisher_p
    filled = sy.trim_and_fill(sy.meta_analysis(bcg(), method="fixed"))
    assert filled.side == "right"
    shares = [x for x in (r.i2, r.i2_low, r.i2_high) if x is not None]
    terms = line.coefficients
    return {
        "BCG, RR: studies": [r.k],
        "BCG, RR: estimate and standard error": [r.estimate, r.se],
        "BCG, RR: interval": [r.ci_low, r.ci_high],
        "BCG, RR: tau2": [r.tau2],
        "BCG, RR: I2 in per cent": [100 * shares[0]],
        "BCG, RR: H2": [r.h2],
        "BCG, RR: Q": [r.q],
        "BCG, RR: df of Q": [r.q_df],
        "BCG, RR: interval of tau2": [r.tau2_low, r.tau2_high],
        "BCG, RR: interval of I2 in per cent": [100 * x for x in shares[1:]],
        "BCG, RR: Egger's t and p": [egger.statistic, egger.p_value],
        "BCG, RR: df of Egger's t": [egger.df],
        "BCG, RR: Begg's tau and p": [begg.estimate, begg.p_value],
        "BCG, RR: studies filled": [filled.filled],
        "BCG, RR: leaving one out": sy.leave_one_out(r).to_frame()["estimate"].tolist(),
        "BCG, RR on latitude and year: slopes": terms["estimate"].tolist()[1:],
        "BCG, RR on latitude and year: standard errors": terms["se"].tolist(),
        "BCG, RR on latitude and year: tau2": [line.tau2],
        "BCG, RR on latitude and year: QE": [line.qe],
        "BCG, RR on latitude and year: df of QE and QM": [line.qe_df, line.qm_df],
        "BCG, RR on latitude and year: p of QM": [line.qm_p],
        "BCG, OR: first seven effects": odds["effect"].tolist()[:7],
        "BCG, OR: first seven variances": odds["variance"].tolist()[:7],
        "BCG, OR: upper limit of tau2": [sy.meta_analysis(odds).tau2_high],
        "teachers: estimate": [teachers.estimate],
        "teachers: tau2": [teachers.tau2],
        "teachers: Q": [teachers.q],
        "teachers: df of Q": [teachers.q_df],
        "Fisher: chi-squared on 6 df": [stats.chi2.isf(fisher, 6)],
    }


@pytest.mark.parametrize("what", ref.PRINTED)
def test_published_to_every_printed_digit(what: str) -> None:
    printed, source = ref.PRINTED[what]
    shown = [
        f"{value:.{len(text.partition('.')[2])}f}"
        for text, value in zip(printed.split(), computed()[what], strict=True)
    ]
    assert " ".join(shown) == printed, source


def test_a_printed_limit_that_is_off_in_its_last_digit() -> None:
    # the page for the odds ratios prints a lower limit of τ² of 0.1302; the equation that defines
    # it is solved by 0.130149
    odds = es.from_arms(ref.bcg(), "OR", label="trial")
    low = sy.meta_analysis(odds).tau2_low
    assert low is not None
    y, v = ref.decimals(odds["effect"]), ref.decimals(odds["variance"])
    at = [float(ref.q_at(y, v, ref.decimals([limit])[0])) for limit in (low, 0.1302)]
    wanted = stats.chi2.isf(0.025, 12)
    assert abs(at[0] - wanted) < 1e-7 < abs(at[1] - wanted)
    assert low == pytest.approx(0.1302, abs=1e-4)


# --- fifty digits ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bcg", "teachers", "stroke"])
@pytest.mark.parametrize("method", ["REML", "DL", "PM", "fixed"])
def test_against_fifty_digits(name: str, method: str) -> None:
    df = sets()[name]
    y, v = ref.decimals(df["effect"]), ref.decimals(df["variance"])
    solver = {"REML": ref.tau2_reml, "DL": ref.tau2_dl, "PM": ref.tau2_pm}
    tau2 = ref.decimals([0])[0] if method == "fixed" else solver[method](y, v)
    mean, total, weights = ref.pool(y, v, tau2)
    q = ref.q_at(y, v, tau2 * 0)
    r = sy.meta_analysis(df, method=method, knapp_hartung=False)  # type: ignore[arg-type]
    assert r.estimate == pytest.approx(float(mean), rel=DIGITS)
    assert r.se == pytest.approx(float(1 / total.sqrt()), rel=DIGITS)
    assert r.q == pytest.approx(float(q), rel=DIGITS)
    assert r.q_p == pytest.approx(stats.chi2.sf(float(q), len(y) - 1), rel=1e-8)
    assert r.studies["weight"].tolist() == pytest.approx(
        [float(100 * w / total) for w in weights], rel=DIGITS
    )
    assert r.p_value == pytest.approx(2 * stats.norm.sf(abs(float(mean * total.sqrt()))), rel=1e-8)
    if method == "fixed":
        assert r.tau2 is None
        assert r.i2 == pytest.approx(max(0.0, float((q - (len(y) - 1)) / q)), rel=DIGITS)
        return
    assert r.tau2 == pytest.approx(float(tau2), rel=DIGITS)
    assert r.i2 == pytest.approx(float(ref.i2_of(v, tau2)), rel=DIGITS)
    # Q-profile: Q at each limit is the chi-squared quantile
    for limit, tail in ((r.tau2_low, 0.025), (r.tau2_high, 0.975)):
        assert limit is not None
        at = float(ref.q_at(y, v, ref.decimals([limit])[0]))
        assert at == pytest.approx(stats.chi2.isf(tail, len(y) - 1), rel=1e-8)


@pytest.mark.parametrize("name", ["bcg", "teachers", "stroke"])
def test_hartung_knapp_and_prediction_by_hand(name: str) -> None:
    df = sets()[name]
    y, v = ref.decimals(df["effect"]), ref.decimals(df["variance"])
    k = len(y)
    tau2 = ref.tau2_reml(y, v)
    mean, total, _ = ref.pool(y, v, tau2)
    # Hartung and Knapp 2001: Σw(y − μ)²/((k − 1)Σw)
    se = float((ref.q_at(y, v, tau2) / ((k - 1) * total)).sqrt())
    r = sy.meta_analysis(df)
    assert r.interval == "Hartung-Knapp"
    assert r.se == pytest.approx(se, rel=DIGITS)
    t = stats.t.isf(0.025, k - 1)
    assert r.ci_high == pytest.approx(float(mean) + t * se, rel=1e-8)
    assert r.p_value == pytest.approx(2 * stats.t.sf(abs(float(mean)) / se, k - 1), rel=1e-7)
    half = t * math.sqrt(float(tau2) + se**2)
    assert r.prediction_low == pytest.approx(float(mean) - half, rel=1e-8)
    older = sy.meta_analysis(df, prediction_df="k-2")
    half = stats.t.isf(0.025, k - 2) * math.sqrt(float(tau2) + se**2)
    assert older.prediction_high == pytest.approx(float(mean) + half, rel=1e-8)


@pytest.mark.parametrize("moderators", [["latitude"], ["latitude", "year"]])
def test_meta_regression_against_fifty_digits(moderators: list[str]) -> None:
    df = bcg()
    y, v = ref.decimals(df["effect"]), ref.decimals(df["variance"])
    x = [ref.decimals([1, *row]) for row in df[moderators].to_numpy(dtype=float)]
    tau2, fit = ref.regression_reml(y, v, x)
    r = sy.meta_regression(df, moderators, knapp_hartung=False)
    assert r.tau2 == pytest.approx(float(tau2), rel=1e-8)
    assert r.coefficients["estimate"].tolist() == pytest.approx(
        [float(b) for b in fit.beta], rel=1e-7
    )
    assert r.coefficients["se"].tolist() == pytest.approx(
        [float(fit.covariance[i][i].sqrt()) for i in range(len(fit.beta))], rel=1e-7
    )
    residual = ref.Regression(y, v, x, tau2 * 0).q
    assert r.qe == pytest.approx(float(residual), rel=1e-8)
    assert r.r2 == pytest.approx(1 - float(tau2 / ref.tau2_reml(y, v)), rel=1e-7)
    if len(moderators) == 1:
        wald = float(fit.beta[1] ** 2 / fit.covariance[1][1])
        assert r.qm == pytest.approx(wald, rel=1e-7)
    hk = sy.meta_regression(df, moderators)
    spread = fit.q / (len(y) - len(fit.beta))
    assert hk.coefficients["se"].tolist() == pytest.approx(
        [float((spread * fit.covariance[i][i]).sqrt()) for i in range(len(fit.beta))], rel=1e-7
    )
    assert hk.qm_df2 == len(y) - len(fit.beta)


def test_meta_regression_on_a_category_is_a_comparison_of_means() -> None:
    df = bcg()
    r = sy.meta_regression(df, ["allocation"], method="fixed", reference={"allocation": "random"})
    terms = dict(zip(r.coefficients["term"], r.coefficients["estimate"], strict=True))
    means = {
        name: sy.meta_analysis(part, method="fixed").estimate
        for name, part in df.groupby("allocation")
    }
    assert terms["intercept"] == pytest.approx(means["random"], rel=1e-9)
    for name in ("alternate", "systematic"):
        difference = means[name] - means["random"]
        assert terms[f"allocation[{name}]"] == pytest.approx(difference, rel=1e-8)


def test_egger_is_the_regression_of_the_standard_normal_deviate() -> None:
    df = ref.teachers()
    se = np.sqrt(df["variance"])
    line = stats.linregress(1 / se, df["effect"] / se)
    test = sy.egger(sy.meta_analysis(df))
    assert test.estimate == pytest.approx(line.intercept, rel=1e-9)
    assert test.se == pytest.approx(line.intercept_stderr, rel=1e-9)
    assert test.limit == pytest.approx(line.slope, rel=1e-9)
    p = 2 * stats.t.sf(abs(line.intercept / line.intercept_stderr), len(df) - 2)
    assert test.p_value == pytest.approx(p, rel=1e-8)


def _mirror(y: np.ndarray, v: np.ndarray, side: str) -> int:
    """Number of missing studies by L0 with common-effect trimming (Duval and Tweedie 2000)."""
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y)
    x, w = sign * y[order], 1 / v[order]
    n, k0, before = len(x), 0, -1
    while k0 != before:
        before = k0
        keep = slice(0, n - k0)
        centre = float((w[keep] * x[keep]).sum() / w[keep].sum())
        ranks = stats.rankdata(np.abs(x - centre), method="ordinal")
        t = ranks[x > centre].sum()
        k0 = max(0, round((4 * t - n * (n + 1)) / (2 * n - 1)))
    return k0


def test_trim_and_fill_by_hand() -> None:
    df = bcg()
    y, v = df["effect"].to_numpy(), df["variance"].to_numpy()
    result = sy.meta_analysis(df, method="fixed", label="trial")
    done = sy.trim_and_fill(result, side="right")
    k0 = _mirror(y, v, "right")
    assert done.filled == k0
    order = np.argsort(y)
    mirrored, kept = order[:k0], order[k0:]
    centre = float((y[kept] / v[kept]).sum() / (1 / v[kept]).sum())
    all_y, all_v = np.r_[y, 2 * centre - y[mirrored]], np.r_[v, v[mirrored]]
    assert done.adjusted.estimate == pytest.approx((all_y / all_v).sum() / (1 / all_v).sum())
    table = done.adjusted.studies
    assert table["filled"].sum() == k0
    assert done.original.k == 13


def test_subgroups_by_hand() -> None:
    df = bcg()
    r = sy.subgroup_analysis(df, "allocation", label="trial")
    fits = [
        sy.meta_analysis(df[df["allocation"] == name], knapp_hartung=False) for name in r.groups
    ]
    w = np.array([1 / f.se**2 for f in fits])
    theta = np.array([f.estimate for f in fits])
    q = float((w * (theta - (w * theta).sum() / w.sum()) ** 2).sum())
    assert r.q_between == pytest.approx(q, rel=1e-9)
    assert r.q_between_df == 2
    assert r.q_between_p == pytest.approx(stats.chi2.sf(q, 2), rel=1e-9)
    assert [g.k for g in r.groups.values()] == [7, 2, 4]
    assert "allocation" in r.summary()
    assert r.to_frame()["allocation"].tolist() == [
        "random", "alternate", "systematic", "all studies",
    ]  # fmt: skip


def test_common_effect_subgroups_split_q() -> None:
    df = bcg()
    r = sy.subgroup_analysis(df, "allocation", method="fixed")
    within = sum(g.q for g in r.groups.values())
    assert r.q_between + within == pytest.approx(r.overall.q, rel=1e-9)


def test_leave_one_out_and_cumulative_are_refits() -> None:
    df = bcg()
    r = sy.meta_analysis(df, label="trial")
    table = sy.leave_one_out(r).to_frame()
    alone = sy.meta_analysis(df.drop(index=3))
    assert table.loc[3, "omitted"] == "Hart & Sutherland 1977"
    assert table.loc[3, "estimate"] == pytest.approx(alone.estimate, rel=1e-12)
    assert table.loc[3, "ci_low"] == pytest.approx(alone.ci_low, rel=1e-12)
    steps = sy.cumulative(r, "year").to_frame()
    assert steps["year"].is_monotonic_increasing
    assert steps["k"].tolist() == list(range(1, 14))
    assert steps["estimate"].iloc[-1] == pytest.approx(r.estimate, rel=1e-12)
    assert steps["estimate"].iloc[0] == pytest.approx(df["effect"].iloc[0], rel=1e-12)


def test_five_lines_from_a_file_to_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "arms.csv"
    ref.stroke().to_csv(path, index=False)

    arms = es.from_arms(pd.read_csv(path), measure="SMD")
    pooled = sy.meta_analysis(arms, label="trial")
    plot = pooled.forest()
    sentence = pooled.summary()

    assert "of 9 studies: standardised mean difference −0.5" in sentence
    assert sentence in plot.description


def test_importing_is_cheap() -> None:
    code = (
        "import sys, secretome.synthesis, secretome.appraisal\n"
        "heavy = {'scipy.stats', 'altair', 'meta_analyze'} & set(sys.modules)\n"
        "raise SystemExit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- documented answers to hard input -------------------------------------------------------


def two(effects: list[float], variances: list[object]) -> pd.DataFrame:
    names = [f"S{i}" for i in range(len(effects))]
    return pd.DataFrame({"study": names, "effect": effects, "variance": variances})


def test_one_study_is_no_synthesis() -> None:
    with pytest.raises(ValueError, match=r"two studies or more\. Only 'S0' is left"):
        sy.meta_analysis(two([0.3], [0.1]), label="study")
    with pytest.raises(ValueError, match="No study is left"):
        sy.meta_analysis(two([], []))


def test_two_studies() -> None:
    r = sy.meta_analysis(two([0.1, 0.9], [0.02, 0.05]))
    assert r.interval == "normal"
    assert r.prediction_low is None
    assert r.prediction_high is None
    assert "Two studies" in r.summary()
    with pytest.raises(ValueError, match="three are needed"):
        sy.leave_one_out(r)
    with pytest.raises(ValueError, match="needs three studies"):
        sy.egger(r)
    with pytest.raises(ValueError, match="three studies or more"):
        sy.trim_and_fill(r)


@pytest.mark.parametrize("bad", [0.0, -0.1, None, float("nan"), float("inf"), "0,02"])
def test_bad_variance_names_its_row(bad: object) -> None:
    with pytest.raises(ValueError, match="variance in 'S1'") as error:
        sy.meta_analysis(two([0.1, 0.2, 0.3], [0.02, bad, 0.03]), label="study")
    assert "S0" not in str(error.value)


@pytest.mark.parametrize("bad", [None, float("inf"), "high"])
def test_bad_effect_names_its_row(bad: object) -> None:
    df = two([0.1, 0.2, 0.3], [0.02, 0.01, 0.03]).astype({"effect": object})
    df.loc[2, "effect"] = bad
    with pytest.raises(ValueError, match="effect in 'S2'"):
        sy.meta_analysis(df, label="study")


def test_identical_effects() -> None:
    df = two([0.4, 0.4, 0.4, 0.4], [0.01, 0.02, 0.03, 0.04])
    r = sy.meta_analysis(df)
    assert r.estimate == 0.4
    assert (r.tau2, r.i2, r.q, r.interval) == (0.0, 0.0, 0.0, "normal")
    assert r.se == pytest.approx((100 + 50 + 100 / 3 + 25) ** -0.5, rel=1e-12)
    assert (r.tau2_low, r.tau2_high) == (0.0, 0.0)
    assert "less than sampling alone" in r.summary()
    with pytest.raises(ValueError, match="no width"):
        sy.meta_analysis(df, knapp_hartung=True)
    with pytest.raises(ValueError, match="cannot be tested"):
        sy.egger(r)


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e8])
@pytest.mark.parametrize("method", ["REML", "DL", "PM", "fixed"])
def test_any_unit(unit: float, method: str) -> None:
    df = bcg()
    scaled = df.assign(effect=df["effect"] * unit, variance=df["variance"] * unit**2)
    a = sy.meta_analysis(df, method=method)  # type: ignore[arg-type]
    b = sy.meta_analysis(scaled, method=method)  # type: ignore[arg-type]
    assert b.estimate == pytest.approx(a.estimate * unit, rel=1e-10)
    assert b.ci_low == pytest.approx(a.ci_low * unit, rel=1e-10)
    assert b.p_value == pytest.approx(a.p_value, rel=1e-8)
    if method != "fixed":
        assert a.tau2 is not None
        assert a.tau2_high is not None
        assert b.tau2 == pytest.approx(a.tau2 * unit**2, rel=1e-10)
        assert b.tau2_high == pytest.approx(a.tau2_high * unit**2, rel=1e-10)
        assert b.i2 == pytest.approx(a.i2, rel=1e-10)


def test_far_from_zero() -> None:
    df = ref.teachers()
    a, b = sy.meta_analysis(df), sy.meta_analysis(df.assign(effect=df["effect"] + 2.0**20))
    assert b.estimate - 2.0**20 == pytest.approx(a.estimate, abs=1e-9)
    # adding a million leaves nine decimals of the effects
    assert b.tau2 == pytest.approx(a.tau2, rel=1e-6)


def test_mixed_sizes_of_variance() -> None:
    r = sy.meta_analysis(two([1e-9, 2e-9, 1e8], [1e-18, 1e-18, 1e16]), method="fixed")
    assert r.estimate == pytest.approx(1.5e-9, rel=1e-6)
    assert math.isfinite(r.ci_low)


def test_non_convergence_says_what_to_do() -> None:
    with pytest.raises(sy.ConvergenceError, match=r"did not converge within 1 .*method='DL'"):
        sy.meta_analysis(bcg(), max_iterations=1)
    with pytest.raises(sy.ConvergenceError, match="did not converge within 1 "):
        sy.meta_regression(bcg(), ["latitude"], max_iterations=1)


def test_narrow_hartung_knapp_is_told() -> None:
    df = two([0.30, 0.31, 0.29, 0.50], [0.9, 0.9, 0.9, 0.001])
    r = sy.meta_analysis(df, knapp_hartung=True)
    assert "below the plain one" in r.summary()
    assert sy.meta_analysis(df).interval == "normal"


def test_shared_labels_are_told() -> None:
    df = two([0.1, 0.5, 0.3], [0.02, 0.02, 0.02]).assign(study=["A", "A", "B"])
    assert "Rows share a label (A)" in sy.meta_analysis(df, label="study").summary()


def test_second_maximum_of_the_likelihood_is_told() -> None:
    # the grid sees a maximum that the root of the slope, here set to 0 by hand, has missed
    y, v = np.array([0.0, 1.0, 2.0]), np.array([0.01, 0.01, 0.01])
    higher = sy._higher_maximum(y, v, 0.0)
    assert higher is not None
    assert higher == pytest.approx(0.99, rel=0.3)
    assert sy._higher_maximum(y, v, 0.99) is None


def test_measures_are_not_mixed() -> None:
    df = pd.concat([es.from_arms(ref.bcg(), m) for m in ("RR", "OR")])
    with pytest.raises(ValueError, match=r"2 measures \(RR, OR\)"):
        sy.meta_analysis(df)
    with pytest.raises(ValueError, match="measure is 'RR', but the column effect_measure holds OR"):
        sy.meta_analysis(df, measure="RR")
    with pytest.raises(ValueError, match="column effect_measure holds OR"):
        sy.meta_regression(df, ["latitude"], measure="RR")


def test_an_argument_does_not_rename_the_measure_of_the_rows() -> None:
    df = two([0.1, 0.2, 0.4], [0.02, 0.03, 0.02]).assign(effect_measure="SMD")
    with pytest.raises(ValueError, match="holds SMD: effects of one measure cannot be read as"):
        sy.meta_analysis(df, measure="RR")
    assert sy.meta_analysis(df, measure="SMD").measure == "SMD"
    # a name in words, or no word at all, is what the argument is for
    named = df.assign(effect_measure=["Standardised mean difference", None, None])
    assert sy.meta_analysis(named, measure="SMD").measure == "SMD"
    with pytest.raises(ValueError, match=r"2 measures \(Standardised mean difference, missing\)"):
        sy.meta_analysis(named)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "ML"}, "method is 'ML'"),
        ({"knapp_hartung": "yes"}, "'auto', True or False"),
        ({"method": "fixed", "knapp_hartung": True}, "random-effects"),
        ({"level": 95}, "between 0 and 1"),
        ({"prediction_df": "k"}, "'k-1' or 'k-2'"),
        ({"measure": "WMD"}, "no measure 'WMD'"),
    ],
)
def test_options_that_do_not_exist(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sy.meta_analysis(bcg(), **options)  # type: ignore[arg-type]


def test_cells_beyond_a_computer_are_named_by_their_label() -> None:
    with pytest.raises(ValueError, match=r"variance in 'S0' \(1e-320\): is 1e\+60 times beyond"):
        sy.meta_analysis(two([0.1, 0.2, 0.3], [1e-320, 0.02, 0.03]), label="study")
    with pytest.raises(ValueError, match="variance in 'S2'"):
        sy.meta_regression(
            two([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 1e305, 0.3]).assign(x=[1, 2, 4, 3]),
            ["x"],
            label="study",
        )
    with pytest.raises(ValueError, match=r"effect in 'S0' \(1e\+308\), 'S1' \(-1e\+308\)"):
        sy.meta_analysis(two([1e308, -1e308, 0.3], [0.1, 0.2, 0.3]), label="study")


@pytest.mark.parametrize("rounds", [0, -1, 2.5, True])
def test_iterations_are_a_whole_number(rounds: object) -> None:
    with pytest.raises(ValueError, match=r"max_iterations is .*whole number above 0"):
        sy.meta_analysis(bcg(), max_iterations=rounds)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"max_iterations is .*whole number above 0"):
        sy.meta_regression(bcg(), ["year"], max_iterations=rounds)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["effect", "variance", "trial", "effect_measure"])
def test_columns_of_the_same_name_are_told(name: str) -> None:
    df = bcg()
    doubled = pd.concat([df, df[[name]]], axis=1)
    with pytest.raises(ValueError, match=f"2 columns named '{name}'"):
        sy.meta_analysis(doubled, label="trial")
    with pytest.raises(ValueError, match="2 columns named 'year'"):
        sy.meta_regression(pd.concat([df, df[["year"]]], axis=1), ["year"])
    votes_twice = pd.concat([votes(2, 1), votes(2, 1)[["direction"]]], axis=1)
    with pytest.raises(ValueError, match="2 columns named 'direction'"):
        sy.direction_synthesis(votes_twice, coded_by="effect")


def test_columns_of_the_users_are_not_overwritten() -> None:
    own = {"weight": [70, 60, 90, 80], "label": list("dcba"), "se": [1, 2, 3, 4]}
    df = two([0.1, 0.2, 0.9, 0.4], [0.01, 0.02, 0.05, 0.02]).assign(**own)
    r = sy.meta_analysis(df, label="study")
    assert r.studies["label"].tolist() == ["S0", "S1", "S2", "S3"]
    assert r.studies["weight"].sum() == pytest.approx(100)
    for name, cells in own.items():
        assert r.studies[f"{name}_given"].tolist() == cells
    steps = sy.cumulative(r, "weight").to_frame()
    assert steps["weight"].tolist() == [60, 70, 80, 90]
    assert steps["added"].tolist() == ["S1", "S0", "S3", "S2"]
    # what says the same as ours is no column of the user's
    assert not [c for c in sy.meta_analysis(bcg()).studies if c.endswith("_given")]


def test_a_name_of_the_result_may_name_groups_and_orders() -> None:
    df = bcg().assign(k=range(13), method=list("abb") * 4 + ["a"])
    steps = sy.cumulative(sy.meta_analysis(df), "k").to_frame()
    assert steps["k"].tolist() == list(range(1, 14))
    assert steps["k_given"].tolist() == list(range(13))
    by = sy.subgroup_analysis(df, "method").to_frame()
    assert by["method_given"].tolist() == ["a", "b", "all studies"]


def test_missing_column_is_helped() -> None:
    with pytest.raises(KeyError, match="Did you mean 'variance'"):
        sy.meta_analysis(bcg(), variance="varianc")


@pytest.mark.parametrize("effects", [[0.3] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]])
def test_effects_on_a_line_have_a_normal_interval(effects: list[float]) -> None:
    df = two(effects, [0.01] * 5).assign(dose=[1, 2, 3, 4, 5])
    r = sy.meta_regression(df, ["dose"])
    assert (r.tau2, r.interval) == (0.0, "normal")
    slope = r.coefficients.set_index("term").loc["dose"]
    assert slope["estimate"] == pytest.approx(effects[1] - effects[0], abs=1e-12)
    # Σ(x − 3)² = 10, each with a weight of 100
    assert slope["se"] == pytest.approx(1000**-0.5, rel=1e-12)
    with pytest.raises(ValueError, match="have no width"):
        sy.meta_regression(df, ["dose"], knapp_hartung=True)


@pytest.mark.parametrize("method", ["REML", "fixed"])
def test_a_moderator_far_from_zero_needs_no_other_unit(method: str) -> None:
    df = bcg()
    near = sy.meta_regression(df, ["year"], method=method)  # type: ignore[arg-type]
    for far, unit in ((2.0**30, 1.0), (0.0, 2.0**900), (0.0, 2.0**-900)):
        moved = df.assign(year=(df["year"] + far) * unit)
        r = sy.meta_regression(moved, ["year"], method=method)  # type: ignore[arg-type]
        a, b = near.coefficients.loc[1], r.coefficients.loc[1]
        assert b["estimate"] * unit == pytest.approx(a["estimate"], rel=1e-8)
        assert b["p_value"] == pytest.approx(a["p_value"], rel=1e-8)
        assert r.qe == pytest.approx(near.qe, rel=1e-8)
    start = r.coefficients.loc[0, "estimate"]
    assert start == pytest.approx(near.coefficients.loc[0, "estimate"], rel=1e-8)


def test_a_line_needs_weight_at_two_places() -> None:
    df = two([0.9, 2.1, 0.0, -2.3, 0.0], [3e7, 8e-11, 8.2, 0.25, 0.25])
    df["x"] = [1.4e231, 1e9, 2.0, -2.2e187, 1e9]
    with pytest.raises(ValueError, match="do not differ enough in x"):
        sy.meta_regression(df, ["x"], method="fixed")


def test_regression_input_is_refused_by_name() -> None:
    df = bcg()
    with pytest.raises(ValueError, match="same value in every study"):
        sy.meta_regression(df.assign(x=1.0), ["x"])
    with pytest.raises(ValueError, match="cannot carry"):
        sy.meta_regression(df.head(3), ["latitude"])
    with pytest.raises(ValueError, match="latitude in '0'"):
        sy.meta_regression(df.assign(latitude=[None, *df["latitude"].tolist()[1:]]), ["latitude"])
    with pytest.raises(ValueError, match="say the same"):
        sy.meta_regression(df.assign(double=df["latitude"] * 2), ["latitude", "double"])
    almost = df["latitude"] * (1 + 1e-9 * np.arange(13))
    with pytest.raises(ValueError, match="say the same"):
        sy.meta_regression(df.assign(almost=almost), ["latitude", "almost"])
    with pytest.raises(ValueError, match="must be one of"):
        sy.meta_regression(df, ["allocation"], reference={"allocation": "coin"})
    with pytest.raises(ValueError, match="names year twice"):
        sy.meta_regression(df, ["year", "year"])
    with pytest.raises(TypeError, match="list of columns"):
        sy.meta_regression(df, "latitude")  # type: ignore[arg-type]


def test_subgroup_input() -> None:
    df = bcg()
    with pytest.raises(ValueError, match="one subgroup only"):
        sy.subgroup_analysis(df.assign(g="a"), "g")
    with pytest.raises(ValueError, match="every study needs a subgroup"):
        sy.subgroup_analysis(df.assign(g=[None, *("ab" * 6)]), "g")
    single = sy.subgroup_analysis(df.assign(g=["a", *("b" * 12)]), "g")
    assert single.groups["a"].tau2 is None
    assert single.groups["a"].method == "one study"
    assert single.groups["a"].estimate == df["effect"].iloc[0]
    assert "One study only in: a" in single.summary()


def test_cumulative_input() -> None:
    df = bcg()
    r = sy.meta_analysis(df.assign(when=[None, *range(12)]))
    with pytest.raises(ValueError, match="needs a place"):
        sy.cumulative(r, "when")
    with pytest.raises(KeyError, match="Did you mean 'year'"):
        sy.cumulative(r, "years")


# --- results as objects ---------------------------------------------------------------------


def test_results_are_frozen_and_remember() -> None:
    r = sy.meta_analysis(bcg(), label="trial")
    with pytest.raises(dataclasses.FrozenInstanceError):
        r.estimate = 1.0  # type: ignore[misc]
    assert r.call == (
        "meta_analysis(df, effect='effect', variance='variance', label='trial', measure='RR', "
        "method='REML', knapp_hartung='auto', prediction_df='k-1', level=0.95, max_iterations=1000)"
    )
    assert {"secretome", "PyMetaAnalysis", "numpy", "scipy", "pandas"} == set(r.versions)
    table = r.studies
    table["effect"] = 0.0
    assert r.studies["effect"].iloc[0] != 0.0
    again = eval(r.call, {"meta_analysis": sy.meta_analysis, "df": bcg()})
    assert again.estimate == r.estimate


def everything() -> list[Any]:
    """One result of each kind, with arguments that are not the defaults."""
    df = bcg()
    own = {"log rr": df["effect"], "v": df["variance"]}
    mine = df.drop(columns=["effect", "variance"]).assign(**own)
    columns = {"effect": "log rr", "variance": "v"}
    r = sy.meta_analysis(
        mine, **columns, label="trial", method="PM", level=0.9, max_iterations=77,
        prediction_df="k-2",
    )  # fmt: skip
    groups = sy.subgroup_analysis(mine, "allocation", **columns, label="trial", method="DL")
    filled = sy.trim_and_fill(r, side="right", estimator="R0")
    return [
        r,
        groups,
        *groups.groups.values(),
        sy.meta_regression(
            mine, ["year", "allocation"], **columns, label="trial", measure="RR",
            reference={"allocation": "random"}, knapp_hartung=False, max_iterations=77,
        ),
        sy.leave_one_out(r),
        sy.cumulative(r, "year", ascending=False),
        sy.egger(r),
        sy.begg(groups.groups["random"]),
        filled,
        filled.adjusted,
    ]  # fmt: skip


def test_a_call_makes_the_result_again() -> None:
    df = bcg()
    df = df.drop(columns=["effect", "variance"]).assign(
        **{"log rr": df["effect"], "v": df["variance"]}
    )
    names = {name: getattr(sy, name) for name in sy.__all__} | {"df": df}
    for result in everything():
        again = eval(result.call, names)
        assert type(again) is type(result)
        assert again.call == result.call
        pd.testing.assert_frame_equal(again.to_frame(), result.to_frame())
        assert again.versions == result.versions == sy.versions()


def test_a_call_remembers_the_words_of_the_directions() -> None:
    words = {"favourable": "+", "unfavourable": "−", "uncontrolled": "alone", "other": ["0", "?"]}
    df = pd.DataFrame({"study_id": list("abcde"), "direction": ["+", "−", "alone", "0", "?"]})
    r = sy.direction_synthesis(df, coded_by="effect", **words)  # type: ignore[arg-type]
    again = eval(r.call, {"direction_synthesis": sy.direction_synthesis, "df": df})
    assert again == r


def test_notes_on_the_effects_are_counted() -> None:
    zero = ref.bcg().assign(events_treated=[0, 0, *ref.bcg()["events_treated"].tolist()[2:]])
    r = sy.meta_analysis(es.from_arms(zero, "RR", label="trial"), label="trial")
    told = (
        "2 of 13 rows carry a note on how their effect was made: RR: 0.5 added to all four cells."
    )
    assert told in r.summary()
    assert told in r.warnings
    assert not any("note" in w for w in sy.meta_analysis(bcg()).warnings)
    many = two([0.1, 0.2, 0.3, 0.5], [0.1] * 4).assign(note=["a", "b", "c", None])
    assert "3 of 4 rows carry a note on how their effect was made: a; b and 1 more." in (
        sy.meta_analysis(many).summary()
    )


def test_empty_cells_have_a_reason() -> None:
    df = bcg().assign(g=["a", *("b" * 12)])
    random, common = sy.meta_analysis(df), sy.meta_analysis(df, method="fixed")
    first = sy.cumulative(random, "year")
    assert first.to_frame()[["tau2", "i2"]].isna().sum().tolist() == [1, 1]
    assert first.warnings == ("The first row is one study alone: it has neither τ² nor I².",)
    assert first.warnings[0] in first.summary()
    assert sy.leave_one_out(common).warnings == ("The common-effect model has no τ².",)
    assert sy.leave_one_out(random).warnings == ()
    assert not sy.leave_one_out(random).to_frame().isna().any(axis=None)
    assert "a; without τ², I² and prediction interval" in sy.subgroup_analysis(df, "g").summary()


def test_summary_sentence() -> None:
    assert sy.meta_analysis(bcg(), label="trial").summary() == (
        "Random-effects meta-analysis (REML, Hartung-Knapp interval) of 13 studies: risk ratio "
        "0.489 (95 % interval 0.330 to 0.726, p = 0.002). Heterogeneity: τ² 0.313 (0.120 to 1.11), "
        "I² 92 %. The effect in a new setting of the same kind is expected between 0.136 and 1.76 "
        "(95 % prediction interval)."
    )


def test_frames_hold_all_fields() -> None:
    r = sy.meta_analysis(bcg())
    frame = r.to_frame()
    assert len(frame) == 1
    assert frame["estimate"].iloc[0] == r.estimate
    assert "PyMetaAnalysis" in frame["versions"].iloc[0]
    assert not any(c.startswith("_") for c in frame.columns)
    assert len(sy.egger(r).to_frame()) == 1
    assert len(sy.trim_and_fill(r).to_frame()) == 2
    assert len(sy.meta_regression(bcg(), ["latitude"]).to_frame()) == 2


def test_sensitivity_sentences() -> None:
    r = sy.meta_analysis(two([0.1, 0.2, 0.9], [0.02, 0.02, 0.02]), label="study")
    assert "largest change comes from S2" in sy.leave_one_out(r).summary()
    assert "with S0" in sy.cumulative(r, "study").summary()
    strong = sy.meta_analysis(
        two([0.5, 0.5, 0.5, 0.55], [0.04, 0.06, 0.06, 0.06]), label="study", method="fixed"
    )
    assert "never changes" in sy.leave_one_out(strong).summary()
    weak = sy.meta_analysis(
        two([1.0, 0.05, 0.02], [0.01, 0.04, 0.04]), label="study", method="fixed"
    )
    assert "includes no effect without S0" in sy.leave_one_out(weak).summary()


@pytest.mark.parametrize("code", ["PLO", "PAS", "PR"])
def test_a_proportion_has_no_p_value_of_no_effect(code: str) -> None:
    arms = pd.DataFrame({"events": [9, 14, 13, 12], "n": [20, 22, 30, 25]})
    df = es.from_proportions(arms, measure=code).assign(dose=[1, 2, 3, 5], g=list("aabc"))
    r = sy.meta_analysis(df)
    by = sy.subgroup_analysis(df, "g")
    assert [x.p_value for x in (r, by.overall, *by.groups.values())] == [None] * 5
    refits = [sy.leave_one_out(r), sy.cumulative(r, "dose")]
    assert all(x.to_frame()["p_value"].isna().all() for x in refits)
    for said in (r, by, *refits):
        assert not re.search("cludes no effect|p [=<]", said.summary().split("differences:")[0])
    terms = sy.meta_regression(df, ["dose"], method="fixed")
    assert terms.coefficients["p_value"].isna().tolist() == [True, False]
    assert "The intercept has no p-value" in terms.summary()


# --- synthesis without meta-analysis --------------------------------------------------------


def votes(good: int, bad: int, **more: object) -> pd.DataFrame:
    words = ["favours product"] * good + ["favours comparator"] * bad
    names = [f"s{i}" for i in range(len(words))]
    return pd.DataFrame({"study_id": names, "direction": words, **more})


@pytest.mark.parametrize(("good", "bad"), [(5, 0), (8, 2), (0, 7), (11, 11), (29, 4)])
def test_sign_test_and_exact_interval(good: int, bad: int) -> None:
    n = good + bad
    r = sy.direction_synthesis(votes(good, bad), coded_by="effect")
    tail = sum(math.comb(n, i) for i in range(max(good, bad), n + 1)) / 2**n
    assert r.sign_p == pytest.approx(min(1.0, 2 * tail), rel=1e-12)
    low = stats.beta.ppf(0.025, good, bad + 1) if good else 0.0
    high = stats.beta.ppf(0.975, good + 1, bad) if bad else 1.0
    assert r.share_low == pytest.approx(low, rel=1e-9)
    assert r.share_high == pytest.approx(high, rel=1e-9)
    assert r.share == pytest.approx(good / n, rel=1e-14)
    assert sy.SWIM_WARNING in r.summary()


def test_exact_interval_closed_form() -> None:
    assert sy.direction_synthesis(votes(5, 0), coded_by="effect").share_low == pytest.approx(
        0.025**0.2, rel=1e-9
    )


def test_too_few_to_show_anything() -> None:
    assert (
        "cannot fall below 0.05" in sy.direction_synthesis(votes(5, 0), coded_by="effect").summary()
    )
    assert (
        "cannot fall below 0.05"
        not in sy.direction_synthesis(votes(6, 0), coded_by="effect").summary()
    )
    assert sy.direction_synthesis(votes(6, 0), coded_by="effect").sign_p < 0.05


def test_a_study_with_many_outcomes_has_one_vote() -> None:
    df = pd.DataFrame(
        {
            "study_id": ["a"] * 10 + ["b", "c", "c", "d", "d", "e", "f", "f"],
            "direction": ["favours product"] * 7 + ["favours comparator"] * 3
            + ["favours comparator"]
            + ["favours product", "favours comparator"]
            + ["no clear difference", "mixed"]
            + ["no comparator"]
            + ["no comparator", "favours product"],
        }
    )  # fmt: skip
    r = sy.direction_synthesis(df, coded_by="effect")
    assert (r.n_studies, r.favourable, r.unfavourable) == (6, 2, 1)
    assert (r.undecided, r.uncontrolled) == (2, 1)
    assert r.share_of_controlled == pytest.approx(2 / 5)
    verdicts = dict(zip(r.studies["study_id"], r.studies["direction"], strict=True))
    assert verdicts == {
        "a": "favours product", "b": "favours comparator", "c": "undecided", "d": "undecided",
        "e": "no comparator", "f": "favours product",
    }  # fmt: skip
    strict = sy.direction_synthesis(df, agreement=0.8, coded_by="effect")
    assert strict.favourable == 1
    whole = sy.direction_synthesis(df, unanimous=True, coded_by="effect")
    assert (whole.favourable, whole.unfavourable, whole.undecided) == (1, 1, 3)
    nulls = pd.DataFrame({"study_id": "a", "direction": ["favours product", "no clear difference"]})
    with pytest.raises(ValueError, match="so there is nothing to"):
        sy.direction_synthesis(nulls, unanimous=True, coded_by="effect")


def test_undecided_studies_count_against_in_the_worst_case() -> None:
    df = pd.concat([votes(9, 0), votes(7, 0).assign(direction="mixed")], ignore_index=True)
    df["study_id"] = [f"s{i}" for i in range(16)]
    r = sy.direction_synthesis(df, coded_by="effect")
    assert r.sign_p == pytest.approx(2 / 2**9)
    assert r.sign_p_worst == pytest.approx(stats.binomtest(9, 16).pvalue)
    assert "With the 7 without one clear direction counted as unfavourable: 56 %" in r.summary()


def test_counts_of_significant_results_are_described_and_not_tested() -> None:
    df = votes(9, 1, p=0.01).assign(study_id=[f"s{i}" for i in range(10)])
    more = votes(6, 4).assign(direction=["no clear difference"] * 6 + ["no comparator"] * 4)
    more["study_id"] = [f"t{i}" for i in range(10)]
    r = sy.direction_synthesis(pd.concat([df, more]), coded_by="significance")
    assert r.sign_p is None
    assert r.sign_p_worst is None
    assert r.share == r.share_of_controlled == pytest.approx(9 / 16)
    assert r.share_low == pytest.approx(stats.beta.ppf(0.025, 9, 8), rel=1e-9)
    assert "coded by significance, so no test" in r.summary()
    assert "sign test" not in r.summary()
    with pytest.raises(ValueError, match="only the significant p-values have a sign"):
        sy.direction_synthesis(df, coded_by="significance", p="p")
    with pytest.raises(TypeError, match="coded_by"):
        sy.direction_synthesis(df)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="coded_by is 'p'"):
        sy.direction_synthesis(df, coded_by="p")  # type: ignore[arg-type]


def test_mostly_unclear_outcomes_give_no_direction() -> None:
    df = pd.DataFrame(
        {
            "study_id": ["a"] * 4 + ["b"] * 4,
            "direction": ["favours product"]
            + ["no clear difference"] * 3
            + ["favours product"] * 2
            + ["no clear difference"] * 2,
        }
    )
    r = sy.direction_synthesis(df, coded_by="effect")
    assert (r.favourable, r.undecided) == (1, 1)


def test_combined_p_values_by_hand() -> None:
    p, n = [0.01, 0.2, 0.6], [30, 10, 50]
    r = sy.direction_synthesis(votes(2, 1, p=p, n=n), p="p", n="n", coded_by="effect")
    one = np.array([0.005, 0.1, 0.7])
    assert r.fisher_p == pytest.approx(stats.chi2.sf(-2 * np.log(one).sum(), 6), rel=1e-12)
    z, w = stats.norm.isf(one), np.sqrt(n)
    total = (w * z).sum() / math.sqrt(sum(n))
    assert r.stouffer_p == pytest.approx(stats.norm.sf(total), rel=1e-10)
    assert r.n_p == 3
    want = stats.combine_pvalues(one, method="stouffer", weights=w).pvalue
    assert r.stouffer_p == pytest.approx(want, rel=1e-10)


def test_tiny_p_values_keep_their_digits() -> None:
    r = sy.direction_synthesis(votes(2, 0, p=[1e-200, 1e-200]), p="p", coded_by="effect")
    assert r.stouffer_p is not None
    assert r.fisher_p is not None
    assert 0 <= r.stouffer_p < 1e-300
    assert r.fisher_p >= 0


@pytest.mark.parametrize("bad", [0.0, 1.5, -0.2])
def test_p_value_out_of_bounds_names_its_study(bad: float) -> None:
    with pytest.raises(ValueError, match="p in 's1'"):
        sy.direction_synthesis(votes(2, 1, p=[0.1, bad, 0.2]), p="p", coded_by="effect")


def test_missing_p_values_are_left_out_and_counted() -> None:
    r = sy.direction_synthesis(votes(2, 1, p=[0.1, None, 0.2]), p="p", coded_by="effect")
    assert r.n_p == 2
    none = sy.direction_synthesis(votes(2, 1, p=[None, None, None]), p="p", coded_by="effect")
    assert none.fisher_p is None
    assert "none were combined" in none.summary()


def test_p_values_of_one_study_are_not_independent() -> None:
    df = votes(3, 0, p=[0.1, 0.2, 0.3]).assign(study_id=["a", "a", "b"])
    with pytest.raises(ValueError, match="not independent"):
        sy.direction_synthesis(df, p="p", coded_by="effect")


def test_directions_that_are_no_words() -> None:
    with pytest.raises(ValueError, match="direction in 's0'"):
        sy.direction_synthesis(votes(1, 0).assign(direction="significant"), coded_by="effect")
    with pytest.raises(ValueError, match="nothing to"):
        sy.direction_synthesis(votes(1, 0).assign(direction="mixed"), coded_by="effect")


def test_outcomes_without_a_study_are_not_one_study() -> None:
    df = votes(4, 2).assign(study_id=["a", None, None, "b", "c", "d"])
    with pytest.raises(ValueError, match=r"study_id in 'row 1' .* every outcome needs its study"):
        sy.direction_synthesis(df, coded_by="effect")
    with pytest.raises(ValueError, match="has no rows"):
        sy.direction_synthesis(votes(1, 0).iloc[:0], coded_by="effect")


def test_directions_from_effects() -> None:
    df = pd.DataFrame({"effect": [0.3, -0.1, 0.0]})
    words = ["favours product", "favours comparator", "no clear difference"]
    by_row = df.assign(better=["lower", "higher", "higher"])
    assert sy.directions(by_row, higher_is_better="better").tolist() == [
        words[1], words[1], words[2],
    ]  # fmt: skip
    with pytest.raises(ValueError, match="higher or lower"):
        sy.directions(df.assign(better="neither"), higher_is_better="better")
    assert sy.directions(df).tolist() == words
    turned = sy.directions(df, higher_is_better=False).tolist()
    assert turned == [words[1], words[0], words[2]]


# --- properties -----------------------------------------------------------------------------

effects = st.floats(-3, 3).map(lambda x: round(x, 3))
variances = st.floats(0.005, 4).map(lambda x: round(x, 4))
tables = st.lists(st.tuples(effects, variances), min_size=3, max_size=12)
methods = st.sampled_from(["REML", "DL", "PM", "fixed"])


def _frame(rows: list[tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["effect", "variance"])


@settings(max_examples=60, deadline=None)
@given(tables, methods, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows, method, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    random.shuffle(shuffled)
    a = sy.meta_analysis(_frame(rows), method=method)
    b = sy.meta_analysis(_frame(shuffled), method=method)
    assert b.estimate == pytest.approx(a.estimate, rel=1e-8, abs=1e-9)
    assert b.se == pytest.approx(a.se, rel=1e-7)
    assert b.q == pytest.approx(a.q, rel=1e-9, abs=1e-9)
    if a.tau2 is not None:
        assert b.tau2 == pytest.approx(a.tau2, rel=1e-7, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(tables, methods)
def test_turning_the_signs_turns_the_answer(rows, method) -> None:  # type: ignore[no-untyped-def]
    a = sy.meta_analysis(_frame(rows), method=method)
    b = sy.meta_analysis(_frame([(-y, v) for y, v in rows]), method=method)
    assert b.estimate == pytest.approx(-a.estimate, rel=1e-8, abs=1e-10)
    assert b.ci_low == pytest.approx(-a.ci_high, rel=1e-7, abs=1e-9)
    assert (b.tau2 or 0.0) == pytest.approx(a.tau2 or 0.0, rel=1e-8, abs=1e-12)
    assert b.p_value == pytest.approx(a.p_value, rel=1e-5, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(tables, methods, st.integers(-40, 40))
def test_powers_of_two_scale_exactly(rows, method, power) -> None:  # type: ignore[no-untyped-def]
    unit = 2.0**power
    a = sy.meta_analysis(_frame(rows), method=method)
    b = sy.meta_analysis(_frame([(y * unit, v * unit**2) for y, v in rows]), method=method)
    assert b.estimate == a.estimate * unit
    assert b.se == a.se * unit
    assert b.p_value == a.p_value
    if a.tau2 is not None:
        assert b.tau2 == a.tau2 * unit**2


@settings(max_examples=60, deadline=None)
@given(tables, methods)
def test_nothing_is_silently_missing(rows, method) -> None:  # type: ignore[no-untyped-def]
    r = sy.meta_analysis(_frame(rows), method=method)
    for f in dataclasses.fields(r):
        value = getattr(r, f.name)
        if isinstance(value, float):
            assert math.isfinite(value), f.name
    assert min(y for y, _ in rows) - 1e-9 <= r.estimate <= max(y for y, _ in rows) + 1e-9
    assert r.ci_low <= r.estimate <= r.ci_high
    if r.tau2 is not None:
        assert r.tau2 >= 0
        assert 0 <= (r.i2 or 0) < 1
        assert (r.prediction_low or -math.inf) <= r.ci_low + 1e-12
    assert r.studies["weight"].sum() == pytest.approx(100, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(tables)
def test_reml_against_fifty_digits_on_any_table(rows) -> None:  # type: ignore[no-untyped-def]
    r = sy.meta_analysis(_frame(rows))
    # two maxima are told, and then the lower may be the answer
    assume(not any("second, higher maximum" in w for w in r.warnings))
    y = ref.decimals([a for a, _ in rows])
    v = ref.decimals([b for _, b in rows])

    def slope(t: float) -> float:
        tau = ref.decimals([t])[0]
        mean, total, w = ref.pool(y, v, tau)
        squares = sum(a * a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
        return float(squares - total + sum(a * a for a in w) / total)

    assert r.tau2 is not None
    if r.tau2 == 0:
        assert slope(0.0) <= 1e-12
    else:
        # the slope changes its sign at the answer
        assert slope(r.tau2 * (1 - 1e-7)) >= 0 >= slope(r.tau2 * (1 + 1e-7))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 15), st.integers(0, 15))
def test_turning_the_directions_mirrors_the_share(good: int, bad: int) -> None:
    assume(good + bad > 0)
    a, b = (
        sy.direction_synthesis(votes(good, bad), coded_by="effect"),
        sy.direction_synthesis(votes(bad, good), coded_by="effect"),
    )
    assert a.share == pytest.approx(1 - b.share)
    assert a.share_low == pytest.approx(1 - b.share_high, abs=1e-12)
    assert a.sign_p == pytest.approx(b.sign_p)


# wide on purpose: ties, zeros, lines and cells of very different size
wide = st.one_of(effects, st.sampled_from([0.0, 1.0, -1.0]), st.floats(-1e12, 1e12))
spreads = st.one_of(variances, st.just(0.25), st.floats(1e-12, 1e12))
numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e300, 1e300), st.just(1e9))
rows_of_three = st.lists(st.tuples(wide, spreads, numbers), min_size=2, max_size=9)


def _finite(result: Any) -> None:
    """Every number of a result is finite, and what is None has a reason beside it."""
    for f in dataclasses.fields(result):
        value = getattr(result, f.name)
        if isinstance(value, float):
            assert math.isfinite(value), f.name
        if f.name.endswith(("_p", "p_value")) and value is not None:
            assert 0 <= value <= 1, f.name
    assert "not estimable" not in result.summary()
    assert result.call


def _or_says_why(make: Any) -> Any:
    """A result, or None where a documented error says why there is none."""
    try:
        return make()
    except (ValueError, sy.ConvergenceError):
        return None


@settings(max_examples=60, deadline=None)
@given(rows_of_three, methods, st.sampled_from(["auto", True, False]), st.booleans())
def test_a_regression_is_finite_or_says_why(rows, method, knapp_hartung, grouped) -> None:  # type: ignore[no-untyped-def]
    assume(not (method == "fixed" and knapp_hartung is True))
    df = pd.DataFrame(rows, columns=["effect", "variance", "x"])
    df["g"] = ["a" if i % 3 else "b" for i in range(len(df))]
    r = _or_says_why(
        lambda: sy.meta_regression(
            df, ["x", "g"] if grouped else ["x"], method=method, knapp_hartung=knapp_hartung
        )
    )
    if r is None:
        return
    _finite(r)
    table = r.coefficients
    assert np.isfinite(table.drop(columns="term").to_numpy(dtype=float)).all()
    assert ((table["ci_low"] <= table["estimate"]) & (table["estimate"] <= table["ci_high"])).all()
    assert (table["se"] > 0).all()
    assert r.r2 is None or 0 <= r.r2 <= 1
    assert np.isfinite(r._line.along("x").to_numpy()).all()


@pytest.mark.parametrize("method", ["REML", "DL", "PM"])
def test_a_row_that_takes_all_the_weight_is_named(method) -> None:  # type: ignore[no-untyped-def]
    """I² and DL divide by what is left of the weight; one digit before nothing is too late."""
    df = pd.DataFrame({"effect": [0.0, 900.0, 100.0, 400.0], "x": [1.0, 2.0, 3.0, 5.0]})
    df["variance"] = [9008.0, 9008.0, 1e-12, 9008.0]
    with pytest.raises(ValueError, match=r"2: its variance is 9e\+15 times smaller"):
        sy.meta_analysis(df, method=method)
    with pytest.raises(ValueError, match=r"2: its variance is 9e\+15 times smaller"):
        sy.meta_regression(df, ["x"], method=method)
    df["variance"] = [9008.0, 9008.0, 1e-4, 9008.0]  # 1e8: eight digits lost, eight left
    w = [1 / v for v in ref.decimals(df["variance"])]
    y = ref.decimals(df["effect"])
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    expected = float(max((q - 3) / (sum(w) - sum(a**2 for a in w) / sum(w)), 0))
    assert expected > 0
    assert sy.meta_analysis(df, method="DL").tau2 == pytest.approx(expected, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(rows_of_three, methods, st.integers(1, 3))
def test_subgroups_are_finite_or_say_why(rows, method, n) -> None:  # type: ignore[no-untyped-def]
    df = pd.DataFrame(rows, columns=["effect", "variance", "x"])
    df["g"] = [str(i % n) for i in range(len(df))]
    r = _or_says_why(lambda: sy.subgroup_analysis(df, "g", method=method))
    if r is None:
        return
    _finite(r)
    for group in (r.overall, *r.groups.values()):
        _finite(group)
    assert sum(group.k for group in r.groups.values()) == len(df)
    assert r.q_between >= 0
    assert 0 <= r.i2_between <= 1


@settings(max_examples=60, deadline=None)
@given(rows_of_three, st.sampled_from([sy.egger, sy.begg]))
def test_tests_of_the_funnel_are_finite_or_say_why(rows, test) -> None:  # type: ignore[no-untyped-def]
    df = pd.DataFrame(rows, columns=["effect", "variance", "x"])
    pooled = sy.meta_analysis(df, method="fixed")
    r = _or_says_why(lambda: test(pooled))
    if r is None:
        return
    _finite(r)
    assert r.se is None or r.se > 0
    assert test is sy.egger or -1 <= r.estimate <= 1
    # the order of the rows is no part of the question
    again = test(sy.meta_analysis(df.iloc[::-1], method="fixed"))
    assert again.p_value == pytest.approx(r.p_value, rel=1e-4, abs=1e-6)

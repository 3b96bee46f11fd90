"""Charts of effects and of bias: what they draw, and what they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secretome import appraisal as ap
from secretome import effect_sizes as es
from secretome import evidence_charts as ec
from secretome import synthesis as sy

from .published import bcg


def spec(chart: Any) -> dict[str, Any]:
    """The chart as Vega-Lite, validated against its schema and compiled to Vega."""
    import vl_convert

    made: dict[str, Any] = chart.to_dict()
    vl_convert.vegalite_to_vega(made)
    return made


def layers(made: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for part in [made, *made.get("vconcat", [])]:
        found += part.get("layer", [])
    return found


def data(made: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = made["datasets"][layer["data"]["name"]]
    return rows


def marks(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [x for x in layers(made) if x["mark"]["type"] == kind]


@pytest.fixture(scope="module")
def pooled() -> sy.MetaAnalysis:
    return sy.meta_analysis(es.from_arms(bcg(), "RR"), label="trial")


# --- forest ---------------------------------------------------------------------------------


def test_forest_draws_what_the_result_holds(pooled: sy.MetaAnalysis) -> None:
    made = spec(ec.forest(pooled))
    diamond = data(made, marks(made, "area")[0])
    xs = sorted({row["x1"] for row in diamond})
    want = [math.exp(v) for v in (pooled.ci_low, pooled.estimate, pooled.ci_high)]
    assert xs == pytest.approx(want, rel=1e-12)
    rules = marks(made, "rule")
    ahead = [r for r in rules if r["mark"].get("strokeWidth") == 5]
    bar = data(made, ahead[0])[0]
    assert bar["x1"] == pytest.approx(math.exp(pooled.prediction_low or 0), rel=1e-12)
    assert bar["x2"] == pytest.approx(math.exp(pooled.prediction_high or 0), rel=1e-12)
    null = [data(made, r) for r in rules if len(data(made, r)) == 1]
    assert {"x1": 1.0} in [rows[0] for rows in null]
    squares = data(made, marks(made, "point")[0])
    assert len(squares) == 13
    assert squares[0]["weight"] == pytest.approx(pooled.studies["weight"].iloc[0])
    sizes = [row["size"] for row in squares]
    assert np.argmax(sizes) == pooled.studies["weight"].argmax()


def test_forest_names_every_line_and_uses_a_log_axis(pooled: sy.MetaAnalysis) -> None:
    made = spec(ec.forest(pooled, favours=("vaccine", "none")))
    axes = [x["encoding"] for x in layers(made) if "axis" in x["encoding"].get("y", {})]
    labels = axes[0]["y"]["axis"]["labelExpr"]
    for name in [*bcg()["trial"], "Random effects (REML)", "Prediction interval"]:
        assert name in labels
    assert all(e["x"]["scale"]["type"] == "log" for e in axes if "scale" in e["x"])
    assert "vaccine ◀" in str(made)
    texts = [row["text"] for x in marks(made, "text") for row in data(made, x)]
    assert "0.489 [0.330, 0.726]" in texts
    assert "[0.136, 1.76]" in texts
    assert "10.2 %" in texts


def test_forest_reading_is_the_description(pooled: sy.MetaAnalysis) -> None:
    reading = ec.forest_reading(pooled)
    assert spec(ec.forest(pooled))["description"] == reading
    assert pooled.summary() in reading
    assert "The largest weight, 10 %, is that of TPT Madras 1980." in reading
    assert "5 single intervals of 13 include no effect." in reading


def test_forest_by_subgroup() -> None:
    result = sy.subgroup_analysis(es.from_arms(bcg(), "RR"), "allocation", label="trial")
    made = spec(result.forest())
    diamonds = data(made, marks(made, "area")[0])
    assert len({row["row"] for row in diamonds}) == 4
    assert "random, subtotal of 7" in str(layers(made)[2]["encoding"]["y"])
    squares = data(made, marks(made, "point")[0])
    assert sum(row["weight"] for row in squares) == pytest.approx(100)
    assert result.summary() in made["description"]


def test_forest_cuts_long_intervals_with_arrows(pooled: sy.MetaAnalysis) -> None:
    made = spec(ec.forest(pooled, domain=(0.2, 2.0)))
    arrows = [x for x in marks(made, "point") if x["mark"].get("shape") == "triangle"]
    assert len(arrows) == 2
    table = pooled.studies
    for layer, end, over in zip(
        arrows,
        (0.2, 2.0),
        (np.exp(table["ci_low"]) < 0.2, np.exp(table["ci_high"]) > 2),
        strict=True,
    ):
        assert [row["x1"] for row in data(made, layer)] == [end] * int(over.sum())
    with pytest.raises(ValueError, match="both above 0"):
        ec.forest(pooled, domain=(0.0, 2.0))


def test_forest_of_two_studies_and_of_a_proportion() -> None:
    df = pd.DataFrame({"effect": [0.1, 0.4], "variance": [0.02, 0.05]})
    two = spec(ec.forest(sy.meta_analysis(df)))
    assert "Prediction interval" not in str(layers(two))
    arms = es.from_proportions(pd.DataFrame({"events": [1, 4, 9], "n": [20, 22, 30]}))
    made = spec(ec.forest(sy.meta_analysis(arms)))
    xs = [row["x1"] for row in data(made, marks(made, "area")[0])]
    assert all(0 < x < 1 for x in xs)
    # a proportion has no value of no effect: the dashed mean is the only single line
    lines = [x for x in marks(made, "rule") if set(data(made, x)[0]) == {"x1"}]
    assert len(lines) == 1
    assert "p =" not in made["description"]


def test_forest_draws_unchecked_rows_hollow() -> None:
    df = pd.DataFrame({"effect": [0.1, 0.4, 0.2], "variance": [0.02, 0.05, 0.01]})
    df["checked_on"] = [pd.Timestamp("2026-11-20"), None, None]
    made = spec(ec.forest(sy.meta_analysis(df), checked="checked_on"))
    counts = {x["mark"]["fill"]: len(data(made, x)) for x in marks(made, "point")}
    assert counts["white"] == 2
    with pytest.raises(KeyError, match="Did you mean 'checked_on'"):
        ec.forest(sy.meta_analysis(df), checked="checked")


@pytest.mark.parametrize("unit", [1e-9, 1e8])
def test_forest_of_any_unit(unit: float) -> None:
    df = pd.DataFrame({"effect": [0.1, 0.4, 0.2], "variance": [0.02, 0.05, 0.01]})
    scaled = df.assign(effect=df["effect"] * unit, variance=df["variance"] * unit**2)
    made = spec(ec.forest(sy.meta_analysis(scaled)))
    assert "NaN" not in str(made)


# --- funnel ---------------------------------------------------------------------------------


def test_funnel_contours_lie_at_their_p_values(pooled: sy.MetaAnalysis) -> None:
    made = spec(ec.funnel(pooled))
    bands = data(made, marks(made, "area")[0])
    edge = {
        row["band"]: row["far"] / row["se"] for row in bands if row["se"] > 0 and row["side"] == 1
    }
    assert edge["0.05 < p < 0.1"] == pytest.approx(1.959963985, rel=1e-9)
    assert edge["0.01 < p < 0.05"] == pytest.approx(2.575829304, rel=1e-9)
    points = data(made, marks(made, "point")[0])
    assert len(points) == 13
    top = layers(made)[0]["encoding"]["y"]["scale"]["domain"]
    assert top[0] > top[1] == 0
    assert made["description"] == (
        "Funnel plot of 13 studies: 7 left and 6 right of the pooled effect 0.489; 8 with p below "
        "0.05. Egger's test p = 0.19."
    )


def test_funnel_shows_filled_studies_apart() -> None:
    filled = sy.trim_and_fill(sy.meta_analysis(es.from_arms(bcg(), "RR"), method="fixed"))
    made = spec(ec.funnel(filled))
    shapes = {x["mark"]["shape"]: len(data(made, x)) for x in marks(made, "point")}
    assert shapes == {"circle": 13, "diamond": 4}
    assert "mirrors 4 on the right" in made["description"]


def test_funnel_of_few_or_equal_studies_says_so() -> None:
    df = pd.DataFrame({"effect": [0.1, 0.4, 0.2], "variance": [0.02, 0.02, 0.02]})
    reading = ec.funnel_reading(sy.meta_analysis(df))
    assert "cannot be made" in reading
    assert "too weak to be read" in reading


def test_funnel_of_proportions_has_no_contours() -> None:
    arms = es.from_proportions(pd.DataFrame({"events": [1, 4, 9], "n": [20, 22, 30]}))
    made = spec(ec.funnel(sy.meta_analysis(arms)))
    assert not marks(made, "area")
    assert len(marks(made, "line")) == 1


def test_funnel_levels(pooled: sy.MetaAnalysis) -> None:
    with pytest.raises(ValueError, match="three that fall"):
        ec.funnel(pooled, levels=(0.01, 0.05, 0.1))


# --- refits, regression, tests and directions -------------------------------------------------


def regression(**options: Any) -> sy.MetaRegression:
    return sy.meta_regression(
        es.from_arms(bcg(), "RR"), ["latitude", "allocation"], label="trial", **options
    )


def test_bubbles_lie_about_the_line_of_the_regression() -> None:
    one = sy.meta_regression(es.from_arms(bcg(), "RR"), ["latitude"], label="trial")
    made = spec(one.chart())
    line = data(made, marks(made, "line")[0])
    start, slope = one.coefficients["estimate"]
    assert [line[0]["x"], line[-1]["x"]] == pytest.approx([13, 55])
    for row in line[::10]:
        assert row["y"] == pytest.approx(start + slope * row["x"], rel=1e-9)
    # the band at latitude 0 would be the interval of the intercept
    at_zero = sy.meta_regression(
        es.from_arms(bcg(), "RR").assign(north=lambda d: d["latitude"] - 13), ["north"]
    )
    band = data(made, marks(made, "area")[0])[0]
    wanted = at_zero.coefficients.loc[0, ["ci_low", "ci_high"]].tolist()
    assert [band["low"], band["high"]] == pytest.approx(wanted, rel=1e-9)
    points = data(made, marks(made, "point")[0])
    assert len(points) == 13
    assert made["description"] == ec.bubble_reading(one)
    assert "the fitted risk ratio is 0.881 at 13.0, 0.259 at 55.0" in made["description"]


def test_bubbles_of_categories_have_bars() -> None:
    fit = regression(reference={"allocation": "random"})
    made = spec(fit.chart("allocation"))
    assert not marks(made, "line")
    bars = {row["x"]: row for row in data(made, marks(made, "bar")[0])}
    assert list(bars) == ["random", "alternate", "systematic"]
    terms = fit.coefficients.set_index("term")["estimate"]
    step = bars["systematic"]["y"] - bars["random"]["y"]
    assert step == pytest.approx(terms["allocation[systematic]"], rel=1e-9)
    mean = bcg()["latitude"].mean()
    assert bars["random"]["y"] == pytest.approx(terms["intercept"] + mean * terms["latitude"])
    assert "with the other moderators at their mean or reference" in made["description"]


def test_bubbles_ask_which_moderator() -> None:
    with pytest.raises(ValueError, match="latitude, allocation; say which of them to draw"):
        regression().chart()
    with pytest.raises(ValueError, match="say which, not 'year'"):
        regression().chart("year")
    with pytest.raises(TypeError, match="bubble takes MetaRegression") as error:
        ec.bubble(pd.DataFrame())  # type: ignore[arg-type]
    assert "meta_analysis" not in str(error.value)


def test_refits_are_drawn_on_the_readers_scale(pooled: sy.MetaAnalysis) -> None:
    out = sy.leave_one_out(pooled)
    made = spec(out.chart())
    points = data(made, marks(made, "point")[0])
    want = np.exp([*out.to_frame()["estimate"], pooled.estimate])
    assert [row["effect"] for row in points] == pytest.approx(want.tolist(), rel=1e-12)
    assert points[-1]["label"] == "all studies"
    assert made["description"] == f"Forest plot of 13 refits. {out.summary()}"
    steps = spec(sy.cumulative(pooled, "year").chart())
    rows = data(steps, marks(steps, "point")[0])
    assert rows[0]["label"] == "+ Aronson 1948 (1948)"
    assert rows[-1]["effect"] == pytest.approx(math.exp(pooled.estimate))


def test_the_funnel_of_a_test_has_its_line(pooled: sy.MetaAnalysis) -> None:
    test = sy.egger(pooled)
    made = spec(test.chart())
    line = data(made, marks(made, "line")[0])
    assert line[0] == {"se": 0.0, "x": test.limit}
    assert (line[1]["x"] - line[0]["x"]) / line[1]["se"] == pytest.approx(test.estimate)
    assert test.summary() in made["description"]
    assert made["description"].endswith("The sloping line is its regression.")
    ranks = spec(sy.begg(pooled).chart())
    assert not marks(ranks, "line")
    assert "Kendall's tau" in ranks["description"]
    filled = sy.trim_and_fill(pooled, side="right")
    assert filled.chart().to_dict()["description"] == ec.funnel_reading(filled)
    assert pooled.chart().to_dict()["description"] == ec.forest_reading(pooled)


def test_directions_are_a_bar_whose_parts_add_up() -> None:
    words = ["favours product"] * 3 + ["favours comparator", "mixed", "no comparator"]
    df = pd.DataFrame({"study_id": range(6), "direction": words})
    result = sy.direction_synthesis(df, coded_by="effect")
    made = spec(result.chart())
    rows = [row for x in marks(made, "bar") for row in data(made, x)]
    assert {r["word"]: r["n"] for r in rows} == {
        "favours treatment": 3, "no one direction": 1, "favours comparator": 1, "no comparator": 1,
    }  # fmt: skip
    assert made["description"] == result.summary()
    for colour, _ in ec._SIDES.values():
        if colour != "transparent":
            low, high = sorted((_luminance(ec._ON_FILL), _luminance(colour)))
            assert (high + 0.05) / (low + 0.05) >= 4.5


# --- albatross ------------------------------------------------------------------------------


def results() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "study": list("abcd"),
            "p": [0.01, 0.2, 0.5, None],
            "n": [40, 100, 60, 20],
            "direction": ["favours product", "favours comparator", "mixed", "favours product"],
        }
    )


def test_albatross_signs_and_counts() -> None:
    made = spec(ec.albatross(results(), label="study"))
    points = data(made, marks(made, "point")[0])
    assert {row["study"]: row["x"] for row in points} == pytest.approx(
        {"a": 2.0, "b": math.log10(0.2)}
    )
    assert (
        "2 results without direction, exact p-value or number are not drawn"
        in (made["description"])
    )
    assert "counts of significant results are no synthesis at all" in made["description"]


def test_albatross_contours_are_the_p_of_their_effect() -> None:
    from scipy import stats

    made = spec(ec.albatross(results(), contours=[0.5]))
    curve = [row for row in data(made, marks(made, "line")[0]) if row["curve"] == "0.5"]
    assert len(curve) > 5
    for row in curve[::5]:
        z = 0.5 / math.sqrt(4 / row["n"] + 0.25 / (2 * row["n"]))
        assert 10 ** -row["x"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


def test_albatross_refuses_and_is_never_blank() -> None:
    with pytest.raises(ValueError, match="p in 'a'"):
        ec.albatross(results().assign(p=0.0), label="study")
    with pytest.raises(ValueError, match="is a limit"):
        ec.albatross(results().assign(p="< 0.05"))
    with pytest.raises(ValueError, match="above 0"):
        ec.albatross(results(), contours=[0.0])
    empty = spec(ec.albatross(results().assign(direction="mixed")))
    assert empty["description"].startswith("No result has a direction")


# --- risk of bias ---------------------------------------------------------------------------


def judgements() -> pd.DataFrame:
    rows = []
    for study, words in {
        "a": ["low", "some concerns", "high", ap.NO_INFORMATION, "low"],
        "b": ["low", "low", ap.NO_INFORMATION],
    }.items():
        for domain, word in zip(ap.TOOLS["RoB 2"].domains, words, strict=False):
            rows.append((study, "RoB 2", domain, word))
    rows.append(("rat", "SYRCLE", "sequence generation", "unclear"))
    return pd.DataFrame(rows, columns=["study_id", "tool", "domain", "judgement"])


def test_no_information_is_apart_in_shape_and_text() -> None:
    made = spec(ec.risk_of_bias(judgements()))
    rings = [x for x in marks(made, "point") if x["mark"].get("strokeDash")]
    assert len(rings) == 2
    assert all(x["mark"]["filled"] is False for x in rings)
    assert all(ap.NO_INFORMATION in str(x["transform"]) for x in rings)
    solid = [x for x in marks(made, "point") if x["mark"].get("filled")]
    for layer in solid:
        assert ap.NO_INFORMATION not in layer["encoding"]["color"]["scale"]["domain"]
        assert "not judged" not in layer["encoding"]["shape"]["scale"]["domain"]
    signs = {w: ec.JUDGEMENTS[w][2] for w in ("low", "high", ap.NO_INFORMATION, "not judged")}
    assert len(set(signs.values())) == 4
    texts = {s["text"] for x in [made, *made["vconcat"]] if isinstance(s := x.get("title"), dict)}
    assert texts == {"RoB 2", "SYRCLE"}


def test_every_judgement_has_its_own_look() -> None:
    for tool in ap.TOOLS.values():
        looks = [ec.JUDGEMENTS[w] for w in tool.judgements]
        assert len({x[2] for x in looks}) == len(looks)
        assert len({x[0] for x in looks}) == len(looks)
    assert set(ec.JUDGEMENTS) == {"not judged"} | {
        w for t in ap.TOOLS.values() for w in t.judgements
    }


def test_missing_domains_are_places_and_not_gaps() -> None:
    made = spec(ec.risk_of_bias(judgements()))
    rows = [row for panel in made["datasets"].values() for row in panel]
    missing = [row for row in rows if row["judgement"] == "not judged"]
    assert sum(row["study"] == "b" for row in missing) == 2
    assert sum(row["study"] == "rat" for row in missing) == 9
    overall = {row["study"]: row["judgement"] for row in rows if row["domain"] == "overall"}
    assert overall == {"a": "high", "b": ap.NO_INFORMATION}


def test_risk_of_bias_reading_counts() -> None:
    assert ec.risk_of_bias_reading(judgements()) == (
        "RoB 2, 2 studies: of 10 domains 4 low, 1 some concerns, 1 high, 2 no information, 2 not "
        "judged. Overall: 1 high, 1 no information. SYRCLE, 1 study: of 10 domains 1 unclear, 9 "
        "not judged."
    )


def test_given_overall_is_kept() -> None:
    df = pd.concat(
        [
            judgements().query("study_id == 'b'"),
            pd.DataFrame(
                [("b", "RoB 2", "overall", "high")],
                columns=["study_id", "tool", "domain", "judgement"],
            ),
        ]
    )
    assert "Overall: 1 high." in ec.risk_of_bias_reading(df)


def test_summary_shares_add_up_and_frames_are_empty() -> None:
    made = spec(ec.risk_of_bias_summary(judgements()))
    bars = marks(made, "bar")
    rows = [row for x in bars for row in data(made, x)]
    rob = [row for row in rows if row["row"] == "randomisation process"]
    assert sum(row["x2"] - row["x"] for row in rob) == pytest.approx(1)
    for layer in bars:
        words = {row["word"] for row in data(made, layer)}
        if words & {ap.NO_INFORMATION, "not judged"}:
            assert words <= {ap.NO_INFORMATION, "not judged"}
            assert layer["mark"]["strokeDash"] == [4, 3]
        scale = layer["encoding"]["color"]["scale"]
        painted = dict(zip(scale["domain"], scale["range"], strict=True))
        hollow = {w for w, colour in painted.items() if colour == "transparent"}
        assert hollow == set(painted) & {ap.NO_INFORMATION, "not judged"}
    assert made["description"] == ec.risk_of_bias_reading(judgements())


def test_wrong_judgements_are_refused_and_none_are_said() -> None:
    with pytest.raises(ValueError, match="do not fit their instrument"):
        ec.risk_of_bias(judgements().assign(judgement="fine"))
    empty = spec(ec.risk_of_bias(judgements().iloc[:0]))
    assert empty["description"] == "No risk of bias has been judged."


# --- reporting ------------------------------------------------------------------------------


def test_reporting_bars() -> None:
    df = pd.DataFrame({"study_id": ["a", "b", "c"], "dose": ["2 mL", "NR", "NS"], "medium": "NR"})
    made = spec(ec.reporting(df, ["dose", "medium"]))
    rows = [row for x in marks(made, "bar") for row in data(made, x)]
    assert {(r["row"], r["word"]): r["n"] for r in rows} == {
        ("dose", "reported"): 1, ("dose", "not reported"): 1, ("dose", "not seen"): 1,
        ("medium", "not reported"): 3,
    }  # fmt: skip
    assert made["description"].endswith("1 of 6 items were not seen.")


# --- contrast -------------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("word", [w for w, s in ec.JUDGEMENTS.items() if s[0] != "transparent"])
def test_signs_can_be_read_on_their_fill(word: str) -> None:
    # WCAG 2.2, success criterion 1.4.3: 4.5 to 1
    low, high = sorted((_luminance(ec._ON_FILL), _luminance(ec.JUDGEMENTS[word][0])))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_table_in_place_of_a_result_is_named() -> None:
    effects = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    for chart in (ec.forest, ec.funnel, ec.forest_reading):
        with pytest.raises(TypeError, match="meta_analysis"):
            chart(effects)


@pytest.mark.parametrize("favours", ["better", ("a", "b", "c"), ("a",)])
def test_favours_takes_two_labels(favours: Any) -> None:
    effects = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    with pytest.raises(ValueError, match="two labels"):
        ec.forest(sy.meta_analysis(effects), favours=favours)

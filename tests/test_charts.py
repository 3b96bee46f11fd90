"""Charts: valid specifications, readings that say what is drawn, empty states."""

from __future__ import annotations

import re

import altair as alt
import pandas as pd
import pytest
import vl_convert

import secretome
from secretome import charts

STUDIES = pd.DataFrame(
    {
        "organ": ["hair", "hair", "skin"],
        "product": ["CM", "EV", "CM"],
        "year": [2012, 2020, 2020],
        "checked_on": ["2026-11-23", None, "2026-11-23"],
        "direction": ["favours product", "no comparator", "mixed"],
    }
)
CALLS = {
    "map": lambda f: charts.evidence_map(f, "organ", "product", checked="checked_on"),
    "timeline": lambda f: charts.timeline(f),
    "direction": lambda f: charts.effect_direction(f, "organ", checked="checked_on"),
}


def _all_books_charts() -> dict[str, alt.Chart]:
    studies, outcomes = secretome.load("studies"), secretome.load("outcomes")
    joined = outcomes.merge(studies[["study_id", "organ"]], on="study_id")
    return {
        "evidence_map": charts.evidence_map(studies, "organ", "product", checked="checked_on"),
        "timeline": charts.timeline(studies),
        "effect_direction": charts.effect_direction(joined, "organ", label="study_id"),
        "retention": charts.retention(secretome.load("drying"), label="study_id"),
        "factor_matrix": charts.factor_matrix(secretome.load("factors"), label="study_id"),
        "production": charts.production_conditions(
            secretome.load("production"), ["cell_source", "oxygen", "hours"]
        ),
        "claims_ledger": charts.claims_ledger(secretome.load("claim_evidence")),
    }


@pytest.mark.parametrize("name", list(_all_books_charts()))
def test_the_books_tables_draw(name: str) -> None:
    chart = _all_books_charts()[name]
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version="6.4")
    assert svg.count("<path") + svg.count("<text") > 10
    assert len(chart.to_dict()["description"]) > 30


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_rows_is_a_sentence_and_no_blank(call) -> None:
    chart = call(STUDIES.head(0))
    assert "No " in chart.to_dict()["description"]
    assert "<text" in vl_convert.vegalite_to_svg(chart.to_dict(), vl_version="6.4")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_one_row(call) -> None:
    assert call(STUDIES.head(1)).to_dict()["description"]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_repeated_index_changes_nothing(call) -> None:
    repeated = STUDIES.set_axis([0, 0, 0])
    assert call(repeated).to_dict() == call(STUDIES).to_dict()


def test_unknown_column_names_the_close_one() -> None:
    with pytest.raises(KeyError, match="Did you mean 'organ'"):
        charts.evidence_map(STUDIES, "organs", "product")


def test_unknown_direction_lists_the_allowed() -> None:
    with pytest.raises(ValueError, match="favours product"):
        charts.effect_direction(STUDIES.assign(direction="good"), "organ")


def test_map_reading_counts_cells_and_zeros() -> None:
    text = charts.evidence_map_reading(STUDIES, "organ", "product")
    assert "3 studies" in text
    assert "3 of 4 cells hold a study, 1 is empty" in text


def test_map_draws_its_zeros() -> None:
    spec = charts.evidence_map(STUDIES, "organ", "product").to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert sorted(r["n"] for r in rows) == [0, 1, 1, 1]


def test_map_says_what_was_read_once() -> None:
    spec = charts.evidence_map(STUDIES, "organ", "product", checked="checked_on").to_dict()
    rows = next(iter(spec["datasets"].values()))
    once = {(r["organ"], r["product"]) for r in rows if r["unchecked"]}
    assert once == {("hair", "EV")}


def test_timeline_reading() -> None:
    assert "from 2012 to 2020" in charts.timeline_reading(STUDIES, "year", "product")


def test_direction_reading_sets_the_uncontrolled_apart() -> None:
    text = charts.effect_direction_reading(STUDIES, "organ", "direction")
    assert "3 outcomes in 2 groups, 2 with a control" in text


def test_map_draws_the_lines_that_were_asked_for_and_not_found() -> None:
    asked = {"rows": ["hair", "eye"], "columns": ["CM", "freeze-dried"]}
    spec = charts.evidence_map(STUDIES, "organ", "product", **asked).to_dict()
    rows = next(iter(spec["datasets"].values()))
    empty = {(r["organ"], r["product"]) for r in rows if not r["n"]}
    assert empty >= {("eye", "CM"), ("eye", "EV"), ("hair", "freeze-dried")}
    text = charts.evidence_map_reading(STUDIES, "organ", "product", **asked)
    assert "over 3 organs and 3 products: 3 of 9 cells hold a study, 6 are empty" in text


def test_a_reading_names_what_a_row_is() -> None:
    text = charts.evidence_map_reading(STUDIES.assign(status="x"), "status", "organ", noun="trial")
    assert text.startswith("3 trials over 1 status and 2 organs: 2 of 2 cells hold a trial")
    two = STUDIES.assign(country=["a", "b", "a"], status=["x", "y", "x"])
    assert "over 2 countries and 2 statuses" in charts.evidence_map_reading(
        two, "country", "status"
    )
    assert charts.timeline_reading(STUDIES, "year", "product", noun="trial").startswith("3 trials")


def test_many_outcomes_of_one_group_go_on_below_and_none_is_cut_off() -> None:
    many = pd.DataFrame({"organ": ["skin"] * 65 + ["eye"] * 2, "direction": "favours product"})
    spec = charts.effect_direction(many, "organ", per_line=30).to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert max(r["position"] for r in rows) == 30
    assert len({(r["line"], r["position"]) for r in rows}) == len(many)
    lines = spec["encoding"]["y"]["sort"]
    assert [line.startswith("skin (65)") for line in lines] == [True, True, True, False]
    low, high = spec["encoding"]["x"]["scale"]["domain"]
    assert low < 1
    assert high > 30
    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    assert [svg.count(f">{name}<") for name in ("skin (65)", "eye (2)")] == [1, 1]
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= 700
    assert ">favours product<" in svg, "the chart has no legend"


def test_a_line_takes_at_least_one_mark() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        charts.effect_direction(STUDIES, "organ", per_line=0)


def test_retention_never_pools_comparators() -> None:
    frame = pd.DataFrame(
        {
            "measure": ["a", "b"],
            "retained_percent": [50.0, 90.0],
            "comparator": ["fresh", "frozen"],
        }
    )
    text = charts.retention_reading(frame, "measure", "retained_percent", "comparator")
    assert "against fresh, 50 to 50 %" in text
    assert "against frozen, 90 to 90 %" in text
    assert "facet" in charts.retention(frame).to_dict()


def test_factor_reading_gives_the_spread() -> None:
    frame = pd.DataFrame(
        {"factor": ["A", "A"], "cell_source": ["x", "y"], "value": [1.0, 50.0], "unit": "pg/mL"}
    )
    text = charts.factor_matrix_reading(frame, "factor", "cell_source", "value", "unit")
    assert "A in pg/mL, 50-fold" in text


def test_all_missing_values_is_a_sentence() -> None:
    frame = pd.DataFrame({"factor": ["A"], "cell_source": ["x"], "value": [None], "unit": ["u"]})
    frame["value"] = frame["value"].astype("Float64")
    assert "No value" in charts.factor_matrix(frame).to_dict()["description"]


def test_ledger_puts_against_to_the_left() -> None:
    frame = pd.DataFrame({"claim_id": ["c", "c"], "bearing": ["for", "against"]})
    spec = charts.claims_ledger(frame, label=None).to_dict()
    places = {
        r["bearing"]: r["place"] for d in spec["datasets"].values() for r in d if "bearing" in r
    }
    assert places["against"] < 0 < places["for"]


def test_ledger_reads_and_draws_every_bearing() -> None:
    frame = secretome.load("claim_evidence")
    chart = charts.claims_ledger(frame)
    counts = re.findall(
        r"(\d+) (?:for|mixed|against|not applicable|result not seen)", chart.description
    )
    assert sum(map(int, counts)) == len(frame)
    marks = chart.to_dict()["layer"][1]["encoding"]
    words = marks["fill"]["scale"]["domain"]
    assert set(words) == set(frame["bearing"])
    assert marks["shape"]["scale"]["domain"] == marks["color"]["scale"]["domain"] == words
    fills = dict(zip(words, marks["fill"]["scale"]["range"], strict=True))
    assert [word for word, fill in fills.items() if fill == "transparent"] == ["result not seen"]


def test_what_has_no_side_stands_beyond_what_has_one() -> None:
    words = ["result not seen", "for", "not applicable", "mixed", "against"]
    spec = charts.claims_ledger(
        pd.DataFrame({"claim_id": "c", "bearing": words}), label=None
    ).to_dict()
    places = {
        r["bearing"]: r["place"] for d in spec["datasets"].values() for r in d if "bearing" in r
    }
    assert sorted(places, key=lambda word: places[word]) == [
        "against", "for", "mixed", "not applicable", "result not seen",
    ]  # fmt: skip


@pytest.mark.parametrize("draw", [charts.claims_ledger, charts.claims_ledger_reading])
@pytest.mark.parametrize("word", ["supports", None])
def test_an_unknown_bearing_is_named(draw, word: str | None) -> None:
    frame = pd.DataFrame({"claim_id": ["c1", "c2"], "study_id": "a", "bearing": ["for", word]})
    with pytest.raises(
        ValueError, match=rf"'c2, row 1' \({word or 'missing'}\): .*result not seen"
    ):
        draw(frame, "claim_id", "bearing")


def test_palette_keeps_its_contrast_with_white() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    # marks of the direction chart need 3 : 1 against the page (WCAG 1.4.11)
    for colour, _ in charts.DIRECTIONS.values():
        for page in ("#ffffff", "#14181e"):
            light, dark = sorted((luminance(colour), luminance(page)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (colour, page)


def test_parallel_view_keeps_absent_values_apart() -> None:
    frame = pd.DataFrame({"a": ["x", "x", "NS"], "b": ["p", "q", "q"]})
    spec = charts.production_conditions(frame, ["a", "b"]).to_dict()
    rows = [r for d in spec["datasets"].values() for r in d if "value" in r]
    absent = {r["value"] for r in rows if r["seen"] == "not seen"}
    assert absent == {"not seen"}
    widths = [r["n"] for d in spec["datasets"].values() for r in d if "x2" in r]
    assert sum(widths) == len(frame)


def test_parallel_view_needs_two_conditions() -> None:
    with pytest.raises(ValueError, match="at least two conditions"):
        charts.production_conditions(pd.DataFrame({"a": ["x"]}), ["a"])


def test_retention_takes_names_that_are_numbers_and_breaks_long_ones() -> None:
    frame = pd.DataFrame({"measure": [8, 9], "retained_percent": [90.0, 80.0]})
    frame["comparator"] = "fresh"
    charts.retention(frame).to_dict()
    long = "aggregation to thrombin (1 U/mL) after rehydration"
    spec = charts.retention(frame.assign(measure=long)).to_dict()
    axis = spec["spec"]["layer"][1]["encoding"]["y"]["axis"]
    assert '["aggregation to thrombin (1", "U/mL) after rehydration"]' in axis["labelExpr"]

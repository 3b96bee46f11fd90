"""Every chart of a frame with no rows, one row, all values missing, mixed types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import pytest

from secretome import charts, drying_charts, evidence_charts

STUDY = {
    "study_id": "a-2020",
    "organ": "hair",
    "product": "medium",
    "year": 2020,
    "direction": "favours product",
    "checked_on": "2026-11-24",
}
CASES: dict[str, tuple[Callable[..., Any], dict[str, Any], str]] = {
    # what draws it, one row, the column that is made unknown
    "evidence map": (lambda f: charts.evidence_map(f, "organ", "product"), STUDY, "organ"),
    "timeline": (charts.timeline, STUDY, "year"),
    "direction": (lambda f: charts.effect_direction(f, "organ"), STUDY, "direction"),
    "flow": (
        charts.record_flow,
        {"step": "found", "n": 12, "side": False},
        "n",
    ),
    "retention": (
        charts.retention,
        {"measure": "VEGF", "retained_percent": 80.0, "comparator": "fresh"},
        "retained_percent",
    ),
    "factor matrix": (
        charts.factor_matrix,
        {"factor": "VEGF", "cell_source": "fat", "value": 12.0, "unit": "pg/mL"},
        "value",
    ),
    "ledger": (
        lambda f: charts.claims_ledger(f, label=None),
        {"claim_id": "c1", "bearing": "for"},
        "bearing",
    ),
    "production": (
        lambda f: charts.production_conditions(f, ["cell_source", "oxygen"]),
        {"cell_source": "fat", "oxygen": "5 %"},
        "oxygen",
    ),
    "storage": (
        drying_charts.storage_loss,
        {"time": 1.0, "left": 95.0, "temperature_c": 5.0},
        "left",
    ),
    "albatross": (
        lambda f: evidence_charts.albatross(f, "p", "n", "direction", label="study_id"),
        {"study_id": "a-2020", "p": 0.03, "n": 40, "direction": "favours product"},
        "p",
    ),
    "risk of bias": (
        evidence_charts.risk_of_bias,
        {
            "study_id": "a-2020",
            "tool": "RoB 2",
            "domain": "randomisation process",
            "judgement": "low",
        },
        "judgement",
    ),
}


def drawn_or_explained(call: Callable[..., Any], frame: pd.DataFrame) -> None:
    """A chart with a sentence, or an error of the package's own with one."""
    try:
        chart = call(frame)
    except (ValueError, KeyError) as error:
        said = str(error)
    else:
        assert isinstance(chart, alt.TopLevelMixin)
        said = chart.to_dict()["description"]
    assert len(said) > 8


@pytest.mark.parametrize("name", CASES)
def test_no_rows(name: str) -> None:
    call, row, _ = CASES[name]
    drawn_or_explained(call, pd.DataFrame([row]).head(0))


@pytest.mark.parametrize("name", CASES)
def test_one_row(name: str) -> None:
    call, row, _ = CASES[name]
    drawn_or_explained(call, pd.DataFrame([row]))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["object", "str"])
def test_all_missing(name: str, dtype: str) -> None:
    call, row, _ = CASES[name]
    drawn_or_explained(call, pd.DataFrame([dict.fromkeys(row)] * 3).astype(dtype))


@pytest.mark.parametrize("name", CASES)
def test_unknown_column(name: str) -> None:
    call, row, column = CASES[name]
    with pytest.raises(KeyError, match=column):
        call(pd.DataFrame([row]).drop(columns=column))


@pytest.mark.parametrize("name", CASES)
def test_mixed_types(name: str) -> None:
    call, row, column = CASES[name]
    mixed = [row, row | {column: 7}, row | {column: "seven"}, row | {column: None}]
    drawn_or_explained(call, pd.DataFrame(mixed))


def test_cells_that_are_no_direction_are_named_with_the_word_that_is_meant() -> None:
    frame = pd.DataFrame({"organ": "hair", "direction": ["mixed", None, "favors product"]})
    with pytest.raises(ValueError, match="row 1: the cell is empty") as caught:
        charts.effect_direction(frame, "organ")
    assert "row 2: 'favors product'; did you mean 'favours product'?" in str(caught.value)
    assert "nothing" not in str(caught.value)

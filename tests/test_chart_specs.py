"""The shape of every chart's specification, kept small: marks, channels, fields and scales.

A change that is meant is taken over with ``UPDATE_SPECS=1 pytest tests/test_chart_specs.py``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from secretome import effect_sizes, synthesis

from .published import bcg
from .test_charts_bad_input import CASES

KEPT = Path(__file__).parent / "chart_specs.json"


def shape(spec: Any) -> Any:
    """The specification without data, looks and names that differ from run to run."""
    if isinstance(spec, list):
        return [shape(part) for part in spec]
    if isinstance(spec, float):
        # the last digits of a fit differ from machine to machine
        return float(f"{spec:.6g}")
    if not isinstance(spec, dict):
        return spec
    left_out = {"$schema", "config", "data", "datasets", "name", "params", "views", "tooltip"}
    return {key: shape(value) for key, value in spec.items() if key not in left_out}


def results() -> dict[str, Any]:
    """One result of each kind that draws itself."""
    effects = effect_sizes.from_arms(bcg(), "RR", label="trial")
    pooled = synthesis.meta_analysis(effects, label="trial", method="fixed")
    words = ["favours product"] * 3 + ["favours comparator", "mixed", "no comparator"]
    told = pd.DataFrame({"study_id": range(6), "direction": words})
    return {
        "bubble": synthesis.meta_regression(effects, ["latitude"], method="fixed"),
        "refits": synthesis.leave_one_out(pooled),
        "funnel of a test": synthesis.egger(pooled),
        "direction counts": synthesis.direction_synthesis(told, coded_by="effect"),
    }


@pytest.mark.parametrize("name", [*CASES, *results()])
def test_the_specification_is_the_one_that_was_looked_at(name: str) -> None:
    if name in CASES:
        call, row, _ = CASES[name]
        chart = call(pd.DataFrame([row]))
    else:
        chart = results()[name].chart()
    found = shape(chart.to_dict())
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    if os.environ.get("UPDATE_SPECS"):
        kept[name] = found
        text = json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True)
        KEPT.write_text(text + "\n", encoding="utf-8")
    assert found == kept[name]

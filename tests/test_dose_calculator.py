"""The live dose calculator: its Python side, and what stands without a script."""

from __future__ import annotations

import doctest
import json
from typing import Any

import pytest
import traitlets

import secretome.dose_calculator
from secretome import dosing
from secretome.dose_calculator import DoseCalculator

from .test_cycle import Outline


def make(**arguments: Any) -> DoseCalculator:
    given: dict[str, Any] = {
        "dose": "1 µg",
        "secretion": "1203 pg/10^6 cells",
        "density": "1e6 cells/mL",
        "retained": "0.9",
        "recovery": "0.8",
        "volume_factor": 50.0,
    }
    return DoseCalculator(**(given | arguments))


def test_examples_of_the_module() -> None:
    assert doctest.testmod(secretome.dose_calculator).failed == 0


def test_the_answers_are_those_of_dosing() -> None:
    plan = make().plan()
    uf = dosing.concentration_factor("50 mL", "1 mL", retained=0.9)
    cells = dosing.cells_for_dose("1 µg", "1203 pg/10^6 cells", recovery=0.8 * uf.recovered)
    assert plan.cells
    assert plan.medium
    assert plan.concentrate
    assert plan.cells.value == cells.value
    assert plan.factor == uf.factor
    assert plan.medium.value == pytest.approx(cells.value / 1e6)
    assert plan.concentrate.value == pytest.approx(plan.medium.value / 50)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("dose", "dose is missing"),
        ("secretion", "secretion is missing"),
        ("retained", "retained is missing"),
        ("recovery", "recovery is missing"),
        ("density", "density is missing"),
    ],
)
@pytest.mark.parametrize("text", ["", "NS"])
def test_a_missing_field_is_a_reason_and_no_number(field: str, text: str, reason: str) -> None:
    plan = make(**{field: text}).plan()
    assert plan.medium is None
    assert plan.concentrate is None
    assert plan.reasons["medium"].startswith(reason)
    assert (plan.cells is None) == (field != "density")
    assert reason in plan.summary()


def test_a_rate_needs_its_time_and_a_total_refuses_one() -> None:
    rate = make(secretion="20 ng/10^6 cells/24 h")
    assert "duration is missing" in rate.plan().reasons["cells"]
    rate.duration = "48 h"
    assert rate.plan().cells
    total = make(duration="48 h")
    assert "count twice" in total.plan().reasons["cells"]


def test_kinds_are_not_converted() -> None:
    assert "different kinds" in make(dose="1e9 particles").plan().reasons["cells"]


@pytest.mark.parametrize("recovery", ["80", "0", "-1", "much"])
def test_a_share_is_a_share(recovery: str) -> None:
    assert "it is a share" in make(recovery=recovery).plan().reasons["cells"]


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(traitlets.TraitError, match="knows the units pg, ng"):
        make(dose="1 pound")
    with pytest.raises(traitlets.TraitError, match="outside the slider"):
        make(volume_factor=5000.0)
    with pytest.raises(ValueError, match="dilution"):
        make(factor_range=(0.1, 10.0, 0.1))


def test_cases_lose_more_with_every_fold() -> None:
    cases = make().cases()
    assert cases["recovered"].is_monotonic_decreasing
    assert cases["cells"].is_monotonic_increasing


def test_without_a_script_there_is_a_picture_and_a_table() -> None:
    outline = Outline()
    text = make(note="<b>x</b></script>")._repr_mimebundle_()[0]["text/html"]  # type: ignore[index]
    outline.feed(text)
    assert outline.open == []
    assert outline.rows == 8
    assert 'role="img"' in text
    assert "One application takes" in text
    assert "<b>" not in text
    assert not [k for k, _ in outline.attributes if k == "style" or k.startswith("on")]


def test_without_an_answer_the_table_is_empty_and_says_why() -> None:
    text = DoseCalculator()._fallback_html()
    assert "retained is missing" in text
    assert "dose not given" in text


def test_words_cannot_leave_the_state() -> None:
    settings = make(title="</script>").get_state()["settings"]
    assert "<" not in json.dumps(settings)

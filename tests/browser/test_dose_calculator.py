"""The live dose calculator in a real browser, under a strict policy."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ..test_dose_calculator import make
from .explorer_page import ROOT
from .figure_page import Opener, fact, slide

pytestmark = pytest.mark.browser
AXE = ROOT / "assets" / "test" / "axe.min.js"


def test_the_browser_computes_what_python_computes(open_figure: Opener) -> None:
    """Every answer and every refusal over a grid of fields, empty and wrong ones among them."""
    calculator = make()
    tab = open_figure(calculator)
    names = ("dose", "secretion", "duration", "density", "retained", "recovery", "volume_factor")
    grid = [
        dict(zip(names, values, strict=True))
        for values in itertools.product(
            ("1 µg", "2.5e9 particles", "3 mg protein", "", "NS", "abc ng", "0 ng"),
            (
                "1203 pg/10^6 cells",
                "20 ng/10^6 cells/24 h",
                "2e8 particles/10^6 cells/24 h",
                "7 µg protein/10^6 cells",
                "",
            ),
            ("", "48 h", "2 d"),
            ("1e6 cells/mL", "5e8 cells/L", "NR"),
            ("0.9", "1", "0", "", "1.2"),
            ("0.8", "", "80", "0"),
            (1.0, 50.0),
        )
    ]
    script = """async ([settings, grid]) => {
        const m = await import('./_static/dose_calculator.js');
        return grid.map((fields) => m.plan(settings, fields, fields.volume_factor));
    }"""
    found = tab.evaluate(script, [calculator.settings, grid])
    compared = refused = 0
    for fields, got in zip(grid, found, strict=True):
        for name, value in fields.items():
            calculator.set_trait(name, value)
        plan = calculator.plan()
        for answer in ("cells", "medium", "concentrate"):
            wanted = getattr(plan, answer)
            if wanted is None:
                assert got[answer] is None, fields
                refused += 1
            else:
                assert got[answer] == pytest.approx(wanted.value, rel=1e-9), fields
                compared += 1
        for answer in ("recovered", "factor"):
            wanted = getattr(plan, answer)
            assert got[answer] == (None if wanted is None else pytest.approx(wanted, rel=1e-12))
        assert set(got["reasons"]) == set(plan.reasons), fields
        for answer, reason in plan.reasons.items():
            if "is missing (empty" in reason or "count twice" in reason:
                assert got["reasons"][answer] == reason
    assert compared > 100
    assert refused > 1000


def field(tab: Any, label: str) -> Any:
    return tab.get_by_role("textbox", name=label)


def test_a_missing_field_is_named_and_its_return_answers(open_figure: Opener) -> None:
    tab = open_figure(make())
    plan = make().plan()
    assert plan.cells
    assert fact(tab, "cells") == f"{float(f'{plan.cells.value / 1e6:.3g}'):,.0f} million"
    field(tab, "One application holds").fill("")
    assert fact(tab, "cells") == "✗ a field is missing"
    tab.wait_for_timeout(400)
    assert "dose is missing" in tab.locator(".fg-reading").inner_text()
    field(tab, "One application holds").fill("2")
    assert fact(tab, "cells") == f"{float(f'{plan.cells.value / 5e5:.3g}'):,.0f} million"


def test_units_and_kinds(open_figure: Opener) -> None:
    tab = open_figure(make())
    before = fact(tab, "cells")
    tab.get_by_label("One application holds: unit").select_option("ng")
    assert fact(tab, "cells") != before
    tab.get_by_label("One application holds: unit").select_option("particles")
    tab.wait_for_timeout(400)
    assert "different kinds of amount" in tab.locator(".fg-reading").inner_text()


def test_what_is_no_amount_is_marked(open_figure: Opener) -> None:
    tab = open_figure(make())
    recovery = field(tab, "Left by all other steps")
    recovery.fill("80")
    assert recovery.get_attribute("aria-invalid") == "true"
    tab.wait_for_timeout(400)
    assert "80 % is 0.8" in tab.locator(".fg-reading").inner_text()


def test_the_slider_loses_more_with_every_fold(open_figure: Opener) -> None:
    tab = open_figure(make(volume_factor=1.0))
    assert fact(tab, "recovered") == "100 %"
    slide(tab, "Volume before over after", 50)
    assert fact(tab, "recovered") == "68 %"
    assert fact(tab, "factor") == "33.8-fold"


def test_it_answers_to_the_keyboard(open_figure: Opener) -> None:
    tab = open_figure(make())
    field(tab, "One application holds").focus()
    tab.keyboard.press("Control+a")
    tab.keyboard.type("4.5")
    assert field(tab, "One application holds").input_value() == "4.5"
    slider = tab.get_by_role("slider", name="Volume before over after")
    slider.focus()
    tab.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "49-fold"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility(open_figure: Opener, theme: str) -> None:
    tab = open_figure(make(), theme=theme, bypass_csp=True)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    result = tab.evaluate("() => axe.run('.dc')")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]] == []


def test_no_sideways_scroll_on_a_phone(open_figure: Opener) -> None:
    tab = open_figure(make(), width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_picture_and_table_stand(open_figure: Opener) -> None:
    tab = open_figure(make(), scripts=False)
    assert tab.locator(".fg-fallback svg").is_visible()
    assert tab.locator(".fg-fallback tbody tr").count() == 7

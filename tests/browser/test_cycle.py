"""The live figure of primary drying in a real browser, under a strict policy."""

from __future__ import annotations

from typing import Any

import pytest

from secretome import freeze_drying as fd

from ..test_cycle import TABLE, VIAL, make
from .explorer_page import ROOT
from .figure_page import Opener, fact, slide

pytestmark = pytest.mark.browser
AXE = ROOT / "assets" / "test" / "axe.min.js"


def test_the_browser_computes_what_python_computes(open_figure: Opener, browser: Any) -> None:
    """Time, warmest product and flux over a grid of vials and settings."""
    explorer = make()
    tab = open_figure(explorer)
    fillings = [
        {"fill_ml": fill, "solids": solids, "r0": r0, "a1": a1, "a2": a2}
        for fill, solids in ((0.5, 0.05), (2.0, 0.05), (4.0, 0.1))
        for r0, a1, a2 in ((1.4, 16.0, 0.0), (0.7, 8.0, 1.5), (5.0, 60.0, 0.0))
    ]
    settings = [(s, p) for s in (-44, -35, -25, -10, 5, 30) for p in (0.02, 0.06, 0.15, 0.3)]
    script = """async ([settings, fillings, grid]) => {
        const m = await import('./_static/cycle.js');
        return fillings.map((filling) => {
            const vial = m.makeVial(settings.constants, settings.vial, filling);
            return grid.map(([s, p]) => {
                const { curve, ...run } = m.hold(settings.constants, vial, s, p);
                return run;
            });
        });
    }"""
    found = tab.evaluate(script, [explorer.settings, fillings, settings])
    compared = refused = 0
    for filling, runs in zip(fillings, found, strict=True):
        vial = fd.Vial(
            filling["fill_ml"],
            filling["solids"],
            VIAL.product_area_cm2,
            VIAL.outer_area_cm2,
            VIAL.heat_transfer,
            fd.CakeResistance(filling["r0"], filling["a1"], filling["a2"]),
        )
        for (s, p), got in zip(settings, runs, strict=True):
            if "impossible" in got:
                why = "sublimes only" if got["impossible"] == "no sublimation" else "ice melts"
                with pytest.raises(ValueError, match=why):
                    fd.primary_drying(vial, s, p)
                refused += 1
                continue
            run = fd.primary_drying(vial, s, p)
            assert got["time"] == pytest.approx(run.drying_time_h, rel=1e-6)
            assert got["peak"] == pytest.approx(run.peak_product_c, abs=1e-4)
            assert got["flux"] * 10 == pytest.approx(run.curve["flux_kg_h_m2"].max(), rel=1e-6)
            compared += 1
    assert compared > 150
    assert refused > 10


@pytest.mark.parametrize("vials", [398, 20_000])
def test_the_map_is_that_of_python(open_figure: Opener, vials: int) -> None:
    explorer = make(equipment=fd.Equipment(vials, -0.182, 11.7))
    tab = open_figure(explorer)
    script = """async ([s, fill]) => {
        const m = await import('./_static/cycle.js');
        const vial = m.makeVial(s.constants, s.vial,
            { fill_ml: fill, solids: s.formulations[0].solids, ...s.resistances[0] });
        const found = m.space(s.constants, vial, m.axis(s.shelves), m.axis(s.pressures),
            s.formulations[0].critical_c, s.safety_k, s.equipment);
        return [found.cells.map((c) => c.limit), found.fastest];
    }"""
    limits, fastest = tab.evaluate(script, [explorer.settings, 2.0])
    space = explorer.space()
    assert limits == space.table["limit"].tolist()
    best = space.fastest()
    assert (fastest["shelf"], fastest["pressure"]) == (best.shelf_c, best.pressure_torr)
    assert fastest["time"] == pytest.approx(best.drying_time_h, rel=1e-4)


def test_two_sliders_lead_to_the_fastest_safe_cycle(open_figure: Opener) -> None:
    explorer = make()
    tab = open_figure(explorer)
    assert tab.locator(".fg-fallback").is_hidden()
    slide(tab, "Shelf temperature", 5)
    assert fact(tab, "verdict").startswith("✗")
    tab.wait_for_timeout(400)
    assert "expect collapse" in tab.locator(".fg-reading").inner_text()
    best = explorer.space().fastest()
    slide(tab, "Shelf temperature", best.shelf_c)
    slide(tab, "Chamber pressure", best.pressure_torr)
    assert fact(tab, "verdict") == "✓ safe"
    assert fact(tab, "time") == f"{best.drying_time_h:.1f} h"
    assert fact(tab, "margin") == f"{best.margin_k:.1f} K"
    tab.wait_for_timeout(400)
    assert "This is the fastest safe setting." in tab.locator(".fg-reading").inner_text()


def test_sliders_and_button_answer_to_the_keyboard(open_figure: Opener) -> None:
    tab = open_figure(make())
    shelf = tab.get_by_role("slider", name="Shelf temperature")
    before = float(shelf.input_value())
    shelf.focus()
    tab.keyboard.press("ArrowRight")
    assert float(shelf.input_value()) == before + 5
    assert shelf.get_attribute("aria-valuetext").endswith("°C")
    for _ in range(6):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    tab.keyboard.press("Enter")
    assert fact(tab, "verdict") == "✓ safe"


def test_choices_change_the_answer(open_figure: Opener) -> None:
    tab = open_figure(make())
    slide(tab, "Shelf temperature", -15)
    slow = fact(tab, "time")
    tab.get_by_label("Fill depth").select_option("1")
    assert float(fact(tab, "time").split()[0]) < float(slow.split()[0])
    tab.get_by_label("Formulation").select_option("warm")
    assert fact(tab, "verdict") == "✓ safe"
    assert tab.locator(".fg-source").inner_text() == "cited"


def test_a_pointer_sets_both_sliders_on_the_map(open_figure: Opener) -> None:
    tab = open_figure(make())
    map_ = tab.locator(".fg-picture > svg").nth(1)
    map_.scroll_into_view_if_needed()
    size = map_.bounding_box()
    tab.mouse.click(size["x"] + size["width"] - 14, size["y"] + 28)
    assert float(tab.get_by_role("slider", name="Shelf temperature").input_value()) == 10
    assert float(tab.get_by_role("slider", name="Chamber pressure").input_value()) == pytest.approx(
        0.2
    )


def test_a_setting_that_cannot_dry_says_why(open_figure: Opener) -> None:
    tab = open_figure(make())
    slide(tab, "Shelf temperature", -45)
    slide(tab, "Chamber pressure", 0.2)
    tab.wait_for_timeout(400)
    assert fact(tab, "time") == "–"
    assert "sublimes only above" in tab.locator(".fg-reading").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility(open_figure: Opener, theme: str) -> None:
    tab = open_figure(make(), theme=theme, bypass_csp=True)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    result = tab.evaluate("() => axe.run('.cy')")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]] == []


def test_no_sideways_scroll_on_a_phone(open_figure: Opener) -> None:
    tab = open_figure(make(), width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.locator(".fg-slider").first.bounding_box()["width"] > 250


def test_without_scripts_map_and_table_stand(open_figure: Opener) -> None:
    tab = open_figure(make(), scripts=False)
    assert tab.locator(".fg-fallback svg").is_visible()
    assert tab.locator(".fg-fallback tbody tr").count() == 2 * len(TABLE)


def test_the_loader_takes_no_unknown_module(open_figure: Opener) -> None:
    def spoil(text: str) -> str:
        return text.replace('data-module="cycle"', 'data-module="../../evil"')

    tab = open_figure(make(), change=spoil)
    tab.wait_for_selector(".ee-failed")
    assert tab.locator(".fg-fallback").is_visible()
    assert any("there is no module" in p for p in tab.problems)
    tab.problems.clear()

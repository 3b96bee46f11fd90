"""The live figure of shelf life in a real browser, under a strict policy."""

from __future__ import annotations

import pytest

from secretome import stability

from ..test_shelf_life import make
from .explorer_page import ROOT
from .figure_page import Opener, fact, slide

pytestmark = pytest.mark.browser
AXE = ROOT / "assets" / "test" / "axe.min.js"


def test_the_browser_computes_what_python_computes(open_figure: Opener) -> None:
    """Estimate, interval and refusals over tables, models, methods, shares, temperatures."""
    explorer = make()
    tab = open_figure(explorer)
    settings = explorer.settings
    grid = [
        (table, model, method, temperature, share, beyond)
        for table in ("tight", "loose")
        for model in ("first", "zero")
        for method in ("global", "two-step")
        for temperature in (-10, -7, 3, 5, 11, 25, 33, 40, 47, 59, 60, 68)
        for share in (0.9, 0.8)
        for beyond in (True, False)
        # Python profiles anew at each: a few suffice for the share
        if share == 0.9 or temperature in (11, 33)
    ]
    script = """async ([settings, grid]) => {
        const m = await import('./_static/shelf_life.js');
        return grid.map(([table, model, method, t, share, beyond]) => {
            const set = settings.sets.find((s) => s.name === table);
            const life = m.shelfLife(settings, set, model, method, t, share, beyond);
            return Object.fromEntries(Object.entries(life)
                .map(([k, v]) => [k, v === Infinity ? 'inf' : v]));
        });
    }"""
    found = tab.evaluate(script, [settings, grid])
    compared = refused = 0
    for (table, model, method, temperature, share, beyond), got in zip(grid, found, strict=True):
        explorer = make(
            measurements=table, model=model, method=method, fraction=share, extrapolate=beyond
        )
        if "refused" in got:
            with pytest.raises(ValueError, match=r".") as error:
                explorer.shelf_life(temperature)
            assert {
                "glass": "glass transition (60.0 °C)",
                "temperature": "is outside the data",
                "time": "the data end at",
            }[got["refused"]] in str(error.value)
            refused += 1
            continue
        life = explorer.shelf_life(temperature)
        rate = explorer.fit().rate(temperature, allow_extrapolation=True)
        direct = stability.time_to(model, rate, share)
        assert got["time"] == pytest.approx(direct, rel=1e-9), (table, model, method)
        # the global fit searches anew at each temperature for its interval, and that search
        # lands up to some hundred-millionths beside the rate of the fit (measured: 2e-8)
        assert life.time == pytest.approx(direct, rel=1e-6), (table, model, method)
        for end in ("low", "high"):
            wanted = getattr(life, end)
            # the figure follows the interval a thousandfold from the estimate and no further
            if 1 / 300 < wanted / life.time < 300:
                assert float(got[end]) == pytest.approx(wanted, rel=5e-3), (table, model, method)
            elif end == "low":
                assert float(got[end]) < life.time / 200, (table, model, method)
            else:
                assert float(got[end]) > life.time * 200, (table, model, method)
        assert got["extrapolated"] == life.extrapolated
        compared += 1
    assert compared > 100
    assert refused > 50


def test_an_interval_without_an_end_stays_without_one(open_figure: Opener) -> None:
    tab = open_figure(make())
    script = """async () => {
        const m = await import('./_static/shelf_life.js');
        const fit = { rate: 0.02, reference: 25, energy: [80, 60, 100], nodes: [20, 25, 30, 35, 40],
                      lows: [1, 0.9, 0.8, 0.7, 0.6], highs: [null, 2, 1.9, 1.8, 1.7] };
        const set = { tg: null, low: 20, high: 40, last: 99, fits: { 'first global': fit } };
        const settings = { zero_c: 273.15, gas_constant: 8.314462618 };
        return [20, 22, 27].map((t) => {
            const life = m.shelfLife(settings, set, 'first', 'global', t, 0.9, false);
            return [life.low, life.high === Infinity];
        });
    }"""
    found = tab.evaluate(script)
    assert [endless for _, endless in found] == [True, True, False]
    assert found[0][0] > found[1][0] > found[2][0]


def test_a_slider_across_the_glass_transition_is_refused(open_figure: Opener) -> None:
    tab = open_figure(make())
    assert tab.locator(".fg-fallback").count() == 0
    assert fact(tab, "verdict") == "✓ within the data"
    assert fact(tab, "time") == f"{make().shelf_life().time:.3g} months"
    slide(tab, "Storage temperature", 65)
    assert fact(tab, "time") == "–"
    assert fact(tab, "verdict") == "✗ across the glass transition"
    tab.wait_for_timeout(400)
    assert "no Arrhenius line crosses it" in tab.locator(".fg-reading").inner_text()
    tab.get_by_label("answer beyond the data too").check()
    assert fact(tab, "verdict") == "✗ across the glass transition", "no box overrules it"


def test_beyond_the_data_only_when_asked(open_figure: Opener) -> None:
    tab = open_figure(make())
    slide(tab, "Storage temperature", 0)
    assert fact(tab, "verdict") == "✗ outside the data"
    tab.get_by_label("answer beyond the data too").check()
    assert fact(tab, "verdict") == "! beyond the data"
    tab.wait_for_timeout(400)
    assert "This lies beyond the data." in tab.locator(".fg-reading").inner_text()


def test_it_answers_to_the_keyboard(open_figure: Opener) -> None:
    tab = open_figure(make())
    slider = tab.get_by_role("slider", name="Storage temperature")
    slider.focus()
    before = fact(tab, "time")
    tab.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "26 °C"
    assert float(fact(tab, "time").split()[0]) < float(before.split()[0])
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert tab.get_by_label("answer beyond the data too").is_checked()


def test_choices_change_the_answer(open_figure: Opener) -> None:
    tab = open_figure(make())
    first = fact(tab, "interval")
    tab.get_by_label("Measurements").select_option("loose")
    assert fact(tab, "interval") != first
    tab.get_by_label("Order of the loss").select_option("zero")
    make(measurements="loose", model="zero")
    assert (
        fact(tab, "time")
        == f"{make(measurements='loose', model='zero').shelf_life().time:.3g} months"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility(open_figure: Opener, theme: str) -> None:
    tab = open_figure(make(), theme=theme, bypass_csp=True)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    result = tab.evaluate("() => axe.run('.sl')")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]] == []


def test_no_sideways_scroll_on_a_phone(open_figure: Opener) -> None:
    tab = open_figure(make(), width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_line_and_table_stand(open_figure: Opener) -> None:
    tab = open_figure(make(), scripts=False)
    assert tab.locator(".fg-fallback svg").is_visible()
    assert tab.locator(".fg-fallback tbody tr").count() == 4

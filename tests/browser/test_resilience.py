"""What a reader keeps when the line is slow or a script does not arrive."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.site]
SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
CHART = "chapters/evidence/clinical.html"
EXPLORER = "chapters/evidence/explorer.html"
MATHS = "chapters/freeze-drying/what-freeze-drying-does.html"


def _without(browser: Browser, pattern: str) -> Page:
    """A page that every file whose address fits `pattern` is kept from."""
    page = browser.new_page()
    page.route(pattern, lambda route: route.abort("connectionreset"))
    return page


@pytest.mark.parametrize("path", ["index.html", CHART, EXPLORER, MATHS])
def test_text_without_a_single_script_file(path: str, browser: Browser, base_url: str) -> None:
    page = _without(browser, "**/*.js*")
    page.goto(f"{base_url}/{path}")
    assert page.locator("h1").first.is_visible()
    assert page.locator("article p").first.is_visible()
    page.close()


def test_a_chart_whose_script_breaks_off_stays_a_picture(browser: Browser, base_url: str) -> None:
    def half(route: Route) -> None:
        whole = (SITE / "_static/vendor/vega/vega-bundle.js").read_text("utf-8")
        route.fulfill(body=whole[: len(whole) // 2], content_type="text/javascript")

    page = browser.new_page()
    page.route("**/vega-bundle.js", half)
    page.goto(f"{base_url}/{CHART}")
    figure = page.locator("figure.sb-chart").first
    figure.scroll_into_view_if_needed()
    page.mouse.wheel(0, 50)
    page.wait_for_timeout(1500)
    assert figure.locator(".sb-chart-static svg").is_visible()
    assert page.locator(".sb-chart-on").count() == 0
    page.close()


@pytest.mark.parametrize("file", ["explorer.js", "widget-loader.js"])
def test_an_explorer_whose_script_is_lost_leaves_its_table(
    file: str, browser: Browser, base_url: str
) -> None:
    page = _without(browser, f"**/{file}*")
    page.goto(f"{base_url}/{EXPLORER}")
    place = page.locator(".secretome-explorer-static").first
    place.scroll_into_view_if_needed()
    page.locator(".secretome-explorer-static.ee-failed").first.wait_for()
    rows = place.locator(".ee-fallback tbody tr")
    assert rows.count() > 100
    assert rows.last.is_visible()
    page.close()


def test_formulas_need_no_script(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base_url}/{MATHS}")
    assert "\\" not in page.locator(".math").first.inner_text()
    fraction = page.locator("math mfrac").first
    above, below = (fraction.locator(f":scope > :nth-child({n})").bounding_box() for n in (1, 2))
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"] + 1, "a fraction stands on two levels"
    context.close()


def test_charts_wait_for_a_sign_and_then_for_their_turn(open_page: Callable) -> None:
    page, _ = open_page(CHART)
    page.wait_for_load_state("load")
    page.wait_for_timeout(1500)
    assert page.locator(".sb-chart-on").count() == 0, "drawn before the reader moved"
    page.keyboard.press("Shift")
    page.wait_for_timeout(2500)
    far = page.evaluate(
        """() => [...document.querySelectorAll('figure.sb-chart')]
            .filter((f) => f.getBoundingClientRect().top > innerHeight + 200)
            .map((f) => f.classList.contains('sb-chart-on'))"""
    )
    assert far, "the page has no chart below the fold"
    assert not any(far), "a chart far below was drawn"
    page.locator("figure.sb-chart").last.scroll_into_view_if_needed()
    page.locator("figure.sb-chart.sb-chart-on").last.wait_for()


def test_no_dead_button_without_scripts(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{base_url}/{CHART}")
    header = page.locator(".bd-header-article").first
    shown = [b for b in header.locator("button").all() if b.is_visible()]
    assert [b.get_attribute("class") for b in shown] == []
    link = page.get_by_role("link", name="Contents of the book")
    box = link.bounding_box()
    assert box
    assert box["y"] < 300, "near the top"
    link.click()
    page.wait_for_url("**/index.html#what-is-in-the-book")
    context.close()


def test_no_way_round_where_scripts_run(open_page: Callable) -> None:
    page, _ = open_page(CHART, width=390)
    assert page.locator(".sb-no-scripts").count() == 0
    assert page.locator(".primary-toggle").is_visible()


def test_text_comes_first_on_a_slow_line(browser: Browser, base_url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        # a slow third-generation phone: 400 kbit/s, 400 ms
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": 50_000,
            "uploadThroughput": 50_000,
        },
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0]))
    page.set_default_timeout(90_000)
    start = time.monotonic()
    page.goto(f"{base_url}/{CHART}", wait_until="commit")
    page.locator("h1").first.wait_for()
    page.locator("article p").first.wait_for()
    page.wait_for_load_state("load")
    assert not any("vega-bundle" in url for url in asked), "the text waits for no chart"
    assert time.monotonic() - start < 60
    sheets = [url for url in asked if url.endswith(".css")]
    assert len(sheets) == 1, sheets
    context.close()

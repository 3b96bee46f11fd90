"""The site opens from wherever it lies: a subfolder of a host, a folder on a disk."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from serve import background, pages

pytestmark = [pytest.mark.browser, pytest.mark.site]
SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
CHART = "chapters/evidence/clinical.html"
EXPLORER = "chapters/evidence/explorer.html"


def test_no_address_begins_at_the_host() -> None:
    found = [
        f"{path}: {address}"
        for path in pages(SITE)
        for address in re.findall(r' (?:href|src)="/[^"]*"', (SITE / path).read_text("utf-8"))
    ]
    assert found == []


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host that has the site in a subfolder, and nothing at its root."""
    folder = tmp_path_factory.mktemp("host")
    shutil.copytree(SITE, folder / "org" / "book")
    return folder


def test_from_a_subfolder_of_a_host(browser, host: Path) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("response", lambda r: problems.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    with background(host) as url:
        page.goto(f"{url}/org/book/{CHART}")
        page.locator("figure.sb-chart").first.scroll_into_view_if_needed()
        page.wait_for_selector(".sb-chart-on")
        page.goto(f"{url}/org/book/{EXPLORER}")
        page.wait_for_selector(".ee-mounted")
        page.goto(f"{url}/org/book/search.html?q=trehalose")
        page.wait_for_selector("#search-results li a")
        page.close()
    assert problems == []


def test_a_notebook_starts_from_a_subfolder_of_a_host(browser, host: Path) -> None:
    page = browser.new_page()
    page.set_default_timeout(120_000)
    asked: set[str] = set()
    problems: list[str] = []
    # the kernel asks from a worker, which only the context sees
    page.context.on("request", lambda request: asked.add(request.url.split("?")[0]))
    page.context.on("response", lambda r: problems.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    with background(host) as url:
        name = CHART.replace(".html", ".ipynb")
        page.goto(f"{url}/org/book/lite/notebooks/index.html?path={name}")
        page.locator(".jp-MarkdownCell h1").first.wait_for()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
        page.close()
    inside = {a.removeprefix(f"{url}/org/book/") for a in asked if a.startswith(url)}
    assert "_static/vendor/pyodide/pyodide.mjs" in inside
    assert "lite/packages/pyodide-lock.json" in inside
    assert problems == []


def test_from_the_file_system(browser) -> None:
    page = browser.new_page()
    page.goto((SITE / CHART).as_uri())
    page.locator("figure.sb-chart").first.scroll_into_view_if_needed()
    page.wait_for_selector(".sb-chart-on")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "500"
    # browsers import no module from a disk; the whole table stands there instead
    page.goto((SITE / EXPLORER).as_uri())
    page.locator(".secretome-explorer-static").first.scroll_into_view_if_needed()
    page.wait_for_selector(".ee-failed")
    assert page.locator(".ee-fallback tbody tr").first.is_visible()
    page.goto(f"{(SITE / 'search.html').as_uri()}?q=trehalose")
    page.wait_for_selector("#search-results li a")
    page.locator("#search-results li a").last.click()
    page.wait_for_selector("h1")
    page.close()

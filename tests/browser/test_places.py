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


def test_from_a_subfolder_of_a_host(browser, tmp_path: Path) -> None:
    shutil.copytree(SITE, tmp_path / "org" / "book")
    page = browser.new_page()
    problems: list[str] = []
    page.on("response", lambda r: problems.append(r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    with background(tmp_path) as url:
        page.goto(f"{url}/org/book/{CHART}")
        page.locator("figure.sb-chart").first.scroll_into_view_if_needed()
        page.wait_for_selector(".sb-chart-on")
        page.goto(f"{url}/org/book/{EXPLORER}")
        page.wait_for_selector(".ee-mounted")
        page.goto(f"{url}/org/book/search.html?q=trehalose")
        page.wait_for_selector("#search-results li a")
        page.close()
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

"""Every page of the built site: nothing leaves it, nothing is missing, nothing is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from serve import pages

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAGES = pages(SITE)
CHAPTERS = [p for p in PAGES if p.startswith(("chapters/", "index"))]


def test_site_has_pages() -> None:
    assert len(PAGES) >= 10, "the site was not built"


@pytest.mark.parametrize("path", PAGES)
def test_page_stays_home_and_whole(path: str, open_page: Callable) -> None:
    page, watch = open_page(path)
    page.wait_for_load_state("load")
    # scroll through, so that what loads lazily loads
    page.evaluate(
        """async () => {
            for (let y = 0; y < Math.min(document.body.scrollHeight, 20000); y += 700) {
                window.scrollTo(0, y);
                await new Promise((done) => setTimeout(done, 30));
            }
        }"""
    )
    page.wait_for_timeout(400)
    assert watch.problems == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_no_sideways_scroll_on_a_phone(path: str, open_page: Callable) -> None:
    page, _ = open_page(path, width=360)
    page.wait_for_timeout(300)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360, f"{path} is {width} px wide on a 360 px screen"


def test_text_and_tables_without_scripts(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/explorer.html", scripts=False)
    rows = page.locator(".secretome-explorer-static tbody tr").count()
    assert rows > 100
    assert page.locator("h1").inner_text()


def test_figures_without_scripts(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/clinical.html", scripts=False)
    figures = page.locator("figure.sb-chart")
    assert figures.count() >= 1
    for index in range(figures.count()):
        assert figures.nth(index).locator("svg").first.is_visible()


def test_links_inside_the_site_are_valid() -> None:
    broken = []
    anchors: dict[Path, set[str]] = {}
    for path in PAGES:
        text = (SITE / path).read_text(encoding="utf-8")
        for href in re.findall(r'<a\b[^>]*?\bhref="([^"]+)"', text):
            parts = urlsplit(href)
            if parts.scheme or parts.netloc or href.startswith("mailto:"):
                continue
            target = SITE / unquote(urlsplit(urljoin(f"/{path}", parts.path)).path.lstrip("/"))
            target = target if parts.path else SITE / path
            if not target.exists():
                broken.append(f"{path}: {href}")
                continue
            fragment = unquote(parts.fragment)
            if fragment and target.suffix == ".html" and "=" not in fragment:
                if target not in anchors:
                    html = target.read_text(encoding="utf-8")
                    anchors[target] = set(re.findall(r'\bid="([^"]+)"', html))
                if fragment not in anchors[target]:
                    broken.append(f"{path}: {href} has no such place")
    assert broken == []

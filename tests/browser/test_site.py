"""Every page of the built site: nothing leaves it, nothing is missing, nothing is broken."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from secretome_book import running
from serve import pages

from .page_checks import axe, narrow, scroll_through, shorten, unnamed

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAGES = pages(SITE)
# the class of a drawn chart and that of a written table, which scripts put something live over
STANDS_IN = re.compile("sb-chart-static|secretome-explorer-static")
# one page of each make: what axe asks on a desk it asks of the same words on a phone
MAKES = {
    "index.html",
    "chapters/evidence/clinical.html",
    "chapters/evidence/explorer.html",
    "chapters/freeze-drying/designing-a-cycle.html",
    "chapters/reference/glossary.html",
    "chapters/reference/studies/people.html",
    "chapters/teach/exercises.html",
    "run-here.html",
    "search.html",
}


def test_site_has_pages() -> None:
    assert len(PAGES) >= 10, "the site was not built"


@pytest.mark.parametrize("path", PAGES)
def test_page_on_a_phone_and_a_desk(path: str, open_page: Callable) -> None:
    """One visit: nothing asked elsewhere, nothing missing or broken, headings, widths, axe."""
    page, watch = open_page(path, width=360)
    scroll_through(page)
    found = unnamed(page)
    levels = page.evaluate(
        """() => [...document.querySelectorAll('main :is(h1,h2,h3,h4,h5,h6)')]
            .filter((h) => h.offsetParent).map((h) => Number(h.tagName[1]))"""
    )
    assert levels[:1] == [1]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels
    found += narrow(page)
    shorten(page)
    for width in (360, 1280) if path in MAKES else (1280,):
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} px, {what}" for what in axe(page)]
    assert found + watch.problems == []


@pytest.mark.parametrize(
    "path", [p for p in PAGES if STANDS_IN.search((SITE / p).read_text("utf-8"))]
)
def test_what_stands_in_for_scripts_can_be_read(path: str, open_page: Callable) -> None:
    """Headers have a scope, and the words of a legend room, where no script runs."""
    page, _ = open_page(path, scripts=False)
    found = unnamed(page) + page.evaluate(
        """() => [...document.querySelectorAll('.sb-chart-static .role-legend')].flatMap((key) => {
            const boxes = (what) => [...key.querySelectorAll(what)]
                .map((e) => [e.textContent, e.getBoundingClientRect()]);
            const signs = boxes('.role-legend-symbol path');
            return boxes('.role-legend-label text').filter(([, a]) => signs.some(([, b]) =>
                a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2
            )).map(([text]) => `another sign stands on it: ${text}`);
        })"""
    )
    assert found == []


def test_the_notebook_program_asks_this_site_and_the_named_network_only() -> None:
    assert running.HOST in (SITE / f"{running.PAGE}.html").read_text(encoding="utf-8")
    programs = sorted((SITE / "lite").rglob("index.html"))
    assert programs
    for program in programs:
        found = re.search(
            r'http-equiv="Content-Security-Policy" content="([^"]*)"',
            program.read_text(encoding="utf-8"),
        )
        assert found, f"{program} has no policy"
        rules = {name: sources for name, *sources in map(str.split, found[1].split(";"))}
        assert rules.pop("default-src") == ["'none'"]
        asked = set(rules.pop("connect-src")) - {"'self'", "data:", "blob:"}
        assert asked == {f"https://{running.HOST}/pyodide/"}
        assert [s for sources in rules.values() for s in sources if "." in s or "*" in s] == []


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

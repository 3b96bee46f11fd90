"""WCAG 2.2 AA, as far as a machine can tell, on every page: axe, keyboard, zoom, motion."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from serve import pages

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAGES = pages(SITE)
AXE = ROOT / "assets" / "test" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHAPTER = "chapters/evidence/clinical.html"

SCROLL_THROUGH = """async () => {
    for (let y = 0; y < Math.min(document.body.scrollHeight, 20000); y += 700) {
        window.scrollTo(0, y);
        await new Promise((done) => setTimeout(done, 30));
    }
    window.scrollTo(0, 0);
}"""


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(path: str, width: int, open_page: Callable) -> None:
    page, _ = open_page(path, width=width)
    page.wait_for_load_state("load")
    page.evaluate(SCROLL_THROUGH)  # charts and explorers are drawn when they come into view
    page.wait_for_timeout(400)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    # the dark theme changes colours and nothing else
    for theme, rules in (("light", RULES), ("dark", ["color-contrast"])):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.wait_for_timeout(400)
        result = page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
        )
        found += [
            f"{theme}, {v['id']}: {node['html'][:160]}"
            for v in result["violations"]
            for node in v["nodes"]
        ]
    assert found == []


@pytest.mark.parametrize("path", PAGES)
def test_headings_make_an_outline(path: str, open_page: Callable) -> None:
    page, _ = open_page(path)
    levels = page.evaluate(
        """() => [...document.querySelectorAll('main :is(h1,h2,h3,h4,h5,h6)')]
            .filter((h) => h.offsetParent).map((h) => Number(h.tagName[1]))"""
    )
    assert levels
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_skip_link_is_first_and_leads_to_the_text(open_page: Callable) -> None:
    page, _ = open_page(CHAPTER)
    page.emulate_media(reduced_motion="reduce")  # what slides in is in place at once
    page.wait_for_load_state("load")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    assert page.locator("#pst-skip-link").bounding_box()["y"] >= 0, "the skip link is not seen"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("width", [1280, 360])
def test_focus_is_seen_and_goes_forward(width: int, open_page: Callable) -> None:
    page, _ = open_page(CHAPTER, width=width)
    page.emulate_media(reduced_motion="reduce")  # what slides in is in place at once
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement, box = at.getBoundingClientRect();
                    window.seen ??= [];
                    const before = window.seen.at(-1);
                    window.seen.push(at);
                    const order = before && before.compareDocumentPosition(at);
                    return {
                        what: at.outerHTML.slice(0, 120),
                        shown: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0
                            && box.left < innerWidth && box.top < innerHeight
                            && at.checkVisibility({visibilityProperty: true}),
                        ring: getComputedStyle(at).outlineStyle !== 'none'
                            || getComputedStyle(at).boxShadow !== 'none',
                        forward: !before || Boolean(order & Node.DOCUMENT_POSITION_FOLLOWING),
                    };
                }"""
            )
        )
    assert [s["what"] for s in stops if not s["shown"]] == [], "focus on what cannot be seen"
    assert [s["what"] for s in stops if not s["ring"]] == [], "focus does not show"
    assert [s["what"] for s in stops if not s["forward"]] == [], "focus jumps back"


@pytest.mark.parametrize("path", PAGES)
def test_reflows_at_four_hundred_per_cent(path: str, open_page: Callable) -> None:
    # 1280 px at 400 % are 320 px (WCAG 1.4.10); 200 % is the easier case of the same
    page, _ = open_page(path, width=320)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_text_at_two_hundred_per_cent_is_not_cut(open_page: Callable) -> None:
    page, _ = open_page(CHAPTER)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_timeout(300)
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.bd-article :is(p, li, h1, h2, h3, summary, td)')]
            .filter((e) => e.offsetParent && getComputedStyle(e).overflow === 'hidden'
                && e.scrollHeight > e.clientHeight + 1 && !e.className.includes('status'))
            .map((e) => e.outerHTML.slice(0, 100))"""
    )
    assert cut == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_nothing_moves_for_those_who_asked(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/explorer.html")
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(800)
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter((e) => {
            const style = getComputedStyle(e);
            return style.transitionDuration.split(',').some((t) => parseFloat(t) > 0)
                || (style.animationName !== 'none' && parseFloat(style.animationDuration) > 0)
                || style.scrollBehavior === 'smooth';
        }).map((e) => e.outerHTML.slice(0, 100))"""
    )
    assert moving == []


@pytest.mark.parametrize("path", PAGES)
def test_what_scrolls_sideways_takes_the_keyboard(path: str, open_page: Callable) -> None:
    page, _ = open_page(path, width=360)
    page.wait_for_load_state("load")
    page.evaluate(SCROLL_THROUGH)
    page.wait_for_timeout(300)
    deaf = page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter((e) =>
            e.offsetParent && e.scrollWidth > e.clientWidth + 1
            && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
            && e.tabIndex < 0 && !e.querySelector('a, button, input, [tabindex="0"]')
        ).map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert deaf == []

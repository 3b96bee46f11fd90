"""WCAG 2.2 AA, as far as a machine can tell: keyboard, zoom, motion.  For axe see test_site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
CHAPTER = "chapters/evidence/clinical.html"


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


_AT = "document.activeElement.className"


@pytest.mark.parametrize(
    ("button", "panel"),
    [
        ("primary-toggle", "#pst-primary-sidebar-modal"),
        ("secondary-toggle", "#pst-secondary-sidebar-modal"),
        ("search-button", "#pst-search-dialog"),
    ],
)
def test_focus_returns_from_a_panel(button: str, panel: str, open_page: Callable) -> None:
    page, _ = open_page(CHAPTER, width=390)
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_load_state("load")
    page.locator(f".bd-header-article .{button}").focus()
    page.keyboard.press("Enter")
    page.locator(f"{panel}[open]").wait_for()
    assert page.evaluate(f"document.activeElement.closest('{panel}') !== null")
    page.keyboard.press("Escape")
    page.locator(f"{panel}[open]").wait_for(state="detached")
    assert button in page.evaluate(_AT)


@pytest.mark.parametrize("button", ["primary-toggle", "theme-switch-button"])
def test_focus_stays_on_a_button_that_is_pressed(button: str, open_page: Callable) -> None:
    page, _ = open_page(CHAPTER)
    page.wait_for_load_state("load")
    page.locator(f".bd-header-article .{button}").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert button in page.evaluate(_AT)


def test_a_panel_closed_by_a_pointer_leaves_nothing_behind(open_page: Callable) -> None:
    page, _ = open_page(CHAPTER, width=390)
    page.wait_for_load_state("load")
    page.locator(".bd-header-article .primary-toggle").click()
    panel = page.locator("#pst-primary-sidebar-modal[open]")
    panel.wait_for()
    page.wait_for_timeout(500)
    page.mouse.click(385, 450)
    panel.wait_for(state="detached")
    page.wait_for_timeout(800)
    assert "primary-toggle" in page.evaluate(_AT)
    assert page.locator(".tooltip").count() == 0


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

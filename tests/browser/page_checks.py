"""What is asked of every page, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AXE = Path(__file__).resolve().parents[2] / "assets" / "test" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def scroll_through(page: Any) -> None:
    """Go down the page once: charts and explorers are drawn when they come into view."""
    page.wait_for_load_state("load")
    page.evaluate(
        """async () => {
            for (let y = 0; y < Math.min(document.body.scrollHeight, 20000); y += 700) {
                window.scrollTo(0, y);
                await new Promise((done) => setTimeout(done, 30));
            }
            window.scrollTo(0, 0);
        }"""
    )
    page.wait_for_timeout(400)


def unfold(page: Any) -> None:
    """Open everything that a reader can open: code, solutions, cards of the studies."""
    page.evaluate(
        """() => {
            for (const part of document.querySelectorAll('details')) part.open = true;
            for (const part of document.querySelectorAll('.toggle-button-hidden')) part.click();
            const up = document.getElementById('pst-back-to-top');  // shown to who scrolls back
            if (up) up.style.display = 'block';
        }"""
    )


def unnamed(page: Any) -> list[str]:
    """Tables whose headers do not say what they head, images that do not say their size."""
    return page.evaluate(
        """() => [...document.querySelectorAll('main table:not(.indextable)')]
            .filter((t) => !t.querySelector('th[scope]') || t.querySelector('th:not([scope])'))
            .map((t) => `no scope: ${t.outerHTML.slice(0, 120)}`)
            .concat([...document.querySelectorAll('img:not([width][height])')]
                .map((i) => `no size: ${i.outerHTML}`))"""
    )


def shorten(page: Any, rows: int = 60, cards: int = 12) -> None:
    """Leave some rows and cards: one is made like the other, and a thousand take minutes."""
    page.evaluate(
        """([rows, cards]) => {
            const far = document.querySelectorAll(`main tbody > tr:nth-child(n + ${rows + 1})`);
            const more = [...document.querySelectorAll('.sb-study-card')].slice(cards);
            for (const part of [...far, ...more]) part.remove();
        }""",
        [rows, cards],
    )


def narrow(page: Any) -> list[str]:
    """What a narrow screen spoils: widths, and what scrolls without a keyboard."""
    unfold(page)
    page.wait_for_timeout(400)  # the theme looks again for what scrolls
    found = [
        f"scrolls sideways without the keyboard: {what}"
        for what in page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter((e) =>
                e.offsetParent && e.scrollWidth > e.clientWidth + 1
                && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
                && e.tabIndex < 0 && !e.querySelector('a, button, input, [tabindex="0"]')
            ).map((e) => e.outerHTML.slice(0, 120))"""
        )
    ]
    # 1280 px at 400 % are 320 px (WCAG 1.4.10); 200 % is the easier case of the same
    page.set_viewport_size({"width": 320, "height": 900})
    page.wait_for_timeout(200)
    width = page.evaluate("document.documentElement.scrollWidth")
    found += [f"{width} px wide on a screen of 320 px"] if width > 320 else []
    return found + [
        f"begins left of its frame: {what}"
        for what in page.evaluate(
            """() => [...document.querySelectorAll('div.math math')].filter((e) => {
                const frame = e.closest('div.math');
                frame.scrollLeft = 0;
                return e.getBoundingClientRect().left < frame.getBoundingClientRect().left - 1;
            }).map((e) => e.textContent.slice(0, 80))"""
        )
    ]


def axe(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 AA, in light and in dark, with everything unfolded."""
    unfold(page)
    page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way to another
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    # the dark theme changes colours and nothing else
    for theme, rules in (("light", RULES), ("dark", ["color-contrast"])):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.wait_for_timeout(100)
        result = page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
        )
        found += [
            f"{theme}, {v['id']}: {node['html'][:160]}"
            for v in result["violations"]
            for node in v["nodes"]
        ]
    return found

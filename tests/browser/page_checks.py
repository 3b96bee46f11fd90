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


def unfold(page: Any, cards: int | None = None) -> None:
    """Open everything that a reader can open: code, solutions, and `cards` of the studies."""
    page.evaluate(
        """(cards) => {
            const study = [...document.querySelectorAll('.sb-study-card')];
            const shut = new Set(cards === null ? [] : study.slice(cards));
            for (const part of document.querySelectorAll('details')) part.open = !shut.has(part);
            for (const part of document.querySelectorAll('.toggle-button-hidden')) part.click();
            const up = document.getElementById('pst-back-to-top');  // shown to who scrolls back
            if (up) up.style.display = 'block';
        }""",
        cards,
    )


def axe(page: Any, contrast: bool = True) -> list[str]:
    """What axe finds against WCAG 2.2 AA, in light and in dark, with everything unfolded.

    Contrast is computed for every letter and takes nearly all the time.
    """
    unfold(page, cards=12)  # one is made like the other, and a thousand take minutes
    page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way to another
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    # the dark theme changes colours and nothing else
    for theme, rules in (("light", RULES), ("dark", ["color-contrast"]))[: 1 + contrast]:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.wait_for_timeout(400)
        result = page.evaluate(
            """([rules, contrast]) => axe.run(document, {
                runOnly: rules,
                resultTypes: ['violations'],
                ...(contrast ? {} : {rules: {'color-contrast': {enabled: false}}}),
            })""",
            [rules, contrast],
        )
        found += [
            f"{theme}, {v['id']}: {node['html'][:160]}"
            for v in result["violations"]
            for node in v["nodes"]
        ]
    return found

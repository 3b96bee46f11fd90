"""What a first visit to each page brings over the line, compressed, and whether it jumps."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
sys.path[:0] = [str(ROOT / "book")]

BUDGET_KB = {"text": 300, "chart": 600, "explorer": 450}
JUMP = "layout shift of a page"
JUMP_BUDGET = 0.1
"""Cumulative layout shift that is still called good (web.dev/articles/cls)."""

_SHIFTS = """
    window.jumps = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) jumps += entry.value;
    }).observe({type: "layout-shift", buffered: true});
"""
_SCROLL = """async () => {
    for (let y = 0; y < Math.min(document.body.scrollHeight, 20000); y += 600) {
        window.scrollTo(0, y);
        await new Promise((done) => setTimeout(done, 60));
    }
}"""


def kind(page: str) -> str:
    """Which budget a page has."""
    # a page with both brings the library of charts, which is the greater part
    if 'class="sb-chart"' in page:
        return "chart"
    return "explorer" if "data-explorer-model" in page else "text"


def _compressed(file: Path) -> int:
    data = file.read_bytes()
    # these are compressed already; a server sends them as they are
    packed = file.suffix in (".woff", ".woff2", ".png", ".jpg")
    return len(data) if packed else len(gzip.compress(data, 6))


def measure(browser: Browser, base_url: str, path: str) -> dict[str, Any]:
    """Compressed kB, kind and layout shift of one page, scrolled to its end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(_SHIFTS)
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.split("?")[0].split("#")[0]))
    page.goto(f"{base_url}/{path}", wait_until="load")
    page.wait_for_timeout(500)
    page.evaluate(_SCROLL)
    page.wait_for_timeout(800)
    jumps = page.evaluate("window.jumps")
    context.close()
    files = [SITE / url.removeprefix(f"{base_url}/") for url in asked if url.startswith(base_url)]
    size = sum(_compressed(file) for file in files if file.is_file()) / 1000
    text = (SITE / path).read_text(encoding="utf-8")
    return {"kB": round(size), "kind": kind(text), "jump": round(jumps, 3)}


def measure_all(paths: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Every page of the built site, or the pages in `paths`: a dictionary for each.

    To what :func:`measure` finds come the address, the budget in kB, and the verdict.
    """
    from playwright.sync_api import sync_playwright

    from chromium import ARGUMENTS, obtain
    from serve import background, pages

    with sync_playwright() as playwright, background(SITE) as url:
        browser = playwright.chromium.launch(executable_path=str(obtain()), args=ARGUMENTS)
        found = [judged(path, measure(browser, url, path)) for path in paths or pages(SITE)]
        browser.close()
    return found


def judged(path: str, measured: dict[str, Any]) -> dict[str, Any]:
    """What was measured of a page, with its budget and whether it is met."""
    budget = BUDGET_KB[measured["kind"]]
    met = measured["kB"] <= budget and measured["jump"] <= JUMP_BUDGET
    return {"page": path, **measured, "budget": budget, "verdict": "MET" if met else "MISSED"}


def table(found: Sequence[dict[str, Any]]) -> str:
    """The pages with their budgets, a line each."""
    width = max(len(row["page"]) for row in found)
    lines = [f"{'page':{width}} {'kind':8} {'kB':>5} {'budget':>6} {'jump':>6}"]
    lines += [
        f"{row['page']:{width}} {row['kind']:8} {row['kB']:5} {row['budget']:6} "
        f"{row['jump']:6.3f} {row['verdict']}"
        for row in found
    ]
    return "\n".join(lines)


def worst(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The heaviest page of each kind and the one that jumps most, each with its name."""
    figures: dict[str, Any] = {}
    for kind in BUDGET_KB:
        of_kind = [row for row in found if row["kind"] == kind]
        if of_kind:
            heaviest = max(of_kind, key=lambda row: row["kB"])
            figures[f"{kind} page, kB"] = heaviest["kB"]
            figures[f"{kind} page, heaviest"] = heaviest["page"]
    restless = max(found, key=lambda row: row["jump"])
    return figures | {JUMP: restless["jump"], "most restless page": restless["page"]}


def main() -> int:
    found = measure_all()
    print(table(found))
    return int(any(row["verdict"] == "MISSED" for row in found))


if __name__ == "__main__":
    raise SystemExit(main())

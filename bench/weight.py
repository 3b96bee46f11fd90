"""What a first visit to each page brings over the line, compressed, and whether it jumps."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
BUDGET_KB = {"text": 300, "chart": 600, "explorer": 450}
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


def main() -> int:
    sys.path[:0] = [str(ROOT / "book"), str(ROOT / "tests")]
    from playwright.sync_api import sync_playwright

    from chromium import ARGUMENTS, obtain
    from serve import background, pages

    print(f"{'page':44} {'kB':>5} {'budget':>7} {'jump':>6}")
    over = False
    with sync_playwright() as playwright, background(SITE) as url:
        browser = playwright.chromium.launch(executable_path=str(obtain()), args=ARGUMENTS)
        for path in pages(SITE):
            m = measure(browser, url, path)
            budget = BUDGET_KB[m["kind"]]
            over |= m["kB"] > budget or m["jump"] > JUMP_BUDGET
            print(f"{path:44} {m['kB']:5} {budget:7} {m['jump']:6.3f}")
        browser.close()
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())

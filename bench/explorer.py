"""Measure the evidence explorer in a browser against two plain ways to show a table.

    python bench/explorer.py [--json FILE] [--rows 100 1000 10000] [--steps 30]

For each number of invented study-like rows, three pages are built and opened in Chromium:

explorer
    the evidence explorer on a static page; the rows in view are redrawn with every step,
    facet counts, picture and rows further down follow after that paint;
itables
    the same rows with itables (DataTables) and its offline bundle, search only;
whole table
    a plain table of which every filtered row is drawn anew with every step: what a
    widget does that sends HTML from a kernel, without the time of the kernel.  It stands
    in for classic ipywidgets, whose html-manager needs a network to load.

A step is one filter, search or sort.  Its time runs from the event to the moment after the
next paint; "work" is the part spent in scripts, style and layout before that paint may
begin.  The explorer waits 90 ms for a reader to stop typing; the time of a search starts
after that wait.  First paint is the browser's own first-contentful-paint; "alive" is the
time from navigation to a drawn explorer.  Weights are of gzip -6, as web servers send it,
without a theme's own files.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "book")]

from playwright.sync_api import sync_playwright  # noqa: E402
from tests.browser.explorer_page import (  # noqa: E402
    STUDY_ARGUMENTS,
    page,
    serve,
    studies,
    write_site,
)

from chromium import ARGUMENTS, obtain  # noqa: E402
from secretome.explorer import EvidenceExplorer  # noqa: E402

# Resolves after the frame that follows the event was painted.
STEP = """
const step = async (act) => {
  const t0 = performance.now();
  act();
  document.body.offsetHeight;
  const work = performance.now() - t0;
  await new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  return [performance.now() - t0, work];
};
const rest = () => new Promise((done) => setTimeout(done, 60));
"""

EXPLORER = (
    "async (steps) => {"
    + STEP
    + """
  const out = { filter: [], search: [], sort: [] };
  const boxes = [...document.querySelectorAll('.ee-facet input')];
  const search = document.querySelector('.ee-search');
  const words = ['medium', 'hair', 'skin 20', 'tak', 'no such', 'study 1', 'secretome', ''];
  const real = globalThis.setTimeout;
  for (let i = 0; i < steps; i++) {
    out.filter.push(await step(() => boxes[(i * 7) % boxes.length].click()));
    await rest();
  }
  document.querySelector('.ee-clear')?.click();
  for (let i = 0; i < steps; i++) {
    // The wait for the end of typing is taken out: its timer runs at once.
    out.search.push(await step(() => {
      search.value = words[i % words.length];
      let waiting = null;
      globalThis.setTimeout = (f, ms) => (ms === 90 ? ((waiting = f), 0) : real(f, ms));
      search.dispatchEvent(new Event('input'));
      globalThis.setTimeout = real;
      waiting();
    }));
    await rest();
  }
  for (let i = 0; i < steps; i++) {
    const heads = document.querySelectorAll('.ee-sort');
    out.sort.push(await step(() => heads[i % heads.length].click()));
    await rest();
  }
  return out;
}"""
)

ITABLES = (
    "async (steps) => {"
    + STEP
    + """
  const out = { search: [], sort: [] };
  const search = document.querySelector('.dt-search input, input[type=search]');
  const words = ['medium', 'hair', 'skin', 'tak', 'no such', 'study 1', 'secretome', ''];
  for (let i = 0; i < steps; i++) {
    out.search.push(await step(() => {
      search.value = words[i % words.length];
      search.dispatchEvent(new Event('input'));
      search.dispatchEvent(new KeyboardEvent('keyup'));
    }));
    await rest();
  }
  for (let i = 0; i < steps; i++) {
    const heads = document.querySelectorAll('th.dt-orderable-asc .dt-column-order');
    out.sort.push(await step(() => heads[i % heads.length].click()));
    await rest();
  }
  return out;
}"""
)

WHOLE = (
    "async (steps) => {"
    + STEP
    + """
  const body = document.querySelector('tbody');
  const all = [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent));
  const texts = all.map((row) => row.join(' ').toLowerCase());
  const words = ['medium', 'hair', 'skin', 'tak', 'no such', 'study 1', 'secretome', ''];
  const out = { search: [] };
  for (let i = 0; i < Math.min(steps, 16); i++) {
    out.search.push(await step(() => {
      const rows = all.filter((_, r) => texts[r].includes(words[i % words.length]));
      body.replaceChildren(...rows.map((row) => {
        const tr = document.createElement('tr');
        tr.append(...row.map((text) => {
          const td = document.createElement('td');
          td.textContent = text;
          return td;
        }));
        return tr;
      }));
    }));
    await rest();
  }
  return out;
}"""
)


def weight(*parts: bytes) -> float:
    """Kilobytes that the parts weigh on the way to the reader."""
    return sum(len(gzip.compress(part, 6)) for part in parts) / 1000


def summary(times: list[list[float]]) -> dict[str, float]:
    paint = sorted(t for t, _ in times)
    return {
        "median_ms": round(statistics.median(paint), 1),
        "p90_ms": round(paint[min(len(paint) - 1, int(len(paint) * 0.9))], 1),
        "work_median_ms": round(statistics.median(w for _, w in times), 1),
    }


def explorer_pages(folder: Path, rows: int) -> tuple[Path, float, dict[str, float]]:
    ex = EvidenceExplorer(studies(rows), title="Studies", **STUDY_ARGUMENTS)
    text = page([ex])
    file = folder / f"explorer{rows}.html"
    file.write_text(text, encoding="utf-8")
    static = [
        (folder / "_static" / name).read_bytes()
        for name in ("explorer.js", "explorer.css", "widget-loader.js")
    ]
    # The page's state also carries the module and the style, which only a notebook needs.
    ex._esm = ex._css = ""
    slim = page([ex]).encode()
    return (
        file,
        weight(text.encode(), *static),
        {"kb_without_the_copy_in_the_state": round(weight(slim, *static), 1)},
    )


def itables_page(folder: Path, rows: int) -> tuple[Path, float, dict[str, float]]:
    import itables

    table = itables.to_html_datatable(
        studies(rows), connected=True, dt_url="./_static/itables.js", maxBytes=0
    )
    bundle = Path(itables.__file__).parent / "html" / "dt_bundle.js"
    (folder / "_static" / "itables.js").write_bytes(bundle.read_bytes())
    style = bundle.with_suffix(".css").read_bytes()
    (folder / "_static" / "itables.css").write_bytes(style)
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>itables</title>'
        '<link rel="icon" href="data:,">'
        f"</head><body><main>{table}</main></body></html>"
    )
    file = folder / f"itables{rows}.html"
    file.write_text(text, encoding="utf-8")
    return file, weight(text.encode(), bundle.read_bytes(), style), {}


def whole_page(folder: Path, rows: int) -> tuple[Path, float, dict[str, float]]:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>table</title>'
        f'<link rel="icon" href="data:,"></head><body><main>{studies(rows).to_html()}'
        "</main></body></html>"
    )
    file = folder / f"whole{rows}.html"
    file.write_text(text, encoding="utf-8")
    return file, weight(text.encode()), {}


KINDS: dict[str, tuple[Any, str, str]] = {
    "explorer": (explorer_pages, ".ee-mounted .ee-table tbody tr", EXPLORER),
    "itables": (itables_page, ".dt-search input, .dataTables_filter input", ITABLES),
    "whole table": (whole_page, "tbody tr", WHOLE),
}


def measure(browser: Any, url: str, file: Path, ready: str, script: str, steps: int) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto(f"{url}/{file.name}")
    tab.wait_for_selector(ready)
    alive = tab.evaluate("performance.now()")
    first = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    tab.wait_for_timeout(300)
    tab.evaluate(script, 4)  # warm-up: compiled code and folded text, as after a few seconds
    times = tab.evaluate(script, steps)
    context.close()
    return first, alive, times


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the evidence explorer in a browser.")
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        write_site(folder)
        url = stack.enter_context(serve(folder, policy=None))
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=str(obtain()), args=ARGUMENTS)
        for rows in options.rows:
            for kind, (build, ready, script) in KINDS.items():
                file, kb, more = build(folder, rows)
                first, alive, times = measure(browser, url, file, ready, script, options.steps)
                results.append(
                    {
                        "kind": kind,
                        "rows": rows,
                        "kb": round(kb, 1),
                        **more,
                        "first_paint_ms": round(first or 0, 1),
                        "alive_ms": round(alive, 1),
                        "steps": {step: summary(values) for step, values in times.items()},
                    }
                )
        version = browser.version
        browser.close()
    print(f"Chromium {version}, {os.cpu_count()} processors; step to next paint, ms")
    print(f"{'kind':<12}{'rows':>7}{'kB':>8}{'first':>8}{'alive':>8}  step: median / p90 (work)")
    for result in results:
        steps = "; ".join(
            f"{step} {v['median_ms']} / {v['p90_ms']} ({v['work_median_ms']})"
            for step, v in result["steps"].items()
        )
        print(
            f"{result['kind']:<12}{result['rows']:>7}{result['kb']:>8}"
            f"{result['first_paint_ms']:>8}{result['alive_ms']:>8}  {steps}"
        )
    if options.json:
        report = {"chromium": version, "processors": os.cpu_count(), "results": results}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

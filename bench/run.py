"""Measure the budgets and keep the last figures in ``bench/results.json``.

Build, import, page weights, Lighthouse, explorer and models, in one run on one machine; machines
differ, so peers are compared as ratios.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.json"
sys.path[:0] = [str(ROOT / "book"), str(ROOT)]

import build  # noqa: E402
from bench import weight  # noqa: E402

BUDGETS = {
    "cold build, s": 180,
    "rebuild after one chapter changed, s": 20,
    "import secretome / import pandas": 1.10,
    **{f"{kind} page, kB": budget for kind, budget in weight.BUDGET_KB.items()},
    weight.JUMP: weight.JUMP_BUDGET,
    # with a thousand rows a step fits between two frames of the screen
    "explorer, 1000 rows, slowest step, ms": 16,
    "explorer, 10000 rows, slowest step, ms": 50,
    "explorer, 10000 rows, kB": 450,
}


def seconds(function: object, *arguments: object, **options: object) -> float:
    start = time.perf_counter()
    code = function(*arguments, **options)  # type: ignore[operator]
    if code:
        sys.exit("The build failed; see _build/build.log.")
    return time.perf_counter() - start


def measure_build() -> dict[str, float]:
    cold = seconds(build.build_all, ROOT, clean=True)
    chapter = ROOT / "chapters" / "evidence" / "clinical.md"
    text = chapter.read_text(encoding="utf-8")
    try:
        # a new code cell, so that the chapter is executed again
        chapter.write_text(text + "\n```{code-cell} ipython3\n1 + 1\n```\n", encoding="utf-8")
        warm = seconds(build.build_all, ROOT)
    finally:
        chapter.write_text(text, encoding="utf-8")
    build.build_all(ROOT)
    return {"cold build, s": cold, "rebuild after one chapter changed, s": warm}


def measure_import(rounds: int = 9) -> dict[str, float]:
    def once(module: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        return time.perf_counter() - start

    pairs = [(once("secretome"), once("pandas")) for _ in range(rounds)]
    ours, pandas = (statistics.median(x) for x in zip(*pairs, strict=True))
    return {"import secretome, s": ours, "import secretome / import pandas": ours / pandas}


def measure_pages() -> dict[str, Any]:
    """First visit of every page: prints all, gives the worst of each kind."""
    found = weight.measure_all()
    print(weight.table(found))
    return weight.worst(found)


def explorer_figures(report: dict[str, Any]) -> dict[str, float]:
    """Weight and slowest step (nine in ten are faster) of the explorer, by its rows."""
    figures: dict[str, float] = {}
    for result in report["results"]:
        if result["kind"] == "explorer":
            name = f"explorer, {result['rows']} rows"
            steps = result["steps"].values()
            figures[f"{name}, slowest step, ms"] = max(step["p90_ms"] for step in steps)
            figures[f"{name}, kB"] = result["kb"]
    return figures


def line(label: str, value: float, least: dict[str, int]) -> str:
    """A figure with its verdict: `least` names scores to reach, ``BUDGETS`` what is the most."""
    if label in least:
        verdict = "MET" if value >= least[label] else "MISSED"
        return f"{value:12.0f}  {label}   at least {least[label]}: {verdict}"
    if label in BUDGETS:
        verdict = "MET" if value <= BUDGETS[label] else "MISSED"
        return f"{value:12.3f}  {label}   budget {BUDGETS[label]:g}: {verdict}"
    return f"{value:12.3f}  {label}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-build", action="store_true", help="leave the two builds out")
    parser.add_argument("--skip-explorer", action="store_true", help="leave the explorer out")
    parser.add_argument("--skip-lighthouse", action="store_true", help="leave Lighthouse out")
    options = parser.parse_args()
    least: dict[str, int] = {}
    figures: dict[str, object] = {}
    if not options.skip_build:
        figures |= measure_build()
    figures |= measure_import()
    figures |= measure_pages()
    for name in ("freeze_drying", "synthesis"):
        module = __import__(f"bench.{name}", fromlist=["measure"])
        figures |= {f"{name}: {k}": v for k, v in module.measure().items()}
    if not options.skip_lighthouse:
        from bench import lighthouse

        figures |= lighthouse.measure()
        least = lighthouse.targets()
    explorer = ROOT / "bench" / "explorer.py"
    if not options.skip_explorer:
        out = ROOT / "_build" / "explorer-bench.json"
        subprocess.run([sys.executable, str(explorer), "--json", str(out)], check=True)
        report = json.loads(out.read_text(encoding="utf-8"))
        figures |= explorer_figures(report) | {"explorer": report}
    for label, value in figures.items():
        if isinstance(value, (int, float)):
            print(line(label, value, least))
    record = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "figures": {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()},
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"Kept in {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

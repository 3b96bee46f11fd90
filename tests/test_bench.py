"""What the benchmark says of its figures; the figures themselves are no test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bench import run, weight

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
KEPT: dict[str, Any] = json.loads((ROOT / "bench" / "results.json").read_text(encoding="utf-8"))
FOUND = [
    weight.judged(path, {"kB": kb, "kind": kind, "jump": jump})
    for path, kb, kind, jump in (
        ("a.html", 300, "text", 0.1),
        ("b.html", 301, "text", 0.0),
        ("c.html", 20, "chart", 0.11),
    )
]


def test_a_page_meets_both_budgets_or_misses() -> None:
    assert [row["verdict"] for row in FOUND] == ["MET", "MISSED", "MISSED"]
    lines = weight.table(FOUND).splitlines()
    assert len(lines) == 1 + len(FOUND)
    assert lines[2].split() == ["b.html", "text", "301", "300", "0.000", "MISSED"]


def test_the_worst_of_each_kind_is_kept_with_its_name() -> None:
    figures = weight.worst(FOUND)
    assert figures["text page, kB"] == 301
    assert figures["text page, heaviest"] == "b.html"
    assert figures["chart page, heaviest"] == "c.html"
    assert "explorer page, kB" not in figures
    assert figures[weight.JUMP] == 0.11
    assert figures["most restless page"] == "c.html"


def test_the_explorer_is_judged_by_its_slowest_step() -> None:
    figures = run.explorer_figures(KEPT["figures"]["explorer"])
    assert {label for label in run.BUDGETS if label.startswith("explorer, ")} <= set(figures)
    thousand = next(
        result
        for result in KEPT["figures"]["explorer"]["results"]
        if (result["kind"], result["rows"]) == ("explorer", 1000)
    )
    slowest = max(step["p90_ms"] for step in thousand["steps"].values())
    assert figures["explorer, 1000 rows, slowest step, ms"] == slowest


@pytest.mark.parametrize(
    ("label", "value", "verdict"),
    [
        ("explorer, 10000 rows, slowest step, ms", 50.0, "budget 50: MET"),
        ("explorer, 10000 rows, slowest step, ms", 50.1, "budget 50: MISSED"),
        ("text page, kB", 452, "budget 300: MISSED"),
        ("a score", 98, "at least 98: MET"),
        ("a score", 97, "at least 98: MISSED"),
        ("synthesis: fits_1000", 4.0, "synthesis: fits_1000"),
    ],
)
def test_a_figure_with_a_budget_gets_a_verdict(label: str, value: float, verdict: str) -> None:
    assert run.line(label, value, {"a score": 98}).endswith(verdict)


@pytest.mark.site
@pytest.mark.browser
def test_a_page_is_weighed(base_url: str, browser: Browser) -> None:
    path = "chapters/reference/glossary.html"
    row = weight.judged(path, weight.measure(browser, base_url, path))
    assert row["kind"] == "text"
    assert 50 < row["kB"] <= row["budget"]

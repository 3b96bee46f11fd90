"""Every page keeps to its budget of bytes, and nothing jumps while it loads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html"))

_spec = importlib.util.spec_from_file_location("weight", ROOT / "bench" / "weight.py")
assert _spec
assert _spec.loader
bench = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bench)


@pytest.mark.parametrize("path", PAGES)
def test_page_is_light_and_still(path: str, browser, base_url: str) -> None:
    measured = bench.measure(browser, base_url, path)
    assert measured["kB"] <= bench.BUDGET_KB[measured["kind"]]
    assert measured["jump"] <= bench.JUMP_BUDGET

"""What the tests of live figures do with them in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Opener = Callable[..., Any]


def slide(tab: Any, name: str, value: float) -> None:
    tab.get_by_role("slider", name=name).evaluate(
        "(input, value) => { input.value = value;"
        " input.dispatchEvent(new Event('input', { bubbles: true })); }",
        str(value),
    )


def fact(tab: Any, name: str) -> str:
    return str(tab.locator(f".fg-fact-{name} dd").inner_text())

"""A page with live figures in a real browser, under a strict policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .explorer_page import page, serve, write_site
from .figure_page import Opener


@pytest.fixture(scope="module")
def figure_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("figures")
    write_site(folder)
    with serve(folder) as url:
        yield folder, url


@pytest.fixture
def open_figure(browser: Any, figure_site: tuple[Path, str]) -> Iterator[Opener]:
    """Open a page with the figure; no error, foreign request or policy violation may occur."""
    folder, url = figure_site
    contexts, problems = [], []

    def opener(
        *figures: Any,
        width: int = 1000,
        theme: str = "light",
        scripts: bool = True,
        change: Callable[[str], str] = str,
        **more: Any,
    ) -> Any:
        text = change(page(figures, theme=theme, title="Figure"))
        (folder / "page.html").write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, **more
        )
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(8_000)
        tab.on("pageerror", lambda error: problems.append(f"error: {error}"))
        tab.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        tab.on(
            "request",
            lambda r: None if r.url.startswith((url, "data:")) else problems.append(r.url),
        )
        tab.goto(f"{url}/page.html")
        if scripts and change is str:
            tab.wait_for_selector(".ee-mounted .fg")
        tab.problems = problems
        return tab

    yield opener
    for context in contexts:
        context.close()
    assert problems == []

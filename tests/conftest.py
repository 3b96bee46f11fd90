"""Fixtures: the built site on localhost, a Chromium that cannot leave it."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "book"))

# What guards main asks the same questions each time; new ones are drawn once a week.
settings.register_profile("same", derandomize=True)
settings.register_profile("new", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


LOGS = {"readings": ["table", "row"], "rereadings": ["sample", "table"], "searches": ["topic"]}
"""Tables that record work: of those that share these columns a copy keeps the first."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the test output readable."""


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built website; the tests do not pass without one."""
    if not (SITE / "index.html").exists():
        pytest.fail("There is no built site. Run `make test`, or `make book` first.")
    return SITE


def _serve(folder: Path) -> tuple[http.server.ThreadingHTTPServer, str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="session")
def base_url(site: Path) -> Iterator[str]:
    """Address of the built website on localhost."""
    server, url = _serve(site)
    yield url
    server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    from playwright.sync_api import sync_playwright

    from chromium import ARGUMENTS, obtain

    with sync_playwright() as playwright:
        # no other host has an address: what a page asks of one fails, and the watch names it
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = playwright.chromium.launch(
            executable_path=str(obtain()), args=[*ARGUMENTS, alone]
        )
        yield browser
        browser.close()


class Watch:
    """What went wrong on a page: requests to other hosts, missing files, script errors."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.problems: list[str] = []
        own = (base_url, "data:", "blob:", "about:")

        def on_request(request: object) -> None:
            url = request.url  # type: ignore[attr-defined]
            if not url.startswith(own):
                self.problems.append(f"asked another host: {url}")

        def on_response(response: object) -> None:
            if response.status >= 400:  # type: ignore[attr-defined]
                self.problems.append(f"missing: {response.url}")  # type: ignore[attr-defined]

        page.on("request", on_request)
        page.on("response", on_response)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on(
            "console",
            lambda m: self.problems.append(f"console: {m.text}") if m.type == "error" else None,
        )


@pytest.fixture
def open_page(browser: Browser, base_url: str) -> Iterator[Callable[..., tuple[Page, Watch]]]:
    """Open a page of the site with all other hosts blocked; returns the page and its watch."""
    contexts = []

    def opener(
        path: str, *, width: int = 1280, theme: str = "light", scripts: bool = True
    ) -> tuple[Page, Watch]:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme="dark" if theme == "dark" else "light",
        )
        contexts.append(context)
        if scripts:
            context.add_init_script(
                f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
            )
        page = context.new_page()
        watch = Watch(page, base_url)
        page.goto(f"{base_url}/{path}")
        return page, watch

    yield opener
    cookies = []
    for context in contexts:
        cookies += context.cookies()
        context.close()
    assert cookies == [], "the book says that it sets none"


@pytest.fixture
def data_copy(tmp_path: Path) -> Path:
    """A copy of ``data/`` that a test may spoil; of its long logs a part, as valid as the whole."""
    target = tmp_path / "data"
    shutil.copytree(ROOT / "data", target)
    for name, one_of in LOGS.items():
        log = pd.read_csv(target / f"{name}.csv", dtype=str, keep_default_na=False)
        log.drop_duplicates(one_of).to_csv(target / f"{name}.csv", index=False)
    return target

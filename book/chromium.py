"""Find or obtain a Chromium for the browser tests, and print where it is.

Playwright's own is taken where it can be downloaded, else the system's package; where
neither can be had the tests stop with a clear error, because a skipped browser test guards
nothing.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""How the tests start it; the background flags keep it from asking its maker's hosts."""


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _systems() -> Path | None:
    found = next(filter(None, map(shutil.which, SYSTEM_NAMES)), None)
    return Path(found) if found else None


def _try(command: list[str], seconds: int = 600) -> None:
    try:
        subprocess.run(command, check=False, timeout=seconds, capture_output=True)
    except (OSError, subprocess.TimeoutExpired):
        return


@functools.cache
def obtain() -> Path:
    """Path of a Chromium; installs one if there is none.

    Raises
    ------
    RuntimeError
        If none can be had; the message says what to install.
    """
    if named := os.environ.get("CHROMIUM"):
        if Path(named).exists():
            return Path(named)
        raise RuntimeError(f"CHROMIUM names {named}, which does not exist.")
    if found := _systems() or _playwrights_own():
        return found
    _try([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"])
    if found := _playwrights_own():
        return found
    if shutil.which("apt-get"):
        become = [] if os.geteuid() == 0 else ["sudo", "-n"]
        _try([*become, "apt-get", "update", "-qq"])
        _try([*become, "apt-get", "install", "-y", "-qq", "chromium"])
    if found := _systems():
        return found
    raise RuntimeError(
        "The browser tests need a Chromium, and neither Playwright's own nor the system's "
        "package could be had. Install one (Debian: apt-get install chromium) or name one: "
        "CHROMIUM=/path/to/chromium make test"
    )


if __name__ == "__main__":
    try:
        print(f"Browser for the tests: {obtain()}")
    except RuntimeError as error:
        sys.exit(str(error))

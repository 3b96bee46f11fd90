"""The launch button opens the very chapter, in JupyterLab, as a notebook that runs.

Binder itself is out of reach of a test; what it does with this repository is not: it runs
``.binder/postBuild``, starts JupyterLab in the repository and opens the path in the link.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import TimeoutError as NotYet

from secretome_book import sharing

from ..elsewhere import closure

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
CHAPTER = "chapters/biology/secretome"


def _binder(page: Path) -> urllib.parse.SplitResult:
    found = re.search(r'href="(https://mybinder\.org/[^"]*)"', page.read_text(encoding="utf-8"))
    assert found, f"{page} has no launch button"
    return urllib.parse.urlsplit(found[1].replace("&amp;", "&"))


def _binder_path(page: Path) -> str:
    return urllib.parse.parse_qs(_binder(page).query)["urlpath"][0]


@pytest.mark.parametrize(
    "page", sorted(p.relative_to(SITE).as_posix() for p in SITE.glob("_sources/**/*.ipynb"))
)
def test_button_names_this_chapter(page: str) -> None:
    name = page.removeprefix("_sources/").removesuffix(".ipynb")
    assert _binder_path(SITE / f"{name}.html") == f"lab/tree/{name}.md"
    assert (ROOT / f"{name}.md").exists()
    release = sharing.citation(ROOT)["version"]
    assert _binder(SITE / f"{name}.html").path.endswith(f"/v{release}"), "not a release, a branch"


def test_binder_files() -> None:
    folder = ROOT / ".binder"
    assert os.access(folder / "postBuild", os.X_OK)
    assert (folder / "runtime.txt").read_text().strip() in ("python-3.11", "python-3.12")
    pins = (folder / "requirements.txt").read_text().splitlines()
    assert pins[-1] == ".", "the package itself comes last"
    names = {pin.split("==")[0] for pin in pins[1:-1]}
    assert all("==" in pin for pin in pins[1:-1])
    assert {"jupyterlab", "jupytext", "jupyterlab-myst", "pandas", "altair"} <= names


def test_binder_starts_what_the_lock_file_pins() -> None:
    folder = ROOT / ".binder"
    version = (folder / "runtime.txt").read_text().strip().removeprefix("python-")
    here = {"python_version": version, "python_full_version": f"{version}.0"}
    pinned: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z0-9].*==", line):
            pin = Requirement(line.removesuffix("\\"))
            # a line may be meant for another Python
            if pin.marker is None or pin.marker.evaluate(here):
                pinned.setdefault(pin.name, set()).add(str(pin.specifier))
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()[1:-1]
    pins = {pin.name: {str(pin.specifier)} for pin in map(Requirement, lines)}
    assert pins == {name: pinned.get(name) for name in pins}
    # the command that postBuild runs, and all that the package and a chapter import, are pinned
    for command in re.findall(r"^[a-z][\w-]+(?= )", (folder / "postBuild").read_text(), re.M):
        if command == "set":
            continue
        (entry,) = importlib.metadata.entry_points(group="console_scripts", name=command)
        assert entry.dist
        assert canonicalize_name(entry.dist.name) in pins
    declared = importlib.metadata.requires("secretome") or []
    assert closure(declared, tuple(map(int, version.split("."))), "validate") <= set(pins)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as Binder starts it, in a copy of what a reader may touch."""
    home = tmp_path_factory.mktemp("binder")
    work = home / "work"
    for name in ("chapters", "data"):
        shutil.copytree(ROOT / name, work / name)
    shutil.copy(ROOT / "index.md", work)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    subprocess.run([ROOT / ".binder" / "postBuild"], env=environment, cwd=work, check=True)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.allow_root=True"]
    command += [f"--ServerApp.root_dir={work}", f"--LabApp.workspaces_dir={home / 'spaces'}"]
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        else:
            pytest.fail((home / "log.txt").read_text())
        yield url
    finally:
        server.terminate()
        server.wait(30)


def test_the_chapter_opens_as_a_notebook_and_runs(lab: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.set_default_timeout(90_000)
    try:
        page.goto(f"{lab}/{_binder_path(SITE / f'{CHAPTER}.html')}")
        page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']")
        page.locator(".jp-MarkdownCell h1", has_text="What is in the secretome").first.wait_for()
        cells = page.locator(".jp-CodeCell")
        first = cells.first.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]"))
        for wait in (30_000, 30_000, 90_000):  # on a busy machine the first click can be lost
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            try:
                first.wait_for(state="attached", timeout=wait)
                break
            except NotYet:
                if wait == 90_000:
                    raise
        for number in range(3):  # the import, the numbers, the first chart
            prompt = cells.nth(number).locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]"))
            prompt.wait_for(state="attached")
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
        # the chart's own library comes from the network, which a test does not have
        chart = cells.nth(2).locator(".jp-OutputArea-output")
        chart.first.wait_for(state="attached")
        assert "vega" in chart.first.inner_html().lower()
    finally:
        page.close()

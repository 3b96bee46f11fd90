"""The evidence explorer with a live kernel, in JupyterLab."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
CELLS = [
    "import pandas as pd\n"
    "from secretome import EvidenceExplorer\n"
    "frame = pd.DataFrame({\n"
    '    "study": ["a-2019", "b-2020", "c-2021", "d-2022"],\n'
    '    "organ": ["hair", "skin", "hair", "NR"],\n'
    '    "product": ["secretome", "secretome", "extract", "extract"],\n'
    "}, index=[7, 7, 8, 9])\n"
    'ex = EvidenceExplorer(frame, map=("organ", "product"), title="Live")\n'
    "ex",
    'print("rows:", list(ex.filtered_frame["study"]), list(ex.selected_frame["study"]))',
    'ex.filtered = [1, 3]; print("set")',
]


def notebook() -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for i, source in enumerate(CELLS)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
    (folder / "work" / "live.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
        # Nothing of the developer's own settings, and nothing left behind.
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    log = (folder / "log.txt").open("w")
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}",
            "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
            "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_root=True",
            "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={folder / 'work'}",
            f"--LabApp.workspaces_dir={folder / 'workspaces'}",
            f"--LabApp.user_settings_dir={folder / 'settings'}",
        ],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                if server.poll() is not None:
                    pytest.fail((folder / "log.txt").read_text())
                time.sleep(0.5)
        else:
            pytest.fail("JupyterLab did not start in a minute")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def test_the_explorer_is_live_in_jupyterlab(lab: str, browser: Any) -> None:
    tab = browser.new_page(viewport={"width": 1400, "height": 1300})
    tab.set_default_timeout(60_000)
    tab.goto(f"{lab}/lab/tree/live.ipynb?reset")
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
    # a key pressed before the kernel is ready is lost
    tab.get_by_text("| Idle").first.wait_for()

    def run(i: int) -> None:
        tab.locator(".jp-CodeCell").nth(i).locator(".cm-content").click()
        tab.keyboard.press("Control+Enter")
        prompt = tab.locator(".jp-CodeCell").nth(i).locator(".jp-InputPrompt")
        prompt.filter(has_text=re.compile(r"\[[\d*]+\]")).wait_for()

    def output(i: int, text: str) -> str:
        found = tab.locator(".jp-CodeCell").nth(i).locator(".jp-OutputArea-output")
        found.filter(has_text=text).first.wait_for()
        return str(found.first.text_content())

    run(0)
    root = tab.locator(".jp-CodeCell").first.locator(".ee")
    root.wait_for()
    assert root.locator(".ee-status").text_content() == "4 rows"
    assert tab.locator(".secretome-explorer-static").count() == 0
    before = tab.url
    side = root.locator(".ee-side")
    if side.get_attribute("open") is None:
        side.locator("summary").first.click()
    root.locator(".ee-facet label", has_text="hair").click()
    assert root.locator(".ee-status").text_content() == "2 of 4 rows"
    root.locator(".ee-table tbody input").nth(1).click()
    run(1)
    assert output(1, "rows:").strip() == "rows: ['a-2019', 'c-2021'] ['c-2021']"
    # The address belongs to JupyterLab.
    assert tab.url == before
    assert "Copy link" not in str(root.text_content())
    run(2)
    output(2, "set")
    root.locator(".ee-chip", has_text="2 rows chosen in code").wait_for()
    keys = root.locator(".ee-table tbody .ee-keytext").all_text_contents()
    assert keys == ["b-2020", "d-2022"]
    if os.environ.get("EXPLORER_SCREENSHOT"):
        tab.screenshot(path=os.environ["EXPLORER_SCREENSHOT"])
    tab.close()

"""The third door: a chapter runs inside the reader's browser, and says first what it loads.

The network of the compiled packages is out of reach of a test.  All that this site serves is
not: the notebook opens, the kernel starts, the package and its tables are there, charts and
widgets are drawn, and the missing network is named in one sentence.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nbformat
import pytest

import lite
from secretome_book import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.site]
ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
CHAPTER = "chapters/evidence/clinical"
PACKAGES = SITE / "lite" / "packages"
NOTEBOOKS = sorted(
    p.relative_to(SITE / "lite/files").as_posix() for p in SITE.glob("lite/files/**/*.ipynb")
)


def _lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((PACKAGES / "pyodide-lock.json").read_text("utf-8"))
    return lock


def test_what_is_fetched_elsewhere_is_in_the_distribution_and_on_the_page() -> None:
    theirs = json.loads((lite.CORE / "pyodide-lock.json").read_text("utf-8"))["packages"]
    base = f"https://{running.HOST}/pyodide/v{lite.version()}/full/"
    away = {n: p for n, p in _lock()["packages"].items() if "://" in p["file_name"]}
    assert set(away) == set(running.FROM_THERE) == set(lite.COMPILED)
    for name, package in away.items():
        assert package["file_name"] == base + theirs[name]["file_name"]
        assert package["sha256"] == theirs[name]["sha256"]
        assert package["version"] == theirs[name]["version"]
    assert lite.version() in (lite.CORE / "pyodide.mjs").read_text("utf-8")


def test_the_kernel_fits_the_vendored_python() -> None:
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    assert lite.version() == PYODIDE_VERSION
    python = _lock()["info"]["python"]
    assert lite._IN_BROWSER["python_full_version"] == python
    assert python.startswith(lite._IN_BROWSER["python_version"] + ".")


def test_every_other_package_lies_beside_the_lock_file() -> None:
    for package in _lock()["packages"].values():
        if "://" in package["file_name"]:
            continue
        content = (PACKAGES / package["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == package["sha256"]
        with zipfile.ZipFile(PACKAGES / package["file_name"]) as wheel:
            assert not [n for n in wheel.namelist() if n.endswith((".so", ".pyd"))]
    tables = {p.name for p in (ROOT / "data").iterdir()}
    with zipfile.ZipFile(next(PACKAGES.glob("secretome-*.whl"))) as wheel:
        assert tables <= {Path(n).name for n in wheel.namelist() if "/data/" in n}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_asks_only_for_what_is_there(name: str) -> None:
    known = {i for p in _lock()["packages"].values() for i in p["imports"]}
    notebook = nbformat.read(SITE / "lite/files" / name, as_version=4)
    assert notebook.metadata.language_info.name == "python"
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    assert any("run_here.ready()" in c for c in code) or not any("secretome" in c for c in code)
    for cell in code:
        assert "%pip" not in cell
        for node in ast.walk(ast.parse(re.sub(r"^( *)%.*$", r"\1pass", cell, flags=re.M))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            tops = {n.split(".")[0] for n in names} - set(sys.stdlib_module_names)
            assert tops <= known


def test_every_chapter_with_code_has_its_notebook() -> None:
    assert NOTEBOOKS
    assert {n.removesuffix(".ipynb") for n in NOTEBOOKS} == {
        p.relative_to(SITE / "_sources").with_suffix("").as_posix()
        for p in SITE.glob("_sources/**/*.ipynb")
    }


def test_the_button_says_what_loads_before_anything_does(open_page: Callable) -> None:
    asked: list[str] = []
    page, watch = open_page(f"{CHAPTER}.html")
    page.context.on("request", lambda request: asked.append(request.url))
    page.locator(".dropdown-launch-buttons button").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="In this browser").click()
    before = opened.value
    before.wait_for_load_state("load")
    text = before.locator("#run-here").inner_text()
    assert running.HOST in text
    for name in running.FROM_THERE:
        assert name in text
    assert f"{sum(running.FROM_HERE.values()):.0f} MB from this site" in text
    assert f"{sum(running.FROM_THERE.values()):.0f} MB from" in text
    start = before.locator(".sb-run-button")
    assert start.get_attribute("href").endswith(f"/lite/notebooks/index.html?path={CHAPTER}.ipynb")
    assert "Clinical evidence" in start.inner_text()
    assert not [u for u in asked if "/lite/" in u or "pyodide" in u]
    assert watch.problems == []


def test_the_page_names_no_chapter_that_it_does_not_hold(open_page: Callable) -> None:
    page, _ = open_page("run-here.html?chapter=https://example.org/x")
    assert page.locator("#sb-run-start").is_hidden()
    assert page.locator("a[data-chapter]").count() == len(NOTEBOOKS)


def test_from_a_disk_the_page_says_that_it_needs_a_server(browser: Browser) -> None:
    page = browser.new_page()
    page.goto((SITE / "run-here.html").as_uri() + f"?chapter={CHAPTER}")
    assert "needs a web server" in page.locator("#sb-run-problem").inner_text()
    page.close()


class Session:
    """A notebook in the browser, its first cell used to run one piece of code after another."""

    def __init__(self, page: Page, asked: list[str], problems: list[str]) -> None:
        self.page, self.asked, self.problems, self.count = page, asked, problems, 0

    def wait(self) -> str:
        self.count += 1
        cell = self.page.locator(".jp-CodeCell").first
        cell.locator(".jp-InputPrompt", has_text=f"[{self.count}]").wait_for()
        self.page.wait_for_timeout(300)
        return str(cell.locator(".jp-Cell-outputArea").inner_text())

    def run(self, code: str) -> str:
        self.page.locator(".jp-CodeCell .cm-content").first.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        return self.wait()


@pytest.fixture(scope="module")
def session(browser: Browser, base_url: str) -> Iterator[Session]:
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    context.set_default_timeout(120_000)
    asked: list[str] = []
    problems: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{base_url}/lite/notebooks/index.html?path={CHAPTER}.ipynb")
    page.locator(".jp-CodeCell .cm-content").first.wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    yield Session(page, asked, problems)
    context.close()


def test_the_notebook_opens_and_the_missing_network_is_named(session: Session) -> None:
    title = session.page.locator(".jp-MarkdownCell h1").first.inner_text()
    assert title.startswith("Clinical evidence by condition")
    session.page.locator(".jp-CodeCell .cm-content").first.click()
    session.page.keyboard.press("Control+Enter")
    said = session.wait()
    assert "numpy, pandas, scipy, rpds-py could not be fetched from cdn.jsdelivr.net" in said
    assert "download it and run it in your own Jupyter" in said
    assert "Traceback" not in said
    assert session.problems == []


def test_the_package_and_its_tables_are_there(session: Session) -> None:
    rows = len((ROOT / "data" / "studies.csv").read_text("utf-8").splitlines())
    said = session.run(
        "import csv, secretome\n"
        "from importlib import resources\n"
        "file = resources.files('secretome') / 'data' / 'studies.csv'\n"
        "print(secretome.__version__, len(list(csv.reader(file.open(encoding='utf-8')))) > 100)"
    )
    assert rows > 100
    assert said.strip().endswith("True")


def test_the_pure_packages_import(session: Session) -> None:
    said = session.run(
        "import anywidget, dateutil, ipywidgets, jinja2, markupsafe, narwhals, pint, psygnal\n"
        "print(pint.UnitRegistry()('3 ug').to('mg'), markupsafe.escape('<'))\n"
        "ipywidgets.Text(value='alive')"
    )
    assert "0.003 milligram &lt;" in said
    session.page.locator(".jp-CodeCell .widget-text input").first.wait_for()


def test_a_chart_is_drawn_by_this_sites_script(session: Session) -> None:
    session.run(
        "import run_here\nfrom IPython.display import HTML\n"
        "HTML(run_here.draw({'$schema': 'https://vega.github.io/schema/vega-lite/v6.json',"
        " 'description': 'one bar', 'data': {'values': [{'a': 1}]}, 'mark': 'bar',"
        " 'encoding': {'x': {'field': 'a', 'type': 'quantitative'}}})['text/html'])"
    )
    session.page.locator(".jp-CodeCell .vega-embed canvas, .jp-CodeCell .vega-embed svg").wait_for()


def test_an_installer_says_why_not(session: Session) -> None:
    said = session.run("%pip install requests")
    assert "Not installed: requests" in said


def test_only_the_named_files_were_asked_of_the_named_host(session: Session, base_url: str) -> None:
    away = {u for u in session.asked if not u.startswith((base_url, "data:", "blob:"))}
    named = {p["file_name"] for p in _lock()["packages"].values() if "://" in p["file_name"]}
    assert away <= named


def test_the_page_says_how_much_this_site_sends(session: Session, base_url: str) -> None:
    sums = dict.fromkeys(running.FROM_HERE, 0)
    program, python, packages = running.FROM_HERE
    for url in {u.split("?")[0] for u in session.asked if u.startswith(base_url)}:
        path = urlsplit(url).path.lstrip("/")
        file = SITE / path
        if not file.is_file():
            continue
        kind = program
        if "vendor/pyodide" in path:
            kind = python
        elif path.startswith("lite/packages"):
            kind = packages
        data = file.read_bytes()
        packed = file.suffix in (".whl", ".zip", ".woff2", ".png")
        sums[kind] += len(data) if packed else len(gzip.compress(data, 6))
    for kind, said in running.FROM_HERE.items():
        assert 0.75 * said < sums[kind] / 1e6 < 1.1 * said, (kind, sums)

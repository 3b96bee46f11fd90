"""The second door: a downloaded chapter runs alone, in a folder that holds nothing else."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from secretome_book import notebooks, sharing

from . import elsewhere

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
DOWNLOADS = sorted(
    p.relative_to(SITE / "_sources").as_posix() for p in SITE.glob("_sources/**/*.ipynb")
)
COMES_WITH_THE_PACKAGE = {"IPython", "altair", "numpy", "pandas", "pint", "scipy", "secretome"}


def test_roles_and_directives_become_plain_markdown() -> None:
    text = (
        "{glue:text}`n_a` studies of {term}`EV` and {term}`vesicles <EV>`.\n\n"
        "```{div} sb-facts\n**Time** {glue:text}`n_a` minutes.\n```\n\n"
        "```{exercise-start} Count\n:label: x\n```\nHow many?\n```{exercise-end}\n```\n"
        "::::{grid} 1\n:::{grid-item-card} A\nInside.\n:::\n::::\n"
        "See [](../start/methods.md) and\n```python\nimport this\n```\n"
    )
    plain = notebooks.plain(text, {"n_a": "12"}, ROOT / "chapters" / "evidence")
    assert "See *Methods: how a fact gets into this book* and" in plain
    assert "12 studies of EV and vesicles." in plain
    assert "**Time** 12 minutes." in plain
    assert "**Exercise: Count**" in plain
    assert "Inside." in plain
    assert "```python\nimport this\n```" in plain
    assert not re.search(r"\{[\w:-]+\}|:::", plain)


def test_a_number_that_was_not_computed_stops_the_build() -> None:
    with pytest.raises(KeyError):
        notebooks.plain("{glue:text}`nowhere`", {}, ROOT)


@pytest.mark.site
@pytest.mark.parametrize("name", DOWNLOADS)
def test_download_asks_only_for_what_the_package_brings(name: str) -> None:
    notebook = nbformat.read(SITE / "_sources" / name, as_version=4)
    nbformat.validate(notebook)
    modules = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            # text in braces before a backtick is a role that Jupyter would show as it is
            assert not re.search(r"\{[\w:-]+\}`|^[`:]{3,}\{", cell.source, re.M), cell.source
            continue
        code = re.sub(r"^( *)%.*$", r"\1pass", cell.source, flags=re.M)
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(str(node.module).split(".")[0])
    assert modules - set(sys.stdlib_module_names) <= COMES_WITH_THE_PACKAGE


@pytest.mark.parametrize("name", ["start/methods", "evidence/synthesis", "teach/quiz-bank"])
def test_solutions_can_be_taken_out_by_their_tag(name: str) -> None:
    source = ROOT / "chapters" / f"{name}.md"
    text = source.read_text(encoding="utf-8")
    numbers = dict.fromkeys(re.findall(r"\{glue:text\}`([^`]+)`", text), "7")
    cells = notebooks.downloadable(source, numbers).cells
    sheet = [c.source for c in cells if "solution" not in c.metadata.get("tags", [])]
    solutions = [c for c in cells if "solution" in c.metadata.get("tags", [])]
    assert sum("**Solution**" in c.source for c in solutions) == text.count("{solution-start}")
    assert sum("**Exercise: " in s for s in sheet) == text.count("{exercise-start}")
    assert not any("**Solution**" in s for s in sheet)
    assert not any("**Exercise: " in c.source or c.source.startswith("#") for c in solutions)
    assert len({c["id"] for c in cells}) == len(cells)


@pytest.mark.site
def test_every_chapter_links_its_notebook() -> None:
    assert DOWNLOADS
    for name in DOWNLOADS:
        page = (SITE / name).with_suffix(".html").read_text(encoding="utf-8")
        assert f"_sources/{name}" in page


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each download, run where the built wheel is and nothing of the book."""
    dist, folder, empty = (tmp_path_factory.mktemp(n) for n in ("dist", "environment", "empty"))
    wheel = next(elsewhere.build(dist).glob("*.whl"))
    python, packages = elsewhere.environment(folder, wheel)
    assert not (packages / "myst_nb").exists()
    # -P: the tests beside that file are not for the notebooks to import
    command = [python, "-P", Path(elsewhere.__file__).with_name("run_notebooks.py"), empty]
    files = [SITE / "_sources" / name for name in DOWNLOADS]
    said = elsewhere.run(
        "env", f"IPYTHONDIR={empty / 'ipython'}", *command, *files, cwd=empty, timeout=900
    )
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {Path(f["file"]).relative_to(SITE / "_sources").as_posix(): f for f in found}


@pytest.mark.site
@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_download_runs_in_an_empty_folder(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[name]
    assert outcome["error"] == ""
    assert "site-packages" in outcome["package"], "not the built wheel"
    page = (SITE / name).with_suffix(".html").read_text(encoding="utf-8")
    assert outcome["charts"] == page.count('<figure class="sb-chart')


@pytest.mark.site
@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_download_installs_the_release_that_the_book_is_cited_as(name: str) -> None:
    notebook = nbformat.read(SITE / "_sources" / name, as_version=4)
    first = next(c.source for c in notebook.cells if c.cell_type == "code")
    cff = sharing.citation(ROOT)
    address = f"secretome @ git+{cff['repository-code']}@v{cff['version']}"
    assert re.findall(r'%pip install -q "([^"]*)"', first) == [address]

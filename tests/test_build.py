"""The build turns red where it should, and re-runs what a change can reach."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book"))

import build  # noqa: E402
import reproducible  # noqa: E402

HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---
# A page

A page with a running cell, so that each test below fails for its own reason.

```{code-cell} ipython3
1 + 1
```

"""
# what stands in the page, and what the log must say of it
BROKEN = {
    "a failing cell": ("```{code-cell} ipython3\n1 / 0\n```\n", "ZeroDivisionError"),
    "a warning": ("```{no-such-directive}\n```\n", "Unknown directive type"),
    "a missing citation": ("See {cite}`nobody-1900`.\n", "could not find bibtex key"),
    "a broken cross-reference": ("See {ref}`nowhere`.\n", "undefined label"),
    "a study that is not in the tables": (
        "See {study}`nobody-1900`.\n",
        "there is no study 'nobody-1900'",
    ),
    "a chart without a description": (
        "```{code-cell} ipython3\nimport altair, pandas\n"
        "altair.Chart(pandas.DataFrame({'a': [1]})).mark_bar().encode(x='a:Q')\n```\n",
        "a chart has no description",
    ),
    "a quiz that the bank does not hold": (
        "```{quiz} no/such\n```\n",
        "the quiz bank has no question",
    ),
}


@pytest.fixture(scope="module")
def miniature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of one page with the settings of the real one."""
    root = tmp_path_factory.mktemp("book")
    for name in ("book", "assets", "src", "data"):
        (root / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "requirements.lock", root)
    for name in ("_config.yml", "CITATION.cff", "CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    (root / "chapters").mkdir()
    shutil.copy(ROOT / "chapters" / "quiz-bank.json", root / "chapters")
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    return root


def _build(root: Path, body: str) -> int:
    (root / "index.md").write_text(HEAD + body, encoding="utf-8")
    return build.build(root, quiet=True)


def test_a_sound_page_builds(miniature: Path) -> None:
    code = _build(miniature, "Nothing is wrong here.\n")
    assert code == 0, (miniature / "_build" / "build.log").read_text(encoding="utf-8")[-3000:]


CHART = """```{code-cell} ipython3
import altair, pandas
rows = pandas.DataFrame({"a": [1, 2], "kind": ["one", "two"]})
altair.Chart(rows, description="Two bars.").mark_bar().encode(x="a:Q", color="kind:N")
```
"""


def _terms(word: str) -> str:
    return f"# Words with {word}\n\n```{{glossary}}\n{word}\n  What it means.\n```\n"


def _write_toc(root: Path, *pages: str) -> None:
    entries = "".join(f"\n- file: {name}" for name in pages)
    toc = "format: jb-book\nroot: index\n" + (entries and f"chapters:{entries}\n")
    (root / "_toc.yml").write_text(toc, encoding="utf-8")


@pytest.fixture
def four_pages(miniature: Path) -> Iterator[Path]:
    """The miniature with a chart, two pages of terms, and one page of prose."""
    pages = {"kept": _terms("alpha"), "gone": _terms("beta"), "prose": "# Prose\n\nSome words.\n"}
    _write_toc(miniature, *pages)
    for name, text in {**pages, "index": HEAD + CHART}.items():
        (miniature / f"{name}.md").write_text(text, encoding="utf-8")
    yield miniature
    _write_toc(miniature)
    for name in pages:
        (miniature / f"{name}.md").unlink(missing_ok=True)


def _index_entries(root: Path) -> set[str]:
    text = (root / "_build" / "html" / "searchindex.js").read_text(encoding="utf-8")
    return set(json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))["indexentries"])


def test_a_rebuild_keeps_what_the_search_leads_to(four_pages: Path) -> None:
    assert build.build(four_pages) == 0
    assert {"alpha", "beta"} <= _index_entries(four_pages)
    (four_pages / "prose.md").write_text("# Prose\n\nOther words.\n", encoding="utf-8")
    (four_pages / "gone.md").unlink()
    _write_toc(four_pages, "kept", "prose")
    assert build.build(four_pages) == 0
    assert "alpha" in _index_entries(four_pages)
    assert "beta" not in _index_entries(four_pages), "its page is gone"


def test_two_builds_give_the_same_bytes(four_pages: Path) -> None:
    sites = []
    for _ in range(2):
        assert build.build(four_pages, clean=True) == 0
        sites.append(reproducible.fingerprints(four_pages / "_build" / "html"))
    assert reproducible.differences(*sites) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_page_turns_the_build_red(name: str, miniature: Path) -> None:
    body, message = BROKEN[name]
    assert _build(miniature, body) != 0
    log = (miniature / "_build" / "build.log").read_text(encoding="utf-8")
    assert message in log
    # and where: the line of the page, or the cell
    place = (
        r"1 / 0" if "cell" in name else rf"index\.md(\.rst)?:1\d: WARNING: .*{re.escape(message)}"
    )
    assert re.search(place, log)


def test_a_broken_page_stays_red_when_built_again(miniature: Path) -> None:
    body, _ = BROKEN["a warning"]
    assert _build(miniature, body) != 0
    assert build.build(miniature, quiet=True) != 0


def test_chapters_run_on_the_cores_there_are(
    miniature: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    pool = build.multiprocessing.Pool

    def counted(workers: int) -> object:
        asked.append(workers)
        return pool(workers)

    monkeypatch.setattr(build.multiprocessing, "Pool", counted)
    monkeypatch.setattr(build, "_cores", lambda: 2)
    (miniature / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters: [{file: a}, {file: b}]\n", encoding="utf-8"
    )
    for number, name in enumerate(("index", "a", "b")):
        text = HEAD.replace("1 + 1", f"{number} + 100")
        (miniature / f"{name}.md").write_text(text, encoding="utf-8")
    try:
        build.execute_ahead(miniature)
        build.execute_ahead(miniature)  # nothing is left to run
    finally:
        (miniature / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    assert asked == [2]


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    for name in ("data", "src", "book/ipython"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file.txt").write_text("one", encoding="utf-8")
    (tmp_path / "requirements.lock").write_text("one", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "changed", ["data/file.txt", "src/file.txt", "book/ipython/file.txt", "requirements.lock"]
)
def test_a_changed_input_throws_the_cache_away(changed: str, small_tree: Path) -> None:
    cache = small_tree / "_build" / ".jupyter_cache"
    assert build.refresh_cache(small_tree)
    cache.mkdir(parents=True)
    assert not build.refresh_cache(small_tree)
    assert cache.exists()
    (small_tree / changed).write_text("two", encoding="utf-8")
    assert build.refresh_cache(small_tree)
    assert not cache.exists()


def test_environment_refuses_an_unknown_python() -> None:
    code = (
        "import sys; sys.version_info = (3, 9, 0); sys.path.insert(0, 'book');"
        "import environment, pathlib; environment.create(pathlib.Path('x'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13" in done.stderr

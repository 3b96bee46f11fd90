"""The third door: the package is built, checked and installed where nothing else of it is."""

from __future__ import annotations

import email.message
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from packaging.utils import canonicalize_name

import secretome

from . import elsewhere

ROOT = Path(__file__).resolve().parents[1]
TABLES = sorted(p.name for p in (ROOT / "data").iterdir() if p.is_file())
MODULES = sorted(p.name for p in (ROOT / "src" / "secretome").glob("*.py"))
STATIC = sorted(p.name for p in (ROOT / "src" / "secretome" / "static").iterdir())
INTERPRETERS = elsewhere.interpreters()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the wheel and the source distribution."""
    return elsewhere.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module", params=INTERPRETERS.values(), ids=INTERPRETERS)
def place(
    request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A fresh environment that holds the wheel: its Python, the folder of its packages."""
    folder = tmp_path_factory.mktemp("environment")
    return elsewhere.environment(folder, next(built.glob("*.whl")), command=request.param)


def test_wheel_holds_the_tables_and_the_types(built: Path) -> None:
    wheel = zipfile.ZipFile(next(built.glob("*.whl")))
    names = set(wheel.namelist())
    for name in (*MODULES, "py.typed"):
        assert f"secretome/{name}" in names
    assert {f"secretome/data/{name}" for name in TABLES} <= names
    assert {f"secretome/static/{name}" for name in STATIC} <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"secretome", f"secretome-{secretome.__version__}.dist-info"}
    metadata = wheel.read(f"secretome-{secretome.__version__}.dist-info/METADATA").decode()
    assert "License-Expression: MIT" in metadata
    assert "License-File: LICENSE-CC-BY-4.0.md" in metadata
    assert not any(part in name for name in names for part in ("__pycache__", ".ipynb", "tests"))


def test_source_distribution_builds_the_same(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    assert {f"data/{name}" for name in TABLES} <= names
    assert {"pyproject.toml", "LICENSE", "LICENSE-CC-BY-4.0.md", "CITATION.cff"} <= names
    tops = {name.split("/")[0] for name in names}
    ours = {"src", "data", "LICENSE", "LICENSE-CC-BY-4.0.md", "CITATION.cff", "README.md"}
    assert tops == ours | {"pyproject.toml", "PKG-INFO", ".gitignore"}


def _sdist_metadata(built: Path) -> str:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        name = next(n for n in sdist.getnames() if n.count("/") == 1 and n.endswith("/PKG-INFO"))
        file = sdist.extractfile(name)
        assert file
        return file.read().decode()


@pytest.mark.parametrize("of", ["wheel", "source distribution"])
def test_metadata_is_valid_and_the_readme_is_what_it_says(of: str, built: Path) -> None:
    wheel = of == "wheel"
    text = elsewhere.metadata(next(built.glob("*.whl"))) if wheel else _sdist_metadata(built)
    said = Metadata.from_email(text, validate=True)
    assert said.name == "secretome"
    assert str(said.version) == secretome.__version__
    assert said.license_expression == "MIT"
    assert said.description_content_type
    kind = email.message.EmailMessage()
    kind["Content-Type"] = said.description_content_type
    assert kind.get_content_type() == "text/markdown"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (said.description or "").strip() == readme.strip()
    # an index knows two dialects; GitHub's, the one meant where none is named, has tables
    dialect = kind["Content-Type"].params.get("variant", "GFM")
    shown = MarkdownIt({"GFM": "gfm-like", "CommonMark": "commonmark"}[dialect]).render(readme)
    assert shown.startswith("<h1>")
    left = re.sub(r"<pre>.*?</pre>|<code>.*?</code>|<[^>]*>", "", shown, flags=re.S)
    assert not re.search(r"^\s*#|^\||```|\]\(|\*\*", left, re.M), "shown as it was typed"


def test_environment_holds_what_the_wheel_declares_and_nothing_else(
    place: tuple[Path, Path], built: Path, tmp_path: Path
) -> None:
    code = "from importlib.metadata import distributions as d; print(*{x.name for x in d()})"
    there = {
        canonicalize_name(n) for n in elsewhere.run(place[0], "-c", code, cwd=tmp_path).split()
    }
    declared = elsewhere.requirements(next(built.glob("*.whl")))
    assert there == elsewhere.closure(declared) | {"secretome"}
    assert not there & {"frictionless", "jupyter-book", "myst-nb", "pytest"}


def test_installed_package_loads_its_tables_from_another_folder(
    place: tuple[Path, Path], tmp_path: Path
) -> None:
    python, packages = place
    code = (
        "import secretome, pathlib;"
        "print(len(secretome.load('studies')), pathlib.Path(secretome.__file__).parent)"
    )
    rows, folder = elsewhere.run(python, "-c", code, cwd=tmp_path).split()
    assert int(rows) == len(secretome.load("studies"))
    assert Path(folder) == packages / "secretome", "another copy was imported"


def test_installed_package_imports_every_module(place: tuple[Path, Path], tmp_path: Path) -> None:
    code = "import secretome; [getattr(secretome, n) for n in secretome.__all__]; print('whole')"
    assert elsewhere.run(place[0], "-c", code, cwd=tmp_path).strip() == "whole"


def test_a_type_checker_sees_the_types(place: tuple[Path, Path], tmp_path: Path) -> None:
    python, packages = place
    if not (packages / "pandas-stubs").exists():
        # types of pandas are a matter of who checks types, not a dependency
        elsewhere.link(["pandas-stubs"], packages)
    (tmp_path / "course.py").write_text(
        "import pandas as pd\n"
        "from secretome.tables import load\n"
        "frame: pd.DataFrame = load('studies')\n"
        "wrong: int = load('studies')\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", str(python), "course.py"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )
    assert "missing library stubs or py.typed marker" not in done.stdout
    assert done.stdout.count("error:") == 1, done.stdout
    assert "course.py:4" in done.stdout


def test_examples_in_the_docstrings_are_true_where_the_extra_is_installed(
    built: Path, tmp_path: Path
) -> None:
    wheel = next(built.glob("*.whl"))
    python, packages = elsewhere.environment(tmp_path, wheel, extra="validate")
    assert (packages / "frictionless").exists()
    code = (
        "import doctest, importlib, pkgutil, secretome\n"
        "names = [m.name for m in pkgutil.iter_modules(secretome.__path__, 'secretome.')]\n"
        "names.remove('secretome.__main__')\n"
        "results = [doctest.testmod(importlib.import_module(name)) for name in names]\n"
        "print(sum(r.failed for r in results), sum(r.attempted for r in results))\n"
    )
    *said, last = elsewhere.run(python, "-c", code, cwd=tmp_path).splitlines()
    failed, attempted = map(int, last.split())
    assert failed == 0, "\n".join(said)
    assert attempted > 300

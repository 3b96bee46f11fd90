"""The third door: the package is built, checked and installed where nothing else of it is."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import secretome

ROOT = Path(__file__).resolve().parents[1]
TABLES = sorted(p.name for p in (ROOT / "data").iterdir() if p.is_file())
MODULES = sorted(p.name for p in (ROOT / "src" / "secretome").glob("*.py"))
STATIC = sorted(p.name for p in (ROOT / "src" / "secretome" / "static").iterdir())


def _run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, text=True, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the wheel and the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    # without isolation nothing is fetched; the wheel is made from the sdist, so both are whole
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


@pytest.fixture(scope="module")
def elsewhere(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment that holds the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(_run(python, "-c", code, cwd=folder).strip())
    # dependencies come from this environment, since tests ask no index; a path that is named
    # in a .pth file stands after the folder itself and brings no .pth file of its own, so
    # that an editable install of this repository stays out
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    wheel = next(built.glob("*.whl"))
    install = ["-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet"]
    _run(sys.executable, *install, wheel, cwd=folder)
    return python


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


def test_installed_package_loads_its_tables_from_another_folder(
    elsewhere: Path, tmp_path: Path
) -> None:
    code = (
        "import secretome, pathlib;"
        "print(len(secretome.load('studies')), pathlib.Path(secretome.__file__).parent)"
    )
    rows, place = _run(elsewhere, "-c", code, cwd=tmp_path).split()
    assert int(rows) == len(secretome.load("studies"))
    assert Path(place).is_relative_to(elsewhere.parents[1]), "another copy was imported"


def test_installed_package_imports_every_module(elsewhere: Path, tmp_path: Path) -> None:
    code = "import secretome; [getattr(secretome, n) for n in secretome.__all__]; print('whole')"
    assert _run(elsewhere, "-c", code, cwd=tmp_path).strip() == "whole"


def test_a_type_checker_sees_the_types(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "course.py").write_text(
        "import pandas as pd\n"
        "from secretome.tables import load\n"
        "frame: pd.DataFrame = load('studies')\n"
        "wrong: int = load('studies')\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", str(elsewhere), "course.py"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )
    assert "missing library stubs or py.typed marker" not in done.stdout
    assert done.stdout.count("error:") == 1, done.stdout
    assert "course.py:4" in done.stdout


def test_examples_in_the_docstrings_are_true(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--doctest-modules", "-p", "no:cacheprovider"]
    _run(*command, ROOT / "src" / "secretome", cwd=ROOT)

"""Environments that hold the built package and what it declares, and nothing else.

Tests ask no index, so the dependencies are linked, file by file, from the environment that
runs the tests: exactly the distributions that ``Requires-Dist`` of the wheel leads to.  A
dependency that the package uses and does not declare is then missing, as at a reader's.
"""

from __future__ import annotations

import email
import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ((3, 11), (3, 12), (3, 13))


def run(*command: object, cwd: Path, timeout: float = 300) -> str:
    """Output of a command that has to succeed."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, text=True, capture_output=True, timeout=timeout
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(out: Path) -> Path:
    """Put the wheel and the source distribution into the folder `out`."""
    # without isolation nothing is fetched; the wheel is made from the sdist, so both are whole
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


def metadata(wheel: Path) -> str:
    """The file METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


def requirements(wheel: Path) -> list[str]:
    """What the wheel declares that it needs."""
    return email.message_from_string(metadata(wheel)).get_all("Requires-Dist") or []


def closure(
    needed: Iterable[str], version: tuple[int, int] = sys.version_info[:2], extra: str = ""
) -> set[str]:
    """Names of the distributions that the requirements in `needed` lead to.

    `extra` is the extra for which a requirement in `needed` may be meant.
    """
    short = ".".join(map(str, version))
    waiting = [(Requirement(text), extra) for text in needed]
    found: set[str] = set()
    done: set[tuple[str, str]] = set()
    while waiting:
        requirement, meant = waiting.pop()
        values = {"extra": meant, "python_version": short, "python_full_version": f"{short}.0"}
        if requirement.marker is not None and not requirement.marker.evaluate(values):
            continue
        name = canonicalize_name(requirement.name)
        found.add(name)
        for asked in ("", *requirement.extras):
            if (name, asked) not in done:
                done.add((name, asked))
                texts = importlib.metadata.requires(name) or []
                waiting += [(Requirement(text), asked) for text in texts]
    return found


def link(names: Iterable[str], packages: Path) -> None:
    """Link the files of these distributions into the folder `packages`."""
    for name in names:
        for file in importlib.metadata.distribution(name).files or []:
            source = Path(str(file.locate()))
            if ".." in file.parts or "__pycache__" in file.parts or not source.is_file():
                continue  # commands and shared files, which no import needs
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)


def fits(names: Iterable[str], version: tuple[int, int]) -> bool:
    """Whether a Python of this version can import what is installed here."""
    known = {
        *tags.cpython_tags(version),
        *tags.compatible_tags(version, f"cp{version[0]}{version[1]}"),
    }
    for name in names:
        text = importlib.metadata.distribution(name).read_text("WHEEL") or ""
        said = email.message_from_string(text).get_all("Tag") or []
        if not any(tags.parse_tag(tag) & known for tag in said):
            return False
    return True


def interpreters() -> dict[str, str]:
    """Command by version: this Python, and each other on PATH that can import what is here.

    The compiled dependencies of one environment fit one version, as a rule; the workflow runs
    these tests once with each version for that reason.
    """
    here = sys.version_info[:2]
    declared = importlib.metadata.requires("secretome") or []
    found = {".".join(map(str, here)): sys.executable}
    for version in VERSIONS:
        command = shutil.which(f"python{version[0]}.{version[1]}")
        if version == here or command is None or not fits(closure(declared, version), version):
            continue
        # a launcher on PATH may stand for a Python that is not there
        if subprocess.run([command, "-c", ""], capture_output=True).returncode == 0:
            found[".".join(map(str, version))] = command
    return found


def environment(
    folder: Path, wheel: Path, *, extra: str = "", command: str = sys.executable
) -> tuple[Path, Path]:
    """Make an environment with the wheel and its dependencies in `folder`.

    An extra of the wheel comes on top.  Returns its Python and the folder of its packages.
    """
    run(command, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    code = "import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_path('purelib'))"
    major, minor, place = run(python, "-c", code, cwd=folder).strip().split(" ", 2)
    link(closure(requirements(wheel), (int(major), int(minor)), extra), Path(place))
    install = ["-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet"]
    run(sys.executable, *install, wheel, cwd=folder)
    return python, Path(place)

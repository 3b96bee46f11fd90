"""Create the environment from the lock file, or write the lock file again.

Runs with the system's Python alone; only the standard library may be imported here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"


def create(folder: Path) -> None:
    """Make a virtual environment that holds exactly what the lock file names."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(
            f"This book needs Python 3.11, 3.12 or 3.13; {sys.executable} is "
            f"{sys.version.split()[0]}. Try: make book PYTHON=python3.12"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit("Python's venv module is missing. On Debian: apt-get install python3-venv")
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"Creating {folder.name} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    print("Installing what requirements.lock names (a minute or two) ...", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "--no-deps", "-r", str(LOCK)], check=True)
    subprocess.run(
        [*install, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=True
    )


def lock() -> None:
    """Pin every dependency for Python 3.11 to 3.13, with hashes and without addresses."""
    groups = [part for name in ("book", "lite", "lab", "test") for part in ("--group", name)]
    command = ["uv", "pip", "compile", "pyproject.toml", "--extra", "validate", *groups]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-header", "--upgrade", "-o", str(LOCK)]
    subprocess.run(command, check=True, cwd=ROOT)
    binder()


def binder() -> None:
    """Write Binder's requirements: the same pins for Python 3.12, then the package itself.

    Binder installs with pip and without hashes, because the package is a folder.
    """
    file = ROOT / ".binder" / "requirements.txt"
    command = ["uv", "pip", "compile", "pyproject.toml", "--extra", "validate"]
    command += ["--group", "book", "--group", "lab", "--python-version", "3.12"]
    command += ["--constraint", str(LOCK), "--no-emit-index-url", "--no-header"]
    command += ["--no-annotate", "-o", str(file)]
    subprocess.run(command, check=True, cwd=ROOT)
    pins = file.read_text(encoding="utf-8")
    file.write_text("# Written by `make lock`; do not edit.\n" + pins + ".\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock()
    elif sys.argv[1:] == ["--binder"]:
        binder()
    else:
        create(Path(sys.argv[1]))

"""Build one commit twice, in two folders, and compare every byte of the two websites.

What may differ is listed in ``book/may-differ.txt``, a pattern and a reason a line; anything
else fails.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "book" / "may-differ.txt"


def allowed() -> dict[str, str]:
    """Patterns of files that may differ, with the reason."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("  ", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {pattern.strip(): reason.strip() for pattern, reason in pairs}


def fingerprints(site: Path) -> dict[str, str]:
    """SHA-256 of every file of a website."""
    return {
        file.relative_to(site).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(site.rglob("*"))
        if file.is_file()
    }


def differences(one: dict[str, str], two: dict[str, str]) -> list[str]:
    """Files that only one website has, or that differ."""
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def build(folder: Path) -> Path:
    """Build the last commit in an empty folder; returns the website."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONHASHSEED": "0"}
    command = [sys.executable, str(folder / "book" / "build.py"), "--clean"]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder / "_build" / "html"


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        sites = [build(Path(home, name)) for name in ("one", "two")]
        one, two = map(fingerprints, sites)
        found = differences(one, two)
        listed = allowed()
        loud = [f for f in found if not any(fnmatch.fnmatch(f, p) for p in listed)]
        for name in found:
            print(f"{'DIFFERS' if name in loud else 'listed '}  {name}")
            if name in loud and name in one and name in two:
                a, b = ((s / name).read_bytes() for s in sites)
                at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
                print(f"    {a[at - 60 : at + 60]!r}\n    {b[at - 60 : at + 60]!r}")
    print(f"{len(one)} files, {len(found)} differ, {len(loud)} of them not listed.")
    return int(bool(loud))


if __name__ == "__main__":
    sys.exit(main())

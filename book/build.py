"""Build the website: execute every chapter, write ``_build/html``, say how long it took.

jupyter-cache looks at code cells only.  A changed table or helper would keep old output, so
the cache is thrown away when ``data/``, ``src/``, the kernel's start-up file or the lock file
has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from jupyter_cache.executors.basic import ExecutionWorkerLocalMProc, ProcessData

import lite

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("data", "src", "book/ipython", "requirements.lock")
PAGE_INPUTS = ("book/secretome_book", "assets")
"""What Sphinx does not watch, though every page depends on it; no chapter runs again for it."""


def _files(root: Path, names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        place = root / name
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        yield from (p for p in found if p.is_file() and "__pycache__" not in p.parts)


def inputs_digest(root: Path, names: Sequence[str] = INPUTS) -> str:
    """One hash over everything, besides the chapters, that an output can depend on."""
    digest = hashlib.sha256()
    for file in _files(root, names):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def refresh_cache(root: Path) -> bool:
    """Throw the cache of executed notebooks away if an input has changed.

    Returns whether it was thrown away.
    """
    # the cache knows chapters by their full path: a copied checkout starts anew
    stale = _changed(root / "_build" / "inputs.sha256", f"{inputs_digest(root)} {root}")
    if stale:
        shutil.rmtree(root / "_build" / ".jupyter_cache", ignore_errors=True)
    return stale


def _changed(stamp: Path, now: str) -> bool:
    if stamp.exists() and stamp.read_text(encoding="utf-8").strip() == now:
        return False
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now + "\n", encoding="utf-8")
    return True


def _chapters(entry: object) -> Iterator[str]:
    if isinstance(entry, dict):
        yield from (str(entry[key]) for key in ("root", "file") if key in entry)
        for value in entry.values():
            yield from _chapters(value)
    elif isinstance(entry, list):
        for value in entry:
            yield from _chapters(value)


def execute_ahead(root: Path) -> None:
    """Fill the cache, a chapter a core; the build then finds every chapter executed.

    Sphinx would run them one after another, and most of a chapter's time is the start of its
    kernel.  What fails here is left to the build, which reports it with its place.
    """
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    cache = get_cache(root / "_build" / ".jupyter_cache")
    for name in _chapters(toc):
        file = root / f"{name}.md"
        if file.exists() and "{code-cell}" in file.read_text(encoding="utf-8"):
            cache.add_nb_to_project(str(file), read_data={"name": "myst_nb_md", "type": "plugin"})
    executor = load_executor("local-parallel", cache, logger=logging.getLogger("ahead"))
    waiting = [
        ProcessData(record.pk, record.uri, cache, 300, False)
        for record in executor.get_records(clear_tracebacks=True)
    ]
    if not waiting:
        return
    multiprocessing.log_to_stderr(logging.CRITICAL)
    # the executor's own pool hands out chapters by the handful, and one core is done early
    with multiprocessing.Pool(min(_cores(), len(waiting))) as pool:
        for _ in pool.imap_unordered(ExecutionWorkerLocalMProc(), waiting):
            pass


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def build(root: Path, *, clean: bool = False, quiet: bool = False) -> int:
    """Build the book in `root`; warnings are errors.

    Returns the exit code of the build.
    """
    if clean:
        shutil.rmtree(root / "_build", ignore_errors=True)
    stale = refresh_cache(root)
    os.environ["IPYTHONDIR"] = str(ROOT / "book" / "ipython")
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ["PYTHONPATH"] = str(ROOT / "book" / "quick")
    execute_ahead(root)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(root)]
    command += ["-W", "--keep-going"]
    # Sphinx forgets the warnings of pages that it does not read again, so that a second try
    # after a failed build would pass
    failed = root / "_build" / "failed"
    pages = _changed(root / "_build" / "pages.sha256", inputs_digest(root, PAGE_INPUTS))
    if stale or pages or failed.exists():
        command.append("--all")
    failed.touch()
    log = subprocess.run(command, cwd=root, text=True, capture_output=True)
    text = log.stdout + log.stderr
    (root / "_build" / "build.log").write_text(text, encoding="utf-8")
    if log.returncode and not quiet:
        keep = [
            line
            for line in text.splitlines()
            if re.search("WARNING|ERROR|Error", line) and "IPKernelApp" not in line
        ]
        print("\n".join(keep or text.splitlines()[-60:]), file=sys.stderr)
        print(f"\nThe build failed; the whole log is in {root / '_build/build.log'}.")
    if not log.returncode:
        failed.unlink()
    return log.returncode


def build_all(root: Path, *, clean: bool = False) -> int:
    """Build the book, then the door that runs its chapters in the reader's browser."""
    return build(root, clean=clean) or lite.build(root / "_build" / "html")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", action="store_true", help="build from nothing")
    options = parser.parse_args()
    start = time.perf_counter()
    code = build_all(ROOT, clean=options.clean)
    if code:
        return code
    timings = json.loads((ROOT / "_build" / "timings.json").read_text(encoding="utf-8"))
    for chapter, seconds in sorted(timings.items()):
        print(f"{seconds:6.1f} s  {chapter}")
    print(f"Built in {time.perf_counter() - start:.0f} s.")
    print(f"The website is in {ROOT / '_build' / 'html'}")
    print("Look at it: make serve")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Build the "run here" door into ``_build/html/lite``: JupyterLite with the Pyodide kernel.

Everything is served from this site except the compiled packages, which exist for the browser
only in Pyodide's own distribution.  The kernel reads a lock file that is written here: it
names the compiled packages by their full address and hash, as the distribution's lock file
does, and every pure-Python package as a wheel beside it, made of what ``requirements.lock``
installed.  So the list of what can be fetched is closed, and known before anything loads.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "assets" / "vendor" / "pyodide"
KERNEL_SIDE = ROOT / "book" / "lite"
sys.path.insert(0, str(KERNEL_SIDE))

from run_here import COMPILED, HOST  # noqa: E402

sys.path.remove(str(KERNEL_SIDE))

APPS = ("notebooks", "tree")
EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
    "jupyterlab-myst",
    "jupyterlab_pygments",
)
KERNEL = ("micropip", "ipykernel", "piplite", "pyodide-kernel", "comm", "jedi", "ipython")
"""What the kernel needs to start; all of it from this site."""
_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
_FIRST_CELL = """\
import run_here  # numpy, pandas, scipy and rpds-py come from cdn.jsdelivr.net, the rest from here
run_here.ready()
import secretome
"""
_NOT_NEEDED = re.compile(
    r"(^|/)(\.\.|__pycache__|tests?|stubs|django-stubs|nbextension|labextension)(/|$)"
    r"|\.(so|pyc|exe)$|(^|/)(RECORD|INSTALLER|REQUESTED|direct_url\.json)$"
)
_IN_BROWSER = {
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "platform_machine": "wasm32",
    "extra": "",
}
_WITHOUT = {"widgetsnbextension", "jupyterlab-widgets", "pytz"}
"""Named as dependencies, but only files for other front ends, or not needed by this pandas."""


def distribution() -> dict[str, Any]:
    """The lock file of the vendored Pyodide."""
    lock: dict[str, Any] = json.loads((CORE / "pyodide-lock.json").read_text(encoding="utf-8"))
    return lock


def version() -> str:
    """Version of the vendored Pyodide."""
    manifest = json.loads((CORE.parent / "manifest.json").read_text(encoding="utf-8"))
    return next(p["version"] for p in manifest["packages"] if p["name"] == "pyodide")


def _needs(name: str) -> list[str]:
    """Names of the packages that an installed one needs in the browser."""
    needs = map(Requirement, importlib.metadata.requires(name) or [])
    found = (n for n in needs if n.marker is None or n.marker.evaluate(_IN_BROWSER))
    return sorted({canonicalize_name(n.name) for n in found} - _WITHOUT)


def pure_packages() -> dict[str, list[str]]:
    """Every package that this site serves, with what each needs."""
    waiting, found = ["secretome", "ipython", "jedi", "comm", "ipywidgets", "pandas"], {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _needs(name)
            waiting += found[name]
    return {name: found[name] for name in sorted(found) if name not in COMPILED}


def _files(name: str) -> Iterator[tuple[str, bytes]]:
    package = importlib.metadata.distribution(name)
    if name == "secretome":  # installed as a link to the source
        for folder, inside in (("src/secretome", "secretome"), ("data", "secretome/data")):
            for file in (ROOT / folder).rglob("*"):
                if file.is_file():
                    yield (
                        f"{inside}/{file.relative_to(ROOT / folder).as_posix()}",
                        file.read_bytes(),
                    )
        yield (
            f"secretome-{package.version}.dist-info/METADATA",
            package.read_text("METADATA").encode(),
        )
        return
    for file in package.files or []:
        yield file.as_posix(), Path(str(file.locate())).read_bytes() if _wanted(file) else b""


def _wanted(file: Any) -> bool:
    return not _NOT_NEEDED.search(str(file)) and Path(str(file.locate())).is_file()


def wheel(folder: Path, name: str, release: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Write a wheel, the same bytes for the same files; returns its entry in the lock file."""
    stem = f"{name.replace('-', '_')}-{release}"
    inside = {k: v for k, v in files.items() if not _NOT_NEEDED.search(k)}
    info = next((k.split("/")[0] for k in inside if ".dist-info/" in k), f"{stem}.dist-info")
    inside.setdefault(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\n".encode())
    inside[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    inside[f"{info}/RECORD"] = "".join(f"{k},,\n" for k in sorted(inside)).encode()
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for k in sorted(inside):
            archive.writestr(
                zipfile.ZipInfo(k, (1980, 1, 1, 0, 0, 0)), inside[k], zipfile.ZIP_DEFLATED
            )
    tops = {k.split("/")[0] for k in inside if k.endswith(".py")}
    return {
        "name": name,
        "version": release,
        "file_name": path.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(t.removesuffix(".py") for t in tops),
        "depends": [],
        "unvendored_tests": False,
    }


def write_packages(folder: Path) -> dict[str, Any]:
    """Write the wheels and the lock file of the kernel; returns the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    theirs = distribution()
    packages: dict[str, Any] = {}
    for name in COMPILED:
        entry = dict(theirs["packages"][name])
        entry["file_name"] = f"https://{HOST}/pyodide/v{version()}/full/{entry['file_name']}"
        packages[name] = entry
    pure = pure_packages()
    for name, needs in pure.items():
        release = importlib.metadata.version(name)
        packages[name] = wheel(folder, name, release, dict(_files(name)))
        packages[name]["depends"] = needs
    mocks = Path(sys.prefix, "share/jupyter/labextensions", EXTENSIONS[0], "static/pypi")
    for name in ("ipykernel", "pyodide_kernel"):
        source = next(mocks.glob(f"{name}-*.whl"))
        with zipfile.ZipFile(source) as archive:
            files = {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}
        official = name.replace("_", "-")
        packages[official] = wheel(folder, official, source.name.split("-")[1], files)
    own = {
        "piplite": [KERNEL_SIDE / "piplite"],
        "micropip": [KERNEL_SIDE / "micropip.py"],
        "run-here": [KERNEL_SIDE / "run_here.py"],
    }
    for name, places in own.items():
        files = {
            p.relative_to(KERNEL_SIDE).as_posix(): p.read_bytes()
            for place in places
            for p in ([place] if place.is_file() else place.glob("*.py"))
        }
        packages[name] = wheel(folder, name, "1.0", files)
    packages["pyodide-kernel"]["depends"] = ["comm", "ipython"]
    packages["pandas"]["depends"] = ["numpy", "python-dateutil", "tzdata"]
    packages["run-here"]["depends"] = [*COMPILED]
    packages["micropip"]["depends"] = ["piplite"]
    for entry in packages.values():
        entry["depends"] = [d for d in entry["depends"] if d in packages]
    lock = {"info": theirs["info"], "packages": dict(sorted(packages.items()))}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1), encoding="utf-8")
    return lock


def write_notebooks(site: Path, contents: Path) -> int:
    """Copy each chapter's download, with a first cell for the browser; returns how many."""
    sources = site / "_sources"
    count = 0
    for file in sorted(sources.rglob("*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code" and "%pip install" in cell.source:
                cell.source = _FIRST_CELL.rstrip()
                break
        target = contents / file.relative_to(sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
        count += 1
    return count


def _commit_date(root: Path) -> str:
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    return done.stdout.strip() or "315532800"


def _settings(release: str) -> dict[str, Any]:
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "The MSC secretome: run here",
            # a reader's edits stay in the browser and would hide the next release
            "contentsStorageName": f"secretome {release}",
            "exposeAppInBrowser": False,
            "litePluginSettings": {
                _PLUGIN: {
                    "pyodideUrl": "./../_static/vendor/pyodide/pyodide.mjs",
                    "disablePyPIFallback": True,
                    "loadPyodideOptions": {
                        "lockFileURL": "packages/pyodide-lock.json",
                        "packages": [*KERNEL],
                    },
                }
            },
        },
    }


_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob: data:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        f"connect-src 'self' data: blob: https://{HOST}/pyodide/",
        "frame-src 'self' blob: data:",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)


def _guard(folder: Path) -> None:
    """Let the notebook's pages ask this site and the distribution, and nobody else."""
    for page in folder.rglob("index.html"):
        text = page.read_text(encoding="utf-8")
        meta = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        page.write_text(re.sub(r"<head>", f"<head>\n    {meta}", text, count=1), encoding="utf-8")


def _digest(*parts: bytes | Path) -> str:
    result = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            result.update(part + b"\0")
            continue
        for file in [part] if part.is_file() else sorted(part.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                result.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return result.hexdigest()


def _is(stamp: Path, now: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == now


def build(site: Path) -> int:
    """Build the door beside the website in `site`; returns the exit code.

    The program takes seconds and changes seldom; a changed chapter only replaces its notebook.
    """
    work, out = site.parent / "lite", site / "lite"
    names = sorted(p.relative_to(site).as_posix() for p in (site / "_sources").rglob("*.ipynb"))
    mine = Path(__file__).read_bytes()
    program = _digest(mine, (ROOT / "requirements.lock").read_bytes(), *map(str.encode, names))
    packages = _digest(mine, ROOT / "requirements.lock", ROOT / "src", ROOT / "data", KERNEL_SIDE)
    if not out.exists() or not _is(work / "program", program):
        if code := _build_program(site, work, out):
            return code
        (work / "program").write_text(program, encoding="utf-8")
    write_notebooks(site, out / "files")
    if not _is(work / "packages", packages):
        shutil.rmtree(out / "packages", ignore_errors=True)
        write_packages(out / "packages")
        (work / "packages").write_text(packages, encoding="utf-8")
    return 0


def _build_program(site: Path, work: Path, out: Path) -> int:
    for old in (work, out):
        shutil.rmtree(old, ignore_errors=True)
    contents = work / "contents"
    contents.mkdir(parents=True)
    write_notebooks(site, contents)
    release = importlib.metadata.version("secretome")
    (work / "jupyter-lite.json").write_text(json.dumps(_settings(release), indent=1))
    shared = Path(sys.prefix, "share/jupyter/labextensions")
    config = {
        "LiteBuildConfig": {
            "apps": [*APPS],
            "contents": [str(contents)],
            "output_dir": str(out),
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(shared / name) for name in EXTENSIONS],
            "source_date_epoch": int(_commit_date(ROOT)),
        }
    }
    (work / "jupyter_lite_config.json").write_text(json.dumps(config, indent=1))
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(work)]
    done = subprocess.run(
        command, cwd=work, text=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    (work / "build.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        print((done.stdout + done.stderr)[-3000:], file=sys.stderr)
        print(f"The run-here door failed; the whole log is in {work / 'build.log'}.")
        return done.returncode
    _guard(out)
    return 0


if __name__ == "__main__":
    raise SystemExit(build(ROOT / "_build" / "html"))

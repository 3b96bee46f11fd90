"""Lighthouse's four scores of four pages, on a desktop and on a phone.

Lighthouse is an npm package, and npm is no requirement of this book: without it the figures
are left out, and the run says so.  The server compresses, as the one that publishes does.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
PACKAGE = "lighthouse@12.8.2"
HOME = ROOT / "_build" / "lighthouse"
PAGES = {
    "front page": "index.html",
    "maths": "chapters/freeze-drying/what-freeze-drying-does.html",
    "charts": "chapters/evidence/clinical.html",
    "explorer": "chapters/evidence/explorer.html",
}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TARGETS = {
    "desktop": {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100},
    "mobile": {"performance": 85, "accessibility": 100, "best-practices": 100, "seo": 100},
}
ROUNDS = 3
"""Performance differs from run to run on a busy machine; the middle one counts."""


@functools.cache
def _packed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), 6)


class _Compressing(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """The table is the output."""

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if file.is_dir():
            file /= "index.html"
        if not file.is_file():
            self.send_error(404)
            return
        small = file.suffix in (".woff", ".woff2", ".png")
        body = file.read_bytes() if small else _packed(file)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if not small:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve() -> Iterator[str]:
    """The built site on localhost, compressed."""
    handler = functools.partial(_Compressing, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def obtain() -> Path | None:
    """Lighthouse's command, installed below ``_build`` on first use; None without npm."""
    command = HOME / "node_modules" / ".bin" / "lighthouse"
    if command.exists():
        return command
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        print("LIGHTHOUSE LEFT OUT: it needs Node.js with npm, and there is none.", flush=True)
        return None
    HOME.mkdir(parents=True, exist_ok=True)
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(HOME), PACKAGE]
    done = subprocess.run(install, cwd=HOME, text=True, capture_output=True)
    if done.returncode:
        print(f"LIGHTHOUSE LEFT OUT: npm could not install {PACKAGE}.\n{done.stderr[-500:]}")
        return None
    return command


def score(command: Path, url: str, form: str) -> tuple[dict[str, int], dict[str, float]]:
    """Scores of one run, and what held each category below its target."""
    from chromium import obtain as browser

    call = [str(command), url, "--quiet", "--output=json", "--output-path=stdout"]
    call += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    call += [f"--only-categories={','.join(CATEGORIES)}"]
    if form == "desktop":
        call.append("--preset=desktop")
    environment = {**os.environ, "CHROME_PATH": str(browser())}
    done = subprocess.run(call, env=environment, text=True, capture_output=True, timeout=240)
    if done.returncode:
        raise RuntimeError(f"Lighthouse failed on {url}:\n{done.stderr[-1500:]}")
    report = json.loads(done.stdout)
    scores = {c: round(100 * report["categories"][c]["score"]) for c in CATEGORIES}
    short = {
        f"{c}: {a['id']}": report["audits"][a["id"]]["score"]
        for c in CATEGORIES
        if scores[c] < 100
        for a in report["categories"][c]["auditRefs"]
        if a["weight"] and (report["audits"][a["id"]]["score"] or 0) < 0.9
        if report["audits"][a["id"]]["score"] is not None
    }
    return scores, short


def measure(rounds: int = ROUNDS) -> dict[str, int]:
    """Scores by "lighthouse FORM PAGE: CATEGORY"; empty without npm."""
    command = obtain()
    if command is None:
        return {}
    figures: dict[str, int] = {}
    with serve() as base:
        for form, targets in TARGETS.items():
            for name, page in PAGES.items():
                runs = [score(command, f"{base}/{page}", form) for _ in range(rounds)]
                for category in CATEGORIES:
                    value = int(statistics.median(scores[category] for scores, _ in runs))
                    figures[f"lighthouse {form} {name}: {category}"] = value
                    if value < targets[category]:
                        short = {k: v for k, v in runs[-1][1].items() if k.startswith(category)}
                        print(f"  below target, {form} {name}: {category} {value} {short}")
    return figures


def targets() -> dict[str, int]:
    """Least score by the same names."""
    return {
        f"lighthouse {form} {name}: {category}": least
        for form, categories in TARGETS.items()
        for name in PAGES
        for category, least in categories.items()
    }


def main() -> int:
    sys.path[:0] = [str(ROOT / "book")]
    figures, least = measure(), targets()
    for label, value in figures.items():
        verdict = "MET" if value >= least[label] else "MISSED"
        print(f"{value:4}  {label}   target {least[label]}: {verdict}")
    return int(any(value < least[label] for label, value in figures.items()))


if __name__ == "__main__":
    raise SystemExit(main())

"""Serve the built website on localhost."""

from __future__ import annotations

import contextlib
import functools
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"


def pages(folder: Path = SITE) -> list[str]:
    """Every page that is read; what the notebook program brings is not ours to judge."""
    found = (p.relative_to(folder) for p in folder.rglob("*.html"))
    return sorted(p.as_posix() for p in found if p.parts[0] != "lite")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """A test or a print run has its own output."""


@contextlib.contextmanager
def background(folder: Path = SITE) -> Iterator[str]:
    """Serve `folder` on a free port while the block runs; gives the address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def main() -> int:
    if not (SITE / "index.html").exists():
        print("There is no website yet. Build it first: make book", file=sys.stderr)
        return 1
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 8000), handler) as server:
        print("http://127.0.0.1:8000 (stop with Ctrl+C)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

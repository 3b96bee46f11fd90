"""Pages with explorers as the book's build writes them, served from a temporary folder.

The server sends a strict content security policy, so that an inline handler, an inline
style or a script from elsewhere shows up as a violation.
"""

from __future__ import annotations

import contextlib
import functools
import html
import http.server
import json
import random
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from secretome.explorer import EvidenceExplorer

ROOT = Path(__file__).resolve().parents[2]
EXPLORER = ROOT / "src" / "secretome" / "static"
LOADER = ROOT / "book" / "secretome_book" / "static" / "widget-loader.js"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)

PAGE_STYLE = """
:root { color-scheme: light; }
html[data-theme="dark"] { color-scheme: dark; background: #14181e; color: #ced6dd;
  --pst-color-background: #14181e; }
html[data-theme="light"] { background: #fff; --pst-color-background: #ffffff; }
body { margin: 0; font: 16px/1.6 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: var(--page, 78rem); margin: 0 auto; padding: 1rem; }
"""

DIRECTIONS = [
    "favours product",
    "no clear difference",
    "favours comparator",
    "mixed",
    "no comparator",
]
ORGANS = [
    "hair",
    "skin",
    "wound",
    "bone",
    "teeth and gums",
    "joint",
    "nerve and spinal cord",
    "brain",
    "heart and vessels",
    "liver",
    "kidney",
    "lung",
    "eye",
    "reproduction",
    "pancreas and diabetes",
    "gut",
]
PRODUCTS = [
    "conditioned medium",
    "secretome",
    "freeze-dried secretome",
    "cell extract",
    "extracellular vesicles",
    "platelet or plasma product",
]
DESIGNS = [
    "randomised controlled",
    "randomised split-body",
    "non-randomised controlled",
    "single arm",
    "case series",
    "controlled experiment",
    "systematic review",
]
SOURCES = [
    "adipose",
    "bone marrow",
    "umbilical cord",
    "placenta or amnion",
    "dental",
    "NR",
    "NS",
]
NAMES = [
    "tak",
    "shin",
    "zhou",
    "fukuoka",
    "gentile",
    "narita",
    "osugi",
    "katagiri",
    "rahman",
    "müller",
    "sánchez",
    "okafor",
    "lindqvist",
    "novak",
    "haddad",
    "ferreira",
    "kowalska",
    "ibrahim",
    "nakamura",
    "dubois",
]


def studies(size: int, seed: int = 1) -> pd.DataFrame:
    """Invented rows in the shape of a table of studies, with every kind of absence."""
    rng = random.Random(seed)
    rows = []
    used: dict[str, int] = {}
    for i in range(size):
        author = rng.choice(NAMES)
        year = rng.choice([2003, *range(2006, 2027), *range(2016, 2027)])
        stem = f"{author}-{year}"
        used[stem] = used.get(stem, 0) + 1
        organ = rng.choices(ORGANS, weights=range(len(ORGANS), 0, -1))[0]
        product = rng.choices(PRODUCTS, weights=[9, 6, 3, 1, 4, 1])[0]
        n = rng.choice([rng.randint(4, 120), rng.randint(4, 40), "NR", "NS"])
        rows.append(
            {
                "study_id": stem if used[stem] == 1 else f"{stem}-{used[stem]}",
                "title": f"{product.capitalize()} in {organ}: study {i + 1}",
                "first_author": author.capitalize(),
                "year": year,
                "doi": f"10.1000/{i:05d}" if rng.random() < 0.8 else "NS",
                "kind": rng.choice(["human", "animal", "in vitro"]),
                "product": product,
                "organ": organ,
                "cell_source": rng.choice(SOURCES),
                "design": rng.choice(DESIGNS),
                "n_total": n,
                "effect": None if rng.random() < 0.2 else round(rng.gauss(0.4, 0.8), 2),
                "direction": rng.choices(DIRECTIONS, weights=[5, 4, 1, 1, 3])[0],
                "checked_on": rng.choice(["2026-11-24", "2026-11-25", "NA"]),
            }
        )
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else None)


STUDY_ARGUMENTS = {
    "facets": ["kind", "product", "organ", "cell_source", "design", "direction"],
    "columns": ["study_id", "year", "product", "organ", "design", "n_total", "effect", "direction"],
    "map": ("organ", "product"),
    "year": "year",
    "direction": "direction",
    "design": "design",
    "units": {"n_total": "participants"},
    "descriptions": {"effect": "Standardised mean difference; more is better."},
}


def page(
    explorers: Sequence[EvidenceExplorer],
    *,
    theme: str = "light",
    before: str = "",
    after: str = "",
    title: str = "Explorer",
) -> str:
    """HTML as the book's build writes it: fallback tables and one state script."""
    state = {
        ex.model_id: {
            "model_name": "AnyModel",
            "model_module": "anywidget",
            "model_module_version": "~0.11.0",
            "state": ex.get_state(),
        }
        for ex in explorers
    }
    packed = json.dumps({"version_major": 2, "version_minor": 0, "state": state})
    # The only guard that the site builder applies.
    packed = packed.replace("</script>", r"<\/script>")
    bundles = [ex._repr_mimebundle_() for ex in explorers]
    body = "\n".join(bundle[0]["text/html"] for bundle in bundles if bundle)
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/page.css">'
        '<link rel="stylesheet" href="_static/explorer.css">'
        f'<script type="application/vnd.jupyter.widget-state+json">{packed}</script>'
        '<script defer src="_static/widget-loader.js?v=1"></script></head>'
        f"<body><main><h1>{html.escape(title)}</h1>{before}{body}{after}</main></body></html>"
    )


def write_site(folder: Path) -> None:
    static = folder / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for file in (*EXPLORER.iterdir(), LOADER):
        shutil.copy(file, static)
    (static / "page.css").write_text(PAGE_STYLE, encoding="utf-8")


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, policy: str | None, **kwargs: Any) -> None:
        self.policy = policy
        super().__init__(*args, **kwargs)

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def serve(folder: Path, policy: str | None = POLICY) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    handler = functools.partial(_Handler, directory=str(folder), policy=policy)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

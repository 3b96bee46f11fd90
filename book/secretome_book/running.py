"""The doors to a running chapter: what the launch button offers, and what it costs.

A notebook in the browser fetches some tens of megabytes, a part of it from another host.  The
button therefore leads to a page that says what comes from where, and how much, before
anything loads.  A reading page loads nothing of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secretome_book import sharing

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

PAGE = "run-here"
HOST = "cdn.jsdelivr.net"
FROM_HERE = {"the notebook program": 3.0, "Python for the browser": 6.5, "packages and tables": 8.0}
FROM_THERE = {"numpy": 3.0, "pandas": 6.0, "scipy": 13.0, "rpds-py": 0.5}
"""Megabytes over the line, compressed.  A test measures what this site serves; for the others
the distribution publishes names and hashes but no sizes, so these are estimates, rounded up."""


def _start_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    root = Path(app.srcdir)
    chapters = [d for d in _reading_order(app) if _is_notebook(root / f"{d}.md")]
    links = "".join(
        f'<li><a data-chapter="{d}" href="lite/notebooks/index.html?path={d}.ipynb">'
        f"{html.escape(app.env.titles[d].astext())}</a></li>"
        for d in chapters
    )
    rows = [(name, "this site", f"{size:g}") for name, size in FROM_HERE.items()]
    rows += [(name, HOST, f"about {size:g}") for name, size in FROM_THERE.items()]
    table = "".join(
        f'<tr><th scope="row">{what}</th><td>{where}</td><td>{size}</td></tr>'
        for what, where, size in rows
    )
    here, there = sum(FROM_HERE.values()), sum(FROM_THERE.values())
    body = f"""<section id="run-here"><h1>Run a chapter in your browser</h1>
<p>Python runs inside this browser; no server runs it, so a whole class can start together.
Nothing has been loaded yet.
A start fetches about {here:.0f} MB from this site and about {there:.0f} MB from
<code>{HOST}</code>, the distribution network of the Pyodide project, which then sees your
network address.
The browser keeps both for the next start.</p>
<p id="sb-run-start" hidden><a class="sb-run-button" href="lite/notebooks/index.html">Start</a></p>
<p id="sb-run-problem" role="status"></p>
<table class="table"><caption>What a start fetches</caption>
<thead><tr><th scope="col">What</th><th scope="col">From</th><th scope="col">MB</th></tr></thead>
<tbody>{table}</tbody></table>
<p>The four packages from <code>{HOST}</code> are compiled ones that exist for the browser only
there; each is checked against a hash before it is used.
Its lock file gives no sizes: those are estimates, rounded up.</p>
<ul><li>Run the first cell and wait until its number appears; from then on every cell answers.</li>
<li>What you change stays in this browser only. Download the notebook to keep it.</li>
<li>A computer is better than a phone. Where the network forbids <code>{HOST}</code>, the first
cell says so; Binder and the download button of the chapter still work.</li></ul>
<h2>All chapters that run</h2><ul>{links}</ul></section>"""
    yield PAGE, {"title": "Run a chapter in your browser", "body": body}, "page.html"


def _reading_order(app: Sphinx) -> list[str]:
    names = [app.config.root_doc]
    for children in app.env.toctree_includes.values():
        names += [c for c in children if c not in names]
    return names


def _is_notebook(file: Path) -> bool:
    return "{code-cell}" in file.read_text(encoding="utf-8")


def _buttons(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    launch = [b for b in context.get("header_buttons", []) if b.get("label") == "launch-buttons"]
    if not launch or not launch[0]["buttons"]:
        return
    release = sharing.citation(Path(app.srcdir))["version"]
    for button in launch[0]["buttons"]:
        if button["text"] == "Binder":
            # the branch moves on; a release stays what it was
            button["url"] = re.sub(r"/main\?", f"/v{release}?", button["url"])
            button["text"] = "Binder (a first start can take minutes)"
    up = "../" * page.count("/")
    launch[0]["buttons"].insert(
        0,
        {
            "type": "link",
            "text": "In this browser (says first what it loads)",
            "tooltip": "Run in this browser",
            "icon": "fas fa-rocket",
            "url": f"{up}{PAGE}.html?chapter={page}",
            "label": "launch-here",
        },
    )


def setup(app: Sphinx) -> None:
    """Write the page before the notebook, and lead to it."""
    app.add_js_file("run-here.js", loading_method="defer")
    app.connect("html-collect-pages", _start_page)
    app.connect("html-page-context", _buttons, priority=890)

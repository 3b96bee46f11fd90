"""A search over what a reader reads: sentences, headings, terms and cards of studies.

Code, and the tables and views that it writes, would answer nearly every word with a heap of
cells.  They stay on their pages; the explorers and the register of studies look into rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sphinx.search
from docutils import nodes
from sphinx.search import IndexBuilder

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class _Index(IndexBuilder):
    def feed(self, docname: str, filename: str, title: str, doctree: nodes.document) -> None:
        prose = doctree.deepcopy()
        for cell in list(prose.findall(nodes.container)):
            if "cell" in cell["classes"] and cell.parent:
                cell.parent.remove(cell)
        super().feed(docname, filename, title, prose)


def setup(app: Sphinx) -> None:
    """Let Sphinx index prose, and order and quote the results by our script."""
    sphinx.search.IndexBuilder = _Index  # type: ignore[misc]
    app.connect("config-inited", _score)


def _score(app: Sphinx, _: object) -> None:
    app.config["html_search_scorer"] = str(Path(__file__).parent / "static" / "search.js")

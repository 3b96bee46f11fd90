"""A search over what a reader reads: sentences, headings, terms and cards of studies.

Code, and the tables and views that it writes, would answer nearly every word with a heap of
cells.  They stay on their pages; the explorers and the register of studies look into rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sphinx.search
from docutils import nodes
from sphinx.search import IndexBuilder

if TYPE_CHECKING:
    from sphinx.application import Sphinx


_UNSEARCHED = {"cell", "sb-study-list"}
"""Cells of code, and the lines of the register, whose words stand on the cards."""


class _Index(IndexBuilder):
    def load(self, stream: IO[Any], format: Any) -> None:
        """Take the entries of pages that are not read again from the index of the last build.

        Sphinx 7 takes words and titles only; a rebuild of one chapter would lose the hits that
        lead to a study's card or to a term.
        """
        super().load(stream, format)
        stream.seek(0)
        frozen = (self.formats[format] if isinstance(format, str) else format).load(stream)
        names = frozen["docnames"]
        self._index_entries = {}
        for entry, places in frozen["indexentries"].items():
            for document, anchor, main in places:
                kind = "main" if main else ""
                self._index_entries.setdefault(names[document], []).append((entry, anchor, kind))

    def prune(self, docnames: Iterable[str]) -> None:
        """Forget the pages that are not named, with their entries."""
        kept = set(docnames)
        super().prune(kept)
        self._index_entries = {d: e for d, e in self._index_entries.items() if d in kept}

    def feed(self, docname: str, filename: str, title: str, doctree: nodes.document) -> None:
        prose = doctree.deepcopy()
        for part in list(prose.findall(nodes.container)):
            if _UNSEARCHED & set(part["classes"]) and part.parent:
                part.parent.remove(part)
        for raw in list(prose.findall(nodes.raw)):
            # Sphinx takes the tags out; the last word of a cell would join the first of the next
            spaced = raw.astext().replace("><", "> <")
            raw.parent.replace(raw, nodes.raw(spaced, spaced, format=raw["format"]))
        super().feed(docname, filename, title, prose)


def setup(app: Sphinx) -> None:
    """Let Sphinx index prose, and order and quote the results by our script."""
    sphinx.search.IndexBuilder = _Index  # type: ignore[misc]
    app.connect("config-inited", _score)


def _score(app: Sphinx, _: object) -> None:
    app.config["html_search_scorer"] = str(Path(__file__).parent / "static" / "search.js")

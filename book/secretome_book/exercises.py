"""``{exercise-list}``: every exercise of the book by level, each a link to its place.

The list is read from the chapters themselves, so that it cannot forget one.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LEVELS = ("Easy", "Middle", "Hard")
_EXERCISE = re.compile(
    r"^```\{exercise-start\} *(?P<title>.*)\n:label: (?P<label>\S+)\n```\n\((?P<level>\w+)\.\)",
    re.M,
)


class Exercise(NamedTuple):
    """One exercise and where it stands."""

    level: str
    title: str
    label: str
    page: str
    chapter: str


def exercises(file: Path, page: str) -> list[Exercise]:
    """The exercises of one chapter."""
    text = file.read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", text, re.M)
    return [
        Exercise(m["level"], m["title"], m["label"], page, title[1] if title else page)
        for m in _EXERCISE.finditer(text)
    ]


class ExerciseList(SphinxDirective):
    """All exercises, one table a level, in the order of the book."""

    def run(self) -> list[nodes.Node]:
        found = []
        for page in sorted(self.env.found_docs):
            file = Path(self.env.doc2path(page))
            if file.suffix == ".md":
                self.env.note_dependency(str(file))
                found += exercises(file, page)
        up = "../" * self.env.docname.count("/")
        parts = [
            _table(level, [e for e in found if e.level == level], up)
            for level in LEVELS
            if any(e.level == level for e in found)
        ]
        return [nodes.raw("", "".join(parts), format="html")]


def _table(level: str, rows: list[Exercise], up: str) -> str:
    body = "".join(
        f'<tr><th scope="row"><a class="reference internal" '
        f'href="{up}{html.escape(e.page, quote=True)}.html#{html.escape(e.label, quote=True)}">'
        f"{html.escape(e.title)}</a></th><td>{html.escape(e.chapter)}</td></tr>"
        for e in rows
    )
    return (
        f'<div class="sb-scroll" tabindex="0" role="region" aria-label="{level} exercises">'
        f'<table class="table"><caption>{level}: {len(rows)} exercises</caption><thead><tr>'
        f'<th scope="col">Exercise</th><th scope="col">Chapter</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("exercise-list", ExerciseList)

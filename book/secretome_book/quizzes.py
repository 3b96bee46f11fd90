"""``{quiz}``: the questions of a chapter, with an explanation for every option.

The quiz bank is data (``chapters/quiz-bank.json``), so that a course can use it elsewhere.
Without scripts, and in print, every explanation stands open; with scripts it opens when an
option is chosen, and what was answered stays on the reader's own device.
"""

from __future__ import annotations

import functools
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


@functools.cache
def bank(file: Path) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["items"]
    return items


class Quiz(SphinxDirective):
    """All questions of one chapter."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        file = Path(self.env.srcdir) / "chapters" / "quiz-bank.json"
        self.env.note_dependency(str(file))
        items = [q for q in bank(file) if q["chapter"] == self.arguments[0]]
        if not items:
            logger.warning(
                "the quiz bank has no question for %r",
                self.arguments[0],
                location=self.get_location(),
            )
        return [nodes.raw("", "".join(map(_question, items)), format="html")]


def _question(item: dict[str, Any]) -> str:
    name = html.escape(item["id"], quote=True)
    options = "".join(
        f'<label class="sb-option"><input type="radio" name="{name}" value="{i}"> '
        f"{html.escape(option['text'])}</label>"
        f'<div class="sb-answer" data-option="{i}">'
        f'<span class="{"sb-right" if option["right"] else "sb-wrong"}">'
        f"{'Right.' if option['right'] else 'Not so.'}</span> {html.escape(option['why'])}</div>"
        for i, option in enumerate(item["options"])
    )
    return (
        f'<form class="sb-quiz" id="quiz-{name}" data-quiz="{name}"><fieldset>'
        f"<legend>{html.escape(item['question'])}</legend>{options}</fieldset>"
        f'<p class="sb-quiz-status" role="status" aria-live="polite"></p></form>'
    )


def setup(app: Sphinx) -> None:
    """Register the directive and its script."""
    app.add_directive("quiz", Quiz)
    app.add_js_file("quiz.js", loading_method="defer")

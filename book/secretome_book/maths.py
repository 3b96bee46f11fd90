"""Formulas as MathML, written when the book is built.

Every browser of today sets MathML by itself: no script runs on the reader's machine, a
reader without scripts sees the formula, and a screen reader speaks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _inline(writer: Any, node: nodes.Element) -> None:
    writer.body.append(writer.starttag(node, "span", "", CLASS="math notranslate"))
    writer.body.append(convert(node.astext()) + "</span>")
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.Element) -> None:
    # a long formula scrolls on a narrow screen, also by keyboard
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate", tabindex="0"))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append(convert(node.astext().strip(), display="block") + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Offer the renderer; ``_config.yml`` chooses it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))

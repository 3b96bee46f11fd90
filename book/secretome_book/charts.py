"""Vega-Lite outputs as figures that work without scripts, in the dark and in print.

A chapter's kernel gives a chart as its Vega-Lite specification.  Here it becomes a
``<figure>`` with a static SVG drawn at build time, and the specification as JSON beside
it; ``charts.js`` swaps the interactive chart in.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import vl_convert
from docutils import nodes
from myst_nb.core import render as nb_render
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)
# words were measured in another font than the reader's, which may be wider: the next symbol of a
# legend keeps its distance
_ROOM = {"legend": {"columnPadding": 30}}
_VEGALITE = re.compile(r"application/vnd\.vegalite\.v\d+(\.\d+)*\+json")


class VegaLiteFigure:
    """Plug-in of myst-nb: one Vega-Lite output becomes one figure."""

    mime_priority_overrides = (("html", "application/vnd.vegalite.v6+json", 1),)

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        if not _VEGALITE.fullmatch(data.mime_type):
            return None
        spec = data.content if isinstance(data.content, dict) else json.loads(data.content)
        description = spec.get("description", "").strip()
        if not description:
            logger.warning(
                "a chart has no description; give it one: chart.properties(description=...)",
                location=(renderer.renderer.document["source"], data.line),
            )
        return [nodes.raw("", figure(spec, description), format="html")]


def figure(spec: dict[str, Any], description: str) -> str:
    """HTML of one chart: static SVG, reading, specification."""
    svg = vl_convert.vegalite_to_svg(spec, config=_ROOM, vl_version="6.4", show_warnings=False)
    # the figure is one image to a screen reader; its parts are noise
    svg = re.sub(r' (role|aria-\w+|aria-roledescription)="[^"]*"', "", svg)
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    width = re.search(r'<svg[^>]*? width="([\d.]+)"', svg)
    height = re.search(r'<svg[^>]*? height="([\d.]+)"', svg)
    size = f'data-width="{width[1]}" data-height="{height[1]}"' if width and height else ""
    payload = json.dumps(spec, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    label = html.escape(description, quote=True)
    return (
        f'<figure class="sb-chart" {size}>'
        f'<div class="sb-chart-static" role="img" aria-label="{label}">{svg}</div>'
        f'<div class="sb-chart-live" hidden></div>'
        f'<figcaption class="sb-chart-reading">{html.escape(description)}</figcaption>'
        f'<script type="application/vnd.vegalite+json">{payload}</script>'
        "</figure>"
    )


def setup(app: Sphinx) -> None:
    """Register the plug-in without an installed entry point."""
    from_entry_points = nb_render.load_mime_renders

    def load_mime_renders() -> list[Any]:
        return [VegaLiteFigure, *from_entry_points()]

    if VegaLiteFigure not in from_entry_points():
        nb_render.load_mime_renders = load_mime_renders

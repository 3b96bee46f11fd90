"""What every live figure shares: its script and style, its place on a page.

A live figure is a widget whose model runs in the browser.  What is common to all of them in
the browser stands in ``static/figure.js`` and ``static/figure.css``; on a static page the
figure's own files import these, and for a notebook the two are put into one.
"""

from __future__ import annotations

import functools
import html
import math
import zlib
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from secretome.explorer import _guard as guard

__all__ = ["Figure", "axis", "celsius", "guard", "names_once", "one_file"]

_STATIC = Path(__file__).parent / "static"


def axis(name: str, low: float, high: float, step: float) -> list[float]:
    """Values that a slider takes."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high and step > 0):
        raise ValueError(
            f"{name} is ({low}, {high}, {step}); give the lowest value, a higher one and a step "
            "above zero, for example (-45.0, 5.0, 1.0)."
        )
    count = round((high - low) / step)
    return [round(low + i * step, 6) for i in range(count + 1)]


def celsius(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f} °C".replace("-", "−")


def names_once(what: str, names: list[str]) -> None:
    """Refuse names of which there are none, or one twice."""
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"{what} holds the names {names}; give at least one row, and each name once."
        )


def one_file(module: str, ending: str) -> str:
    """Shared part and own part in one, for a notebook, where no file lies beside the script."""
    shared = (_STATIC / f"figure.{ending}").read_text(encoding="utf-8")
    own = (_STATIC / f"{module}.{ending}").read_text(encoding="utf-8")
    lines = [
        line
        for line in own.splitlines(keepends=True)
        if not (line.startswith(("import ", "@import ")) and f"figure.{ending}" in line)
    ]
    return shared + "".join(lines)


@functools.cache
def _version(module: str) -> str:
    """Changes with script and style, so that a browser does not keep old ones."""
    text = one_file(module, "js") + one_file(module, "css")
    return f"{zlib.crc32(text.encode()):08x}"


class Figure(anywidget.AnyWidget):
    """A live figure; a subclass gives ``_module``, ``_esm``, ``_css`` and ``_fallback_html``."""

    _module: str
    settings: Any = traitlets.Dict().tag(sync=True)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/plain": repr(self), "text/html": self._fallback_html()}, metadata

    def _fallback_html(self) -> str:
        raise NotImplementedError

    def _place(self, title: str, svg: str, reading: str, table: str, *, label: str) -> str:
        """Picture, reading (escaped) and table for readers without scripts, and the place."""
        return (
            f'<div class="secretome-figure-static" data-module="{self._module}" '
            f'data-widget-model="{self.model_id}" data-widget-version="{_version(self._module)}">'
            f'<div class="fg-fallback"><p><strong>{html.escape(title)}</strong></p>'
            f"<figure>{svg}</figure><p>{reading}</p>"
            f'<div class="fg-plain-scroll sb-scroll" role="region" tabindex="0" '
            f'aria-label="{html.escape(label)}">{table}</div></div></div>'
        )

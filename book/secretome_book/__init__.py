"""What only the book's build needs: a Sphinx extension that keeps the site self-contained.

It draws Vega-Lite outputs as static SVG that a script brings to life, links prose to the
rows of the evidence tables, writes the reference pages from the data package, and puts
right, in one place, what the theme gets wrong.  No science lives here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secretome_book import (
    charts,
    exercises,
    maths,
    notebooks,
    pages,
    policy,
    quizzes,
    registers,
    running,
    search,
    sharing,
    teaching,
    theme,
    weight,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the parts to Sphinx."""
    charts.setup(app)
    registers.setup(app)
    pages.setup(app)
    quizzes.setup(app)
    teaching.setup(app)
    exercises.setup(app)
    maths.setup(app)
    notebooks.setup(app)
    sharing.setup(app)
    running.setup(app)
    search.setup(app)
    theme.setup(app)
    weight.setup(app)
    policy.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

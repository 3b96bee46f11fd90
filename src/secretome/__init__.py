"""Helpers of the MSC secretome book: tables, charts and an evidence explorer.

The functions take any tidy :class:`pandas.DataFrame` and column names, so that a course
with other data gets the same chart from the same call.  The book's own tables are one
argument away: ``secretome.load("studies")``.

Importing the package is cheap on purpose: each name below is imported on first use, so
that a script which only converts units does not pay for a chart library.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.6.0"

_WHERE = {
    "load": "tables",
    "codes": "tables",
    "describe": "tables",
    "validate": "tables",
    "table_names": "tables",
    "EvidenceExplorer": "explorer",
    "CycleExplorer": "cycle",
    "ShelfLifeExplorer": "shelf_life",
    "DoseCalculator": "dose_calculator",
}
_MODULES = (
    "agreement",
    "appraisal",
    "charts",
    "checks",
    "cycle",
    "dose_calculator",
    "dosing",
    "drying_charts",
    "effect_sizes",
    "evidence_charts",
    "explorer",
    "freeze_drying",
    "shelf_life",
    "stability",
    "synthesis",
    "tables",
)

__all__ = ["__version__", *_WHERE, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"secretome.{_WHERE[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"secretome.{name}")
    raise AttributeError(
        f"secretome has no attribute {name!r}. It offers: {', '.join(sorted(__all__))}."
    )


def __dir__() -> list[str]:
    return sorted(__all__)

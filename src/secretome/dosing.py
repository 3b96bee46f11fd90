"""Amounts of secreted factors and doses in units that can be compared.

Papers print the same thing as pg/mL, ng/L, pg per 10⁶ cells or ng per 10⁶ cells and day.
:func:`harmonise` brings each *kind* of amount to one unit with the `pint` library, and
keeps the kinds apart: an amount per volume says nothing about an amount per cell unless
cells and volume are both known, so it is never turned into one.

A value that is not a plain central value (``< 15``, ``20-35``, ``not detected``) is not
converted; the raw text stays what it is.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import pandas as pd

__all__ = ["central_value", "harmonise", "harmonise_frame"]

# Each kind of amount: the canonical unit as text, and as pint reads it.
_CANONICAL = {
    "mass per volume": ("pg/mL", "pg/mL"),
    "mass per volume and time": ("pg/mL/24 h", "pg/mL/day"),
    "mass per cells": ("pg/10^6 cells", "pg/megacell"),
    "mass per cells and time": ("pg/10^6 cells/24 h", "pg/megacell/day"),
    "mass per protein": ("pg/mg protein", "pg/milliproteingram"),
    "particles per volume": ("particles/mL", "particle/mL"),
    "particles per cells": ("particles/10^6 cells", "particle/megacell"),
}


@functools.cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=None)
    # cells, particles and grams of protein are dimensions of their own here, so that pint
    # refuses to turn one into another
    registry.define("cell = [cells]")
    registry.define("particle = [particles]")
    registry.define("proteingram = [protein]")
    return registry


def central_value(text: str) -> float | None:
    """Central value of a measurement as it is printed.

    Parameters
    ----------
    text : str
        For example ``"290.20 ± 53.20"``, ``"1,050"``, ``"1.2 × 10^3"`` or ``"~ 40"``.

    Returns
    -------
    float or None
        The value before the spread; None for limits (``< 15``), ranges and words.

    Examples
    --------
    >>> from secretome.dosing import central_value
    >>> central_value("290.20 ± 53.20")
    290.2
    >>> central_value("371,3±152,68")
    371.3
    >>> central_value("< 15") is None
    True
    """
    plain = text.replace("−", "-").replace("\u00a0", " ").strip()
    plain = re.sub(r"(?<=\d)[, ](?=\d{3}\b)", "", plain)
    # what is left of commas stands before one or two digits: a decimal comma
    plain = re.sub(r"(?<=\d),(?=\d{1,2}(?!\d))", ".", plain)
    match = re.fullmatch(
        r"(?:~|≈|about|approximately|median|mean)?\s*(?P<value>\d+(?:\.\d+)?)"
        r"(?:\s*[×x]\s*10\s*\^?\s*(?P<power>-?\d+))?"
        r"(?:\s*(?:±|\+/-)\s*[\d.]+(?:\s*[×x]\s*10\s*\^?\s*-?\d+)?)?"
        r"(?:\s*[\[(].*[\])])?",
        plain,
    )
    if not match:
        return None
    value = float(match["value"])
    if match["power"]:
        return float(f"{match['value']}e{match['power']}")
    # "3.1 ± 0.4 × 10^9": the power belongs to both
    shared = re.search(r"(?:±|\+/-)\s*[\d.]+\s*[×x]\s*10\s*\^?\s*(-?\d+)", plain)
    return float(f"{match['value']}e{shared[1]}") if shared else value


def _pint_unit(text: str) -> str | None:
    unit = text.strip().lower().replace("µ", "u").replace("μ", "u").replace("·", "/")
    unit = re.sub(r"\s*per\s*", "/", unit)
    unit = re.sub(r"\b(?:of\s+)?(?:total\s+)?protein\b", "", unit)
    has_protein = "protein" in text.lower()
    unit = re.sub(r"\s*cells?\b", " cells", unit)
    # "10^6 cells", "10⁶ cells", "million cells", "1 × 10^6 cells"
    unit = unit.replace("⁶", "^6").replace("⁵", "^5").replace("⁴", "^4")
    unit = re.sub(
        r"(?:1\s*[×x]\s*)?10\s*\^?\s*6\s*cells|(?:1\s+)?million cells|1e6 cells", "megacell", unit
    )
    unit = re.sub(r"(?:1\s*[×x]\s*)?10\s*\^?\s*5\s*cells", "(1e5*cell)", unit)
    unit = re.sub(r"(?:1\s*[×x]\s*)?10\s*\^?\s*4\s*cells", "(1e4*cell)", unit)
    unit = re.sub(r"\bcells\b", "cell", unit)
    unit = re.sub(r"(\d+(?:\.\d+)?)\s*(?:hours?|hrs?|h)\b", r"(\1*hour)", unit)
    unit = re.sub(r"\b(?:24-hour|d|days?)\b", "day", unit)
    unit = re.sub(r"\bparticles?\b", "particle", unit)
    unit = re.sub(r"\b([munpf]?)l\b", lambda m: f"{m[1]}L", unit)
    parts = [p.strip() for p in unit.split("/") if p.strip()]
    if not parts:
        return None
    if has_protein and len(parts) >= 2:
        parts[1] = re.sub(r"\bg\b", "proteingram", parts[1])
        parts[1] = re.sub(
            r"\b(m|u)g\b", lambda m: f"{'milli' if m[1] == 'm' else 'micro'}proteingram", parts[1]
        )
    return "/".join(parts)


def harmonise(value_raw: str, unit_raw: str) -> tuple[float | None, str | None]:
    """Bring a printed amount to the common unit of its kind.

    Parameters
    ----------
    value_raw, unit_raw : str
        Value and unit as the source prints them.

    Returns
    -------
    tuple of (float or None, str or None)
        Value and unit; both None where the value is no plain number, or the unit is none
        of: mass per volume, per volume and time, per cells, per cells and time, per
        protein; particles per volume or cells.

    Notes
    -----
    The number of decimals is kept to ten significant digits, to undo binary noise.

    Examples
    --------
    >>> from secretome.dosing import harmonise
    >>> harmonise("290.20 ± 53.20", "ng/L")
    (290.2, 'pg/mL')
    >>> harmonise("1.5", "ng/10^6 cells/48 h")
    (750.0, 'pg/10^6 cells/24 h')
    >>> harmonise("12", "absorbance")
    (None, None)
    """
    value = central_value(value_raw)
    text = _pint_unit(unit_raw)
    if value is None or text is None:
        return None, None
    import pint

    registry = _registry()
    try:
        quantity = value * registry.parse_expression(text)
    except (pint.PintError, AttributeError, TypeError, ValueError, SyntaxError, AssertionError):
        return None, None
    if not isinstance(quantity, registry.Quantity):
        return None, None
    for label, target in _CANONICAL.values():
        if quantity.is_compatible_with(target):
            return float(f"{quantity.to(target).magnitude:.10g}"), label
    return None, None


def harmonise_frame(
    frame: pd.DataFrame, value_raw: str = "value_raw", unit_raw: str = "unit_raw"
) -> pd.DataFrame:
    """Common-unit values for every row of a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measurement.
    value_raw, unit_raw : str
        Columns with value and unit as printed.

    Returns
    -------
    pandas.DataFrame
        Columns ``value`` (``Float64``) and ``unit``, on the index of `frame`; missing where
        :func:`harmonise` cannot convert.

    Raises
    ------
    KeyError
        If a column is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.dosing import harmonise_frame
    >>> class_data = pd.DataFrame({"value_raw": ["2.1", "800"], "unit_raw": ["ng/mL", "pg/mL"]})
    >>> harmonise_frame(class_data)["value"].tolist()
    [2100.0, 800.0]
    """
    for column in (value_raw, unit_raw):
        if column not in frame:
            raise KeyError(
                f"There is no column {column!r}. Columns: {', '.join(map(str, frame.columns))}."
            )
    pairs = [
        harmonise(str(v), str(u)) for v, u in zip(frame[value_raw], frame[unit_raw], strict=True)
    ]
    return pd.DataFrame(
        {
            "value": pd.array([v for v, _ in pairs], dtype="Float64"),
            "unit": pd.array([u for _, u in pairs], dtype="str"),
        },
        index=frame.index,
    )

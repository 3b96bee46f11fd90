"""Amounts of secreted factors and doses in units that can be compared.

Papers print the same thing as pg/mL, ng/L, pg per 10⁶ cells or ng per 10⁶ cells and day.
:func:`harmonise` brings each *kind* of amount to one unit with the `pint` library, and
keeps the kinds apart: an amount per volume says nothing about an amount per cell unless
cells and volume are both known, so it is never turned into one.

A value that is not a plain central value (``< 15``, ``20-35``, ``not detected``) is not
converted; the raw text stays what it is.

The dose functions (:func:`cells_for_dose`, :func:`medium_for_dose`,
:func:`concentration_factor`, :func:`equivalent_doses`) take amounts as text with their
unit, ``"10 µg"`` or ``"20 ng/10^6 cells/24 h"``.  They refuse, with the reason, where a
field that the answer needs is missing; there is no default secretion, recovery or
retention, because none holds for an unknown product.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from secretome._frames import MissingName
from secretome.tables import MISSING_CODES

__all__ = [
    "Amount",
    "Concentration",
    "MissingFieldError",
    "cells_for_dose",
    "central_value",
    "concentration_factor",
    "equivalent_doses",
    "harmonise",
    "harmonise_frame",
    "medium_for_dose",
]

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
    >>> central_value("371,3±152,68"), central_value("0,018"), central_value("1,050")
    (371.3, 0.018, 1050.0)
    >>> central_value("< 15") is None
    True
    """
    plain = text.replace("−", "-").replace("\u00a0", " ").strip()
    # "1,050" holds a thousands separator; "0,018", "371,3" and "2,2735" a decimal comma
    thousands = r"(?<![\d.,])[1-9]\d{0,2}(?:[, ]\d{3})+(?![\d,])"
    plain = re.sub(thousands, lambda m: re.sub("[, ]", "", m[0]), plain)
    plain = re.sub(r"(?<=\d),(?=\d)", ".", plain)
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
    unit = text.strip().lower().replace("µ", "u").replace("μ", "u")
    # "ml(-1)" and "ml-1" are "ml⁻¹"; a dot before them multiplies, elsewhere it divides
    unit = re.sub(r"(?<=[a-z])\s*\(?[-−]1\)?(?!\d)", "⁻¹", unit)
    unit = unit.replace("·", " " if "⁻¹" in unit else "/")
    unit = re.sub(r"\s*per\s*", "/", unit)
    unit = re.sub(r"\b(?:of\s+)?(?:total\s+)?protein\b", "", unit)
    # "proteingram" is protein that was already told apart
    has_protein = "protein" in text.lower().replace("proteingram", "")
    unit = re.sub(r"\s*cells?\b", " cells", unit)
    # "10^6 cells", "10⁶ cells", "million cells", "1 × 10^6 cells"
    unit = unit.replace("⁶", "^6").replace("⁵", "^5").replace("⁴", "^4")
    unit = re.sub(
        r"(?:1\s*[×x]\s*)?10\s*\^?\s*\(?6\)?\s*cells|(?:1\s+)?million cells|1e6 cells",
        "megacell",
        unit,
    )
    unit = re.sub(r"(?:1\s*[×x]\s*)?10\s*\^?\s*\(?5\)?\s*cells", "(1e5*cell)", unit)
    unit = re.sub(r"(?:1\s*[×x]\s*)?10\s*\^?\s*\(?4\)?\s*cells", "(1e4*cell)", unit)
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


def _times(value: float, unit: str) -> float | None:
    """A printed number of times or per cent as ratio to what it was compared with."""
    words = unit.strip().lower()
    times = re.match(r"-?\s*folds?\b|times\b", words)
    if not times and not re.match(r"%|per\s?cent\b", words):
        return None
    less = re.search(r"\b(?:lower|less|decreas\w*|reduc\w*)", words)
    more = re.search(r"\b(?:higher|more|increas\w*)", words)
    if times:
        return (1 / value if value else None) if less else value
    if re.search(r"\bof\b", words) and not (less or more):
        return value / 100
    return 1 - value / 100 if less else 1 + value / 100 if more else None


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
        protein; particles per volume or cells; times or per cent of something else.

    Notes
    -----
    The number of decimals is kept to ten significant digits, to undo binary noise.

    A ratio is product over comparator: "fold", "times" and "fold higher" are taken as they
    stand, as most authors mean them, "fold lower" is turned round, "% higher" and "% lower"
    start from 1, "% of" is a hundredth.  A bare "%" is no ratio: it does not say of what.

    Examples
    --------
    >>> from secretome.dosing import harmonise
    >>> harmonise("290.20 ± 53.20", "ng/L")
    (290.2, 'pg/mL')
    >>> harmonise("1.5", "ng/10^6 cells/48 h")
    (750.0, 'pg/10^6 cells/24 h')
    >>> harmonise("38", "% higher"), harmonise("2.5", "fold")
    ((1.38, 'ratio'), (2.5, 'ratio'))
    >>> harmonise("12", "absorbance")
    (None, None)
    """
    value = central_value(value_raw)
    if value is not None and (ratio := _times(value, unit_raw)) is not None:
        return float(f"{ratio:.10g}"), "ratio"
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
            raise MissingName(
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


# --- doses -----------------------------------------------------------------------------


class MissingFieldError(ValueError):
    """A field that the answer needs is not known; the message names it and says why."""


@dataclass(frozen=True)
class Amount:
    """An amount with its unit and how it was computed.

    Attributes
    ----------
    value : float
        The number.
    unit : str
        Its unit.
    how : str
        The computation in words.
    """

    value: float
    unit: str
    how: str

    def summary(self) -> str:
        """The amount in a sentence.

        Returns
        -------
        str
            Amount and computation.
        """
        return f"{self.value:,.4g} {self.unit}: {self.how}."


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_AMOUNT = re.compile(
    r"(?P<number>\d[\d,.]*(?:[eE][+-]?\d+)?(?:\s*[×x]\s*10\s*\^?\s*-?\d+)?)\s*(?P<unit>[^\d\s](?:[^/]|/(?=\s*[^/\s]))*)"
)
_PREFIXES = {"": "", "m": "milli", "u": "micro", "n": "nano", "p": "pico"}


def _plain_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return central_value(text)


def _quantity(field: str, text: object, purpose: str) -> Any:
    """Quantity from text; refuses what is missing and what does not parse."""
    import pint

    plain = "" if text is None or text is pd.NA or text != text else str(text).strip()
    if plain in MISSING_CODES or not plain:
        why = MISSING_CODES.get(plain, "not given")
        raise MissingFieldError(
            f"{field} is missing ({plain or 'empty'}: {why}), and {purpose} cannot be computed "
            "without it. Look it up in the source, ask the authors, or measure it; a typical "
            "value would be a guess."
        )
    normal = re.sub(
        r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: f"10^{m[1].translate(_SUPERSCRIPTS)}", plain
    ).replace("−", "-")
    normal = re.sub(r"^10\s*\^\s*(-?\d+)", r"1e\1", normal.replace("µ", "u").replace("μ", "u"))
    normal = re.sub(
        r"\b([munp]?)g\s+(?:of\s+)?(?:total\s+)?protein\b",
        lambda m: f"{_PREFIXES[m[1]]}proteingram",
        normal,
    )
    match = _AMOUNT.fullmatch(normal)
    number = _plain_number(match["number"]) if match else None
    unit = _pint_unit(match["unit"]) if match else None
    if match is None or number is None or unit is None:
        raise ValueError(
            f"{field} is {plain!r}, which cannot be read as an amount. Write a number and a unit, "
            "for example '10 µg', '1e9 particles', '24 h' or '20 ng/10^6 cells/24 h'."
        )
    registry = _registry()
    try:
        quantity = number * registry.parse_expression(unit)
        known = isinstance(quantity, registry.Quantity)
    except (pint.PintError, AttributeError, TypeError, ValueError, SyntaxError, AssertionError):
        known = False
    if not known:
        raise ValueError(
            f"{field} is {plain!r}; its unit {match['unit']!r} is not known here. Use g with a "
            "prefix, mL, h, cells, particles, 'µg protein', and '/' for per."
        )
    if not quantity.magnitude > 0:
        raise ValueError(f"{field} is {plain!r}; it must be above zero.")
    return quantity


def _over_time(field: str, quantity: Any, duration: str | None, purpose: str) -> Any:
    """An amount without time: a rate needs its duration, a total refuses one."""
    if quantity.dimensionality.get("[time]", 0) == 0:
        if duration is not None:
            raise ValueError(
                f"{field} is a total, not a rate, so the duration of {duration} would count twice. "
                "Leave duration out; or write the rate, for example '20 ng/10^6 cells/24 h'."
            )
        return quantity
    hours = _quantity("duration", duration, purpose)
    if not hours.check("[time]"):
        raise ValueError(f"duration is {duration!r}; it must be a time, for example '24 h'.")
    return quantity * hours


def _share(field: str, value: float | None, purpose: str) -> float:
    if value is None or pd.isna(value):
        raise MissingFieldError(
            f"{field} is missing, and {purpose} cannot be computed without it. Measure the factor "
            "before and after the step; a typical value would be a guess. If nothing is lost, "
            "say so: 1.0."
        )
    if not 0 < value <= 1:
        raise ValueError(f"{field} is {value}; it is a share above 0 and up to 1. 80 % is 0.8.")
    return float(value)


def _ratio(dose: Any, content: Any, unit: str, what: str) -> float:
    """How much of `unit` holds the dose; refuses amounts of different kinds."""
    found = dose / content
    if not found.is_compatible_with(unit):
        raise ValueError(
            f"A dose in {dose.units:~P} cannot be had from {what} in {content.units:~P}: they are "
            "different kinds of amount. A mass of one factor, a mass of all protein, a number of "
            "particles and a number of cells are not converted into each other; state both in one."
        )
    return float(f"{found.to(unit).magnitude:.10g}")


def cells_for_dose(
    dose: str | None,
    secretion: str | None,
    *,
    duration: str | None = None,
    recovery: float | None,
) -> Amount:
    """Cells that must condition medium for one application.

    Parameters
    ----------
    dose : str
        What one application holds: ``"10 µg"`` of a factor, ``"1e9 particles"``,
        ``"5 mg protein"``.
    secretion : str
        What cells give: ``"20 ng/10^6 cells/24 h"``, or a total like
        ``"2e8 particles/10^6 cells"``.
    duration : str, optional
        Time of conditioning, needed where `secretion` is per time.
    recovery : float
        Share that survives all steps between medium and application; 1.0 if nothing is lost.

    Returns
    -------
    Amount
        Cells.

    Raises
    ------
    MissingFieldError
        If a field is None, empty or one of the missing codes (NR, NS, NA, UNCLEAR).
    ValueError
        If a unit does not parse, kinds differ, or a share is not one.

    Notes
    -----
    Secretion is taken as constant over the duration and in proportion to the cells, which
    crowded or starving cultures are not.  Explained in the chapter *How much is a dose*.

    Examples
    --------
    >>> from secretome.dosing import cells_for_dose
    >>> cells_for_dose("1 µg", "20 ng/10^6 cells/24 h", duration="48 h", recovery=0.5).value
    50000000.0
    """
    purpose = "the number of cells for a dose"
    wanted = _quantity("dose", dose, purpose)
    given = _quantity("secretion", secretion, purpose)
    total = _over_time("secretion", given, duration, purpose)
    share = _share("recovery", recovery, purpose)
    cells = _ratio(wanted, total * share, "cell", "a secretion")
    during = f" during {duration}" if duration else ""
    return Amount(
        cells, "cells", f"{dose} from cells that give {secretion}{during}, {share:.0%} recovered"
    )


def medium_for_dose(
    dose: str | None, concentration: str | None, *, recovery: float | None
) -> Amount:
    """Conditioned medium that is needed for one application.

    Parameters
    ----------
    dose : str
        What one application holds: ``"10 µg"``, ``"1e9 particles"``, ``"5 mg protein"``, or
        ``"2e6 cells"`` for what that many cells gave.
    concentration : str
        What the medium holds: ``"250 pg/mL"``, ``"1e9 particles/mL"``, ``"1e6 cells/mL"``.
    recovery : float
        Share that survives all steps between medium and application; 1.0 if nothing is lost.

    Returns
    -------
    Amount
        Volume in mL.

    Raises
    ------
    MissingFieldError
        If a field is None, empty or one of the missing codes.
    ValueError
        If a unit does not parse, kinds differ, or a share is not one.

    Examples
    --------
    >>> from secretome.dosing import medium_for_dose
    >>> medium_for_dose("100 ng", "250 pg/mL", recovery=0.8).value
    500.0
    """
    purpose = "the volume of medium for a dose"
    wanted = _quantity("dose", dose, purpose)
    content = _quantity("concentration", concentration, purpose)
    share = _share("recovery", recovery, purpose)
    volume = _ratio(wanted, content * share, "mL", "a medium")
    return Amount(volume, "mL", f"{dose} from medium with {concentration}, {share:.0%} recovered")


@dataclass(frozen=True)
class Concentration:
    """Result of :func:`concentration_factor`.

    Attributes
    ----------
    volume_factor : float
        Volume before over volume after.
    recovered : float
        Share of the factor that is in the retentate.
    factor : float
        Concentration after over before: their product.
    """

    volume_factor: float
    recovered: float
    factor: float

    def summary(self) -> str:
        """The result in a sentence.

        Returns
        -------
        str
            Both factors and the loss between them.
        """
        return (
            f"The volume shrinks {self.volume_factor:.3g}-fold, but the factor is concentrated "
            f"{self.factor:.3g}-fold: {1 - self.recovered:.0%} of it is lost."
        )


def concentration_factor(
    volume_before: str | None,
    volume_after: str | None,
    *,
    retained: float | None,
    adsorbed: float = 0.0,
    diavolumes: float = 0.0,
) -> Concentration:
    """How much a factor is concentrated by ultrafiltration, and how much is lost.

    Parameters
    ----------
    volume_before, volume_after : str
        Volumes of medium and retentate, for example ``"500 mL"`` and ``"10 mL"``.
    retained : float
        Retention coefficient of the membrane for this factor, 0 (passes) to 1 (kept).  It
        is the property of the pair, not of the membrane's cut-off.
    adsorbed : float
        Share that sticks to membrane and tubing.
    diavolumes : float
        Volumes of buffer per volume of retentate that wash it at constant volume.

    Returns
    -------
    Concentration
        Volume factor, recovered share, concentration factor.

    Raises
    ------
    MissingFieldError
        If a volume or the retention is missing.
    ValueError
        If the retentate is larger than the medium, or a share is not one.

    Notes
    -----
    With constant retention *R*, mass balance gives ``c/c₀ = X^R`` for a volume factor *X*,
    so the share ``X^(R−1)`` stays; washing with *N* volumes leaves ``exp(−N(1−R))`` of that.
    Fifty-fold by volume is fifty-fold by content only for a factor that is kept whole.

    Examples
    --------
    >>> from secretome.dosing import concentration_factor
    >>> round(concentration_factor("500 mL", "10 mL", retained=0.9).factor, 1)
    33.8
    """
    purpose = "the concentration factor"
    volumes = {}
    for field, text in (("volume_before", volume_before), ("volume_after", volume_after)):
        volumes[field] = _quantity(field, text, purpose)
        if not volumes[field].is_compatible_with("mL"):
            raise ValueError(f"{field} is {text!r}; it must be a volume, for example '500 mL'.")
    shrink = float((volumes["volume_before"] / volumes["volume_after"]).to("").magnitude)
    if shrink < 1:
        raise ValueError(
            f"The volume grows from {volume_before} to {volume_after}: that is a dilution. Are the "
            "two swapped?"
        )
    if retained is None or pd.isna(retained):
        raise MissingFieldError(
            "retained is missing, and the concentration factor cannot be computed without it: the "
            "volume factor alone assumes that the membrane lets nothing pass. Measure the factor "
            "in the filtrate; retained = 1 − filtrate/retentate."
        )
    if not 0 <= retained <= 1:
        raise ValueError(f"retained is {retained}; it lies from 0 (passes) to 1 (kept).")
    if not 0 <= adsorbed < 1:
        raise ValueError(f"adsorbed is {adsorbed}; it is a share from 0 to below 1.")
    if not 0 <= diavolumes < math.inf:
        raise ValueError(f"diavolumes is {diavolumes}; it must be zero or more.")
    recovered = (1 - adsorbed) * shrink ** (retained - 1) * math.exp(-diavolumes * (1 - retained))
    return Concentration(shrink, recovered, shrink * recovered)


def equivalent_doses(
    products: pd.DataFrame,
    reference: str,
    content: str,
    *,
    product: str = "product",
    dose: str = "dose",
    hours: str | None = None,
) -> pd.DataFrame:
    """How much of each product holds the same content as one dose of a reference.

    Parameters
    ----------
    products : pandas.DataFrame
        One row a product.
    reference : str
        Name of the product whose dose is matched.
    content : str
        Column with what an amount of product holds, as text with its unit: protein
        (``"50 µg protein/mL"``), particles (``"1e9 particles/mL"``), one factor
        (``"200 pg/mg"``), or the cells that conditioned it (``"1e6 cells/mL"``).
    product, dose : str
        Columns with the name and with one dose of the product (``"2 mL"``, ``"30 mg"``).
    hours : str, optional
        Column with the time of conditioning, to match cells times hours instead of cells.

    Returns
    -------
    pandas.DataFrame
        One row a product: ``product``, ``equivalent`` (``Float64``), ``unit`` (mL or mg),
        ``doses`` (how many of its own doses that is), ``reason``.  Where the answer is
        missing, ``reason`` says which field is and why; it is empty otherwise.

    Raises
    ------
    KeyError
        If a column or the reference is not there.
    MissingFieldError
        If a field of the reference itself is missing.
    ValueError
        If an amount of the reference does not parse, or its name stands twice.

    Notes
    -----
    Equal content of one measure is not equal effect, and two measures give different
    answers: that is the reason to print both.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.dosing import equivalent_doses
    >>> class_data = pd.DataFrame({
    ...     "product": ["medium", "powder", "other"],
    ...     "dose": ["2 mL", "10 mg", "1 mL"],
    ...     "protein": ["50 µg protein/mL", "20 µg protein/mg", "NR"]})
    >>> table = equivalent_doses(class_data, "medium", "protein")
    >>> table["equivalent"].tolist()[:2]
    [2.0, 5.0]
    >>> table["reason"][2][:29]
    'protein of other is missing ('
    """
    for column in (product, dose, content, *([hours] if hours else [])):
        if column not in products:
            raise MissingName(
                f"There is no column {column!r}. Columns: {', '.join(map(str, products.columns))}."
            )
    names = products[product].astype(str).tolist()
    if names.count(reference) == 0:
        raise MissingName(f"There is no product {reference!r}. Products: {', '.join(names)}.")
    if names.count(reference) > 1:
        raise ValueError(f"{reference!r} stands in {names.count(reference)} rows; one is the rule.")
    purpose = "its equivalent dose"
    rows = products.to_dict("records")

    def per_amount(row: dict[Any, Any]) -> Any:
        name = row[product]
        found = _quantity(f"{content} of {name}", row[content], purpose)
        if hours is None:
            return found
        time = _quantity(f"{hours} of {name}", row[hours], purpose)
        if not time.check("[time]"):
            raise ValueError(
                f"{hours} of {name} is {row[hours]!r}; it must be a time, like '24 h'."
            )
        return found * time

    chosen = rows[names.index(reference)]
    wanted = per_amount(chosen) * _quantity(f"{dose} of {reference}", chosen[dose], purpose)
    found: list[dict[str, Any]] = []
    for name, row in zip(names, rows, strict=True):
        line: dict[str, Any] = {"product": name, "equivalent": None, "unit": None}
        line |= {"doses": None, "reason": ""}
        try:
            held = per_amount(row)
            amount = wanted / held
            unit = next((u for u in ("mL", "mg") if amount.is_compatible_with(u)), None)
            if unit is None:
                raise ValueError(
                    f"{content} of {name} ({row[content]}) is another kind of amount than that of "
                    f"{reference} ({chosen[content]}); the two are not converted into each other"
                )
            line |= {"equivalent": _ratio(wanted, held, unit, "a product"), "unit": unit}
            own = _quantity(f"{dose} of {name}", row[dose], "the number of its own doses")
            line["doses"] = _ratio(amount, own, "", "a product")
        except ValueError as error:
            line["reason"] = str(error)
        found.append(line)
    table = pd.DataFrame(found)
    return table.astype({"equivalent": "Float64", "doses": "Float64", "unit": "str"})

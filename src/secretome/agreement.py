"""How well two independent readings of the same sources agree.

A table that was read twice is worth what the two readings share.  :func:`compare` lays two
tables that two readers filled side by side, one row a cell.  :func:`agreement` takes such a
long table, one row a cell that both readers were asked to fill, and gives for each field the
share on which they agree and, for fields with few categories, Cohen's kappa, which takes off
what two guessers would share by chance.
"""

from __future__ import annotations

import math

import pandas as pd

from secretome._frames import MissingName, need
from secretome.tables import MISSING_CODES

__all__ = ["agreement", "cohen_kappa", "compare"]


def cohen_kappa(first: pd.Series[str], second: pd.Series[str]) -> float:
    """Cohen's kappa of two readings.

    Parameters
    ----------
    first, second : pandas.Series
        Categories given by the two readers, one element a cell, in the same order.

    Returns
    -------
    float
        1 for full agreement, 0 for chance, NaN where both readers used one and the same
        category throughout, for which kappa is not defined.

    Raises
    ------
    ValueError
        If the two are empty or differ in length.

    Notes
    -----
    ``(observed - expected) / (1 - expected)``, the agreement beyond what chance would give.
    Explained in the chapter *Methods*.

    References
    ----------
    Cohen J. Educ Psychol Meas 1960;20:37-46. https://doi.org/10.1177/001316446002000104

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.agreement import cohen_kappa
    >>> round(cohen_kappa(pd.Series(list("aabb")), pd.Series(list("aaba"))), 3)
    0.5
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f"Two readings of the same cells are needed; got {len(first)} and {len(second)}."
        )
    a, b = first.astype(str).to_numpy(), second.astype(str).to_numpy()
    observed = float((a == b).mean())
    categories = set(a) | set(b)
    expected = sum(float((a == c).mean()) * float((b == c).mean()) for c in categories)
    return math.nan if expected == 1 else (observed - expected) / (1 - expected)


def compare(first: pd.DataFrame, second: pd.DataFrame, key: str) -> pd.DataFrame:
    """Two tables that two readers filled alone, side by side: one row a cell.

    Parameters
    ----------
    first, second : pandas.DataFrame
        The same rows filled by two readers; columns that only one of them has are left out.
    key : str
        Column that names a row, in both tables.

    Returns
    -------
    pandas.DataFrame
        Columns ``row``, ``field``, ``first``, ``second``, ``status`` (``agree``, ``differ``,
        ``first only``, ``second only``), as :func:`agreement` takes them.  Cells that neither
        reader filled are left out; an empty cell and a missing code are no value.

    Raises
    ------
    KeyError
        If `key` is not a column of both.
    ValueError
        If a row is named twice, or no row stands in both tables.

    Notes
    -----
    Two cells agree if they are the same but for capitals and spaces; 12 and 12.0 are the same
    number.  Whether two sentences mean the same is for the two readers to say: set ``status``.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.agreement import agreement, compare
    >>> ada = pd.DataFrame({"study_id": ["tak-2020"], "organ": ["hair"], "n_total": ["34"]})
    >>> ben = pd.DataFrame({"study_id": ["tak-2020"], "organ": ["Hair"], "n_total": ["NS"]})
    >>> cells = compare(ada, ben, key="study_id")
    >>> list(cells["status"])
    ['agree', 'first only']
    >>> int(agreement(cells, by="row")["agree"].iloc[0])
    1
    """
    for name, frame in (("first", first), ("second", second)):
        need(frame, key)
        doubled = frame[key][frame[key].duplicated()].astype(str).unique()
        if len(doubled):
            raise ValueError(
                f"The {name} table names a row twice: {', '.join(doubled)}. One row a {key}."
            )
    one, two = first.set_index(key), second.set_index(key)
    shared = [row for row in one.index if row in two.index]
    if not shared:
        raise ValueError(
            f"No row stands in both tables: {', '.join(map(str, one.index[:5]))} against "
            f"{', '.join(map(str, two.index[:5]))}. Both readers use the same {key}."
        )
    cells = []
    for row in shared:
        for field in (c for c in one.columns if c in two.columns):
            a, b = _filled(one.at[row, field]), _filled(two.at[row, field])
            if a is None and b is None:
                continue
            status = (
                "first only" if b is None else "second only" if a is None
                else "agree" if _same(a, b) else "differ"
            )  # fmt: skip
            cells.append((row, field, a or "NA", b or "NA", status))
    return pd.DataFrame(cells, columns=["row", "field", "first", "second", "status"])


def _filled(value: object) -> str | None:
    text = "" if value is None or pd.isna(value) else str(value).strip()  # type: ignore[call-overload]
    return None if not text or text in MISSING_CODES else text


def _same(a: str, b: str) -> bool:
    if " ".join(a.split()).casefold() == " ".join(b.split()).casefold():
        return True
    try:
        return float(a) == float(b)
    except ValueError:
        return False


def agreement(
    readings: pd.DataFrame,
    by: str | list[str] = "field",
    *,
    first: str = "first",
    second: str = "second",
    status: str = "status",
    most_categories: int = 12,
) -> pd.DataFrame:
    """Agreement of two readings, for each field.

    Parameters
    ----------
    readings : pandas.DataFrame
        One row a cell: the two values and a status (``agree``, ``differ``, ``first only``,
        ``second only``).
    by : str or list of str
        Columns that group the cells.
    first, second, status : str
        Columns with the two values and the status.
    most_categories : int
        Kappa is given for fields with at most so many different values.

    Returns
    -------
    pandas.DataFrame
        For each group: ``both`` (cells that both readers filled), ``agree``, ``percent``
        (of `both`), ``kappa`` (missing where it has no meaning), ``one_reader`` (cells that
        only one of them filled).

    Raises
    ------
    KeyError
        If a column is not in the table.

    Notes
    -----
    Explained in the chapter *Methods*.  Cells that only one reader filled are no
    disagreement, but no agreement either; they are counted apart.

    Examples
    --------
    >>> import secretome
    >>> table = secretome.agreement.agreement(secretome.load("readings"), by="table")
    >>> bool((table["percent"] <= 100).all())
    True
    """
    groups = [by] if isinstance(by, str) else list(by)
    for column in [*groups, first, second, status]:
        if column not in readings:
            raise MissingName(
                f"There is no column {column!r}. Columns: {', '.join(map(str, readings.columns))}. "
                "Two tables that two readers filled become such a table with "
                "compare(first, second, key)."
            )
    rows = []
    for key, cells in readings.groupby(groups, sort=True):
        both = cells[cells[status].isin(["agree", "differ"])]
        agree = int((both[status] == "agree").sum())
        # cells that agree but for spelling count as one category
        second_value = both[second].where(both[status] != "agree", both[first])
        few = 2 <= pd.concat([both[first], second_value]).nunique() <= most_categories
        rows.append(
            {
                **dict(zip(groups, key, strict=True)),
                "both": len(both),
                "agree": agree,
                "percent": 100 * agree / len(both) if len(both) else math.nan,
                "kappa": cohen_kappa(both[first], second_value) if few else math.nan,
                "one_reader": len(cells) - len(both),
            }
        )
    return pd.DataFrame(rows)

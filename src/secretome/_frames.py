"""Columns of a DataFrame as numbers, with every bad row named at once."""

from __future__ import annotations

import difflib
import functools
import math
from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHOWN = 8


class MissingName(KeyError):
    """A KeyError whose message prints as it was written, without quotes around it."""

    def __str__(self) -> str:
        return str(self.args[0])


def need(frame: pd.DataFrame, *columns: str | None) -> None:
    """Raise a KeyError that helps when a column is not there."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"Expected a pandas DataFrame with one row a study, got {type(frame).__name__}. "
            "Read your file with pandas.read_csv(path), or build a DataFrame from columns."
        )
    if frame.columns.nlevels > 1:
        raise ValueError(
            f"The table has column names of {frame.columns.nlevels} levels, as pivot makes them. "
            'Make them plain first: df.columns = ["_".join(map(str, c)) for c in df.columns], '
            "then df = df.reset_index(). Arms below each other are laid side by side, with plain "
            "names, by effect_sizes.arms_side_by_side."
        )
    for column in columns:
        if column is not None and column not in frame.columns:
            if column in frame.index.names:
                raise MissingName(
                    f"{column!r} is the index of the table and not a column. Make it one with "
                    "df = df.reset_index()."
                )
            names = [str(c) for c in frame.columns]
            # what stands for something else in the same call is not what was meant
            free = [name for name in names if name not in columns]
            close = difflib.get_close_matches(str(column), free, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise MissingName(
                f"There is no column {column!r} in the table.{hint} Columns: {', '.join(names)}. "
                "Pass the name of your own column to the argument of that meaning."
            )


def row_names(frame: pd.DataFrame, label: str | None) -> list[str]:
    """Text that names each row: its label, or its place in the index."""
    need(frame, label)
    if label is None:
        return [str(i) for i in frame.index]
    return [
        f"row {i}" if pd.isna(v) else str(v) for i, v in zip(frame.index, frame[label], strict=True)
    ]


class Complaints:
    """Everything that is wrong with the rows of one table, raised as one error."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._found: list[str] = []

    def add(self, bad: NDArray[np.bool_], column: str, values: Any, remedy: str) -> None:
        """Note the rows where `bad` is true."""
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        shown = ", ".join(f"{self._names[i]!r} ({values[i]})" for i in rows[:_SHOWN])
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        self._found.append(f"{column} in {shown}{more}: {remedy}")

    def throw(self, hint: str = "") -> None:
        """Raise if anything was noted."""
        if self._found:
            lines = "\n".join(f"- {line}" for line in self._found)
            raise ValueError(
                f"These rows cannot be used:\n{lines}\n"
                + (hint or "Put the cells right, or leave the rows out with df.drop(index=[...]).")
            )


def raw_values(frame: pd.DataFrame, column: str) -> list[Any]:
    """Cells as they stand, for messages."""
    return ["missing" if pd.isna(v) else v for v in frame[column].tolist()]


def numbers(
    frame: pd.DataFrame,
    column: str,
    complaints: Complaints,
    *,
    low: float = -math.inf,
    above: bool = False,
    high: float = math.inf,
    whole: bool = False,
) -> Floats:
    """One column as floats; cells that are no usable number are noted in `complaints`."""
    need(frame, column)
    cells = frame[column]
    if cells.dtype == bool:
        raise TypeError(
            f"Column {column!r} holds True and False; it should hold numbers. "
            "Pass the name of the column with the numbers."
        )
    values: Floats = pd.to_numeric(cells, errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    raw = raw_values(frame, column)
    finite = np.isfinite(values)
    complaints.add(~finite, column, raw, "a finite number is needed")
    # comparisons with NaN are false, so a cell is noted once only
    with np.errstate(invalid="ignore"):
        if above:
            complaints.add(finite & (values <= low), column, raw, f"must be above {low:g}")
        else:
            complaints.add(finite & (values < low), column, raw, f"must be {low:g} or more")
        complaints.add(finite & (values > high), column, raw, f"must be {high:g} or less")
        if whole:
            complaints.add(
                finite & (values != np.rint(values)), column, raw, "must be a whole number"
            )
    return values


def significant(value: float, digits: int = 3) -> str:
    """A number as a reader wants it: `digits` significant digits, a true minus sign."""
    if not math.isfinite(value):
        return "not estimable"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    text = (
        f"{value:.{digits - 1}e}"
        if size < -4 or size >= 7
        else f"{value:.{max(digits - 1 - size, 0)}f}"
    )
    return text.replace("-", "−")


def p_text(p: float) -> str:
    """A p-value in words that do not overstate its digits."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def call_text(function: str, **arguments: Any) -> str:
    """The call that made a result, as a line that can be read again."""
    parts = [f"{name}={value!r}" for name, value in arguments.items() if value is not None]
    return f"{function}(df, {', '.join(parts)})" if parts else f"{function}(df)"


@functools.cache
def _versions() -> MappingProxyType[str, str]:
    from importlib.metadata import version

    import scipy

    from secretome import __version__

    return MappingProxyType(
        {
            "secretome": __version__,
            "PyMetaAnalysis": version("PyMetaAnalysis"),
            "numpy": np.__version__,
            "scipy": str(scipy.__version__),
            "pandas": pd.__version__,
        }
    )


def versions() -> Mapping[str, str]:
    """Versions of what computes, for the record in each result."""
    return _versions()


def first_seen(values: pd.Series[Any]) -> list[Hashable]:
    """Distinct values in the order in which they come."""
    return list(dict.fromkeys(values.tolist()))

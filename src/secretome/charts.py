"""Charts of evidence that take any tidy DataFrame.

The choices behind it:

* One theme for all: Okabe-Ito colours, which the colour-blind can tell apart, and never
  colour alone: a shape, a position or a word says the same.
* Zeros are drawn.  A map that leaves out empty cells hides the gaps.
* Rows that were read only once (``checked_on`` missing) are drawn hollow.
* Every chart carries its *reading*, one sentence computed from the same numbers, as the
  chart's ``description``.  It is the alternative text; the function that writes it is
  public (``…_reading``), so that it can be tested and printed.

Functions return :class:`altair.Chart` objects, which can be restyled, layered and saved.
The chapter *Clinical evidence by condition* uses most of them.
"""

from __future__ import annotations

import difflib
import importlib
import json
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from secretome._frames import Complaints, MissingName, raw_values, row_names
from secretome.tables import MISSING_CODES

__all__ = [
    "DIRECTIONS",
    "PALETTE",
    "claims_ledger",
    "claims_ledger_reading",
    "effect_direction",
    "effect_direction_reading",
    "evidence_map",
    "evidence_map_reading",
    "factor_matrix",
    "factor_matrix_reading",
    "production_conditions",
    "production_conditions_reading",
    "record_flow",
    "record_flow_reading",
    "retention",
    "retention_reading",
    "timeline",
    "timeline_reading",
]

INK = "#24292f"
"""Colour of text and lines; a page with a dark theme may replace it."""

PALETTE: dict[str, str] = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "sky": "#56B4E9",
    "purple": "#CC79A7",
    "grey": "#8a939c",
    "yellow": "#F0E442",
}
"""Okabe-Ito colours, with a grey for what has no side."""

DIRECTIONS: dict[str, tuple[str, str]] = {
    "favours product": (PALETTE["blue"], "triangle-up"),
    "no clear difference": (PALETTE["grey"], "circle"),
    "mixed": (PALETTE["purple"], "diamond"),
    "favours comparator": (PALETTE["vermillion"], "triangle-down"),
    "no comparator": ("#5b6570", "cross"),
}
"""Colour and shape of each direction of effect, in the order in which they are drawn."""

_WIDTH = 620
# with the names of the groups at its left, as wide as a page's column of text
_MARKS_WIDTH = 520
# a sign without width: it tells apart the lines of one group
_BELOW = "\u2063"

# charts of their own modules, so that every picture is found under one name
_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "evidence_charts": (
        "albatross",
        "albatross_reading",
        "bubble",
        "bubble_reading",
        "direction_counts",
        "direction_counts_reading",
        "forest",
        "forest_reading",
        "funnel",
        "funnel_reading",
        "reporting",
        "reporting_reading",
        "risk_of_bias",
        "risk_of_bias_reading",
        "risk_of_bias_summary",
        "sensitivity",
        "sensitivity_reading",
    ),
    "drying_charts": (
        "drying_curve",
        "drying_curve_reading",
        "phase_path",
        "phase_path_reading",
        "setting_map",
        "setting_map_reading",
        "storage_loss",
        "storage_loss_reading",
        "vial_spread",
        "vial_spread_reading",
    ),
}


def __getattr__(name: str) -> Any:
    for module, names in _ELSEWHERE.items():
        if name in names:
            return getattr(importlib.import_module(f"secretome.{module}"), name)
    offered = sorted([*__all__, *(n for names in _ELSEWHERE.values() for n in names)])
    raise AttributeError(f"secretome.charts has no {name!r}. It offers: {', '.join(offered)}.")


def _need(frame: pd.DataFrame, *columns: str | None) -> None:
    for column in columns:
        if column is not None and column not in frame.columns:
            close = difflib.get_close_matches(str(column), [str(c) for c in frame.columns], n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise MissingName(
                f"There is no column {column!r} in the table.{hint} "
                f"Columns: {', '.join(map(str, frame.columns))}."
            )


def _need_directions(frame: pd.DataFrame, direction: str) -> None:
    """Name each cell that is no direction, with its row and the word that may be meant."""
    cells = frame[direction]
    wrong = cells[~cells.isin(list(DIRECTIONS))]
    if wrong.empty:
        return
    lines = []
    for where, value in wrong.iloc[:8].items():
        if pd.isna(value):
            lines.append(f"- row {where}: the cell is empty")
            continue
        british = str(value).strip().lower().replace("favors", "favours")
        close = difflib.get_close_matches(british, list(DIRECTIONS), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        lines.append(f"- row {where}: {value!r}{hint}")
    if len(wrong) > 8:
        lines.append(f"- and {len(wrong) - 8} more")
    raise ValueError(
        f"These cells of the column {direction!r} are not directions:\n"
        + "\n".join(lines)
        + f"\nUse: {', '.join(DIRECTIONS)}. An outcome whose direction is not known is left out "
        f"with df.dropna(subset=[{direction!r}])."
    )


def _with_numbers(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows in which all columns hold numbers; text among them is an error that names it."""
    found = {}
    for column in columns:
        cells = frame[column]
        numbers = pd.to_numeric(cells, errors="coerce").astype("Float64")
        wrong = cells[
            (numbers.isna() & cells.notna() & ~cells.isin(list(MISSING_CODES))).to_numpy()
        ]
        if len(wrong):
            shown = ", ".join(f"{v!r} (row {i})" for i, v in list(wrong.items())[:5])
            raise ValueError(
                f"Column {column!r} holds what is no number: {shown}. Put the cells right, or "
                "leave them empty; empty cells and the missing codes are left out."
            )
        found[column] = numbers.to_numpy(dtype=float, na_value=float("nan"))
    return frame.assign(**found).dropna(subset=list(columns))


def _style(chart: Any, reading: str) -> Any:
    return chart.properties(description=reading).configure(
        background="transparent",
        font="system-ui, -apple-system, 'Segoe UI', sans-serif",
        axis=alt.AxisConfig(
            labelColor=INK,
            titleColor=INK,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight=600,
            gridColor="#e4e7ea",
            domainColor="#8a939c",
            tickColor="#8a939c",
            labelLimit=230,
        ),
        legend=alt.LegendConfig(
            labelColor=INK,
            titleColor=INK,
            labelFontSize=12,
            titleFontSize=12,
            orient="bottom",
            columns=3,
            labelLimit=260,
        ),
        header=alt.HeaderConfig(labelColor=INK, titleColor=INK, labelFontSize=12),
        view=alt.ViewConfig(stroke=None),
        text=alt.MarkConfig(color=INK),
    )


def _empty(message: str) -> Any:
    """Draw the empty state: a sentence, never a blank."""
    chart = (
        alt.Chart(pd.DataFrame({"text": [message]}))
        .mark_text(fontSize=13, color=INK)
        .encode(text="text:N")
        .properties(width=_WIDTH, height=60)
    )
    return _style(chart, message)


def _order(frame: pd.DataFrame, column: str) -> list[str]:
    return [str(v) for v in frame[column].astype(str).value_counts().index]


# --- evidence map ------------------------------------------------------------------------


def _grid(
    frame: pd.DataFrame,
    row: str,
    column: str,
    checked: str | None,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    cells = frame.assign(**{row: frame[row].astype(str), column: frame[column].astype(str)})
    table = pd.crosstab(cells[row], cells[column])
    # asked for and not found is a line of zeros
    table = table.reindex(
        index=sorted({*table.index, *(rows or ())}),
        columns=sorted({*table.columns, *(columns or ())}),
        fill_value=0,
    )
    table.index.name, table.columns.name = row, column
    crossed: Any = table.stack()
    counts: pd.DataFrame = crossed.to_frame("n").reset_index()
    if checked is not None:
        once = cells[cells[checked].isna() | cells[checked].isin(["NA", "NS"])]
        unchecked = once.groupby([row, column]).size().rename("unchecked").reset_index()
        counts = counts.merge(unchecked, how="left", on=[row, column])
        counts["unchecked"] = counts["unchecked"].fillna(0).astype(int)
    else:
        counts["unchecked"] = 0
    return counts


def evidence_map_reading(
    frame: pd.DataFrame,
    row: str,
    column: str,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    noun: str = "study",
) -> str:
    """One sentence that reads an evidence map.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a study.
    row, column : str
        The two categories.
    rows, columns : sequence of str, optional
        Categories to be counted even where no study has them.
    noun : str
        What one row of `frame` is.

    Returns
    -------
    str
        Numbers of studies, of filled and of empty cells, and the fullest cell.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.charts import evidence_map_reading
    >>> df = pd.DataFrame({"organ": ["hair", "skin", "skin"], "product": ["CM", "CM", "EV"]})
    >>> evidence_map_reading(df, "organ", "product")
    '3 studies over 2 organs and 2 products: 3 of 4 cells hold a study, 1 is empty; the fullest \
is hair, CM with 1.'
    """
    _need(frame, row, column)
    if frame.empty:
        return f"No {_many(noun)} to map."
    counts = _grid(frame, row, column, None, rows, columns)
    if counts.empty:
        return f"No {noun} gives both {row.replace('_', ' ')} and {column.replace('_', ' ')}."
    top = counts.sort_values("n", ascending=False, kind="stable").iloc[0]
    empty = int((counts["n"] == 0).sum())
    return (
        f"{_count(len(frame), noun)} over "
        f"{_count(counts[row].nunique(), row.replace('_', ' '))} and "
        f"{_count(counts[column].nunique(), column.replace('_', ' '))}: "
        f"{len(counts) - empty} of {len(counts)} cells hold a {noun}, {empty} "
        f"{'is' if empty == 1 else 'are'} empty; the fullest is {top[row]}, {top[column]} "
        f"with {top['n']}."
    )


def _many(one: str) -> str:
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return one[:-1] + "ies"
    return one + ("es" if one.endswith(("s", "x", "ch", "sh")) else "s")


def _count(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or _many(one)}"


def evidence_map(
    frame: pd.DataFrame,
    row: str,
    column: str,
    *,
    checked: str | None = None,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    noun: str = "study",
) -> Any:
    """Map of studies: where they are, and where there are none.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a study.
    row, column : str
        Categories of the two axes, for example organ and product.
    checked : str, optional
        Column with the date of the second reading.  The share of rows without one is drawn
        as a hollow ring.
    rows, columns : sequence of str, optional
        Categories to be drawn even where no study has them: a line of crosses.
    noun : str
        What one row of `frame` is, for example ``trial``.

    Returns
    -------
    altair.Chart
        Circles with area by number of studies; a small cross where there is none.

    Raises
    ------
    KeyError
        If a column is not in the table; the message names the close matches.

    Examples
    --------
    >>> import secretome
    >>> studies = secretome.load("studies")
    >>> chart = secretome.charts.evidence_map(studies, "organ", "product")
    >>> "cells hold a study" in chart.description
    True
    """
    _need(frame, row, column, checked)
    reading = evidence_map_reading(frame, row, column, rows=rows, columns=columns, noun=noun)
    if frame.empty:
        return _empty(reading)
    counts = _grid(frame, row, column, checked, rows, columns)
    if counts.empty:
        return _empty(reading)
    counts["second reading"] = (
        counts["unchecked"].eq(0).map({True: "every row read twice", False: "some rows read once"})
    )
    high = list(dict.fromkeys([*_order(frame, row), *(rows or ())]))
    wide = list(dict.fromkeys([*_order(frame, column), *(columns or ())]))
    base = alt.Chart(counts).encode(
        x=alt.X(
            f"{column}:N",
            sort=wide,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=-35, labelLimit=200),
        ),
        y=alt.Y(f"{row}:N", sort=high, title=None),
        tooltip=[
            row,
            column,
            alt.Tooltip("n", title=_many(noun)),
            alt.Tooltip("unchecked", title="read only once"),
        ],
    )
    some = alt.datum.n > 0
    circles = (
        base.transform_filter(some)
        .mark_point(strokeWidth=2, color=PALETTE["blue"])
        .encode(
            size=alt.Size(
                "n:Q",
                title=_many(noun),
                scale=alt.Scale(range=[70, 1100], domainMin=1),
                legend=None,
            ),
            fill=alt.Fill(
                "second reading:N",
                scale=alt.Scale(
                    domain=["every row read twice", "some rows read once"],
                    range=[PALETTE["sky"], "transparent"],
                ),
                legend=alt.Legend(title=None) if checked else None,
            ),
        )
    )
    # a cross and no empty place: what was not found is part of the map
    zeros = base.transform_filter("datum.n == 0").mark_text(fontSize=13, color="#7c858f")
    zeros = zeros.encode(text=alt.value("×"))
    numbers = (
        base.transform_filter(some)
        .mark_text(fontSize=11, fontWeight=600, color=INK)
        .encode(text="n:Q")
    )
    chart = (zeros + circles + numbers).properties(
        width=max(46 * len(wide), 200), height=30 * len(high)
    )
    return _style(chart, reading)


# --- timeline ---------------------------------------------------------------------------


def timeline_reading(frame: pd.DataFrame, year: str, by: str, *, noun: str = "study") -> str:
    """One sentence that reads a timeline.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a study.
    year, by : str
        Columns with the year and the category.
    noun : str
        What one row of `frame` is.

    Returns
    -------
    str
        Number of studies, first and last year, the median year.
    """
    _need(frame, year, by)
    years = pd.to_numeric(frame[year], errors="coerce").dropna()
    if years.empty:
        return f"No {_many(noun)} with a year."
    return (
        f"{_count(len(years), noun)} from {int(years.min())} to {int(years.max())}; "
        f"half of them since {int(years.median())}; most of one kind: "
        f"{frame[by].astype(str).value_counts().index[0]}."
    )


def timeline(
    frame: pd.DataFrame, year: str = "year", by: str = "product", *, noun: str = "study"
) -> Any:
    """Studies a year, stacked by a category.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a study.
    year, by : str
        Columns with the year of publication and the category.
    noun : str
        What one row of `frame` is, for example ``trial``.

    Returns
    -------
    altair.Chart
        Stacked bars; years without a study are drawn as empty places.

    Raises
    ------
    KeyError
        If a column is not in the table.

    Examples
    --------
    >>> import secretome
    >>> chart = secretome.charts.timeline(secretome.load("studies"))
    >>> " from " in chart.description
    True
    """
    reading = timeline_reading(frame, year, by, noun=noun)
    years = pd.to_numeric(frame[year], errors="coerce")
    shown = frame.assign(**{year: years, by: frame[by].astype(str)}).dropna(subset=[year])
    if shown.empty:
        return _empty(reading)
    counts = shown.groupby([year, by]).size().rename("n").reset_index()
    counts[year] = counts[year].astype(int)
    chart = (
        alt.Chart(counts)
        .mark_bar()
        .encode(
            x=alt.X(
                f"{year}:Q",
                title=None,
                axis=alt.Axis(format="d", tickMinStep=1),
                scale=alt.Scale(zero=False, nice=False, padding=12),
            ),
            y=alt.Y("n:Q", title=_many(noun), axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                f"{by}:N",
                sort=_order(shown, by),
                title=None,
                scale=alt.Scale(
                    range=[
                        PALETTE[c]
                        for c in (
                            "blue",
                            "orange",
                            "green",
                            "purple",
                            "vermillion",
                            "sky",
                            "grey",
                            "yellow",
                        )
                    ]
                ),
            ),
            order=alt.Order("n:Q", sort="descending"),
            tooltip=[alt.Tooltip(year, format="d"), by, alt.Tooltip("n", title=_many(noun))],
        )
        .properties(width=_WIDTH, height=220)
    )
    return _style(chart, reading)


# --- direction of effect ----------------------------------------------------------------


def effect_direction_reading(frame: pd.DataFrame, group: str, direction: str) -> str:
    """One sentence that reads an effect-direction chart.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a comparison.
    group, direction : str
        Columns with the group and the direction.

    Returns
    -------
    str
        How many comparisons point where, and how many have no comparator.
    """
    _need(frame, group, direction)
    if frame.empty:
        return "No comparisons to draw."
    counts = frame[direction].astype(str).value_counts()
    parts = [f"{counts[d]} {d}" for d in DIRECTIONS if d in counts]
    controlled = int(sum(counts.get(d, 0) for d in DIRECTIONS if d != "no comparator"))
    return (
        f"{_count(len(frame), 'outcome')} in {_count(frame[group].nunique(), 'group')}, "
        f"{controlled} with a control: {', '.join(parts)}; "
        "counts of directions, not sizes of effects."
    )


def effect_direction(
    frame: pd.DataFrame,
    group: str,
    direction: str = "direction",
    *,
    label: str | None = None,
    checked: str | None = None,
    per_line: int = 30,
) -> Any:
    """Direction of each comparison, one mark each, by group.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measured comparison.
    group : str
        Column that makes the rows, for example the condition.
    direction : str
        Column with one of :data:`DIRECTIONS`.
    label : str, optional
        Column shown when a mark is pointed at.
    checked : str, optional
        Column with the date of the second reading; marks without one are hollow.
    per_line : int
        Marks that one line takes; a group with more goes on below, so that no mark is cut
        off or drawn upon another.

    Returns
    -------
    altair.Chart
        Marks stacked from left to right; shape and colour say the direction.  The number
        behind the name of a group is that of its outcomes.

    Raises
    ------
    KeyError
        If a column is not in the table.
    ValueError
        If a direction is not one of :data:`DIRECTIONS`, or `per_line` is below 1.

    Notes
    -----
    A count of directions is no synthesis: it knows neither the size of a study nor of its
    effect.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.charts import effect_direction
    >>> df = pd.DataFrame({"organ": ["hair", "hair"], "direction": ["favours product", "mixed"]})
    >>> effect_direction(df, "organ").description
    '2 outcomes in 1 group, 2 with a control: 1 favours product, 1 mixed; counts of directions, \
not sizes of effects.'
    """
    _need(frame, group, direction, label, checked)
    _need_directions(frame, direction)
    if per_line < 1:
        raise ValueError(
            f"per_line is the number of marks a line takes, at least 1, not {per_line}."
        )
    reading = effect_direction_reading(frame, group, direction)
    if frame.empty:
        return _empty(reading)
    order = list(DIRECTIONS)
    marks = frame.assign(
        _rank=frame[direction].map(order.index), **{group: frame[group].astype(str)}
    ).sort_values([group, "_rank"], kind="stable")
    place = marks.groupby(group).cumcount()
    marks["position"] = place % per_line + 1
    # one band a line; the lines below the first have a name that is not written
    sizes = marks.groupby(group)[direction].transform("size")
    first = marks[group] + " (" + sizes.astype(str) + ")"
    marks["line"] = first + (place // per_line).map(lambda n: _BELOW * n)
    named = marks.drop_duplicates(group).set_index(group)["line"]
    lines = [
        named[name] + _BELOW * n
        for name in _order(frame, group)
        for n in range(-(-int((marks[group] == name).sum()) // per_line))
    ]
    if checked is not None:
        marks["reading"] = (marks[checked].isna() | marks[checked].isin(["NA", "NS"])).map(
            {True: "read once", False: "read twice"}
        )
    else:
        marks["reading"] = "read twice"
    shown = [group, direction, "reading"] + ([label] if label else [])
    keep = list(dict.fromkeys([*shown, "position", "line"]))
    present = [d for d in order if d in set(marks[direction])]
    colour = alt.Scale(domain=present, range=[DIRECTIONS[d][0] for d in present])
    shape = alt.Scale(domain=present, range=[DIRECTIONS[d][1] for d in present])
    wrapped = len(lines) > marks[group].nunique()
    chart = (
        alt.Chart(marks[keep].reset_index(drop=True))
        .mark_point(size=85, strokeWidth=1.8)
        .encode(
            x=alt.X(
                "position:Q",
                title=f"outcomes, up to {per_line} a line" if wrapped else "outcomes",
                scale=alt.Scale(domain=[0, int(marks["position"].max()) + 1], nice=False),
                axis=alt.Axis(tickMinStep=1, format="d"),
            ),
            y=alt.Y(
                "line:N",
                sort=lines,
                title=None,
                axis=alt.Axis(
                    labelExpr=f"indexof(datum.label, '{_BELOW}') < 0 ? datum.label : ''",
                    ticks=False,
                ),
            ),
            color=alt.Color(f"{direction}:N", scale=colour, title=None),
            shape=alt.Shape(f"{direction}:N", scale=shape, title=None),
            fillOpacity=alt.FillOpacity(
                "reading:O",
                sort=["read twice", "read once"],
                scale=alt.Scale(domain=["read twice", "read once"], range=[0.85, 0]),
                legend=None,
            ),
            fill=alt.Fill(f"{direction}:N", scale=colour, title=None),
            tooltip=list(dict.fromkeys(shown)),
        )
        .properties(width=_MARKS_WIDTH, height=max(26 * len(lines), 60))
    )
    return _style(chart, reading)


# --- flow of records ----------------------------------------------------------------------


def record_flow_reading(steps: pd.DataFrame) -> str:
    """One sentence that reads a flow of records.

    Parameters
    ----------
    steps : pandas.DataFrame
        As for :func:`record_flow`.

    Returns
    -------
    str
        The steps with their numbers, in order.
    """
    _need(steps, "step", "n")
    if steps.empty:
        return "No records yet."
    return "; ".join(f"{r.step}: {r.n}" for r in steps.itertuples()) + "."


def record_flow(steps: pd.DataFrame) -> Any:
    """Flow of records from search to inclusion.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row a step, in order: ``step`` (text), ``n`` (count), ``side`` (``True`` for
        records that leave the flow at this step).

    Returns
    -------
    altair.Chart
        Boxes from top to bottom; those that left stand at the side.

    Raises
    ------
    KeyError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.charts import record_flow
    >>> steps = pd.DataFrame({"step": ["found", "left out", "included"], "n": [9, 4, 5]})
    >>> steps["side"] = [False, True, False]
    >>> record_flow(steps).description
    'found: 9; left out: 4; included: 5.'
    """
    _need(steps, "step", "n", "side")
    reading = record_flow_reading(steps)
    if steps.empty:
        return _empty(reading)
    boxes = steps.reset_index(drop=True).copy()
    boxes["y"] = range(len(boxes))
    boxes["x"] = boxes["side"].map({True: 1.0, False: 0.0}).astype(float)
    boxes["x2"] = boxes["x"] + 0.92
    boxes["middle"] = boxes["x"] + 0.46
    boxes["label"] = [f"{r.step}: {r.n}" for r in boxes.itertuples()]
    scale = alt.Scale(domain=[0, 1.95])
    base = alt.Chart(boxes).encode(y=alt.Y("y:O", axis=None, scale=alt.Scale(padding=0.35)))
    rects = base.mark_bar(
        stroke="#8a939c", fillOpacity=0.12, color=PALETTE["blue"], cornerRadius=4
    ).encode(x=alt.X("x:Q", axis=None, scale=scale), x2="x2:Q")
    text = base.mark_text(fontSize=12.5, color=INK).encode(
        x=alt.X("middle:Q", scale=scale), text="label:N"
    )
    chart = (rects + text).properties(width=_WIDTH, height=46 * len(boxes))
    return _style(chart, reading)


# --- retention after drying ------------------------------------------------------------------


def retention_reading(frame: pd.DataFrame, measure: str, retained: str, comparator: str) -> str:
    """One sentence that reads a retention chart.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measurement.
    measure, retained, comparator : str
        Columns with what was measured, the share kept (per cent) and the comparator.

    Returns
    -------
    str
        Number of measurements and the range kept, for each comparator apart.
    """
    _need(frame, measure, retained, comparator)
    known = _with_numbers(frame, retained)
    if known.empty:
        return "No measurement gives a share that was kept."
    parts = []
    for name, group in known.groupby(comparator, sort=True):
        low, high = group[retained].min(), group[retained].max()
        parts.append(
            f"against {name}, {low:.0f} to {high:.0f} % in {_count(len(group), 'measurement')}"
        )
    return f"Share kept: {'; '.join(parts)}; comparators are never pooled."


def retention(
    frame: pd.DataFrame,
    measure: str = "measure",
    retained: str = "retained_percent",
    comparator: str = "comparator",
    *,
    label: str | None = None,
) -> Any:
    """What drying or storage left, for each comparator apart.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measurement.
    measure, retained, comparator : str
        Columns with what was measured, the share kept (per cent of the comparator) and the
        comparator (fresh, frozen, soaked).
    label : str, optional
        Column shown when a mark is pointed at, for example the study.

    Returns
    -------
    altair.Chart
        One mark a measurement; a rule at 100 %; one panel a comparator.

    Raises
    ------
    KeyError
        If a column is not in the table.

    Notes
    -----
    Rows without a share are left out of the picture and should be counted in the text:
    most sources of this field print no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.charts import retention
    >>> df = pd.DataFrame({"measure": ["VEGF"], "retained_percent": [90.0]})
    >>> df["comparator"] = "fresh"
    >>> retention(df).description
    'Share kept: against fresh, 90 to 90 % in 1 measurement; comparators are never pooled.'
    """
    _need(frame, measure, retained, comparator, label)
    reading = retention_reading(frame, measure, retained, comparator)
    known = _with_numbers(frame, retained)
    if known.empty:
        return _empty(reading)
    keep = [measure, retained, comparator] + ([label] if label else [])
    known = known[keep].astype({retained: float}).reset_index(drop=True)
    lines = {str(name): wrap(str(name), 28) or [""] for name in known[measure].unique()}
    points = (
        alt.Chart()
        .mark_point(filled=True, size=80, color=PALETTE["blue"], opacity=0.85)
        .encode(
            x=alt.X(f"{retained}:Q", title="kept, % of comparator", scale=alt.Scale(domainMin=0)),
            y=alt.Y(
                f"{measure}:N",
                title=None,
                sort="-x",
                axis=alt.Axis(labelExpr=f"{json.dumps(lines)}[datum.value]", labelLineHeight=13),
            ),
            tooltip=keep,
        )
    )
    whole = alt.Chart().mark_rule(strokeDash=[4, 3], color=INK).encode(x=alt.datum(100))
    chart = (
        alt.layer(whole, points, data=known)
        .properties(width=_WIDTH - 180, height=alt.Step(12 + 13 * max(map(len, lines.values()))))
        .facet(
            row=alt.Row(
                f"{comparator}:N",
                title=None,
                header=alt.Header(
                    labelAngle=0, labelAlign="left", labelOrient="top", labelFontWeight=600
                ),
            )
        )
        .resolve_scale(y="independent")
    )
    return _style(chart, reading)


# --- factors ---------------------------------------------------------------------------------


def factor_matrix_reading(
    frame: pd.DataFrame, factor: str, source: str, value: str, unit: str
) -> str:
    """One sentence that reads a factor matrix.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measured factor.
    factor, source, value, unit : str
        Columns with factor, cell source, value and harmonised unit.

    Returns
    -------
    str
        Numbers of values, factors, sources and units, and the widest spread of one factor.
    """
    _need(frame, factor, source, value, unit)
    known = _with_numbers(frame, value)
    if known.empty:
        return "No value could be brought to a common unit."
    spread = known[known[value] > 0].groupby([factor, unit])[value].agg(["min", "max", "size"])
    spread = spread[spread["size"] > 1]
    text = (
        f"{_count(len(known), 'value')} of {_count(known[factor].nunique(), 'factor')} from "
        f"{_count(known[source].nunique(), 'cell source')} in "
        f"{_count(known[unit].nunique(), 'unit')}"
    )
    if spread.empty:
        return text + "."
    ratio = (spread["max"] / spread["min"]).sort_values()
    (name, in_unit), times = ratio.index[-1], float(ratio.iloc[-1])
    return f"{text}; the widest spread is {name} in {in_unit}, {times:,.0f}-fold between media."


def factor_matrix(
    frame: pd.DataFrame,
    factor: str = "factor",
    source: str = "cell_source",
    value: str = "value",
    unit: str = "unit",
    *,
    label: str | None = None,
) -> Any:
    """Amounts of factors by cell source, one panel a unit, on a logarithmic axis.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measured factor.
    factor, source, value, unit : str
        Columns with factor, cell source, value and harmonised unit.
    label : str, optional
        Column shown when a mark is pointed at.

    Returns
    -------
    altair.Chart
        One mark a value; colour and shape say the source.  Units are never mixed.

    Raises
    ------
    KeyError
        If a column is not in the table.

    Examples
    --------
    >>> import secretome
    >>> chart = secretome.charts.factor_matrix(secretome.load("factors"))
    >>> "values of" in chart.description
    True
    """
    _need(frame, factor, source, value, unit, label)
    reading = factor_matrix_reading(frame, factor, source, value, unit)
    known = _with_numbers(frame, value)
    known = known[known[value] > 0]
    if known.empty:
        return _empty(reading)
    keep = list(dict.fromkeys([factor, source, value, unit] + ([label] if label else [])))
    known = known[keep].astype({value: float}).reset_index(drop=True)
    sources = _order(known, source)
    # one legend, not one for the colour and one for the shape: the same domain for both
    colour = alt.Scale(
        domain=sources,
        range=[
            PALETTE[c] for c in ("blue", "orange", "green", "purple", "vermillion", "sky", "grey")
        ],
    )
    chart = (
        alt.Chart(known)
        .mark_point(size=75, strokeWidth=2)
        .encode(
            x=alt.X(f"{value}:Q", scale=alt.Scale(type="log"), title="amount (logarithmic)"),
            y=alt.Y(f"{factor}:N", title=None),
            color=alt.Color(f"{source}:N", title=None, scale=colour),
            shape=alt.Shape(f"{source}:N", title=None, scale=alt.Scale(domain=sources)),
            row=alt.Row(
                f"{unit}:N",
                title=None,
                header=alt.Header(
                    labelAngle=0, labelAlign="left", labelOrient="top", labelFontWeight=600
                ),
            ),
            tooltip=keep,
        )
        .properties(width=_WIDTH - 120)
        .resolve_scale(x="independent", y="independent")
    )
    return _style(chart, reading)


# --- claims ledger ----------------------------------------------------------------------------

_BEARINGS: dict[str, tuple[str, str]] = {
    "for": (PALETTE["blue"], "triangle-up"),
    "mixed": (PALETTE["purple"], "diamond"),
    "against": (PALETTE["vermillion"], "triangle-down"),
    "not applicable": (PALETTE["grey"], "cross"),
    "result not seen": (PALETTE["grey"], "circle"),
}


def _need_bearings(frame: pd.DataFrame, claim: str, bearing: str) -> None:
    complaints = Complaints(
        [f"{c}, row {i}" for c, i in zip(row_names(frame, claim), frame.index, strict=True)]
    )
    unknown = ~frame[bearing].isin(list(_BEARINGS)).to_numpy(dtype=bool)
    shown = raw_values(frame, bearing)
    complaints.add(unknown, bearing, shown, f"must be one of: {', '.join(_BEARINGS)}")
    complaints.throw()


def claims_ledger_reading(frame: pd.DataFrame, claim: str, bearing: str) -> str:
    """One sentence that reads a claims ledger.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a study's bearing on a claim.
    claim, bearing : str
        Columns with the claim and the bearing.

    Returns
    -------
    str
        Numbers of claims and of bearings of each kind.

    Raises
    ------
    KeyError
        If a column is not in the table.
    ValueError
        If a bearing is not one of the words; the message names the rows.
    """
    _need(frame, claim, bearing)
    _need_bearings(frame, claim, bearing)
    if frame.empty:
        return "No evidence has been brought to bear on a claim."
    counts = frame[bearing].value_counts()
    parts = [f"{counts[b]} {b}" for b in _BEARINGS if b in counts]
    return f"{_count(frame[claim].nunique(), 'claim')} with evidence: {', '.join(parts)}."


def claims_ledger(
    frame: pd.DataFrame,
    claim: str = "claim_id",
    bearing: str = "bearing",
    *,
    label: str | None = "study_id",
) -> Any:
    """Evidence for, against and beside each claim.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a study's bearing on a claim.
    claim, bearing : str
        Columns with the claim and the bearing (for, mixed, against, not applicable, result not
        seen).
    label : str, optional
        Column shown when a mark is pointed at.

    Returns
    -------
    altair.Chart
        For each claim: evidence against to the left, for to the right of the line.  Beyond
        stand, without a side, studies that do not apply as grey crosses and studies whose result
        was not seen as hollow grey rings.

    Raises
    ------
    KeyError
        If a column is not in the table.
    ValueError
        If a bearing is not one of the words; the message names the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.charts import claims_ledger
    >>> df = pd.DataFrame({"claim_id": ["f01", "f01"], "bearing": ["for", "against"]})
    >>> df["study_id"] = ["a", "b"]
    >>> claims_ledger(df).description
    '1 claim with evidence: 1 for, 1 against.'
    """
    _need(frame, claim, bearing, label)
    reading = claims_ledger_reading(frame, claim, bearing)
    if frame.empty:
        return _empty(reading)
    marks = frame.copy()
    marks["_rank"] = marks[bearing].map(list(_BEARINGS).index)
    marks["_left"] = marks[bearing].eq("against")
    marks = marks.sort_values([claim, "_left", "_rank"], kind="stable")
    place = marks.groupby([claim, "_left"]).cumcount() + 1
    marks["place"] = place.where(~marks["_left"], -place)
    keep = [claim, bearing, "place"] + ([label] if label else [])
    present = [b for b in _BEARINGS if b in set(marks[bearing])]
    colours = [_BEARINGS[b][0] for b in present]
    hollow = ["transparent" if b == "result not seen" else _BEARINGS[b][0] for b in present]
    marks_chart = (
        alt.Chart(marks[keep].reset_index(drop=True))
        .mark_point(size=80, opacity=1)
        .encode(
            x=alt.X(
                "place:Q",
                title="against ◀   studies   ▶ for, then those without a side",
                axis=alt.Axis(tickMinStep=1, format="d"),
            ),
            y=alt.Y(f"{claim}:N", title=None),
            color=alt.Color(
                f"{bearing}:N",
                title=None,
                scale=alt.Scale(domain=present, range=colours),
            ),
            fill=alt.Fill(
                f"{bearing}:N",
                title=None,
                scale=alt.Scale(domain=present, range=hollow),
            ),
            shape=alt.Shape(
                f"{bearing}:N",
                title=None,
                scale=alt.Scale(domain=present, range=[_BEARINGS[b][1] for b in present]),
            ),
            tooltip=[claim, bearing] + ([label] if label else []),
        )
    )
    rule = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=INK).encode(x="x:Q")
    chart = (rule + marks_chart).properties(width=_WIDTH, height=18 * frame[claim].nunique())
    return _style(chart, reading)


# --- production conditions ------------------------------------------------------------------

_ABSENT = {"NR", "NS", "NA", "UNCLEAR", "nan", "<NA>", ""}


def _lumped(frame: pd.DataFrame, columns: Sequence[str], most: int) -> pd.DataFrame:
    """Text of each column with absent values and rare values under one name each."""
    shown = frame[list(columns)].astype(str).reset_index(drop=True)
    for column in columns:
        absent = shown[column].isin(_ABSENT)
        common = shown.loc[~absent, column].value_counts().index[:most]
        rare = ~absent & ~shown[column].isin(common)
        shown.loc[rare, column] = "another value"
        shown.loc[absent, column] = "not seen"
    return shown


def production_conditions_reading(frame: pd.DataFrame, columns: Sequence[str]) -> str:
    """One sentence that reads a view of production conditions.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a protocol.
    columns : sequence of str
        Conditions, in the order of the work.

    Returns
    -------
    str
        Number of protocols, of distinct paths, and of protocols that show every condition.
    """
    _need(frame, *columns)
    if frame.empty:
        return "No protocols to draw."
    shown = _lumped(frame, columns, most=10**6)
    whole = int((shown != "not seen").all(axis=1).sum())
    return (
        f"{_count(len(frame), 'protocol')} on {_count(len(shown.drop_duplicates()), 'path')} "
        f"through {_count(len(columns), 'condition')}; {whole} "
        f"{'shows' if whole == 1 else 'show'} every one of them."
    )


def production_conditions(frame: pd.DataFrame, columns: Sequence[str], *, most: int = 6) -> Any:
    """Parallel view of production conditions: which choice goes with which.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a protocol.
    columns : sequence of str
        Conditions, from left to right, for example source, oxygen and hours.
    most : int
        So many of the commonest values of a condition keep their name; the others stand
        together as *another value*.  Absent values stand apart as *not seen*.

    Returns
    -------
    altair.Chart
        One column a condition, one dot a value, lines between values of the same protocol;
        their width is the number of protocols.

    Raises
    ------
    KeyError
        If a column is not in the table.
    ValueError
        If fewer than two conditions are given.

    Notes
    -----
    Explained in the chapter *Making and measuring conditioned medium*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.charts import production_conditions
    >>> df = pd.DataFrame({"source": ["fat", "cord"], "oxygen": ["1 %", "NS"]})
    >>> production_conditions(df, ["source", "oxygen"]).description
    '2 protocols on 2 paths through 2 conditions; 1 shows every one of them.'
    """
    if len(columns) < 2:
        raise ValueError(
            f"A parallel view needs at least two conditions; got {list(columns)}. "
            f"Columns: {', '.join(map(str, frame.columns))}."
        )
    reading = production_conditions_reading(frame, columns)
    if frame.empty:
        return _empty(reading)
    shown = _lumped(frame, columns, most)
    dots = []
    for place, column in enumerate(columns):
        counts = shown[column].value_counts()
        last = [v for v in ("another value", "not seen") if v in counts.index]
        order = [v for v in counts.index if v not in last] + last
        for height, value in enumerate(order):
            dots.append(
                {
                    "condition": column.replace("_", " "),
                    "x": place,
                    "y": height,
                    "value": value,
                    "n": int(counts[value]),
                    "seen": "seen" if value != "not seen" else "not seen",
                }
            )
    nodes = pd.DataFrame(dots)
    place_of = {(d["x"], d["value"]): d["y"] for d in dots}
    lines = []
    for left in range(len(columns) - 1):
        pairs = shown.groupby([columns[left], columns[left + 1]]).size().reset_index()
        for one, two, n in pairs.itertuples(index=False):
            lines.append(
                {
                    "x": left,
                    "y": place_of[left, one],
                    "x2": left + 1,
                    "y2": place_of[left + 1, two],
                    "n": int(n),
                }
            )
    x = alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[-0.1, len(columns) - 0.4]),
        axis=alt.Axis(
            values=list(range(len(columns))),
            labelExpr=f"{[c.replace('_', ' ') for c in columns]}[datum.value]",
            orient="top",
            grid=False,
            domain=False,
            ticks=False,
            labelAlign="left",
            labelFontWeight=600,
        ),
    )
    deepest = int(nodes["y"].max())
    y = alt.Y(
        "y:Q", axis=None, scale=alt.Scale(reverse=True, domain=[-0.6, deepest + 0.3], nice=False)
    )
    links = (
        alt.Chart(pd.DataFrame(lines))
        .mark_rule(color=PALETTE["sky"], opacity=0.45)
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth("n:Q", scale=alt.Scale(range=[1.5, 9]), legend=None),
        )
    )
    points = (
        alt.Chart(nodes)
        .mark_point(size=70, color=PALETTE["blue"], strokeWidth=2)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill(
                "seen:N",
                scale=alt.Scale(
                    domain=["seen", "not seen"], range=[PALETTE["blue"], "transparent"]
                ),
                legend=None,
            ),
            tooltip=["condition", "value", alt.Tooltip("n", title="protocols")],
        )
    )
    labels = (
        alt.Chart(
            nodes.assign(
                label=nodes["value"].str.slice(0, 24) + " (" + nodes["n"].astype(str) + ")"
            )
        )
        .mark_text(align="left", dx=8, dy=-9, fontSize=11, color=INK)
        .encode(x=x, y=y, text="label:N")
    )
    height = 38 * (deepest + 1)
    return _style((links + points + labels).properties(width=_WIDTH, height=height), reading)

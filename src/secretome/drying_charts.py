"""Charts of freeze-drying and storage: path, curve, map of settings, vials, loss in time.

Choices:

* The theme, the colours and the readings of :mod:`secretome.charts`: never colour alone, and
  every chart carries its reading as ``description``.
* A chart draws the table it is given; the physics is in :mod:`secretome.freeze_drying` and
  :mod:`secretome.stability`.
* What is invented or drawn by eye says so in the picture and in its reading.

The chapters *What freeze-drying does*, *Designing a cycle* and *Storage and shelf life* use
these charts.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from secretome.charts import _WIDTH, INK, PALETTE, _count, _empty, _need, _style, _with_numbers
from secretome.freeze_drying import fox

__all__ = [
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
]

_LIMITS: dict[str, tuple[str, str, str]] = {
    # limit of the design space: words, colour, shape
    "safe": ("safe", PALETTE["green"], "circle"),
    "equipment": ("beyond the dryer", PALETTE["sky"], "square"),
    "product": ("too warm", PALETTE["vermillion"], "cross"),
    "product and equipment": ("too warm, beyond the dryer", PALETTE["purple"], "diamond"),
    "ice melts": ("ice melts", PALETTE["orange"], "triangle-up"),
    "no sublimation": ("no drying", PALETTE["grey"], "triangle-down"),
}


def _c(value: float) -> str:
    return f"{value:.1f} °C".replace("-", "−")


# --- the path through the phases -----------------------------------------------------------


def _crossing(frozen_tg_c: float, dry_tg_c: float, water_tg_c: float) -> float:
    """Share of solids at which the Fox curve has the frozen glass transition."""
    zero = 273.15
    frozen, dry, water = frozen_tg_c + zero, dry_tg_c + zero, water_tg_c + zero
    return (1 / water - 1 / frozen) / (1 / water - 1 / dry)


def phase_path_reading(
    frozen_tg_c: float, dry_tg_c: float, water_tg_c: float, *, name: str = "the solute"
) -> str:
    """One sentence that reads the path of a formulation.

    Parameters
    ----------
    frozen_tg_c, dry_tg_c, water_tg_c : float
        Tg′ of the frozen solution, glass transition of the dry solute and of water, °C.
    name : str
        What the solute is called.

    Returns
    -------
    str
        The path in words, with both glass transitions.

    Raises
    ------
    ValueError
        If the three temperatures are not in the order water, frozen, dry, or the frozen one
        is not below 0 °C.

    Examples
    --------
    >>> from secretome.drying_charts import phase_path_reading
    >>> phase_path_reading(-31.0, 106.0, -137.0, name="trehalose")[:37]
    'Path of trehalose through freeze-dryi'
    """
    if not water_tg_c < frozen_tg_c < min(dry_tg_c, 0.0):
        raise ValueError(
            f"Water {water_tg_c:g}, frozen {frozen_tg_c:g}, dry {dry_tg_c:g} °C: the glass "
            "transition of the frozen solution lies between that of water and that of the dry "
            "solute, and below 0 °C. Are two of them swapped?"
        )
    return (
        f"Path of {name} through freeze-drying: the solution cools and freezes, the liquid "
        f"between the crystals thickens until it is a glass at {_c(frozen_tg_c)} (Tg′), the ice "
        f"leaves below that temperature, and the last water leaves while the shelf warms but "
        f"stays below the curve of the glass, which ends at {_c(dry_tg_c)} in the dry state. "
        "The curve of the glass is the Fox rule; the freezing line and the path are drawn by eye."
    )


def phase_path(
    frozen_tg_c: float, dry_tg_c: float, water_tg_c: float, *, name: str = "the solute"
) -> Any:
    """Temperature and water content of a formulation on its way to a powder.

    Parameters
    ----------
    frozen_tg_c : float
        Glass transition Tg′ of the maximally freeze-concentrated solution, °C.
    dry_tg_c : float
        Glass transition of the dry solute, °C.
    water_tg_c : float
        Glass transition of water, °C.
    name : str
        What the solute is called.

    Returns
    -------
    altair.Chart
        Curve of the glass (Fox), freezing line and path with its steps.

    Raises
    ------
    ValueError
        If the temperatures contradict each other.

    Notes
    -----
    Horizontally stands the composition of the *amorphous* part, not of the vial: while it
    freezes, the liquid between the crystals grows richer in solids although nothing leaves.
    Only the curve of the glass is computed.

    Examples
    --------
    >>> from secretome.drying_charts import phase_path
    >>> "drawn by eye" in phase_path(-31.0, 106.0, -137.0).description
    True
    """
    reading = phase_path_reading(frozen_tg_c, dry_tg_c, water_tg_c, name=name)
    cross = _crossing(frozen_tg_c, dry_tg_c, water_tg_c)
    share = np.linspace(0.0, 1.0, 81)
    glass = pd.DataFrame(
        {
            "solids": 100 * share,
            "temperature": [fox([s, 1 - s], [dry_tg_c, water_tg_c]) for s in share],
            "line": "glass below this line (Fox)",
        }
    )
    inside = np.linspace(0.0, cross, 41)
    freezing = pd.DataFrame(
        {
            "solids": 100 * inside,
            "temperature": frozen_tg_c * (inside / cross) ** 2.2,
            "line": "ice melts above this line (by eye)",
        }
    )
    lines = (
        alt.Chart(pd.concat([glass, freezing]))
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("solids:Q", title="solids in the part that is not ice, %"),
            y=alt.Y("temperature:Q", title="temperature, °C"),
            color=alt.Color(
                "line:N",
                title=None,
                scale=alt.Scale(
                    domain=[glass["line"][0], freezing["line"][0]],
                    range=[PALETTE["green"], PALETTE["blue"]],
                ),
            ),
            strokeDash=alt.StrokeDash(
                "line:N",
                title=None,
                scale=alt.Scale(
                    domain=[glass["line"][0], freezing["line"][0]], range=[[1, 0], [6, 3]]
                ),
            ),
        )
    )
    below = frozen_tg_c - 9
    first = 5.0
    start = frozen_tg_c * (first / 100 / cross) ** 2.2
    middle = fox([cross + 0.19, 0.81 - cross], [dry_tg_c, water_tg_c]) - 22
    # solids, temperature, step, and how far to the right and down its name stands
    points: list[tuple[float, float, str, int, int]] = [
        (first, 20.0, "1 fill", 9, -4),
        (first, start - 10, "", 0, 0),
        (first + 2, start - 0.5, "2 ice appears", 9, 16),
        *(
            (100 * s, frozen_tg_c * (s / cross) ** 2.2, "", 0, 0)
            for s in np.linspace(0.15, float(cross), 8)[:-1]
        ),
        (100 * cross, frozen_tg_c, "3 glass (Tg′)", -62, -22),
        (100 * cross, below, "4 primary drying", -12, 18),
        (100 * cross + 19, middle, "5 secondary drying", -30, 36),
        (96.0, min(40.0, dry_tg_c - 45), "", 0, 0),
        (99.0, min(22.0, dry_tg_c - 45), "6 storage", -46, 16),
    ]
    path = pd.DataFrame(points, columns=["solids", "temperature", "step", "right", "down"])
    path["order"] = range(len(path))
    base = alt.Chart(path).encode(x="solids:Q", y="temperature:Q")
    way = base.mark_line(color=INK, strokeWidth=2, strokeDash=[2, 3]).encode(order="order:O")
    stops = base.transform_filter("datum.step != ''").mark_point(
        color=INK, filled=True, size=60, opacity=1
    )
    names = [
        alt.Chart(path[path["step"] == p[2]])
        .mark_text(align="left", dx=p[3], dy=p[4], color=INK, fontSize=12)
        .encode(x="solids:Q", y="temperature:Q", text="step:N")
        for p in points
        if p[2]
    ]
    chart = alt.layer(lines, way, stops, *names).properties(width=_WIDTH - 60, height=340)
    return _style(chart, reading)


# --- one curve ------------------------------------------------------------


def drying_curve_reading(
    curve: pd.DataFrame, *, critical_c: float | None = None, bottom: str = "bottom_c"
) -> str:
    """One sentence that reads a drying curve.

    Parameters
    ----------
    curve : pandas.DataFrame
        As in :func:`drying_curve`.
    critical_c : float, optional
        Critical temperature of the product, °C.
    bottom : str
        Column with the temperature at the bottom of the ice.

    Returns
    -------
    str
        Time, warmest product, and distance from the critical temperature.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import drying_curve_reading
    >>> df = pd.DataFrame({"time_h": [0.0, 9.0], "bottom_c": [-40.0, -33.0]})
    >>> drying_curve_reading(df, critical_c=-31.0)
    'The product warms from −40.0 °C to −33.0 °C within 9.0 h, 2.0 K below its critical \
temperature of −31.0 °C.'
    """
    _need(curve, "time_h", bottom)
    peak = float(curve[bottom].max())
    text = (
        f"The product warms from {_c(float(curve[bottom].iloc[0]))} to {_c(peak)} within "
        f"{float(curve['time_h'].max()):.1f} h"
    )
    if critical_c is None:
        return f"{text}; no critical temperature is drawn."
    side = "below" if peak <= critical_c else "above"
    return (
        f"{text}, {abs(critical_c - peak):.1f} K {side} its critical temperature of "
        f"{_c(critical_c)}."
    )


def drying_curve(
    curve: pd.DataFrame,
    *,
    critical_c: float | None = None,
    shelf: str = "shelf_c",
    front: str = "front_c",
    bottom: str = "bottom_c",
) -> Any:
    """Temperatures of shelf and product during primary drying.

    Parameters
    ----------
    curve : pandas.DataFrame
        One row a moment, with ``time_h``; the ``curve`` of
        :class:`secretome.freeze_drying.PrimaryDrying`, or measurements with the same columns.
    critical_c : float, optional
        Critical temperature of the product, °C, drawn as a rule.
    shelf, front, bottom : str
        Columns with the temperatures of the shelf, of the sublimation front and of the
        bottom of the ice, °C.

    Returns
    -------
    altair.Chart
        Three lines with their names, and the critical temperature.

    Raises
    ------
    KeyError
        If a column is not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import drying_curve
    >>> df = pd.DataFrame({"time_h": [0.0, 9.0], "shelf_c": [-20.0, -20.0]})
    >>> df["front_c"], df["bottom_c"] = [-41.0, -34.0], [-40.0, -33.0]
    >>> drying_curve(df).description
    'The product warms from −40.0 °C to −33.0 °C within 9.0 h; no critical temperature is drawn.'
    """
    _need(curve, "time_h", shelf, front, bottom)
    reading = drying_curve_reading(curve, critical_c=critical_c, bottom=bottom)
    names = {shelf: "shelf", bottom: "product (bottom of the ice)", front: "sublimation front"}
    long = curve[["time_h", *names]].melt("time_h", var_name="what", value_name="temperature")
    long["what"] = long["what"].map(names)
    order = list(names.values())
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("time_h:Q", title="hours"),
            y=alt.Y("temperature:Q", title="temperature, °C"),
            color=alt.Color(
                "what:N",
                title=None,
                sort=order,
                scale=alt.Scale(
                    domain=order, range=[PALETTE["grey"], PALETTE["blue"], PALETTE["sky"]]
                ),
            ),
            strokeDash=alt.StrokeDash(
                "what:N",
                title=None,
                sort=order,
                scale=alt.Scale(domain=order, range=[[6, 3], [1, 0], [2, 2]]),
            ),
            tooltip=[
                alt.Tooltip("what:N"),
                alt.Tooltip("time_h:Q", format=".1f"),
                alt.Tooltip("temperature:Q", format=".1f"),
            ],
        )
    )
    layers = [lines]
    if critical_c is not None:
        at = pd.DataFrame({"temperature": [critical_c], "text": [f"critical {_c(critical_c)}"]})
        rule = alt.Chart(at).encode(y="temperature:Q")
        layers += [
            rule.mark_rule(color=PALETTE["vermillion"], strokeDash=[7, 4], strokeWidth=2),
            rule.mark_text(align="right", dy=-8, color=INK, fontSize=12).encode(
                x=alt.value(_WIDTH - 64), text="text:N"
            ),
        ]
    return _style(alt.layer(*layers).properties(width=_WIDTH - 60, height=260), reading)


# --- the map of settings ------------------------------------------------------------


def setting_map_reading(
    table: pd.DataFrame,
    shelf: str = "shelf_c",
    pressure: str = "pressure_torr",
    limit: str = "limit",
    time: str = "drying_time_h",
) -> str:
    """One sentence that reads a map of settings.

    Parameters
    ----------
    table : pandas.DataFrame
        As in :func:`setting_map`.
    shelf, pressure, limit, time : str
        Columns with the setting, what forbids it, and the drying time.

    Returns
    -------
    str
        Counts of each kind of setting, and the fastest safe one.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import setting_map_reading
    >>> df = pd.DataFrame({"shelf_c": [-20.0, 0.0], "pressure_torr": [0.1, 0.1]})
    >>> df["limit"], df["drying_time_h"] = ["safe", "product"], [20.0, 12.0]
    >>> setting_map_reading(df)
    '2 settings: 1 safe, 1 too warm. Fastest safe: shelf −20.0 °C, 0.1 Torr, 20.0 h.'
    """
    _need(table, shelf, pressure, limit, time)
    if table.empty:
        return "No settings to draw."
    counts = table[limit].value_counts()
    parts = [f"{counts[k]} {v[0]}" for k, v in _LIMITS.items() if k in counts]
    parts += [f"{counts[k]} {k}" for k in counts.index if k not in _LIMITS]
    text = f"{_count(len(table), 'setting')}: {', '.join(parts)}."
    safe = table[table[limit] == "safe"]
    if safe.empty:
        return f"{text} No setting is safe."
    best = safe.iloc[int(safe[time].to_numpy().argmin())]
    return (
        f"{text} Fastest safe: shelf {_c(float(best[shelf]))}, {float(best[pressure]):.3g} Torr, "
        f"{float(best[time]):.1f} h."
    )


def setting_map(
    table: pd.DataFrame,
    shelf: str = "shelf_c",
    pressure: str = "pressure_torr",
    limit: str = "limit",
    time: str = "drying_time_h",
) -> Any:
    """Which settings of shelf and chamber are safe, and which is the fastest of them.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a setting; the ``table`` of :class:`secretome.freeze_drying.DesignSpace`.
    shelf, pressure, limit, time : str
        Columns with the shelf temperature (°C), the pressure (Torr), what forbids the setting
        (``"safe"`` if nothing does) and the drying time (h).

    Returns
    -------
    altair.Chart
        One mark a setting, its colour and shape saying what forbids it; a ring around the
        fastest safe one.

    Raises
    ------
    KeyError
        If a column is not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import setting_map
    >>> df = pd.DataFrame({"shelf_c": [-20.0], "pressure_torr": [0.1]})
    >>> df["limit"], df["drying_time_h"] = "product", 12.0
    >>> setting_map(df).description
    '1 setting: 1 too warm. No setting is safe.'
    """
    reading = setting_map_reading(table, shelf, pressure, limit, time)
    if table.empty:
        return _empty(reading)
    shown = table[[shelf, pressure, limit, time]].reset_index(drop=True)
    shown["kind"] = shown[limit].map(lambda v: _LIMITS.get(v, (v,))[0])
    present = [v for k, v in _LIMITS.items() if k in set(table[limit])]
    tooltip = [shelf, pressure, alt.Tooltip(f"{time}:Q", format=".1f"), "kind"]
    marks = (
        alt.Chart(shown)
        .mark_point(filled=True, size=48, opacity=0.9)
        .encode(
            x=alt.X(f"{shelf}:Q", title="shelf temperature, °C", scale=alt.Scale(zero=False)),
            y=alt.Y(f"{pressure}:Q", title="chamber pressure, Torr", scale=alt.Scale(zero=False)),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=[v[0] for v in present], range=[v[1] for v in present]),
            ),
            shape=alt.Shape(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=[v[0] for v in present], range=[v[2] for v in present]),
            ),
            tooltip=tooltip,
        )
    )
    layers = [marks]
    safe = shown[shown[limit] == "safe"]
    if not safe.empty:
        best = safe.iloc[[int(safe[time].to_numpy().argmin())]].assign(
            text=lambda d: d[time].map(lambda v: f"fastest safe, {v:.1f} h")
        )
        ring = alt.Chart(best).encode(x=f"{shelf}:Q", y=f"{pressure}:Q")
        layers += [
            ring.mark_point(filled=False, size=220, color=INK, strokeWidth=2.5, opacity=1),
            ring.mark_text(align="left", dx=14, dy=-12, color=INK, fontWeight=600).encode(
                text="text:N"
            ),
        ]
    return _style(alt.layer(*layers).properties(width=_WIDTH - 60, height=300), reading)


# --- many vials ------------------------------------------------------------


def vial_spread_reading(
    table: pd.DataFrame, value: str = "peak_product_c", group: str = "edge"
) -> str:
    """One sentence that reads the spread of many vials.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a vial.
    value, group : str
        Column that is drawn, and column of true and false for edge and centre.

    Returns
    -------
    str
        Middle and range of each group.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import vial_spread_reading
    >>> df = pd.DataFrame({"peak_product_c": [-30.0, -28.0], "edge": [False, True]})
    >>> vial_spread_reading(df)
    '1 centre vial, half below −30.0 (−30.0 to −30.0); 1 edge vial, half below −28.0 (−28.0 to \
−28.0).'
    """
    _need(table, value, group)
    parts = []
    for flag, name in ((False, "centre vial"), (True, "edge vial")):
        v = table.loc[table[group].astype(bool) == flag, value]
        if len(v):
            parts.append(
                f"{_count(len(v), name)}, half below {v.median():.1f} ({v.min():.1f} to "
                f"{v.max():.1f})"
            )
    return ("; ".join(parts) + ".").replace("-", "−") if parts else "No vials to draw."


def vial_spread(
    table: pd.DataFrame,
    value: str = "peak_product_c",
    group: str = "edge",
    *,
    limit: float | None = None,
    title: str = "warmest product, °C",
) -> Any:
    """How a number differs between vials, edge and centre apart.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a vial; the ``table`` of :class:`secretome.freeze_drying.VialPopulation`.
    value, group : str
        Column that is drawn, and column of true and false for edge and centre.
    limit : float, optional
        Value drawn as a rule, for example the critical temperature.
    title : str
        Title of the axis.

    Returns
    -------
    altair.Chart
        A histogram of each group, one above the other.

    Raises
    ------
    KeyError
        If a column is not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import vial_spread
    >>> df = pd.DataFrame({"peak_product_c": [-30.0, -28.0], "edge": [False, True]})
    >>> vial_spread(df, limit=-29.0).description[-9:]
    '1 beyond.'
    """
    reading = vial_spread_reading(table, value, group)
    if table.empty:
        return _empty(reading)
    if limit is not None:
        beyond = int((table[value] > limit).sum())
        reading += f" Limit {limit:.1f}: {beyond:,} beyond.".replace("-", "−")
    values = table[value].astype(float)
    edges = np.linspace(
        float(values.min()), max(float(values.max()), float(values.min()) + 1e-6), 37
    )
    rows = []
    for flag, name in ((False, "centre"), (True, "edge")):
        v = values[table[group].astype(bool) == flag]
        if len(v):
            counts, _ = np.histogram(v, bins=edges)
            rows += [
                {"vials": int(n), "low": a, "high": b, "place": name}
                for n, a, b in zip(counts, edges[:-1], edges[1:], strict=True)
            ]
    bars = (
        alt.Chart()
        .mark_bar(color=PALETTE["blue"], opacity=0.85)
        .encode(
            x=alt.X("low:Q", bin="binned", title=title, scale=alt.Scale(zero=False)),
            x2="high:Q",
            y=alt.Y("vials:Q", title="vials"),
            tooltip=["place", "vials", alt.Tooltip("low:Q", format=".2f")],
        )
    )
    layers = [bars]
    if limit is not None:
        layers.append(
            alt.Chart()
            .mark_rule(color=PALETTE["vermillion"], strokeDash=[7, 4], strokeWidth=2)
            .encode(x=alt.datum(limit))
        )
    chart = (
        alt.layer(*layers, data=pd.DataFrame(rows))
        .properties(width=_WIDTH - 80, height=110)
        .facet(
            row=alt.Row(
                "place:N",
                title=None,
                header=alt.Header(
                    labelAngle=0, labelAlign="left", labelOrient="top", labelFontWeight=600
                ),
            )
        )
        .resolve_scale(y="independent")
    )
    return _style(chart, reading)


# --- storage ------------------------------------------------------------


def storage_loss_reading(
    frame: pd.DataFrame,
    time: str,
    value: str,
    temperature: str,
    *,
    synthetic: bool = False,
    time_unit: str = "months",
) -> str:
    """One sentence that reads a chart of loss on storage.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measurement.
    time, value, temperature : str
        Columns with the time, the share that is left (per cent) and the temperature (°C).
    synthetic : bool
        Whether the measurements are invented.
    time_unit : str
        Name of the unit of time.

    Returns
    -------
    str
        What is left at the end, for each temperature.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import storage_loss_reading
    >>> df = pd.DataFrame({"months": [0, 6], "left": [100.0, 88.0], "temp": [25, 25]})
    >>> storage_loss_reading(df, "months", "left", "temp", synthetic=True)
    'Invented data. After 6 months: 88 % left at 25 °C.'
    """
    _need(frame, time, value, temperature)
    frame = _with_numbers(frame, time, value, temperature)
    if frame.empty:
        return "No measurements to draw."
    parts = []
    for degrees, group in frame.groupby(temperature, sort=True):
        last = group[group[time] == group[time].max()]
        at = f"{float(str(degrees)):g} °C".replace("-", "−")
        parts.append((float(last[time].iloc[0]), f"{last[value].mean():.0f} % left at {at}"))
    ends = {end for end, _ in parts}
    if len(ends) == 1:
        text = f"After {ends.pop():g} {time_unit}: {', '.join(p for _, p in parts)}."
    else:
        text = f"{', '.join(f'{p} after {end:g} {time_unit}' for end, p in parts)}."
    return f"Invented data. {text}" if synthetic else text


def storage_loss(
    frame: pd.DataFrame,
    time: str = "time",
    value: str = "left",
    temperature: str = "temperature_c",
    *,
    curves: pd.DataFrame | None = None,
    fraction: float = 0.9,
    synthetic: bool = False,
    time_unit: str = "months",
) -> Any:
    """What is left in time at each storage temperature, with fitted curves.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measurement.
    time, value, temperature : str
        Columns with the time, the share that is left (per cent) and the temperature (°C).
    curves : pandas.DataFrame, optional
        The same columns along fitted curves.
    fraction : float
        Share drawn as a rule; 0.9 for the usual shelf life.
    synthetic : bool
        Whether the measurements are invented; the chart then says so.
    time_unit : str
        Name of the unit of time.

    Returns
    -------
    altair.Chart
        One colour and shape a temperature, a line for each curve, a rule.

    Raises
    ------
    KeyError
        If a column is not in a table.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.drying_charts import storage_loss
    >>> df = pd.DataFrame({"time": [0, 6], "left": [100.0, 88.0], "temperature_c": [25, 25]})
    >>> storage_loss(df).description
    'After 6 months: 88 % left at 25 °C.'
    """
    reading = storage_loss_reading(
        frame, time, value, temperature, synthetic=synthetic, time_unit=time_unit
    )
    frame = _with_numbers(frame, time, value, temperature)
    if frame.empty:
        return _empty(reading)

    def named(table: pd.DataFrame) -> pd.DataFrame:
        _need(table, time, value, temperature)
        shown = table[[time, value, temperature]].astype(float).reset_index(drop=True)
        words = shown[temperature].map(lambda t: f"{t:g} °C".replace("-", "−"))
        return shown.assign(storage=words)

    points = named(frame)
    order = list(points.sort_values(temperature)["storage"].unique())
    colours = ["blue", "sky", "green", "orange", "vermillion", "purple", "grey"]
    encoding: dict[str, Any] = {
        "x": alt.X(f"{time}:Q", title=time_unit),
        "y": alt.Y(f"{value}:Q", title="left, %", scale=alt.Scale(zero=False)),
        "color": alt.Color(
            "storage:N",
            title=None,
            sort=order,
            scale=alt.Scale(domain=order, range=[PALETTE[c] for c in colours]),
        ),
    }
    layers = [
        alt.Chart(points)
        .mark_point(size=70, strokeWidth=2, filled=not synthetic)
        .encode(
            **encoding,
            shape=alt.Shape("storage:N", title=None, sort=order, scale=alt.Scale(domain=order)),
            tooltip=["storage", time, alt.Tooltip(f"{value}:Q", format=".1f")],
        )
    ]
    if curves is not None:
        layers.append(alt.Chart(named(curves)).mark_line(strokeWidth=1.8).encode(**encoding))
    rule = pd.DataFrame({value: [100 * fraction], "text": [f"{fraction:.0%}"]})
    at = alt.Chart(rule).encode(y=f"{value}:Q")
    layers += [
        at.mark_rule(color=INK, strokeDash=[4, 3]),
        at.mark_text(align="left", dy=-7, color=INK).encode(x=alt.value(4), text="text:N"),
    ]
    chart = alt.layer(*layers).properties(width=_WIDTH - 60, height=280)
    if synthetic:
        chart = chart.properties(title=alt.TitleParams("invented data", color=INK, fontSize=13))
    return _style(chart, reading)

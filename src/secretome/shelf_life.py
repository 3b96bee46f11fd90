"""A live figure of shelf life: one slider for the storage temperature, and what it costs.

:class:`ShelfLifeExplorer` fits a loss in time and temperature with
:mod:`secretome.stability` and shows the time to a remaining share with its interval at any
storage temperature, for each order of the loss and each way to fit.

The choices behind it:

* Python fits and profiles in advance; the browser computes the estimate from the fitted
  rate and reads the ends of the interval between temperatures 5 K apart (the logarithm of
  time over one by temperature, four points).  A test compares both with Python.
* What :mod:`secretome.stability` refuses, the figure refuses with the reason: always across
  the glass transition, and beyond the temperatures or the time of the data unless the
  reader asks for it, in which case the answer is marked.
* A model that cannot be fitted stays on the list, with the reason in its place.
* Where no script runs, there is a picture and a table of typical temperatures.

Explained in the chapter *Storage and shelf life*.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import traitlets

from secretome import stability
from secretome._figure import Figure, axis, celsius, guard, names_once, one_file
from secretome._frames import MissingName

__all__ = ["ShelfLifeExplorer"]

_METHODS = {
    "global": "one fit to all points",
    "two-step": "a rate for each temperature, then a line",
}
_NO_END = 1000.0  # how many-fold from the estimate the interval is followed
_NODES_K = 5.0
_BELOW_K = 1e-3  # the last temperature before the glass transition
_MOST_STEPS = 500


class ShelfLifeExplorer(Figure):
    """Set a storage temperature, and read the shelf life with its interval.

    Parameters
    ----------
    measurements : pandas.DataFrame or mapping of str to pandas.DataFrame
        One row a measurement, or several such tables by name.
    time, temperature, value : str
        Columns with storage time, storage temperature (°C) and amount.
    glass_transition_c : float or mapping of str to float, optional
        Glass transition of the product, °C, or one for each table; no answer crosses it.
    models : sequence of {"zero", "first", "second"}
        Orders of the loss to choose from.
    methods : sequence of {"global", "two-step"}
        Ways to fit to choose from; :func:`secretome.stability.arrhenius_global` and
        :func:`secretome.stability.arrhenius_two_step`.
    fractions : sequence of float
        Remaining shares to choose from; the first is chosen at the start.
    temperature_range : tuple of float
        Lowest value, highest value and step of the slider, °C.
    level : float
        Confidence level.
    time_unit : str
        Name of the unit of time.
    note : str
        A sentence on where the measurements come from, shown with the figure.
    title : str
        Heading of the figure.

    Attributes
    ----------
    storage_temperature : float
        What is set, °C.
    measurements, model, method : str
        Names of what is chosen.
    fraction : float
        Share that remains.
    extrapolate : bool
        Whether temperatures and times outside the data are meant.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If there is no table, a choice is not known, or no model can be fitted to a table.

    Notes
    -----
    Explained in the chapter *Storage and shelf life*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.shelf_life import ShelfLifeExplorer
    >>> mine = pd.DataFrame({"time": [0, 1, 3] * 3, "temperature_c": [25] * 3 + [40] * 3 + [55] * 3,
    ...                      "left": [100, 99, 96.5, 100, 95.6, 87.5, 100, 83.5, 58]})
    >>> explorer = ShelfLifeExplorer(mine, glass_transition_c=60.0)
    >>> explorer.storage_temperature = 40.0
    >>> round(explorer.shelf_life().time, 1)
    2.3
    """

    _module = "shelf_life"
    _esm = one_file(_module, "js")
    _css = one_file(_module, "css")

    storage_temperature: Any = traitlets.Float().tag(sync=True)
    measurements: Any = traitlets.Unicode().tag(sync=True)
    model: Any = traitlets.Unicode().tag(sync=True)
    method: Any = traitlets.Unicode().tag(sync=True)
    fraction: Any = traitlets.Float().tag(sync=True)
    extrapolate: Any = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        measurements: pd.DataFrame | Mapping[str, pd.DataFrame],
        *,
        time: str = "time",
        temperature: str = "temperature_c",
        value: str = "left",
        glass_transition_c: float | Mapping[str, float | None] | None = None,
        models: Sequence[str] = ("first", "zero", "second"),
        methods: Sequence[str] = ("global", "two-step"),
        fractions: Sequence[float] = (0.9, 0.95, 0.8),
        temperature_range: tuple[float, float, float] = (-20.0, 70.0, 1.0),
        level: float = 0.95,
        time_unit: str = "months",
        note: str = "",
        title: str = "Shelf life: set the storage temperature",
    ) -> None:
        tables = (
            {"measurements": measurements}
            if isinstance(measurements, pd.DataFrame)
            else {str(k): v for k, v in measurements.items()}
        )
        names_once("measurements", list(tables))
        for known, what, given in (
            (("zero", "first", "second"), "models", models),
            (tuple(_METHODS), "methods", methods),
        ):
            if not given or not set(given) <= set(known):
                raise ValueError(f"{what} is {list(given)}; choose from {', '.join(known)}.")
        for fraction in fractions:
            stability._check_fraction(fraction)
        self._axis = axis("temperature_range", *temperature_range)
        if len(self._axis) > _MOST_STEPS:
            raise ValueError(
                f"The range holds {len(self._axis):,} temperatures, more than {_MOST_STEPS}. Take "
                "a larger step."
            )
        self._models, self._methods = list(models), list(methods)
        self._fractions, self._title, self._note = [float(f) for f in fractions], title, note
        self._time_unit, self._level = time_unit, level
        self._fits: dict[tuple[str, str, str], stability.ArrheniusFit | str] = {}
        sets = []
        for name, table in tables.items():
            for column in (time, temperature, value):
                if column not in table:
                    raise MissingName(
                        f"There is no column {column!r} in {name}. Columns: "
                        f"{', '.join(map(str, table.columns))}."
                    )
            tg = (
                glass_transition_c.get(name)
                if isinstance(glass_transition_c, Mapping)
                else glass_transition_c
            )
            sets.append(self._fit(name, table, time, temperature, value, tg))
        settings = {
            "title": guard(title),
            "note": guard(note),
            "unit": guard(time_unit),
            "level": level,
            "zero_c": stability._ZERO_C,
            "gas_constant": stability._GAS_CONSTANT,
            "range": [self._axis[0], self._axis[-1], temperature_range[2]],
            "models": self._models,
            "methods": [[m, _METHODS[m]] for m in self._methods],
            "fractions": self._fractions,
            "sets": sets,
        }
        first = next(iter(tables))
        inside = np.median(tables[first][temperature].dropna().astype(float))
        super().__init__(
            settings=settings,
            storage_temperature=min(self._axis, key=lambda t: abs(t - float(inside))),
            measurements=first,
            model=self._models[0],
            method=self._methods[0],
            fraction=self._fractions[0],
        )

    def _fit(
        self, name: str, table: pd.DataFrame, time: str, temperature: str, value: str, tg: Any
    ) -> dict[str, Any]:
        """Fit one table in every way; what the browser needs to know of it."""
        t, c, y = (table[column].to_numpy(dtype=float) for column in (time, temperature, value))
        fits: dict[str, Any] = {}
        for model in self._models:
            for method in self._methods:
                key = (name, model, method)
                try:
                    make = (
                        stability.arrhenius_global
                        if method == "global"
                        else stability.arrhenius_two_step
                    )
                    fit = make(
                        t,
                        c,
                        y,
                        cast(Any, model),
                        glass_transition_c=tg,
                        level=self._level,
                        time_unit=self._time_unit,
                    )
                except ValueError as error:
                    self._fits[key] = str(error)
                    fits[f"{model} {method}"] = {"refused": guard(str(error))}
                else:
                    self._fits[key] = fit
                    fits[f"{model} {method}"] = self._packed(fit)
        reasons = [f for (n, _, _), f in self._fits.items() if n == name]
        if all(isinstance(reason, str) for reason in reasons):
            raise ValueError(f"No model can be fitted to {name}. The first reason: {reasons[0]}")
        start = y[t == 0]
        return {
            "name": guard(name),
            "tg": tg,
            "low": float(c.min()),
            "high": float(c.max()),
            "last": float(t.max()),
            "temperatures": sorted(set(c.tolist())),
            # as shares of the mean at time zero, where there is one
            "points": np.column_stack([t, c, y / start.mean()]).round(5).tolist()
            if len(start)
            else [],
            "fits": fits,
        }

    def _packed(self, fit: stability.ArrheniusFit) -> dict[str, Any]:
        tg = fit.glass_transition_c
        low, high = self._axis[0], self._axis[-1]
        if tg is not None and max(fit.temperatures_c) < tg:
            high = min(high, tg - _BELOW_K)
        elif tg is not None:
            low = max(low, tg)
        nodes = [*np.arange(low, high, _NODES_K).tolist(), high] if low <= high else []
        lives = [fit.shelf_life(t, 0.9, allow_extrapolation=True) for t in nodes]

        # the profile is so flat a thousandfold away from the estimate that two searches along
        # it do not end at one place: such an end is none
        ends = [
            (max(v.low, v.time / _NO_END), v.high if v.high < v.time * _NO_END else math.inf)
            for v in lives
        ]

        def logs(values: list[float]) -> list[float | None]:
            return [round(math.log(v), 6) if 0 < v < math.inf else None for v in values]

        return {
            "rate": fit.rate_at_reference,
            "reference": fit.reference_c,
            "energy": [fit.activation_kj_mol, fit.activation_low, fit.activation_high],
            "nodes": nodes,
            "lows": logs([low for low, _ in ends]),
            "highs": logs([high for _, high in ends]),
        }

    @traitlets.validate("storage_temperature")
    def _inside(self, proposal: Any) -> float:
        value = float(proposal["value"])
        if not self._axis[0] - 1e-9 <= value <= self._axis[-1] + 1e-9:
            raise traitlets.TraitError(
                f"storage_temperature is {value:g} °C, outside the slider ({self._axis[0]:g} to "
                f"{self._axis[-1]:g} °C). Choose a value inside, or make the figure with a wider "
                "range."
            )
        return value

    @traitlets.validate("measurements", "model", "method", "fraction")
    def _known(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        choices: dict[str, list[Any]] = {
            "measurements": list(dict.fromkeys(n for n, _, _ in self._fits)),
            "model": self._models,
            "method": self._methods,
            "fraction": self._fractions,
        }
        known = choices[name]
        if value not in known:
            raise traitlets.TraitError(
                f"{name} is {value!r}; this figure knows {', '.join(map(str, known))}."
            )
        return value

    # ---- the same questions, asked of the Python model

    def fit(self) -> stability.ArrheniusFit:
        """The fit that is chosen.

        Returns
        -------
        ArrheniusFit
            Of :mod:`secretome.stability`.

        Raises
        ------
        ValueError
            If this model cannot be fitted to these measurements in this way.
        """
        found = self._fits[self.measurements, self.model, self.method]
        if isinstance(found, str):
            raise ValueError(found)
        return found

    def shelf_life(self, temperature_c: float | None = None) -> stability.ShelfLife:
        """Shelf life at the setting that is chosen.

        Parameters
        ----------
        temperature_c : float, optional
            Another temperature than the one that is set, °C.

        Returns
        -------
        ShelfLife
            Estimate and interval.

        Raises
        ------
        ValueError
            If it may not be computed; the reason is in the message.
        """
        at = float(self.storage_temperature if temperature_c is None else temperature_c)
        return self.fit().shelf_life(
            at, float(self.fraction), allow_extrapolation=bool(self.extrapolate)
        )

    def cases(self, temperatures_c: Sequence[float] | None = None) -> pd.DataFrame:
        """The answer at typical temperatures, extrapolated ones marked.

        Parameters
        ----------
        temperatures_c : sequence of float, optional
            Storage temperatures, °C; left out, those of freezer, refrigerator, room and
            warm room within the slider, and the slider's end.

        Returns
        -------
        pandas.DataFrame
            One row a temperature: ``temperature_c``, ``time``, ``low``, ``high``,
            ``extrapolated``, ``reason`` (why there is no answer; empty otherwise).
        """
        usual = [t for t in (-20.0, 5.0, 25.0, 40.0) if self._axis[0] <= t <= self._axis[-1]]
        asked = list(temperatures_c or [*usual, self._axis[-1]])
        rows: list[dict[str, Any]] = []
        for at in dict.fromkeys(asked):
            row: dict[str, Any] = {"temperature_c": at, "time": None, "low": None, "high": None}
            row |= {"extrapolated": None, "reason": ""}
            try:
                found = self.fit().shelf_life(at, self.fraction, allow_extrapolation=True)
                row |= {k: getattr(found, k) for k in ("time", "low", "high", "extrapolated")}
            except ValueError as error:
                row["reason"] = str(error)
            rows.append(row)
        return pd.DataFrame(rows)

    # ---- what is shown without a script

    def __repr__(self) -> str:
        tables = len({name for name, _, _ in self._fits})
        return f"ShelfLifeExplorer({self._title!r}, {tables} tables, {len(self._models)} models)"

    def _fallback_html(self) -> str:
        unit = html.escape(self._time_unit)
        rows = []
        for case in self.cases().to_dict("records"):
            head = f'<tr><th scope="row">{celsius(case["temperature_c"], 0)}</th>'
            if case["reason"]:
                rows.append(f'{head}<td colspan="3">{html.escape(case["reason"])}</td></tr>')
                continue
            high = "no upper end" if math.isinf(case["high"]) else f"{case['high']:.3g}"
            beyond = "beyond the data" if case["extrapolated"] else "within the data"
            rows.append(
                f"{head}<td>{case['time']:.3g} {unit}</td><td>{case['low']:.3g} to {high}</td>"
                f"<td>{beyond}</td></tr>"
            )
        note = f" {self._note}" if self._note else ""
        reading = html.escape(f"{self._reading()}{note}")
        heads = ("Storage", f"Time to {self.fraction:.0%}", f"{self._level:.0%} interval", "Stands")
        cells = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
        return self._place(
            self._title,
            self._svg(html.escape(self._reading())),
            reading,
            f"<table><caption>{html.escape(self.measurements)}: {self.model} order, "
            f"{_METHODS[self.method]}</caption><thead><tr>{cells}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>",
            label="Shelf life at typical temperatures",
        )

    def _reading(self) -> str:
        try:
            fit = self.fit()
            at = float(self.storage_temperature)
            life = fit.shelf_life(at, self.fraction, allow_extrapolation=True)
        except ValueError as error:
            return str(error)
        return f"{fit.summary()} {life.summary()}"

    def _svg(self, label: str) -> str:
        left, top, width, height = 62, 14, 430, 230
        try:
            fit = self.fit()
        except ValueError:
            return ""
        known = next(f for f in self.settings["sets"] if f["name"] == guard(self.measurements))
        packed = known["fits"][f"{self.model} {self.method}"]
        at = packed["nodes"]
        if not at:
            return ""
        # times to nine tenths, as they were profiled; for these models another share is a factor
        factor = stability._dose(self.model, self.fraction, 1.0)
        rates = [fit.rate(t, allow_extrapolation=True) for t in at]
        share = math.log(factor / stability._dose(self.model, 0.9, 1.0))
        ends = [
            [math.inf if v is None else v + share for v in packed[k]] for k in ("lows", "highs")
        ]
        logs = np.column_stack(
            [np.log10(factor / np.array(rates)), *(np.array(e) / math.log(10) for e in ends)]
        )
        low = math.floor(np.nanmin(logs[:, 0]) - 0.3)
        high = math.ceil(np.nanmax(logs[:, 0]) + 0.3)
        span = self._axis[-1] - self._axis[0]

        def x(value: float) -> float:
            return left + width * (value - self._axis[0]) / span

        def y(value: float) -> float:
            return float(top + height * (high - min(max(value, low), high)) / (high - low))

        line = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in zip(at, logs[:, 0], strict=True))
        around = [*zip(at, logs[:, 1], strict=True), *reversed([*zip(at, logs[:, 2], strict=True)])]
        band = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in around)
        parts = [
            f'<polygon points="{band}" fill="#56B4E9" fill-opacity="0.35"/>',
            f'<polyline points="{line}" fill="none" stroke="#0072B2" stroke-width="2.5"/>',
        ]
        for decade in range(low, high + 1):
            parts.append(
                f'<text x="{left - 6}" y="{y(decade) + 4:.0f}" text-anchor="end">'
                f"{10.0**decade:g}</text>"
            )
        for value in self._axis[:: max(1, len(self._axis) // 9)]:
            parts.append(
                f'<text x="{x(value):.0f}" y="{top + height + 16}" text-anchor="middle">'
                f"{value:g}</text>".replace(">-", ">−")
            )
        tg = fit.glass_transition_c
        if tg is not None and self._axis[0] <= tg <= self._axis[-1]:
            parts.append(
                f'<line x1="{x(tg):.1f}" x2="{x(tg):.1f}" y1="{top}" y2="{top + height}" '
                f'stroke="currentColor" stroke-width="2" stroke-dasharray="7 4"/>'
                f'<text x="{x(tg) - 6:.0f}" y="{top + 12}" text-anchor="end">'
                "glass transition</text>"
            )
        return (
            f'<svg viewBox="0 0 510 300" width="510" height="300" role="img" aria-label="{label}" '
            f'font-size="12" fill="currentColor" font-family="system-ui, sans-serif">'
            f"{''.join(parts)}"
            f'<text x="{left + width / 2}" y="{top + height + 36}" text-anchor="middle">'
            "storage temperature, °C</text>"
            f'<text transform="translate(14 {top + height / 2}) rotate(-90)" text-anchor="middle">'
            f"time to {self.fraction:.0%}, {html.escape(self._time_unit)}</text></svg>"
        )

"""A live figure of primary drying: two sliders, and what the product does.

:class:`CycleExplorer` shows the temperature of the product against its critical
temperature, the drying time, and a map of safe and unsafe settings with the fastest safe
one marked.

The choices behind it:

* The model runs in the browser, so the figure needs no kernel.  It is the one of
  :mod:`secretome.freeze_drying`, equation for equation, and every constant comes from
  there; a test compares the two over a grid of settings.
* The shelf stands at its temperature from the start.  A ramp adds its time and takes a
  little off the first peak of vapour; :func:`secretome.freeze_drying.primary_drying` has it.
* Nothing is guessed: formulations, fills, resistances and the dryer come from the caller.
* Where no script runs, there is a picture of the map and a table of typical cases, both
  computed by the Python model.

Explained in the chapter *Designing a cycle*.
"""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from secretome import freeze_drying as fd
from secretome._figure import Figure, axis, celsius, guard, names_once, one_file
from secretome._frames import MissingName

__all__ = ["CycleExplorer"]

_NEEDED = ("name", "critical_c", "solids_g_per_ml")
_MOST_POINTS = 20_000
_AT_ONCE = 1e9  # °C/min: the shelf is at its temperature from the start


class CycleExplorer(Figure):
    """Set shelf and chamber, and see whether the product stays below its critical temperature.

    Parameters
    ----------
    formulations : pandas.DataFrame
        One row a formulation: ``name``, ``critical_c`` (°C, below 0), ``solids_g_per_ml``
        and, if there is one, ``source`` (a sentence on where the critical temperature comes
        from).
    vial : Vial
        The vial: its areas and heat transfer, and the fill and resistance at first.  Its
        solids give way to those of the formulation.
    fills_ml : sequence of float, optional
        Fills to choose from, mL; when left out, only that of `vial`.
    resistances : mapping of str to CakeResistance, optional
        Cake resistances to choose from; when left out, only that of `vial`.
    equipment : Equipment, optional
        Limit of the dryer; when left out, the map knows only the product's limit.
    safety_k : float
        Distance that the product shall keep from its critical temperature, K.
    shelf_range, pressure_range : tuple of float
        Lowest value, highest value and step of each slider, °C and Torr.
    title : str
        Heading of the figure.

    Attributes
    ----------
    shelf_temperature, chamber_pressure : float
        Setting, °C and Torr.  The sliders move them, and they move the sliders.
    formulation, resistance : str
        Names of what is chosen.
    fill_ml : float
        Fill that is chosen, mL.

    Raises
    ------
    KeyError
        If a column is not in `formulations`.
    ValueError
        If there is no formulation, a name stands twice, or a value cannot be.

    Notes
    -----
    Explained in the chapter *Designing a cycle*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.cycle import CycleExplorer
    >>> from secretome.freeze_drying import CakeResistance, Vial, VialHeatTransfer
    >>> vial = Vial(2.0, 0.05, 3.14, 3.8, VialHeatTransfer(11.5, 37.4, 0.46),
    ...             CakeResistance(1.4, 16.0, 0.0))
    >>> mine = pd.DataFrame({"name": ["sugar"], "critical_c": [-30.0], "solids_g_per_ml": [0.05]})
    >>> explorer = CycleExplorer(mine, vial)
    >>> explorer.shelf_temperature, explorer.chamber_pressure = -25.0, 0.08
    >>> explorer.run().collapses
    False
    """

    _module = "cycle"
    _esm = one_file(_module, "js")
    _css = one_file(_module, "css")

    shelf_temperature: Any = traitlets.Float().tag(sync=True)
    chamber_pressure: Any = traitlets.Float().tag(sync=True)
    formulation: Any = traitlets.Unicode().tag(sync=True)
    fill_ml: Any = traitlets.Float().tag(sync=True)
    resistance: Any = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        formulations: pd.DataFrame,
        vial: fd.Vial,
        *,
        fills_ml: Sequence[float] | None = None,
        resistances: Mapping[str, fd.CakeResistance] | None = None,
        equipment: fd.Equipment | None = None,
        safety_k: float = 2.0,
        shelf_range: tuple[float, float, float] = (-45.0, 10.0, 1.0),
        pressure_range: tuple[float, float, float] = (0.02, 0.2, 0.005),
        title: str = "Primary drying: find the fastest safe setting",
    ) -> None:
        for column in _NEEDED:
            if column not in formulations:
                raise MissingName(
                    f"There is no column {column!r} in formulations. It needs "
                    f"{', '.join(_NEEDED)}; it has {', '.join(map(str, formulations.columns))}."
                )
        rows = formulations.to_dict("records")
        names = [str(row["name"]) for row in rows]
        names_once("formulations", names)
        for row in rows:
            if not (math.isfinite(row["critical_c"]) and row["critical_c"] < 0):
                raise ValueError(
                    f"The critical temperature of {row['name']} is {row['critical_c']} °C; a "
                    "frozen product has one below 0 °C. Leave a formulation without a known "
                    "critical temperature out: collapse cannot be judged without it."
                )
        if not 0 <= safety_k <= 50:
            raise ValueError(f"safety_k is {safety_k}; it is a distance in K, from 0 to 50.")
        fills = [float(f) for f in (fills_ml or [vial.fill_ml])]
        given = dict(resistances or {"as given": vial.resistance})
        # a Vial of each choice checks the numbers, in its own words
        for row in rows:
            for fill in fills:
                dataclasses.replace(vial, fill_ml=fill, solids_g_per_ml=row["solids_g_per_ml"])
        self._vial, self._rows, self._names = vial, rows, names
        self._fills, self._resistances, self._equipment = fills, given, equipment
        self._safety_k, self._title = float(safety_k), str(title)
        self._shelves = axis("shelf_range", *shelf_range)
        self._pressures = axis("pressure_range", *pressure_range)
        points = len(self._shelves) * len(self._pressures)
        if points > _MOST_POINTS:
            raise ValueError(
                f"The ranges hold {points:,} settings, more than the {_MOST_POINTS:,} that the map "
                "draws. Take larger steps."
            )
        for p in (self._pressures[0], self._pressures[-1]):
            fd._check_pressure(p)
        kv = vial.heat_transfer
        settings = {
            "title": guard(self._title),
            "constants": {
                "zero_c": fd._ZERO_C,
                "ice_a": fd._ICE_A,
                "ice_b": fd._ICE_B,
                "sublimation": fd._SUBLIMATION,
                "ice_conductivity": fd._ICE_CONDUCTIVITY,
                "water_density": fd._WATER_DENSITY,
                "ice_density": fd._ICE_DENSITY,
                "solids_density": fd._SOLIDS_DENSITY,
                "torr_pascal": fd._TORR_PASCAL,
            },
            "vial": {
                "area": vial.product_area_cm2,
                "outer": vial.outer_area_cm2,
                "kc": kv.kc,
                "kp": kv.kp,
                "kd": kv.kd,
            },
            "formulations": [
                {
                    "name": guard(str(row["name"])),
                    "critical_c": float(row["critical_c"]),
                    "solids": float(row["solids_g_per_ml"]),
                    "source": guard(str(row["source"])) if "source" in row else "",
                }
                for row in rows
            ],
            "fills": fills,
            "resistances": [
                {"name": guard(str(name)), "r0": r.r0, "a1": r.a1, "a2": r.a2}
                for name, r in given.items()
            ],
            "equipment": None
            if equipment is None
            else {
                "vials": equipment.vials,
                "intercept": equipment.intercept_kg_h,
                "slope": equipment.slope_kg_h_torr,
            },
            "safety_k": self._safety_k,
            "shelves": [self._shelves[0], self._shelves[-1], shelf_range[2]],
            "pressures": [self._pressures[0], self._pressures[-1], pressure_range[2]],
        }
        start = next((k for k, r in given.items() if r == vial.resistance), next(iter(given)))
        super().__init__(
            settings=settings,
            shelf_temperature=self._shelves[len(self._shelves) // 2],
            chamber_pressure=self._pressures[len(self._pressures) // 2],
            formulation=names[0],
            fill_ml=vial.fill_ml if vial.fill_ml in fills else fills[0],
            resistance=str(start),
        )

    @traitlets.validate("shelf_temperature", "chamber_pressure")
    def _inside(self, proposal: Any) -> float:
        name = proposal["trait"].name
        axis, unit = (
            (self._shelves, "°C") if name == "shelf_temperature" else (self._pressures, "Torr")
        )
        value = float(proposal["value"])
        if not axis[0] - 1e-9 <= value <= axis[-1] + 1e-9:
            raise traitlets.TraitError(
                f"{name} is {value:g} {unit}, outside the slider ({axis[0]:g} to {axis[-1]:g} "
                f"{unit}). Choose a value inside, or make the figure with a wider range."
            )
        return value

    @traitlets.validate("formulation", "resistance", "fill_ml")
    def _known(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        choices: dict[str, list[Any]] = {
            "formulation": self._names,
            "resistance": [str(k) for k in self._resistances],
            "fill_ml": self._fills,
        }
        known = choices[name]
        if value not in known:
            raise traitlets.TraitError(
                f"{name} is {value!r}; this figure knows {', '.join(map(str, known))}."
            )
        return value

    # ---- the same questions, asked of the Python model

    def vial(
        self,
        *,
        formulation: str | None = None,
        fill_ml: float | None = None,
        resistance: str | None = None,
    ) -> fd.Vial:
        """The vial that is chosen.

        Parameters
        ----------
        formulation, resistance : str, optional
            Other names than those that are chosen.
        fill_ml : float, optional
            Another fill than the one that is chosen, mL.

        Returns
        -------
        Vial
            For :mod:`secretome.freeze_drying`.
        """
        row = self._row(formulation or self.formulation)
        chosen = {str(k): r for k, r in self._resistances.items()}[resistance or self.resistance]
        return dataclasses.replace(
            self._vial,
            fill_ml=self.fill_ml if fill_ml is None else fill_ml,
            solids_g_per_ml=float(row["solids_g_per_ml"]),
            resistance=chosen,
        )

    def _row(self, name: str) -> dict[Any, Any]:
        return self._rows[self._names.index(name)]

    @property
    def critical_c(self) -> float:
        """Critical temperature of the formulation that is chosen, °C."""
        return float(self._row(self.formulation)["critical_c"])

    def run(self) -> fd.PrimaryDrying:
        """Primary drying at the setting that is chosen.

        Returns
        -------
        PrimaryDrying
            Curve, time, peak temperature and margin.

        Raises
        ------
        ValueError
            If nothing sublimes there, or ice would melt.
        """
        return fd.primary_drying(
            self.vial(),
            float(self.shelf_temperature),
            float(self.chamber_pressure),
            critical_c=self.critical_c,
        )

    def space(
        self, *, formulation: str | None = None, fill_ml: float | None = None
    ) -> fd.DesignSpace:
        """The map that the figure draws.

        Parameters
        ----------
        formulation : str, optional
            Another formulation than the one that is chosen.
        fill_ml : float, optional
            Another fill than the one that is chosen, mL.

        Returns
        -------
        DesignSpace
            All settings of the sliders; its ``fastest()`` is the marked point.
        """
        name = formulation or self.formulation
        return fd.design_space(
            self.vial(formulation=name, fill_ml=fill_ml),
            self._shelves,
            self._pressures,
            critical_c=float(self._row(name)["critical_c"]),
            start_c=self._shelves[0],
            ramp_c_per_min=_AT_ONCE,
            safety_k=self._safety_k,
            equipment=self._equipment,
        )

    def cases(self) -> pd.DataFrame:
        """The fastest safe setting of each formulation and fill, at the chosen resistance.

        Returns
        -------
        pandas.DataFrame
            One row a case: ``formulation``, ``fill_ml``, ``depth_cm``, ``critical_c``, and
            ``shelf_c``, ``pressure_torr``, ``drying_time_h``, ``peak_product_c``,
            ``margin_k`` of the fastest safe setting (missing where none is safe).
        """
        found = []
        for name in self._names:
            for fill in self._fills:
                space = self.space(formulation=name, fill_ml=fill)
                line: dict[str, Any] = {
                    "formulation": name,
                    "fill_ml": fill,
                    "depth_cm": self.vial(formulation=name, fill_ml=fill).cake_length_cm,
                    "critical_c": space.critical_c,
                }
                point = dict.fromkeys(f.name for f in dataclasses.fields(fd.SetPoint))
                if (space.table["limit"] == "safe").any():
                    point |= dataclasses.asdict(space.fastest())
                found.append(line | point)
        return pd.DataFrame(found)

    # ---- what is shown without a script

    def __repr__(self) -> str:
        return (
            f"CycleExplorer({self._title!r}, {len(self._names)} formulations, "
            f"{len(self._shelves)} × {len(self._pressures)} settings)"
        )

    def _fallback_html(self) -> str:
        """Map and table for readers without scripts, and the place of the figure on a page."""
        space = self.space()
        head = "".join(
            f'<th scope="col">{text}</th>'
            for text in (
                "Formulation",
                "Fill",
                "Critical temperature",
                "Shelf",
                "Chamber",
                "Drying time",
                "Warmest product",
                "Margin",
            )
        )
        body = []
        for row in self.cases().to_dict("records"):
            cells = [
                f"<td>{row['fill_ml']:g} mL ({row['depth_cm']:.2f} cm)</td>",
                f"<td>{celsius(row['critical_c'])}</td>",
            ]
            if pd.isna(row["shelf_c"]):
                cells.append('<td colspan="5">no safe setting within these ranges</td>')
            else:
                torr = float(row["pressure_torr"])
                cells += [
                    f"<td>{celsius(row['shelf_c'])}</td>",
                    f"<td>{torr:.3f} Torr ({torr * fd._TORR_PASCAL:.1f} Pa)</td>",
                    f"<td>{row['drying_time_h']:.1f} h</td>",
                    f"<td>{celsius(row['peak_product_c'])}</td>",
                    f"<td>{row['margin_k']:.1f} K</td>",
                ]
            body.append(
                f'<tr><th scope="row">{html.escape(row["formulation"])}</th>{"".join(cells)}</tr>'
            )
        reading = html.escape(self._reading(space))
        return self._place(
            self._title,
            self._map_svg(space, reading),
            reading,
            f"<table><caption>The fastest safe setting of each case (cake resistance: "
            f"{html.escape(self.resistance)})</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table>",
            label="Fastest safe settings",
        )

    def _reading(self, space: fd.DesignSpace) -> str:
        return f"{self.formulation}, {self.fill_ml:g} mL. {space.summary()}"

    def _map_svg(self, space: fd.DesignSpace, label: str) -> str:
        left, top, width, height = 62, 14, 430, 230
        nx, ny = len(self._shelves), len(self._pressures)
        dx, dy = width / nx, height / ny
        grid = space.table["limit"].to_numpy().reshape(nx, ny)
        fills = {"safe": "#009E73", "equipment": "#56B4E9", "no sublimation": "#8a939c"}
        parts = []
        for j in range(ny):
            i = 0
            while i < nx:
                k = i
                while k < nx and grid[k, j] == grid[i, j]:
                    k += 1
                parts.append(
                    f'<rect x="{left + i * dx:.1f}" y="{top + height - (j + 1) * dy:.1f}" '
                    f'width="{(k - i) * dx:.1f}" height="{dy:.1f}" shape-rendering="crispEdges" '
                    f'fill="{fills.get(str(grid[i, j]), "#D55E00")}" fill-opacity="0.4"/>'
                )
                i = k
        words = {
            "safe": "safe",
            "product": "too warm, or too near it",
            "equipment": "beyond the dryer",
            "no sublimation": "no drying",
        }
        for limit, text in words.items():
            where = np.argwhere(grid == limit)
            if len(where) >= 0.04 * nx * ny:
                x, y = where.mean(axis=0)
                parts.append(
                    f'<text x="{left + (x + 0.5) * dx:.0f}" y="{top + height - (y + 0.5) * dy:.0f}"'
                    f' text-anchor="middle" font-weight="600">{text}</text>'
                )
        if (grid == "safe").any():
            best = space.fastest()
            x = left + (self._shelves.index(best.shelf_c) + 0.5) * dx
            y = top + height - (self._pressures.index(best.pressure_torr) + 0.5) * dy
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="currentColor" '
                f'stroke-width="2.5"/><text x="{x + 10:.1f}" y="{y - 8:.1f}">fastest safe: '
                f"{best.drying_time_h:.1f} h</text>"
            )
        for i in range(0, nx, 10):
            parts.append(
                f'<text x="{left + (i + 0.5) * dx:.0f}" y="{top + height + 16}" '
                f'text-anchor="middle">{self._shelves[i]:g}</text>'.replace(">-", ">−")
            )
        for j in range(0, ny, math.ceil(ny / 7)):
            parts.append(
                f'<text x="{left - 6}" y="{top + height - (j + 0.5) * dy + 4:.0f}" '
                f'text-anchor="end">{self._pressures[j]:.3g}</text>'
            )
        return (
            f'<svg viewBox="0 0 510 300" width="510" height="300" role="img" aria-label="{label}" '
            f'font-size="12" fill="currentColor" font-family="system-ui, sans-serif">'
            f"{''.join(parts)}"
            f'<text x="{left + width / 2}" y="{top + height + 36}" text-anchor="middle">'
            "shelf temperature, °C</text>"
            f'<text transform="translate(14 {top + height / 2}) rotate(-90)" text-anchor="middle">'
            "chamber pressure, Torr</text></svg>"
        )

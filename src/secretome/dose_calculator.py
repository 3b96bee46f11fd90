"""A live figure of the dose: how many cells and how much medium one application takes.

:class:`DoseCalculator` asks for the fields that the answer needs, each with its unit, and
gives cells, medium and losses; or it says which field is missing and why nothing can be
computed without it.

The choices behind it:

* The arithmetic is that of :mod:`secretome.dosing`; every unit becomes a factor there, and
  the sentences of a refusal are written there.  A test compares browser and Python over a
  grid of fields, empty ones among them.
* A field that is left out stays empty: there is no typical secretion, retention or recovery.
* Where no script runs, there is a picture and a table of what the fields at the start give.

Explained in the chapter *How much is a dose*.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import traitlets

from secretome import dosing
from secretome._figure import Figure, axis, guard, one_file
from secretome.dosing import Amount, MissingFieldError
from secretome.tables import MISSING_CODES

__all__ = ["DoseCalculator", "DosePlan"]

# what a field can be written in, and the unit that the browser computes with
_DOSE = {
    "mass": ("ng", ["pg", "ng", "µg", "mg"]),
    "protein": ("µg protein", ["µg protein", "mg protein"]),
    "particles": ("particles", ["particles"]),
}
_SECRETION = {
    "mass": ("ng/10^6 cells", ["pg/10^6 cells", "ng/10^6 cells", "µg/10^6 cells"]),
    "protein": ("µg protein/10^6 cells", ["µg protein/10^6 cells"]),
    "particles": ("particles/10^6 cells", ["particles/10^6 cells"]),
}
_PER_DAY = "/24 h"
_TIME = ("h", ["h", "d"])
_DENSITY = ("cells/mL", ["cells/mL", "cells/L"])
_SHARES = ("retained", "recovery")


@dataclass(frozen=True)
class DosePlan:
    """What one application takes, or why that cannot be said.

    Attributes
    ----------
    cells, medium, concentrate : Amount or None
        Cells that must condition medium, medium that they condition (mL), and what is left
        of it after ultrafiltration (mL); None where a field is missing.
    recovered : float or None
        Share of the factor that ultrafiltration leaves.
    factor : float or None
        How many-fold the factor is concentrated.
    reasons : dict of str to str
        For each answer that is missing, why.
    """

    cells: Amount | None
    medium: Amount | None
    concentrate: Amount | None
    recovered: float | None
    factor: float | None
    reasons: dict[str, str]

    def summary(self) -> str:
        """The plan in a few sentences.

        Returns
        -------
        str
            Answers, and each reason once.
        """
        parts = []
        if self.recovered is not None:
            parts.append(f"Ultrafiltration leaves {self.recovered:.0%} of the factor.")
        if self.cells is not None:
            parts.append(f"One application takes {self.cells.value:,.3g} cells.")
        if self.medium is not None and self.concentrate is not None:
            parts.append(
                f"They condition {self.medium.value:,.3g} mL of medium, "
                f"{self.concentrate.value:,.3g} mL when concentrated."
            )
        return " ".join([*parts, *dict.fromkeys(self.reasons.values())])


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class DoseCalculator(Figure):
    """Fill in what is known, and read the cells and the medium of one application.

    Parameters
    ----------
    dose : str
        What one application holds: ``"1 µg"``, ``"1e9 particles"``, ``"5 mg protein"``.
    secretion : str
        What cells give: ``"1203 pg/10^6 cells"`` or ``"20 ng/10^6 cells/24 h"``.
    duration : str
        Time of conditioning where `secretion` is per time: ``"48 h"``.
    density : str
        Cells per volume of medium: ``"1e6 cells/mL"``.
    retained : str
        Retention of the ultrafiltration membrane for the factor, 0 to 1.
    recovery : str
        Share that all other steps leave, above 0 and up to 1.
    volume_factor : float
        Volume before over volume after ultrafiltration.
    factor_range : tuple of float
        Lowest value, highest value and step of its slider.
    title : str
        Heading of the figure.
    note : str
        A sentence on where the numbers at the start come from.

    Attributes
    ----------
    dose, secretion, duration, density, retained, recovery : str
        The fields, as text; empty where nothing is known.
    volume_factor : float
        The slider.

    Raises
    ------
    ValueError
        If a unit is none of those of the figure, or the range is none.

    Notes
    -----
    Explained in the chapter *How much is a dose*.

    Examples
    --------
    >>> from secretome.dose_calculator import DoseCalculator
    >>> calculator = DoseCalculator("1 µg", "20 ng/10^6 cells/24 h", duration="48 h",
    ...                             density="1e6 cells/mL", retained="1", recovery="0.5")
    >>> calculator.plan().cells.value, calculator.plan().medium.value
    (50000000.0, 50.0)
    >>> calculator.recovery = ""
    >>> calculator.plan().reasons["cells"][:20]
    'recovery is missing,'
    """

    _module = "dose_calculator"
    _esm = one_file(_module, "js")
    _css = one_file(_module, "css")

    dose: Any = traitlets.Unicode().tag(sync=True)
    secretion: Any = traitlets.Unicode().tag(sync=True)
    duration: Any = traitlets.Unicode().tag(sync=True)
    density: Any = traitlets.Unicode().tag(sync=True)
    retained: Any = traitlets.Unicode().tag(sync=True)
    recovery: Any = traitlets.Unicode().tag(sync=True)
    volume_factor: Any = traitlets.Float().tag(sync=True)

    def __init__(
        self,
        dose: str = "",
        secretion: str = "",
        *,
        duration: str = "",
        density: str = "",
        retained: str = "",
        recovery: str = "",
        volume_factor: float = 1.0,
        factor_range: tuple[float, float, float] = (1.0, 100.0, 1.0),
        title: str = "One application: cells and medium",
        note: str = "",
    ) -> None:
        self._axis = axis("factor_range", *factor_range)
        if self._axis[0] < 1:
            raise ValueError(
                f"factor_range starts at {self._axis[0]:g}; a volume factor below 1 is a dilution."
            )
        self._title, self._note = title, note
        self._units: dict[str, list[dict[str, Any]]] = {
            "dose": [],
            "secretion": [],
            "duration": [self._unit(u, _TIME[0], "time") for u in _TIME[1]],
            "density": [self._unit(u, _DENSITY[0], "density") for u in _DENSITY[1]],
        }
        for kind, (base, units) in _DOSE.items():
            self._units["dose"] += [self._unit(u, base, kind) for u in units]
        for kind, (base, units) in _SECRETION.items():
            self._units["secretion"] += [self._unit(u, base, kind) for u in units]
        for kind, (base, units) in _SECRETION.items():
            # a rate becomes an amount per hour
            self._units["secretion"] += [
                self._unit(u + _PER_DAY, f"{base}/1 h", kind, rate=True) for u in units
            ]
        start = {
            "dose": dose,
            "secretion": secretion,
            "duration": duration,
            "density": density,
            "retained": retained,
            "recovery": recovery,
        }
        settings = {
            "title": guard(title),
            "note": guard(note),
            "units": self._units,
            "range": [self._axis[0], self._axis[-1], factor_range[2]],
            "words": self._words(),
        }
        super().__init__(settings=settings, volume_factor=float(volume_factor), **start)

    @staticmethod
    def _unit(unit: str, base: str, kind: str, *, rate: bool = False) -> dict[str, Any]:
        one = dosing._quantity("unit", f"1 {unit}", "a factor")
        factor = one / dosing._quantity("unit", f"1 {base}", "a factor")
        return {
            "text": unit,
            "kind": kind,
            "factor": float(f"{factor.to('').magnitude:.12g}"),
            "rate": rate,
        }

    @staticmethod
    def _words() -> dict[str, str]:
        """Sentences of the refusals, from the functions that refuse."""

        def caught(ask: Callable[[], Any]) -> str:
            try:
                ask()
            except ValueError as error:
                return guard(str(error))
            raise AssertionError("this must be refused")  # pragma: no cover

        def cells(*given: Any, **more: Any) -> Callable[[], Any]:
            return lambda: dosing.cells_for_dose(*given, **{"recovery": 1.0, **more})

        total, rate = "1 ng/10^6 cells", "1 ng/10^6 cells/24 h"
        return {
            "dose": caught(cells("", total)),
            "secretion": caught(cells("1 ng", "")),
            "duration": caught(cells("1 ng", rate, duration="")),
            "twice": caught(cells("1 ng", total, duration="DURATION")),
            "recovery": caught(cells("1 ng", total, recovery=None)),
            "density": caught(lambda: dosing.medium_for_dose("1 cells", "", recovery=1.0)).replace(
                "concentration is", "density is"
            ),
            "retained": caught(lambda: dosing.concentration_factor("2 mL", "1 mL", retained=None)),
        }

    @traitlets.validate("volume_factor")
    def _inside(self, proposal: Any) -> float:
        value = float(proposal["value"])
        if not self._axis[0] - 1e-9 <= value <= self._axis[-1] + 1e-9:
            raise traitlets.TraitError(
                f"volume_factor is {value:g}, outside the slider ({self._axis[0]:g} to "
                f"{self._axis[-1]:g}). Choose a value inside, or make the figure with a "
                "wider range."
            )
        return value

    @traitlets.validate("dose", "secretion", "duration", "density")
    def _written(self, proposal: Any) -> str:
        name, text = proposal["trait"].name, str(proposal["value"]).strip()
        known = [unit["text"] for unit in self._units[name]]
        _, space, unit = text.partition(" ")
        if space and unit.strip() not in known:
            raise traitlets.TraitError(
                f"{name} is {text!r}; this figure knows the units {', '.join(known)}. Write a "
                "number, a space and one of them."
            )
        return text

    # ---- the same question, asked of Python

    def plan(self, volume_factor: float | None = None) -> DosePlan:
        """What the fields give, by :mod:`secretome.dosing`.

        Parameters
        ----------
        volume_factor : float, optional
            Another factor than the one that is set.

        Returns
        -------
        DosePlan
            Answers, and the reasons where there is none.
        """
        shrink = float(self.volume_factor if volume_factor is None else volume_factor)
        reasons: dict[str, str] = {}

        def attempt(answer: str, ask: Callable[[], Any]) -> Any:
            try:
                return ask()
            except ValueError as error:
                reasons[answer] = str(error)
                return None

        shares = {name: self._share(name) for name in _SHARES}
        filtered = attempt(
            "recovered",
            lambda: dosing.concentration_factor(
                f"{shrink!r} mL", "1 mL", retained=shares["retained"]
            ),
        )

        def cells() -> Amount:
            if filtered is None:
                raise MissingFieldError(reasons["recovered"])
            other = dosing._share("recovery", shares["recovery"], "the number of cells for a dose")
            return dosing.cells_for_dose(
                self.dose,
                self.secretion,
                duration=self.duration or None,
                recovery=filtered.recovered * other,
            )

        found = attempt("cells", cells)

        def medium() -> Amount:
            if found is None:
                raise MissingFieldError(reasons["cells"])
            try:
                return dosing.medium_for_dose(f"{found.value!r} cells", self.density, recovery=1.0)
            except ValueError as error:
                raise ValueError(str(error).replace("concentration is", "density is")) from error

        volume = attempt("medium", medium)
        rest = None
        if volume is not None:
            rest = Amount(
                volume.value / shrink,
                "mL",
                f"{volume.value:.4g} mL of medium, concentrated {shrink:g}-fold",
            )
        return DosePlan(
            cells=found,
            medium=volume,
            concentrate=rest,
            recovered=None if filtered is None else filtered.recovered,
            factor=None if filtered is None else filtered.factor,
            reasons=reasons,
        )

    def _share(self, name: str) -> float | None:
        text = str(getattr(self, name)).strip()
        if not text or text in MISSING_CODES:
            return None
        value = _number(text)
        # what is no number is no share either, and is refused with those words
        return math.inf if value is None else value

    def cases(self) -> pd.DataFrame:
        """The plan at a few volume factors.

        Returns
        -------
        pandas.DataFrame
            One row a factor: ``volume_factor``, ``recovered``, ``factor``, ``cells``,
            ``medium_ml``, ``concentrate_ml``; missing where there is no answer.
        """
        usual = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, float(self.volume_factor)]
        rows = []
        for factor in sorted({f for f in usual if self._axis[0] <= f <= self._axis[-1]}):
            plan = self.plan(factor)
            rows.append(
                {
                    "volume_factor": factor,
                    "recovered": plan.recovered,
                    "factor": plan.factor,
                    "cells": plan.cells and plan.cells.value,
                    "medium_ml": plan.medium and plan.medium.value,
                    "concentrate_ml": plan.concentrate and plan.concentrate.value,
                }
            )
        return pd.DataFrame(rows).astype("Float64")

    # ---- what is shown without a script

    def __repr__(self) -> str:
        return f"DoseCalculator({self._title!r}: {self.dose or 'no dose'})"

    def _fallback_html(self) -> str:
        cases = self.cases()
        heads = {
            "volume_factor": "Volume factor",
            "recovered": "Left of the factor",
            "cells": "Cells",
            "medium_ml": "Medium, mL",
            "concentrate_ml": "Concentrate, mL",
        }
        rows = []
        for case in cases.to_dict("records"):
            cells = [
                "–"
                if pd.isna(case[name])
                else f"{case[name]:.0%}"
                if name == "recovered"
                else f"{case[name]:,.3g}"
                for name in heads
            ]
            rest = "".join(f"<td>{text}</td>" for text in cells[1:])
            rows.append(f'<tr><th scope="row">{cells[0]}</th>{rest}</tr>')
        fields = ("dose", "secretion", "duration", "density", "retained", "recovery")
        given = "; ".join(f"{name} {getattr(self, name) or 'not given'}" for name in fields)
        reading = html.escape(" ".join(filter(None, [self.plan().summary(), self._note])))
        head = "".join(f'<th scope="col">{text}</th>' for text in heads.values())
        return self._place(
            self._title,
            self._svg(cases),
            reading,
            f"<table><caption>{html.escape(given)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>",
            label="Cells and medium at some volume factors",
        )

    def _svg(self, cases: pd.DataFrame) -> str:
        drawn = cases.dropna(subset=["cells"])
        if drawn.empty:
            return ""
        left, top, width, height = 150, 10, 330, 24
        most = float(drawn["cells"].max())
        label = (
            f"Cells for one application: {drawn['cells'].iloc[0]:,.3g} at a volume factor of "
            f"{drawn['volume_factor'].iloc[0]:g}, {drawn['cells'].iloc[-1]:,.3g} at "
            f"{drawn['volume_factor'].iloc[-1]:g}."
        )
        parts = []
        for i, case in enumerate(drawn.to_dict("records")):
            y, long = top + i * height, max(1.0, (width - 80) * case["cells"] / most)
            parts.append(
                f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">'
                f"{case['volume_factor']:g}-fold</text>"
                f'<rect x="{left}" y="{y + 3}" width="{long:.1f}" height="16" fill="#56B4E9"/>'
                f'<text x="{left + long + 6:.1f}" y="{y + 15}">{case["cells"]:,.3g} cells</text>'
            )
        tall = top + height * len(drawn) + 6
        return (
            f'<svg viewBox="0 0 510 {tall}" width="510" height="{tall}" role="img" '
            f'aria-label="{html.escape(label)}" font-size="12" fill="currentColor" '
            f'font-family="system-ui, sans-serif">{"".join(parts)}</svg>'
        )

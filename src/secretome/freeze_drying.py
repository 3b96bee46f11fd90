"""Freeze-drying of a vial: freezing, primary drying, secondary drying, design space.

The model of primary drying is the field's quasi-steady one-dimensional one.  At every
moment three statements hold at once:

* heat that crosses from the shelf into the vial, ``Kv Av (T_shelf − T_bottom)``,
* heat conducted through the frozen layer, ``k Ap (T_bottom − T_front) / l_frozen``,
* heat that sublimation takes, ``ΔHs Ap J`` with the flux ``J = (p_ice(T_front) − p) / Rp``,

are equal.  That fixes the temperature of the sublimation front; the front then moves down
as fast as ice leaves.  What the model leaves out: heat stored in the vial, heat through the
side wall, gradients across the vial, the last ice in the corners of a curved bottom.

Choices:

* Units are those in which the field prints its parameters, so that a paper's numbers go in
  as they stand: °C, h, cm, mL, Torr, resistance in cm²·h·Torr/g.  The one exception is
  heat transfer, in W/(m²·K); :meth:`VialHeatTransfer.from_calories` takes the older
  cal/(s·K·cm²), and :func:`to_torr` takes pressures in Pa, mbar or mTorr.
* Ramps are integrated in time (Runge-Kutta, fourth order); the last hold is integrated over
  the position of the front, where time is a plain integral (Simpson), because the end of
  drying is then a grid point and not an event to search for.
* Nothing condenses back: while the shelf is colder than ice at the chamber pressure, the
  front stands still.
* A result that cannot be (ice above 0 °C, a shelf that can never dry the vial) is an error
  with its physical reason, not a number.

Explained in the chapters *What freeze-drying does* and *Designing a cycle*.

Constants: density, conductivity and heat of sublimation of ice are those of the field's open
simulator and lie within a few per cent of a handbook's table; beside each constant in the
source stands where it was seen.  The heat capacity of the solids (1.25 J/(g·K)) was seen in no
page and is a rough value; it moves only the time of cooling.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = [
    "CakeResistance",
    "CycleCost",
    "DesignSpace",
    "Equipment",
    "Freezing",
    "PrimaryDrying",
    "ProductLimit",
    "Programme",
    "SecondaryDrying",
    "SetPoint",
    "Vial",
    "VialHeatTransfer",
    "VialPopulation",
    "cycle_cost",
    "design_space",
    "fox",
    "freeze",
    "frost_point",
    "gordon_taylor",
    "primary_drying",
    "product_limit",
    "secondary_drying",
    "to_torr",
    "vapour_pressure_of_ice",
    "vial_population",
]

Array = npt.NDArray[np.float64]

# Rounded material constants of water, ice and a typical solid.  Those of ice, solute, solution
# and sublimation are the ones of the field's open simulator, LyoPRONTO, as its table of
# constants gives them (seen: 0.918 and 1.5 and 1.0 g/mL, 678 cal/g, 0.0059 cal/(cm·s·K), 4.184 J):
# https://github.com/LyoHUB/LyoPRONTO/blob/96f7dec641bebe228a34f76d45b3253a96d4289a/lyopronto/constant.py
# so that its standard case is reproduced; see tests/test_freeze_drying.py.  They are close to
# the table "Properties of ice and supercooled water" of a handbook of physics, as copied on
# https://www.zanotowane.pl/1015/2083 (seen: heat of fusion 333.6 J/g and of sublimation
# 2838 J/g at 0 °C; density 0.9167 g/cm³ at 0 °C, 0.9203 at −20; conductivity 0.0214 W/(cm·K) at
# 0 °C, 0.024 at −20; heat capacity 2.11 J/(g·K) at 0 °C, 1.96 at −20).
# Not seen in any page: the heat capacity of the solids.
_ZERO_C = 273.15  # K
_ICE_A, _ICE_B = 2.698e10, 6144.96  # Torr, K: the field's fit of the vapour pressure of ice
_CALORIE = 4.184  # J
_SUBLIMATION = 678.0 * _CALORIE  # J/g
_FUSION = 333.6  # J/g at 0 °C
_WATER_DENSITY, _ICE_DENSITY, _SOLIDS_DENSITY = 1.0, 0.918, 1.5  # g/mL
_ICE_CONDUCTIVITY = 0.0059 * _CALORIE  # W/(cm·K)
_WATER_HEAT, _ICE_HEAT, _SOLIDS_HEAT = 4.19, 2.10, 1.25  # J/(g·K)
_GAS_CONSTANT = 8.314462618  # J/(mol·K)
_TORR_PASCAL = 101325 / 760
_HOMOGENEOUS_C = -40.0  # water does not stay liquid much below this


def _finite(name: str, value: float, unit: str) -> None:
    if not isinstance(value, (int, float, np.floating, np.integer)) or isinstance(value, bool):
        raise TypeError(
            f"{name} is {value!r}; it must be a number in {unit}. Convert text first, for "
            "example with float() or to_torr()."
        )
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}; it must be a finite number in {unit}.")


def _above_zero(name: str, value: float, unit: str, why: str) -> None:
    _finite(name, value, unit)
    if value <= 0:
        raise ValueError(f"{name} is {value:g} {unit}; it must be above 0 {unit}. {why}")


def _not_negative(name: str, value: float, unit: str, why: str) -> None:
    _finite(name, value, unit)
    if value < 0:
        raise ValueError(f"{name} is {value:g} {unit}; it must be 0 {unit} or more. {why}")


def _minus(text: str) -> str:
    """Typographic minus signs for sentences that people read."""
    return text.replace("-", "−")


def _celsius(value: float) -> str:
    return _minus(f"{value:.1f} °C")


# --- units -----------------------------------------------------------------------------


@functools.cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)


def to_torr(value: float, unit: str) -> float:
    """Pressure in Torr from any unit of pressure.

    Parameters
    ----------
    value : float
        The pressure.
    unit : str
        For example ``"Pa"``, ``"mbar"``, ``"mTorr"`` or ``"µbar"``.

    Returns
    -------
    float
        Pressure in Torr.

    Raises
    ------
    ValueError
        If the unit does not parse or is no pressure.

    Examples
    --------
    >>> from secretome.freeze_drying import to_torr
    >>> round(to_torr(20, "Pa"), 4)
    0.15
    """
    import pint

    registry = _registry()
    text = unit.strip().replace("µ", "u").replace("μ", "u")
    text = {"mtorr": "millitorr", "utorr": "microtorr"}.get(text.lower(), text)
    try:
        return float(registry.Quantity(float(value), text).to("torr").magnitude)
    except (pint.PintError, AttributeError, TypeError, AssertionError) as error:
        raise ValueError(
            f"{unit!r} is not a unit of pressure that can be read. Write Pa, hPa, mbar, µbar, "
            "Torr or mTorr; 1 mbar is 100 Pa or 0.75 Torr."
        ) from error


# --- thermal mixing rules ---------------------------------------------------------------


def _mixture(weights: Sequence[float], tg_c: Sequence[float], rule: str) -> tuple[Array, Array]:
    w, t = np.asarray(weights, dtype=float), np.asarray(tg_c, dtype=float) + _ZERO_C
    if w.shape != t.shape or w.ndim != 1 or len(w) < 2:
        raise ValueError(
            f"{rule} needs one weight and one glass transition for each of two or more "
            f"components; there are {w.size} weights and {t.size} temperatures."
        )
    if not np.all(np.isfinite(w)) or np.any(w < 0) or w.sum() <= 0:
        raise ValueError(
            f"The weights {list(weights)} are not amounts of matter. Give mass fractions or "
            "grams, none negative, at least one above zero."
        )
    if not np.all(np.isfinite(t)) or np.any(t <= 0):
        raise ValueError(
            f"The temperatures {list(tg_c)} °C are not all above absolute zero (−273.15 °C). "
            "Give glass transitions in °C."
        )
    return w / w.sum(), t


def gordon_taylor(weights: Sequence[float], tg_c: Sequence[float], k: Sequence[float]) -> float:
    """Glass transition of a mixture by the Gordon-Taylor rule.

    Parameters
    ----------
    weights : sequence of float, shape (n,)
        Mass of each component, in any one unit.
    tg_c : sequence of float, shape (n,)
        Glass transition of each pure component, °C.
    k : sequence of float, shape (n,)
        Constant of each component relative to the first, whose constant is 1.

    Returns
    -------
    float
        Glass transition of the mixture, °C:
        ``Tg = Σ kᵢ wᵢ Tgᵢ / Σ kᵢ wᵢ`` in kelvin.

    Raises
    ------
    ValueError
        If the sequences differ in length, or hold negative weights or constants.

    Notes
    -----
    Limits.  The rule is for one homogeneous amorphous phase whose components mix without
    special attraction; `k` is fitted to measured mixtures.  It gives the Tg of a *dry or
    evenly moist* glass.  It does not give Tg′ of a frozen solution, where the glass holds
    a fixed, unknown share of water, nor anything about a component that crystallises
    (mannitol, glycine, most salts) or separates into its own phase.  More than two
    components is an extension by analogy.

    References
    ----------
    Gordon M, Taylor JS. Ideal copolymers and the second-order transitions of synthetic
    rubbers. J Appl Chem 1952;2:493-500.

    Examples
    --------
    >>> from secretome.freeze_drying import gordon_taylor
    >>> round(gordon_taylor([0.5, 0.5], [0.0, 100.0], [1.0, 1.0]), 1)
    50.0
    """
    w, t = _mixture(weights, tg_c, "The Gordon-Taylor rule")
    constants = np.asarray(k, dtype=float)
    if constants.shape != w.shape or not np.all(np.isfinite(constants)) or np.any(constants <= 0):
        raise ValueError(
            f"k is {list(np.atleast_1d(constants))}; it must hold one constant above zero for "
            f"each of the {w.size} components, 1 for the first. Without constants, use fox()."
        )
    share = constants * w
    return float((share * t).sum() / share.sum() - _ZERO_C)


def fox(weights: Sequence[float], tg_c: Sequence[float]) -> float:
    """Glass transition of a mixture by the Fox rule, which has no constant to fit.

    Parameters
    ----------
    weights : sequence of float, shape (n,)
        Mass of each component, in any one unit.
    tg_c : sequence of float, shape (n,)
        Glass transition of each pure component, °C.

    Returns
    -------
    float
        Glass transition of the mixture, °C: ``1/Tg = Σ wᵢ / Tgᵢ`` in kelvin.

    Raises
    ------
    ValueError
        If the sequences differ in length or hold impossible values.

    Notes
    -----
    Limits.  Those of :func:`gordon_taylor`, and one more: Fox is the case in which `k` is
    the ratio of the two glass transitions, so it is a first guess, not a measurement.

    References
    ----------
    Fox TG. Influence of diluent and of copolymer composition on the glass temperature of a
    polymer system. Bull Am Phys Soc 1956;1:123.

    Examples
    --------
    >>> from secretome.freeze_drying import fox
    >>> round(fox([0.97, 0.03], [115.0, -137.0]), 1)
    94.6
    """
    w, t = _mixture(weights, tg_c, "The Fox rule")
    return float(1 / (w / t).sum() - _ZERO_C)


# --- vapour pressure ---------------------------------------------------------------------


def vapour_pressure_of_ice(
    temperature_c: npt.ArrayLike, *, formula: Literal["field", "murphy-koop"] = "field"
) -> Any:
    """Vapour pressure over ice.

    Parameters
    ----------
    temperature_c : array_like
        Temperature of the ice, °C.
    formula : {"field", "murphy-koop"}
        ``"field"`` is the two-constant fit that freeze-drying models use,
        ``2.698e10 exp(−6144.96 / T)`` Torr; ``"murphy-koop"`` the four-constant equation of
        Murphy and Koop (2005) for 110 K to the triple point, to compare.

    Returns
    -------
    float or numpy.ndarray
        Pressure in Torr, of the shape of `temperature_c`.

    Raises
    ------
    ValueError
        If a temperature is above the triple point (ice melts) or below 110 K.

    References
    ----------
    The field's fit: documentation of LyoPRONTO,
    https://github.com/LyoHUB/LyoPRONTO/blob/628acbb8c8c91b51e6ea4a36d565d762e7464810/docs/PHYSICS_REFERENCE.md.
    The comparison: Murphy and Koop (2005), https://doi.org/10.1256/qj.04.94, equation for ice;
    its abstract was read, the equation's constants were not seen in a page.

    Examples
    --------
    >>> from secretome.freeze_drying import vapour_pressure_of_ice
    >>> round(vapour_pressure_of_ice(-40.0), 4)
    0.0965
    """
    t = np.asarray(temperature_c, dtype=float) + _ZERO_C
    if not np.all(np.isfinite(t)) or np.any(t > 273.16 + 1e-9) or np.any(t < 110):
        raise ValueError(
            "There is ice to speak of from −163 °C (110 K) to 0.01 °C, where it melts. "
            "Give temperatures in °C within that range; is one of them in kelvin or °F?"
        )
    if formula == "field":
        pressure = _ICE_A * np.exp(-_ICE_B / t)
    elif formula == "murphy-koop":
        pascal = np.exp(9.550426 - 5723.265 / t + 3.53068 * np.log(t) - 0.00728332 * t)
        pressure = pascal / _TORR_PASCAL
    else:
        raise ValueError(f"formula is {formula!r}; it must be 'field' or 'murphy-koop'.")
    return float(pressure) if pressure.ndim == 0 else pressure


def frost_point(pressure_torr: float) -> float:
    """Temperature at which ice has the pressure of the chamber.

    A shelf at or below it cannot dry anything: vapour would settle on the ice instead.

    Parameters
    ----------
    pressure_torr : float
        Chamber pressure, Torr.

    Returns
    -------
    float
        Temperature, °C.

    Raises
    ------
    ValueError
        If the pressure is not above zero, or above that of melting ice.

    Examples
    --------
    >>> from secretome.freeze_drying import frost_point
    >>> round(frost_point(0.15), 1)
    -36.0
    """
    _check_pressure(pressure_torr)
    return _ICE_B / math.log(_ICE_A / pressure_torr) - _ZERO_C


def _check_pressure(pressure_torr: float) -> None:
    _above_zero(
        "The chamber pressure",
        pressure_torr,
        "Torr",
        "A chamber holds some vapour while ice sublimes; 0.05 to 0.3 Torr is usual.",
    )
    melting = _ICE_A * math.exp(-_ICE_B / _ZERO_C)
    if pressure_torr >= melting:
        raise ValueError(
            f"The chamber pressure is {pressure_torr:g} Torr, above the vapour pressure of ice at "
            f"0 °C ({melting:.2f} Torr): ice would melt before it sublimed. Lower the pressure; "
            "if the number is in Pa, mTorr or mbar, convert it with to_torr()."
        )


# --- the vial ----------------------------------------------------------------------------


@dataclass(frozen=True)
class VialHeatTransfer:
    """Heat transfer coefficient of a vial, ``Kv = KC + KP·P / (1 + KD·P)``.

    `KC` is contact and radiation, the second term conduction through the gas below the
    vial, which grows with pressure and levels off.

    Parameters
    ----------
    kc : float
        W/(m²·K).
    kp : float
        W/(m²·K·Torr).
    kd : float
        1/Torr.

    Raises
    ------
    ValueError
        If a coefficient is negative, or `kc` and `kp` are both zero.

    References
    ----------
    Documentation of LyoPRONTO, for the coefficients of its standard case,
    https://github.com/LyoHUB/LyoPRONTO/blob/60a489d0340c35a82aee7b274b3ffaf4ac25a60f/examples/README.md.

    Examples
    --------
    >>> from secretome.freeze_drying import VialHeatTransfer
    >>> kv = VialHeatTransfer.from_calories(2.75e-4, 8.93e-4, 0.46)
    >>> round(kv.at(0.15), 1)
    16.7
    """

    kc: float
    kp: float
    kd: float

    def __post_init__(self) -> None:
        for name, unit in (("kc", "W/(m²·K)"), ("kp", "W/(m²·K·Torr)"), ("kd", "1/Torr")):
            _not_negative(
                name,
                getattr(self, name),
                unit,
                "A negative share of heat transfer would carry heat from cold to warm.",
            )
        if self.kc + self.kp == 0:
            raise ValueError(
                "kc and kp are both zero: no heat would reach the vial and no ice would sublime. "
                "Give measured coefficients of the vial."
            )

    @classmethod
    def from_calories(cls, kc: float, kp: float, kd: float) -> VialHeatTransfer:
        """Coefficients as older papers print them.

        Parameters
        ----------
        kc : float
            cal/(s·K·cm²).
        kp : float
            cal/(s·K·cm²·Torr).
        kd : float
            1/Torr.

        Returns
        -------
        VialHeatTransfer
            The same in W/(m²·K).

        Examples
        --------
        >>> from secretome.freeze_drying import VialHeatTransfer
        >>> round(VialHeatTransfer.from_calories(1e-4, 0, 0).kc, 3)
        4.184
        """
        return cls(kc * _CALORIE * 1e4, kp * _CALORIE * 1e4, kd)

    def at(self, pressure_torr: float) -> float:
        """Coefficient at a chamber pressure.

        Parameters
        ----------
        pressure_torr : float
            Chamber pressure, Torr.

        Returns
        -------
        float
            Kv in W/(m²·K), referred to the outer area of the vial.

        Examples
        --------
        >>> from secretome.freeze_drying import VialHeatTransfer
        >>> VialHeatTransfer(10.0, 40.0, 0.0).at(0.1)
        14.0
        """
        _check_pressure(pressure_torr)
        return self.kc + self.kp * pressure_torr / (1 + self.kd * pressure_torr)


@dataclass(frozen=True)
class CakeResistance:
    """Resistance of the dried cake to vapour, ``Rp = R0 + A1·l / (1 + A2·l)``.

    Parameters
    ----------
    r0 : float
        Resistance at the start, cm²·h·Torr/g.
    a1 : float
        Growth with the length of dried cake, cm·h·Torr/g.
    a2 : float
        Levelling off, 1/cm.

    Raises
    ------
    ValueError
        If `r0` is not above zero, or `a1` or `a2` is negative.

    References
    ----------
    Documentation of LyoPRONTO,
    https://github.com/LyoHUB/LyoPRONTO/blob/628acbb8c8c91b51e6ea4a36d565d762e7464810/docs/PHYSICS_REFERENCE.md.

    Examples
    --------
    >>> from secretome.freeze_drying import CakeResistance
    >>> CakeResistance(1.4, 16.0, 0.0).at(0.5)
    9.4
    """

    r0: float
    a1: float
    a2: float

    def __post_init__(self) -> None:
        _above_zero(
            "r0",
            self.r0,
            "cm²·h·Torr/g",
            "The surface skin and the stopper always resist a little; without it the flux "
            "at the start would have no bound but heat.",
        )
        for name, unit in (("a1", "cm·h·Torr/g"), ("a2", "1/cm")):
            _not_negative(
                name,
                getattr(self, name),
                unit,
                "A cake that grows thicker does not become easier to pass.",
            )

    def at(self, length_cm: float) -> float:
        """Resistance behind a length of dried cake.

        Parameters
        ----------
        length_cm : float
            Length of dried cake, cm.

        Returns
        -------
        float
            Rp, cm²·h·Torr/g.

        Examples
        --------
        >>> from secretome.freeze_drying import CakeResistance
        >>> CakeResistance(1.0, 10.0, 1.0).at(1.0)
        6.0
        """
        _not_negative(
            "The length of dried cake", length_cm, "cm", "It counts down from the top of the cake."
        )
        return self.r0 + self.a1 * length_cm / (1 + self.a2 * length_cm)


@dataclass(frozen=True)
class Vial:
    """A filled vial: geometry, fill, heat transfer and cake resistance.

    Parameters
    ----------
    fill_ml : float
        Volume of solution, mL.
    solids_g_per_ml : float
        Solids in the solution, g/mL.
    product_area_cm2 : float
        Inner cross-section Ap, cm².
    outer_area_cm2 : float
        Outer cross-section Av, to which Kv refers, cm².
    heat_transfer : VialHeatTransfer
        Kv of the vial.
    resistance : CakeResistance
        Rp of the product.

    Raises
    ------
    ValueError
        If a size is not above zero, the solution holds more solids than volume, or the
        inside of the vial is larger than the outside.

    Notes
    -----
    Volumes add up: solids of 1.5 g/mL fill the rest of the volume with water of 1.0 g/mL,
    which freezes to ice of 0.918 g/mL.  All water counts as ice; what stays in the glass is
    the subject of :func:`secondary_drying`.

    Examples
    --------
    >>> from secretome.freeze_drying import CakeResistance, Vial, VialHeatTransfer
    >>> vial = Vial(2.0, 0.05, 3.14, 3.8, VialHeatTransfer(11.5, 37.4, 0.46),
    ...             CakeResistance(1.4, 16.0, 0.0))
    >>> round(vial.cake_length_cm, 3), round(vial.ice_g, 3)
    (0.692, 1.933)
    """

    fill_ml: float
    solids_g_per_ml: float
    product_area_cm2: float
    outer_area_cm2: float
    heat_transfer: VialHeatTransfer
    resistance: CakeResistance

    def __post_init__(self) -> None:
        _above_zero("fill_ml", self.fill_ml, "mL", "There is nothing to dry.")
        _above_zero(
            "solids_g_per_ml",
            self.solids_g_per_ml,
            "g/mL",
            "Pure water leaves no cake; 5 % solids is 0.05 g/mL.",
        )
        if self.solids_g_per_ml >= _SOLIDS_DENSITY:
            raise ValueError(
                f"solids_g_per_ml is {self.solids_g_per_ml:g} g/mL, but solids alone weigh about "
                f"{_SOLIDS_DENSITY:g} g/mL: there would be no water. 5 % solids is 0.05, not 5."
            )
        for name in ("product_area_cm2", "outer_area_cm2"):
            _above_zero(name, getattr(self, name), "cm²", "Measure the vial.")
        if self.product_area_cm2 > self.outer_area_cm2:
            raise ValueError(
                f"The product area ({self.product_area_cm2:g} cm²) is larger than the outer area "
                f"of the vial ({self.outer_area_cm2:g} cm²). Are the two swapped?"
            )

    @property
    def ice_g(self) -> float:
        """Mass of ice, g."""
        return self.fill_ml * (1 - self.solids_g_per_ml / _SOLIDS_DENSITY) * _WATER_DENSITY

    @property
    def cake_length_cm(self) -> float:
        """Length of the frozen plug, which is that of the finished cake, cm."""
        solids_ml = self.fill_ml * self.solids_g_per_ml / _SOLIDS_DENSITY
        return (self.ice_g / _ICE_DENSITY + solids_ml) / self.product_area_cm2


# --- programmes --------------------------------------------------------------------------


@dataclass(frozen=True)
class Programme:
    """Setpoints, ramps and holds of shelf temperature or chamber pressure.

    The first ramp starts at time zero; the last setpoint is held until the end.

    Parameters
    ----------
    start : float
        Value at time zero: °C for a shelf, Torr for a chamber.
    setpoints : sequence of float
        Values to go to, one after another.  Empty for a constant.
    rate_per_min : float or sequence of float
        Speed of each ramp in units per minute, above zero; ``math.inf`` for a jump.
    holds_h : sequence of float
        Hours at each setpoint but the last.

    Raises
    ------
    ValueError
        If a rate is not above zero, a hold negative, or the numbers of setpoints, rates and
        holds do not fit together.

    Examples
    --------
    A shelf that goes from −35 °C to 20 °C at 1 °C/min:

    >>> from secretome.freeze_drying import Programme
    >>> shelf = Programme(-35.0, [20.0], rate_per_min=1.0)
    >>> shelf.at(0.5)
    -5.0
    """

    start: float
    setpoints: Sequence[float] = ()
    rate_per_min: float | Sequence[float] = 1.0
    holds_h: Sequence[float] = ()

    def __post_init__(self) -> None:
        points = tuple(float(v) for v in self.setpoints)
        rates = (
            (float(self.rate_per_min),) * len(points)
            if isinstance(self.rate_per_min, (int, float))
            else tuple(float(v) for v in self.rate_per_min)
        )
        holds = tuple(float(v) for v in self.holds_h)
        object.__setattr__(self, "setpoints", points)
        object.__setattr__(self, "rate_per_min", rates)
        object.__setattr__(self, "holds_h", holds)
        if not all(map(math.isfinite, (self.start, *points))):
            raise ValueError(f"The setpoints {self.start}, {points} must be finite numbers.")
        if len(rates) != len(points) or any(not r > 0 for r in rates):
            raise ValueError(
                f"There are {len(points)} setpoints and the rates {rates}: give one rate above "
                "zero for all ramps or one each. The direction follows from the setpoints."
            )
        if len(holds) != max(len(points) - 1, 0) or any(
            not (h >= 0 and math.isfinite(h)) for h in holds
        ):
            raise ValueError(
                f"There are {len(points)} setpoints and the holds {holds}: give hours, none "
                "negative, for each setpoint but the last, which is held until the end."
            )

    @classmethod
    def of(cls, value: float | Programme) -> Programme:
        """A programme as it is; a number as a constant.

        Parameters
        ----------
        value : float or Programme
            What a function was called with.

        Returns
        -------
        Programme
            The programme.

        Examples
        --------
        >>> from secretome.freeze_drying import Programme
        >>> Programme.of(0.15).final
        0.15
        """
        return value if isinstance(value, Programme) else cls(float(value))

    @property
    def final(self) -> float:
        """Value that is held until the end."""
        return self.setpoints[-1] if self.setpoints else self.start

    def corners(self) -> tuple[Array, Array]:
        """Times at which a ramp begins or ends, and the values there.

        Returns
        -------
        tuple of numpy.ndarray
            Hours and values, both of shape ``(n,)``.

        Examples
        --------
        >>> from secretome.freeze_drying import Programme
        >>> Programme(-40.0, [-20.0, 0.0], 1.0, [2.0]).corners()[1].tolist()
        [-40.0, -20.0, -20.0, 0.0]
        """
        times, values = [0.0], [float(self.start)]
        rates: Any = self.rate_per_min
        for i, target in enumerate(self.setpoints):
            times.append(times[-1] + abs(target - values[-1]) / rates[i] / 60)
            values.append(float(target))
            if i < len(self.holds_h):
                times.append(times[-1] + self.holds_h[i])
                values.append(float(target))
        return np.array(times), np.array(values)

    def at(self, time_h: npt.ArrayLike) -> Any:
        """Value at a time.

        Parameters
        ----------
        time_h : array_like
            Hours since the start.

        Returns
        -------
        float or numpy.ndarray
            The programmed value.

        Examples
        --------
        >>> from secretome.freeze_drying import Programme
        >>> Programme(0.1).at([0.0, 5.0]).tolist()
        [0.1, 0.1]
        """
        times, values = self.corners()
        found = np.interp(np.asarray(time_h, dtype=float), times, values)
        return float(found) if np.ndim(found) == 0 else found


def _stretches(
    shelf: Programme, pressure: Programme
) -> list[tuple[float, float, float, float, float]]:
    """Duration, and shelf (K) and pressure at both ends, of each stretch between corners."""
    (ts, vs), (tp, vp) = shelf.corners(), pressure.corners()
    times = np.unique(np.concatenate([ts, tp]))
    found = []
    for begin, end in itertools.pairwise(times):
        # a jump has two values at one time: look just inside the stretch at both ends
        inside = np.array([begin + 1e-9 * (end - begin), end - 1e-9 * (end - begin)])
        s, p = np.interp(inside, ts, vs), np.interp(inside, tp, vp)
        found.append((float(end - begin), *(s + _ZERO_C).tolist(), *p.tolist()))
    return found


# --- the model ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cells:
    """Parameters of one vial as floats, or of many as arrays of one shape.

    The same arithmetic serves both: with `math.exp` on floats it is fast for one curve,
    with `numpy.exp` on arrays for thousands of vials.
    """

    length: Any  # cm
    ice: Any  # g
    area: Any  # cm²
    outer: Any  # cm²
    kc: Any  # W/(cm²·K) from here, because lengths are in cm
    kp: Any
    kd: Any
    r0: Any
    a1: Any
    a2: Any

    @classmethod
    def of(cls, vial: Vial) -> _Cells:
        kv, rp = vial.heat_transfer, vial.resistance
        return cls(
            vial.cake_length_cm,
            vial.ice_g,
            vial.product_area_cm2,
            vial.outer_area_cm2,
            kv.kc * 1e-4,
            kv.kp * 1e-4,
            kv.kd,
            rp.r0,
            rp.a1,
            rp.a2,
        )

    def map(self, change: Callable[[Any], Any]) -> _Cells:
        return _Cells(*(change(getattr(self, f.name)) for f in dataclasses.fields(self)))

    def front(
        self, shelf: Any, pressure: Any, dried: Any, *, contact: float = 1.0
    ) -> tuple[Any, Any, Any]:
        """Temperature of the front and of the bottom (K), and flux (g/(h·cm²)).

        With ``contact=0`` the vial hangs on a perfect contact: `shelf` is then the
        temperature of the bottom itself, which turns the same equation into the one for a
        product that is held at its limit.
        """
        scalar = isinstance(dried, float)
        exp: Any = math.exp if scalar else np.exp
        log: Any = math.log if scalar else np.log
        resistance = self.r0 + self.a1 * dried / (1 + self.a2 * dried)
        frozen = (self.length - dried) * (self.length > dried)
        kv = self.kc + self.kp * pressure / (1 + self.kd * pressure)
        per_flux = _SUBLIMATION / 3600  # W/cm² for 1 g/(h·cm²)
        conduction = per_flux * frozen / _ICE_CONDUCTIVITY
        slope = (contact * per_flux * self.area / (kv * self.outer) + conduction) / resistance
        # g(T) = T + slope·(p_ice(T) − P) − T_shelf is convex and rises, so it has one root.
        # The start is the frost point: one step from there lands between root and shelf.
        # Halley's third-order step costs no further exponential.
        t = _ICE_B / log(_ICE_A / pressure)
        t = t * (t < shelf) + shelf * (t >= shelf)
        for _ in range(60):
            vapour = slope * _ICE_A * exp(-_ICE_B / t)
            g = t + vapour - slope * pressure - shelf
            first = 1 + vapour * _ICE_B / (t * t)
            second = vapour * _ICE_B / (t * t * t) * (_ICE_B / t - 2)
            step = g / first
            # Halley only where it shortens a step from above; from below Newton is safe
            bend = 1 - 0.5 * step * second / first
            step = step / (bend * (step > 0) + 1.0 * (step <= 0))
            t = t - step
            if (abs(step) if scalar else float(np.abs(step).max(initial=0.0))) < 1e-9:
                break
        else:
            raise ValueError(
                "The heat balance of the vial found no temperature of the sublimation front. "
                "One of the inputs is far outside freeze-drying; check units (Torr, cm, "
                "W/(m²·K), cm²·h·Torr/g)."
            )
        flux = (_ICE_A * exp(-_ICE_B / t) - pressure) / resistance
        dries = flux > 0
        flux = flux * dries
        t = t * dries + shelf * (1 - dries)
        return t, t + flux * conduction, flux

    def speed(self, flux: Any) -> Any:
        """Speed of the front, cm/h: the ice of the plug leaves in proportion to its length."""
        return flux * self.area * self.length / self.ice


def _steps(cells: _Cells, duration: Any, s0: Any, s1: Any, p0: Any, p1: Any, dried: Any) -> int:
    """Runge-Kutta steps for a stretch: small in temperature, pressure and progress."""
    fastest = max(
        float(np.max(cells.speed(cells.front(s, p, dried)[2]) * duration / cells.length))
        for s, p in ((s0, p0), (s1, p1), (np.maximum(s0, s1), np.minimum(p0, p1)))
    )
    warming = float(np.max(np.abs(np.asarray(s1) - s0))) / 2.0
    pressing = 8 * float(np.max(np.abs(np.log(np.asarray(p1) / p0))))
    progress = 60 * min(fastest, 1.5)
    return max(2, math.ceil(warming), math.ceil(pressing), math.ceil(progress))


def _rk4(cells: _Cells, dried: Any, dt: Any, s0: Any, s1: Any, p0: Any, p1: Any, here: Any) -> Any:
    """Position of the front after `dt`; `here` is the flux at the beginning."""
    sm, pm = (s0 + s1) / 2, (p0 + p1) / 2
    k1 = cells.speed(here)
    k2 = cells.speed(cells.front(sm, pm, dried + dt / 2 * k1)[2])
    k3 = cells.speed(cells.front(sm, pm, dried + dt / 2 * k2)[2])
    k4 = cells.speed(cells.front(s1, p1, dried + dt * k3)[2])
    return dried + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _time_to_end(cells: _Cells, dried: Any, dt: Any, s0: Any, s1: Any, p0: Any, p1: Any) -> Any:
    """Time from `dried` to the bottom inside a step, integrated over the position (RK4)."""
    left = cells.length - dried

    def slope(position: Any, elapsed: Any) -> Any:
        share = elapsed / dt
        front = cells.front(s0 + (s1 - s0) * share, p0 + (p1 - p0) * share, position)
        return 1 / cells.speed(front[2])

    k1 = slope(dried, 0.0 * dt)
    k2 = slope(dried + left / 2, left / 2 * k1)
    k3 = slope(dried + left / 2, left / 2 * k2)
    k4 = slope(dried + left, left * k3)
    return left / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


_HOLD_INTERVALS = 120


def _one_curve(cells: _Cells, shelf: Programme, pressure: Programme) -> dict[str, Array]:
    """Course of one vial: time, shelf, pressure, front, bottom (K), flux, dried (cm)."""
    rows: list[tuple[float, ...]] = []
    now, dried = 0.0, 0.0
    for duration, s0, s1, p0, p1 in _stretches(shelf, pressure):
        if duration < 1e-9:
            continue
        n = _steps(cells, duration, s0, s1, p0, p1, dried)
        dt = duration / n
        for i in range(n):
            sa, sb = s0 + (s1 - s0) * i / n, s0 + (s1 - s0) * (i + 1) / n
            pa, pb = p0 + (p1 - p0) * i / n, p0 + (p1 - p0) * (i + 1) / n
            front, bottom, flux = cells.front(sa, pa, dried)
            rows.append((now, sa, pa, front, bottom, flux, dried))
            after = _rk4(cells, dried, dt, sa, sb, pa, pb, flux)
            if after >= cells.length:
                end = _time_to_end(cells, dried, dt, sa, sb, pa, pb)
                se, pe = sa + (sb - sa) * end / dt, pa + (pb - pa) * end / dt
                rows.append((now + end, se, pe, *cells.front(se, pe, cells.length), cells.length))
                return _columns(rows)
            dried, now = after, now + dt
    s, p = shelf.final + _ZERO_C, pressure.final
    # the last hold: time is the integral of 1/speed over the position of the front
    positions = np.linspace(dried, cells.length, 2 * _HOLD_INTERVALS + 1)
    front, bottom, flux = cells.front(s, p, positions)
    pace = 1 / cells.speed(flux)
    width = (cells.length - dried) / _HOLD_INTERVALS
    parts = width / 6 * (pace[:-1:2] + 4 * pace[1::2] + pace[2::2])
    hold = np.column_stack(
        [
            now + np.concatenate([[0.0], np.cumsum(parts)]),
            np.full(_HOLD_INTERVALS + 1, s),
            np.full(_HOLD_INTERVALS + 1, p),
            front[::2],
            bottom[::2],
            flux[::2],
            positions[::2],
        ]
    )
    return _columns(np.vstack([np.array(rows), hold]) if rows else hold)


def _columns(rows: Any) -> dict[str, Array]:
    table = np.asarray(rows, dtype=float)
    names = ("time", "shelf", "pressure", "front", "bottom", "flux", "dried")
    return {name: table[:, i] for i, name in enumerate(names)}


def _many(
    cells: _Cells, stretches: Sequence[tuple[Any, Any, Any, Any, Any]], s_end: Any, p_end: Any
) -> dict[str, Array]:
    """End of drying, peak bottom temperature (K) and peak flux of many vials at once.

    Durations, shelf and pressure may differ from vial to vial.  A vial whose last hold
    cannot sublime ends never: its time is infinite.
    """
    shape = np.shape(cells.length)
    dried, now = np.zeros(shape), np.zeros(shape)
    end = np.full(shape, np.nan)
    peak, top_flux = np.full(shape, -np.inf), np.zeros(shape)
    for duration, s0, s1, p0, p1 in stretches:
        n = _steps(cells, duration, s0, s1, p0, p1, dried)
        dt = duration / n
        for i in range(n):
            sa, sb = s0 + (s1 - s0) * i / n, s0 + (s1 - s0) * (i + 1) / n
            pa, pb = p0 + (p1 - p0) * i / n, p0 + (p1 - p0) * (i + 1) / n
            going = np.isnan(end)
            _, bottom, flux = cells.front(sa, pa, dried)
            peak = np.where(going, np.maximum(peak, bottom), peak)
            top_flux = np.where(going, np.maximum(top_flux, flux), top_flux)
            after = _rk4(cells, dried, dt, sa, sb, pa, pb, flux)
            over = going & (after >= cells.length)
            if over.any():
                pick = functools.partial(_pick, where=over)
                inside = _time_to_end(
                    cells.map(pick), pick(dried), pick(dt), pick(sa), pick(sb), pick(pa), pick(pb)
                )
                share = inside / pick(dt)
                se = pick(sa) + (pick(sb) - pick(sa)) * share
                pe = pick(pa) + (pick(pb) - pick(pa)) * share
                _, bottom, flux = cells.map(pick).front(se, pe, pick(cells.length))
                end[over] = now[over] + inside
                peak[over] = np.maximum(peak[over], bottom)
                top_flux[over] = np.maximum(top_flux[over], flux)
            dried = np.where(going, np.minimum(after, cells.length), dried)
            now = now + dt
    going = np.isnan(end)
    if going.any():
        pick = functools.partial(_pick, where=going)
        rest = cells.map(pick)
        s, p, begin = (
            pick(np.broadcast_to(s_end, shape)),
            pick(np.broadcast_to(p_end, shape)),
            dried[going],
        )
        shares = np.linspace(0.0, 1.0, 33)[:, None]
        positions = begin + (rest.length - begin) * shares
        _, bottom, flux = rest.front(s, p, positions)
        with np.errstate(divide="ignore"):
            pace = np.where(flux > 0, 1 / rest.speed(flux), np.inf)
        weights = np.ones(33)
        weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
        time = (rest.length - begin) / (3 * 32) * (weights[:, None] * pace).sum(axis=0)
        end[going] = now[going] + time
        peak[going] = np.maximum(peak[going], bottom.max(axis=0))
        top_flux[going] = np.maximum(top_flux[going], flux.max(axis=0))
    return {"time": end, "peak": peak, "flux": top_flux}


def _pick(values: Any, where: npt.NDArray[np.bool_]) -> Any:
    return np.broadcast_to(values, where.shape)[where]


def _refuse_never(shelf_c: float, pressure_torr: float) -> None:
    frost = frost_point(pressure_torr)
    if shelf_c <= frost:
        most = _ICE_A * math.exp(-_ICE_B / (shelf_c + _ZERO_C))
        raise ValueError(
            f"The shelf ends at {_celsius(shelf_c)}, but in a chamber of {pressure_torr:g} Torr "
            f"ice sublimes only above {_celsius(frost)}: vapour would settle on the product "
            f"instead of leaving it. Set the shelf above {_celsius(frost)}, or the pressure "
            f"below {most:.3g} Torr."
        )


def _check_programmes(
    shelf: float | Programme, pressure_torr: float | Programme
) -> tuple[Programme, Programme]:
    shelf, pressure = Programme.of(shelf), Programme.of(pressure_torr)
    for value in (pressure.start, *pressure.setpoints):
        _check_pressure(value)
    for value in (shelf.start, *shelf.setpoints):
        if not -100 <= value <= 150:
            raise ValueError(
                f"The shelf temperature {value:g} °C is outside what a freeze-dryer's shelf does "
                "(−100 to 150 °C). Is it in kelvin or °F?"
            )
    _refuse_never(shelf.final, pressure.final)
    return shelf, pressure


# --- primary drying ----------------------------------------------------------------------


@dataclass(frozen=True)
class PrimaryDrying:
    """Result of :func:`primary_drying`.

    Attributes
    ----------
    curve : pandas.DataFrame
        One row a moment: ``time_h``, ``shelf_c``, ``pressure_torr``, ``front_c``,
        ``bottom_c``, ``flux_kg_h_m2``, ``dried_cm``, ``fraction_dried``.
    drying_time_h : float
        End of primary drying: the last ice has left.
    peak_product_c : float
        Highest temperature of the bottom of the frozen layer while there is ice.
    peak_front_c : float
        Highest temperature of the sublimation front.
    critical_c : float or None
        Critical (collapse) temperature that was given.
    """

    curve: pd.DataFrame
    drying_time_h: float
    peak_product_c: float
    peak_front_c: float
    critical_c: float | None

    @property
    def margin_k(self) -> float | None:
        """Critical temperature minus peak product temperature; negative is too warm."""
        return None if self.critical_c is None else self.critical_c - self.peak_product_c

    @property
    def collapses(self) -> bool | None:
        """Whether the product passes its critical temperature; None if none was given."""
        return None if self.margin_k is None else self.margin_k < 0

    def summary(self) -> str:
        """The result in a sentence or two.

        Returns
        -------
        str
            Time, peak temperature and distance from collapse.

        Examples
        --------
        >>> from secretome.freeze_drying import (CakeResistance, Vial, VialHeatTransfer,
        ...                                      primary_drying)
        >>> vial = Vial(2.0, 0.05, 3.14, 3.8, VialHeatTransfer(11.5, 37.4, 0.46),
        ...             CakeResistance(1.4, 16.0, 0.0))
        >>> primary_drying(vial, -10.0, 0.1).summary()[:28]
        'Primary drying takes 15.5 h.'
        """
        text = (
            f"Primary drying takes {self.drying_time_h:.1f} h. The product is warmest at "
            f"{_celsius(self.peak_product_c)}, at the bottom of its ice"
        )
        if self.margin_k is None or self.critical_c is None:
            return f"{text}; no critical temperature was given, so collapse is not judged."
        limit = _celsius(self.critical_c)
        if self.collapses:
            return (
                f"{text}: {-self.margin_k:.1f} K above its critical temperature of {limit}. "
                "Expect collapse; this cycle is flagged."
            )
        return f"{text}, {self.margin_k:.1f} K below its critical temperature of {limit}."


def primary_drying(
    vial: Vial,
    shelf_c: float | Programme,
    pressure_torr: float | Programme,
    *,
    critical_c: float | None = None,
) -> PrimaryDrying:
    """Simulate primary drying of one vial.

    Parameters
    ----------
    vial : Vial
        The filled vial.
    shelf_c : float or Programme
        Shelf temperature, °C; a number is held from the start.
    pressure_torr : float or Programme
        Chamber pressure, Torr.
    critical_c : float, optional
        Critical temperature of the product (collapse or eutectic), °C.  A cycle that passes
        it is computed and flagged, not refused, because the question is often by how much.

    Returns
    -------
    PrimaryDrying
        Curve, end of drying, peak temperatures, margin.

    Raises
    ------
    ValueError
        If the shelf ends too cold to sublime at the chamber pressure, if the pressure is
        above that of ice, or if the frozen layer would melt.

    Notes
    -----
    Quasi-steady, one-dimensional; assumptions in the module's docstring.  Explained in the
    chapter *Designing a cycle*.

    References
    ----------
    The equations of LyoPRONTO, the field's open simulator:
    https://github.com/LyoHUB/LyoPRONTO/blob/628acbb8c8c91b51e6ea4a36d565d762e7464810/docs/PHYSICS_REFERENCE.md
    (its sentence on Kv is of a fork and not used).

    Examples
    --------
    >>> from secretome.freeze_drying import (CakeResistance, Programme, Vial,
    ...                                      VialHeatTransfer, primary_drying)
    >>> vial = Vial(2.0, 0.05, 3.14, 3.8,
    ...             VialHeatTransfer.from_calories(2.75e-4, 8.93e-4, 0.46),
    ...             CakeResistance(1.4, 16.0, 0.0))
    >>> run = primary_drying(vial, Programme(-35.0, [20.0]), 0.15, critical_c=-5.0)
    >>> round(run.drying_time_h, 2), round(run.peak_product_c, 2)
    (6.65, -14.77)
    """
    shelf, pressure = _check_programmes(shelf_c, pressure_torr)
    cells = _Cells.of(vial)
    course = _one_curve(cells, shelf, pressure)
    bottom = course["bottom"] - _ZERO_C
    # frozen product that does not sublime yet stands at the shelf's temperature
    if bottom.max() >= 0:
        first = int(np.argmax(bottom >= 0))
        raise ValueError(
            f"The bottom of the frozen layer would reach {_celsius(bottom.max())} (0 °C after "
            f"{course['time'][first]:.2f} h): ice melts at 0 °C, so the plug would boil and puff "
            "up instead of drying. Lower the shelf temperature, or the chamber pressure."
        )
    curve = pd.DataFrame(
        {
            "time_h": course["time"],
            "shelf_c": course["shelf"] - _ZERO_C,
            "pressure_torr": course["pressure"],
            "front_c": course["front"] - _ZERO_C,
            "bottom_c": bottom,
            "flux_kg_h_m2": course["flux"] * 10,
            "dried_cm": course["dried"],
            "fraction_dried": course["dried"] / cells.length,
        }
    )
    return PrimaryDrying(
        curve=curve,
        drying_time_h=float(course["time"][-1]),
        peak_product_c=float(bottom.max()),
        peak_front_c=float(course["front"].max() - _ZERO_C),
        critical_c=critical_c,
    )


@dataclass(frozen=True)
class ProductLimit:
    """Result of :func:`product_limit`.

    Attributes
    ----------
    curve : pandas.DataFrame
        ``time_h``, ``shelf_c`` (needed), ``front_c``, ``flux_kg_h_m2``, ``fraction_dried``.
    drying_time_h, mean_flux_kg_h_m2, least_flux_kg_h_m2 : float
        Time with the product at its limit throughout; mean and least flux.
    """

    curve: pd.DataFrame
    drying_time_h: float
    mean_flux_kg_h_m2: float
    least_flux_kg_h_m2: float

    def summary(self) -> str:
        """The result in a sentence.

        Returns
        -------
        str
            Time, and the shelf temperatures that it takes.
        """
        shelf = self.curve["shelf_c"]
        return (
            f"With the product at its limit throughout, primary drying takes "
            f"{self.drying_time_h:.2f} h; the shelf would have to go from "
            f"{_celsius(shelf.iloc[0])} down to {_celsius(shelf.iloc[-1])}."
        )


def product_limit(vial: Vial, pressure_torr: float, limit_c: float) -> ProductLimit:
    """Fastest drying that the product allows: its bottom kept at the limit all the time.

    Parameters
    ----------
    vial : Vial
        The filled vial.
    pressure_torr : float
        Chamber pressure, Torr.
    limit_c : float
        Temperature that the bottom of the frozen layer may have, °C.

    Returns
    -------
    ProductLimit
        Curve with the shelf temperature that this takes, drying time, fluxes.

    Raises
    ------
    ValueError
        If the limit is above 0 °C or at that pressure too cold for sublimation.

    Notes
    -----
    A bound, not a cycle: no shelf follows it exactly, and no margin is kept.

    Examples
    --------
    >>> from secretome.freeze_drying import (CakeResistance, Vial, VialHeatTransfer,
    ...                                      product_limit)
    >>> vial = Vial(2.0, 0.05, 3.14, 3.8,
    ...             VialHeatTransfer.from_calories(2.75e-4, 8.93e-4, 0.46),
    ...             CakeResistance(1.4, 16.0, 0.0))
    >>> round(product_limit(vial, 0.15, -5.0).drying_time_h, 2)
    1.98
    """
    _check_pressure(pressure_torr)
    if limit_c >= 0:
        raise ValueError(
            f"The limit of {_celsius(limit_c)} is not below 0 °C, where ice melts. Give the "
            "critical temperature of the frozen product."
        )
    _refuse_never(limit_c, pressure_torr)
    cells = _Cells.of(vial)
    n = _HOLD_INTERVALS
    positions = np.linspace(0.0, cells.length, 2 * n + 1)
    front, _, flux = cells.front(limit_c + _ZERO_C, pressure_torr, positions, contact=0.0)
    pace = 1 / cells.speed(flux)
    parts = cells.length / n / 6 * (pace[:-1:2] + 4 * pace[1::2] + pace[2::2])
    time = np.concatenate([[0.0], np.cumsum(parts)])
    heat = flux * _SUBLIMATION / 3600 * vial.product_area_cm2
    kv = vial.heat_transfer.at(pressure_torr) * 1e-4
    curve = pd.DataFrame(
        {
            "time_h": time,
            "shelf_c": limit_c + heat[::2] / (kv * vial.outer_area_cm2),
            "front_c": front[::2] - _ZERO_C,
            "flux_kg_h_m2": flux[::2] * 10,
            "fraction_dried": positions[::2] / cells.length,
        }
    )
    return ProductLimit(
        curve=curve,
        drying_time_h=float(time[-1]),
        mean_flux_kg_h_m2=vial.ice_g / vial.product_area_cm2 / float(time[-1]) * 10,
        least_flux_kg_h_m2=float(flux.min()) * 10,
    )


# --- design space ------------------------------------------------------------------------


@dataclass(frozen=True)
class Equipment:
    """What a freeze-dryer can carry away: ``a + b·P`` kilograms of vapour an hour.

    Parameters
    ----------
    vials : int
        Vials in the batch.
    intercept_kg_h : float
        a, kg/h; often below zero.
    slope_kg_h_torr : float
        b, kg/(h·Torr).

    Raises
    ------
    ValueError
        If there is no vial or the slope is not above zero.

    Examples
    --------
    >>> from secretome.freeze_drying import Equipment
    >>> round(Equipment(398, -0.182, 11.7).capacity(0.15), 3)
    1.573
    """

    vials: int
    intercept_kg_h: float
    slope_kg_h_torr: float

    def __post_init__(self) -> None:
        _above_zero("vials", self.vials, "vials", "A batch has at least one.")
        _above_zero(
            "slope_kg_h_torr",
            self.slope_kg_h_torr,
            "kg/(h·Torr)",
            "A dryer carries more vapour at a higher pressure.",
        )

    def capacity(self, pressure_torr: float) -> float:
        """Most vapour that leaves the chamber at a pressure.

        Parameters
        ----------
        pressure_torr : float
            Chamber pressure, Torr.

        Returns
        -------
        float
            kg/h; zero where the dryer cannot hold the pressure at all.
        """
        _check_pressure(pressure_torr)
        return max(self.intercept_kg_h + self.slope_kg_h_torr * pressure_torr, 0.0)


@dataclass(frozen=True)
class SetPoint:
    """One shelf temperature and chamber pressure, and what it gives."""

    shelf_c: float
    pressure_torr: float
    drying_time_h: float
    peak_product_c: float
    margin_k: float

    def summary(self) -> str:
        """The set point in a sentence.

        Returns
        -------
        str
            Setting, time and margin.
        """
        return (
            f"Shelf {_celsius(self.shelf_c)} and chamber {self.pressure_torr:.3g} Torr dry in "
            f"{self.drying_time_h:.1f} h; the product peaks at {_celsius(self.peak_product_c)}, "
            f"{self.margin_k:.1f} K below its critical temperature."
        )


@dataclass(frozen=True)
class DesignSpace:
    """Result of :func:`design_space`.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a set point: ``shelf_c``, ``pressure_torr``, ``drying_time_h``,
        ``peak_product_c``, ``margin_k``, ``peak_flux_kg_h_m2``, ``batch_kg_h`` and
        ``capacity_kg_h`` (missing without equipment), ``limit``: ``"safe"``, or what
        forbids the point (``"product"``, ``"equipment"``, ``"product and equipment"``,
        ``"no sublimation"``, ``"ice melts"``).  The last two have no time and no peak.
    critical_c, safety_k : float
        Critical temperature and the distance from it that was asked for.
    """

    table: pd.DataFrame
    critical_c: float
    safety_k: float

    def fastest(self) -> SetPoint:
        """Fastest set point of the grid that is safe.

        Returns
        -------
        SetPoint
            The point.

        Raises
        ------
        ValueError
            If no point of the grid is safe; the message says what forbids them.
        """
        safe = self.table[self.table["limit"] == "safe"]
        if safe.empty:
            counts = self.table["limit"].value_counts()
            reasons = ", ".join(f"{reason} ({count})" for reason, count in counts.items())
            raise ValueError(
                f"No set point of the grid is safe; what forbids them: {reasons}. For 'product' "
                "go colder or lower in pressure, for 'equipment' load fewer vials, for 'no "
                "sublimation' go warmer or lower in pressure."
            )
        row = safe.iloc[int(safe["drying_time_h"].to_numpy().argmin())]
        return SetPoint(
            *(
                float(row[c])
                for c in ("shelf_c", "pressure_torr", "drying_time_h", "peak_product_c", "margin_k")
            )
        )

    def summary(self) -> str:
        """The design space in two sentences.

        Returns
        -------
        str
            Share of safe points, and the fastest.
        """
        share = float((self.table["limit"] == "safe").mean())
        text = (
            f"{share:.0%} of {len(self.table)} set points keep the product at least "
            f"{self.safety_k:g} K below {_celsius(self.critical_c)} and the dryer in its limits."
        )
        return f"{text} The fastest: {self.fastest().summary()}" if share else text


def design_space(
    vial: Vial,
    shelf_c: Sequence[float] | Array,
    pressure_torr: Sequence[float] | Array,
    *,
    critical_c: float,
    start_c: float,
    ramp_c_per_min: float,
    safety_k: float = 0.0,
    equipment: Equipment | None = None,
) -> DesignSpace:
    """Drying time and limits over a grid of shelf temperatures and chamber pressures.

    Parameters
    ----------
    vial : Vial
        The filled vial.
    shelf_c, pressure_torr : sequence of float
        The two axes, °C and Torr.
    critical_c : float
        Critical temperature of the product, °C.
    start_c : float
        Shelf temperature at time zero, °C.
    ramp_c_per_min : float
        Speed of the ramp to each shelf temperature.
    safety_k : float
        Distance that the product must keep from its critical temperature, K.
    equipment : Equipment, optional
        Limit of the dryer; left out, only the product limits.

    Returns
    -------
    DesignSpace
        Table and fastest safe point.

    Raises
    ------
    ValueError
        If an axis is empty or holds impossible values.

    Notes
    -----
    The equipment limit is compared with the highest flux of the whole run, as if all vials
    were alike.  Explained in the chapter *Designing a cycle*.

    Examples
    --------
    >>> from secretome.freeze_drying import (CakeResistance, Vial, VialHeatTransfer,
    ...                                      design_space)
    >>> vial = Vial(2.0, 0.05, 3.14, 3.8, VialHeatTransfer(11.5, 37.4, 0.46),
    ...             CakeResistance(1.4, 16.0, 0.0))
    >>> space = design_space(vial, [-20, 0, 20], [0.05, 0.1], critical_c=-20.0,
    ...                      start_c=-40.0, ramp_c_per_min=1.0)
    >>> space.fastest().shelf_c
    0.0
    """
    shelves, pressures = (
        np.unique(np.asarray(shelf_c, float)),
        np.unique(np.asarray(pressure_torr, float)),
    )
    if shelves.size == 0 or pressures.size == 0:
        raise ValueError("Both axes need at least one value: shelf temperatures and pressures.")
    for p in (pressures[0], pressures[-1]):
        _check_pressure(float(p))
    for s in (shelves[0], shelves[-1], start_c):
        if not -100 <= s <= 150:
            raise ValueError(
                f"The shelf temperature {s:g} °C is outside what a freeze-dryer's shelf does "
                "(−100 to 150 °C). Is it in kelvin or °F?"
            )
    _above_zero(
        "ramp_c_per_min",
        ramp_c_per_min,
        "°C/min",
        "The direction follows from start and set point.",
    )
    _not_negative("safety_k", safety_k, "K", "It is a distance below the critical temperature.")
    s, p = (a.ravel() for a in np.meshgrid(shelves, pressures, indexing="ij"))
    cells = _Cells.of(vial).map(lambda v: np.full(s.shape, float(v)))
    start = np.full(s.shape, start_c + _ZERO_C)
    duration = np.abs(s - start_c) / ramp_c_per_min / 60
    found = _many(cells, [(duration, start, s + _ZERO_C, p, p)], s + _ZERO_C, p)
    peak, time = found["peak"] - _ZERO_C, found["time"]
    frost = _ICE_B / np.log(_ICE_A / p) - _ZERO_C
    never = (s <= frost) & ~np.isfinite(time)
    melts = ~never & (peak >= 0)
    batch = np.full(s.shape, np.nan)
    capacity = np.full(s.shape, np.nan)
    too_fast = np.zeros(s.shape, dtype=bool)
    if equipment is not None:
        batch = found["flux"] * vial.product_area_cm2 * equipment.vials / 1000
        capacity = np.maximum(equipment.intercept_kg_h + equipment.slope_kg_h_torr * p, 0.0)
        too_fast = batch > capacity
    too_warm = peak > critical_c - safety_k
    limit = np.select(
        [never, melts, too_warm & too_fast, too_warm, too_fast],
        ["no sublimation", "ice melts", "product and equipment", "product", "equipment"],
        "safe",
    )
    impossible = never | melts
    table = pd.DataFrame(
        {
            "shelf_c": s,
            "pressure_torr": p,
            "drying_time_h": np.where(impossible, np.nan, time),
            "peak_product_c": np.where(impossible, np.nan, peak),
            "margin_k": np.where(impossible, np.nan, critical_c - peak),
            "peak_flux_kg_h_m2": np.where(impossible, np.nan, found["flux"] * 10),
            "batch_kg_h": np.where(impossible, np.nan, batch),
            "capacity_kg_h": capacity,
            "limit": limit,
        }
    )
    return DesignSpace(table, float(critical_c), float(safety_k))


# --- variation ---------------------------------------------------------------------------


@dataclass(frozen=True)
class VialPopulation:
    """Result of :func:`vial_population`.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a vial: ``edge``, ``kv_factor``, ``rp_factor``, ``fill_ml``,
        ``drying_time_h``, ``peak_product_c``, ``margin_k`` (missing without a critical
        temperature).
    critical_c : float or None
        Critical temperature that was given.
    seed : int
        Seed that gives the same vials again.
    """

    table: pd.DataFrame
    critical_c: float | None
    seed: int

    def time_for(self, share: float) -> float:
        """Time after which a share of the vials is dry.

        Parameters
        ----------
        share : float
            Between 0 and 1.

        Returns
        -------
        float
            Hours.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; it must be above 0 and at most 1.")
        return float(np.quantile(self.table["drying_time_h"], share))

    @property
    def share_collapsed(self) -> float | None:
        """Share of vials that pass the critical temperature; None if none was given."""
        if self.critical_c is None:
            return None
        return float((self.table["margin_k"] < 0).mean())

    def summary(self) -> str:
        """The population in a sentence or two.

        Returns
        -------
        str
            Median and late vials, and the share that collapses.
        """
        text = (
            f"Of {len(self.table)} simulated vials half are dry after {self.time_for(0.5):.1f} h "
            f"and 99 % after {self.time_for(0.99):.1f} h (seed {self.seed})."
        )
        if self.share_collapsed is None:
            return text
        edge = self.table["edge"]
        too_warm = self.table["margin_k"] < 0
        return (
            f"{text} {self.share_collapsed:.1%} pass the critical temperature: "
            f"{int((too_warm & edge).sum())} of {int(edge.sum())} edge vials and "
            f"{int((too_warm & ~edge).sum())} of {int((~edge).sum())} centre vials."
        )


def vial_population(
    vial: Vial,
    shelf_c: float | Programme,
    pressure_torr: float | Programme,
    *,
    n: int = 1000,
    seed: int = 0,
    kv_cv: float = 0.0,
    rp_cv: float = 0.0,
    fill_cv: float = 0.0,
    edge_share: float = 0.0,
    edge_heat_factor: float = 1.0,
    critical_c: float | None = None,
) -> VialPopulation:
    """Many vials that differ, by Monte Carlo.

    Parameters
    ----------
    vial : Vial
        The mean centre vial.
    shelf_c, pressure_torr : float or Programme
        The cycle, the same for all.
    n : int
        Number of vials.
    seed : int
        Seed of the random numbers.
    kv_cv, rp_cv, fill_cv : float
        Coefficient of variation of Kv, of Rp and of the fill (0.1 is 10 %).
    edge_share : float
        Share of vials at the edge of the shelf.
    edge_heat_factor : float
        How many times the heat an edge vial gets: its Kv is multiplied by it.
    critical_c : float, optional
        Critical temperature of the product, °C.

    Returns
    -------
    VialPopulation
        One row a vial, and shares.

    Raises
    ------
    ValueError
        If a spread is negative, a share outside 0 to 1, or a vial could not be simulated.

    Notes
    -----
    Factors are log-normal with mean 1, because none of these quantities can be negative,
    and independent of each other.  Radiation from warm walls is folded into the heat
    factor; that factor and the spreads are the caller's measurement, there is no default
    that would fit an unknown dryer.

    Examples
    --------
    >>> from secretome.freeze_drying import (CakeResistance, Vial, VialHeatTransfer,
    ...                                      vial_population)
    >>> vial = Vial(2.0, 0.05, 3.14, 3.8, VialHeatTransfer(11.5, 37.4, 0.46),
    ...             CakeResistance(1.4, 16.0, 0.0))
    >>> batch = vial_population(vial, -10.0, 0.1, n=200, seed=1, kv_cv=0.1)
    >>> batch.time_for(0.99) > batch.time_for(0.5)
    True
    """
    shelf, pressure = _check_programmes(shelf_c, pressure_torr)
    if int(n) != n or n < 2:
        raise ValueError(f"n is {n}; a population has two vials or more.")
    for name, value in (("kv_cv", kv_cv), ("rp_cv", rp_cv), ("fill_cv", fill_cv)):
        _not_negative(
            name, value, "(ratio)", "It is a standard deviation over a mean; 10 % is 0.1."
        )
        if value > 1:
            raise ValueError(f"{name} is {value:g}, a spread above 100 %. 10 % is 0.1, not 10.")
    if not 0 <= edge_share <= 1:
        raise ValueError(f"edge_share is {edge_share:g}; a share lies between 0 and 1.")
    _above_zero("edge_heat_factor", edge_heat_factor, "(ratio)", "1 is the heat of a centre vial.")
    random = np.random.default_rng(seed)

    def factors(cv: float) -> Array:
        width = math.sqrt(math.log(1 + cv * cv))
        return np.exp(width * random.standard_normal(n) - width * width / 2)

    kv, rp, fill = factors(kv_cv), factors(rp_cv), factors(fill_cv)
    edge = random.permutation(n) < round(edge_share * n)
    heat = kv * np.where(edge, edge_heat_factor, 1.0)
    mean = _Cells.of(vial)
    cells = _Cells(
        mean.length * fill,
        mean.ice * fill,
        np.full(n, mean.area),
        np.full(n, mean.outer),
        mean.kc * heat,
        mean.kp * heat,
        np.full(n, mean.kd),
        mean.r0 * rp,
        mean.a1 * rp,
        np.full(n, mean.a2),
    )
    ones = np.ones(n)
    stretches = [tuple(v * ones for v in s) for s in _stretches(shelf, pressure) if s[0] >= 1e-9]
    found = _many(cells, stretches, shelf.final + _ZERO_C, pressure.final)  # type: ignore[arg-type]
    peak = found["peak"] - _ZERO_C
    if (peak >= 0).any():
        raise ValueError(
            f"In {int((peak >= 0).sum())} of {n} vials the ice would melt (warmest "
            f"{_celsius(float(peak.max()))}). Lower the shelf temperature, or look at the mean "
            "vial with primary_drying()."
        )
    table = pd.DataFrame(
        {
            "edge": edge,
            "kv_factor": heat,
            "rp_factor": rp,
            "fill_ml": vial.fill_ml * fill,
            "drying_time_h": found["time"],
            "peak_product_c": peak,
            "margin_k": np.nan if critical_c is None else critical_c - peak,
        }
    )
    return VialPopulation(table, critical_c, seed)


# --- freezing ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Freezing:
    """Result of :func:`freeze`.

    Attributes
    ----------
    curve : pandas.DataFrame
        ``time_h``, ``shelf_c``, ``product_c``, ``ice_fraction`` (of the water), ``phase``:
        ``cooling``, ``solidification`` or ``cooling of the solid``.
    nucleation_h, solid_h, end_h : float
        Times of nucleation, of complete freezing, and of the product reaching the shelf.
    ice_at_nucleation : float
        Share of the water that freezes at once when ice appears.
    """

    curve: pd.DataFrame
    nucleation_h: float
    solid_h: float
    end_h: float
    ice_at_nucleation: float

    def summary(self) -> str:
        """Freezing in a sentence.

        Returns
        -------
        str
            Times and the ice that forms at once.
        """
        return (
            f"Ice appears after {self.nucleation_h:.2f} h and takes {self.ice_at_nucleation:.0%} "
            f"of the water at once; the rest freezes within {self.solid_h - self.nucleation_h:.2f} "
            f"h, and the product has the temperature of the shelf after {self.end_h:.2f} h."
        )


def freeze(
    shelf_c: Programme,
    *,
    fill_ml: float,
    solids_g_per_ml: float,
    area_cm2: float,
    heat_transfer_w_m2_k: float,
    initial_c: float,
    nucleation_c: float,
    freezing_c: float = 0.0,
    within_k: float = 1.0,
) -> Freezing:
    """Temperature of a vial while the shelf freezes it.

    Parameters
    ----------
    shelf_c : Programme
        Shelf temperature, °C.
    fill_ml, solids_g_per_ml, area_cm2 : float
        Volume of solution (mL), its solids (g/mL), area through which heat leaves (cm²).
    heat_transfer_w_m2_k : float
        Heat transfer coefficient between shelf and product, W/(m²·K).
    initial_c : float
        Temperature of the product at time zero, °C.
    nucleation_c : float
        Temperature at which the first ice appears, °C.  Chance decides it; it is an input.
    freezing_c : float
        Equilibrium freezing point of the solution, °C.
    within_k : float
        The product counts as cooled when it is this close to the last shelf temperature.

    Returns
    -------
    Freezing
        Curve and times.

    Raises
    ------
    ValueError
        If the shelf never cools the product to its nucleation temperature, or the
        temperatures contradict each other.

    Notes
    -----
    Assumptions: one temperature for the whole fill (lumped; a Biot number well below one);
    heat goes to the shelf alone; at nucleation the fill warms at once to `freezing_c` and
    just so much ice forms as its supercooling pays for; the rest solidifies at that one
    temperature (no freezing-point depression by the concentrating solutes); all water
    freezes.  So the plateau is flatter and a little shorter than a measured one.

    Examples
    --------
    >>> from secretome.freeze_drying import Programme, freeze
    >>> run = freeze(Programme(20.0, [-40.0], 0.5), fill_ml=2.0, solids_g_per_ml=0.05,
    ...              area_cm2=3.14, heat_transfer_w_m2_k=38.0, initial_c=20.0,
    ...              nucleation_c=-10.0, freezing_c=-0.5)
    >>> round(run.ice_at_nucleation, 2)
    0.12
    """
    _above_zero("fill_ml", fill_ml, "mL", "There is nothing to freeze.")
    _not_negative("solids_g_per_ml", solids_g_per_ml, "g/mL", "5 % solids is 0.05 g/mL.")
    if solids_g_per_ml >= _SOLIDS_DENSITY:
        raise ValueError(
            f"solids_g_per_ml is {solids_g_per_ml:g} g/mL: there would be no water. 5 % is 0.05."
        )
    _above_zero("area_cm2", area_cm2, "cm²", "Heat needs an area.")
    _above_zero(
        "heat_transfer_w_m2_k",
        heat_transfer_w_m2_k,
        "W/(m²·K)",
        "Without heat transfer nothing cools.",
    )
    _above_zero("within_k", within_k, "K", "The shelf is approached, never met.")
    if not nucleation_c <= freezing_c <= 0:
        raise ValueError(
            f"Nucleation at {_celsius(nucleation_c)} and freezing point {_celsius(freezing_c)}: "
            "ice appears at or below the freezing point, and solutes put that at or below 0 °C."
        )
    if nucleation_c < _HOMOGENEOUS_C:
        raise ValueError(
            f"Nucleation at {_celsius(nucleation_c)}: water freezes by itself at about "
            f"{_celsius(_HOMOGENEOUS_C)}, so no vial is supercooled further. Vials usually "
            "nucleate between −5 and −20 °C."
        )
    if initial_c <= freezing_c:
        raise ValueError(
            f"The product starts at {_celsius(initial_c)}, at or below its freezing point of "
            f"{_celsius(freezing_c)}. Start with a liquid."
        )
    if shelf_c.final + within_k >= nucleation_c:
        raise ValueError(
            f"The shelf ends at {_celsius(shelf_c.final)}, which does not cool the product to its "
            f"nucleation temperature of {_celsius(nucleation_c)}: it would stay a supercooled "
            f"liquid. End at least {within_k:g} K colder."
        )
    water = fill_ml * (1 - solids_g_per_ml / _SOLIDS_DENSITY) * _WATER_DENSITY
    solids = fill_ml * solids_g_per_ml
    conductance = heat_transfer_w_m2_k * 1e-4 * area_cm2 * 3600  # J/(h·K)
    liquid_heat = water * _WATER_HEAT + solids * _SOLIDS_HEAT
    solid_heat = water * _ICE_HEAT + solids * _SOLIDS_HEAT
    at_once = liquid_heat * (freezing_c - nucleation_c) / (water * _FUSION)

    clock = _ShelfClock(shelf_c)
    times, product, nucleation_h = clock.relax(
        0.0, initial_c, liquid_heat / conductance, nucleation_c
    )
    rows = [(t, v, 0.0, "cooling") for t, v in zip(times, product, strict=True)]
    times, shares = clock.withdraw(
        nucleation_h, freezing_c, water * _FUSION * (1 - at_once) / conductance
    )
    rows += [
        (t, freezing_c, at_once + (1 - at_once) * s, "solidification")
        for t, s in zip(times, shares, strict=True)
    ]
    solid_h = float(times[-1])
    times, product, end_h = clock.relax(
        solid_h, freezing_c, solid_heat / conductance, shelf_c.final + within_k
    )
    rows += [(t, v, 1.0, "cooling of the solid") for t, v in zip(times, product, strict=True)]
    curve = pd.DataFrame(rows, columns=["time_h", "product_c", "ice_fraction", "phase"])
    curve.insert(1, "shelf_c", np.asarray(shelf_c.at(curve["time_h"].to_numpy())))
    return Freezing(curve, nucleation_h, solid_h, end_h, at_once)


class _ShelfClock:
    """A lumped body on a shelf whose temperature is linear in stretches: exact answers."""

    def __init__(self, shelf: Programme) -> None:
        self._times, self._values = shelf.corners()

    def _pieces(self, begin: float) -> list[tuple[float, float, float, float]]:
        """Begin, end, shelf at begin and its slope, from `begin` on; the last never ends."""
        pieces = []
        for a, b, va, vb in zip(
            self._times[:-1], self._times[1:], self._values[:-1], self._values[1:], strict=True
        ):
            if b <= begin or b <= a:
                continue
            slope = (vb - va) / (b - a)
            start = max(a, begin)
            pieces.append((start, float(b), va + slope * (start - a), slope))
        last = max(float(self._times[-1]), begin)
        pieces.append((last, math.inf, float(self._values[-1]), 0.0))
        return pieces

    def relax(
        self, begin: float, temperature: float, tau: float, target: float
    ) -> tuple[Array, Array, float]:
        """Cool with time constant `tau` until `target`; times, temperatures, end."""
        from scipy.optimize import brentq

        times, values = [begin], [temperature]
        for start, stop, shelf, slope in self._pieces(begin):
            t0 = values[-1]

            def at(x: Any, shelf: float = shelf, slope: float = slope, t0: float = t0) -> Any:
                return shelf + slope * (x - tau) + (t0 - shelf + slope * tau) * np.exp(-x / tau)

            # beyond 60 time constants the body is at the shelf to the last digit
            grid = np.linspace(0, min(stop - start, 60 * tau), 61 if math.isfinite(stop) else 601)
            course = at(grid)
            below = np.flatnonzero(course <= target)
            if below.size:
                i = int(below[0])
                end = (
                    float(brentq(lambda x, f=at: float(f(x)) - target, grid[i - 1], grid[i]))
                    if i
                    else 0.0
                )
                times += [*(start + grid[1:i]).tolist(), start + end]
                values += [*course[1:i].tolist(), target]
                return np.array(times), np.array(values), float(start + end)
            if stop - start > grid[-1]:  # a long hold, at rest
                grid, course = np.append(grid, stop - start), np.append(course, course[-1])
            times += (start + grid[1:]).tolist()
            values += course[1:].tolist()
        raise ValueError(
            f"The product never cools to {_celsius(target)} on this shelf programme. "
            "End the programme colder."
        )

    def withdraw(self, begin: float, temperature: float, amount: float) -> tuple[Array, Array]:
        """Times and shares while `amount` (K·h) of heat leaves at a fixed temperature."""
        times, shares, taken = [begin], [0.0], 0.0
        for start, stop, shelf, slope in self._pieces(begin):
            gap = temperature - shelf
            span = stop - start if math.isfinite(stop) else 1.001 * (amount - taken) / gap
            grid = np.linspace(0.0, span, 61)
            heat = taken + gap * grid - slope * grid * grid / 2
            over = np.flatnonzero(heat >= amount)
            if over.size:
                i = int(over[0])
                need = amount - taken
                root = math.sqrt(max(gap * gap - 2 * slope * need, 0.0))
                end = need / gap if slope == 0 else 2 * need / (gap + root)
                return (
                    np.array([*times, *(start + grid[1:i]), start + end]),
                    np.array([*shares, *(heat[1:i] / amount), 1.0]),
                )
            # a shelf warmer than the plateau would melt ice again, but never more than all
            heat = np.maximum(heat, 0.0)
            times += (start + grid[1:]).tolist()
            shares += (heat[1:] / amount).tolist()
            taken = float(heat[-1])
        raise AssertionError("the last stretch never ends")  # pragma: no cover


# --- secondary drying --------------------------------------------------------------------


@dataclass(frozen=True)
class SecondaryDrying:
    """Result of :func:`secondary_drying`.

    Attributes
    ----------
    curve : pandas.DataFrame
        ``time_h``, ``product_c``, ``moisture_percent`` and, where a dry glass transition was
        given, ``tg_c``.
    time_to_target_h : float
        When the target moisture is reached.
    least_tg_margin_k : float or None
        Smallest distance of the product below its glass transition on the way; negative
        means that the cake softens.
    """

    curve: pd.DataFrame
    time_to_target_h: float
    target_percent: float
    least_tg_margin_k: float | None

    def summary(self) -> str:
        """Secondary drying in a sentence or two.

        Returns
        -------
        str
            Time, moisture and distance from the glass transition.
        """
        text = (
            f"Secondary drying reaches {self.target_percent:g} % moisture after "
            f"{self.time_to_target_h:.1f} h."
        )
        if self.least_tg_margin_k is None:
            return text
        if self.least_tg_margin_k < 0:
            return (
                f"{text} On the way the product is up to {-self.least_tg_margin_k:.0f} K above its "
                "glass transition: expect shrinkage; ramp more slowly."
            )
        return (
            f"{text} The product stays {self.least_tg_margin_k:.0f} K below its glass transition."
        )


def secondary_drying(
    product_c: float | Programme,
    *,
    initial_percent: float,
    target_percent: float,
    rate_per_h: float,
    reference_c: float,
    activation_kj_mol: float,
    equilibrium_percent: float = 0.0,
    dry_tg_c: float | None = None,
    gordon_taylor_k: float | None = None,
    water_tg_c: float = -137.0,
) -> SecondaryDrying:
    """Desorption of bound water: first order, faster when warmer.

    Parameters
    ----------
    product_c : float or Programme
        Temperature of the product, °C, taken as that of the shelf: without ice little heat
        is needed.
    initial_percent, target_percent : float
        Moisture at the start and aimed at, g water per 100 g cake.
    rate_per_h : float
        Rate constant at `reference_c`, 1/h.
    reference_c : float
        Temperature of that constant, °C.
    activation_kj_mol : float
        Activation energy of the rate (Arrhenius), kJ/mol.
    equilibrium_percent : float
        Moisture that would remain for ever.
    dry_tg_c, gordon_taylor_k : float, optional
        Glass transition of the dry cake (°C) and Gordon-Taylor constant of water relative
        to it, to compare the product with the glass transition at its moisture.
    water_tg_c : float
        Glass transition of water, °C.

    Returns
    -------
    SecondaryDrying
        Curve, time to target, distance from the glass transition.

    Raises
    ------
    ValueError
        If the target is not between equilibrium and start, or takes more than a year.

    Notes
    -----
    ``dC/dt = −k(T) (C − C_eq)`` with ``k = k_ref exp(−Ea/R (1/T − 1/T_ref))``.  One rate for
    all water is a simplification: real cakes lose the last water more slowly.

    Examples
    --------
    >>> from secretome.freeze_drying import secondary_drying
    >>> run = secondary_drying(25.0, initial_percent=6.0, target_percent=1.0, rate_per_h=0.3,
    ...                        reference_c=25.0, activation_kj_mol=40.0)
    >>> round(run.time_to_target_h, 2)
    5.97
    """
    for name, value in (
        ("initial_percent", initial_percent),
        ("target_percent", target_percent),
        ("equilibrium_percent", equilibrium_percent),
    ):
        _not_negative(name, value, "%", "Moisture is a mass.")
    if not equilibrium_percent < target_percent < initial_percent < 100:
        raise ValueError(
            f"The target of {target_percent:g} % must lie between the equilibrium moisture "
            f"({equilibrium_percent:g} %), which drying approaches and never passes, and the start "
            f"({initial_percent:g} %), itself below 100 %."
        )
    _above_zero("rate_per_h", rate_per_h, "1/h", "Water leaves, it does not come.")
    _not_negative(
        "activation_kj_mol",
        activation_kj_mol,
        "kJ/mol",
        "Water does not leave more slowly when it is warmer.",
    )
    if (dry_tg_c is None) != (gordon_taylor_k is None):
        raise ValueError(
            "dry_tg_c and gordon_taylor_k belong together: give both to follow the glass "
            "transition, or neither."
        )
    programme = Programme.of(product_c)
    corners, values = programme.corners()
    if min(values.min(), reference_c) <= -_ZERO_C:
        raise ValueError("Temperatures are in °C, above −273.15.")

    def rate(temperature_c: Any) -> Any:
        inverse = 1 / (np.asarray(temperature_c) + _ZERO_C) - 1 / (reference_c + _ZERO_C)
        return rate_per_h * np.exp(-activation_kj_mol * 1e3 / _GAS_CONSTANT * inverse)

    need = math.log(
        (initial_percent - equilibrium_percent) / (target_percent - equilibrium_percent)
    )
    # ∫k dt over the ramps by Simpson's rule, exactly linear over holds
    times, integral = [0.0], [0.0]
    for a, b, va, vb in zip(corners[:-1], corners[1:], values[:-1], values[1:], strict=True):
        if b <= a:
            continue
        grid = np.linspace(a, b, 201)
        k = rate(np.interp(grid, [a, b], [va, vb]))
        parts = (b - a) / 100 / 6 * (k[:-1:2] + 4 * k[1::2] + k[2::2])
        times += grid[2::2].tolist()
        integral += (integral[-1] + np.cumsum(parts)).tolist()
    last = float(rate(programme.final))
    if integral[-1] < need:
        remaining = (need - integral[-1]) / last
        if times[-1] + remaining > 8766:
            raise ValueError(
                f"At {_celsius(programme.final)} the target of {target_percent:g} % would take "
                f"{times[-1] + remaining:.3g} h, more than a year. Warm the product, or check "
                "rate_per_h and activation_kj_mol."
            )
        tail = np.linspace(0.0, remaining, 101)[1:]
        times += (times[-1] + tail).tolist()
        integral += (integral[-1] + last * tail).tolist()
    t, done = np.array(times), np.array(integral)
    end = float(np.interp(need, done, t))
    keep = t < end - 1e-12
    t, done = np.append(t[keep], end), np.append(done[keep], need)
    moisture = equilibrium_percent + (initial_percent - equilibrium_percent) * np.exp(-done)
    curve = pd.DataFrame(
        {"time_h": t, "product_c": np.asarray(programme.at(t)), "moisture_percent": moisture}
    )
    margin = None
    if dry_tg_c is not None and gordon_taylor_k is not None:
        curve["tg_c"] = [
            gordon_taylor([100 - m, m], [dry_tg_c, water_tg_c], [1.0, gordon_taylor_k])
            for m in moisture
        ]
        margin = float((curve["tg_c"] - curve["product_c"]).min())
    return SecondaryDrying(curve, end, target_percent, margin)


# --- cost --------------------------------------------------------------------------------


@dataclass(frozen=True)
class CycleCost:
    """Result of :func:`cycle_cost`.

    Attributes
    ----------
    hours : dict of str to float
        Hours of each stage.
    kwh : dict of str to float or None
        Energy of each stage; None where no power was given.
    """

    hours: dict[str, float]
    kwh: dict[str, float] | None

    @property
    def total_h(self) -> float:
        """Hours of the whole cycle."""
        return sum(self.hours.values())

    @property
    def total_kwh(self) -> float | None:
        """Energy of the whole cycle, kWh; None where no power was given."""
        return None if self.kwh is None else sum(self.kwh.values())

    def summary(self) -> str:
        """The cost in a sentence.

        Returns
        -------
        str
            Hours, and energy where power is known.
        """
        stages = ", ".join(f"{stage} {hours:.1f} h" for stage, hours in self.hours.items())
        text = f"The cycle takes {self.total_h:.1f} h ({stages})"
        if self.total_kwh is None:
            return f"{text}; energy is not stated, because no power was given."
        return f"{text} and {self.total_kwh:.0f} kWh at the power given."


def cycle_cost(
    hours: Mapping[str, float], *, power_kw: Mapping[str, float] | float | None = None
) -> CycleCost:
    """Hours of a cycle, and its energy where the power of the dryer is known.

    Parameters
    ----------
    hours : mapping of str to float
        Hours of each stage, for example ``{"freezing": 4, "primary": 14, "secondary": 6}``.
    power_kw : float or mapping of str to float, optional
        Mean electrical power of the dryer, for all stages or each.  There is no default: it
        differs by a factor of a hundred between dryers.

    Returns
    -------
    CycleCost
        Hours and energy.

    Raises
    ------
    ValueError
        If hours or power are negative, or the power of a stage is missing.

    Examples
    --------
    >>> from secretome.freeze_drying import cycle_cost
    >>> cycle_cost({"primary": 10.0, "secondary": 5.0}, power_kw=2.0).total_kwh
    30.0
    """
    if not hours:
        raise ValueError("There is no stage. Give hours, for example {'primary': 14.0}.")
    for stage, value in hours.items():
        _not_negative(f"The time of {stage}", value, "h", "Time runs on.")
    if power_kw is None:
        return CycleCost({k: float(v) for k, v in hours.items()}, None)
    powers = (
        dict(power_kw) if isinstance(power_kw, Mapping) else dict.fromkeys(hours, float(power_kw))
    )
    missing = [stage for stage in hours if stage not in powers]
    if missing:
        raise ValueError(
            f"The power of {', '.join(missing)} is missing. Give one for each stage, or one number "
            "for all, or leave power_kw out for hours alone."
        )
    for stage, value in powers.items():
        _not_negative(f"The power in {stage}", value, "kW", "A dryer uses energy.")
    return CycleCost(
        {k: float(v) for k, v in hours.items()}, {k: float(v) * powers[k] for k, v in hours.items()}
    )

"""Loss on storage: kinetics, temperature, shelf life with its uncertainty.

Choices:

* The shelf life is a *parameter* of each fit, not a number computed afterwards: the model is
  rewritten in it, so that its interval comes from the data directly (profile of the sum of
  squares with an F quantile, or residual bootstrap with a seed).  Where the data cannot
  exclude "no loss at all", the upper end is infinite and is said to be.
* :func:`arrhenius_two_step` (a rate for each temperature, then a line through their
  logarithms) and :func:`arrhenius_global` (one fit to all points) answer the same question
  differently: the first counts every temperature alike, the second every point.  The choice
  can move a shelf life by a third, so each result names its method.
* A prediction outside the temperatures or the times of the data needs
  ``allow_extrapolation=True``.  Across the glass transition nothing allows it: the glass
  and the rubber lose activity by different laws.

Only differences within one experiment are modelled.  A retention means nothing without its
comparator (fresh, frozen, soaked); never fit across comparators.

Explained in the chapter *Storage and shelf life*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from secretome._frames import significant

__all__ = [
    "ArrheniusFit",
    "LossFit",
    "MeanKineticTemperature",
    "ShelfLife",
    "arrhenius_global",
    "arrhenius_two_step",
    "compare_losses",
    "fit_loss",
    "mean_kinetic_temperature",
    "remaining",
    "time_to",
    "wlf_acceleration",
]

Array = npt.NDArray[np.float64]
Model = Literal["zero", "first", "second", "weibull"]

_MODELS: tuple[Model, ...] = ("zero", "first", "second", "weibull")
_GAS_CONSTANT = 8.314462618  # J/(mol·K)
_ZERO_C = 273.15


def _check_model(model: str) -> None:
    if model not in _MODELS:
        raise ValueError(f"model is {model!r}; it must be one of {', '.join(_MODELS)}.")


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(
            f"fraction is {fraction}; it must lie between 0 and 1. Time to 90 % is fraction=0.9."
        )


def _check_level(level: float) -> None:
    if not 0.5 <= level < 1:
        raise ValueError(f"level is {level}; it must be from 0.5 to below 1, for example 0.95.")


def remaining(model: Model, time: npt.ArrayLike, rate: float, *, shape: float = 1.0) -> Array:
    """Share that remains after a time.

    Parameters
    ----------
    model : {"zero", "first", "second", "weibull"}
        ``1 − kt``; ``exp(−kt)``; ``1/(1 + kt)``; ``exp(−(kt)^β)``.  The rate of the zero and
        second order is relative to the initial amount, so that all rates are per time.
    time : array_like
        Times, none negative.
    rate : float
        k, per unit of time.
    shape : float
        β of the Weibull model; 1 is first order, below 1 fast at first, above 1 late.

    Returns
    -------
    numpy.ndarray
        Shares of the initial amount; zero order stops at zero.

    Raises
    ------
    ValueError
        If the model is unknown, or time, rate or shape cannot be.

    Examples
    --------
    >>> from secretome.stability import remaining
    >>> remaining("first", [0.0, 1.0], 0.1).round(3).tolist()
    [1.0, 0.905]
    """
    _check_model(model)
    t = np.asarray(time, dtype=float)
    if not np.all(np.isfinite(t)) or np.any(t < 0):
        raise ValueError("Times must be finite and none negative; storage begins at zero.")
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"rate is {rate}; loss has a rate of zero or more per unit of time.")
    if not (math.isfinite(shape) and shape > 0):
        raise ValueError(f"shape is {shape}; it must be above zero, 1 for first order.")
    return cast(Array, np.maximum(_share(model, t, rate, shape), 0.0))


def _share(model: str, time: Any, rate: Any, shape: float) -> Any:
    x = rate * time
    if model == "zero":
        return 1 - x
    if model == "first":
        return np.exp(-x)
    if model == "second":
        return 1 / (1 + x)
    return np.exp(-(x**shape))


def time_to(model: Model, rate: float, fraction: float = 0.9, *, shape: float = 1.0) -> float:
    """Time after which a share remains, for a known rate.

    Parameters
    ----------
    model : {"zero", "first", "second", "weibull"}
        As in :func:`remaining`.
    rate : float
        k, per unit of time, above zero.
    fraction : float
        Share that remains; 0.9 for the usual shelf life.
    shape : float
        β of the Weibull model.

    Returns
    -------
    float
        Time in the unit of the rate.

    Raises
    ------
    ValueError
        If the rate is not above zero (nothing is lost) or the fraction not between 0 and 1.

    Examples
    --------
    >>> from secretome.stability import time_to
    >>> round(time_to("first", 0.01), 2)
    10.54
    """
    _check_model(model)
    _check_fraction(fraction)
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(
            f"rate is {rate}; without loss {fraction:.0%} is never reached. Give a rate above zero."
        )
    return _dose(model, fraction, shape) / rate


def _dose(model: str, fraction: float, shape: float) -> float:
    """k·t at which `fraction` remains."""
    if model == "zero":
        return 1 - fraction
    if model == "first":
        return -math.log(fraction)
    if model == "second":
        return 1 / fraction - 1
    return float((-math.log(fraction)) ** (1 / shape))


# --- least squares with profile ------------------------------------------------------------


_STEPS = 40  # Gauss-Newton settles in a few, or not at all


@dataclass(frozen=True)
class _Problem:
    """Least squares: residuals of a parameter vector, start, bounds."""

    residuals: Callable[[Array], Array]
    start: Array
    low: Array
    high: Array
    n: int

    def solve(self, fixed: int | None = None, value: float = 0.0, start: Any = None) -> Any:
        from scipy.optimize import least_squares

        full = np.array(self.start if start is None else start, dtype=float)
        free = np.array([i for i in range(len(full)) if i != fixed], dtype=int)
        if fixed is not None:
            full[fixed] = value
        if not free.size:
            return full, float((self.residuals(full) ** 2).sum())

        def part(x: Array) -> Array:
            trial = full.copy()
            trial[free] = x
            return self.residuals(trial)

        first = np.clip(full[free], self.low[free] + 1e-12, self.high[free] - 1e-12)
        found = least_squares(
            part,
            first,
            bounds=(self.low[free], self.high[free]),
            x_scale="jac",
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
            max_nfev=2000,
        )
        full[free] = found.x
        return full, float(2 * found.cost)

    def refine(self, start: Array, fixed: int | None = None, value: float = 0.0) -> Any:
        """The answer of `solve` from a start near it, several times sooner.

        Gauss-Newton steps; where they leave the bounds or do not settle, `solve` decides.
        """
        full = np.array(start, dtype=float)
        if fixed is not None:
            full[fixed] = value
        free = [i for i in range(len(full)) if i != fixed]
        here = self.residuals(full)
        squares = float(here @ here)
        slopes = np.empty((len(here), len(free)))
        for _ in range(_STEPS if free else 0):
            for column, i in enumerate(free):
                beside = full.copy()
                beside[i] += 1.5e-8 * max(1.0, abs(full[i]))
                slopes[:, column] = (self.residuals(beside) - here) / (beside[i] - full[i])
            step = np.zeros_like(full)
            step[free] = np.linalg.lstsq(slopes, -here, rcond=None)[0]
            settled = bool(np.all(np.abs(step) <= 1e-8 * (1 + np.abs(full))))
            for _ in range(8):
                trial = full + step
                if np.any(trial <= self.low) or np.any(trial >= self.high):
                    return self.solve(fixed, value, start)
                there = self.residuals(trial)
                if float(there @ there) <= squares or settled:
                    break
                step /= 2
            else:
                return self.solve(fixed, value, start)
            if float(there @ there) <= squares:
                full, here, squares = trial, there, float(there @ there)
            if settled:
                return full, squares
        return (full, squares) if not free else self.solve(fixed, value, start)

    def profile(self, best: Array, ssr: float, index: int, level: float) -> tuple[float, float]:
        """Interval of one parameter: where the sum of squares rises by its F quantile."""
        from scipy.optimize import brentq
        from scipy.stats import f as f_distribution

        free = self.n - len(best)
        limit = ssr * (1 + float(f_distribution.ppf(level, 1, free)) / free)
        centre = float(best[index])
        if ssr < 1e-20:  # points exactly on the curve leave nothing to be unsure about
            return centre, centre

        def excess(value: float) -> float:
            return float(self.refine(best, index, value)[1]) - limit

        ends = []
        for side, bound in ((-1.0, float(self.low[index])), (1.0, float(self.high[index]))):
            inner, width = centre, max(abs(centre), 0.1) * 0.05
            while True:
                outer = centre + side * width
                if side * (outer - bound) >= 0:
                    outer = bound
                    # the data do not exclude the bound itself
                    if not math.isfinite(bound) or excess(bound) <= 0:
                        ends.append(bound)
                        break
                if excess(outer) > 0:
                    a, b = sorted((inner, outer))
                    ends.append(float(brentq(excess, a, b, xtol=1e-10, rtol=1e-8)))
                    break
                inner, width = outer, width * 1.7
        return ends[0], ends[1]


# --- one temperature -----------------------------------------------------------------------


@dataclass(frozen=True)
class ShelfLife:
    """Time to a remaining share, with its interval.

    Attributes
    ----------
    time, low, high : float
        Estimate and interval; `high` is infinite where the data do not exclude no loss.
    fraction, level : float
        Share that remains; confidence level.
    temperature_c : float or None
        Storage temperature, where the fit has one.
    method : str
        How it was estimated.
    extrapolated : bool
        Whether it lies beyond the data.
    time_unit : str
        Unit of the times.
    """

    time: float
    low: float
    high: float
    fraction: float
    level: float
    temperature_c: float | None
    method: str
    extrapolated: bool
    time_unit: str

    def summary(self) -> str:
        """The shelf life in a sentence or two.

        Returns
        -------
        str
            Estimate, interval, method.
        """
        at = "" if self.temperature_c is None else f" at {_celsius(self.temperature_c)}"
        high = (
            "no upper end (the data do not exclude that nothing is lost)"
            if math.isinf(self.high)
            else f"{significant(self.high)} {self.time_unit}"
        )
        text = (
            f"{self.fraction:.0%} remain{at} for {significant(self.time)} {self.time_unit} "
            f"({self.level:.0%} interval {significant(self.low)} to {high}; {self.method})."
        )
        return f"{text} This lies beyond the data." if self.extrapolated else text


def _celsius(value: float) -> str:
    return f"{value:.1f} °C".replace("-", "−")


def _points(time: npt.ArrayLike, value: npt.ArrayLike) -> tuple[Array, Array]:
    t, y = np.asarray(time, dtype=float), np.asarray(value, dtype=float)
    if t.shape != y.shape or t.ndim != 1:
        raise ValueError(
            f"There are {t.size} times and {y.size} values; give two sequences of one length."
        )
    if not (np.all(np.isfinite(t)) and np.all(np.isfinite(y))):
        raise ValueError(
            "Some times or values are missing. Drop those rows (DataFrame.dropna) and say in the "
            "text how many there were."
        )
    if np.any(t < 0):
        raise ValueError("A time is negative; storage begins at zero.")
    if np.any(y < 0) or not np.any(y > 0):
        raise ValueError("Values must be zero or more and not all zero: they are amounts.")
    return t, y


def _enough(t: Array, parameters: int, model: str) -> None:
    if len(t) < parameters + 1 or len(np.unique(t)) < parameters:
        raise ValueError(
            f"{len(t)} points at {len(np.unique(t))} times are too few for a {model} model with "
            f"{parameters} parameters: it needs at least {parameters + 1} points at {parameters} "
            "different times, or there is nothing left to judge its uncertainty by. Fix the "
            "initial value (initial=...), choose a simpler model, or measure more."
        )


def _loss_problem(
    model: str, t: Array, y: Array, initial: float | None, fraction: float
) -> _Problem:
    """Parameters: 1/t_f in units of the longest time, [initial/scale], [β]."""
    span, scale = float(t.max()), float(y.max())
    x, z = t / span, y / scale
    names = ["s", *(["c0"] if initial is None else []), *(["shape"] if model == "weibull" else [])]

    def residuals(p: Array) -> Array:
        values = dict(zip(names, p, strict=True))
        shape = values.get("shape", 1.0)
        c0 = values["c0"] if initial is None else initial / scale
        share = _share(model, x, _dose(model, fraction, shape) * values["s"], shape)
        return cast(Array, c0 * share - z)

    limits = {"s": (0.0, 1e6), "c0": (0.0, np.inf), "shape": (0.05, 20.0)}
    low, high = (np.array([limits[n][i] for n in names]) for i in (0, 1))
    best: _Problem | None = None
    least = np.inf
    # the rate may differ by orders of magnitude between data sets: start from several
    for s in (0.1, 1.0, 5.0, 20.0):
        start = np.array([{"s": s, "c0": 1.0, "shape": 1.0}[n] for n in names])
        trial = _Problem(residuals, start, low, high, len(t))
        solution, ssr = trial.solve()
        if ssr < least - 1e-15:
            least, best = ssr, _Problem(residuals, solution, low, high, len(t))
    if best is None:
        raise ValueError("The fit found no solution; are the values finite and of one unit?")
    return best


@dataclass(frozen=True)
class LossFit:
    """Result of :func:`fit_loss`.

    Attributes
    ----------
    model : str
        Which of the four models.
    rate, rate_low, rate_high : float
        Rate with its interval, per unit of time.
    initial : float
        Amount at time zero, fitted or given.
    shape : float or None
        β of the Weibull model.
    level : float
        Confidence level of the intervals.
    interval : str
        ``"profile"`` or ``"bootstrap"``.
    residual_sd, aicc : float
        Residual standard deviation; corrected Akaike criterion, smaller is better (infinite
        with too few points to compute it).
    n, last_time : int, float
        Points and longest time in the data.
    time_unit : str
        Unit of the times, for sentences.
    """

    model: Model
    rate: float
    rate_low: float
    rate_high: float
    initial: float
    shape: float | None
    level: float
    interval: str
    residual_sd: float
    aicc: float
    n: int
    last_time: float
    time_unit: str
    _data: tuple[Array, Array, float | None] = field(repr=False, compare=False)
    _seed: int = field(repr=False, compare=False, default=0)

    def predict(self, time: npt.ArrayLike, *, allow_extrapolation: bool = False) -> Array:
        """Amount at given times.

        Parameters
        ----------
        time : array_like
            Times in the unit of the data.
        allow_extrapolation : bool
            Whether times beyond the data are meant.

        Returns
        -------
        numpy.ndarray
            Amounts in the unit of the data.

        Raises
        ------
        ValueError
            If a time is beyond the data and that was not allowed.
        """
        t = np.asarray(time, dtype=float)
        if np.any(t > self.last_time) and not allow_extrapolation:
            raise ValueError(
                f"The data end at {self.last_time:g} {self.time_unit}; {float(t.max()):g} is "
                "beyond. Pass allow_extrapolation=True if that is meant, and say so where it is "
                "shown."
            )
        return self.initial * remaining(self.model, t, self.rate, shape=self.shape or 1.0)

    def shelf_life(self, fraction: float = 0.9, *, allow_extrapolation: bool = False) -> ShelfLife:
        """Time to a remaining share of the initial amount, with its interval.

        Parameters
        ----------
        fraction : float
            Share that remains.
        allow_extrapolation : bool
            Whether a time beyond the data is meant.

        Returns
        -------
        ShelfLife
            Estimate and interval.

        Raises
        ------
        ValueError
            If there is no loss, or the time is beyond the data and that was not allowed.
        """
        _check_fraction(fraction)
        t, y, initial = self._data
        problem = _loss_problem(self.model, t, y, initial, fraction)
        best, ssr = problem.solve()
        if best[0] <= 1e-9:
            raise ValueError(
                f"The data show no loss within {self.last_time:g} {self.time_unit}, so the time to "
                f"{fraction:.0%} cannot be estimated. Store longer or warmer."
            )
        span = float(t.max())
        time = span / float(best[0])
        if time > self.last_time * (1 + 1e-9) and not allow_extrapolation:
            raise ValueError(
                f"{fraction:.0%} would be reached after {time:.3g} {self.time_unit}, but the data "
                f"end at {self.last_time:g}. Pass allow_extrapolation=True if that is meant, and "
                "say so where it is shown."
            )
        if self.interval == "profile":
            low, high = problem.profile(best, ssr, 0, self.level)
        else:
            draws = _bootstrap(problem, best, self._seed)[:, 0]
            tail = (1 - self.level) / 2
            low, high = (float(q) for q in np.quantile(draws, [tail, 1 - tail]))
        return ShelfLife(
            time=time,
            low=span / high if math.isfinite(high) else 0.0,
            high=span / low if low > 1e-9 else math.inf,
            fraction=fraction,
            level=self.level,
            temperature_c=None,
            method=f"{self.model} model, {self.interval} interval",
            extrapolated=time > self.last_time,
            time_unit=self.time_unit,
        )

    def summary(self) -> str:
        """The fit in a sentence.

        Returns
        -------
        str
            Model, rate with interval, scatter.
        """
        shape = "" if self.shape is None else f", shape {self.shape:.2f}"
        unit = self.time_unit.removesuffix("s")
        return (
            f"The {self.model} model gives a rate of {self.rate:.3g} per {unit} "
            f"({self.level:.0%} {self.interval} interval {self.rate_low:.3g} to "
            f"{self.rate_high:.3g}{shape}) from {self.n} points."
        )


_DRAWS = 400
_LIMIT = 60.0  # logarithm of the longest time over a shelf life: beyond is never


def _bootstrap(problem: _Problem, best: Array, seed: int) -> Array:
    """Parameters refitted to resampled residuals."""
    random = np.random.default_rng(seed)
    misfit = problem.residuals(best)
    # residuals of a fit are smaller than errors: widen them by the parameters spent
    inflated = (misfit - misfit.mean()) * math.sqrt(problem.n / (problem.n - len(best)))
    draws = np.empty((_DRAWS, len(best)))
    for i in range(_DRAWS):
        noise = random.choice(inflated, problem.n)
        shifted = _Problem(
            lambda p, noise=noise: problem.residuals(p) - misfit + noise,  # type: ignore[misc]
            best,
            problem.low,
            problem.high,
            problem.n,
        )
        draws[i] = shifted.solve()[0]
    return draws


def fit_loss(
    time: npt.ArrayLike,
    value: npt.ArrayLike,
    model: Model,
    *,
    initial: float | None = None,
    interval: Literal["profile", "bootstrap"] = "profile",
    level: float = 0.95,
    seed: int = 0,
    time_unit: str = "months",
) -> LossFit:
    """Fit a model of loss to measurements at one temperature.

    Parameters
    ----------
    time, value : array_like, shape (n,)
        Storage times and measured amounts, in any one unit each.
    model : {"zero", "first", "second", "weibull"}
        As in :func:`remaining`.
    initial : float, optional
        Amount at time zero, if it is known without error (100, where the data are per cent
        of it).  Left out, it is fitted.
    interval : {"profile", "bootstrap"}
        Profile of the sum of squares with an F quantile, or residual bootstrap.
    level : float
        Confidence level.
    seed : int
        Seed of the bootstrap.
    time_unit : str
        Name of the unit of time, for sentences.

    Returns
    -------
    LossFit
        Rate with interval; :meth:`LossFit.shelf_life` gives the time to 90 %.

    Raises
    ------
    ValueError
        If the points are too few for the model, missing, or no amounts.

    Notes
    -----
    Ordinary least squares on the amounts: errors of one size at all times.  Values that
    fall below a limit of detection must not be entered as zero.

    Examples
    --------
    >>> from secretome.stability import fit_loss
    >>> fit = fit_loss([0, 1, 2, 3, 6], [100, 96, 91, 88, 76], "first")
    >>> round(fit.rate, 3), round(fit.shelf_life().time, 1)
    (0.046, 2.3)
    """
    _check_model(model)
    _check_level(level)
    if interval not in ("profile", "bootstrap"):
        raise ValueError(f"interval is {interval!r}; it must be 'profile' or 'bootstrap'.")
    t, y = _points(time, value)
    if initial is not None and not (math.isfinite(initial) and initial > 0):
        raise ValueError(f"initial is {initial}; an initial amount is above zero.")
    if t.max() == 0:
        raise ValueError("All times are zero: nothing was stored. Give times after the start.")
    parameters = 1 + (initial is None) + (model == "weibull")
    _enough(t, parameters, model)
    # at fraction 1/e the profiled parameter is the first-order and the Weibull rate itself
    fraction = math.exp(-1)
    problem = _loss_problem(model, t, y, initial, fraction)
    best, ssr = problem.solve()
    shape = float(best[-1]) if model == "weibull" else None
    to_rate = _dose(model, fraction, shape or 1.0) / float(t.max())
    if interval == "profile":
        low, high = problem.profile(best, ssr, 0, level)
    else:
        tail = (1 - level) / 2
        low, high = np.quantile(_bootstrap(problem, best, seed)[:, 0], [tail, 1 - tail])
    scale, n = float(y.max()), len(t)
    return LossFit(
        model=model,
        rate=float(best[0]) * to_rate,
        rate_low=float(low) * to_rate,
        rate_high=float(high) * to_rate,
        initial=float(best[1]) * scale if initial is None else float(initial),
        shape=shape,
        level=level,
        interval=interval,
        residual_sd=math.sqrt(ssr / (n - parameters)) * scale,
        aicc=_aicc(ssr, n, parameters),
        n=n,
        last_time=float(t.max()),
        time_unit=time_unit,
        _data=(t, y, initial),
        _seed=seed,
    )


def _aicc(ssr: float, n: int, parameters: int) -> float:
    k = parameters + 1  # the residual variance is a parameter too
    if n - k - 1 <= 0:
        return math.inf
    return n * math.log(max(ssr, 1e-300) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)


def compare_losses(
    time: npt.ArrayLike, value: npt.ArrayLike, *, initial: float | None = None
) -> pd.DataFrame:
    """Fit all four models and order them by the corrected Akaike criterion.

    Parameters
    ----------
    time, value : array_like, shape (n,)
        Storage times and amounts.
    initial : float, optional
        Amount at time zero, if known without error.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``rate``, ``shape``, ``residual_sd``, ``aicc``, ``delta_aicc``; the model
        with the smallest criterion first.  A difference below about 2 says nothing.

    Raises
    ------
    ValueError
        If the points are too few for the largest model.

    Examples
    --------
    >>> from secretome.stability import compare_losses
    >>> compare_losses([0, 1, 2, 4, 8, 12, 18, 24], [100, 90, 83, 71, 55, 45, 36, 29])["model"][0]
    'second'
    """
    fits = [fit_loss(time, value, model, initial=initial) for model in _MODELS]
    table = pd.DataFrame(
        {
            "model": [f.model for f in fits],
            "rate": [f.rate for f in fits],
            "shape": [f.shape for f in fits],
            "residual_sd": [f.residual_sd for f in fits],
            "aicc": [f.aicc for f in fits],
        }
    ).sort_values("aicc", ignore_index=True)
    finite = np.isfinite(table["aicc"])
    if not finite.all():
        raise ValueError(
            f"{fits[0].n} points are too few to compare models by the corrected Akaike criterion; "
            f"it needs at least {2 + 3 + (initial is None)}."
        )
    table["delta_aicc"] = table["aicc"] - table["aicc"].iloc[0]
    return table


# --- temperature ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ArrheniusFit:
    """Result of :func:`arrhenius_two_step` and :func:`arrhenius_global`.

    Attributes
    ----------
    method : str
        ``"two-step"`` or ``"global"``.
    model : str
        Model of loss at each temperature.
    activation_kj_mol, activation_low, activation_high : float
        Activation energy with its interval, kJ/mol.
    reference_c, rate_at_reference : float
        A temperature inside the data and the rate there.
    shape : float or None
        β of the Weibull model.
    level : float
        Confidence level.
    temperatures_c : tuple of float
        Temperatures of the data.
    last_time : float
        Longest time in the data.
    glass_transition_c : float or None
        Glass transition that was given.
    rates : pandas.DataFrame
        ``temperature_c`` and ``rate``: of each temperature on its own in the two-step
        method, along the fitted curve in the global one.
    """

    method: str
    model: Model
    activation_kj_mol: float
    activation_low: float
    activation_high: float
    reference_c: float
    rate_at_reference: float
    shape: float | None
    level: float
    temperatures_c: tuple[float, ...]
    last_time: float
    glass_transition_c: float | None
    rates: pd.DataFrame = field(repr=False, compare=False)
    time_unit: str
    _estimate: Callable[[float, float], tuple[float, float, float]] = field(
        repr=False, compare=False
    )

    def rate(self, temperature_c: float, *, allow_extrapolation: bool = False) -> float:
        """Rate at a temperature.

        Parameters
        ----------
        temperature_c : float
            Storage temperature, °C.
        allow_extrapolation : bool
            Whether a temperature outside the data is meant.

        Returns
        -------
        float
            Rate per unit of time.

        Raises
        ------
        ValueError
            If the temperature is outside the data and that was not allowed, or beyond the
            glass transition.
        """
        self._allow(temperature_c, allow_extrapolation)
        inverse = 1 / (temperature_c + _ZERO_C) - 1 / (self.reference_c + _ZERO_C)
        exponent = -self.activation_kj_mol * 1e3 / _GAS_CONSTANT * inverse
        return self.rate_at_reference * math.exp(exponent)

    def _allow(self, temperature_c: float, allowed: bool) -> None:
        if not (math.isfinite(temperature_c) and temperature_c > -_ZERO_C):
            raise ValueError(f"{temperature_c} °C is no temperature; give °C above −273.15.")
        low, high = min(self.temperatures_c), max(self.temperatures_c)
        tg = self.glass_transition_c
        if tg is not None and (temperature_c >= tg) != (high >= tg):
            sides = ("above", "below") if high >= tg else ("below", "above")
            raise ValueError(
                f"The data lie {sides[0]} the glass transition ({_celsius(tg)}), and "
                f"{_celsius(temperature_c)} lies {sides[1]} it. Mobility changes its law there, so "
                "no Arrhenius line crosses it, whatever is allowed. Measure on that side; above "
                "the glass transition see wlf_acceleration()."
            )
        if not low <= temperature_c <= high and not allowed:
            raise ValueError(
                f"{_celsius(temperature_c)} is outside the data ({_celsius(low)} to "
                f"{_celsius(high)}). Pass allow_extrapolation=True if accelerated data are meant "
                "to speak for it, and give glass_transition_c to the fit so that it is not crossed."
            )

    def shelf_life(
        self, temperature_c: float, fraction: float = 0.9, *, allow_extrapolation: bool = False
    ) -> ShelfLife:
        """Time to a remaining share at a temperature, with its interval.

        Parameters
        ----------
        temperature_c : float
            Storage temperature, °C.
        fraction : float
            Share that remains.
        allow_extrapolation : bool
            Whether a temperature or a time outside the data is meant.

        Returns
        -------
        ShelfLife
            Estimate and interval.

        Raises
        ------
        ValueError
            If temperature or time is outside the data and that was not allowed; always if
            the glass transition lies between.
        """
        _check_fraction(fraction)
        self._allow(temperature_c, allow_extrapolation)
        time, low, high = self._estimate(temperature_c, fraction)
        beyond = time > self.last_time
        if beyond and not allow_extrapolation:
            raise ValueError(
                f"{fraction:.0%} would be reached after {time:.3g} {self.time_unit} at "
                f"{_celsius(temperature_c)}, but the data end at {self.last_time:g}. Pass "
                "allow_extrapolation=True if that is meant, and say so where it is shown."
            )
        inside = min(self.temperatures_c) <= temperature_c <= max(self.temperatures_c)
        return ShelfLife(
            time=time,
            low=low,
            high=high,
            fraction=fraction,
            level=self.level,
            temperature_c=temperature_c,
            method=f"{self.model} model, {self.method} Arrhenius fit",
            extrapolated=beyond or not inside,
            time_unit=self.time_unit,
        )

    def summary(self) -> str:
        """The fit in a sentence or two.

        Returns
        -------
        str
            Activation energy with interval, method, and what was not known.
        """
        text = (
            f"The {self.method} Arrhenius fit of the {self.model} model gives an activation energy "
            f"of {self.activation_kj_mol:.0f} kJ/mol ({self.level:.0%} interval "
            f"{self.activation_low:.0f} to {self.activation_high:.0f}) from "
            f"{len(self.temperatures_c)} temperatures."
        )
        if self.glass_transition_c is None:
            return f"{text} No glass transition was given, so none is guarded."
        return text


def _thermal_points(
    time: npt.ArrayLike,
    temperature_c: npt.ArrayLike,
    value: npt.ArrayLike,
    glass_transition_c: float | None,
) -> tuple[Array, Array, Array]:
    t, y = _points(time, value)
    temperature = np.asarray(temperature_c, dtype=float)
    if temperature.shape != t.shape:
        raise ValueError(
            f"There are {temperature.size} temperatures and {t.size} times; each point needs one."
        )
    if not np.all(np.isfinite(temperature)) or np.any(temperature <= -_ZERO_C):
        raise ValueError("Temperatures are in °C, finite and above −273.15.")
    if np.any(temperature > 200):
        raise ValueError("A temperature is above 200 °C. Are they in kelvin? Give °C.")
    different = np.unique(temperature)
    if len(different) < 3:
        raise ValueError(
            f"There are {len(different)} temperatures. A line through two always fits, so the "
            "activation energy needs at least three."
        )
    if glass_transition_c is not None and different[0] < glass_transition_c <= different[-1]:
        raise ValueError(
            f"The temperatures {', '.join(f'{v:g}' for v in different)} °C lie on both sides of "
            f"the glass transition ({_celsius(glass_transition_c)}). One Arrhenius line does not "
            "hold on both: fit each side alone."
        )
    return t, temperature, y


def arrhenius_two_step(
    time: npt.ArrayLike,
    temperature_c: npt.ArrayLike,
    value: npt.ArrayLike,
    model: Model = "first",
    *,
    initial: float | None = None,
    glass_transition_c: float | None = None,
    level: float = 0.95,
    time_unit: str = "months",
) -> ArrheniusFit:
    """Arrhenius fit in two steps: a rate for each temperature, then a line.

    Parameters
    ----------
    time, temperature_c, value : array_like, shape (n,)
        One point each: storage time, storage temperature (°C), amount.
    model : {"zero", "first", "second"}
        Model of loss.  Not Weibull: with a shape of its own at each temperature, rates could
        not be compared; use :func:`arrhenius_global`.
    initial : float, optional
        Amount at time zero, if known without error; left out, each temperature has its own.
    glass_transition_c : float, optional
        Glass transition of the product, °C, which no prediction may cross.
    level : float
        Confidence level.
    time_unit : str
        Name of the unit of time, for sentences.

    Returns
    -------
    ArrheniusFit
        Activation energy, rates, shelf life.

    Raises
    ------
    ValueError
        If there are fewer than three temperatures or too few points at one, if a temperature
        shows no loss, or the data lie on both sides of the glass transition.

    Notes
    -----
    Ordinary linear regression of ln k on 1/T, every temperature with the same weight.  The
    interval comes from the scatter of the temperatures about the line (t quantile with two
    fewer degrees of freedom than temperatures), so with three temperatures it is very wide.

    References
    ----------
    The Arrhenius equation.

    Examples
    --------
    >>> from secretome.stability import arrhenius_two_step
    >>> time = [0, 1, 3] * 3
    >>> temperature = [25] * 3 + [40] * 3 + [55] * 3
    >>> value = [100, 99, 96.5, 100, 95.6, 87.5, 100, 83.5, 58]
    >>> round(arrhenius_two_step(time, temperature, value, initial=100).activation_kj_mol)
    74
    """
    _check_model(model)
    _check_level(level)
    if model == "weibull":
        raise ValueError(
            "The two-step method fits a shape of its own at each temperature, and rates with "
            "different shapes cannot be put on one line. Use arrhenius_global(..., 'weibull')."
        )
    t, temperature, y = _thermal_points(time, temperature_c, value, glass_transition_c)
    different = np.unique(temperature)
    rates = []
    for each in different:
        here = temperature == each
        try:
            fitted = fit_loss(t[here], y[here], model, initial=initial, level=level)
        except ValueError as error:
            raise ValueError(f"At {_celsius(each)}: {error}") from error
        if fitted.rate <= 1e-9 / float(t.max()):
            raise ValueError(
                f"At {_celsius(each)} the data show no loss, so its rate has no logarithm. Leave "
                "that temperature out and say so, or use arrhenius_global(), which can use it."
            )
        rates.append(fitted.rate)
    from scipy.stats import t as t_distribution

    inverse = 1 / (different + _ZERO_C)
    centre = float(inverse.mean())
    design = np.column_stack([np.ones_like(inverse), inverse - centre])
    logs = np.log(rates)
    coefficients, *_ = np.linalg.lstsq(design, logs, rcond=None)
    free = len(different) - 2
    variance = float(((logs - design @ coefficients) ** 2).sum()) / free
    covariance = variance * np.linalg.inv(design.T @ design)
    quantile = float(t_distribution.ppf((1 + level) / 2, free))
    energy = -float(coefficients[1]) * _GAS_CONSTANT / 1e3
    half = quantile * math.sqrt(covariance[1, 1]) * _GAS_CONSTANT / 1e3

    def estimate(target_c: float, fraction: float) -> tuple[float, float, float]:
        row = np.array([1.0, 1 / (target_c + _ZERO_C) - centre])
        log_time = math.log(_dose(model, fraction, 1.0)) - float(row @ coefficients)
        width = quantile * math.sqrt(float(row @ covariance @ row))
        return _exp(log_time), _exp(log_time - width), _exp(log_time + width)

    return ArrheniusFit(
        method="two-step",
        model=model,
        activation_kj_mol=energy,
        activation_low=energy - half,
        activation_high=energy + half,
        reference_c=1 / centre - _ZERO_C,
        rate_at_reference=math.exp(float(coefficients[0])),
        shape=None,
        level=level,
        temperatures_c=tuple(different.tolist()),
        last_time=float(t.max()),
        glass_transition_c=glass_transition_c,
        rates=pd.DataFrame({"temperature_c": different, "rate": rates}),
        time_unit=time_unit,
        _estimate=estimate,
    )


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def arrhenius_global(
    time: npt.ArrayLike,
    temperature_c: npt.ArrayLike,
    value: npt.ArrayLike,
    model: Model = "first",
    *,
    initial: float | None = None,
    glass_transition_c: float | None = None,
    level: float = 0.95,
    time_unit: str = "months",
) -> ArrheniusFit:
    """Arrhenius fit in one step: one curve through all points.

    Parameters
    ----------
    time, temperature_c, value : array_like, shape (n,)
        One point each: storage time, storage temperature (°C), amount.
    model : {"zero", "first", "second", "weibull"}
        Model of loss; the Weibull shape is common to all temperatures.
    initial : float, optional
        Amount at time zero, if known without error; left out, one is fitted for all.
    glass_transition_c : float, optional
        Glass transition of the product, °C, which no prediction may cross.
    level : float
        Confidence level.
    time_unit : str
        Name of the unit of time, for sentences.

    Returns
    -------
    ArrheniusFit
        Activation energy, rates, shelf life.

    Raises
    ------
    ValueError
        If there are fewer than three temperatures or too few points, if nothing is lost at
        any temperature, or the data lie on both sides of the glass transition.

    Notes
    -----
    Ordinary least squares on the amounts: errors of one size at all temperatures, so the
    warm, much degraded samples say most.  Intervals by profile; the shelf life at the asked
    temperature is itself the profiled parameter.

    References
    ----------
    The Arrhenius equation.

    Examples
    --------
    >>> from secretome.stability import arrhenius_global
    >>> time = [0, 1, 3] * 3
    >>> temperature = [25] * 3 + [40] * 3 + [55] * 3
    >>> value = [100, 99, 96.5, 100, 95.6, 87.5, 100, 83.5, 58]
    >>> round(arrhenius_global(time, temperature, value, initial=100).activation_kj_mol)
    79
    """
    _check_model(model)
    _check_level(level)
    t, temperature, y = _thermal_points(time, temperature_c, value, glass_transition_c)
    if initial is not None and not (math.isfinite(initial) and initial > 0):
        raise ValueError(f"initial is {initial}; an initial amount is above zero.")
    parameters = 2 + (initial is None) + (model == "weibull")
    _enough(t, parameters, model)
    if t.max() == 0:
        raise ValueError("All times are zero: nothing was stored. Give times after the start.")
    span, scale = float(t.max()), float(y.max())
    x, z = t / span, y / scale
    inverse = 1 / (temperature + _ZERO_C)
    names = ["log_s", "energy", *(["c0"] if initial is None else [])]
    names += ["shape"] if model == "weibull" else []

    def problem(target_c: float, fraction: float) -> _Problem:
        """Parameters: ln(span / t_f) at the target, energy/100 kJ/mol, [initial], [β]."""
        away = inverse - 1 / (target_c + _ZERO_C)

        def residuals(p: Array) -> Array:
            # asked tens of thousands of times: np.clip costs more than the two it is made of
            shape = float(p[-1]) if model == "weibull" else 1.0
            c0 = p[2] if initial is None else initial / scale
            log_rate = p[0] - p[1] * 1e5 / _GAS_CONSTANT * away
            rate = _dose(model, fraction, shape) * np.exp(
                np.minimum(np.maximum(log_rate, -300), 300)
            )
            share = _share(model, x, rate, shape)
            # a trial rate far too high must not overflow the zero-order line
            return cast(Array, c0 * np.maximum(share, -1e6) - z)

        limits = {
            "log_s": (-_LIMIT, _LIMIT),
            "energy": (-5.0, 10.0),
            "c0": (0.0, np.inf),
            "shape": (0.05, 20.0),
        }
        low, high = (np.array([limits[n][i] for n in names]) for i in (0, 1))
        return _Problem(residuals, np.zeros(len(names)), low, high, len(t))

    middle = 1 / float(inverse.mean()) - _ZERO_C
    fraction = math.exp(-1)
    central = problem(middle, fraction)
    best, ssr = None, np.inf
    for log_s in (-4.0, -2.0, 0.0, 2.0):
        for energy in (0.3, 0.8, 1.5):
            start = [{"log_s": log_s, "energy": energy, "c0": 1.0, "shape": 1.0}[n] for n in names]
            solution, found = central.solve(start=start)
            if found < ssr - 1e-15:
                best, ssr = solution, found
    if best is None or best[0] < -25:
        raise ValueError(
            "The data show no loss at any temperature, so there is no rate to follow. Store "
            "longer or warmer."
        )
    shape = float(best[-1]) if model == "weibull" else None
    low, high = central.profile(best, ssr, 1, level)
    rate = _dose(model, fraction, shape or 1.0) * math.exp(float(best[0])) / span

    def estimate(target_c: float, wanted: float) -> tuple[float, float, float]:
        here = problem(target_c, wanted)
        start = best.copy()
        # move the known optimum to the asked temperature and share
        start[0] += math.log(
            _dose(model, fraction, shape or 1.0) / _dose(model, wanted, shape or 1.0)
        ) - best[1] * 1e5 / _GAS_CONSTANT * (1 / (target_c + _ZERO_C) - 1 / (middle + _ZERO_C))
        solution, squares = here.refine(start)
        ends = here.profile(solution, squares, 0, level)
        high_end = math.inf if ends[0] <= -_LIMIT else span * _exp(-ends[0])
        return span * _exp(-float(solution[0])), span * _exp(-ends[1]), high_end

    different = np.unique(temperature)
    along = 1 / (different + _ZERO_C) - 1 / (middle + _ZERO_C)
    return ArrheniusFit(
        method="global",
        model=model,
        activation_kj_mol=float(best[1]) * 100,
        activation_low=low * 100,
        activation_high=high * 100,
        reference_c=middle,
        rate_at_reference=rate,
        shape=shape,
        level=level,
        temperatures_c=tuple(different.tolist()),
        last_time=span,
        glass_transition_c=glass_transition_c,
        rates=pd.DataFrame(
            {
                "temperature_c": different,
                "rate": rate * np.exp(-float(best[1]) * 1e5 / _GAS_CONSTANT * along),
            }
        ),
        time_unit=time_unit,
        _estimate=estimate,
    )


def wlf_acceleration(
    temperature_c: float,
    glass_transition_c: float,
    *,
    c1: float = 17.44,
    c2: float = 51.6,
    coupling: float = 1.0,
) -> float:
    """How many times faster than at the glass transition, by Williams, Landel and Ferry.

    Parameters
    ----------
    temperature_c : float
        Storage temperature, °C, above the glass transition.
    glass_transition_c : float
        Glass transition of the product at its moisture, °C.
    c1, c2 : float
        Constants; the defaults are the "universal" ones, c2 in K.
    coupling : float
        How closely the loss follows viscosity: 1 fully, 0 not at all.

    Returns
    -------
    float
        Rate over the rate at the glass transition,
        ``10^(coupling · c1 (T − Tg) / (c2 + T − Tg))``.

    Raises
    ------
    ValueError
        Below the glass transition, where the law does not hold, and more than 100 K above
        it, where Arrhenius holds again.

    Notes
    -----
    The constants differ between materials, and the coupling is rarely known: the result is
    an order of magnitude, a reason to store below the glass transition and not a shelf life.

    References
    ----------
    The Williams-Landel-Ferry equation (1955).

    Examples
    --------
    >>> from secretome.stability import wlf_acceleration
    >>> round(wlf_acceleration(50.0, 40.0))
    678
    """
    above = temperature_c - glass_transition_c
    if not math.isfinite(above):
        raise ValueError("Both temperatures must be finite numbers in °C.")
    if above < 0:
        raise ValueError(
            f"{_celsius(temperature_c)} is {-above:.1f} K below the glass transition "
            f"({_celsius(glass_transition_c)}). In the glass the WLF law does not hold: use an "
            "Arrhenius fit to data from below the glass transition."
        )
    if above > 100:
        raise ValueError(
            f"{_celsius(temperature_c)} is {above:.0f} K above the glass transition. The WLF law "
            "holds to about 100 K above it; further up use an Arrhenius fit."
        )
    if c1 <= 0 or c2 <= 0:
        raise ValueError(f"c1 is {c1} and c2 is {c2}; both must be above zero.")
    if not 0 <= coupling <= 1:
        raise ValueError(f"coupling is {coupling}; it must lie from 0 (none) to 1 (full).")
    return float(10 ** (coupling * c1 * above / (c2 + above)))


# --- transport -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeanKineticTemperature:
    """Result of :func:`mean_kinetic_temperature`.

    Attributes
    ----------
    mkt_c : float
        Constant temperature that would have done the same harm, °C.
    mean_c, low_c, high_c : float
        Time-weighted mean and extremes of the log, °C.
    hours, longest_gap_h : float or None
        Length of the log and its longest gap; None where no times were given.
    activation_kj_mol : float
        Activation energy that was assumed.
    """

    mkt_c: float
    mean_c: float
    low_c: float
    high_c: float
    hours: float | None
    longest_gap_h: float | None
    activation_kj_mol: float

    def summary(self) -> str:
        """The result in a sentence.

        Returns
        -------
        str
            Mean kinetic temperature beside the plain mean and the extremes.
        """
        return (
            f"The mean kinetic temperature is {_celsius(self.mkt_c)} (mean "
            f"{_celsius(self.mean_c)}, {_celsius(self.low_c)} to {_celsius(self.high_c)}) with "
            f"an activation energy of {self.activation_kj_mol:.1f} kJ/mol."
        )


def mean_kinetic_temperature(
    temperature_c: npt.ArrayLike,
    time: Sequence[Any] | pd.Series[Any] | Array | None = None,
    *,
    activation_kj_mol: float = 83.144,
) -> MeanKineticTemperature:
    """Mean kinetic temperature of a temperature log.

    Parameters
    ----------
    temperature_c : array_like, shape (n,)
        Readings, °C.
    time : array_like, shape (n,), optional
        Times of the readings: hours, or dates and times.  Left out, all readings count
        alike.
    activation_kj_mol : float
        Activation energy of the loss, kJ/mol.  The default is the convention by which the
        energy over the gas constant is 10,000 K; use the product's own if it is known.

    Returns
    -------
    MeanKineticTemperature
        It, the plain mean, extremes and longest gap.

    Raises
    ------
    ValueError
        If readings are missing, fewer than two, or times do not run forward.

    Notes
    -----
    ``T = (E/R) / −ln(mean of exp(−E/(R Tᵢ)))``, the mean weighted with the time for which
    each reading stands: half the gap to each neighbour.  It is a summary of harm by a
    reaction that follows Arrhenius, and says nothing about freezing, thawing or collapse on
    the way.

    References
    ----------
    The definition of Haynes (1971).

    Examples
    --------
    >>> from secretome.stability import mean_kinetic_temperature
    >>> round(mean_kinetic_temperature([5.0, 5.0, 25.0, 5.0]).mkt_c, 1)
    15.1
    """
    reading = np.asarray(temperature_c, dtype=float)
    if reading.ndim != 1 or reading.size < 2:
        raise ValueError(f"A log has two readings or more; there are {reading.size}.")
    if not np.all(np.isfinite(reading)):
        raise ValueError(
            "Some readings are missing. Drop those rows with their times; the gap then shows in "
            "longest_gap_h."
        )
    if np.any(reading <= -_ZERO_C) or np.any(reading > 200):
        raise ValueError("Readings are in °C, above −273.15 and not above 200. Are they in kelvin?")
    if not (math.isfinite(activation_kj_mol) and activation_kj_mol > 0):
        raise ValueError(f"activation_kj_mol is {activation_kj_mol}; it must be above zero.")
    hours: float | None = None
    gap: float | None = None
    weights = np.ones_like(reading)
    if time is not None:
        clock = _hours(time)
        if clock.shape != reading.shape:
            raise ValueError(f"There are {clock.size} times and {reading.size} readings.")
        gaps = np.diff(clock)
        if not np.all(gaps > 0):
            raise ValueError(
                f"Times do not run forward after reading {int(np.argmin(gaps > 0)) + 1}. Sort the "
                "log and drop repeated times; a clock change makes such a step too."
            )
        weights = np.concatenate([[0.0], gaps]) / 2 + np.concatenate([gaps, [0.0]]) / 2
        hours, gap = float(gaps.sum()), float(gaps.max())
    share = weights / weights.sum()
    scaled = activation_kj_mol * 1e3 / _GAS_CONSTANT
    kelvin = reading + _ZERO_C
    # taken relative to the warmest reading, so that a high energy does not underflow
    top = float(kelvin.max())
    mean_rate = float((share * np.exp(-scaled * (1 / kelvin - 1 / top))).sum())
    mkt = scaled / (scaled / top - math.log(mean_rate))
    return MeanKineticTemperature(
        mkt_c=mkt - _ZERO_C,
        mean_c=float((share * reading).sum()),
        low_c=float(reading.min()),
        high_c=float(reading.max()),
        hours=hours,
        longest_gap_h=gap,
        activation_kj_mol=activation_kj_mol,
    )


def _hours(time: Any) -> Array:
    values = pd.Series(time).reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values):
        clock = values.to_numpy(dtype=float)
    else:
        try:
            stamps = pd.to_datetime(values, format="ISO8601")
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"The times could not be read as dates ({error}). Give hours as numbers, or dates "
                "like 2024-05-31 14:00."
            ) from error
        clock = ((stamps - stamps.iloc[0]) / pd.Timedelta(hours=1)).to_numpy(dtype=float)
    if not np.all(np.isfinite(clock)):
        raise ValueError("Some times are missing. Drop those readings.")
    return cast(Array, clock)

"""Synthesis of effects: meta-analysis where it can be done, SWiM where it cannot.

A kept library, `PyMetaAnalysis`, does the estimation.  What is ours: one convention
throughout, every bad row named, scales from 1e-9 to 1e8 made safe, results that say in a
sentence what they mean and remember how they were made, and synthesis without
meta-analysis.

Choices:

Tools differ.  The convention here is that of the current Cochrane Handbook (chapters 10
and 12) and RevMan, where they state one:

===========================  ==========================================================
between-study variance τ²    REML; DerSimonian-Laird (``"DL"``) and Paule-Mandel (``"PM"``)
                             on request; ``"fixed"`` for the common-effect model
interval of the mean         Hartung-Knapp (Sidik-Jonkman), unmodified, from three studies
                             on and where τ² is above 0; else normal (``knapp_hartung=
                             "auto"``).  Two studies would give it one degree of freedom,
                             and τ² of 0 can make it narrower than the common-effect one
interval of τ²               Q-profile (Viechtbauer 2007), whatever estimator gave τ²
I² and H²                    from τ² and the typical sampling variance (Higgins and
                             Thompson 2002) in random-effects models; from Q in the
                             common-effect model.  With DL the two are the same
prediction interval          from three studies on: Student's t with k − 1 degrees of
                             freedom and the standard error of the chosen interval;
                             ``prediction_df="k-2"`` is that of Higgins, Thompson and
                             Spiegelhalter (2009)
subgroups                    τ² is estimated in each subgroup apart; the test of differences
                             uses the standard errors without Hartung-Knapp
weights                      ``1/(v + τ²)`` as per cent
Egger's test                 weighted regression on the standard error with multiplicative
                             dispersion, t with k − 2 degrees of freedom
Begg's test                  Kendall's tau-b, exact where there are no ties and fewer than
                             50 studies; no continuity correction
trim and fill                Duval and Tweedie, L0, refitted with the model of the result
===========================  ==========================================================

Effects may be of any size: they are centred and scaled by a power of two before they are
fitted and brought back after, so that the tolerance of the solver is relative to the data.

What is refused: one study (it is no synthesis), missing or infinite effects, variances of
zero or less, mixed measures.  Two studies get a normal interval, no prediction interval and
a warning.  No result holds a silent missing value: what cannot be had is ``None`` and the
warnings say why.

The chapter *Synthesis* explains this module.

References
----------
Deeks JJ, Higgins JPT, Altman DG (editors). Chapter 10: Analysing data and undertaking
meta-analyses. Cochrane Handbook for Systematic Reviews of Interventions.
https://training.cochrane.org/handbook/current/chapter-10
McKenzie JE, Brennan SE. Chapter 12: Synthesizing and presenting findings using other
methods. Same work. https://training.cochrane.org/handbook/current/chapter-12
Campbell M and colleagues. Synthesis without meta-analysis (SWiM) in systematic reviews:
reporting guideline. BMJ 2020;368:l6890. https://doi.org/10.1136/bmj.l6890
Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis.
Stat Med 2007;26:37-52. https://doi.org/10.1002/sim.2514
Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis.
Stat Med 2002;21:1539-1558. https://doi.org/10.1002/sim.1186
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome._frames import (
    Complaints,
    Floats,
    call_text,
    need,
    numbers,
    p_text,
    raw_values,
    row_names,
    significant,
    versions,
)
from secretome.effect_sizes import MEASURES, back_transform

__all__ = [
    "SWIM_WARNING",
    "AsymmetryTest",
    "ConvergenceError",
    "DirectionSynthesis",
    "MetaAnalysis",
    "MetaRegression",
    "Sensitivity",
    "SubgroupAnalysis",
    "TrimAndFill",
    "begg",
    "cumulative",
    "direction_synthesis",
    "directions",
    "egger",
    "leave_one_out",
    "meta_analysis",
    "meta_regression",
    "subgroup_analysis",
    "trim_and_fill",
]

Method = Literal["REML", "DL", "PM", "fixed"]
KnappHartung = bool | Literal["auto"]

_METHODS = ("REML", "DL", "PM", "fixed")
_FEW = 10
_TOLERANCE = 1e-14
# weights are squared and multiplied with squared effects: 1e240 can be held, 1e400 cannot
_FAR = 1e60
# share of the weight that must be left to divide by for I² and DL; rounding leaves 1e-16
_LEFT = 1e-9
# condition of moderators on a common scale; normal equations square it and leave four digits
_ALIKE = 1e6

SWIM_WARNING = (
    "Counts of directions know neither the size of an effect nor of a study, and counts of "
    "significant results are no synthesis at all: a study without power is no study without "
    "effect."
)
"""Said with every synthesis of directions (Cochrane Handbook, section 12.4.2.3)."""


class ConvergenceError(RuntimeError):
    """An estimator did not converge; the message says what to try."""


# --- small helpers --------------------------------------------------------------------------


def _per_cent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _studies(k: int) -> str:
    return f"{k} {'study' if k == 1 else 'studies'}"


def _plain(value: Any) -> Any:
    """A frozen result's field as a cell of a table."""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{k} {v}" for k, v in value.items())
    return value


def _one_row(result: Any) -> pd.DataFrame:
    cells = {
        f.name: _plain(getattr(result, f.name))
        for f in fields(result)
        if not f.name.startswith("_")
    }
    return pd.DataFrame([cells])


def _check_options(
    method: str, knapp_hartung: KnappHartung, level: float, max_iterations: int
) -> None:
    if method not in _METHODS:
        raise ValueError(
            f"method is {method!r}; it must be one of {', '.join(map(repr, _METHODS))}."
        )
    if knapp_hartung not in (True, False, "auto"):
        raise ValueError(f"knapp_hartung is {knapp_hartung!r}; it must be 'auto', True or False.")
    if method == "fixed" and knapp_hartung is True:
        raise ValueError(
            "Hartung-Knapp intervals belong to random-effects models. Leave knapp_hartung out "
            "with method='fixed', or choose method='REML'."
        )
    if not 0 < level < 1:
        raise ValueError(f"level is {level!r}; it must lie between 0 and 1, for example 0.95.")
    if isinstance(max_iterations, bool) or not (
        max_iterations >= 1 and max_iterations == int(max_iterations)
    ):
        raise ValueError(
            f"max_iterations is {max_iterations!r}; it must be a whole number above 0."
        )


def _need(frame: pd.DataFrame, *columns: str | None) -> None:
    """As :func:`need`, and each column only once."""
    need(frame, *columns)
    for column in columns:
        if column is not None and isinstance(frame[column], pd.DataFrame):
            raise ValueError(
                f"The table has {frame[column].shape[1]} columns named {column!r}. Rename all but "
                "one, or keep the first of each with df.loc[:, ~df.columns.duplicated()]."
            )


def _measure_of(frame: pd.DataFrame, measure: str | None) -> str:
    if measure is not None and measure not in MEASURES:
        raise ValueError(f"There is no measure {measure!r}; one of: {', '.join(MEASURES)}.")
    found: list[str] = []
    if "effect_measure" in frame.columns:
        _need(frame, "effect_measure")
        found = list(dict.fromkeys(map(str, raw_values(frame, "effect_measure"))))
    if measure is None:
        if len(found) > 1:
            raise ValueError(
                f"The rows hold {len(found)} measures ({', '.join(found)}), which cannot be "
                f"pooled. Choose one: df[df['effect_measure'] == {found[0]!r}]."
            )
        if found and found[0] not in MEASURES:
            raise ValueError(
                f"effect_measure holds {found[0]!r}; it must be one of: {', '.join(MEASURES)}."
            )
        return found[0] if found else "effect"
    # what the column does not say, or says in words, the argument may
    same = {measure.lower(), MEASURES[measure].name.lower(), "missing"}
    other = [m for m in found if m.lower() not in same]
    if other:
        raise ValueError(
            f"measure is {measure!r}, but the column effect_measure holds {', '.join(other)}: "
            "effects of one measure cannot be read as another. Leave measure out, or choose the "
            f"rows: df[df['effect_measure'] == {measure!r}]."
        )
    return measure


def _effects(
    frame: pd.DataFrame, effect: str, variance: str, label: str | None
) -> tuple[list[str], Floats, Floats]:
    _need(frame, effect, variance, label)
    names = row_names(frame, label)
    complaints = Complaints(names)
    y = numbers(frame, effect, complaints)
    v = numbers(frame, variance, complaints, low=0, above=True)
    complaints.throw(
        "A study without a usable effect and variance cannot be weighted. Find them with "
        "secretome.effect_sizes, or leave the rows out and say so: df.dropna(subset=[...])."
    )
    if len(y):
        with np.errstate(over="ignore", invalid="ignore"):
            scale = _Scale.of(y, v)
            far = ~(np.abs(scale.effects(y)) < _FAR)
            ratio = scale.variances(v)
        apart = ~((ratio > 1 / _FAR) & (ratio < _FAR))
        remedy = f"is {_FAR:g} times beyond what the other rows have, too far for any computer"
        complaints.add(far, effect, raw_values(frame, effect), remedy)
        complaints.add(apart, variance, raw_values(frame, variance), remedy)
        complaints.throw("Look for a slip in the cells, or for another unit.")
    return names, y, v


@dataclass(frozen=True)
class _Scale:
    """Centre and power of two that bring effects near zero and variances near one."""

    centre: float
    unit: float

    @classmethod
    def of(cls, y: Floats, v: Floats) -> _Scale:
        unit = 2.0 ** float(np.rint(np.log2(np.sqrt(np.median(v)))))
        return cls(float(np.median(y)), unit)

    def effects(self, y: Floats) -> Floats:
        out: Floats = (y - self.centre) / self.unit
        return out

    def variances(self, v: Floats) -> Floats:
        out: Floats = v / self.unit / self.unit
        return out

    def back(self, value: float) -> float:
        return float(value * self.unit + self.centre)


def _library(
    y: Floats, v: Floats, method: str, hartung_knapp: bool, level: float, max_iterations: int
) -> Any:
    import meta_analyze

    random = method != "fixed"
    try:
        return meta_analyze.meta_analysis(
            effect=y,
            variance=v,
            model="random" if random else "common",
            tau2_method=method if random else None,
            ci_method="hartung_knapp" if hartung_knapp else "normal",
            confidence_level=level,
            atol=_TOLERANCE,
            max_iter=max_iterations,
        )
    except meta_analyze.ConvergenceError as error:
        raise ConvergenceError(
            f"{method} did not converge within {max_iterations} iterations ({error}). Try "
            "max_iterations=10000, or method='DL', which needs no iteration; look for a variance "
            "that is out of line with the others first."
        ) from error
    except meta_analyze.MetaAnalysisError as error:
        raise ValueError(f"The effects could not be pooled: {error}") from error


def _refuse_one_row_for_all(names: list[str], v: Floats, design: Floats) -> None:
    """Refuse where I² and DL would divide by what rounding has left of a difference.

    Both divide by the sum of w (1 − h), h being the leverage; where rows with far smaller
    variances take all the weight, the difference loses its digits, in the end every one.
    """
    w = v.min() / v
    q, _ = np.linalg.qr(np.sqrt(w)[:, None] * design)
    left = w * (1 - (q**2).sum(1))
    if left.sum() <= _LEFT * w.sum():
        row = int(np.argmax(w))
        others = float(np.median(np.delete(v, row)) / v[row])
        raise ValueError(
            f"{names[row]}: its variance is {others:.0e} times smaller than that of the other "
            "rows, so it takes all the weight and nothing can be said of how far studies differ. "
            "Look for a slip in the cell or for another unit."
        )


def _higher_maximum(y: Floats, v: Floats, tau2: float) -> float | None:
    """A τ² with a clearly higher restricted likelihood than the fitted one, if there is one.

    The restricted likelihood can have two maxima; a root of its slope may be the lower.
    """

    def likelihood(t: Floats) -> Floats:
        total = v[None, :] + t[:, None]
        w = 1 / total
        mean = (w * y).sum(1) / w.sum(1)
        q = (w * (y - mean[:, None]) ** 2).sum(1)
        out: Floats = -0.5 * (np.log(total).sum(1) + np.log(w.sum(1)) + q)
        return out

    top = max(float(np.var(y)), float(v.max())) * 4
    grid = np.concatenate([[tau2, 0.0], np.geomspace(top * 1e-8, top, 60)])
    value = likelihood(grid)
    best = int(np.argmax(value))
    return float(grid[best]) if value[best] > value[0] + 1e-6 else None


# --- meta-analysis ---------------------------------------------------------------------------


@dataclass(frozen=True)
class MetaAnalysis:
    """Result of :func:`meta_analysis`.

    Attributes
    ----------
    measure : str
        Code of the measure; ``estimate`` is on its scale of analysis (logarithmic for ratios).
    k : int
        Number of studies.
    method : str
        Estimator of τ², or ``"fixed"``; ``"one study"`` for a subgroup of one.
    interval : str
        ``"Hartung-Knapp"`` or ``"normal"``.
    level : float
        Level of all intervals.
    estimate, se, ci_low, ci_high : float
        Pooled effect with its standard error and interval.
    p_value : float or None
        Two-sided, of no effect; from t with k − 1 degrees of freedom with Hartung-Knapp.  None
        for measures that have no value of no effect, such as proportions.
    tau2, tau2_low, tau2_high : float or None
        Between-study variance and its Q-profile interval; None in the common-effect model.
    i2, i2_low, i2_high, h2 : float or None
        Inconsistency as a share from 0 to 1, and H².
    q, q_df, q_p : float, int, float or None
        Cochran's Q, its degrees of freedom and p-value.
    prediction_low, prediction_high : float or None
        Prediction interval; None with fewer than three studies or without τ².
    warnings : tuple of str
        What a reader must know before using the result.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    measure: str
    k: int
    method: str
    interval: str
    level: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float | None
    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float | None
    i2_low: float | None
    i2_high: float | None
    h2: float | None
    q: float
    q_df: int
    q_p: float | None
    prediction_low: float | None
    prediction_high: float | None
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)
    _studies: pd.DataFrame = field(repr=False, compare=False)
    _options: Mapping[str, Any] = field(repr=False, compare=False)
    _wald_se: float = field(repr=False, compare=False)

    @property
    def studies(self) -> pd.DataFrame:
        """The rows that went in, with ``label``, ``effect``, ``variance``, ``se``, limits and
        ``weight`` (per cent).  A column of the table that had one of these names and held
        something else is kept as ``label_given``, ``weight_given`` and so on."""
        return self._studies.copy()

    def natural(self, value: float) -> float:
        """A value of this result on the reader's scale, a ratio for log measures."""
        return float(back_transform(value, self.measure))

    def _range(self, low: float, high: float, joint: str = "to") -> str:
        return f"{significant(self.natural(low))} {joint} {significant(self.natural(high))}"

    def summary(self) -> str:
        """The result in a sentence or three, with its warnings.

        Returns
        -------
        str
            Model, number of studies, effect with interval, heterogeneity, prediction interval.
        """
        per = f"{100 * self.level:g} %"
        name = MEASURES[self.measure].name
        effect = (
            f"{name} {significant(self.natural(self.estimate))} "
            f"({per} interval {self._range(self.ci_low, self.ci_high)}"
            + (")" if self.p_value is None else f", {p_text(self.p_value)})")
        )
        if self.method == "one study":
            text = f"One study: {effect}. Heterogeneity cannot be estimated."
        elif self.tau2 is None:
            text = (
                f"Common-effect meta-analysis of {_studies(self.k)}: {effect}. "
                f"I² {_per_cent(self.i2 or 0)} (from Q)."
            )
        else:
            assert self.i2 is not None
            assert self.tau2_low is not None
            assert self.tau2_high is not None
            text = (
                f"Random-effects meta-analysis ({self.method}, {self.interval} interval) of "
                f"{_studies(self.k)}: {effect}. Heterogeneity: τ² {significant(self.tau2)} "
                f"({significant(self.tau2_low)} to {significant(self.tau2_high)}), "
                f"I² {_per_cent(self.i2)}."
            )
            if self.prediction_low is not None and self.prediction_high is not None:
                text += (
                    " The effect in a new setting of the same kind is expected between "
                    f"{self._range(self.prediction_low, self.prediction_high, 'and')}"
                    f" ({per} prediction interval)."
                )
        return " ".join([text, *self.warnings])

    def to_frame(self) -> pd.DataFrame:
        """The result as a table of one row, warnings, call and versions included."""
        return _one_row(self)

    def forest(self, **options: Any) -> Any:
        """Forest plot of this result; see :func:`secretome.evidence_charts.forest`."""
        from secretome.evidence_charts import forest

        return forest(self, **options)

    chart = forest


def _noted(frame: pd.DataFrame) -> list[str]:
    """A warning that counts the effects that were converted or corrected, if there are any."""
    if "note" not in frame.columns:
        return []
    notes = [n for n in frame["note"].tolist() if isinstance(n, str) and n.strip()]
    if not notes:
        return []
    kinds = list(dict.fromkeys(notes))
    more = f" and {len(kinds) - 2} more" if len(kinds) > 2 else ""
    return [
        f"{len(notes)} of {len(frame)} rows carry a note on how their effect was made: "
        f"{'; '.join(kinds[:2])}{more}."
    ]


def _study_table(
    frame: pd.DataFrame, names: list[str], y: Floats, v: Floats, weight: Floats, level: float
) -> pd.DataFrame:
    from scipy.stats import norm

    se = np.sqrt(v)
    margin = norm.ppf(0.5 + level / 2) * se
    ours: dict[str, Any] = {
        "label": names,
        "effect": y,
        "variance": v,
        "se": se,
        "ci_low": y - margin,
        "ci_high": y + margin,
        "weight": weight,
    }
    return frame.assign(**ours)


def _keep_own(frame: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The user's columns, those that `table` would overwrite with something else set aside."""

    def same(column: str) -> bool:
        if column == "label":
            return frame[column].astype(str).tolist() == table[column].tolist()
        given = pd.to_numeric(frame[column], errors="coerce").astype(float)
        return np.allclose(given, table[column].astype(float), rtol=1e-9, atol=0)

    taken = [c for c in table.columns if c in frame.columns]
    _need(frame, *taken)
    moved = {c: f"{c}_given" for c in taken if not same(c)}
    return frame.rename(columns={a: b for a, b in moved.items() if b not in frame.columns})


def meta_analysis(
    df: pd.DataFrame,
    effect: str = "effect",
    variance: str = "variance",
    *,
    label: str | None = None,
    measure: str | None = None,
    method: Method = "REML",
    knapp_hartung: KnappHartung = "auto",
    prediction_df: Literal["k-1", "k-2"] = "k-1",
    level: float = 0.95,
    max_iterations: int = 1000,
) -> MetaAnalysis:
    """Pool effects of independent studies by inverse variance.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study, for example from :mod:`secretome.effect_sizes`.
    effect, variance : str
        Columns with the effect, on the scale of analysis (logarithmic for ratios), and its
        sampling variance (the square of its standard error).
    label : str, optional
        Column that names the studies; the index when left out.
    measure : str, optional
        Code of the measure; read from the column ``effect_measure`` when there is one.
    method : {"REML", "DL", "PM", "fixed"}
        Estimator of τ², or the common-effect model.
    knapp_hartung : "auto" or bool
        Hartung-Knapp interval; ``"auto"`` uses it from three studies on where τ² is above 0.
    prediction_df : {"k-1", "k-2"}
        Degrees of freedom of the prediction interval.
    level : float
        Level of all intervals.
    max_iterations : int
        Limit for the iterations of REML and PM.

    Returns
    -------
    MetaAnalysis
        Frozen result with ``summary()``, ``to_frame()``, ``studies`` and ``chart()``.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If there are fewer than two studies, a cell cannot be used (every such row is named),
        one row has a variance so small that it takes all the weight, measures are mixed, or an
        option does not exist.
    ConvergenceError
        If the estimator does not converge.

    Notes
    -----
    Conventions where tools differ are listed at the top of this module.  With ``"auto"``, τ²
    of 0 gives the normal interval, which then equals that of the common-effect model.

    Explained in the chapter *Synthesis*.

    References
    ----------
    Hartung J, Knapp G. Stat Med 2001;20:1771-1782, https://doi.org/10.1002/sim.791, and
    3875-3889, https://doi.org/10.1002/sim.1009
    Viechtbauer W. J Educ Behav Stat 2005;30:261-293 (REML).
    https://doi.org/10.3102/10769986030003261

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import meta_analysis
    >>> trials = pd.DataFrame({"study": list("ABCD"), "effect": [0.1, 0.5, 0.3, 0.9]})
    >>> trials["variance"] = [0.02, 0.03, 0.05, 0.04]
    >>> result = meta_analysis(trials, label="study", measure="SMD")
    >>> result.summary()[:66]
    'Random-effects meta-analysis (REML, Hartung-Knapp interval) of 4 s'
    """
    _check_options(method, knapp_hartung, level, max_iterations)
    if prediction_df not in ("k-1", "k-2"):
        raise ValueError(f"prediction_df is {prediction_df!r}; it must be 'k-1' or 'k-2'.")
    names, y, v = _effects(df, effect, variance, label)
    code = _measure_of(df, measure)
    if len(y) < 2:
        said = f"Only {names[0]!r} is left" if names else "No study is left"
        raise ValueError(
            f"A meta-analysis needs two studies or more. {said}: report "
            "the study by itself, with its interval, or use secretome.synthesis."
            "direction_synthesis over studies that measured the same thing otherwise."
        )
    call = call_text(
        "meta_analysis",
        effect=effect,
        variance=variance,
        label=label,
        measure=code,
        method=method,
        knapp_hartung=knapp_hartung,
        prediction_df=prediction_df,
        level=level,
        max_iterations=max_iterations,
    )
    options = {
        "method": method,
        "knapp_hartung": knapp_hartung,
        "prediction_df": prediction_df,
        "level": level,
        "max_iterations": max_iterations,
    }
    ours = _study_table(df[[]], names, y, v, np.full(len(y), np.nan), level)
    return _pool(_keep_own(df, ours), names, y, v, code, options, call)


def _pool(
    df: pd.DataFrame,
    names: list[str],
    y: Floats,
    v: Floats,
    code: str,
    options: Mapping[str, Any],
    call: str,
) -> MetaAnalysis:
    from scipy.stats import norm, t

    method, wanted = str(options["method"]), options["knapp_hartung"]
    level, rounds = float(options["level"]), int(options["max_iterations"])
    k = len(y)
    scale = _Scale.of(y, v)
    ys, vs = scale.effects(y), scale.variances(v)
    random = method != "fixed"
    hartung_knapp = random and (wanted is True or (wanted == "auto" and k >= 3))
    if random:
        _refuse_one_row_for_all(names, vs, np.ones((k, 1)))
    fit = _library(ys, vs, method, hartung_knapp, level, rounds)
    if wanted == "auto" and hartung_knapp and fit.tau2 == 0:
        hartung_knapp = False
        fit = _library(ys, vs, method, False, level, rounds)
    table = fit.study_results
    wald = math.sqrt(1 / float(table["weight"].sum()))
    warnings: list[str] = []
    if hartung_knapp and fit.standard_error <= 1e-12 * wald:
        raise ValueError(
            "All effects are (nearly) the same, so the Hartung-Knapp interval has no width. "
            "Use knapp_hartung='auto' or False, and ask how independent studies could agree so "
            "well."
        )
    if hartung_knapp and fit.standard_error < wald:
        low, high = (
            significant(scale.back(fit.estimate + s * norm.ppf(0.5 + level / 2) * wald))
            for s in (-1, 1)
        )
        warnings.append(
            "The Hartung-Knapp standard error is below the plain one; look at the normal "
            f"interval too ({low} to {high} on the scale of analysis)."
        )
    tau2 = tau_low = tau_high = i2_low = i2_high = None
    prediction: tuple[float | None, float | None] = (None, None)
    if random:
        unit2 = scale.unit**2
        profile = fit.tau2_confidence_interval(atol=_TOLERANCE, max_iter=max(rounds, 1000))
        tau2, tau_low, tau_high = (
            float(x * unit2) for x in (fit.tau2, profile.ci_low, profile.ci_high)
        )
        i2_low, i2_high = float(profile.i2_ci_low), float(profile.i2_ci_high)
        if profile.is_empty:
            warnings.append(
                "The effects vary less than sampling alone would make them; the interval of τ² "
                "is empty and shown as 0 to 0. Ask whether the rows are independent."
            )
        if method == "REML":
            other = _higher_maximum(ys, vs, float(fit.tau2))
            if other is not None:
                warnings.append(
                    "The restricted likelihood has a second, higher maximum near τ² "
                    f"{significant(other * unit2)}; compare method='PM' and 'DL'."
                )
        if k >= 3:
            free = k - (1 if options["prediction_df"] == "k-1" else 2)
            half = float(t.ppf(0.5 + level / 2, free)) * math.sqrt(fit.tau2 + fit.standard_error**2)
            prediction = (scale.back(fit.estimate - half), scale.back(fit.estimate + half))
        if k == 2:
            warnings.append(
                "Two studies: τ² is hardly estimable and there is no prediction interval; read "
                "both studies beside the mean."
            )
        elif k < 5:
            warnings.append("Fewer than five studies: τ² and what rests on it are uncertain.")
    warnings += _noted(df)
    doubled = sorted({n for n in names if names.count(n) > 1})
    if doubled:
        warnings.append(
            f"Rows share a label ({', '.join(doubled[:3])}): effects of one study are not "
            "independent, and pooling them as if they were makes the interval too narrow."
        )
    estimate = scale.back(fit.estimate)
    se = float(fit.standard_error * scale.unit)
    null, p = MEASURES[code].null, None
    if null is not None:
        # on the original scale, so that nothing is lost by centring
        z = abs(estimate - null) / se
        p = 2 * float(t.sf(z, k - 1) if hartung_knapp else norm.sf(z))
    return MetaAnalysis(
        measure=code,
        k=k,
        method=method,
        interval="Hartung-Knapp" if hartung_knapp else "normal",
        level=level,
        estimate=estimate,
        se=se,
        ci_low=scale.back(fit.ci_low),
        ci_high=scale.back(fit.ci_high),
        p_value=p,
        tau2=tau2,
        tau2_low=tau_low,
        tau2_high=tau_high,
        i2=float(fit.i2),
        i2_low=i2_low,
        i2_high=i2_high,
        h2=float(fit.h2),
        q=float(fit.q),
        q_df=int(fit.q_df),
        q_p=float(fit.q_pvalue),
        prediction_low=prediction[0],
        prediction_high=prediction[1],
        warnings=tuple(warnings),
        call=call,
        versions=versions(),
        _studies=_study_table(
            df, names, y, v, 100 * table["normalized_weight"].to_numpy(dtype=float), level
        ),
        _options=MappingProxyType(dict(options)),
        _wald_se=wald * scale.unit,
    )


def _single(
    df: pd.DataFrame,
    names: list[str],
    y: Floats,
    v: Floats,
    code: str,
    options: Mapping[str, Any],
    call: str,
) -> MetaAnalysis:
    """One study in the clothes of a pooled result, for subgroups and cumulative tables."""
    from scipy.stats import norm

    level = float(options["level"])
    se = math.sqrt(float(v[0]))
    half = float(norm.ppf(0.5 + level / 2)) * se
    null = MEASURES[code].null
    return MetaAnalysis(
        measure=code,
        k=1,
        method="one study",
        interval="normal",
        level=level,
        estimate=float(y[0]),
        se=se,
        ci_low=float(y[0]) - half,
        ci_high=float(y[0]) + half,
        p_value=None if null is None else 2 * float(norm.sf(abs(float(y[0]) - null) / se)),
        tau2=None,
        tau2_low=None,
        tau2_high=None,
        i2=None,
        i2_low=None,
        i2_high=None,
        h2=None,
        q=0.0,
        q_df=0,
        q_p=None,
        prediction_low=None,
        prediction_high=None,
        warnings=tuple(_noted(df)),
        call=call,
        versions=versions(),
        _studies=_study_table(df, names, y, v, np.array([100.0]), level),
        _options=MappingProxyType(dict(options)),
        _wald_se=se,
    )


def _again(result: MetaAnalysis, rows: Any, call: str = "") -> MetaAnalysis:
    """The same analysis on some rows of its studies."""
    part = result._studies.iloc[rows]
    names = part["label"].tolist()
    y, v = part["effect"].to_numpy(dtype=float), part["variance"].to_numpy(dtype=float)
    make = _pool if len(part) > 1 else _single
    return make(part, names, y, v, result.measure, result._options, call)


# --- subgroups ------------------------------------------------------------------------------


@dataclass(frozen=True)
class SubgroupAnalysis:
    """Result of :func:`subgroup_analysis`.

    Attributes
    ----------
    by : str
        Column that makes the subgroups.
    groups : mapping of str to MetaAnalysis
        One result a subgroup, in the order of the table.
    overall : MetaAnalysis
        All studies together.
    q_between, q_between_df, q_between_p : float, int, float
        Test of differences between subgroups.
    i2_between : float
        Share of the differences beyond chance.
    warnings : tuple of str
        What a reader must know.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    by: str
    groups: Mapping[str, MetaAnalysis]
    overall: MetaAnalysis
    q_between: float
    q_between_df: int
    q_between_p: float
    i2_between: float
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)

    def summary(self) -> str:
        """Subgroups and the test of their differences in a sentence, with warnings."""
        parts = [
            f"{name} {significant(g.natural(g.estimate))} ({g._range(g.ci_low, g.ci_high)}; "
            f"{_studies(g.k)})"
            for name, g in self.groups.items()
        ]
        return " ".join(
            [
                f"{MEASURES[self.overall.measure].name.capitalize()} by {self.by}: "
                f"{'; '.join(parts)}. Test of subgroup differences: Q {significant(self.q_between)}"
                f" on {self.q_between_df} df, {p_text(self.q_between_p)}.",
                *self.warnings,
            ]
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a subgroup and one for all studies."""
        named = {**self.groups, "all studies": self.overall}
        table = pd.concat([g.to_frame() for g in named.values()], ignore_index=True)
        name = f"{self.by}_given" if self.by in table.columns else self.by
        table.insert(0, name, list(named))
        return table

    def forest(self, **options: Any) -> Any:
        """Forest plot by subgroup; see :func:`secretome.evidence_charts.forest`."""
        from secretome.evidence_charts import forest

        return forest(self, **options)

    chart = forest


def subgroup_analysis(
    df: pd.DataFrame,
    by: str,
    effect: str = "effect",
    variance: str = "variance",
    **options: Any,
) -> SubgroupAnalysis:
    """Meta-analysis in each subgroup, and a test of whether they differ.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study.
    by : str
        Column that makes the subgroups; no cell may be missing.
    effect, variance : str
        As for :func:`meta_analysis`.
    **options
        Further arguments of :func:`meta_analysis`.

    Returns
    -------
    SubgroupAnalysis
        τ² is estimated in each subgroup apart.  A subgroup of one study is shown with its own
        interval and takes part in the test.

    Raises
    ------
    ValueError
        If a row has no subgroup, or there is only one subgroup.

    Notes
    -----
    ``Q = Σ wᵢ(θᵢ − θ̄)²`` over subgroups with ``wᵢ = 1/SEᵢ²``, SE without Hartung-Knapp.
    Comparing "significant" with "not significant" subgroups is no test of a difference.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import subgroup_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.2, 0.8, 0.9], "variance": [0.02] * 4})
    >>> df["organ"] = ["hair", "hair", "skin", "skin"]
    >>> round(subgroup_analysis(df, "organ").q_between, 1)
    24.5
    """
    from scipy.stats import chi2

    _need(df, by)
    overall = meta_analysis(df, effect, variance, **options)
    absent = df[by].isna().to_numpy(dtype=bool)
    complaints = Complaints(overall._studies["label"].tolist())
    complaints.add(absent, by, raw_values(df, by), "every study needs a subgroup")
    complaints.throw("Fill the cells, or name a subgroup for them, such as 'not reported'.")
    keys = df[by].astype(str).to_numpy()
    names = list(dict.fromkeys(keys.tolist()))
    if len(names) < 2:
        raise ValueError(
            f"Column {by!r} makes one subgroup only ({names[0]!r}); there is nothing to compare. "
            "Use meta_analysis."
        )
    call = call_text("subgroup_analysis", by=by, effect=effect, variance=variance, **options)
    groups = {
        name: _again(overall, np.flatnonzero(keys == name), f"{call}.groups[{name!r}]")
        for name in names
    }
    scale = _Scale.of(
        np.array([g.estimate for g in groups.values()]),
        np.array([g._wald_se**2 for g in groups.values()]),
    )
    theta = scale.effects(np.array([g.estimate for g in groups.values()]))
    w = 1 / scale.variances(np.array([g._wald_se**2 for g in groups.values()]))
    q = float((w * (theta - (w * theta).sum() / w.sum()) ** 2).sum())
    free = len(groups) - 1
    alone = [name for name, g in groups.items() if g.k == 1]
    warnings = []
    if alone:
        warnings.append(
            f"One study only in: {', '.join(alone)}; without τ², I² and prediction interval."
        )
    if overall.k < _FEW:
        warnings.append(
            "Fewer than ten studies: subgroups are observational, few, and seldom answer why "
            "results differ."
        )
    return SubgroupAnalysis(
        by=by,
        groups=MappingProxyType(groups),
        overall=overall,
        q_between=q,
        q_between_df=free,
        q_between_p=float(chi2.sf(q, free)),
        i2_between=max(0.0, (q - free) / q) if q > 0 else 0.0,
        warnings=tuple(warnings),
        call=call,
        versions=versions(),
    )


# --- moderators -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Coding:
    """A numeric moderator centred, and scaled by powers of two, which costs no digit."""

    unit: float
    centre: float
    spread: float
    values: Floats

    @classmethod
    def of(cls, x: Floats) -> _Coding:
        # near one first, so that neither the mean nor a square can overflow
        unit = 2.0 ** (int(np.frexp(np.abs(x).max())[1]) - 1)
        centre = float(np.mean(x / unit))
        rest = x / unit - centre
        spread = 2.0 ** float(np.rint(np.log2(np.abs(rest).max())))
        return cls(unit, centre, spread, rest / spread)


@dataclass(frozen=True)
class _Line:
    """Fitted coefficients on the scales on which they were fitted, and the way back."""

    scale: _Scale
    coding: Mapping[str, _Coding]
    categories: Mapping[str, list[str]]
    terms: list[str]
    beta: Floats
    covariance: Floats
    free: int | None
    level: float

    def _critical(self) -> float:
        from scipy.stats import norm, t

        half = 0.5 + self.level / 2
        return float(norm.ppf(half) if self.free is None else t.ppf(half, self.free))

    def coefficients(self, has_null: bool) -> pd.DataFrame:
        from scipy.stats import norm, t

        unit = self.scale.unit
        at_zero = np.eye(len(self.terms))[0]
        out = np.ones(len(self.terms))
        for name, code in self.coding.items():
            at_zero[self.terms.index(name)] = -code.centre / code.spread
            out[self.terms.index(name)] = 1 / code.spread / code.unit
        estimate, se = self.beta.copy(), np.sqrt(np.diag(self.covariance))
        estimate[0] = at_zero @ self.beta
        se[0] = math.sqrt(at_zero @ self.covariance @ at_zero)
        statistic = estimate / se
        statistic[0] += self.scale.centre / unit / se[0]
        estimate, se = estimate * unit * out, se * unit * out
        estimate[0] += self.scale.centre
        z = np.abs(statistic)
        p = 2 * (norm.sf(z) if self.free is None else t.sf(z, self.free))
        margin = self._critical() * se
        table = pd.DataFrame(
            {
                "term": self.terms,
                "estimate": estimate,
                "se": se,
                "statistic": statistic,
                "p_value": p,
                "ci_low": estimate - margin,
                "ci_high": estimate + margin,
            }
        )
        # where there is no effect to be without, a test of the intercept has no meaning
        if not has_null:
            table = table.astype({"statistic": object, "p_value": object})
            table.loc[0, ["statistic", "p_value"]] = None
        return table

    def along(self, moderator: str, points: int = 41) -> pd.DataFrame:
        """Fit and interval over one moderator, the others at their mean or reference."""
        code = self.coding.get(moderator)
        if code is None:
            places: list[Any] = list(self.categories[moderator])
        else:
            coded = np.linspace(code.values.min(), code.values.max(), points)
            places = list((code.centre + coded * code.spread) * code.unit)
        rows = np.zeros((len(places), len(self.terms)))
        rows[:, 0] = 1
        if code is None:
            for i, level in enumerate(places[1:], start=1):
                rows[i, self.terms.index(f"{moderator}[{level}]")] = 1
        else:
            rows[:, self.terms.index(moderator)] = coded
        fitted = rows @ self.beta * self.scale.unit + self.scale.centre
        se = np.sqrt(np.einsum("ij,jk,ik->i", rows, self.covariance, rows)) * self.scale.unit
        margin = self._critical() * se
        return pd.DataFrame(
            {"x": places, "y": fitted, "low": fitted - margin, "high": fitted + margin}
        )


@dataclass(frozen=True)
class MetaRegression:
    """Result of :func:`meta_regression`.

    Attributes
    ----------
    measure : str
        Code of the measure.
    k : int
        Number of studies.
    method, interval : str
        Estimator of the residual τ², and Hartung-Knapp or normal.
    level : float
        Level of the intervals.
    tau2 : float or None
        Residual between-study variance; None in the common-effect model.
    r2 : float or None
        Share of τ² that the moderators explain; None where τ² is 0 without them.
    i2 : float
        Residual inconsistency.
    qe, qe_df, qe_p : float, int, float
        Test of residual heterogeneity.
    qm, qm_df, qm_df2, qm_p : float, int, int or None, float
        Test of all moderators: F with `qm_df2` denominator degrees of freedom with
        Hartung-Knapp, else chi-squared.
    warnings : tuple of str
        What a reader must know.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    measure: str
    k: int
    method: str
    interval: str
    level: float
    tau2: float | None
    r2: float | None
    i2: float
    qe: float
    qe_df: int
    qe_p: float
    qm: float
    qm_df: int
    qm_df2: int | None
    qm_p: float
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)
    _coefficients: pd.DataFrame = field(repr=False, compare=False)
    _line: _Line = field(repr=False, compare=False)
    _studies: pd.DataFrame = field(repr=False, compare=False)

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row a term: ``estimate``, ``se``, ``statistic``, ``p_value``, limits.

        For measures without a value of no effect, such as proportions, the intercept has
        neither statistic nor p-value: they would test a proportion of one half.
        """
        return self._coefficients.copy()

    def summary(self) -> str:
        """Coefficients, explained heterogeneity and the test of moderators in sentences."""
        parts = [
            f"{term} {significant(b)} ({significant(low)} to {significant(high)})"
            for term, b, low, high in zip(
                *(
                    self._coefficients[c].tolist()
                    for c in ("term", "estimate", "ci_low", "ci_high")
                ),
                strict=True,
            )
        ]
        free = f"{self.qm_df}" if self.qm_df2 is None else f"{self.qm_df} and {self.qm_df2}"
        explained = "" if self.r2 is None else f", {_per_cent(self.r2)} of τ² explained"
        return " ".join(
            [
                f"Meta-regression ({self.method}, {self.interval}) of {_studies(self.k)}: "
                f"{'; '.join(parts)}. Moderators together: {'F' if self.qm_df2 else 'Q'} "
                f"{significant(self.qm)} on {free} df, {p_text(self.qm_p)}{explained}. "
                "Associations between studies, not effects of the moderator.",
                *self.warnings,
            ]
        )

    def to_frame(self) -> pd.DataFrame:
        """The coefficients, with the fit repeated in each row."""
        fit = _one_row(self)
        return self._coefficients.merge(fit, how="cross")

    def chart(self, moderator: str | None = None, **options: Any) -> Any:
        """Bubble plot over one `moderator`, with the fitted line.

        See :func:`secretome.evidence_charts.bubble`.
        """
        from secretome.evidence_charts import bubble

        return bubble(self, moderator, **options)


def meta_regression(
    df: pd.DataFrame,
    moderators: Sequence[str],
    effect: str = "effect",
    variance: str = "variance",
    *,
    label: str | None = None,
    measure: str | None = None,
    reference: Mapping[str, str] | None = None,
    method: Method = "REML",
    knapp_hartung: KnappHartung = "auto",
    level: float = 0.95,
    max_iterations: int = 1000,
) -> MetaRegression:
    """Mixed-effects meta-regression on moderators.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study.
    moderators : sequence of str
        Columns; numbers enter as they are, text as categories.
    effect, variance, label, measure, method, level, max_iterations
        As for :func:`meta_analysis`.
    reference : mapping of str to str, optional
        Reference category of a text moderator; the first in alphabetical order when left out.
    knapp_hartung : "auto" or bool
        Hartung-Knapp standard errors and F test; ``"auto"`` uses them where τ² is above 0.

    Returns
    -------
    MetaRegression
        Frozen result with ``coefficients``, ``summary()``, ``to_frame()`` and ``chart()``.

    Raises
    ------
    ValueError
        If a cell cannot be used, a moderator is named twice or does not vary, moderators say
        (nearly) the same, also among the studies that carry the weight, there are not at least
        two more studies than coefficients, or ``knapp_hartung=True`` is asked for where the
        moderators fit every effect.
    ConvergenceError
        If the estimator does not converge.

    Notes
    -----
    ``r2`` is ``1 − τ²(residual)/τ²(without moderators)``, not below 0.

    Effects and numeric moderators are centred and scaled before they are fitted, and the
    coefficients brought back: a year or a count of cells needs no other unit.

    References
    ----------
    Thompson SG, Higgins JPT. Stat Med 2002;21:1559-1573.
    https://doi.org/10.1002/sim.1187
    Knapp G, Hartung J. Stat Med 2003;22:2693-2710.
    https://doi.org/10.1002/sim.1482

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import meta_regression
    >>> df = pd.DataFrame({"effect": [0.1, 0.3, 0.4, 0.7, 0.8], "dose": [1, 2, 3, 4, 5]})
    >>> df["variance"] = 0.01
    >>> meta_regression(df, ["dose"]).coefficients["estimate"].round(2).tolist()
    [-0.08, 0.18]
    """
    import meta_analyze
    from scipy.stats import f

    _check_options(method, knapp_hartung, level, max_iterations)
    if isinstance(moderators, str):
        raise TypeError(f"moderators must be a list of columns; write [{moderators!r}].")
    if not moderators:
        raise ValueError("Name at least one moderator, or use meta_analysis.")
    twice = sorted({m for m in moderators if list(moderators).count(m) > 1})
    if twice:
        raise ValueError(f"moderators names {', '.join(twice)} twice; name each column once.")
    names, y, v = _effects(df, effect, variance, label)
    code = _measure_of(df, measure)
    complaints = Complaints(names)
    values: dict[str, Any] = {}
    categories: dict[str, list[str]] = {}
    for column in moderators:
        _need(df, column)
        if pd.api.types.is_numeric_dtype(df[column]) and df[column].dtype != bool:
            values[column] = numbers(df, column, complaints)
        else:
            absent = df[column].isna().to_numpy(dtype=bool)
            complaints.add(absent, column, raw_values(df, column), "a category is needed")
            values[column] = df[column].astype(str).to_numpy(dtype=object)
            levels = sorted(set(values[column][~absent].tolist()))
            first = (reference or {}).get(column)
            if first is not None and first not in levels:
                raise ValueError(
                    f"reference of {column!r} is {first!r}; it must be one of {', '.join(levels)}."
                )
            categories[column] = [first] if first is not None else []
            categories[column] += [c for c in levels if c != first]
    unknown = sorted(set(reference or {}) - set(categories))
    if unknown:
        raise ValueError(f"reference names {', '.join(unknown)}, which is no text moderator.")
    complaints.throw()
    flat = [c for c in moderators if len(set(values[c].tolist())) < 2]
    if flat:
        raise ValueError(
            f"{', '.join(flat)} has the same value in every study: nothing to regress."
        )
    p = 1 + sum(len(categories[c]) - 1 if c in categories else 1 for c in moderators)
    if len(y) < p + 2:
        raise ValueError(
            f"{len(y)} studies cannot carry {p} coefficients; {p + 2} are the least, ten for each "
            "moderator the usual advice. Use fewer moderators or categories."
        )
    scale = _Scale.of(y, v)
    coding = {c: _Coding.of(values[c]) for c in moderators if c not in categories}
    coded = values | {c: code.values for c, code in coding.items()}
    columns = [np.ones(len(y)), *(code.values for code in coding.values())]
    columns += [values[c] == level for c, levels in categories.items() for level in levels[1:]]
    design = np.column_stack(columns).astype(float)
    if np.linalg.cond(design) > _ALIKE:
        raise ValueError(
            f"Moderators that say the same, or nearly so, cannot stand together, and among "
            f"{', '.join(moderators)} some do; leave one out."
        )
    random = method != "fixed"
    if random:
        _refuse_one_row_for_all(names, scale.variances(v), design)
    try:
        fit = meta_analyze.meta_regression(
            effect=scale.effects(y),
            variance=scale.variances(v),
            moderators=coded,
            categorical=categories or None,
            model="mixed" if random else "common",
            tau2_method=method if random else None,
            confidence_level=level,
            atol=_TOLERANCE,
            max_iter=int(max_iterations),
        )
    except meta_analyze.ConvergenceError as error:
        raise ConvergenceError(
            f"{method} did not converge within {max_iterations} iterations ({error}). Try "
            "max_iterations=10000 or method='DL'."
        ) from error
    except meta_analyze.MetaAnalysisError as error:
        raise ValueError(f"The regression could not be fitted: {error}") from error
    rest = fit.study_results
    free = len(y) - p
    root = np.sqrt(rest["normalized_precision_weight"].to_numpy(dtype=float))
    if np.linalg.cond(root[:, None] * design) > _ALIKE:
        raise ValueError(
            "The studies that carry nearly all the weight do not differ enough in "
            f"{', '.join(moderators)} to carry a line. Look for a slip or an outlier in the "
            "variances and in the moderators."
        )
    # Knapp and Hartung 2003: the residual mean square widens what the normal fit gives
    spread = float((rest["precision_weight"] * rest["residual"] ** 2).sum()) / free
    hartung_knapp = random and (knapp_hartung is True or (knapp_hartung == "auto" and fit.tau2 > 0))
    if hartung_knapp and spread <= 1e-24:
        raise ValueError(
            "The moderators fit every effect (nearly) exactly, so the Hartung-Knapp intervals "
            "have no width. Use knapp_hartung='auto' or False, and ask how independent studies "
            "could lie so well on a line."
        )
    widen = spread if hartung_knapp else 1.0
    line = _Line(
        scale=scale,
        coding=coding,
        categories=categories,
        terms=fit.coefficients["term"].astype(str).tolist(),
        beta=fit.coefficients["estimate"].to_numpy(dtype=float),
        covariance=fit.classic_coefficient_covariance.to_numpy(dtype=float) * widen,
        free=free if hartung_knapp else None,
        level=level,
    )
    has_null = MEASURES[code].null is not None
    coefficients = line.coefficients(has_null)
    usable = np.isfinite(coefficients[["estimate", "se", "ci_low", "ci_high"]].to_numpy())
    if not (usable.all() and (coefficients["se"] > 0).all()):
        raise ValueError(
            "The coefficients are too large or too small for a computer in the unit of "
            f"{', '.join(coding)}. Give the moderator in another unit."
        )
    warnings = []
    if fit.k < _FEW * len(moderators):
        warnings.append("Fewer than ten studies for each moderator: expect chance findings.")
    if not has_null:
        warnings.append("The intercept has no p-value: this measure has no value of no effect.")
    test = fit.global_test
    wald, terms = float(test.statistic), int(test.df_num)
    return MetaRegression(
        measure=code,
        k=fit.k,
        method=method,
        interval="Hartung-Knapp" if hartung_knapp else "normal",
        level=level,
        tau2=float(fit.tau2 * scale.unit**2) if random else None,
        r2=None if fit.pseudo_r2 is None else float(fit.pseudo_r2),
        i2=float(fit.heterogeneity.i2),
        qe=float(fit.heterogeneity.q),
        qe_df=int(fit.heterogeneity.df),
        qe_p=float(fit.heterogeneity.pvalue),
        qm=wald / terms / spread if hartung_knapp else wald,
        qm_df=terms,
        qm_df2=free if hartung_knapp else None,
        qm_p=float(f.sf(wald / terms / spread, terms, free) if hartung_knapp else test.pvalue),
        warnings=tuple(warnings),
        call=call_text(
            "meta_regression",
            moderators=list(moderators),
            effect=effect,
            variance=variance,
            label=label,
            measure=code,
            reference=dict(reference) if reference else None,
            method=method,
            knapp_hartung=knapp_hartung,
            level=level,
            max_iterations=max_iterations,
        ),
        versions=versions(),
        _coefficients=coefficients,
        _line=line,
        _studies=pd.DataFrame(
            {
                "label": names,
                "effect": y,
                "weight": 100 * rest["normalized_precision_weight"].to_numpy(dtype=float),
                **{f"moderator {c}": x for c, x in values.items()},
            }
        ),
    )


# --- sensitivity ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Sensitivity:
    """Result of :func:`leave_one_out` and :func:`cumulative`.

    Attributes
    ----------
    kind : str
        ``"leave one out"`` or ``"cumulative"``.
    original : MetaAnalysis
        The analysis with all studies.
    warnings : tuple of str
        Why cells of the table are empty, and what else a reader must know.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    kind: str
    original: MetaAnalysis
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)
    _table: pd.DataFrame = field(repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a refit: the study, ``k``, estimate, interval, p-value, τ² and I².

        What cannot be had is empty, and ``warnings`` say why.
        """
        return self._table.copy()

    def summary(self) -> str:
        """How far the estimate moves, in a sentence, with the warnings."""
        say = self.original.natural
        t = self._table
        span = f"{significant(say(t['estimate'].min()))} to {significant(say(t['estimate'].max()))}"
        if self.kind == "leave one out":
            gap = (t["estimate"] - self.original.estimate).abs().to_numpy()
            farthest = t["omitted"].tolist()[int(gap.argmax())]
            null, told = MEASURES[self.original.measure].null, ""
            if null is not None:
                inside = (t["ci_low"] <= null) & (t["ci_high"] >= null)
                whole = self.original.ci_low <= null <= self.original.ci_high
                turned = t.loc[inside != whole, "omitted"].tolist()
                told = (
                    f" The interval then {'excludes' if whole else 'includes'} no effect without "
                    f"{', '.join(turned)}."
                    if turned
                    else " Leaving one out never changes whether the interval includes no effect."
                )
            text = (
                f"Leaving out one study at a time, the estimate lies between "
                f"{span.replace(' to ', ' and ')} (all: "
                f"{significant(say(self.original.estimate))}); the largest change comes from "
                f"{farthest}.{told}"
            )
        else:
            text = (
                f"Adding one study at a time, the estimate ran from "
                f"{significant(say(t['estimate'].iloc[0]))} with {t['added'].iloc[0]} to "
                f"{significant(say(t['estimate'].iloc[-1]))} with all {self.original.k}, within "
                f"{span}."
            )
        return " ".join([text, *self.warnings])

    def chart(self, **options: Any) -> Any:
        """Forest plot of the refits; see :func:`secretome.evidence_charts.sensitivity`."""
        from secretome.evidence_charts import sensitivity

        return sensitivity(self, **options)


def _refit_row(fit: MetaAnalysis) -> dict[str, Any]:
    return {
        "k": fit.k,
        "estimate": fit.estimate,
        "ci_low": fit.ci_low,
        "ci_high": fit.ci_high,
        "p_value": fit.p_value,
        "tau2": fit.tau2,
        "i2": fit.i2,
    }


def _sensitivity(kind: str, result: MetaAnalysis, call: str, table: pd.DataFrame) -> Sensitivity:
    """The table, with a reason for each kind of cell that is empty in it."""
    warnings = []
    if result.tau2 is None:
        warnings.append("The common-effect model has no τ².")
    if table["k"].min() == 1:
        warnings.append("The first row is one study alone: it has neither τ² nor I².")
    if kind == "leave one out" and result.k == 3:
        warnings.append("Two studies are left each time: τ² is hardly estimable.")
    if result.p_value is None:
        warnings.append("There is no p-value: this measure has no value of no effect.")
    return Sensitivity(kind, result, tuple(warnings), call, versions(), table)


def leave_one_out(result: MetaAnalysis) -> Sensitivity:
    """Repeat a meta-analysis without each study in turn.

    Parameters
    ----------
    result : MetaAnalysis
        Result of :func:`meta_analysis` with three studies or more.

    Returns
    -------
    Sensitivity
        One row a study that was left out.

    Raises
    ------
    ValueError
        If there are fewer than three studies.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import leave_one_out, meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.2, 0.9], "variance": [0.02] * 3})
    >>> leave_one_out(meta_analysis(df)).to_frame()["estimate"].round(2).tolist()
    [0.55, 0.5, 0.15]
    """
    if result.k < 3:
        raise ValueError(
            f"Leaving one out of {_studies(result.k)} leaves nothing to pool; three are needed."
        )
    rows = np.arange(result.k)
    table = [
        {"omitted": label, **_refit_row(_again(result, rows[rows != i]))}
        for i, label in enumerate(result._studies["label"])
    ]
    call = f"leave_one_out({result.call})"
    return _sensitivity("leave one out", result, call, pd.DataFrame(table))


def cumulative(result: MetaAnalysis, by: str, *, ascending: bool = True) -> Sensitivity:
    """Repeat a meta-analysis each time a study is added.

    Parameters
    ----------
    result : MetaAnalysis
        Result of :func:`meta_analysis`.
    by : str
        Column that gives the order, for example the year; ties keep their order.  A column of
        the table that was pooled comes before one of the result with the same name.
    ascending : bool
        Smallest first.

    Returns
    -------
    Sensitivity
        One row a study; the first is that study alone.

    Raises
    ------
    KeyError
        If there is no such column.
    ValueError
        If a cell of `by` is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import cumulative, meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.2, 0.9], "variance": [0.02] * 3})
    >>> df["year"] = [2012, 2010, 2011]
    >>> cumulative(meta_analysis(df), by="year").to_frame()["added"].tolist()
    ['1', '2', '0']
    """
    own = f"{by}_given" if f"{by}_given" in result._studies.columns else by
    _need(result._studies, own)
    column = result._studies[own]
    complaints = Complaints(result._studies["label"].tolist())
    absent = column.isna().to_numpy(dtype=bool)
    complaints.add(absent, by, raw_values(result._studies, own), "every study needs a place")
    complaints.throw()
    ranked = column.reset_index(drop=True).sort_values(ascending=ascending, kind="stable")
    order = ranked.index.to_numpy()
    labels = result._studies["label"].tolist()
    fits = [_again(result, order[: i + 1]) for i in range(result.k)]
    table = pd.DataFrame(
        [{"added": labels[i]} | _refit_row(f) for i, f in zip(order, fits, strict=True)]
    )
    table.insert(1, f"{by}_given" if by in table.columns else by, ranked.to_numpy())
    call = f"cumulative({result.call}, by={by!r}, ascending={ascending})"
    return _sensitivity("cumulative", result, call, table)


# --- small-study effects --------------------------------------------------------------------


@dataclass(frozen=True)
class AsymmetryTest:
    """Result of :func:`egger` and :func:`begg`.

    Attributes
    ----------
    name : str
        Name of the test.
    k : int
        Number of studies.
    estimate : float
        Egger's intercept, or Kendall's tau.
    se : float or None
        Standard error of the intercept; None for Begg's test.
    statistic : float
        t, z, or Kendall's S where the test is exact.
    distribution : str
        ``"t"``, ``"normal"`` or ``"exact"``.
    df : int or None
        Degrees of freedom of t.
    p_value : float
        Two-sided.
    limit : float or None
        Egger's effect of a study without sampling error, on the scale of analysis.
    warnings : tuple of str
        What a reader must know.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    name: str
    k: int
    estimate: float
    se: float | None
    statistic: float
    distribution: str
    df: int | None
    p_value: float
    limit: float | None
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)
    _original: MetaAnalysis = field(repr=False, compare=False)

    def summary(self) -> str:
        """The test in a sentence, with its warnings."""
        what = "intercept" if self.df is not None else "Kendall's tau"
        return " ".join(
            [
                f"{self.name} of {_studies(self.k)}: {what} {significant(self.estimate)}, "
                f"{p_text(self.p_value)}. An asymmetric funnel has many causes; bias in what is "
                "published is one.",
                *self.warnings,
            ]
        )

    def to_frame(self) -> pd.DataFrame:
        """The result as a table of one row."""
        return _one_row(self)

    def chart(self, **options: Any) -> Any:
        """Funnel plot, with the line of Egger's test.

        See :func:`secretome.evidence_charts.funnel`.
        """
        from secretome.evidence_charts import funnel

        return funnel(self, **options)


_LOW_POWER = "Fewer than ten studies: the test has too little power to be read either way."


def _asymmetry(result: MetaAnalysis, test: str) -> tuple[Any, _Scale]:
    import meta_analyze

    if result.k < 3:
        raise ValueError(
            f"A test of the funnel needs three studies, and means little below ten; there "
            f"{'is' if result.k == 1 else 'are'} {result.k}."
        )
    y = result._studies["effect"].to_numpy(dtype=float)
    v = result._studies["variance"].to_numpy(dtype=float)
    scale = _Scale.of(y, v)
    fit = _library(scale.effects(y), scale.variances(v), "fixed", False, result.level, 1000)
    try:
        return getattr(fit, test)(), scale
    except meta_analyze.MetaAnalysisError as error:
        raise ValueError(
            f"The funnel cannot be tested: {error} Studies of equal precision, or all with the "
            "same effect, show no funnel."
        ) from error


def egger(result: MetaAnalysis) -> AsymmetryTest:
    """Egger's regression test for small-study effects.

    Parameters
    ----------
    result : MetaAnalysis
        Result of :func:`meta_analysis` with three studies or more.

    Returns
    -------
    AsymmetryTest
        Intercept of effect/SE on 1/SE with its t test.

    Raises
    ------
    ValueError
        If there are too few studies or all have the same standard error.

    Notes
    -----
    For odds ratios the effect and its standard error are tied, and the test errs too often;
    for standardised mean differences likewise.

    References
    ----------
    Egger M and colleagues. BMJ 1997;315:629-634.
    https://doi.org/10.1136/bmj.315.7109.629

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import egger, meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.2, 0.6, 0.7], "variance": [0.01, 0.02, 0.09, 0.2]})
    >>> egger(meta_analysis(df)).df
    2
    """
    test, scale = _asymmetry(result, "egger_test")
    warnings: tuple[str, ...] = (_LOW_POWER,) if result.k < _FEW else ()
    if result.measure in ("OR", "SMD"):
        warnings += (
            f"With {result.measure} the effect and its standard error are tied by construction, "
            "so asymmetry is expected without bias.",
        )
    return AsymmetryTest(
        name="Egger's test",
        k=result.k,
        estimate=float(test.intercept),
        se=float(test.intercept_standard_error),
        statistic=float(test.statistic),
        distribution="t",
        df=int(test.df),
        p_value=float(test.pvalue),
        limit=scale.back(test.limit_estimate),
        warnings=warnings,
        call=f"egger({result.call})",
        versions=versions(),
        _original=result,
    )


def begg(result: MetaAnalysis) -> AsymmetryTest:
    """Begg and Mazumdar's rank correlation test for small-study effects.

    Parameters
    ----------
    result : MetaAnalysis
        Result of :func:`meta_analysis` with three studies or more.

    Returns
    -------
    AsymmetryTest
        Kendall's tau of standardised effect and variance.

    Raises
    ------
    ValueError
        If there are too few studies, or effects or variances are all the same.

    References
    ----------
    Begg CB, Mazumdar M. Biometrics 1994;50:1088-1101.
    https://doi.org/10.2307/2533446

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import begg, meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.2, 0.6, 0.7], "variance": [0.01, 0.02, 0.09, 0.2]})
    >>> begg(meta_analysis(df)).distribution
    'exact'
    """
    test, _ = _asymmetry(result, "begg_test")
    return AsymmetryTest(
        name="Begg's test",
        k=result.k,
        estimate=float(test.tau),
        se=None,
        statistic=float(test.statistic),
        distribution=str(test.distribution),
        df=None,
        p_value=float(test.pvalue),
        limit=None,
        warnings=(_LOW_POWER,) if result.k < _FEW else (),
        call=f"begg({result.call})",
        versions=versions(),
        _original=result,
    )


@dataclass(frozen=True)
class TrimAndFill:
    """Result of :func:`trim_and_fill`.

    Attributes
    ----------
    filled : int
        Number of studies that symmetry would add.
    side : str
        ``"left"`` or ``"right"``: where they are missing.
    original, adjusted : MetaAnalysis
        The analysis before and after; the added rows have ``filled`` set in
        ``adjusted.studies``.
    warnings : tuple of str
        What a reader must know.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    filled: int
    side: str
    original: MetaAnalysis
    adjusted: MetaAnalysis
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)

    def summary(self) -> str:
        """The scenario in a sentence, with its warnings."""
        a, o = self.adjusted, self.original
        return " ".join(
            [
                f"Trim and fill adds {_studies(self.filled)} on the {self.side}; the estimate goes "
                f"from {significant(o.natural(o.estimate))} ({o._range(o.ci_low, o.ci_high)}) to "
                f"{significant(a.natural(a.estimate))} ({a._range(a.ci_low, a.ci_high)}).",
                *self.warnings,
            ]
        )

    def to_frame(self) -> pd.DataFrame:
        """One row before and one after."""
        table = pd.concat([self.original.to_frame(), self.adjusted.to_frame()], ignore_index=True)
        table.insert(0, "analysis", ["as published", "trim and fill"])
        return table

    def chart(self, **options: Any) -> Any:
        """Funnel plot with the added studies hollow.

        See :func:`secretome.evidence_charts.funnel`.
        """
        from secretome.evidence_charts import funnel

        return funnel(self, **options)


def trim_and_fill(
    result: MetaAnalysis,
    *,
    side: Literal["left", "right"] | None = None,
    estimator: Literal["L0", "R0"] = "L0",
) -> TrimAndFill:
    """Duval and Tweedie's trim and fill: how much asymmetry could matter.

    Parameters
    ----------
    result : MetaAnalysis
        Result of :func:`meta_analysis` with three studies or more.
    side : {"left", "right"}, optional
        Side on which studies are thought to be missing; the side that Egger's slope points to
        when left out.
    estimator : {"L0", "R0"}
        Estimator of the number of missing studies.

    Returns
    -------
    TrimAndFill
        The number of added studies, and the analysis with them.

    Raises
    ------
    ValueError
        If there are too few studies or an option does not exist.
    ConvergenceError
        If the trimming does not settle.

    Notes
    -----
    The added studies are mirror images, not findings.  With heterogeneity the method adds
    studies where none are missing.

    References
    ----------
    Duval S, Tweedie R. Biometrics 2000;56:455-463.
    https://doi.org/10.1111/j.0006-341x.2000.00455.x

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import meta_analysis, trim_and_fill
    >>> df = pd.DataFrame({"effect": [0.1, 0.2, 0.6, 0.7], "variance": [0.01, 0.02, 0.09, 0.2]})
    >>> trim_and_fill(meta_analysis(df)).side
    'left'
    """
    import meta_analyze

    if side not in (None, "left", "right"):
        raise ValueError(f"side is {side!r}; it must be 'left', 'right' or left out.")
    if estimator not in ("L0", "R0"):
        raise ValueError(f"estimator is {estimator!r}; it must be 'L0' or 'R0'.")
    if result.k < 3:
        raise ValueError(f"Trim and fill needs three studies or more, got {result.k}.")
    y = result._studies["effect"].to_numpy(dtype=float)
    v = result._studies["variance"].to_numpy(dtype=float)
    scale = _Scale.of(y, v)
    method, rounds = str(result._options["method"]), int(result._options["max_iterations"])
    fit = _library(scale.effects(y), scale.variances(v), method, False, result.level, rounds)
    try:
        done = fit.trim_and_fill(side=side, estimator=estimator)
    except meta_analyze.ConvergenceError as error:
        raise ConvergenceError(
            f"The trimming did not settle ({error}). Name the side, or try the other estimator."
        ) from error
    except (meta_analyze.MetaAnalysisError, ArithmeticError) as error:
        raise ValueError(
            f"Trim and fill cannot be done: {error} Name the side where the funnel has none."
        ) from error
    rows = done.augmented_studies
    added = rows[rows["imputed"]]
    base = result._studies.assign(filled=False)
    extra = pd.DataFrame(
        {
            "label": [f"filled {i + 1}" for i in range(len(added))],
            "effect": [scale.back(e) for e in added["effect"]],
            "variance": added["variance"].to_numpy(dtype=float) * scale.unit**2,
            "filled": True,
        }
    )
    whole = pd.concat([base, extra], ignore_index=True) if len(extra) else base
    call = f"trim_and_fill({result.call}, side={str(done.side)!r}, estimator={estimator!r})"
    adjusted = _pool(
        whole,
        whole["label"].tolist(),
        whole["effect"].to_numpy(dtype=float),
        whole["variance"].to_numpy(dtype=float),
        result.measure,
        result._options,
        f"{call}.adjusted",
    )
    warnings = ["The added studies are mirror images, not findings: a scenario, not a correction."]
    if result.k < _FEW:
        warnings.append("Fewer than ten studies: the number added is unstable.")
    if (result.i2 or 0) > 0.5:
        warnings.append("With this heterogeneity the method adds studies where none are missing.")
    return TrimAndFill(
        filled=int(done.k0),
        side=str(done.side),
        original=result,
        adjusted=adjusted,
        warnings=tuple(warnings),
        call=call,
        versions=versions(),
    )


# --- synthesis without meta-analysis -----------------------------------------------------


@dataclass(frozen=True)
class DirectionSynthesis:
    """Result of :func:`direction_synthesis`.

    Attributes
    ----------
    n_studies : int
        Studies in the table.
    favourable, unfavourable : int
        Studies whose outcomes point to and away from benefit: those that are tested.
    undecided : int
        Studies with outcomes on both sides, or with no clear direction.
    uncontrolled : int
        Studies without a comparator; they have no direction.
    coded_by : str
        ``"effect"`` or ``"significance"``: what the directions were judged by.
    share, share_low, share_high : float
        Favourable among those with a side, with the exact (Clopper-Pearson) interval; among all
        controlled studies where directions were coded by significance.
    share_of_controlled : float
        Favourable among all controlled studies, the undecided counted as not favourable.
    sign_p : float or None
        Two-sided exact sign test of a share of one half; None where directions were coded by
        significance.
    sign_p_worst : float or None
        The same with every undecided study counted as unfavourable.
    fisher_p, stouffer_p : float or None
        Combined one-sided p-values for benefit; None where no p-values were given.
    n_p : int
        Studies whose p-values were combined.
    level : float
        Level of the interval.
    warnings : tuple of str
        What a reader must know.
    call : str
        The call that made it.
    versions : mapping
        Versions of the packages that computed it.
    """

    n_studies: int
    favourable: int
    unfavourable: int
    undecided: int
    uncontrolled: int
    coded_by: str
    share: float
    share_low: float
    share_high: float
    share_of_controlled: float
    sign_p: float | None
    sign_p_worst: float | None
    fisher_p: float | None
    stouffer_p: float | None
    n_p: int
    level: float
    warnings: tuple[str, ...]
    call: str
    versions: Mapping[str, str] = field(repr=False)
    _studies: pd.DataFrame = field(repr=False, compare=False)

    @property
    def studies(self) -> pd.DataFrame:
        """One row a study: its direction, and how many outcomes point where."""
        return self._studies.copy()

    def summary(self) -> str:
        """The synthesis in sentences, the SWiM warning included."""
        per = f"{100 * self.level:g} % interval"
        span = f"{_per_cent(self.share_low)} to {_per_cent(self.share_high)}"
        apart = f" {self.uncontrolled} without a comparator stand apart." * bool(self.uncontrolled)
        if self.sign_p is None or self.sign_p_worst is None:
            text = (
                f"Of {_studies(self.n_studies - self.uncontrolled)} with a comparator, "
                f"{self.favourable} report a difference in favour of the treatment, "
                f"{self.unfavourable} of the comparator, {self.undecided} neither: "
                f"{_per_cent(self.share)} ({per} {span}).{apart} The directions were coded by "
                "significance, so no test is made of them."
            )
        else:
            tested = self.favourable + self.unfavourable
            text = (
                f"Of {_studies(tested)} with a direction, {self.favourable} "
                f"{'favours' if self.favourable == 1 else 'favour'} the treatment and "
                f"{self.unfavourable} the comparator: {_per_cent(self.share)} ({per} {span}), "
                f"sign test {p_text(self.sign_p)}."
            )
            if self.undecided:
                text += (
                    f" With the {self.undecided} without one clear direction counted as "
                    f"unfavourable: {_per_cent(self.share_of_controlled)}, "
                    f"{p_text(self.sign_p_worst)}."
                )
            text += apart
        if self.fisher_p is not None and self.stouffer_p is not None:
            text += (
                f" Combined p-values of {_studies(self.n_p)} for benefit: Fisher "
                f"{p_text(self.fisher_p)} (in at least one study), Stouffer "
                f"{p_text(self.stouffer_p)} (on balance)."
            )
        return " ".join([text, *self.warnings])

    def to_frame(self) -> pd.DataFrame:
        """The result as a table of one row."""
        return _one_row(self)

    def chart(self, **options: Any) -> Any:
        """Bar of the studies by direction.

        See :func:`secretome.evidence_charts.direction_counts`.
        """
        from secretome.evidence_charts import direction_counts

        return direction_counts(self, **options)


_BETTER: dict[Any, int] = {"higher": 1, "lower": -1, True: 1, False: -1}


def directions(
    df: pd.DataFrame,
    effect: str = "effect",
    *,
    higher_is_better: bool | str = True,
    favourable: str = "favours product",
    unfavourable: str = "favours comparator",
    undecided: str = "no clear difference",
    label: str | None = None,
) -> pd.Series[Any]:
    """Direction of each effect in words, whatever its p-value.

    Parameters
    ----------
    df : pandas.DataFrame
        One row an effect.
    effect : str
        Column with effects on the scale of analysis (0 is no effect).
    higher_is_better : bool or str
        Whether a positive effect is a benefit, or a column that holds ``higher`` or ``lower``
        (or True and False) for each row.
    favourable, unfavourable, undecided : str
        Words for effects that are a benefit, a harm, or exactly 0.
    label : str, optional
        Column that names the rows in messages.

    Returns
    -------
    pandas.Series
        One word a row, on the index of `df`.

    Raises
    ------
    ValueError
        If an effect is not a finite number.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import directions
    >>> directions(pd.DataFrame({"effect": [0.2, -0.1]})).tolist()
    ['favours product', 'favours comparator']
    """
    _need(df, effect, label)
    complaints = Complaints(row_names(df, label))
    y = numbers(df, effect, complaints)
    turn: Any = 1 if higher_is_better else -1
    if isinstance(higher_is_better, str):
        _need(df, higher_is_better)
        turn = np.array([_BETTER.get(v, 0) for v in df[higher_is_better].tolist()])
        complaints.add(
            turn == 0,
            higher_is_better,
            raw_values(df, higher_is_better),
            "must say which way is better: higher or lower",
        )
    complaints.throw()
    sign = np.sign(y) * turn
    words = np.select([sign > 0, sign < 0], [favourable, unfavourable], undecided)
    return pd.Series(words, index=df.index, name="direction", dtype=str)


def direction_synthesis(
    df: pd.DataFrame,
    direction: str = "direction",
    *,
    study: str = "study_id",
    favourable: str = "favours product",
    unfavourable: str = "favours comparator",
    uncontrolled: str = "no comparator",
    other: Sequence[str] = ("no clear difference", "mixed"),
    coded_by: Literal["effect", "significance"],
    agreement: float = 0.7,
    unanimous: bool = False,
    p: str | None = None,
    n: str | None = None,
    level: float = 0.95,
) -> DirectionSynthesis:
    """Synthesis without meta-analysis: direction of effect per study.

    Parameters
    ----------
    df : pandas.DataFrame
        One row an outcome; a study may have several.
    direction : str
        Column with the direction of each outcome.
    study : str
        Column that tells which rows belong to one study.
    favourable, unfavourable, uncontrolled : str
        Words for benefit, harm and no comparator.
    other : sequence of str
        Words that give no side.
    coded_by : {"effect", "significance"}
        What the directions were judged by: the effect whatever its p-value, as SWiM asks (see
        :func:`directions`), or a significant difference.  There is no default, because the
        second is a count of significant results: it is described, and not tested.
    agreement : float
        A study takes the direction of its outcomes if at least this share of those with a side
        agree (0.7 after Boon and Thomson 2021) and those without a side are not the majority;
        else it is undecided.
    unanimous : bool
        Stricter, and the rule of :func:`secretome.appraisal.how_sure`: a study takes a side only
        if *all* its outcomes with a comparator do, those without a side included.
    p : str, optional
        Column with exact two-sided p-values; needs one row a study.
    n : str, optional
        Column with numbers of participants, for weights ``√n`` in Stouffer's method.
    level : float
        Level of the interval.

    Returns
    -------
    DirectionSynthesis
        Counts of studies, the share with its exact interval, the sign test, combined p-values.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If there are no rows, a row has no study, a direction is none of the words, no study has
        a side (or a comparator), p-values are combined with several rows a study, or a p-value
        is not above 0 and at most 1.

    Warns
    -----
    Every result carries :data:`SWIM_WARNING`.

    Notes
    -----
    One direction a study, so that a study with many outcomes does not vote often.  Two-sided
    p-values are made one-sided by the direction of the study: ``p/2`` for benefit,
    ``1 − p/2`` for harm; studies without a side are left out and counted.

    Explained in the chapter *Synthesis*.

    References
    ----------
    Cochrane Handbook, sections 12.4.2.2 and 12.4.2.3.
    Boon MH, Thomson H. Res Synth Methods 2021;12:29-33.
    https://doi.org/10.1002/jrsm.1458
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.
    https://doi.org/10.1093/biomet/26.4.404

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.synthesis import direction_synthesis
    >>> df = pd.DataFrame({"study_id": list("ABCDE"), "direction": ["favours product"] * 5})
    >>> result = direction_synthesis(df, coded_by="effect")
    >>> result.sign_p, round(result.share_low, 3)
    (0.0625, 0.478)
    """
    from scipy.stats import binomtest

    _need(df, direction, study, p, n)
    if df.empty:
        raise ValueError(
            "The table has no rows, so there is nothing to count. Look at the filter that made it."
        )
    if coded_by not in ("effect", "significance"):
        raise ValueError(
            f"coded_by is {coded_by!r}; it must be 'effect' (direction whatever the p-value) or "
            "'significance' (a side only where a test found a difference)."
        )
    if p is not None and coded_by == "significance":
        raise ValueError(
            "With directions coded by significance only the significant p-values have a sign, and "
            "combining those alone proves whatever one likes. Code the direction of every effect "
            "first (secretome.synthesis.directions), then pass coded_by='effect'."
        )
    if not 0.5 < agreement <= 1:
        raise ValueError(f"agreement is {agreement!r}; it must be above 0.5 and at most 1.")
    if not 0 < level < 1:
        raise ValueError(f"level is {level!r}; it must lie between 0 and 1, for example 0.95.")
    names = row_names(df, study)
    other = tuple(other)
    words = (favourable, unfavourable, uncontrolled, *other)
    complaints = Complaints(names)
    homeless = df[study].isna().to_numpy(dtype=bool)
    complaints.add(homeless, study, raw_values(df, study), "every outcome needs its study")
    unknown = ~df[direction].isin(words).to_numpy(dtype=bool)
    complaints.add(
        unknown, direction, raw_values(df, direction), f"must be one of: {', '.join(words)}"
    )
    complaints.throw()
    table = _per_study(
        df, study, direction, favourable, unfavourable, uncontrolled, agreement, unanimous
    )
    verdicts = table["direction"]
    good, bad = int((verdicts == favourable).sum()), int((verdicts == unfavourable).sum())
    alone = int((verdicts == uncontrolled).sum())
    controlled = len(table) - alone
    by_effect = coded_by == "effect"
    base = good + bad if by_effect else controlled
    if base == 0:
        raise ValueError(
            f"None of {_studies(len(table))} has a "
            f"{'direction of effect' if by_effect else 'comparator'}, so there is nothing to "
            "count. Say so: it is the finding."
        )
    exact = binomtest(good, base, 0.5).proportion_ci(level, method="exact")
    warnings = [SWIM_WARNING]
    if by_effect and base < 6:
        warnings.append(
            "Fewer than six studies with a side: the sign test cannot fall below 0.05, whatever "
            "they show."
        )
    fisher = stouffer = None
    n_p = 0
    if p is not None:
        fisher, stouffer, n_p = _combined(
            df, p, n, table, names, favourable, unfavourable, complaints
        )
        if n_p == 0:
            warnings.append("No study has both a side and a p-value: none were combined.")
    return DirectionSynthesis(
        n_studies=len(table),
        favourable=good,
        unfavourable=bad,
        undecided=controlled - good - bad,
        uncontrolled=alone,
        coded_by=coded_by,
        share=good / base,
        share_low=float(exact.low),
        share_high=float(exact.high),
        share_of_controlled=good / controlled,
        sign_p=float(binomtest(good, base, 0.5).pvalue) if by_effect else None,
        sign_p_worst=float(binomtest(good, controlled, 0.5).pvalue) if by_effect else None,
        fisher_p=fisher,
        stouffer_p=stouffer,
        n_p=n_p,
        level=level,
        warnings=tuple(warnings),
        call=call_text(
            "direction_synthesis",
            direction=direction,
            study=study,
            favourable=favourable,
            unfavourable=unfavourable,
            uncontrolled=uncontrolled,
            other=other,
            coded_by=coded_by,
            agreement=agreement,
            unanimous=unanimous or None,
            p=p,
            n=n,
            level=level,
        ),
        versions=versions(),
        _studies=table,
    )


def _per_study(
    df: pd.DataFrame,
    study: str,
    direction: str,
    favourable: str,
    unfavourable: str,
    uncontrolled: str,
    agreement: float,
    unanimous: bool,
) -> pd.DataFrame:
    rows = []
    key: Hashable
    for key, cells in df.groupby(study, sort=False)[direction]:
        good, bad = int((cells == favourable).sum()), int((cells == unfavourable).sum())
        alone = int((cells == uncontrolled).sum())
        sided, rest = good + bad, len(cells) - good - bad - alone
        if alone == len(cells):
            verdict = uncontrolled
        elif unanimous and (rest or min(good, bad)):
            verdict = "undecided"
        elif sided and sided >= rest and max(good, bad) >= agreement * sided:
            verdict = favourable if good > bad else unfavourable
        else:
            verdict = "undecided"
        rows.append(
            {
                study: key,
                "direction": verdict,
                "outcomes": len(cells),
                "favourable": good,
                "unfavourable": bad,
                "no side": rest,
                "no comparator": alone,
            }
        )
    return pd.DataFrame(rows)


def _combined(
    df: pd.DataFrame,
    p: str,
    n: str | None,
    table: pd.DataFrame,
    names: list[str],
    favourable: str,
    unfavourable: str,
    complaints: Complaints,
) -> tuple[float | None, float | None, int]:
    """Fisher's and Stouffer's combination of one-sided p-values."""
    from scipy.stats import chi2, norm

    if len(table) != len(df):
        raise ValueError(
            "P-values of several outcomes of one study are not independent. Choose one row a "
            "study, by a rule that was set before looking, then combine."
        )
    verdicts = table["direction"].to_numpy()
    used: NDArray[np.bool_] = np.isin(verdicts, [favourable, unfavourable]) & df[
        p
    ].notna().to_numpy(dtype=bool)
    if not used.any():
        return None, None, 0
    part = df[used]
    inner = Complaints([names[i] for i in np.flatnonzero(used)])
    values = numbers(part, p, inner, low=0, above=True, high=1)
    weights = (
        np.ones(len(part)) if n is None else np.sqrt(numbers(part, n, inner, low=0, above=True))
    )
    inner.throw(
        "Exact p-values are needed: a limit such as '< 0.05' is no value, and a printed 0.000 "
        "only means below 0.0005. Leave the cell empty where there is none."
    )
    good = verdicts[used] == favourable
    one_sided = np.where(good, values / 2, 1 - values / 2)
    statistic = float(-2 * np.log(one_sided).sum())
    # isf of a small p keeps digits that ppf(1 - p) would lose
    z = np.where(good, norm.isf(values / 2), -norm.isf(values / 2))
    total = float((weights * z).sum() / np.sqrt((weights**2).sum()))
    return float(chi2.sf(statistic, 2 * len(part))), float(norm.sf(total)), len(part)

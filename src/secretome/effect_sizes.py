"""Effect sizes with their variances, from arms, quartiles, tests or intervals.

Five lines take a class's own file of arms to a forest plot and a sentence::

    import pandas as pd
    from secretome import effect_sizes, evidence_charts, synthesis
    arms = effect_sizes.from_arms(pd.read_csv("arms.csv"), measure="SMD")
    pooled = synthesis.meta_analysis(arms, label="study")
    print(pooled.summary()); evidence_charts.forest(pooled)

The file has one row a comparison.  Where it has one row an arm, :func:`arms_side_by_side` goes
between reading and computing.

Choices:

Where tools differ, the current Cochrane Handbook and RevMan are followed, and the other
convention is an argument where it is in wide use.

* **SMD** is Hedges g, with the exact gamma-function correction, not its approximation
  ``1 − 3/(4·df − 1)`` (the two differ in the fourth digit at ten participants).  Its variance
  is RevMan's, ``N/(n₁·n₂) + g²/(2·(N − 3.94))``; ``smd_variance="LS"`` gives the large-sample
  form ``N/(n₁·n₂) + g²/(2·N)`` that other programs print.
* **lnRR**, the log ratio of means, is not bias-corrected unless asked:
  ``bias_correction=True`` adds the second-order terms of Lajeunesse (2015).  It needs two
  positive means, and warns where a mean is small against its spread.
* **Zero cells**: 0.5 is added to all four cells of a study, but only where the effect or its
  variance cannot be had without (as RevMan does).  A study with no event in either arm, or
  with nothing but events, is refused: it says nothing of a ratio, and a silent 0.5 would
  invent its effect.
* **Split-body designs** (two sides of one face or one back) are paired.  They are declared
  with ``split_body=`` and need the correlation of the two sides; without one they are
  refused, because an analysis as two groups gets the weight of the study wrong.  A printed
  paired interval or p-value carries its own correlation and needs none.
* A value that was converted says so: each row carries a ``note`` with the source of the
  conversion and what it assumes.  Notes that a table brings along are kept: each step adds its
  own after a semicolon, and a step that is done again replaces what it said before.
* Ratios are on the logarithmic scale in ``effect``; :func:`back_transform` undoes it.
* A **standard deviation of zero** in one arm is refused unless ``zero_sd=True`` says that it
  stands in the source.
* Bad cells are listed all at once, each with its row; no row ever turns into a missing value.

The chapter *Synthesis* uses this module.

References
----------
Hedges LV. Distribution theory for Glass's estimator of effect size and related estimators.
J Educ Stat 1981;6:107-128. https://doi.org/10.3102/10769986006002107
Higgins JPT, Li T, Deeks JJ (editors). Chapter 6: Choosing effect measures and computing
estimates of effect. Cochrane Handbook for Systematic Reviews of Interventions.
https://training.cochrane.org/handbook/current/chapter-06
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome._frames import (
    Complaints,
    Floats,
    MissingName,
    first_seen,
    need,
    numbers,
    raw_values,
    row_names,
)

__all__ = [
    "MEASURES",
    "Measure",
    "arms_side_by_side",
    "back_transform",
    "change_sd",
    "correlation_of_change",
    "from_arms",
    "from_change",
    "from_interval",
    "from_p_value",
    "from_proportions",
    "from_statistic",
    "hedges_correction",
    "mean_sd_from_quartiles",
    "sd_from_interval",
]

Scale = Literal["linear", "log", "logit", "arcsine"]


@dataclass(frozen=True)
class Measure:
    """What an effect is, and how to read it.

    Attributes
    ----------
    code : str
        Short name, as in the column ``effect_measure``.
    name : str
        Name in words, for titles and sentences.
    scale : {"linear", "log", "logit", "arcsine"}
        Scale of the column ``effect``; :func:`back_transform` undoes it.
    null : float or None
        Value of no effect on that scale; None where there is none, as for a proportion.
    """

    code: str
    name: str
    scale: Scale
    null: float | None


MEASURES: dict[str, Measure] = {
    m.code: m
    for m in (
        Measure("SMD", "standardised mean difference", "linear", 0.0),
        Measure("MD", "mean difference", "linear", 0.0),
        Measure("lnRR", "ratio of means", "log", 0.0),
        Measure("RR", "risk ratio", "log", 0.0),
        Measure("OR", "odds ratio", "log", 0.0),
        Measure("RD", "risk difference", "linear", 0.0),
        Measure("HR", "hazard ratio", "log", 0.0),
        Measure("MC", "mean change from baseline", "linear", 0.0),
        Measure("SMC", "standardised mean change from baseline", "linear", 0.0),
        Measure("PLO", "proportion", "logit", None),
        Measure("PAS", "proportion", "arcsine", None),
        Measure("PR", "proportion", "linear", None),
        Measure("effect", "effect", "linear", 0.0),
    )
}
"""Known measures of effect by their code."""

_COMPUTED = ("effect_measure", "effect", "variance", "se", "ci_low", "ci_high")
_ARMS = ("SMD", "MD", "lnRR", "RR", "OR", "RD")


def _measure(code: str) -> Measure:
    if code not in MEASURES:
        raise ValueError(f"There is no measure {code!r}. It must be one of: {', '.join(MEASURES)}.")
    return MEASURES[code]


def back_transform(values: Any, measure: str) -> Any:
    """Bring effects from the scale of the analysis to the scale of the reader.

    Parameters
    ----------
    values : float, array or pandas.Series
        Effects or limits of intervals, on the scale of the column ``effect``.
    measure : str
        Code in :data:`MEASURES`.

    Returns
    -------
    float, array or pandas.Series
        Ratios for log scales, proportions for logit and arcsine, else unchanged.

    Raises
    ------
    ValueError
        If there is no such measure.

    Examples
    --------
    >>> from secretome.effect_sizes import back_transform
    >>> round(back_transform(-0.6931472, "RR"), 4)
    0.5
    """
    scale = _measure(measure).scale
    if scale == "linear":
        return values
    if scale == "log":
        done: Any = np.exp(values)
    elif scale == "logit":
        done = 1.0 / (1.0 + np.exp(-np.asarray(values)))
    else:
        # beyond its ends the arcsine scale has no proportion: keep to the ends
        done = np.sin(np.clip(values, 0.0, math.pi / 2)) ** 2
    return float(done) if np.ndim(done) == 0 else done


def hedges_correction(df: Any) -> Any:
    """Exact small-sample correction of a standardised mean difference.

    Parameters
    ----------
    df : float or array
        Degrees of freedom of the standard deviation, at least 2.

    Returns
    -------
    float or array
        ``Γ(df/2) / (√(df/2) · Γ((df − 1)/2))``.

    Raises
    ------
    ValueError
        If any `df` is below 2.

    References
    ----------
    Hedges 1981, equation 6e.  Tricomi FG, Erdelyi A. Pac J Math 1951;1:133-142 (the series
    that is used above 1000 degrees of freedom). https://doi.org/10.2140/pjm.1951.1.133

    Examples
    --------
    >>> from secretome.effect_sizes import hedges_correction
    >>> round(hedges_correction(98), 4)
    0.9923
    """
    from scipy.special import gammaln

    free = np.asarray(df, dtype=np.float64)
    if not np.all(free >= 2):
        raise ValueError(
            f"The correction needs 2 or more degrees of freedom, got {df!r}; a standard "
            "deviation from three or more participants is the least that it can work on."
        )
    half = np.minimum(free, 1e3) / 2
    done = np.exp(gammaln(half) - gammaln(half - 0.5) - 0.5 * np.log(half))
    # two large logarithms leave few digits of their difference; the series of the ratio of
    # gamma functions (Tricomi and Erdelyi 1951) is exact to double precision from here on
    x = 1 / (np.maximum(free, 1e3) - 1)
    series = 1 - x / 4 + x**2 / 32 + 5 * x**3 / 128 - 21 * x**4 / 2048
    done = np.where(free > 1e3, np.sqrt(1 - 1 / free) * series, done)
    return float(done) if done.ndim == 0 else done


# --- the common end of every function --------------------------------------------------


def _notes(n: int) -> list[list[str]]:
    return [[] for _ in range(n)]


def _note(notes: list[list[str]], rows: NDArray[np.bool_], text: str) -> None:
    for i in np.flatnonzero(rows):
        notes[i].append(text)


def _parts(note: Any) -> list[str]:
    return [] if pd.isna(note) else [part for part in str(note).split("; ") if part]


def _joined(frame: pd.DataFrame, notes: list[list[str]], heads: Sequence[str]) -> list[str]:
    """The notes that the rows came with, then the new ones.

    What begins with the head of its row was said by an earlier run of the same step, and goes.
    """
    came = frame["note"].tolist() if "note" in frame.columns else [None] * len(frame)
    done = []
    for old, new, head in zip(came, notes, heads, strict=True):
        kept = [part for part in _parts(old) if not (head and part.startswith(head))]
        done.append("; ".join(dict.fromkeys([*kept, *new])))
    return done


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(
            f"level is {level!r}; it must lie between 0 and 1, for example 0.95 for 95 %."
        )


def _finish(
    frame: pd.DataFrame,
    effect: Floats,
    variance: Floats,
    measure: str,
    notes: list[list[str]],
    level: float,
    complaints: Complaints,
    *,
    critical: Any = None,
) -> pd.DataFrame:
    from scipy.stats import norm

    _check_level(level)
    complaints.throw()
    wrong = ~(np.isfinite(effect) & np.isfinite(variance) & (variance > 0))
    complaints.add(
        wrong,
        "the variance of the effect",
        variance.tolist(),
        "is not a positive number; the spreads of both arms are zero, or so extreme that the "
        "variance cannot be held",
    )
    complaints.throw()
    se = np.sqrt(variance)
    margin = (norm.ppf(0.5 + level / 2) if critical is None else critical) * se
    again = all(column in frame.columns for column in (*_COMPUTED, "note"))
    heads = [f"{m}: " for m in frame["effect_measure"]] if again else [""] * len(frame)
    said = [[f"{measure}: {text}" for text in texts] for texts in notes]
    return frame.assign(
        effect_measure=measure,
        effect=effect,
        variance=variance,
        se=se,
        ci_low=effect - margin,
        ci_high=effect + margin,
        note=_joined(frame, said, heads),
    )


def _declared(
    frame: pd.DataFrame, split_body: bool | str, complaints: Complaints
) -> NDArray[np.bool_]:
    """Which rows were declared as split-body."""
    if not isinstance(split_body, str):
        return np.full(len(frame), bool(split_body))
    need(frame, split_body)
    cells = [None if pd.isna(v) else v for v in frame[split_body].tolist()]
    known = np.array([v in (True, False) for v in cells], dtype=bool)
    complaints.add(~known, split_body, raw_values(frame, split_body), "must be True or False")
    return np.array([v in (True,) for v in cells], dtype=bool)


def _refuse_split_body(
    frame: pd.DataFrame, split_body: bool | str, remedy: str, complaints: Complaints
) -> None:
    paired = _declared(frame, split_body, complaints)
    by_column = isinstance(split_body, str)
    shown = raw_values(frame, str(split_body)) if by_column else [True] * len(frame)
    complaints.add(paired, str(split_body) if by_column else "split_body", shown, remedy)


def _split_body(
    frame: pd.DataFrame,
    split_body: bool | str,
    correlation: float | str | None,
    names: list[str],
    complaints: Complaints,
) -> tuple[NDArray[np.bool_], Floats]:
    """Which rows are paired, and their correlation (0 for the others)."""
    paired = _declared(frame, split_body, complaints)
    if not paired.any():
        if correlation is not None and not isinstance(split_body, str):
            raise ValueError(
                "A correlation was given, but the design was not declared as split-body, so it "
                "would be ignored. Pass split_body=True where both arms are sides of one body; "
                "leave the correlation out where they are two groups of people."
            )
        return paired, np.zeros(len(frame))
    if correlation is None:
        some = ", ".join(repr(names[i]) for i in np.flatnonzero(paired)[:5])
        raise ValueError(
            f"Split-body rows ({some}) need the correlation between the two sides: their arms "
            "are the same people, and an analysis as two groups would weigh them wrongly. "
            "Pass correlation=0.5 or the name of a column, say where it is from, and repeat the "
            "analysis with a low and a high one. Without any, leave these rows out of the pool."
        )
    return paired, _correlations(frame, correlation, paired, complaints)


def _correlations(
    frame: pd.DataFrame,
    correlation: float | str,
    paired: NDArray[np.bool_],
    complaints: Complaints,
) -> Floats:
    """The correlation of the paired rows, 0 for the others."""
    if isinstance(correlation, str):
        need(frame, correlation)
        raw = raw_values(frame, correlation)
        values = pd.to_numeric(frame[correlation], errors="coerce").to_numpy(
            dtype=np.float64, na_value=np.nan
        )
    else:
        raw = [correlation] * len(frame)
        values = np.full(len(frame), float(correlation))
    with np.errstate(invalid="ignore"):
        bad = paired & ~((values > -1) & (values < 1))
    complaints.add(bad, "the correlation", raw, "must lie between −1 and 1, ends excluded")
    return np.where(paired & ~bad, values, 0.0)


def _zero_spreads(
    df: pd.DataFrame,
    columns: tuple[str, str],
    values: tuple[Floats, Floats],
    zero_sd: bool,
    complaints: Complaints,
    notes: list[list[str]],
) -> None:
    """Refuse spreads of zero; note one of the two where it was declared."""
    s1, s2 = values
    complaints.add(
        (s1 == 0) & (s2 == 0),
        f"{columns[0]} and {columns[1]}",
        [0] * len(df),
        "both are zero, so the effect has no variance; look for the spread in the source",
    )
    for column, own, other in ((columns[0], s1, s2), (columns[1], s2, s1)):
        alone = (own == 0) & (other != 0)
        if zero_sd:
            _note(notes, alone, f"{column} is zero, accepted as declared")
        else:
            complaints.add(
                alone,
                column,
                [0] * len(df),
                "zero says that everybody had the same value; look in the source, and pass "
                "zero_sd=True if it says so",
            )


# --- from two arms -----------------------------------------------------------------------

_LONG = (
    " If your table has one row an arm, lay the arms side by side first, with the names of your "
    'own columns: df = effect_sizes.arms_side_by_side(df, study="trial", arm="arm").'
)


def arms_side_by_side(
    df: pd.DataFrame,
    *,
    study: str = "study",
    arm: str = "arm",
    treated: Any = "treated",
    control: Any = "control",
    n: str = "n",
    mean: str = "mean",
    sd: str = "sd",
    events: str = "events",
) -> pd.DataFrame:
    """One row a comparison from a table with one row an arm.

    Parameters
    ----------
    df : pandas.DataFrame
        Two rows a comparison, one of each arm.
    study, arm : str
        Columns with the name of the comparison and with the arm.
    treated, control : str or other cell
        What stands in the column `arm` for the two arms.
    n, mean, sd, events : str
        Columns with the number of participants and what was measured in each arm, as far as
        they are there.

    Returns
    -------
    pandas.DataFrame
        One row a comparison, in the order of the treated rows, with the names that
        :func:`from_arms` looks for: ``n_treated``, ``n_control``, ``mean_treated`` and so on.
        Another column stays as it is where both arms of every comparison have the same in it,
        and becomes two, with ``_treated`` and ``_control`` after its name, where they differ.
        The notes of both arms go into one ``note``.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If a comparison has not exactly one row of each arm, or there is an arm of another name;
        every such row is named.

    Notes
    -----
    Two comparisons with one control group share its people and are not independent: choose one,
    or join the treated arms into one before this step.

    Explained in the chapter *The helpers in your own course*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import arms_side_by_side
    >>> arms = pd.DataFrame({"trial": ["A", "A"], "arm": ["gel", "placebo"], "year": 2020})
    >>> arms = arms.assign(n=[20, 21], mean=[4.1, 4.6], sd=[1.2, 1.1])
    >>> wide = arms_side_by_side(arms, study="trial", treated="gel", control="placebo")
    >>> wide.columns.tolist()  # doctest: +NORMALIZE_WHITESPACE
    ['trial', 'year', 'n_treated', 'n_control', 'mean_treated', 'mean_control',
    'sd_treated', 'sd_control']
    """
    measured = {n: "n"}
    for own, usual in ((mean, "mean"), (sd, "sd"), (events, "events")):
        if own != usual or own in df.columns:
            measured[own] = usual
    need(df, study, arm, *measured)
    taken = [f"{c}_{a}" for c in measured.values() for a in ("treated", "control")]
    taken = [c for c in taken if c in df.columns]
    if taken:
        raise ValueError(
            f"The table has {', '.join(map(repr, taken))} already. If it has one row a "
            "comparison, take it to from_arms as it is; else drop these columns."
        )
    found = first_seen(df[arm].dropna())
    for wanted, argument in ((treated, "treated"), (control, "control")):
        if wanted not in found:
            raise ValueError(
                f"The column {arm!r} holds {', '.join(map(repr, found)) or 'nothing'}, and "
                f"{wanted!r} is not among them. Pass {argument}= with what stands there for "
                "that arm."
            )
    if treated == control:
        raise ValueError(f"treated and control are both {treated!r}; they must be two arms.")
    complaints = Complaints(row_names(df, study))
    raw = raw_values(df, arm)
    complaints.add(df[study].isna().to_numpy(), study, raw_values(df, study), "needs a name")
    one = np.array([v == treated for v in raw], dtype=bool)
    other = np.array([v == control for v in raw], dtype=bool)
    complaints.add(
        ~(one | other),
        arm,
        raw,
        f"is neither {treated!r} nor {control!r}; leave the row out, or put the word right",
    )
    studies = df[study]
    for here, across, missed in ((one, other, control), (other, one, treated)):
        twice = np.zeros(len(df), dtype=bool)
        twice[here] = studies[here].duplicated(keep=False)
        complaints.add(
            twice,
            arm,
            raw,
            "more than one row of this arm; give each comparison its own name, for example "
            f'df[{study!r}] + ", " + df["outcome"]',
        )
        alone = here & ~studies.isin(studies[across]).to_numpy(dtype=bool)
        complaints.add(alone, arm, raw, f"there is no row of the arm {missed!r} beside it")
    complaints.throw()
    left = df[one].set_index(study)
    right = df[other].set_index(study).loc[left.index]
    wide: dict[str, Any] = {}
    for column in [c for c in left.columns if c != arm and c not in measured] + list(measured):
        a, b = left[column], right[column]
        if column == "note":
            wide[column] = [
                "; ".join(
                    [f"treated: {x}" for x in _parts(t)] + [f"control: {x}" for x in _parts(c)]
                )
                for t, c in zip(a, b, strict=True)
            ]
        elif column not in measured and (a.eq(b).fillna(False) | (a.isna() & b.isna())).all():
            wide[column] = a
        else:
            name = measured.get(column, column)
            wide |= {f"{name}_treated": a, f"{name}_control": b}
    return pd.DataFrame(wide, index=left.index).reset_index()


def from_arms(
    df: pd.DataFrame,
    measure: str,
    *,
    n_treated: str = "n_treated",
    n_control: str = "n_control",
    mean_treated: str = "mean_treated",
    mean_control: str = "mean_control",
    sd_treated: str = "sd_treated",
    sd_control: str = "sd_control",
    events_treated: str = "events_treated",
    events_control: str = "events_control",
    label: str | None = None,
    split_body: bool | str = False,
    correlation: float | str | None = None,
    smd_variance: Literal["RevMan", "LS"] = "RevMan",
    bias_correction: bool = False,
    zero_sd: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Effect of treatment against control for each row of two arms.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a comparison.
    measure : {"SMD", "MD", "lnRR", "RR", "OR", "RD"}
        Standardised mean difference (Hedges g), mean difference, log ratio of means; risk
        ratio, odds ratio, risk difference.
    n_treated, n_control : str
        Columns with the numbers of participants.
    mean_treated, mean_control, sd_treated, sd_control : str
        Columns with means and standard deviations; for SMD, MD and lnRR.  For changes from
        baseline, those of the changes: see :func:`change_sd`.
    events_treated, events_control : str
        Columns with the numbers of participants with the event; for RR, OR and RD.
    label : str, optional
        Column that names the rows in messages; the index when left out.
    split_body : bool or str
        True where the arms are two sides of the same participants, or the name of a column
        of True and False.  Such rows are analysed as paired and need `correlation`.
    correlation : float or str, optional
        Correlation between the sides, as one number or a column.  For events it is the phi
        coefficient of the two sides.
    smd_variance : {"RevMan", "LS"}
        Variance of an SMD between two groups; see the module's choices.
    bias_correction : bool
        Add the second-order terms of Lajeunesse (2015) to lnRR and its variance.
    zero_sd : bool
        Accept a standard deviation of zero in one of the two arms.  Left out, such a row is
        refused: it is nearly always a slip of typing, and it makes the row look surer than it is.
    level : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        `df` with the columns ``effect_measure``, ``effect``, ``variance``, ``se``, ``ci_low``,
        ``ci_high`` (normal limits, on the scale of ``effect``: logarithmic for ratios) and
        ``note``.  Columns of these names are computed anew; a ``note`` that `df` brings along,
        such as that of :func:`mean_sd_from_quartiles`, is kept and added to.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If a cell cannot be used (every such row is named), a study has no event in either arm,
        one column is given for both arms, a split-body design comes without a correlation, or
        an SMD is asked of two pairs.

    Notes
    -----
    Paired rows: for MD, lnRR, RR, OR and RD the variance is ``v₁ + v₂ − 2·r·√(v₁·v₂)`` from the
    variances of the two sides.  For SMD the mean difference is divided by the square root of
    the mean variance of the sides, and the variance is
    ``J²·(1/n + d²/(2·n))·2·(1 − r)`` (Borenstein and colleagues 2009, chapter 4).

    Explained in the chapter *Synthesis*.

    References
    ----------
    Hedges LV, Gurevitch J, Curtis PS. Ecology 1999;80:1150-1156 (lnRR).
    https://doi.org/10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2
    Lajeunesse MJ. Ecology 2015;96:2056-2063. https://doi.org/10.1890/14-2402.1

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import from_arms
    >>> arms = pd.DataFrame({"study": ["A"], "n_treated": [50], "n_control": [50]})
    >>> arms = arms.assign(mean_treated=103.0, sd_treated=5.5, mean_control=100.0, sd_control=4.5)
    >>> from_arms(arms, measure="SMD", label="study")[["effect", "variance"]].round(4).values
    array([[0.5924, 0.0418]])
    """
    if measure not in _ARMS:
        known = MEASURES.get(measure)
        hint = " Single arms: from_proportions, from_change." if known else ""
        raise ValueError(
            f"from_arms does not compute {measure!r}; measure must be one of: "
            f"{', '.join(_ARMS)}.{hint}"
        )
    if smd_variance not in ("RevMan", "LS"):
        raise ValueError(f"smd_variance is {smd_variance!r}; it must be 'RevMan' or 'LS'.")
    if bias_correction and measure != "lnRR":
        raise ValueError("bias_correction is for lnRR only; SMD is always corrected.")
    names = row_names(df, label)
    complaints = Complaints(names)
    continuous = measure in ("SMD", "MD", "lnRR")
    values = (mean_treated, mean_control) if continuous else (events_treated, events_control)
    if values[0] == values[1]:
        raise ValueError(
            f"The column {values[0]!r} is given for both arms, so that every effect would be none. "
            f"from_arms takes one row a comparison.{_LONG}"
        )
    try:
        need(df, n_treated, n_control, *values, *((sd_treated, sd_control) if continuous else ()))
    except MissingName as error:
        if n_treated in df.columns or n_control in df.columns:
            raise
        raise MissingName(f"{error}{_LONG}") from None
    least = 2 if continuous else 1
    n1 = numbers(df, n_treated, complaints, low=least, whole=True)
    n2 = numbers(df, n_control, complaints, low=least, whole=True)
    paired, r = _split_body(df, split_body, correlation, names, complaints)
    with np.errstate(invalid="ignore"):
        unequal = paired & (n1 != n2) & np.isfinite(n1) & np.isfinite(n2)
    complaints.add(
        unequal,
        n_treated,
        [f"{a:g} against {b:g}" for a, b in zip(n1, n2, strict=True)],
        "both sides of a split-body design have the same participants; use complete pairs",
    )
    if measure == "SMD":
        with np.errstate(invalid="ignore"):
            few = paired & (n1 == 2) & (n2 == 2)
        complaints.add(
            few,
            n_treated,
            raw_values(df, n_treated),
            "a standardised difference of pairs needs 3 or more of them; two leave one degree of "
            "freedom, for which it has no correction",
        )
    notes = _notes(len(df))
    _note(notes, paired, "analysed as paired, with the declared correlation of the sides")
    if continuous:
        columns = (mean_treated, mean_control, sd_treated, sd_control)
        effect, variance = _continuous(
            df,
            measure,
            columns,
            n1,
            n2,
            paired,
            r,
            smd_variance,
            bias_correction,
            zero_sd,
            complaints,
            notes,
        )
    else:
        effect, variance = _binary(
            df, measure, (events_treated, events_control), n1, n2, paired, r, complaints, notes
        )
    return _finish(df, effect, variance, measure, notes, level, complaints)


def _continuous(
    df: pd.DataFrame,
    measure: str,
    columns: tuple[str, str, str, str],
    n1: Floats,
    n2: Floats,
    paired: NDArray[np.bool_],
    r: Floats,
    smd_variance: str,
    bias_correction: bool,
    zero_sd: bool,
    complaints: Complaints,
    notes: list[list[str]],
) -> tuple[Floats, Floats]:
    positive = measure == "lnRR"
    low = 0.0 if positive else -math.inf
    m1 = numbers(df, columns[0], complaints, low=low, above=positive)
    m2 = numbers(df, columns[1], complaints, low=low, above=positive)
    s1 = numbers(df, columns[2], complaints, low=0)
    s2 = numbers(df, columns[3], complaints, low=0)
    _zero_spreads(df, columns[2:], (s1, s2), zero_sd, complaints, notes)
    complaints.throw()
    if measure == "SMD":
        return _smd(m1, m2, s1, s2, n1, n2, paired, r, smd_variance)
    v1, v2 = s1**2 / n1, s2**2 / n2
    if measure == "MD":
        return m1 - m2, v1 + v2 - 2 * r * np.sqrt(v1 * v2)
    v1, v2 = v1 / m1**2, v2 / m2**2
    # Geary's test as Lajeunesse (2015) states it: below 3 the normal approximation is poor
    for v, n in ((v1, n1), (v2, n2)):
        with np.errstate(divide="ignore"):
            geary = (4 * n / (1 + 4 * n)) / np.sqrt(v)
        _note(notes, geary < 3, "a mean is small against its standard error (Geary below 3)")
    effect, variance = np.log(m1 / m2), v1 + v2 - 2 * r * np.sqrt(v1 * v2)
    if bias_correction:
        if paired.any():
            raise ValueError(
                "The bias correction of lnRR is published for two groups, not for split-body "
                "rows. Leave bias_correction out, or analyse those rows apart."
            )
        effect, variance = effect + (v1 - v2) / 2, variance + (v1**2 + v2**2) / 2
        _note(notes, np.full(len(df), True), "bias-corrected (Lajeunesse 2015)")
    return effect, variance


def _smd(
    m1: Floats,
    m2: Floats,
    s1: Floats,
    s2: Floats,
    n1: Floats,
    n2: Floats,
    paired: NDArray[np.bool_],
    r: Floats,
    smd_variance: str,
) -> tuple[Floats, Floats]:
    total = n1 + n2
    free = np.where(paired, n1 - 1, total - 2)
    j = hedges_correction(free)
    pooled = np.where(
        paired,
        np.sqrt((s1**2 + s2**2) / 2),
        np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (total - 2)),
    )
    d = (m1 - m2) / pooled
    g = j * d
    apart = total / (n1 * n2) + g**2 / (2 * (total - 3.94 if smd_variance == "RevMan" else total))
    together = j**2 * (1 / n1 + d**2 / (2 * n1)) * 2 * (1 - r)
    return g, np.where(paired, together, apart)


def _binary(
    df: pd.DataFrame,
    measure: str,
    columns: tuple[str, str],
    n1: Floats,
    n2: Floats,
    paired: NDArray[np.bool_],
    r: Floats,
    complaints: Complaints,
    notes: list[list[str]],
) -> tuple[Floats, Floats]:
    a = numbers(df, columns[0], complaints, low=0, whole=True)
    c = numbers(df, columns[1], complaints, low=0, whole=True)
    with np.errstate(invalid="ignore"):
        for column, x, n in ((columns[0], a, n1), (columns[1], c, n2)):
            shown = [f"{e:g} of {t:g}" for e, t in zip(x, n, strict=True)]
            complaints.add(x > n, column, shown, "more events than participants")
        shown = [f"{e:g} of {t:g}, {f:g} of {u:g}" for e, t, f, u in zip(a, n1, c, n2, strict=True)]
        both = f"{columns[0]}, {columns[1]}"
        complaints.add(
            (a == 0) & (c == 0),
            both,
            shown,
            "no event in either arm carries no information on this effect; report the study "
            "beside the synthesis and leave its row out",
        )
        complaints.add(
            (a == n1) & (c == n2),
            both,
            shown,
            "nothing but events in both arms carries no information on this effect; report the "
            "study beside the synthesis and leave its row out",
        )
    complaints.throw()
    if measure == "OR":
        add = (a == 0) | (c == 0) | (a == n1) | (c == n2)
    elif measure == "RR":
        add = (a == 0) | (c == 0)
    else:
        # a risk difference can be had with a zero cell; only its variance can vanish
        add = ((a == 0) | (a == n1)) & ((c == 0) | (c == n2))
    _note(notes, add, "0.5 added to all four cells")
    a, c = a + 0.5 * add, c + 0.5 * add
    n1, n2 = n1 + 1.0 * add, n2 + 1.0 * add
    p1, p2 = a / n1, c / n2
    if paired.any():
        _check_phi(p1, p2, r, paired, complaints)
    if measure == "RR":
        effect, v1, v2 = np.log(p1 / p2), 1 / a - 1 / n1, 1 / c - 1 / n2
    elif measure == "OR":
        effect = np.log(a / (n1 - a)) - np.log(c / (n2 - c))
        v1, v2 = 1 / a + 1 / (n1 - a), 1 / c + 1 / (n2 - c)
    else:
        effect, v1, v2 = p1 - p2, p1 * (1 - p1) / n1, p2 * (1 - p2) / n2
    return effect, v1 + v2 - 2 * r * np.sqrt(v1 * v2)


def _check_phi(
    p1: Floats, p2: Floats, r: Floats, paired: NDArray[np.bool_], complaints: Complaints
) -> None:
    """Refuse a phi coefficient that two risks cannot have between them."""
    spread = np.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    with np.errstate(divide="ignore", invalid="ignore"):
        top = (np.minimum(p1, p2) - p1 * p2) / spread
        bottom = (np.maximum(p1 + p2 - 1, 0) - p1 * p2) / spread
        bad = paired & (spread > 0) & ((r > top + 1e-9) | (r < bottom - 1e-9))
    complaints.add(
        bad,
        "the correlation",
        [f"{x:g}, possible {lo:.2f} to {hi:.2f}" for x, lo, hi in zip(r, bottom, top, strict=True)],
        "cannot occur with these two risks; take the phi coefficient from the fourfold table "
        "of pairs",
    )
    complaints.throw()


# --- from one arm ------------------------------------------------------------------------


def from_proportions(
    df: pd.DataFrame,
    *,
    events: str = "events",
    n: str = "n",
    measure: Literal["PLO", "PAS", "PR"] = "PLO",
    label: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Proportion with an event in each single group.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a group.
    events, n : str
        Columns with the numbers of events and of participants.
    measure : {"PLO", "PAS", "PR"}
        Scale of analysis: logit (default), arcsine of the square root, or raw.
    label : str, optional
        Column that names the rows in messages.
    level : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        `df` with the columns that :func:`from_arms` gives.

    Raises
    ------
    ValueError
        If a cell cannot be used; also, for ``"PR"``, if a proportion is 0 or 1, because its
        variance would be zero.

    Notes
    -----
    On the logit scale 0.5 is added to events and non-events where either is zero.  The
    Freeman-Tukey double arcsine is left out on purpose: its back-transformation can mislead
    (Schwarzer and colleagues 2019).

    A proportion without a control says nothing about the effect of a treatment.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import back_transform, from_proportions
    >>> out = from_proportions(pd.DataFrame({"events": [3], "n": [12]}))
    >>> round(back_transform(out["effect"].iloc[0], "PLO"), 2)
    0.25
    """
    if measure not in ("PLO", "PAS", "PR"):
        raise ValueError(f"measure is {measure!r}; it must be 'PLO', 'PAS' or 'PR'.")
    complaints = Complaints(row_names(df, label))
    total = numbers(df, n, complaints, low=1, whole=True)
    x = numbers(df, events, complaints, low=0, whole=True)
    shown = [f"{e:g} of {t:g}" for e, t in zip(x, total, strict=True)]
    with np.errstate(invalid="ignore"):
        complaints.add(x > total, events, shown, "more events than participants")
        edge = (x == 0) | (x == total)
    if measure == "PR":
        complaints.add(
            edge, events, shown, "a raw proportion of 0 or 1 has no variance; use measure='PLO'"
        )
    complaints.throw()
    notes = _notes(len(df))
    if measure == "PLO":
        _note(notes, edge, "0.5 added to events and non-events")
        hit, miss = x + 0.5 * edge, total - x + 0.5 * edge
        effect, variance = np.log(hit / miss), 1 / hit + 1 / miss
    elif measure == "PAS":
        effect, variance = np.arcsin(np.sqrt(x / total)), 1 / (4 * total)
    else:
        effect = x / total
        variance = effect * (1 - effect) / total
    return _finish(df, effect, variance, measure, notes, level, complaints)


def from_change(
    df: pd.DataFrame,
    *,
    correlation: float | str,
    mean_before: str = "mean_before",
    mean_after: str = "mean_after",
    sd_before: str = "sd_before",
    sd_after: str = "sd_after",
    n: str = "n",
    measure: Literal["MC", "SMC"] = "MC",
    zero_sd: bool = False,
    label: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Change from baseline within one group, where the correlation is given.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a group.
    correlation : float or str
        Correlation between the values before and after, as a number or a column.  There is no
        default: a guess here decides the variance.  :func:`correlation_of_change` computes it
        from a study that prints all three standard deviations.
    mean_before, mean_after, sd_before, sd_after, n : str
        Columns with means, standard deviations and numbers of participants.
    measure : {"MC", "SMC"}
        Mean change, or the change in units of the standard deviation before, with the exact
        small-sample correction.
    zero_sd : bool
        As for :func:`from_arms`; the standard deviation before is never zero for SMC.
    label : str, optional
        Column that names the rows in messages.
    level : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        `df` with the columns that :func:`from_arms` gives.

    Raises
    ------
    ValueError
        If a cell cannot be used.

    Notes
    -----
    ``MC``: variance ``(s₁² + s₂² − 2·r·s₁·s₂)/n``.  ``SMC``: Becker 1988, raw-score
    standardisation, variance ``2·(1 − r)/n + g²/(2·n)``.  A change without a control mixes the
    treatment with time, placebo and regression to the mean.

    References
    ----------
    Becker BJ. Br J Math Stat Psychol 1988;41:257-278.
    https://doi.org/10.1111/j.2044-8317.1988.tb00901.x

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import from_change
    >>> one = pd.DataFrame({"mean_before": [15.2], "mean_after": [16.2], "n": [35]})
    >>> one = one.assign(sd_before=6.4, sd_after=7.1)
    >>> from_change(one, correlation=0.78)["se"].round(2).tolist()
    [0.77]
    """
    if measure not in ("MC", "SMC"):
        raise ValueError(f"measure is {measure!r}; it must be 'MC' or 'SMC'.")
    if correlation is None:
        raise ValueError(
            "from_change needs the correlation between the values before and after: a number or "
            "the name of a column. correlation_of_change computes it from a study that prints the "
            "standard deviations before, after and of the change; without any, repeat the "
            "analysis with a low and a high one."
        )
    complaints = Complaints(row_names(df, label))
    size = numbers(df, n, complaints, low=2 if measure == "MC" else 3, whole=True)
    before = numbers(df, mean_before, complaints)
    after = numbers(df, mean_after, complaints)
    s1 = numbers(df, sd_before, complaints, low=0, above=measure == "SMC")
    s2 = numbers(df, sd_after, complaints, low=0)
    r = _correlations(df, correlation, np.full(len(df), True), complaints)
    notes = _notes(len(df))
    _zero_spreads(df, (sd_before, sd_after), (s1, s2), zero_sd, complaints, notes)
    complaints.throw()
    if measure == "MC":
        effect = after - before
        variance = (s1**2 + s2**2 - 2 * r * s1 * s2) / size
    else:
        effect = hedges_correction(size - 1) * (after - before) / s1
        variance = 2 * (1 - r) / size + effect**2 / (2 * size)
    source = "Cochrane Handbook 6.5.2.8" if measure == "MC" else "Becker 1988"
    everywhere = np.full(len(df), True)
    _note(notes, everywhere, f"variance with the declared correlation ({source})")
    _note(notes, everywhere, "change without a control, not an effect of treatment")
    return _finish(df, effect, variance, measure, notes, level, complaints)


_PUT_RIGHT = "Put the numbers right, or leave them out."


def _elements(**given: Any) -> tuple[list[Floats], Complaints, Callable[[Floats], Any]]:
    """Numbers, arrays or Series as flat arrays, and what brings a result to their shape."""
    series = [v for v in given.values() if isinstance(v, pd.Series)]
    cells = {name: np.asarray(v, dtype=object) for name, v in given.items()}
    try:
        shape = np.broadcast_shapes(*(v.shape for v in cells.values()))
    except ValueError:
        shape = (-1,)
    if shape == (-1,) or any(
        shape != (len(v),) or not v.index.equals(series[0].index) for v in series
    ):
        sizes = ", ".join(f"{name} {v.shape}" for name, v in cells.items())
        raise ValueError(
            f"These do not go together, by their shapes or their indices: {sizes}. Give single "
            "numbers, arrays of one length, or columns of one table."
        )
    if series:
        names = [str(i) for i in series[0].index]
    else:
        names = [", ".join(map(str, at)) or "the numbers given" for at in np.ndindex(shape)]
    complaints, flat = Complaints(names), []
    for name, v in cells.items():
        shown = np.broadcast_to(v, shape).ravel()
        values = pd.to_numeric(pd.Series(shown, dtype=object), errors="coerce").to_numpy(
            dtype=np.float64, na_value=np.nan
        )
        finite = np.isfinite(values)
        complaints.add(~finite, name, shown, "a finite number is needed")
        flat.append(np.where(finite, values, np.nan))

    def as_given(done: Floats) -> Any:
        if series:
            return pd.Series(done, index=series[0].index)
        return done.reshape(shape) if shape else float(done[0])

    return flat, complaints, as_given


def change_sd(sd_before: Any, sd_after: Any, correlation: Any) -> Any:
    """Standard deviation of a change, from those before and after.

    Parameters
    ----------
    sd_before, sd_after : float, array or pandas.Series
        Standard deviations, zero or more, in the unit of the outcome.
    correlation : float, array or pandas.Series
        Correlation between before and after.

    Returns
    -------
    float, array or pandas.Series
        ``√(s₁² + s₂² − 2·r·s₁·s₂)``, in the shape of what was given: single numbers go with
        every row, and columns of one table give a column.

    Raises
    ------
    ValueError
        If a number is not finite, a standard deviation is negative, the correlation is outside
        −1 to 1, or the shapes do not go together.  Every such element is named.

    Notes
    -----
    For changes from baseline in two arms, make the mean and the standard deviation of the change
    in each arm and take them to :func:`from_arms` as MD, with a ``note`` that says where the
    correlation is from.  An SMD of changes is in units of another spread than one of final
    values: do not pool the two (Cochrane Handbook, chapter 10).

    References
    ----------
    Cochrane Handbook, section 6.5.2.8.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import change_sd, from_arms
    >>> round(change_sd(6.4, 7.1, 0.80), 2)
    4.32
    >>> arms = pd.DataFrame({"study": ["A", "B"], "n_treated": [35, 20], "n_control": [36, 20]})
    >>> arms = arms.assign(mean_treated=[-3.1, -2.0], mean_control=[-1.0, -1.2])
    >>> arms = arms.assign(before_t=[6.4, 5.0], after_t=[7.1, 5.5], before_c=6.0, after_c=6.2)
    >>> arms["sd_treated"] = change_sd(arms["before_t"], arms["after_t"], 0.7)
    >>> arms["sd_control"] = change_sd(arms["before_c"], arms["after_c"], 0.7)
    >>> arms["note"] = "SD of change with r = 0.7, assumed (Cochrane Handbook 6.5.2.8)"
    >>> from_arms(arms, "MD", label="study")[["effect", "se"]].round(2).values.tolist()
    [[-2.1, 1.19], [-0.8, 1.4]]
    """
    (s1, s2, r), complaints, as_given = _elements(
        sd_before=sd_before, sd_after=sd_after, correlation=correlation
    )
    complaints.add(s1 < 0, "sd_before", s1, "must be 0 or more")
    complaints.add(s2 < 0, "sd_after", s2, "must be 0 or more")
    complaints.add(np.abs(r) > 1, "correlation", r, "must lie between −1 and 1")
    complaints.throw(_PUT_RIGHT)
    # the same as √(s₁² + s₂² − 2·r·s₁·s₂), without a difference of large squares
    with np.errstate(over="ignore"):
        done = np.hypot(s1 - s2, np.sqrt(2 * (1 - r)) * np.sqrt(s1) * np.sqrt(s2))
    complaints.add(~np.isfinite(done), "sd_before", s1, "is too large to be computed with")
    complaints.throw(_PUT_RIGHT)
    return as_given(done)


def correlation_of_change(sd_before: Any, sd_after: Any, sd_change: Any) -> Any:
    """Correlation between before and after, from three standard deviations.

    Parameters
    ----------
    sd_before, sd_after, sd_change : float, array or pandas.Series
        Standard deviations before, after and of the change, from one group each, in one unit.

    Returns
    -------
    float, array or pandas.Series
        ``(s₁² + s₂² − s_d²)/(2·s₁·s₂)``, in the shape of what was given, as for
        :func:`change_sd`.

    Raises
    ------
    ValueError
        If a number is not finite, the three cannot stand together, or the shapes do not go
        together.  Every such element is named.

    References
    ----------
    Cochrane Handbook, section 6.5.2.8.

    Examples
    --------
    >>> from secretome.effect_sizes import correlation_of_change
    >>> round(correlation_of_change(6.4, 7.1, 4.5), 2)
    0.78
    >>> correlation_of_change([6.4, 5.0], [7.1, 5.0], [4.5, 3.0]).round(2).tolist()
    [0.78, 0.82]
    """
    (s1, s2, change), complaints, as_given = _elements(
        sd_before=sd_before, sd_after=sd_after, sd_change=sd_change
    )
    complaints.add(s1 <= 0, "sd_before", s1, "must be above 0")
    complaints.add(s2 <= 0, "sd_after", s2, "must be above 0")
    complaints.add(change < 0, "sd_change", change, "must be 0 or more")
    complaints.throw(_PUT_RIGHT)
    apart = np.abs(s1 - s2)
    with np.errstate(over="ignore"):
        r = 1 - ((change - apart) / s1) * ((change + apart) / s2) / 2
    complaints.add(
        ~(np.abs(r) <= 1 + 1e-9),
        "sd_change",
        [f"{c:g}, hence a correlation of {x:.2f}" for c, x in zip(change, r, strict=True)],
        "cannot be: one of the three may be a standard error; multiply a standard error by the "
        "square root of n",
    )
    complaints.throw(_PUT_RIGHT)
    return as_given(np.clip(r, -1.0, 1.0))


# --- from other summaries ----------------------------------------------------------------


def _held(complaints: Complaints, sd: Floats, mean: Floats | None = None) -> None:
    remedy = "cannot be held as a number; what it comes from is too large or too small"
    with np.errstate(invalid="ignore"):
        complaints.add(~(np.isfinite(sd) & (sd > 0)), "standard deviation", sd.tolist(), remedy)
    if mean is not None:
        complaints.add(~np.isfinite(mean), "mean", mean.tolist(), remedy)
    complaints.throw()


def mean_sd_from_quartiles(
    df: pd.DataFrame,
    *,
    n: str = "n",
    median: str = "median",
    q1: str | None = None,
    q3: str | None = None,
    minimum: str | None = None,
    maximum: str | None = None,
    method: Literal["Luo", "Wan"] = "Luo",
    label: str | None = None,
) -> pd.DataFrame:
    """Mean and standard deviation from a median with quartiles, range or both.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a group.
    n, median : str
        Columns with the number of participants and the median.
    q1, q3 : str, optional
        Columns with the quartiles.
    minimum, maximum : str, optional
        Columns with the ends of the range.
    method : {"Luo", "Wan"}
        Estimator of the mean: Luo 2018, with weights that depend on n, or the simpler one of
        Wan 2014.  The standard deviation is Wan's in both.
    label : str, optional
        Column that names the rows in messages.

    Returns
    -------
    pandas.DataFrame
        `df` with ``mean``, ``sd`` and ``note``, which gives the source, the assumption and
        Bowley's skewness.  For two arms in one row, convert and rename one after the other;
        the notes of both stay.

    Raises
    ------
    ValueError
        If a cell cannot be used, the five numbers are out of order, or neither quartiles nor
        range are given.

    Notes
    -----
    All these formulas assume a normal distribution.  Medians are mostly printed because the
    data are skewed, and then the answer is biased: repeat the synthesis without these rows.

    References
    ----------
    Wan X and colleagues. BMC Med Res Methodol 2014;14:135.
    https://doi.org/10.1186/1471-2288-14-135
    Luo D and colleagues. Stat Methods Med Res 2018;27:1785-1805.
    https://doi.org/10.1177/0962280216669183

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import mean_sd_from_quartiles
    >>> group = pd.DataFrame({"n": [40], "median": [10.0], "q1": [8.0], "q3": [12.0]})
    >>> mean_sd_from_quartiles(group, q1="q1", q3="q3")[["mean", "sd"]].round(3).values
    array([[10.   ,  3.076]])
    """
    from scipy.stats import norm

    if method not in ("Luo", "Wan"):
        raise ValueError(f"method is {method!r}; it must be 'Luo' or 'Wan'.")
    quartiles, ends = q1 is not None and q3 is not None, minimum is not None and maximum is not None
    if (q1 is None) != (q3 is None) or (minimum is None) != (maximum is None):
        raise ValueError("Quartiles and ends come in pairs: give q1 with q3, minimum with maximum.")
    if not quartiles and not ends:
        raise ValueError(
            "A median alone gives no standard deviation. Give q1 and q3, or minimum and maximum, "
            "or all four."
        )
    complaints = Complaints(row_names(df, label))
    size = numbers(df, n, complaints, low=3, whole=True)
    order = [c for c in (minimum, q1, median, q3, maximum) if c is not None]
    values = {c: numbers(df, c, complaints) for c in order}
    shown = [", ".join(f"{values[c][i]:g}" for c in order) for i in range(len(df))]
    with np.errstate(invalid="ignore"):
        wrong = np.zeros(len(df), dtype=bool)
        for left, right in itertools.pairwise(order):
            wrong |= values[left] > values[right]
        flat = (values[order[0]] == values[order[-1]]) & ~wrong
    complaints.add(wrong, " ≤ ".join(order), shown, "the numbers are out of order")
    complaints.add(flat, f"{order[0]} and {order[-1]}", shown, "are equal, so the SD would be zero")
    complaints.throw()
    m = values[median]
    # expected distance of the quartiles and of the ends of n normal values, in SDs
    z_quartile = norm.ppf((0.75 * size - 0.125) / (size + 0.25))
    z_end = norm.ppf((size - 0.375) / (size + 0.25))
    nothing = np.full(len(df), np.nan)
    low, high = (nothing, nothing) if q1 is None or q3 is None else (values[q1], values[q3])
    a, b = nothing, nothing
    if minimum is not None and maximum is not None:
        a, b = values[minimum], values[maximum]
    skew = (low + high - 2 * m) / np.where(high > low, high - low, np.nan)
    if quartiles and ends:
        sd = (b - a) / (4 * z_end) + (high - low) / (4 * z_quartile)
        w1 = 2.2 / (2.2 + size**0.75)
        w2 = 0.7 - 0.72 / size**0.55
        luo = w1 * (a + b) / 2 + w2 * (low + high) / 2 + (1 - w1 - w2) * m
        wan = (a + 2 * low + 2 * m + 2 * high + b) / 8
    elif quartiles:
        sd = (high - low) / (2 * z_quartile)
        w = 0.7 + 0.39 / size
        luo, wan = w * (low + high) / 2 + (1 - w) * m, (low + m + high) / 3
    else:
        sd = (b - a) / (2 * z_end)
        w = 4 / (4 + size**0.75)
        luo, wan = w * (a + b) / 2 + (1 - w) * m, (a + 2 * m + b) / 4
    mean = luo if method == "Luo" else wan
    _held(complaints, sd, mean)
    source = "mean after Luo 2018, SD after Wan 2014" if method == "Luo" else "after Wan 2014"
    # the columns are named, so that the notes of two arms in one row differ
    head = f"mean and SD from {', '.join(order)} "
    notes = [
        [
            f"{head}({source}), assumes a normal distribution"
            + (f" (Bowley skewness {s:.2f})".replace("-", "−") if np.isfinite(s) else "")
        ]
        for s in skew
    ]
    return df.assign(mean=mean, sd=sd, note=_joined(df, notes, [head] * len(df)))


def sd_from_interval(
    df: pd.DataFrame,
    *,
    n: str = "n",
    ci_low: str | None = None,
    ci_high: str | None = None,
    se: str | None = None,
    interval_level: float = 0.95,
    label: str | None = None,
) -> pd.DataFrame:
    """Standard deviation of a group from the standard error or interval of its mean.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a group.
    n : str
        Column with the number of participants.
    ci_low, ci_high : str, optional
        Columns with the limits of the interval of the mean; t limits are assumed.
    se : str, optional
        Column with the standard error, instead of the limits.
    interval_level : float
        Level of the printed interval.
    label : str, optional
        Column that names the rows in messages.

    Returns
    -------
    pandas.DataFrame
        `df` with ``sd`` and ``note``, which gives the source.

    Raises
    ------
    ValueError
        If a cell cannot be used, or not exactly one of the two sources is given.

    References
    ----------
    Cochrane Handbook, section 6.5.2.2.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import sd_from_interval
    >>> group = pd.DataFrame({"n": [25], "low": [30.0], "high": [34.2]})
    >>> sd_from_interval(group, ci_low="low", ci_high="high")["sd"].round(2).tolist()
    [5.09]
    """
    from scipy.stats import t

    _check_level(interval_level)
    interval = ci_low is not None and ci_high is not None
    if interval == (se is not None):
        raise ValueError("Give either ci_low and ci_high, or se: one source, not both or none.")
    complaints = Complaints(row_names(df, label))
    size = numbers(df, n, complaints, low=2, whole=True)
    if se is not None:
        error = numbers(df, se, complaints, low=0, above=True)
        head, source = f"SD from {se}, ", "the standard error of the mean"
    else:
        assert ci_low is not None
        assert ci_high is not None
        low, high = numbers(df, ci_low, complaints), numbers(df, ci_high, complaints)
        with np.errstate(invalid="ignore"):
            complaints.add(low >= high, ci_low, raw_values(df, ci_low), f"must be below {ci_high}")
        complaints.throw()
        error = (high - low) / (2 * t.ppf(0.5 + interval_level / 2, size - 1))
        head = f"SD from {ci_low} and {ci_high}, "
        source = f"the {100 * interval_level:g} % interval of the mean, t limits assumed"
    complaints.throw()
    sd = error * np.sqrt(size)
    _held(complaints, sd)
    notes = [[f"{head}{source} (Cochrane Handbook 6.5.2.2)"] for _ in range(len(df))]
    return df.assign(sd=sd, note=_joined(df, notes, [head] * len(df)))


def from_statistic(
    df: pd.DataFrame,
    statistic: Literal["t", "F", "p"],
    *,
    value: str,
    direction: str | None = None,
    n_treated: str = "n_treated",
    n_control: str = "n_control",
    split_body: bool | str = False,
    smd_variance: Literal["RevMan", "LS"] = "RevMan",
    label: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Standardised mean difference from a test of two groups.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a comparison of two independent groups.
    statistic : {"t", "F", "p"}
        What `value` holds: Student's t, an F with one numerator degree of freedom, or a
        two-sided p-value of such a test.
    value : str
        Column with the statistic.
    direction : str, optional
        Column with 1 where the treated mean is higher and −1 where it is lower.  Needed for F
        and p, which have no sign; for t it must be left out.
    n_treated, n_control : str
        Columns with the numbers of participants.
    split_body : bool or str
        True, or the name of a column of True and False, where the arms are two sides of the
        same participants.  Such rows are refused: a test of pairs alone does not tell the
        spread within a side that an SMD is divided by.
    smd_variance : {"RevMan", "LS"}
        As for :func:`from_arms`.
    label : str, optional
        Column that names the rows in messages.
    level : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        `df` with the columns that :func:`from_arms` gives; the measure is SMD.

    Raises
    ------
    ValueError
        If a cell cannot be used, or a row is split-body.  A p of 0 is refused: a printed
        ``0.000`` only means below 0.0005, and a limit such as ``< 0.05`` is no value.

    Notes
    -----
    ``d = t·√(1/n₁ + 1/n₂)``.  The test must have been Student's, unadjusted and between groups:
    a paired, Welch, Mann-Whitney or covariate-adjusted test gives another number.

    References
    ----------
    Borenstein M and colleagues. Introduction to Meta-Analysis, chapter 7. Wiley 2009.
    https://doi.org/10.1002/9780470743386

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import from_statistic
    >>> test = pd.DataFrame({"t": [2.985], "n_treated": [50], "n_control": [50]})
    >>> from_statistic(test, "t", value="t")["effect"].round(3).tolist()
    [0.592]
    """
    from scipy.stats import t as student

    if statistic not in ("t", "F", "p"):
        raise ValueError(f"statistic is {statistic!r}; it must be 't', 'F' or 'p'.")
    if (statistic == "t") != (direction is None):
        raise ValueError(
            "A t has its own sign: leave direction out."
            if statistic == "t"
            else f"{statistic} has no sign: give direction, a column with 1 where the treated "
            "mean is higher and −1 where it is lower."
        )
    complaints = Complaints(row_names(df, label))
    _refuse_split_body(
        df,
        split_body,
        "a test of pairs gives no SMD by itself; take means, standard deviations and number of "
        "pairs to from_arms(..., split_body=True, correlation=...), or the printed mean "
        'difference to from_interval or from_p_value(..., measure="MD", split_body=True)',
        complaints,
    )
    n1 = numbers(df, n_treated, complaints, low=2, whole=True)
    n2 = numbers(df, n_control, complaints, low=2, whole=True)
    if statistic == "t":
        t = numbers(df, value, complaints)
    elif statistic == "F":
        t = np.sqrt(np.maximum(numbers(df, value, complaints, low=0), 0))
    else:
        p = _p_values(df, value, complaints)
        t = student.isf(p / 2, n1 + n2 - 2)
    if direction is not None:
        sign = numbers(df, direction, complaints)
        with np.errstate(invalid="ignore"):
            complaints.add(
                np.isfinite(sign) & (np.abs(sign) != 1),
                direction,
                raw_values(df, direction),
                "must be 1 or −1",
            )
        t = t * sign
    complaints.throw()
    d = t * np.sqrt(1 / n1 + 1 / n2)
    one = np.ones(len(df))
    g, variance = _smd(d, 0 * d, one, one, n1, n2, np.zeros(len(df), bool), 0 * d, smd_variance)
    source = {"t": "t", "F": "F", "p": "two-sided p"}[statistic]
    text = (
        f"from {source} (Borenstein 2009, chapter 7), holds for Student's unadjusted test of two "
        "groups"
    )
    notes = [[text] for _ in d]
    return _finish(df, g, variance, "SMD", notes, level, complaints)


def _p_values(df: pd.DataFrame, column: str, complaints: Complaints) -> Floats:
    need(df, column)
    raw = raw_values(df, column)
    limits = np.array([isinstance(v, str) and v.strip()[:1] in "<>≤≥" for v in raw], dtype=bool)
    if limits.any():
        complaints.add(
            limits,
            column,
            raw,
            "is a limit, not a value; leave the row out, or use the limit "
            "itself as p and say so: the effect is then a bound",
        )
        complaints.throw()
    return numbers(df, column, complaints, low=0, above=True, high=1)


_SAME_IN_PAIRS = ("MD", "lnRR", "RR", "RD")


def _paired_as_printed(
    df: pd.DataFrame, split_body: bool | str, measure: str, what: str, complaints: Complaints
) -> list[list[str]]:
    """Notes on split-body rows, which are refused where pairs have another effect than groups."""
    if measure not in _SAME_IN_PAIRS:
        # an SMD of pairs may be divided by the spread of the differences, and an odds or hazard
        # ratio within pairs is another quantity than that between groups
        _refuse_split_body(
            df,
            split_body,
            f"with the measure {measure!r} a paired {what} does not say which effect it belongs "
            f"to; one of {', '.join(_SAME_IN_PAIRS)} can be taken, if that is what was printed. "
            "Else take both sides to from_arms(..., split_body=True, correlation=...)",
            complaints,
        )
        return _notes(len(df))
    notes, paired = _notes(len(df)), _declared(df, split_body, complaints)
    _note(notes, paired, f"split-body, the {what} taken as that of the paired analysis")
    return notes


def _handbook(measure: str) -> str:
    """Section of the Cochrane Handbook on standard errors from intervals and p-values."""
    return "6.3.2" if _measure(measure).scale == "log" else "6.3.1"


def from_interval(
    df: pd.DataFrame,
    *,
    ci_low: str,
    ci_high: str,
    effect: str | None = None,
    measure: str = "effect",
    interval_level: float = 0.95,
    free: str | None = None,
    split_body: bool | str = False,
    label: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Effect and variance from a printed effect with its confidence interval.

    Parameters
    ----------
    df : pandas.DataFrame
        One row an effect.
    ci_low, ci_high : str
        Columns with the limits as printed: ratios as ratios, not as logarithms.
    effect : str, optional
        Column with the effect as printed; the middle of the interval when left out.
    measure : str
        Code in :data:`MEASURES`; log-scale measures are logged here.
    interval_level : float
        Level of the printed interval.
    free : str, optional
        Column with degrees of freedom, where the interval was made with Student's t; normal
        limits are assumed when left out.
    split_body : bool or str
        True, or the name of a column of True and False, where the arms are two sides of the
        same participants.  Such rows are taken for MD, lnRR, RR and RD, which are the same in
        pairs as in groups, if the interval is that of the paired analysis; else refused.
    label : str, optional
        Column that names the rows in messages.
    level : float
        Level of the intervals that are returned.

    Returns
    -------
    pandas.DataFrame
        `df` with the columns that :func:`from_arms` gives.  Where the printed effect lies off
        the middle of its interval by more than a tenth of its half-width, the note says so.

    Raises
    ------
    ValueError
        If a cell cannot be used, an effect lies outside its interval, or a split-body row has a
        measure that its interval does not settle.

    References
    ----------
    Cochrane Handbook, sections 6.3.1 (differences) and 6.3.2 (ratios).

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import from_interval
    >>> printed = pd.DataFrame({"or": [0.54], "low": [0.25], "high": [1.17]})
    >>> made = from_interval(printed, effect="or", ci_low="low", ci_high="high", measure="OR")
    >>> made["se"].round(3).tolist()
    [0.394]
    """
    from scipy.stats import norm, t

    scale = _measure(measure).scale
    _check_level(interval_level)
    if scale not in ("linear", "log"):
        raise ValueError(f"from_interval takes linear and ratio measures, not {measure!r}.")
    ratio = scale == "log"
    complaints = Complaints(row_names(df, label))
    bounds = {"low": 0.0, "above": True} if ratio else {}
    lower = numbers(df, ci_low, complaints, **bounds)  # type: ignore[arg-type]
    upper = numbers(df, ci_high, complaints, **bounds)  # type: ignore[arg-type]
    point = None if effect is None else numbers(df, effect, complaints, **bounds)  # type: ignore[arg-type]
    dof = None if free is None else numbers(df, free, complaints, low=0, above=True)
    notes = _paired_as_printed(df, split_body, measure, "interval", complaints)
    with np.errstate(invalid="ignore"):
        complaints.add(lower >= upper, ci_low, raw_values(df, ci_low), f"must be below {ci_high}")
        if point is not None and effect is not None:
            outside = (point < lower) | (point > upper)
            complaints.add(outside, effect, raw_values(df, effect), "lies outside its interval")
    complaints.throw()
    if ratio:
        lower, upper = np.log(lower), np.log(upper)
        point = None if point is None else np.log(point)
    half = (upper - lower) / 2
    middle = (upper + lower) / 2
    critical = (
        norm.ppf(0.5 + interval_level / 2) if dof is None else t.ppf(0.5 + interval_level / 2, dof)
    )
    text = (
        f"variance from the printed {100 * interval_level:g} % interval, "
        f"{'normal' if dof is None else 't'} limits (Cochrane Handbook {_handbook(measure)})"
    )
    _note(notes, np.full(len(df), True), text)
    if point is None:
        _note(notes, np.full(len(df), True), "effect taken as the middle of the interval")
    else:
        off = np.abs(point - middle) > 0.1 * half
        _note(notes, off, "the effect is off the middle of its interval: check scale and digits")
    se = half / critical
    return _finish(df, middle if point is None else point, se**2, measure, notes, level, complaints)


def from_p_value(
    df: pd.DataFrame,
    *,
    effect: str,
    p: str,
    measure: str = "effect",
    free: str | None = None,
    split_body: bool | str = False,
    label: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Variance from a printed effect and its two-sided p-value.

    Parameters
    ----------
    df : pandas.DataFrame
        One row an effect.
    effect, p : str
        Columns with the effect as printed (ratios as ratios) and its two-sided p-value.
    measure : str
        Code in :data:`MEASURES`; log-scale measures are logged here.
    free : str, optional
        Column with degrees of freedom of a t test; normal when left out.  A paired t test has
        one less than there are pairs.
    split_body : bool or str
        As for :func:`from_interval`: the p must be that of the paired test.
    label : str, optional
        Column that names the rows in messages.
    level : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        `df` with the columns that :func:`from_arms` gives.

    Raises
    ------
    ValueError
        If a cell cannot be used, or a split-body row has a measure that its p does not settle.
        A p of 1 and an effect of exactly no difference leave the variance undetermined and are
        refused.

    References
    ----------
    Cochrane Handbook, sections 6.3.1 (differences), 6.3.2 (ratios) and 6.5.2.3.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.effect_sizes import from_p_value
    >>> printed = pd.DataFrame({"md": [3.8], "p": [0.008], "free": [45]})
    >>> from_p_value(printed, effect="md", p="p", free="free", measure="MD")["se"].round(2).tolist()
    [1.37]
    """
    from scipy.stats import norm, t

    scale = _measure(measure).scale
    if scale not in ("linear", "log"):
        raise ValueError(f"from_p_value takes linear and ratio measures, not {measure!r}.")
    complaints = Complaints(row_names(df, label))
    ratio = scale == "log"
    point = numbers(df, effect, complaints, low=0.0 if ratio else -math.inf, above=ratio)
    values = _p_values(df, p, complaints)
    dof = None if free is None else numbers(df, free, complaints, low=0, above=True)
    notes = _paired_as_printed(df, split_body, measure, "p-value", complaints)
    with np.errstate(invalid="ignore"):
        complaints.add(
            values == 1, p, raw_values(df, p), "a p of 1 leaves the variance undetermined"
        )
        complaints.add(
            point == (1 if ratio else 0),
            effect,
            raw_values(df, effect),
            "no difference at all leaves the variance undetermined",
        )
    complaints.throw()
    point = np.log(point) if ratio else point
    size = norm.isf(values / 2) if dof is None else t.isf(values / 2, dof)
    text = (
        f"variance from the two-sided p-value, {'normal' if dof is None else 't'} test assumed "
        f"(Cochrane Handbook {_handbook(measure)}), rounding of p carries over"
    )
    _note(notes, np.full(len(df), True), text)
    return _finish(df, point, (point / size) ** 2, measure, notes, level, complaints)

"""Risk of bias, certainty, completeness of reporting and the verdict on a claim, as data.

Judgements are made by readers.  What code can do is to hold them to the instrument, to show
what has not been judged, and to draw the conclusion by a rule that is written down and
tested, so that a changed row changes the conclusion and nothing else does.

Choices:

* The domains of RoB 2, ROBINS-I and SYRCLE are data (:data:`TOOLS`), and so are the words in
  which judgements are written here.  By a convention of this module ``no information`` may
  stand in every domain; for the domains of RoB 2 and for SYRCLE the word was added here.  It
  says that what was read, mostly an abstract, holds nothing to judge from, and is never read as
  low risk, and never as high.  It is not SYRCLE's ``unclear``, which is used here where what was
  read speaks of the matter and leaves it open.  SYRCLE's *yes* and *no* are written ``low`` and
  ``high``.
* A certainty of evidence (GRADE) is a starting level plus steps, each a row with its reason.
  :func:`summary_of_findings` computes the level and the absolute effects from them.
* Reporting is scored as a span where part of a source was not seen: unseen items count as
  not reported at its lower end and as reported at its upper end.
* The verdict on a claim follows :func:`claims_verdict`'s rule.  It counts studies and not
  rows, and it never says more than ``supported``: with the certainty if it was graded, and
  with ``certainty not graded`` if it was not.  The certainty of a claim comes from
  :func:`claim_steps`, whose steps are rows like those of an outcome; only a question of effect
  has one.

The chapters *Risk of bias and certainty* and *The claims ledger* use this module.

References
----------
Sterne JAC and colleagues. RoB 2. BMJ 2019;366:l4898. https://doi.org/10.1136/bmj.l4898
Sterne JA and colleagues. ROBINS-I. BMJ 2016;355:i4919. https://doi.org/10.1136/bmj.i4919
Hooijmans CR and colleagues. SYRCLE's risk of bias tool for animal studies. BMC Med Res
Methodol 2014;14:43. https://doi.org/10.1186/1471-2288-14-43
Guyatt GH and colleagues. GRADE. BMJ 2008;336:924-926.
https://doi.org/10.1136/bmj.39489.470347.AD
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from secretome._frames import (
    Complaints,
    first_seen,
    need,
    numbers,
    raw_values,
    row_names,
    significant,
)
from secretome.effect_sizes import MEASURES, back_transform
from secretome.tables import MISSING_CODES

__all__ = [
    "CERTAINTIES",
    "CLAIM_KINDS",
    "GRADE_DOMAINS",
    "NO_INFORMATION",
    "REPORTING_ITEMS",
    "REPORTING_WORDS",
    "SURENESS",
    "TOOLS",
    "VERDICTS",
    "Tool",
    "arms_compared",
    "certainty",
    "check_judgements",
    "citations_that_do_not_carry",
    "claim_steps",
    "claims_verdict",
    "how_sure",
    "missing_judgements",
    "overall_judgements",
    "read_aloud",
    "reporting_completeness",
    "reporting_grid",
    "study_ways",
    "summary_of_findings",
]

NO_INFORMATION = "no information"
"""This module's word for a domain of which what was read holds nothing to judge from."""


@dataclass(frozen=True)
class Tool:
    """A risk-of-bias instrument.

    Attributes
    ----------
    name : str
        Name, as in the column ``tool``.
    domains : tuple of str
        Its domains, in order.
    judgements : tuple of str
        Words allowed here from best to worst; ``no information``, which this module adds where
        the instrument has none, is the last and has no rank.
    has_overall : bool
        Whether the instrument defines an overall judgement.
    reference : str
        Where it was published.
    """

    name: str
    domains: tuple[str, ...]
    judgements: tuple[str, ...]
    has_overall: bool
    reference: str


TOOLS: dict[str, Tool] = {
    t.name: t
    for t in (
        Tool(
            "RoB 2",
            (
                "randomisation process",
                "deviations from intended interventions",
                "missing outcome data",
                "measurement of the outcome",
                "selection of the reported result",
            ),
            ("low", "some concerns", "high", NO_INFORMATION),
            True,
            "Sterne and colleagues, BMJ 2019",
        ),
        Tool(
            "ROBINS-I",
            (
                "confounding",
                "selection of participants",
                "classification of interventions",
                "deviations from intended interventions",
                "missing data",
                "measurement of outcomes",
                "selection of the reported result",
            ),
            ("low", "moderate", "serious", "critical", NO_INFORMATION),
            True,
            "Sterne and colleagues, BMJ 2016",
        ),
        Tool(
            "SYRCLE",
            (
                "sequence generation",
                "baseline characteristics",
                "allocation concealment",
                "random housing",
                "blinding of caregivers",
                "random outcome assessment",
                "blinding of outcome assessment",
                "incomplete outcome data",
                "selective outcome reporting",
                "other sources of bias",
            ),
            ("low", "unclear", "high", NO_INFORMATION),
            # its authors advise against a summary score
            False,
            "Hooijmans and colleagues, BMC Med Res Methodol 2014",
        ),
    )
}
"""Instruments by name: their domains, and the words in which judgements are written here."""


def _tool(name: str) -> Tool:
    if name not in TOOLS:
        raise ValueError(f"There is no instrument {name!r}; one of: {', '.join(TOOLS)}.")
    return TOOLS[name]


# --- risk of bias ---------------------------------------------------------------------------


def check_judgements(
    df: pd.DataFrame,
    *,
    study: str = "study_id",
    tool: str = "tool",
    domain: str = "domain",
    judgement: str = "judgement",
    reason: str | None = None,
    locator: str | None = None,
) -> pd.DataFrame:
    """Mistakes in a table of judgements, all at once.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study and domain.
    study, tool, domain, judgement : str
        Columns.  A row with the domain ``overall`` is allowed where the instrument has one; it
        may be worse than the worst domain, and never better.
    reason, locator : str, optional
        Columns with the reason and with the part of the source that was read; when given, they
        must not be empty.

    Returns
    -------
    pandas.DataFrame
        One row a mistake: ``row`` (of the index), ``study``, ``column``, ``value``, ``remedy``.
        Empty when all is well.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import check_judgements
    >>> df = pd.DataFrame({"study_id": ["a"], "tool": ["RoB 2"], "judgement": ["unclear"]})
    >>> check_judgements(df.assign(domain="randomisation process"))["remedy"].tolist()
    ['RoB 2 knows: low, some concerns, high, no information']
    """
    need(df, study, tool, domain, judgement, reason, locator)
    found: list[dict[str, Any]] = []

    worst = _worst_domains(df, study, tool, domain, judgement)
    seen: set[tuple[Any, ...]] = set()
    for i, row in zip(df.index, df.to_dict("records"), strict=True):
        wrong: list[tuple[str, str]] = []
        # an empty cell as text, because pandas' NA cannot be compared
        who, name, part, word = (
            "" if pd.isna(row[c]) else row[c] for c in (study, tool, domain, judgement)
        )
        if not str(who).strip():
            wrong.append((study, "a judgement needs its study; write the study's name"))
        known = TOOLS.get(name)
        if known is None:
            wrong.append((tool, f"the instruments are: {', '.join(TOOLS)}"))
            found += _mistakes(i, row, study, wrong)
            continue
        allowed = (*known.domains, "overall") if known.has_overall else known.domains
        if part not in allowed:
            wrong.append((domain, f"{name} has the domains: {', '.join(allowed)}"))
        if word not in known.judgements:
            wrong.append((judgement, f"{name} knows: {', '.join(known.judgements)}"))
        if who and (who, name, part) in seen:
            wrong.append((domain, "this domain is judged twice for this study; keep one row"))
        seen.add((who, name, part))
        rank, decides = worst.get((who, name), (-1, ""))
        ranked = known.judgements[:-1]
        if part == "overall" and word in ranked and ranked.index(word) < rank:
            remedy = f"{decides} is {ranked[rank]}, and the worst domain decides; write that"
            wrong.append((judgement, f"{remedy}, or leave the overall row out"))
        for column, need_of in ((reason, "reason"), (locator, "place: the part that was read")):
            if column is not None and (pd.isna(row[column]) or not str(row[column]).strip()):
                wrong.append((column, f"a judgement needs its {need_of}"))
        found += _mistakes(i, row, study, wrong)
    return pd.DataFrame(found, columns=["row", "study", "column", "value", "remedy"])


def _mistakes(
    i: Any, row: Mapping[Any, Any], study: str, wrong: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    return [
        {"row": i, "study": row[study], "column": c, "value": row[c], "remedy": remedy}
        for c, remedy in wrong
    ]


def _worst_domains(
    df: pd.DataFrame, study: str, tool: str, domain: str, judgement: str
) -> dict[tuple[Any, str], tuple[int, str]]:
    """Rank and name of the worst domain of each study and instrument."""
    worst: dict[tuple[Any, str], tuple[int, str]] = {}
    named = df.dropna(subset=[study, tool, domain, judgement])
    columns = [named[c].tolist() for c in (study, tool, domain, judgement)]
    for who, name, part, word in zip(*columns, strict=True):
        words = TOOLS[name].judgements[:-1] if name in TOOLS else ()
        if part != "overall" and word in words:
            worst[who, name] = max(worst.get((who, name), (-1, "")), (words.index(word), part))
    return worst


def missing_judgements(
    df: pd.DataFrame,
    studies: Mapping[str, str] | None = None,
    *,
    study: str = "study_id",
    tool: str = "tool",
    domain: str = "domain",
) -> pd.DataFrame:
    """Domains that nobody has judged.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study and domain.
    studies : mapping of str to str, optional
        Studies that should have been judged, with their instrument; those in `df` when left
        out.
    study, tool, domain : str
        Columns.

    Returns
    -------
    pandas.DataFrame
        One row a missing judgement: study, tool and domain.  A judgement of ``no information``
        is not missing.

    Raises
    ------
    ValueError
        If an instrument is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import missing_judgements
    >>> df = pd.DataFrame({"study_id": ["a"], "tool": ["RoB 2"]})
    >>> len(missing_judgements(df.assign(domain="randomisation process")))
    4
    """
    need(df, study, tool, domain)
    pairs = list(dict.fromkeys(zip(df[study].tolist(), df[tool].tolist(), strict=True)))
    if studies is not None:
        pairs += [p for p in studies.items() if p not in pairs]
    have = set(zip(df[study].tolist(), df[tool].tolist(), df[domain].tolist(), strict=True))
    rows = [
        {study: who, tool: name, domain: part}
        for who, name in pairs
        for part in _tool(name).domains
        if (who, name, part) not in have
    ]
    return pd.DataFrame(rows, columns=[study, tool, domain])


def overall_judgements(
    df: pd.DataFrame,
    *,
    study: str = "study_id",
    tool: str = "tool",
    domain: str = "domain",
    judgement: str = "judgement",
) -> pd.DataFrame:
    """Overall risk of bias of each study, by the instrument's rule.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study and domain; rows with the domain ``overall`` do not decide, and one that
        is better than its worst domain is refused.
    study, tool, domain, judgement : str
        Columns.

    Returns
    -------
    pandas.DataFrame
        One row a study and instrument: ``overall`` and ``because`` (the domains that decide).

    Raises
    ------
    ValueError
        If a judgement does not belong to its instrument or has no study; see
        :func:`check_judgements`.

    Notes
    -----
    The worst domain decides (RoB 2 and ROBINS-I).  Where the worst is better than ``high`` (or
    ``serious``) and a domain has no information or no row at all, the answer is ``no
    information``: what was not seen might be worse.  RoB 2 also lets a reader call several
    ``some concerns`` high; that is a judgement and is not made here.  SYRCLE has no overall
    judgement and is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import TOOLS, overall_judgements
    >>> df = pd.DataFrame({"domain": TOOLS["RoB 2"].domains, "judgement": "low"})
    >>> df = df.assign(study_id="a", tool="RoB 2")
    >>> overall_judgements(df)["overall"].tolist()
    ['low']
    """
    wrong = check_judgements(df, study=study, tool=tool, domain=domain, judgement=judgement)
    if len(wrong):
        first = wrong.iloc[0]
        raise ValueError(
            f"{len(wrong)} judgements do not fit their instrument or their study; the first: row "
            f"{first['row']}, {first['study']!r}, {first['column']} {first['value']!r}: "
            f"{first['remedy']}. check_judgements(df) lists them all."
        )
    rows = []
    for who, name in dict.fromkeys(zip(df[study].tolist(), df[tool].tolist(), strict=True)):
        known = TOOLS[name]
        if not known.has_overall:
            continue
        part = df[(df[study] == who) & (df[tool] == name) & (df[domain] != "overall")]
        words = dict(zip(part[domain].tolist(), part[judgement].tolist(), strict=True))
        ranks = {w: i for i, w in enumerate(known.judgements[:-1])}
        blind = [d for d in known.domains if words.get(d, NO_INFORMATION) == NO_INFORMATION]
        worst = max((ranks[w] for w in words.values() if w in ranks), default=-1)
        if blind and worst < ranks["high" if name == "RoB 2" else "serious"]:
            overall, because = NO_INFORMATION, blind
        else:
            overall = known.judgements[worst]
            because = [d for d in known.domains if words.get(d) == overall]
        rows.append({study: who, tool: name, "overall": overall, "because": "; ".join(because)})
    return pd.DataFrame(rows, columns=[study, tool, "overall", "because"])


# --- certainty ------------------------------------------------------------------------------

CERTAINTIES = ("very low", "low", "moderate", "high")
"""Levels of certainty from worst to best."""

GRADE_DOMAINS: dict[str, tuple[int, int]] = {
    "risk of bias": (-2, 0),
    "inconsistency": (-2, 0),
    "indirectness": (-2, 0),
    "imprecision": (-2, 0),
    "publication bias": (-1, 0),
    "large effect": (0, 2),
    "dose response": (0, 1),
    "opposing confounding": (0, 1),
}
"""Reasons to move the certainty, with the fewest and most steps; below 0 is down."""

_STARTS = {"randomised": 3, "non-randomised": 1}


def certainty(
    steps: pd.DataFrame,
    start: Literal["randomised", "non-randomised"],
    *,
    domain: str = "domain",
    step: str = "step",
    reason: str = "reason",
) -> tuple[str, str]:
    """Level of certainty of one outcome, with its reasons.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row a domain that moves the level: domain, step (−2 to 2) and reason.  May be empty.
    start : {"randomised", "non-randomised"}
        Design of the studies: randomised start at high, others at low.
    domain, step, reason : str
        Columns.

    Returns
    -------
    tuple of (str, str)
        One of :data:`CERTAINTIES`, and the reasons as a sentence.

    Raises
    ------
    ValueError
        If a domain is not one of :data:`GRADE_DOMAINS` or appears twice, a step is outside its
        bounds, a reason is empty, or randomised evidence is moved up.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import certainty
    >>> steps = pd.DataFrame({"domain": ["imprecision"], "step": [-1], "reason": ["41 people"]})
    >>> certainty(steps, "randomised")
    ('moderate', 'Down 1 for imprecision: 41 people.')
    """
    if start not in _STARTS:
        raise ValueError(
            f"start is {start!r}; it must be 'randomised' (from high) or 'non-randomised' "
            "(from low)."
        )
    need(steps, domain, step, reason)
    complaints = Complaints([str(d) for d in steps[domain]])
    known = steps[domain].isin(list(GRADE_DOMAINS))
    complaints.add(
        (~known).to_numpy(dtype=bool),
        domain,
        raw_values(steps, domain),
        f"must be one of: {', '.join(GRADE_DOMAINS)}",
    )
    complaints.add(
        steps[domain].duplicated().to_numpy(dtype=bool),
        domain,
        raw_values(steps, domain),
        "stands twice; one row a domain",
    )
    moves = pd.to_numeric(steps[step], errors="coerce").to_numpy(float, na_value=np.nan).tolist()
    outside = [
        not (
            math.isfinite(m)
            and m == int(m)
            and GRADE_DOMAINS.get(d, (-2, 2))[0] <= m <= GRADE_DOMAINS.get(d, (-2, 2))[1]
        )
        for d, m in zip(steps[domain], moves, strict=True)
    ]
    complaints.add(
        np.array(outside, dtype=bool),
        step,
        raw_values(steps, step),
        "is missing, no whole number, or outside the domain's steps; see GRADE_DOMAINS",
    )
    empty = [pd.isna(r) or not str(r).strip() for r in steps[reason]]
    complaints.add(
        np.array(empty, dtype=bool), reason, raw_values(steps, reason), "each step needs its reason"
    )
    complaints.throw("GRADE moves are data: a domain, whole steps and a reason.")
    if start == "randomised" and any(m > 0 for m in moves):
        raise ValueError(
            "Randomised evidence starts at high and is not moved up. Leave that step out, or say "
            "start='non-randomised'."
        )
    level = min(max(_STARTS[start] + int(sum(moves)), 0), 3)
    said = [
        f"{'Down' if m < 0 else 'Up'} {abs(int(m))} for {d}: {str(r).rstrip('.')}."
        for d, m, r in zip(steps[domain], moves, steps[reason], strict=True)
        if m
    ]
    return CERTAINTIES[level], " ".join(said) or "No step down or up."


def summary_of_findings(
    outcomes: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    outcome: str = "outcome",
    measure: str = "effect_measure",
    estimate: str = "estimate",
    ci_low: str = "ci_low",
    ci_high: str = "ci_high",
    studies: str = "studies",
    participants: str = "participants",
    start: str = "start",
    baseline_risk: str | None = None,
) -> pd.DataFrame:
    """Summary-of-findings table, computed.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        One row an outcome: its name, measure, pooled effect and interval on the scale of
        analysis (as :class:`secretome.synthesis.MetaAnalysis` holds them), numbers of studies
        and participants, and ``start`` (``randomised`` or ``non-randomised``).  Where nothing
        could be pooled, the effect is missing.
    steps : pandas.DataFrame
        One row a step of certainty: outcome, ``domain``, ``step``, ``reason``.
    outcome, measure, estimate, ci_low, ci_high, studies, participants, start : str
        Columns of `outcomes`; `outcome` is also the column of `steps`.
    baseline_risk : str, optional
        Column with the risk without treatment (0 to 1); gives absolute effects for RR, OR and
        RD.

    Returns
    -------
    pandas.DataFrame
        Text columns, ready to print or to export: ``Outcome``, ``Studies (participants)``,
        ``Relative or mean effect``, ``Absolute effect``, ``Certainty``, ``Why``.

    Raises
    ------
    ValueError
        If a step names an outcome that is not in `outcomes`, an outcome stands twice, an effect
        has no interval, is infinite or lies outside its interval, a number of studies or
        participants is no whole number, or a baseline risk is outside 0 to 1.

    Notes
    -----
    Absolute effects per 1,000: RR × risk − risk; for OR, ``OR·r/(1 − r + OR·r) − r``
    (Cochrane Handbook, section 15.4.4).

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import summary_of_findings
    >>> row = {"outcome": "infection", "effect_measure": "RR", "estimate": -0.6931472}
    >>> row |= {"ci_low": -1.2, "ci_high": -0.2, "studies": 3, "participants": 120}
    >>> row |= {"start": "randomised", "risk": 0.2}
    >>> none = pd.DataFrame(columns=["outcome", "domain", "step", "reason"])
    >>> table = summary_of_findings(pd.DataFrame([row]), none, baseline_risk="risk")
    >>> table["Absolute effect"].tolist()
    ['100 fewer per 1,000 (140 fewer to 36 fewer)']
    """
    need(outcomes, outcome, measure, estimate, ci_low, ci_high, studies, participants, start)
    need(outcomes, baseline_risk)
    need(steps, outcome, "domain", "step", "reason")
    names = row_names(outcomes, outcome)
    doubled = sorted({n for n in names if names.count(n) > 1})
    if doubled:
        raise ValueError(f"These outcomes stand twice: {', '.join(doubled)}; one row an outcome.")
    stray = sorted(set(steps[outcome].astype(str)) - set(names))
    if stray:
        raise ValueError(
            f"Steps name outcomes that the table does not have: {', '.join(stray)}. "
            f"It has: {', '.join(names)}."
        )
    counts = _check_findings(outcomes, names, (ci_low, estimate, ci_high), (studies, participants))
    rows = []
    for name, cells, (k, n) in zip(names, outcomes.to_dict("records"), counts, strict=True):
        own = steps[steps[outcome].astype(str) == name]
        level, why = certainty(own, cells[start])
        three = [cells[c] for c in (estimate, ci_low, ci_high)]
        absent = [bool(pd.isna(x)) for x in three]
        if any(absent) and not all(absent):
            raise ValueError(
                f"{name!r} has an effect without its interval, or an interval without its effect; "
                "give all three, or none where nothing was pooled."
            )
        risk = None if baseline_risk is None else cells[baseline_risk]
        if absent[0]:
            relative, absolute = "not pooled", "not estimable"
        else:
            code = str(cells[measure])
            point, low, high = (float(back_transform(float(x), code)) for x in three)
            relative = f"{code} {significant(point)} ({significant(low)} to {significant(high)})"
            absolute = _absolute(name, code, point, low, high, risk)
        rows.append(
            {
                "Outcome": name,
                "Studies (participants)": f"{k} ({n:,})",
                "Relative or mean effect": relative,
                "Absolute effect": absolute,
                "Certainty": f"{_circles(level)} {level}",
                "Why": why,
            }
        )
    return pd.DataFrame(rows)


def _check_findings(
    outcomes: pd.DataFrame,
    names: list[str],
    interval: tuple[str, str, str],
    counts: tuple[str, str],
) -> list[tuple[int, int]]:
    """Whole numbers of `counts` by row, after everything that cannot be printed was refused."""
    complaints = Complaints(names)
    k, n = (numbers(outcomes, c, complaints, low=0, whole=True) for c in counts)
    cells = {}
    for column in interval:
        given = outcomes[column].notna().to_numpy(dtype=bool)
        cells[column] = pd.to_numeric(outcomes[column], errors="coerce").to_numpy(
            dtype=float, na_value=np.nan
        )
        complaints.add(
            given & ~np.isfinite(cells[column]),
            column,
            raw_values(outcomes, column),
            "must be a finite number; leave effect and interval empty where none was estimated",
        )
    low, point, high = cells.values()
    shown = [f"{a:g} to {b:g}" for a, b in zip(low, high, strict=True)]
    # comparisons with what is missing are false, and were dealt with above
    complaints.add(
        low > high, f"{interval[0]} and {interval[2]}", shown, "the limits are reversed; swap them"
    )
    complaints.add(
        (low <= high) & ((point < low) | (point > high)),
        interval[1],
        raw_values(outcomes, interval[1]),
        "the effect lies outside its interval; give all three on one scale",
    )
    complaints.throw("A finding needs whole numbers of studies and participants, and its effect.")
    return [(int(a), int(b)) for a, b in zip(k, n, strict=True)]


def _circles(level: str) -> str:
    full = CERTAINTIES.index(level) + 1
    return "⊕" * full + "◯" * (4 - full)


def _absolute(name: str, code: str, point: float, low: float, high: float, risk: Any) -> str:
    if code not in ("RR", "OR", "RD"):
        return "as the mean effect" if MEASURES[code].scale == "linear" else "not estimable"
    if risk is None or pd.isna(risk):
        if code != "RD":
            return "needs a risk without treatment"
        risk = 0.0
    elif not 0 <= float(risk) <= 1:
        raise ValueError(
            f"The baseline risk of {name!r} is {risk}; it must lie between 0 and 1 (0.2 is 20 %)."
        )
    r = float(risk)

    def change(x: float) -> float:
        if code == "RR":
            # no more than everybody can have the event
            return min(x * r, 1.0) - r
        if code == "OR":
            return x * r / (1 - r + x * r) - r
        return x

    def said(x: float) -> str:
        n = round(1000 * change(x))
        return "no difference" if n == 0 else f"{abs(n)} {'fewer' if n < 0 else 'more'}"

    return f"{said(point)} per 1,000 ({said(low)} to {said(high)})"


def read_aloud(table: pd.DataFrame) -> list[str]:
    """A summary-of-findings table as sentences, for ears and for plain text.

    Parameters
    ----------
    table : pandas.DataFrame
        Result of :func:`summary_of_findings`.

    Returns
    -------
    list of str
        One sentence or two an outcome.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import read_aloud, summary_of_findings
    >>> row = {"outcome": "hair density", "effect_measure": "SMD", "estimate": 0.5}
    >>> row |= {"ci_low": 0.1, "ci_high": 0.9, "studies": 2, "participants": 60}
    >>> steps = pd.DataFrame({"outcome": ["hair density"], "domain": ["imprecision"]})
    >>> steps = steps.assign(step=-2, reason="60 people")
    >>> table = summary_of_findings(pd.DataFrame([{**row, "start": "randomised"}]), steps)
    >>> print(read_aloud(table)[0])
    Hair density, 2 studies with 60 participants: SMD 0.500 (0.100 to 0.900). Certainty low. \
Down 2 for imprecision: 60 people.
    """
    need(table, "Outcome", "Studies (participants)", "Certainty", "Why")
    said = []
    for row in table.to_dict("records"):
        k, _, n = str(row["Studies (participants)"]).partition(" (")
        name = str(row["Outcome"])
        absolute = str(row["Absolute effect"])
        numeric = "" if "per 1,000" not in absolute else f", {absolute}"
        said.append(
            f"{name[:1].upper()}{name[1:]}, {k} {'study' if k == '1' else 'studies'} with "
            f"{n.rstrip(')')} participants: {row['Relative or mean effect']}{numeric}. "
            f"Certainty {str(row['Certainty']).partition(' ')[2]}. {row['Why']}"
        )
    return said


# --- completeness of reporting --------------------------------------------------------------

REPORTING_ITEMS: dict[str, str] = {
    "dose": "dose with its unit",
    "cell_source": "tissue the cells came from",
    "passage": "passage of the cells",
    "medium": "basal medium that was conditioned",
    "supplement": "serum or what replaced it",
    "concentration": "whether and how the medium was concentrated",
    "protectant": "protectant for drying or freezing",
    "storage": "temperature and time of storage",
    "funding_conflicts": "funding and competing interests",
}
"""What a report on conditioned medium must tell for it to be repeated, by column."""


REPORTING_WORDS = ("reported", "not reported", "not seen", "not applicable")
"""What can be said of an item in a study."""


def reporting_grid(
    df: pd.DataFrame,
    items: Iterable[str] | Mapping[str, str] = tuple(REPORTING_ITEMS),
    *,
    study: str = "study_id",
    not_reported: Sequence[str] = ("NR", "UNCLEAR", "none stated", ""),
    not_seen: Sequence[str] = ("NS",),
    not_applicable: Sequence[str] = ("NA",),
) -> pd.DataFrame:
    """What each study reports, item by item.

    Parameters
    ----------
    df, items, study, not_reported, not_seen, not_applicable
        As for :func:`reporting_completeness`.

    Returns
    -------
    pandas.DataFrame
        One row a study, one column an item, cells from :data:`REPORTING_WORDS`.

    Raises
    ------
    KeyError
        If an item is no column.
    ValueError
        If a row has no study.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import reporting_grid
    >>> df = pd.DataFrame({"study_id": ["a", "a"], "dose": ["NR", "2 mL"]})
    >>> reporting_grid(df, ["dose"])["dose"].tolist()
    ['reported']
    """
    columns = list(items)
    need(df, study, *columns)
    complaints = Complaints([f"row {i}" for i in df.index])
    nameless = df[study].isna().to_numpy(dtype=bool)
    complaints.add(nameless, study, raw_values(df, study), "must not be empty; name the study")
    complaints.throw()

    def kind(value: Any) -> str:
        text = "" if pd.isna(value) else str(value).strip()
        if text == "" or text in not_reported:
            return "not reported"
        if text in not_seen:
            return "not seen"
        return "not applicable" if text in not_applicable else "reported"

    # reported anywhere is reported; unseen is better than looked for and not found
    order = ("reported", "not seen", "not reported", "not applicable")
    rows = []
    for who in first_seen(df[study]):
        part = df[df[study] == who]
        found = {c: {kind(v) for v in part[c].tolist()} for c in columns}
        rows.append({study: who} | {c: next(w for w in order if w in found[c]) for c in columns})
    return pd.DataFrame(rows, columns=[study, *columns])


def reporting_completeness(
    df: pd.DataFrame,
    items: Iterable[str] | Mapping[str, str] = tuple(REPORTING_ITEMS),
    *,
    study: str = "study_id",
    not_reported: Sequence[str] = ("NR", "UNCLEAR", "none stated", ""),
    not_seen: Sequence[str] = ("NS",),
    not_applicable: Sequence[str] = ("NA",),
) -> pd.DataFrame:
    """How completely each study reports what a repeat would need.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study; several rows of one study count as reported where any of them is.
    items : iterable of str
        Columns to score; the keys of :data:`REPORTING_ITEMS` when left out.
    study : str
        Column with the study.
    not_reported, not_seen, not_applicable : sequence of str
        Codes of absence.  An empty cell counts as not reported.

    Returns
    -------
    pandas.DataFrame
        One row a study: numbers ``reported``, ``not_reported``, ``not_seen``,
        ``not_applicable``, and ``score_low`` and ``score_high``, the share reported of what
        applies if nothing, or all, of what was not seen is reported.  Where nothing applies
        the scores are missing (``<NA>``) and ``note`` says so.

    Raises
    ------
    KeyError
        If an item is no column.
    ValueError
        If a row has no study.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import reporting_completeness
    >>> df = pd.DataFrame({"study_id": ["a"], "dose": ["2 mL"], "passage": ["NR"]})
    >>> df["storage"] = "NS"
    >>> score = reporting_completeness(df, ["dose", "passage", "storage"])
    >>> score[["score_low", "score_high"]].round(2).values.tolist()
    [[0.33, 0.67]]
    """
    columns = list(items)
    grid = reporting_grid(
        df,
        columns,
        study=study,
        not_reported=not_reported,
        not_seen=not_seen,
        not_applicable=not_applicable,
    )
    rows = []
    for cells in grid.itertuples(index=False, name=None):
        who = cells[0]
        n = [cells[1:].count(word) for word in REPORTING_WORDS]
        applies = n[0] + n[1] + n[2]
        rows.append(
            {
                study: who,
                "reported": n[0],
                "not_reported": n[1],
                "not_seen": n[2],
                "not_applicable": n[3],
                "score_low": n[0] / applies if applies else pd.NA,
                "score_high": (n[0] + n[2]) / applies if applies else pd.NA,
                "note": "" if applies else "no item applies",
            }
        )
    table = pd.DataFrame(
        rows,
        columns=[
            study,
            "reported",
            "not_reported",
            "not_seen",
            "not_applicable",
            "score_low",
            "score_high",
            "note",
        ],
    )
    return table.astype({"score_low": "Float64", "score_high": "Float64"})


# --- verdicts on claims ---------------------------------------------------------------------

VERDICTS: dict[str, str] = {
    "untested": "no study was found that bears on the claim",
    "not supported by what was read": "no study found speaks to the claim where it was read",
    "contradicted": "studies speak against the claim, and at most half as many otherwise",
    "contested": "studies disagree, or are mixed within themselves",
    "supported": "studies speak for the claim, none against it, and at most half as many are mixed",
}
"""The verdicts and what they mean."""

_BEARINGS = ("for", "against", "mixed", "not applicable", "result not seen")
_DEPTHS = ("registry record", "abstract", "table or figure page", "full text")


def claims_verdict(
    evidence: pd.DataFrame,
    claims: Iterable[str] | None = None,
    *,
    claim: str = "claim_id",
    study: str = "study_id",
    bearing: str = "bearing",
    depth: str | None = None,
    least_depth: str | None = None,
    checked: str | None = None,
    only_checked: bool = False,
    certainty: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Verdict on each claim from the studies that bear on it, by a stated rule.

    Parameters
    ----------
    evidence : pandas.DataFrame
        One row a study's bearing on a claim.
    claims : iterable of str, optional
        All claims, so that those without any evidence are listed too; those in `evidence` when
        left out.
    claim, study, bearing : str
        Columns; the bearing is ``for``, ``against``, ``mixed``, ``not applicable``, or ``result
        not seen`` where the study belongs to the claim but its result could not be read.
    depth : str, optional
        Column with the depth of reading.
    least_depth : str, optional
        Leave out rows read less deeply, in the order registry record, abstract, table or figure
        page, full text.  Needs `depth`.
    checked : str, optional
        Column with the date of the second reading.
    only_checked : bool
        Leave out rows that nobody read again.  Needs `checked`.
    certainty : mapping of str to str, optional
        Graded certainty of the evidence for a claim, one of :data:`CERTAINTIES`.

    Returns
    -------
    pandas.DataFrame
        One row a claim, in order: numbers of studies ``for``, ``against``, ``mixed``, ``not
        applicable`` and ``result not seen``; ``left_out`` (rows that depth or checking left
        out); ``full_text`` and ``checked`` (of the studies that bear on it, where those columns
        are given);
        ``verdict`` and ``because``.

    Raises
    ------
    ValueError
        If a bearing, depth or certainty is not one of the words, a row has no study, evidence
        is given for a claim that is not in `claims`, or an option lacks its column.

    Notes
    -----
    The rule.  A study with rows both for and against a claim, or any mixed row, is *mixed*.
    Let F, A, M be the numbers of studies for, against and mixed, N of those that do not apply
    or whose result was not seen; these never decide.

    ========================================  ===================================
    F = A = M = N = 0                         untested
    F = A = M = 0, N > 0                      not supported by what was read
    A > 0, and 2·(F + M) ≤ A                  contradicted
    F > 0, A = 0, and 2·M ≤ F                 supported, with its certainty
    else                                      contested
    ========================================  ===================================

    A ``supported`` claim takes the graded certainty, ``supported, low certainty``; without one
    it is ``supported, certainty not graded``.  Where F is 1 it is ``supported by one study``,
    with the same ending.  The rule counts studies: it is no measure of how large or how good
    they are, which is what the certainty is for; :func:`claim_steps` computes one.

    Explained in the chapter *The claims ledger*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import claims_verdict
    >>> df = pd.DataFrame({"claim_id": ["c1", "c1"], "study_id": ["a", "b"]})
    >>> df["bearing"] = ["for", "for"]
    >>> claims_verdict(df, ["c1", "c2"], certainty={"c1": "low"})["verdict"].tolist()
    ['supported, low certainty', 'untested']
    """
    need(evidence, claim, study, bearing, depth, checked)
    if least_depth is not None and depth is None:
        raise ValueError("least_depth needs depth, the column with the depth of reading.")
    if least_depth is not None and least_depth not in _DEPTHS:
        raise ValueError(f"least_depth is {least_depth!r}; one of: {', '.join(_DEPTHS)}.")
    if only_checked and checked is None:
        raise ValueError("only_checked needs checked, the column with the second reading's date.")
    _check_evidence(evidence, claim, study, bearing, depth)
    listed = [str(c) for c in (first_seen(evidence[claim]) if claims is None else claims)]
    stray = sorted(set(evidence[claim].astype(str)) - set(listed))
    if stray:
        raise ValueError(
            f"Evidence is given for claims that are not listed: {', '.join(stray)}. Add them to "
            "claims, or put the claim right."
        )
    graded = dict(certainty or {})
    odd = {c: g for c, g in graded.items() if g not in CERTAINTIES or c not in listed}
    if odd:
        raise ValueError(
            f"These certainties cannot be used: {odd}. Give listed claims one of: "
            f"{', '.join(CERTAINTIES)}."
        )
    keep = pd.Series(True, index=evidence.index)
    if depth is not None and least_depth is not None:
        keep &= evidence[depth].map(_DEPTHS.index) >= _DEPTHS.index(least_depth)
    again = pd.Series(False, index=evidence.index)
    if checked is not None:
        again = ~(evidence[checked].isna() | evidence[checked].isin(["NA", "NS", ""]))
        if only_checked:
            keep &= again
    rows = []
    for one in listed:
        mine = evidence[claim].astype(str) == one
        part = evidence[mine & keep]
        count = dict.fromkeys(_BEARINGS, 0)
        bears: list[Any] = []
        for who in first_seen(part[study]):
            said = set(part.loc[part[study] == who, bearing])
            word = _one_bearing(said)
            count[word] += 1
            if word in ("for", "against", "mixed"):
                bears.append(who)
        verdict, because = _verdict(count, graded.get(one))
        row: dict[str, Any] = {claim: one, **count, "left_out": int((mine & ~keep).sum())}
        own = part[part[study].isin(bears)]
        if depth is not None:
            row["full_text"] = int(own.loc[own[depth] == "full text", study].nunique())
        if checked is not None:
            row["checked"] = int(own.loc[again[own.index], study].nunique())
        if row["left_out"]:
            because += f" {row['left_out']} rows were left out by depth of reading or checking."
        rows.append({**row, "verdict": verdict, "because": because})
    return pd.DataFrame(rows)


def _check_evidence(
    evidence: pd.DataFrame, claim: str, study: str, bearing: str, depth: str | None
) -> None:
    complaints = Complaints(
        [f"{c}, {s}" for c, s in zip(evidence[claim], evidence[study], strict=True)]
    )
    for column in (claim, study):
        absent = evidence[column].isna().to_numpy(dtype=bool)
        complaints.add(absent, column, raw_values(evidence, column), "must not be empty")
    allowed = {bearing: _BEARINGS} | ({} if depth is None else {depth: _DEPTHS})
    for column, words in allowed.items():
        unknown = ~evidence[column].isin(words).to_numpy(dtype=bool)
        shown = raw_values(evidence, column)
        complaints.add(unknown, column, shown, f"must be one of: {', '.join(words)}")
    complaints.throw("Put the cells right; a verdict is not computed over words it does not know.")


def _one_bearing(said: set[str]) -> str:
    bears = said - {"not applicable", "result not seen"}
    if not bears:
        return "result not seen" if "result not seen" in said else "not applicable"
    return bears.pop() if len(bears) == 1 else "mixed"


def _verdict(count: Mapping[str, int], level: str | None) -> tuple[str, str]:
    f, a, m, n, unseen = (count[b] for b in _BEARINGS)
    told = f"{f} for, {a} against, {m} mixed, {n} not applicable"
    told += f", {unseen} with a result not seen." if unseen else "."
    if not (f or a or m):
        if not (n or unseen):
            return "untested", "No study was found that bears on it."
        return "not supported by what was read", told
    if a and 2 * (f + m) <= a:
        return "contradicted", told
    if f and not a and 2 * m <= f:
        sure = "certainty not graded" if level is None else f"{level} certainty"
        return f"supported{' by one study' if f == 1 else ''}, {sure}", told
    return "contested", told


CLAIM_KINDS: dict[str, str] = {
    "effect in people": "people",
    "safety or immunity": "people",
    "effect in animals": "any",
    "effect in vitro": "any",
    "citation": "any",
    "processing": "none",
    "composition": "none",
    "count of studies": "none",
    "opinion": "none",
}
"""Kinds of claim, and in whom an effect is claimed: ``people``, ``any`` (people, animals or cells)
or ``none``, where the claim is no question of effect and has no certainty."""

_GRAVE = ("high", "serious", "critical")


def claim_steps(
    evidence: pd.DataFrame,
    claims: pd.DataFrame,
    studies: pd.DataFrame,
    judgements: pd.DataFrame,
    *,
    claim: str = "claim_id",
    study: str = "study_id",
    bearing: str = "bearing",
    kind: str = "kind",
    design: str = "design",
    control: str = "control_kind",
    n: str = "n_total",
    kinds: Mapping[str, str] = CLAIM_KINDS,
    plain: str = "unconditioned medium",
    few: int = 50,
) -> pd.DataFrame:
    """Steps of certainty for each claim that is a question of effect, by a stated rule.

    Parameters
    ----------
    evidence : pandas.DataFrame
        One row a study's bearing on a claim, as for :func:`claims_verdict`.
    claims : pandas.DataFrame
        One row a claim, with its kind.
    studies : pandas.DataFrame
        One row a study, with its kind (``human`` where it was in people), design, control and
        number.
    judgements : pandas.DataFrame
        Risk of bias: ``tool``, ``domain`` and ``judgement``, one row a study and domain.
    claim, study, bearing, kind, design, control, n : str
        Columns; `kind` is a column of `claims` and of `studies`, `n` the number of people or
        animals of a study, missing where there is none.
    kinds : mapping of str to str
        In whom each kind of claim claims an effect: ``people``, ``any`` or ``none``.
    plain : str
        Word of `control` for the plain medium.
    few : int
        Fewer people and animals than this are few.

    Returns
    -------
    pandas.DataFrame
        Four rows a claim: the claim, ``start``, ``domain``, ``step`` (0 to −2) and ``reason``,
        which :func:`certainty` takes claim by claim.  Claims that are no question of effect, and
        those on which no study bears, have no rows.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If a claim or study of `evidence` is not in its table or stands there twice, a kind of
        claim is not in `kinds`, a number is none, or a judgement does not fit its instrument.

    Notes
    -----
    The rule is blunt, and asks only of the studies that are for, against or mixed.

    * Start: ``randomised`` if every design begins with that word, else ``non-randomised``.
    * Risk of bias: −2 if at least half of the studies are at high, serious or critical risk, 0
      if all are at low risk, else −1, not judged included.  For this step alone, and because
      SYRCLE has no overall judgement, a study judged with it is at high risk if one domain is,
      and at low risk if all are.
    * Indirectness: −1 unless every control was the plain medium; −1 more if the claim is on
      people and not every study was in people.
    * Imprecision: −1 for a single study; −1 more for fewer than `few` people and animals
      together, where a study without a number adds nothing.
    * Inconsistency: −1 unless all studies bear the same way.

    Publication bias is not looked at, and nothing is moved up.

    Explained in the chapter *The claims ledger*.

    References
    ----------
    Guyatt GH and colleagues. GRADE. BMJ 2008;336:924-926.
    https://doi.org/10.1136/bmj.39489.470347.AD

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import certainty, claim_steps
    >>> evidence = pd.DataFrame({"claim_id": ["c"], "study_id": ["a"], "bearing": ["for"]})
    >>> claims = pd.DataFrame({"claim_id": ["c"], "kind": ["effect in people"]})
    >>> studies = pd.DataFrame({"study_id": ["a"], "kind": "human", "n_total": 60,
    ...     "design": "randomised split-body", "control_kind": "unconditioned medium"})
    >>> judged = pd.DataFrame(columns=["study_id", "tool", "domain", "judgement"])
    >>> steps = claim_steps(evidence, claims, studies, judged)
    >>> dict(zip(steps["domain"], steps["step"]))
    {'risk of bias': -1, 'indirectness': 0, 'imprecision': -1, 'inconsistency': 0}
    >>> certainty(steps, steps["start"].iloc[0])[0]
    'low'
    """
    need(evidence, claim, study, bearing)
    need(claims, claim, kind)
    need(studies, study, kind, design, control, n)
    _check_evidence(evidence, claim, study, bearing, None)
    asked, size = _check_claims(evidence, claims, studies, (claim, study, kind, n), kinds)
    risk = _risk_levels(judgements, study)
    traits = studies.assign(**{n: size}).set_index(study)
    rows: list[dict[str, Any]] = []
    for one, whom in asked.items():
        mine = evidence[evidence[claim] == one]
        ways = {who: _one_bearing(set(b)) for who, b in mine.groupby(study)[bearing]}
        ways = {who: way for who, way in ways.items() if way in _BEARINGS[:3]}
        if whom == "none" or not ways:
            continue
        own = traits.loc[list(ways)]
        k, levels = len(own), [risk.get(who, 1) for who in ways]
        grave, low = levels.count(2), levels.count(0)
        medium, human = int((own[control] == plain).sum()), int((own[kind] == "human").sum())
        total, unseen = int(own[n].sum()), int(own[n].isna().sum())
        of = f"of {k} {'study' if k == 1 else 'studies'}"
        counts = {w: list(ways.values()).count(w) for w in _BEARINGS[:3]}
        steps = {
            "risk of bias": (
                -2 if 2 * grave >= k else 0 if low == k else -1,
                f"{of}, {low} at low risk, {grave} at high, {k - low - grave} between or not known",
            ),
            "indirectness": (
                -(medium < k) - (whom == "people" and human < k),
                f"{of}, {medium} against the plain medium"
                + (f", {human} in people" if whom == "people" else ""),
            ),
            "imprecision": (
                -(k == 1) - (total < few),
                f"{k} {'study' if k == 1 else 'studies'}, {total:,} people or animals counted"
                + (f", no number for {unseen}" if unseen else ""),
            ),
            "inconsistency": (
                -(sum(c > 0 for c in counts.values()) > 1),
                ", ".join(f"{c} {w}" for w, c in counts.items()),
            ),
        }
        randomised = own[design].astype("string").str.startswith("randomised").fillna(False).all()
        start = "randomised" if randomised else "non-randomised"
        rows += [
            {claim: one, "start": start, "domain": d, "step": step, "reason": reason}
            for d, (step, reason) in steps.items()
        ]
    return pd.DataFrame(rows, columns=[claim, "start", "domain", "step", "reason"])


def _check_claims(
    evidence: pd.DataFrame,
    claims: pd.DataFrame,
    studies: pd.DataFrame,
    columns: tuple[str, str, str, str],
    kinds: Mapping[str, str],
) -> tuple[dict[Any, str], pd.Series]:
    """In whom each claim claims an effect, and numbers of the studies, after all was checked."""
    claim, study, kind, n = columns
    for column, table in ((claim, claims), (study, studies)):
        complaints = Complaints([f"row {i}" for i in evidence.index])
        stray = ~evidence[column].isin(table[column]).to_numpy(dtype=bool)
        shown = raw_values(evidence, column)
        complaints.add(stray, column, shown, f"is not in the table of {column}; add it there")
        complaints.throw()
        complaints = Complaints(row_names(table, column))
        doubled = table[column].duplicated().to_numpy(dtype=bool)
        complaints.add(doubled, column, raw_values(table, column), "stands twice; keep one row")
        complaints.throw()
    complaints = Complaints(row_names(claims, claim))
    unknown = ~claims[kind].isin(list(kinds)).to_numpy(dtype=bool)
    complaints.add(
        unknown, kind, raw_values(claims, kind), f"must be one of kinds: {', '.join(kinds)}"
    )
    complaints.throw("Put the kind right, or pass kinds with a line for it.")
    size = pd.to_numeric(studies[n], errors="coerce").astype("Float64")
    complaints = Complaints(row_names(studies, study))
    told = (studies[n].notna() & ~studies[n].isin(list(MISSING_CODES))).to_numpy(dtype=bool)
    odd = told & ~(size >= 0).fillna(False).to_numpy(dtype=bool)
    complaints.add(odd, n, raw_values(studies, n), "must be a number, or empty where not seen")
    complaints.throw()
    asked = {c: kinds[k] for c, k in zip(claims[claim], claims[kind], strict=True)}
    return asked, size


def _risk_levels(judgements: pd.DataFrame, study: str) -> dict[Any, int]:
    """0 for a study at low risk, 2 for one at high risk, 1 for what is between or not known."""
    levels: dict[Any, int] = {}
    overall = overall_judgements(judgements, study=study)
    for who, word in zip(overall[study], overall["overall"], strict=True):
        levels[who] = max(levels.get(who, 0), 2 if word in _GRAVE else int(word != "low"))
    for (who, name), words in judgements.groupby([study, "tool"])["judgement"]:
        tool = TOOLS[str(name)]
        if not tool.has_overall:
            all_low = len(words) == len(tool.domains) and (words == "low").all()
            level = 2 if words.isin(_GRAVE).any() else int(not all_low)
            levels[who] = max(levels.get(who, 0), level)
    return levels


def citations_that_do_not_carry(
    evidence: pd.DataFrame,
    *,
    claim: str = "claim_id",
    study: str = "study_id",
    bearing: str = "bearing",
    cited: str = "cited_by_seed",
) -> pd.DataFrame:
    """Rows in which a paper is cited for a claim that it does not support.

    Parameters
    ----------
    evidence : pandas.DataFrame
        One row a study's bearing on a claim.
    claim, study, bearing, cited : str
        Columns; `cited` holds ``yes`` or ``no``.

    Returns
    -------
    pandas.DataFrame
        The rows with ``cited`` yes and a bearing other than ``for``, with all their columns.
        Rows whose result was not seen are left out: they do not show that it fails.

    Raises
    ------
    ValueError
        If a cell of `cited` is neither ``yes`` nor ``no``.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import citations_that_do_not_carry
    >>> df = pd.DataFrame({"claim_id": ["c1", "c1"], "study_id": ["a", "b"]})
    >>> df = df.assign(bearing=["for", "not applicable"], cited_by_seed="yes")
    >>> citations_that_do_not_carry(df)["study_id"].tolist()
    ['b']
    """
    need(evidence, claim, study, bearing, cited)
    complaints = Complaints(
        [f"{c}, {s}" for c, s in zip(evidence[claim], evidence[study], strict=True)]
    )
    odd = ~evidence[cited].isin(["yes", "no"]).to_numpy(dtype=bool)
    complaints.add(odd, cited, raw_values(evidence, cited), "must be yes or no")
    complaints.throw()
    _check_evidence(evidence, claim, study, bearing, None)
    fails = ~evidence[bearing].isin(["for", "result not seen"])
    return evidence[(evidence[cited] == "yes") & fails].reset_index(drop=True)


# --- how sure, in one word --------------------------------------------------------------------

SURENESS: dict[str, str] = {
    "likely": "Two or more controlled studies in people, read in full, point the same way, and "
    "no other controlled study in people points another way.",
    "possible": "One or more controlled studies in people, or three or more in animals where "
    "there is none in people, point the same way, and none points another way.",
    "unclear": "The controlled studies disagree, or are too few, or nothing was compared.",
    "not tested": "No study asked.",
}
"""The four words for how sure one is of an answer, with their meaning."""

_WAYS = ("favours product", "no clear difference", "favours comparator")
_ANSWERS = dict(zip(_WAYS, ("favours product", "no difference", "favours comparator"), strict=True))
_NO_WAY = ("mixed", "no test between arms")
_FEW_ANIMAL_STUDIES = 3
_SAID_UNTESTED = (
    r"\bno (?:direct )?test\b|no counts or test seen|no p value seen|comparison between arms not "
    r"seen|no comparison between|only before/after tests within|no result of .* is printed"
)
_P_WITHIN = r"before/after|\bwithin"


def arms_compared(
    rows: pd.DataFrame,
    *,
    direction: str = "direction",
    remark: str = "remark",
    p: str = "p_raw",
) -> pd.Series:
    """Whether a null result is one: false where no test between the arms was seen.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an outcome.
    direction, remark, p : str
        Columns.  Where `remark` or `p` is not in the table it says nothing.

    Returns
    -------
    pandas.Series of bool
        False for rows coded ``no clear difference`` whose remark says that no test between the
        arms was seen, or whose printed p belongs to a change within an arm; else true.

    Notes
    -----
    "No difference was found" and "nobody compared" are told apart by words of the remark, which
    is free text: the rule is as good as the remarks.

    Explained in the chapter *How sure we are*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import arms_compared
    >>> rows = pd.DataFrame({"direction": "no clear difference",
    ...                      "remark": ["single session", "no test in the abstract"]})
    >>> arms_compared(rows).tolist()
    [True, False]
    """
    need(rows, direction)
    untested = pd.Series(False, index=rows.index)
    for column, said in ((remark, _SAID_UNTESTED), (p, _P_WITHIN)):
        if column in rows.columns:
            untested |= rows[column].astype("string").str.contains(said, case=False).fillna(False)
    return ~(untested & (rows[direction] == "no clear difference"))


def study_ways(
    rows: pd.DataFrame,
    *,
    study: str = "study_id",
    direction: str = "direction",
    remark: str = "remark",
    p: str = "p_raw",
) -> pd.Series:
    """The way each study points, over all its compared outcomes.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an outcome.
    study, direction, remark, p : str
        Columns; for the last two see :func:`arms_compared`.

    Returns
    -------
    pandas.Series of str
        By study, in order of its name: the direction that all its compared outcomes share;
        ``mixed`` where they differ; ``no test between arms`` where every one is a null that was
        not tested; ``no comparator`` where nothing was compared.

    Notes
    -----
    A study takes a side only if all its outcomes do.  :func:`how_sure` follows this rule, and so
    does :func:`secretome.synthesis.direction_synthesis` with ``unanimous=True``.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import study_ways
    >>> rows = pd.DataFrame({"study_id": ["a", "b", "b"],
    ...     "direction": ["favours product", "favours product", "no clear difference"]})
    >>> study_ways(rows).to_dict()
    {'a': 'favours product', 'b': 'mixed'}
    """
    need(rows, study, direction)
    tested = arms_compared(rows, direction=direction, remark=remark, p=p)
    said = rows[direction].where(tested, "no test between arms")
    ways = {}
    for name, words in said.groupby(rows[study], sort=True):
        found = set(words) - {"no comparator"}
        if len(found) > 1:
            # an untested null beside a tested one adds nothing; beside a side it is no agreement
            found -= {"no test between arms"} if "no clear difference" in found else set()
        ways[str(name)] = "no comparator" if not found else "mixed"
        if len(found) == 1:
            ways[str(name)] = found.pop()
    return pd.Series(ways, name=direction, dtype="object").rename_axis(study)


def how_sure(
    rows: pd.DataFrame,
    *,
    study: str = "study_id",
    direction: str = "direction",
    kind: str = "kind",
    depth: str = "reading_depth",
    remark: str = "remark",
    p: str = "p_raw",
) -> tuple[str, str]:
    """How sure the rows of one question make us, of which answer, and the reason.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an outcome; may be empty.
    study, direction, kind, depth : str
        Columns: the study, the direction of its controlled comparison, ``human`` or
        ``animal`` (other kinds are left out), and how deep the source was read.
    remark, p : str
        Columns that tell a null from a comparison that nobody tested, see
        :func:`arms_compared`.

    Returns
    -------
    tuple of (str, str)
        One of :data:`SURENESS`, and a sentence that counts the studies behind it.  *likely* and
        *possible* never come alone: the answer stands behind a colon, as in ``possible: no
        difference`` or ``possible: favours product``.

    Raises
    ------
    KeyError
        If a column is not there.

    Notes
    -----
    A study whose rows differ is *mixed*, and one without a test between its arms has no result:
    both point no way, and count as a disagreement (:func:`study_ways`).  Rows with ``no
    comparator`` never count.  The word follows from numbers of studies and depth of reading
    alone; bias and size are judged in a table of certainty, see :func:`certainty`.

    Explained in the chapter *How sure we are*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.appraisal import how_sure
    >>> rows = pd.DataFrame({"study_id": ["a", "b"], "direction": "favours product",
    ...                      "kind": "human", "reading_depth": ["abstract", "full text"]})
    >>> how_sure(rows)[0]
    'possible: favours product'
    """
    need(rows, study, direction, kind, depth)
    tested = rows[rows[kind].isin(["human", "animal"])]
    if tested.empty:
        return "not tested", "No study in people or animals was found."
    compared = tested[tested[direction].isin([*_WAYS, "mixed"])]
    names = {"study": study, "direction": direction, "remark": remark, "p": p}
    people = study_ways(compared[compared[kind] == "human"], **names)
    animals = study_ways(compared[compared[kind] == "animal"], **names)
    told = f"{_told(people)} in people; {_told(animals)} in animals."
    deciding = people if len(people) else animals
    answer = _ANSWERS.get(deciding.iloc[0]) if deciding.nunique() == 1 else None
    if answer is None or (people.empty and len(animals) < _FEW_ANIMAL_STUDIES):
        return "unclear", told
    full = compared.loc[compared[depth] == "full text", study].astype(str)
    likely = len(people) >= 2 and set(people.index) <= set(full)
    return f"{'likely' if likely else 'possible'}: {answer}", told


def _told(ways: pd.Series) -> str:
    counts = {way: int((ways == way).sum()) for way in (*_WAYS, *_NO_WAY)}
    named = [f"{n} {way}" for way, n in counts.items() if n]
    total = f"{len(ways)} controlled {'study' if len(ways) == 1 else 'studies'}"
    return f"{total} ({', '.join(named)})" if named else total

"""Charts of effects, of their funnels and of the risk of bias behind them.

Choices:

* The theme, the colours and the readings of :mod:`secretome.charts`: never colour alone, and
  every chart carries its reading as ``description``.
* A forest plot draws what the result holds and computes nothing: the squares are the weights
  of the model, the diamond is the interval of the mean, the bar below it the prediction
  interval.  Ratios are drawn on a logarithmic axis.
* Results of :mod:`secretome.synthesis` call these functions by their ``chart()``.
* ``no information`` is drawn hollow, dashed and with letters, and a domain without a row is an
  empty place with a dash: neither looks like a judgement.

The chapters *Synthesis* and *Risk of bias and certainty* use these charts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from secretome import appraisal
from secretome._frames import Complaints, need, numbers, p_text, row_names, significant
from secretome.charts import INK, PALETTE, _count, _empty, _style
from secretome.effect_sizes import MEASURES, Measure, _p_values, back_transform
from secretome.synthesis import (
    SWIM_WARNING,
    AsymmetryTest,
    DirectionSynthesis,
    MetaAnalysis,
    MetaRegression,
    Sensitivity,
    SubgroupAnalysis,
    TrimAndFill,
    egger,
)

__all__ = [
    "JUDGEMENTS",
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
]

# dark text on every fill below; written out, so that a dark page does not turn it light
_ON_FILL = "#14171a"

JUDGEMENTS: dict[str, tuple[str, str, str]] = {
    "low": (PALETTE["green"], "circle", "+"),
    "some concerns": (PALETTE["yellow"], "triangle-up", "!"),
    "moderate": (PALETTE["yellow"], "triangle-up", "!"),
    "unclear": (PALETTE["orange"], "diamond", "?"),
    "high": (PALETTE["vermillion"], "square", "×"),
    "serious": (PALETTE["vermillion"], "square", "×"),
    "critical": (PALETTE["purple"], "square", "××"),
    appraisal.NO_INFORMATION: ("transparent", "circle", "NI"),
    "not judged": ("transparent", "circle", "–"),
}
"""Fill, shape and sign of each judgement; ``no information`` and ``not judged`` have no fill."""


def _need_result(result: Any, function: str, *kinds: type) -> None:
    """Say what to call first when a chart of a result gets a table."""
    if isinstance(result, kinds):
        return
    given = type(result).__name__
    hint = (
        f" A table of effects is pooled first: {function}(synthesis.meta_analysis(effects))."
        if isinstance(result, pd.DataFrame) and MetaAnalysis in kinds
        else ""
    )
    raise TypeError(
        f"{function} takes {' or '.join(k.__name__ for k in kinds)}, a result of "
        f"secretome.synthesis, not {given}.{hint}"
    )


# --- forest plot ----------------------------------------------------------------------------


def forest_reading(result: MetaAnalysis | SubgroupAnalysis) -> str:
    """Sentences that read a forest plot.

    Parameters
    ----------
    result : MetaAnalysis or SubgroupAnalysis
        What the plot shows.

    Returns
    -------
    str
        The result's summary, and the study with the largest weight.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import forest_reading
    >>> from secretome.synthesis import meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    >>> forest_reading(meta_analysis(df)).split(". ")[0]
    'Forest plot of 3 studies'
    """
    _need_result(result, "forest", MetaAnalysis, SubgroupAnalysis)
    pooled = result.overall if isinstance(result, SubgroupAnalysis) else result
    table = pooled._studies
    top = table.iloc[int(table["weight"].to_numpy().argmax())]
    null = MEASURES[pooled.measure].null
    text = f"Forest plot of {_count(pooled.k, 'study', 'studies')}. {result.summary()}"
    if isinstance(result, SubgroupAnalysis):
        text += f" All together: {pooled.summary()}"
    text += f" The largest weight, {top['weight']:.0f} %, is that of {top['label']}."
    if null is not None:
        inside = int(((table["ci_low"] <= null) & (table["ci_high"] >= null)).sum())
        text += f" {_count(inside, 'single interval')} of {pooled.k} "
        text += f"{'includes' if inside == 1 else 'include'} no effect."
    return text


def _interval_text(result: MetaAnalysis, values: Sequence[float]) -> str:
    point, low, high = (significant(result.natural(float(v))) for v in values)
    return f"{point} [{low}, {high}]"


def _forest_rows(
    result: MetaAnalysis | SubgroupAnalysis, checked: str | None
) -> list[dict[str, Any]]:
    """What stands in each line of the plot, from top to bottom."""
    pooled = result.overall if isinstance(result, SubgroupAnalysis) else result
    groups = result.groups if isinstance(result, SubgroupAnalysis) else {"": result}
    weights = dict(zip(pooled._studies.index, pooled._studies["weight"], strict=True))
    rows: list[dict[str, Any]] = []

    def line(kind: str, label: str, values: Sequence[float] | None, **more: Any) -> None:
        row: dict[str, Any] = {"kind": kind, "label": label, "text": "", "weight": None, **more}
        if values is not None:
            row |= dict(zip(("effect", "low", "high"), map(float, values), strict=True))
            row["text"] = _interval_text(pooled, values)
        rows.append(row)

    for name, group in groups.items():
        if name:
            line("heading", name, None)
        for i, r in group._studies.iterrows():
            again = checked is None or not (pd.isna(r[checked]) or r[checked] in ("NA", "NS"))
            # the weight in the whole, which is what the size of the square promises
            weight = float(weights[i]) if pooled._studies.index.is_unique else float(r["weight"])
            line(
                "study",
                str(r["label"]),
                (r["effect"], r["ci_low"], r["ci_high"]),
                weight=weight,
                again=again,
            )
        if name:
            said = "one study" if group.k == 1 else f"subtotal of {group.k}"
            line("pooled", f"{name}, {said}", (group.estimate, group.ci_low, group.ci_high))
    model = "Common effect" if pooled.tau2 is None else f"Random effects ({pooled.method})"
    line("pooled", model, (pooled.estimate, pooled.ci_low, pooled.ci_high))
    if pooled.prediction_low is not None and pooled.prediction_high is not None:
        low, high = pooled.prediction_low, pooled.prediction_high
        line("prediction", "Prediction interval", (pooled.estimate, low, high))
        rows[-1]["text"] = (
            f"[{significant(pooled.natural(low))}, {significant(pooled.natural(high))}]"
        )
    return rows


def forest(
    result: MetaAnalysis | SubgroupAnalysis,
    *,
    title: str | None = None,
    favours: tuple[str, str] | None = None,
    domain: tuple[float, float] | None = None,
    checked: str | None = None,
    width: int = 300,
) -> Any:
    """Forest plot with weights, summary diamonds and the prediction interval.

    Parameters
    ----------
    result : MetaAnalysis or SubgroupAnalysis
        Result of :mod:`secretome.synthesis`.
    title : str, optional
        Title of the axis; the measure in words when left out.
    favours : tuple of (str, str), optional
        What lies to the left and to the right of no effect.
    domain : tuple of (float, float), optional
        Ends of the axis on the reader's scale; intervals beyond are cut and end in arrows.
    checked : str, optional
        Column of the studies with the date of the second reading; squares of rows without one
        are hollow.
    width : int
        Width of the drawing area in pixels, labels and text excluded.

    Returns
    -------
    altair.Chart
        One line a study; squares by weight in the whole; the numbers beside.

    Raises
    ------
    TypeError
        If `result` is no result of a synthesis.
    ValueError
        If the axis cannot be drawn with this `domain`, or `favours` is not two labels.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import forest
    >>> from secretome.synthesis import meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    >>> "Forest plot of 3 studies" in forest(meta_analysis(df, measure="SMD")).description
    True
    """
    _need_result(result, "forest", MetaAnalysis, SubgroupAnalysis)
    if favours is not None and (isinstance(favours, str) or len(favours) != 2):
        raise ValueError(
            f"favours is {favours!r}; it takes two labels, for the left and for the right of no "
            'effect: favours=("product better", "control better").'
        )
    pooled = result.overall if isinstance(result, SubgroupAnalysis) else result
    if checked is not None:
        need(pooled._studies, checked)
    measure = MEASURES[pooled.measure]
    rows = _forest_rows(result, checked)
    marks = [{**r, "y": i} for i, r in enumerate(rows) if "effect" in r]
    for r in marks:
        for c in ("effect", "low", "high"):
            r[c] = pooled.natural(r[c])
    left, right = _ends(marks, measure, domain)
    for r in marks:
        r["arrow_low"], r["arrow_high"] = r["low"] < left, r["high"] > right
        r["x1"], r["x2"] = max(r["low"], left), min(r["high"], right)
        r["size"] = 30 + 6 * (r["weight"] or 0)
        r["tip"] = r["text"] + ("" if r["weight"] is None else f", weight {r['weight']:.1f} %")
    height = 22 * (len(rows) + 1)
    y = _lines([r["label"] for r in rows], [i for i, r in enumerate(rows) if r["kind"] != "study"])
    name = title or measure.name
    if favours is not None:
        name += f"   ({favours[0]} ◀  ▶ {favours[1]})"
    x = _readers_axis(measure, left, right, name)
    tips = [alt.Tooltip("label:N", title="row"), alt.Tooltip("tip:N", title="effect")]
    studies = pd.DataFrame([r for r in marks if r["kind"] == "study"])
    ahead = pd.DataFrame([r for r in marks if r["kind"] == "prediction"])
    layers: list[Any] = []
    if measure.null is not None:
        null = pd.DataFrame({"x1": [float(back_transform(measure.null, measure.code))]})
        if left <= null["x1"].iloc[0] <= right:
            layers.append(alt.Chart(null).mark_rule(color=INK, strokeWidth=1).encode(x=x))
    mean = pooled.natural(pooled.estimate)
    if left <= mean <= right:
        layers.append(
            alt.Chart(pd.DataFrame({"x1": [mean]}))
            .mark_rule(color=PALETTE["blue"], strokeDash=[3, 3])
            .encode(x=x)
        )
    layers.append(
        alt.Chart(studies).mark_rule(color=INK, strokeWidth=1.4).encode(x=x, x2="x2:Q", y=y)
    )
    for end, column, angle in (("arrow_low", "x1", 270), ("arrow_high", "x2", 90)):
        cut = studies[studies[end]]
        if len(cut):
            layers.append(
                alt.Chart(cut.assign(x1=cut[column]))
                .mark_point(shape="triangle", angle=angle, filled=True, size=50, color=INK)
                .encode(x=x, y=y)
            )
    for again, fill in ((True, PALETTE["sky"]), (False, "white")):
        part = studies[(studies["again"] == again) & studies["effect"].between(left, right)]
        if len(part):
            layers.append(
                alt.Chart(part.assign(x1=part["effect"]))
                .mark_point(
                    shape="square", filled=False, fill=fill, stroke=PALETTE["blue"], opacity=1
                )
                .encode(x=x, y=y, size=alt.Size("size:Q", scale=None), tooltip=tips)
            )
    layers.append(
        alt.Chart(_diamonds([r for r in marks if r["kind"] == "pooled"], left, right))
        .mark_area(color=PALETTE["blue"], opacity=0.9, line=False)
        .encode(x=x, y=y, y2="y2:Q", detail="row:N")
    )
    if len(ahead):
        layers.append(
            alt.Chart(ahead)
            .mark_rule(color=PALETTE["blue"], strokeWidth=5, opacity=0.55)
            .encode(x=x, x2="x2:Q", y=y, tooltip=tips)
        )
    shown = [{"y": i, "text": r["text"], "kind": r["kind"]} for i, r in enumerate(rows)]
    shown.insert(0, {"y": -1, "text": f"effect [{100 * pooled.level:g} %]", "kind": "heading"})
    weights = [
        {"y": i, "text": f"{r['weight']:.1f} %", "kind": "study"}
        for i, r in enumerate(rows)
        if r["weight"] is not None
    ]
    weights.insert(0, {"y": -1, "text": "weight", "kind": "heading"})
    for cells, place in ((shown, width + 12), (weights, width + 210)):
        for heading in (True, False):
            part = pd.DataFrame([c for c in cells if (c["kind"] != "study") == heading])
            if len(part):
                layers.append(
                    alt.Chart(part)
                    .mark_text(
                        align="left" if cells is shown else "right",
                        color=INK,
                        fontSize=12,
                        fontWeight=600 if heading else 400,
                    )
                    .encode(x=alt.value(place), y=y, text="text:N")
                )
    chart = alt.layer(*layers).properties(width=width, height=height)
    return _style(chart, forest_reading(result))


def _lines(labels: Sequence[str], bold: Sequence[int]) -> Any:
    """Axis of a plot with one named line a row, which may share names."""
    return alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[len(labels) - 0.5, -1.5], nice=False, zero=False),
        title=None,
        axis=alt.Axis(
            values=list(range(len(labels))),
            labelExpr=f"{json.dumps(labels)}[datum.value]",
            labelFontWeight={
                "condition": {
                    "test": f"indexof({json.dumps(bold)}, datum.value) >= 0",
                    "value": "bold",
                },
                "value": "normal",
            },
            grid=False,
            ticks=False,
            domain=False,
            labelOverlap=False,
            labelPadding=8,
        ),
    )


def _readers_axis(measure: Measure, left: float, right: float, title: str) -> Any:
    """Axis of effects on the reader's scale, logarithmic for ratios."""
    ratio = measure.scale == "log"
    values: Any = _ratios(left, right) if ratio else alt.Undefined
    return alt.X(
        "x1:Q",
        scale=alt.Scale(
            type="log" if ratio else "linear", domain=[left, right], nice=False, zero=False
        ),
        title=title,
        axis=alt.Axis(tickCount=5, format="~r", values=values),
    )


def _ends(
    marks: Sequence[dict[str, Any]], measure: Any, domain: tuple[float, float] | None
) -> tuple[float, float]:
    """Ends of the axis on the reader's scale."""
    ratio = measure.scale == "log"
    if domain is not None:
        left, right = domain
        if not left < right or (ratio and left <= 0):
            raise ValueError(
                f"domain is {domain!r}; it must go from the smaller to the larger value"
                + (", both above 0 for a ratio." if ratio else ".")
            )
        return float(left), float(right)
    lows, highs = [r["low"] for r in marks], [r["high"] for r in marks]
    if measure.null is not None:
        null = float(back_transform(measure.null, measure.code))
        lows, highs = [*lows, null], [*highs, null]
    left, right = min(lows), max(highs)
    if ratio:
        # a ratio whose interval overflows is cut, and ends in an arrow
        left, right = max(left, 1e-9), min(right, 1e9)
        pad = (right / left) ** 0.04
        return left / pad, right * pad
    pad = 0.04 * (right - left) or 1.0
    return left - pad, right + pad


def _ratios(left: float, right: float) -> list[float]:
    """Round ratios between two ends: 1-2-5 over few powers of ten, else the powers."""
    powers = range(math.floor(math.log10(left)), math.ceil(math.log10(right)) + 1)
    steps = (1, 2, 5) if len(powers) <= 4 else (1,)
    every = max(1, len(powers) // 8)
    values = [s * 10.0**k for k in powers if k % every == 0 for s in steps]
    return [float(f"{v:.6g}") for v in values if left <= v <= right]


def _diamonds(marks: Sequence[dict[str, Any]], left: float, right: float) -> pd.DataFrame:
    corners = []
    for r in marks:
        middle = min(max(r["effect"], left), right)
        for x, half in ((r["x1"], 0.0), (middle, 0.34), (r["x2"], 0.0)):
            corners.append({"row": r["label"], "x1": x, "y": r["y"] - half, "y2": r["y"] + half})
    return pd.DataFrame(corners)


# --- funnel plot ----------------------------------------------------------------------------


def _funnel_source(
    result: MetaAnalysis | TrimAndFill | AsymmetryTest,
) -> tuple[MetaAnalysis, pd.DataFrame]:
    _need_result(result, "funnel", MetaAnalysis, TrimAndFill, AsymmetryTest)
    if isinstance(result, AsymmetryTest):
        result = result._original
    if isinstance(result, TrimAndFill):
        table = result.adjusted.studies
        return result.original, table.assign(filled=table["filled"].astype(bool))
    return result, result.studies.assign(filled=False)


def funnel_reading(result: MetaAnalysis | TrimAndFill | AsymmetryTest) -> str:
    """Sentences that read a funnel plot.

    Parameters
    ----------
    result : MetaAnalysis, TrimAndFill or AsymmetryTest
        What the plot shows.

    Returns
    -------
    str
        How many studies lie on each side of the mean and beyond p = 0.05, and the test, or
        Egger's where it can be made.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import funnel_reading
    >>> from secretome.synthesis import meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    >>> funnel_reading(meta_analysis(df))[:48]
    'Funnel plot of 3 studies: 1 left and 2 right of '
    """
    pooled, table = _funnel_source(result)
    own = table[~table["filled"]]
    below = int((own["effect"] < pooled.estimate).sum())
    above = int((own["effect"] > pooled.estimate).sum())
    text = (
        f"Funnel plot of {_count(pooled.k, 'study', 'studies')}: {below} left and {above} right "
        f"of the pooled effect {significant(pooled.natural(pooled.estimate))}"
    )
    null = MEASURES[pooled.measure].null
    if null is not None:
        beyond = int(((own["effect"] - null).abs() > 1.959964 * own["se"]).sum())
        text += f"; {beyond} with p below 0.05"
    text += ". "
    if isinstance(result, TrimAndFill):
        text += f"Trim and fill mirrors {result.filled} on the {result.side}. "
    if isinstance(result, AsymmetryTest):
        line = " The sloping line is its regression." if result.limit is not None else ""
        return f"{text}{result.summary()}{line}"
    try:
        text += f"Egger's test {p_text(egger(pooled).p_value)}"
    except ValueError:
        text += "Egger's test cannot be made"
    if pooled.k < 10:
        text += ", with fewer than ten studies too weak to be read"
    return text + "."


def _analysts_axis(measure: Measure, low: float, high: float) -> alt.Axis:
    """Axis that is straight on the scale of analysis and labelled on the reader's."""
    labels = {
        "log": "format(exp(datum.value), '.2~g')",
        "logit": "format(1 / (1 + exp(-datum.value)), '.2~f')",
        "arcsine": "format(pow(sin(datum.value), 2), '.2~f')",
        "linear": "format(datum.value, '.3~g')",
    }
    values: Any = alt.Undefined
    if measure.scale == "log" and low > -600 and high < 600:
        values = [math.log(v) for v in _ratios(math.exp(low), math.exp(high))]
    return alt.Axis(labelExpr=labels[measure.scale], tickCount=6, values=values)


def funnel(
    result: MetaAnalysis | TrimAndFill | AsymmetryTest,
    *,
    levels: tuple[float, float, float] = (0.10, 0.05, 0.01),
    width: int = 420,
    height: int = 300,
) -> Any:
    """Funnel plot with contours of the p-value.

    Parameters
    ----------
    result : MetaAnalysis, TrimAndFill or AsymmetryTest
        What to draw; studies that trim and fill adds are hollow diamonds, and Egger's test adds
        its line.
    levels : tuple of float
        Two-sided p-values of the contours, falling.
    width, height : int
        Size of the drawing area in pixels.

    Returns
    -------
    altair.Chart
        Effect against standard error, the most precise on top.  The contours lie around no
        effect (Peters and colleagues 2008); measures
        without one, such as proportions, get a 95 % funnel around the mean.

    Raises
    ------
    ValueError
        If `levels` do not fall between 1 and 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import funnel
    >>> from secretome.synthesis import meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    >>> funnel(meta_analysis(df)).description.startswith("Funnel plot of 3 studies")
    True
    """
    from scipy.stats import norm

    if not (len(levels) == 3 and 1 > levels[0] > levels[1] > levels[2] > 0):
        raise ValueError(f"levels are {levels!r}; give three that fall, such as (0.1, 0.05, 0.01).")
    pooled, table = _funnel_source(result)
    measure = MEASURES[pooled.measure]
    deepest = float(table["se"].max()) * 1.08
    y = alt.Y(
        "se:Q",
        scale=alt.Scale(domain=[deepest, 0], nice=False),
        title="standard error (precise studies on top)",
    )
    reach = float(norm.isf(levels[2] / 2)) * deepest
    centre = pooled.estimate if measure.null is None else measure.null
    low = min(float(table["effect"].min()), centre - reach)
    high = max(float(table["effect"].max()), centre + reach)
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        title=measure.name,
        axis=_analysts_axis(measure, low, high),
    )
    layers: list[Any] = []
    if measure.null is None:
        z = float(norm.isf(0.025))
        sides = pd.DataFrame(
            [{"x": centre + s * z * e, "se": e, "side": s} for s in (-1, 1) for e in (0.0, deepest)]
        )
        layers.append(
            alt.Chart(sides)
            .mark_line(color="#8a939c", strokeDash=[4, 3], clip=True)
            .encode(x=x, y=y, detail="side:N")
        )
    else:
        bands = []
        for outer, inner in ((levels[1], levels[0]), (levels[2], levels[1])):
            said = f"{outer:g} < p < {inner:g}"
            z1, z2 = float(norm.isf(inner / 2)), float(norm.isf(outer / 2))
            for s in (-1, 1):
                for e in (0.0, deepest):
                    bands.append(
                        {"band": said, "side": s, "se": e, "x": s * z1 * e, "far": s * z2 * e}
                    )
        frame = pd.DataFrame(bands)
        names = list(dict.fromkeys(frame["band"]))
        layers.append(
            alt.Chart(frame)
            .mark_area(orient="horizontal", opacity=0.55, clip=True)
            .encode(
                x=x,
                x2="far:Q",
                y=y,
                detail="side:N",
                color=alt.Color(
                    "band:N",
                    title="study by itself",
                    scale=alt.Scale(domain=names, range=["#aab3bb", "#d5dade"]),
                ),
            )
        )
        layers.append(
            alt.Chart(pd.DataFrame({"x": [measure.null]})).mark_rule(color=INK).encode(x=x)
        )
    layers.append(
        alt.Chart(pd.DataFrame({"x": [pooled.estimate]}))
        .mark_rule(color=PALETTE["blue"], strokeDash=[4, 3])
        .encode(x=x)
    )
    if isinstance(result, AsymmetryTest) and result.limit is not None:
        # effect/SE = a + b/SE is the line effect = b + a·SE
        ends = [{"x": result.limit + result.estimate * e, "se": e} for e in (0.0, deepest)]
        layers.append(
            alt.Chart(pd.DataFrame(ends))
            .mark_line(color=PALETTE["vermillion"], strokeWidth=2, clip=True)
            .encode(x=x, y=y)
        )
    shown = pd.DataFrame(
        {
            "study": table["label"].astype(str),
            "x": table["effect"].astype(float),
            "se": table["se"].astype(float),
            "filled": table["filled"],
            "shown": [significant(pooled.natural(float(e))) for e in table["effect"]],
        }
    )
    tips = ["study", alt.Tooltip("shown:N", title="effect"), alt.Tooltip("se:Q", format=".3~g")]
    for filled, shape, fill in ((False, "circle", PALETTE["blue"]), (True, "diamond", "white")):
        part = shown[shown["filled"] == filled]
        if len(part):
            layers.append(
                alt.Chart(part)
                .mark_point(
                    shape=shape, filled=False, fill=fill, stroke=PALETTE["blue"], size=70, opacity=1
                )
                .encode(x=x, y=y, tooltip=tips)
            )
    return _style(alt.layer(*layers).properties(width=width, height=height), funnel_reading(result))


# --- bubble plot ----------------------------------------------------------------------------


def _moderator_of(result: MetaRegression, moderator: str | None) -> str:
    _need_result(result, "bubble", MetaRegression)
    names = [*result._line.coding, *result._line.categories]
    if moderator is None and len(names) == 1:
        return names[0]
    if moderator not in names:
        asked = "which of them to draw" if moderator is None else f"which, not {moderator!r}"
        raise ValueError(
            f"The moderators are {', '.join(names)}; say {asked}: moderator={names[0]!r}."
        )
    return moderator


def bubble_reading(result: MetaRegression, moderator: str | None = None) -> str:
    """Sentences that read a bubble plot of a meta-regression.

    Parameters
    ----------
    result, moderator
        As for :func:`bubble`.

    Returns
    -------
    str
        Where the fitted line begins and ends, and the result's summary.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import bubble_reading
    >>> from secretome.synthesis import meta_regression
    >>> df = pd.DataFrame({"effect": [0.1, 0.3, 0.4, 0.7, 0.8], "dose": [1, 2, 3, 4, 5]})
    >>> bubble_reading(meta_regression(df.assign(variance=0.01), ["dose"])).split(". ")[0]
    'Bubble plot of 5 studies over dose: the fitted effect is 0.100 at 1.00, 0.820 at 5.00'
    """
    name = _moderator_of(result, moderator)
    fit = result._line.along(name, points=2)
    at = [
        f"{significant(float(back_transform(y, result.measure)))} at "
        f"{x if isinstance(x, str) else significant(float(x))}"
        for x, y in zip(fit["x"], fit["y"], strict=True)
    ]
    others = len(result._line.coding) + len(result._line.categories) > 1
    held = " with the other moderators at their mean or reference" if others else ""
    return (
        f"Bubble plot of {_count(result.k, 'study', 'studies')} over {name}: the fitted "
        f"{MEASURES[result.measure].name}{held} is {', '.join(at)}. {result.summary()}"
    )


def bubble(
    result: MetaRegression,
    moderator: str | None = None,
    *,
    title: str | None = None,
    width: int = 420,
    height: int = 300,
) -> Any:
    """Bubble plot: effects against one moderator, with the fitted line and its interval.

    Parameters
    ----------
    result : MetaRegression
        Result of :func:`secretome.synthesis.meta_regression`.
    moderator : str, optional
        Which moderator to draw; may be left out where there is only one.
    title : str, optional
        Title of the axis of the moderator; its name when left out.
    width, height : int
        Size of the drawing area in pixels.

    Returns
    -------
    altair.Chart
        One bubble a study, by weight; other moderators are held at their mean or reference
        category.  Categories have a bar with their interval in place of a line.

    Raises
    ------
    TypeError
        If `result` is no meta-regression.
    ValueError
        If there are several moderators and none is chosen, or there is none of that name.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import bubble
    >>> from secretome.synthesis import meta_regression
    >>> df = pd.DataFrame({"effect": [0.1, 0.3, 0.4, 0.7, 0.8], "dose": [1, 2, 3, 4, 5]})
    >>> chart = bubble(meta_regression(df.assign(variance=0.01), ["dose"]))
    >>> chart.description.startswith("Bubble plot of 5 studies over dose")
    True
    """
    name = _moderator_of(result, moderator)
    measure = MEASURES[result.measure]
    number = name in result._line.coding
    fit = result._line.along(name)
    shown = pd.DataFrame(
        {
            "study": result._studies["label"],
            "x": result._studies[f"moderator {name}"],
            "y": result._studies["effect"],
            "size": 30 + 6 * result._studies["weight"],
            "shown": [
                significant(float(back_transform(v, result.measure)))
                for v in result._studies["effect"]
            ],
        }
    )
    reach = [*shown["y"].tolist(), *fit["low"].tolist(), *fit["high"].tolist(), *_null(measure)]
    low, high = min(reach), max(reach)
    pad = 0.04 * (high - low)
    y_scale = alt.Scale(domain=[low - pad, high + pad], nice=False, zero=False)
    axis = _analysts_axis(measure, low, high)
    x: Any = alt.X("x:N", title=title or name, axis=alt.Axis(labelAngle=0))
    if number:
        x = alt.X("x:Q", title=title or name, scale=alt.Scale(zero=False, padding=12))
    y = alt.Y("y:Q", scale=y_scale, title=measure.name, axis=axis)
    edge = alt.Y("low:Q", scale=y_scale, title=measure.name, axis=axis)
    layers: list[Any] = [
        alt.Chart(pd.DataFrame({"y": [v]})).mark_rule(color=INK, strokeWidth=1).encode(y=y)
        for v in _null(measure)
    ]
    drawn = alt.Chart(fit)
    if number:
        layers.append(
            drawn.mark_area(color=PALETTE["blue"], opacity=0.18).encode(x=x, y=edge, y2="high:Q")
        )
        layers.append(drawn.mark_line(color=PALETTE["blue"]).encode(x=x, y=y))
    else:
        layers.append(
            drawn.mark_bar(color=PALETTE["blue"], opacity=0.18, width=44).encode(
                x=x, y=edge, y2="high:Q"
            )
        )
        layers.append(
            drawn.mark_tick(color=PALETTE["blue"], thickness=2, width=44).encode(x=x, y=y)
        )
    layers.append(
        alt.Chart(shown)
        .mark_point(filled=False, fill=PALETTE["sky"], stroke=PALETTE["blue"], opacity=0.85)
        .encode(
            x=x,
            y=y,
            size=alt.Size("size:Q", scale=None),
            tooltip=["study", alt.Tooltip("x", title=name), alt.Tooltip("shown:N", title="effect")],
        )
    )
    chart = alt.layer(*layers).properties(width=width, height=height)
    return _style(chart, bubble_reading(result, name))


def _null(measure: Measure) -> list[float]:
    return [] if measure.null is None else [measure.null]


# --- sensitivity ----------------------------------------------------------------------------


def sensitivity_reading(result: Sensitivity) -> str:
    """Sentences that read the refits of a meta-analysis.

    Parameters
    ----------
    result : Sensitivity
        As for :func:`sensitivity`.

    Returns
    -------
    str
        What is drawn, and the result's summary.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import sensitivity_reading
    >>> from secretome.synthesis import leave_one_out, meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    >>> sensitivity_reading(leave_one_out(meta_analysis(df))).split(". ")[0]
    'Forest plot of 3 refits'
    """
    _need_result(result, "sensitivity", Sensitivity)
    return f"Forest plot of {_count(result.original.k, 'refit')}. {result.summary()}"


def sensitivity(result: Sensitivity, *, title: str | None = None, width: int = 300) -> Any:
    """Forest plot of a meta-analysis repeated without, or with one more, study each time.

    Parameters
    ----------
    result : Sensitivity
        Result of :func:`secretome.synthesis.leave_one_out` or
        :func:`secretome.synthesis.cumulative`.
    title : str, optional
        Title of the axis; the measure in words when left out.
    width : int
        Width of the drawing area in pixels, labels and text excluded.

    Returns
    -------
    altair.Chart
        One line a refit with its interval, the numbers beside; all studies together are the
        bold last line and the dashed rule.

    Raises
    ------
    TypeError
        If `result` is no sensitivity analysis.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import sensitivity
    >>> from secretome.synthesis import leave_one_out, meta_analysis
    >>> df = pd.DataFrame({"effect": [0.1, 0.5, 0.3], "variance": [0.02, 0.03, 0.01]})
    >>> sensitivity(leave_one_out(meta_analysis(df))).description.split(". ")[0]
    'Forest plot of 3 refits'
    """
    reading = sensitivity_reading(result)
    whole = result.original
    measure = MEASURES[whole.measure]
    table = result._table
    values = table[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float).tolist()
    if result.kind == "cumulative":
        labels = [f"+ {a} ({b})" for a, b in zip(table["added"], table.iloc[:, 1], strict=True)]
    else:
        labels = [f"without {a}" for a in table["omitted"]]
        values.append([whole.estimate, whole.ci_low, whole.ci_high])
        labels.append("all studies")
    marks: list[dict[str, Any]] = [
        {"y": i, "label": labels[i], "text": _interval_text(whole, v)}
        | dict(zip(("effect", "low", "high"), map(whole.natural, v), strict=True))
        for i, v in enumerate(values)
    ]
    left, right = _ends(marks, measure, None)
    for r in marks:
        r["x1"], r["x2"] = max(r["low"], left), min(r["high"], right)
    rows, last = pd.DataFrame(marks), len(marks) - 1
    x = _readers_axis(measure, left, right, title or measure.name)
    y = _lines(labels, [last])
    tips = [alt.Tooltip("label:N", title="row"), alt.Tooltip("text:N", title="effect")]
    rules = [(float(back_transform(v, measure.code)), INK, [1, 0]) for v in _null(measure)]
    rules.append((whole.natural(whole.estimate), PALETTE["blue"], [3, 3]))
    layers: list[Any] = [
        alt.Chart(pd.DataFrame({"x1": [at]})).mark_rule(color=ink, strokeDash=dash).encode(x=x)
        for at, ink, dash in rules
        if left <= at <= right
    ]
    layers.append(alt.Chart(rows).mark_rule(color=INK, strokeWidth=1.4).encode(x=x, x2="x2:Q", y=y))
    shapes = alt.condition(f"datum.y == {last}", alt.value("diamond"), alt.value("circle"))
    layers.append(
        alt.Chart(rows.assign(x1=rows["effect"]))
        .mark_point(filled=False, fill=PALETTE["sky"], stroke=PALETTE["blue"], size=70, opacity=1)
        .encode(x=x, y=y, shape=shapes, tooltip=tips)
    )
    heading = pd.DataFrame({"y": [-1], "text": [f"effect [{100 * whole.level:g} %]"]})
    for part, bold in ((heading, True), (rows.iloc[:last], False), (rows.iloc[last:], True)):
        layers.append(
            alt.Chart(part[["y", "text"]])
            .mark_text(align="left", color=INK, fontSize=12, fontWeight=600 if bold else 400)
            .encode(x=alt.value(width + 12), y=y, text="text:N")
        )
    return _style(alt.layer(*layers).properties(width=width, height=22 * (last + 2)), reading)


# --- directions of a synthesis --------------------------------------------------------------

_SIDES: dict[str, tuple[str, str]] = {
    "favours treatment": (PALETTE["sky"], "▲"),
    "no one direction": (PALETTE["grey"], "●"),
    "favours comparator": (PALETTE["vermillion"], "▼"),
    "no comparator": ("transparent", "–"),
}


def direction_counts_reading(result: DirectionSynthesis) -> str:
    """Sentences that read the bar of directions: the result's summary.

    Parameters
    ----------
    result : DirectionSynthesis
        As for :func:`direction_counts`.

    Returns
    -------
    str
        Counts, share and warnings.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import direction_counts_reading
    >>> from secretome.synthesis import direction_synthesis
    >>> df = pd.DataFrame({"study_id": list("ABC"), "direction": ["favours product"] * 3})
    >>> direction_counts_reading(direction_synthesis(df, coded_by="effect"))[:30]
    'Of 3 studies with a direction,'
    """
    _need_result(result, "direction_counts", DirectionSynthesis)
    return result.summary()


def direction_counts(result: DirectionSynthesis) -> Any:
    """Bar of the studies by the direction of their effect.

    Parameters
    ----------
    result : DirectionSynthesis
        Result of :func:`secretome.synthesis.direction_synthesis`.

    Returns
    -------
    altair.Chart
        One bar; studies without a comparator are a dashed frame without a fill.

    Raises
    ------
    TypeError
        If `result` is no synthesis of directions.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import direction_counts
    >>> from secretome.synthesis import direction_synthesis
    >>> df = pd.DataFrame({"study_id": list("ABC"), "direction": ["favours product"] * 3})
    >>> chart = direction_counts(direction_synthesis(df, coded_by="effect"))
    >>> "no synthesis at all" in chart.description
    True
    """
    reading = direction_counts_reading(result)
    n = (result.favourable, result.undecided, result.unfavourable, result.uncontrolled)
    row = _count(result.n_studies, "study", "studies")
    counts = pd.DataFrame({"row": row, "word": list(_SIDES), "n": n}).query("n > 0")
    return _style(_stacked(counts, [row], _SIDES), reading)


# --- albatross plot -------------------------------------------------------------------------


def _albatross_table(
    df: pd.DataFrame,
    p: str,
    n: str,
    direction: str,
    label: str | None,
    favourable: str,
    unfavourable: str,
) -> tuple[pd.DataFrame, int]:
    need(df, p, n, direction, label)
    sign = df[direction].map({favourable: 1, unfavourable: -1, 1: 1, -1: -1})
    usable = sign.notna() & df[p].notna() & df[n].notna()
    part = df[usable]
    names = row_names(part, label)
    complaints = Complaints(names)
    values = _p_values(part, p, complaints)
    size = numbers(part, n, complaints, low=4)
    complaints.throw(
        "Exact p-values are needed; leave the cell empty where the source gives only a limit."
    )
    table = pd.DataFrame(
        {
            "study": names,
            "p": values,
            "n": size,
            "sign": sign[usable].to_numpy(dtype=float),
        }
    )
    table["x"] = -np.log10(table["p"]) * table["sign"]
    return table, len(df) - len(part)


def albatross_reading(
    df: pd.DataFrame,
    p: str = "p",
    n: str = "n",
    direction: str = "direction",
    *,
    label: str | None = None,
    favourable: str = "favours product",
    unfavourable: str = "favours comparator",
) -> str:
    """Sentences that read an albatross plot.

    Parameters
    ----------
    df, p, n, direction, label, favourable, unfavourable
        As for :func:`albatross`.

    Returns
    -------
    str
        How many results lie on which side, the range of sizes, how many are not drawn, and
        :data:`secretome.synthesis.SWIM_WARNING`.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import albatross_reading
    >>> df = pd.DataFrame({"p": [0.03, 0.4], "n": [40, 20], "direction": [1, -1]})
    >>> albatross_reading(df)
    'Albatross plot of 2 results from studies of 20 to 40 participants: 1 favours the treatment, \
1 the comparator; all are drawn. Contours assume two equal groups. Counts of directions know \
neither the size of an effect nor of a study, and counts of significant results are no \
synthesis at all: a study without power is no study without effect.'
    """
    table, left_out = _albatross_table(df, p, n, direction, label, favourable, unfavourable)
    if table.empty:
        return "No result has a direction, an exact p-value and a number of participants."
    good = int((table["sign"] > 0).sum())
    rest = (
        "all are drawn"
        if not left_out
        else f"{_count(left_out, 'result')} without direction, exact p-value or number "
        f"{'is' if left_out == 1 else 'are'} not drawn"
    )
    return (
        f"Albatross plot of {_count(len(table), 'result')} from studies of "
        f"{table['n'].min():.0f} to {table['n'].max():.0f} participants: {good} "
        f"{'favours' if good == 1 else 'favour'} the treatment, {len(table) - good} the "
        f"comparator; {rest}. Contours assume two equal groups. {SWIM_WARNING}"
    )


def albatross(
    df: pd.DataFrame,
    p: str = "p",
    n: str = "n",
    direction: str = "direction",
    *,
    label: str | None = None,
    favourable: str = "favours product",
    unfavourable: str = "favours comparator",
    contours: Sequence[float] = (0.2, 0.5, 1.0),
    width: int = 460,
    height: int = 320,
) -> Any:
    """Albatross plot: p-values against numbers, where effects were not printed.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a result.
    p, n : str
        Columns with exact two-sided p-values and total numbers of participants.
    direction : str
        Column with `favourable`, `unfavourable`, or 1 and −1; other rows are not drawn and are
        counted in the reading.
    label : str, optional
        Column that names the results.
    favourable, unfavourable : str
        Words for the two directions.
    contours : sequence of float
        Standardised mean differences to draw contours for.
    width, height : int
        Size of the drawing area in pixels.

    Returns
    -------
    altair.Chart
        Signed p-value (harm to the left, benefit to the right) against the number of
        participants; a point near a contour is what an effect of that size would give.

    Raises
    ------
    ValueError
        If a p-value or number cannot be used, or a contour is not above 0.

    Notes
    -----
    Where directions are coded only for significant results, all others are left out and the plot
    shows a selection: code the direction of every effect first
    (:func:`secretome.synthesis.directions`).

    Contours: the p-value of a standardised mean difference *d* between two groups of n/2, with
    variance ``4/n + d²/(2·n)``.

    References
    ----------
    Harrison S and colleagues. The albatross plot. Res Synth Methods 2017;8:281-289.  Without a
    DOI: none has been read for it yet.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import albatross
    >>> df = pd.DataFrame({"p": [0.03, 0.4], "n": [40, 20], "direction": [1, -1]})
    >>> albatross(df).description.startswith("Albatross plot of 2 results")
    True
    """
    from scipy.stats import norm

    if any(not d > 0 for d in contours):
        raise ValueError(f"contours are {contours!r}; give effect sizes above 0, such as 0.5.")
    reading = albatross_reading(
        df, p, n, direction, label=label, favourable=favourable, unfavourable=unfavourable
    )
    table, _ = _albatross_table(df, p, n, direction, label, favourable, unfavourable)
    if table.empty:
        return _empty(reading)
    low, high = float(table["n"].min()) / 1.4, float(table["n"].max()) * 1.4
    sizes = np.geomspace(low, high, 40)
    reach = max(float(table["x"].abs().max()), 2.0) * 1.1
    lines = []
    for d in contours:
        z = d / np.sqrt(4 / sizes + d**2 / (2 * sizes))
        x = -(norm.logsf(z) + math.log(2)) / math.log(10)
        for s in (-1, 1):
            for a, b in zip(sizes, x, strict=True):
                if b <= reach:
                    lines.append({"n": a, "x": s * b, "curve": f"{s * d:g}".replace("-", "−")})
    step = max(1, math.floor(reach) // 4)
    powers = range(step, math.floor(reach) + 1, step)
    x_axis = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[-reach, reach], nice=False),
        title="p-value   comparator better ◀ │ ▶ treatment better",
        axis=alt.Axis(
            values=[*(-k for k in powers), 0, *powers],
            labelExpr="abs(datum.value) > 3 ? '1e−' + format(abs(datum.value), 'd')"
            " : format(pow(10, -abs(datum.value)), '.1~g')",
        ),
    )
    y_axis = alt.Y(
        "n:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        title="participants (logarithmic)",
        axis=alt.Axis(format="~d", tickCount=5),
    )
    layers: list[Any] = [
        alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=INK).encode(x=x_axis)
    ]
    curves = pd.DataFrame(lines, columns=["n", "x", "curve"])
    if len(curves):
        layers.append(
            alt.Chart(curves)
            .mark_line(color="#8a939c", strokeWidth=1, clip=True)
            .encode(x=x_axis, y=y_axis, detail="curve:N", order="n:Q")
        )
        inner = curves[curves["x"].abs() < 0.92 * reach]
        ends = inner.loc[inner.groupby("curve")["n"].idxmax()]
        layers.append(
            alt.Chart(ends.assign(text="SMD " + ends["curve"]))
            .mark_text(color=INK, fontSize=11, dy=-7)
            .encode(x=x_axis, y=y_axis, text="text:N")
        )
    layers.append(
        alt.Chart(table.assign(side=table["sign"].map({1.0: "treatment", -1.0: "comparator"})))
        .mark_point(filled=True, size=75, opacity=0.9)
        .encode(
            x=x_axis,
            y=y_axis,
            color=alt.Color(
                "side:N",
                title="points to",
                scale=alt.Scale(
                    domain=["treatment", "comparator"],
                    range=[PALETTE["blue"], PALETTE["vermillion"]],
                ),
            ),
            shape=alt.Shape(
                "side:N",
                title="points to",
                scale=alt.Scale(
                    domain=["treatment", "comparator"], range=["triangle-up", "triangle-down"]
                ),
            ),
            tooltip=["study", alt.Tooltip("p:Q", format=".3~g"), "n"],
        )
    )
    return _style(alt.layer(*layers).properties(width=width, height=height), reading)


# --- risk of bias ---------------------------------------------------------------------------


def _bias_cells(
    df: pd.DataFrame, study: str, tool: str, domain: str, judgement: str, label: str | None
) -> pd.DataFrame:
    """One row a study and domain, the missing ones included, with ``overall`` at the end."""
    need(df, study, tool, domain, judgement, label)
    overall = appraisal.overall_judgements(
        df, study=study, tool=tool, domain=domain, judgement=judgement
    )
    names = (
        {} if label is None else dict(zip(df[study].tolist(), df[label].astype(str), strict=True))
    )
    given = {
        (w, t, d): j
        for w, t, d, j in zip(df[study], df[tool], df[domain], df[judgement], strict=True)
    }
    worked = {(r[study], r[tool]): r["overall"] for r in overall.to_dict("records")}
    rows = []
    for who, name in dict.fromkeys(zip(df[study].tolist(), df[tool].tolist(), strict=True)):
        known = appraisal.TOOLS[name]
        for part in known.domains:
            word = given.get((who, name, part), "not judged")
            rows.append((names.get(who, str(who)), name, part, word))
        if known.has_overall:
            word = given.get((who, name, "overall"), worked[(who, name)])
            rows.append((names.get(who, str(who)), name, "overall", word))
    cells = pd.DataFrame(rows, columns=["study", "tool", "domain", "judgement"])
    cells["sign"] = cells["judgement"].map({k: v[2] for k, v in JUDGEMENTS.items()})
    return cells


def risk_of_bias_reading(
    df: pd.DataFrame,
    *,
    study: str = "study_id",
    tool: str = "tool",
    domain: str = "domain",
    judgement: str = "judgement",
) -> str:
    """Sentences that read a table of risk-of-bias judgements.

    Parameters
    ----------
    df, study, tool, domain, judgement
        As for :func:`risk_of_bias`.

    Returns
    -------
    str
        For each instrument: studies, and how many domains were judged what; what was never
        judged is counted too.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import risk_of_bias_reading
    >>> df = pd.DataFrame({"study_id": ["a"], "tool": ["RoB 2"], "judgement": ["low"]})
    >>> risk_of_bias_reading(df.assign(domain="randomisation process"))
    'RoB 2, 1 study: of 5 domains 1 low, 4 not judged. Overall: 1 no information.'
    """
    need(df, study, tool, domain, judgement)
    if df.empty:
        return "No risk of bias has been judged."
    cells = _bias_cells(df, study, tool, domain, judgement, None)
    said = []
    for name, part in cells.groupby("tool", sort=False):
        inner = part[part["domain"] != "overall"]
        whole = part[part["domain"] == "overall"]
        text = (
            f"{name}, {_count(inner['study'].nunique(), 'study', 'studies')}: of "
            f"{_count(len(inner), 'domain')} {_tally(inner['judgement'])}."
        )
        if len(whole):
            text += f" Overall: {_tally(whole['judgement'])}."
        said.append(text)
    return " ".join(said)


def _tally(words: Any) -> str:
    counts = words.value_counts()
    return ", ".join(f"{counts[w]} {w}" for w in JUDGEMENTS if w in counts)


def _present(words: Iterable[str]) -> list[str]:
    have = set(words)
    return [w for w in JUDGEMENTS if w in have]


def risk_of_bias(
    df: pd.DataFrame,
    *,
    study: str = "study_id",
    tool: str = "tool",
    domain: str = "domain",
    judgement: str = "judgement",
    label: str | None = None,
) -> Any:
    """Traffic lights: each study's judgement in each domain.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study and domain.
    study, tool, domain, judgement : str
        Columns; words as in :data:`secretome.appraisal.TOOLS`.
    label : str, optional
        Column with the name to show for a study.

    Returns
    -------
    altair.Chart
        One panel an instrument.  Colour, shape and a sign say the judgement; ``no information``
        is a dashed ring with NI, a domain without a row a dash.  The column *overall* is as in
        the table, or by :func:`secretome.appraisal.overall_judgements`.

    Raises
    ------
    ValueError
        If a judgement does not belong to its instrument.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import risk_of_bias
    >>> df = pd.DataFrame({"study_id": ["a"], "tool": ["RoB 2"], "judgement": ["low"]})
    >>> chart = risk_of_bias(df.assign(domain="randomisation process"))
    >>> "4 not judged" in chart.description
    True
    """
    need(df, study, tool, domain, judgement, label)
    reading = risk_of_bias_reading(df, study=study, tool=tool, domain=domain, judgement=judgement)
    if df.empty:
        return _empty(reading)
    cells = _bias_cells(df, study, tool, domain, judgement, label)
    panels = [_lights(str(name), part) for name, part in cells.groupby("tool", sort=False)]
    return _style(panels[0] if len(panels) == 1 else alt.vconcat(*panels), reading)


def _signed(signs: dict[str, str]) -> str:
    """Expression that puts its sign before each word of a legend."""
    return f"{json.dumps(signs, ensure_ascii=False)}[datum.label] + ' ' + datum.label"


def _title(text: str, below: str = "") -> Any:
    return alt.TitleParams(
        text,
        subtitle=below,
        anchor="start",
        fontSize=13,
        color=INK,
        subtitleColor=INK,
        subtitleFontSize=12,
    )


def _lights(name: str, cells: pd.DataFrame) -> Any:
    columns, rows = list(dict.fromkeys(cells["domain"])), list(dict.fromkeys(cells["study"]))
    base = alt.Chart(cells).encode(
        x=alt.X(
            "domain:N",
            sort=columns,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=-35, labelLimit=220),
        ),
        y=alt.Y("study:N", sort=rows, title=None),
        tooltip=["study", "domain", "judgement"],
    )
    words = _present(cells["judgement"])
    solid = [w for w in words if JUDGEMENTS[w][0] != "transparent"]
    legend = alt.Legend(title=None, labelExpr=_signed({w: v[2] for w, v in JUDGEMENTS.items()}))
    layers: list[Any] = []
    if solid:
        layers.append(
            base.transform_filter(alt.FieldOneOfPredicate(field="judgement", oneOf=solid))
            .mark_point(filled=True, size=420, opacity=1)
            .encode(
                color=alt.Color(
                    "judgement:N",
                    scale=alt.Scale(domain=solid, range=[JUDGEMENTS[w][0] for w in solid]),
                    legend=legend,
                ),
                shape=alt.Shape(
                    "judgement:N",
                    scale=alt.Scale(domain=solid, range=[JUDGEMENTS[w][1] for w in solid]),
                    legend=legend,
                ),
            )
        )
        layers.append(
            base.transform_filter(alt.FieldOneOfPredicate(field="judgement", oneOf=solid))
            .mark_text(fontSize=13, fontWeight=700, color=_ON_FILL)
            .encode(text="sign:N")
        )
    ring = alt.FieldEqualPredicate(field="judgement", equal=appraisal.NO_INFORMATION)
    layers.append(
        base.transform_filter(ring).mark_point(
            shape="circle", filled=False, size=420, stroke=INK, strokeWidth=1.2, strokeDash=[3, 3]
        )
    )
    hollow = [w for w in words if w not in solid]
    if hollow:
        layers.append(
            base.transform_filter(alt.FieldOneOfPredicate(field="judgement", oneOf=hollow))
            .mark_text(fontSize=10.5, fontWeight=600, color=INK)
            .encode(text="sign:N")
        )
    # the legend shows what has a fill; what has none is told under the title
    told = [f"{JUDGEMENTS[w][2]} {w}" for w in hollow]
    return (
        alt.layer(*layers)
        .properties(
            width=44 * len(columns), height=30 * len(rows), title=_title(name, "    ".join(told))
        )
        .resolve_scale(color="independent", shape="independent")
    )


def _stacked(counts: pd.DataFrame, rows: list[str], style: dict[str, tuple[str, str]]) -> Any:
    """Bars of shares; words without a fill are dashed frames, and every part has its number."""
    counts = counts.copy()
    total = counts.groupby("row")["n"].transform("sum")
    counts["order"] = counts["word"].map(list(style).index)
    counts = counts.sort_values(["row", "order"], kind="stable")
    end = counts.groupby("row")["n"].cumsum() / total
    counts["x"], counts["x2"] = end - counts["n"] / total, end
    counts["middle"] = (counts["x"] + counts["x2"]) / 2
    counts["text"] = [
        f"{style[w][1]} {n}" for w, n in zip(counts["word"], counts["n"], strict=True)
    ]
    counts["text"] = counts["text"].where(counts["x2"] - counts["x"] > 0.06, "")
    words = [w for w in style if w in set(counts["word"])]
    y = alt.Y("row:N", sort=rows, title=None)
    x = alt.X(
        "x:Q", title="share of studies", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
    )
    tips = [alt.Tooltip("row:N", title="row"), "word", alt.Tooltip("n:Q", title="studies")]
    layers = []
    for hollow in (False, True):
        part = counts[counts["word"].map(lambda w: style[w][0] == "transparent") == hollow]
        if part.empty:
            continue
        layers.append(
            alt.Chart(part)
            .mark_bar(stroke="#6b747d", strokeDash=[4, 3] if hollow else [1, 0], strokeWidth=1)
            .encode(
                x=x,
                x2="x2:Q",
                y=y,
                color=alt.Color(
                    "word:N",
                    title=None,
                    legend=alt.Legend(labelExpr=_signed({w: v[1] for w, v in style.items()})),
                    scale=alt.Scale(domain=words, range=[style[w][0] for w in words]),
                ),
                tooltip=tips,
            )
        )
        layers.append(
            alt.Chart(part)
            .mark_text(fontSize=11, fontWeight=600, color=INK if hollow else _ON_FILL)
            .encode(x=alt.X("middle:Q"), y=y, text="text:N")
        )
    return alt.layer(*layers).properties(width=420, height=26 * len(rows))


def risk_of_bias_summary(
    df: pd.DataFrame,
    *,
    study: str = "study_id",
    tool: str = "tool",
    domain: str = "domain",
    judgement: str = "judgement",
) -> Any:
    """Share of studies at each risk of bias, by domain.

    Parameters
    ----------
    df, study, tool, domain, judgement
        As for :func:`risk_of_bias`.

    Returns
    -------
    altair.Chart
        One panel an instrument; ``no information`` and domains without a row are dashed frames
        without a fill.  The description is :func:`risk_of_bias_reading`'s.

    Raises
    ------
    ValueError
        If a judgement does not belong to its instrument.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import risk_of_bias_summary
    >>> df = pd.DataFrame({"study_id": ["a"], "tool": ["RoB 2"], "judgement": ["low"]})
    >>> chart = risk_of_bias_summary(df.assign(domain="randomisation process"))
    >>> chart.description.startswith("RoB 2, 1 study")
    True
    """
    need(df, study, tool, domain, judgement)
    reading = risk_of_bias_reading(df, study=study, tool=tool, domain=domain, judgement=judgement)
    if df.empty:
        return _empty(reading)
    cells = _bias_cells(df, study, tool, domain, judgement, None)
    style = {w: (s[0], s[2]) for w, s in JUDGEMENTS.items()}
    panels = []
    for name, part in cells.groupby("tool", sort=False):
        counts = part.groupby(["domain", "judgement"]).size().rename("n").reset_index()
        counts = counts.rename(columns={"domain": "row", "judgement": "word"})
        rows = list(dict.fromkeys(part["domain"]))
        panels.append(_stacked(counts, rows, style).properties(title=_title(str(name))))
    if len(panels) == 1:
        return _style(panels[0], reading)
    return _style(alt.vconcat(*panels).resolve_scale(color="independent"), reading)


# --- completeness of reporting --------------------------------------------------------------

_REPORTING: dict[str, tuple[str, str]] = {
    "reported": (PALETTE["green"], "+"),
    "not reported": (PALETTE["vermillion"], "×"),
    "not seen": ("transparent", "NS"),
    "not applicable": ("transparent", "–"),
}


def reporting_reading(
    df: pd.DataFrame,
    items: Iterable[str] = tuple(appraisal.REPORTING_ITEMS),
    *,
    study: str = "study_id",
) -> str:
    """Sentences that read the completeness of reporting.

    Parameters
    ----------
    df, items, study
        As for :func:`reporting`.

    Returns
    -------
    str
        Studies and items, what is reported most and least, and how much was not seen.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import reporting_reading
    >>> df = pd.DataFrame({"study_id": ["a", "b"], "dose": ["2 mL", "NR"], "passage": "NR"})
    >>> reporting_reading(df, ["dose", "passage"])
    '2 studies, 2 items: reported most is dose (1 of 2), least passage (0 of 2); 0 of 4 items \
were not seen.'
    """
    columns = list(items)
    if df.empty:
        return "No study to score."
    grid = appraisal.reporting_grid(df, columns, study=study)
    told = {c: int((grid[c] == "reported").sum()) for c in columns}
    most, least = max(columns, key=lambda c: told[c]), min(columns, key=lambda c: told[c])
    unseen = int((grid[columns] == "not seen").to_numpy().sum())
    return (
        f"{_count(len(grid), 'study', 'studies')}, {_count(len(columns), 'item')}: reported most "
        f"is {most.replace('_', ' ')} ({told[most]} of {len(grid)}), least "
        f"{least.replace('_', ' ')} ({told[least]} of {len(grid)}); {unseen} of "
        f"{len(grid) * len(columns)} items were not seen."
    )


def reporting(
    df: pd.DataFrame,
    items: Iterable[str] = tuple(appraisal.REPORTING_ITEMS),
    *,
    study: str = "study_id",
) -> Any:
    """How many studies report what a repeat would need.

    Parameters
    ----------
    df : pandas.DataFrame
        One row a study, or several.
    items : iterable of str
        Columns to score.
    study : str
        Column with the study.

    Returns
    -------
    altair.Chart
        One bar an item; what was not seen, or does not apply, is a dashed frame without a fill.

    Raises
    ------
    KeyError
        If an item is no column.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.evidence_charts import reporting
    >>> df = pd.DataFrame({"study_id": ["a", "b"], "dose": ["2 mL", "NR"]})
    >>> "reported most is dose" in reporting(df, ["dose"]).description
    True
    """
    columns = list(items)
    need(df, study, *columns)
    reading = reporting_reading(df, columns, study=study)
    if df.empty:
        return _empty(reading)
    grid = appraisal.reporting_grid(df, columns, study=study)
    long = grid.melt(id_vars=study, value_vars=columns, var_name="row", value_name="word")
    long["row"] = long["row"].str.replace("_", " ")
    counts = long.groupby(["row", "word"]).size().rename("n").reset_index()
    rows = [c.replace("_", " ") for c in columns]
    return _style(_stacked(counts, rows, _REPORTING), reading)

"""Published data sets and an independent fifty-digit solution to test against.

The data are facts printed in the sources named below.  The reference solution uses only the
standard library's decimal numbers and the published equations, so that it shares nothing with
the package or with the library behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, getcontext

import pandas as pd

getcontext().prec = 50


def bcg() -> pd.DataFrame:
    """Thirteen trials of BCG vaccine against tuberculosis.

    Colditz GA and colleagues. JAMA 1994;271:698-702,
    https://doi.org/10.1001/jama.1994.03510330076038; as tabulated by Berkey and colleagues,
    Stat Med 1995;14:395-411, https://doi.org/10.1002/sim.4780140406.  Both are named as
    sources on the data's page of the R package metadat, which was read:
    https://github.com/wviechtb/metadat/blob/278d28943cc861de0780b33223c261c12c918927/man/dat.bcg.Rd
    The counts are printed on https://metafor-project.org/doku.php/analyses:vanhouwelingen2002.
    """
    rows = [
        ("Aronson 1948", 4, 119, 11, 128, 44, 1948, "random"),
        ("Ferguson & Simes 1949", 6, 300, 29, 274, 55, 1949, "random"),
        ("Rosenthal et al 1960", 3, 228, 11, 209, 42, 1960, "random"),
        ("Hart & Sutherland 1977", 62, 13536, 248, 12619, 52, 1977, "random"),
        ("Frimodt-Moller et al 1973", 33, 5036, 47, 5761, 13, 1973, "alternate"),
        ("Stein & Aronson 1953", 180, 1361, 372, 1079, 44, 1953, "alternate"),
        ("Vandiviere et al 1973", 8, 2537, 10, 619, 19, 1973, "random"),
        ("TPT Madras 1980", 505, 87886, 499, 87892, 13, 1980, "random"),
        ("Coetzee & Berjak 1968", 29, 7470, 45, 7232, 27, 1968, "random"),
        ("Rosenthal et al 1961", 17, 1699, 65, 1600, 42, 1961, "systematic"),
        ("Comstock et al 1974", 186, 50448, 141, 27197, 18, 1974, "systematic"),
        ("Comstock & Webster 1969", 5, 2493, 3, 2338, 33, 1969, "systematic"),
        ("Comstock et al 1976", 27, 16886, 29, 17825, 33, 1976, "systematic"),
    ]
    names = ["trial", "tpos", "tneg", "cpos", "cneg", "latitude", "year", "allocation"]
    df = pd.DataFrame(rows, columns=names)
    return df.assign(
        events_treated=df["tpos"],
        n_treated=df["tpos"] + df["tneg"],
        events_control=df["cpos"],
        n_control=df["cpos"] + df["cneg"],
    )


def teachers() -> pd.DataFrame:
    """Nineteen experiments on teachers' expectations and pupils' IQ.

    Raudenbush SW. J Educ Psychol 1984;76:85-97, https://doi.org/10.1037/0022-0663.76.1.85;
    Raudenbush SW, Bryk AS. J Educ Stat 1985;10:75-98,
    https://doi.org/10.3102/10769986010002075; both named on the page of the data in metadat
    (man/dat.raudenbush1985.Rd at the same commit as above).  The effects and variances are
    printed on http://metafor-project.org/doku.php/analyses:raudenbush1985.
    """
    effect = [
        0.03, 0.12, -0.14, 1.18, 0.26, -0.06, -0.02, -0.32, 0.27, 0.80,
        0.54, 0.18, -0.02, 0.23, -0.18, -0.06, 0.30, 0.07, -0.07,
    ]  # fmt: skip
    variance = [
        0.0156, 0.0216, 0.0279, 0.1391, 0.1362, 0.0106, 0.0106, 0.0484, 0.0269, 0.0630,
        0.0912, 0.0497, 0.0835, 0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303,
    ]  # fmt: skip
    return pd.DataFrame({"effect": effect, "variance": variance})


def stroke() -> pd.DataFrame:
    """Length of stay in hospital with specialist and routine care after stroke, nine trials.

    Normand SLT. Stat Med 1999;18:321-359, table 2,
    https://doi.org/10.1002/(sici)1097-0258(19990215)18:3<321::aid-sim28>3.0.co;2-p; named on
    the page of the data in metadat (man/dat.normand1999.Rd at the same commit as above).
    """
    rows = [
        ("Edinburgh", 155, 55, 47, 156, 75, 64),
        ("Orpington-Mild", 31, 27, 7, 32, 29, 4),
        ("Orpington-Moderate", 75, 64, 17, 71, 119, 29),
        ("Orpington-Severe", 18, 66, 20, 18, 137, 48),
        ("Montreal-Home", 8, 14, 8, 13, 18, 11),
        ("Montreal-Transfer", 57, 19, 7, 52, 18, 4),
        ("Newcastle", 34, 52, 45, 33, 41, 34),
        ("Umea", 110, 21, 16, 183, 31, 27),
        ("Uppsala", 60, 30, 27, 52, 23, 20),
    ]
    names = [
        "trial", "n_treated", "mean_treated", "sd_treated", "n_control", "mean_control",
        "sd_control",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


# --- published results ----------------------------------------------------------------------

_METAFOR = (
    "Viechtbauer W. Conducting meta-analyses in R with the metafor package. J Stat Softw "
    "2010;36(3):1-48, sections 3.2 to 3.6"
)
# the summary, the heterogeneity and Egger's test were read again in the output printed here
_COURSE = (
    f"{_METAFOR}; "
    "https://cttir.github.io/courses/course3_design_causal/labs/lab_week4_session2_slides.html"
)
_HOUWELINGEN = (
    "van Houwelingen HC and colleagues. Stat Med 2002;21:589-624, "
    "https://doi.org/10.1002/sim.1040, as computed on "
    "https://metafor-project.org/doku.php/analyses:vanhouwelingen2002"
)
_TEACHERS = (
    "Raudenbush and Bryk 1985, table 2, as refitted by REML (Raudenbush 2009, Handbook of "
    "Research Synthesis, chapter 16)"
)
_FISHER = "Fisher RA. Statistical Methods for Research Workers, section 21.1"

PRINTED: dict[str, tuple[str, str]] = {
    # what, with blanks between several values: as printed, source
    "BCG, RR: studies": ("13", _COURSE),
    "BCG, RR: estimate and standard error": ("-0.7145 0.1798", _COURSE),
    "BCG, RR: interval": ("-1.0669 -0.3622", _COURSE),
    "BCG, RR: tau2": ("0.3132", _COURSE),
    "BCG, RR: I2 in per cent": ("92.22", _COURSE),
    "BCG, RR: H2": ("12.86", _COURSE),
    "BCG, RR: Q": ("152.2330", _COURSE),
    "BCG, RR: df of Q": ("12", _COURSE),
    "BCG, RR: interval of tau2": ("0.1197 1.1115", _METAFOR),
    "BCG, RR: interval of I2 in per cent": ("81.92 97.68", _METAFOR),
    "BCG, RR: Egger's t and p": ("-1.4013 0.1887", _COURSE),
    "BCG, RR: df of Egger's t": ("11", _COURSE),
    "BCG, RR: Begg's tau and p": ("0.0256 0.9524", _METAFOR),
    "BCG, RR: studies filled": ("4", _METAFOR),
    "BCG, RR: leaving one out": (
        "-0.7071 -0.6540 -0.6856 -0.6284 -0.7642 -0.7109 -0.6552 -0.7948 -0.7412 -0.6530 "
        "-0.7579 -0.7598 -0.7775",
        _METAFOR,
    ),
    # the paper prints an intercept of -3.5455; its scoring stops when steps fall below 1e-5, and
    # the exact solution, tested to fifty digits, is -3.54535
    "BCG, RR on latitude and year: slopes": ("-0.0280 0.0019", _METAFOR),
    "BCG, RR on latitude and year: standard errors": ("29.0956 0.0102 0.0147", _METAFOR),
    "BCG, RR on latitude and year: tau2": ("0.1108", _METAFOR),
    "BCG, RR on latitude and year: QE": ("28.3251", _METAFOR),
    "BCG, RR on latitude and year: df of QE and QM": ("10 2", _METAFOR),
    "BCG, RR on latitude and year: p of QM": ("0.0022", _METAFOR),
    "BCG, OR: first seven effects": (
        "-0.9387 -1.6662 -1.3863 -1.4564 -0.2191 -0.9581 -1.6338",
        _HOUWELINGEN,
    ),
    "BCG, OR: first seven variances": (
        "0.3571 0.2081 0.4334 0.0203 0.0520 0.0099 0.2270",
        _HOUWELINGEN,
    ),
    # the lower limit that the page prints, 0.1302, has a test of its own
    "BCG, OR: upper limit of tau2": ("1.1812", _HOUWELINGEN),
    "teachers: estimate": ("0.084", _TEACHERS),
    "teachers: tau2": ("0.019", _TEACHERS),
    "teachers: Q": ("35.83", _TEACHERS),
    "teachers: df of Q": ("18", _TEACHERS),
    # of one-sided p-values of 0.145, 0.263 and 0.087
    "Fisher: chi-squared on 6 df": ("11.42", _FISHER),
}
"""Results as their sources print them."""


# --- the reference solution ---------------------------------------------------------------

Numbers = Sequence[Decimal]


def decimals(values: Sequence[float]) -> list[Decimal]:
    """The binary numbers exactly as they are, so that both sides solve the same problem."""
    return [Decimal(float(v)) for v in values]


def root(f: Callable[[Decimal], Decimal]) -> Decimal:
    """Root of a function that falls through zero above 0; 0 where it starts below."""
    low, high = Decimal(0), Decimal(1)
    if f(low) <= 0:
        return low
    while f(high) > 0:
        high *= 2
    for _ in range(150):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return (low + high) / 2


def pool(y: Numbers, v: Numbers, tau2: Decimal) -> tuple[Decimal, Decimal, list[Decimal]]:
    """Mean, sum of weights and weights of the inverse-variance model."""
    w = [1 / (x + tau2) for x in v]
    total = sum(w, Decimal(0))
    return sum((a * b for a, b in zip(w, y, strict=True)), Decimal(0)) / total, total, w


def q_at(y: Numbers, v: Numbers, tau2: Decimal) -> Decimal:
    """Generalised Q statistic (Viechtbauer 2007, equation 5)."""
    mean, _, w = pool(y, v, tau2)
    return sum((a * (b - mean) ** 2 for a, b in zip(w, y, strict=True)), Decimal(0))


def tau2_dl(y: Numbers, v: Numbers) -> Decimal:
    """DerSimonian and Laird 1986, equation 8."""
    _, total, w = pool(y, v, Decimal(0))
    c = total - sum((x * x for x in w), Decimal(0)) / total
    return max(Decimal(0), (q_at(y, v, Decimal(0)) - (len(y) - 1)) / c)


def tau2_pm(y: Numbers, v: Numbers) -> Decimal:
    """Paule and Mandel 1982: Q equals its degrees of freedom."""
    return root(lambda t: q_at(y, v, t) - (len(y) - 1))


def tau2_reml(y: Numbers, v: Numbers) -> Decimal:
    """Restricted likelihood: its slope is zero (Viechtbauer 2005, equation 13)."""

    def slope(t: Decimal) -> Decimal:
        mean, total, w = pool(y, v, t)
        squares = sum((a * a * (b - mean) ** 2 for a, b in zip(w, y, strict=True)), Decimal(0))
        return squares - total + sum((a * a for a in w), Decimal(0)) / total

    return root(slope)


def i2_of(v: Numbers, tau2: Decimal) -> Decimal:
    """Share of τ² and the typical variance (Higgins and Thompson 2002, equation 9)."""
    _, total, w = pool([Decimal(0)] * len(v), v, Decimal(0))
    typical = (len(v) - 1) * total / (total**2 - sum((x * x for x in w), Decimal(0)))
    return tau2 / (tau2 + typical)


def solve(a: list[list[Decimal]], b: list[Decimal]) -> list[Decimal]:
    """Linear equations by elimination with pivots."""
    n = len(b)
    m = [[*row, x] for row, x in zip(a, b, strict=True)]
    for i in range(n):
        best = max(range(i, n), key=lambda r, i=i: abs(m[r][i]))
        m[i], m[best] = m[best], m[i]
        for r in range(n):
            if r != i:
                factor = m[r][i] / m[i][i]
                m[r] = [x - factor * z for x, z in zip(m[r], m[i], strict=True)]
    return [m[i][n] / m[i][i] for i in range(n)]


class Regression:
    """Weighted regression at a given τ², with the pieces of its restricted likelihood."""

    def __init__(self, y: Numbers, v: Numbers, x: Sequence[Numbers], tau2: Decimal) -> None:
        k, p = len(y), len(x[0])
        w = [1 / (s + tau2) for s in v]
        cross = [
            [sum((w[i] * x[i][a] * x[i][b] for i in range(k)), Decimal(0)) for b in range(p)]
            for a in range(p)
        ]
        right = [sum((w[i] * x[i][a] * y[i] for i in range(k)), Decimal(0)) for a in range(p)]
        self.beta = solve(cross, right)
        unit = [[Decimal(int(a == b)) for b in range(p)] for a in range(p)]
        inverse = [solve(cross, unit[b]) for b in range(p)]
        self.covariance = [[inverse[b][a] for b in range(p)] for a in range(p)]
        rest = [
            y[i] - sum((x[i][a] * self.beta[a] for a in range(p)), Decimal(0)) for i in range(k)
        ]
        self.q = sum((w[i] * rest[i] ** 2 for i in range(k)), Decimal(0))
        # trace of P = W − W·X·(X'WX)⁻¹·X'·W, and the squared length of P·y
        leverage = [
            sum(
                (x[i][a] * self.covariance[a][b] * x[i][b] for a in range(p) for b in range(p)),
                Decimal(0),
            )
            for i in range(k)
        ]
        trace = sum((w[i] - w[i] ** 2 * leverage[i] for i in range(k)), Decimal(0))
        self.slope = sum((w[i] ** 2 * rest[i] ** 2 for i in range(k)), Decimal(0)) - trace


def regression_reml(y: Numbers, v: Numbers, x: Sequence[Numbers]) -> tuple[Decimal, Regression]:
    """τ² and coefficients by restricted likelihood."""
    tau2 = root(lambda t: Regression(y, v, x, t).slope)
    return tau2, Regression(y, v, x, tau2)

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

"""Time of the statistics: a thousand random-effects fits and what goes around them."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from secretome import effect_sizes, synthesis

FITS = 1000
STUDIES = 20


def _tables() -> list[pd.DataFrame]:
    rng = np.random.default_rng(20261123)
    return [
        pd.DataFrame(
            {"effect": rng.normal(0.3, 0.4, STUDIES), "variance": rng.uniform(0.01, 0.3, STUDIES)}
        )
        for _ in range(FITS)
    ]


def measure() -> dict[str, float]:
    """Seconds for each job.

    Returns
    -------
    dict of str to float
        Seconds for 1,000 fits of 20 studies (REML with its Q-profile and prediction interval),
        for effect sizes of 20,000 rows of arms, and for one leave-one-out of 20 studies.
    """
    tables = _tables()
    synthesis.meta_analysis(tables[0])  # imports are measured elsewhere
    start = time.perf_counter()
    for table in tables:
        synthesis.meta_analysis(table)
    fits = time.perf_counter() - start

    result = synthesis.meta_analysis(tables[0])
    start = time.perf_counter()
    synthesis.leave_one_out(result)
    left_out = time.perf_counter() - start

    rng = np.random.default_rng(1)
    rows = FITS * STUDIES
    arms = pd.DataFrame(
        {
            "n_treated": rng.integers(5, 80, rows),
            "n_control": rng.integers(5, 80, rows),
            "mean_treated": rng.normal(10, 2, rows),
            "mean_control": rng.normal(9, 2, rows),
            "sd_treated": rng.uniform(1, 3, rows),
            "sd_control": rng.uniform(1, 3, rows),
        }
    )
    start = time.perf_counter()
    effect_sizes.from_arms(arms, "SMD")
    sizes = time.perf_counter() - start
    return {
        "fits_1000": round(fits, 2),
        "leave_one_out_20": round(left_out, 3),
        "effect_sizes_20000": round(sizes, 3),
    }


if __name__ == "__main__":
    for name, seconds in measure().items():
        print(f"{name}: {seconds}")

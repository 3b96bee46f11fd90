"""How long the freeze-drying model takes: one curve, a design space, a population."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from secretome import freeze_drying as fd

BUDGET_SECONDS = {"one_curve": 0.010, "design_space_50x50": 2.0}
"""What the book allows; `vial_population_1000` is measured without a budget."""


def _median_seconds(run: Callable[[], object], repeats: int) -> float:
    run()  # imports and first-use costs are not the model's
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def measure() -> dict[str, float]:
    """Median seconds of each task.

    Returns
    -------
    dict of str to float
        Seconds by task.
    """
    vial = fd.Vial(
        2.0,
        0.05,
        3.14,
        3.8,
        fd.VialHeatTransfer.from_calories(2.75e-4, 8.93e-4, 0.46),
        fd.CakeResistance(1.4, 16.0, 0.0),
    )
    ramp = fd.Programme(-35.0, [20.0], rate_per_min=1.0)
    shelves, pressures = np.linspace(-40, 20, 50), np.linspace(0.05, 0.3, 50)
    return {
        "one_curve": _median_seconds(lambda: fd.primary_drying(vial, ramp, 0.15), 30),
        "design_space_50x50": _median_seconds(
            lambda: fd.design_space(
                vial, shelves, pressures, critical_c=-25.0, start_c=-40.0, ramp_c_per_min=0.5
            ),
            5,
        ),
        "vial_population_1000": _median_seconds(
            lambda: fd.vial_population(vial, ramp, 0.15, n=1000, kv_cv=0.1, rp_cv=0.1), 5
        ),
    }


if __name__ == "__main__":
    for task, seconds in measure().items():
        budget = BUDGET_SECONDS.get(task)
        note = f"budget {budget * 1000:.0f} ms" if budget else "no budget"
        print(f"{task:24} {seconds * 1000:8.2f} ms   {note}")

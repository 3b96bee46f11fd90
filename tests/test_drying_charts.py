"""Charts of freeze-drying and storage: what they say agrees with what they are given."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from secretome import drying_charts as dc
from secretome import freeze_drying as fd
from secretome import stability

VIAL = fd.Vial(
    2.0, 0.05, 3.14, 3.8, fd.VialHeatTransfer(11.5, 37.4, 0.46), fd.CakeResistance(1.4, 16.0, 0.0)
)


def drawn(chart) -> dict:
    """Specification of a chart, which altair checks against its schema."""
    spec = chart.to_dict()
    assert spec["description"]
    return spec


def test_examples_of_the_module() -> None:
    assert doctest.testmod(dc).failed == 0


def test_drying_curve_names_time_peak_and_margin() -> None:
    run = fd.primary_drying(VIAL, -25.0, 0.06, critical_c=-31.0)
    spec = drawn(dc.drying_curve(run.curve, critical_c=-31.0))
    assert f"within {run.drying_time_h:.1f} h" in spec["description"]
    assert f"{abs(run.margin_k):.1f} K" in spec["description"]


def test_a_product_above_its_limit_is_said_to_be_above() -> None:
    run = fd.primary_drying(VIAL, 0.0, 0.1)
    assert "above its critical" in dc.drying_curve_reading(run.curve, critical_c=-31.0)


def test_setting_map_marks_the_point_that_the_design_space_names() -> None:
    space = fd.design_space(
        VIAL, [-35, -25, -10], [0.04, 0.1], critical_c=-25.0, start_c=-45.0, ramp_c_per_min=1.0
    )
    best = space.fastest()
    text = drawn(dc.setting_map(space.table))["description"]
    assert f"{best.drying_time_h:.1f} h" in text
    assert f"{best.pressure_torr:.3g} Torr" in text


def test_setting_map_without_a_safe_setting() -> None:
    space = fd.design_space(
        VIAL, [0, 10], [0.1], critical_c=-40.0, start_c=-45.0, ramp_c_per_min=1.0
    )
    assert "No setting is safe" in drawn(dc.setting_map(space.table))["description"]
    assert drawn(dc.setting_map(space.table.iloc[:0]))["description"] == "No settings to draw."


def test_vial_spread_counts_what_is_beyond_the_limit() -> None:
    batch = fd.vial_population(
        VIAL, -25.0, 0.06, n=300, seed=1, kv_cv=0.1, edge_share=0.2, edge_heat_factor=1.5
    )
    beyond = int((batch.table["peak_product_c"] > -31.0).sum())
    assert f"{beyond} beyond" in drawn(dc.vial_spread(batch.table, limit=-31.0))["description"]


def test_storage_says_when_data_are_invented() -> None:
    frame = pd.DataFrame({"time": [0, 6, 0, 6], "left": [100, 90, 100, 70]})
    frame["temperature_c"] = [5, 5, 25, 25]
    share = stability.remaining("first", [0.0, 6.0], 0.02)
    curve = pd.DataFrame({"time": [0.0, 6.0], "left": 100 * share, "temperature_c": 5.0})
    spec = drawn(dc.storage_loss(frame, curves=curve, synthetic=True))
    assert spec["description"].startswith("Invented data.")
    assert spec["title"]["text"] == "invented data"
    assert "Invented" not in drawn(dc.storage_loss(frame))["description"]


def test_phase_path_stands_on_its_three_temperatures() -> None:
    text = drawn(dc.phase_path(-31.0, 106.0, -137.0, name="trehalose"))["description"]
    assert "−31.0 °C" in text
    assert "106.0 °C" in text
    cross = dc._crossing(-31.0, 106.0, -137.0)
    assert fd.fox([cross, 1 - cross], [106.0, -137.0]) == pytest.approx(-31.0)


@pytest.mark.parametrize("order", [(-31.0, -140.0, -137.0), (5.0, 106.0, -137.0)])
def test_phase_path_refuses_swapped_temperatures(order) -> None:
    with pytest.raises(ValueError, match="swapped"):
        dc.phase_path(*order)


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        (dc.drying_curve, ["time_h"]),
        (dc.setting_map, ["shelf_c"]),
        (dc.vial_spread, ["edge"]),
        (dc.storage_loss, ["time"]),
    ],
)
def test_a_missing_column_is_named(call, columns) -> None:
    with pytest.raises(KeyError, match="no column"):
        call(pd.DataFrame(columns=columns))

"""The live figure of shelf life: its Python side, and what stands without a script."""

from __future__ import annotations

import doctest
import functools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import traitlets

import secretome.shelf_life
from secretome import stability
from secretome.shelf_life import ShelfLifeExplorer

from .test_cycle import Outline


def measurements(seed: int = 7, noise: float = 1.2) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    months = np.array([0, 1, 3, 6, 9, 12], dtype=float)
    rows = []
    for celsius, rate in ((5.0, 0.0035), (25.0, 0.02), (40.0, 0.075)):
        left = 100 * stability.remaining("first", months, rate) + random.normal(0, noise, 6)
        rows += [
            {"time": t, "left": v, "temperature_c": celsius}
            for t, v in zip(months, left, strict=True)
        ]
    return pd.DataFrame(rows)


@functools.cache
def _made() -> ShelfLifeExplorer:
    tables = {"tight": measurements(), "loose": measurements(3, 6.0)}
    return ShelfLifeExplorer(
        tables,
        glass_transition_c={"tight": 60.0},
        note="Invented.",
        models=["first", "zero"],
        temperature_range=(-10.0, 70.0, 1.0),
    )


def make(**settings: Any) -> ShelfLifeExplorer:
    """One figure for all tests, since fits with their profiles take seconds; set afresh."""
    figure = _made()
    start = {"storage_temperature": 25.0, "measurements": "tight", "model": "first"}
    start |= {"method": "global", "fraction": 0.9, "extrapolate": False}
    for name, value in (start | settings).items():
        figure.set_trait(name, value)
    return figure


def test_examples_of_the_module() -> None:
    assert doctest.testmod(secretome.shelf_life).failed == 0


def test_the_answers_are_those_of_stability() -> None:
    explorer = make()
    table = measurements()
    fit = stability.arrhenius_global(
        table["time"], table["temperature_c"], table["left"], "first", glass_transition_c=60.0
    )
    assert explorer.shelf_life(25.0) == fit.shelf_life(25.0)
    explorer.fraction = 0.8
    assert explorer.shelf_life(25.0).time == fit.shelf_life(25.0, 0.8).time


def test_it_refuses_what_stability_refuses() -> None:
    explorer = make()
    for temperature, reason in (
        (65.0, "glass transition"),
        (-10.0, "outside the data"),
        (5.0, "the data end at 12"),
    ):
        with pytest.raises(ValueError, match=reason):
            explorer.shelf_life(temperature)
    explorer.extrapolate = True
    assert explorer.shelf_life(5.0).extrapolated
    with pytest.raises(ValueError, match="no Arrhenius line crosses it"):
        explorer.shelf_life(65.0)


def test_cases_hold_reasons_in_place_of_numbers() -> None:
    cases = make().cases([25.0, 65.0])
    assert cases["time"].notna().tolist() == [True, False]
    assert "glass transition" in cases["reason"][1]


def test_a_model_that_cannot_be_fitted_keeps_its_reason() -> None:
    flat = measurements().assign(
        left=lambda d: d["left"].where(d["temperature_c"] > 5, 100 + d["time"])
    )
    explorer = ShelfLifeExplorer(flat, models=["first"], temperature_range=(0.0, 40.0, 1.0))
    explorer.method = "two-step"
    with pytest.raises(ValueError, match="no loss"):
        explorer.fit()
    assert "no loss" in explorer._fallback_html()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"storage_temperature": 200.0}, "outside the slider"),
        ({"measurements": "honey"}, "this figure knows tight, loose"),
        ({"model": "weibull"}, "this figure knows first, zero"),
        ({"fraction": 0.5}, "this figure knows"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=message):
        make().set_trait(*next(iter(change.items())))


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(KeyError, match="celsius"):
        ShelfLifeExplorer(measurements(), temperature="celsius")
    with pytest.raises(ValueError, match="choose from zero, first, second"):
        ShelfLifeExplorer(measurements(), models=["weibull"])
    with pytest.raises(ValueError, match="at least one"):
        ShelfLifeExplorer({})
    with pytest.raises(ValueError, match="two always fits"):
        ShelfLifeExplorer(measurements().query("temperature_c < 30"))
    with pytest.raises(ValueError, match="larger step"):
        ShelfLifeExplorer(measurements(), temperature_range=(-20.0, 70.0, 0.01))


def test_without_a_script_there_is_a_line_and_a_table() -> None:
    outline = Outline()
    text = make()._repr_mimebundle_()[0]["text/html"]  # type: ignore[index]
    outline.feed(text)
    assert outline.open == []
    assert outline.rows == 5
    assert 'role="img"' in text
    assert "Invented." in text
    assert "Mobility changes its law there" in text
    assert not [k for k, _ in outline.attributes if k == "style" or k.startswith("on")]


def test_names_cannot_leave_the_state_or_the_table() -> None:
    explorer = ShelfLifeExplorer(
        {"</script><b>x": measurements()},
        note="<i>",
        models=["first"],
        methods=["two-step"],
    )
    assert "<" not in json.dumps(explorer.get_state()["settings"])
    assert "<b>" not in explorer._fallback_html()
    assert "<i>" not in explorer._fallback_html()

"""The live figure of primary drying: its Python side, and what stands without a script."""

from __future__ import annotations

import doctest
import html.parser
import json
from typing import Any

import pandas as pd
import pytest
import traitlets

import secretome.cycle
from secretome import freeze_drying as fd
from secretome.cycle import CycleExplorer

VIAL = fd.Vial(
    2.0,
    0.05,
    3.14,
    3.8,
    fd.VialHeatTransfer.from_calories(2.75e-4, 8.93e-4, 0.46),
    fd.CakeResistance(1.4, 16.0, 0.0),
)
TABLE = pd.DataFrame(
    {
        "name": ["trehalose", "warm"],
        "critical_c": [-31.0, -5.0],
        "solids_g_per_ml": [0.05, 0.10],
        "source": ["measured", "cited"],
    }
)


def make(**arguments: Any) -> CycleExplorer:
    given: dict[str, Any] = {
        "fills_ml": [1.0, 2.0],
        "resistances": {"as given": VIAL.resistance, "double": fd.CakeResistance(2.8, 32.0, 0.0)},
        "equipment": fd.Equipment(398, -0.182, 11.7),
        "shelf_range": (-45.0, 10.0, 5.0),
        "pressure_range": (0.02, 0.2, 0.02),
    }
    return CycleExplorer(TABLE, VIAL, **(given | arguments))


def test_examples_of_the_module() -> None:
    assert doctest.testmod(secretome.cycle).failed == 0


def test_the_answers_are_those_of_the_python_model() -> None:
    explorer = make()
    explorer.shelf_temperature, explorer.chamber_pressure = -25.0, 0.06
    run = fd.primary_drying(VIAL, -25.0, 0.06, critical_c=-31.0)
    assert explorer.run().drying_time_h == run.drying_time_h
    assert explorer.critical_c == -31.0


def test_the_map_is_that_of_runs_without_a_ramp() -> None:
    table = make().space().table
    for row in table[table["limit"].isin(["safe", "product"])].iloc[::7].to_dict("records"):
        run = fd.primary_drying(VIAL, row["shelf_c"], row["pressure_torr"])
        assert row["drying_time_h"] == pytest.approx(run.drying_time_h, rel=1e-4)
        assert row["peak_product_c"] == pytest.approx(run.peak_product_c, abs=0.01)


def test_solids_and_resistance_follow_the_choice() -> None:
    explorer = make()
    explorer.formulation, explorer.resistance, explorer.fill_ml = "warm", "double", 1.0
    vial = explorer.vial()
    assert (vial.solids_g_per_ml, vial.resistance.r0, vial.fill_ml) == (0.10, 2.8, 1.0)
    assert explorer.critical_c == -5.0


def test_cases_hold_every_formulation_and_fill_and_are_safe() -> None:
    cases = make().cases()
    assert len(cases) == 4
    assert (cases["margin_k"] >= 2.0).all()
    by_fill = cases[cases["formulation"] == "trehalose"].sort_values("fill_ml")
    assert by_fill["drying_time_h"].is_monotonic_increasing, "a deeper cake takes longer"


def test_a_case_without_a_safe_setting_says_so() -> None:
    cold = TABLE.assign(critical_c=[-44.0, -5.0])
    explorer = CycleExplorer(cold, VIAL, shelf_range=(-40.0, 0.0, 5.0))
    assert explorer.cases()["shelf_c"].isna().tolist() == [True, False]
    assert "no safe setting" in explorer._fallback_html()


def test_vapour_beyond_the_dryer_is_on_the_map() -> None:
    few = make(equipment=fd.Equipment(40_000, -0.182, 11.7)).space()
    assert few.table["limit"].str.contains("equipment").any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shelf_temperature": 60.0}, "outside the slider"),
        ({"chamber_pressure": 3.0}, "outside the slider"),
        ({"formulation": "honey"}, "this figure knows trehalose, warm"),
        ({"fill_ml": 7.0}, "this figure knows 1.0, 2.0"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, Any], message: str) -> None:
    explorer = make()
    with pytest.raises(traitlets.TraitError, match=message):
        explorer.set_trait(*next(iter(change.items())))


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(KeyError, match="critical_c"):
        CycleExplorer(TABLE.drop(columns="critical_c"), VIAL)
    with pytest.raises(ValueError, match="each name once"):
        CycleExplorer(TABLE.assign(name="same"), VIAL)
    with pytest.raises(ValueError, match="below 0 °C"):
        CycleExplorer(TABLE.assign(critical_c=[float("nan"), -5.0]), VIAL)
    with pytest.raises(ValueError, match="larger steps"):
        make(shelf_range=(-45.0, 10.0, 0.01))
    with pytest.raises(ValueError, match="above zero"):
        make(pressure_range=(0.2, 0.02, 0.01))
    with pytest.raises(ValueError, match="no water"):
        CycleExplorer(TABLE.assign(solids_g_per_ml=5.0), VIAL)


class Outline(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        self.rows += tag == "tr"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs


def test_without_a_script_there_is_a_map_and_a_table() -> None:
    bundle = make()._repr_mimebundle_()
    assert bundle
    text = bundle[0]["text/html"]
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert outline.rows == 5
    assert 'role="img"' in text
    assert "The fastest: Shelf" in text
    # a strict policy lets no inline style or handler through
    assert not [k for k, _ in outline.attributes if k == "style" or k.startswith("on")]


def test_names_cannot_leave_the_state_or_the_table() -> None:
    evil = TABLE.assign(name=["</script><b>x", "warm"])
    explorer = CycleExplorer(evil, VIAL, shelf_range=(-45.0, 10.0, 5.0))
    settings = json.dumps(explorer.get_state()["settings"])
    assert "<" not in settings
    assert "<b>" not in explorer._fallback_html()
    assert explorer.formulation == "</script><b>x"

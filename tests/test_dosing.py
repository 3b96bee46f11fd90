"""Doses: arithmetic by hand, mass balance, and refusals with their reason."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from secretome import dosing

few = settings(max_examples=50, deadline=None)


# --- units ---------------------------------------------------------------------------


def test_amounts_of_one_kind_meet_in_one_unit():
    assert dosing.harmonise("290.20 ± 53.20", "ng/L") == (290.2, "pg/mL")
    assert dosing.harmonise("1.5", "ng/10^6 cells/48 h") == (750.0, "pg/10^6 cells/24 h")
    assert dosing.harmonise("3", "ng/mg protein") == (3000.0, "pg/mg protein")
    for unit in ("ng mL⁻¹", "ng ml(-1)", "ng·mL-1", "ng·mL⁻¹", "ng/mL"):
        assert dosing.harmonise("3", unit) == (3000.0, "pg/mL")
    assert dosing.harmonise("< 15", "pg/mL") == (None, None)


@pytest.mark.parametrize(
    ("value", "unit", "ratio"),
    [
        ("2.5", "fold", 2.5),
        ("2.5 ± 0.4", "-fold", 2.5),
        ("3", "times higher", 3.0),
        ("4", "fold lower", 0.25),
        ("38", "% increase", 1.38),
        ("60", "% lower", 0.4),
        ("85", "% of fresh medium", 0.85),
        ("12", "%", None),
        ("up to 2", "fold", None),
        ("0", "fold lower", None),
    ],
)
def test_times_and_per_cent_become_ratios(value: str, unit: str, ratio: float | None) -> None:
    expected = (None, None) if ratio is None else (pytest.approx(ratio), "ratio")
    assert dosing.harmonise(value, unit) == expected


# --- cells ----------------------------------------------------------------------------


def test_cells_by_hand():
    # 1 µg at 20 ng per million cells and day, two days, half recovered:
    # 1000 / (20 · 2 · 0.5) = 50 million cells
    answer = dosing.cells_for_dose("1 µg", "20 ng/10^6 cells/24 h", duration="48 h", recovery=0.5)
    assert answer.value == pytest.approx(50e6)
    assert answer.unit == "cells"
    assert "50% recovered" in answer.summary()


@pytest.mark.parametrize(
    ("dose", "secretion", "expected"),
    [
        ("1e9 particles", "2e8 particles/10^6 cells", 5e6),
        ("10⁹ particles", "2 × 10^8 particles/10^6 cells", 5e6),
        ("5 mg protein", "50 µg protein/10^6 cells", 100e6),
        ("1,000 ng", "1 µg/10⁶ cells", 1e6),
        ("1 mg", "0.2 ng/10^4 cells", 50e9),
    ],
)
def test_kinds_of_dose(dose, secretion, expected):
    assert dosing.cells_for_dose(dose, secretion, recovery=1.0).value == pytest.approx(expected)


@few
@given(st.floats(0.01, 1e4), st.floats(0.1, 1e3), st.floats(1, 96), st.floats(0.05, 1))
def test_the_cells_give_the_dose_back(dose, rate, hours, recovery):
    cells = dosing.cells_for_dose(
        f"{dose} ng", f"{rate} ng/10^6 cells/24 h", duration=f"{hours} h", recovery=recovery
    ).value
    assert cells / 1e6 * rate * hours / 24 * recovery == pytest.approx(dose, rel=1e-6)


def test_a_rate_needs_its_duration_and_a_total_refuses_one():
    with pytest.raises(dosing.MissingFieldError, match="duration is missing"):
        dosing.cells_for_dose("1 µg", "20 ng/10^6 cells/24 h", recovery=1.0)
    with pytest.raises(ValueError, match="count twice"):
        dosing.cells_for_dose("1 µg", "20 ng/10^6 cells", duration="24 h", recovery=1.0)
    with pytest.raises(ValueError, match="must be a time"):
        dosing.cells_for_dose("1 µg", "20 ng/10^6 cells/24 h", duration="2 mL", recovery=1.0)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NR", "full source was read"),
        ("NS", "not seen"),
        ("NA", "does not apply"),
        ("UNCLEAR", "cannot be decided"),
        (None, "not given"),
        ("", "not given"),
        (math.nan, "not given"),
        (pd.NA, "not given"),
    ],
)
def test_a_missing_field_is_refused_with_its_reason(code, words):
    with pytest.raises(dosing.MissingFieldError, match=rf"secretion is missing .*{words}"):
        dosing.cells_for_dose("1 µg", code, recovery=1.0)


def test_an_unknown_recovery_is_refused_not_guessed():
    with pytest.raises(dosing.MissingFieldError, match="recovery is missing"):
        dosing.cells_for_dose("1 µg", "20 ng/10^6 cells", recovery=None)
    for share in (0.0, 1.2, 80):
        with pytest.raises(ValueError, match=r"80 % is 0\.8"):
            dosing.cells_for_dose("1 µg", "20 ng/10^6 cells", recovery=share)


@pytest.mark.parametrize(
    ("dose", "secretion"),
    [
        ("1 µg", "2e8 particles/10^6 cells"),
        ("1 µg", "50 µg protein/10^6 cells"),
        ("1e9 particles", "20 ng/10^6 cells"),
        ("1 mL", "20 ng/10^6 cells"),
        ("1 µg", "250 pg/mL"),
    ],
)
def test_kinds_are_not_converted_into_each_other(dose, secretion):
    with pytest.raises(ValueError, match="different kinds of amount"):
        dosing.cells_for_dose(dose, secretion, recovery=1.0)


@pytest.mark.parametrize(
    "text",
    ["much", "10", "ten µg", "5 foo", "< 5 ng", "3-4 ng", "0 ng", "-5 ng", "5 ng//", "1 2 ng"],
)
def test_amounts_that_do_not_parse_are_refused(text):
    with pytest.raises(ValueError, match="dose is"):
        dosing.cells_for_dose(text, "20 ng/10^6 cells", recovery=1.0)


# --- medium ------------------------------------------------------------------------------


def test_medium_by_hand():
    # 100 ng from 250 pg/mL with 80 % recovered: 100 000 / 250 / 0.8 = 500 mL
    assert dosing.medium_for_dose("100 ng", "250 pg/mL", recovery=0.8).value == pytest.approx(500)
    assert dosing.medium_for_dose("2e6 cells", "1e6 cells/mL", recovery=1).value == pytest.approx(2)
    assert dosing.medium_for_dose("1 mg protein", "50 µg protein/mL", recovery=1).value == (
        pytest.approx(20)
    )
    assert "mL" in dosing.medium_for_dose("100 ng", "250 pg/mL", recovery=0.8).summary()


@few
@given(st.floats(1, 1e5), st.floats(1, 1e4), st.floats(0.1, 0.9))
def test_a_lossier_process_needs_more_medium(dose, concentration, recovery):
    def medium(share):
        return dosing.medium_for_dose(f"{dose} ng", f"{concentration} ng/mL", recovery=share).value

    assert medium(recovery) > medium(recovery + 0.05)
    assert medium(recovery) * concentration * recovery == pytest.approx(dose, rel=1e-6)


def test_medium_refuses_what_it_cannot_use():
    with pytest.raises(dosing.MissingFieldError, match="concentration is missing"):
        dosing.medium_for_dose("100 ng", "NR", recovery=1.0)
    with pytest.raises(ValueError, match="different kinds"):
        dosing.medium_for_dose("100 ng", "20 ng/10^6 cells", recovery=1.0)
    with pytest.raises(ValueError, match="different kinds"):
        dosing.medium_for_dose("100 ng", "250 pg/mL/24 h", recovery=1.0)


# --- ultrafiltration -----------------------------------------------------------------------


def test_concentration_is_the_solution_of_its_mass_balance():
    # dm/dV = c (1 − R) while volume leaves, integrated independently from 500 to 10 mL
    retained = 0.8
    found = solve_ivp(
        lambda out, m: -m / (500 - out) * (1 - retained), (0, 490), [1.0], rtol=1e-10, atol=1e-14
    )
    answer = dosing.concentration_factor("500 mL", "10 mL", retained=retained)
    assert answer.volume_factor == pytest.approx(50)
    assert answer.recovered == pytest.approx(found.y[0, -1], rel=1e-6)
    assert answer.factor == pytest.approx(50 * found.y[0, -1], rel=1e-6)


def test_a_factor_that_is_kept_whole_concentrates_with_the_volume():
    whole = dosing.concentration_factor("0.5 L", "10 mL", retained=1.0, diavolumes=5)
    assert whole.factor == pytest.approx(50)
    assert whole.recovered == 1.0
    passes = dosing.concentration_factor("500 mL", "10 mL", retained=0.0)
    assert passes.factor == pytest.approx(1)


def test_losses_multiply():
    answer = dosing.concentration_factor(
        "500 mL", "10 mL", retained=0.9, adsorbed=0.2, diavolumes=3
    )
    assert answer.recovered == pytest.approx(0.8 * 50**-0.1 * math.exp(-0.3))
    assert "lost" in answer.summary()


@few
@given(st.floats(0, 1), st.floats(1, 200), st.floats(0, 0.9), st.floats(0, 10))
def test_mass_balance_of_ultrafiltration(retained, shrink, adsorbed, diavolumes):
    answer = dosing.concentration_factor(
        f"{shrink} mL", "1 mL", retained=retained, adsorbed=adsorbed, diavolumes=diavolumes
    )
    assert 0 <= answer.recovered <= 1
    assert answer.factor <= answer.volume_factor * (1 + 1e-9)
    assert answer.factor == pytest.approx(answer.volume_factor * answer.recovered)


@pytest.mark.parametrize(
    ("before", "after", "change", "message"),
    [
        ("10 mL", "500 mL", {}, "dilution"),
        ("10 mg", "1 mL", {}, "must be a volume"),
        ("NR", "1 mL", {}, "volume_before is missing"),
        ("10 mL", "1 mL", {"retained": None}, "retained is missing"),
        ("10 mL", "1 mL", {"retained": 1.5}, "0 .passes. to 1 .kept."),
        ("10 mL", "1 mL", {"adsorbed": 1.0}, "0 to below 1"),
        ("10 mL", "1 mL", {"diavolumes": -1.0}, "zero or more"),
    ],
)
def test_impossible_ultrafiltration_is_refused(before, after, change, message):
    with pytest.raises(ValueError, match=message):
        dosing.concentration_factor(before, after, **({"retained": 0.9} | change))


# --- equivalents ---------------------------------------------------------------------------


@pytest.fixture
def products():
    return pd.DataFrame(
        {
            "product": ["medium", "powder", "vesicles", "silent", "odd"],
            "dose": ["2 mL", "10 mg", "1 mL", "1 mL", "NR"],
            "protein": [
                "50 µg protein/mL",
                "20 µg protein/mg",
                "NR",
                "NS",
                "1e9 particles/mL",
            ],
            "cells": ["1e6 cells/mL", "4e5 cells/mg", "5e6 cells/mL", "NR", "1e6 cells/mL"],
            "time": ["24 h", "48 h", "24 h", "24 h", "2 days"],
        }
    )


def test_equivalents_by_hand(products):
    # 2 mL · 50 µg/mL = 100 µg of protein, in 5 mg of powder, half of its dose
    table = dosing.equivalent_doses(products, "medium", "protein").set_index("product")
    assert table.loc["medium", "equivalent"] == 2
    assert (table.loc["powder", "equivalent"], table.loc["powder", "unit"]) == (5, "mg")
    assert table.loc["powder", "doses"] == pytest.approx(0.5)
    assert table.loc["powder", "reason"] == ""


def test_what_cannot_be_matched_says_why(products):
    table = dosing.equivalent_doses(products, "medium", "protein").set_index("product")
    assert table["equivalent"].isna().tolist() == [False, False, True, True, True]
    assert "NR: not reported" in table.loc["vesicles", "reason"]
    assert "NS: not seen" in table.loc["silent", "reason"]
    assert "another kind of amount" in table.loc["odd", "reason"]


def test_a_missing_dose_leaves_the_amount_and_says_so(products):
    odd = dosing.equivalent_doses(products, "medium", "cells").set_index("product").loc["odd"]
    assert odd["equivalent"] == 2
    assert odd["doses"] is pd.NA
    assert "dose of odd is missing" in odd["reason"]


def test_the_measure_and_the_time_move_the_answer(products):
    cells = dosing.equivalent_doses(products, "medium", "cells").set_index("product")
    cell_hours = dosing.equivalent_doses(products, "medium", "cells", hours="time")
    assert cells.loc["powder", "equivalent"] == 5
    assert cell_hours.set_index("product").loc["powder", "equivalent"] == pytest.approx(2.5)
    assert cell_hours.set_index("product").loc["odd", "equivalent"] == pytest.approx(1)


@few
@given(st.floats(0.1, 100), st.floats(0.1, 1000), st.floats(0.1, 1000))
def test_equivalents_hold_the_same_content(dose, first, second):
    frame = pd.DataFrame(
        {
            "product": ["a", "b"],
            "dose": [f"{dose} mL"] * 2,
            "factor": [f"{first} ng/mL", f"{second} ng/mL"],
        }
    )
    table = dosing.equivalent_doses(frame, "a", "factor")
    assert table["equivalent"][1] * second == pytest.approx(dose * first, rel=1e-6)
    back = dosing.equivalent_doses(frame, "b", "factor")
    assert table["doses"][1] * back["doses"][0] == pytest.approx(1, rel=1e-6)


def test_a_reference_that_cannot_serve_is_refused(products):
    with pytest.raises(dosing.MissingFieldError, match="protein of vesicles is missing"):
        dosing.equivalent_doses(products, "vesicles", "protein")
    with pytest.raises(dosing.MissingFieldError, match="dose of odd is missing"):
        dosing.equivalent_doses(products, "odd", "cells")
    with pytest.raises(KeyError, match="no product 'gel'"):
        dosing.equivalent_doses(products, "gel", "protein")
    with pytest.raises(KeyError, match="no column 'particles'"):
        dosing.equivalent_doses(products, "medium", "particles")
    with pytest.raises(ValueError, match="2 rows"):
        dosing.equivalent_doses(pd.concat([products, products]), "medium", "protein")


def test_missing_numbers_are_never_silent(products):
    table = dosing.equivalent_doses(products, "medium", "protein")
    silent = table["equivalent"].isna() & (table["reason"] == "")
    assert not silent.any()
    assert np.isfinite(table["equivalent"].dropna().astype(float)).all()

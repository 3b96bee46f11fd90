"""Agreement of two readings."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from secretome.agreement import agreement, cohen_kappa, compare


def test_kappa_by_hand() -> None:
    # 2 x 2 table: 20 and 15 agree, 5 and 10 do not. Observed 0.7; chance
    # (25/50)(30/50) + (25/50)(20/50) = 0.5; kappa (0.7 - 0.5) / 0.5 = 0.4
    first = pd.Series(["y"] * 25 + ["n"] * 25)
    second = pd.Series(["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15)
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_kappa_of_one_category_is_undefined() -> None:
    assert math.isnan(cohen_kappa(pd.Series(["a", "a"]), pd.Series(["a", "a"])))


def test_kappa_refuses_empty_and_unequal() -> None:
    with pytest.raises(ValueError, match="same cells"):
        cohen_kappa(pd.Series([], dtype=str), pd.Series([], dtype=str))
    with pytest.raises(ValueError, match="got 1 and 2"):
        cohen_kappa(pd.Series(["a"]), pd.Series(["a", "b"]))


def test_cells_of_one_reader_are_counted_apart() -> None:
    cells = pd.DataFrame(
        {
            "field": ["f"] * 4,
            "first": ["a", "b", "a", "NS"],
            "second": ["a", "a", "NS", "b"],
            "status": ["agree", "differ", "first only", "second only"],
        }
    )
    row = agreement(cells).iloc[0]
    assert (row["both"], row["agree"], row["one_reader"], row["percent"]) == (2, 1, 2, 50)


def test_unknown_column_is_named() -> None:
    with pytest.raises(KeyError, match="no column 'field'"):
        agreement(pd.DataFrame({"first": [], "second": [], "status": []}))


def test_two_filled_rows_become_the_table_that_agreement_takes() -> None:
    ada = pd.DataFrame({"study_id": ["a-2020"], "organ": ["hair"], "n": [12], "design": ["NS"]})
    ben = pd.DataFrame(
        {"study_id": ["a-2020"], "organ": ["skin"], "n": ["12.0"], "design": [None], "x": [1]}
    )
    cells = compare(ada, ben, key="study_id")
    assert dict(zip(cells["field"], cells["status"], strict=True)) == {
        "organ": "differ",
        "n": "agree",
    }
    assert agreement(cells, by="row")["percent"].tolist() == [50.0]


def test_compare_says_what_does_not_fit() -> None:
    ada = pd.DataFrame({"study_id": ["a-2020"], "organ": ["hair"]})
    with pytest.raises(ValueError, match="No row stands in both"):
        compare(ada, ada.assign(study_id="b-2021"), key="study_id")
    with pytest.raises(ValueError, match="twice: a-2020"):
        compare(pd.concat([ada, ada]), ada, key="study_id")
    with pytest.raises(KeyError, match="compare"):
        agreement(ada)

"""The validator bites: what is planted into a copy of the data is reported."""

from __future__ import annotations

import pandas as pd
import pytest

from tests import corruptions

PLANTED = 300


@pytest.fixture(scope="module")
def found() -> corruptions.Outcome:
    return corruptions.run(PLANTED)


@pytest.fixture(scope="module")
def uncatchable() -> corruptions.Outcome:
    return corruptions.run(40, catchable=False, batches=1)


def test_nearly_all_planted_mistakes_are_reported(found: corruptions.Outcome) -> None:
    table = found.table()
    print(f"\n{table.drop(columns='why_not').to_string(index=False)}")
    assert len(found.planted) == PLANTED
    missed = "\n".join(found.missed())
    assert len(found.caught) >= 0.97 * PLANTED, missed
    assert table["caught"].gt(0).all(), f"a kind of which nothing is caught:\n{missed}"


def test_every_kind_was_planted(found: corruptions.Outcome) -> None:
    catchable = {k.name for k in corruptions.KINDS if not k.why}
    assert catchable == set(found.table()["kind"]), "a kind finds no row to spoil"


def test_no_sound_row_is_accused(found: corruptions.Outcome) -> None:
    assert not found.wrongly_accused, "\n".join(found.wrongly_accused)


def test_what_cannot_be_caught_says_why(uncatchable: corruptions.Outcome) -> None:
    table = uncatchable.table()
    print(f"\n{table[['kind', 'planted', 'caught', 'why_not']].to_string(index=False)}")
    assert table["why_not"].str.len().gt(20).all()
    # a kind that is caught after all belongs to the catchable ones
    assert table["share_percent"].lt(97).all(), table.to_string()


def test_kept_table_is_of_these_kinds() -> None:
    kept = pd.read_csv(corruptions.KEPT, keep_default_na=False)
    assert list(kept["kind"]) == [
        *(k.name for k in corruptions.KINDS if not k.why),
        *(k.name for k in corruptions.KINDS if k.why),
    ], "run `python tests/corruptions.py`"
    caught = kept[kept["catchable"] == "yes"]
    assert caught["planted"].sum() == PLANTED
    assert caught["caught"].sum() >= 0.97 * PLANTED

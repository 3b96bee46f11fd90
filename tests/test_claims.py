"""The verdicts on the claims follow from the rows, and from nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

import secretome
from secretome.appraisal import VERDICTS, citations_that_do_not_carry, claims_verdict

CLAIMS = secretome.load("claims")["claim_id"]
EVIDENCE = secretome.load("claim_evidence")


def _one(*bearings: str) -> pd.Series:
    rows = pd.DataFrame({"bearing": bearings, "claim_id": "c"})
    rows["study_id"] = [f"s{i}" for i in range(len(rows))]
    return claims_verdict(rows, ["c"]).iloc[0]


@pytest.mark.parametrize(
    ("bearings", "verdict"),
    [
        ((), "untested"),
        (("result not seen",), "not supported by what was read"),
        (("result not seen", "not applicable"), "not supported by what was read"),
        (("result not seen", "for"), "supported by one study, certainty not graded"),
        (("for", "for"), "supported, certainty not graded"),
        (("for", "for", "mixed"), "supported, certainty not graded"),
        (("for", "mixed"), "contested"),
        (("against",), "contradicted"),
        (("against", "against", "for"), "contradicted"),
        (("against", "for"), "contested"),
        (("mixed",), "contested"),
    ],
)
def test_rule(bearings: tuple[str, ...], verdict: str) -> None:
    assert _one(*bearings)["verdict"] == verdict


def test_unseen_results_are_counted_and_never_weighed() -> None:
    row = _one("for", "for", "result not seen")
    assert row["result not seen"] == 1
    assert row["verdict"] == _one("for", "for")["verdict"]


def test_every_verdict_of_the_book_has_a_meaning() -> None:
    for verdict in claims_verdict(EVIDENCE, CLAIMS)["verdict"]:
        assert any(verdict.startswith(known) for known in VERDICTS)


@pytest.mark.parametrize("turned", ["against", "not applicable"])
def test_a_changed_row_changes_its_verdict_and_no_other(turned: str) -> None:
    before = claims_verdict(EVIDENCE, CLAIMS).set_index("claim_id")["verdict"]
    alone = before[before.str.startswith("supported by one study")].index[0]
    changed = EVIDENCE.copy()
    row = changed["claim_id"].eq(alone) & changed["bearing"].eq("for")
    changed.loc[row, "bearing"] = turned
    after = claims_verdict(changed, CLAIMS).set_index("claim_id")["verdict"]
    assert (before != after).pipe(lambda d: d[d].index.tolist()) == [alone]


def test_a_citation_that_could_not_be_read_is_not_blamed() -> None:
    blamed = citations_that_do_not_carry(EVIDENCE)
    assert not set(blamed["bearing"]) & {"for", "result not seen"}
    assert set(blamed["cited_by_seed"]) == {"yes"}

"""The verdicts on the claims follow from the rows, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import secretome
from secretome.appraisal import (
    CERTAINTIES,
    CLAIM_KINDS,
    VERDICTS,
    certainty,
    citations_that_do_not_carry,
    claim_steps,
    claims_verdict,
)

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = (ROOT / "chapters" / "claims" / "ledger.md").read_text(encoding="utf-8")
KINDS = secretome.load("claims").set_index("claim_id")["kind"]
CLAIMS = KINDS.index
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


# --- certainty ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steps() -> pd.DataFrame:
    tables = (secretome.load(name) for name in ("claims", "studies", "risk_of_bias"))
    return claim_steps(EVIDENCE, *tables)


def test_every_question_of_effect_with_evidence_has_a_certainty(steps: pd.DataFrame) -> None:
    graded = {c: certainty(own, own["start"].iloc[0])[0] for c, own in steps.groupby("claim_id")}
    assert set(graded.values()) <= set(CERTAINTIES)
    for row in claims_verdict(EVIDENCE, CLAIMS, certainty=graded).itertuples():
        asks = CLAIM_KINDS[KINDS[row.claim_id]] != "none"
        if row.verdict.startswith("supported"):
            assert row.verdict.endswith("not graded") != asks, row.claim_id


def test_a_changed_study_changes_the_steps_of_its_claims_and_no_others(
    steps: pd.DataFrame,
) -> None:
    studies = secretome.load("studies")
    own = studies["study_id"] == "unseen-2013"
    changed = studies.assign(control_kind=studies["control_kind"].mask(own, "none"))
    after = claim_steps(EVIDENCE, secretome.load("claims"), changed, secretome.load("risk_of_bias"))
    differ = (steps != after).any(axis=1)
    bears = EVIDENCE[EVIDENCE["study_id"].eq("unseen-2013") & EVIDENCE["bearing"].eq("for")]
    assert "a08" in set(steps.loc[differ, "claim_id"]) <= set(bears["claim_id"])
    assert set(steps.loc[differ, "domain"]) == {"indirectness"}


# --- what the chapter says in words ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "study", "bearing", "words"),
    [
        ("f06", "peng-2015", "for", "(f06): {} speaks for it and, head to head"),
        ("f06", "jabbehdari-2020", "for", "head to head with fresh medium, {};"),
        ("f06", "shanbhag-2023", "for", "{} speaks for it too"),
        ("f06", "rogulska-2024", "mixed", "{} is mixed, because several factors fell"),
        ("f07", "peng-2015", "not applicable", "{}, which is cited for it, makes no such"),
        ("f07", "jabbehdari-2020", "against", "{} found fresh and dried alike in mice"),
        ("f07", "shanbhag-2023", "for", "{} speaks *for* f07"),
        ("f08", "shanbhag-2023", "mixed", "and is mixed on f08"),
        ("f11", "kakabadze-2017", "for", "{} treated **one** person with the product"),
        ("f12", "kakabadze-2017", "not applicable", "An increase needs something"),
        ("p02", "osugi-2012", "for", "Most carry what they are evidently listed for: {}"),
        ("p08", "linero-2014", "for", "`osugi-2012`, {}, "),
        ("p09", "cantinieaux-2013", "for", "`linero-2014`, {} and "),
        ("p10", "kay-2017", "for", " and {}.\n"),
        ("p04", "horie-2012", "not applicable", "{} injected living cells"),
        ("p01", "sun-2012", "against", "{} found that CM *slowed* young bone cells"),
        ("p06", "wang-2012", "result not seen", "Of {} and "),
        ("p07", "sanchooli-2017a", "result not seen", " and {} only the titles could be read"),
        ("a07", "fukuoka-2012", "mixed", "is mixed ({}, for a07)"),
        ("a08", "unseen-2013", "for", "{} had the right one, plain medium"),
        ("a05", "katagiri-2016", "mixed", "in {} people got donor medium"),
        ("a05", "sanabria-de-la-torre-2021", "not applicable", "{} found that about one in nine"),
    ],
)
def test_a_sentence_says_what_its_row_says(
    claim: str, study: str, bearing: str, words: str
) -> None:
    assert words.format(f"{{study}}`{study}`") in CHAPTER
    rows = EVIDENCE[EVIDENCE["claim_id"].eq(claim) & EVIDENCE["study_id"].eq(study)]
    assert rows["bearing"].tolist() == [bearing]


def test_sentences_on_several_rows_hold() -> None:
    cited = EVIDENCE[EVIDENCE["cited_by_seed"] == "yes"].set_index("study_id")
    listed = cited[cited["claim_id"].str.startswith("p")]["bearing"]
    assert set(listed[listed.isin(["against", "not applicable"])].index) == {
        "horie-2012", "sun-2012",
    }  # fmt: skip
    assert set(listed[listed == "result not seen"].index) == {"wang-2012", "sanchooli-2017a"}
    assert (listed == "for").mean() > 0.5
    assert "the one voice against" in CHAPTER
    assert listed[listed == "against"].index.tolist() == ["sun-2012"]
    told = claims_verdict(EVIDENCE, CLAIMS, depth="reading_depth").set_index("claim_id")
    assert "With one study on either side f07" in CHAPTER
    assert told.loc["f07", ["for", "against", "mixed"]].tolist() == [1, 1, 0]
    assert "*The stem cells themselves were freeze-dried* (f14): it was the medium." in CHAPTER
    assert told.loc["f14", "verdict"] == "contradicted"
    assert "fails in some" in CHAPTER
    assert "cures, in none that we read" in CHAPTER
    assert told.loc["a12", "for"] == 0 < min(told.loc["a12", ["against", "mixed"]])


def test_the_exercise_on_claims_without_evidence_is_answered() -> None:
    assert "All of them are opinions" in CHAPTER
    assert set(KINDS[~KINDS.index.isin(EVIDENCE["claim_id"])]) == {"opinion"}


def test_a_verdict_in_the_text_is_computed() -> None:
    text = CHAPTER.partition("## Verdicts by a rule")[0].partition("## Claim by claim")[2]
    assert not [word for word in VERDICTS if word in text], "glue the verdict"

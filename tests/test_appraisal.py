"""Judgements, certainty, completeness and verdicts by their stated rules."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import secretome
from secretome import appraisal as ap


def judged(tool: str, *words: str, study: str = "a") -> pd.DataFrame:
    domains = ap.TOOLS[tool].domains[: len(words)]
    return pd.DataFrame(
        {"study_id": study, "tool": tool, "domain": domains, "judgement": list(words)}
    )


# --- instruments ----------------------------------------------------------------------------


def test_instruments_have_their_published_domains() -> None:
    # Sterne 2019, Sterne 2016, Hooijmans 2014: 5, 7 and 10 domains
    assert {n: len(t.domains) for n, t in ap.TOOLS.items()} == {
        "RoB 2": 5, "ROBINS-I": 7, "SYRCLE": 10,
    }  # fmt: skip
    for tool in ap.TOOLS.values():
        assert tool.judgements[0] == "low"
        assert tool.judgements[-1] == ap.NO_INFORMATION
        assert len(set(tool.domains)) == len(tool.domains)


def test_words_are_those_of_the_data_package() -> None:
    package = secretome.tables.package_descriptor()
    resource = next(r for r in package["resources"] if r["name"] == "risk-of-bias")
    allowed = {
        f["name"]: f.get("constraints", {}).get("enum") for f in resource["schema"]["fields"]
    }
    assert set(allowed["tool"]) == set(ap.TOOLS)
    known = {w for t in ap.TOOLS.values() for w in t.judgements}
    assert set(allowed["judgement"]) == known


def test_kinds_of_claim_are_those_of_the_data_package() -> None:
    package = secretome.tables.package_descriptor()
    resource = next(r for r in package["resources"] if r["name"] == "claims")
    field = next(f for f in resource["schema"]["fields"] if f["name"] == "kind")
    assert set(field["constraints"]["enum"]) == set(ap.CLAIM_KINDS)


def test_claim_words_are_those_of_the_data_package() -> None:
    package = secretome.tables.package_descriptor()
    resource = next(r for r in package["resources"] if r["name"] == "claim-evidence")
    allowed = {
        f["name"]: f.get("constraints", {}).get("enum") for f in resource["schema"]["fields"]
    }
    assert set(allowed["bearing"]) == set(ap._BEARINGS)
    assert set(allowed["reading_depth"]) == set(ap._DEPTHS)


def test_mistakes_in_judgements_are_listed_at_once() -> None:
    df = pd.concat(
        [
            judged("RoB 2", "low", "unclear"),
            judged("RoB 2", "low"),
            judged("SYRCLE", "high", study="b").assign(domain="overall"),
            judged("RoB 2", "low", study="c").assign(tool="RoB 3"),
        ],
        ignore_index=True,
    ).assign(reason=["stated", " ", "stated", None, "stated"])
    found = ap.check_judgements(df, reason="reason")
    assert sorted(zip(found["row"], found["column"], strict=True)) == [
        (1, "judgement"), (1, "reason"), (2, "domain"), (3, "domain"), (3, "reason"), (4, "tool"),
    ]  # fmt: skip
    assert found["remedy"].str.len().min() > 10


@pytest.mark.parametrize("place", [None, " ", pd.NA])
def test_a_judgement_needs_its_place(place: object) -> None:
    df = judged("RoB 2", "low", "high").assign(locator=["abstract", place])
    found = ap.check_judgements(df, locator="locator")
    assert found[["row", "column"]].to_numpy().tolist() == [[1, "locator"]]
    assert "part that was read" in found["remedy"].iloc[0]


def test_the_judgements_of_the_book_have_reason_and_place() -> None:
    rows = secretome.load("risk_of_bias")
    assert ap.check_judgements(rows, reason="reason", locator="locator").empty


@pytest.mark.parametrize("absent", [None, pd.NA, "", float("nan")])
def test_a_judgement_needs_its_study(absent: object) -> None:
    df = judged("RoB 2", "low", "high").assign(study_id=["a", absent])
    found = ap.check_judgements(df)
    assert found[["row", "column"]].to_numpy().tolist() == [[1, "study_id"]]
    with pytest.raises(ValueError, match=r"row 1, .*needs its study"):
        ap.overall_judgements(df)


@pytest.mark.parametrize("column", ["tool", "domain", "judgement"])
def test_an_empty_cell_of_a_judgement_is_listed(column: str) -> None:
    df = judged("RoB 2", "low", "high").astype("string")
    df.loc[1, column] = pd.NA
    assert ap.check_judgements(df)[["row", "column"]].to_numpy().tolist() == [[1, column]]


@pytest.mark.parametrize(
    ("words", "overall", "wrong"),
    [
        (["low", "high"], "low", True),
        (["low", "high"], "some concerns", True),
        (["low", "high"], "high", False),
        # several concerns may be called high by a reader
        (["some concerns", "some concerns"], "high", False),
        (["low", "high"], "no information", False),
    ],
)
def test_overall_is_never_better_than_its_worst_domain(
    words: list[str], overall: str, wrong: bool
) -> None:
    df = judged("RoB 2", *words, overall).assign(domain=[*ap.TOOLS["RoB 2"].domains[:2], "overall"])
    for rows in (df, df.iloc[::-1]):
        found = ap.check_judgements(rows)
        assert found["row"].tolist() == [2] * wrong
    if wrong:
        assert "deviations from intended interventions is high" in found["remedy"].iloc[0]


def test_missing_judgements() -> None:
    df = judged("RoB 2", "low", ap.NO_INFORMATION, "high")
    absent = ap.missing_judgements(df, {"a": "RoB 2", "b": "SYRCLE"})
    assert absent["domain"].tolist()[:2] == list(ap.TOOLS["RoB 2"].domains[3:])
    assert (absent["study_id"] == "b").sum() == 10
    assert ap.missing_judgements(judged("RoB 2", *["low"] * 5)).empty
    with pytest.raises(ValueError, match="no instrument 'Jadad'"):
        ap.missing_judgements(df, {"b": "Jadad"})


NI = ap.NO_INFORMATION


@pytest.mark.parametrize(
    ("tool", "words", "overall"),
    [
        ("RoB 2", ["low"] * 5, "low"),
        ("RoB 2", ["low"] * 4 + ["some concerns"], "some concerns"),
        ("RoB 2", ["high", "low", "low", "some concerns", "low"], "high"),
        ("RoB 2", ["low", NI, "low", "low", "low"], NI),
        ("RoB 2", ["some concerns", NI, "low", "low", "low"], NI),
        ("RoB 2", ["high", NI, NI, NI, NI], "high"),
        ("RoB 2", ["low", "low"], NI),
        ("ROBINS-I", ["low"] * 6 + ["moderate"], "moderate"),
        ("ROBINS-I", ["serious", NI, "low", "low", "low", "low", "low"], "serious"),
        ("ROBINS-I", ["critical", "serious", "low", "low", "low", "low", "low"], "critical"),
        ("ROBINS-I", ["moderate", NI, "low", "low", "low", "low", "low"], NI),
    ],
)
def test_overall_judgement(tool: str, words: list[str], overall: str) -> None:
    assert ap.overall_judgements(judged(tool, *words))["overall"].tolist() == [overall]


def test_overall_says_because_and_skips_syrcle() -> None:
    df = pd.concat([judged("RoB 2", "high", "low"), judged("SYRCLE", *["low"] * 10, study="b")])
    out = ap.overall_judgements(df)
    assert out["because"].tolist() == ["randomisation process"]
    with pytest.raises(ValueError, match=r"check_judgements\(df\)"):
        ap.overall_judgements(judged("RoB 2", "unclear"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ap.TOOLS["RoB 2"].judgements), min_size=5, max_size=5))
def test_no_domain_hides_a_worse_one(words: list[str]) -> None:
    overall = ap.overall_judgements(judged("RoB 2", *words))["overall"].iloc[0]
    if "high" in words:
        assert overall == "high"
    elif NI in words:
        assert overall == NI
    else:
        assert overall == ("some concerns" if "some concerns" in words else "low")


# --- certainty ------------------------------------------------------------------------------


def steps(*moves: tuple[str, int], outcome: str | None = None) -> pd.DataFrame:
    df = pd.DataFrame(moves, columns=["domain", "step"]).assign(reason="because")
    return df if outcome is None else df.assign(outcome=outcome)


@pytest.mark.parametrize(
    ("start", "moves", "level"),
    [
        ("randomised", [], "high"),
        ("randomised", [("imprecision", -1)], "moderate"),
        ("randomised", [("imprecision", -2), ("risk of bias", -1)], "very low"),
        ("randomised", [("imprecision", -2), ("risk of bias", -2)], "very low"),
        ("non-randomised", [], "low"),
        ("non-randomised", [("large effect", 2)], "high"),
        ("non-randomised", [("large effect", 2), ("dose response", 1)], "high"),
        ("non-randomised", [("risk of bias", -1)], "very low"),
    ],
)
def test_certainty_levels(start: str, moves: list[tuple[str, int]], level: str) -> None:
    assert ap.certainty(steps(*moves), start)[0] == level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "start", "words"),
    [
        (steps(("bias", -1)), "randomised", "domain in 'bias'"),
        (steps(("imprecision", -3)), "randomised", "outside the domain's steps"),
        (steps(("imprecision", 1)), "randomised", "outside the domain's steps"),
        (steps(("imprecision", -1), ("imprecision", -1)), "randomised", "stands twice"),
        (steps(("imprecision", -1)).assign(reason=""), "randomised", "needs its reason"),
        (steps(("large effect", 1)), "randomised", "not moved up"),
        (steps(("imprecision", -1)).assign(step=pd.array([pd.NA], dtype="Int64")), "randomised",
         r"'imprecision' \(missing\)"),
        (steps(), "cohort", "'randomised'"),
    ],
)  # fmt: skip
def test_certainty_is_refused(table: pd.DataFrame, start: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ap.certainty(table, start)  # type: ignore[arg-type]


def findings(**changes: object) -> pd.DataFrame:
    row: dict[str, object] = {
        "outcome": "infection", "effect_measure": "RR", "estimate": -0.2231435513, "ci_low": -0.5,
        "ci_high": 0.1, "studies": 3, "participants": 1240, "start": "randomised", "risk": 0.25,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_summary_of_findings_is_computed() -> None:
    out = ap.summary_of_findings(
        findings(), steps(("imprecision", -1), outcome="infection"), baseline_risk="risk"
    ).iloc[0]
    # RR 0.8 of 250 in 1,000; exp(-0.5) = 0.607 and exp(0.1) = 1.105 of 250
    assert out["Absolute effect"] == "50 fewer per 1,000 (98 fewer to 26 more)"
    assert out["Relative or mean effect"] == "RR 0.800 (0.607 to 1.11)"
    assert out["Certainty"] == "⊕⊕⊕◯ moderate"
    assert out["Studies (participants)"] == "3 (1,240)"


def test_absolute_effect_of_an_odds_ratio() -> None:
    # odds 1/3 times 0.5 is 1/6, a risk of 1/7: 142.86 against 250 in 1,000
    out = ap.summary_of_findings(
        findings(effect_measure="OR", estimate=-0.69314718, ci_low=-0.69314718, ci_high=0.0),
        steps(outcome="infection"),
        baseline_risk="risk",
    )
    assert out["Absolute effect"].iloc[0] == "107 fewer per 1,000 (107 fewer to no difference)"


@pytest.mark.parametrize(
    ("changes", "relative", "absolute"),
    [
        ({"estimate": None, "ci_low": None, "ci_high": None}, "not pooled", "not estimable"),
        ({"risk": None}, "RR 0.800 (0.607 to 1.11)", "needs a risk without treatment"),
        ({"effect_measure": "SMD"}, "SMD −0.223 (−0.500 to 0.100)", "as the mean effect"),
        (
            {"effect_measure": "RD"},
            "RD −0.223 (−0.500 to 0.100)",
            "223 fewer per 1,000 (500 fewer to 100 more)",
        ),
    ],
)
def test_what_cannot_be_had_is_said(
    changes: dict[str, object], relative: str, absolute: str
) -> None:
    table = ap.summary_of_findings(
        findings(**changes), steps(outcome="infection"), baseline_risk="risk"
    )
    assert table["Relative or mean effect"].iloc[0] == relative
    assert table["Absolute effect"].iloc[0] == absolute
    assert not table.isna().any().any()


def test_a_changed_step_changes_the_table_and_the_sentence() -> None:
    low = ap.summary_of_findings(findings(), steps(("imprecision", -2), outcome="infection"))
    high = ap.summary_of_findings(findings(), steps(outcome="infection"))
    assert low["Certainty"].iloc[0] == "⊕⊕◯◯ low"
    assert high["Certainty"].iloc[0] == "⊕⊕⊕⊕ high"
    assert ap.read_aloud(low) == [
        "Infection, 3 studies with 1,240 participants: RR 0.800 (0.607 to 1.11). Certainty low. "
        "Down 2 for imprecision: because."
    ]


def test_summary_of_findings_is_refused() -> None:
    none = steps(outcome="infection")
    with pytest.raises(ValueError, match="outcomes that the table does not have: pain"):
        ap.summary_of_findings(findings(), steps(("imprecision", -1), outcome="pain"))
    with pytest.raises(ValueError, match="stand twice"):
        ap.summary_of_findings(pd.concat([findings(), findings()]), none)
    with pytest.raises(ValueError, match="without its interval"):
        ap.summary_of_findings(findings(ci_low=None), none)
    with pytest.raises(ValueError, match="between 0 and 1"):
        ap.summary_of_findings(findings(risk=25), none, baseline_risk="risk")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"participants": None}, r"participants in 'infection' \(missing\): a finite number"),
        ({"studies": "three"}, r"studies in 'infection' \(three\): a finite number"),
        ({"participants": 12.5}, "must be a whole number"),
        ({"ci_high": float("inf")}, r"ci_high in 'infection' \(inf\): must be a finite number"),
        ({"ci_low": 2.0, "ci_high": -1.0}, r"\(2 to -1\): the limits are reversed; swap them"),
        ({"estimate": 0.3}, r"estimate in 'infection' \(0.3\): the effect lies outside"),
    ],
)
def test_findings_that_cannot_be_printed_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ap.summary_of_findings(findings(**changes), steps(outcome="infection"))


# --- completeness ---------------------------------------------------------------------------


def test_completeness_spans_what_was_not_seen() -> None:
    df = pd.DataFrame(
        {
            "study_id": ["a", "b", "c", "d"],
            "dose": ["2 mL", "NR", "NS", "NA"],
            "passage": ["3", "UNCLEAR", "NS", "NA"],
            "storage": ["NA", None, "4 °C", "NA"],
        }
    )
    out = ap.reporting_completeness(df, ["dose", "passage", "storage"]).set_index("study_id")
    assert out.loc["a", ["score_low", "score_high"]].tolist() == [1.0, 1.0]
    assert out.loc["b", ["score_low", "score_high"]].tolist() == [0.0, 0.0]
    assert out.loc["c", ["score_low", "score_high"]].tolist() == pytest.approx([1 / 3, 1.0])
    assert out.loc["d", "note"] == "no item applies"
    assert pd.isna(out.loc["d", "score_low"])
    assert out["not_applicable"].tolist() == [1, 0, 0, 3]


def test_reported_in_any_row_is_reported() -> None:
    df = pd.DataFrame({"study_id": ["a", "a", "b", "b"], "dose": ["NR", "2 mL", "NR", "NS"]})
    assert ap.reporting_grid(df, ["dose"])["dose"].tolist() == ["reported", "not seen"]


def test_items_must_be_columns() -> None:
    with pytest.raises(KeyError, match="cell_source"):
        ap.reporting_completeness(pd.DataFrame({"study_id": ["a"], "dose": ["1"]}))


@pytest.mark.parametrize("score", [ap.reporting_completeness, ap.reporting_grid])
def test_a_row_without_its_study_is_named(score) -> None:  # type: ignore[no-untyped-def]
    df = pd.DataFrame({"study_id": ["a", None], "dose": ["1 mL", "NR"]}, index=[3, 7])
    with pytest.raises(ValueError, match=r"study_id in 'row 7' \(missing\): .*name the study"):
        score(df, ["dose"])


# --- verdicts -------------------------------------------------------------------------------


def bears(*words: str, claim: str = "c1") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim_id": claim,
            "study_id": [f"{claim}s{i}" for i in range(len(words))],
            "bearing": list(words),
            "reading_depth": "abstract",
            "checked_on": "NA",
            "cited_by_seed": "yes",
        }
    )


def verdict(*words: str, **options: object) -> str:
    return str(ap.claims_verdict(bears(*words), ["c1"], **options)["verdict"].iloc[0])  # type: ignore[arg-type]


N = "not applicable"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "untested"),
        ([N], "not supported by what was read"),
        ([N, N, N], "not supported by what was read"),
        (["for"], "supported by one study, certainty not graded"),
        (["for", "for"], "supported, certainty not graded"),
        (["for", "for", "mixed", N], "supported, certainty not graded"),
        (["for", "mixed"], "contested"),
        (["mixed"], "contested"),
        (["for", "against"], "contested"),
        (["for"] * 10 + ["against"], "contested"),
        (["against"], "contradicted"),
        (["against", "against", "for"], "contradicted"),
        (["against", "against", "mixed", "mixed"], "contested"),
        (["against", N], "contradicted"),
        (["result not seen"], "not supported by what was read"),
        (["result not seen", "for", "for"], "supported, certainty not graded"),
    ],
)
def test_the_rule(words: list[str], said: str) -> None:
    df = bears(*words)
    assert ap.claims_verdict(df, ["c1"])["verdict"].tolist() == [said]
    assert said.partition(",")[0].partition(" by one")[0] in ap.VERDICTS


def test_graded_certainty_is_said() -> None:
    assert verdict("for", "for", certainty={"c1": "low"}) == "supported, low certainty"
    assert verdict("against", certainty={"c1": "low"}) == "contradicted"
    assert verdict("for", certainty={"c1": "low"}) == "supported by one study, low certainty"


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("new", ["against", "mixed", N])
def test_a_changed_row_changes_the_counts(row: int, new: str) -> None:
    before = bears("for", "for", "for")
    after = before.copy()
    after.loc[row, "bearing"] = new
    a, b = ap.claims_verdict(before).iloc[0], ap.claims_verdict(after).iloc[0]
    assert (a["for"], b["for"], b[new]) == (3, 2, 1)
    assert a["because"] != b["because"]
    assert (b["verdict"] == a["verdict"]) == (new != "against")


def test_a_changed_row_changes_the_verdict() -> None:
    df = bears("for", "for")
    assert verdict("for", "for").startswith("supported")
    df.loc[1, "bearing"] = "against"
    assert ap.claims_verdict(df)["verdict"].tolist() == ["contested"]
    df.loc[0, "bearing"] = N
    assert ap.claims_verdict(df)["verdict"].tolist() == ["contradicted"]
    df.loc[1, "bearing"] = N
    assert ap.claims_verdict(df)["verdict"].tolist() == ["not supported by what was read"]


def test_studies_are_counted_and_not_rows() -> None:
    df = bears("for", "for", "against").assign(study_id=["a", "a", "b"])
    out = ap.claims_verdict(df).iloc[0]
    assert (out["for"], out["against"], out["mixed"]) == (1, 1, 0)
    both = bears("for", "against", N).assign(study_id="a")
    out = ap.claims_verdict(both).iloc[0]
    assert (out["for"], out["against"], out["mixed"], out[N]) == (0, 0, 1, 0)


def test_depth_and_checking_leave_rows_out() -> None:
    df = bears("for", "for", "against")
    df["reading_depth"] = ["full text", "abstract", "abstract"]
    df["checked_on"] = pd.to_datetime(["2026-11-20", None, None])
    named = {"depth": "reading_depth", "checked": "checked_on"}
    whole = ap.claims_verdict(df, **named).iloc[0]
    assert whole["verdict"] == "contested"
    assert (whole["left_out"], whole["full_text"], whole["checked"]) == (0, 1, 1)
    deep = ap.claims_verdict(df, least_depth="full text", **named).iloc[0]
    assert deep["verdict"] == "supported by one study, certainty not graded"
    assert deep["left_out"] == 2
    assert "2 rows were left out" in deep["because"]
    again = ap.claims_verdict(df, only_checked=True, **named).iloc[0]
    assert again["for"] == 1
    none = ap.claims_verdict(df.iloc[1:], only_checked=True, **named).iloc[0]
    assert none["verdict"] == "untested"


def test_order_of_claims_and_untested_ones() -> None:
    df = pd.concat([bears("for", claim="b"), bears("against", claim="a")], ignore_index=True)
    out = ap.claims_verdict(df, ["a", "x", "b"])
    assert out["claim_id"].tolist() == ["a", "x", "b"]
    assert out["verdict"].tolist()[:2] == ["contradicted", "untested"]


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"bearing": "supports"}, {}, "bearing in 'c1, c1s0'"),
        ({"study_id": None}, {}, "must not be empty"),
        ({"reading_depth": "title"}, {"depth": "reading_depth"}, "full text"),
        ({}, {"claims": ["other"]}, "not listed: c1"),
        ({}, {"certainty": {"c1": "fair"}}, "cannot be used"),
        ({}, {"certainty": {"c9": "low"}}, "cannot be used"),
        ({}, {"least_depth": "abstract"}, "needs depth"),
        ({}, {"depth": "reading_depth", "least_depth": "title"}, "one of: registry record"),
        ({}, {"only_checked": True}, "needs checked"),
    ],
)
def test_verdicts_are_refused(
    change: dict[str, object], options: dict[str, object], words: str
) -> None:
    df = bears("for").assign(**change)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        ap.claims_verdict(df, **options)  # type: ignore[arg-type]


def test_the_books_own_tables_fit() -> None:
    evidence, claims = secretome.load("claim_evidence"), secretome.load("claims")
    out = ap.claims_verdict(
        evidence, claims["claim_id"], depth="reading_depth", checked="checked_on"
    )
    assert len(out) == len(claims)


def test_citations_that_do_not_carry() -> None:
    df = bears("for", "against", N, "mixed", "result not seen")
    df.loc[1, "cited_by_seed"] = "no"
    assert ap.citations_that_do_not_carry(df)["bearing"].tolist() == [N, "mixed"]
    with pytest.raises(ValueError, match="must be yes or no"):
        ap.citations_that_do_not_carry(df.assign(cited_by_seed="maybe"))


words = st.lists(st.sampled_from([*ap._BEARINGS]), max_size=12)


@settings(max_examples=80, deadline=None)
@given(words, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows: list[str], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert verdict(*rows) == verdict(*shuffled)


@settings(max_examples=80, deadline=None)
@given(words)
def test_studies_that_do_not_apply_never_decide(rows: list[str]) -> None:
    bearing = [w for w in rows if w in ("for", "against", "mixed")]
    if bearing:
        assert verdict(*rows) == verdict(*bearing)


@settings(max_examples=80, deadline=None)
@given(words)
def test_one_study_against_ends_support(rows: list[str]) -> None:
    assert not verdict(*rows, "against").startswith("supported")


# --- certainty of a claim ---------------------------------------------------------------------


def steps_of(
    *words: str,
    asks: str = "effect in people",
    judged_: pd.DataFrame | None = None,
    **traits: object,
) -> pd.DataFrame:
    """Steps of one claim on which sound studies in people bear, but for `traits`."""
    evidence = bears(*words)
    sound: dict[str, object] = {
        "kind": "human", "design": "randomised controlled", "n_total": 100,
        "control_kind": "unconditioned medium",
    }  # fmt: skip
    studies = evidence[["study_id"]].assign(**sound | traits)  # type: ignore[arg-type]
    if judged_ is None:
        lows = [judged("RoB 2", *["low"] * 5, study=s) for s in evidence["study_id"]]
        judged_ = pd.concat([judged("RoB 2"), *lows])
    claims = pd.DataFrame({"claim_id": ["c1"], "kind": [asks]})
    return ap.claim_steps(evidence, claims, studies, judged_)


def moves(table: pd.DataFrame) -> dict[str, int]:
    return {d: s for d, s in zip(table["domain"], table["step"], strict=True) if s}


@pytest.mark.parametrize(
    ("words", "changes", "down"),
    [
        (["for", "for"], {}, {}),
        (["for"], {}, {"imprecision": -1}),
        (["for"], {"n_total": 49}, {"imprecision": -2}),
        (["for", "for"], {"n_total": 25}, {}),
        (["for", "for"], {"n_total": 24}, {"imprecision": -1}),
        (["for", "for"], {"n_total": [60, None]}, {}),
        (["for", "for"], {"n_total": ["NS", "NA"]}, {"imprecision": -1}),
        (["for", "against"], {}, {"inconsistency": -1}),
        (["for", "mixed"], {}, {"inconsistency": -1}),
        (["mixed", "mixed"], {}, {}),
        # what does not bear on the claim is not asked
        (["for", "for", N, "result not seen"], {}, {}),
        (["for", "for"], {"control_kind": ["unconditioned medium", "none"]}, {"indirectness": -1}),
        (["for", "for"], {"kind": ["human", "animal"]}, {"indirectness": -1}),
        (["for", "for"], {"kind": "animal", "control_kind": "none"}, {"indirectness": -2}),
    ],
)
def test_steps_of_a_claim(
    words: list[str], changes: dict[str, object], down: dict[str, int]
) -> None:
    table = steps_of(*words, **changes)
    assert moves(table) == down
    assert (table["start"] == "randomised").all()
    assert len(table) == 4


def test_a_claim_on_animals_may_rest_on_animals() -> None:
    assert moves(steps_of("for", "for", asks="effect in animals", kind="animal")) == {}


@pytest.mark.parametrize(
    ("rows", "step"),
    [
        ([judged("RoB 2", *["low"] * 5, study="c1s0")], -1),
        ([judged("RoB 2", "high", study="c1s0")], -2),
        ([judged("ROBINS-I", "critical", study="c1s1")], -2),
        ([judged("SYRCLE", "low", study="c1s0")], -1),
        ([judged("SYRCLE", *["low"] * 10, study=s) for s in ("c1s0", "c1s1")], 0),
        ([judged("SYRCLE", *["low"] * 9, "high", study="c1s0")], -2),
        ([judged("SYRCLE", *["low"] * 9, NI, study=s) for s in ("c1s0", "c1s1")], -1),
    ],
)
def test_risk_of_bias_of_a_claim(rows: list[pd.DataFrame], step: int) -> None:
    found = steps_of("for", "for", judged_=pd.concat(rows))
    assert moves(found).get("risk of bias", 0) == step


def test_one_study_that_is_not_randomised_starts_low() -> None:
    table = steps_of("for", "for", design=["randomised split-body", None])
    assert set(table["start"]) == {"non-randomised"}
    assert ap.certainty(table, "non-randomised")[0] == "low"


@pytest.mark.parametrize("kind", ["opinion", "composition", "count of studies", "processing"])
def test_only_a_question_of_effect_has_a_certainty(kind: str) -> None:
    assert steps_of("for", asks=kind).empty
    assert steps_of(N, "result not seen").empty
    assert steps_of().empty


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("evidence", {"study_id": "z"}, r"study_id in 'row 0' \(z\): is not in the table"),
        ("evidence", {"claim_id": "z"}, r"claim_id in 'row 0' \(z\): is not in the table"),
        ("evidence", {"bearing": "supports"}, "must be one of"),
        ("claims", {"kind": "effekt"}, r"kind in 'c1' \(effekt\): must be one of kinds"),
        ("studies", {"n_total": "4o"}, r"n_total in 'c1s0' \(4o\): must be a number"),
        ("judgements", {"judgement": "fine"}, "do not fit their instrument"),
    ],
)
def test_steps_are_refused(name: str, change: dict[str, object], words: str) -> None:
    tables = {
        "evidence": bears("for"),
        "claims": pd.DataFrame({"claim_id": ["c1"], "kind": ["opinion"]}),
        "studies": pd.DataFrame(
            {"study_id": ["c1s0"], "kind": "human", "design": "NS", "control_kind": "NS",
             "n_total": "12"}
        ),
        "judgements": judged("RoB 2", "low"),
    }  # fmt: skip
    ap.claim_steps(**tables)
    with pytest.raises(ValueError, match=words):
        ap.claim_steps(**tables | {name: tables[name].assign(**change)})  # type: ignore[arg-type]
    for twice in ("claims", "studies"):
        with pytest.raises(ValueError, match="stands twice"):
            ap.claim_steps(**tables | {twice: pd.concat([tables[twice]] * 2)})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*ap._BEARINGS]), min_size=1, max_size=6))
def test_steps_of_a_claim_are_steps_of_certainty(rows: list[str]) -> None:
    table = steps_of(*rows, judged_=judged("RoB 2"))
    if len(table):
        level, because = ap.certainty(table, table["start"].iloc[0])
        assert level in ap.CERTAINTIES
        assert "Down 1 for risk of bias" in because


# --- how sure, in one word ------------------------------------------------------------------


def outcome_rows(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["study_id", "direction", "kind", "reading_depth"])


FOR, NONE, AGAINST = "favours product", "no clear difference", "favours comparator"


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([], "not tested"),
        ([("a", FOR, "in vitro", "full text")], "not tested"),
        ([("a", "no comparator", "human", "full text")], "unclear"),
        ([("a", FOR, "human", "abstract")], "possible: favours product"),
        ([("a", FOR, "human", "full text"), ("b", FOR, "human", "abstract")],
         "possible: favours product"),
        ([("a", FOR, "human", "full text"), ("b", FOR, "human", "full text")],
         "likely: favours product"),
        ([("a", NONE, "human", "full text"), ("b", NONE, "human", "full text")],
         "likely: no difference"),
        ([("a", AGAINST, "human", "abstract")], "possible: favours comparator"),
        ([("a", FOR, "human", "full text"), ("b", NONE, "human", "full text")], "unclear"),
        # one study with two answers points no way
        ([("a", FOR, "human", "full text"), ("a", NONE, "human", "full text")], "unclear"),
        ([(s, FOR, "animal", "abstract") for s in "ab"], "unclear"),
        ([(s, FOR, "animal", "abstract") for s in "abc"], "possible: favours product"),
        ([*((s, FOR, "animal", "abstract") for s in "abc"),
          ("d", AGAINST, "animal", "abstract")], "unclear"),
        # people decide where there are people
        ([*((s, FOR, "animal", "abstract") for s in "abc"),
          ("d", NONE, "human", "abstract"), ("e", FOR, "human", "abstract")], "unclear"),
    ],
)  # fmt: skip
def test_one_word_for_how_sure(rows: list[tuple[str, str, str, str]], word: str) -> None:
    found, because = ap.how_sure(outcome_rows(*rows))
    assert found == word
    assert found.split(":")[0] in ap.SURENESS
    assert because.endswith(".")


def test_how_sure_counts_studies_and_not_rows() -> None:
    rows = outcome_rows(*[("a", FOR, "human", "full text")] * 5)
    assert ap.how_sure(rows) == (
        "possible: favours product",
        "1 controlled study (1 favours product) in people; 0 controlled studies in animals.",
    )


def test_a_null_that_nobody_tested_is_told_apart() -> None:
    rows = outcome_rows(("a", NONE, "human", "abstract"), ("b", NONE, "human", "abstract"))
    rows["remark"] = ["no test between arms seen", "single session"]
    assert ap.arms_compared(rows).tolist() == [False, True]
    assert ap.study_ways(rows).to_dict() == {"a": "no test between arms", "b": NONE}
    assert ap.how_sure(rows.iloc[:1]) == (
        "unclear",
        "1 controlled study (1 no test between arms) in people; 0 controlled studies in animals.",
    )
    assert ap.how_sure(rows)[0] == "unclear"
    assert ap.how_sure(rows.iloc[1:])[0] == "possible: no difference"


def test_a_p_within_an_arm_is_no_test_between_arms() -> None:
    rows = outcome_rows(("a", NONE, "human", "abstract"), ("b", FOR, "human", "abstract"))
    rows["p_raw"] = "P < 0.001 on each side (before/after)"
    assert ap.arms_compared(rows).tolist() == [False, True]


def test_an_untested_null_makes_a_study_mixed_and_never_better() -> None:
    rows = outcome_rows(("a", FOR, "human", "abstract"), ("a", NONE, "human", "abstract"))
    rows["remark"] = ["NA", "no test seen"]
    assert ap.study_ways(rows).to_dict() == {"a": "mixed"}
    assert ap.study_ways(rows.assign(direction=NONE)).to_dict() == {"a": NONE}
    assert ap.study_ways(rows.assign(direction="no comparator")).to_dict() == {"a": "no comparator"}

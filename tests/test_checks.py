"""The data are in order, and the validator finds what is not."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import secretome

ROOT = Path(__file__).resolve().parents[1]


def _edit(folder: Path, table: str, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> None:
    file = folder / f"{table}.csv"
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    changed = change(frame)
    (frame if changed is None else changed).to_csv(file, index=False)


def _digest(folder: Path) -> str:
    files = sorted(folder.glob("*.csv"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()


def test_the_books_own_data_have_no_mistake() -> None:
    problems = secretome.validate()
    assert problems.empty, problems.to_string()


def _set(column: str, value: str, where: str = "") -> Callable[[pd.DataFrame], None]:
    def change(frame: pd.DataFrame) -> None:
        row = frame.query(where).index[0] if where else frame.index[0]
        frame.loc[row, column] = value

    return change


def _again(frame: pd.DataFrame) -> pd.DataFrame:
    known = frame[frame["doi"].str.startswith("10.")].iloc[[0]].copy()
    known["study_id"] = "somebody-2001"
    known["title"] = "Another title altogether that nobody has used before"
    known["pmid"], known["year"], known["first_author"] = "NS", "2001", "Somebody"
    return pd.concat([frame, known])


MISTAKES = {
    "unknown study id": ("outcomes", _set("study_id", "nobody-1999"), "study_id"),
    "duplicate DOI": ("studies", _again, "doi"),
    "year not a number": ("studies", _set("year", "MMXX"), "year"),
    "year against id": ("studies", _set("year", "1999", "year != 'NS'"), "year"),
    "unknown category": ("studies", _set("product", "magic"), "product"),
    "empty cell": ("studies", _set("condition", ""), "condition"),
    "broken DOI": ("studies", _set("doi", "doi:10.1000/x"), "doi"),
    "impossible date": ("studies", _set("checked_on", "2026-13-01"), "checked_on"),
    "checked before read": ("studies", _set("checked_on", "2026-01-01"), "checked_on"),
    "missing provenance": ("studies", _set("source_url", "NS"), "source_url"),
    "copy as a source": (
        "studies",
        _set("source_url", "https://cricutcom-setup.com/1/2/3"),
        "source_url",
    ),
    "formula": ("studies", _set("finding", "=1+1"), "finding"),
    "direction against p": (
        "outcomes",
        _set("p_raw", "p = 0.6", "direction == 'favours product'"),
        "direction",
    ),
    "more events than people": (
        "outcomes",
        _set("events_treated", "999", "n_treated.str.isdigit()"),
        "events_treated",
    ),
    "per cent over its bound": ("drying", _set("retained_percent", "10000"), "retained_percent"),
    "retention against its values": (
        "drying",
        _set("retained_percent", "50", "retained_basis == 'computed from before and after'"),
        "retained_percent",
    ),
    "unit mix-up": ("factors", _set("unit_raw", "µg/mL", "unit_raw == 'ng/L'"), "value"),
    "interval without its effect": (
        "reviews",
        _set("effect", "99", "ci_low not in ['NS', 'NA', 'NR']"),
        "effect",
    ),
    "cells counted by no size": (
        "production",
        _set("cells_counted_per", "no size", "cells_counted_per == 'area'"),
        "cells_counted_per",
    ),
    "cells counted by another unit": (
        "production",
        _set("cells_counted_per", "volume", "cells_counted_per == 'area'"),
        "cells_counted_per",
    ),
    "registration number": ("trials", _set("registry_id", "NCT12"), "registry_id"),
    "invisible character": ("studies", _set("finding", "all\u200bwell"), "finding"),
}


def test_the_copy_that_is_spoiled_was_sound(data_copy: Path) -> None:
    assert secretome.validate(data_copy).empty


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_found_named_and_not_mended(name: str, data_copy: Path) -> None:
    table, change, column = MISTAKES[name]
    _edit(data_copy, table, change)
    before = _digest(data_copy)
    problems = secretome.validate(data_copy)
    found = problems[(problems["file"] == f"{table}.csv") & (problems["column"] == column)]
    assert not found.empty, problems.to_string()
    assert found["reason"].str.len().gt(5).all()
    assert found["remedy"].str.len().gt(5).all()
    assert _digest(data_copy) == before, "validation must not touch a file"


def test_arms_that_do_not_add_up(data_copy: Path) -> None:
    def change(frame: pd.DataFrame) -> None:
        whole = frame[["n_total", "n_treated", "n_control"]].apply(lambda c: c.str.isdigit())
        both = frame["design"].eq("randomised controlled") & whole.all(axis=1)
        frame.loc[both.idxmax(), "n_total"] = "7"

    _edit(data_copy, "studies", change)
    problems = secretome.validate(data_copy)
    assert {"n_total", "n_treated"} & set(problems["column"])


def test_direction_against_its_own_means(data_copy: Path) -> None:
    def change(frame: pd.DataFrame) -> None:
        number = frame[["mean_treated", "mean_control"]].apply(pd.to_numeric, errors="coerce")
        apart = number.notna().all(axis=1) & number.iloc[:, 0].ne(number.iloc[:, 1])
        sided = frame["direction"].str.startswith("favours") & frame["better"].ne("neither")
        row = (apart & sided).idxmax()
        assert (apart & sided)[row], "the data hold no such row"
        other = {"favours product": "favours comparator", "favours comparator": "favours product"}
        frame.loc[row, "direction"] = other[frame.loc[row, "direction"]]

    _edit(data_copy, "outcomes", change)
    assert "direction" in set(secretome.validate(data_copy)["column"])


def test_judgement_in_the_words_of_another_tool(data_copy: Path) -> None:
    studies = pd.read_csv(data_copy / "studies.csv", dtype=str, keep_default_na=False)
    provenance = ["source_url", "locator", "reading_depth", "extracted_on", "checked_on"]
    row = studies.loc[[0], ["study_id", *provenance]].assign(
        tool="SYRCLE",
        domain="confounding",
        judgement="some concerns",
        reason="as an example",
        checked_on="NA",
    )
    columns = [*("study_id", "tool", "domain", "judgement", "reason"), *provenance]
    _edit(data_copy, "risk_of_bias", lambda frame: pd.concat([frame, row[columns]]))
    problems = secretome.validate(data_copy, tables=["risk_of_bias"])
    assert {"domain", "judgement"} <= set(problems["column"])


def test_unclear_is_a_judgement_of_syrcle(data_copy: Path) -> None:
    studies = pd.read_csv(data_copy / "studies.csv", dtype=str, keep_default_na=False)
    provenance = ["source_url", "locator", "reading_depth", "extracted_on", "checked_on"]
    row = studies.loc[[0], ["study_id", *provenance]].assign(
        tool="SYRCLE",
        domain="random housing",
        judgement="unclear",
        reason="as an example",
        checked_on="NA",
    )
    columns = [*("study_id", "tool", "domain", "judgement", "reason"), *provenance]
    _edit(data_copy, "risk_of_bias", lambda frame: row[columns])
    problems = secretome.validate(data_copy, tables=["risk_of_bias"])
    assert problems.empty, problems.to_string()


def test_all_mistakes_are_listed_at_once(data_copy: Path) -> None:
    _edit(data_copy, "studies", _set("product", "magic"))
    _edit(data_copy, "outcomes", _set("study_id", "nobody-1999"))
    _edit(data_copy, "trials", _set("registry_id", "NCT12"))
    files = set(secretome.validate(data_copy)["file"])
    assert {"studies.csv", "outcomes.csv", "trials.csv"} <= files


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "secretome", "check-data", *arguments],
        capture_output=True,
        text=True,
    )


def test_command_names_file_row_column_and_remedy(data_copy: Path) -> None:
    _edit(data_copy, "studies", _set("product", "magic"))
    before = _digest(data_copy)
    done = _command(str(data_copy))
    assert done.returncode == 1
    assert "studies.csv:2:product:" in done.stdout
    assert "one of: conditioned medium" in done.stdout
    assert _digest(data_copy) == before


def test_command_on_a_good_package_exits_zero() -> None:
    done = _command(str(ROOT / "data"))
    assert done.returncode == 0, done.stdout
    assert "studies" in done.stdout


def test_command_without_a_package_exits_two(tmp_path: Path) -> None:
    done = _command(str(tmp_path))
    assert done.returncode == 2
    assert "There is no data package" in done.stderr


def test_malformed_table_is_a_mistake_and_no_crash(data_copy: Path) -> None:
    (data_copy / "claims.csv").write_text('claim_id,seed\n"open quote', encoding="utf-8")
    done = _command(str(data_copy))
    assert done.returncode == 1
    assert "claims.csv" in done.stdout


def test_missing_table_is_a_mistake_and_no_crash(data_copy: Path) -> None:
    (data_copy / "claims.csv").unlink()
    done = _command(str(data_copy))
    assert done.returncode == 1
    assert "claims" in done.stdout


def test_a_row_read_twice_has_its_readings(data_copy: Path) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["row"] != studies["study_id"][0]]

    studies = pd.read_csv(data_copy / "studies.csv", dtype=str, keep_default_na=False)
    assert studies["checked_on"][0].startswith("20")
    _edit(data_copy, "readings", change)
    problems = secretome.validate(data_copy, tables=["studies"])
    assert list(problems["column"]) == ["checked_on"]
    assert "readings.csv holds no reading" in problems["reason"][0]


PLAIN_WORDS = {
    "empty": ("dose", "", "the cell is empty", "NR (source read whole"),
    "needed": ("title", "", "this column needs a value", "no missing code is allowed"),
    "no code": ("title", "NS", "this column needs a value", "no missing code is allowed"),
    "date": ("extracted_on", "26/11/2026", "is not a date", "YYYY-MM-DD"),
    "number": ("n_total", "twelve", "is not a whole number", "digits only"),
    "word": ("kind", "Human", "is not one of the words", "one of: human"),
    "form": ("pmid", "PMID 12", "another form", "a value like "),
    "address": ("doi", "https://doi.org/10.1000/ABC", "without an address", "write 10.1000/abc"),
}


@pytest.mark.parametrize("name", PLAIN_WORDS)
def test_mistake_is_told_once_in_plain_words(name: str, data_copy: Path) -> None:
    column, value, reason, remedy = PLAIN_WORDS[name]
    _edit(data_copy, "studies", _set(column, value, "kind == 'human'"))
    problems = secretome.validate(data_copy, tables=["studies"])
    told = problems[problems["column"] == column]
    assert any(
        reason in a and remedy in b for a, b in zip(told["reason"], told["remedy"], strict=True)
    ), told.to_string()
    assert not told["reason"].str.contains("constraint|type is").any(), told.to_string()
    assert set(problems["column"]) == {column}, problems.to_string()
    if not value:
        assert len(problems) == 1, problems.to_string()


def test_a_doubled_id_accuses_no_innocent_row(data_copy: Path) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        double = frame[frame["study_id"] == "tak-2020"].assign(
            doi="NS", pmid="777", title="A title that no other study has", registry_id="NA"
        )
        return pd.concat([frame, double])

    _edit(data_copy, "studies", change)
    problems = secretome.validate(data_copy)
    last = len(pd.read_csv(data_copy / "studies.csv", dtype=str)) + 1
    assert not problems.empty
    assert set(problems["file"]) == {"studies.csv"}, problems.to_string()
    assert set(problems["row"]) == {last}, problems.to_string()

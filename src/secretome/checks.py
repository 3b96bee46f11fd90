"""Rules that a table of evidence must keep beyond types and allowed values.

`frictionless` checks what a schema can say.  The rules here are those of a reader with
a pencil: do the arms add up, does the direction agree with its own means and p value,
was the row checked after it was read, is this paper in the table twice.  Each rule is a
small function that takes the package's tables as text and yields the mistakes it finds;
:func:`check_package` runs them all and returns every mistake at once.

Rules read text, not typed frames, so that a cell which does not fit its type is still
shown as it stands in the file.
"""

from __future__ import annotations

import csv
import datetime
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pandas as pd

from secretome.tables import MISSING_CODES, package_descriptor

__all__ = ["RULES", "UNTRUSTED_HOSTS", "Problem", "check_package", "rule"]

UNTRUSTED_HOSTS: frozenset[str] = frozenset({"cricutcom-setup.com"})
"""Hosts that carry machine-rewritten or copied papers; never a source."""


class Problem(NamedTuple):
    """One mistake and how to mend it."""

    file: str
    row: int
    column: str
    value: str
    reason: str
    remedy: str


Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]
Finding = tuple[int, str, str, str]
"""Row number, column, reason, remedy."""

RULES: list[tuple[str, Callable[[Sequence[Row], Tables], Iterator[Finding]]]] = []
"""The rules, each with the table that it reads."""


def rule(
    *tables: str,
) -> Callable[
    [Callable[[Sequence[Row], Tables], Iterator[Finding]]],
    Callable[[Sequence[Row], Tables], Iterator[Finding]],
]:
    """Register a rule for one or more tables.

    Parameters
    ----------
    *tables : str
        Names of the tables, without ``.csv``; ``"*"`` for all.

    Returns
    -------
    callable
        A decorator for a generator of ``(row number, column, reason, remedy)``.
    """

    def register(
        function: Callable[[Sequence[Row], Tables], Iterator[Finding]],
    ) -> Callable[[Sequence[Row], Tables], Iterator[Finding]]:
        RULES.extend((table, function) for table in tables)
        return function

    return register


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _numbered(rows: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    return enumerate(rows, start=2)


def _known(text: str | None) -> bool:
    return bool(text) and text not in MISSING_CODES


_EMPTY = "the cell is empty"
_NEEDED = "this column needs a value"
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u3164\uffa0\ufe00-\ufe0f]")
"""Characters that show nothing although Unicode files them under letters and marks."""
_BROKEN_TEXT = re.compile(
    "\ufffd|Ã[\u0080-\u00bf]|Â[\u0080-\u00bf]|â€|Î[\u0080-\u00bf]|Ï[\u0080-\u00bf]"
)
_TWO_ALPHABETS = re.compile("\\w*(?:[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z])\\w*")
_category = functools.cache(unicodedata.category)


# --- every table ---------------------------------------------------------------------


@rule("*")
def _no_empty_cell(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        for column, value in row.items():
            if value == "":
                yield (
                    line,
                    column,
                    _EMPTY,
                    "write the value, or say why it is absent: NR (source read whole, not "
                    "reported), NS (not seen), NA (does not apply), UNCLEAR",
                )


@rule("*")
def _clean_text(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        for column, value in row.items():
            if value != value.strip():
                yield line, column, "white space at an end", "take it off"
            if value.isascii() and value.isprintable():
                continue
            bad = [c for c in value if _INVISIBLE.fullmatch(c) or _category(c) in _UNSEEN]
            if bad:
                yield (
                    line,
                    column,
                    f"invisible character {', '.join(sorted({f'U+{ord(c):04X}' for c in bad}))}",
                    "take it out; a line break or a text direction mark has no place in a cell",
                )
            broken = _BROKEN_TEXT.search(value)
            if broken:
                yield (
                    line,
                    column,
                    f"{broken[0]!r} is what is left of a character read in a wrong encoding",
                    "type the character again and save the file as UTF-8",
                )
            mixed = _TWO_ALPHABETS.search(value)
            if mixed:
                yield (
                    line,
                    column,
                    f"{mixed[0]!r} mixes Latin and Cyrillic letters that look alike",
                    "type the word again in one alphabet",
                )


@rule("*")
def _no_formula(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        for column, value in row.items():
            if value[:1] in ("=", "+", "-", "@") and _number(value) is None:
                yield (
                    line,
                    column,
                    f"a spreadsheet would run this cell as a formula (it begins with {value[0]!r})",
                    "begin with a word or a digit; a minus sign in text is − (U+2212)",
                )


@rule("*")
def _dates_in_order(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    today = datetime.date.today()
    for line, row in _numbered(rows):
        dates = {}
        for column in ("extracted_on", "checked_on", "read_on", "date"):
            if _known(row.get(column)):
                try:
                    dates[column] = datetime.date.fromisoformat(row[column])
                except ValueError:
                    continue  # the schema reports it
        for column, day in dates.items():
            # one day of grace: a contributor's calendar may be ahead of the server's
            if day > today + datetime.timedelta(days=1) or day.year < 2024:
                yield line, column, f"{day} is not a date on which this book was read", "correct it"
        if {"extracted_on", "checked_on"} <= dates.keys() and (
            dates["checked_on"] < dates["extracted_on"]
        ):
            yield (
                line,
                "checked_on",
                "the second reading is dated before the first",
                "the second reading comes after the first; correct the date that is wrong",
            )


@rule("*")
def _trusted_source(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        host = urlsplit(row.get("source_url", "")).hostname or ""
        # a record left out because its only page is such a copy names that page
        copied = any(host == bad or host.endswith(f".{bad}") for bad in UNTRUSTED_HOSTS)
        if copied and row.get("reason") != "untrusted page":
            yield (
                line,
                "source_url",
                f"{host} is a copy that may have been rewritten, not a source",
                "read the paper at its publisher, PMC, PubMed or the registry",
            )
        elif _known(row.get("source_url")) and not re.fullmatch(
            r"(?:[a-z0-9_-]+\.)+[a-z0-9-]{2,}", host
        ):
            yield (
                line,
                "source_url",
                f"{host or row['source_url']!r} is not the name of a host",
                "copy the address again from the page that was read",
            )


@rule("*")
def _depth_fits_locator(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        depth, locator = row.get("reading_depth", ""), row.get("locator", "").lower()
        named = re.search(r"\b(table|figure|fig\.?)\s*s?\d", locator)
        if depth == "abstract" and named and "abstract" not in locator:
            yield (
                line,
                "reading_depth",
                "the locator names a table or figure but the depth says abstract",
                "say `table or figure page` or `full text`, or correct the locator",
            )
        if depth == "table or figure page" and not re.search(r"table|fig", locator):
            yield (
                line,
                "locator",
                "the depth says table or figure page but the locator names none",
                "name the table or figure",
            )


@rule("*")
def _absence_has_four_names(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        for column, value in row.items():
            # `unclear` is a judgement of SYRCLE
            judged = value == "unclear" and "judgement" in (column, row.get("field"))
            if value.lower() in _OTHER_ABSENCE and value not in MISSING_CODES and not judged:
                yield (
                    line,
                    column,
                    f"{value!r} is not one of the names of absence",
                    "NR (source read whole, not reported), NS (not seen), NA (does not apply) "
                    "or UNCLEAR, in capitals",
                )


_SPREADSHEET_ERRORS = ("#n/a", "#value!", "#ref!", "#name?", "#div/0!", "nan", "null", "nil")
_OTHER_ABSENCE = frozenset(
    (*_SPREADSHEET_ERRORS, "n/a", "n.a.", "n.a", "n/r", "n.r.", "n/s", "n.s.", "missing", "tbd")
) | {"nr", "ns", "na", "unclear", "?", "-", "–", "—", "."}
"""Spellings that spreadsheets and hurried readers put for an absent value."""


@rule("*")
def _address_names_the_study(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """A DOI or PubMed number in an address is the one of the study of the row."""
    studies = {r["study_id"]: r for r in tables.get("studies", ())}
    for line, row in _numbered(rows):
        study = studies.get(row.get("study_id", ""))
        if study is None:
            continue
        url = row.get("source_url", "")
        pmid = re.search(
            r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|nih\.gov/pubmed/|europepmc\.org/\w+/med/)(\d+)",
            url.lower(),
        )
        if pmid and _known(study["pmid"]) and pmid[1] != study["pmid"]:
            yield (
                line,
                "source_url",
                f"the address is PubMed {pmid[1]}, the study is PubMed {study['pmid']}",
                "one of them belongs to another paper; correct it at the source",
            )
        if row is not study and _known(study["doi"]):
            yield from _doi_in_address(line, url, study["doi"])


def _doi_in_address(line: int, url: str, doi: str) -> Iterator[Finding]:
    match = re.search(r"(10\.\d{4,9}/[^\s?#]+)", url)
    if not match:
        return
    in_url = re.sub(r"(/full|/pdf|/abstract|\.pdf|/epdf)?$", "", match[1].lower())
    if not (in_url.startswith(doi) or doi.startswith(in_url)):
        yield (
            line,
            "source_url",
            f"the address carries the DOI {in_url}, the row {doi}",
            "one of them belongs to another paper; correct it at the source",
        )


@rule("outcomes", "drying", "factors", "production", "reviews")
def _id_begins_with_its_study(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        own = next(iter(row))
        if not re.fullmatch(re.escape(row["study_id"]) + r"-[a-z]\d+", row[own]):
            yield (
                line,
                "study_id",
                f"{own} {row[own]} belongs to another study than {row['study_id']}",
                f"{own} is the study_id with a letter and a number; correct the wrong one",
            )


# --- production -------------------------------------------------------------------------


@rule("production")
def _what_cells_are_counted_per(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        printed, basis = row["cells_per_volume"], row["cells_counted_per"]
        units = {
            "volume": r"(?i)ml|litre",
            "area": r"(?i)[cm]m2",
            "vessel": r"(?i)flask|dish|plate",
        }
        fits = [name for name, unit in units.items() if re.search(unit, printed)] or ["no size"]
        if _known(printed) != _known(basis) or (_known(basis) and basis not in fits):
            yield (
                line,
                "cells_counted_per",
                f"{basis} does not fit cells_per_volume: {printed}",
                "write volume, area, vessel or no size as the unit printed there says, "
                "or the same sign of absence in both",
            )


# --- studies ----------------------------------------------------------------------------


def _slug(name: str) -> str:
    plain = unicodedata.normalize(
        "NFKD", name.replace("ø", "o").replace("ł", "l").replace("æ", "ae")
    )
    plain = plain.replace("ı", "i").replace("ß", "ss")
    return re.sub(r"[^a-z]", "", plain.encode("ascii", "ignore").decode().lower())


@rule("studies")
def _id_fits_author_and_year(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        match = re.fullmatch(r"(.+)-(\d{4})[a-z]?", row["study_id"])
        if not match:
            continue
        if match[2] != row["year"]:
            yield (
                line,
                "year",
                f"study_id {row['study_id']} and year {row['year']} disagree",
                "correct the one that is wrong at the source",
            )
        if _known(row["first_author"]) and _slug(match[1]) != _slug(row["first_author"]):
            yield (
                line,
                "first_author",
                f"study_id {row['study_id']} does not begin with the author's name",
                f"expected {_slug(row['first_author'])}-{match[2]} (hyphens are free)",
            )


@rule("studies", "excluded", "awaiting")
def _one_study_one_row(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for column in ("doi", "pmid", "title"):
        seen: dict[str, int] = {}
        for line, row in _numbered(rows):
            key = re.sub(r"\W+", "", row[column].lower()) if column == "title" else row[column]
            key = key.lower()
            if not _known(row[column]) or not key:
                continue
            if key in seen:
                yield (
                    line,
                    column,
                    f"the same {column} stands in row {seen[key]}",
                    "one study has one row: merge the two, or correct the wrong one",
                )
            seen.setdefault(key, line)


@rule("studies", "excluded", "awaiting")
def _doi_is_plain(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        doi = row["doi"]
        plain = re.sub(r"^(?:https?://)?(?:(?:dx\.)?doi\.org/|doi:\s*)", "", doi.lower())
        plain = plain.rstrip(".,;")
        if plain.endswith(")") and plain.count("(") != plain.count(")"):
            plain = plain.rstrip(".,;)")
        if _known(doi) and doi != plain:
            yield (
                line,
                "doi",
                "a DOI is kept in lower case, without an address before it and without a full "
                "stop or bracket at its end",
                f"write {plain}",
            )


@rule("studies")
def _doi_year(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """Catch a wrong year where the DOI itself names one (Springer, PLOS and others)."""
    for line, row in _numbered(rows):
        match = re.search(r"10\.1186/\S+-0?(\d{2,3})-\d{4,5}-", row["doi"])
        year = _number(row["year"])
        if match and year is not None:
            named = 2000 + int(match[1])
            if abs(named - year) > 1:
                yield (
                    line,
                    "year",
                    f"the DOI says {named}, the row says {row['year']}",
                    "correct the year at the source",
                )


@rule("studies")
def _source_names_the_study(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """An address that carries a DOI must carry the row's own."""
    for line, row in _numbered(rows):
        if _known(row["doi"]):
            yield from _doi_in_address(line, row["source_url"], row["doi"])


@rule("studies")
def _arms_add_up(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        total, treated, control = (_number(row[c]) for c in ("n_total", "n_treated", "n_control"))
        design = row["design"]
        if treated is not None and total is not None and treated > total:
            yield (
                line,
                "n_treated",
                f"{row['n_treated']} treated are more than {row['n_total']} in all",
                "n counts participants, not sides or samples",
            )
        if total is None or treated is None or control is None:
            continue
        if design in ("randomised controlled", "non-randomised controlled") and (
            treated + control != total
        ):
            yield (
                line,
                "n_total",
                f"n_treated + n_control = {treated + control:g}, n_total = {total:g}",
                "n_total counts the arms concerned; give the arms that were compared",
            )
        if "split-body" in design and not treated == control == total:
            yield (
                line,
                "n_control",
                "in a split-body design each participant is in both arms, so the three n are equal",
                "the sample size is the people; write the same n three times",
            )


@rule("studies")
def _design_fits_arms(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        if row["design"] in ("single arm", "case series", "case report"):
            if _number(row["n_control"]) not in (None, 0.0):
                yield (
                    line,
                    "n_control",
                    f"a {row['design']} has no control arm but n_control is {row['n_control']}",
                    "correct the design or write NA",
                )
            treated = _number(row["n_treated"])
            if row["design"] == "case report" and treated is not None and treated > 3:
                yield (
                    line,
                    "design",
                    f"a case report with {treated:g} treated",
                    "call it a case series, or correct n_treated",
                )
        # a paper that a chapter leans on may be of any design
        if row["kind"] != "background" and (row["kind"] == "review") != ("review" in row["design"]):
            yield (
                line,
                "design",
                f"kind {row['kind']} and design {row['design']} do not go together",
                "a review has the design `systematic review` or `narrative review`, and no other",
            )
        experiment = row["design"] in ("controlled experiment", "uncontrolled experiment")
        if row["kind"] == "human" and experiment:
            yield (
                line,
                "design",
                "an experiment is a design of animals and cells, the kind is human",
                "name the design of the study in people, or correct the kind",
            )
        if row["kind"] not in ("human", "animal", "review", "background") and (
            _known(row["design"]) and not experiment
        ):
            yield (
                line,
                "design",
                f"{row['design']} is a design of people, the kind is {row['kind']}",
                "controlled or uncontrolled experiment, or correct the kind",
            )
        without = row["design"] in ("single arm", "case series", "case report")
        if without and row["control_kind"] not in ("none", *MISSING_CODES):
            yield (
                line,
                "control_kind",
                f"a {row['design']} has no control, yet control_kind is {row['control_kind']}",
                "write none, or correct the design",
            )
        if row["control_kind"] == "none" and (
            "controlled" in row["design"].replace("uncontrolled", "") or "split" in row["design"]
        ):
            yield (
                line,
                "control_kind",
                f"the design is {row['design']}, yet there is no control",
                "say what the control received, or correct the design",
            )
        if row["product"].startswith("freeze-dried") and row["freeze_dried"] == "no":
            yield (
                line,
                "freeze_dried",
                f"the product is {row['product']}, yet it was not freeze-dried",
                "correct product or freeze_dried",
            )
        if row["kind"] == "animal" and row["species"].lower() in ("human", "humans"):
            yield line, "species", "an animal study in humans", "correct kind or species"
        if row["kind"] == "human" and row["species"].lower() not in ("human", "humans", "ns"):
            yield line, "species", "a human study in another species", "correct kind or species"


# --- outcomes ---------------------------------------------------------------------------


def _p_value(text: str) -> tuple[str, float] | None:
    match = re.search(r"([<>=≤≥])\s*(0?\.\d+|[01](?:\.\d+)?)", text.replace(" ", " "))
    if not match and re.fullmatch(r"0?\.\d+", text.strip()):
        return "=", float(text)
    return (match[1], float(match[2])) if match else None


def _significant(text: str) -> bool | None:
    """Whether a printed p value is below 0.05; None where the text does not tell.

    A test inside one arm, or of many groups together, tells nothing of the comparison.
    """
    if re.search(r"before|within|each side|baseline|together|groups", text.lower()):
        return None
    if re.search(r"not significant|\bn\.?s\.?\b(?!\w)", text.lower()) and text not in MISSING_CODES:
        return False
    found = _p_value(text)
    if found is None or text.count("p") + text.count("P") > 1:
        return None
    sign, value = found
    if sign in ("<", "≤"):
        return True if value <= 0.05 else None
    if sign in (">", "≥"):
        return False if value >= 0.05 else None
    return value < 0.05


@rule("outcomes")
def _direction_fits_numbers(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    designs = {r["study_id"]: r["design"] for r in tables.get("studies", ())}
    for line, row in _numbered(rows):
        direction, better = row["direction"], row["better"]
        treated, control = _number(row["mean_treated"]), _number(row["mean_control"])
        if treated is None or control is None:
            events = _number(row["events_treated"]), _number(row["events_control"])
            n = _number(row["n_treated"]), _number(row["n_control"])
            if None not in events and all(n):
                treated, control = events[0] / n[0], events[1] / n[1]  # type: ignore[operator]
        design = designs.get(row["study_id"], "")
        if direction.startswith("favours") and design in (
            "single arm",
            "case series",
            "case report",
            "uncontrolled experiment",
        ):
            yield (
                line,
                "direction",
                f"a {design} cannot say `{direction}`",
                "a change in one arm is `no comparator`",
            )
        if direction.startswith("favours") and re.search(
            r"before|within|each side|baseline", row["p_raw"].lower()
        ):
            yield (
                line,
                "direction",
                f"p is of a change in one arm ({row['p_raw']}), yet the row says `{direction}`",
                "code the direction of the comparison between the arms",
            )
        if direction == "no comparator":
            if _known(row["control_raw"]) and not re.search(
                r"baseline|before|pre-?treat|day 0|week 0", row["control_raw"].lower()
            ):
                yield (
                    line,
                    "direction",
                    "a control arm is printed but the direction says no comparator",
                    "code the direction of the controlled comparison; a baseline is not a control",
                )
            continue
        if treated is not None and control is not None and better in ("higher", "lower"):
            if treated == control:
                towards = "no clear difference"
            elif (treated > control) == (better == "higher"):
                towards = "favours product"
            else:
                towards = "favours comparator"
            opposite = {"favours product", "favours comparator"} - {towards}
            if direction in opposite or (
                towards == "no clear difference" and direction.startswith("favours")
            ):
                yield (
                    line,
                    "direction",
                    f"the values {treated:g} and {control:g} ({better} is better) point to "
                    f"`{towards}`, the row says `{direction}`",
                    "check the arms, `better` and `direction` at the source",
                )
        significant = _significant(row["p_raw"])
        if significant is False and direction.startswith("favours"):
            yield (
                line,
                "direction",
                f"p is {row['p_raw']}, yet the row says `{direction}`",
                "a comparison that its own test does not separate is `no clear difference`",
            )
        if significant is True and direction == "no clear difference":
            yield (
                line,
                "direction",
                f"p is {row['p_raw']}, yet the row says `no clear difference`",
                "code the direction of the comparison to which the p value belongs",
            )


@rule("outcomes")
def _n_within_study(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    studies = {r["study_id"]: r for r in tables.get("studies", ())}
    for line, row in _numbered(rows):
        study = studies.get(row["study_id"], {})
        total = _number(study.get("n_total"))
        for arm in ("treated", "control"):
            n, events = _number(row[f"n_{arm}"]), _number(row[f"events_{arm}"])
            if row["unit_of_analysis"] in ("participant", "side of one body") and (
                n is not None and total is not None and n > total
            ):
                yield (
                    line,
                    f"n_{arm}",
                    f"{n:g} analysed are more than the study's n_total of {total:g}",
                    "n counts participants; correct the one that is wrong",
                )
            size = _number(study.get(f"n_{arm}"))
            if row["unit_of_analysis"] in ("participant", "side of one body") and (
                n is not None and size is not None and n > size
            ):
                yield (
                    line,
                    f"n_{arm}",
                    f"{n:g} analysed are more than the {size:g} of this arm in `studies`",
                    "n counts participants; correct the one that is wrong, or the swapped arms",
                )
            if n is not None and events is not None and events > n:
                yield (
                    line,
                    f"events_{arm}",
                    f"{events:g} events among {n:g} participants",
                    "events count participants with the event; correct the one that is wrong",
                )


@rule("outcomes")
def _per_cent_in_bounds(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        bounded = row["unit"] == "% of participants"
        for column in ("mean_treated", "mean_control"):
            value = _number(row[column])
            if bounded and value is not None and not 0 <= value <= 100:
                yield (
                    line,
                    column,
                    f"{value:g} % of participants",
                    "a share lies between 0 and 100; a change is `% change`",
                )


@rule("outcomes")
def _means_stand_in_raw(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """The number used for computing must be the number that was printed."""
    for line, row in _numbered(rows):
        for arm in ("treated", "control"):
            raw = row[f"{arm}_raw"].replace("−", "-").replace(",", "")
            for column in (f"mean_{arm}", f"spread_{arm}"):
                value = _number(row[column])
                if value is None or not _known(row[f"{arm}_raw"]):
                    continue
                printed = [abs(float(x)) for x in re.findall(r"\d+(?:\.\d+)?", raw)]
                if abs(value) not in printed:
                    yield (
                        line,
                        column,
                        f"{value:g} does not stand in {arm}_raw ({row[f'{arm}_raw']})",
                        "the raw text is what the source prints; copy the number from it",
                    )


@rule("outcomes")
def _counts_stand_in_raw(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """A count, a number of people and a per cent that are printed together must agree."""
    for line, row in _numbered(rows):
        for arm in ("treated", "control"):
            raw = row[f"{arm}_raw"]
            events, n = _number(row[f"events_{arm}"]), _number(row[f"n_{arm}"])
            of = re.fullmatch(r"(\d+)\s*/\s*(\d+)(?:\s*\(.*\))?", raw)
            count = of or re.fullmatch(r"(\d+)(?:\s*\([\d.]+\s*%\))?", raw)
            if count and events is not None and float(count[1]) != events:
                yield (
                    line,
                    f"events_{arm}",
                    f"{events:g} events, {arm}_raw says {raw}",
                    "copy the number again from the source",
                )
            if of and events is not None and n is not None and float(of[2]) != n:
                yield (
                    line,
                    f"n_{arm}",
                    f"n is {n:g}, {arm}_raw says {raw}",
                    "copy the number again from the source",
                )
            share = re.search(r"(\d+(?:\.\d+)?)\s*%", raw)
            if share and events is not None and n:
                printed = float(share[1])
                # half a unit of the last printed digit, and a little for careless rounding
                slack = 0.5 * 10 ** -len(share[1].partition(".")[2]) + 0.05
                if abs(100 * events / n - printed) > slack:
                    yield (
                        line,
                        f"events_{arm}",
                        f"{events:g} of {n:g} are {100 * events / n:.1f} %, {arm}_raw says {raw}",
                        "correct events, n or the per cent at the source",
                    )


@rule("outcomes")
def _share_in_bounds(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """A per cent of people lies between 0 and 100, in whichever column it stands."""
    for line, row in _numbered(rows):
        for arm in ("treated", "control"):
            counted = _number(row[f"events_{arm}"]) is not None
            for share in re.findall(r"(\d+(?:\.\d+)?)\s*%", row[f"{arm}_raw"]):
                if counted and float(share) > 100:
                    yield (
                        line,
                        f"{arm}_raw",
                        f"{share} % of the participants",
                        "a share of people lies between 0 and 100",
                    )


@rule("outcomes")
def _side_needs_split_body(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    human = {r["study_id"]: r for r in tables.get("studies", ()) if r["kind"] == "human"}
    for line, row in _numbered(rows):
        design = human.get(row["study_id"], {}).get("design", "NS")
        if row["unit_of_analysis"] == "side of one body" and (
            _known(design) and "split-body" not in design
        ):
            yield (
                line,
                "unit_of_analysis",
                f"sides of one body are compared, but the study is {design}",
                "correct unit_of_analysis or the design",
            )


# --- the other tables -------------------------------------------------------------------


def _first_number(text: str) -> float | None:
    match = re.search(r"\d+(?:\.\d+)?", text.replace(",", ""))
    return float(match[0]) if match else None


_KEPT = {"kept": (75, 130), "partly lost": (5, 97), "lost": (0, 50), "increased": (100, 1000)}
"""Wide bounds of the per cent that is left for each word; a source's own test may decide
within them."""


@rule("drying")
def _retention_fits_values(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        retained = _number(row["retained_percent"])
        basis = row["retained_basis"]
        if (retained is None) == _known(basis):
            yield (
                line,
                "retained_basis",
                "retained_percent and retained_basis go together",
                "give both, or NA for both",
            )
        if retained is None or basis != "computed from before and after":
            continue
        before, after = _first_number(row["before"]), _first_number(row["after"])
        low, high = _KEPT.get(row["direction"], (0, float("inf")))
        if not low <= retained <= high:
            yield (
                line,
                "direction",
                f"{retained:g} % is left, yet the row says `{row['direction']}`",
                "correct retained_percent or direction at the source",
            )
        if not before or after is None or abs(100 * after / before - retained) > 1:
            right = f"{100 * after / before:.1f}" if before and after is not None else "NA"
            yield (
                line,
                "retained_percent",
                f"after / before ({row['after']} / {row['before']}) is not {retained:g} %",
                f"write {right}, or correct before and after at the source",
            )


@rule("factors")
def _units_converted_by_code(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    from secretome.dosing import harmonise

    for line, row in _numbered(rows):
        want_value, want_unit = harmonise(row["value_raw"], row["unit_raw"])
        value = _number(row["value"])
        same = (want_value is None and value is None) or (
            (want_value is not None and value is not None)
            and abs(value - want_value) <= 1e-6 * max(abs(want_value), 1e-12)
        )
        if not same or (want_unit or "NA") != row["unit"]:
            yield (
                line,
                "value",
                f"{row['value_raw']} {row['unit_raw']} is {want_value} {want_unit}, "
                f"not {row['value']} {row['unit']}",
                "value and unit are computed: run `make harmonise`",
            )


@rule("factors")
def _detected_fits_value(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        absent = re.search(
            r"not detect|undetect|below (?:the )?(?:limit|detection)", row["value_raw"]
        )
        value = _number(row["value"])
        if (row["detected"] == "yes" and (absent or value == 0)) or (
            row["detected"] == "no" and value is not None and value > 0
        ):
            yield (
                line,
                "detected",
                f"value_raw is {row['value_raw']}, detected is {row['detected']}",
                "correct the one that is wrong at the source",
            )


@rule("factors")
def _a_ratio_says_to_what(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """A ratio has something it is relative to, an amount has nothing."""
    for line, row in _numbered(rows):
        amount = _known(row["unit"]) and row["unit"] != "ratio"
        if row["unit"] == "ratio" and not _known(row["relative_to"]):
            yield (
                line,
                "relative_to",
                f"{row['value_raw']} {row['unit_raw']} is a ratio, but not said to what",
                "write what the source compares with",
            )
        elif amount and row["relative_to"] != "NA":
            yield (
                line,
                "relative_to",
                f"{row['unit']} is an amount, yet relative_to is {row['relative_to']}",
                "write NA, or correct the unit at the source",
            )


@rule("factors")
def _one_factor_one_gene(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """The same factor has the same gene and the same accession in every row of a species."""
    for column in ("gene_symbol", "uniprot"):
        named: dict[tuple[str, str], Counter[str]] = {}
        for row in rows:
            if _known(row[column]):
                key = row["factor"].lower(), row["species"] if column == "uniprot" else ""
                named.setdefault(key, Counter())[row[column]] += 1
        for line, row in _numbered(rows):
            key = row["factor"].lower(), row["species"] if column == "uniprot" else ""
            words = named.get(key, Counter())
            if _known(row[column]) and len(words) > 1 and words[row[column]] < max(words.values()):
                usual = words.most_common(1)[0][0]
                yield (
                    line,
                    column,
                    f"{row['factor']} has {usual} in other rows, {row[column]} here",
                    f"write {usual}, or name the factor more exactly",
                )


@rule("thermal")
def _thermal_value_stands_in_raw(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    """The value is a number of value_raw, or lies among several; kelvin are turned into °C."""
    for line, row in _numbered(rows):
        value = _number(row["value"])
        # a letter before a digit makes it a name (Tg2), not a measurement
        printed = [
            float(x)
            for x in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", row["value_raw"].replace("−", "-"))
        ]
        if value is None or not printed:
            continue
        if re.search(r"\d\s*K\b", row["value_raw"]):
            printed = [x - 273.15 for x in printed]
        # several measurements of one thing: the value lies among them
        among = ";" in row["value_raw"] and min(printed) <= value <= max(printed)
        if not among and min(abs(value - x) for x in printed) > 0.01:
            yield (
                line,
                "value",
                f"{value:g} °C does not stand in value_raw ({row['value_raw']})",
                "copy the number from the raw text; °C = K − 273.15",
            )


@rule("reviews")
def _interval_holds_effect(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        low, effect, high = (_number(row[c]) for c in ("ci_low", "effect", "ci_high"))
        if (
            low is not None
            and high is not None
            and (low > high or (effect is not None and not low <= effect <= high))
        ):
            yield (
                line,
                "effect",
                f"the interval {low:g} to {high:g} does not hold the effect {effect}",
                "copy the three numbers again from the source",
            )
        i2 = re.search(r"I[²2]\s*(?:=|of)?\s*(\d+(?:\.\d+)?)\s*%", row["heterogeneity"])
        given = _number(row["i2_percent"])
        if i2 and given is not None and float(i2[1]) != given:
            yield (
                line,
                "i2_percent",
                f"{given:g} %, heterogeneity says {row['heterogeneity']}",
                "copy the number again from the source",
            )
        pooled, included = _number(row["n_pooled"]), _number(row["n_included"])
        if pooled is not None and included is not None and pooled > included:
            yield (
                line,
                "n_pooled",
                f"{pooled:g} studies pooled of {included:g} included",
                "n_pooled counts studies, not comparisons; correct or write UNCLEAR",
            )


_REGISTRY_FORMS = (
    r"NCT\d{8}",
    r"IRCT\d{10,20}N\d+",
    r"UMIN\d{9}",
    r"jRCT\w{8,12}",
    r"ChiCTR[-\w]*\d{6,}",
    r"CTRI/\d{4}/\d{2}/\d{6}",
    r"EUCTR\S+",
    r"\d{4}-\d{6}-\d{2}(?:-\d{2})?",
    r"ISRCTN\d{8}",
    r"ACTRN\d{14}p?",
    r"KCT\d{7}",
    r"RBR-\w+",
    r"NL\d+",
    r"DRKS\d{8}",
    r"TCTR\d{11}",
    r"PACTR\d+",
    r"SLCTR/\d{4}/\d{3}",
    r"INA-\w+",
    r"RPCEC\d{8}",
)


def _partial_date(text: str) -> bool:
    parts = text.split("-")
    try:
        day = datetime.date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        return False
    # no trial of a cell-free product was registered before 1995; plans reach ten years ahead
    return 1995 <= day.year <= datetime.date.today().year + 10


@rule("trials")
def _registry_form(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    forms = "|".join(_REGISTRY_FORMS)
    for line, row in _numbered(rows):
        if not re.fullmatch(forms, row["registry_id"]):
            yield (
                line,
                "registry_id",
                "not the form of a registration number",
                "copy it from the registry (NCT and eight digits, IRCT…N…, UMIN…, ChiCTR…)",
            )
        named = re.search(r"NCT\d{8}", row["source_url"].upper())
        if named and named[0] != row["registry_id"]:
            yield (
                line,
                "source_url",
                f"the address is of {named[0]}, the row is {row['registry_id']}",
                "one of them belongs to another record; correct it at the registry",
            )
        for column in ("start_date", "completion_date"):
            if _known(row[column]) and not _partial_date(row[column]):
                yield (
                    line,
                    column,
                    f"{row[column]} is not a date of a trial",
                    "YYYY, YYYY-MM or YYYY-MM-DD as the registry prints it",
                )
        start, end = row["start_date"], row["completion_date"]
        if row["status"] == "completed" and _known(end) and end > row["extracted_on"]:
            yield (
                line,
                "completion_date",
                f"the trial is completed, yet it ends on {end}",
                "correct status or date at the registry",
            )
        if _known(start) and _known(end) and end[: len(start)] < start[: len(end)]:
            yield line, "completion_date", "the trial ends before it starts", "correct the dates"


@rule("claim_evidence")
def _not_applicable_for_cells(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    product = {r["study_id"]: r["product"] for r in tables.get("studies", ())}
    kind = {r["claim_id"]: r["kind"] for r in tables.get("claims", ())}
    for line, row in _numbered(rows):
        if (
            product.get(row["study_id"]) == "other"
            and row["bearing"] in ("for", "against")
            and kind.get(row["claim_id"], "").startswith("effect")
        ):
            yield (
                line,
                "bearing",
                "a study of another product cannot speak for or against an effect of CM",
                "write `not applicable` and say why",
            )


@rule("risk_of_bias")
def _judgement_of_its_tool(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    from secretome.appraisal import TOOLS

    for line, row in _numbered(rows):
        tool = TOOLS.get(row["tool"])
        if tool is None:
            continue  # the schema reports it
        domains = (*tool.domains, "overall") if tool.has_overall else tool.domains
        if row["domain"] not in domains:
            yield (
                line,
                "domain",
                f"{row['tool']} has no domain {row['domain']!r}",
                "one of: " + " | ".join(domains),
            )
        if row["judgement"] not in tool.judgements:
            yield (
                line,
                "judgement",
                f"{row['tool']} does not know the word {row['judgement']!r}",
                "one of: " + " | ".join(tool.judgements),
            )


# --- the two readings ---------------------------------------------------------------------

_KEYS: dict[str, tuple[str, ...]] = {
    "studies": ("study_id",),
    "outcomes": ("outcome_id",),
    "drying": ("drying_id",),
    "factors": ("factor_id",),
    "production": ("production_id",),
    "thermal": ("thermal_id",),
    "trials": ("registry_id",),
    "reviews": ("review_id",),
    "risk_of_bias": ("study_id", "tool", "domain"),
    "claim_evidence": ("claim_id", "study_id"),
}
"""How ``readings`` names a row of each table."""

_RENAMED = {"freeze-dried secretome": "freeze-dried CM or secretome"}
"""Words of the vocabulary that got another name after they were read."""


def _name_of(row: Row, table: str) -> str:
    return "/".join(row[column] for column in _KEYS[table])


def _as_settled(value: str, final: str) -> bool:
    """Whether a cell still says what the two readings settled on.

    A later edit may withdraw a value (to a missing code, or `result not seen`) or explain it
    in brackets.  Another value needs another reading.
    """
    if value == _RENAMED.get(final, final) or value in MISSING_CODES or value == "result not seen":
        return True
    if value.startswith(f"{final} (") and value.endswith(")"):
        return True
    number = _number(value)
    return number is not None and number == _number(final)


def _cells_as_settled(
    table: str,
) -> Callable[[Sequence[Row], Tables], Iterator[Finding]]:
    def check(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
        settled: dict[str, list[Row]] = {}
        compared: set[str] = set()
        for reading in tables.get("readings", ()):
            if reading["table"] == table:
                settled.setdefault(reading["row"], []).append(reading)
                compared.add(reading["field"])
        for line, row in _numbered(rows):
            readings = settled.get(_name_of(row, table), ())
            # where both readers saw nothing, nothing was compared
            if (
                not readings
                and _known(row["checked_on"])
                and any(_known(row.get(column)) for column in compared)
            ):
                yield (
                    line,
                    "checked_on",
                    "the row says that it was read twice, readings.csv holds no reading of it",
                    "write NA until a second reader has filled the row again from the source; "
                    "then add what the two readings say to readings.csv",
                )
            for reading in readings:
                value = row.get(reading["field"])
                if value is not None and not _as_settled(value, reading["final"]):
                    yield (
                        line,
                        reading["field"],
                        f"the cell says {value!r}, its readings settled on {reading['final']!r}",
                        "correct the cell; or read the source again and correct both the cell "
                        "and its row in readings.csv",
                    )
            if readings and not _known(row["checked_on"]):
                yield (
                    line,
                    "checked_on",
                    "readings.csv holds a second reading of this row, its date is not here",
                    "give the date of the second reading",
                )

    check.__name__ = f"_{table}_as_settled"
    return check


for _table in _KEYS:
    rule(_table)(_cells_as_settled(_table))


@rule("readings")
def _reading_is_of_a_cell(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    names = {
        table: {_name_of(row, table) for row in tables[table]} for table in _KEYS if table in tables
    }
    columns = {table: tables[table][0].keys() for table in names if tables[table]}
    told: set[tuple[str, str]] = set()
    for line, row in _numbered(rows):
        table, name = row["table"], row["row"]
        if table not in _KEYS:
            yield line, "table", f"no table {table!r} is read twice", "one of: " + " | ".join(_KEYS)
        elif table in names and name not in names[table] and (table, name) not in told:
            told.add((table, name))
            yield (
                line,
                "row",
                f"there is no row {name} in {table}.csv",
                "correct the name, or take the readings of a row that is gone out",
            )
        elif table in columns and row["field"] not in columns[table]:
            yield (
                line,
                "field",
                f"{table}.csv has no column {row['field']!r}",
                "one of: " + " | ".join(columns[table]),
            )


@rule("readings")
def _status_fits_readings(rows: Sequence[Row], tables: Tables) -> Iterator[Finding]:
    for line, row in _numbered(rows):
        status, final = row["status"], row["final"]
        first, second = row["first"], row["second"]
        # no difference, and yet a rule of the protocol or a third reading says otherwise
        overruled = row["settled"] in ("by a rule of the protocol", "by the source, reopened")
        if overruled and status != "differ":
            continue
        wrong = {
            "first only": not _known(first) or _known(second),
            "second only": _known(first) or not _known(second),
            "agree": final not in (first, second) or _known(first) != _known(second),
            "differ": first == second,
        }
        if wrong.get(status, False):
            yield (
                line,
                "status",
                f"{status}: first {first!r}, second {second!r}, final {final!r}",
                "compare the two readings again",
            )
        elif status.endswith("only") and final not in (first, second):
            yield (
                line,
                "final",
                f"{final!r} is of neither reading",
                "one reader saw a value; it is the final one",
            )
        if (status == "differ") != _known(row["settled"]):
            yield (
                line,
                "settled",
                f"status is {status}, settled is {row['settled']}",
                "a difference says how it was settled; what did not differ has NA",
            )


# --- all together -----------------------------------------------------------------------


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return [
            {k: v or "" for k, v in row.items() if k is not None} for row in csv.DictReader(handle)
        ]


def _schema_problems(descriptor_file: Path) -> Iterator[Problem]:
    try:
        import frictionless
    except ImportError as error:
        raise ImportError(
            "The schema is checked by the frictionless library: "
            'pip install "frictionless>=5.18,<6". '
            "Without it, secretome.validate(..., schema=False) runs the rules of a reader alone."
        ) from error

    # the folder of the package is given, so nothing outside it is trusted
    package = frictionless.Package(str(descriptor_file))
    report = package.validate()
    descriptor = package_descriptor(descriptor_file)
    for task in report.tasks:
        resource = next(r for r in descriptor["resources"] if r["name"] == task.name)
        fields = {f["name"]: f for f in resource["schema"]["fields"]}
        file = descriptor_file.parent / resource["path"]
        for fault in task.errors:
            named = getattr(fault, "field_names", None) or []
            column = str(getattr(fault, "field_name", "") or (named[0] if named else ""))
            cell = str(getattr(fault, "cell", "") or "")
            yield Problem(
                Path(resource["path"]).name,
                int(getattr(fault, "row_number", 1) or 1),
                column,
                cell,
                _schema_reason(fault, fields.get(column, {}), cell),
                _schema_remedy(fault.type, fields.get(column, {}), resource, cell, file),
            )
    for fault in report.errors:
        yield Problem("datapackage.json", 1, "", "", str(fault.note or fault.message), "mend it")


_TYPES = {
    "date": ("a date", "YYYY-MM-DD, for example 2026-11-26"),
    "integer": ("a whole number", "digits only, for example 24"),
    "number": ("a number", "digits with a point and no unit, for example 0.5"),
}
"""Types of the schema in words, and how to write them."""


def _schema_reason(fault: Any, field: dict[str, Any], cell: str) -> str:
    """What is wrong, in the words of somebody who fills a row and knows no schema."""
    constraints = field.get("constraints", {})
    if fault.type == "type-error" and field.get("type") in _TYPES:
        return f"{cell!r} is not {_TYPES[field['type']][0]}"
    if fault.type == "constraint-error":
        if constraints.get("required") and (not cell or cell in MISSING_CODES):
            return _NEEDED
        if "enum" in constraints and cell not in constraints["enum"]:
            return f"{cell!r} is not one of the words of this column"
        if "pattern" in constraints and not re.fullmatch(constraints["pattern"], cell):
            return f"{cell!r} has another form than this column asks for"
        if "minimum" in constraints or "maximum" in constraints:
            return f"{cell} lies outside what is possible here"
    return str(fault.note or fault.message)


def _like(field: dict[str, Any], file: Path) -> str:
    """A cell of the same column that has the right form."""
    pattern = field["constraints"]["pattern"]
    try:
        cells = (row.get(field["name"]) or "" for row in _read(file))
        found = next((c for c in cells if _known(c) and re.fullmatch(pattern, c)), "")
    except (OSError, csv.Error, UnicodeDecodeError):
        found = ""
    return f"a value like {found or pattern}"


def _schema_remedy(
    kind: str, field: dict[str, Any], resource: dict[str, Any], cell: str, file: Path
) -> str:
    constraints = field.get("constraints", {})
    absent = "" if constraints.get("required") else ", or a missing code: NR, NS, NA, UNCLEAR"
    if kind == "constraint-error":
        if constraints.get("required") and (not cell or cell in MISSING_CODES):
            return "write the value; no missing code is allowed in this column"
        if "enum" in constraints:
            return "one of: " + " | ".join(constraints["enum"]) + absent
        if "pattern" in constraints:
            return _like(field, file) + absent
        if "minimum" in constraints or "maximum" in constraints:
            low, high = constraints.get("minimum", "any"), constraints.get("maximum", "any")
            return f"a value from {low} to {high}{absent}"
        return f"write the value{absent}"
    if kind == "type-error":
        return _TYPES.get(field.get("type", ""), ("", "a text"))[1] + absent
    if kind == "foreign-key":
        targets = [
            f"{k['reference']['resource'] or resource['name']}.{k['reference']['fields']}"
            for k in resource["schema"].get("foreignKeys", [])
        ]
        return f"add the row to {' or '.join(map(str, targets))} first, or correct the id"
    if kind in ("primary-key", "unique-error"):
        return "each id stands once; merge the rows or choose another id"
    if kind in ("extra-cell", "missing-cell"):
        return "as many cells as the header has; quote text that holds a comma"
    if "label" in kind or "header" in kind:
        return "columns: " + ", ".join(f["name"] for f in resource["schema"]["fields"])
    return "see the data dictionary"


def check_package(descriptor_file: Path, *, schema: bool = True) -> pd.DataFrame:
    """Run the schema and every rule over a data package.

    Parameters
    ----------
    descriptor_file : pathlib.Path
        A ``datapackage.json``.
    schema : bool
        Check the schema too; False runs the rules alone, which need no further library.

    Returns
    -------
    pandas.DataFrame
        Columns ``file``, ``row``, ``column``, ``value``, ``reason``, ``remedy``; one row
        a mistake, in the order of the files.

    Raises
    ------
    ImportError
        If `frictionless` is not installed and `schema` is true.
    """
    descriptor = package_descriptor(descriptor_file)
    problems = list(_schema_problems(descriptor_file)) if schema else []
    tables: dict[str, list[dict[str, str]]] = {}
    complete: set[str] = set()
    keys: dict[str, str] = {}
    for resource in descriptor["resources"]:
        file = descriptor_file.parent / resource["path"]
        if not file.exists():
            continue  # frictionless has said so
        name = file.stem
        tables[name] = _read(file)
        key = resource["schema"].get("primaryKey", "")
        keys[name] = key if isinstance(key, str) else ""
        declared = {f["name"] for f in resource["schema"]["fields"]}
        if not tables[name] or declared <= tables[name][0].keys():
            complete.add(name)
    whole = {name: _first_of_each(tables[name], keys[name]) for name in complete}
    for table, function in RULES:
        for name in complete if table == "*" else complete & {table}:
            for line, column, reason, remedy in function(tables[name], whole):
                value = tables[name][line - 2].get(column, "")
                problems.append(Problem(f"{name}.csv", line, column, value, reason, remedy))
    causes = _without_consequences(sorted(set(problems)))
    return pd.DataFrame(causes, columns=list(Problem._fields))


def _first_of_each(rows: Sequence[Row], key: str) -> Sequence[Row]:
    """Rows that others look up by their id: a doubled id must not accuse innocent rows."""
    if not key or key not in (rows[0] if rows else {}):
        return rows
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row[key], row)
    return list(first.values())


def _without_consequences(problems: Sequence[Problem]) -> list[Problem]:
    """Leave out what follows from another mistake of the same row, and what is said twice.

    A word that the schema does not know (`Human` for `human`) breaks every rule that reads the
    column; such a complaint names the word.  It comes back if it stays true when the word is
    mended.
    """
    needed = {p[:3] for p in problems if p.reason == _NEEDED}
    empty = {p[:3] for p in problems if p.reason == _EMPTY}
    unknown = {
        (p.file, p.row, p.column): p.value
        for p in problems
        if re.search(r" (?:is not (?:one of the words|a )|has another form)", p.reason) and p.value
    }
    kept = []
    for p in problems:
        # an empty cell is told once: as required, or with the codes that it may hold
        if not p.value and (
            (p[:3] in needed and p.reason != _NEEDED)
            or (p[:3] in empty - needed and p.reason != _EMPTY)
        ):
            continue
        follows = any(
            file == p.file
            and row == p.row
            and column != p.column
            and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", p.reason)
            for (file, row, column), value in unknown.items()
        )
        if not follows:
            kept.append(p)
    return kept

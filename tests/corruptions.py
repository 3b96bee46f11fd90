"""Mistakes to plant into a copy of ``data/``, and the share that the validator reports.

A kind of corruption is a small function.  It gets the tables as text, a random generator and
a `Plot` that says which rows are still free; it spoils cells in place and returns the cells of
which one must be reported.  A batch holds many corruptions that cannot mask each other: no row
is spoilt twice, and what is spoilt in a study leaves the other rows of that study alone.

``python tests/corruptions.py`` plants 300 with a fixed seed, prints the share caught of each
kind, and keeps it in ``bench/corruptions.csv``.
"""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from secretome import checks

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
KEPT = ROOT / "bench" / "corruptions.csv"
SEED = 20261123
CODES = frozenset({"NR", "NS", "NA", "UNCLEAR", ""})

Row = dict[str, str]
Tables = dict[str, list[Row]]
Place = tuple[str, int, str]
"""Table, line in the file (the header is 1), column; the column ``*`` stands for any."""
Token = tuple[str, ...]


class Schema:
    """What ``datapackage.json`` says of the columns."""

    def __init__(self, folder: Path) -> None:
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        self.fields: dict[tuple[str, str], dict[str, Any]] = {}
        self.keys: dict[str, list[str]] = {}
        for resource in package["resources"]:
            table = Path(resource["path"]).stem
            key = resource["schema"]["primaryKey"]
            self.keys[table] = [key] if isinstance(key, str) else key
            for column in resource["schema"]["fields"]:
                self.fields[table, column["name"]] = column

    def columns(self, wanted: Callable[[dict[str, Any]], bool]) -> list[tuple[str, str]]:
        return [
            (table, column)
            for (table, column), described in self.fields.items()
            if wanted(described) and column not in self.keys[table] and column != "study_id"
        ]


def read(folder: Path) -> Tables:
    tables = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            tables[file.stem] = list(csv.DictReader(handle))
    return tables


def write(tables: Tables, headers: dict[str, list[str]], folder: Path) -> None:
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(headers[table])
            # a row of which one key is not in the header has a cell too many
            writer.writerows(list(row.values()) for row in rows)


class Plot:
    """The tables of one batch, and which rows in them are still free."""

    def __init__(self, tables: Tables, schema: Schema) -> None:
        self.tables = {t: [dict(row) for row in rows] for t, rows in tables.items()}
        self.clean = tables
        self.schema = schema
        self.taken: set[Token] = set()
        self.touched: set[Token] = set()
        self.read_twice = {
            (r["table"], r["row"], r["field"]): r["final"] for r in tables["readings"]
        }

    def name(self, table: str, row: Row) -> str:
        return "/".join(row[c] for c in self.schema.keys[table])

    def tokens(self, table: str, line: int) -> tuple[set[Token], set[Token]]:
        """What a spoilt row takes for itself, and what it shares with its study's other rows."""
        if line - 2 >= len(self.clean[table]):
            return {("row", table, str(line))}, set()
        row = self.clean[table][line - 2]
        own: set[Token] = {("row", table, str(line))}
        if table == "readings":
            own.add(("name", row["table"], row["row"]))
            study = re.match(r".+?-(?:\d{4}[a-z]?|nd[a-z]{0,2})(?=-[a-z]\d+$|$)", row["row"])
            return own, {("study", study[0])} if study else set()
        own.add(("name", table, self.name(table, row)))
        shared: set[Token] = {("study", row["study_id"])} if "study_id" in row else set()
        if table == "factors":
            own.add(("factor", row["factor"].lower()))
        return (own | shared, set()) if table == "studies" else (own, shared)

    def free(self, table: str, line: int) -> bool:
        own, shared = self.tokens(table, line)
        return not (own & (self.taken | self.touched) or shared & self.taken)

    def take(self, table: str, line: int) -> None:
        own, shared = self.tokens(table, line)
        self.taken |= own
        self.touched |= shared

    def accused_wrongly(self, table: str, line: int) -> bool:
        """Whether a reported row has nothing to do with any that was spoilt."""
        own, shared = self.tokens(table, line)
        return not ((own | shared) & (self.taken | self.touched))

    def final(self, table: str, row: Row, column: str) -> str | None:
        return self.read_twice.get((table, self.name(table, row), column))


@dataclass(frozen=True)
class Planted:
    """One corruption: the cells of which one must be reported."""

    kind: str
    places: frozenset[Place]
    change: str


Plant = Callable[[Plot, random.Random], Planted | None]


@dataclass(frozen=True)
class Kind:
    """A kind of corruption; `why` says what makes it uncatchable."""

    name: str
    plant: Plant
    why: str = ""


KINDS: list[Kind] = []


# --- one cell -------------------------------------------------------------------------------

Change = Callable[[str, Row, random.Random], str | None]
Where = Callable[[Plot, str, Row, str], bool]


def _anywhere(plot: Plot, table: str, row: Row, column: str) -> bool:
    return True


def known(text: str | None) -> bool:
    return text is not None and text not in CODES


def number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def cell(
    name: str,
    columns: Iterable[tuple[str, str]],
    change: Change,
    where: Where = _anywhere,
    *,
    also: Iterable[str] = (),
    why: str = "",
) -> None:
    """Register a kind that changes one cell.

    `also` names other columns of the row in which the contradiction may be reported.
    """
    of: dict[str, list[str]] = {}
    for table, column in columns:
        of.setdefault(table, []).append(column)
    also = tuple(also)

    def plant(plot: Plot, rng: random.Random) -> Planted | None:
        tables = [t for t in of if plot.tables.get(t)]
        # the table first, so that the long ones do not crowd out the others
        rng.shuffle(tables)
        for table in tables:
            spots = [(i, c) for i in range(len(plot.clean[table])) for c in of[table]]
            rng.shuffle(spots)
            for i, column in spots:
                row = plot.tables[table][i]
                if not where(plot, table, row, column) or not plot.free(table, i + 2):
                    continue
                new = change(row[column], row, rng)
                if new is None or new == row[column]:
                    continue
                old, row[column] = row[column], new
                plot.take(table, i + 2)
                places = frozenset((table, i + 2, c) for c in (column, *also))
                return Planted(name, places, f"{old!r} -> {new!r}")
        return None

    KINDS.append(Kind(name, plant, why))


def _is_known(plot: Plot, table: str, row: Row, column: str) -> bool:
    return known(row[column])


def _is_number(plot: Plot, table: str, row: Row, column: str) -> bool:
    return number(row[column]) is not None


def _twice(plot: Plot, table: str, row: Row, column: str) -> bool:
    final = plot.final(table, row, column)
    return known(row[column]) and final is not None and known(final)


def _once(plot: Plot, table: str, row: Row, column: str) -> bool:
    return known(row[column]) and plot.final(table, row, column) is None


def _digit(text: str, rng: random.Random) -> str | None:
    """Another digit in the place of one."""
    spots = [i for i, c in enumerate(text) if c.isdigit()]
    if not spots:
        return None
    i = rng.choice(spots)
    return text[:i] + rng.choice([d for d in "123456789" if d != text[i]]) + text[i + 1 :]


def _inside(text: str, piece: str, rng: random.Random) -> str:
    i = rng.randrange(1, len(text)) if len(text) > 1 else 1
    return text[:i] + piece + text[i:]


SCHEMA = Schema(DATA)
ALL = SCHEMA.columns(lambda f: True)
ENUMS = SCHEMA.columns(lambda f: "enum" in f.get("constraints", {}))
WORDS = {(t, c): SCHEMA.fields[t, c]["constraints"]["enum"] for t, c in ENUMS}
TEXT = SCHEMA.columns(
    lambda f: f["type"] == "string" and not {"enum", "pattern"} & f.get("constraints", {}).keys()
)
NUMBERS = SCHEMA.columns(lambda f: f["type"] in ("integer", "number"))
DATES = SCHEMA.columns(lambda f: f["type"] == "date")
PROVENANCE = [
    (t, c)
    for t, c in ALL
    if c in ("source_url", "locator", "reading_depth", "extracted_on", "read_on")
]
COUNTS = [
    *(("studies", c) for c in ("n_total", "n_treated", "n_control")),
    *(("outcomes", c) for c in ("n_treated", "n_control", "events_treated", "events_control")),
    ("trials", "n_planned"),
    ("reviews", "n_included"),
]

_CYRILLIC = dict(zip("aeopcx", "аеорсх", strict=True))

# --- catchable: what a schema says ----------------------------------------------------------

cell("empty cell", ALL, lambda v, r, g: "")
cell(
    "unknown enumeration",
    ENUMS,
    lambda v, r, g: g.choice([v.upper(), f"{v}s", v.replace(" ", "_") + "?", "magic", v[:-1]]),
    lambda p, t, r, c: known(r[c]) and not r[c].isupper(),
)
cell(
    "word or decimal comma in a number",
    NUMBERS,
    lambda v, r, g: g.choice(["many", f"{v} people", f"about {v}", f"{v},5"]),
    _is_number,
)
cell(
    "number below zero",
    [tc for tc in NUMBERS if SCHEMA.fields[tc].get("constraints", {}).get("minimum") == 0],
    lambda v, r, g: f"-{v}",
    lambda p, t, r, c: (number(r[c]) or 0) > 0,
)
cell(
    "impossible date",
    DATES,
    lambda v, r, g: g.choice(
        ["2026-02-30", "2026-13-01", "31/12/2026", "2062-11-23", "1926-11-23", "2026-11-00", "Nov"]
    ),
    _is_known,
)
cell(
    "missing provenance",
    PROVENANCE,
    lambda v, r, g: g.choice(["NS", "NA", "NR", "UNCLEAR", ""]),
    _is_known,
)
cell(
    "dangling study id",
    [(t, "study_id") for t in ("outcomes", "drying", "factors", "production", "reviews", "trials")],
    lambda v, r, g: (
        g.choice(["nobody-1999", f"{v[:-1]}{(int(v[-1]) + 3) % 10}x", f"x{v}"])
        if v[-1:].isdigit()
        else "nobody-1999"
    ),
    _is_known,
)
cell(
    "broken DOI",
    [("studies", "doi"), ("excluded", "doi"), ("awaiting", "doi")],
    lambda v, r, g: g.choice(
        [f"doi:{v}", f"https://doi.org/{v}", f"{v}.", f"{v};", v.upper(), v[3:]]
        if g.random() < 0.7
        else [v.split("/")[0] + "/", v.replace("/", " /", 1)]
    ),
    lambda p, t, r, c: known(r[c]) and r[c] != r[c].upper(),
)
cell(
    "registry form",
    [("trials", "registry_id")],
    lambda v, r, g: (
        g.choice([v[:-1], v.lower(), v[:3] + "O" + v[4:], f"{v}1", v[1:], f"{v} "])
        if v.startswith("NCT")
        else v.lower()
    ),
)

# --- catchable: what a reader with a pencil sees --------------------------------------------


def _all_three(plot: Plot, table: str, row: Row, column: str) -> bool:
    return all(number(row[c]) is not None for c in ("n_total", "n_treated", "n_control")) and (
        "randomised" in row["design"]
    )


def _shifted(value: str, row: Row, rng: random.Random) -> str:
    return str(max(1, int(value) + rng.choice([-9, -5, -2, -1, 1, 2, 3, 10, 30])))


def _counted(name: str) -> Change:
    def change(value: str, row: Row, rng: random.Random) -> str | None:
        arm = name.rpartition("_")[2]
        n = number(row[f"n_{arm}"])
        return None if n is None else str(int(n) + rng.randrange(1, 40))

    return change


ARMS = ("n_total", "n_treated", "n_control")
cell("arms do not add up", [("studies", c) for c in ARMS], _shifted, _all_three, also=ARMS)
cell(
    "more events than participants",
    [("outcomes", "events_treated"), ("outcomes", "events_control")],
    lambda v, r, g: str(int(v) + 40 + g.randrange(60)),
    _is_number,
)
cell(
    "per cent over its bound",
    [("drying", "retained_percent"), ("reviews", "i2_percent"), ("outcomes", "treated_raw")],
    lambda v, r, g: (
        f"{100 + 25 * float(v):g}" if number(v) else re.sub(r"\d+(\.\d+)?(?= ?%)", "170", v)
    ),
    lambda p, t, r, c: (
        number(r[c]) is not None or ("%" in r[c] and number(r.get("events_treated")) is not None)
    ),
    also=["events_treated", "retained_percent"],
)
cell(
    "unit mix-up",
    [("factors", "unit_raw"), ("factors", "unit"), ("thermal", "value"), ("drying", "before")],
    lambda v, r, g: (
        v.replace("pg", "ng").replace("ng/L", "ng/mL")
        if "g" in v and v.replace("pg", "ng").replace("ng/L", "ng/mL") != v
        else v.replace("ng", "µg")
        if "g" in v
        else f"{float(v) + 273.15:.2f}"
        if "property" in r
        else re.sub(r"\d[\d,.]*", lambda m: f"{float(m[0].replace(',', '')) / 1000:g}", v)
    ),
    lambda p, t, r, c: (
        known(r[c])
        and (t != "drying" or "computed" in r["retained_basis"])
        and (t != "factors" or r["value"] != "NA")
    ),
    also=["value", "retained_percent"],
)
cell(
    "wrong year",
    [("studies", "year"), ("thermal", "year")],
    lambda v, r, g: str(min(2026, max(1950, int(v) + g.choice([-10, -3, -2, -1, 1, 2, 10])))),
    lambda p, t, r, c: r[c].isdigit() and (t == "studies" or _twice(p, t, r, c)),
)
cell(
    "checked before extracted",
    [(t, c) for t, c in DATES if c == "checked_on"],
    lambda v, r, g: (
        pd.Timestamp(r["extracted_on"]) - pd.Timedelta(days=g.randrange(1, 300))
    ).strftime("%Y-%m-%d"),
)
cell(
    "second reading without its date",
    [(t, c) for t, c in DATES if c == "checked_on"],
    lambda v, r, g: "NA",
    lambda p, t, r, c: known(r[c]) and any((t, p.name(t, r)) == k[:2] for k in p.read_twice),
)


def _sided(plot: Plot, table: str, row: Row, column: str) -> bool:
    """Whether the numbers or the p value of a row decide its direction."""
    arms = number(row["mean_treated"]), number(row["mean_control"])
    if None in arms:
        arms = number(row["events_treated"]), number(row["events_control"])
    apart = None not in arms and arms[0] != arms[1] and row["better"] in ("higher", "lower")
    tested = re.fullmatch(r"(?i)p?\s*[<=]?\s*0?\.\d+", row["p_raw"]) is not None
    return row["direction"] != "no comparator" and (apart or tested)


def _other_way(value: str, row: Row, rng: random.Random) -> str:
    turned = {
        "favours product": ["favours comparator", "no clear difference"],
        "favours comparator": ["favours product", "no clear difference"],
        "no clear difference": ["favours product", "favours comparator"],
    }
    return rng.choice(turned[value])


cell("direction against its numbers or p", [("outcomes", "direction")], _other_way, _sided)
cell(
    "direction against its design",
    [("outcomes", "direction")],
    lambda v, r, g: g.choice(["favours product", "favours comparator"]),
    lambda p, t, r, c: (
        r[c] == "no comparator"
        and any(
            s["study_id"] == r["study_id"] and s["design"] in ("single arm", "case report")
            for s in p.clean["studies"]
        )
    ),
)
cell(
    "p against its direction",
    [("outcomes", "p_raw")],
    lambda v, r, g: (
        f"p = {g.choice(['0.06', '0.31', '0.8'])}"
        if r["direction"].startswith("favours")
        else f"p {g.choice(['= 0.004', '< 0.01', '= 0.03'])}"
    ),
    lambda p, t, r, c: r["direction"] != "no comparator" and r["direction"] != "mixed",
    also=["direction"],
)
cell(
    "raw and mean disagree",
    [("outcomes", f"{m}_{a}") for m in ("mean", "spread") for a in ("treated", "control")],
    lambda v, r, g: g.choice([f"{float(v) * 10:g}", f"{float(v) + 1.5:g}", _digit(v, g) or "7"]),
    _is_number,
)
cell(
    "raw and converted value disagree",
    [
        ("factors", "value_raw"),
        ("factors", "value"),
        ("thermal", "value"),
        ("thermal", "value_raw"),
    ],
    lambda v, r, g: re.sub(
        r"\d+", lambda m: str(int(m[0]) + g.randrange(1, 30)), v.replace("Tg", "T"), count=1
    ),
    lambda p, t, r, c: known(r[c]) and known(r["value"]) and not re.search(r"Tg\d", r[c]),
    also=["value"],
)
cell(
    "retention mismatch",
    [("drying", "retained_percent"), ("drying", "before"), ("drying", "after")],
    lambda v, r, g: re.sub(
        r"\d[\d,.]*",
        lambda m: f"{float(m[0].replace(',', '')) * g.choice([0.7, 0.9, 1.1, 1.5]):.3f}",
        v,
        count=1,
    ),
    lambda p, t, r, c: r["retained_basis"].startswith("computed"),
    also=["retained_percent"],
)
cell(
    "interval without its effect",
    [("reviews", c) for c in ("effect", "ci_low", "ci_high")],
    lambda v, r, g: (
        f"{float(r['ci_high']) + g.randrange(1, 9):g}"
        if v != r["ci_high"]
        else f"{float(r['ci_low']) - 1:g}"
    ),
    lambda p, t, r, c: all(number(r[x]) is not None for x in ("effect", "ci_low", "ci_high")),
    also=["effect"],
)
cell(
    "formula injection",
    TEXT,
    lambda v, r, g: g.choice(
        ['=HYPERLINK("http://x.example","see")', f"={v}", f"+{v}", f"@{v}", f"-{v}", "=1+1"]
    ),
    lambda p, t, r, c: known(r[c]) and not r[c][0].isdigit(),
)
cell(
    "invisible character",
    TEXT,
    lambda v, r, g: _inside(
        v, g.choice("\u200b\u00ad\u2060\ufeff\u202e\u200e\t\u0007\u2028\ufe0f\u3164"), g
    ),
    _is_known,
)
cell(
    "space at an end",
    TEXT,
    lambda v, r, g: g.choice([f" {v}", f"{v} ", f"{v}\u00a0"]),
    _is_known,
)
cell(
    "wrong encoding",
    TEXT,
    lambda v, r, g: v.encode().decode(g.choice(["cp1252", "latin-1"]), errors="replace"),
    lambda p, t, r, c: not r[c].isascii(),
)
cell(
    "letters of another alphabet",
    TEXT,
    lambda v, r, g: re.sub("(?<=[a-z])[aeopcx](?=[a-z])", lambda m: _CYRILLIC[m[0]], v, count=1),
    _is_known,
)
cell(
    "other word for absence",
    TEXT,
    lambda v, r, g: g.choice(["n/a", "NaN", "-", "?", "n.a.", "null", "ns", "#N/A", "tbd"]),
)
cell(
    "untrusted host",
    [(t, c) for t, c in ALL if c == "source_url"],
    lambda v, r, g: (
        g.choice(["https://cricutcom-setup.com/", "http://www.cricutcom-setup.com/p/"])
        + str(g.randrange(999))
    ),
    lambda p, t, r, c: r.get("reason") != "untrusted page",
)
cell(
    "address without a host",
    [(t, c) for t, c in ALL if c == "source_url"],
    lambda v, r, g: (
        g.choice(["https://pubmed/1", "http://localhost/x.pdf", "file:///C:/x.pdf"])
        if g.random() < 0.6
        else v.replace("//", "/", 1)
    ),
)
cell(
    "address of another study",
    [(t, "source_url") for t in ("studies", "outcomes", "drying", "production", "trials")],
    lambda v, r, g: (
        re.sub(r"\d(?=\D*$)", lambda m: str((int(m[0]) + 4) % 10), v, count=1)
        if "pubmed" in v
        else v.replace("NCT0", "NCT1")
    ),
    lambda p, t, r, c: (
        re.search(r"NCT0\d{7}", r[c]) is not None
        if t == "trials"
        else re.fullmatch(r"https://pubmed\.ncbi\.nlm\.nih\.gov/\d+/?", r[c]) is not None
        and any(s["study_id"] == r["study_id"] and known(s["pmid"]) for s in p.clean["studies"])
    ),
)
cell(
    "depth and locator disagree",
    [(t, c) for t, c in ALL if c == "locator"],
    lambda v, r, g: (
        "table 2"
        if r["reading_depth"] == "abstract"
        else "abstract and discussion"
        if r["reading_depth"] == "table or figure page"
        else None
    ),
    also=["reading_depth"],
)
cell(
    "design and kind disagree",
    [("studies", "design"), ("studies", "kind")],
    lambda v, r, g: (
        g.choice(["systematic review", "narrative review"])
        if v == r["design"] and r["kind"] != "review"
        else "controlled experiment"
        if v == r["design"]
        else "review"
        if v != "review"
        else g.choice(["human", "animal", "drying"])
    ),
    lambda p, t, r, c: known(r["design"]),
    also=["design", "kind"],
)
cell(
    "species and kind disagree",
    [("studies", "species")],
    lambda v, r, g: g.choice(["rat", "mouse", "rabbit"]) if r["kind"] == "human" else "human",
    lambda p, t, r, c: r["kind"] in ("human", "animal"),
)
cell(
    "control without a control arm",
    [("studies", "n_control"), ("studies", "control_kind")],
    lambda v, r, g: "12" if not v.islower() else "saline or buffer",
    lambda p, t, r, c: r["design"] in ("single arm", "case series", "case report"),
)
cell(
    "impossible trial date",
    [("trials", "start_date"), ("trials", "completion_date")],
    lambda v, r, g: g.choice(["2019-13", "2021-02-30", "0202-01", "2091-05", "1819"]),
    _is_known,
)
cell(
    "trial ends before it starts",
    [("trials", "completion_date")],
    lambda v, r, g: str(int(r["start_date"][:4]) - g.randrange(1, 4)) + v[4:],
    lambda p, t, r, c: known(r[c]) and known(r["start_date"]),
)
cell(
    "wrong gene of a factor",
    [("factors", "gene_symbol")],
    lambda v, r, g: g.choice([x for x in ("VEGFA", "HGF", "EGF", "TGFB1", "KGF") if x != v]),
    _is_known,
)
cell(
    "detected against its value",
    [("factors", "detected")],
    lambda v, r, g: "no" if v == "yes" else "yes",
    lambda p, t, r, c: known(r["value"]) or r[c] == "no",
)
cell("other n than was read", COUNTS, _shifted, _twice)
cell(
    "other word than was read",
    ENUMS,
    lambda v, r, g: None,  # set below: it needs the column
    _twice,
)
cell(
    "altered DOI or PubMed number",
    [("studies", "doi"), ("studies", "pmid")],
    lambda v, r, g: v[:-1] + _digit(v[-1], g) if v[-1].isdigit() else None,  # type: ignore[operator]
    _twice,
)
cell(
    "reading against its status",
    [("readings", "status"), ("readings", "final"), ("readings", "settled")],
    lambda v, r, g: (
        ("differ" if v == "agree" else "agree")
        if v == r["status"]
        else "by the deeper reading"
        if v == r["settled"] == "NA"
        else "something else"
    ),
    lambda p, t, r, c: r["status"] != "differ" and r["first"] != "NA",
    also=["status", "settled"],
)


# --- catchable: more than one cell ----------------------------------------------------------


def several(name: str, *, why: str = "") -> Callable[[Plant], Plant]:
    """Register a kind that has its own function."""

    def register(plant: Plant) -> Plant:
        KINDS.append(Kind(name, plant, why))
        return plant

    return register


def _pick(
    plot: Plot, rng: random.Random, table: str, where: Callable[[Row], bool]
) -> tuple[int, Row] | None:
    spots = [
        i
        for i, row in enumerate(plot.tables[table][: len(plot.clean[table])])
        if where(row) and plot.free(table, i + 2)
    ]
    if not spots:
        return None
    i = rng.choice(spots)
    return i, plot.tables[table][i]


def _swap_arms(row: Row) -> list[str]:
    changed = []
    for treated in [c for c in row if c.endswith("treated") or c == "treated_raw"]:
        control = treated.replace("treated", "control")
        if row[treated] != row[control]:
            row[treated], row[control] = row[control], row[treated]
            changed += [treated, control]
    return changed


def _numbers_apart(row: Row) -> bool:
    return any(
        number(row[f"{m}_treated"]) is not None
        and number(row[f"{m}_control"]) is not None
        and row[f"{m}_treated"] != row[f"{m}_control"]
        for m in ("mean", "events", "n")
    )


def _swapped(name: str, table: str, where: Callable[[Row], bool]) -> Plant:
    def plant(plot: Plot, rng: random.Random) -> Planted | None:
        found = _pick(plot, rng, table, where)
        if found is None:
            return None
        i, row = found
        plot.take(table, i + 2)
        columns = [*_swap_arms(row), "direction"]
        return Planted(name, frozenset((table, i + 2, c) for c in columns), "treated <-> control")

    return plant


KINDS.append(Kind("swapped arms", _swapped("swapped arms", "outcomes", _numbers_apart)))
KINDS.append(
    Kind(
        "swapped arms of a study",
        _swapped(
            "swapped arms of a study",
            "studies",
            lambda r: (
                r["n_treated"].isdigit()
                and r["n_control"].isdigit()
                and r["n_treated"] != r["n_control"]
            ),
        ),
    )
)


@several("duplicate DOI")
def _duplicate_doi(plot: Plot, rng: random.Random) -> Planted | None:
    first = _pick(plot, rng, "studies", lambda r: known(r["doi"]))
    if first is None:
        return None
    plot.take("studies", first[0] + 2)
    second = _pick(plot, rng, "studies", lambda r: known(r["doi"]))
    if second is None:
        return None
    plot.take("studies", second[0] + 2)
    second[1]["doi"] = first[1]["doi"]
    places = frozenset(("studies", i + 2, "doi") for i in (first[0], second[0]))
    return Planted("duplicate DOI", places, first[1]["doi"])


@several("the same study entered again")
def _entered_again(plot: Plot, rng: random.Random) -> Planted | None:
    found = _pick(plot, rng, "studies", lambda r: known(r["doi"]) or known(r["pmid"]))
    if found is None:
        return None
    i, row = found
    plot.take("studies", i + 2)
    line = len(plot.tables["studies"]) + 2
    again = dict(row, study_id=f"again{'abcdefghij'[line % 10]}-{1990 + line % 30}")
    again["first_author"], again["year"] = "NS", again["study_id"][-4:]
    again["title"] = f"{row['title'].upper()}."
    plot.tables["studies"].append(again)
    plot.taken.add(("row", "studies", str(line)))
    places = frozenset(
        ("studies", at, c) for at in (line, i + 2) for c in ("doi", "pmid", "title", "study_id")
    )
    return Planted("the same study entered again", places, row["study_id"])


@several("row pasted twice")
def _pasted_twice(plot: Plot, rng: random.Random) -> Planted | None:
    table = rng.choice([t for t in plot.tables if plot.tables[t] and t != "readings"])
    found = _pick(plot, rng, table, lambda r: True)
    if found is None:
        return None
    i, row = found
    plot.take(table, i + 2)
    line = len(plot.tables[table]) + 2
    plot.tables[table].append(dict(row))
    plot.taken.add(("row", table, str(line)))
    places = frozenset((table, at, "*") for at in (i + 2, line))
    return Planted("row pasted twice", places, plot.name(table, row))


@several("id of another study")
def _another_id(plot: Plot, rng: random.Random) -> Planted | None:
    table = rng.choice(["outcomes", "drying", "factors", "production", "reviews"])
    found = _pick(plot, rng, table, lambda r: True)
    if found is None:
        return None
    i, row = found
    plot.take(table, i + 2)
    old = row["study_id"]
    row["study_id"] = rng.choice(
        [s["study_id"] for s in plot.clean["studies"] if s["study_id"] != old]
    )
    return Planted(
        "id of another study",
        frozenset({(table, i + 2, "study_id")}),
        f"{old} -> {row['study_id']}",
    )


@several("comma without quotes")
def _torn(plot: Plot, rng: random.Random) -> Planted | None:
    table = rng.choice([t for t in plot.tables if plot.tables[t]])
    found = _pick(plot, rng, table, lambda r: True)
    if found is None:
        return None
    i, row = found
    plot.take(table, i + 2)
    row["one cell too many"] = "and more text"
    return Planted("comma without quotes", frozenset({(table, i + 2, "*")}), "one cell too many")


@several("neighbouring cells swapped")
def _neighbours(plot: Plot, rng: random.Random) -> Planted | None:
    table, one, other = rng.choice(
        [
            ("studies", "doi", "pmid"),
            ("studies", "title", "first_author"),
            ("outcomes", "better", "unit"),
            ("outcomes", "p_raw", "direction"),
            ("trials", "start_date", "completion_date"),
            ("reviews", "ci_low", "ci_high"),
            ("thermal", "value_raw", "value"),
            ("factors", "value_raw", "unit_raw"),
        ]
    )
    found = _pick(
        plot, rng, table, lambda r: known(r[one]) and known(r[other]) and r[one] != r[other]
    )
    if found is None:
        return None
    i, row = found
    plot.take(table, i + 2)
    row[one], row[other] = row[other], row[one]
    columns = (one, other, "effect", "value")
    return Planted(
        "neighbouring cells swapped",
        frozenset((table, i + 2, c) for c in columns),
        f"{one} <-> {other}",
    )


def _other_word(name: str, where: Where) -> Plant:
    """Another allowed word of the same column."""

    def fits(plot: Plot, table: str, column: str) -> Callable[[Row], bool]:
        return lambda row: where(plot, table, row, column)

    def plant(plot: Plot, rng: random.Random) -> Planted | None:
        for table, column in rng.sample(ENUMS, len(ENUMS)):
            found = _pick(plot, rng, table, fits(plot, table, column))
            if found is None or table == "readings":
                continue
            i, row = found
            new = rng.choice([w for w in WORDS[table, column] if w != row[column]] or [""])
            if not new:
                continue
            plot.take(table, i + 2)
            old, row[column] = row[column], new
            return Planted(
                name, frozenset({(table, i + 2, column)}), f"{column}: {old!r} -> {new!r}"
            )
        return None

    return plant


KINDS[[k.name for k in KINDS].index("other word than was read")] = Kind(
    "other word than was read", _other_word("other word than was read", _twice)
)

# --- not catchable: nothing in the data knows better ----------------------------------------

cell(
    "plausible n in a cell read once",
    COUNTS,
    lambda v, r, g: str(int(v) + 1),
    lambda p, t, r, c: (
        _once(p, t, r, c)
        and not all(number(r.get(x)) is not None for x in ARMS)
        and t != "outcomes"
    ),
    why="no other cell of the package knows the number; only the source does",
)
KINDS.append(
    Kind(
        "allowed but wrong word in a cell read once",
        _other_word(
            "allowed but wrong word in a cell read once",
            lambda p, t, r, c: (
                _once(p, t, r, c) and c in ("dispersion", "reason", "design") and t != "studies"
            ),
        ),
        "the word is in the vocabulary and no second reading of the cell stands beside it",
    )
)
cell(
    "finding told the other way round",
    [("studies", "finding"), ("drying", "result")],
    lambda v, r, g: re.sub(r"\b(not|no|higher|lower|more|less|better)\b", "also", v, count=1),
    why="free text is not read by code; the coded direction beside it is",
)
cell(
    "other unit in words",
    [("outcomes", "unit")],
    lambda v, r, g: {"mm": "cm", "hairs/cm2": "hairs/mm2", "score": "points"}.get(v),
    why="a unit that is only named converts nothing, so nothing contradicts it",
)
cell(
    "other page or table of the source",
    [("outcomes", "locator"), ("drying", "locator"), ("trials", "locator")],
    lambda v, r, g: re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 9 + 1), v, count=1),
    lambda p, t, r, c: re.search(r"(table|figure) \d", r[c]) is not None,
    why="the table of the source would have to be opened",
)
cell(
    "address with another number",
    [("studies", "source_url"), ("excluded", "source_url"), ("awaiting", "source_url")],
    lambda v, r, g: re.sub(r"\d(?=\D*$)", lambda m: str((int(m[0]) + 4) % 10), v, count=1),
    lambda p, t, r, c: (
        re.search(r"\d/?$", r[c]) is not None and not re.search(r"10\.\d{4}|pubmed", r[c])
    ),
    why="the package keeps DOI and PubMed numbers, not the numbering of every site",
)
cell(
    "wrong year or DOI of an excluded paper",
    [("excluded", "year"), ("excluded", "doi")],
    lambda v, r, g: v[:-1] + str((int(v[-1]) + 3) % 7) if v[-1].isdigit() else None,
    _is_known,
    why="excluded papers are listed once and carry no number that repeats it",
)
cell(
    "value taken out",
    [("outcomes", "n_treated"), ("studies", "pmid"), ("trials", "n_planned")],
    lambda v, r, g: "NS",
    _twice,
    why="a later edit may withdraw a value; the readings still hold it",
)
cell(
    "other count in the search log",
    [("searches", "records_screened")],
    lambda v, r, g: str(int(v) + g.randrange(1, 9)),
    why="what a search returned on its day cannot be asked again",
)
cell(
    "date a few days off",
    [(t, c) for t, c in DATES if c == "read_on"],
    lambda v, r, g: (pd.Timestamp(v) - pd.Timedelta(days=g.randrange(1, 5))).strftime("%Y-%m-%d"),
    why="any day on which the book was read is possible",
)


@several(
    "cell and its readings altered alike",
    why="who writes the same wrong value into the table and both readings leaves no trace",
)
def _forged(plot: Plot, rng: random.Random) -> Planted | None:
    found = _pick(
        plot,
        rng,
        "trials",
        lambda r: _twice(plot, "trials", r, "n_planned") and int(r["n_planned"]) > 4,
    )
    if found is None:
        return None
    i, row = found
    plot.take("trials", i + 2)
    old, row["n_planned"] = row["n_planned"], str(int(row["n_planned"]) + 2)
    for reading in plot.tables["readings"]:
        if (reading["table"], reading["row"], reading["field"]) == (
            "trials",
            row["registry_id"],
            "n_planned",
        ):
            reading["first"] = reading["second"] = reading["final"] = row["n_planned"]
            reading["status"], reading["settled"] = "agree", "NA"
    places = frozenset({("trials", i + 2, "n_planned")})
    return Planted("cell and its readings altered alike", places, f"{old} -> {row['n_planned']}")


@several(
    "swapped arms told in words",
    why="the two texts name no number and the direction is coded apart from them",
)
def _words_swapped(plot: Plot, rng: random.Random) -> Planted | None:
    found = _pick(
        plot,
        rng,
        "outcomes",
        lambda r: (
            known(r["treated_raw"])
            and known(r["control_raw"])
            and not re.search(r"\d", r["treated_raw"] + r["control_raw"])
        ),
    )
    if found is None:
        return None
    i, row = found
    plot.take("outcomes", i + 2)
    row["treated_raw"], row["control_raw"] = row["control_raw"], row["treated_raw"]
    places = frozenset({("outcomes", i + 2, "treated_raw"), ("outcomes", i + 2, "control_raw")})
    return Planted("swapped arms told in words", places, "treated <-> control")


# --- plant and count ------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of the planted corruptions."""

    planted: list[Planted] = field(default_factory=list)
    caught: set[int] = field(default_factory=set)
    wrongly_accused: list[str] = field(default_factory=list)

    def table(self) -> pd.DataFrame:
        """One row a kind: planted, caught, share in per cent, why not catchable."""
        why = {k.name: k.why for k in KINDS}
        total = Counter(p.kind for p in self.planted)
        hit = Counter(self.planted[i].kind for i in self.caught)
        rows = [
            {
                "kind": kind,
                "catchable": "no" if why[kind] else "yes",
                "planted": total[kind],
                "caught": hit[kind],
                "share_percent": round(100 * hit[kind] / total[kind], 1),
                "why_not": why[kind] or "NA",
            }
            for kind in (k.name for k in KINDS)
            if total[kind]
        ]
        return pd.DataFrame(rows)

    def missed(self) -> Iterator[str]:
        for i, planted in enumerate(self.planted):
            if i not in self.caught:
                yield f"{planted.kind}: {sorted(planted.places)} {planted.change}"


def run(count: int, *, catchable: bool = True, seed: int = SEED, batches: int = 5) -> Outcome:
    """Plant corruptions of all kinds in turn into copies of the data, and validate each copy.

    Parameters
    ----------
    count : int
        How many to plant.
    catchable : bool
        Whether of the catchable kinds or of the others.
    seed : int
        Seed of the random generator.
    batches : int
        How many copies of the data they are spread over.
    """
    rng = random.Random(seed)
    clean = read(DATA)
    headers = {
        table: next(
            csv.reader([(DATA / f"{table}.csv").read_text(encoding="utf-8").split("\n")[0]])
        )
        for table in clean
    }
    plots = [Plot(clean, SCHEMA) for _ in range(batches)]
    kinds = [k for k in KINDS if bool(k.why) != catchable]
    outcome = Outcome()
    where: list[int] = []
    while kinds and len(where) < count:
        for kind in list(kinds):
            if len(where) == count:
                break
            for b in rng.sample(range(batches), batches):
                planted = kind.plant(plots[b], rng)
                if planted:
                    outcome.planted.append(planted)
                    where.append(b)
                    break
            else:
                kinds.remove(kind)  # no row is left that could be spoilt in this way
    for b, plot in enumerate(plots):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(DATA / "datapackage.json", folder)
            write(plot.tables, headers, Path(folder))
            problems = checks.check_package(Path(folder) / "datapackage.json")
        reported = {
            (Path(f).stem, int(line), c)
            for f, line, c in zip(
                problems["file"], problems["row"], problems["column"], strict=True
            )
        }
        lines = {(table, line) for table, line, _ in reported}
        for i, planted in enumerate(outcome.planted):
            if where[i] == b and any(
                place in reported or (place[2] == "*" and place[:2] in lines)
                for place in planted.places
            ):
                outcome.caught.add(i)
        outcome.wrongly_accused += [
            f"{table}:{line}:{column}"
            for table, line, column in sorted(reported)
            if plot.accused_wrongly(table, line)
        ]
    return outcome


def main() -> None:
    found, rest = run(300), run(40, catchable=False, batches=1)
    table = pd.concat([found.table(), rest.table()])
    table.to_csv(KEPT, index=False, lineterminator="\n")
    print(table.drop(columns="why_not").to_string(index=False))
    print(*found.missed(), *found.wrongly_accused, sep="\n")
    print(f"{len(found.caught)} of {len(found.planted)} caught; kept in {KEPT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""Every chapter keeps to the template, and no evidence figure is typed by hand."""

from __future__ import annotations

import html
import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
import yaml

import build
import secretome

ROOT = Path(__file__).resolve().parents[1]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
FILES = [*build._chapters(TOC)]
# pages that teach; the others are for looking up
LOOK_UP = {
    "index",
    "chapters/evidence/explorer",
    "chapters/evidence/explorer-of-products",
    *(f"chapters/teach/{page}" for page in (
        "syllabus", "sheets", "instructors-notes", "exercises", "quiz-bank", "add-a-study")),
}  # fmt: skip
CHAPTERS = [f for f in FILES if f not in LOOK_UP and "/reference/" not in f]
NOTEBOOKS = [f for f in FILES if "{code-cell}" in (ROOT / f"{f}.md").read_text(encoding="utf-8")]
BANK: list[dict[str, Any]] = json.loads(
    (ROOT / "chapters" / "quiz-bank.json").read_text(encoding="utf-8")
)["items"]


def _text(name: str) -> str:
    return (ROOT / f"{name}.md").read_text(encoding="utf-8")


def _cells(text: str) -> list[str]:
    return re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", text, re.M | re.S)


def _code_lines(cell: str) -> list[str]:
    return [
        line for line in cell.splitlines() if line.strip() and not line.startswith((":", "---"))
    ]


def _prose(text: str) -> list[str]:
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^```\{code-cell\}.*?^```$", "", text, flags=re.M | re.S)
    text = re.sub(r"^```python.*?^```$", "", text, flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "", text, flags=re.S)
    return text.splitlines()


def test_every_page_of_the_contents_exists_and_no_page_is_left_out() -> None:
    on_disk = {
        p.relative_to(ROOT).with_suffix("").as_posix() for p in ROOT.glob("chapters/**/*.md")
    }
    assert on_disk == set(FILES) - {"index"}


@pytest.mark.parametrize("name", FILES)
def test_one_title(name: str) -> None:
    titles = [line for line in _prose(_text(name)) if re.match(r"# \S", line)]
    assert len(titles) == 1


@pytest.mark.parametrize("name", FILES)
def test_file_names(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9/-]+", name)


@pytest.mark.parametrize("name", CHAPTERS)
def test_head_says_what_when_and_how_long(name: str) -> None:
    text = _text(name)
    for part in ("You will be able to", "You need first", "Time", "Evidence current to"):
        assert f"**{part}**" in text, part
    assert re.search(r"\*\*Time\*\* \d+ minutes", text)


@pytest.mark.parametrize("name", CHAPTERS)
def test_sections_of_the_template(name: str) -> None:
    headings = re.findall(r"^## (.+)$", _text(name), re.M)
    know = "What we know, how sure we are, what would change it"
    if name == "chapters/start/methods":
        # a method is not known more or less surely; it is finished or not
        know = "What this book does not do yet"
    for part in (know, "Key points", "Check yourself", "Exercises", "How to report this"):
        assert part in headings, part


def test_chapters_that_the_package_names_exist() -> None:
    titles = [re.findall(r"^# (.+)$", _text(name), re.M)[0] for name in CHAPTERS]
    wrong = []
    for file in sorted((ROOT / "src").rglob("*.py")):
        text = " ".join(file.read_text(encoding="utf-8").split())
        for named in re.findall(r"chapters? ((?:\*[A-Z][^*]+\*(?:, | and )?)+)", text):
            for title in re.findall(r"\*([^*]+)\*", named):
                if not any(re.match(rf"{re.escape(title)}\b", known) for known in titles):
                    wrong.append(f"{file.name}: {title}")
    assert wrong == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_five_questions(name: str) -> None:
    short = name.removeprefix("chapters/")
    assert f"```{{quiz}} {short}\n" in _text(name)
    assert sum(q["chapter"] == short for q in BANK) >= 5


@pytest.mark.parametrize("name", CHAPTERS)
def test_three_exercises_at_three_levels_with_folded_executed_solutions(name: str) -> None:
    text = _text(name)
    labels = re.findall(r"^```\{exercise-start\}.*\n:label: (\S+)", text, re.M)
    assert len(labels) >= 3
    for level in ("(Easy.)", "(Middle.)", "(Hard.)"):
        assert level in text, level
    for label in labels:
        solution = re.search(
            rf"^```\{{solution-start\}} {label}\n:class: dropdown\n```$(.*?)^```\{{solution-end\}}",
            text,
            re.M | re.S,
        )
        assert solution, f"{label} has no folded solution"
        assert "{code-cell}" in solution[1], f"the solution of {label} is not executed"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs_when_downloaded_alone(name: str) -> None:
    first = _cells(_text(name))[0]
    address = CONFIG["repository"]["url"]
    version = secretome.__version__
    assert "except ModuleNotFoundError" in first
    assert f'%pip install -q "secretome @ git+{address}@v{version}"' in first
    assert "Installing" in first, "the reader must see what happens"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_downloaded_chapter_asks_for_no_library_that_is_an_extra(name: str) -> None:
    for call in re.findall(r"secretome\.validate\([^)]*\)", "\n".join(_cells(_text(name)))):
        assert "schema=False" in call, "the first cell installs the package without frictionless"


@pytest.mark.parametrize(
    "file", [*(f"{name}.md" for name in FILES), "README.md", "CITATION.cff", "_config.yml"]
)
def test_repository_address_is_the_same_everywhere(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    own = CONFIG["repository"]["url"]
    found = set(re.findall(r"https://github\.com/[\w-]+/[\w-]+", text))
    assert {a for a in found if a.endswith(f"/{own.rpartition('/')[2]}")} <= {own}
    name = own.removeprefix("https://github.com/")
    named = re.findall(rf"{name}(?:@v|/v|/(?:blob|tree)/v)(\d+\.\d+\.\d+)", text)
    assert set(named) <= {secretome.__version__}


@pytest.mark.parametrize(
    "name",
    [
        "start/using-this-book",
        "teach/add-a-study",
        "teach/instructors-notes",
        "teach/syllabus",
        "reference/cite-and-credits",
    ],
)
def test_a_reader_who_is_asked_to_report_gets_the_address(name: str) -> None:
    assert f"{CONFIG['repository']['url']}/issues" in _text(f"chapters/{name}")


def test_every_page_offers_to_report_a_mistake() -> None:
    assert f'href="{CONFIG["repository"]["url"]}/issues"' in CONFIG["html"]["extra_footer"]


# --- the syllabi -------------------------------------------------------------------------


def _tables(text: str) -> list[list[list[str]]]:
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.M)
    return [[[c.strip() for c in r.strip("|").split(" | ")] for r in t.splitlines()] for t in found]


def _linked(cell: str) -> list[str]:
    folder = ROOT / "chapters" / "teach"
    links = re.findall(r"\]\(([\w./-]+)\.md", cell)
    return [(folder / link).resolve().relative_to(ROOT).as_posix() for link in links]


def _needed(name: str) -> list[str]:
    """Chapters that a chapter says must be read first."""
    said = re.search(r"\*\*You need first\*\*(.*?)(?:Helpful|\n)", _text(name))
    links = re.findall(r"\]\(([\w./-]+)\.md", said[1]) if said else []
    folder = (ROOT / f"{name}.md").parent
    return [(folder / link).resolve().relative_to(ROOT).as_posix() for link in links]


def test_sessions_add_up_to_ninety_minutes() -> None:
    plans = [t for t in _tables(_text("chapters/teach/syllabus")) if t[0][0] == "Minutes"]
    assert len(plans) == 5
    for plan in plans:
        assert sum(int(row[0]) for row in plan[2:]) == 90
    works = re.findall(r"^\| \d+ \| (.*\(\d+\).*) \|$", _text("chapters/teach/syllabus"), re.M)
    assert len(works) == 10
    for work in works:
        assert sum(map(int, re.findall(r"\((\d+)\)", work))) == 45, work


@pytest.mark.parametrize("sessions", [4, 10])
def test_syllabus_puts_a_chapter_after_those_it_needs(sessions: int) -> None:
    tables = _tables(_text("chapters/teach/syllabus"))
    table = next(t for t in tables if "Read before" in t[0] and len(t) == sessions + 2)
    at = table[0].index("Read before")
    read: list[str] = []
    for row in table[2:]:
        read += _linked(row[at])
        for name in _linked(row[at]):
            missing = set(_needed(name)) - set(read)
            assert not missing, f"{name} needs {missing}"
        linked = [c for c in _linked(row[at]) if c in CHAPTERS]
        timed = re.search(r"\{minutes\}`([^`]*)`", " | ".join(row))
        assert timed
        summed = [f"{part.strip()}.md" for part in timed[1].split(",")]
        assert linked == [c for p in summed for c in _linked(f"[]({p})")]


def test_long_syllabus_places_every_chapter() -> None:
    long = _text("chapters/teach/syllabus").split("## Ten sessions")[1]
    assert set(CHAPTERS) <= set(_linked(long))


def test_lines_of_the_syllabus_run() -> None:
    for lines in re.findall(
        r"^```python\n(.*?)^```$", _text("chapters/teach/syllabus"), re.M | re.S
    ):
        exec(lines, {})


def test_code_cells_are_small() -> None:
    visible, every = [], []
    for name in NOTEBOOKS:
        for cell in _cells(_text(name)):
            size = len(_code_lines(cell))
            every.append(size)
            if "hide-input" not in cell:
                visible.append(size)
    assert statistics.median(visible) <= 4
    assert statistics.quantiles(visible, n=10)[-1] < 15
    assert max(every) <= 40


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_function_that_a_second_chapter_needs(name: str) -> None:
    mine = set(re.findall(r"^def (\w+)", "\n".join(_cells(_text(name))), re.M))
    for other in NOTEBOOKS:
        if other != name:
            theirs = set(re.findall(r"^def (\w+)", "\n".join(_cells(_text(other))), re.M))
            assert not mine & theirs


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_glued_names_are_used_and_used_names_are_glued(name: str) -> None:
    text = _text(name)
    made = set(re.findall(r'glue\(\s*"([\w-]+)"', text))
    made |= {
        f"n_{o}"
        for loop in re.findall(r"for organ in \(([^)]*)\)", text)
        for o in re.findall(r'"(\w+)"', loop)
    }
    used = set(re.findall(r"\{glue:text\}`([\w-]+)", text))
    assert used <= made
    assert made <= used, "glued and never shown"


# --- figures of evidence ------------------------------------------------------------------

_FIGURE = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*(?:%|per cent|studies|trials|patients|people|participants"
    r"|rats|mice|animals|pg/mL|ng/L|ng/mL|months)\b|(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*%"
)
# not evidence: conventions of statistics, and what a sentence says of imagined cases
_CONVENTIONS = re.compile(r"at 95 % confidence|\((?:Easy|Middle|Hard)\.\)")


def _words_of_study(study_id: str) -> str:
    tables = ("studies", "outcomes", "drying", "factors", "production", "reviews", "claim_evidence")
    parts = []
    for table in tables:
        frame = secretome.load(table, missing="code")
        rows = frame[frame["study_id"] == study_id]
        parts.append(" ".join(rows.astype(str).to_numpy().ravel()))
    return " ".join(parts)


@pytest.mark.parametrize("name", FILES)
def test_no_figure_of_evidence_is_typed_by_hand(name: str) -> None:
    """A figure in prose is glued, or stands in the rows of a study named on the same line."""
    wrong = []
    for line in _prose(_text(name)):
        if _CONVENTIONS.search(line):
            continue
        numbers = [a or b for a, b in _FIGURE.findall(line)]
        if not numbers:
            continue
        said = " ".join(_words_of_study(s) for s in re.findall(r"\{study\}`([\w-]+)`", line))
        wrong += [
            f"{number}: {line.strip()}"
            for number in numbers
            if not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", said)
        ]
    assert wrong == []


# --- direction of a sentence against its row -----------------------------------------------

_DIRECTION_WORDS = {
    "no difference": {"no clear difference", "mixed", "favours comparator"},
    "found no protection": {"no clear difference", "favours comparator", "mixed"},
    "was null": {"no clear difference", "mixed"},
}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_null_sentence_cites_a_study_with_a_null_row(name: str) -> None:
    outcomes = secretome.load("outcomes")
    wrong = []
    for line in _prose(_text(name)):
        for words, allowed in _DIRECTION_WORDS.items():
            for sentence in re.split(r"(?<=[.;:])\s", line):
                if words not in sentence:
                    continue
                for study in re.findall(r"\{study\}`([\w-]+)`", sentence):
                    rows = outcomes[outcomes["study_id"] == study]
                    if not rows.empty and not set(rows["direction"]) & allowed:
                        wrong.append(f"{study}: {sentence}")
    assert wrong == []


def test_a_card_shows_reason_and_place_of_each_judgement() -> None:
    from secretome_book import registers

    rows = secretome.load("risk_of_bias", missing="code")
    one = rows[rows["study_id"] == rows["study_id"].iloc[0]]
    fields = secretome.describe("studies").set_index("column")
    related = {name: rows.head(0) for name in registers._OF_A_STUDY} | {"risk_of_bias": rows}
    card = registers._study_block(registers.studies().loc[one["study_id"].iloc[0]], fields, related)
    table = card.partition("<caption>Risk of bias</caption>")[2]
    for column in ("reason", "locator"):
        assert f'<th scope="col">{column}</th>' in table
        for text in one[column]:
            assert html.escape(text) in table


# --- the quiz bank ---------------------------------------------------------------------------


def test_quiz_bank_fits_its_schema() -> None:
    import jsonschema

    schema = json.loads((ROOT / "chapters" / "quiz-bank.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate({"description": "x", "items": BANK}, schema)


def test_quiz_ids_are_unique_and_one_option_is_right() -> None:
    ids = [q["id"] for q in BANK]
    assert len(ids) == len(set(ids))
    for question in BANK:
        assert sum(o["right"] for o in question["options"]) == 1, question["id"]


@pytest.mark.parametrize("right", [[], [0, 1]])
def test_schema_refuses_no_right_option_and_two(right: list[int]) -> None:
    import jsonschema

    schema = json.loads((ROOT / "chapters" / "quiz-bank.schema.json").read_text(encoding="utf-8"))
    item = json.loads(json.dumps(BANK[0]))
    for place, option in enumerate(item["options"]):
        option["right"] = place in right
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"description": "x", "items": [item]}, schema)


def _place(question: dict[str, Any]) -> int:
    return [o["right"] for o in question["options"]].index(True)


def test_length_does_not_give_the_right_option_away() -> None:
    longest = shortest = 0
    telling = []
    for question in BANK:
        sizes = [len(o["text"]) for o in question["options"]]
        right = sizes.pop(_place(question))
        longest += right > max(sizes)
        shortest += right < min(sizes)
        if right > 1.5 * max(sizes):
            telling.append(question["id"])
    assert telling == [], "more than 1.5 times as long as the next"
    assert longest <= 0.45 * len(BANK)
    assert shortest <= 0.45 * len(BANK)


@pytest.mark.parametrize("chapter", sorted({q["chapter"] for q in BANK}))
def test_place_does_not_give_the_right_option_away(chapter: str) -> None:
    assert len({_place(q) for q in BANK if q["chapter"] == chapter}) > 1


def test_every_quiz_belongs_to_a_chapter() -> None:
    assert {q["chapter"] for q in BANK} <= {c.removeprefix("chapters/") for c in CHAPTERS}


# --- the project speaks of itself alone --------------------------------------------------------


def test_no_path_of_a_machine_and_no_registry_host() -> None:
    import subprocess

    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    bad = re.compile(
        r"(?<![\w.])/(?:root|home/\w+|work)/|pythonhosted|registry\.npmjs|deb\.debian\.org"
    )
    found = []
    for file in listed:
        path = ROOT / file
        if file.startswith(("assets/vendor", "assets/test", "tests/")) or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{file}: {m[0]}" for m in bad.finditer(text)]
    assert found == []

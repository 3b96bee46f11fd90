"""What lecturers print and plan with: reading times, sheets, and the quiz for another platform.

* ``{minutes}`chapter, chapter` `` is the sum of the times that those chapters state, so that
  a syllabus cannot promise less reading than its chapters do;
* ``{sheet} claims`` is the list of claims without a verdict, ``{sheet} abstracts`` a choice of
  sources to read, ``{sheet} reading`` an empty row, ``{sheet} example`` the row of a study in
  the same form, and ``{sheet} line`` the beginning of its line in the file;
* ``{book-citation}`` is the citation of the whole book;
* the quiz bank is written once more as GIFT, which learning platforms import.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

import secretome
from secretome_book import quizzes, registers, sharing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

GIFT = "quiz-bank-gift.txt"
_TIME = re.compile(r"\*\*Time\*\* (\d+) minutes")
_SEEDS = {
    "f": "a mini-review on freeze-dried factors of bone marrow stem cells",
    "p": "the reference list of a commentary on conditioned medium",
    "a": "a conference abstract on the application of conditioned medium",
}


def minutes(file: Path) -> int | None:
    """The time that a chapter states in its head."""
    found = _TIME.search(file.read_text(encoding="utf-8")) if file.exists() else None
    return int(found[1]) if found else None


class MinutesRole(SphinxRole):
    """``{minutes}`../biology/secretome, making` ``: the chapters' own times, added."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        here = Path(self.env.doc2path(self.env.docname)).parent
        total = 0
        for name in self.text.split(","):
            file = (here / f"{name.strip()}.md").resolve()
            self.env.note_dependency(str(file))
            time = minutes(file)
            if time is None:
                logger.warning(
                    "the chapter %r states no time", name.strip(), location=self.get_location()
                )
            total += time or 0
        return [nodes.Text(f"{total} min")], []


class Sheet(SphinxDirective):
    """One sheet to print."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        kind, *rest = self.arguments
        up = "../" * self.env.docname.count("/")
        makers: dict[str, Callable[[], str]] = {
            "claims": lambda: _claims(up),
            "abstracts": _abstracts,
            "reading": _reading,
            "example": lambda: _reading(rest[0]),
        }
        if kind == "line":
            return [nodes.literal_block("", _line(rest[0]), language="text")]
        return [nodes.raw("", makers[kind](), format="html")]


def _table(label: str, head: list[str], rows: list[list[str]]) -> str:
    """A table whose cells are HTML; the first cell of a row names it."""
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{c}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="sb-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">'
        f'<table class="table sb-sheet"><caption>{html.escape(label)}</caption><thead><tr>'
        + "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
        + f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _study_link(key: str, up: str) -> str:
    study = registers.studies().loc[key]
    name = html.escape(registers.short_name(study))
    return f'<a href="{up}{registers.address(study)}">{name}</a>'


def _claims(up: str) -> str:
    claims = secretome.load("claims")
    rows = secretome.load("claim_evidence")
    known = set(registers.studies().index)
    parts = []
    for letter, source in _SEEDS.items():
        sheet = []
        for claim in claims[claims["claim_id"].str.startswith(letter)].to_dict("records"):
            found = sorted(set(rows.loc[rows["claim_id"] == claim["claim_id"], "study_id"]) & known)
            sheet.append([
                html.escape(claim["claim_id"]),
                html.escape(claim["claim"]),
                ", ".join(_study_link(key, up) for key in found) or "none found",
                "☐&nbsp;yes<br>☐&nbsp;no<br>☐&nbsp;cannot say",
                "☐&nbsp;yes<br>☐&nbsp;no<br>☐&nbsp;cannot say",
            ])  # fmt: skip
        head = ["Claim", "In our words", "Studies to read", "First vote", "Second vote"]
        parts.append(_table(f"Claims {letter}, from {source}", head, sheet))
    return "".join(parts)


def _abstracts(most: int = 12) -> str:
    studies = secretome.load("studies", missing="code")
    fit = studies[
        (studies["kind"] == "human")
        & (studies["reading_depth"] == "abstract")
        & studies["source_url"].str.contains("pubmed.ncbi.nlm.nih.gov", regex=False)
    ].sort_values("study_id")
    rows = [
        [
            html.escape(registers.short_name(study)),
            f"<bdi>{html.escape(study['title'])}</bdi>",
            f'<a class="reference external" href="{html.escape(study["source_url"], quote=True)}">'
            f"PubMed {html.escape(study['pmid'])}</a>",
        ]
        for _, study in fit.head(most).iterrows()
    ]
    return _table("Abstracts of studies in people", ["Study", "Title", "Address"], rows)


def _reading(key: str | None = None) -> str:
    fields = secretome.describe("studies")
    study = None if key is None else registers.studies().loc[key]
    computed = {"extracted_on", "checked_on"}
    rows = [
        [
            f"<code>{html.escape(field['column'])}</code>",
            _asks(field),
            "&nbsp;" if study is None else registers._shown(study[field["column"]]),
        ]
        for field in fields.to_dict("records")
        if study is not None or field["column"] not in computed
    ]
    label = "One row of studies, empty" if study is None else f"The row {key} of studies"
    filled = "What I read, and where" if study is None else "Filled"
    return _table(label, ["Column", "What it asks", filled], rows)


def _line(key: str, most: int = 300) -> str:
    """The beginning of a row as it stands in its file, below the beginning of the header."""
    lines = (secretome.tables.data_path() / "studies.csv").read_text("utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"{key},"))
    return "\n".join(f"{line[:most].rpartition(',')[0]},…" for line in (lines[0], row))


def _asks(field: dict[str, Any]) -> str:
    text = html.escape(field["description"])
    words = str(field["allowed"]) if " | " in str(field["allowed"]) else ""
    needed = " <em>Always needed.</em>" if field["required"] else ""
    return f"{text}{needed}" + (f"<br><small>{html.escape(words)}</small>" if words else "")


class QuizDownload(SphinxDirective):
    """``{quiz-download}``: the link to the quiz in GIFT."""

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        link = (
            f'<p><a class="reference download" href="{up}_static/{GIFT}" download>{GIFT}</a>: '
            "the same questions with their explanations in GIFT, a text format that Moodle "
            "imports, one category a chapter</p>"
        )
        return [nodes.raw("", link, format="html")]


class BookCitation(SphinxDirective):
    """``{book-citation}``: how to cite the whole book, in text and in BibTeX."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "CITATION.cff"))
        cff = sharing.citation(root)
        forms = sharing.references(cff["title"], self.config.html_baseurl, cff)
        quote = nodes.block_quote("", nodes.paragraph("", forms["text"]))
        return [quote, nodes.literal_block("", forms["bib"].strip(), language="bibtex")]


# --- the quiz for a learning platform ---------------------------------------------------------


def _plain(text: str) -> str:
    """Text in which GIFT sees no sign of its own."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", " ".join(text.split()))


def gift(items: list[dict[str, Any]]) -> str:
    """The questions in GIFT, one category a chapter, with the explanation of each option."""
    parts = []
    chapter = ""
    for item in items:
        if item["chapter"] != chapter:
            chapter = item["chapter"]
            parts.append(f"$CATEGORY: $course$/The MSC secretome/{chapter.replace('/', ' - ')}")
        options = "\n".join(
            f"{'=' if o['right'] else '~'}{_plain(o['text'])}#{_plain(o['why'])}"
            for o in item["options"]
        )
        parts.append(f"::{_plain(item['id'])}::[plain]{_plain(item['question'])} {{\n{options}\n}}")
    return "\n\n".join(parts) + "\n"


def _write_gift(app: Sphinx, exception: Exception | None) -> None:
    file = Path(app.srcdir) / "chapters" / "quiz-bank.json"
    if exception or app.builder.format != "html" or not file.exists():
        return
    text = gift(sorted(quizzes.bank(file), key=lambda item: item["chapter"]))
    (Path(app.outdir) / "_static" / GIFT).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the role and the directive; write the quiz."""
    app.add_role("minutes", MinutesRole())
    app.add_directive("sheet", Sheet)
    app.add_directive("book-citation", BookCitation)
    app.add_directive("quiz-download", QuizDownload)
    app.connect("build-finished", _write_gift)

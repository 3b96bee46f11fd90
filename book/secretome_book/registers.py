"""Links from prose to the rows of the evidence tables, and the pages they point to.

``{study}`tak-2020` `` in a chapter becomes a link to the card of that study; an id that is not
in the tables is a warning, and a warning stops the build.  The register lists every study, one
line each; the cards stand on pages below it, so that none is too heavy for a first visit.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

import secretome
from secretome.tables import MISSING_CODES

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

REGISTER_PAGE = "chapters/reference/studies"
_PAGE_OF_KIND = {
    "human": "people",
    "animal": "animals-skin-and-other-organs",
    "drying": "drying-and-storage",
    "review": "reviews",
    "production": "making-and-content",
    "composition": "making-and-content",
    "in vitro": "making-and-content",
    "background": "background",
}
_PAGE_OF_ORGAN = {
    "brain": "animals-nerves-and-eyes",
    "nerve and spinal cord": "animals-nerves-and-eyes",
    "eye": "animals-nerves-and-eyes",
    "bone": "animals-bones-joints-and-teeth",
    "joint": "animals-bones-joints-and-teeth",
    "muscle and tendon": "animals-bones-joints-and-teeth",
    "teeth and gums": "animals-bones-joints-and-teeth",
    "heart and vessels": "animals-inner-organs",
    "lung": "animals-inner-organs",
    "kidney": "animals-inner-organs",
    "liver": "animals-inner-organs",
    "gut": "animals-inner-organs",
    "pancreas and diabetes": "animals-inner-organs",
}
"""Studies in animals are too many for one page; organs that are not named here share the last."""
_OF_A_STUDY = {
    "outcomes": "Outcomes",
    "drying": "Drying and storage",
    "factors": "Factors measured",
    "production": "Production",
    "reviews": "Pooled figures",
    "trials": "Registry records",
    "claim_evidence": "Bearing on claims",
    "risk_of_bias": "Risk of bias",
}
_ABSTRACT_ONLY = (
    '<sup class="sb-abstract-only"><abbr title="only its abstract was read">(a)</abbr></sup>'
)
_PLUMBING = {"study_id", "source_url", "locator", "reading_depth", "extracted_on", "checked_on"}
# a judgement is believed for its reason and the part that was read, so its card shows both
_SHOWN_ALL_THE_SAME = {("risk_of_bias", "locator")}


@functools.cache
def studies() -> pd.DataFrame:
    """The studies by their id, read once a build: every cell of every chapter asks for them."""
    return (
        secretome.load("studies", missing="code")
        .set_index("study_id", drop=False)
        .rename_axis(None)
    )


def short_name(study: pd.Series[Any]) -> str:
    """Name of a study in prose: author and year, with the letter of its id.

    Square brackets, as in a library's catalogue, say that what they hold is not in the source.
    """
    letter = re.sub(r".*-(?:\d{4}|nd)", "", study["study_id"])
    author = "[author unseen]" if study["first_author"] == "NS" else study["first_author"]
    year = "undated" if study["year"] == "NS" else study["year"]
    return f"{author} {year}{letter and f' no. {letter}' if year == 'undated' else letter}"


def card_page(study: pd.Series[Any]) -> str:
    """The page below the register that holds the card of a study."""
    page = _PAGE_OF_KIND[study["kind"]]
    if study["kind"] == "animal":
        page = _PAGE_OF_ORGAN.get(study["organ"], page)
    return f"{REGISTER_PAGE}/{page}"


def address(study: pd.Series[Any]) -> str:
    """Where the card of a study stands, from the root of the site."""
    return f"{card_page(study)}.html#study-{study['study_id']}"


class StudyRole(SphinxRole):
    """``{study}`id` ``: a link to the card of a study."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        register = studies()
        key = self.text.strip()
        if key not in register.index:
            logger.warning(
                "there is no study %r in data/studies.csv", key, location=self.get_location()
            )
            return [nodes.literal(text=key)], []
        study = register.loc[key]
        depth = str(study["reading_depth"])
        link = nodes.reference(
            "",
            short_name(study),
            internal=True,
            refuri=f"{self._up()}{address(study)}",
            classes=["sb-study"],
            reftitle=f"{study['title']} (read: {depth})",
        )
        marks: list[nodes.Node] = [link]
        if depth == "abstract":
            # a reader must see where only an abstract stands behind a sentence
            marks.append(nodes.raw("", _ABSTRACT_ONLY, format="html"))
        return marks, []

    def _up(self) -> str:
        return "../" * self.env.docname.count("/")


def _of_page(page: str) -> pd.DataFrame:
    register = studies().sort_values(["kind", "study_id"])
    return register[register.apply(card_page, axis=1) == page]


class StudyRegister(SphinxDirective):
    """``{study-register} people``: a line for each study with its card on that page.

    A line keeps the anchor that the card had when all cards stood on the register's own page.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        mine = _of_page(f"{REGISTER_PAGE}/{self.arguments[0]}")
        if mine.empty:
            raise self.error(f"no study has its card on {self.arguments[0]!r}")
        lines = "".join(
            f'<li id="study-{key}"><a href="{up}{address(study)}">'
            f"{html.escape(short_name(study))}</a> <bdi>{html.escape(study['title'])}</bdi> "
            f'<span class="sb-muted">{_kind(study)}</span></li>'
            for key, study in mine.iterrows()
        )
        whole = nodes.raw("", f"<ul>{lines}</ul>", format="html")
        return [nodes.container("", whole, classes=["sb-study-list"])]


class StudyCards(SphinxDirective):
    """``{study-cards}``: the studies of this page with every field, one block each."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        fields = secretome.describe("studies").set_index("column")
        related = {name: secretome.load(name, missing="code") for name in _OF_A_STUDY}
        blocks = []
        index = addnodes.index(entries=[])
        for key, study in _of_page(self.env.docname).iterrows():
            blocks.append(_study_block(study, fields, related))
            # the search then leads to the card itself, and the index lists the authors
            index["entries"].append(("single", short_name(study), f"study-{key}", "", None))
        return [index, nodes.raw("", "\n".join(blocks), format="html")]


def _kind(study: pd.Series[Any]) -> str:
    return f"{html.escape(study['kind'])}, {_shown(study['product'])}"


def _shown(value: object) -> str:
    text = "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
    if text in MISSING_CODES:
        return f'<abbr class="sb-code" title="{html.escape(MISSING_CODES[text])}">{text}</abbr>'
    if text.startswith(("https://", "http://")):
        safe = html.escape(text, quote=True)
        return f'<a class="reference external" href="{safe}">{safe}</a>'
    return f"<bdi>{html.escape(text)}</bdi>"


def _link(column: str, value: str) -> str:
    if value in MISSING_CODES:
        return _shown(value)
    safe = html.escape(value, quote=True)
    if column == "doi":
        return f'<a class="reference external" href="https://doi.org/{safe}">{safe}</a>'
    if column == "pmid":
        return (
            f'<a class="reference external" href="https://pubmed.ncbi.nlm.nih.gov/{safe}/">'
            f"{safe}</a>"
        )
    if column == "registry_id" and value.startswith("NCT"):
        return (
            f'<a class="reference external" href="https://clinicaltrials.gov/study/{safe}">'
            f"{safe}</a>"
        )
    return _shown(value)


def _study_block(
    study: pd.Series[Any], fields: pd.DataFrame, related: dict[str, pd.DataFrame]
) -> str:
    key = study["study_id"]
    unchecked = str(study["checked_on"]) in MISSING_CODES
    rows = "".join(
        f"<dt>{html.escape(column.replace('_', ' '))}</dt>"
        f"<dd>{_link(column, str(study[column]))}</dd>"
        for column in fields.index
        if column not in ("study_id", "title")
    )
    parts = [
        f'<details class="sb-study-card" id="study-{key}">',
        f"<summary><strong>{html.escape(short_name(study))}</strong> "
        f'<span class="sb-muted">{_kind(study)}'
        f"{' · <em>not yet checked</em>' if unchecked else ''}</span><br>"
        f"{html.escape(study['title'])}</summary>",
        f"<dl>{rows}</dl>",
    ]
    for name, label in _OF_A_STUDY.items():
        frame = related[name]
        mine = frame[frame["study_id"] == key]
        if mine.empty:
            continue
        columns = [
            c for c in mine.columns if c not in _PLUMBING or (name, c) in _SHOWN_ALL_THE_SAME
        ]
        head = "".join(f'<th scope="col">{html.escape(c.replace("_", " "))}</th>' for c in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{_shown(row[c])}</td>" for c in columns) + "</tr>"
            for _, row in mine.iterrows()
        )
        parts.append(
            f'<div class="sb-scroll" tabindex="0" role="region" '
            f'aria-label="{label} of {html.escape(short_name(study))}">'
            f"<table><caption>{label}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )
    parts.append("</details>")
    return "".join(parts)


def setup(app: Sphinx) -> None:
    """Register the role and the directives."""
    app.add_role("study", StudyRole())
    app.add_directive("study-register", StudyRegister)
    app.add_directive("study-cards", StudyCards)

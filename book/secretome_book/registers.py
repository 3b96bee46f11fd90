"""Links from prose to the rows of the evidence tables, and the pages they point to.

``{study}`tak-2020` `` in a chapter becomes a link to that study in the study register; an id
that is not in the tables is a warning, and a warning stops the build.
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


class StudyRole(SphinxRole):
    """``{study}`id` ``: a link to a row of the study register."""

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
            refuri=f"{self._up()}{REGISTER_PAGE}.html#study-{key}",
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


class StudyRegister(SphinxDirective):
    """``{study-register}``: every study with every field, one heading-free block each."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        register = studies().sort_values(["kind", "study_id"])
        fields = secretome.describe("studies").set_index("column")
        related = {name: secretome.load(name, missing="code") for name in _OF_A_STUDY}
        blocks = []
        index = addnodes.index(entries=[])
        for key, study in register.iterrows():
            blocks.append(_study_block(study, fields, related))
            # the search then leads to the card itself, and the index lists the authors
            index["entries"].append(("single", short_name(study), f"study-{key}", "", None))
        return [index, nodes.raw("", "\n".join(blocks), format="html")]


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
        f'<span class="sb-muted">{html.escape(str(study["kind"]))}, '
        f"{html.escape(str(study['product']))}"
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
    """Register the role and the directive."""
    app.add_role("study", StudyRole())
    app.add_directive("study-register", StudyRegister)

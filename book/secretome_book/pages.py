"""Reference pages that are written by code: the data dictionary and the helper reference."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import secretome
from secretome.tables import MISSING_CODES, package_descriptor
from secretome_book import sharing

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


class DataDictionary(SphinxDirective):
    """``{data-dictionary}``: each table of the data package with its columns."""

    def run(self) -> list[nodes.Node]:
        sections: list[nodes.Node] = []
        up = "../" * self.env.docname.count("/")
        for resource in package_descriptor()["resources"]:
            name = resource["path"].removesuffix(".csv")
            dictionary = secretome.describe(name)
            rows = len(secretome.load(name))
            section = nodes.section(ids=[f"table-{name.replace('_', '-')}"])
            section += nodes.title(text=name)
            place = f"{sharing.DATA}/{resource['path']}"
            section += nodes.paragraph(
                "",
                f"{resource['description']} {rows} rows, in ",
                nodes.reference("", f"data/{resource['path']}", internal=True, refuri=up + place),
                nodes.Text("."),
            )
            body = "".join(
                f'<tr><th scope="row"><code>{r.column}</code></th><td>{r.type}'
                f"{' (' + html.escape(r.unit) + ')' if r.unit else ''}</td>"
                f"<td>{html.escape(r.description)}</td><td>{html.escape(r.allowed)}</td>"
                f"<td>{r.filled}</td></tr>"
                for r in dictionary.itertuples()
            )
            section += nodes.raw(
                "",
                f'<div class="sb-scroll" tabindex="0" role="region" aria-label="Columns of {name}">'
                f"<table><caption>Columns of {name}</caption><thead><tr>"
                + "".join(
                    f'<th scope="col">{c}</th>'
                    for c in ("Column", "Type", "Meaning", "Allowed", "Filled")
                )
                + f"</tr></thead><tbody>{body}</tbody></table></div>",
                format="html",
            )
            sections.append(section)
        return sections


def write_bibliography(file: Path) -> None:
    """Write a BibTeX entry for each study, so that chapters can cite by study id."""

    def plain(text: str) -> str:
        # BibTeX reads these as commands
        text = text.replace("\\", "/").replace("{", "(").replace("}", ")")
        return re.sub(r"([%&$#_])", r"\\\1", text)

    def braced(text: str) -> str:
        return "{" + plain(text) + "}"

    entries = []
    for study in secretome.load("studies", missing="code").to_dict("records"):
        known = {k: str(v) for k, v in study.items() if str(v) not in MISSING_CODES}
        fields = {"title": braced(known["title"]), "url": known["source_url"]}
        if "first_author" in known:
            fields["author"] = braced(known["first_author"]) + " and others"
        for name, column in (("year", "year"), ("howpublished", "journal"), ("doi", "doi")):
            if column in known:
                fields[name] = known[column] if name == "doi" else plain(known[column])
        body = ",\n".join(f"  {k} = {{{v}}}" for k, v in fields.items())
        entries.append(f"@misc{{{study['study_id']},\n{body}\n}}\n")
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(entries)
    # a file that is written anew makes the citations be read anew
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


def _add_studies(app: Sphinx, config: Config) -> None:
    file = Path(app.outdir).parent / "studies.bib"
    write_bibliography(file)
    # relative, or the place of the checkout would be part of the site's fingerprint
    name = Path(os.path.relpath(file, app.srcdir)).as_posix()
    config.bibtex_bibfiles = [*config.bibtex_bibfiles, name]


def setup(app: Sphinx) -> None:
    """Register the directive, and the studies as entries that can be cited."""
    app.add_directive("data-dictionary", DataDictionary)
    app.connect("config-inited", _add_studies, priority=100)

"""Reference pages that are written by code: the data dictionary and the helper reference."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import secretome
from secretome.tables import package_descriptor

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class DataDictionary(SphinxDirective):
    """``{data-dictionary}``: each table of the data package with its columns."""

    def run(self) -> list[nodes.Node]:
        sections: list[nodes.Node] = []
        for resource in package_descriptor()["resources"]:
            name = resource["path"].removesuffix(".csv")
            dictionary = secretome.describe(name)
            rows = len(secretome.load(name))
            section = nodes.section(ids=[f"table-{name.replace('_', '-')}"])
            section += nodes.title(text=name)
            section += nodes.paragraph(
                text=f"{resource['description']} {rows} rows, in data/{resource['path']}."
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


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("data-dictionary", DataDictionary)

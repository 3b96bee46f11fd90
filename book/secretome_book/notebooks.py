"""A notebook of each chapter that works when it is downloaded alone.

The chapters are MyST text.  Jupyter knows none of its roles and directives and a reader has
none of the book's tools, so the downloaded notebook gets plain Markdown, the numbers that
the build computed for the prose, and a stand-in for ``glue``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jupytext
import nbformat
from jupyter_cache import get_cache

from secretome_book import registers

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_GLUE = "from myst_nb import glue\n"
_STAND_IN = '''\
def glue(name, value, display=False):
    """On the website this puts the number into the text; here the text holds it already."""
'''
_BLOCKS = [
    # what only the website draws -> what a notebook can show
    (r"```\{quiz\}[^`]*```", "*The questions of this chapter are on its page.*"),
    (r"```\{exercise-start\} *(.*)\n(?::.*\n)*```", r"**Exercise: \1**"),
    (r"```\{solution-start\}.*\n(?::.*\n)*```", "**Solution**"),
    (r"```\{(exercise|solution)-end\}\n```", ""),
    (r"^(`{3,}|:{3,})\{[\w-]+\} ?(.*)\n(?::\w.*\n)*([\s\S]*?)^\1\s*?$", r"\n\3"),
]


def _number(output: Any) -> str:
    # glue hides what it does not show behind a prefix of the mime type
    text = next(v for kind, v in output["data"].items() if kind.endswith("text/plain"))
    return text[1:-1] if text[:1] == text[-1:] == "'" else text


def glued(notebook: Any) -> dict[str, str]:
    """Numbers by name that an executed notebook computed for the prose."""
    return {
        output["metadata"]["scrapbook"]["name"]: _number(output)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "scrapbook" in output.get("metadata", {})
    }


def _title(page: Path) -> str:
    found = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.M)
    return found[1] if found else page.stem


def plain(text: str, numbers: dict[str, str], folder: Path) -> str:
    """MyST text of a chapter in `folder` as the Markdown that every notebook program shows."""
    for pattern, shown in [*_BLOCKS, _BLOCKS[-1], _BLOCKS[-1]]:  # blocks stand in blocks
        text = re.sub(pattern, shown, text, flags=re.M)
    studies = registers.studies()
    text = re.sub(r"\{glue:text\}`([^`]+)`", lambda m: numbers[m[1]], text)
    text = re.sub(
        r"\{study\}`([^`]+)`", lambda m: registers.short_name(studies.loc[m[1].strip()]), text
    )
    text = re.sub(r"\{(?:download|ref)\}`([^`<]+?) *<[^`]*>`", r"\1", text)
    text = re.sub(r"\{term\}`([^`<]+?)(?: *<[^`]*>)?`", r"\1", text)
    return re.sub(r"\[\]\(([^)]+?\.md)\)", lambda m: f"*{_title(folder / m[1])}*", text)


_SOLUTION = re.compile(
    r"(^```\{solution-start\}.*\n(?::.*\n)*```\n?|^```\{solution-end\}\n```\n?)", re.M
)


def tag_solutions(notebook: Any) -> None:
    """Give the cells of every solution the tag ``solution``, and no other text with them.

    A lecturer takes them out by the tag, and has a work sheet.
    """
    cells = []
    inside = False

    def keep(cell: Any) -> None:
        if inside:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "solution"]
        cells.append(cell)

    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            keep(cell)
            continue
        text = ""
        for part in _SOLUTION.split(cell.source):
            begins = part.startswith("```{solution-start}")
            text += "" if begins else part
            if begins or part.startswith("```{solution-end}"):
                keep(nbformat.v4.new_markdown_cell(text))
                inside, text = begins, part if begins else ""
        keep(nbformat.v4.new_markdown_cell(text))
    notebook.cells = cells


def downloadable(source: Path, numbers: dict[str, str]) -> Any:
    """The notebook of one chapter, without outputs, ready to run in an empty folder."""
    notebook = jupytext.read(source)
    tag_solutions(notebook)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # not random: two builds give the same bytes
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, numbers, source.parent)
        else:
            cell.source = cell.source.replace(_GLUE, _STAND_IN)
    notebook.cells = [c for c in notebook.cells if c.source.strip()]
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    cache = get_cache(Path(app.outdir).parent / ".jupyter_cache")
    records = sorted(cache.list_cache_records(), key=lambda record: record.pk)
    executed = {record.uri: record.pk for record in records}
    for target in sorted(Path(app.outdir, "_sources").rglob("*.ipynb")):
        name = target.relative_to(Path(app.outdir, "_sources")).with_suffix("")
        source = Path(app.srcdir, name).with_suffix(".md")
        if not source.exists():  # a chapter that was taken out
            target.unlink()
            continue
        pk = executed.get(str(source))
        numbers = glued(cache.get_cache_bundle(pk).nb) if pk else {}
        nbformat.write(downloadable(source, numbers), target)


def setup(app: Sphinx) -> None:
    """Write the downloads when all chapters have run."""
    app.connect("build-finished", _write)

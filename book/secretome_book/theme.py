"""What the theme gets wrong, put right in one place.

* thebe is off-site by nature, and its stylesheet and scripts raise an error on each page;
* ``fontawesome.js`` watches the whole page and makes large charts crawl; the icons come
  from the web font, so the script is not needed;
* a few parts lack a label or a role, and buttons carry their scripts inline, which a strict
  content security policy forbids.

The repairs are made when a page is rendered and not in the files afterwards, so that a page
that was not written again is not mended twice.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import secretome

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_STATIC = Path(__file__).parent / "static"
Repair = Callable[[str], str]


def repair_pages(app: Sphinx, *repairs: Repair) -> None:
    """Pass every rendered page through `repairs`, in this order, before it is written."""
    templates = app.builder.templates
    render = templates.render

    def render_and_repair(template: str, context: dict[str, Any]) -> str:
        page = render(template, context)
        if page.lstrip()[:9].lower() == "<!doctype":
            for repair in repairs:
                page = repair(page)
        return page

    templates.render = render_and_repair


def _add_own_files(app: Sphinx) -> None:
    # the explorer's script and style are the package's own, served beside the loader
    package = Path(secretome.__file__).parent / "static"
    app.config.html_static_path += [str(_STATIC), str(package)]


def _page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    for key in ("script_files", "css_files"):
        context[key] = [f for f in context[key] if not _is_thebe(f)]
    if body := context.get("body"):
        context["body"] = _mend_body(body)


def _is_thebe(file: Any) -> bool:
    name = str(getattr(file, "filename", file) or "")
    body = str(getattr(file, "attributes", {}).get("body", ""))
    return "thebe" in name.lower() or "thebe" in body.lower()


_SCROLLS = (
    '<div class="pst-scrollable-table-container" tabindex="0" role="group" aria-label="Table">'
)


_TABLE = re.compile(r"<table\b.*?</table>", re.S)
_FIRST_CELL = re.compile(r"(<tr\b[^>]*>\s*)<td\b(.*?)</td>", re.S)
_BARE_HEADER = re.compile(r"<th\b(?![^>]*\bscope=)")


def _scoped(table: str) -> str:
    """The table whose header cells say whether they head a column or a row.

    A table without any, as docstrings hold them, is a list of terms: the first cell heads a row.
    """
    if "<th" not in table:
        return _FIRST_CELL.sub(r'\1<th scope="row"\2</th>', table)
    head, end, rows = table.rpartition("</thead>")
    return (
        _BARE_HEADER.sub('<th scope="col"', head) + end + _BARE_HEADER.sub('<th scope="row"', rows)
    )


def _mend_body(body: str) -> str:
    body = re.sub(r'<script type="text/x-thebe-config">.*?</script>', "", body, flags=re.S)
    body = re.sub(r"<script>kernelName = .*?</script>", "", body, flags=re.S)
    # a header cell without text is announced as an empty header
    body = re.sub(r"<th\b[^>]*>(?:\s|&nbsp;)*</th>", "<td></td>", body)
    body = _TABLE.sub(lambda table: _scoped(table[0]), body)
    # the role of a bibliography's entry is deprecated; it stands in a list
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    body = body.replace('role="doc-backlink"', "")
    # the visible words of a folded cell say more than "toggle hidden content"
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    # a table wider than a phone scrolls inside its own frame, by keyboard too
    body = body.replace('<div class="pst-scrollable-table-container">', _SCROLLS)
    return re.sub(
        r'<table border="1" class="dataframe">.*?</table>',
        rf"{_SCROLLS}\g<0></div>",
        body,
        flags=re.S,
    )


_FIRST_COLOURS = """<script>
    (() => {
      const root = document.documentElement.dataset;
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
      root.mode = stored("mode") || "auto";
      root.theme = stored("theme") || (dark ? "dark" : "light");
    })();
  </script>"""

_REPAIRS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern, re.S), repair)
    for pattern, repair in (
        # the label hides the visible words from those who speak to their browser
        (
            r'(<button class="btn search-button-field[^>]*?) aria-label="Search"',
            r"\1",
        ),
        # what stands in no landmark is not found by those who jump between them
        (
            r'<div (id="pst-primary-sidebar" class="[^"]*")>(.*?)</div>(\s*<main )',
            r'<div role="complementary" aria-label="Book" \1>\2</div>\3',
        ),
        (r'<div id="ethical-ad-placement".*?</div>', ""),
        # icons are decoration; the buttons around them have names
        (r'<i class="(fa[^"]*)"></i>', r'<i class="\1" aria-hidden="true"></i>'),
        (
            r'(<button class="sidebar-toggle primary-toggle[^>]*?)>',
            r'\1 aria-label="Show or hide the contents of the book">',
        ),
        (
            r'(<button class="sidebar-toggle secondary-toggle[^>]*?)>',
            r'\1 aria-label="Show or hide the contents of this page">',
        ),
        # what folds the pages below a page shows a picture only
        (
            r'>([^<]+)(</a><details[^>]*><summary)(><span class="toctree-toggle")',
            r'>\1\2 aria-label="Pages below \1"\3',
        ),
        # a file to keep, not a page to look at
        (r'(<a href="[^"]*_sources/[^"]*") target="_blank"', r"\1 download"),
        # page.js listens instead, because the policy allows no script in an attribute
        (r'<button onclick="toggleFullScreen\(\)"', '<button aria-label="Fullscreen mode"'),
        (r'<button onclick="window.print\(\)"', "<button"),
        # on a first visit nothing is stored: colours would wait for the scripts, and blink
        (r'<script data-cfasync="false">.*?</script>', _FIRST_COLOURS),
        (r'data-default-mode=""', 'data-default-mode="auto"'),
        # the words beside the picture say the same; a picture with a size moves no text
        (
            r'<img alt="[^"]*" (src="[^"]*logo_binder\.svg")',
            r'<img alt="" width="16" height="16" \1',
        ),
        (r'<img (src="[^"]*minus\.png")', r'<img width="11" height="11" \1'),
        # the front page bears the name of the book
        (r"<title>([^<]+) &#8212; \1</title>", r"<title>\1</title>"),
        # a second title and table of contents for print only: the browser's outline has them
        (r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', ""),
        # once is enough
        (r'<meta name="viewport" content="width=device-width, initial-scale=1"\s*/>', ""),
        (r'<script src="[^"]*scripts/fontawesome\.js[^"]*"></script>', ""),
        (r"<script>DOCUMENTATION_OPTIONS\.pagename = [^<]*</script>", ""),
        (r'<html lang="en"', '<html lang="en-GB"'),
    )
]


_BEFORE_TEXT = '<div id="searchbox"></div>'
_TO_CONTENTS = (
    '<noscript><p class="sb-no-scripts"><a href="{}index.html#what-is-in-the-book">'
    f"Contents of the book</a></p></noscript>{_BEFORE_TEXT}"
)


def mend(page: str) -> str:
    """The page as the theme should have written it."""
    for pattern, repair in _REPAIRS:
        page = pattern.sub(repair, page)
    # the button that opens the contents needs scripts
    if up := re.search(r'"((?:\.\./)*)_static/', page):
        page = page.replace(_BEFORE_TEXT, _TO_CONTENTS.format(up[1]), 1)
    return page


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    # no page asks for them: the template's own parts, other languages, what only tests need
    for name in ("sphinx-thebe.js", "sphinx-thebe.css", "sbt-webpack-macros.html"):
        (static / name).unlink(missing_ok=True)
    (static / "webpack-macros.html").unlink(missing_ok=True)
    for script in static.glob("scripts/fontawesome.js*"):
        script.unlink()
    for folder in ("locales", "test"):
        shutil.rmtree(static / folder, ignore_errors=True)
    data = getattr(app.env, "nb_metadata", {})
    timings = {
        name: round(meta["exec_data"]["runtime"], 2)
        for name, meta in data.items()
        if meta.get("exec_data") and meta["exec_data"].get("runtime") is not None
    }
    (Path(app.outdir).parent / "timings.json").write_text(
        json.dumps(timings, indent=1), encoding="utf-8"
    )


def setup(app: Sphinx) -> None:
    """Connect the repairs to the build."""
    app.connect("builder-inited", _add_own_files)
    app.connect("builder-inited", lambda app: repair_pages(app, mend))
    app.connect("html-page-context", _page, priority=900)
    app.connect("build-finished", _finish)
    app.add_js_file("charts.js", loading_method="defer")
    app.add_js_file("page.js", loading_method="defer")
    app.add_css_file("book.css")
    # in the head, so that an explorer keeps its place from the first paint
    app.add_css_file("explorer.css")

"""What the theme gets wrong, put right in one place.

* thebe is off-site by nature, and its stylesheet and scripts raise an error on each page;
* ``fontawesome.js`` watches the whole page and makes large charts crawl; the icons come
  from the web font, so the script is not needed;
* a few parts lack a label or a role.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import secretome

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_STATIC = Path(__file__).parent / "static"


def _add_own_files(app: Sphinx) -> None:
    # the explorer's script and style are the package's own, served beside the loader
    package = Path(secretome.__file__).parent / "static"
    app.config.html_static_path += [str(_STATIC), str(package)]


def _page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    for key in ("script_files", "css_files"):
        context[key] = [f for f in context[key] if not _is_thebe(f)]
    context["html_theme_lang"] = "en-GB"
    if body := context.get("body"):
        context["body"] = _mend_body(body)


def _is_thebe(file: Any) -> bool:
    name = str(getattr(file, "filename", file) or "")
    body = str(getattr(file, "attributes", {}).get("body", ""))
    return "thebe" in name.lower() or "thebe" in body.lower()


def _mend_body(body: str) -> str:
    body = re.sub(r'<script type="text/x-thebe-config">.*?</script>', "", body, flags=re.S)
    body = re.sub(r"<script>kernelName = .*?</script>", "", body, flags=re.S)
    # a header cell without text is announced as an empty header
    body = re.sub(r"<th>\s*</th>", "<td></td>", body)
    body = body.replace('role="doc-biblioentry"', "").replace('role="doc-backlink"', "")
    # a table wider than a phone scrolls inside its own frame, by keyboard too
    body = re.sub(
        r'<table class="(docutils|table|dataframe)',
        r'<table tabindex="0" class="\1',
        body,
    )
    return body


_PATCHES = [
    # (what stands in the page, what should stand there)
    (
        re.compile(r'(<button class="[^"]*search-button[^"]*"(?![^>]*aria-label)[^>]*?)>'),
        r'\1 aria-label="Search">',
    ),
]


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for script in out.glob("_static/scripts/fontawesome.js*"):
        script.write_text("/* icons come from the web font */\n", encoding="utf-8")
    for file in ("sphinx-thebe.js", "sphinx-thebe.css"):
        (out / "_static" / file).unlink(missing_ok=True)
    data = getattr(app.env, "nb_metadata", {})
    timings = {
        name: round(meta["exec_data"]["runtime"], 2)
        for name, meta in data.items()
        if meta.get("exec_data") and meta["exec_data"].get("runtime") is not None
    }
    (out.parent / "timings.json").write_text(json.dumps(timings, indent=1), encoding="utf-8")


def _slim_widget_state(app: Sphinx, env: Any) -> None:
    """Take the explorer's script and style out of each page's state.

    The page gets them as files of their own, once for all pages.
    """
    for meta in getattr(env, "nb_metadata", {}).values():
        entry = meta.get("js_files", {}).get("ipywidgets_state")
        if not entry:
            continue
        saved = json.loads(entry[1]["body"])
        for model in saved["state"].values():
            if str(model["state"].get("_anywidget_id", "")).startswith("secretome."):
                model["state"].pop("_esm", None)
                model["state"].pop("_css", None)
        entry[1]["body"] = json.dumps(saved).replace("</script>", r"<\/script>")


def setup(app: Sphinx) -> None:
    """Connect the repairs to the build."""
    app.connect("builder-inited", _add_own_files)
    app.connect("html-page-context", _page, priority=900)
    app.connect("env-updated", _slim_widget_state)
    app.connect("build-finished", _finish)
    app.add_js_file("charts.js", loading_method="defer")
    app.add_css_file("book.css")
    # in the head, so that an explorer keeps its place from the first paint
    app.add_css_file("explorer.css")

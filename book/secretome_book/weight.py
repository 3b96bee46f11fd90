"""Scripts and styles only on the pages that use them, and only once.

Extensions add their files to every page.  What a page needs is read from the page itself.
A page with evidence explorers would carry their code once for each of them, though the
loader takes it from a file.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from secretome_book import theme

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_NEEDED_BY = {
    # files -> what must be on the page for them to have something to do
    r"(clipboard\.min|copybutton)\.(js|css)": r'class="highlight',
    r"togglebutton\.(js|css)": (
        r'class="(toggle\b|[^"]*\badmonition\b[^"]*\bdropdown\b|[^"]*\bdropdown\b[^"]*\badmonition\b)'
    ),
    r"design-tabs\.js": r'class="sd-tab',
    r"sphinx-design\.min\.css": r'class="([^"]* )?sd-',
    r"exercise\.css": r'class="(exercise|solution)',
    r"mystnb\.\w+\.css": r'class="cell',
    r"quiz\.js": r'class="sb-quiz',
    r"charts\.js": r'class="sb-chart',
    r"run-here\.js": r'id="run-here"',
}
_TOGGLE_SETTINGS = (
    r"<script>(let toggle(Hint\w+|OpenOnPrint)|var togglebuttonSelector) = [^<]*</script>\s*"
)


def lighten(page: str) -> str:
    """The page without the files it has no use for."""
    head, begin, body = page.partition("<body")
    for files, need in _NEEDED_BY.items():
        if re.search(need, body):
            continue
        tag = rf'<(script|link)\b[^>]*\b(src|href)="[^"]*/{files}(\?[^"]*)?"[^>]*>(</script>)?\s*'
        head = re.sub(tag, "", head)
    if "togglebutton.js" not in head:
        head = re.sub(_TOGGLE_SETTINGS, "", head)
    return head + begin + body


_STATE = re.compile(
    r'(<script type="application/vnd.jupyter.widget-state\+json">)(.*?)(</script>)', re.S
)


def share_code(page: str) -> str:
    """The page whose explorers leave their code to the file, and whose names do not change.

    A kernel names its widgets at random; numbered in their order they are the same in every
    build.
    """
    found = _STATE.search(page)
    if not found:
        return page
    saved = json.loads(found[2])
    explorers = re.findall(r'data-explorer-model="([^"]+)"', page)
    for name, model in saved["state"].items():
        if name in explorers or str(model.get("state", {}).get("_anywidget_id", "")).startswith(
            "secretome."
        ):
            for part in ("_esm", "_css"):
                model["state"].pop(part, None)
    order = [*dict.fromkeys(explorers), *(n for n in saved["state"] if n not in explorers)]
    saved["state"] = {name: saved["state"][name] for name in order if name in saved["state"]}
    text = json.dumps(saved, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    page = page[: found.start(2)] + text + page[found.end(2) :]
    for number, name in enumerate(order):
        page = page.replace(name, f"widget-{number}")
    return page


def setup(app: Sphinx) -> None:
    """Lighten every page, after the theme is mended and before the policy is written."""
    app.connect(
        "builder-inited", lambda app: theme.repair_pages(app, lighten, share_code), priority=600
    )

"""Scripts and styles only on the pages that use them.

Extensions add their files to every page.  What a page needs is read from the page itself.
"""

from __future__ import annotations

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


def setup(app: Sphinx) -> None:
    """Lighten every page, after the theme is mended and before the policy is written."""
    app.connect("builder-inited", lambda app: theme.repair_pages(app, lighten), priority=600)

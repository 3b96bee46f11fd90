"""A strict content security policy on every page.

The site is plain files, so the policy stands in the page and not in a server's header.
Scripts come from the site's own files; the few that the theme writes into the page are
allowed one by one, by the hash of their text.  Styles may stand in the page: the drawings of
Vega and the tables of pandas carry style attributes, for which there are no hashes.  A style
runs no code.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from secretome_book import theme

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.S)
_CHARSET = '<meta charset="utf-8" />'
# a widget that is not the explorer brings its code in the page's data, and a browser can
# import that from an address made by a script of this site only
_WIDGET_VIEW = 'type="application/vnd.jupyter.widget-view+json"'


def runs(attributes: str) -> bool:
    """Whether a script element with these attributes holds code, not data."""
    kind = re.search(r'\btype="([^"]*)"', attributes)
    return kind is None or kind[1] in ("", "module", "text/javascript", "application/javascript")


def policy(page: str) -> str:
    """The policy that lets exactly this page's own scripts run."""
    hashes = {
        "'sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() + "'"
        for attributes, code in _SCRIPT.findall(page)
        if "src=" not in attributes and runs(attributes)
    }
    blobs = ["blob:"] if _WIDGET_VIEW in page else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *blobs, *sorted(hashes)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def guard(page: str) -> str:
    """Put the policy first in the head: it binds only what follows it."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}" />'
    if _CHARSET not in page:
        raise ValueError(f"the page has no {_CHARSET}, after which the policy belongs")
    return page.replace(_CHARSET, f"{_CHARSET}\n    {meta}", 1)


def setup(app: Sphinx) -> None:
    """Guard every page; the last repair, because a later change would alter the hashes."""
    app.connect("builder-inited", lambda app: theme.repair_pages(app, guard), priority=900)

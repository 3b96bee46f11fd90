"""Scripts and styles only on the pages that use them, only once, and none before the text.

Extensions add their files to every page.  What a page needs is read from the page itself.
A page with evidence explorers would carry their code once for each of them, though the
loader takes it from a file.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


STYLES = "styles.css"
_STYLESHEET = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"]*)"[^>]*>\s*')
_WAITS = re.compile(r'<script src="([^"]*_static/[^"]+)"></script>')


def join_styles(page: str) -> tuple[str, list[str]]:
    """The page with one stylesheet in place of a dozen, and the files that it stands for.

    Each is a request that the first line of text waits for.
    """
    head, begin, body = page.partition("<body")
    found = [m for m in _STYLESHEET.finditer(head) if "_static/" in m[1]]
    if not found:
        return page, []
    up = found[0][1].partition("_static/")[0]
    files = [m[1].partition("_static/")[2].partition("?")[0] for m in found]
    place = found[0].start()
    head = head[:place] + _STYLESHEET.sub(
        lambda m: "" if "_static/" in m[1] else m[0], head[place:]
    )
    link = f'<link rel="stylesheet" href="{up}_static/{STYLES}" />\n'
    return head[:place] + link + head[place:] + begin + body, files


def joined(static: Path, files: list[str]) -> str:
    """The text of the one stylesheet; addresses inside are made to fit its place."""
    parts = []
    for name in files:
        text = (static / name).read_text(encoding="utf-8")
        folder = posixpath.dirname(name)
        text = re.sub(
            r'@import "([^"]+)";',
            lambda m, f=folder: (static / posixpath.normpath(posixpath.join(f, m[1]))).read_text(
                encoding="utf-8"
            ),
            text,
        )
        text = re.sub(r'@charset "[^"]*";', "", text)
        if folder:
            text = re.sub(
                r"url\((?![\"']?(?:data:|#))([^)]+)\)",
                lambda m, f=folder: f"url({posixpath.normpath(posixpath.join(f, m[1]))})",
                text,
            )
        parts.append(text)
    return "\n".join(parts)


_ICONS = re.compile(r"((?:\.fa-[\w-]+::?before,?\s*)+)\{(content:[^}]*)\}")


def without_icons(css: str, but: set[str]) -> str:
    """The style without the rules of icons that the vendored font does not hold."""

    def rule(match: re.Match[str]) -> str:
        kept = [
            name
            for name in match[1].replace(" ", "").split(",")
            if re.sub(r"\.fa-|::?before", "", name) in but
        ]
        return f"{','.join(kept)}{{{match[2]}}}" if kept else ""

    return _ICONS.sub(rule, css)


def let_text_come_first(page: str) -> str:
    """The page whose scripts wait for it; on the search page they stand in an order of theirs."""
    if "searchtools.js" in page:
        return page
    head, begin, body = page.partition("<body")
    return _WAITS.sub(r'<script defer src="\1"></script>', head) + begin + body


_STATE = re.compile(
    r'(<script type="application/vnd.jupyter.widget-state\+json">)(.*?)(</script>)', re.S
)


def _in_order(state: dict[str, Any], page: str) -> list[str]:
    """Names of the models: as the page shows them, each followed by those it points to.

    The saved state is sorted by the random names, so its own order says nothing.
    """
    named = re.compile("|".join(map(re.escape, state)) or "$^")
    texts = {name: json.dumps(model, sort_keys=True) for name, model in state.items()}
    shown = named.findall(_STATE.sub("", page))
    # what no view shows, by its content
    rest = sorted(state, key=lambda name: named.sub("", texts[name]))
    waiting, order = [*shown, *rest][::-1], dict[str, None]()
    while waiting:
        name = waiting.pop()
        if name not in order:
            order[name] = None
            waiting += named.findall(texts[name])[::-1]
    return [*order]


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
    order = [*dict.fromkeys(explorers)]
    order += [n for n in _in_order(saved["state"], page) if n not in explorers]
    saved["state"] = {name: saved["state"][name] for name in order if name in saved["state"]}
    text = json.dumps(saved, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    page = page[: found.start(2)] + text + page[found.end(2) :]
    for number, name in enumerate(order):
        page = page.replace(name, f"widget-{number}")
    return page


LONG_STATE = 20_000
"""Characters of saved state that a page may carry; what is longer comes after the text."""
_PAGE = re.compile(r'<link rel="canonical" href="[^"]*?://[^/"]+/([^"]*?)(?:\.html)?"')


def set_state_apart(page: str, static: Path) -> str:
    """The page with a long state of its figures in a file of its own below ``_static``."""
    found, name = _STATE.search(page), _PAGE.search(page)
    up = re.search(r'"((?:\.\./)*)_static/', page)
    if not (found and name and up) or len(found[2]) < LONG_STATE:
        return page
    text = f"(globalThis.sbStates ||= []).push({found[2]});\n"
    file = f"states/{name[1].replace('/', '-') or 'index'}.js"
    (static / file).parent.mkdir(parents=True, exist_ok=True)
    (static / file).write_text(text, encoding="utf-8")
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    opened = found[1].replace(">", f' data-file="{up[1]}_static/{file}?v={version}">')
    return f'{page[: found.start()]}{opened}{{"state":{{}}}}{found[3]}{page[found.end() :]}'


def setup(app: Sphinx) -> None:
    """Lighten every page, after the theme is mended and before the policy is written."""
    styles: list[str] = []

    def join(page: str) -> str:
        page, files = join_styles(page)
        styles.extend(f for f in files if f not in styles)
        return page

    def write(app: Sphinx, exception: Exception | None) -> None:
        if exception is None and styles and app.builder.format == "html":
            static = Path(app.outdir, "_static")
            manifest = json.loads((static / "vendor/manifest.json").read_text(encoding="utf-8"))
            css = without_icons(joined(static, styles), set(manifest["icons"]))
            (static / STYLES).write_text(css, encoding="utf-8")

    app.connect(
        "builder-inited",
        lambda app: theme.repair_pages(
            app,
            join,
            lighten,
            share_code,
            lambda page: set_state_apart(page, Path(app.outdir, "_static")),
            let_text_come_first,
        ),
        priority=600,
    )
    # the theme writes the colours of code at this event too
    app.connect("build-finished", write, priority=900)

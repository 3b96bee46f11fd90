"""Print the built website to one PDF: contents, outline, links that stay inside the book.

Chromium sets each page as a reader's own browser would print it, with the static twin of
everything that moves; pypdf joins the pages and turns links between chapters, which are
addresses of the local server by then, into places in the book.
"""

from __future__ import annotations

import html
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag

import yaml

import build
from chromium import ARGUMENTS, obtain
from serve import SITE, background

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pypdf import PdfWriter

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "_build" / "book.pdf"
_SCROLL = """async () => {
    for (const place of document.querySelectorAll('.secretome-explorer-static')) {
        place.scrollIntoView();
        for (let i = 0; i < 100 && !place.matches('.ee-mounted, .ee-failed'); i += 1) {
            await new Promise((done) => setTimeout(done, 50));
        }
    }
}"""
# the numbers run through the whole book, which Chromium's own foot line cannot do
_PAPER = """
    @page {{
        size: A4; margin: 16mm 16mm 18mm;
        @bottom-left {{ content: {foot}; font: 8px sans-serif; color: #57606a; }}
        @bottom-right {{ content: counter(page); font: 8px sans-serif; color: #57606a; }}
    }}
    @page :first {{ counter-set: page {number}; }}
"""
# Chromium writes down a place only if a link on the same page leads there
_NAME_EVERY_PLACE = """() => {
    const list = document.createElement('div');
    list.style.cssText = 'position: absolute; top: 0; font-size: 1px; opacity: 0.01';
    list.setAttribute('aria-hidden', 'true');
    for (const place of document.querySelectorAll('main [id]')) {
        const link = document.createElement('a');
        link.href = '#' + place.id;
        link.textContent = '.';
        list.append(link);
    }
    document.body.prepend(list);
}"""


def pages(root: Path) -> list[tuple[str, list[str]]]:
    """Parts of the book with their pages, in reading order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    parts = [("", [toc["root"]])]
    for part in toc["parts"]:
        parts.append((part["caption"], [*build._chapters(part["chapters"])]))
    return parts


def _print(page: Page, foot: str, number: int) -> bytes:
    page.add_style_tag(content=_PAPER.format(foot=json.dumps(foot), number=number))
    return page.pdf(prefer_css_page_size=True, print_background=False, outline=True, tagged=True)


def _contents(page: Page, book: str, url: str, lines: list[tuple[str, str, str, int]]) -> bytes:
    """A page of contents; its links become places in the book like all others."""
    rows, before = [], ""
    for part, name, title, number in lines:
        if part != before:
            rows.append(f'<tr><th colspan="2">{html.escape(part)}</th></tr>')
            before = part
        link = f'<a href="{url}/{name}.html">{html.escape(title)}</a>'
        rows.append(f"<tr><td>{link}</td><td>{number}</td></tr>")
    page.set_content(
        "<style>body{font:11pt sans-serif}a{color:inherit;text-decoration:none}table{width:100%}"
        "th{text-align:left;padding-top:1em}td:last-child{text-align:right}</style>"
        f'<html lang="en-GB"><title>Contents</title><h1>{html.escape(book)}</h1>'
        f"<h2>Contents</h2><table>{''.join(rows)}</table>"
    )
    return _print(page, book, 1)


def _place(writer: PdfWriter, number: int, top: float | None) -> Any:
    from pypdf.generic import ArrayObject, FloatObject, NameObject, NullObject

    height = NullObject() if top is None else FloatObject(top)
    reference = writer.pages[number].indirect_reference
    return ArrayObject([reference, NameObject("/XYZ"), NullObject(), height, NullObject()])


def join(chapters: list[tuple[str, str, bytes]], url: str, about: dict[str, str]) -> PdfWriter:
    """One document of printed chapters (page name, title, PDF).

    Links to `url` become places in the document; what lies outside the book stays a link.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, NameObject, TextStringObject

    writer = PdfWriter()
    first: dict[str, int] = {}
    places: dict[tuple[str, str], tuple[int, float | None]] = {}
    own: list[str] = []
    for name, title, data in chapters:
        reader = PdfReader(io.BytesIO(data))
        start = len(writer.pages)
        first[name] = start
        for key, target in reader.named_destinations.items():
            number = reader.get_destination_page_number(target)
            if number is not None and number >= 0:
                top = None if target.top is None else float(target.top)
                places[name, unquote(str(key).lstrip("/"))] = (start + number, top)
        writer.append(reader, outline_item=title, import_outline=False)
        own += [name] * len(reader.pages)
    for number, page in enumerate(writer.pages):
        kept = []
        for reference in page.get("/Annots") or []:
            link = reference.get_object()
            if abs(float(link["/Rect"][3]) - float(link["/Rect"][1])) < 2:
                continue  # a link of ours that only named a place
            action = link.get("/A", {})
            address = str(action.get("/URI", ""))
            fragment: str | None = None
            name = own[number]
            if address.startswith(url):
                path, fragment = urldefrag(address.removeprefix(url).lstrip("/"))
                name = path.removesuffix(".html") or "index"
            elif "/Dest" in link or "/D" in action:
                fragment = unquote(str(link.get("/Dest", action.get("/D"))).lstrip("/"))
            if fragment is not None:
                if name not in first:  # an index page or a file that is not printed
                    continue
                where = places.get((name, fragment), (first[name], None))
                link.pop("/A", None)
                link[NameObject("/Dest")] = _place(writer, *where)
            kept.append(reference)
        if "/Annots" in page:
            page[NameObject("/Annots")] = ArrayObject(kept)
    writer.add_metadata(about)
    writer.root_object[NameObject("/Lang")] = TextStringObject("en-GB")
    return writer


def main() -> int:
    try:
        import pypdf  # noqa: F401
    except ModuleNotFoundError:
        print("Joining the pages needs pypdf: pip install pypdf", file=sys.stderr)
        return 1
    if not (SITE / "index.html").exists():
        print("There is no website yet. Build it first: make book", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright
    from pypdf import PdfReader

    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    printed: list[tuple[str, str, bytes]] = []
    lines: list[tuple[str, str, str, int]] = []
    with sync_playwright() as playwright, background(SITE) as url:
        browser = playwright.chromium.launch(executable_path=str(obtain()), args=ARGUMENTS)
        page = browser.new_page(color_scheme="light", viewport={"width": 900, "height": 1200})
        # charts stand as they were drawn at build time; an explorer prints its own first view
        page.route("**/charts.js*", lambda route: route.abort())
        number = 2  # the contents are page 1
        for part, names in pages(ROOT):
            for name in names:
                page.goto(f"{url}/{name}.html", wait_until="load")
                page.evaluate(_SCROLL)
                page.evaluate(_NAME_EVERY_PLACE)
                title = page.title().split(" — ")[0]
                data = _print(page, title, number)
                lines.append((part, name, title, number))
                number += len(PdfReader(io.BytesIO(data)).pages)
                printed.append((name, title, data))
                print(f"{name}: to page {number - 1}", flush=True)
        contents = _contents(page, cff["title"], url, lines)
        browser.close()
        released = str(cff["date-released"]).replace("-", "")
        about = {
            "/Title": cff["title"],
            "/Author": "; ".join(a.get("name", "") for a in cff["authors"]),
            "/Subject": f"Version {cff['version']}",
            # the day of the release, so that two runs give the same file
            "/CreationDate": f"D:{released}000000Z",
            "/ModDate": f"D:{released}000000Z",
        }
        writer = join([("contents", "Contents", contents), *printed], url, about)
    writer.compress_identical_objects()
    writer.write(TARGET)
    print(f"{len(writer.pages)} pages, {TARGET.stat().st_size / 1e6:.1f} MB: {TARGET}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

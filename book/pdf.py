"""Print the built website to two PDFs: the book, and the registers behind it.

Chromium sets each page as a reader's own browser would print it, with the static twin of
everything that moves; pypdf joins the pages, with their tags, and turns links between
chapters, which are addresses of the local server by then, into places in the book.

Whoever prints a book wants the chapters.  The cards of all studies and the helper reference
are looked up, not read, and are longer than all chapters together; they go into a volume of
their own, and a list of studies stands for them in the book.
"""

from __future__ import annotations

import argparse
import html
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag

import yaml

import pdf_tags
from chromium import ARGUMENTS, obtain
from secretome_book.sharing import citation, evidence_date, references
from serve import SITE, background

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, IndirectObject

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "_build" / "book.pdf"
APPENDIX = TARGET.with_name("book-appendix.pdf")
STUDIES = "chapters/reference/studies"
LOOKED_UP = (STUDIES, "chapters/reference/helpers")
"""How the names of pages begin that go into the second volume."""

_WIDTH = 673  # of the text of an A4 page with the margins below, in CSS pixels
_SCROLL = """async () => {
    for (const place of document.querySelectorAll('.secretome-explorer-static')) {
        for (let i = 0; i < 1200 && !place.matches('.ee-mounted, .ee-failed'); i += 1) {
            place.scrollIntoView();  // again, because the one above it grew
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
    .sb-foot {{ display: none; }}
    main .pdf-tight :is(th, td) {{ overflow-wrap: anywhere !important; }}
    main .pdf-tight :is(th, td) {{ white-space: normal !important; }}
    main .pdf-listed :is(thead, caption) {{ display: none; }}
    main .pdf-listed :is(table, tbody, tr) {{ display: block; }}
    main .pdf-listed tr {{ margin: 0.2rem 0; }}
    main .pdf-listed :is(td, th) {{ display: inline; border: 0; padding: 0; font-weight: inherit; }}
    main .pdf-listed :is(td, th)::before {{ content: attr(data-name) ": "; color: #57606a; }}
    main .pdf-listed :is(td, th):not(:last-child)::after {{ content: "; "; }}
"""
_READY = """() => {
    // Chromium tags a picture that is drawn in the page only where the drawing itself is named
    for (const picture of document.querySelectorAll('main [role=img][aria-label] > svg')) {
        picture.removeAttribute('aria-hidden');
        picture.setAttribute('role', 'img');
        picture.setAttribute('aria-label', picture.parentNode.getAttribute('aria-label'));
        picture.parentNode.removeAttribute('role');
        picture.parentNode.removeAttribute('aria-label');
    }
    // a table that is wider than the sheet would make Chromium shrink the whole page
    for (const table of document.querySelectorAll('main table')) {
        const frame = table.parentElement;
        const names = [...table.querySelectorAll('thead th')].map((cell) => cell.textContent);
        if (names.length > 12) {
            frame.classList.add('pdf-listed');
            for (const row of table.querySelectorAll('tbody tr')) {
                [...row.children].forEach((cell, i) => { cell.dataset.name = names[i] ?? ''; });
            }
        } else if (table.scrollWidth > frame.clientWidth + 1) {
            frame.classList.add('pdf-tight');
        }
    }
    // Chromium writes down a place only if a link on the same page leads there
    const list = document.createElement('div');
    list.style.cssText = 'position: absolute; top: 0; line-height: 0';
    list.setAttribute('aria-hidden', 'true');
    for (const place of document.querySelectorAll('main [id]')) {
        const link = document.createElement('a');
        link.href = '#' + place.id;
        link.style.cssText = 'display: inline-block; width: 1px; height: 1px';
        list.append(link);
    }
    document.body.prepend(list);
}"""
_HEADINGS = """() => [...document.querySelectorAll('main h2')].map((heading) => {
    const copy = heading.cloneNode(true);
    copy.querySelectorAll('.headerlink').forEach((link) => link.remove());
    return copy.textContent.trim();
})"""
_CARDS = """() => [...document.querySelectorAll('.sb-study-card[id]')].map((card) => {
    const [name, kind] = ['strong', '.sb-muted'].map((s) => card.querySelector('summary ' + s));
    const text = card.querySelector('summary').textContent;
    const doi = card.querySelector('dl a[href^="https://doi.org/"]');
    return {
        id: card.id, name: name.textContent, kind: kind.textContent,
        title: text.slice(text.indexOf(kind.textContent) + kind.textContent.length).trim(),
        doi: doi ? doi.textContent : '',
    };
})"""
_FRONT = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title><style>
    body {{ font: 11pt sans-serif; line-height: 1.35; }}
    a {{ color: inherit; text-decoration: none; }}
    header {{ break-after: page; }}
    header h1 {{ font-size: 28pt; line-height: 1.2; margin: 45mm 0 8mm; }}
    dl {{ display: grid; grid-template-columns: 11em 1fr; gap: 0.4em 1em; margin-top: 25mm; }}
    dt {{ color: #57606a; }} dd {{ margin: 0; }}
    table {{ width: 100%; }} th {{ text-align: left; padding-top: 1em; }}
    tr {{ break-inside: avoid; }} tr:has(th) {{ break-after: avoid; }}
    td:last-child {{ text-align: right; }}
    ul {{ columns: 2; column-gap: 2em; font-size: 7.5pt; list-style: none; padding: 0; }}
    li {{ break-inside: avoid; margin: 0 0 0.5em; }}
</style></head><body><main>{body}</main></body></html>"""


@dataclass(frozen=True)
class Printed:
    """A page of the website on paper: the part it stands in, its name, title, PDF, headings."""

    part: str
    name: str
    title: str
    data: bytes
    headings: tuple[str, ...] = ()


def pages(root: Path) -> list[tuple[str, str]]:
    """Part and name of every page of the book, in reading order."""

    def below(entry: dict[str, Any]) -> Iterator[str]:
        yield entry["file"]
        for section in entry.get("sections", []):
            yield from below(section)

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [("", toc["root"])] + [
        (part["caption"], name)
        for part in toc["parts"]
        for chapter in part["chapters"]
        for name in below(chapter)
    ]


def title_of(site: Path, name: str) -> str:
    """Title of a page of the website, without the name of the book."""
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    found = re.search(r"<title>(.*?)</title>", text, re.S)
    if not found:
        raise ValueError(f"{name}.html has no <title>: build the website again with make book")
    return html.unescape(found[1]).split(" — ")[0].strip()


def _print(page: Page, foot: str, number: int) -> bytes:
    page.add_style_tag(content=_PAPER.format(foot=json.dumps(foot), number=number))
    page.evaluate(_READY)
    return page.pdf(prefer_css_page_size=True, print_background=False, outline=True, tagged=True)


def _length(data: bytes) -> int:
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(data)).pages)


def _front(
    page: Page, title: str, base: str, url: str, lines: list[tuple[str, str, str, int]]
) -> bytes:
    """Title page and contents; the links become places in the book like all others."""
    cff = citation(ROOT)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    facts = {
        "Version": f"{cff['version']}, {cff['date-released']}",
        "Evidence current to": evidence_date(),
        "Licence": " and ".join(cff["license"]),
        "To be read, run and searched at": f'<a href="{base}">{html.escape(base)}</a>',
        "How to cite": html.escape(references(cff["title"], base, cff)["text"]),
    }
    about = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts.items())
    rows, before = [], ""
    for part, name, chapter, number in lines:
        if part != before:
            rows.append(f'<tr><th colspan="2" scope="rowgroup">{html.escape(part)}</th></tr>')
            before = part
        link = f'<a href="{url}/{name}.html">{html.escape(chapter)}</a>'
        rows.append(f"<tr><td>{link}</td><td>{number}</td></tr>")
    body = (
        f"<header><h1>{html.escape(title)}</h1><p>{html.escape(_authors(cff))}</p><dl>{about}</dl>"
        f"<p>{config['html']['extra_footer']}</p></header>"
        f'<h2 id="contents">Contents</h2><table>{"".join(rows)}</table>'
    )
    page.set_content(_FRONT.format(title=html.escape(title), body=body))
    return _print(page, title, 1)


def _study_list(page: Page, base: str, cards: list[tuple[str, dict[str, str]]]) -> str:
    """One line a study, where the links of the chapters lead; each line leads to its card."""
    lines = "".join(
        f'<li id="{html.escape(card["id"])}"><a href="{base}{name}.html#{html.escape(card["id"])}">'
        f"<strong>{html.escape(card['name'])}</strong></a> ({html.escape(card['kind'])}). "
        f"{html.escape(card['title'])}. "
        + (f'<a href="https://doi.org/{html.escape(card["doi"])}">' if card["doi"] else "")
        + (f"doi:{html.escape(card['doi'])}</a>" if card["doi"] else "")
        + "</li>"
        for name, card in cards
    )
    return _FRONT.format(
        title="List of studies",
        body="<h1>List of studies</h1><p>What is recorded of each stands on its card, on the "
        f"website and in {APPENDIX.name}; its name leads there.</p><ul>{lines}</ul>",
    )


def _authors(cff: dict[str, Any]) -> str:
    return "; ".join(
        a.get("name") or f"{a['given-names']} {a['family-names']}" for a in cff["authors"]
    )


def _place(writer: PdfWriter, number: int, top: float | None) -> ArrayObject:
    from pypdf.generic import ArrayObject, FloatObject, NameObject, NullObject

    height = NullObject() if top is None else FloatObject(top)
    reference = writer.pages[number].indirect_reference
    return ArrayObject([reference, NameObject("/XYZ"), NullObject(), height, NullObject()])


def _sections(reader: PdfReader, headings: tuple[str, ...]) -> list[tuple[str, int, float]]:
    """Text, page and height of the second-level headings, as Chromium listed them."""
    # it leaves out the space where a line was broken
    whole = {re.sub(r"\s", "", text): text for text in headings}
    return [
        (whole.get(re.sub(r"\s", "", text), text), number, float(item.top))
        for below in reader.outline
        if isinstance(below, list)
        for item in below
        if not isinstance(item, list)
        for text in [str(item.title)]
        for number in [reader.get_destination_page_number(item)]
        if number is not None
    ]


def join(
    chapters: list[Printed], url: str, about: dict[str, str], base: str, stand_in: str = ""
) -> PdfWriter:
    """One document of printed chapters, with tags, outline and links.

    Links to `url` become places in the document; those to a card of a study that is not in it
    lead to the page `stand_in`, if there is one, and all others to the website at `base`.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import (
        ArrayObject,
        BooleanObject,
        DictionaryObject,
        Fit,
        NameObject,
        TextStringObject,
    )

    writer = PdfWriter()
    first: dict[str, int] = {}
    places: dict[tuple[str, str], tuple[int, float | None]] = {}
    own: list[str] = []
    readers: list[PdfReader] = []
    part, shelf, next_number = "", None, 0
    for chapter in chapters:
        reader = PdfReader(io.BytesIO(chapter.data))
        readers.append(reader)
        next_number = pdf_tags.renumber(reader, next_number)
        start = len(writer.pages)
        first[chapter.name] = start
        for key, target in reader.named_destinations.items():
            number = reader.get_destination_page_number(target)
            if number is not None and number >= 0:
                top = None if target.top is None else float(target.top)
                places[chapter.name, unquote(str(key).lstrip("/"))] = (start + number, top)
        writer.append(reader, import_outline=False)
        if chapter.part != part:
            part = chapter.part
            shelf = writer.add_outline_item(title=part, page_number=start, bold=True)
        item = writer.add_outline_item(
            title=chapter.title,
            page_number=start,
            parent=shelf if part else None,
            is_open=False,
        )
        for text, number, height in _sections(reader, chapter.headings):
            writer.add_outline_item(
                title=text, page_number=start + number, parent=item, fit=Fit.xyz(top=height)
            )
        own += [chapter.name] * len(reader.pages)
    links: set[IndirectObject] = set()
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
                if name not in first and name.startswith(STUDIES) and stand_in:
                    name = stand_in
                if name not in first:  # in the other volume, an index page or a file
                    action[NameObject("/URI")] = TextStringObject(
                        base + address.removeprefix(url).lstrip("/")
                    )
                    fragment = None
            elif "/Dest" in link or "/D" in action:
                fragment = unquote(str(link.get("/Dest", action.get("/D"))).lstrip("/"))
            if fragment is not None:
                where = places.get((name, fragment), (first[name], None))
                link.pop("/A", None)
                link[NameObject("/Dest")] = _place(writer, *where)
            kept.append(reference)
        if "/Annots" in page:
            page[NameObject("/Annots")] = ArrayObject(kept)
            links.update(kept)
    root = writer.root_object
    root.pop("/Names", None)  # every link leads to its place by now

    pdf_tags.hang(
        writer,
        [(chapter.title, reader) for chapter, reader in zip(chapters, readers, strict=True)],
        links,
    )
    yes = BooleanObject(True)
    root[NameObject("/ViewerPreferences")] = DictionaryObject({NameObject("/DisplayDocTitle"): yes})
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    root[NameObject("/Lang")] = TextStringObject("en-GB")
    writer.add_metadata(about)
    writer.compress_identical_objects()
    return writer


def volume(
    page: Page, site: Path, names: list[tuple[str, str]], title: str, url: str, base: str
) -> PdfWriter:
    """Print the pages `names` (part, name) of `site`, served at `url`, as one book.

    A page that is only looked up is left out where another is read: of the studies a list is
    printed in its place.
    """
    read = [name for _, name in names if not name.startswith(LOOKED_UP)]
    cards: list[tuple[str, dict[str, str]]] = []
    plan: list[tuple[str, str, str]] = []
    for part, name in names:
        if not read or name in read:
            plan.append((part, name, title_of(site, name)))
        elif name.startswith(STUDIES):
            if not cards:
                plan.append((part, "list-of-studies", "List of studies"))
            page.goto(f"{url}/{name}.html", wait_until="load")
            cards += [(name, card) for card in page.evaluate(_CARDS)]
    lines = [(*line, 0) for line in plan]
    number = 1 + _length(_front(page, title, base, url, lines))
    printed = []
    for i, (part, name, chapter) in enumerate(plan):
        if name == "list-of-studies":
            page.set_content(_study_list(page, base, cards))
        else:
            page.goto(f"{url}/{name}.html", wait_until="load")
            page.evaluate(_SCROLL)
        data = _print(page, chapter, number)
        lines[i] = (part, name, chapter, number)
        number += _length(data)
        printed.append(Printed(part, name, chapter, data, tuple(page.evaluate(_HEADINGS))))
        print(f"{name}: to page {number - 1}", flush=True)
    front = Printed("", "front", "Title page", _front(page, title, base, url, lines))
    cff = citation(ROOT)
    released = str(cff["date-released"]).replace("-", "")
    about = {
        "/Title": title,
        "/Author": _authors(cff),
        "/Subject": f"Version {cff['version']} of {cff['date-released']}, evidence current to "
        f"{evidence_date()}. Licence: {' and '.join(cff['license'])}. {base}",
        "/Keywords": ", ".join(cff.get("keywords", [])),
        # the day of the release, so that two runs give the same file
        "/CreationDate": f"D:{released}000000Z",
        "/ModDate": f"D:{released}000000Z",
    }
    return join([front, *printed], url, about, base, "list-of-studies" if cards else "")


def main(arguments: list[str] | None = None) -> int:
    """Print both volumes, or of the pages that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", nargs="*", help="only these, such as chapters/evidence/clinical")
    parser.add_argument("--to", type=Path, default=TARGET.parent, help="folder of the PDFs")
    wanted = parser.parse_args(arguments)
    names = pages(ROOT)
    if unknown := sorted(set(wanted.page) - {name for _, name in names}):
        parser.error(f"not in _toc.yml: {', '.join(unknown)}. Name a page as _toc.yml does.")
    if wanted.page:
        names = [line for line in names if line[1] in wanted.page]
    try:
        import pypdf  # noqa: F401
    except ModuleNotFoundError:
        print("Joining the pages needs pypdf: pip install pypdf", file=sys.stderr)
        return 1
    if not (SITE / "index.html").exists():
        print("There is no website yet. Build it first: make book", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    base = config["html"]["baseurl"].rstrip("/") + "/"
    title = citation(ROOT)["title"]
    looked_up = [line for line in names if line[1].startswith(LOOKED_UP)]
    volumes = [(TARGET.name, title, names)]
    if looked_up:
        volumes.append((APPENDIX.name, f"{title}. Registers", looked_up))
    with sync_playwright() as playwright, background(SITE) as url:
        browser = playwright.chromium.launch(executable_path=str(obtain()), args=ARGUMENTS)
        page = browser.new_page(color_scheme="light", viewport={"width": _WIDTH, "height": 1000})
        page.emulate_media(media="print")
        # charts stand as they were drawn at build time; an explorer prints its own first view
        page.route("**/charts.js*", lambda route: route.abort())
        for file, name, lines in volumes:
            writer = volume(page, SITE, lines, name, url, base)
            target = wanted.to / file
            writer.write(target)
            print(f"{len(writer.pages)} pages, {target.stat().st_size / 1e6:.1f} MB: {target}")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

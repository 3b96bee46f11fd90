"""How a page is found, quoted and dated.

Search engines and link previews read the head: description, Open Graph, schema.org.  Readers
read the foot: how to cite the page, when it last changed, how current its evidence is.  All
of it comes from ``CITATION.cff``, ``CHANGELOG.md``, the tables and the history of the file;
nothing is typed twice.
"""

from __future__ import annotations

import functools
import html
import json
import posixpath
import re
import subprocess
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vl_convert
import yaml
from docutils import nodes
from markdown_it import MarkdownIt

import secretome

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_CC_BY = "https://creativecommons.org/licenses/by/4.0/"
_DATASETS = {
    "chapters/evidence/explorer",
    "chapters/evidence/explorer-of-products",
    "chapters/reference/data-dictionary",
}
DATA = "_static/data"
"""Where the site holds the tables, byte for byte, beside their description."""
_FORMATS = {".csv": "text/csv", ".json": "application/json"}
_CHANGES = "chapters/reference/changes"
_RELEASE = re.compile(r"(\S+) \((\d{4}-\d{2}-\d{2})\)\s*")


@functools.cache
def citation(root: Path) -> dict[str, Any]:
    """What ``CITATION.cff`` says of the book."""
    cff: dict[str, Any] = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    return cff


@functools.cache
def evidence_date() -> str:
    """Day of the last search, in ISO form."""
    return f"{secretome.load('searches')['date'].max():%Y-%m-%d}"


_MADE_OF = {
    # what stands in a page -> what it is made of besides its own text
    r"\{(code-cell|study-register|data-dictionary|sheet|bibliography)\}": "data/",
    r"automodule::": "src/",
    r"\{(quiz|quiz-download)\}": "chapters/quiz-bank.json",
    r"\{exercise-list\}": "chapters/",
    r"\{include\} \S*CHANGELOG": "CHANGELOG.md",
    r"\{book-citation\}": "CITATION.cff",
}


@functools.cache
def _days(root: Path) -> dict[str, str]:
    """Day of the last commit that touched each file below `root`; empty without a history."""
    command = ["git", "log", "--relative", "--format=%x00%cs", "--name-only", "-z"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8")
    except OSError:
        return {}
    days: dict[str, str] = {}
    day = ""
    for part in done.stdout.replace("\n", "\0").split("\0") if done.returncode == 0 else ():
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", part):
            day = part
        elif part:
            days[part] = max(day, days.get(part, ""))
    return days


@functools.cache
def last_change(root: Path, page: str) -> str:
    """Day of the last commit that touched a page or what it is made of.

    Empty where there is no history.
    """
    text = (root / f"{page}.md").read_text(encoding="utf-8")
    inputs = (f"{page}.md", *(of for what, of in _MADE_OF.items() if re.search(what, text)))
    return max((day for file, day in _days(root).items() if file.startswith(inputs)), default="")


def description(doctree: nodes.document | None, title: str, book: str) -> str:
    """The first sentences of a page, as many as a search engine shows."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 60:
            return textwrap.shorten(text, 160, placeholder=" …")
    return f"{title}. {book}"


def card(title: str, book: str) -> bytes:
    """The picture of a link preview, 1,200 by 630 pixels."""
    lines = textwrap.wrap(title, 30)[:4]
    heading = "".join(
        f'<text x="90" y="{250 + 84 * i}" font-size="66" font-weight="bold">'
        f"{html.escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630"'
        ' font-family="sans-serif"><rect width="1200" height="630" fill="#f4f6f8"/>'
        '<rect width="28" height="630" fill="#0b5f8a"/>'
        f'<text x="90" y="130" font-size="34" fill="#57606a">{html.escape(book)}</text>'
        f'<g fill="#24292f">{heading}</g></svg>'
    )
    return bytes(vl_convert.svg_to_png(svg))


def references(title: str, url: str, cff: dict[str, Any]) -> dict[str, str]:
    """The citation of a page as text, BibTeX and RIS."""
    book, version, date = cff["title"], cff["version"], str(cff["date-released"])
    authors = [a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in cff["authors"]]
    year = date[:4]
    inside = "" if title == book else f" In: {book}."
    key = "secretome-" + re.sub(r"\W+", "-", title.lower()).strip("-")
    kind, of_book = ("book", "") if title == book else ("incollection", book)
    fields = {
        # a second pair of braces keeps a group's name and the capitals as they are
        "author": " and ".join(f"{{{a}}}" for a in authors),
        "title": f"{{{title}}}",
        "booktitle": of_book and f"{{{of_book}}}",
        "year": year,
        "version": str(version),
        "url": url,
    }
    bibtex = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    ris = [("TY", "CHAP" if of_book else "BOOK"), *(("AU", a) for a in authors), ("TI", title)]
    ris += [("T2", of_book)] if of_book else []
    ris += [("PY", year), ("DA", date.replace("-", "/")), ("ET", str(version)), ("UR", url)]
    return {
        "text": f"{'; '.join(authors)} ({year}). {title}.{inside} Version {version}. {url}",
        "bib": f"@{kind}{{{key},\n{bibtex}\n}}\n",
        "ris": "".join(f"{tag}  - {value}\n" for tag, value in [*ris, ("ER", "")]),
    }


def _tables(root: Path) -> list[Path]:
    return [*sorted((root / "data").glob("*.csv")), root / "data" / "datapackage.json"]


def linked_data(
    root: Path, page: str, title: str, about: str, url: str, base: str, changed: str
) -> dict[str, Any]:
    """schema.org's account of a page."""
    cff = citation(root)
    people = [{"@type": "Organization", "name": a["name"]} for a in cff["authors"] if "name" in a]
    people += [
        {"@type": "Person", "givenName": a["given-names"], "familyName": a["family-names"]}
        for a in cff["authors"]
        if "family-names" in a
    ]
    book = {"@type": "Book", "@id": base, "name": cff["title"], "url": base}
    data = {
        "@context": "https://schema.org",
        "@type": ["LearningResource", "Chapter"],
        "name": title,
        "description": about,
        "url": url,
        "inLanguage": "en-GB",
        "isAccessibleForFree": True,
        "license": _CC_BY,
        "author": people,
        "version": str(cff["version"]),
        "datePublished": str(cff["date-released"]),
        "isPartOf": book,
    }
    if changed:
        data["dateModified"] = changed
    if page == "index":
        data |= {"@type": ["Book", "LearningResource"], "@id": base}
        del data["isPartOf"]
    if page in _DATASETS:
        data |= {
            "@type": ["Dataset", "LearningResource"],
            "keywords": cff.get("keywords", []),
            "temporalCoverage": f"../{evidence_date()}",
            "distribution": [
                {
                    "@type": "DataDownload",
                    "name": file.name,
                    "encodingFormat": _FORMATS[file.suffix],
                    "contentUrl": f"{base}{DATA}/{file.name}",
                }
                for file in _tables(root)
            ],
        }
    return data


def _foot(page: str, up: str, forms: dict[str, str], changed: str) -> str:
    facts = [f"Evidence current to {evidence_date()}"]
    if changed:
        facts.insert(0, f"Last change {changed}")
    return (
        f'<div class="sb-foot"><p>{". ".join(facts)}.</p>'
        f'<details class="sb-cite"><summary>Cite this page</summary>'
        f"<p>{html.escape(forms['text'])}</p>"
        f'<pre tabindex="0" aria-label="BibTeX">{html.escape(forms["bib"])}</pre>'
        f'<p><a href="{up}_static/cite/{page}.bib" download>BibTeX file</a> '
        f'<a href="{up}_static/cite/{page}.ris" download>RIS file</a></p></details></div>'
    )


def _page(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    root, base = Path(app.srcdir), app.config.html_baseurl.rstrip("/") + "/"
    cff = citation(root)
    title = html.unescape(re.sub(r"<[^>]*>", "", context.get("title") or page))
    about = description(doctree, title, cff["title"])
    url = base if page == "index" else f"{base}{page}.html"
    changed = last_change(root, page) if doctree is not None else ""
    up = "../" * page.count("/")
    tags = {"description": about}
    graph = {
        "og:title": title,
        "og:description": about,
        "og:type": "book" if page == "index" else "article",
        "og:url": url,
        "og:site_name": cff["title"],
        "og:locale": "en_GB",
    }
    if doctree is not None:
        graph |= {
            "og:image": f"{base}_static/cards/{page}.png",
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": f"{title}. {cff['title']}",
        }
        data = linked_data(root, page, title, about, url, base, changed)
        _write(app, f"cards/{page}.png", card(title, cff["title"]))
        forms = references(title, url, cff)
        for form in ("bib", "ris"):
            _write(app, f"cite/{page}.{form}", forms[form].encode())
        context["body"] += _foot(page, up, forms, changed)
    head = [f'<meta name="{k}" content="{html.escape(v)}" />' for k, v in tags.items()]
    head += [f'<meta property="{k}" content="{html.escape(v)}" />' for k, v in graph.items()]
    head.append(
        f'<link rel="alternate" type="application/atom+xml" title="Changes" href="{up}feed.xml" />'
    )
    if doctree is not None:
        head.append('<meta name="twitter:card" content="summary_large_image" />')
        text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
        head.append(f'<script type="application/ld+json">{text}</script>')
    context["metatags"] = context.get("metatags", "") + "\n    " + "\n    ".join(head)


def _write(app: Sphinx, name: str, content: bytes) -> None:
    file = Path(app.outdir, "_static", name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _place(version: str) -> str:
    # the theme looks places up as CSS selectors, in which a dot begins a class
    return "v" + version.replace(".", "-")


def feed(changelog: str, base: str, title: str) -> str:
    """The change log as an Atom feed."""
    entries = []
    for part in re.split(r"^## ", changelog, flags=re.M)[1:]:
        name, _, text = part.partition("\n")
        found = _RELEASE.fullmatch(name)
        if not found:  # what is not released yet has no date
            continue
        version, date = found.groups()
        body = html.escape(MarkdownIt().render(text))
        entries.append(
            f"<entry><id>{base}#v{version}</id><title>Version {version}</title>"
            f"<updated>{date}T00:00:00Z</updated>"
            f'<link href="{base}{_CHANGES}.html#{_place(version)}"/>'
            f'<content type="html">{body}</content></entry>'
        )
    newest = re.search(r"<updated>([^<]*)</updated>", "".join(entries))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{base}</id><title>{html.escape(title)}: changes</title>"
        f"<updated>{newest[1] if newest else '1970-01-01T00:00:00Z'}</updated>"
        f"<author><name>{html.escape(title)}</name></author>"
        f'<link rel="self" href="{posixpath.join(base, "feed.xml")}"/>'
        + "".join(entries)
        + "</feed>\n"
    )


def _name_releases(app: Sphinx, document: nodes.document) -> None:
    # the number that docutils gives a section moves with every release
    if app.env.docname == _CHANGES:
        for section in document.findall(nodes.section):
            if found := _RELEASE.fullmatch(section[0].astext()):
                section["ids"].insert(0, _place(found[1]))


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    root, out = Path(app.srcdir), Path(app.outdir)
    base = app.config.html_baseurl.rstrip("/") + "/"
    pages = []
    for page in sorted(app.env.found_docs):
        url = base if page == "index" else f"{base}{page}.html"
        changed = last_change(root, page)
        when = f"<lastmod>{changed}</lastmod>" if changed else ""
        pages.append(f"<url><loc>{html.escape(url)}</loc>{when}</url>")
    (out / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "\n".join(pages)
        + "\n</urlset>\n",
        encoding="utf-8",
    )
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    text = feed(changelog, base, citation(root)["title"])
    (out / "feed.xml").write_text(text, encoding="utf-8")
    for file in _tables(root):
        _write(app, f"data/{file.name}", file.read_bytes())
    robots = f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    (out / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Write heads, feet and what crawlers ask for."""
    # before Sphinx collects the tables of contents
    app.connect("doctree-read", _name_releases, priority=400)
    app.connect("html-page-context", _page, priority=950)
    app.connect("build-finished", _finish)

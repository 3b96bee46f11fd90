"""Pages can be found, quoted and dated."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import secretome
from secretome_book import sharing

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
PAGES = [
    p.relative_to(SITE).as_posix()
    for p in sorted([SITE / "index.html", *SITE.glob("chapters/**/*.html")])
]
CFF = sharing.citation(ROOT)
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def _page(path: str) -> str:
    return (SITE / path).read_text(encoding="utf-8")


def test_forms_of_a_citation() -> None:
    forms = sharing.references("A chapter", "https://example.org/a.html", CFF)
    assert CFF["title"] in forms["text"]
    assert str(CFF["version"]) in forms["text"]
    assert forms["bib"].startswith("@incollection{secretome-a-chapter,")
    assert forms["bib"].count("{") == forms["bib"].count("}")
    lines = forms["ris"].splitlines()
    assert lines[0] == "TY  - CHAP"
    assert lines[-1] == "ER  - "
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)


def test_the_book_is_cited_as_a_book() -> None:
    forms = sharing.references(CFF["title"], "https://example.org/", CFF)
    assert forms["bib"].startswith("@book{")
    assert "In:" not in forms["text"]


def test_feed_has_one_entry_for_each_release() -> None:
    log = (
        "# Changes\n\n## Unreleased\n\nx\n\n## 0.3.0 (2027-01-02)\n\n- **A** & b\n\n"
        "## 0.1.0 (2026-11-23)\n\ny\n"
    )
    feed = ET.fromstring(sharing.feed(log, "https://example.org/", "Book"))
    entries = feed.findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}title") for e in entries] == ["Version 0.3.0", "Version 0.1.0"]
    assert feed.findtext(f"{ATOM}updated") == "2027-01-02T00:00:00Z"
    assert "<strong>A</strong> &amp; b" in (entries[0].findtext(f"{ATOM}content") or "")
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://example.org/chapters/reference/changes.html#v0-3-0"


def _commit(root: Path, day: str, **files: str) -> None:
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file = file.with_name(file.name.replace("_dot_", "."))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    when = {**os.environ, "GIT_COMMITTER_DATE": f"{day}T12:00:00+0000"}
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=root, env=when, check=True)


def test_a_page_is_as_new_as_what_it_is_made_of(tmp_path: Path) -> None:
    _commit(
        tmp_path,
        "2026-01-01",
        prose_dot_md="Words.",
        numbers_dot_md="```{code-cell} ipython3\n1\n```",
        studies_dot_md="```{study-register}\n```",
        helpers_dot_md="```{eval-rst}\n.. automodule:: secretome\n```",
    )
    _commit(tmp_path, "2026-02-02", data__a_dot_csv="a\n1\n")
    _commit(tmp_path, "2026-03-03", src__a_dot_py="a = 1\n")
    _commit(tmp_path, "2026-01-15", prose_dot_md="Other words.")
    assert {p: sharing.last_change(tmp_path, p) for p in ("prose", "numbers", "studies")} == {
        "prose": "2026-01-15",
        "numbers": "2026-02-02",
        "studies": "2026-02-02",
    }
    assert sharing.last_change(tmp_path, "helpers") == "2026-03-03"


def test_without_a_history_no_page_has_a_day(tmp_path: Path) -> None:
    (tmp_path / "prose.md").write_text("Words.", encoding="utf-8")
    assert sharing.last_change(tmp_path, "prose") == ""


@pytest.mark.site
def test_titles_and_descriptions_are_of_the_page() -> None:
    titles = [re.findall(r"<title>(.*?)</title>", _page(p)) for p in PAGES]
    texts = [re.findall(r'<meta name="description" content="([^"]*)"', _page(p)) for p in PAGES]
    assert all(len(t) == 1 for t in titles + texts)
    assert titles[PAGES.index("index.html")] == [CFF["title"]], "said once"
    assert len({t[0] for t in titles}) == len(PAGES)
    assert len({t[0] for t in texts}) == len(PAGES)
    assert all(30 <= len(t[0]) <= 220 for t in texts)


@pytest.mark.site
@pytest.mark.parametrize("path", PAGES)
def test_preview_has_a_picture_of_the_right_size(path: str) -> None:
    found = re.search(r'<meta property="og:image" content="([^"]*)"', _page(path))
    assert found
    name = path.removesuffix(".html")
    assert found[1].endswith(f"/_static/cards/{name}.png")
    picture = (SITE / "_static" / "cards" / f"{name}.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)


@pytest.mark.site
@pytest.mark.parametrize("path", PAGES)
def test_linked_data(path: str) -> None:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', _page(path), re.S)
    assert len(found) == 1
    data = json.loads(found[0])
    assert data["@context"] == "https://schema.org"
    assert data["name"]
    assert data["license"].startswith("https://creativecommons.org/licenses/by/")
    kinds = data["@type"] if isinstance(data["@type"], list) else [data["@type"]]
    assert "LearningResource" in kinds
    assert ("Dataset" in kinds) == (path.removesuffix(".html") in sharing._DATASETS)
    assert ("Book" in kinds) == (path == "index.html")


@pytest.mark.site
def test_tables_lie_where_the_linked_data_say() -> None:
    page = _page("chapters/reference/data-dictionary.html")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found
    data = json.loads(found[1])
    files = {d["contentUrl"].removeprefix(data["isPartOf"]["@id"]): d for d in data["distribution"]}
    names = {f"{sharing.DATA}/{f.name}" for f in (ROOT / "data").iterdir() if f.suffix != ".bib"}
    assert files.keys() == names
    for place, told in files.items():
        name = place.rpartition("/")[2]
        assert (SITE / place).read_bytes() == (ROOT / "data" / name).read_bytes()
        kind = "application/json" if name == "datapackage.json" else "text/csv"
        assert told["encodingFormat"] == kind
        if kind == "text/csv":
            assert f"../../{place}" in page


@pytest.mark.site
@pytest.mark.parametrize("path", PAGES)
def test_foot_says_how_to_cite_and_how_current(path: str) -> None:
    page = _page(path)
    assert f"Evidence current to {secretome.load('searches')['date'].max():%Y-%m-%d}" in page
    assert "Cite this page" in page
    for form in ("bib", "ris"):
        assert (SITE / "_static" / "cite" / path).with_suffix(f".{form}").exists()
    if (ROOT / ".git").exists():
        assert re.search(r"Last change \d{4}-\d{2}-\d{2}", page)


@pytest.mark.site
def test_sitemap_lists_every_page_and_no_other() -> None:
    urls = [e.text for e in ET.parse(SITE / "sitemap.xml").iter(f"{SITEMAP}loc")]
    base = next(u for u in urls if u and u.endswith("/"))
    assert sorted(str(u).removeprefix(base) or "index.html" for u in urls) == sorted(PAGES)
    assert f"Sitemap: {base}sitemap.xml" in (SITE / "robots.txt").read_text()
    changes = _page("chapters/reference/changes.html")
    links = [
        e.get("href", "") for e in ET.parse(SITE / "feed.xml").iterfind(f"{ATOM}entry/{ATOM}link")
    ]
    assert links
    for link in links:
        assert f'id="{link.partition("#")[2]}"' in changes, link

"""On paper: static twins, unfolded answers, and one PDF whose links stay inside it."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytestmark = [pytest.mark.browser, pytest.mark.site]


def _shown(page, selector: str) -> list[bool]:
    return [place.is_visible() for place in page.locator(selector).all()]


def test_charts_stand_still_on_paper(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/clinical.html")
    page.locator("figure.sb-chart").first.scroll_into_view_if_needed()
    page.wait_for_selector(".sb-chart-on")
    page.emulate_media(media="print")
    assert all(_shown(page, ".sb-chart-static"))
    assert not any(_shown(page, ".sb-chart-live"))


def test_answers_and_solutions_are_open_on_paper(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/clinical.html")
    page.wait_for_load_state("load")
    page.emulate_media(media="print")
    assert all(_shown(page, ".sb-answer"))
    solutions = page.locator(".solution p:not(.admonition-title)")
    assert solutions.count()
    assert all(_shown(page, ".solution p:not(.admonition-title)"))


def test_what_only_a_screen_needs_is_not_printed(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/clinical.html")
    page.wait_for_load_state("load")
    page.emulate_media(media="print")
    for selector in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
        assert not any(_shown(page, selector)), selector
    assert page.locator("h1").is_visible()


def test_study_cards_are_open_on_paper(open_page: Callable) -> None:
    page, _ = open_page("chapters/reference/studies/people.html")
    page.wait_for_load_state("load")
    page.emulate_media(media="print")
    card = page.locator("details.sb-study-card dl").first
    assert card.bounding_box()["height"] > 50


def test_paper_is_white_where_the_screen_is_dark(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/clinical.html", theme="dark")
    page.wait_for_load_state("load")
    page.emulate_media(media="print")
    pale = page.evaluate("""() => [...document.querySelectorAll(
        'main :is(p, li, td, th, h2, .highlight span, .sb-chart-static text)')].filter((place) => {
            const style = getComputedStyle(place);
            const colour = place.matches('text') ? style.fill : style.color;
            const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number);
            return (red + green + blue) / 3 > 160;
        }).map((place) => place.tagName + ': ' + place.textContent.slice(0, 40))""")
    assert not pale[:5]


def test_an_id_stays_in_one_piece_on_paper(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/explorer.html", width=673)
    page.emulate_media(media="print")
    page.wait_for_selector(".ee-mounted .ee-keytext")
    broken = page.evaluate("""() => [...document.querySelectorAll('.ee-keytext')].filter((id) => {
        const letters = document.createRange();
        letters.selectNodeContents(id);
        return letters.getClientRects().length > 1;
    }).map((id) => id.textContent)""")
    assert not broken[:5]


CHAPTERS = (
    "index",
    "chapters/freeze-drying/designing-a-cycle",
    "chapters/evidence/explorer",
    "chapters/reference/glossary",
)


@pytest.fixture(scope="module")
def book(site: Path, tmp_path_factory: pytest.TempPathFactory):
    """Four pages of the site, printed by the command itself."""
    import pypdf

    folder = tmp_path_factory.mktemp("pdf")
    command = [sys.executable, "book/pdf.py", "--to", str(folder), *CHAPTERS]
    done = subprocess.run(command, cwd=site.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return pypdf.PdfReader(folder / "book.pdf")


def _titles(outline: list, depth: int = 0) -> list[tuple[int, str]]:
    found = []
    for item in outline:
        inner = isinstance(item, list)
        found += _titles(item, depth + 1) if inner else [(depth, item.title)]
    return found


def test_the_book_says_what_it_is(book) -> None:
    cff = yaml.safe_load((Path(__file__).parents[2] / "CITATION.cff").read_text("utf-8"))
    first = " ".join(book.pages[0].extract_text().split())
    for fact in (cff["title"], cff["version"], str(cff["date-released"]), "Evidence current to"):
        assert str(fact) in first
    for fact in ("How to cite", *cff["license"], *(a["name"] for a in cff["authors"])):
        assert fact in first
    assert book.metadata.title == cff["title"]
    assert str(cff["version"]) in book.metadata.subject
    assert book.metadata.author
    assert book.root_object["/Lang"] == "en-GB"


def test_the_outline_has_parts_chapters_and_sections(book) -> None:
    titles = _titles(book.outline)
    assert (0, "Freeze-drying") in titles
    assert (1, "Designing a cycle") in titles
    assert (2, "Key points") in titles
    # a heading over two lines keeps the space between them
    assert (1, "How sure we are: four words with a fixed meaning") in titles


def test_contents_and_foot_lines_count_alike(book) -> None:
    contents = " ".join(book.pages[1].extract_text().split())
    for number, page in enumerate(book.pages, start=1):
        assert page.extract_text().strip().startswith(str(number))
    place = next(i for i, page in enumerate(book.pages, 1) if "MSC\nmesench" in page.extract_text())
    assert f"Glossary {place}" in contents


def test_no_page_of_the_book_is_empty(book) -> None:
    assert not [i for i, page in enumerate(book.pages, 1) if len(page.extract_text()) < 60]


def test_text_formulas_and_rows_are_printed(book) -> None:
    text = "\n".join(page.extract_text() for page in book.pages)
    for words in ("One vial, three equal flows of heat", "shelf temperature", "tak-2020"):
        assert words in text
    assert "Code behind this\n" not in text


def test_links_stay_in_the_book_or_lead_to_the_website(book) -> None:
    inside, outside = [], []
    for page in book.pages:
        for annotation in page.get("/Annots") or []:
            link = annotation.get_object()
            if "/Dest" in link:
                inside.append(link["/Dest"][0].get_object())
            else:
                outside.append(str(link["/A"].get("/URI")))
    assert inside
    assert all(book.get_page_number(page) is not None for page in inside)
    assert not [address for address in outside if not address.startswith("https://")]
    # what is not among the four pages
    assert any("/chapters/start/methods.html" in address for address in outside)


def _tags(node, found: list) -> list:
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            _tags(kid, found)
    elif isinstance(node, dict) and "/S" in node:
        found.append(node)
        if "/K" in node:
            _tags(node.raw_get("/K"), found)
    return found


def test_tags_survive_the_joining(book) -> None:
    tree = book.root_object["/StructTreeRoot"]
    tags = _tags(tree.raw_get("/K"), [])
    kinds = [str(tag["/S"]) for tag in tags]
    assert kinds.count("/Part") == len(CHAPTERS) + 1  # and the contents
    assert kinds.count("/H1") == len(CHAPTERS) + 1
    assert {"/H2", "/P", "/Table", "/TH", "/TD", "/Link", "/L", "/Figure"} <= set(kinds)
    assert [tag for tag in tags if tag["/S"] == "/Figure" and tag.get("/Alt")]
    numbers = tree["/ParentTree"]["/Nums"]
    parents = dict(zip(numbers[::2], numbers[1::2], strict=True))
    assert list(parents) == sorted(parents)
    for page in book.pages:
        owners = parents[page["/StructParents"]].get_object()
        assert all("/S" in one.get_object() for one in owners if one.get_object() is not None)
        for annotation in page.get("/Annots") or []:
            link = annotation.get_object()
            assert parents[link["/StructParent"]].get_object()["/S"] == "/Link"


def test_links_to_cards_of_studies_lead_to_their_list(open_page: Callable, base_url: str) -> None:
    import pypdf

    import pdf

    page, _ = open_page("index.html")
    base, printed = "https://example.org/", []
    card = {"id": "study-a-2020", "name": "A 2020", "kind": "human", "title": "T", "doi": "10.1/x"}
    address = f"{base_url}/chapters/reference"
    text = (
        f'<html lang="en-GB"><title>t</title><h1>t</h1>'
        f'<p><a href="{address}/studies-human.html#study-a-2020">A 2020</a></p>'
        f'<p><a href="{address}/helpers-charts.html#x">help</a></p></html>'
    )
    for name, source in (("chapter", text), ("list", pdf._study_list(page, base, [("s", card)]))):
        page.set_content(source)
        printed.append(pdf.Printed("", name, name, pdf._print(page, name, 1)))
    buffer = io.BytesIO()
    pdf.join(printed, base_url, {"/Title": "Book"}, base, "list").write(buffer)
    book = pypdf.PdfReader(buffer)
    study, helper = (a.get_object() for a in book.pages[0]["/Annots"])
    assert book.get_page_number(study["/Dest"][0].get_object()) == 1
    assert helper["/A"]["/URI"] == f"{base}chapters/reference/helpers-charts.html#x"
    card_link = book.pages[1]["/Annots"][0].get_object()
    assert card_link["/A"]["/URI"] == f"{base}s.html#study-a-2020"


def test_registers_are_told_by_how_their_names_begin() -> None:
    import pdf

    names = [name for _, name in pdf.pages(pdf.ROOT)]
    looked_up = [name for name in names if name.startswith(pdf.LOOKED_UP)]
    assert any(name.startswith(pdf.STUDIES) for name in looked_up)
    assert any("helpers" in name for name in looked_up)
    assert not [name for name in looked_up if not name.startswith("chapters/reference/")]

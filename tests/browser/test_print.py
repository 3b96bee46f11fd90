"""On paper: static twins, unfolded answers, and one PDF whose links stay inside it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

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


def test_links_between_chapters_become_places_in_the_book(
    open_page: Callable, base_url: str
) -> None:
    pypdf = pytest.importorskip("pypdf")
    import pdf

    chapters, number = [], 1
    for name in ("chapters/reference/glossary", "chapters/claims/ledger"):
        page, _ = open_page(f"{name}.html")
        page.wait_for_load_state("load")
        page.evaluate(pdf._NAME_EVERY_PLACE)
        data = pdf._print(page, name, number)
        chapters.append((name, name, data))
        number += len(pypdf.PdfReader(io.BytesIO(data)).pages)
    buffer = io.BytesIO()
    pdf.join(chapters, base_url, {"/Title": "Book"}).write(buffer)
    book = pypdf.PdfReader(buffer)
    assert [item.title for item in book.outline if not isinstance(item, list)] == [
        name for name, _, _ in chapters
    ]
    inside, outside = [], []
    for page in book.pages:
        for annotation in page.get("/Annots") or []:
            link = annotation.get_object()
            if "/Dest" in link:
                inside.append(link["/Dest"][0].get_object())
            else:
                outside.append(str(link["/A"].get("/URI")))
    assert inside
    assert not [address for address in outside if "127.0.0.1" in address]
    numbers = [book.get_page_number(page) for page in inside]
    assert all(n is not None for n in numbers)
    # the foot line counts through the book
    assert book.pages[-1].extract_text().strip().startswith(str(len(book.pages)))

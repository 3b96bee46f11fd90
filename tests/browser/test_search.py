"""The search finds studies, factors and terms, without a network and without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import secretome

pytestmark = [pytest.mark.browser, pytest.mark.site]
SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PEOPLE = "chapters/reference/studies/people.html"


def _results(page) -> list[str]:
    page.locator("#search-results .search-summary").filter(has_text="finished").wait_for()
    return [a.get_attribute("href") for a in page.locator("#search-results li > a").all()]


def _study(author: str) -> tuple[str, str]:
    studies = secretome.load("studies")
    row = studies[studies["first_author"].str.lower() == author].iloc[0]
    return row["study_id"], row["title"]


def test_by_author_leads_to_the_card(open_page: Callable) -> None:
    page, watch = open_page("search.html?q=legiawati")
    found = _results(page)
    assert f"{PEOPLE}#study-{_study('legiawati')[0]}" in found
    assert watch.problems == []


@pytest.mark.parametrize(
    ("query", "page_found"),
    [
        ("trehalose", "chapters/freeze-drying/what-survives.html"),  # a protectant
        ("VEGF", "chapters/reference/studies/making-and-content.html"),  # a factor
        ("collapse temperature", "chapters/reference/glossary.html#term-collapse-temperature"),
        ("minoxidil", PEOPLE),  # a word of a title
        ("effect_direction", "chapters/reference/helpers/charts.html"),  # a function
    ],
)
def test_finds(query: str, page_found: str, open_page: Callable) -> None:
    page, _ = open_page(f"search.html?q={query}")
    assert any(href.startswith(page_found) for href in _results(page))


def test_title_of_a_study(open_page: Callable) -> None:
    _, title = _study("legiawati")
    page, _ = open_page(f"search.html?q={title}")
    assert any(href.startswith(PEOPLE) for href in _results(page))


def test_by_keyboard_from_any_page(open_page: Callable) -> None:
    page, _ = open_page("chapters/evidence/clinical.html")
    page.wait_for_load_state("load")
    page.keyboard.press("Control+k")
    page.keyboard.type("legiawati 2023")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=legiawati*")
    assert _results(page)
    target = f"study-{_study('legiawati')[0]}"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href') ?? ''").endswith(target):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{PEOPLE}#{target}")
    assert page.locator(f"#{target}").get_attribute("open") is not None


def test_an_old_address_of_a_card_leads_to_the_line_that_links_it(open_page: Callable) -> None:
    target = f"study-{_study('legiawati')[0]}"
    page, watch = open_page(f"chapters/reference/studies.html#{target}")
    line = page.locator(f"#{target}")
    assert line.evaluate("e => e.matches(':target')")
    line.get_by_role("link").click()
    page.wait_for_url(f"**/{PEOPLE}#{target}")
    assert page.locator(f"#{target}").get_attribute("open") is not None
    assert watch.problems == []


def test_nothing_found_is_said(open_page: Callable) -> None:
    page, _ = open_page("search.html?q=zzzzqqq")
    page.locator("#search-results").get_by_text("did not match any documents").wait_for()

"""The study register: a line for each study, and its card on one page below."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import secretome
from secretome_book import registers

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
ALLOWED = secretome.describe("studies").set_index("column")["allowed"].str.split(" | ", regex=False)
PAGES = sorted(
    p.relative_to(ROOT).with_suffix("").as_posix()
    for p in (ROOT / registers.REGISTER_PAGE).glob("*.md")
)


def _html(page: str) -> str:
    return (SITE / f"{page}.html").read_text(encoding="utf-8")


def test_every_kind_and_organ_has_a_page_and_every_page_has_some() -> None:
    studies = [
        pd.Series({"kind": kind, "organ": organ})
        for kind, organ in itertools.product(ALLOWED["kind"], ALLOWED["organ"])
    ]
    assert {registers.card_page(study) for study in studies} == set(PAGES)
    assert set(registers._PAGE_OF_ORGAN) <= set(ALLOWED["organ"])


@pytest.mark.site
def test_each_study_has_one_line_that_leads_to_its_one_card() -> None:
    lines = re.findall(
        r'<li id="study-([^"]+)"><a href="([^"#]+)#study-([^"]+)">', _html(registers.REGISTER_PAGE)
    )
    cards = {
        page: re.findall(r'<details class="sb-study-card" id="study-([^"]+)">', _html(page))
        for page in PAGES
    }
    every = Counter(secretome.load("studies")["study_id"])
    assert Counter(key for key, _, _ in lines) == every
    assert Counter(itertools.chain.from_iterable(cards.values())) == every
    for anchor, target, key in lines:
        assert anchor == key
        assert target.startswith("../../chapters/")
        assert key in cards[target.removeprefix("../../").removesuffix(".html")]


@pytest.mark.site
def test_a_chapter_links_the_card_and_not_the_line() -> None:
    links = [
        (target, key)
        for page in SITE.glob("chapters/**/*.html")
        if page != SITE / f"{registers.REGISTER_PAGE}.html"
        for target, key in re.findall(
            r'href="([^"#]*)#study-([^"]+)"', page.read_text(encoding="utf-8")
        )
    ]
    studies = registers.studies()
    assert len(links) > 500
    for target, key in links:
        page = f"{registers.card_page(studies.loc[key])}.html"
        assert re.fullmatch(rf"(\.\./)+{re.escape(page)}", target), (target, key)


@pytest.mark.site
def test_search_finds_a_word_of_each_cell_and_leads_to_the_card() -> None:
    text = (SITE / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    known = registers.studies()
    known = known[known["pmid"].str.fullmatch(r"\d+")]
    assert len(known) > 100
    for _, study in known.iterrows():
        found = index["terms"][study["pmid"]]  # a number, or a list of numbers
        pages = {index["docnames"][n] for n in (found if isinstance(found, list) else [found])}
        assert registers.card_page(study) in pages
        assert registers.REGISTER_PAGE not in pages


@pytest.mark.site
@pytest.mark.parametrize("page", PAGES)
def test_cards_lead_back_to_the_register(page: str) -> None:
    assert re.search(r'<p>[^<]*<a [^>]*href="\.\./studies\.html"', _html(page))

"""The evidence explorer in a real browser, on a static page under a strict policy."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest

from secretome.explorer import MISSING_CODES, EvidenceExplorer

from .explorer_page import (
    DIRECTIONS,
    ORGANS,
    PRODUCTS,
    ROOT,
    STUDY_ARGUMENTS,
    page,
    serve,
    studies,
    write_site,
)

pytestmark = pytest.mark.browser

AXE = ROOT / "assets" / "test" / "axe.min.js"

Page = Any
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    with serve(folder) as url:
        yield folder, url


@pytest.fixture
def open_page(browser: Any, site: tuple[Path, str]) -> Iterator[Opener]:
    """Open a page with explorers; no error, foreign request or policy violation may occur."""
    folder, url = site
    contexts = []
    problems: list[str] = []

    def opener(
        *explorers: EvidenceExplorer,
        hash: str = "",
        width: int = 1280,
        theme: str = "light",
        wait: bool = True,
        context: Any = None,
        name: str = "page",
        **options: Any,
    ) -> Page:
        if explorers:
            text = page(explorers, theme=theme, **options)
            (folder / f"{name}.html").write_text(text, encoding="utf-8")
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                accept_downloads=True,
                permissions=["clipboard-read", "clipboard-write"],
            )
            contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(10_000)
        tab.on("pageerror", lambda error: problems.append(f"error: {error}"))
        tab.on(
            "console",
            lambda m: problems.append(m.text) if m.type in ("error", "warning") else None,
        )
        tab.on(
            "request",
            lambda r: None if r.url.startswith((url, "data:", "blob:")) else problems.append(r.url),
        )
        tab.goto(f"{url}/{name}.html{hash}")
        if wait:
            tab.wait_for_selector(".ee-mounted .ee-status")
            tab.evaluate(WATCH)
        return tab

    yield opener
    for context in contexts:
        context.close()
    assert problems == []


# The explorer tells the page which rows it shows; the tests listen as any page could.
WATCH = """() => {
  globalThis.shown = {};
  document.addEventListener('explorer:change', (e) => { shown[e.detail.name] = e.detail.rows; });
}"""


def explorer(size: int = 200, **arguments: Any) -> EvidenceExplorer:
    return EvidenceExplorer(studies(size), **{"title": "Studies", **STUDY_ARGUMENTS, **arguments})


def set_hash(tab: Page, text: str) -> None:
    tab.evaluate("(h) => { location.hash = h; }", text)


def settle(tab: Page) -> None:
    """Let the address and the rows out of view catch up, which wait for a paint."""
    tab.wait_for_timeout(90)


def shown_keys(tab: Page) -> list[str]:
    settle(tab)
    return list(tab.locator(".ee-table tbody .ee-keytext").all_text_contents())


def status(tab: Page) -> str:
    return str(tab.locator(".ee-status").first.text_content())


def tick(tab: Page, facet: str, value: str) -> None:
    box = tab.locator(
        ".ee-facet", has=tab.locator(".ee-facet-name", has_text=re.compile(f"^{facet}$"))
    )
    box.locator(
        "label", has=tab.locator(".ee-facet-text", has_text=re.compile(f"^{value}"))
    ).first.click()


# --------------------------------------------------------------- the same answers as pandas


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if unicodedata.category(c) != "Mn").lower()


def as_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def expected(
    frame: pd.DataFrame,
    query: str,
    chosen: dict[str, list[str]],
    sort: tuple[str, bool] | None,
) -> list[int]:
    """Row positions that the explorer must show, in its order, computed by pandas."""
    texts = frame.map(as_text)
    keep = pd.Series(True, index=frame.index)
    for column, values in chosen.items():
        keep &= texts[column].isin(values)
    folded = texts.map(fold)
    for word in [fold(a or b) for a, b in re.findall(r'"([^"]*)"|(\S+)', query)]:
        if word:
            hit = folded.apply(lambda c, w=word: c.str.contains(w, regex=False))
            keep &= hit.any(axis=1)
    rows = pd.DataFrame({"row": np.flatnonzero(keep)})
    if sort:
        column, descending = sort
        cells = frame[column].iloc[rows["row"]].tolist()
        missing = [
            2 if as_text(v) == "" else 1 if as_text(v) in MISSING_CODES else 0 for v in cells
        ]
        number = pd.api.types.is_number
        rows["missing"] = missing
        rows["key"] = [
            None if m else v if number(v) else fold(as_text(v))
            for v, m in zip(cells, missing, strict=True)
        ]
        present = rows[rows["missing"] == 0].sort_values(
            "key", ascending=not descending, kind="stable"
        )
        absent = rows[rows["missing"] > 0].sort_values("missing", kind="stable")
        rows = pd.concat([present, absent])
    return [int(r) for r in rows["row"]]


WORDS = [
    "", "", "", "medium", "HAIR", "2019", "muller", "Müller", "sánchez brain", '"study 1"', "NR",
    "10.1000", "no such words", "favours product skin", "-0.", "secretome 20", "e",
]  # fmt: skip


def random_view(rng: random.Random, frame: pd.DataFrame) -> Any:
    chosen = {}
    for column in rng.sample(STUDY_ARGUMENTS["facets"], rng.choice([0, 0, 1, 1, 2, 3])):
        values = sorted(set(frame[column].map(as_text)))
        chosen[column] = rng.sample(values, min(len(values), rng.randint(1, 3)))
    sort = rng.choice([None, *[(c, d) for c in frame.columns for d in (False, True)]])
    return rng.choice(WORDS), chosen, sort


def hash_of(query: str, chosen: dict[str, list[str]], sort: tuple[str, bool] | None) -> str:
    parts = ["explorer=studies"]
    if query:
        parts.append(f"q={quote(query)}")
    for column, values in chosen.items():
        joined = "|".join(v.replace("\\", "\\\\").replace("|", "\\|") or "\\e" for v in values)
        parts.append(f"f.{column}={quote(joined)}")
    if sort:
        parts.append(f"sort={'-' if sort[1] else ''}{sort[0]}")
    return "#" + "&".join(parts)


@pytest.mark.parametrize("size", [137, 1000])
def test_random_views_agree_with_pandas(open_page: Opener, size: int) -> None:
    frame = studies(size, seed=size)
    tab = open_page(EvidenceExplorer(frame, title="Studies", **STUDY_ARGUMENTS))
    rng = random.Random(size)
    views = [random_view(rng, frame) for _ in range(150)]
    results = tab.evaluate(
        """async (hashes) => {
          const out = [];
          for (const hash of hashes) {
            location.hash = hash;
            await new Promise((done) => setTimeout(done, 0));
            await new Promise((done) => requestAnimationFrame(done));
            const counts = {};
            for (const box of document.querySelectorAll('.ee-facet')) {
              counts[box.querySelector('.ee-facet-name').textContent] =
                [...box.querySelectorAll('.ee-count')].map((c) => Number(c.textContent));
            }
            out.push([shown.studies, document.querySelector('.ee-status').textContent, counts,
              [...document.querySelectorAll('.ee-table tbody .ee-keytext')]
                .map((e) => e.textContent)]);
          }
          return out;
        }""",
        [hash_of(*view) for view in views],
    )
    for view, (rows, said, counts, keys) in zip(views, results, strict=True):
        want = expected(frame, *view)
        assert rows == want, view
        # The rows beyond the first twenty follow after the next paint.
        assert keys[:20] == list(frame["study_id"].iloc[want[:20]]), view
        number = f"{len(want):,} of {size:,} rows" if len(want) < size else f"{size:,} rows"
        assert said == number
        # A count says how many rows a value has under all other filters.
        query, chosen, _ = view
        others = {c: v for c, v in chosen.items() if c != "product"}
        base = frame.iloc[expected(frame, query, others, None)]
        products = frame["product"].value_counts()
        order = sorted(products.index, key=lambda p: (-products[p], p))
        assert counts["Product"] == [int((base["product"] == p).sum()) for p in order], view


def test_acting_on_the_page_agrees_with_pandas(open_page: Opener) -> None:
    frame = studies(200)
    tab = open_page(explorer())
    rng = random.Random(7)
    chosen: dict[str, list[str]] = {}
    labels = {"product": "Product", "organ": "Organ", "kind": "Kind", "cell_source": "Cell source"}
    # Open every group and every list first.
    tab.evaluate(
        "document.querySelectorAll('.ee-facet').forEach((d) => { d.open = true; });"
        "document.querySelectorAll('.ee-facet .ee-more').forEach((b) => b.click());"
    )
    for _ in range(25):
        column = rng.choice(list(labels))
        value = rng.choice(sorted(set(frame[column])))
        tick(tab, labels[column], value)
        values = chosen.setdefault(column, [])
        if value in values:
            values.remove(value)
        else:
            values.append(value)
        active = {c: v for c, v in chosen.items() if v}
        assert tab.evaluate("shown.studies") == expected(frame, "", active, None)
    tab.locator(".ee-clear").click()
    for word in ["hair", "hair med", "Müller", ""]:
        tab.locator(".ee-search").fill(word)
        tab.wait_for_timeout(150)
        assert tab.evaluate("shown.studies") == expected(frame, word, {}, None)
    for column in ["n_total", "effect", "year", "study_id"]:
        for descending in (False, True):
            head = tab.locator(f"th[data-column='{list(frame.columns).index(column)}']")
            head.locator("button").click()
            assert tab.evaluate("shown.studies") == expected(frame, "", {}, (column, descending))
            assert head.get_attribute("aria-sort") == ("descending" if descending else "ascending")
    head.locator("button").click()
    assert tab.evaluate("shown.studies") == list(range(200))
    assert head.get_attribute("aria-sort") == "none"


def test_ten_thousand_rows(open_page: Opener) -> None:
    frame = studies(10_000)
    tab = open_page(EvidenceExplorer(frame, title="Studies", **STUDY_ARGUMENTS))
    assert status(tab) == "10,000 rows"
    assert tab.locator(".ee-table tbody tr").count() == 50
    view = ("medium", {"organ": ["hair"]}, ("effect", True))
    set_hash(tab, hash_of(*view))
    tab.wait_for_function("shown.studies")
    assert tab.evaluate("shown.studies") == expected(frame, *view)


# -------------------------------------------------------------------------- page and reader


def test_the_explorer_takes_the_place_of_the_plain_table(open_page: Opener) -> None:
    tab = open_page(explorer(), after="<h2 id='after'>After</h2>")
    assert not tab.locator(".ee-fallback").is_visible()
    assert tab.locator(".ee").is_visible()


def test_nothing_jumps_when_it_comes(open_page: Opener) -> None:
    tab = open_page(explorer(), after="<p>After</p>" * 20)
    tab.wait_for_timeout(300)
    shift = tab.evaluate(
        """() => new Promise((done) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value;
          }).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => done(sum), 200);
        })"""
    )
    assert shift < 0.02


def test_without_scripts_the_plain_table_stands(browser: Any, site: tuple[Path, str]) -> None:
    folder, url = site
    (folder / "plain.html").write_text(page([explorer(60)]), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{url}/plain.html")
    table = tab.locator(".ee-plain")
    assert table.is_visible()
    assert table.locator("tbody tr").count() == 60
    assert table.locator("tbody tr").last.is_visible()
    assert tab.locator(".ee-fallback").bounding_box()["height"] > 1500
    context.close()


def test_an_explorer_far_below_waits(open_page: Opener) -> None:
    far = "<p>text</p>" * 120
    tab = open_page(explorer(), before=far, wait=False)
    tab.wait_for_timeout(700)
    assert tab.locator(".ee-mounted").count() == 0
    tab.locator(".secretome-explorer-static").scroll_into_view_if_needed()
    tab.wait_for_selector(".ee-mounted")
    tab = open_page(name="page", hash="#explorer=studies&row=tak-2022", wait=False)
    tab.wait_for_selector(".ee-mounted .ee-details")
    assert tab.evaluate("document.activeElement.className") == "ee-open"
    assert tab.evaluate("scrollY") > 1000


def test_a_page_without_state_keeps_its_table(browser: Any, site: tuple[Path, str]) -> None:
    folder, url = site
    text = page([explorer(5)]).replace('"state": {', '"state": {}, "lost": {', 1)
    (folder / "lost.html").write_text(text, encoding="utf-8")
    tab = browser.new_page()
    tab.goto(f"{url}/lost.html")
    tab.wait_for_selector(".ee-failed")
    assert tab.locator(".ee-plain").is_visible()
    tab.close()


# --------------------------------------------------------------------------------- address


def snapshot(tab: Page) -> dict[str, Any]:
    return {
        "keys": shown_keys(tab),
        "status": status(tab),
        "search": tab.locator(".ee-search").input_value(),
        "heads": tab.locator(".ee-table thead .ee-sort").all_text_contents(),
        "sort": tab.locator(
            "[aria-sort='ascending'], [aria-sort='descending']"
        ).all_text_contents(),
        "view": tab.locator("[data-view][aria-pressed='true']").get_attribute("data-view"),
        "open": tab.locator(".ee-open[aria-expanded='true'] .ee-keytext").all_text_contents(),
        "page": tab.locator(".ee-page").text_content(),
        "ticked": tab.locator(".ee-facet-value:has(input:checked)").all_text_contents(),
    }


def test_a_link_restores_exactly_that_view(open_page: Opener) -> None:
    tab = open_page(explorer())
    tab.locator(".ee-search").fill("2")
    tab.wait_for_timeout(150)
    tick(tab, "Product", "conditioned medium")
    tick(tab, "Product", "secretome")
    tab.locator("th[data-column='11'] button").click()
    tab.locator("[data-view='direction']").click()
    tab.locator("summary", has_text="Columns").click()
    tab.locator(".ee-pop label", has_text="Title").click()
    tab.locator(".ee-pop label", has_text="Year").click()
    tab.keyboard.press("Escape")
    tab.locator(".ee-pager button", has_text="Next").click()
    tab.locator(".ee-open").nth(1).click()
    tab.locator(".ee-open").nth(4).click()
    settle(tab)
    before = snapshot(tab)
    assert len(before["open"]) == 2
    assert before["page"].startswith("Rows 51")
    tab.locator("summary", has_text="Download, share").click()
    tab.locator("button", has_text="Copy link to this view").click()
    tab.wait_for_selector("text=Link copied")
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link == tab.url
    again = open_page(name="page", hash="#" + link.split("#")[1])
    assert snapshot(again) == before
    # Some programs that pass links on encode what they need not.
    harder = link.split("#")[1].replace("|", "%7C")
    third = open_page(name="page", hash="#" + harder)
    assert snapshot(third) == before


def test_random_views_survive_the_address(open_page: Opener) -> None:
    frame = studies(120)
    frame.loc[3, "organ"] = "a|b\\c&d=e#f %7C ü"
    frame.loc[4, "organ"] = "\\e"
    frame.loc[5, "organ"] = None
    tab = open_page(EvidenceExplorer(frame, title="Studies", **STUDY_ARGUMENTS))
    rng = random.Random(3)
    for odd in ["a|b\\c&d=e#f %7C ü", "\\e", ""]:
        view = ("", {"organ": [odd, "hair"]}, None)
        set_hash(tab, hash_of(*view))
        tab.wait_for_function("document.querySelector('.ee-chips').childElementCount === 3")
        assert tab.evaluate("shown.studies") == expected(frame, *view)
        # The explorer writes the address anew when the reader acts.
        tab.locator("th[data-column='3'] button").click()
        settle(tab)
        other = open_page(name="page", hash=tab.evaluate("location.hash"))
        assert shown_keys(other) == shown_keys(tab)
        other.close()
    for _ in range(10):
        view = random_view(rng, frame)
        set_hash(tab, hash_of(*view))
        tab.wait_for_timeout(30)
        tab.locator("[data-view='time']").click()
        settle(tab)
        other = open_page(name="page", hash=tab.evaluate("location.hash"))
        assert snapshot(other) == snapshot(tab)
        other.close()


def test_the_back_button_undoes_and_typing_leaves_no_trail(open_page: Opener) -> None:
    tab = open_page(explorer(), hash="#some-heading")
    start = tab.evaluate("history.length")
    tick(tab, "Kind", "human")
    one = snapshot(tab)
    tick(tab, "Kind", "animal")
    settle(tab)
    assert tab.evaluate("history.length") == start + 2
    tab.locator(".ee-search").press_sequentially("hair", delay=120)
    tab.wait_for_timeout(200)
    assert "q=hair" in tab.url
    assert tab.evaluate("history.length") == start + 2
    tab.go_back()
    tab.wait_for_timeout(100)
    assert snapshot(tab) == one
    tab.go_back()
    tab.wait_for_timeout(100)
    assert status(tab) == "200 rows"
    assert tab.url.endswith("#some-heading")
    tab.go_forward()
    tab.go_forward()
    tab.wait_for_timeout(100)
    assert tab.locator(".ee-search").input_value() == "hair"
    # An ordinary anchor on the page is no command to the explorer.
    set_hash(tab, "#another-heading")
    tab.wait_for_timeout(100)
    assert tab.locator(".ee-search").input_value() == "hair"
    tab.reload()
    tab.wait_for_selector(".ee-mounted .ee-status")
    assert tab.locator(".ee-search").input_value() == "hair"


def test_a_link_in_the_text_opens_a_row(open_page: Opener) -> None:
    tab = open_page(
        explorer(), before='<p><a href="#explorer=studies&amp;row=shin-2019">Shin 2019</a></p>'
    )
    key = shown_keys(tab)[30]
    tab.evaluate(f"document.querySelector('main a').hash = '#explorer=studies&row={key}'")
    tab.locator("main a").first.click()
    tab.wait_for_selector(".ee-details")
    opened = tab.locator(".ee-open[aria-expanded='true'] .ee-keytext")
    assert opened.all_text_contents() == [key]
    box = opened.bounding_box()
    assert 0 <= box["y"] <= 900
    settle(tab)
    tab.go_back()
    tab.wait_for_selector(".ee-details", state="detached")


def test_a_link_to_what_is_not_there_says_so(open_page: Opener) -> None:
    tab = open_page(
        explorer(), hash="#explorer=studies&row=nobody-1900&f.organ=heart&f.colour=red&sort=x"
    )
    notice = tab.locator(".ee-notice").text_content()
    for word in ("nobody-1900", "heart", "colour", "x"):
        assert word in notice
    assert status(tab) == "200 rows"
    tab = open_page(name="page", hash="#explorer=studies&row=tak-2022&q=zzz")
    assert "tak-2022 is not among the rows shown" in tab.locator(".ee-notice").text_content()


def test_several_explorers_do_not_disturb_each_other(open_page: Opener) -> None:
    one = explorer(80)
    two = explorer(60, title="Trials", name="trials")
    three = explorer(40, title="Studies again", name="studies")
    tab = open_page(one, two, three)
    for place in tab.locator(".secretome-explorer-static").all():
        place.scroll_into_view_if_needed()
    tab.wait_for_function("document.querySelectorAll('.ee-mounted').length === 3")
    roots = tab.locator(".ee")
    roots.nth(0).locator("th[data-column='3'] button").click()
    roots.nth(1).locator(".ee-search").fill("hair")
    tab.wait_for_timeout(150)
    roots.nth(2).locator("[data-view='none']").click()
    settle(tab)
    assert set(re.findall(r"explorer=([^&]+)", tab.url)) == {"studies", "trials", "studies-2"}
    states = [root.locator(".ee-status").text_content() for root in roots.all()]
    assert states[0] == "80 rows"
    assert states[1] != "60 rows"
    assert states[2] == "40 rows"
    tab.go_back()
    tab.wait_for_timeout(100)
    assert roots.nth(2).locator("[data-view='map']").get_attribute("aria-pressed") == "true"
    assert roots.nth(1).locator(".ee-search").input_value() == "hair"
    # A link that names one leaves the others alone.
    set_hash(tab, "#explorer=trials&sort=year")
    tab.wait_for_timeout(100)
    assert roots.nth(1).locator(".ee-search").input_value() == ""
    assert roots.nth(0).locator("[aria-sort='ascending']").count() == 1
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


# ------------------------------------------------------------------------------- downloads


def fetch(tab: Page, item: str) -> bytes:
    menu = tab.locator("summary", has_text="Download")
    if not tab.locator(".ee-menu-end").get_attribute("open"):
        menu.click()
    with tab.expect_download() as waiting:
        tab.locator(".ee-item", has_text=item).click()
    data = Path(waiting.value.path()).read_bytes()
    tab.keyboard.press("Escape")
    return data


def test_downloads_hold_the_rows_shown(open_page: Opener) -> None:
    frame = studies(120)
    tab = open_page(EvidenceExplorer(frame, title="Studies", **STUDY_ARGUMENTS))
    set_hash(tab, "#explorer=studies&f.organ=hair&sort=-year")
    tab.wait_for_function("shown.studies")
    rows = expected(frame, "", {"organ": ["hair"]}, ("year", True))
    raw = fetch(tab, "CSV")
    assert raw.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(io.BytesIO(raw), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    want = frame.iloc[rows].map(as_text).reset_index(drop=True)
    pd.testing.assert_frame_equal(table, want.astype(table.dtypes.to_dict()))

    tab.locator(".ee-table tbody input").nth(2).click()
    assert ", 1 selected" in status(tab)
    table = pd.read_csv(io.BytesIO(fetch(tab, "CSV")), dtype=str, encoding="utf-8-sig")
    assert list(table["study_id"]) == [frame["study_id"].iloc[rows[2]]]


def test_references_are_complete_and_escaped(open_page: Opener) -> None:
    frame = pd.DataFrame(
        {
            "row": ["r1", "r2", "r3", "r4"],
            "study_id": ["a-2019", "a-2019", "b-2020", "c 2021"],
            "first_author": ["Müller", "Müller", "O'Neil & Sons", "NR"],
            "title": ["50 % of {cells} in $x_1$ \\ #2", "same", "A~B^C", "Line\nbreak"],
            "journal": ["J. Test", "J. Test", "NR", None],
            "year": [2019, 2019, 2020, 2021],
            "doi": ["10.1000/a_b{c}", "10.1000/a_b{c}", "NS", "NA"],
            "pmid": ["123", "123", "NS", "9"],
            "source_url": ["https://x.example/a_b?c=1%20d#e"] * 4,
        }
    )
    tab = open_page(EvidenceExplorer(frame, title="Refs", key="row"))
    text = fetch(tab, "BibTeX").decode()
    entries = re.findall(r"^@(\w+)\{([^,]+),\n(.*?)\n\}$", text, re.M | re.S)
    assert [(kind, key) for kind, key, _ in entries] == [
        ("article", "a-2019"),
        ("misc", "b-2020"),
        ("misc", "c-2021"),
    ]
    fields = [dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.M)) for *_, body in entries]
    assert fields[0]["author"] == "{Müller} and others"
    assert fields[0]["title"] == (
        r"{50 \% of {\textbraceleft}cells{\textbraceright} in \$x\_1\$ {\textbackslash} \#2}"
    )
    assert fields[0]["doi"] == "10.1000/a_b%7Bc%7D"
    assert fields[0]["url"] == "https://x.example/a_b?c=1%20d#e"
    assert fields[1]["author"] == r"{O'Neil \& Sons} and others"
    assert fields[1]["title"] == r"{A{\textasciitilde}B{\textasciicircum}C}"
    assert "doi" not in fields[1]
    assert fields[2]["title"] == "{Line break}"
    assert "author" not in fields[2]
    for *_, body in entries:
        depth = 0
        for c in body:
            depth += (c == "{") - (c == "}")
            assert depth >= 0
        assert depth == 0

    ris = fetch(tab, "RIS").decode()
    records = [r for r in re.split(r"ER  - \r\n", ris) if r.strip()]
    assert len(records) == 3
    first = re.findall(r"^([A-Z0-9]{2})  - (.*)\r$", records[0], re.M)
    assert ("TY", "JOUR") in first
    assert ("AU", "Müller") in first
    assert ("DO", "10.1000/a_b{c}") in first
    assert ("AN", "123") in first
    assert ("PY", "2019") in first
    assert "TY  - GEN" in records[1]
    assert "TI  - Line break" in records[2]


FORMULAS = {
    "=1+1": "'=1+1",
    "+1+1": "'+1+1",
    "-1+1": "'-1+1",
    "@SUM(A1)": "'@SUM(A1)",
    "\tx": "'\tx",
    "\rx": "'\rx",
    "＝1": "'＝1",
    "-5.25": "-5.25",
    "+3e-4": "+3e-4",
    "-": "'-",
    "a=b": "a=b",
    'say "hi", you': 'say "hi", you',
    "two\nlines": "two\nlines",
    " padded ": " padded ",
}


def test_formulas_are_disarmed_in_the_csv(open_page: Opener) -> None:
    tab = open_page(EvidenceExplorer(pd.DataFrame({"=cmd": list(FORMULAS)}), title="Formulas"))
    raw = fetch(tab, "CSV").decode("utf-8-sig")
    assert raw.endswith("\r\n")
    rows = list(csv.reader(io.StringIO(raw, newline="")))
    assert rows == [["'=cmd"], *[[v] for v in FORMULAS.values()]]


# -------------------------------------------------------------------------------- pictures


def cells(tab: Page) -> dict[tuple[str, str], tuple[int, bool]]:
    out = {}
    tab.wait_for_timeout(200)  # the widget promises its counts 120 ms after the rows at most
    for label in tab.locator(".ee-cell").evaluate_all(
        "(all) => all.map((e) => e.getAttribute('aria-label'))"
    ):
        where, what = label.split(": ", 1)
        organ, product = where.split(", ")
        number = re.match(r"[\d,]+", what)
        out[organ, product] = (int(number[0]) if number else 0, "left out" in what)
    return out


def test_the_map_counts_rows_and_shows_gaps(open_page: Opener) -> None:
    frame = studies(120)
    frame["organ"] = pd.Categorical(frame["organ"], [*ORGANS, "muscle"])
    tab = open_page(EvidenceExplorer(frame, title="Studies", **STUDY_ARGUMENTS))
    counts = pd.crosstab(frame["organ"], frame["product"], dropna=False)
    seen = cells(tab)
    assert len(seen) == (len(ORGANS) + 1) * len(PRODUCTS)
    for (organ, product), (n, left_out) in seen.items():
        want = counts.loc[organ, product] if organ in counts.index else 0
        assert (n, left_out) == (want, False)
    zeros = sum(n == 0 for n, _ in seen.values())
    assert zeros >= len(PRODUCTS)
    assert tab.locator(".ee-cell.ee-zero .ee-cross[d^='M']").count() == zeros
    assert tab.locator(".ee-cell .ee-cross[d^='M']").count() == zeros
    sentence = tab.locator(".ee-sentence").text_content()
    assert f"{len(seen) - zeros} of {len(seen)} cells hold rows, {zeros} are empty" in sentence
    open_rows = int((frame["checked_on"] == "NA").sum())
    assert f"{open_rows} of 120 rows are not yet checked" in sentence
    # Facets that are not the map's own change it; its structure stays.
    tick(tab, "Kind", "human")
    human = frame[frame["kind"] == "human"]
    counts = pd.crosstab(human["organ"], human["product"], dropna=False)
    later = cells(tab)
    assert later.keys() == seen.keys()
    for (organ, product), (n, _) in later.items():
        known = organ in counts.index and product in counts.columns
        assert n == (counts.loc[organ, product] if known else 0)


def test_a_cell_of_the_map_filters(open_page: Opener) -> None:
    frame = studies(200)
    tab = open_page(explorer())
    cell = tab.locator(".ee-cell[aria-label^='hair, secretome:']")
    cell.click()
    want = expected(frame, "", {"organ": ["hair"], "product": ["secretome"]}, None)
    assert tab.evaluate("shown.studies") == want
    assert cell.get_attribute("aria-pressed") == "true"
    assert cells(tab)["skin", "secretome"][1]
    cell.click()
    assert len(tab.evaluate("shown.studies")) == 200
    # By keyboard: one stop for the whole map, arrows inside.
    assert tab.locator(".ee-cell[tabindex='0']").count() == 1
    cell.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    label = tab.evaluate("document.activeElement.getAttribute('aria-label')")
    organ, product = label.split(": ")[0].split(", ")
    tab.keyboard.press("Enter")
    assert tab.evaluate("shown.studies") == expected(
        frame, "", {"organ": [organ], "product": [product]}, None
    )
    tab.keyboard.press(" ")
    assert len(tab.evaluate("shown.studies")) == 200
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == label


def twin(tab: Page) -> pd.DataFrame:
    if tab.locator(".ee-twin").get_attribute("open") is None:
        tab.locator(".ee-twin summary").click()
    table = tab.locator(".ee-twin table")
    table.wait_for()  # the browser tells of the opening a moment later
    head = table.locator("thead th").all_text_contents()
    rows = [row.locator("th, td").all_text_contents() for row in table.locator("tr").all()[1:]]
    return pd.DataFrame(rows, columns=head).set_index(head[0])


def test_pictures_have_a_twin_table(open_page: Opener) -> None:
    frame = studies(200)
    tab = open_page(explorer(), hash="#explorer=studies&f.kind=human")
    human = frame[frame["kind"] == "human"]
    table = twin(tab)
    for organ in table.index:
        for product in table.columns:
            n = ((human["organ"] == organ) & (human["product"] == product)).sum()
            assert table.loc[organ, product] == str(n)
    tab.locator("[data-view='time']").click()
    table = twin(tab)
    years = range(frame["year"].min(), frame["year"].max() + 1)
    assert list(table.index) == [str(y) for y in years]
    for year in years:
        assert table.loc[str(year), "all"] == str((human["year"] == year).sum())
    none = sum((human["year"] == y).sum() == 0 for y in years)
    assert f"{none} of {len(years)} years without any" in tab.locator(".ee-sentence").text_content()
    assert tab.locator(".ee-canvas .ee-cross").count() == none
    tab.locator("[data-view='direction']").click()
    table = twin(tab)
    assert list(table.columns[:-1]) == [d for d in secretome_order() if d in DIRECTIONS]
    for organ in table.index:
        for direction in DIRECTIONS:
            n = ((human["organ"] == organ) & (human["direction"] == direction)).sum()
            assert table.loc[organ, direction] == str(n)
    sentence = tab.locator(".ee-sentence").text_content()
    assert f"favours product {(human['direction'] == 'favours product').sum()}" in sentence
    tab.locator("[data-view='none']").click()
    assert not tab.locator(".ee-canvas").is_visible()


def secretome_order() -> list[str]:
    from secretome.explorer import _DIRECTIONS

    return _DIRECTIONS


def test_unchecked_rows_are_hollow(open_page: Opener) -> None:
    frame = studies(60)
    tab = open_page(explorer(60))
    for row in tab.locator(".ee-table tbody tr").all()[:20]:
        key = row.locator(".ee-keytext").text_content()
        unchecked = frame.set_index("study_id").loc[key, "checked_on"] == "NA"
        assert (row.locator(".ee-hollow").count() == 1) == unchecked
        assert ("not yet checked" in row.locator("th").text_content()) == unchecked


# --------------------------------------------------------------------------- states of absence


def test_absence_is_shown_and_explained(open_page: Opener) -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b", "c", "d"], "source": ["NR", "NS", None, "x"], "n": [1, "NA", None, 2]}
    )
    tab = open_page(EvidenceExplorer(frame, title="Absence", facets=["source"]))
    assert tab.locator("td .ee-code").all_text_contents() == [
        f"{code} ({MISSING_CODES[code]})" for code in ("NR", "NS", "NA")
    ]
    assert tab.locator("td .ee-code").first.get_attribute("title") == MISSING_CODES["NR"]
    assert tab.locator("td .ee-empty").count() == 2
    legend = tab.locator(".ee-legend").text_content()
    assert "NR" in legend
    assert "UNCLEAR" not in legend
    assert "empty" in legend
    values = tab.locator(".ee-facet-text").all_text_contents()
    assert [v.split(" ")[0] for v in values] == ["x", "NR", "NS", "—empty"]
    tab.locator(".ee-facet .ee-facet-value").nth(3).click()
    assert shown_keys(tab) == ["c"]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": []}), "0 rows"),
        (pd.DataFrame(), "0 rows"),
        (pd.DataFrame({"a": ["x"]}), "1 row"),
        (pd.DataFrame({"a": [None, None]}), "2 rows"),
        (studies(1).iloc[:0], "0 rows"),
        (pd.DataFrame(index=range(3)), "3 rows"),
    ],
)
def test_small_and_empty_tables(open_page: Opener, frame: pd.DataFrame, said: str) -> None:
    has_studies = "organ" in frame
    arguments = STUDY_ARGUMENTS if has_studies else {}
    tab = open_page(EvidenceExplorer(frame, title="Small", **arguments))
    assert status(tab) == said
    if not len(frame):
        assert "This table has no rows." in tab.locator(".ee-nothing").text_content()
    for view in tab.locator("[data-view]").all():
        view.click()


def test_no_match_offers_a_way_back(open_page: Opener) -> None:
    tab = open_page(explorer(30))
    tab.locator(".ee-search").fill("no such thing")
    tab.wait_for_timeout(150)
    assert status(tab) == "0 of 30 rows"
    assert "No row matches" in tab.locator(".ee-nothing").text_content()
    tab.locator(".ee-nothing button").click()
    assert status(tab) == "30 rows"
    assert tab.evaluate("document.activeElement.type") == "search"


# ------------------------------------------------------------------------------ hostile table

HOSTILE = [
    "<script>document.title='hacked'</script>",
    "<img src=x onerror=\"document.title='hacked'\">",
    "</SCRIPT><img src=x onerror=\"document.title='hacked'\">",
    "<!--<script>",
    "javascript:document.title='hacked'",
    "\" onfocus=\"document.title='hacked'\" autofocus=\"",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "nul\u0000 and \x1a0",
    "=HYPERLINK(\"http://x.example\")",
    "{{ 7*7 }} ${7*7} `x`",
    "__proto__",
    "constructor",
    "שלום עולם",
]  # fmt: skip


def test_hostile_tables_harm_nobody(open_page: Opener) -> None:
    frame = pd.DataFrame(
        {
            "id": [f"{i} {text}" for i, text in enumerate(HOSTILE)],
            "cell": HOSTILE,
            "url": HOSTILE,
            "doi": HOSTILE,
            "<b>name</b>": HOSTILE,
            "long": ["x" * 10_000 + text for text in HOSTILE],
            "checked_on": HOSTILE,
        }
    )
    frame["<img src=x onerror=alert(1)>"] = HOSTILE
    hostile = EvidenceExplorer(
        frame,
        key="id",
        title=HOSTILE[1],
        facets=["cell", "<b>name</b>"],
        map=("cell", "<b>name</b>"),
        direction="cell",
        design="cell",
        labels={"cell": HOSTILE[2]},
        descriptions={"cell": HOSTILE[1]},
        units={"cell": HOSTILE[0]},
    )
    tab = open_page(hostile, title="calm")
    for view in tab.locator("[data-view]").all():
        view.click()
    tab.locator("[data-view='map']").click()
    tab.locator(".ee-twin summary").click()
    assert tab.locator(".ee-table tbody tr").count() == len(HOSTILE)
    for i in range(len(HOSTILE)):
        tab.locator(f".ee-open[data-row='{i}']").click()
    tab.locator(".ee-facet .ee-facet-value").first.click()
    tab.locator(".ee-chip").first.click()
    tab.locator(".ee-table tbody tr:not(.ee-details)").nth(len(HOSTILE) - 1).wait_for()
    texts = tab.locator("td[data-label='<b>name</b>']").all_text_contents()
    assert texts[0] == HOSTILE[0]
    assert texts[6] == "U+202Egnp.exe"
    assert texts[7] == "zeroU+200Bwidth"
    assert texts[8] == "nulU+0000 and U+001A0"
    assert texts[13] == HOSTILE[13]
    assert tab.locator("td[data-label='<b>name</b>'] bdi").count() >= 4
    root = tab.locator(".secretome-explorer-static")
    assert root.locator("script, img, iframe, object, embed, style").count() == 0
    hrefs = root.locator("a").evaluate_all("(all) => all.map((a) => a.protocol)")
    assert set(hrefs) <= {"http:", "https:"}
    attributes = tab.evaluate(
        "[...document.querySelectorAll('.secretome-explorer-static *')]"
        ".flatMap((e) => [...e.attributes].map((a) => a.name))"
        ".filter((name) => name.startsWith('on'))"
    )
    assert attributes == []
    assert tab.title() == "calm"
    # Long cells are cut, and given whole on request.
    long_cell = tab.locator("td[data-label='Long']").first
    assert len(long_cell.text_content()) < 400
    long_cell.locator("button").click()
    assert long_cell.text_content().startswith("x" * 10_000)
    assert HOSTILE[0] in long_cell.text_content()
    # Every view of it survives the address.
    set_hash(tab, "#explorer=x&row=" + quote(HOSTILE[1]))
    tab.locator(".ee-facet .ee-facet-value").nth(2).click()
    settle(tab)
    again = open_page(name="page", hash=tab.evaluate("location.hash"), wait=True)
    assert status(again) == status(tab)
    assert again.title() == "calm"
    raw = fetch(again, "CSV").decode("utf-8-sig")
    for row in csv.reader(io.StringIO(raw, newline="")):
        assert not any(re.match(r"[=+\-@\t\r]", cell) for cell in row)


ADDRESSES = [
    ("doi", "10.1000/x", "https://doi.org/10.1000/x"),
    ("doi", "https://doi.org/10.1000/x(1)", "https://doi.org/10.1000/x(1)"),
    ("doi", "10.1000/a?b#c<d>", "https://doi.org/10.1000/a%3Fb%23c%3Cd%3E"),
    ("doi", "doi 10.1000/x", None),
    ("pubmed", "123", "https://pubmed.ncbi.nlm.nih.gov/123/"),
    ("pubmed", "123/../x", None),
    ("registry", "NCT01234567", "https://clinicaltrials.gov/study/NCT01234567"),
    ("registry", "ISRCTN123", None),
    ("url", "https://x.example/a b", None),
    ("url", "https://x.example/a?b", "https://x.example/a?b"),
    ("url", "javascript:alert(1)", None),
    ("url", "java\nscript:alert(1)", None),
    ("url", "data:text/html,x", None),
    ("url", "//x.example", None),
    ("url", "https://doi.org@evil.example/", None),
    ("url", "https://x.example/\u202egnp", None),
    ("url", "http://", None),
    ("https://u.example/{}", "a/b?c", "https://u.example/a%2Fb%3Fc"),
]


def test_links_go_to_web_addresses_only(open_page: Opener) -> None:
    tab = open_page(explorer(1))
    got = tab.evaluate(
        """async (all) => {
          const { safeLink } = await import('./_static/explorer.js');
          return all.map(([kind, text]) => safeLink(kind, text));
        }""",
        [[kind, text] for kind, text, _ in ADDRESSES],
    )
    assert got == [want for *_, want in ADDRESSES]


# ----------------------------------------------------------------------- reader and devices


def test_a_row_opens_to_every_field(open_page: Opener) -> None:
    frame = studies(20)
    frame["pmid"] = "12345"
    frame["registry_id"] = "NCT01234567"
    frame["source_url"] = "https://x.example/page"
    tab = open_page(EvidenceExplorer(frame, title="Studies", **STUDY_ARGUMENTS))
    button = tab.locator(".ee-open").first
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    details = tab.locator(".ee-details")
    assert details.locator("dt").count() == frame.shape[1]
    assert "Standardised mean difference" in details.text_content()
    links = details.locator(".ee-sources a")
    assert set(links.evaluate_all("(all) => all.map((a) => a.href)")) >= {
        "https://pubmed.ncbi.nlm.nih.gov/12345/",
        "https://clinicaltrials.gov/study/NCT01234567",
        "https://x.example/page",
    }
    details.locator("button", has_text="Copy link to this row").click()
    tab.wait_for_selector("text=Link copied")
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"#explorer=studies&row={frame['study_id'][0]}")
    button.click()
    assert tab.locator(".ee-details").count() == 0


def test_the_keyboard_alone_is_enough(open_page: Opener) -> None:
    tab = open_page(explorer(120))
    tab.locator(".ee-search").focus()

    def focused() -> dict[str, Any]:
        return dict(
            tab.evaluate(
                """() => { const e = document.activeElement; const s = getComputedStyle(e);
                const box = e.getBoundingClientRect();
                return { cls: e.getAttribute('class') || '', tag: e.tagName, text: e.textContent,
                  outline: s.outlineStyle, stroke: s.outlineWidth, w: box.width, h: box.height,
                  x: box.x, inside: !!e.closest('.ee') }; }"""
            )
        )

    seen = []
    for _ in range(120):
        tab.keyboard.press("Tab")
        now = focused()
        if not now["inside"]:
            break
        seen.append(now)
        drawn = now["outline"] != "none" or "ee-cell" in now["cls"]
        assert drawn, now
    kinds = {(e["tag"], e["cls"].split(" ")[0]) for e in seen}
    assert ("SUMMARY", "ee-button") in kinds
    assert ("g", "ee-cell") in kinds
    assert ("BUTTON", "ee-sort") in kinds
    assert ("BUTTON", "ee-open") in kinds
    assert sum(e["tag"] == "g" for e in seen) == 1
    # Filter, sort, open and page without a pointer.
    tab.locator(".ee-facet .ee-facet-value input").first.focus()
    tab.keyboard.press("Space")
    assert status(tab) != "120 rows"
    tab.keyboard.press("Space")
    tab.locator("th[data-column='3'] button").focus()
    tab.keyboard.press("Enter")
    assert tab.locator("[aria-sort='ascending']").count() == 1
    tab.locator(".ee-open").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator(".ee-details").count() == 1
    assert focused()["cls"] == "ee-open"
    tab.locator(".ee-pager button").last.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    assert tab.locator(".ee-page").text_content() == "Rows 101 to 120 of 120"
    assert focused()["text"] == "Next"
    tab.locator("summary", has_text="Columns").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("Escape")
    assert focused()["text"] == "Columns"


def test_the_number_of_rows_is_announced(open_page: Opener) -> None:
    tab = open_page(explorer(30))
    line = tab.locator(".ee-status")
    assert line.get_attribute("role") == "status"
    assert line.get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_the_page_sideways(open_page: Opener, width: int) -> None:
    frame = studies(60)
    frame["title"] = frame["title"] + " " + "unbreakable" * 20
    tab = open_page(
        EvidenceExplorer(frame, title="Studies" * 6, **{**STUDY_ARGUMENTS, "columns": None}),
        width=width,
    )
    tab.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    tab.locator(".ee-open").first.click()
    for view in ["time", "direction", "map"]:
        tab.locator(f"[data-view='{view}']").click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    small = tab.evaluate(
        """() => [...document.querySelectorAll('.ee button, .ee input, .ee select, .ee summary')]
          .filter((e) => e.checkVisibility() && !e.closest('.ee-fields, td:not(.ee-sel)'))
          .map((e) => (e.type === 'checkbox' ? e.closest('label') : e))
          .map((e) => [e.className, e.getBoundingClientRect()])
          .filter(([, b]) => b.width < 24 || b.height < 24)
          .map(([c, b]) => `${c} ${b.width}x${b.height}`)"""
    )
    assert small == []


def test_a_phone_shows_cards(open_page: Opener) -> None:
    tab = open_page(explorer(60), width=360)
    assert tab.locator(".ee-side").get_attribute("open") is None
    row = tab.locator(".ee-table tbody tr").first
    boxes = [c.bounding_box() for c in row.locator("td[data-label]").all()]
    assert len({round(b["x"]) for b in boxes}) == 1
    assert all(a["y"] < b["y"] for a, b in itertools.pairwise(boxes))
    assert tab.locator(".ee-table").get_attribute("role") == "table"
    tab.locator(".ee-sortmenu select").select_option(label="Year, descending")
    settle(tab)
    years = [int(y) for y in tab.locator("td[data-label='Year']").all_text_contents()]
    assert years == sorted(years, reverse=True)


@pytest.mark.parametrize("rows", [90, 170])
def test_printing_gives_the_filtered_rows_or_says_how_many_are_left(
    rows: int, open_page: Opener
) -> None:
    tab = open_page(explorer(rows), hash="#explorer=studies&q=e")
    found = len(expected(studies(rows), "e", {}, None))
    total = min(found, 100)
    assert tab.locator(".ee-table tbody tr").count() == 50
    tab.evaluate("addEventListener('beforeprint', () => { globalThis.printed = "
                 "[document.querySelectorAll('.ee-table tbody tr').length, "
                 "document.querySelector('.ee-page').textContent]; })")  # fmt: skip
    tab.pdf()
    assert tab.evaluate("globalThis.printed") == [total, f"Rows 1 to {total} of {found}"]
    tab.wait_for_function("document.querySelectorAll('.ee-table tbody tr').length === 50")
    tab.emulate_media(media="print")
    assert tab.locator(".ee-page").is_visible()
    for part in (".ee-search", ".ee-side", ".ee-pager button", ".ee-tools", ".ee-views"):
        assert not tab.locator(part).first.is_visible()
    assert tab.locator(".ee-table").is_visible()
    assert tab.locator(".ee-sentence").is_visible()


THEMES = {
    "light": ("light", "light", ""),
    "dark": ("dark", "light", ""),
    "system dark": ("", "dark", ""),
    "lab dark": ("", "light", "data-jp-theme-light=false"),
}

CONTRAST = """() => {
  const luminance = (c) => {
    const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map((v) => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const probe = document.createElement('i');
  document.querySelector('.ee').append(probe);
  const colour = (name) => {
    probe.style.color = `var(${name})`; return luminance(getComputedStyle(probe).color); };
  const ratio = (a, b) => {
    const [x, y] = [colour(a), colour(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05); };
  const out = {};
  for (const back of ['--ee-surface', '--ee-raised', '--ee-tint']) {
    for (const text of ['--ee-ink', '--ee-soft', '--ee-accent']) {
      out[`${text} on ${back}`] = [ratio(text, back), 4.5];
    }
  }
  for (const mark of ['--ee-mark', '--ee-strong', '--ee-faint',
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `--ee-s${i}`)]) {
    out[`${mark} on --ee-surface`] = [ratio(mark, '--ee-surface'), 3];
  }
  probe.remove();
  return out;
}"""


@pytest.mark.parametrize("theme", list(THEMES))
def test_contrast(open_page: Opener, browser: Any, theme: str) -> None:
    attribute, scheme, body = THEMES[theme]
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 800})
    tab = open_page(explorer(30), theme=attribute, context=context)
    if not attribute:
        tab.evaluate("document.documentElement.removeAttribute('data-theme')")
    if body:
        tab.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    ratios = tab.evaluate(CONTRAST)
    low = {pair: round(value, 2) for pair, (value, least) in ratios.items() if value < least}
    assert low == {}
    dark = (
        tab.evaluate("getComputedStyle(document.querySelector('.ee')).color") != "rgb(31, 39, 48)"
    )
    assert dark == (theme != "light")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(open_page: Opener, browser: Any, theme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, bypass_csp=True, color_scheme="light"
    )
    tab = open_page(explorer(80), theme=theme, context=context)
    tab.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    tab.locator(".ee-open").first.click()
    tab.locator(".ee-search").fill("hair")
    tab.wait_for_timeout(150)
    tab.evaluate(
        "document.querySelectorAll('.ee-twin, .ee-side').forEach((d) => { d.open = true; })"
    )
    for view in ["map", "time", "direction"]:
        tab.locator(f"[data-view='{view}']").click()
        result = tab.evaluate(
            "axe.run('main', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', "
            "'best-practice'] })"
        )
        found = [(v["id"], v["nodes"][0]["html"][:200]) for v in result["violations"]]
        assert found == [], view
    context.close()


# ------------------------------------------------------------------------------ with a kernel

LIVE = """async () => {
  const state = JSON.parse(document.querySelector('script[type*=widget-state]').textContent).state;
  const values = { ...Object.values(state)[0].state };
  const handlers = {};
  const model = {
    saved: 0,
    get: (k) => values[k],
    set(k, v) { values[k] = v; (handlers[`change:${k}`] || []).forEach((f) => f()); },
    save_changes() { this.saved++; },
    on(e, f) { (handlers[e] = handlers[e] || []).push(f); },
    off(e, f) { handlers[e] = (handlers[e] || []).filter((g) => g !== f); },
    send() {},
  };
  globalThis.model = model;
  globalThis.handlers = handlers;
  const host = document.createElement('div');
  document.querySelector('main').replaceChildren(host);
  const { default: widget } = await import('./_static/explorer.js');
  globalThis.stop = widget.render({ model, el: host });
}"""


def test_a_live_model_is_followed_and_told(open_page: Opener) -> None:
    tab = open_page(explorer(50))
    tab.evaluate(LIVE)
    tab.evaluate(WATCH)
    before = tab.url
    assert "Copy link" not in tab.locator(".ee").text_content()
    tick(tab, "Kind", "human")
    rows = expected(studies(50), "", {"kind": ["human"]}, None)
    assert tab.evaluate("model.get('filtered')") == rows
    tab.evaluate("model.set('filtered', [1, 3, 5])")
    assert shown_keys(tab) == list(studies(50)["study_id"].iloc[[1, 3, 5]])
    assert "3 rows chosen in code" in tab.locator(".ee-chips").text_content()
    tick(tab, "Kind", "human")
    assert set(tab.evaluate("model.get('filtered')")) <= {1, 3, 5}
    tab.locator(".ee-clear").click()
    assert tab.evaluate("model.get('filtered')") is None
    tab.locator(".ee-table tbody input").first.click()
    assert tab.evaluate("model.get('selected')") == [0]
    tab.evaluate("model.set('selected', [2, 4])")
    ticked = tab.locator(".ee-table tbody tr:has(input:checked) .ee-keytext").all_text_contents()
    assert ticked == list(studies(50)["study_id"].iloc[[2, 4]])
    tab.locator(".ee-table thead input").click()
    assert len(tab.evaluate("model.get('selected')")) == 50
    assert tab.url == before
    tab.evaluate("stop()")
    assert tab.locator(".ee").count() == 0
    assert tab.evaluate("Object.values(handlers).every((list) => list.length === 0)")


def test_rows_chosen_in_code_open_a_static_page(open_page: Opener) -> None:
    chosen = explorer(50)
    chosen.filtered = [4, 2]
    chosen.selected = [2]
    tab = open_page(chosen)
    assert shown_keys(tab) == list(studies(50)["study_id"].iloc[[2, 4]])
    assert status(tab) == "2 of 50 rows, 1 selected"
    tab.locator(".ee-chip").click()
    assert status(tab) == "50 rows, 1 selected"
    settle(tab)
    tab.reload()
    tab.wait_for_selector(".ee-mounted .ee-status")
    assert status(tab) == "50 rows, 1 selected"


def test_other_anywidgets_come_to_life(browser: Any, site: tuple[Path, str]) -> None:
    folder, url = site
    esm = (
        "export default { render({ model, el }) { const b = document.createElement('button');"
        "b.textContent = [model.get('n'), new Uint8Array(model.get('data').buffer)[1]].join();"
        "b.onclick = () => { model.set('n', model.get('n') + 1); model.save_changes(); };"
        "model.on('change:n', () => { b.textContent = model.get('n'); }); el.append(b); } };"
    )
    state = {
        "m1": {
            "model_name": "AnyModel",
            "state": {"_esm": esm, "_css": "button { color: rgb(1, 2, 3); }", "n": 5},
            "buffers": [{"path": ["data"], "data": "AAf/", "encoding": "base64"}],
        }
    }
    (folder / "any.html").write_text(
        '<!doctype html><html lang="en"><title>any</title><link rel="icon" href="data:,"><main>'
        '<div><script type="application/vnd.jupyter.widget-view+json">{"model_id": "m1"}</script>'
        '</div></main><script type="application/vnd.jupyter.widget-state+json">'
        f'{json.dumps({"state": state})}</script><script defer src="_static/widget-loader.js">'
        "</script></html>",
        encoding="utf-8",
    )
    # A widget that carries its own module needs a policy that allows blob: scripts.
    context = browser.new_context(bypass_csp=True)
    tab = context.new_page()
    tab.goto(f"{url}/any.html")
    button = tab.locator("button")
    button.wait_for()
    assert button.text_content() == "5,7"
    assert button.evaluate("(b) => getComputedStyle(b).color") == "rgb(1, 2, 3)"
    button.click()
    assert button.text_content() == "6"
    context.close()

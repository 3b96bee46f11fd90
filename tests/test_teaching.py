"""What lecturers print, plan with and import."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

import secretome
from secretome_book import teaching

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
BANK = json.loads((ROOT / "chapters" / "quiz-bank.json").read_text(encoding="utf-8"))["items"]


def test_minutes_are_those_of_the_chapter(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("**Time** 35 minutes. **Evidence** ...\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# No time\n", encoding="utf-8")
    assert teaching.minutes(tmp_path / "a.md") == 35
    assert teaching.minutes(tmp_path / "b.md") is None
    assert teaching.minutes(tmp_path / "nowhere.md") is None


def test_sheet_of_claims_holds_every_claim_and_no_verdict() -> None:
    sheet = teaching._claims("../../")
    for claim in secretome.load("claims").to_dict("records"):
        assert html.escape(claim["claim"]) in sheet
    words = {
        "supported",
        "contested",
        "contradicted",
        "untested",
        *secretome.load("claim_evidence")["bearing"],
    }
    cells = re.findall(r"<td>(.*?)</td>", sheet)
    assert not words & set(cells)


def test_abstracts_name_the_page_and_not_the_row() -> None:
    sheet = teaching._abstracts()
    assert 5 <= sheet.count("pubmed.ncbi.nlm.nih.gov") <= 12
    assert "#study-" not in sheet


def test_rows_empty_and_filled_have_the_columns_of_studies() -> None:
    columns = set(secretome.describe("studies")["column"])
    empty, filled = teaching._reading(), teaching._reading("tak-2020")
    assert set(re.findall(r"<code>(\w+)</code>", filled)) == columns
    assert set(re.findall(r"<code>(\w+)</code>", empty)) == columns - {"extracted_on", "checked_on"}
    assert "Tak" not in empty
    assert "<bdi>Tak</bdi>" in filled
    assert teaching._line("tak-2020").splitlines()[1].startswith("tak-2020,")


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\~=#{}:])", r"\1", text)


def test_gift_holds_every_question_with_its_explanations() -> None:
    text = teaching.gift(BANK)
    found = re.findall(r"^::((?:\\.|[^:\\])+)::\[plain\]([^\n]*) \{\n(.*?)\n\}$", text, re.M | re.S)
    assert [_unescape(name) for name, _, _ in found] == [item["id"] for item in BANK]
    for (_, question, options), item in zip(found, BANK, strict=True):
        assert _unescape(question) == " ".join(item["question"].split())
        lines = options.splitlines()
        assert [line[0] for line in lines] == ["=" if o["right"] else "~" for o in item["options"]]
        for line, option in zip(lines, item["options"], strict=True):
            shown, why = re.split(r"(?<!\\)#", line[1:])
            assert (_unescape(shown), _unescape(why)) == (option["text"], option["why"])
    assert text.count("$CATEGORY: ") >= len({item["chapter"] for item in BANK})


def test_signs_of_gift_are_escaped() -> None:
    option = {"text": "a = b ~ {c}: #1", "why": "so", "right": True}
    text = teaching.gift([{"id": "x", "chapter": "a/b", "question": "What?", "options": [option]}])
    assert "=a \\= b \\~ \\{c\\}\\: \\#1#so" in text


@pytest.mark.site
def test_site_has_the_quiz_for_import_and_links_it() -> None:
    page = (SITE / "chapters" / "teach" / "quiz-bank.html").read_text(encoding="utf-8")
    assert f"_static/{teaching.GIFT}" in page
    assert (SITE / "_static" / teaching.GIFT).read_text(encoding="utf-8").count("[plain]") == len(
        BANK
    )


@pytest.mark.site
def test_every_page_links_the_place_for_mistakes() -> None:
    for page in [SITE / "index.html", *SITE.glob("chapters/**/*.html")]:
        assert ">Report a mistake</a>" in page.read_text(encoding="utf-8"), page

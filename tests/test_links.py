"""Outside links are well formed; whether they answer is the scheduled check's task."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.parse
from pathlib import Path

import pytest

import links
from serve import pages

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"


def test_addresses_end_where_the_text_goes_on() -> None:
    text = (
        "See https://a.org/x_(y). Or (https://b.org/z), <https://c.org/q?r=1#part> https://d.org/."
    )
    assert links.addresses(text) == {
        "https://a.org/x_(y)",
        "https://b.org/z",
        "https://c.org/q?r=1",
        "https://d.org/",
    }


def test_an_address_in_a_table_ends_with_its_cell(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    table = tmp_path / "data" / "a.csv"
    table.write_text('url,locator\nhttps://a.org/x,abstract\n"https://b.org/y,z",table 1\n')
    assert links.where(tmp_path) == {
        "https://a.org/x": ["data/a.csv"],
        "https://b.org/y,z": ["data/a.csv"],
    }


def test_every_outside_address_is_well_formed() -> None:
    named = links.where()
    assert len(named) > 100
    for address in named:
        parts = urllib.parse.urlsplit(address)
        assert parts.hostname, address
        assert "." in parts.hostname, address
        assert not parts.username, address
        assert " " not in address


def test_a_dead_address_is_named(monkeypatch) -> None:
    monkeypatch.setattr(links, "where", lambda: {"https://a.org/": ["x.md"], "https://b.org/": []})
    monkeypatch.setattr(links, "answer", lambda a: "404 Not Found" if "a.org" in a else "")
    assert links.main() == 2, "1 would look like a crash"
    monkeypatch.setattr(links, "answer", lambda a: "")
    assert links.main() == 0


def test_a_silent_host_is_given_up(monkeypatch) -> None:
    asked: list[str] = []

    def silent(request, timeout: float):
        asked.append(request.full_url)
        raise urllib.error.URLError(TimeoutError("timed out"))

    monkeypatch.setattr(links.urllib.request, "urlopen", silent)
    monkeypatch.setattr(links.time, "sleep", lambda seconds: None)
    group = [f"https://a.org/{n}" for n in range(204)]
    said = links.one_host(group)
    assert sorted(set(asked)) == group[:3]
    assert [*said] == group
    assert all(said.values()), "what was not tried is reported"


def test_a_host_that_lost_pages_is_asked_on(monkeypatch) -> None:
    monkeypatch.setattr(links, "answer", lambda a: "" if a.endswith("9") else "404 Not Found")
    group = [f"https://a.org/{n}" for n in range(10)]
    said = links.one_host(group, pause=0)
    assert [a for a, why in said.items() if not why] == group[-1:]


@pytest.mark.site
def test_outside_links_of_the_pages_are_well_formed_and_safe() -> None:
    # a source is named by the address at which it was read, and some have no other
    read_at = set(links.where())
    found: dict[str, str] = {}
    for path in pages(SITE):
        for address in re.findall(
            r'<(?:a|link|img|script|iframe)\b[^>]*?\b(?:href|src)="((?:\w+:)?//[^"]*)"',
            (SITE / path).read_text(encoding="utf-8"),
        ):
            found[html.unescape(address)] = path
    assert len(found) > 100
    for address, path in found.items():
        parts = urllib.parse.urlsplit(address)
        assert "." in (parts.hostname or ""), f"{path}: {address}"
        assert not re.search(r"[\s<>]", address), f"{path}: {address}"
        if parts.scheme != "https":
            assert links.addresses(address) <= read_at, f"{path}: {address} is not https"

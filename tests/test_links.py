"""Outside links are well formed; whether they answer is the scheduled check's task."""

from __future__ import annotations

import urllib.parse

import links


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
    assert links.main() == 1

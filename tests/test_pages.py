"""The repairs that every page passes through."""

from __future__ import annotations

import base64
import hashlib
import importlib
import itertools
import json
import posixpath
import re
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import secretome
from secretome_book import policy, theme, weight
from serve import pages

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
PAGES = pages(SITE)
HEAD = '<!DOCTYPE html><html><head><meta charset="utf-8" />{}</head><body>{}</body></html>'


def test_policy_names_each_inline_script_and_no_data() -> None:
    page = HEAD.format(
        "<script>one()</script>",
        '<script type="application/json">{"a": 1}</script><script src="two.js"></script>',
    )
    digest = base64.b64encode(hashlib.sha256(b"one()").digest()).decode()
    assert policy.policy(page).count("sha256-") == 1
    assert f"'sha256-{digest}'" in policy.policy(page)


def test_policy_comes_before_everything_that_it_binds() -> None:
    page = policy.guard(HEAD.format("<script>one()</script>", ""))
    assert page.index("Content-Security-Policy") < page.index("<script>")


def test_policy_needs_a_place() -> None:
    with pytest.raises(ValueError, match="charset"):
        policy.guard("<html></html>")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<p>text</p>", set()),
        ('<div class="highlight-python"><div class="highlight">', {"copybutton.js"}),
        ('<form class="sb-quiz">', {"quiz.js"}),
        ('<figure class="sb-chart">', {"charts.js"}),
        ('<div class="admonition solution dropdown">', {"togglebutton.js"}),
        ('<div class="solution dropdown admonition">', {"togglebutton.js"}),
    ],
)
def test_a_page_keeps_only_what_it_uses(body: str, kept: set[str]) -> None:
    files = {"copybutton.js", "quiz.js", "charts.js", "togglebutton.js"}
    head = "".join(f'<script src="../_static/{f}?v=1"></script>\n' for f in sorted(files))
    page = weight.lighten(HEAD.format(head, body))
    assert {f for f in files if f in page} == kept


def test_a_stylesheet_tag_before_is_not_taken_along() -> None:
    head = '<link href="_static/book.css" /><script src="_static/quiz.js"></script>'
    page = weight.lighten(HEAD.format(head, "<p>text</p>"))
    assert "book.css" in page
    assert "quiz.js" not in page


def test_explorers_share_their_code_and_other_widgets_keep_theirs() -> None:
    one, two = "a" * 32, "b" * 32
    state = {
        two: {"state": {"_esm": "two()", "title": "</script>"}},
        one: {"state": {"_esm": "one()", "_css": "p {}", "cells": "1", "layout": two}},
    }
    script = json.dumps({"state": state}).replace("<", "\\u003c")
    body = (
        f'<div data-explorer-model="{one}"></div>'
        f'<script type="application/vnd.jupyter.widget-state+json">{script}</script>'
    )
    page = weight.share_code(HEAD.format("", body))
    saved = json.loads(page.split('state+json">')[1].split("</script>")[0])["state"]
    assert 'data-explorer-model="widget-0"' in page
    assert saved == {
        "widget-0": {"state": {"cells": "1", "layout": "widget-1"}},
        "widget-1": {"state": {"_esm": "two()", "title": "</script>"}},
    }


def test_widgets_are_numbered_alike_whatever_a_kernel_called_them() -> None:
    def page(one: str, two: str, layout: str) -> str:
        state = {
            one: {"state": {"title": "first", "layout": f"IPY_MODEL_{layout}"}},
            two: {"state": {"title": "second"}},
            layout: {"state": {"width": None}},
        }
        saved = json.dumps({"state": dict(sorted(state.items()))})
        views = "".join(f'<script>{{"model_id": "{name}"}}</script>' for name in (two, one))
        kept = f'<script type="application/vnd.jupyter.widget-state+json">{saved}</script>'
        return weight.share_code(HEAD.format("", views + kept))

    names = ["a" * 32, "b" * 32, "c" * 32]
    pages = {page(*order) for order in itertools.permutations(names)}
    assert len(pages) == 1


@pytest.mark.site
@pytest.mark.parametrize("path", PAGES)
def test_policy_of_a_built_page_is_strict(path: str) -> None:
    page = (SITE / path).read_text(encoding="utf-8")
    found = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert len(found) == 1
    directives = dict(part.split(" ", 1) for part in found[0].split("; "))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in directives["script-src"]
    assert "blob:" not in directives["script-src"], "a page of this book needs no foreign widget"
    assert not re.search(r"https?:|\*", found[0]), "another host is let in"
    assert not re.search(r"<[a-z][^<>]* on[a-z]+=\"", page), "a script in an attribute cannot run"
    assert "thebe" not in page.lower()


@pytest.mark.site
@pytest.mark.parametrize("module", secretome._MODULES)
def test_inventory_holds_every_public_name(module: str) -> None:
    with (SITE / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    kinds = [names for kind, names in inventory.items() if kind.startswith("py:")]
    public = importlib.import_module(f"secretome.{module}").__all__
    places = {
        name: names[full][2].partition("#")[0]
        for name in ["", *public]
        for full in [f"secretome.{module}.{name}".rstrip(".")]
        for names in kinds
        if full in names
    }
    assert set(places) == {"", *public}
    # a module and what it holds stand on one page, below the overview
    assert len(set(places.values())) == 1
    assert places[""].startswith("chapters/reference/helpers/")


@pytest.mark.site
def test_every_icon_is_in_the_font() -> None:
    manifest = json.loads((ROOT / "assets/vendor/manifest.json").read_text(encoding="utf-8"))
    used = {
        name
        for path in PAGES
        for icon in re.findall(r'<i class="([^"]*)"', (SITE / path).read_text(encoding="utf-8"))
        for name in re.findall(r"\bfa-(?!solid|lg)([a-z-]+)", icon)
    }
    assert used
    assert used <= set(manifest["icons"]), "make the font again; the manifest says how"


def test_vendored_files_are_what_the_manifest_says() -> None:
    folder = ROOT / "assets" / "vendor"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    named = {f["path"]: f["sha256"] for f in manifest["files"]}
    there = {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "manifest.json"
    }
    assert there == named


def test_the_theme_still_writes_what_is_mended() -> None:
    # a repair that finds nothing to repair has outlived its fault, or missed it
    page = (SITE / "chapters/evidence/clinical.html").read_text(encoding="utf-8")
    assert 'role="complementary"' in page
    assert page.count('name="viewport"') == 1
    assert "fontawesome.js" not in page
    assert 'aria-label="Toggle hidden content"' not in page
    assert '<summary aria-label="Pages below Studies"' in page
    assert '<summary><span class="toctree-toggle"' not in page
    assert re.search(r"<script>\s*\(\(\) => \{\s*const root", page), theme.mend.__doc__


@pytest.mark.parametrize("cell", ["<th></th>", '<th class="blank level0" >&nbsp;</th>'])
def test_a_header_without_text_becomes_a_plain_cell(cell: str) -> None:
    assert theme._mend_body(f"<thead><tr>{cell}<th>n</th></tr></thead>") == (
        "<thead><tr><td></td><th>n</th></tr></thead>"
    )


def test_one_stylesheet_stands_for_all_and_its_addresses_fit(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    (tmp_path / "basic.css").write_text("a {}")
    (tmp_path / "styles" / "theme.css").write_text('@import "../basic.css";')
    (tmp_path / "styles" / "icons.css").write_text(
        'b { src: url(../f/x.woff2) } c { background: url("data:image/svg+xml,(1)") }'
    )
    head = "".join(
        f'<link rel="stylesheet" href="../_static/styles/{n}.css?v=1" />'
        for n in ("theme", "icons")
    )
    page, files = weight.join_styles(HEAD.format(head, ""))
    assert files == ["styles/theme.css", "styles/icons.css"]
    assert page.count('rel="stylesheet"') == 1
    assert f'href="../_static/{weight.STYLES}"' in page
    assert weight.joined(tmp_path, files) == (
        'a {}\nb { src: url(f/x.woff2) } c { background: url("data:image/svg+xml,(1)") }'
    )


def test_style_drops_the_icons_that_the_font_lacks() -> None:
    css = '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-abacus::before{content:"\\f640"}'
    assert weight.without_icons(css + "p{}", {"bars"}) == '.fa-bars:before{content:"\\f0c9"}p{}'

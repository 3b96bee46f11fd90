"""An explorer that was saved as one page answers offline, from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from secretome.explorer import EvidenceExplorer

from .explorer_page import STUDY_ARGUMENTS, studies

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_saved_page_answers_without_a_server(browser: Browser, tmp_path: Path) -> None:
    explorer = EvidenceExplorer(studies(60), title="A class <b>of</b> ours", **STUDY_ARGUMENTS)
    explorer.filtered = range(20)
    file = explorer.save(tmp_path / "class.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(file.as_uri())
    page.wait_for_selector(".ee-table tbody tr")
    assert page.locator("h1").inner_text() == "A class <b>of</b> ours"
    rows = page.locator(".ee-table tbody tr")
    assert rows.count() == 20, "what was filtered when it was saved"
    page.get_by_role("searchbox").first.fill("hair")
    page.wait_for_function("document.querySelectorAll('.ee-table tbody tr').length < 20")
    assert page.locator(".ee-fallback").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert faults == []
    context.close()


def test_saved_page_shows_its_table_without_scripts(browser: Browser, tmp_path: Path) -> None:
    file = EvidenceExplorer(studies(6), title="Six").save(tmp_path / "six.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("table.ee-plain tbody tr").count() == 6
    context.close()

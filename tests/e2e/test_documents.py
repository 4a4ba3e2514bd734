"""Documents in the composer with its scripts: in by pieces, named, moved and taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.store.models import Item
from tests import looked, publications
from tests.conftest import Cast


@pytest.mark.browser
def test_documents_are_attached_moved_and_saved_without_leaving_the_page(
    visit: Any,
    installation: Installation,
    cast: Cast,
    ticking: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked.here(monkeypatch)
    publications.channel(installation, cast.place.id, "newsroom")
    names = {"Budget_2027.csv": "Område;Kronor\nVård;1\n", "Kort.txt": "Kort.", "logga.pdf": "<svg/>"}
    for name, text in names.items():
        (tmp_path / name).write_text(text)
    page = visit(cast.writer)
    page.goto("/w/gruppen/write?kind=release")
    page.locator("#f-title").fill("Budgeten är klar")
    page.locator("#p-documents summary").click()
    page.set_input_files("#f-documents", [tmp_path / name for name in names])
    rows = page.locator("[data-documents] > li")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Budget 2027 (CSV, 1 kB)")
    expect(page.locator('[data-fault="documents"]')).to_contain_text("logga.pdf: Filen är en webbsida")
    rows.nth(1).get_by_label("Flytta dokumentet tidigare").click()
    rows.nth(0).get_by_label("Vad dokumentet heter för läsarna").fill("I korthet")
    save = page.get_by_role("button", name="Spara utkast")
    save.click()
    page.wait_for_url("**/edit")
    expect(page.locator("[data-documents] input.input").nth(0)).to_have_value("I korthet")
    page.get_by_label("Ta bort dokumentet").nth(1).click()
    expect(rows).to_have_count(1)
    with page.expect_navigation():
        save.click()
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, session.query(Item).one()).parsed()
    assert [each.title for each in content.documents] == ["I korthet"]

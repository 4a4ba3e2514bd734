"""What completes and what can be put in: mentions, hashtags, emoji, and how long a headline is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.content import mention_book
from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast


@pytest.fixture
def page(visit: Any, installation: Installation, cast: Cast, ticking: Installation) -> Any:
    writer = cast.actor("writer")
    writing.channels(installation, cast)
    mention_book.keep(installation, writer, "Regionrådet Åsa Berg", {"x": "asaberg", "mastodon": "asa@social.example"})
    mention_book.keep(installation, writer, "Bo Ek", {})
    mention_book.keep_tags(installation, writer, "kollektivtrafik vård")
    opened = visit(cast.writer)
    opened.on("dialog", lambda dialog: dialog.accept())
    return opened


def test_a_name_is_completed_and_each_network_gets_its_form(page: Any, axe: Any) -> None:
    page.goto("/w/gruppen/write")
    page.get_by_label("Mastodon").first.check()
    page.get_by_label("X", exact=True).first.check()
    field = page.locator("[name=text]")
    field.click()
    page.keyboard.type("Idag talar @as")
    expect(page.locator("#suggest li")).to_have_count(1)
    axe(page)
    page.keyboard.press("Enter")
    page.keyboard.type("om #koll")
    expect(page.get_by_role("option", name="#kollektivtrafik")).to_be_visible()
    page.keyboard.press("Tab")
    expect(field).to_have_value("Idag talar @[Regionrådet Åsa Berg] om #kollektivtrafik ")
    expect(page.locator("[data-previews]")).to_contain_text("@asa@social.example")
    page.keyboard.type("@bo ")
    expect(page.get_by_role("option", name="Bo Ek")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox", name="Förslag")).to_be_hidden()
    page.keyboard.press("Control+z")


def test_a_name_is_completed_in_a_release_too(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    page.get_by_label("Pressrummet").first.check()
    page.locator("#rich-text").click()
    page.keyboard.type("Idag **talar** @berg")
    page.get_by_role("option", name="Regionrådet Åsa Berg").click()
    page.keyboard.type("här.")
    expect(page.locator("[name=text]")).to_have_value("Idag **talar** @[Regionrådet Åsa Berg] här.")
    expect(page.locator("[data-previews]")).to_contain_text("Idag talar Regionrådet Åsa Berg här.")


def test_emoji_are_found_by_swedish_words_and_put_where_the_caret_is(page: Any, axe: Any) -> None:
    page.goto("/w/gruppen/write")
    field = page.locator("[name=text]")
    field.fill("Hej torget")
    for _ in "torget":
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Emoji").click()
    axe(page)
    page.keyboard.type("xyz")
    expect(page.locator("[data-none]")).to_be_visible()
    page.get_by_label("Sök emoji").fill("hjarta ro")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Hej ❤️torget")
    expect(page.get_by_role("dialog", name="Emoji")).to_be_hidden()


def test_a_long_headline_is_told_and_stops_nothing(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    title = page.locator("[name=title]")
    title.fill("Fler turer")
    expect(page.locator("#headline-count")).to_have_text("10 tecken")
    title.fill("x" * 61)
    expect(page.locator("#headline-count")).to_contain_text("61 tecken: mejlprogram")


def test_the_book_is_kept_on_a_page_without_scripts(visit: Any, cast: Cast, installation: Installation) -> None:
    page = visit(cast.writer, script=False)
    page.goto("/w/gruppen/mentions/")
    page.get_by_label("Namn").fill("Anna Ny")
    page.locator("#f-x").fill("anna ny")
    page.get_by_role("button", name="Spara i boken").click()
    expect(page.get_by_text("”anna ny” är inget namn på X")).to_be_visible()
    page.locator("#f-x").fill("annany")
    page.get_by_role("button", name="Spara i boken").click()
    expect(page.locator(".book")).to_contain_text("@annany")
    page.get_by_role("link", name="Ändra Anna Ny").click()
    page.locator("#f-x").fill("")
    page.get_by_role("button", name="Spara i boken").click()
    expect(page.locator(".book")).to_contain_text("bara namnet")
    page.get_by_role("button", name="Ta bort Anna Ny").click()
    expect(page.locator(".book")).to_have_count(0)
    page.locator("#f-tags").fill("#vård skola")
    page.get_by_role("button", name="Spara hashtaggarna").click()
    expect(page.locator("#f-tags")).to_have_value("#vård\n#skola")

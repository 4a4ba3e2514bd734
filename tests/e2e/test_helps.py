"""What completes and what can be put in: mentions, hashtags, emoji, and how long a headline is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.content import mention_book
from commsched.services.kernel.context import Installation
from commsched.services.workflow import corrections
from tests import publications, writing
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
    expect(page.locator("#n-title")).to_have_text("10 tecken i ämnesraden")
    title.fill("x" * 61)
    expect(page.locator("#n-title")).to_contain_text("61 tecken i ämnesraden: en telefon visar de första 40")
    title.fill("x" * 81)
    expect(page.locator("#n-title")).to_contain_text("81 tecken i ämnesraden: mejlprogram visar")


@pytest.mark.parametrize("corrects", [False, True])
def test_the_browser_and_the_office_count_a_subject_alike(
    page: Any, installation: Installation, cast: Cast, corrects: bool
) -> None:
    path = "write?kind=release"
    if corrects:
        room = publications.channel(installation, cast.place.id, "newsroom")
        at = installation.now() - timedelta(hours=1)
        item = publications.published(installation, cast.place.id, room, at=at, kind="release", title="Ja", text="Ja.")
        path = f"items/{corrections.begin(installation, cast.actor('writer'), item.id)}/edit"
    page.goto(f"/w/gruppen/{path}")
    page.locator("#p-facts > summary").click()
    titles = ["Fler turer", " Ja 👩‍👩‍👧 a\u030a\u00a0", "rättelse: nej", "x" * 95, ""]
    for title, embargo in zip(titles, ["", "2099-12-01", "2099-12-01", "", "2099-12-01"], strict=True):
        with page.expect_response(lambda answer: "/write/check" in answer.url and answer.ok) as answered:
            page.evaluate(
                """([title, day, short]) => {
                    const form = document.getElementById("composer");
                    const said = { title, short, embargo_day: day, embargo_time: day && "10:00" };
                    for (const [name, value] of Object.entries(said)) form.elements[name].value = value;
                    form.elements.title.dispatchEvent(new Event("input", { bubbles: true }));
                }""",
                [title, embargo, title * 8],
            )
        told = answered.value.json()["lengths"]
        for name in ("title", "short"):
            expect(page.locator(f"#n-{name}")).to_have_attribute("data-notice", told[name]["notice"])
            expect(page.locator(f"#n-{name}")).to_have_text(told[name]["words"])
        assert bool(told["title"]["notice"]) == bool(embargo)
        assert bool(told["title"]["word"]) == corrects


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


def test_a_long_headline_wraps_in_its_box_and_enter_leads_on(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    headline = page.locator("#f-title")
    headline.fill("Regionen öppnar sju nya vårdcentraler\ni hela länet nästa år, säger gruppledaren")
    expect(headline).to_have_value("Regionen öppnar sju nya vårdcentraler i hela länet nästa år, säger gruppledaren")
    unseen = headline.evaluate("box => [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]")
    assert unseen == [0, 0]
    assert headline.bounding_box()["width"] < page.locator(".composer-form").bounding_box()["width"] + 1
    headline.press("Enter")
    expect(page.locator("#f-lead")).to_be_focused()

"""The composer: the text first, the buttons in view, one text and one look at a time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast


@pytest.fixture
def to(installation: Installation, cast: Cast, ticking: Installation) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.mark.parametrize("kind", ["post", "release"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_the_text_is_first_with_the_caret_in_it_and_the_buttons_are_in_view(
    visit: Any, cast: Cast, to: dict[str, int], kind: str, width: int, height: int
) -> None:
    page = visit(cast.writer, phone=width < 600)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"/w/gruppen/write?kind={kind}")
    field = page.locator("[name=text]" if kind == "post" else "[name=title]")
    expect(field).to_be_focused()
    assert field.bounding_box()["y"] < 260
    assert float(field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")) >= 18
    button = page.locator(".action-bar [value=submit]").bounding_box()
    assert button["y"] + button["height"] <= height - (64 if width < 600 else 0)
    for mark in page.locator(".mark").all():
        assert mark.bounding_box()["width"] >= (44 if width < 600 else 32)


def test_a_channel_says_what_all_say_until_it_is_changed_in_its_own_tab(
    visit: Any, cast: Cast, to: dict[str, int]
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Fler turer på linje 14.")
    page.get_by_role("tablist", name="Texter").get_by_role("tab", name="Mastodon").click()
    own = page.locator(f"#own-{to['mastodon']}")
    expect(own).to_have_value("Fler turer på linje 14.")
    expect(page.locator(f"#own-on-{to['mastodon']}")).not_to_be_checked()
    own.press("Control+End")
    page.keyboard.type(" Läs mer!")
    expect(page.locator(f"#own-on-{to['mastodon']}")).to_be_checked()
    expect(page.locator(".look-mastodon")).to_contain_text("Läs mer!")
    expect(page.locator(".look-mastodon")).to_be_visible()
    page.get_by_role("tab", name="Alla").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Fler turer på linje 14.")
    page.get_by_role("tablist", name="Texter").get_by_role("tab", name="X", exact=False).last.press("ArrowLeft")
    page.get_by_role("button", name="Spara utkast").last.click()
    expect(page.get_by_text("Utkastet är sparat.")).to_be_visible()
    expect(page.locator(f"#own-{to['mastodon']}")).to_have_value("Fler turer på linje 14. Läs mer!")
    expect(page.locator(f"#own-{to['x']}")).to_have_value("")


def test_control_and_enter_sends(visit: Any, cast: Cast, to: dict[str, int]) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Öppet möte på torsdag.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()


def test_what_stops_it_leads_to_its_field_and_pictures_without_alt_text_are_one_line(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    for width in (640, 700, 760):
        writing.picture(installation, cast, alt="", width=width)
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Fler turer på linje 14.")
    page.locator("summary", has_text="Ur bildbanken").click()
    for place in range(3):
        page.locator("[data-pick]").nth(place).click()
    page.get_by_role("link", name="Bild 1–3 saknar alt-text").click()
    expect(page.locator("[data-shots] textarea").first).to_be_focused()
    page.get_by_label("Publiceras: dag").fill("31/2")
    page.get_by_role("link", name="är ingen dag").click()
    expect(page.get_by_label("Publiceras: dag")).to_be_focused()


def test_a_day_is_typed_as_people_say_it_and_chosen_from_a_month(visit: Any, cast: Cast, to: dict[str, int]) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Öppet möte i Storhede.")
    day = page.get_by_label("Publiceras: dag")
    day.fill("3/12 2026")
    page.get_by_label("Publiceras: klockslag").fill("7,30")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Publiceras: klockslag")).to_have_value("07:30")
    expect(page.locator("[data-bar-words]")).to_contain_text("tors 3 dec 07:30")
    expect(day).to_have_value(re.compile("^tors 3 dec"))
    page.locator(".action-bar").get_by_role("button", name="Välj dag").press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-bar-words]")).to_contain_text("fre 4 dec 07:30")
    expect(page.locator("[data-keep-words]")).to_contain_text("Sparat")
    page.get_by_label("Så snart det är godkänt").check()
    expect(day).to_have_value("")
    expect(page.locator("[data-bar-words]")).to_have_text("Publiceras så snart det är godkänt, i 4 kanaler.")
    page.get_by_role("button", name="Skicka till Gunnar Lind").click()
    expect(page.locator("main")).to_contain_text("Så snart det är godkänt går det ut av sig självt.")


def test_a_timed_post_takes_at_most_twenty_keystrokes_beyond_its_words(
    visit: Any, cast: Cast, to: dict[str, int]
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.keyboard.type("Allt med tangentbordet.")
    tomorrow = page.get_by_role("button", name="I morgon 07:30")
    strokes = 0
    while not tomorrow.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
        strokes += 1
        assert strokes < 18
    page.keyboard.press("Enter")
    expect(page.locator("[data-bar-words]")).to_contain_text("07:30")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()


@pytest.mark.parametrize("kind", ["post", "release"])
def test_at_200_per_cent_the_button_is_in_view_and_so_is_what_is_written(
    visit: Any, cast: Cast, to: dict[str, int], kind: str
) -> None:
    """1280 by 900 points at 200 % are 640 by 450."""
    page = visit(cast.writer)
    page.set_viewport_size({"width": 640, "height": 450})
    page.goto(f"/w/gruppen/write?kind={kind}")
    button = page.locator(".action-bar [value=submit]").bounding_box()
    nav = page.get_by_role("navigation").last.bounding_box()
    assert button["y"] + button["height"] <= nav["y"]
    bar = page.locator(".action-bar").bounding_box()
    field = page.locator("[name=text]" if kind == "post" else "[name=title]").bounding_box()
    assert bar["y"] - field["y"] >= 60, "some lines of it"

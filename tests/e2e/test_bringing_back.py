"""What was written without a connection comes back whole; what is pasted and dropped lands where it is meant."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast


@pytest.fixture
def page(visit: Any, installation: Installation, cast: Cast, ticking: Installation) -> Any:
    made = visit(cast.writer)
    made.on("dialog", lambda dialog: dialog.accept())
    return made


def test_quotes_sources_and_pictures_come_back(page: Any, installation: Installation, cast: Cast) -> None:
    writing.picture(installation, cast, alt="")
    writing.picture(installation, cast, alt="", width=700)
    page.goto("/w/gruppen/write?kind=release")
    page.context.set_offline(True)
    page.get_by_label("Rubrik", exact=True).fill("Fler turer på landet")
    for fold in ("Citat", "Underlag"):
        page.locator("summary", has_text=fold).click()
    for place, (words, person) in enumerate([("Äntligen!", "Karin Lund"), ("Det räcker inte.", "Bo Ek")]):
        page.locator("[name=quote-text]").nth(place).fill(words)
        page.locator("[name=quote-person]").nth(place).fill(person)
    page.locator("[name=source-text]").first.fill("Beslut § 112")
    page.locator("summary", has_text="Ur bildbanken").click()
    for place, alt in enumerate(["En buss.", "Torget."]):
        page.locator("[data-pick]").nth(place).click()
        page.locator("[data-shots] textarea").nth(place).fill(alt)
    expect(page.locator("[data-keep-words]")).to_contain_text("Ingen kontakt")
    page.context.set_offline(False)
    context = page.context
    page.close()
    again = context.new_page()
    again.goto("/w/gruppen/write?kind=release")
    expect(again.locator("#kept-offer em")).to_have_text("”Fler turer på landet”")
    again.get_by_role("button", name="Hämta tillbaka").click()
    for place, (words, person) in enumerate([("Äntligen!", "Karin Lund"), ("Det räcker inte.", "Bo Ek"), ("", "")]):
        expect(again.locator("[name=quote-text]").nth(place)).to_have_value(words)
        expect(again.locator("[name=quote-person]").nth(place)).to_have_value(person)
        expect(again.locator("[name=quote-text]").nth(place)).to_be_visible()
    expect(again.locator("[name=source-text]").first).to_have_value("Beslut § 112")
    expect(again.locator("[data-shots] textarea")).to_have_count(2)
    for place, alt in enumerate(["En buss.", "Torget."]):
        expect(again.locator("[data-shots] textarea").nth(place)).to_have_value(alt)
    expect(again.locator("[data-keep-words]")).to_contain_text("Sparat")
    again.reload()
    expect(again.locator("[name=quote-text]").nth(1)).to_have_value("Det räcker inte.")
    expect(again.locator("[data-shots] textarea").nth(1)).to_have_value("Torget.")


def test_two_new_posts_without_a_connection_are_both_kept(page: Any) -> None:
    context = page.context
    other = context.new_page()
    other.on("dialog", lambda dialog: dialog.accept())
    for one in (page, other):
        one.goto("/w/gruppen/write")
    context.set_offline(True)
    page.get_by_label("Text", exact=True).fill("Det första inlägget.")
    other.get_by_label("Text", exact=True).fill("Det andra inlägget.")
    for one in (page, other):
        expect(one.locator("[data-keep-words]")).to_contain_text("Ingen kontakt")
    context.set_offline(False)
    page.close()
    other.close()
    again = context.new_page()
    again.goto("/w/gruppen/write")
    expect(again.locator("#kept-offer")).to_be_visible()
    first = again.locator("#kept-offer em").inner_text()
    again.get_by_role("button", name="Släng").click()
    expect(again.locator("#kept-offer em")).not_to_have_text(first)
    assert {first, again.locator("#kept-offer em").inner_text()} == {"”Det första inlägget.”", "”Det andra inlägget.”"}


PASTE = """([selector, text, html, png, name]) => {
  const data = new DataTransfer();
  if (text) data.setData("text/plain", text);
  if (html) data.setData("text/html", html);
  if (png) {
    const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], name, { type: "image/png" }));
  }
  const field = document.querySelector(selector);
  field.focus();
  const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
  return field.dispatchEvent(event);
}"""


def picture() -> str:
    return base64.b64encode(writing.photo()).decode()


@pytest.mark.parametrize(("kind", "field"), [("post", "#f-text"), ("release", "#f-title"), ("release", "#f-lead")])
def test_text_from_office_programs_stays_text(page: Any, kind: str, field: str) -> None:
    page.goto(f"/w/gruppen/write?kind={kind}")  # the body of a release has an editor (test_paste)
    expect(page.locator("[data-problems]")).to_be_visible()
    page.wait_for_function("document.querySelector('#composer')")
    page.wait_for_timeout(300)
    native = page.evaluate(PASTE, [field, "Fler turer", "<b>Fler turer</b>", picture(), "image.png"])
    assert native, "the browser puts the text in by itself"
    page.wait_for_timeout(200)
    expect(page.locator("[data-way] li, [data-shots] li")).to_have_count(0)


def test_a_picture_alone_is_a_picture_and_so_is_a_copied_file(page: Any) -> None:
    page.goto("/w/gruppen/write")
    page.wait_for_timeout(300)
    assert not page.evaluate(PASTE, ["#f-text", "", "<img>", picture(), "image.png"])
    expect(page.locator("[data-shots] li")).to_have_count(1)
    assert not page.evaluate(PASTE, ["#f-text", "karta.png", "", picture(), "karta.png"])


def test_offices_line_breaks_become_line_breaks(page: Any) -> None:
    page.goto("/w/gruppen/write")
    page.wait_for_timeout(300)
    page.evaluate(PASTE, ["#f-text", "Rad ett\x0bRad två\x0cRad tre", "", "", ""])
    expect(page.get_by_label("Text", exact=True)).to_have_value("Rad ett\nRad två\nRad tre")


def test_a_picture_dropped_beside_the_box_is_taken_in(page: Any) -> None:
    page.goto("/w/gruppen/write")
    page.wait_for_timeout(300)
    opened = page.evaluate(
        """(png) => {
      const data = new DataTransfer();
      const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], "karta.jpg", { type: "image/jpeg" }));
      const at = document.querySelector("h1");
      at.dispatchEvent(new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: data }));
      return at.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    }""",
        picture(),
    )
    assert not opened, "the browser must not open it in place of the page"
    expect(page.locator("[data-shots] li")).to_have_count(1)
    expect(page.get_by_label(re.compile("Alt-text"))).to_have_count(1)


def test_what_a_press_came_back_with_is_saved_by_itself_and_nothing_is_offered(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    page.get_by_label("Rubrik", exact=True).fill("Fler turer på landet")
    page.locator("summary", has_text="På andra språk").click()
    page.get_by_role("button", name="Skriv det på det här språket också").click()
    expect(page.get_by_role("button", name="Ta bort det här språket")).to_be_visible()
    expect(page.locator("#kept-offer")).to_be_hidden()
    expect(page.locator("[data-keep-words]")).to_have_text(re.compile(r"Sparat \d"))
    page.reload()
    expect(page.locator("[name=title]")).to_have_value("Fler turer på landet")

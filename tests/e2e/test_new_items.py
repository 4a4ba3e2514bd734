"""Something new is one item, however the presses and the saving by itself fall in time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from commsched.store.models import Item
from tests import writing
from tests.conftest import Cast
from tests.e2e.conftest import wait_for

SEND = re.compile("Skicka till Gunnar Lind")
TEXT = "Fler turer på linje 14 från årsskiftet."


class Slow:
    """Holds the answer of the first saving by itself back until it is let go; the office has saved by then."""

    def __init__(self, page: Any) -> None:
        self.held: list[tuple[Any, Any]] = []
        page.route("**/write/keep", self._meet)

    def _meet(self, route: Any) -> None:
        self.held.append((route, route.fetch()))

    def let_go(self) -> None:
        for route, answer in self.held:
            route.fulfill(response=answer)


@pytest.fixture
def page(visit: Callable[..., Any], installation: Installation, cast: Cast, ticking: Installation) -> Any:
    number = writing.channel(installation, cast.place.id, name="Pressrummet")
    made = visit(cast.writer)
    made.goto("/w/gruppen/write")
    made.locator(f'[name="channels"][value="{number}"]').check()
    return made


def items_of(installation: Installation, cast: Cast) -> list[tuple[str, str]]:
    with installation.store.read(cast.place.id) as session:
        return [(item.title, item.state) for item in session.query(Item).order_by(Item.id)]


def kept(page: Any) -> int:
    return int(page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('writing:')).length"))


@pytest.mark.parametrize("press", [SEND, "Spara utkast"], ids=["sent in", "saved"])
def test_a_press_while_the_first_saving_is_under_way_makes_no_second_item(
    page: Any, installation: Installation, cast: Cast, press: Any
) -> None:
    slow = Slow(page)
    page.get_by_label("Text", exact=True).fill(TEXT)
    wait_for(page, lambda: slow.held)
    button = page.locator(".action-bar").get_by_role("button", name=press)
    button.click()
    expect(page.locator(".action-bar [aria-busy]")).to_have_text("Sparar …")
    page.locator(".action-bar [aria-busy]").click()
    page.wait_for_timeout(300)
    assert page.url.endswith("/write"), "the press waits for the answer"
    slow.let_go()
    expect(page.get_by_text("Väntar på Gunnar Lind." if press is SEND else "Utkastet är sparat.")).to_be_visible()
    assert items_of(installation, cast) == [(TEXT, "in_review" if press is SEND else "draft")]


def test_a_press_does_not_wait_for_ever_and_still_makes_one_item(
    page: Any, installation: Installation, cast: Cast
) -> None:
    page.clock.install()
    slow = Slow(page)
    page.get_by_label("Text", exact=True).fill(TEXT)
    page.clock.run_for(2500)
    wait_for(page, lambda: slow.held)
    page.get_by_role("button", name=SEND).click()
    expect(page.locator(".action-bar [aria-busy]")).to_have_count(1)
    page.clock.run_for(11_000)
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()
    assert items_of(installation, cast) == [(TEXT, "in_review")]


def test_what_is_saved_is_left_without_a_question(page: Any, installation: Installation, cast: Cast) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Text", exact=True).fill(TEXT)
    expect(page.locator("[data-keep-words]")).to_contain_text("Sparat")
    assert kept(page) == 0, "the office has it, so this browser need not keep it"
    page.goto("/w/gruppen/calendar/")
    assert asked == []
    page.goto("/w/gruppen/write")
    expect(page.locator("#kept-offer")).to_be_hidden()


def test_what_is_typed_while_the_first_saving_is_under_way_is_asked_about_and_kept(
    page: Any, installation: Installation, cast: Cast
) -> None:
    slow = Slow(page)
    page.get_by_label("Text", exact=True).fill(TEXT)
    wait_for(page, lambda: slow.held)
    page.route("**/items/*/keep", lambda route: route.abort())
    page.get_by_label("Text", exact=True).fill(f"{TEXT} Och nattbuss.")
    slow.let_go()
    page.wait_for_url("**/edit")
    assert kept(page) == 1
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(page.url)
    assert asked == ["beforeunload"]
    expect(page.locator("#kept-offer")).to_contain_text("Och nattbuss.")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_picture_like_an_old_one_is_shown_beside_it_and_one_chooses(
    visit: Callable[..., Any],
    axe: Callable[[Any], None],
    installation: Installation,
    cast: Cast,
    ticking: Installation,
    tmp_path: Path,
    phone: bool,
) -> None:
    old = writing.picture(installation, cast)
    page = visit(cast.writer, phone=phone)
    page.goto("/w/gruppen/write")
    for width, press, many in ((640, "Använd den gamla", 1), (400, "Behåll båda", 2)):
        path = tmp_path / f"ny {width}.jpg"
        path.write_bytes(writing.photo(width=width, height=width * 3 // 4))
        page.locator("#f-files").set_input_files(path)
        asked = page.locator("[data-likes] li")
        expect(asked).to_contain_text(f"ny {width} liknar en bild i bildbanken.")
        expect(asked.locator("img")).to_have_count(2)
        for image in asked.locator("img").all():
            assert image.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        page.get_by_role("button", name=press).click()
        expect(asked).to_have_count(0)
        expect(page.locator("[data-shots] li")).to_have_count(many)
        expect(page.locator("[data-shots] li").last.locator("textarea")).to_be_focused()
    first = page.locator("[data-shots] li").first
    expect(first).to_have_attribute("data-picture", str(old))
    expect(first.locator("textarea")).to_have_value("En buss vid hållplatsen Storgatan.")


def test_a_table_that_is_too_large_is_told_before_it_is_sent(page: Any) -> None:
    page.goto("/w/gruppen/contacts/import/")
    file = page.locator("input[type=file]")
    file.evaluate("input => { input.dataset.most = '0'; }")
    file.set_input_files({"name": "press.csv", "mimeType": "text/csv", "buffer": b"a@b.example"})
    expect(page.get_by_text("Filen är 1 MB, och en tabell med kontakter")).to_be_visible()
    assert file.input_value() == ""

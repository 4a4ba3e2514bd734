"""Keys find, go and write; they never work in a field, and single letters can be switched off."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from tests import writing
from tests.conftest import Cast


def test_an_old_post_is_found_without_a_click(visit: Any, installation: Installation, cast: Cast) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([], text="Bussarna går igen."))
    page = visit(cast.writer)
    page.goto("/w/gruppen/")
    page.keyboard.press("Control+k")
    page.keyboard.type("bussen")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/items/{number}")


def test_letters_go_and_write_but_not_in_a_field(visit: Any, cast: Cast) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**/calendar/**")
    page.goto("/w/gruppen/pause/")
    page.locator("#f-reason").focus()
    page.keyboard.type("nu?/")
    expect(page.locator("#f-reason")).to_have_value("nu?/")
    page.locator("h1").click()
    page.keyboard.press("n")
    page.wait_for_url("**/write")


def test_single_letters_can_be_switched_off(visit: Any, cast: Cast) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/")
    page.keyboard.press("?")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).not_to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-q")).to_be_focused()


def test_a_narrow_menu_stays_narrow(visit: Any, cast: Cast) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/")
    page.get_by_role("button", name="Smal meny").click()
    page.goto("/w/gruppen/people/")
    box = page.locator(".frame-side").bounding_box()
    assert box is not None
    assert box["width"] == 56

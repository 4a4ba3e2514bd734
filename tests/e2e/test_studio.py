"""The studio, the library and the office's look in a real browser, at both widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast

Axe = Callable[[Any], None]


def test_what_is_typed_is_seen_and_put_in_a_post(visit: Any, cast: Cast, ticking: Installation, axe: Axe) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/studio/")
    page.locator(".design", has_text="En rubrik, med eller utan bild").click()
    card = page.locator('[data-size="1200x630"]')
    before = card.get_attribute("src")
    page.locator("#f-headline").fill("Ja till fler turer på linje 14")
    expect(page.get_by_label("Alt-text")).to_have_value("Bild med texten: Ja till fler turer på linje 14.")
    assert card.get_attribute("src") != before
    axe(page)
    page.get_by_role("button", name="Lägg i ett nytt inlägg").click()
    expect(page.locator("[data-shots] textarea")).to_have_value("Bild med texten: Ja till fler turer på linje 14.")


def test_a_text_that_is_too_long_is_said_while_it_is_typed(visit: Any, cast: Cast, ticking: Installation) -> None:
    page = visit(cast.writer, phone=True)
    page.goto("/w/gruppen/studio/headline")
    page.locator("#f-headline").fill("ord " * 60)
    expect(page.get_by_text("Högst 120 tecken.")).to_be_visible()
    page.locator("#f-headline").fill("Kort")
    expect(page.get_by_text("Högst 120 tecken.")).to_have_count(0)


def test_without_scripts_a_button_shows_it(visit: Any, cast: Cast, ticking: Installation) -> None:
    page = visit(cast.writer, script=False)
    page.goto("/w/gruppen/studio/headline")
    before = page.locator('[data-size="1200x630"]').get_attribute("src")
    page.locator("#f-headline").fill("Utan skript")
    page.get_by_role("button", name="Visa", exact=True).click()
    assert page.locator('[data-size="1200x630"]').get_attribute("src") != before
    expect(page.locator("#f-headline")).to_have_value("Utan skript")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_pages_of_pictures_hold_at_both_widths(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, axe: Axe, phone: bool
) -> None:
    number = writing.picture(installation, cast, width=1200, height=800)
    page = visit(cast.administrator, phone=phone)
    for path in (
        "studio/",
        "studio/quote",
        "settings/look/",
        "pictures/",
        f"pictures/{number}/details",
        "pictures/consents",
    ):
        page.goto(f"/w/gruppen/{path}")
        page.wait_for_load_state("networkidle")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_focus_is_moved_by_a_press_on_the_picture(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation
) -> None:
    number = writing.picture(installation, cast, width=1200, height=800)
    page = visit(cast.writer)
    page.goto(f"/w/gruppen/pictures/{number}/details")
    box = page.locator("[data-focus]").bounding_box()
    page.locator("[data-focus]").click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    expect(page.locator("#f-x")).to_have_value("25")
    expect(page.locator("#f-y")).to_have_value("75")

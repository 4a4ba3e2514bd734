"""Crops in a real browser: moved by slider, keyboard and finger, chosen for a channel, and seen before they go out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from commsched.store.models import Media
from tests import writing
from tests.conftest import Cast

Axe = Callable[[Any], None]


def kept(installation: Installation, cast: Cast, number: int) -> dict[str, list[float]]:
    with installation.store.read(cast.place.id) as session:
        found: dict[str, list[float]] = session.get_one(Media, number).facts.get("crops", {})
        return found


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_crop_is_moved_saved_and_put_back(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation, axe: Axe, phone: bool
) -> None:
    number = writing.picture(installation, cast, width=1200, height=800)
    page = visit(cast.writer, phone=phone)
    page.goto(f"/w/gruppen/pictures/{number}/details")
    tall = page.locator("[data-crop]", has_text="Hög, 9:16")
    before = tall.locator(".crop-view").get_attribute("viewBox")
    tall.scroll_into_view_if_needed()
    box = tall.locator(".crop-view").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] - 30, box["y"] + 20, steps=4)
    page.mouse.up()
    assert tall.locator(".crop-view").get_attribute("viewBox") != before
    square = page.get_by_role("slider", name="Kvadrat, 1:1")
    square.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    axe(page)
    page.get_by_label("Licens eller avtal").fill("Avtal 2026")
    page.get_by_role("button", name="Spara beskärningarna").click()
    expect(page.get_by_text("Bilden är sparad.")).to_be_visible()
    assert set(kept(installation, cast, number)) == {"9:16", "1:1"}
    expect(page.get_by_label("Licens eller avtal")).to_have_value("Avtal 2026")
    page.get_by_label("Licens eller avtal").press("Enter")
    expect(page.get_by_text("Bilden är sparad.")).to_be_visible()
    assert set(kept(installation, cast, number)) == {"9:16", "1:1"}
    page.locator("[data-crop]", has_text="Hög, 9:16").get_by_role("button", name="Återställ").click()
    page.get_by_role("button", name="Spara beskärningarna").click()
    expect(page.locator("[data-moved]")).to_have_count(1)
    assert set(kept(installation, cast, number)) == {"1:1"}


def test_without_scripts_the_slider_and_the_button_do_it(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation
) -> None:
    number = writing.picture(installation, cast, width=1200, height=800)
    page = visit(cast.writer, script=False)
    page.goto(f"/w/gruppen/pictures/{number}/details")
    page.get_by_role("slider", name="Kvadrat, 1:1").fill("5")
    page.get_by_label("Licens eller avtal").fill("Avtal 2026")
    page.get_by_role("button", name="Spara beskärningarna").click()
    assert set(kept(installation, cast, number)) == {"1:1"}
    expect(page.get_by_label("Licens eller avtal")).to_have_value("Avtal 2026")
    page.get_by_role("button", name="Återställ").click()
    assert kept(installation, cast, number) == {}


def test_the_writer_chooses_a_crop_and_the_approver_sees_it(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation
) -> None:
    to = writing.channels(installation, cast)
    number = writing.picture(installation, cast, width=1200, height=800)
    page = visit(cast.writer)
    page.goto(f"/w/gruppen/write?media={number}")
    page.locator("#f-text").fill("Fler turer på linje 14 från årsskiftet.")
    page.locator(f'[name="channels"][value="{to["mastodon"]}"]').check()
    panel = page.locator(f'[data-panel="{to["mastodon"]}"]')
    page.get_by_role("tab", name="Mastodon").first.click()
    panel.get_by_label("Bilder på Mastodon").select_option("1:1")
    look = page.locator(".look", has_text="Mastodon")
    expect(look.get_by_text("Bild 1 beskärs till 1:1.")).to_be_visible()
    expect(look.locator(".look-shots img")).to_have_attribute("width", "800")
    page.get_by_role("button", name="Skicka").click()
    expect(page.get_by_text("Det är skickat för godkännande.")).to_be_visible()
    page.goto("/w/gruppen/items/1/edit")
    expect(page.locator(f"#f-crop-{to['mastodon']}")).to_have_value("1:1")
    other = visit(cast.approver)
    other.goto("/w/gruppen/items/1/review")
    shown = other.locator(".look", has_text="Mastodon").locator(".look-shots img")
    expect(shown).to_have_attribute("height", "800")
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")

"""The one page where one waits follows what happens, without being loaded anew."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import approved, publish_what_is_due


def two_channels(installation: Installation, cast: Cast) -> int:
    to = [
        channel(installation, cast.place.id, "newsroom", name="Pressrum"),
        channel(installation, cast.place.id, "sandbox", name="Väggen"),
    ]
    return approved(cast, then_schedule=False, channels=to)


def test_the_item_page_follows_from_now_to_out(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation
) -> None:
    number = two_channels(installation, cast)
    page = visit(cast.writer)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/w/gruppen/items/{number}")
    expect(page.get_by_role("link", name="Skriv vidare")).to_be_visible()
    page.get_by_role("button", name="Publicera nu").click()
    expect(page.locator(".standing-now")).to_have_text("Det publiceras just nu.")
    expect(page.locator(".deliveries .chip", has_text="Publiceras")).to_have_count(2)
    page.evaluate("window.kept = true")
    publish_what_is_due(installation)
    expect(page.locator(".standing-now")).to_contain_text("Det är ute i alla kanaler")
    expect(page.locator(".deliveries .chip", has_text="Publicerad")).to_have_count(2)
    expect(page.locator("[data-live=lead] .chip")).to_have_text("Publicerad")
    expect(page.get_by_role("link", name="Skriv vidare")).to_have_count(0)
    assert page.evaluate("window.kept") is True, "the page was not loaded anew"


def test_nothing_is_exchanged_under_somebodys_hands(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation
) -> None:
    number = two_channels(installation, cast)
    page = visit(cast.writer)
    page.clock.install()
    page.goto(f"/w/gruppen/items/{number}")
    page.locator("summary", has_text="Avbryt publiceringen").first.click()
    from commsched.services.workflow import schedule

    schedule.schedule(installation, cast.actor("writer"), number, installation.now().isoformat())
    with page.expect_response(lambda answer: answer.request.resource_type == "fetch"):
        page.clock.fast_forward(20_000)
    page.wait_for_timeout(300)
    expect(page.locator(".else details[open]")).to_have_count(1)


def test_the_calendar_follows_too(visit: Any, installation: Installation, cast: Cast, ticking: Installation) -> None:
    number = two_channels(installation, cast)
    from commsched.services.workflow import schedule

    schedule.schedule(installation, cast.actor("writer"), number, installation.now().isoformat())
    page = visit(cast.writer)
    page.clock.install()
    page.goto("/w/gruppen/calendar/")
    page.evaluate("window.kept = true")
    expect(page.locator(f".ev:has(#i{number})")).to_contain_text("Schemalagd")
    publish_what_is_due(installation)
    page.clock.fast_forward(20_000)
    expect(page.locator(f".ev:has(#i{number})")).to_contain_text("Publicerad")
    assert page.evaluate("window.kept") is True

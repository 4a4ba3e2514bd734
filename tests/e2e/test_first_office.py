"""A new office: from its first sign-in to its first post out, approved by a second person on a telephone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from commsched.services.accounts import people
from commsched.services.kernel.context import Installation
from commsched.store.models import Item
from tests.conftest import PASSWORD, Cast
from tests.e2e.hand import Hand
from tests.services.desk import publish_what_is_due


def test_the_first_post_of_a_new_office_is_out_in_twelve_presses(
    visit: Any, installation: Installation, cast: Cast, ticking: Installation
) -> None:
    """Both people's presses count, and so does the link that is opened on the telephone."""
    place, _boss = people.create_workspace(installation, "Nya gruppen", "maja@example.org", PASSWORD, slug="nya")
    at = Hand(visit())
    page = at.page
    page.goto("/sign-in")
    page.get_by_label("E-postadress").fill("maja@example.org")
    page.get_by_label("Lösenord").first.fill(PASSWORD)
    at.press(page.get_by_role("button", name="Logga in"))
    page.get_by_label("Ditt namn").fill("Maja Ek")
    at.press(page.locator(".first-day").get_by_role("button", name="Spara"))
    at.press(page.get_by_role("button", name="Öppna pressrummet"))
    page.get_by_label("Namn", exact=True).fill("Jonas Ahl")
    page.get_by_label("E-postadress").fill("jonas@nya.example.org")
    at.press(page.get_by_role("button", name="Lägg till"))
    link = page.locator(".first-day input[readonly]").input_value()

    phone = Hand(visit(phone=True))
    phone.presses += 1  # the link, sent by telephone
    phone.page.goto(link)
    phone.page.get_by_label("Nytt lösenord").first.fill(PASSWORD)
    phone.press(phone.page.locator("main button.main-action"))
    expect(phone.page.get_by_role("heading", level=1)).to_contain_text("Idag")

    page.keyboard.press("n")
    page.wait_for_url("**/write")
    page.keyboard.type("Nu finns vi här. Välkommen!")
    at.press(page.get_by_label("Så snart det är godkänt"))
    at.press(page.get_by_role("button", name="Skicka till Jonas Ahl"))
    expect(page.get_by_text("Väntar på Jonas Ahl")).to_be_visible()

    phone.page.goto("/w/nya/")
    phone.press(phone.page.get_by_role("link", name="Granska").first)
    phone.press(phone.page.get_by_role("button", name="Godkänn").first)
    phone.page.wait_for_load_state()
    assert publish_what_is_due(installation) == 1
    with installation.store.read(place.id) as session:
        assert session.query(Item).one().state == "published"
    assert at.presses + phone.presses <= 12

"""The leader's flow in a browser: marked words become a proposal, a decision is undone in time, an outsider answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.review import fact_checks
from commsched.store.models import FactCheck
from tests import writing
from tests.conftest import Cast

Axe = Callable[[Any], None]
MARK = """() => {
  const text = document.querySelector(".look-text").firstChild;
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, 10);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def state(installation: Installation, cast: Cast, number: int) -> str:
    with installation.store.read(cast.place.id) as session:
        return items.load(session, number).state


def test_marked_words_become_a_proposal_and_one_press_takes_it(
    visit: Any, installation: Installation, cast: Cast, axe: Axe, ticking: Installation
) -> None:
    number = writing.submitted(installation, cast, [writing.channels(installation, cast)["x"]])
    phone = visit(cast.approver, phone=True)
    phone.goto(f"/w/gruppen/items/{number}/review")
    axe(phone)
    phone.evaluate(MARK)
    phone.get_by_role("link", name="Byt de här orden").click()
    phone.get_by_label("Andra ord").fill("Fyra turer")
    axe(phone)
    phone.get_by_role("button", name="Skicka förslaget").click()
    phone.wait_for_url("**/approve?*")
    desk = visit(cast.writer)
    desk.goto(f"/w/gruppen/items/{number}")
    axe(desk)
    desk.get_by_role("button", name="Ta orden").click()
    desk.wait_for_load_state("networkidle")
    assert state(installation, cast, number) == "scheduled"


TEN_SECONDS = """
  const wait = window.setTimeout;
  window.setTimeout = (deed, time, ...more) => time === 10000 ? (window.pass = deed) && 0 : wait(deed, time, ...more);
"""
"""The offer's ten seconds pass when the test says so, however long a busy machine takes."""


def test_a_decision_is_undone_in_time_and_the_offer_goes_away(
    visit: Any, installation: Installation, cast: Cast, axe: Axe, ticking: Installation
) -> None:
    to = [writing.channels(installation, cast)["x"]]
    first = writing.submitted(installation, cast, to, text="Det första. " + writing.TEXT)
    writing.submitted(installation, cast, to, text="Det andra. " + writing.TEXT, publish_at="2026-11-27T09:30")
    phone = visit(cast.approver, phone=True)
    phone.add_init_script(TEN_SECONDS)
    phone.goto(f"/w/gruppen/items/{first}/review")
    expect(phone.get_by_text("1 av 2", exact=True)).to_be_visible()
    phone.locator(".decide-bar button").click()
    expect(phone.get_by_text("2 av 2", exact=True)).to_be_visible()
    expect(phone).not_to_have_url(re.compile("regret"))  # a reload does not offer it again
    axe(phone)
    phone.get_by_role("button", name="Ångra").click()
    expect(phone.get_by_text("1 av 2", exact=True)).to_be_visible()
    assert state(installation, cast, first) == "in_review"
    phone.get_by_role("link", name="Skicka tillbaka …").click()
    phone.get_by_role("button", name="Skicka tillbaka: Siffran").click()
    expect(phone.locator("[data-regret]")).to_be_visible()
    assert state(installation, cast, first) == "changes_requested"
    phone.mouse.move(0, 0)  # whoever is about to press is not hurried
    phone.evaluate("pass()")
    expect(phone.locator("[data-regret]")).to_have_count(0)


def test_an_outsider_answers_in_a_browser_of_their_own(
    visit: Any, installation: Installation, cast: Cast, axe: Axe, ticking: Installation
) -> None:
    number = writing.submitted(installation, cast, [writing.channels(installation, cast)["x"]])
    check = fact_checks.ask(installation, cast.actor("writer"), number, "Anna Ek", "en buss var femtonde minut")
    with installation.store.read(cast.place.id) as session:
        secret = installation.vault.unseal(session.get_one(FactCheck, check).token)
    page = visit(phone=True)
    page.goto(f"/f/{secret}")
    axe(page)
    page.get_by_role("button", name="Det stämmer", exact=True).click()
    expect(page.get_by_text("Tack. Du svarade")).to_be_visible()
    with installation.store.read(cast.place.id) as session:
        assert session.get_one(FactCheck, check).verdict == "right"

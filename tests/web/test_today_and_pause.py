"""The first page, its living part, the pause switch, and the calendar for calendar programs."""

from __future__ import annotations

import re
from typing import Any

from icalendar import Calendar

from commsched.flow import keys, pause, people
from commsched.flow.context import Office
from tests.conftest import Cast, SetClock
from tests.flow.desk import look, publish_what_is_due, scheduled, submitted


def test_the_first_page_says_what_needs_whom(browse: Any, cast: Cast) -> None:
    item = submitted(cast)
    mine = browse(cast.approver).get("~/")
    assert "Idag, torsdag 26\u00a0november" in mine.text
    assert "v. 48" in mine.text
    assert "Väntar på ditt ja" in mine.text
    assert f"/w/gruppen/items/{item}/review" in mine.text
    assert "Väntar på Gunnar Lind" in browse(cast.writer).get("~/").text


def test_an_empty_office_says_that_all_is_well(browse: Any, cast: Cast) -> None:
    assert "Inget väntar på någon" in browse(cast.reader).get("~/").text


def test_the_living_part_is_asked_for_again_only_when_it_has_changed(browse: Any, cast: Cast) -> None:
    browser = browse(cast.writer)
    first = browser.get("~/now")
    assert "<html" not in first.text
    again = {"If-None-Match": first.headers["ETag"]}
    assert browser.get("~/now", headers=again).status_code == 304
    scheduled(cast)
    assert browser.get("~/now", headers=again).status_code == 200


def test_what_went_out_is_a_link(browse: Any, cast: Cast, clock: SetClock) -> None:
    scheduled(cast)
    clock.forward(hours=5)
    publish_what_is_due(cast.office)
    assert re.search(r'class="where" href="http://localhost/n/gruppen/[^"]+"', browse(cast.reader).get("~/").text)


def test_pausing_needs_a_reason_and_keeps_what_was_typed(browse: Any, cast: Cast) -> None:
    given = browse(cast.writer).post("~/pause/", {"reason": "  "})
    assert given.status_code == 422
    assert "Säg varför" in given.text or 'id="e-reason"' in given.text


def test_the_switch_pauses_and_every_page_says_so(browse: Any, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert browser.post("~/pause/", {"reason": "Olycka vid bron"}).headers["Location"] == "/w/gruppen/"
    html = browser.get("~/").text
    assert "Olycka vid bron" in html
    assert "Återuppta" in browser.get("~/pause/").text
    assert browser.post("~/pause/", {"reason": "en gång till"}).status_code == 409


def test_resuming_asks_item_by_item(browse: Any, cast: Cast, clock: SetClock) -> None:
    keep, drop = scheduled(cast), scheduled(cast, text="Något helt annat som inte längre är aktuellt.")
    pause.pause(cast.office, cast.actor("writer"), "Olycka")
    clock.forward(hours=5)
    publish_what_is_due(cast.office)
    browser = browse(cast.writer)
    assert browser.post("~/pause/resume", {"missed": "hold"}).headers["Location"] == "/w/gruppen/pause/"
    html = browser.get("~/pause/").text
    assert "2 inlägg missades" in html
    assert f"/calendar/{keep}/move" in html
    browser.post("~/pause/missed", {"item": str(keep), "choice": "send"})
    browser.post("~/pause/missed", {"item": str(drop), "choice": "drop"})
    publish_what_is_due(cast.office)
    assert (look(cast, keep).state, look(cast, drop).state) == ("published", "cancelled")


def test_everything_missed_can_be_sent_at_once(browse: Any, cast: Cast, clock: SetClock) -> None:
    some = [scheduled(cast), scheduled(cast)]
    pause.pause(cast.office, cast.actor("writer"), "Olycka")
    clock.forward(hours=5)
    publish_what_is_due(cast.office)
    browser = browse(cast.writer)
    browser.post("~/pause/resume", {"missed": "hold"})
    browser.post("~/pause/missed", {"choice": "send"})
    publish_what_is_due(cast.office)
    assert [look(cast, item).state for item in some] == ["published", "published"]


def test_a_choice_that_is_none_changes_nothing(browse: Any, cast: Cast, clock: SetClock) -> None:
    item = scheduled(cast)
    pause.pause(cast.office, cast.actor("writer"), "Olycka")
    clock.forward(hours=5)
    publish_what_is_due(cast.office)
    browser = browse(cast.writer)
    browser.post("~/pause/resume", {"missed": "hold"})
    browser.post("~/pause/missed", {"item": str(item), "choice": "burn"})
    assert look(cast, item).state == "held"


# -- the calendar for calendar programs ------------------------------------------------------------------


def feed_of(cast: Cast) -> str:
    return f"/ics/{keys.create_feed(cast.office, cast.actor('writer'))}.ics"


def test_the_feed_gives_wall_times_with_their_zone(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    given = browse().get(feed_of(cast))
    assert given.content_type == "text/calendar; charset=utf-8"
    read = Calendar.from_ical(given.data)
    [event] = read.walk("VEVENT")
    assert event["dtstart"].to_ical() == b"20261126T120000"
    assert event["dtstart"].params["TZID"] == "Europe/Stockholm"
    assert read.walk("VTIMEZONE")
    assert str(event["summary"]).endswith("(Schemalagd)")
    assert str(event["uid"]).startswith(look(cast, item).uid)


def test_the_feed_is_not_sent_again_until_something_changes(browse: Any, cast: Cast) -> None:
    scheduled(cast)
    address, program = feed_of(cast), browse()
    first = program.get(address)
    again = {"If-None-Match": first.headers["ETag"]}
    assert program.get(address, headers=again).status_code == 304
    scheduled(cast, text="Ytterligare ett inlägg, som kom till efteråt.")
    assert program.get(address, headers=again).status_code == 200


def test_a_revoked_wrong_or_endless_address_leads_nowhere(browse: Any, cast: Cast, office: Office) -> None:
    address, program = feed_of(cast), browse()
    assert program.get("/ics/gissning.ics").status_code == 404
    assert program.get(f"/ics/{'x' * 3000}.ics").status_code == 404
    keys.revoke_feed(office, cast.actor("writer"))
    assert program.get(address).status_code == 404


def test_the_feed_of_somebody_who_has_left_is_dead(browse: Any, cast: Cast, office: Office) -> None:
    address = feed_of(cast)
    people.remove_person(office, cast.actor(), cast.writer.id)
    assert browse().get(address).status_code == 404


def test_the_address_that_the_account_page_shows_is_the_feeds(browse: Any, cast: Cast) -> None:
    shown = re.search(r"http://localhost(/[\w/-]+\.ics)", browse(cast.writer).post("~/me/calendar").text)
    assert shown
    assert browse().get(shown[1]).status_code == 200


def test_the_feed_holds_nothing_of_another_office(browse: Any, cast: Cast) -> None:
    scheduled(cast)
    secret = keys.create_feed(cast.office, cast.elsewhere_actor)
    assert not Calendar.from_ical(browse().get(f"/ics/{secret}.ics").data).walk("VEVENT")

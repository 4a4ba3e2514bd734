"""The first page, its living part, the pause switch, and the calendar for calendar programs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from commsched.core.content.draft import DraftIn
from commsched.services.accounts import tokens
from commsched.services.kernel.context import Installation
from commsched.services.staff import leaving
from commsched.services.views import ics
from commsched.services.workflow import editing, pause
from commsched.store.models import Notice
from tests.conftest import Cast, SetClock
from tests.services.desk import deliveries, look, publish_what_is_due, scheduled, submitted


def test_the_first_page_says_what_needs_whom(browse: Any, cast: Cast) -> None:
    item = submitted(cast)
    mine = browse(cast.approver).get("~/")
    assert "Idag, torsdag 26\u00a0november" in mine.text
    assert "v. 48" in mine.text
    assert "Väntar på ditt ja" in mine.text
    assert f"/w/gruppen/items/{item}/review" in mine.text
    theirs = browse(cast.writer).get("~/").text
    assert "Väntar på Gunnar Lind (1)" in theirs
    assert "Inget väntar på dig" in theirs, "what others must do is not counted"


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
    publish_what_is_due(cast.installation)
    assert re.search(r'class="where" href="http://localhost/n/gruppen/[^"]+"', browse(cast.reader).get("~/").text)


def test_pausing_comes_first_and_why_afterwards(browse: Any, cast: Cast, installation: Installation) -> None:
    browser = browse(cast.writer)
    shown = browser.get("~/pause/").text
    assert shown.index("Pausa allt nu") < shown.index('name="reason"')
    assert "required" not in shown[shown.index('name="reason"') - 200 : shown.index('name="reason"') + 200]
    given = browser.post("~/pause/", {"reason": "  "})
    assert given.headers["Location"] == "/w/gruppen/pause/"
    shown = browser.get("~/pause/").text
    assert "Varför är allt pausat?" in shown
    assert browser.post("~/pause/why", {"reason": " "}).status_code == 422
    assert browser.post("~/pause/why", {"reason": "Olycka vid bron"}).status_code == 303
    assert "Olycka vid bron" in browser.get("~/").text
    assert {row.facts["reason"] for row in notices(cast, "paused")} == {"Olycka vid bron"}
    told = browser.get("~/record/").text
    assert "pausade allt<" in told or "pausade allt " in told
    assert "Olycka vid bron" in told


def notices(cast: Cast, kind: str) -> list[Notice]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Notice).where(Notice.kind == kind)))


def test_the_pause_page_shows_the_pause_alone(browse: Any, cast: Cast, clock: SetClock) -> None:
    missed_one(cast, clock)
    shown = browse(cast.writer).get("~/pause/").text
    assert "Skicka nu" not in shown
    assert "missad" not in shown.lower()
    assert shown.count('class="button danger') == 1


def missed_one(cast: Cast, clock: SetClock, hours: int = 5, **more: Any) -> int:
    """An item that a pause stopped."""
    item = scheduled(cast, **more)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    clock.forward(hours=hours)
    publish_what_is_due(cast.installation)
    pause.resume(cast.installation, cast.actor("writer"))
    return item


def test_what_is_past_its_latest_time_is_sent_only_after_a_second_question(
    browse: Any, cast: Cast, clock: SetClock
) -> None:
    item = missed_one(cast, clock, hours=30)
    browser = browse(cast.writer)
    shown = browser.get("~/pause/missed").text
    card = shown[shown.index('class="choose"') : shown.index("</article>")]
    assert re.findall(r'class="button main-action"[^>]*>(?:<svg.*?</svg>)?([^<]+)', card, re.S) == ["Flytta …"]
    asked = browser.post("~/pause/missed", {"item": str(item), "choice": "send"})
    assert "Skicka ändå" in asked.text
    assert look(cast, item).state == "held"
    (row,) = deliveries(cast, item)
    asked = browser.post(f"~/items/{item}/deliveries/{row.id}/send")
    assert "Skicka ändå" in asked.text
    assert look(cast, item).state == "held"
    browser.post("~/pause/missed", {"choice": "send"})
    assert look(cast, item).state == "held", "never with all the others"
    browser.post("~/pause/missed", {"item": str(item), "choice": "send", "sure": "1"})
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "held", "the approval's window is over by then"
    assert deliveries(cast, item)[0].reason == "window"


def test_the_clock_does_not_go_while_everything_is_paused(browse: Any, cast: Cast, ticking: Installation) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    assert "Klockan går" in browser.get("~/").text
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    for path in ("~/", "~/calendar/", f"~/items/{item}"):
        shown = browser.get(path).text
        assert "Klockan går" not in shown, path
        assert '<span class="beat-words">Pausat</span>' in shown
        assert "rests" in shown, path
        assert "Schemalagd · pausat" in re.sub(r"<svg.*?</svg>", "", shown, flags=re.S), path


def test_the_switch_pauses_and_every_page_says_so(browse: Any, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert browser.post("~/pause/", {"reason": "Olycka vid bron"}).headers["Location"] == "/w/gruppen/"
    html = browser.get("~/").text
    assert "Olycka vid bron" in html
    assert "Återuppta" in browser.get("~/pause/").text
    assert browser.post("~/pause/", {"reason": "en gång till"}).status_code == 409


def test_resuming_asks_item_by_item(browse: Any, cast: Cast, clock: SetClock) -> None:
    keep, drop = scheduled(cast), scheduled(cast, text="Något helt annat som inte längre är aktuellt.")
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    clock.forward(hours=5)
    publish_what_is_due(cast.installation)
    browser = browse(cast.writer)
    assert browser.post("~/pause/resume", {"missed": "hold"}).headers["Location"] == "/w/gruppen/pause/missed"
    html = browser.get("~/pause/missed").text
    assert "2 inlägg missades" in html
    assert f"/calendar/{keep}/move" in html
    browser.post("~/pause/missed", {"item": str(keep), "choice": "send"})
    browser.post("~/pause/missed", {"item": str(drop), "choice": "drop"})
    publish_what_is_due(cast.installation)
    assert (look(cast, keep).state, look(cast, drop).state) == ("published", "cancelled")


def test_everything_missed_can_be_sent_at_once(browse: Any, cast: Cast, clock: SetClock) -> None:
    some = [scheduled(cast), scheduled(cast)]
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    clock.forward(hours=5)
    publish_what_is_due(cast.installation)
    browser = browse(cast.writer)
    browser.post("~/pause/resume", {"missed": "hold"})
    browser.post("~/pause/missed", {"choice": "send"})
    publish_what_is_due(cast.installation)
    assert [look(cast, item).state for item in some] == ["published", "published"]


def test_a_choice_that_is_none_changes_nothing(browse: Any, cast: Cast, clock: SetClock) -> None:
    item = scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    clock.forward(hours=5)
    publish_what_is_due(cast.installation)
    browser = browse(cast.writer)
    browser.post("~/pause/resume", {"missed": "hold"})
    browser.post("~/pause/missed", {"item": str(item), "choice": "burn"})
    assert look(cast, item).state == "held"


# -- the calendar for calendar programs ------------------------------------------------------------------


def feed_of(cast: Cast) -> str:
    return f"/ics/{tokens.create_feed(cast.installation, cast.actor('writer'))}.ics"


def test_the_feed_gives_moments_that_every_program_reads_alike(browse: Any, cast: Cast) -> None:
    """Outlook knows a zone's rules only as RRULEs and was an hour wrong in spring and autumn; UTC needs no rules."""
    item = scheduled(cast)
    given = browse().get(feed_of(cast))
    assert given.content_type == "text/calendar; charset=utf-8"
    read = Calendar.from_ical(given.data)
    [event] = read.walk("VEVENT")
    assert event["dtstart"].to_ical() == b"20261126T110000Z"
    assert event["dtend"].to_ical() == b"20261126T111500Z"
    assert b"TZID" not in given.data
    assert not read.walk("VTIMEZONE")
    assert str(event["summary"]).endswith("(Schemalagd)")
    assert str(event["uid"]).startswith(look(cast, item).uid)


def test_the_feed_says_how_often_to_look_again(browse: Any, cast: Cast) -> None:
    lines = browse().get(feed_of(cast)).text.splitlines()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "X-PUBLISHED-TTL:PT1H" in lines


def test_a_feed_has_an_end_and_says_so(browse: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ics, "MOST", 2)
    drafts = [("2026-11-27T12:00", "i morgon"), ("2026-11-26T12:00", "i dag"), ("2026-12-24T12:00", "till jul")]
    for at, text in drafts:
        editing.create(cast.installation, cast.actor("writer"), DraftIn(title=text, text=text, publish_at=at))
    given = browse().get(feed_of(cast))
    assert [str(event["summary"]).split(" (")[0] for event in Calendar.from_ical(given.data).walk("VEVENT")] == [
        "i dag",
        "i morgon",
    ]
    assert "X-WR-CALDESC:De 2 poster som ligger" in given.text


def test_the_feed_is_not_sent_again_until_something_changes(browse: Any, cast: Cast) -> None:
    scheduled(cast)
    address, program = feed_of(cast), browse()
    first = program.get(address)
    again = {"If-None-Match": first.headers["ETag"]}
    assert program.get(address, headers=again).status_code == 304
    scheduled(cast, text="Ytterligare ett inlägg, som kom till efteråt.")
    assert program.get(address, headers=again).status_code == 200


def test_a_revoked_wrong_or_endless_address_leads_nowhere(browse: Any, cast: Cast, installation: Installation) -> None:
    address, program = feed_of(cast), browse()
    assert program.get("/ics/gissning.ics").status_code == 404
    assert program.get(f"/ics/{'x' * 3000}.ics").status_code == 404
    tokens.revoke_feed(installation, cast.actor("writer"))
    assert program.get(address).status_code == 404


def test_the_feed_of_somebody_who_has_left_is_dead(browse: Any, cast: Cast, installation: Installation) -> None:
    address = feed_of(cast)
    leaving.remove_person(installation, cast.actor(), cast.writer.id)
    assert browse().get(address).status_code == 404


def test_the_address_that_the_account_page_shows_is_the_feeds(browse: Any, cast: Cast) -> None:
    shown = re.search(r"http://localhost(/[\w/-]+\.ics)", browse(cast.writer).post("~/me/calendar").text)
    assert shown
    assert browse().get(shown[1]).status_code == 200


def test_the_feed_holds_nothing_of_another_office(browse: Any, cast: Cast) -> None:
    scheduled(cast)
    secret = tokens.create_feed(cast.installation, cast.elsewhere_actor)
    assert not Calendar.from_ical(browse().get(f"/ics/{secret}.ics").data).walk("VEVENT")

"""The mail of the week: on Mondays, at each person's own hour, once; what is planned, and no drafts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.content.draft import ChannelIn
from commsched.services.notices import outbox, week, wishes
from commsched.services.ops import chores
from commsched.store.models import Notice
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services.desk import scheduled, submitted, written

MONDAY = datetime(2026, 11, 30, 5, 30, tzinfo=UTC)
"""Half past six in Stockholm."""


@pytest.fixture
def monday(cast: Cast, clock: SetClock) -> Cast:
    wishes.set_week(cast.installation, cast.writer.id, 7)
    clock.at = MONDAY
    return cast


def mailed(cast: Cast) -> list[int]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Notice.person_id).where(Notice.kind == week.KIND).order_by(Notice.id)))


def test_it_comes_on_monday_at_the_hour_that_was_chosen_and_once(monday: Cast, clock: SetClock) -> None:
    chores.run(monday.installation)
    assert mailed(monday) == []
    clock.forward(minutes=31)
    chores.run(monday.installation)
    chores.run(monday.installation)
    assert mailed(monday) == [monday.writer.id]
    clock.forward(hours=12)
    chores.run(monday.installation)
    clock.forward(days=1)
    chores.run(monday.installation)
    assert mailed(monday) == [monday.writer.id]
    clock.forward(days=6)
    chores.run(monday.installation)
    assert mailed(monday) == [monday.writer.id] * 2


def test_nobody_gets_it_who_has_not_asked_for_it_or_wants_it_no_more(monday: Cast, clock: SetClock) -> None:
    wishes.set_week(monday.installation, monday.writer.id, None)
    clock.forward(hours=3)
    chores.run(monday.installation)
    assert mailed(monday) == []


def test_an_engine_that_was_stopped_at_that_hour_sends_it_later_the_same_day(monday: Cast, clock: SetClock) -> None:
    clock.forward(hours=14)
    chores.run(monday.installation)
    assert mailed(monday) == [monday.writer.id]


def test_choosing_how_other_mail_comes_keeps_it(monday: Cast) -> None:
    wishes.set_wish(monday.installation, monday.writer.id, "daily", 15)
    with monday.installation.store.read(monday.place.id) as session:
        wish = wishes.wishes(session, [monday.writer.id])[monday.writer.id]
    assert (wish.pace, wish.hour, wish.week) == ("daily", 15, 7)


def test_it_tells_day_by_day_what_is_planned_but_no_drafts_and_nothing_of_next_week(
    monday: Cast, clock: SetClock, mail: Any
) -> None:
    room, wall = channel(monday.installation, monday.place.id), channel(monday.installation, monday.place.id, "sandbox")
    clock.at = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    scheduled(
        monday,
        channels=[room, ChannelIn(id=wall, publish_at="2026-12-03T09:15")],
        publish_at="2026-12-01T07:30",
        text="Om bussarna till Kvarnsele.",
    )
    submitted(monday, channels=[wall], publish_at="2026-12-02T10:00", text="Om vården i länet.")
    written(monday, channels=[wall], publish_at="2026-12-02T11:00", text="Ett utkast som ingen ska se.")
    written(monday, channels=[wall], publish_at="2026-12-08T11:00", text="Nästa vecka.")
    clock.at = MONDAY
    clock.forward(hours=1)
    chores.run(monday.installation)
    outbox.send_due(monday.installation)
    [letter] = [letter for letter in mail.sent if "v. 49" in letter.subject]
    for said in ("tisdag 1 december", "07:30", "Om bussarna", "09:15", "Om vården", "Väntar på godkännande"):
        assert said in letter.text
    assert "utkast" not in letter.text
    assert "Nästa vecka" not in letter.text
    assert "/w/gruppen/calendar/" in letter.text


def test_it_is_chosen_on_ones_own_page(browse: Any, cast: Cast) -> None:
    browser = browse(cast.writer)
    form = {"mail_pace": "now", "mail_hour": "16", "mail_week": "8"}
    assert browser.post("~/me/mail", form).status_code == 303
    assert '<option value="8" selected>' in browser.get("~/me/").text
    browser.post("~/me/mail", form | {"mail_week": ""})
    with cast.installation.store.read(cast.place.id) as session:
        assert wishes.wishes(session, [cast.writer.id])[cast.writer.id].week is None

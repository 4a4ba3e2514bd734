"""Times per channel in the calendar and its feed: one chip and one entry a time, each in its own state, moved alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from icalendar import Calendar

from commsched.core.content.draft import ChannelIn
from commsched.services.kernel.context import Installation
from commsched.services.views import calendar, ics
from commsched.services.views.calendar import CalendarFilter
from commsched.services.workflow import resolve, schedule
from tests.conftest import Browser, Cast
from tests.publications import channel
from tests.services.desk import LATER, deliveries, look, publish_what_is_due, scheduled, written

Browse = Callable[..., Browser]
SCRIPT = {"Accept": "application/json"}
NEXT_DAY = "2026-11-27T09:00"


@pytest.fixture
def room(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id)


@pytest.fixture
def wall(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id, "sandbox")


@pytest.fixture
def item(cast: Cast, room: int, wall: int) -> int:
    return scheduled(cast, channels=[room, ChannelIn(id=wall, publish_at=NEXT_DAY)])


def chips(page: str) -> dict[str, tuple[str, str]]:
    """By the chip's name: its time and its tone."""
    found = re.findall(r'<li class="ev (is-[a-z]+)[^"]*"><a class=ev-a [^>]*id=i([\d-]+)>.*?<time>([\d:]+)', page)
    return {name: (time, tone) for tone, name, time in found}


def test_one_chip_a_time_each_in_its_own_state(browse: Browse, cast: Cast, item: int, wall: int) -> None:
    browser = browse(cast.writer)
    before = chips(browser.get("~/calendar/?day=2026-11-26").text)
    assert {name: time for name, (time, _tone) in before.items()} == {f"{item}": "12:00", f"{item}-{wall}": "09:00"}
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        now = cast.installation.now()
        rows = calendar.rows(session, now.replace(day=1), now.replace(month=12), CalendarFilter(), now)
    assert [(row[2], row[4], row[7]) for row in rows] == [
        ("published", f",{min(deliveries(cast, item), key=lambda row: row.id).channel_id},", ""),
        ("scheduled", f",{wall},", f"{wall}"),
    ]


def test_a_chip_of_one_channel_moves_that_alone(browse: Browse, cast: Cast, item: int, wall: int) -> None:
    browser, path = browse(cast.writer), f"~/calendar/{item}/move?channel={wall}"
    assert browser.get(path, headers=SCRIPT).json["wall"] == NEXT_DAY
    moved = browser.post(path, {"at": "2026-11-27T10:00"}, headers=SCRIPT)
    assert (moved.status_code, moved.json["at"]) == (200, "2026-11-27T10:00")
    assert look(cast, item).wall_time == LATER
    assert {f"{row.due_at:%d %H}" for row in deliveries(cast, item)} == {"26 11", "27 09"}


def test_the_form_without_a_script_says_which_channel_it_moves(
    browse: Browse, cast: Cast, item: int, wall: int
) -> None:
    page = browse(cast.writer).get(f"~/calendar/{item}/move?channel={wall}").text
    assert "Bara i Sandbox" in page
    assert f'action="/w/{cast.place.slug}/calendar/{item}/move?channel={wall}"' in page


def test_the_items_chip_moves_all(browse: Browse, cast: Cast, item: int) -> None:
    browse(cast.writer).post(f"~/calendar/{item}/move", {"at": "2026-11-26T13:00"}, headers=SCRIPT)
    assert {f"{row.due_at:%d %H}" for row in deliveries(cast, item)} == {"26 12", "27 09"}


def test_a_time_outside_the_span_shows_only_what_lies_in_it(cast: Cast, item: int, wall: int) -> None:
    day = cast.installation.now().replace(day=27, hour=0)
    with cast.installation.store.read(cast.place.id) as session:
        rows = calendar.rows(session, day, day.replace(day=28), CalendarFilter(), cast.installation.now())
        assert [row[7] for row in rows] == [f"{wall}"]
        narrowed = CalendarFilter(channel=wall)
        month = (day.replace(day=1), day.replace(month=12))
        assert [row[4] for row in calendar.rows(session, *month, narrowed, day)] == [f",{wall},"]


def test_the_page_is_told_of_a_channels_new_time_and_fate(browse: Browse, cast: Cast, item: int, wall: int) -> None:
    def stamp() -> str:
        now = cast.installation.now()
        with cast.installation.store.read(cast.place.id) as session:
            return calendar.stamp(session, now.replace(day=1), now.replace(month=12), CalendarFilter(), now)

    before = stamp()
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-27T10:00", channels=[wall])
    moved = stamp()
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert len({before, moved, stamp()}) == 3


def test_the_feed_has_one_entry_a_time_with_lasting_names(
    installation: Installation, cast: Cast, item: int, wall: int
) -> None:
    def entries() -> dict[str, str]:
        feed = Calendar.from_ical(ics.calendar(installation, cast.actor("writer")))
        return {str(event["uid"]): f"{event['dtstart'].dt:%d %H:%M}" for event in feed.walk("VEVENT")}

    uid = look(cast, item).uid
    assert entries() == {f"{uid}@localhost": "26 11:00", f"{uid}.{wall}@localhost": "27 08:00"}
    before = ics.tag(installation, cast.actor("writer"))
    schedule.move(installation, cast.actor("writer"), item, "2026-11-27T12:00", channels=[wall])
    assert entries() == {f"{uid}@localhost": "26 11:00", f"{uid}.{wall}@localhost": "27 11:00"}
    assert ics.tag(installation, cast.actor("writer")) != before


def test_too_close_is_told_of_the_channel_that_is(browse: Browse, cast: Cast, item: int, room: int, wall: int) -> None:
    written(cast, channels=[wall], publish_at="2026-11-27T09:30", text="En helt annan sak, i samma kanal.")
    written(cast, channels=[wall], publish_at="2026-11-26T12:10", text="En tredje sak, när bara rummet har något.")
    page = browse(cast.writer).get("~/calendar/?day=2026-11-26").text
    assert page.count("class=ev-c") == 2
    assert f'href="#i{item}-{wall}"' in page


def test_a_channel_that_was_dropped_stands_in_the_feed_as_cancelled(
    cast: Cast, installation: Installation, item: int, wall: int
) -> None:
    (delivery,) = (row for row in deliveries(cast, item) if row.channel_id == wall)
    resolve.drop(installation, cast.actor(), delivery.id)
    feed = Calendar.from_ical(ics.calendar(installation, cast.actor("writer")))
    entries = {str(event["uid"]).partition("@")[0]: str(event["status"]) for event in feed.walk("VEVENT")}
    assert sorted(entries.values()) == ["CANCELLED", "CONFIRMED"]

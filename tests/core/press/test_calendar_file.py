"""The calendar file of an invitation, read by two programs that we did not write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.content.model import Content
from commsched.core.content.release import ContactPerson, Event
from commsched.core.press.calendar_file import Entry, Method, calendar
from commsched.core.press.invitation import entry_of

STAMP = datetime(2026, 11, 26, tzinfo=UTC)
CONTENT = Content(
    kind="release",
    genre="pressinbjudan",
    title="Pressträff: fler turer, bättre; tätare",
    lead="Kom och fråga.\nDet blir kaffe.",
    contacts=[ContactPerson(name="Eva", email="eva@gruppen.example")],
    event=Event(
        starts="2026-07-10T08:00:00Z",
        ends="2026-07-10T09:30:00Z",
        place="Regionens hus",
        address="Storgatan 1, Ljungstad",
        people="Karin Lund",
    ),
)


def entry(content: Content = CONTENT) -> Entry:
    found = entry_of(content, "a" * 32, office="Grüppen: AB", url="https://p.example/n/g/x", page="", stamp=STAMP)
    assert found is not None
    return found


def both(text: str) -> tuple[Any, Any]:
    """The event as either program reads it."""
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    file = icalendar.Calendar.from_ical(text)
    assert not file.errors
    return file.walk("VEVENT")[0], vobject.readOne(text).vevent


@pytest.mark.parametrize("month", [1, 7])
def test_two_programs_read_the_same_time_summer_and_winter(month: int) -> None:
    starts = f"2027-{month:02}-10T08:00:00Z"
    assert CONTENT.event is not None
    content = replace(CONTENT, event=replace(CONTENT.event, starts=starts, ends=""))
    text = calendar(entry(content))
    first, second = both(text)
    moment = datetime(2027, month, 10, 8, tzinfo=UTC)
    assert first.start == moment
    assert first.end == moment + timedelta(hours=1)
    assert second.dtstart.value.astimezone(UTC) == moment
    assert text.count("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=") == 2
    assert "RDATE" not in text


def test_it_says_what_the_invitation_says() -> None:
    first, second = both(calendar(entry()))
    assert str(first["summary"]) == second.summary.value == CONTENT.title
    assert str(first["location"]) == second.location.value == "Regionens hus, Storgatan 1, Ljungstad"
    assert "Karin Lund" in second.description.value
    assert str(first["organizer"]) == "mailto:eva@gruppen.example"
    assert first["organizer"].params["CN"] == "Grüppen: AB"


def test_a_correction_is_the_same_entry_and_goes_before_it_and_so_does_its_end() -> None:
    assert CONTENT.event is not None
    corrected = replace(CONTENT, corrects="a" * 32, event=replace(CONTENT.event, sequence=1))
    old, new = (icalendar.Calendar.from_ical(calendar(entry(content))) for content in (CONTENT, corrected))
    over = icalendar.Calendar.from_ical(calendar(entry(corrected), "CANCEL"))
    events = [file.walk("VEVENT")[0] for file in (old, new, over)]
    assert len({str(event["uid"]) for event in events}) == 1
    assert [int(event["sequence"]) for event in events] == [0, 1, 2]
    assert [str(event["status"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [str(file["method"]) for file in (old, new, over)] == ["PUBLISH", "PUBLISH", "CANCEL"]


def test_what_invites_to_nothing_has_none() -> None:
    bare = replace(CONTENT, event=None)
    assert entry_of(bare, "a" * 32, office="G", url="", page="", stamp=STAMP) is None


WORDS = st.text(st.sampled_from('abåö:;,\\"\r\n\t ^BEGIN:END=😀\u2028'), max_size=90)


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, WORDS, st.sampled_from(["PUBLISH", "CANCEL"]))
def test_whatever_is_written_stays_within_its_line(title: str, place: str, name: str, method: Method) -> None:
    said = Entry(
        uid="u",
        sequence=0,
        stamp=STAMP,
        starts=STAMP,
        ends=None,
        zone="Europe/Stockholm",
        summary=title,
        place=place,
        about=name,
        organizer="a@b.example",
        organizer_name=name,
    )
    text = calendar(said, method)
    file = icalendar.Calendar.from_ical(text)
    assert [part.name for part in file.walk()].count("VEVENT") == 1
    assert set(file.walk("VEVENT")[0]) <= {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"),
        *("STATUS", "LOCATION", "DESCRIPTION", "ORGANIZER"),
    }

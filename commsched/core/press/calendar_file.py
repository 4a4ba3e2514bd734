"""The event of a press invitation as an iCalendar file (RFC 5545, 5546): published, corrected, cancelled.

The rules of Stockholm's clock stand in the file as ``RRULE``, the only form that Outlook reads (MS-STANOICAL 2.2.47).
Times on another clock are written in UTC, which needs no rules.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from icalendar import Calendar

Method = Literal["PUBLISH", "CANCEL"]
USUAL: Final = timedelta(hours=1)
"""How long an event is drawn that nobody said the end of."""
NAME: Final = "Europe/Stockholm"
STOCKHOLM: Final = """BEGIN:VTIMEZONE\r
TZID:Europe/Stockholm\r
BEGIN:DAYLIGHT\r
DTSTART:19810329T020000\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r
TZNAME:CEST\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
END:DAYLIGHT\r
BEGIN:STANDARD\r
DTSTART:19961027T030000\r
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r
TZNAME:CET\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
END:STANDARD\r
END:VTIMEZONE\r
"""


class Entry(msgspec.Struct, frozen=True):
    """What a calendar shows of an event. Moments are aware."""

    uid: str
    """Of the release that invited first: corrections are the same entry."""
    sequence: int
    stamp: datetime
    """When this wording was made: the same for everybody who gets it."""
    starts: datetime
    ends: datetime | None
    zone: str
    summary: str
    place: str = ""
    about: str = ""
    url: str = ""
    organizer: str = ""
    """An e-mail address, or the address of a page where there is none."""
    organizer_name: str = ""
    called_off: bool = False
    """A correction has called it off: its sequence counts that."""


def calendar(entry: Entry, method: Method = "PUBLISH") -> str:
    """The file, with CRLF line ends; it cancels where the event is called off. The same entry is the same bytes."""
    from icalendar import Calendar, Timezone

    method = "CANCEL" if entry.called_off else method
    file = Calendar()
    file.add("prodid", "-//commsched//press invitation//")
    file.add("version", "2.0")
    file.add("method", method)
    if entry.zone == NAME:
        file.add_component(Timezone.from_ical(STOCKHOLM))
    _add_event(file, entry, method)
    text: bytes = file.to_ical()
    return text.decode()


def _add_event(file: Calendar, entry: Entry, method: Method) -> None:
    from icalendar import Event, vUri

    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence + (method == "CANCEL" and not entry.called_off))
    event.add("dtstamp", entry.stamp)
    zone = ZoneInfo(NAME if entry.zone == NAME else "UTC")
    ends = entry.ends if entry.ends is not None and entry.ends > entry.starts else entry.starts + USUAL
    event.add("dtstart", entry.starts.astimezone(zone))
    event.add("dtend", ends.astimezone(zone))
    event.add("summary", entry.summary)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    for name, value in (("location", entry.place), ("description", entry.about)):
        if value:
            event.add(name, value)
    if entry.url:
        event.add("url", vUri(entry.url))
    if entry.organizer:
        _add_organizer(event, entry)
    file.add_component(event)


def _add_organizer(event: object, entry: Entry) -> None:
    from icalendar import vCalAddress

    address = vCalAddress(entry.organizer if "://" in entry.organizer else f"mailto:{entry.organizer}")
    if entry.organizer_name:
        address.params["cn"] = entry.organizer_name
    event.add("organizer", address)  # type: ignore[attr-defined]

"""The calendar for calendar programs (RFC 5545): what is planned and what went out.

Every time is a moment in UTC, which each program shows in its own zone. Times with a zone need its rules beside them,
and programs read those differently: Outlook looks at ``RRULE`` only (MS-STANOICAL 2.2.47) and was an hour wrong for
parts of the year. Nothing here recurs, so nothing is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select

from commsched.core.text.catalogues import gettext, translate
from commsched.core.text.messages import N_
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.views import calendar as agenda
from commsched.services.views.calendar_rows import Row
from commsched.store.models import Item, Workspace
from commsched.store.types import from_micros, to_micros

BACK: Final = timedelta(days=60)
AHEAD: Final = timedelta(days=400)
LENGTH: Final = timedelta(minutes=15)
"""How long an entry is drawn; nothing that goes out has a length."""
OFTEN: Final = timedelta(hours=1)
"""How often a program should look again. Without it some look once a day."""
MOST: Final = 2000
"""Entries in a feed. Each costs a quarter of a millisecond and some kilobytes while it is made."""
_CUT: Final = N_("The %(most)s entries nearest to today. The rest is in the calendar on the page.")

STATUS: Final = {
    "draft": "TENTATIVE",
    "in_review": "TENTATIVE",
    "changes_requested": "TENTATIVE",
    "cancelled": "CANCELLED",
}
WORDS: Final = {
    "draft": N_("Draft"),
    "in_review": N_("In review"),
    "changes_requested": N_("Sent back"),
    "approved": N_("Approved"),
    "scheduled": N_("Scheduled"),
    "publishing": N_("Going out"),
    "published": N_("Published"),
    "partly_published": N_("Partly published"),
    "held": N_("Held"),
    "failed": N_("Failed"),
    "unknown": N_("Needs an answer"),
    "begun": N_("The rest waits"),
    "cancelled": N_("Cancelled"),
}


def tag(installation: Installation, actor: Actor) -> str:
    """A digest that changes whenever :func:`calendar` would."""
    start, end = _span(installation)
    with installation.store.read(actor.workspace) as session:
        place = workspace_of(session, actor)
        stamp = agenda.stamp(session, start, end, agenda.CalendarFilter(), installation.now())
    said = (stamp, start, place.name, place.zone, actor.language, installation.base_url)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def _span(installation: Installation) -> tuple[datetime, datetime]:
    """Whole days, so that an hour's passing changes nothing."""
    today = installation.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - BACK, today + AHEAD


def calendar(installation: Installation, actor: Actor) -> bytes:
    """The whole feed."""
    from icalendar import Calendar, vDuration

    start, end = _span(installation)
    with installation.store.read(actor.workspace) as session:
        place = workspace_of(session, actor)
        names = agenda.around(session).channels
        all_rows = agenda.rows(session, start, end, agenda.CalendarFilter(), installation.now())
        rows = sorted(_nearest(all_rows, to_micros(installation.now())), key=lambda row: (row[1], row[0]))
        wanted = select(Item).where(Item.id.in_({row[0] for row in rows}))
        items = {item.id: item for item in session.scalars(wanted)}
        feed = Calendar()
        feed.add("prodid", "-//commsched//calendar//")
        feed.add("version", "2.0")
        feed.add("x-wr-calname", place.name)
        feed.add("x-wr-timezone", place.zone)
        if len(all_rows) > MOST:
            feed.add("x-wr-caldesc", translate(_CUT, actor.language, most=MOST))
        feed.add("refresh-interval", OFTEN, parameters={"value": "DURATION"})
        feed.add("x-published-ttl", vDuration(OFTEN))
        for row in rows:
            feed.add_component(_event(installation, actor, place, items[row[0]], row, names))
    feed_bytes: bytes = feed.to_ical()
    return feed_bytes


def _nearest(rows: Sequence[Row], now: int) -> Sequence[Row]:
    """At most :data:`MOST` of ``rows``, those nearest to ``now`` (microseconds)."""
    return rows if len(rows) <= MOST else nsmallest(MOST, rows, key=lambda row: abs(row[1] - now))


def _event(
    installation: Installation, actor: Actor, place: Workspace, item: Item, row: Row, names: dict[int, Any]
) -> Any:
    """One time of ``item``. The item's own keeps the item's name; that of channels alone adds the first channel to it,
    so that it stays the same entry wherever it is moved."""
    from icalendar import Event

    _id, at, state, _title, channels, _kind, _author, alone, _picture = row
    begins = from_micros(at)
    name = f"{item.uid}.{alone.partition('-')[0]}" if alone else item.uid
    title = item.title or gettext(actor.language, N_("Untitled"))
    word = gettext(actor.language, WORDS[state])
    where = ", ".join(names[int(number)][0] for number in channels.split(",") if number and int(number) in names)
    event = Event()
    event.add("uid", f"{name}@{urlsplit(installation.base_url).hostname or 'localhost'}")
    event.add("dtstamp", item.updated_at)
    event.add("last-modified", item.updated_at)
    event.add("sequence", item.version)
    event.add("dtstart", begins)
    event.add("dtend", begins + LENGTH)
    event.add("summary", f"{title} ({word})")
    event.add("description", f"{word}\n{where}")
    event.add("location", where)
    event.add("status", STATUS.get(state, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{installation.base_url}/w/{place.slug}/items/{item.id}")
    return event

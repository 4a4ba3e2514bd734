"""The mail of the week: on Mondays, at the hour that each person chose, what is planned from that day to Sunday."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.services.kernel.context import Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.services.notices.digest import DayList
from commsched.services.notices.wishes import week_hour
from commsched.store import locks
from commsched.store.models import ChannelTime, Item, Notice, Person, Workspace

KIND: Final = "week"
MONDAY: Final = 0
MOST: Final = 60
"""Lines in one mail; the calendar has the rest."""
_LEFT_OUT: Final = ("cancelled", "draft", "changes_requested")
"""States of items that are not told of: what nobody has asked for yet may never be."""
_WORDS: Final = {
    "in_review": N_("In review"),
    "held": N_("Held"),
    "failed": N_("Failed"),
    "partly_published": N_("Partly published"),
}
"""What is added to a line: how far the others have come goes without saying."""


def send(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Queue the mail for everybody who wants it, whose hour of this Monday has come and who has not got it yet."""
    now = installation.now()
    wall = dates.local(now, workspace.zone)
    if wall.weekday() != MONDAY:
        return
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
    if not _due(session, wall.hour, midnight):
        return
    locks.row(session, Workspace, workspace.id)  # another engine may be about to send them
    people = _due(session, wall.hour, midnight)
    outbox.queue(session, installation, sorted(people), KIND)


def _due(session: Session, hour: int, midnight: datetime) -> set[int]:
    members = people_with(session, "read")
    rows = session.execute(select(Person.id, Person.settings).where(Person.id.in_(members))).all()
    wanted = {number for number, settings in rows if _has_come(week_hour(settings or {}), hour)}
    return wanted - _told_since(session, wanted, midnight)


def _has_come(wish: int | None, hour: int) -> bool:
    return wish is not None and wish <= hour


def _told_since(session: Session, people: Collection[int], midnight: datetime) -> set[int]:
    mine = (Notice.kind == KIND, Notice.person_id.in_(people), Notice.created_at >= midnight)
    return set(session.scalars(select(Notice.person_id).where(*mine)))


def lists(session: Session, workspace: Workspace, language: str, now: datetime) -> list[DayList]:
    """What is planned from ``now``'s day to Sunday, a list for each day that has something."""
    wall = dates.local(now, workspace.zone)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(days=7 - wall.weekday())  # wall time: right also in the week of a clock change
    days: dict[str, list[tuple[str, str, str]]] = {}
    for at, item in _planned(session, workspace.id, midnight.astimezone(now.tzinfo), end.astimezone(now.tzinfo)):
        title = item.title or gettext(language, N_("Untitled"))
        word = gettext(language, _WORDS[item.state]) if item.state in _WORDS else ""
        day = dates.long_day(dates.local(at, workspace.zone).date(), language)
        days.setdefault(day, []).append((dates.clock(at, workspace.zone), title, word))
    if not days:
        return [DayList(gettext(language, N_("Nothing is planned this week")), [])]
    return [DayList(day, lines) for day, lines in days.items()]


def _planned(session: Session, workspace: int, start: datetime, end: datetime) -> list[tuple[datetime, Item]]:
    """Every time at which something of an item goes out in [start, end), with the item; in order."""
    mine = (Item.workspace_id == workspace, Item.state.not_in(_LEFT_OUT))
    whole = select(Item.publish_at, Item).where(*mine, Item.publish_at >= start, Item.publish_at < end)
    own = (
        select(ChannelTime.publish_at, Item)
        .join(Item, Item.id == ChannelTime.item_id)
        .where(*mine, ChannelTime.publish_at >= start, ChannelTime.publish_at < end)
        .distinct()
    )
    rows = [(at, item) for statement in (whole, own) for at, item in session.execute(statement.limit(MOST)) if at]
    return sorted(rows, key=lambda row: (row[0], row[1].id))[:MOST]

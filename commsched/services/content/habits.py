"""When and where an office usually publishes, and the next time of that kind that is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.content.model import parse
from commsched.core.content.release import ContactPerson
from commsched.core.content.release_draft import contacts_in_text
from commsched.core.timing.slots import FAR, next_free
from commsched.core.timing.wall_time import zone_of
from commsched.services.content.neighbours import UNPLANNED
from commsched.store.models import Item, Revision, Workspace

REMEMBERED: Final = timedelta(days=120)
LOOKED_AT: Final = 200
"""Items, the latest first."""


def next_slot(
    session: Session,
    zone: str,
    now: datetime,
    kind: str,
    channels: Collection[int],
    but: int = 0,
    any_day: bool = False,
) -> datetime | None:
    """The next free time in wall time of ``zone``, for an item of ``kind`` to ``channels``; ``but``: the item itself;
    ``any_day``: also on weekdays that the office does not use. One statement."""
    rows = session.execute(
        select(Item.id, Item.kind, Item.publish_at, Item.channels)
        .where(
            Item.publish_at.is_not(None),
            Item.publish_at > now - REMEMBERED,
            Item.publish_at < now + timedelta(days=FAR + 1),
            Item.state.not_in(UNPLANNED),
        )
        .order_by(desc(Item.publish_at))
        .limit(LOOKED_AT)
    ).all()
    here = zone_of(zone)
    walls = [row.publish_at.astimezone(here).replace(tzinfo=None) for row in rows if row.kind == kind]
    wanted = {f",{number}," for number in channels}
    taken = [
        row.publish_at.astimezone(UTC)
        for row in rows
        if row.id != but and row.publish_at > now and any(number in row.channels for number in wanted)
    ]
    return next_free(now.astimezone(here).replace(tzinfo=None), walls, taken, zone, any_day)


def most_used(session: Session) -> Counter[int]:
    """How many of the office's latest items went to each channel, by its id. One statement."""
    rows = session.scalars(select(Item.channels).order_by(desc(Item.id)).limit(LOOKED_AT))
    return Counter(int(number) for row in rows for number in row.split(",") if number)


RELEASES_READ: Final = 40
"""Press releases, the latest first, whose contact persons are counted."""


def contacts_used(session: Session) -> Counter[ContactPerson]:
    """How many of the office's latest press releases named each contact person. One statement."""
    contents = session.scalars(
        select(Revision.content)
        .join(Item, Item.revision_id == Revision.id)
        .where(Item.kind == "release")
        .order_by(desc(Item.id))
        .limit(RELEASES_READ)
    )
    return Counter(person for content in contents for person in parse(content).contacts)


def contact_book(session: Session, office: Workspace) -> list[ContactPerson]:
    """Everybody whom the press may call: those in the office's settings and in its latest releases, those named most
    first; each by their name once."""
    used = contacts_used(session)
    people = [*contacts_in_text(str(office.settings.get("press_contact", ""))), *used]
    people.sort(key=lambda person: -used[person])
    return list({person.name.casefold(): person for person in reversed(people)}.values())[::-1]

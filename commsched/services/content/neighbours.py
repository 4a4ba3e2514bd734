"""Other items that whoever writes one should know of: those that say the same, and those close to it in time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import and_, desc, or_, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.length import fold
from commsched.services.content.times import planned_between, plans
from commsched.store.models import Item

SHORT: Final = 20
"""Characters. Shorter texts ("Tack!") may well be said twice."""
CLOSE: Final = timedelta(hours=1)
"""Two in the same channel nearer than this are pointed out, here and in the calendar."""
UNPLANNED: Final = ("draft", "cancelled", "changes_requested")
"""States in which an item's time is not meant yet, or not any more."""
MOST: Final = 100
"""Items looked through."""


class Neighbours(msgspec.Struct, frozen=True):
    """``duplicates``: other items, not cancelled, with the same text, the newest first. ``near``: other planned items
    within an hour in a channel of its own, by time, three at most; ``near_at`` has the times that are near, by item."""

    duplicates: list[Item] = []
    near: list[Item] = []
    near_at: dict[int, datetime] = {}


def text_hash(text: str) -> str:
    """What two texts have in common that say the same, however each was typed or pasted: SHA-256 over the folded text
    with single spaces. Empty for a text too short to compare."""
    words = " ".join(fold(text).split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest() if len(words) >= SHORT else ""


def neighbours(
    session: Session,
    item_id: int,
    content: Content,
    at: datetime | None = None,
    own: Mapping[int, datetime] | None = None,
) -> Neighbours:
    """What stands around ``content``, were it the next version of ``item_id`` (0: of something new) planned for ``at``,
    and in some channels for ``own`` times. One statement, by three indexes, and another where an item near has times
    of its own; none where there is nothing to ask."""
    text = "" if content.corrects else text_hash(content.text)
    conditions = []
    if text:
        not_own = Item.corrects_id.is_distinct_from(item_id)  # a correction may repeat what it corrects
        conditions.append(and_(Item.text_hash == text, Item.state != "cancelled", not_own))
    if at is not None:
        times = {at, *(own or {}).values()}
        close = or_(*(planned_between(time - CLOSE, time + CLOSE) for time in times))
        conditions.append(and_(close, Item.state.not_in(UNPLANNED)))
    if not conditions:
        return Neighbours()
    wanted = select(Item).where(Item.id != item_id, or_(*conditions)).order_by(desc(Item.id)).limit(MOST)
    rows = list(session.scalars(wanted))
    same = [
        row
        for row in rows
        if text and row.text_hash == text and row.state != "cancelled" and row.corrects_id != item_id
    ]
    if at is None:
        return Neighbours(same)
    near = _near(session, rows, {one.channel: (own or {}).get(one.channel, at) for one in content.channels})
    return Neighbours(same, [row for _time, row in near], {row.id: time for time, row in near})


def duplicates(session: Session, item_id: int, content: Content) -> list[Item]:
    """Other items, not cancelled, that say the same text: perhaps it is already queued or already out."""
    return neighbours(session, item_id, content).duplicates


def _near(session: Session, rows: list[Item], mine: Mapping[int, datetime]) -> list[tuple[datetime, Item]]:
    """Those of ``rows`` that go out within an hour of ``mine``, the times by channel, and when they do."""
    planned = [row for row in rows if row.state not in UNPLANNED]
    known = plans(session, planned)
    near = []
    for row in planned:
        slots = known[row.id].slots
        close = [slots[c].at for c in mine.keys() & slots.keys() if abs(slots[c].at - mine[c]) < CLOSE]
        if close:
            near.append((min(close), row))
    return sorted(near, key=lambda pair: (pair[0], pair[1].id))[:3]

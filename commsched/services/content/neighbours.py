"""Other items that whoever writes one should know of: those that say the same, and those close to it in time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Select, and_, bindparam, desc, false, or_, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.length import fold
from commsched.services.content.times import own_times_of, planned_between
from commsched.store.models import Item

SHORT: Final = 20
"""Characters. Shorter texts ("Tack!") may well be said twice."""
CLOSE: Final = timedelta(hours=1)
"""Two in the same channel nearer than this are pointed out, here and in the calendar."""
UNPLANNED: Final = ("draft", "cancelled", "changes_requested")
"""States in which an item's time is not meant yet, or not any more."""
MOST: Final = 100
"""Items looked through."""


class Neighbour(msgspec.Struct, frozen=True):
    """Another item, as far as it is told beside this one."""

    id: int
    title: str
    state: str
    publish_at: datetime | None
    channels: frozenset[int]
    """Those that its newest revision goes to."""


class Neighbours(msgspec.Struct, frozen=True):
    """``duplicates``: other items, not cancelled, with the same text, the newest first. ``near``: other planned items
    within an hour in a channel of its own, by time, three at most; ``near_at`` has the times that are near, by item."""

    duplicates: list[Neighbour] = []
    near: list[Neighbour] = []
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
    moments = sorted({at, *(own or {}).values()}) if at is not None else []
    if not text and not moments:
        return Neighbours()
    asked: dict[str, object] = {"own": item_id, "text": text} if text else {"own": item_id}
    for number, moment in enumerate(moments):
        asked |= {f"since{number}": moment - CLOSE, f"until{number}": moment + CLOSE}
    same, close, timed = [], [], set()
    for number, title, state, publish_at, channels, own_times, is_same, is_close in session.execute(
        _around(bool(text), len(moments)), asked
    ):
        neighbour = Neighbour(number, title, state, publish_at, _numbers(channels))
        if is_same:
            same.append(neighbour)
        if is_close:
            close.append(neighbour)
            timed.update([number] if own_times else [])
    if at is None:
        return Neighbours(same)
    mine = {part.channel: (own or {}).get(part.channel, at) for part in content.channels}
    near = _nearest(close, own_times_of(session, timed), mine)
    return Neighbours(same, [neighbour for _at, neighbour in near], {neighbour.id: time for time, neighbour in near})


@lru_cache(maxsize=16)
def _around(text: bool, moments: int) -> Select[*tuple[Any, ...]]:
    """Items with the same text, if ``text``, and such as are planned for about one of so many ``moments``."""
    own, kind = bindparam("own", type_=BigInteger), Item.publish_at.type
    spans = [
        planned_between(bindparam(f"since{number}", type_=kind), bindparam(f"until{number}", type_=kind))
        for number in range(moments)
    ]
    is_close = and_(or_(*spans), Item.state.not_in(UNPLANNED)) if spans else false()
    repeated = and_(
        Item.text_hash == bindparam("text", type_=Item.text_hash.type),
        Item.state != "cancelled",
        Item.corrects_id.is_distinct_from(own),  # a correction may repeat what it corrects
    )
    is_same = repeated if text else false()
    columns = (Item.id, Item.title, Item.state, Item.publish_at, Item.channels, Item.own_times)
    wanted = select(*columns, is_same.label("same"), is_close.label("close"))
    return wanted.where(Item.id != own, or_(is_same, is_close)).order_by(desc(Item.id)).limit(MOST)


def duplicates(session: Session, item_id: int, content: Content) -> list[Neighbour]:
    """Other items, not cancelled, that say the same text: perhaps it is already queued or already out."""
    return neighbours(session, item_id, content).duplicates


def _nearest(
    close: list[Neighbour], own: Mapping[int, Mapping[int, datetime]], mine: Mapping[int, datetime]
) -> list[tuple[datetime, Neighbour]]:
    """Those of ``close`` that go out within an hour of ``mine``, the times by channel, and when they do. ``own`` has
    the times of their channels' own, by item."""
    near = []
    for neighbour in close:
        times = {
            channel: own.get(neighbour.id, {}).get(channel, neighbour.publish_at) for channel in neighbour.channels
        }
        shared = [time for c in mine.keys() & times.keys() if (time := times[c]) and abs(time - mine[c]) < CLOSE]
        if shared:
            near.append((min(shared), neighbour))
    return sorted(near, key=lambda pair: (pair[0], pair[1].id))[:3]


def _numbers(channels: str) -> frozenset[int]:
    """The channels of an item, as its row keeps them."""
    return frozenset(int(number) for number in channels.split(",") if number)

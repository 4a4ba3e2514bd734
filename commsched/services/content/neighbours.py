"""Other items that whoever writes one should know of: those that say the same, and those close to it in time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Select, and_, bindparam, desc, false, or_, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.length import fold
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
    within an hour in a channel of its own, by time, three at most."""

    duplicates: list[Neighbour] = []
    near: list[Neighbour] = []


def text_hash(text: str) -> str:
    """What two texts have in common that say the same, however each was typed or pasted: SHA-256 over the folded text
    with single spaces. Empty for a text too short to compare."""
    words = " ".join(fold(text).split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest() if len(words) >= SHORT else ""


def neighbours(session: Session, item_id: int, content: Content, at: datetime | None = None) -> Neighbours:
    """What stands around ``content``, were it the next version of ``item_id`` (0: of something new) planned for
    ``at``. One statement, by two indexes; none where there is nothing to ask."""
    text = "" if content.corrects else text_hash(content.text)
    if not text and at is None:
        return Neighbours()
    span = {"since": at - CLOSE, "until": at + CLOSE} if at is not None else {}
    asked = {"own": item_id, "text": text} if text else {"own": item_id}
    rows = session.execute(_around(bool(text), at is not None), asked | span)
    same, close = [], []
    for number, title, state, publish_at, channels, is_same, is_close in rows:
        neighbour = Neighbour(number, title, state, publish_at, _numbers(channels))
        if is_same:
            same.append(neighbour)
        if is_close:
            close.append(neighbour)
    return Neighbours(same, _nearest(close, content))


@lru_cache(maxsize=4)
def _around(text: bool, time: bool) -> Select[*tuple[Any, ...]]:
    """Items with the same text, if ``text``, and such as are planned for about the same time, if ``time``."""
    own = bindparam("own", type_=BigInteger)
    planned = and_(
        Item.publish_at > bindparam("since", type_=Item.publish_at.type),
        Item.publish_at < bindparam("until", type_=Item.publish_at.type),
        Item.state.not_in(UNPLANNED),
    )
    repeated = and_(
        Item.text_hash == bindparam("text", type_=Item.text_hash.type),
        Item.state != "cancelled",
        Item.corrects_id.is_distinct_from(own),  # a correction may repeat what it corrects
    )
    is_same, is_close = (repeated if text else false()), (planned if time else false())
    columns = (Item.id, Item.title, Item.state, Item.publish_at, Item.channels)
    wanted = select(*columns, is_same.label("same"), is_close.label("close"))
    return wanted.where(Item.id != own, or_(is_same, is_close)).order_by(desc(Item.id)).limit(MOST)


def duplicates(session: Session, item_id: int, content: Content) -> list[Neighbour]:
    """Other items, not cancelled, that say the same text: perhaps it is already queued or already out."""
    return neighbours(session, item_id, content).duplicates


def _nearest(close: list[Neighbour], content: Content) -> list[Neighbour]:
    channels = {own.channel for own in content.channels}
    shared = [
        (neighbour.publish_at, neighbour.id, neighbour)
        for neighbour in close
        if neighbour.publish_at is not None and not channels.isdisjoint(neighbour.channels)
    ]
    return [neighbour for _at, _id, neighbour in sorted(shared)[:3]]


def _numbers(channels: str) -> frozenset[int]:
    """The channels of an item, as its row keeps them."""
    return frozenset(int(number) for number in channels.split(",") if number)

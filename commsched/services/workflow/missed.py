"""Deliveries that fell due during a pause and wait for a person's choice: send, move or drop, one by one or all at
once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
from sqlalchemy import func, select

from commsched.core.text.messages import Message, OfficeError
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import resolve
from commsched.store.models import Channel, Delivery, Item


class MissedItem(msgspec.Struct, frozen=True):
    """An item, and its deliveries that the pause stopped: (id, channel's name, platform)."""

    item: int
    title: str
    due: datetime
    late: bool
    """Its latest time has passed, so that sending it is a new decision."""
    latest: datetime
    deliveries: tuple[tuple[int, str, str], ...]


def missed(installation: Installation, actor: Actor) -> list[MissedItem]:
    """Everything held by a pause, the oldest first."""
    actor.require("read")
    statement = (
        select(Delivery, Item.title, Channel.name, Channel.platform)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.state == "held", Delivery.reason == "paused")
        .order_by(Delivery.due_at, Delivery.id)
        .limit(500)
    )
    now = installation.now()
    rows: dict[int, tuple[str, datetime, datetime, list[tuple[int, str, str]]]] = {}
    with installation.store.read(actor.workspace) as session:
        for row, title, name, platform in session.execute(statement):
            rows.setdefault(row.item_id, (title, row.due_at, row.latest_at, []))[3].append((row.id, name, platform))
    return [
        MissedItem(item, title, due, latest < now, latest, tuple(deliveries))
        for item, (title, due, latest, deliveries) in rows.items()
    ]


class ReadBack(msgspec.Struct, frozen=True):
    """What came of reading back after a restore, in deliveries."""

    out: int
    """Had gone out after the backup was made."""
    not_out: int
    """Had not, and stand as they did."""
    asked: int
    """Only a person can say what became of it."""
    reading: int


def read_back(installation: Installation, actor: Actor) -> ReadBack | None:
    """What the last restore's reading back has found so far; ``None`` where there was none, or nothing to read."""
    actor.require("read")
    newest = select(func.max(Delivery.doubt_since)).scalar_subquery()
    with installation.store.read(actor.workspace) as session:
        rows = session.execute(
            select(Delivery.state, Delivery.reason, func.count())
            .where(Delivery.doubt_since == newest)
            .group_by(Delivery.state, Delivery.reason)
        ).all()
    count: Counter[str] = Counter()
    for state, reason, number in rows:
        unknown = "asked" if reason == "ask" else "reading"
        partly = state == "published" or reason == "part_found"
        count[unknown if state == "unknown" else "out" if partly else "not_out"] += number
    return ReadBack(count["out"], count["not_out"], count["asked"], count["reading"]) if count else None


def choose(
    installation: Installation, actor: Actor, deliveries: Iterable[int], choice: str
) -> tuple[int, list[Message]]:
    """Send or drop each of ``deliveries``. Returns how many it was done for, and why it was not for the others."""
    acts: dict[str, Callable[[Installation, Actor, int], object]] = {"send": resolve.send, "drop": resolve.drop}
    act = acts[choice]
    done, why = 0, []
    for number in deliveries:
        try:
            act(installation, actor, number)
            done += 1
        except OfficeError as error:
            why.append(error.words)
    return done, why

"""What readers made of each published part: asked for more and more seldom, and for a month.

A channel is asked for all of its parts that are due at once. What could not be had is not known, and says so; it is
asked for again with the next reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import CannotTell
from commsched.core.platform.figures import Figures
from commsched.services.followup import turns
from commsched.services.kernel.context import Installation
from commsched.services.upkeep.calling import asked
from commsched.store import locks
from commsched.store.models import Channel, Delivery, Figure, Item, Listening, Part

STAGES: Final = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168, 720))
"""After how long a part is counted, from when it went out."""
MOST: Final = 50
"""Parts that are asked about at once."""
NAMES: Final = ("views", "likes", "shares", "comments", "clicks")


class Counted(msgspec.Struct, frozen=True):
    """What is known of one channel's part of an item. ``None``: not known."""

    channel: int
    figures: Figures
    read_at: datetime | None


class Went(msgspec.Struct, frozen=True):
    """How one item went, all its channels together."""

    item: int
    title: str
    at: datetime
    channels: list[str]
    figures: Figures


def read_next(installation: Installation) -> bool:
    """Count the parts of the channel that has waited longest, if any is due. Returns whether one had its turn."""
    turn = turns.claim(installation, "figures")
    if turn is None:
        return False
    due = _due(installation, turn)
    if not due:
        return True
    names = list(due.values())
    answer = asked(installation, turn.channel, turn.place, lambda platform, context: platform.metrics(names, context))
    with installation.store.write(turn.place.id) as session:
        if isinstance(answer, CannotTell):
            row = session.scalar(locks.rows(select(Listening).where(Listening.channel_id == turn.channel.id)))
            if row is not None and answer.after is not None:
                row.figures_at = max(row.figures_at or answer.after, answer.after)
            return True
        _write(installation, session, turn.channel.id, due, answer)
    return True


def _due(installation: Installation, turn: turns.Turn) -> dict[int, str]:
    """The parts that are due to be counted, with the platform's ids; those that are new get their row first."""
    now = installation.now()
    with installation.store.write(turn.place.id) as session:
        rows = session.execute(
            select(Part.id, Part.finished_at)
            .join(Delivery, Delivery.id == Part.delivery_id)
            .outerjoin(Figure, Figure.part_id == Part.id)
            .where(
                Delivery.channel_id == turn.channel.id, Delivery.due_at >= now - STAGES[-1], Figure.part_id.is_(None)
            )
            .where(Part.state == "published", Part.remote_id != "", Part.role != "recipient", Part.edits == "")
        ).all()
        for part, finished in rows:
            at = (finished or now) + STAGES[0]
            session.add(Figure(part_id=part, channel_id=turn.channel.id, stage=0, next_at=at))
        session.flush()
        wanted = (
            select(Figure.part_id, Part.remote_id)
            .join(Part, Part.id == Figure.part_id)
            .where(Figure.channel_id == turn.channel.id, Figure.next_at <= now)
            .order_by(Figure.next_at, Figure.part_id)
            .limit(MOST)
        )
        return {row[0]: row[1] for row in session.execute(wanted)}


def _write(
    installation: Installation, session: Session, channel: int, due: dict[int, str], answer: dict[str, Figures]
) -> None:
    now = installation.now()
    rows = session.execute(
        select(Figure, Part.finished_at)
        .join(Part, Part.id == Figure.part_id)
        .where(Figure.part_id.in_(due), Figure.channel_id == channel)
    ).all()
    for row, finished in rows:
        counted = answer.get(due[row.part_id])
        if counted is not None:
            for name in NAMES:
                setattr(row, name, _plain(getattr(counted, name)))
            row.read_at = now
        out = finished or now
        row.stage = sum(out + stage <= now for stage in STAGES)
        row.next_at = out + STAGES[row.stage] if row.stage < len(STAGES) else None


def _plain(count: int | None) -> int | None:
    """A figure that can be one: what a server says may be anything."""
    return count if isinstance(count, int) and 0 <= count < 2**53 else None


def added(several: Iterable[Figures]) -> Figures:
    """All together; what nobody knows stays unknown."""

    def together(name: str) -> int | None:
        known = [value for each in several if (value := getattr(each, name)) is not None]
        return sum(known) if known else None

    several = list(several)
    return Figures(**{name: together(name) for name in NAMES})


def of_item(session: Session, item_id: int) -> dict[int, Counted]:
    """What is known of an item, by channel."""
    rows = session.execute(
        select(Figure)
        .join(Part, Part.id == Figure.part_id)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .where(Delivery.item_id == item_id)
    ).scalars()
    by_channel: dict[int, list[Figure]] = {}
    for row in rows:
        by_channel.setdefault(row.channel_id, []).append(row)
    return {
        channel: Counted(
            channel,
            added(as_figures(row) for row in same),
            max((row.read_at for row in same if row.read_at is not None), default=None),
        )
        for channel, same in by_channel.items()
    }


def as_figures(row: Figure) -> Figures:
    return Figures(row.views, row.likes, row.shares, row.comments, row.clicks)


def how_it_went(session: Session, since: datetime, most: int = 100) -> list[Went]:
    """The items that went out since, newest first, with what readers made of them where that is counted."""
    rows = session.execute(
        select(Figure, Item.id, Item.title, Delivery.published_at, Channel.name)
        .join(Part, Part.id == Figure.part_id)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.due_at >= since, Delivery.published_at.is_not(None))
        .order_by(Delivery.published_at.desc(), Item.id.desc())
        .limit(most * 5)
    )
    items: dict[int, tuple[str, datetime, list[str], list[Figures]]] = {}
    for row, item, title, at, channel in rows:
        assert at is not None, "it is asked for what went out"
        _title, _at, channels, counted = items.setdefault(item, (title, at, [], []))
        if channel not in channels:
            channels.append(channel)
        counted.append(as_figures(row))
    return [Went(item, title, at, names, added(several)) for item, (title, at, names, several) in items.items()][:most]

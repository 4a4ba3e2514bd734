"""Deliveries that are late although nothing holds them back: a sign that the scheduler is broken, whatever its
heartbeat says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from commsched.store.models import Attempt, Channel, Delivery, Item, Workspace

PAST: Final = timedelta(minutes=5)
"""How long a delivery may be late before people are warned. A delivery whose channel is busy does not count, since it
waits for its turn."""
HANGS: Final = timedelta(minutes=15)
"""How long a call may be under way."""
LATELY: Final = 1000
"""Attempts looked through for channels at work."""


class Late(msgspec.Struct, frozen=True):
    """A delivery that should have gone out."""

    delivery: int
    workspace: int
    item: int
    title: str
    channel: str
    due: datetime
    since: datetime
    """When it should have been looked at, or when the call that hangs began."""


def any_late(now: datetime) -> ColumnElement[bool]:
    """SQL: whether :func:`overdue` has anything to look at, within the session's office."""
    hanging = exists().where(
        Attempt.delivery_id == Delivery.id, Attempt.outcome == "", Attempt.started_at <= now - HANGS
    )
    return or_(exists().where(Delivery.next_at <= now - PAST), hanging)


def overdue(session: Session, now: datetime, limit: int = 50) -> list[Late]:
    """The oldest first, in one statement. What is paused or resting waits for good reason."""
    waiting, under_way = _waiting(now).limit(limit).subquery(), _under_way(now).limit(limit).subquery()
    rows = session.execute(select(waiting).union_all(select(under_way)))
    return sorted((Late(*row) for row in rows), key=lambda late: late.since)


_TOLD: Final = (Delivery.id, Delivery.workspace_id, Delivery.item_id, Item.title, Channel.name, Delivery.due_at)


def _waiting(now: datetime) -> Select[*tuple[object, ...]]:
    """What should have been looked at, and whose channel does nothing else."""
    return (
        select(*_TOLD, Delivery.next_at)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(Workspace, Workspace.id == Delivery.workspace_id)
        .where(
            Delivery.next_at <= now - PAST,
            Workspace.paused_at.is_(None),
            or_(Channel.not_before.is_(None), Channel.not_before <= now - PAST),
            Delivery.channel_id.not_in(_at_work(now)),
        )
        .order_by(Delivery.next_at)
    )


def _under_way(now: datetime) -> Select[*tuple[object, ...]]:
    """Whose call hangs."""
    hanging = (Attempt.outcome == "") & (Attempt.started_at <= now - HANGS)
    return (
        select(*_TOLD, Attempt.started_at)
        .join(Attempt, and_(Attempt.delivery_id == Delivery.id, hanging))
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
    )


def _at_work(now: datetime) -> Select[int]:
    """The ids of channels on which something was begun lately."""
    newest = select(Attempt.channel_id, Attempt.started_at).order_by(Attempt.id.desc()).limit(LATELY).subquery()
    return select(newest.c.channel_id).where(newest.c.started_at > now - PAST, newest.c.started_at <= now)

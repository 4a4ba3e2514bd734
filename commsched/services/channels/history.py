"""What a channel did of late: the last calls that were made for it, and what each ended in."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import select

from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, Delivery, Item

MOST = 5
"""Calls that a page shows."""
_LOOKED_AT = 20
"""Of so many of its newest deliveries; no more are read, however many there are."""


class LastCall(msgspec.Struct, frozen=True):
    """One call. ``outcome`` is empty while it is under way; ``detail`` is what the network said, in its own words."""

    at: datetime
    outcome: str
    detail: str
    item: int
    title: str


def last_calls(installation: Installation, workspace: int, channel: int) -> list[LastCall]:
    """The last calls for a channel, newest first."""
    newest = select(Delivery.id).where(Delivery.channel_id == channel, Delivery.due_at <= installation.now())
    newest = newest.order_by(Delivery.due_at.desc()).limit(_LOOKED_AT)
    wanted = (
        select(Attempt.started_at, Attempt.outcome, Attempt.detail, Item.id, Item.title)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .join(Item, Item.id == Delivery.item_id)
        .where(Attempt.delivery_id.in_(newest))
        .order_by(Attempt.started_at.desc(), Attempt.id.desc())
        .limit(MOST)
    )
    with installation.store.read(workspace) as session:
        return [LastCall(*row) for row in session.execute(wanted)]

"""The rows of an item in the outbox: one a channel, made, and set anew where the item was there before."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, desc, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.timing.plan import Plan, Slot
from commsched.platforms import by_person_keys
from commsched.services.content import times
from commsched.services.deliver import part_decisions
from commsched.services.kernel.context import Installation
from commsched.services.workflow import stops
from commsched.store.models import Channel, Delivery, Item, Part, Revision


def place(
    installation: Installation, session: Session, item: Item, revision: Revision, content: Content, plan: Plan
) -> None:
    """Give each channel of ``plan`` its delivery, at its time."""
    now, slots = installation.now(), plan.slots
    untouched = {channel.channel for channel in content.channels} - set(slots)
    settled = _set_anew(session, item, revision.id, slots, untouched, now) | stops.stopped_channels(session, item)
    for channel in content.channels:
        if channel.channel not in settled | untouched:
            row = _row(item, revision.id, channel.channel, slots[channel.channel], now)
            session.add(row)
            if channel.recipients:
                session.flush()
                part_decisions.freeze_recipients(installation, session, row, channel.recipients)
    session.flush()


def _row(item: Item, revision: int, channel: int, slot: Slot, now: datetime) -> Delivery:
    delivery = Delivery(
        uid=uuid.uuid4().hex,
        workspace_id=item.workspace_id,
        item_id=item.id,
        revision_id=revision,
        channel_id=channel,
        due_at=slot.at,
        latest_at=slot.latest,
        next_at=slot.at,
        created_at=now,
    )
    if item.doubt_since is not None:
        _doubt(delivery, item.doubt_since, now)
    return delivery


def some_out(states: tuple[str, ...] = ("waiting", "held", "failed", "cancelled")) -> ColumnElement[bool]:
    """SQL: deliveries in ``states`` with something out already: half a thread, some of a list's recipients."""
    out = select(Part.delivery_id).where(Part.state.in_(("published", "sending", "unknown")))
    return Delivery.state.in_(states) & Delivery.id.in_(out)


def partly_out(session: Session, item: Item) -> list[Delivery]:
    """The item's deliveries that stopped with something out already, or that a person has said they posted."""
    stopped = list(session.scalars(select(Delivery).where(Delivery.item_id == item.id, some_out())))
    by_hand = select(Delivery).join(Channel, Channel.id == Delivery.channel_id).where(Delivery.item_id == item.id)
    rows = session.scalars(by_hand.where(Channel.platform.in_(by_person_keys()), Delivery.state != "published"))
    return stopped + [row for row in rows if row not in stopped and part_decisions.posted_by(session, row.id)]


def _set_anew(
    session: Session, item: Item, revision: int, wanted: Mapping[int, Slot], untouched: set[int], now: datetime
) -> set[int]:
    """Give what waits or stopped its new time, in its own row; returns the channels that need no new one. What stands
    in ``untouched`` channels stays as it is.

    What is partly out in other words than the newest is never begun again, and what waits in other words is void.
    """
    newest = select(Delivery).where(Delivery.item_id == item.id).order_by(desc(Delivery.id)).with_for_update()
    rows = [row for row in session.scalars(newest) if row.channel_id not in untouched]
    partly = {row.id for row in partly_out(session, item)}
    mine = {row.id for row in rows if row.revision_id == revision and row.channel_id in wanted and not row.stop}
    settled = {row.channel_id for row in rows if row.state in ("published", "sending", "unknown")}
    settled |= {row.channel_id for row in rows if row.id in partly - mine}
    for row in sorted(rows, key=lambda row: row.id not in partly):  # what is partly out goes on before anything else
        if row.id in mine and row.channel_id not in settled:
            settled.add(row.channel_id)
            _again(session, item, row, wanted[row.channel_id], now)
        elif row.state in times.STOPPABLE and row.id not in partly:
            row.state, row.next_at, row.reason = "cancelled", None, "changed"
    session.flush()
    return settled


def _again(session: Session, item: Item, row: Delivery, slot: Slot, now: datetime) -> None:
    part_decisions.begin_again(session, row.id, keep_handles=row.reason == "absent")
    void = row.state == "cancelled"
    row.due_at = row.next_at = slot.at
    row.latest_at, row.state, row.reason, row.detail = slot.latest, "waiting", "", ""
    if void and item.doubt_since is not None:
        _doubt(row, item.doubt_since, now)
        part_decisions.doubt(session, row.id, now)


def _doubt(row: Delivery, since: datetime, now: datetime) -> None:
    """Mark a delivery that was not in the outbox when the backup was made: it may have gone out since."""
    row.state, row.reason, row.next_at = "unknown", "verify", now
    row.was, row.doubt_since = "waiting", since

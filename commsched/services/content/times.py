"""The times of items as they are stored, read into plans (:mod:`commsched.core.timing.plan`), and written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from commsched.core.timing.plan import Plan, Slot
from commsched.store import locks
from commsched.store.models import ChannelTime, Delivery, Item
from commsched.store.tables.outbox import left_off

UNDER_WAY = ("published", "sending", "unknown")
"""States of a delivery that is out, or may be: its time is no longer anybody's to choose."""


STOPPABLE = ("waiting", "held", "failed")
"""States of a delivery in which no call is under way. Some of its parts may be out."""


def slot_of(row: ChannelTime) -> Slot:
    """A channel's own time as the rules see it."""
    return Slot(row.publish_at, row.latest_at, row.wall_time, row.zone)


def item_slot(item: Item) -> Slot | None:
    """The item's own time, if it has one."""
    if item.publish_at is None:
        return None
    return Slot(item.publish_at, item.latest_at or item.publish_at, item.wall_time, item.zone)


def plan(session: Session, item: Item) -> Plan:
    """When ``item`` goes out in each channel of its newest revision."""
    return plans(session, [item])[item.id]


def plans(session: Session, items: Iterable[Item]) -> dict[int, Plan]:
    """As :func:`plan`, for many items in one statement, by their ids."""
    rows = {item.id: item for item in items}
    own: dict[int, dict[int, Slot]] = {number: {} for number in rows}
    wanted = [item.id for item in rows.values() if item.own_times]
    if wanted:
        for row in session.scalars(select(ChannelTime).where(ChannelTime.item_id.in_(wanted))):
            own[row.item_id][row.channel_id] = slot_of(row)
    return {number: plan_of(item, own[number]) for number, item in rows.items()}


def plan_of(item: Item, own: Mapping[int, Slot]) -> Plan:
    """The plan of ``item``, whose channels' ``own`` times have been read."""
    channels = sorted(goes_to(item))
    return Plan(item_slot(item), {number: own[number] for number in channels if number in own}, tuple(channels))


def left(session: Session, item: Item, now: datetime, only: Collection[int] | None = None) -> Plan:
    """The plan of those channels (of ``only``, where given) whose time is still to be chosen: nothing of the item is
    out or under way there, and no person has stopped it there.

    Where something of it is out, a channel that has stopped too late stays with the person who is asked about it, and
    is left out too unless ``only`` names it.
    """
    whole = plan(session, item)
    rows = session.execute(
        select(Delivery.channel_id, Delivery.state, Delivery.stop).where(Delivery.item_id == item.id)
    ).all()
    gone = {row.channel_id for row in rows if row.state in UNDER_WAY or row.stop}
    if only is not None:
        return whole.narrowed(set(only) - gone)
    open_ = whole.narrowed(set(whole.channels) - gone)
    missed = {number for number, slot in open_.slots.items() if slot.latest < now}
    out = any(row.state in UNDER_WAY for row in rows)
    return open_.narrowed(set(open_.channels) - missed) if out and set(open_.channels) - missed else open_


def chosen(plan: Plan) -> list[Slot]:
    """The times that a decision is about: those of ``plan``'s channels, or the item's where nothing is left to go."""
    return plan.times or ([plan.item] if plan.item is not None else [])


def movable_alone(session: Session, item: Item) -> set[int]:
    """The channels that can be given another time whatever becomes of the others: nothing is under way there, and what
    waits there waits whole."""
    state = select(Delivery.channel_id, left_off, Delivery.stop).where(Delivery.item_id == item.id)
    fixed = {row[0] for row in session.execute(state) if row[1] in UNDER_WAY or row[2]}
    return goes_to(item) - fixed


def rest_waits(rows: Iterable[Any], now: datetime) -> bool:
    """Whether part of an item is out, nothing of it is under way, and the rest waits for a later time. ``rows`` are its
    deliveries, with ``state`` and ``due_at``."""
    left = [row for row in rows if row.state not in ("published", "cancelled")]
    waiting = [row for row in left if row.state == "waiting"]
    return bool(waiting) and all(row.state in STOPPABLE for row in left) and all(r.due_at > now for r in waiting)


def movable(session: Session, item: Item, now: datetime, channels: Collection[int] | None = None) -> bool:
    """Whether the item can be moved to another time. An item that is fully out in one channel keeps its time, except
    where the rest waits for a later time. An item that stopped halfway through its only channel can be moved.

    ``channels``: whether these alone can be moved. They can until something of them is out or under way, whatever
    became of the others.
    """
    if channels is not None:
        over = item.state in ("published", "cancelled")
        return not over and set(channels) <= movable_alone(session, item)
    if item.state == "publishing":
        left = select(left_off.label("state"), Delivery.due_at).where(Delivery.item_id == item.id)
        return rest_waits(session.execute(left).all(), now)
    if item.state != "partly_published":
        return item.state not in ("published", "publishing", "cancelled")
    rows = session.execute(select(Delivery.state, Delivery.stop).where(Delivery.item_id == item.id)).all()
    stopped = any(row.state in STOPPABLE and not row.stop for row in rows)
    return stopped and all(row.state != "published" for row in rows)


def keep(session: Session, item: Item, own: Mapping[int, Slot]) -> bool:
    """Give the channels of ``own`` these times of their own, and no other channel one; returns whether any changed."""
    if not own and not item.own_times:
        return False
    rows = session.scalars(locks.rows(select(ChannelTime).where(ChannelTime.item_id == item.id)))
    stored = {row.channel_id: row for row in rows}
    before = {channel: slot_of(row) for channel, row in stored.items()}
    for channel in stored.keys() - own.keys():
        session.delete(stored[channel])
    for channel, slot in own.items():
        if channel not in stored:
            stored[channel] = ChannelTime(workspace_id=item.workspace_id, item_id=item.id, channel_id=channel)
            session.add(stored[channel])
        row = stored[channel]
        row.publish_at, row.latest_at, row.wall_time, row.zone = slot.at, slot.latest, slot.wall, slot.zone
    item.own_times = len(own)
    session.flush()
    return before != dict(own)


def own_times_of(session: Session, items: Collection[int]) -> dict[int, dict[int, datetime]]:
    """When the channels that have times of their own publish, by item and channel."""
    own: dict[int, dict[int, datetime]] = {}
    wanted = select(ChannelTime.item_id, ChannelTime.channel_id, ChannelTime.publish_at)
    for item, channel, publish_at in session.execute(wanted.where(ChannelTime.item_id.in_(items))) if items else ():
        own.setdefault(item, {})[channel] = publish_at
    return own


Time = datetime | BindParameter[datetime] | BindParameter[datetime | None] | None
"""A moment in a statement; ``None`` for no bound."""


def planned_between(start: Time, end: Time) -> ColumnElement[bool]:
    """SQL: items of which some time, their own or a channel's, lies in [``start``, ``end``)."""
    own = select(ChannelTime.item_id).where(_within(ChannelTime.publish_at, start, end))
    return or_(_within(Item.publish_at, start, end), Item.id.in_(own))


def _within(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    start: Time,
    end: Time,
) -> ColumnElement[bool]:
    bounds = [column >= start] if start is not None else []
    return and_(column.is_not(None), *bounds, *([column < end] if end is not None else []))


def goes_to(item: Item) -> set[int]:
    """The channels that the item's newest revision goes to."""
    return {int(number) for number in item.channels.split(",") if number}

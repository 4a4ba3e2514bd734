"""Stops: a person decides that nothing more of an item, or of it on one channel, goes out. A stop holds until the
writer chooses the channel again. It also reaches deliveries under way, because the gate checks it at every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.delivery.lifecycle import HALTED, STOPS, stopped_state
from commsched.services.deliver import part_decisions
from commsched.store.models import Attempt, Channel, Delivery, Item, Part, Revision

Why = Literal["cancelled", "dropped", "halted"]

LIVE = ("waiting", "sending", "unknown", "held", "failed")
"""States of a delivery of which something may still go out."""


class Left(msgspec.Struct, frozen=True):
    """What had gone out in one channel when it was stopped, counted in posts of a thread or recipients of a list."""

    channel: str
    out: int
    under_way: int
    """Being sent at that very moment, or lost on the way: it may yet turn out to be out."""
    of: int


def stop(session: Session, rows: Sequence[Delivery], why: Why) -> list[Left]:
    """Stop ``rows``, which the caller has locked. Returns what had gone out, where anything had or may have.

    Who is on another list of the item as well gets it by that one, if that is still to be sent.

    A call that is under way cannot be recalled: its delivery ends when it comes back, and so does one that is being
    read back, with nothing more sent.
    """
    ids = [row.id for row in rows]
    open_ = set(session.scalars(select(Attempt.delivery_id).where(Attempt.delivery_id.in_(ids), Attempt.outcome == "")))
    for row in rows:
        row.stop = row.stop if row.stop in STOPS else why
        if row.state in ("waiting", "held", "failed") or (row.state == "sending" and row.id not in open_):
            row.state, row.next_at, row.reason = stopped_state(why), None, why
    session.flush()
    for item in () if why == HALTED else sorted({row.item_id for row in rows}):
        part_decisions.give_back(session, item)
    return [left for row in rows if (left := _left(session, row)).out or left.under_way]


def _left(session: Session, row: Delivery) -> Left:
    rows = session.execute(
        select(Part.state, func.count(Part.id))
        .where(Part.delivery_id == row.id, Part.state != "skipped")
        .group_by(Part.state)
    )
    count: dict[str, int] = {row[0]: row[1] for row in rows}
    name = session.scalar(select(Channel.name).where(Channel.id == row.channel_id)) or ""
    under_way = count.get("sending", 0) + count.get("unknown", 0)
    return Left(name, count.get("published", 0), under_way, sum(count.values()))


def facts(left: Sequence[Left]) -> dict[str, int]:
    """What :func:`stop` returned, as facts of the audit log."""
    return {
        "out": sum(delivery.out for delivery in left),
        "under_way": sum(delivery.under_way for delivery in left),
        "of": sum(delivery.of for delivery in left),
    }


def stopped_channels(session: Session, item: Item) -> set[int]:
    """The channels where a person dropped or cancelled ``item``, and it stays so: through moves, pauses, edits and new
    approvals. Only its writer undoes it, by taking the channel away in a later version and choosing it again."""
    stopped: dict[int, int] = {}
    for row in session.scalars(select(Delivery).where(Delivery.item_id == item.id, Delivery.stop.in_(STOPS))):
        stopped[row.channel_id] = max(row.revision_id, stopped.get(row.channel_id, 0))
    if not stopped:
        return set()
    later = select(Revision).where(Revision.item_id == item.id, Revision.id > min(stopped.values()))
    chosen = {row.id: {channel.channel for channel in row.parsed().channels} for row in session.scalars(later)}
    return {
        channel
        for channel, since in stopped.items()
        if not any(number > since and channel not in channels for number, channels in chosen.items())
    }

"""Days on which more is planned for a channel than its network takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.platform.budget import LONGEST
from commsched.services.views.calendar_rows import Row
from commsched.store.models import ChannelBudget
from commsched.store.types import to_micros

DAY: Final = 24 * 3600 * 1_000_000
"""Microseconds."""


class Full(msgspec.Struct, frozen=True):
    """One moment from which a network takes no more. ``row`` is the first item that is too much."""

    row: Row
    channel: int
    count: int
    most: int


def too_many(rows: Sequence[Row], allowed: Mapping[int, int], day_of: Callable[[int], object]) -> list[Full]:
    """The first item of each day that is more than a channel's network takes within 24 hours. ``rows`` are in the
    order of their times, ``allowed`` how many by channel."""
    times: dict[int, list[int]] = defaultdict(list)
    full: dict[tuple[int, object], Full] = {}
    for row in rows:
        for channel in _channels(row):
            if channel not in allowed:
                continue
            at, most = row[1] or 0, allowed[channel]
            times[channel] = [earlier for earlier in times[channel] if at - earlier < DAY] + [at]
            count = len(times[channel])
            if count > most:
                first = full.get((channel, day_of(at)))
                full[channel, day_of(at)] = Full(first.row if first else row, channel, count, most)
    return list(full.values())


def beyond_left(rows: Sequence[Row], left: Sequence[ChannelBudget], now: int) -> list[Full]:
    """The first item of each channel that is more than its network, as it said last, takes until it counts anew."""
    full = []
    for budget in left:
        until = to_micros(min(budget.resets_at, budget.heard_at + LONGEST)) if budget.resets_at else now
        waiting = [row for row in rows if now < (row[1] or 0) < until and budget.channel_id in _channels(row)]
        if len(waiting) > budget.remaining:
            full.append(Full(waiting[budget.remaining], budget.channel_id, len(waiting), budget.remaining))
    return full


def left_of(session: Session, channels: Sequence[int]) -> Sequence[ChannelBudget]:
    """What the networks of ``channels`` said of how many posts they still take."""
    if not channels:
        return ()
    wanted = select(ChannelBudget).where(ChannelBudget.channel_id.in_(channels), ChannelBudget.name == "posts")
    return session.scalars(wanted.order_by(ChannelBudget.channel_id)).all()


def _channels(row: Row) -> list[int]:
    return [int(channel) for channel in row[4].split(",") if channel]

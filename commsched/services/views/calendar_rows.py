"""An item whose channels go out at different times, as the calendar and its feed show it: one row a time, each in the
state that its own channels are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from commsched.core.delivery.lifecycle import item_state
from commsched.store.models import ChannelTime, Delivery
from commsched.store.tables.outbox import left_off
from commsched.store.types import to_micros

Row = tuple[int, int, str, str, str, str, int | None, str, str]
"""An item at one of its times: id, the time in microseconds since 1970 UTC, state, title, the channels that go out then
as ``,3,17,``, kind, author, and ``3-17`` where these channels have that time for themselves, so that it is moved alone;
empty for the item's own time; last the SHA-256 of a picture in it, or nothing."""

_ids: BindParameter[int] = bindparam("ids", expanding=True)
_times = select(ChannelTime.item_id, ChannelTime.channel_id, ChannelTime.publish_at).where(
    ChannelTime.item_id.in_(_ids)
)
_deliveries: Any = (
    select(
        Delivery.item_id,
        Delivery.channel_id,
        left_off.label("state"),
        Delivery.stop,
        Delivery.reason,
        Delivery.due_at,
        Delivery.next_at,
    )
    .where(Delivery.item_id.in_(_ids))
    .order_by(Delivery.id)
)


class Fate(msgspec.Struct, frozen=True):
    """What has become of the newest delivery to one channel."""

    state: str
    stop: str
    reason: str
    due_at: datetime
    next_at: datetime | None

    def under_way(self, now: datetime) -> bool:
        due = self.state == "waiting" and self.due_at <= now and (self.next_at is None or self.next_at <= now)
        return due or self.state in ("sending", "unknown")


def split(session: Session, rows: Iterable[Row], now: datetime) -> list[Row]:
    """``rows`` of items with channels' own times, once for each time of the item, whenever that is."""
    whole = {row[0]: row for row in rows}
    own: dict[int, dict[int, int]] = defaultdict(dict)
    for item, channel, at in session.execute(_times, {"ids": list(whole)}):
        own[item][channel] = to_micros(at)
    fates: dict[int, dict[int, Fate]] = defaultdict(dict)
    for item, channel, *fate in session.execute(_deliveries, {"ids": list(whole)}):
        fates[item][channel] = Fate(*fate)
    return [part for number, row in whole.items() for part in _parts(row, own[number], fates[number], now)]


def _parts(row: Row, own: Mapping[int, int], fates: Mapping[int, Fate], now: datetime) -> Iterable[Row]:
    number, item_at, shown, title, spelled, kind, author, _mark, picture = row
    groups: dict[int, list[int]] = defaultdict(list)
    for channel in (int(channel_id) for channel_id in spelled.split(",") if channel_id):
        groups[own.get(channel, item_at)].append(channel)
    for at, channels in groups.items():
        state = state_of([fates[channel] for channel in channels if channel in fates], shown, now)
        alone = "" if at == item_at else "-".join(map(str, channels))
        yield number, at, state, title, f",{','.join(map(str, channels))},", kind, author, alone, picture


def state_of(fates: Sequence[Fate], shown: str, now: datetime) -> str:
    """The state to show of the channels with these ``fates``; ``shown`` is the whole item's."""
    known = [fate for fate in fates if fate.state != "cancelled" or fate.stop]
    if not known or shown == "cancelled":
        return shown
    state = item_state([fate.state for fate in known], shown)
    if state != "publishing":
        return state
    if any(fate.state == "unknown" and fate.reason == "ask" for fate in known):
        return "unknown"
    return "publishing" if any(fate.under_way(now) for fate in known) else "begun"

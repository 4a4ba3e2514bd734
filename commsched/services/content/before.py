"""How an item stood before it was moved or cancelled, kept in the record's line about it, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.timing.plan import Slot
from commsched.services.content import times
from commsched.store.models import Delivery, Item


class KeptSlot(msgspec.Struct, frozen=True):
    """A time as it is kept: RFC 3339 in UTC, and the wall time that a person meant."""

    at: datetime
    latest: datetime
    wall: str
    zone: str

    @classmethod
    def of(cls, slot: Slot) -> KeptSlot:
        return cls(slot.at, slot.latest, slot.wall, slot.zone)

    def slot(self) -> Slot:
        return Slot(self.at, self.latest, self.wall, self.zone)


class Row(msgspec.Struct, frozen=True):
    """A delivery that was not finished."""

    id: int
    state: str
    reason: str = ""


class Standing(msgspec.Struct, frozen=True):
    """The state and times of an item at one moment. It holds no words of anybody's."""

    state: str
    reason: str
    version: int
    slot: KeptSlot | None
    own: dict[str, KeptSlot] = {}
    """By channel, as text, since JSON has no other keys."""
    rows: list[Row] = []
    when_approved: bool = False

    def own_slots(self) -> dict[int, Slot]:
        return {int(channel): kept.slot() for channel, kept in self.own.items()}


def standing(session: Session, item: Item) -> Standing:
    """How ``item``, which the caller has locked, stands."""
    slot = times.item_slot(item)
    live = select(Delivery).where(
        Delivery.item_id == item.id, Delivery.state.in_(("waiting", "held", "failed")), Delivery.stop == ""
    )
    return Standing(
        item.state,
        item.reason,
        item.version,
        KeptSlot.of(slot) if slot else None,
        {str(channel): KeptSlot.of(own) for channel, own in times.plan(session, item).own.items()},
        [Row(row.id, row.state, row.reason) for row in session.scalars(live.order_by(Delivery.id))],
        item.when_approved,
    )


def facts(session: Session, item: Item, earlier: Standing) -> dict[str, object]:
    """Facts for the record's line about an act on ``item``: how it stood ``earlier``, and when it goes out now."""
    return {"before": msgspec.to_builtins(earlier), "after": _times(standing(session, item))}


def stands_as_left(session: Session, item: Item, facts: Mapping[str, object]) -> bool:
    """Whether ``item`` has the version and the times still that the act with ``facts`` left it with."""
    earlier, now = read(facts), standing(session, item)
    return earlier is not None and earlier.version == now.version and facts.get("after") == _times(now)


def read(facts: Mapping[str, object]) -> Standing | None:
    """How an item stood before the act with ``facts``; ``None`` for lines from before this was kept."""
    stored = facts.get("before")
    return msgspec.convert(stored, Standing) if stored else None


def _times(now: Standing) -> object:
    return msgspec.to_builtins([now.slot, now.own])

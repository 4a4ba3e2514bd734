"""The state of an item as people are told it: one rule for every page, list, calendar and feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import Session

from commsched.store.models import Delivery, Item

_item = Item.__table__
_delivery = Delivery.__table__
_now = bindparam("now", type_=_delivery.c.due_at.type)
_mine = _delivery.c.item_id == _item.c.id
_asks = exists().where(_mine, _delivery.c.state == "unknown", _delivery.c.reason == "ask")
_due = and_(
    _delivery.c.state == "waiting",
    _delivery.c.due_at <= _now,
    or_(_delivery.c.next_at.is_(None), _delivery.c.next_at <= _now),
)
_under_way = exists().where(_mine, or_(_delivery.c.state.in_(("sending", "unknown")), _due))
shown: Final[ColumnElement[str]] = case(
    (and_(_item.c.state == "publishing", _asks), "unknown"),
    (and_(_item.c.state == "publishing", ~_under_way), "begun"),
    else_=_item.c.state,
)
"""SQL, with the moment as the parameter ``now``: the item's state, and two that only people are told. ``unknown``:
nobody but a person can say what became of a delivery, and it needs an answer; while one is still being looked for at
the platform, it is going out. ``begun``: some is out, nothing is under way, and the rest waits for a time to come."""


def states(session: Session, items: Iterable[int], now: datetime) -> dict[int, str]:
    """The states that people are told at ``now``, by item."""
    found = session.execute(select(Item.id, shown).where(Item.id.in_(list(items))), {"now": now})
    return {row[0]: row[1] for row in found}

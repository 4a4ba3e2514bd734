"""The state of an item as it is shown to people: one rule for every page, list, calendar and feed."""

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
"""SQL with the moment as the parameter ``now``: the item's stored state, or one of two that are only shown.
``unknown``: a person must say what became of a delivery. (While the platform is still being asked, the item is shown as
going out.) ``begun``: some is out, nothing is under way, and the rest waits for a later time."""


def states(session: Session, items: Iterable[int], now: datetime) -> dict[int, str]:
    """The states to show at ``now``, by item id."""
    rows = session.execute(select(Item.id, shown).where(Item.id.in_(list(items))), {"now": now})
    return {row[0]: row[1] for row in rows}

"""The state of an item as people are told it: one rule for every page, list, calendar and feed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import and_, case, exists, select
from sqlalchemy.orm import Session

from commsched.store.models import Delivery, Item

_item: Any = Item.__table__
_delivery: Any = Delivery.__table__
_asks: Any = exists().where(
    _delivery.c.item_id == _item.c.id, _delivery.c.state == "unknown", _delivery.c.reason == "ask"
)
shown: Final[Any] = case((and_(_item.c.state == "publishing", _asks), "unknown"), else_=_item.c.state)
"""SQL: the item's state, and where nobody but a person can say what became of a delivery, ``unknown``: it needs an
answer. While an answer is still being looked for at the platform, it is going out."""


def states(session: Session, items: Iterable[int]) -> dict[int, str]:
    """The states that people are told, by item."""
    found = session.execute(select(Item.id, shown).where(Item.id.in_(list(items))))
    return {row[0]: row[1] for row in found}

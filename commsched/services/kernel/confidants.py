"""The people named on a confidential item: who of some may see it. What a session shows is narrowed by
``store.sight``."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.store.models import Confidant, Item
from commsched.store.sight import OUT


def is_closed(item: Item) -> bool:
    """Whether only those named on it may see it now."""
    return bool(item.confidential) and item.state not in OUT


def named(session: Session, item: Item) -> set[int]:
    """The people named on it, also where it is open to all by now."""
    return set(session.scalars(select(Confidant.person_id).where(Confidant.item_id == item.id)))


def of_those(session: Session, item: Item | None, people: Iterable[int]) -> list[int]:
    """Those of ``people`` who may see ``item``, in their order."""
    if item is None or not is_closed(item):
        return list(people)
    known = named(session, item)
    return [person for person in people if person in known]


def sees(session: Session, item: Item, person: int) -> bool:
    """Whether ``person`` may see it, if they are of the office."""
    return bool(of_those(session, item, [person]))

"""Who sees a confidential item: the people named on it, until it is published. Queries are narrowed to that in this one
place, as :mod:`commsched.store.session` narrows them to one workspace.

A session that is opened for a :class:`Sight` sees a workspace as one person does. One that is opened for a plain
number (the scheduler, the public pages, the machine's administrator) sees every item: it is for what must reach them
all, and shows nothing of them to anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, Self

from sqlalchemy import BigInteger, BindParameter, ColumnElement, FromClause, Select, bindparam, event, or_, select, true
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption

from commsched.store.models import Base, Confidant, Item

OUT: Final = ("published", "partly_published")
"""Item states in which everybody may read it, so that nothing is confidential any more."""
NOBODY: Final = 0
"""The reader whom no item names."""
_item: Final[FromClause] = Item.__table__
_confidant: Final[FromClause] = Confidant.__table__


class Sight(int):
    """A workspace's number, and the person who looks. It is used wherever the number is."""

    person: int

    def __new__(cls, workspace: int, person: int) -> Self:
        sight = super().__new__(cls, workspace)
        sight.person = person
        return sight


def hidden(reader: int | BindParameter[int]) -> Select[tuple[int]]:
    """SQL: the ids of the items that ``reader`` may not see."""
    named = select(_confidant.c.item_id).where(_confidant.c.person_id == reader)
    return select(_item.c.id).where(
        _item.c.confidential.is_(true()), _item.c.state.not_in(OUT), _item.c.id.not_in(named)
    )


READER: Final = bindparam("reader", type_=BigInteger)


def seen(number: ColumnElement[int]) -> ColumnElement[bool]:
    """SQL, for plain tables: the item with that ``number`` may be seen by the parameter ``reader``."""
    return number.not_in(hidden(READER))


def reader_of(session: Session) -> int:
    """The value of :data:`READER` for a session that is somebody's."""
    reader: int | None = session.info.get("reader")
    return NOBODY if reader is None else reader


def reader_in(workspace: int) -> int:
    """The value of :data:`READER` for a session that is opened for ``workspace``."""
    return workspace.person if isinstance(workspace, Sight) else NOBODY


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    reader = state.session.info.get("reader")
    if reader is None or state.is_column_load or state.is_relationship_load:
        return
    state.statement = state.statement.options(*_as_seen_by(reader))


@lru_cache(maxsize=512)
def _as_seen_by(reader: int) -> tuple[ExecutableOption, ...]:
    options = [with_loader_criteria(Item, Item.id.not_in(hidden(reader)), include_aliases=True)]
    for each in _of_items():
        number = each.columns["item_id"]
        open_to_all = [number.is_(None)] if number.nullable else []
        fine = or_(number.not_in(hidden(reader)), *open_to_all)
        options.append(with_loader_criteria(each.class_, fine, include_aliases=True))
    return tuple(options)


@lru_cache(maxsize=1)
def _of_items() -> list[Mapper[Base]]:
    """Whatever hangs on an item, or may: decisions, deliveries, comments, notices, the record."""
    return [each for each in Base.registry.mappers if "item_id" in each.columns and each.class_ is not Confidant]


@contextmanager
def everything(session: Session) -> Iterator[None]:
    """See every item of the workspace for a while: for what must reach them all, whoever does it. Nothing read here
    may be shown."""
    before = session.info.get("reader")
    session.info["reader"] = None
    try:
        yield
        session.flush()
    finally:
        session.info["reader"] = before


@contextmanager
def as_seen_by(session: Session, person: int) -> Iterator[None]:
    """See the items as ``person`` does for a while: for what is written to them."""
    before = session.info.get("reader")
    session.info["reader"] = person
    try:
        yield
        session.flush()
    finally:
        session.info["reader"] = before

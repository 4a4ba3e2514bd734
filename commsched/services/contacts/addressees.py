"""Whom a mailing reaches: everybody on its lists, each person once an item, whatever lists they are on.

- Who is on two lists of an item gets it by the first of them.
- An item that *follows* another (it sends it once more) reaches those alone who have not got that one and cannot have.
- A *correction* reaches on each list those who got what it corrects, or may have, and those who were to get it and
  have not: these get the corrected text for the first time. A list that the original was not sent to gets it whole.

The conditions are SQL, so that counting, freezing and the last look before sending say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from commsched.services.contacts import suppression
from commsched.services.kernel.context import Installation
from commsched.store.fast import FastRead
from commsched.store.models import Base, Channel, Delivery, Item, ListRecipient, Part

_list: Final = Base.metadata.tables[ListRecipient.__tablename__]
_item: Final = Base.metadata.tables[Item.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]
_other: Final = Base.metadata.tables[Part.__tablename__].alias("other_part")
_home: Final = Base.metadata.tables[Delivery.__tablename__].alias("other_delivery")
OUT: Final = ("published", "sending", "unknown")
"""States of a recipient who has it, or may have."""
COMING: Final = ("waiting", "held", "failed")
"""States of a recipient who may get it still, while their delivery stands."""
TWICE: Final = "twice"
"""The detail of a part that is skipped because its recipient gets the item by another list."""


class Mailing(msgspec.Struct, frozen=True):
    """Which item is sent, and what it has to do with an earlier one."""

    item: int
    follows: int | None = None
    corrects: int | None = None

    @property
    def root(self) -> int:
        """The first item that says this: a correction says something else."""
        return self.follows or self.item


def mailing(rows: Session | Connection, item: int) -> Mailing:
    """What must be known of an item before anybody is chosen."""
    row = rows.execute(select(_item.c.follows_id, _item.c.corrects_id).where(_item.c.id == item)).one()
    return Mailing(item, row.follows_id, row.corrects_id)


def _same(root: int | ColumnElement[int] | BindParameter[int]) -> Select[int]:
    """The items that say the same: the first, and those that send it once more."""
    return select(_item.c.id).where(or_(_item.c.id == root, _item.c.follows_id == root))


def gets_it_elsewhere(
    what: Mailing, delivery: int, channel: int, blind: ColumnElement[str], before: bool = False
) -> ColumnElement[bool]:
    """SQL: whether the person ``blind`` has it already, may have it, or is to get it by another delivery of the item.

    ``delivery`` is the one that is asked for, on ``channel``. ``before``: of those that are to be sent still, the one
    that was made first counts, so that of two that wait exactly one is sent.
    """
    has_it = and_(_home.c.item_id.in_(_same(what.root)), _other.c.state.in_(OUT))
    coming = [
        _home.c.item_id.in_(_same(what.root)),
        or_(_home.c.item_id != what.item, _home.c.channel_id != channel),
        _home.c.state != "cancelled",
        _home.c.stop == "",
        _other.c.state.in_(COMING),
        _is_on(_home.c.channel_id, _other.c.blind),
    ]
    if before:
        coming.append(_home.c.id < delivery)
    return _recipient_elsewhere(blind, delivery).where(or_(has_it, and_(*coming))).exists()


def _is_active(on: FromClause) -> ColumnElement[bool]:
    """Whether the row of a list is of somebody who is written to."""
    return and_(on.c.state == "active", not_(suppression.refused(on.c.workspace_id, on.c.blind)))


def _is_on(channel: ColumnElement[int], blind: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a person is on a list still: by one that they have left they get nothing."""
    still = _list.alias("still_there")
    mine = exists(literal(1)).where(still.c.channel_id == channel, still.c.blind == blind, _is_active(still))
    return mine.correlate_except(still)


def _recipient_elsewhere(blind: ColumnElement[str], delivery: int) -> Select[int]:
    return (
        select(literal(1))
        .select_from(_other.join(_home, _home.c.id == _other.c.delivery_id))
        .where(_other.c.role == "recipient", _other.c.blind == blind, blind != "", _home.c.id != delivery)
        .correlate_except(_other, _home)
    )


def siblings(rows: Session | Connection, what: Mailing, delivery: int) -> bool:
    """Whether there is any other delivery that a person of this one could be in. Most items go to one list."""
    connection = rows.connection() if isinstance(rows, Session) else rows
    return bool(_SIBLINGS.all(connection, {"root": what.root, "delivery": delivery}))


_has_people: Final = (
    exists(literal(1)).where(_other.c.delivery_id == _home.c.id, _other.c.role == "recipient").correlate(_home)
)
_SIBLINGS: Final = FastRead(
    select(_home.c.id)
    .where(_home.c.item_id.in_(_same(bindparam("root"))), _home.c.id != bindparam("delivery"), _has_people)
    .limit(1)
)


def _of_original(corrects: int, channel: ColumnElement[int] | int, states: Sequence[str]) -> Select[int]:
    """The recipients on ``channel`` of what is corrected, in one of ``states``."""
    return (
        select(literal(1))
        .select_from(_other.join(_home, _home.c.id == _other.c.delivery_id))
        .where(
            _home.c.item_id.in_(_same(corrects)),
            _home.c.channel_id == channel,
            _other.c.role == "recipient",
            _other.c.state.in_(states),
        )
        .correlate_except(_other, _home)
    )


def is_wanted(what: Mailing, channel: ColumnElement[int] | int, blind: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL: whether a correction concerns the person ``blind`` on a list. Everybody is wanted of any other item."""
    if what.corrects is None:
        return true()
    mine = _of_original(what.corrects, channel, OUT + COMING).where(_other.c.blind == blind)
    return or_(mine.exists(), ~_of_original(what.corrects, channel, OUT).exists())


def corrected_mail(what: Mailing, channel: int, blind: ColumnElement[str]) -> ColumnElement[str] | ScalarSelect[str]:
    """SQL: the ``message_id`` of the mail that a correction corrects for the person ``blind``; empty where they never
    got one."""
    if what.corrects is None:
        return literal("")
    had = _of_original(what.corrects, channel, OUT).where(_other.c.blind == blind)
    return func.coalesce(had.with_only_columns(func.max(_other.c.message_id)).scalar_subquery(), "")


def reached_channels(rows: Session | Connection, root: int) -> set[int]:
    """The lists by which anybody got an item, or may have."""
    got = select(_home.c.channel_id).join(_other, _other.c.delivery_id == _home.c.id).distinct()
    got = got.where(_home.c.item_id.in_(_same(root)), _other.c.role == "recipient", _other.c.state.in_(OUT))
    return set(rows.execute(got).scalars())


# -- counted, for whoever decides -------------------------------------------------------------------


class Reached(msgspec.Struct, frozen=True):
    """How many a list is sent to, counted before anybody is written to."""

    channel: int
    name: str
    people: int
    """Whom it is sent to by this list."""
    elsewhere: int
    """Those on it who get it by an earlier list of the same item."""
    came: int | None
    """Those who have come since the list was last written to; ``None`` where it never was."""
    went: int | None
    again: int = 0
    """Of a correction: of ``people``, those who got what it corrects."""


class Addressed(msgspec.Struct, frozen=True):
    """How many an item is sent to, list by list."""

    lists: list[Reached]

    @property
    def people(self) -> int:
        """All of them, each once."""
        return sum(each.people for each in self.lists)

    @property
    def elsewhere(self) -> int:
        return sum(each.elsewhere for each in self.lists)


def of_item(rows: Session | Connection, item: Item, channels: Sequence[int]) -> Addressed:
    """As :func:`count`, for an item that has been read."""
    return count(rows, Mailing(item.id, item.follows_id, item.corrects_id), channels)


def count(rows: Session | Connection, what: Mailing, channels: Sequence[int]) -> Addressed:
    """How many ``channels`` (the item's lists, in its order) would be written to now. One statement, whatever the
    size."""
    if not channels:
        return Addressed([])
    sums = _sums(_everybody(what, channels))
    counted = rows.execute(
        select(_channel.c.id, _channel.c.name, sums, _last(_channel.c.id).label("last"), _went().label("went"))
        .select_from(_channel.outerjoin(sums, sums.c.channel_id == _channel.c.id))
        .where(_channel.c.id.in_(channels))
    ).mappings()
    return Addressed(sorted(map(_reached, counted), key=lambda each: channels.index(each.channel)))


def _everybody(what: Mailing, channels: Sequence[int]) -> Subquery:
    """SQL: everybody on the lists, once for each list that they are on."""
    order = case({number: place for place, number in enumerate(channels)}, value=_list.c.channel_id)
    return (
        select(
            _list.c.channel_id,
            order.label("place"),
            func.min(order).over(partition_by=_list.c.blind).label("first"),
            _was_there(_list.c.channel_id, _list.c.blind).label("known"),
            _has(what, _list.c.blind).label("has"),
            _was_reached(what).label("again"),
        )
        .where(_list.c.channel_id.in_(channels), _is_active(_list))
        .where(is_wanted(what, _list.c.channel_id, _list.c.blind))
        .subquery("people")
    )


def _sums(people: Subquery) -> Subquery:
    """SQL: of each list, how many of ``people`` get it by this one, and how many do not."""
    mine = and_(people.c.place == people.c.first, ~people.c.has)
    return (
        select(
            people.c.channel_id,
            func.count().filter(mine).label("people"),
            func.count().filter(~mine).label("elsewhere"),
            func.count().filter(~people.c.known).label("came"),
            func.count().filter(and_(mine, people.c.again)).label("again"),
        )
        .group_by(people.c.channel_id)
        .subquery("sums")
    )


def _reached(row: RowMapping) -> Reached:
    """A list from its row; nobody can have come or gone where nothing was ever sent."""
    before = row["last"] is not None
    return Reached(
        row["id"],
        row["name"],
        row["people"] or 0,
        row["elsewhere"] or 0,
        (row["came"] or 0) if before else None,
        row["went"] if before else None,
        row["again"] or 0,
    )


def _last(channel: ColumnElement[int]) -> ScalarSelect[int]:
    """The last delivery by which anybody on the list got anything."""
    got = exists(literal(1)).where(
        _other.c.delivery_id == _home.c.id, _other.c.role == "recipient", _other.c.state.in_(OUT)
    )
    last = select(func.max(_home.c.id)).where(_home.c.channel_id == channel, got.correlate(_home))
    return last.correlate_except(_home, _other).scalar_subquery()


def _was_there(channel: ColumnElement[int], blind: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a person was among those whom the list was last sent to."""
    part = Base.metadata.tables[Part.__tablename__].alias("last_part")
    return (
        exists(literal(1))
        .where(part.c.delivery_id == _last(channel), part.c.role == "recipient", part.c.blind == blind)
        .correlate_except(part)
    )


def _went() -> ScalarSelect[int]:
    """How many of those to whom the list was last sent are on it no more."""
    part, still = Base.metadata.tables[Part.__tablename__].alias("went_part"), _list.alias("still")
    on_it = exists(literal(1)).where(
        still.c.channel_id == _channel.c.id, still.c.blind == part.c.blind, _is_active(still)
    )
    return (
        select(func.count())
        .select_from(part)
        .where(part.c.delivery_id == _last(_channel.c.id), part.c.role == "recipient", part.c.blind != "")
        .where(or_(part.c.state != "skipped", part.c.detail == TWICE), ~on_it.correlate(_channel, part))
        .correlate_except(part)
        .scalar_subquery()
    )


def _has(what: Mailing, blind: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a person has it already, or may have."""
    return _recipient_elsewhere(blind, 0).where(_home.c.item_id.in_(_same(what.root)), _other.c.state.in_(OUT)).exists()


def _was_reached(what: Mailing) -> ColumnElement[bool]:
    if what.corrects is None:
        return literal(False)
    return _of_original(what.corrects, _list.c.channel_id, OUT).where(_other.c.blind == _list.c.blind).exists()


PAGE: Final = 200
"""People that are shown at a time."""


class Addressee(msgspec.Struct, frozen=True):
    """One person whom a list would be sent to."""

    address: str
    came: bool
    """Since the list was last written to."""
    again: bool
    """Got what this corrects."""


def people(
    installation: Installation, session: Session, item: Item, channels: Sequence[int], channel: int, start: int
) -> list[Addressee]:
    """Who would get ``item`` by the list ``channel``, one of its ``channels``, from the ``start``-th on: one more than
    :data:`PAGE` where there are more. The caller has asked whether the reader may see addresses."""
    what = Mailing(item.id, item.follows_id, item.corrects_id)
    earlier = channels[: channels.index(channel)]
    before = _list.alias("before")
    on_earlier = exists(literal(1)).where(
        before.c.channel_id.in_(earlier), before.c.blind == _list.c.blind, _is_active(before)
    )
    rows = session.execute(
        select(_list.c.address, ~_was_there(_list.c.channel_id, _list.c.blind), _was_reached(what))
        .where(_list.c.channel_id == channel, _is_active(_list), ~_has(what, _list.c.blind))
        .where(is_wanted(what, _list.c.channel_id, _list.c.blind), ~on_earlier.correlate(_list))
        .order_by(_list.c.position, _list.c.id)
        .offset(start)
        .limit(PAGE + 1)
    )
    return [Addressee(installation.vault.unseal(row[0]), bool(row[1]), bool(row[2])) for row in rows]

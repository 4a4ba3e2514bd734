"""Nobody gets one item twice, however many of its lists they are on: chosen when the recipients are frozen
(:mod:`commsched.services.contacts.addressees` has the rule), and looked at again before each is written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, CursorResult, exists, func, select, update
from sqlalchemy.orm import Session

from commsched.services.contacts import addressees
from commsched.services.contacts.addressees import TWICE, Mailing
from commsched.store.models import Base, Delivery, ListRecipient, Part

_part: Final = Base.metadata.tables[Part.__tablename__]
_list: Final = Base.metadata.tables[ListRecipient.__tablename__]
_delivery: Final = Base.metadata.tables[Delivery.__tablename__]
_LIVE: Final = ("waiting", "sending", "unknown", "held", "failed")


def any_elsewhere(connection: Connection, delivery: int, what: Mailing, channel: int, people: Sequence[str]) -> bool:
    """Whether somebody of ``people`` (their blind indices) gets the item by another delivery."""
    if not people or not addressees.siblings(connection, what, delivery):
        return False
    twice = addressees.gets_it_elsewhere(what, delivery, channel, _part.c.blind, before=True)
    mine = (_part.c.delivery_id == delivery, _part.c.role == "recipient", _part.c.blind.in_(people))
    return connection.execute(select(_part.c.id).where(*mine, twice).limit(1)).first() is not None


def skip(connection: Connection, delivery: int, what: Mailing, channel: int) -> int:
    """Pass over those who wait and get the item by another delivery; returns how many."""
    if not addressees.siblings(connection, what, delivery):
        return 0
    twice = addressees.gets_it_elsewhere(what, delivery, channel, _part.c.blind, before=True)
    waits = (_part.c.delivery_id == delivery, _part.c.role == "recipient", _part.c.state == "waiting")
    values = {"state": "skipped", "detail": TWICE, "recipient": "", "next_at": None}
    result = connection.execute(update(_part).where(*waits, twice).values(**values))
    assert isinstance(result, CursorResult)
    return result.rowcount


def give_back(rows: Session | Connection, item: int, only: int | None = None) -> None:
    """Let those wait again who were passed over for a delivery of ``item`` that does not reach them any more, where
    the list that they are on is still to be sent. Where there are several, it is the first of them. ``only``: on that
    delivery."""
    what = addressees.mailing(rows, item)
    wanted = select(_delivery.c.id, _delivery.c.channel_id).where(
        _delivery.c.item_id == item, _delivery.c.stop == "", _delivery.c.state.in_(_LIVE)
    )
    if only is not None:
        wanted = wanted.where(_delivery.c.id == only)
    for delivery, channel in rows.execute(wanted.order_by(_delivery.c.id)).all():
        listed = (_list.c.channel_id == channel, _list.c.blind == _part.c.blind, _list.c.state == "active")
        address = select(_list.c.address).where(*listed).scalar_subquery()
        rows.execute(
            update(_part)
            .where(_part.c.delivery_id == delivery, _part.c.state == "skipped", _part.c.detail == TWICE)
            .where(exists().where(*listed))
            .where(~addressees.gets_it_elsewhere(what, delivery, channel, _part.c.blind))
            .values(state="waiting", detail="", recipient=address, next_at=None)
        )


def are_some_elsewhere(connection: Connection, delivery: int) -> bool:
    """Whether anybody was passed over because another delivery reaches them."""
    twice = (_part.c.delivery_id == delivery, _part.c.state == "skipped", _part.c.detail == TWICE)
    return (
        connection.execute(select(_part.c.id).where(*twice, _part.c.role == "recipient").limit(1)).first() is not None
    )


def are_all_elsewhere(connection: Connection, delivery: int) -> bool:
    """Whether everybody who was chosen gets the item by another delivery, so that this one has nobody left."""
    row = connection.execute(
        select(func.count().filter(_part.c.state != "skipped"), func.count().filter(_part.c.detail == TWICE)).where(
            _part.c.delivery_id == delivery
        )
    ).one()
    return row[0] == 0 and row[1] > 0

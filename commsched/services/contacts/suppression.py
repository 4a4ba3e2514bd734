"""Addresses that nothing is sent to, known by their blind index alone, in the world that they said no to.

What is refused here is refused whatever a list says: a list that is pasted anew, a file that is imported, an older list
that a restore brings back. The publisher asks at the moment of sending (:func:`refused`), in the transaction that
commits the attempt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from commsched.services.kernel.context import Installation
from commsched.store import locks
from commsched.store.models import Base, Contact, Suppression

PRESS: Final = "press"
"""The world of journalists and newsrooms: that of every list on the platform ``presslist``."""
Reason = Literal["unsubscribed", "bounced", "erased"]
SILENT: Final = ("unconfirmed", "unsubscribed", "bounced")
"""States of a contact to whom no list writes."""
_AT_ONCE: Final = 500
"""Blind indexes that one statement asks for; SQLite of some builds takes no more than 999 values."""
_table: Final = Base.metadata.tables[Suppression.__tablename__]
_contact: Final = Base.metadata.tables[Contact.__tablename__]
Rows = Session | Connection


def is_suppressed(rows: Rows, workspace: int, world: str, blind: str) -> bool:
    """Whether nothing may be sent to the address with the index ``blind``."""
    return bool(suppressed(rows, workspace, world, (blind,)))


def suppressed(rows: Rows, workspace: int, world: str, blinds: Iterable[str]) -> dict[str, str]:
    """Which of ``blinds`` nothing may be sent to, and why (``unsubscribed``, ``bounced``, ``erased``): one statement
    for each five hundred of them."""
    wanted = select(_table.c.blind, _table.c.reason).where(_table.c.workspace_id == workspace, _table.c.world == world)
    known: dict[str, str] = {}
    asked = list(dict.fromkeys(blinds))
    for start in range(0, len(asked), _AT_ONCE):
        some = wanted.where(_table.c.blind.in_(asked[start : start + _AT_ONCE]))
        known.update((row[0], row[1]) for row in rows.execute(some))
    return known


def add(installation: Installation, rows: Rows, workspace: int, world: str, blind: str, reason: Reason) -> bool:
    """Have nothing more sent to ``blind``; returns whether that is new. A reason that is there already stays, unless
    the person asks to be erased, which is the last word."""
    locks.alone(rows, f"suppression {workspace} {world} {blind}")  # who presses twice at once is written down once
    mine = (_table.c.workspace_id == workspace, _table.c.world == world, _table.c.blind == blind)
    standing = rows.execute(select(_table.c.reason).where(*mine).with_for_update()).scalar()
    if standing is not None:
        if reason == "erased" != standing:
            rows.execute(_table.update().where(*mine).values(reason=reason, at=installation.now()))
        return False
    row = {"workspace_id": workspace, "world": world, "blind": blind, "reason": reason, "at": installation.now()}
    rows.execute(insert(_table).values(**row))
    return True


def lift(rows: Rows, workspace: int, world: str, blind: str) -> None:
    """Let lists write to ``blind`` again. Only its own person's *yes* leads here, by the answer to a mail
    (:mod:`commsched.services.subscriptions.subscribing`)."""
    mine = (_table.c.workspace_id == workspace, _table.c.world == world, _table.c.blind == blind)
    rows.execute(delete(_table).where(*mine))


Column = ColumnElement[str] | InstrumentedAttribute[str]


def refused(workspace: ColumnElement[int], blind: Column, world: str = PRESS) -> ColumnElement[bool]:
    """SQL: the person with the index ``blind`` is not to be written to, whatever a list says: their address is
    suppressed, or their contact has left, has bounced or has yet to answer."""
    return or_(exists().where(*_said_no(workspace, blind, world)), exists().where(*_is_silent(workspace, blind, world)))


def why_refused(workspace: ColumnElement[int], blind: Column, world: str = PRESS) -> ColumnElement[str]:
    """SQL: the reason for which that person is passed over; NULL where there is none."""
    reason = select(_table.c.reason).where(*_said_no(workspace, blind, world)).scalar_subquery()
    state = select(_contact.c.state).where(*_is_silent(workspace, blind, world)).scalar_subquery()
    return func.coalesce(reason, state)


def _said_no(workspace: ColumnElement[int], blind: Column, world: str) -> tuple[ColumnElement[bool], ...]:
    return _table.c.workspace_id == workspace, _table.c.world == world, _table.c.blind == blind


def _is_silent(workspace: ColumnElement[int], blind: Column, world: str) -> tuple[ColumnElement[bool], ...]:
    mine = (_contact.c.workspace_id == workspace, _contact.c.world == world, _contact.c.blind == blind)
    return (*mine, _contact.c.state.in_(SILENT))

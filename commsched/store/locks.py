"""What a write transaction keeps to itself while others write too.

SQLite has one writer at a time, so there each of these only reads. On PostgreSQL a row is locked so that rows that
point at it may still be added (``FOR NO KEY UPDATE``), and what is no row is locked by its name. Every lock is let go
when the transaction ends. Names are taken before rows, and several names in one order, so that two transactions
seldom wait for each other; where they do, the server ends one of them and :func:`commsched.store.session.busy` knows
it.
"""

from __future__ import annotations

import hashlib
from typing import Final, Protocol, Self, TypeVar

from sqlalchemy import Connection, Executable, bindparam, func, select
from sqlalchemy.orm import Session

from commsched.store.base import Base

AUDIT: Final = "audit log"
"""The end of the chain of the record: held while a line is added. The last that a transaction takes."""
FILES: Final = "files"
"""Whoever adds a row that names a file shares it; whoever takes files away that no row names has it alone."""
SCHEMA: Final = "schema"
"""Making the tables, and changing them."""

Row = TypeVar("Row", bound=Base)
Statement = TypeVar("Statement", bound="_Lockable")
_ALONE: Final = select(func.pg_advisory_xact_lock(bindparam("key")))
_SHARED: Final = select(func.pg_advisory_xact_lock_shared(bindparam("key")))


class _Lockable(Protocol):
    """A ``Select``, of whichever columns: SQLAlchemy names no type that all of them are."""

    def with_for_update(self, *, key_share: bool, skip_locked: bool) -> Self: ...
    def execution_options(self, *, populate_existing: bool) -> Self: ...


def alone(on: Session | Connection, *names: str) -> None:
    """Wait until nobody else holds any of ``names``, and hold them."""
    _take(on, _ALONE, names)


def shared(on: Session | Connection, name: str) -> None:
    """Wait until nobody has ``name`` alone, and keep it so. Others may share it."""
    _take(on, _SHARED, (name,))


def _take(on: Session | Connection, statement: Executable, names: tuple[str, ...]) -> None:
    connection = on.connection() if isinstance(on, Session) else on
    if connection.dialect.name == "postgresql":
        for key in sorted({_number(name) for name in names}):
            connection.execute(statement, {"key": key})


def _number(name: str) -> int:
    """PostgreSQL knows such a lock by a number of 64 bits."""
    return int.from_bytes(hashlib.sha256(f"commsched {name}".encode()).digest()[:8], signed=True)


def row(session: Session, kind: type[Row], ident: int) -> Row:
    """The row as it stands now, which nobody else changes meanwhile; in a transaction that only reads, as it stood when
    that began. Raises ``sqlalchemy.exc.NoResultFound``."""
    if not session.info.get("writing"):
        return session.get_one(kind, ident)
    session.flush()
    return session.get_one(kind, ident, populate_existing=True, with_for_update={"key_share": True})


def rows(statement: Statement, *, passing_over: bool = False) -> Statement:
    """``statement`` for a write transaction, locking the rows that it gives; ``passing_over`` those that somebody else
    has locked."""
    locking = statement.with_for_update(key_share=True, skip_locked=passing_over)
    return locking.execution_options(populate_existing=True)

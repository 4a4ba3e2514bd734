"""The record: who did what, append-only, each line chained to the one before by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import Connection, Select, Table, desc, insert, select
from sqlalchemy.orm import Session

from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.fast import FastMany
from commsched.store.models import AuditEntry
from commsched.store.session import at_end
from commsched.store.types import to_micros

GENESIS = "0" * 64
_entries = cast(Table, AuditEntry.__table__)
_insert = FastMany(insert(_entries))
_encoder = msgspec.json.Encoder(order="deterministic")


class AuditLine(msgspec.Struct, frozen=True):
    """One thing that happened, before it is chained. ``facts`` hold ids and short words, never whole texts."""

    workspace: int | None
    actor_id: int | None
    actor: str
    action: str
    item_id: int | None = None
    facts: dict[str, object] = msgspec.field(default_factory=dict)


def line_hash(previous: str, at: datetime, line: AuditLine) -> str:
    """SHA-256 over the hash before and everything the line says."""
    said = [previous, to_micros(at), line.workspace, line.actor_id, line.actor, line.action, line.item_id, line.facts]
    return hashlib.sha256(_encoder.encode(said)).hexdigest()


def append(connection: Connection, at: datetime, lines: Sequence[AuditLine]) -> None:
    """Add ``lines`` at the end of the chain. Must run in a write transaction, so that no one else extends the chain
    until it has committed."""
    if not lines:
        return
    locks.alone(connection, locks.AUDIT)  # a statement of its own: what is read next must be the end by then
    previous = connection.execute(select(AuditEntry.hash).order_by(desc(AuditEntry.id)).limit(1)).scalar() or GENESIS
    rows = []
    for line in lines:
        hashed = line_hash(previous, at, line)
        rows.append(
            {
                "workspace_id": line.workspace,
                "at": at,
                "actor_id": line.actor_id,
                "actor": line.actor,
                "action": line.action,
                "item_id": line.item_id,
                "facts": line.facts,
                "previous": previous,
                "hash": hashed,
            }
        )
        previous = hashed
    _insert.run(connection, rows, tuple(rows[0]))


def note(
    session: Session, installation: Installation, actor: Actor, action: str, item_id: int | None = None, **facts: object
) -> None:
    """Record that ``actor`` did ``action``, in the same transaction as the change itself: the line is written as its
    last thing, since nobody else writes one from then until it ends."""
    workspace = int(actor.workspace) or None
    line = AuditLine(workspace, actor.person, actor.name, action, item_id, facts | {"via": actor.via})
    now = installation.now()
    at_end(session, lambda connection: append(connection, now, [line]))


def broken(connection: Connection, batch: int = 1000) -> Iterator[int]:
    """The ids of lines whose hash does not match; empty where the record is intact."""
    previous, last = GENESIS, 0
    while rows := connection.execute(_after(last, batch)).all():
        for row in rows:
            line = AuditLine(row.workspace_id, row.actor_id, row.actor, row.action, row.item_id, row.facts)
            if row.previous != previous or row.hash != line_hash(previous, row.at, line):
                yield row.id
            previous, last = row.hash, row.id


def _after(last: int, batch: int) -> Select[*tuple[object, ...]]:
    return select(*_entries.columns).where(AuditEntry.id > last).order_by(AuditEntry.id).limit(batch)

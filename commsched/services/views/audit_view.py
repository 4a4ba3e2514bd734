"""Reading the record: a page of it, narrowed, and whether its chain is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import desc, select

from commsched.services.kernel.audit_log import broken
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import AuditEntry, Item

PAGE: Final = 100
AT_ONCE: Final = 1_000
"""Lines that are read at a time for a file with all of them."""


SIGN_INS: Final = ("person.signed_in", "person.signed_out")
"""What is written many times a day, and hides what was done."""


class AuditFilter(msgspec.Struct, frozen=True):
    """What to show: somebody's, one group of actions, one item's, from ``start`` to ``end``; ``before`` an entry's id
    for the page after. Without ``sign_ins``, who came and went is left out."""

    person: int | None = None
    scheduler: bool = False
    group: str = ""
    item: int | None = None
    before: int | None = None
    sign_ins: bool = True
    start: datetime | None = None
    end: datetime | None = None


def entries(
    installation: Installation, workspace: int, wanted: AuditFilter, most: int = PAGE
) -> tuple[list[AuditEntry], dict[int, str], bool]:
    """(lines newest first, titles of their items, whether there are more)."""
    statement = (
        select(AuditEntry).where(AuditEntry.workspace_id == workspace).order_by(desc(AuditEntry.id)).limit(most + 1)
    )
    if wanted.person is not None:
        statement = statement.where(AuditEntry.actor_id == wanted.person)
    if wanted.scheduler:
        statement = statement.where(AuditEntry.actor_id.is_(None))
    if wanted.group:
        statement = statement.where(AuditEntry.action.startswith(f"{wanted.group}.", autoescape=True))
    if wanted.item is not None:
        statement = statement.where(AuditEntry.item_id == wanted.item)
    if not wanted.sign_ins:
        statement = statement.where(AuditEntry.action.not_in(SIGN_INS))
    if wanted.start is not None and wanted.end is not None:
        statement = statement.where(AuditEntry.at >= wanted.start, AuditEntry.at < wanted.end)
    if wanted.before is not None:
        statement = statement.where(AuditEntry.id < wanted.before)
    with installation.store.read(workspace) as session:
        rows = list(session.scalars(statement))
        ids = {row.item_id for row in rows if row.item_id is not None}
        named = select(Item.id, Item.title).where(Item.id.in_(ids))
        titles = {row.id: row.title for row in session.execute(named)}
    return rows[:most], titles, len(rows) > most


def whole(installation: Installation, actor: Actor, wanted: AuditFilter) -> Iterator[tuple[AuditEntry, str]]:
    """Every line that fits, newest first, each with the title of its item; some at a time, each time in a reading of
    its own, so that a long record holds no transaction open while somebody fetches it."""
    actor.require("administer")
    more = True
    while more:
        lines, titles, more = entries(installation, actor.workspace, wanted, AT_ONCE)
        for line in lines:
            yield line, titles.get(line.item_id or 0, "")
            wanted = msgspec.structs.replace(wanted, before=line.id)


def chain(installation: Installation, most: int = 20) -> Sequence[int]:
    """Lines whose hash does not follow from the one before, at most ``most``; empty where the record is whole."""
    bad: list[int] = []
    with installation.store.engine.connect() as connection:
        for line in broken(connection):
            bad.append(line)
            if len(bad) >= most:
                break
    return bad

"""What must not become public again by a restore: carried over from the database that the restored one replaces.

Only what takes something away is carried: a standing take-down, a consent that ends earlier. So it is right also where
the replaced database is the older of the two.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from commsched.core.consent import first_end
from commsched.flow import operator
from commsched.flow.context import Office
from commsched.flow.record import note
from commsched.store.models import Item, Media, Takedown, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.types import from_micros

_DOWN = (
    "SELECT item.uid, takedown.reason, takedown.at FROM takedown JOIN item ON item.id = takedown.item_id"
    " WHERE takedown.ended_at IS NULL"
)
_SHOWN = (
    "SELECT workspace.slug, media.sha256, media.facts FROM media JOIN workspace ON workspace.id = media.workspace_id"
    " WHERE media.consent_ends IS NOT NULL"
)


class Standing(msgspec.Struct, frozen=True):
    """What holds in a database: take-downs as an item's uid, the reason and the moment; and of pictures whose consents
    end, the office, the SHA-256 and the persons."""

    down: list[tuple[str, str, datetime]]
    persons: list[tuple[str, str, list[dict[str, Any]]]]


class Carried(msgspec.Struct, frozen=True):
    """How many take-downs and pictures' consents were carried over."""

    takedowns: int
    consents: int


def standing(database: Path) -> Standing | None:
    """What holds in ``database``, of this or an earlier version; ``None`` where there is none that can be read."""
    if not database.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            down = [(uid, reason, from_micros(at)) for uid, reason, at in connection.execute(_DOWN)]
            shown = connection.execute(_SHOWN).fetchall()
        return Standing(down, [(slug, sha256, _persons(facts)) for slug, sha256, facts in shown])
    except (sqlite3.Error, msgspec.MsgspecError):
        return None


def _persons(facts: str) -> list[dict[str, Any]]:
    return msgspec.convert(msgspec.json.decode(facts).get("persons", []), list[dict[str, Any]])


def carry(office: Office, held: Standing) -> Carried:
    """Let what ``held`` elsewhere hold in ``office`` too, as far as it knows what it is about."""
    with office.store.write(EVERY_WORKSPACE) as session:
        takedowns = sum(_take_down(office, session, *row) for row in held.down)
        consents = sum(_end(office, session, *row) for row in held.persons)
    return Carried(takedowns, consents)


def _take_down(office: Office, session: Any, uid: str, reason: str, at: datetime) -> bool:
    item = session.scalar(select(Item).where(Item.uid == uid))
    if item is None:
        return False
    known = select(Takedown.id).where(Takedown.item_id == item.id)
    known = known.where(Takedown.ended_at.is_(None) | (Takedown.at >= at))  # it stands, or was put back after that
    if session.scalar(known.limit(1)) is not None:
        return False
    session.add(Takedown(workspace_id=item.workspace_id, item_id=item.id, reason=reason, at=at))
    session.flush()
    actor = operator.actor(session.get_one(Workspace, item.workspace_id))
    note(session, office, actor, "item.taken_down", item.id, reason=reason)
    return True


def _end(office: Office, session: Any, slug: str, sha256: str, persons: list[dict[str, Any]]) -> bool:
    wanted = select(Media).join(Workspace, Workspace.id == Media.workspace_id)
    row = session.scalar(wanted.where(Workspace.slug == slug, Media.sha256 == sha256))
    ends = first_end(persons)
    if row is None or ends is None or (row.consent_ends is not None and row.consent_ends <= ends):
        return False
    row.facts = row.facts | {"persons": persons}
    session.flush()
    actor = operator.actor(session.get_one(Workspace, row.workspace_id))
    note(session, office, actor, "picture.described", media=row.id, persons=len(persons))
    return True

"""Withdrawals that a restore must not undo: they are carried over from the database that the restored one replaces.

Only what takes something away is carried: a standing take-down, a consent that ends earlier. So this is safe also where
the replaced database is the older of the two. Deactivated people and revoked keys are carried only where the replaced
database is the newer one, so that a restore locks out no one whose access was given back.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.media.consent import first_end
from commsched.core.text.json_values import JsonObject
from commsched.services.accounts import machine_admin
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation
from commsched.services.privacy import refusals
from commsched.store.models import ApiToken, Item, Media, Membership, Person, PreviewAddress, Takedown, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.types import from_micros, to_micros

_DOWN = (
    "SELECT item.uid, takedown.* FROM takedown JOIN item ON item.id = takedown.item_id WHERE takedown.ended_at IS NULL"
)
_SHOWN = (
    "SELECT workspace.slug, media.sha256, media.facts FROM media JOIN workspace ON workspace.id = media.workspace_id"
    " WHERE media.consent_ends IS NOT NULL"
)
_SHUT_OUT = "SELECT email FROM person WHERE NOT active AND (SELECT max(at) FROM entry) > ?"
_REVOKED = "SELECT token_hash FROM api_token WHERE revoked_at IS NOT NULL AND (SELECT max(at) FROM entry) > ?"
_SECRETS = "SELECT token_hash FROM preview_address WHERE revoked_at IS NOT NULL"
"""Ended secret addresses, whichever database is the newer: an address that was ended leads nowhere for ever."""
_SAID_NO = (
    "SELECT workspace.slug, suppression.world, suppression.blind, suppression.reason, suppression.at"
    " FROM suppression JOIN workspace ON workspace.id = suppression.workspace_id"
)
_LEFT = (
    "SELECT workspace.slug, list_recipient.channel_id, list_recipient.blind, list_recipient.since"
    " FROM list_recipient JOIN workspace ON workspace.id = list_recipient.workspace_id"
    " WHERE list_recipient.state = 'unsubscribed'"
)
"""Who said no, by their blind index: it means the same person in both databases, since the key is the same."""


class Down(msgspec.Struct, frozen=True):
    """A take-down that stands. What an earlier version did not know of it is as it was then."""

    uid: str
    """The item's."""
    reason: str
    at: int
    """In microseconds."""
    kind: str = "withdrawn"
    moved_to: str = ""
    elsewhere: int = 0


class Standing(msgspec.Struct, frozen=True):
    """What holds in a database: take-downs; and of pictures whose consents
    end, the office, the SHA-256 and the persons; addresses of people; hashes of keys and of secret addresses."""

    down: list[Down]
    persons: list[tuple[str, str, list[dict[str, object]]]]
    shut_out: list[str]
    revoked: list[str]
    previews: list[str]
    said_no: list[tuple[str, str, str, str, int]] = []
    """Office, world, blind index, reason, and when (microseconds): who gets no more mail at all."""
    left: list[tuple[str, int, str, int]] = []
    """Office, list, blind index, and when: who has left a list."""


class Carried(msgspec.Struct, frozen=True):
    """How many take-downs, pictures' consents, people shut out and keys revoked were carried over; and how many
    people's *no* to mail, and erasures."""

    takedowns: int
    consents: int
    persons: int
    tokens: int
    refusals: int = 0


def standing(database: Path, since: datetime) -> Standing | None:
    """What holds in ``database``, of this or an earlier version, beside an office as it was at ``since`` (UTC);
    ``None`` where there is none that can be read."""
    if not database.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            down = _down(connection)
            shown = connection.execute(_SHOWN).fetchall()
            shut_out, revoked = (
                [str(row[0]) for row in connection.execute(wanted, (to_micros(since),))]
                for wanted in (_SHUT_OUT, _REVOKED)
            )
            previews = _ended_previews(connection)
            said_no, left = _refusals(connection, _SAID_NO), _refusals(connection, _LEFT)
        persons = [(slug, sha256, _persons(facts)) for slug, sha256, facts in shown]
        held = Standing(down, persons, shut_out, revoked, previews)
        return msgspec.structs.replace(
            held,
            said_no=msgspec.convert(said_no, list[tuple[str, str, str, str, int]]),
            left=msgspec.convert(left, list[tuple[str, int, str, int]]),
        )
    except (sqlite3.Error, msgspec.MsgspecError):
        return None


def _down(connection: sqlite3.Connection) -> list[Down]:
    rows = connection.execute(_DOWN)
    names = [column[0] for column in rows.description]
    return [msgspec.convert(dict(zip(names, row, strict=True)), Down) for row in rows]


def _ended_previews(connection: sqlite3.Connection) -> list[str]:
    """Empty in a database of an earlier version, which has no such addresses."""
    with contextlib.suppress(sqlite3.OperationalError):
        return [str(row[0]) for row in connection.execute(_SECRETS)]
    return []


def _refusals(connection: sqlite3.Connection, wanted: str) -> list[tuple[object, ...]]:
    """Empty in a database of an earlier version."""
    with contextlib.suppress(sqlite3.OperationalError):
        return connection.execute(wanted).fetchall()
    return []


def _persons(facts: str) -> list[dict[str, object]]:
    return msgspec.convert(msgspec.json.decode(facts).get("persons", []), list[dict[str, object]])


def carry(installation: Installation, held: Standing) -> Carried:
    """Apply the withdrawals in ``held`` to ``installation``, as far as it has the items, pictures, people and tokens
    concerned."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        takedowns = sum(_take_down(installation, session, row) for row in held.down)
        consents = sum(_end(installation, session, *row) for row in held.persons)
        persons = sum(_shut_out(installation, session, email) for email in held.shut_out)
        tokens = sum(_revoke(installation, session, hashed) for hashed in held.revoked)
        tokens += sum(_end_preview(installation, session, hashed) for hashed in held.previews)
    return Carried(takedowns, consents, persons, tokens, refusals.replay(installation, held.said_no, held.left))


def _take_down(installation: Installation, session: Session, down: Down) -> bool:
    item, at = session.scalar(select(Item).where(Item.uid == down.uid)), from_micros(down.at)
    if item is None:
        return False
    known = select(Takedown.id).where(Takedown.item_id == item.id)
    known = known.where(Takedown.ended_at.is_(None) | (Takedown.at >= at))  # it stands, or was put back after that
    if session.scalar(known.limit(1)) is not None:
        return False
    row = Takedown(workspace_id=item.workspace_id, item_id=item.id, reason=down.reason, at=at)
    row.kind, row.moved_to, row.elsewhere = down.kind, down.moved_to, bool(down.elsewhere)
    session.add(row)
    session.flush()
    actor = machine_admin.actor(session.get_one(Workspace, item.workspace_id))
    note(session, installation, actor, "item.taken_down", item.id, reason=down.reason)
    return True


def _end(
    installation: Installation, session: Session, slug: str, sha256: str, persons: list[dict[str, object]]
) -> bool:
    wanted = select(Media).join(Workspace, Workspace.id == Media.workspace_id)
    row = session.scalar(wanted.where(Workspace.slug == slug, Media.sha256 == sha256))
    ends = first_end(persons)
    if row is None or ends is None or (row.consent_ends is not None and row.consent_ends <= ends):
        return False
    row.facts = row.facts | {"persons": persons}
    session.flush()
    actor = machine_admin.actor(session.get_one(Workspace, row.workspace_id))
    note(session, installation, actor, "picture.described", media=row.id, persons=len(persons))
    return True


def _shut_out(installation: Installation, session: Session, email: str) -> bool:
    person = session.scalar(select(Person).where(Person.email == email, Person.active))
    if person is None:
        return False
    person.active = False
    facts: JsonObject = {"person": person.id, "name": person.name or person.email}
    places = select(Workspace).join(Membership, Membership.workspace_id == Workspace.id)
    for place in session.scalars(places.where(Membership.person_id == person.id)):
        note(session, installation, machine_admin.actor(place), "person.deactivated", **facts)
    return True


def _revoke(installation: Installation, session: Session, hashed: str) -> bool:
    row = session.scalar(select(ApiToken).where(ApiToken.token_hash == hashed, ApiToken.revoked_at.is_(None)))
    if row is None:
        return False
    row.revoked_at = installation.now()
    actor = machine_admin.actor(session.get_one(Workspace, row.workspace_id))
    note(session, installation, actor, "token.revoked", name=row.name)
    return True


def _end_preview(installation: Installation, session: Session, hashed: str) -> bool:
    wanted = (PreviewAddress.token_hash == hashed, PreviewAddress.revoked_at.is_(None))
    row = session.scalar(select(PreviewAddress).where(*wanted))
    if row is None:
        return False
    row.revoked_at, row.token = installation.now(), ""
    actor = machine_admin.actor(session.get_one(Workspace, row.workspace_id))
    note(session, installation, actor, "item.preview_ended", row.item_id)
    return True

"""A person's own keys in every office they belong to: everything that gives access without their password."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import ApiToken, Feed, Membership, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE


class Key(msgspec.Struct, frozen=True):
    """A key in use. ``id`` names it among all of the person's; without a ``name`` it is a calendar address."""

    id: str
    name: str
    place: str
    used_at: datetime | None


def of(installation: Installation, person: int) -> list[Key]:
    """The keys and calendar addresses that the person has in use, everywhere."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        keys = []
        for kind, row, place in _open(session, person):
            name, used = (row.name, row.used_at) if isinstance(row, ApiToken) else ("", None)
            keys.append(Key(f"{kind}-{row.id}", name, place.name, used))
        return keys


def _open(session: Session, person: int) -> list[tuple[str, ApiToken | Feed, Workspace]]:
    rows: list[tuple[str, ApiToken | Feed, Workspace]] = []
    tokens = select(ApiToken, Workspace).join(Workspace, Workspace.id == ApiToken.workspace_id)
    for token, place in session.execute(tokens.where(ApiToken.person_id == person, ApiToken.revoked_at.is_(None))):
        rows.append(("token", token, place))
    feeds = select(Feed, Workspace).join(Workspace, Workspace.id == Feed.workspace_id)
    for feed, place in session.execute(feeds.where(Feed.person_id == person, Feed.revoked_at.is_(None))):
        rows.append(("feed", feed, place))
    return rows


def end(session: Session, installation: Installation, person: Person, chosen: Collection[str]) -> None:
    """Revoke those of the person's keys that are ``chosen``, each recorded in its office's audit log."""
    if not chosen:
        return
    for kind, row, place in _open(session, person.id):
        if f"{kind}-{row.id}" not in chosen:
            continue
        row.revoked_at = installation.now()
        here = (Membership.workspace_id == place.id, Membership.person_id == person.id)
        role = session.scalar(select(Membership.role).where(*here)) or ""
        actor = Actor(person.id, person.name or person.email, place.id, role)
        facts = {"name": row.name} if isinstance(row, ApiToken) else {}
        note(session, installation, actor, f"{kind}.revoked", None, **facts)

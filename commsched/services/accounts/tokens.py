"""What a person hands to programs: API tokens and private calendar addresses. Only their SHA-256 is kept."""

from __future__ import annotations

from sqlalchemy import select

from commsched.core.text.messages import N_, NotFound
from commsched.services.accounts.people import check_name, check_role
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import ApiToken, Feed, Membership, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token, token_hash

PREFIX = "csk_"
"""So that a token is known for what it is, in a log or in a leak."""


def create_token(installation: Installation, actor: Actor, name: str, role: str = "") -> str:
    """A bearer token for the actor in their workspace, shown this once. ``role`` is the most it may do."""
    assert actor.person is not None
    name = check_name(name, 100)
    if role:
        check_role(role)
    secret = PREFIX + new_token()
    with installation.store.write(actor.workspace) as session:
        session.add(
            ApiToken(
                token_hash=token_hash(secret),
                person_id=actor.person,
                name=name,
                role=role,
                created_at=installation.now(),
            )
        )
        note(session, installation, actor, "token.created", name=name, role=role)
    return secret


def tokens(installation: Installation, workspace: int, person: int | None = None) -> list[ApiToken]:
    """Tokens in use, a person's or everybody's, the newest first."""
    statement = select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())
    if person is not None:
        statement = statement.where(ApiToken.person_id == person)
    with installation.store.read(workspace) as session:
        return list(session.scalars(statement))


def revoke_token(installation: Installation, actor: Actor, token_id: int) -> None:
    """Revoke a token: the actor's own, or any member's if the actor is an administrator."""
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None)))
        if row is None:
            raise NotFound(N_("There is no such key."))
        if row.person_id != actor.person:
            actor.require("administer")
        row.revoked_at = installation.now()
        note(session, installation, actor, "token.revoked", name=row.name)


def create_feed(installation: Installation, actor: Actor) -> str:
    """A private calendar address's secret; the one before stops working."""
    assert actor.person is not None
    secret = new_token()
    with installation.store.write(actor.workspace) as session:
        for row in session.scalars(select(Feed).where(Feed.person_id == actor.person, Feed.revoked_at.is_(None))):
            row.revoked_at = installation.now()
        session.add(Feed(token_hash=token_hash(secret), person_id=actor.person, created_at=installation.now()))
        note(session, installation, actor, "feed.created")
    return secret


def feed(installation: Installation, workspace: int, person: int) -> Feed | None:
    """The calendar address a person has in use, if any; its secret was shown once."""
    statement = select(Feed).where(Feed.person_id == person, Feed.revoked_at.is_(None)).order_by(Feed.id.desc())
    with installation.store.read(workspace) as session:
        return session.scalar(statement.limit(1))


def revoke_feed(installation: Installation, actor: Actor) -> None:
    """The actor's calendar address stops working."""
    with installation.store.write(actor.workspace) as session:
        for row in session.scalars(select(Feed).where(Feed.person_id == actor.person, Feed.revoked_at.is_(None))):
            row.revoked_at = installation.now()
            note(session, installation, actor, "feed.revoked")


def feed_owner(installation: Installation, secret: str) -> Actor | None:
    """The member whose calendar address this is, as long as they may read; ``None`` for an address that was revoked or
    is unknown."""
    statement = (
        select(Person, Membership.role, Workspace.id)
        .join(Feed, Feed.person_id == Person.id)
        .join(Workspace, Workspace.id == Feed.workspace_id)
        .join(Membership, (Membership.workspace_id == Workspace.id) & (Membership.person_id == Person.id))
        .where(Feed.token_hash == token_hash(secret), Feed.revoked_at.is_(None), Person.active)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.execute(statement).first()
    if row is None:
        return None
    person, _role, workspace = row
    return Actor(person.id, person.name or person.email, workspace, "reader", "link", person.language)

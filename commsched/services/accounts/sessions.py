"""Signing in and staying so: server-side sessions, limits on guessing, and who a request comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import ColumnExpressionArgument, Row, Select, bindparam, delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from commsched.core.access.roles import lesser
from commsched.core.text.messages import N_, Invalid, NotFound, OfficeError
from commsched.services.accounts import credential_inventory, login_throttle
from commsched.services.accounts.login_throttle import fold_email
from commsched.services.accounts.passwords import matches, new_hash
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, Via
from commsched.services.kernel.heartbeats import CLOCK, TROUBLE
from commsched.store.models import ApiToken, Heartbeat, Membership, Person, SignIn, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token, token_hash

LASTS: Final = timedelta(days=30)
"""How long a sign-in lives."""
IDLE: Final = timedelta(days=7)
"""How long it may lie unused."""
SEEN_EVERY: Final = timedelta(minutes=10)
"""How often a session in use is written down as seen; not at every request, since each is a durable write."""


class WrongPassword(OfficeError):
    """The same sentence whether the account exists or not (401)."""

    status, code = 401, "sign-in"


class CurrentWorkspace(msgspec.Struct, frozen=True):
    """The workspace a request is about, as far as every page needs it."""

    id: int
    slug: str
    name: str
    zone: str
    language: str
    paused_at: datetime | None
    paused_by: str
    pause_reason: str
    is_demo: bool


class Visitor(msgspec.Struct, frozen=True):
    """Who is signed in, where they are, and what they may do there."""

    person: int
    email: str
    name: str
    language: str
    session: int
    place: CurrentWorkspace | None
    role: str
    heartbeat: datetime | None
    """When the scheduler's clock last ticked."""
    trouble: str = ""
    """Its own word for why nothing is sent (a code of ``services.kernel.heartbeats.TROUBLES``)."""

    def actor(self, via: Via = "page") -> Actor:
        """The visitor as use cases know them; ``place`` must be there."""
        assert self.place is not None
        return Actor(self.person, self.name or self.email, self.place.id, self.role, via, self.language)


def sign_in(
    installation: Installation, email: str, password: str, address: str = "", agent: str = "", device: str = ""
) -> str:
    """Start a session. Returns the secret for the cookie. ``device`` is the cookie of :func:`login_throttle.remember`.

    Raises :class:`WrongPassword` and :class:`login_throttle.TooManyTries`.
    """
    tries = login_throttle.count(installation, login_throttle.limits(installation, email, address, device))
    with installation.store.read(EVERY_WORKSPACE) as session:
        person = session.scalar(select(Person).where(Person.email == fold_email(email)))
    kept = person.password_hash if person and person.active else ""
    if not matches(kept, password) or person is None:
        raise WrongPassword(N_("The address and the password do not belong together."))
    with installation.store.write(EVERY_WORKSPACE) as session:
        login_throttle.forgive(session, tries)
        return open_session(session, installation, person, address, agent)


def open_session(session: Session, installation: Installation, person: Person, address: str, agent: str) -> str:
    """Sign ``person`` in, in the caller's transaction. Returns the secret for the cookie."""
    now, secret = installation.now(), new_token()
    session.execute(delete(SignIn).where(SignIn.expires_at < now))
    session.add(
        SignIn(
            token_hash=token_hash(secret),
            person_id=person.id,
            stamp=person.stamp,
            created_at=now,
            seen_at=now,
            expires_at=now + LASTS,
            agent=agent[:200],
            address=address[:64],
        )
    )
    note_everywhere(session, installation, person, "person.signed_in")
    return secret


def note_everywhere(session: Session, installation: Installation, person: Person, action: str, **facts: object) -> None:
    """Record what a person did in the audit log of every office they belong to."""
    for member in session.scalars(select(Membership).where(Membership.person_id == person.id)):
        actor = Actor(person.id, person.name or person.email, member.workspace_id, member.role, "page")
        note(session, installation, actor, action, None, **facts)


def _columns() -> tuple[ColumnExpressionArgument[object], ...]:
    clock = select(Heartbeat.at).where(Heartbeat.name == CLOCK).scalar_subquery()
    trouble = select(Heartbeat.detail).where(Heartbeat.name == TROUBLE).scalar_subquery()
    return (
        Person.id.label("person"),
        Person.email,
        Person.name,
        Person.language,
        Membership.role,
        Workspace.id.label("workspace"),
        Workspace.slug,
        Workspace.name.label("place"),
        Workspace.zone,
        Workspace.language.label("tongue"),
        Workspace.paused_at,
        Workspace.paused_by,
        Workspace.pause_reason,
        Workspace.is_demo,
        clock.label("heartbeat"),
        trouble.label("trouble"),
    )


@lru_cache(maxsize=1)
def _by_session() -> Select[*tuple[object, ...]]:
    """Built once: every page asks it."""
    here = (Membership.workspace_id == Workspace.id) & (Membership.person_id == Person.id)
    return (
        select(SignIn.id.label("session"), SignIn.seen_at, *_columns())
        .join(Person, (Person.id == SignIn.person_id) & (Person.stamp == SignIn.stamp) & Person.active)
        .outerjoin(Workspace, Workspace.slug == bindparam("slug"))
        .outerjoin(Membership, here)
        .where(
            SignIn.token_hash == bindparam("hash"),
            SignIn.expires_at > bindparam("now"),
            SignIn.seen_at > bindparam("idle"),
        )
    )


@lru_cache(maxsize=1)
def _by_token() -> Select[*tuple[object, ...]]:
    here = (Membership.workspace_id == Workspace.id) & (Membership.person_id == Person.id)
    return (
        select(ApiToken.id.label("token"), ApiToken.role.label("most"), ApiToken.used_at, *_columns())
        .join(Person, (Person.id == ApiToken.person_id) & Person.active)
        .join(Workspace, Workspace.id == ApiToken.workspace_id)
        .join(Membership, here)
        .where(ApiToken.token_hash == bindparam("hash"), ApiToken.revoked_at.is_(None))
    )


def _ask(
    installation: Installation, question: Select[*tuple[object, ...]], **values: object
) -> Row[*tuple[object, ...]] | None:
    with installation.store.engine.connect() as connection:
        return connection.execute(question, values).first()


def _place(row: Row[*tuple[object, ...]]) -> CurrentWorkspace | None:
    if row.workspace is None or row.role is None:
        return None
    return CurrentWorkspace(
        row.workspace,
        row.slug,
        row.place,
        row.zone,
        row.tongue,
        row.paused_at,
        row.paused_by,
        row.pause_reason,
        row.is_demo,
    )


def recognise(installation: Installation, secret: str, slug: str | None = None) -> Visitor | None:
    """Who holds ``secret``, and in which workspace; ``None`` for a session that is over. One question to the store.

    ``place`` is ``None`` without a slug, and for a workspace that does not exist or that the person is not in:
    the two cannot be told apart.
    """
    now = installation.now()
    row = _ask(installation, _by_session(), slug=slug or "", hash=token_hash(secret), now=now, idle=now - IDLE)
    if row is None:
        return None
    if now - row.seen_at > SEEN_EVERY:
        _seen(installation, SignIn, row.session, {"seen_at": now})
    return Visitor(
        row.person,
        row.email,
        row.name,
        row.language,
        row.session,
        _place(row),
        row.role or "",
        row.heartbeat,
        row.trouble or "",
    )


def recognise_token(installation: Installation, secret: str) -> Visitor | None:
    """The person and workspace of an API token; its role is the lesser of the token's and the person's."""
    now = installation.now()
    row = _ask(installation, _by_token(), hash=token_hash(secret))
    if row is None:
        return None
    if row.used_at is None or now - row.used_at > SEEN_EVERY:
        _seen(installation, ApiToken, row.token, {"used_at": now})
    role = lesser(row.most, row.role) if row.most else row.role
    return Visitor(
        row.person, row.email, row.name, row.language, 0, _place(row), role, row.heartbeat, row.trouble or ""
    )


def is_somebody(installation: Installation, headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers (``COOKIE``, ``AUTHORIZATION``) carries a valid session or token. It writes
    nothing, because it is called before the body is read."""
    now = installation.now()
    scheme, _, token = headers.get("AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return _ask(installation, _by_token(), hash=token_hash(token.strip())) is not None
    pieces = (pair.strip().partition("=") for pair in headers.get("COOKIE", "").split(";"))
    secrets = [value for name, _, value in pieces if name in ("session", "__Host-session")][:2]
    return any(
        _ask(installation, _by_session(), slug="", hash=token_hash(secret), now=now, idle=now - IDLE)
        for secret in secrets
    )


def _seen(
    installation: Installation, kind: type[SignIn] | type[ApiToken], row_id: int, values: dict[str, datetime]
) -> None:
    """Record that it is in use. A busy database is ignored here, since the page can be answered without this."""
    with suppress(OperationalError), installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(kind).where(kind.id == row_id).values(**values))


def sign_out(installation: Installation, secret: str) -> None:
    """End the session that ``secret`` opened."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.scalar(select(SignIn).where(SignIn.token_hash == token_hash(secret)))
        person = session.get(Person, row.person_id) if row else None
        if row and person:
            session.delete(row)
            note_everywhere(session, installation, person, "person.signed_out")


def sessions_of(installation: Installation, person: int) -> list[SignIn]:
    """Where a person is signed in, the latest used first."""
    statement = (
        select(SignIn)
        .join(Person, (Person.id == SignIn.person_id) & (Person.stamp == SignIn.stamp))
        .where(
            SignIn.person_id == person,
            SignIn.expires_at > installation.now(),
            SignIn.seen_at > installation.now() - IDLE,
        )
        .order_by(SignIn.seen_at.desc())
        .limit(100)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(statement))


def revoke_session(installation: Installation, person: int, session_id: int) -> None:
    """End one of a person's own sessions. Raises :class:`NotFound` for somebody else's."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get(SignIn, session_id)
        owner = session.get(Person, person)
        if row is None or owner is None or row.person_id != person:
            raise NotFound(N_("There is no such sign-in."))
        session.delete(row)
        note_everywhere(session, installation, owner, "person.session_ended")


def set_password(
    session: Session, installation: Installation, person: Person, kept: str, end: Collection[str] = ()
) -> None:
    """Set a new password and a new stamp. That ends every session and link made under the old stamp, and those of the
    person's keys that are named in ``end`` (:func:`commsched.services.accounts.credential_inventory.of`). ``kept`` is
    :func:`passwords.new_hash`'s answer."""
    person.password_hash = kept
    person.stamp = new_token(16)
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    login_throttle.forget(session, person)
    note_everywhere(session, installation, person, "person.password_changed")
    credential_inventory.end(session, installation, person, end)


def change_password(
    installation: Installation,
    person_id: int,
    old: str,
    new: str,
    address: str = "",
    agent: str = "",
    end: Collection[str] = (),
) -> str:
    """Change one's own password. Returns the secret of a new session; every other one ends."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        person = session.get_one(Person, person_id)
    tries = login_throttle.count(installation, login_throttle.inside(person, address))
    if not matches(person.password_hash, old):
        raise Invalid(N_("That is not your present password."), "old")
    kept = new_hash(new, person.email)
    with installation.store.write(EVERY_WORKSPACE) as session:
        login_throttle.forgive(session, tries)
        person = session.get_one(Person, person_id)
        set_password(session, installation, person, kept, end)
        session.flush()
        return open_session(session, installation, person, address, agent)

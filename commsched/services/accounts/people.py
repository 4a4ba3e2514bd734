"""Workspaces and the people in them: who belongs, with which role, by which keys."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.access.roles import ROLES
from commsched.core.approval import rules
from commsched.core.text import languages
from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Conflict, Invalid, NotAllowed, NotFound
from commsched.core.text.slug import slug as short_name
from commsched.core.timing.wall_time import zone_of
from commsched.services.accounts.login_throttle import fold_email
from commsched.services.accounts.passwords import new_hash
from commsched.services.accounts.policies import to_policy
from commsched.services.accounts.sessions import note_everywhere, open_session, set_password
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Membership, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

LINK_LASTS: Final = timedelta(days=3)
"""How long a link that sets a password can be used."""
MOST_PEOPLE: Final = 500


class Invited(msgspec.Struct, frozen=True):
    """A person who was added; ``link`` is where they choose a password, empty if they already have one."""

    person: Person
    link: str = ""


def check_email(email: str) -> str:
    """The address, folded. Raises :class:`Invalid` for one that cannot be an address."""
    from email_validator import EmailNotValidError, validate_email

    try:
        parsed = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(N_("“%(email)s” is not an e-mail address."), "email", email=email[:80]) from error
    return fold_email(parsed.normalized)


SLUG: Final = 60
"""Characters of an office's short name at most."""
_MEANT: Final = "\u200c\u200d\u200e\u200f"
"""Joiners and marks of direction: nothing to see, and part of how some names are written."""


def check_name(name: str, most: int = 200, field: str = "name") -> str:
    """A name in one line. Raises :class:`Invalid` when it is empty or longer than ``most`` characters."""
    clean = line("".join(c for c in name if c.isprintable() or c.isspace() or c in _MEANT), field)
    if not clean.strip(f"{_MEANT} "):
        raise Invalid(N_("This is needed."), field)
    if len(clean) > most:
        raise Invalid(N_("At most %(most)s characters."), field, most=most)
    return clean


def check_language(language: str) -> str:
    if language not in languages.codes():
        raise Invalid(N_("Choose one of the languages in the list."), "language")
    return language


def check_role(role: str) -> str:
    if role not in ROLES:
        raise Invalid(N_("Choose one of the roles in the list."), "role")
    return role


def check_workspace(
    name: str, email: str, person_name: str, slug: str, zone: str, language: str
) -> tuple[str, str, str, str]:
    """What a new office can be called: its name, its short name, and the address and name of its administrator.

    Raises :class:`Invalid` by the first field that cannot be used; asks no store, so nothing need exist yet.
    """
    name, email = check_name(name, field="workspace"), check_email(email)
    short = short_name(slug or name, SLUG, whole_words=False)
    zone_of(zone)
    check_language(language)
    if not short:
        raise Invalid(N_("The name needs at least one letter or digit."), "slug" if slug else "workspace")
    return name, short, email, check_name(person_name) if person_name else ""


def create_workspace(
    installation: Installation,
    name: str,
    email: str,
    password: str,
    *,
    person_name: str = "",
    slug: str = "",
    zone: str = "Europe/Stockholm",
    language: str = "sv",
    is_demo: bool = False,
) -> tuple[Workspace, Person]:
    """A new, empty office and its first administrator. An existing person keeps their password.

    Raises :class:`Invalid` (by ``field``) and :class:`Conflict` where the short name is taken.
    """
    name, short, email, person_name = check_workspace(name, email, person_name, slug, zone, language)
    kept = _hash_for_new(installation, email, password)
    with installation.store.write(EVERY_WORKSPACE) as session:
        locks.alone(session, f"office {short}", f"person {email}")  # who makes the same waits, and hears of it
        if session.scalar(select(Workspace.id).where(Workspace.slug == short)):
            raise Conflict(N_("There is already an office with the address “%(slug)s”."), "workspace", slug=short)
        workspace = Workspace(
            slug=short,
            name=name,
            zone=zone,
            language=language,
            created_at=installation.now(),
            policy=to_policy(rules.ONE_APPROVER),
            is_demo=is_demo,
        )
        session.add(workspace)
        person = _person(session, installation, email, person_name, language, kept)
        session.flush()
        session.add(Membership(workspace_id=workspace.id, person_id=person.id, role="administrator"))
        actor = Actor(person.id, person.name or person.email, workspace.id, "administrator", "cli", language)
        note(session, installation, actor, "workspace.created", name=name)
        return workspace, person


def _person(session: Session, installation: Installation, email: str, name: str, language: str, kept: str) -> Person:
    """The person with that address: the one there is, or a new one, whose password has the hash ``kept``."""
    person = session.scalar(select(Person).where(Person.email == email))
    if person:
        if not person.active and _belongs(session, person.id):
            raise Conflict(
                N_("%(email)s has been shut out. An administrator there must let them in."), "email", email=email
            )
        if not person.active:
            person.active, person.password_hash, person.stamp = True, "", new_token(16)
        return person
    newcomer = Person(
        email=email,
        name=check_name(name) if name else "",
        language=language,
        stamp=new_token(16),
        password_hash=kept,
        created_at=installation.now(),
    )
    session.add(newcomer)
    session.flush()
    return newcomer


def _hash_for_new(installation: Installation, email: str, password: str | None) -> str:
    """The password hash for a new person. A person who already exists keeps their own password, whatever was
    entered."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        known = session.scalar(select(Person.id).where(Person.email == email))
    return new_hash(password, email) if password is not None and known is None else ""


def _belongs(session: Session, person: int) -> bool:
    return session.scalar(select(Membership.id).where(Membership.person_id == person).limit(1)) is not None


def add_person(
    installation: Installation,
    actor: Actor,
    email: str,
    role: str,
    *,
    name: str = "",
    language: str = "",
    password: str | None = None,
) -> Invited:
    """Add a person to the actor's workspace. Without ``password`` the answer holds a link to choose one. A person who
    already belongs to another office gets no link, since it would give access to that office too.
    """
    actor.require("administer")
    email, role = check_email(email), check_role(role)
    kept = _hash_for_new(installation, email, password)
    with installation.store.write(EVERY_WORKSPACE) as session:
        locks.alone(session, f"person {email}")
        place = session.get_one(Workspace, actor.workspace)
        person = _person(session, installation, email, name, check_language(language or place.language), kept)
        if _membership(session, actor.workspace, person.id):
            raise Conflict(N_("%(email)s is already here."), "email", email=email)
        elsewhere = _belongs(session, person.id)
        session.add(Membership(workspace_id=actor.workspace, person_id=person.id, role=role))
        note(session, installation, actor, "person.added", person=person.id, name=person.name or email, role=role)
    return Invited(person, "" if person.password_hash or elsewhere else password_link(installation, person))


def _membership(session: Session, workspace: int, person: int) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.workspace_id == workspace, Membership.person_id == person)
    )


def member_of(session: Session, actor: Actor, person: int) -> Membership:
    membership = _membership(session, actor.workspace, person)
    if membership is None:
        raise NotFound(N_("There is no such person here."))
    return membership


def keep_an_administrator(session: Session, member: Membership) -> None:
    """Raise :class:`Conflict` where ``member`` is the last. Until the transaction ends nobody else of the office loses
    the role: two who leave at once would each be thought to stay."""
    locks.row(session, Workspace, member.workspace_id)
    others = (
        select(func.count(Membership.id))
        .join(Person)
        .where(
            Membership.workspace_id == member.workspace_id,
            Membership.role == "administrator",
            Membership.id != member.id,
            Person.active,
        )
    )
    if member.role == "administrator" and not session.scalar(others):
        raise Conflict(N_("There must be at least one administrator. Make somebody else one first."), "role")


def members(installation: Installation, workspace: int) -> list[Membership]:
    """The people of a workspace, by name."""
    with installation.store.read(workspace) as session:
        memberships = session.scalars(select(Membership).limit(MOST_PEOPLE)).unique().all()
    return sorted(memberships, key=lambda member: (member.person.name or member.person.email).casefold())


def workspaces_of(installation: Installation, person: int) -> list[tuple[Workspace, str]]:
    """Where a person belongs, with their role there."""
    statement = (
        select(Workspace, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.person_id == person)
        .order_by(Workspace.name)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        return [(row[0], row[1]) for row in session.execute(statement)]


def _signer(installation: Installation) -> URLSafeSerializer:
    from itsdangerous import URLSafeSerializer

    return URLSafeSerializer(installation.vault.derive("password link"), salt="password")


def password_link(installation: Installation, person: Person) -> str:
    """An address where ``person`` chooses a password: works once (it carries their stamp) and for three days."""
    until = int((installation.now() + LINK_LASTS).timestamp())
    return f"{installation.base_url}/password/{_signer(installation).dumps([person.id, person.stamp, until])}"


def reset_password(installation: Installation, actor: Actor, person: int) -> str:
    """A link that lets a member choose a new password; their present one keeps working until it is used.

    It restores the access of a person who was deactivated. It is refused for a person who also belongs to an office
    that the actor does not administer, since it would give access to that office too.
    """
    actor.require("administer")
    with installation.store.write(EVERY_WORKSPACE) as session:
        gone = member_of(session, actor, person).person
        if actor.via != "cli" and not _places(session, person) <= _places(session, actor.person, "administrator"):
            raise NotAllowed(N_("This person also belongs to another office. Its administrator must help too."))
        if not gone.active:
            gone.active, gone.password_hash, gone.stamp = True, "", new_token(16)
        note(session, installation, actor, "person.password_link", person=person, name=gone.name or gone.email)
        return password_link(installation, gone)


def _places(session: Session, person: int | None, role: str = "") -> set[int]:
    statement = select(Membership.workspace_id).where(Membership.person_id == person)
    return set(session.scalars(statement.where(Membership.role == role) if role else statement))


def read_password_link(installation: Installation, token: str) -> Person:
    """Whose password ``token`` may set. Raises :class:`NotFound` for one that is used, old or made up."""
    from itsdangerous import BadData

    over = NotFound(N_("This link has been used or is too old. Ask an administrator for a new one."))
    try:
        person_id, stamp, until = _signer(installation).loads(token)
    except (BadData, ValueError, TypeError) as error:
        raise over from error
    with installation.store.read(EVERY_WORKSPACE) as session:
        person = session.get(Person, person_id)
    if person is None or not person.active or person.stamp != stamp or installation.now().timestamp() > until:
        raise over
    return person


def use_password_link(installation: Installation, token: str, password: str, end: Collection[str] = ()) -> Person:
    """Set the password and spend the link; of the person's keys, those named in ``end`` stop working."""
    person = read_password_link(installation, token)
    kept = new_hash(password, person.email)
    with installation.store.write(EVERY_WORKSPACE) as session:
        return _spend(session, installation, person, kept, end)


def enter_by_link(
    installation: Installation, token: str, password: str, end: Collection[str], address: str, agent: str
) -> str:
    """As :func:`use_password_link`, and sign the person in. Returns the secret of the new session, the only one."""
    person = read_password_link(installation, token)
    kept = new_hash(password, person.email)
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = _spend(session, installation, person, kept, end)
        session.flush()
        return open_session(session, installation, row, address, agent)


def _spend(session: Session, installation: Installation, person: Person, kept: str, end: Collection[str]) -> Person:
    """Set the password of ``person``, as they were when the link was read: it is spent by one request only."""
    row = session.get_one(Person, person.id)
    if row.stamp != person.stamp:
        raise NotFound(N_("This link has been used or is too old. Ask an administrator for a new one."))
    set_password(session, installation, row, kept, end)
    return row


def set_own(installation: Installation, person: int, *, name: str | None = None, language: str | None = None) -> None:
    """A person's own name and language."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get_one(Person, person)
        if name is not None and row.name != (clean := check_name(name)):
            was, row.name = row.name or row.email, clean
            note_everywhere(session, installation, row, "person.renamed", was=was, name=clean)
        if language is not None:
            row.language = check_language(language)

"""The administrator of the machine: a person with the command line may do what an administrator may, in every
workspace, and is recorded."""

from __future__ import annotations

from sqlalchemy import func, select

from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.accounts.login_throttle import fold_email
from commsched.services.accounts.passwords import new_hash
from commsched.services.accounts.sessions import set_password
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import COMMAND_LINE, Actor, Installation
from commsched.store.models import Membership, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE

NAME = COMMAND_LINE


def actor(workspace: Workspace) -> Actor:
    """The machine's administrator as an actor in ``workspace``. It is not a person, so it cannot approve anything."""
    return Actor(None, NAME, workspace.id, "administrator", "cli", workspace.language)


def workspaces(installation: Installation) -> list[Workspace]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Workspace).order_by(Workspace.slug)))


def workspace(installation: Installation, slug: str) -> Workspace:
    """The workspace called ``slug``; without a name the only one there is. Raises :class:`NotFound`."""
    offices = workspaces(installation)
    names = ", ".join(workspace.slug for workspace in offices)
    if not offices:
        raise NotFound(N_("There is no office here yet. Make one with “commsched init”."), "--workspace")
    if not slug and len(offices) > 1:
        raise Invalid(N_("Say which office: %(names)s."), "--workspace", names=names)
    for workspace in offices:
        if not slug or workspace.slug == slug.strip().lower():
            return workspace
    raise NotFound(
        N_("There is no office called “%(slug)s”. There are: %(names)s."), "--workspace", slug=slug[:80], names=names
    )


def member(installation: Installation, workspace: Workspace, email: str) -> Membership:
    """The member with that address, with their person. Raises :class:`NotFound`."""
    statement = (
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.workspace_id == workspace.id, Person.email == fold_email(email))
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalar(statement)
    if row is None:
        raise NotFound(N_("%(email)s is not in this office."), "--email", email=email[:80])
    return row


def as_member(installation: Installation, workspace: Workspace, email: str) -> Actor:
    """That member as an actor who works from the command line. Raises :class:`Conflict` for one who was deactivated."""
    row = member(installation, workspace, email)
    if not row.person.active:
        raise Conflict(N_("%(email)s has been deactivated."), "--email", email=row.person.email)
    return Actor(row.person_id, row.person.name or row.person.email, workspace.id, row.role, "cli", row.person.language)


def administers_everything(installation: Installation, actor: Actor) -> bool:
    """Whether ``actor`` administers every office there is, and with them the installation. Nobody does in a demo."""
    offices = select(func.count(Workspace.id))
    administered = select(func.count(Membership.id)).where(
        Membership.person_id == actor.person, Membership.role == "administrator"
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        if actor.role != "administrator" or session.scalar(offices.where(Workspace.is_demo)):
            return False
        return session.scalar(offices) == session.scalar(administered)


def has_password(installation: Installation, email: str) -> bool:
    """Whether the person, in whatever office, can sign in already."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalar(select(Person).where(Person.email == fold_email(email)))
        return row is not None and row.active and bool(row.password_hash)


def give_password(installation: Installation, workspace: Workspace, email: str, password: str) -> None:
    """Set a member's password; every session of theirs ends. Somebody who was shut out is let in again."""
    number = member(installation, workspace, email).person_id
    kept = new_hash(password, fold_email(email))
    with installation.store.write(EVERY_WORKSPACE) as session:
        person = session.get_one(Person, number)
        set_password(session, installation, person, kept)
        person.active = True
        note(
            session,
            installation,
            actor(workspace),
            "person.password_set",
            person=number,
            name=person.name or person.email,
        )

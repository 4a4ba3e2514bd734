"""Removing a person from an office, deactivating them, or giving them another role."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Conflict
from commsched.services.accounts import machine_admin
from commsched.services.accounts.people import check_role, keep_an_administrator, member_of
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import COMMAND_LINE, Actor, Installation
from commsched.services.staff import succession
from commsched.services.staff.succession import PassedOn
from commsched.store import locks
from commsched.store.models import ApiToken, Deputy, Feed, Membership, Person, SignIn, Workspace
from commsched.store.session import EVERY_WORKSPACE, narrowed
from commsched.store.sight import everything
from commsched.store.vault import new_token


def set_role(installation: Installation, actor: Actor, person: int, role: str) -> PassedOn:
    """Give a member another role. The last administrator keeps theirs. Returns what was passed on to others. Raises
    :class:`Conflict` where no one would be left to approve an item.
    """
    actor.require("administer")
    check_role(role)
    with installation.store.write(actor.workspace) as session:
        member = member_of(session, actor, person)
        if member.role == role:
            return PassedOn()
        keep_an_administrator(session, member)
        with everything(session):
            stood = succession.before(installation, session, person)
        was, member.role = member.role, role
        name = member.person.name or member.person.email
        note(session, installation, actor, "person.role", person=person, name=name, was=was, role=role)
        with everything(session):
            passed = succession.settle(installation, session, actor, stood, name)
    installation.wake()
    return passed


def remove_person(installation: Installation, actor: Actor, person: int) -> PassedOn:
    """Remove a person from the workspace. A person without any workspace can no longer sign in. What they did stays on
    record; what waited for them is passed on to others and returned. Raises :class:`Conflict` where no one would be
    left to approve an item.
    """
    actor.require("administer")
    with installation.store.write(EVERY_WORKSPACE) as session:
        member = member_of(session, actor, person)
        keep_an_administrator(session, member)
        gone = member.person
        with narrowed(session, actor.workspace):
            stood = succession.before(installation, session, person)
        _revoke_keys(session, installation, actor.workspace, person)
        session.delete(member)
        session.flush()
        if not session.scalar(select(func.count(Membership.id)).where(Membership.person_id == person)):
            gone.active, gone.stamp = False, new_token(16)
            for row in session.scalars(select(SignIn).where(SignIn.person_id == person)):
                session.delete(row)
        note(session, installation, actor, "person.removed", person=person, name=gone.name or gone.email)
        with narrowed(session, actor.workspace):
            passed = succession.settle(installation, session, actor, stood, gone.name or gone.email)
    installation.wake()
    return passed


def _revoke_keys(session: Session, installation: Installation, workspace: int, person: int) -> None:
    for kind in (ApiToken, Feed):
        open_ones = (kind.workspace_id == workspace) & (kind.person_id == person) & kind.revoked_at.is_(None)
        session.execute(update(kind).where(open_ones).values(revoked_at=installation.now()))
    both = (Deputy.person_id == person) | (Deputy.deputy_id == person)
    for deputy in session.scalars(select(Deputy).where(Deputy.workspace_id == workspace, both)):
        session.delete(deputy)


def deactivate(installation: Installation, workspace: Workspace, email: str) -> None:
    """Shut a person out at once, everywhere: sessions end, tokens stop. They stay in the record and in the list."""
    row = machine_admin.member(installation, workspace, email)
    with installation.store.write(EVERY_WORKSPACE) as session:
        locks.row(session, Workspace, workspace.id)
        if row.role == "administrator" and not _other_administrators(session, workspace, row.person_id):
            raise Conflict(N_("There must be at least one administrator. Make somebody else one first."), "--email")
        person = session.get_one(Person, row.person_id)
        places = list(session.scalars(select(Membership.workspace_id).where(Membership.person_id == person.id)))
        stood = {}
        for place in places:
            with narrowed(session, place):
                stood[place] = succession.before(installation, session, person.id)
        person.active = False
        for token in session.scalars(select(ApiToken).where(ApiToken.person_id == person.id)):
            token.revoked_at = token.revoked_at or installation.now()
        note(
            session,
            installation,
            machine_admin.actor(workspace),
            "person.deactivated",
            person=person.id,
            name=person.name or person.email,
        )
        for place, was in stood.items():  # pending items never prevent an account from being closed
            with narrowed(session, place):
                by = Actor(None, COMMAND_LINE, place, "administrator", "cli")
                succession.settle(installation, session, by, was, person.name or person.email, refuse=False)


def _other_administrators(session: Session, workspace: Workspace, person: int) -> bool:
    others = (
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.workspace_id == workspace.id,
            Membership.role == "administrator",
            Person.active,
            Person.id != person,
        )
    )
    return session.scalar(others.limit(1)) is not None

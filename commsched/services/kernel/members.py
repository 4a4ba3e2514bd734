"""Who works in an office, as every use case asks it: its members by permission, and the office itself."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.access.roles import GRANTS, Permission
from commsched.core.text.messages import N_, NotFound
from commsched.services.kernel.context import Actor
from commsched.store.models import Membership, Person, Workspace


def people_with(session: Session, permission: Permission) -> set[int]:
    """The active members whose role grants ``permission``."""
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    rows = session.scalars(select(Membership).where(Membership.role.in_(roles)))
    return {row.person_id for row in rows if row.person.active}


def addresses_with(session: Session, permission: Permission) -> list[tuple[str, str]]:
    """The e-mail address and the name of each member in :func:`people_with`, by name."""
    people = session.execute(select(Person.email, Person.name).where(Person.id.in_(people_with(session, permission))))
    return sorted(((email, name or email) for email, name in people), key=lambda person: person[1].casefold())


def workspace_of(session: Session, actor: Actor) -> Workspace:
    workspace = session.get(Workspace, actor.workspace)
    if workspace is None:
        raise NotFound(N_("There is no such office."))
    return workspace

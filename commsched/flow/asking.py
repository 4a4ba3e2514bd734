"""Whose turn it is to say yes, and how they are asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval import current_step
from commsched.core.authorship import fields, writers
from commsched.core.roles import GRANTS
from commsched.flow import links_out
from commsched.flow.clearance import read_policy, said_of
from commsched.flow.context import Office
from commsched.store.models import Deputy, Item, Membership, Revision


def principals(session: Session, person: int, now: datetime) -> list[int]:
    """Those whose deputy ``person`` is at ``now``."""
    during = (Deputy.deputy_id == person, Deputy.starts_at <= now, Deputy.ends_at > now)
    return list(session.scalars(select(Deputy.person_id).where(*during)))


def deputies(session: Session, people: set[int], now: datetime) -> set[int]:
    """Those who stand in for any of ``people`` at ``now``."""
    during = (Deputy.person_id.in_(people), Deputy.starts_at <= now, Deputy.ends_at > now)
    return set(session.scalars(select(Deputy.deputy_id).where(*during)))


def people_with(session: Session, permission: str) -> set[int]:
    """The active members whose role grants ``permission``."""
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    rows = session.scalars(select(Membership).where(Membership.role.in_(roles)))
    return {row.person_id for row in rows if row.person.active}


def asked(office: Office, session: Session, item: Item, revision: Revision) -> set[int]:
    """Who can say yes to ``revision`` right now, deputies included, its writers left out."""
    policy = read_policy(item.policy)
    step = current_step(policy, said_of(session, item.id), revision.hash)
    if step is None:
        return set()
    able = people_with(session, "approve")
    own = set() if policy.own else writers_of(session, item, revision)
    named = set(policy.steps[step].people)
    if named:
        return ((named | deputies(session, named, office.now())) & able) - own
    # an administrator can decide too, but is bothered only if no approver is left
    leaders = approvers(session)
    return ((leaders | deputies(session, leaders, office.now())) & able) - own or able - own


def writers_of(session: Session, item: Item, revision: Revision) -> set[int]:
    """Whose words these are: whoever began the item, and whoever wrote any of them by ``core.authorship``."""
    until = (Revision.item_id == item.id, Revision.number <= revision.number)
    began = {item.author_id} if item.author_id else set()
    people = set(session.scalars(select(Revision.author_id).where(*until).distinct())) - {None}
    if people <= began:  # the usual case, and the history need not be read
        return began
    saved = session.execute(select(Revision.author_id, Revision.content).where(*until).order_by(Revision.number))
    return began | writers((author, fields(content)) for author, content in saved.yield_per(20))


def approvers(session: Session) -> set[int]:
    """The active members with the role of approver."""
    rows = session.scalars(select(Membership).where(Membership.role == "approver"))
    return {row.person_id for row in rows if row.person.active}


def ask(office: Office, session: Session, item: Item, revision: Revision, kind: str = "asked_to_approve") -> None:
    """Send everyone whose turn it is a notice with a link of their own."""
    for person in sorted(asked(office, session, item, revision)):
        links_out.send(office, session, item, revision, person, kind)

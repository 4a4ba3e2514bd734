"""What a new office still lacks, read from what is true in the store: nothing here is ticked by hand."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from commsched.core.access.roles import GRANTS
from commsched.services.accounts import invitations
from commsched.services.accounts.policies import from_policy
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Channel, Item, Membership, Person, Workspace

DISMISSED: Final = "first_day_dismissed"
"""The key among an office's settings under which an administrator put the card away."""
_APPROVING: Final = tuple(role for role, granted in GRANTS.items() if "approve" in granted)


class Newcomer(msgspec.Struct, frozen=True):
    """Somebody who may approve beside the reader. ``link`` is where they choose a password; empty once they have."""

    id: int
    name: str
    email: str
    link: str = ""


class FirstDay(msgspec.Struct, frozen=True):
    """The five rows. Each is true when the store says so."""

    named: bool
    seen: bool
    """Whether there is a channel."""
    approved: bool
    """Whether somebody else may approve, or nobody needs to."""
    mailed: bool
    written: bool
    """Whether anything has left the drafts."""
    approver: Newcomer | None = None

    @property
    def done(self) -> int:
        return sum((self.named, self.seen, self.approved, self.mailed, self.written))


ROWS: Final = 5


def read(installation: Installation, actor: Actor) -> FirstDay | None:
    """The card for an administrator; ``None`` where all is done, or the card was put away."""
    with installation.store.read(actor.workspace) as session:
        row = session.execute(
            select(
                Workspace.settings,
                Workspace.policy,
                Workspace.is_demo,
                select(Person.name).where(Person.id == actor.person).scalar_subquery(),
                exists(select(Channel.id).where(Channel.state != "archived")),
                exists(select(Item.id).where(Item.state != "draft")),
            ).where(Workspace.id == actor.workspace)
        ).one()
        settings, policy, is_demo, name, seen, written = row
        if is_demo or settings.get(DISMISSED):
            return None
        approver = _other_approver(session, actor)
    link = ""
    if approver is not None and not approver.password_hash:
        link = invitations.link_for_newcomer(installation, actor, approver.id)
    free = not from_policy(policy).steps
    mailed = installation.mailer.reaches()
    card = FirstDay(bool(name), seen, free or approver is not None, mailed, written, _shown(approver, link))
    return None if card.done == ROWS else card


def _other_approver(session: Session, actor: Actor) -> Person | None:
    """The first who was let in to approve, beside the actor; one with a password comes first."""
    rows = session.scalars(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.role.in_(_APPROVING), Membership.person_id != actor.person, Person.active)
        .order_by(Person.password_hash == "", Membership.id)
        .limit(1)
    )
    member = rows.unique().first()
    return member.person if member else None


def _shown(person: Person | None, link: str) -> Newcomer | None:
    return Newcomer(person.id, person.name or person.email, person.email, link) if person else None


def dismiss(installation: Installation, actor: Actor) -> None:
    """Put the card away for the whole office."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        row.settings = row.settings | {DISMISSED: True}

"""Passing on what waited for a person who has left or has another role; policies that name them are corrected."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import ONE_APPROVER, Policy, Step, current_step, possible
from commsched.core.text.messages import N_, Conflict
from commsched.services.accounts.policies import to_policy
from commsched.services.approval import rounds
from commsched.services.approval.approvers import Turn, ask, names, turn
from commsched.services.approval.clearance import read_policy, said_of
from commsched.services.content import items
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.workflow import approve
from commsched.store.models import Channel, Item, Workspace

_OPEN: Final = or_(
    Item.state == "in_review",
    and_(Item.state == "held", Item.reason == "unapproved", Item.submitted_at.is_not(None)),
)


class Before(msgspec.Struct, frozen=True):
    """How the office stood before the change."""

    person: int
    able: frozenset[int]
    turns: dict[int, Turn]
    """Whose turn it was, item by item."""


class PassedOn(msgspec.Struct, frozen=True):
    """How many items had waited for the person, and who decides about them now."""

    items: int = 0
    names: str = ""


def before(installation: Installation, session: Session, person: int) -> Before:
    """Read how the office stands. Call it before the change, with a ``session`` scoped to the workspace."""
    turns = {item.id: turn(installation, session, item, items.current(session, item)) for item in _open_items(session)}
    return Before(person, frozenset(people_with(session, "approve")), turns)


def _open_items(session: Session) -> list[Item]:
    return list(session.scalars(select(Item).where(_OPEN).order_by(Item.id).with_for_update()))


def settle(
    installation: Installation, session: Session, actor: Actor, was: Before, name: str, *, refuse: bool = True
) -> PassedOn:
    """Pass on what waited. Call it after the change, in the same transaction.

    Raises :class:`Conflict` where no one is left to decide about an item, unless ``refuse`` is off: then Today shows
    the item in red.
    """
    session.flush()
    able = people_with(session, "approve")
    if was.able - able:
        _set_policies_right(installation, session, actor, was, able, name, refuse)
    moved, now_asked = 0, set[int]()
    for item in _open_items(session):
        old, revision = was.turns.get(item.id, Turn()), items.current(session, item)
        rounds.go_on(session, item, revision)
        if current_step(read_policy(item.policy), said_of(session, item.id), revision.hash) is None:
            approve.advance(installation, session, actor, item, revision)
            continue
        new = turn(installation, session, item, revision)
        if new.stuck and not old.stuck and refuse:
            raise Conflict(
                N_(
                    "“%(title)s” waits for %(name)s, and nobody else here could decide. Let somebody else in "
                    "first, or take it back."
                ),
                "role",
                title=item.title[:80],
                name=name,
            )
        waits, waited = new.asked | new.acceptors, old.asked | old.acceptors
        if was.person in waited and was.person not in waits and waits:
            moved, now_asked = moved + 1, now_asked | waits
            note(session, installation, actor, "approval.passed_on", item.id, name=name, names=names(session, waits))
        if (new.asked, new.acceptors) != (old.asked, old.acceptors):
            ask(installation, session, item, revision)
    return PassedOn(moved, names(session, now_asked))


def _set_policies_right(
    installation: Installation, session: Session, actor: Actor, was: Before, able: set[int], name: str, refuse: bool
) -> None:
    workspace = members.workspace_of(session, actor)
    for row in (workspace, *session.scalars(select(Channel))):
        old = read_policy(row.policy)
        new = _without(old, able)
        if refuse and possible(old, was.able) and not possible(new, able):
            raise Conflict(
                N_(
                    "The rule for who must approve cannot be followed without %(name)s. Change the rule "
                    "first, or let somebody else in."
                ),
                "role",
                name=name,
            )
        if new != old:
            row.policy = to_policy(new)
            if isinstance(row, Workspace):
                note(session, installation, actor, "workspace.policy", policy=row.policy)
            else:
                note(session, installation, actor, "channel.policy", channel=row.id, name=row.name, policy=row.policy)


def _without(policy: Policy, able: set[int]) -> Policy:
    """``policy`` without those who may not approve. A step that only they could fill passes to any approver."""
    steps = []
    for step in policy.steps:
        people = [person for person in step.people if person in able]
        gone = people != step.people
        steps.append(msgspec.structs.replace(step, people=people) if people or not gone else Step())
    lone = [step for step in steps if step.people] or ONE_APPROVER.steps if steps else []
    # of several "any approver" those that only a lost name made are one
    return msgspec.structs.replace(policy, steps=steps if steps == policy.steps else lone)

"""A round of approval: the policy that those who are here can fulfil, the yeses that a new time outgrows."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from commsched.core.approval.rules import LETS_OUT, Policy, fitted, inside, standing
from commsched.core.text.messages import N_, Conflict
from commsched.services.approval import approvers
from commsched.services.approval.clearance import policy_for, read_policy, said_of
from commsched.services.content import times
from commsched.services.kernel import confidants, members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.store.models import Decision, Item, Revision


class Nobody(Conflict):
    """No one in this office could approve it; ``closed``: no one whom a confidential item names."""

    code = "nobody"

    def __init__(self, closed: bool = False) -> None:
        super().__init__(
            N_(
                "Nobody who may see this can approve it the way the office wants it approved. Name those who must "
                "approve it too."
            )
            if closed
            else N_(
                "Nobody here could approve this: whoever may has written some of it. Let somebody else in under "
                "People, "
                "or let it out without approval."
            )
        )


def fit(session: Session, item: Item, revision: Revision, policy: Policy) -> Policy:
    """``policy`` as those who are here can fulfil it for ``revision``. Whom a confidential item names changes nothing:
    a writer chooses who reads it, and never who approves it."""
    own = set() if policy.own else approvers.writers_of(session, item, revision)
    said = standing(said_of(session, item.id), revision.hash)
    return fitted(policy, members.people_with(session, "approve"), own, said)


def begin(session: Session, actor: Actor, item: Item, revision: Revision) -> Policy:
    """Take today's policy for ``item``, and keep it with it."""
    policy = fit(session, item, revision, policy_for(session, workspace_of(session, actor), revision))
    item.policy = msgspec.to_builtins(policy)
    return policy


def go_on(session: Session, item: Item, revision: Revision) -> None:
    """Fit the policy that the item was submitted under to those who are here now."""
    item.policy = msgspec.to_builtins(fit(session, item, revision, read_policy(item.policy)))


def refuse_nobody(installation: Installation, session: Session, item: Item, revision: Revision) -> None:
    """Raise :class:`Nobody` where the item would wait for an approval that no one can give."""
    if approvers.turn(installation, session, item, revision).stuck:
        raise Nobody(confidants.is_closed(item))


def lapse(installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision) -> bool:
    """Set aside the yeses that do not cover the times that are left; whether there were any. The others stand."""
    if item.publish_at is None:
        return False
    said = standing(said_of(session, item.id), revision.hash)
    slots = times.chosen(times.left(session, item, installation.now()))
    over = [
        decision
        for decision in said
        if decision.verdict in LETS_OUT
        and not all(inside(slot.at, (decision.window_start, decision.window_end)) for slot in slots)
    ]
    for decision in over:
        session.add(
            Decision(
                workspace_id=item.workspace_id,
                item_id=item.id,
                revision_id=revision.id,
                hash=revision.hash,
                verdict="lapse",
                step=decision.step,
                person_id=decision.human,
                at=installation.now(),
                via=actor.via,
                in_place_of=decision.person if decision.person != decision.human else None,
            )
        )
    session.flush()
    if over:
        note(
            session,
            installation,
            actor,
            "approval.lapsed",
            item.id,
            names=approvers.names(session, {decision.human for decision in over}),
        )
    return bool(over)

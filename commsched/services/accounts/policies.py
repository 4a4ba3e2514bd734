"""Who must approve, as an office sets it: kept as JSON with workspace or channel, checked against its people."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.access.roles import may
from commsched.core.approval.rules import Policy, possible
from commsched.core.text.messages import N_, Invalid
from commsched.store.models import Membership

MOST_STEPS: Final = 4


def to_policy(policy: Policy) -> dict[str, object]:
    """A policy as it is stored."""
    plain: dict[str, object] = msgspec.to_builtins(policy)
    return plain


def from_policy(stored: dict[str, object]) -> Policy:
    """A stored policy; an empty one needs no approval."""
    return msgspec.convert(stored, Policy)


def check_policy(session: Session, policy: Policy) -> Policy:
    """The policy, if every one it names approves here. ``session`` must be scoped to the workspace."""
    if len(policy.steps) > MOST_STEPS:
        raise Invalid(N_("At most %(most)s steps."), "policy", most=MOST_STEPS)
    roles = {member.person_id: member.role for member in session.scalars(select(Membership)).unique()}
    for step in policy.steps:
        if any(not may(roles.get(person, ""), "approve") for person in step.people):
            raise Invalid(N_("Only people who approve here can stand in a policy."), "policy")
        if step.need == "all" and not step.people:
            raise Invalid(N_("Choose at least one person who must approve."), "policy")
    able = {number for number, role in roles.items() if may(role, "approve")}
    if not possible(policy, able):
        raise Invalid(
            N_(
                "That takes more different people than there are: one person counts once, whatever the number of steps."
            ),
            "policy",
        )
    return policy

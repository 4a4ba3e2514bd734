"""Whether a hash may go out, and when: the stored decisions, read by the rules of ``core.approval.rules``."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import CastDecision, Policy, Verdict, cleared, strictest, window
from commsched.store.models import Channel, Decision, Item, Revision, Workspace


def policy_for(session: Session, workspace: Workspace, revision: Revision) -> Policy:
    """The strictest of the workspace's policy and those of the channels the revision goes to."""
    wanted = [channel.channel for channel in revision.parsed().channels]
    rows = session.scalars(select(Channel.policy).where(Channel.id.in_(wanted)))
    policies = [read_policy(workspace.policy), *[read_policy(row) for row in rows if row]]
    return strictest(policies)


def read_policy(stored: dict[str, object]) -> Policy:
    return msgspec.convert(stored or {}, Policy)


def said_of(session: Session, item_id: int) -> list[CastDecision]:
    """Every decision on the item, as the rules see them."""
    rows = session.scalars(select(Decision).where(Decision.item_id == item_id).order_by(Decision.id))
    return [as_said(row) for row in rows]


def as_said(row: Decision) -> CastDecision:
    """A stored decision as the rules see it."""
    return CastDecision(
        hash=row.hash,
        verdict=cast(Verdict, row.verdict),
        person=row.in_place_of or row.person_id,
        by=row.person_id,
        at=row.at,
        step=row.step,
        window_start=row.window_start,
        window_end=row.window_end,
    )


def clearance(session: Session, item: Item, content_hash: str) -> tuple[datetime | None, datetime | None] | None:
    """The window in which ``content_hash`` may go out, or ``None`` where no approval stands."""
    clearing = cleared(read_policy(item.policy), said_of(session, item.id), content_hash)
    return None if clearing is None else window(clearing)

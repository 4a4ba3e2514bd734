"""Figures over the whole installation, for machines that watch it: counts and ages, never content."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select

from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.services.kernel.heartbeats import CLOCK
from commsched.services.kernel.overdue import overdue
from commsched.store.models import Attempt, Delivery, Heartbeat, Workspace
from commsched.store.session import EVERY_WORKSPACE

OUTCOMES: Final = ("published", "retry", "rejected", "unknown", "absent")


class Figures(msgspec.Struct, frozen=True):
    """Ages and lags in seconds."""

    deliveries: dict[str, int]
    attempts: dict[str, int]
    """By outcome; the empty one is for those under way."""
    lag: float
    """How long the oldest delivery has been due in an office that is not paused."""
    heartbeat_age: float | None
    """``inf`` where the clock's last tick lies in the future: the computer's clock was set back since."""
    paused: int
    overdue: int = 0
    """What waits past its time although nothing keeps it."""
    trouble: str = ""
    """Why nothing is published, a code; empty while the scheduler goes."""


def figures(installation: Installation) -> Figures:
    """Count now."""
    now = installation.now()
    due = (
        select(func.min(Delivery.next_at))
        .join(Workspace, Workspace.id == Delivery.workspace_id)
        .where(Delivery.next_at <= now, Delivery.state == "waiting", Workspace.paused_at.is_(None))
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        deliveries = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
        attempts = session.execute(select(Attempt.outcome, func.count()).group_by(Attempt.outcome)).all()
        oldest = session.scalar(due)
        beat = session.scalar(select(Heartbeat.at).where(Heartbeat.name == CLOCK))
        paused = session.scalar(select(func.count(Workspace.id)).where(Workspace.paused_at.is_not(None))) or 0
        late, trouble = len(overdue(session, now)), heartbeats.trouble(session, now)
    return Figures(
        deliveries={row[0]: row[1] for row in deliveries},
        attempts={row[0]: row[1] for row in attempts},
        lag=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        heartbeat_age=_age(beat, now),
        paused=paused,
        overdue=late,
        trouble=trouble,
    )


def _age(beat: datetime | None, now: datetime) -> float | None:
    if beat is None:
        return None
    return max(0.0, (now - beat).total_seconds()) if now - beat > -heartbeats.AHEAD else float("inf")

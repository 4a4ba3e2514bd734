"""Whose turn it is to be asked: one channel at a time, claimed before it is asked, so that two engines ask once.

What is asked here publishes nothing. A network that is silent is asked again later, and a channel that rests (a rate
limit) is left in peace.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commsched.core.platform.contract import Capability
from commsched.services.kernel.context import Installation
from commsched.services.upkeep.calling import reaches
from commsched.store import locks
from commsched.store.models import Channel, Delivery, Listening, Part, Workspace
from commsched.store.session import EVERY_WORKSPACE

Question = Literal["figures", "replies", "recent"]
NEEDS: Final[dict[Question, Capability]] = {"figures": "metrics", "replies": "replies", "recent": "recent"}
AT: Final = {"figures": Listening.figures_at, "replies": Listening.replies_at, "recent": Listening.recent_at}
EVERY: Final[dict[Question, timedelta]] = {
    "figures": timedelta(minutes=20),
    "replies": timedelta(minutes=15),
    "recent": timedelta(hours=2),
}
"""How often a channel is asked."""
LATER: Final = timedelta(minutes=30)
"""When one that did not answer is asked again."""
MOST: Final = 100
"""Publications that are asked about at once."""


class Turn(msgspec.Struct, frozen=True):
    """A channel that this process asks now."""

    channel: Channel
    place: Workspace
    row: Listening


class Ours(msgspec.Struct, frozen=True):
    """One published part."""

    part: int
    item: int
    remote_id: str


def arrange(installation: Installation) -> None:
    """See to it that every channel has its row, with a moment for each question that its platform answers."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(
            select(Channel, Workspace, Listening)
            .join(Workspace, Workspace.id == Channel.workspace_id)
            .outerjoin(Listening, Listening.channel_id == Channel.id)
            .where(Channel.state != "archived")
        ).all()
        known = installation.platform_keys()
        wrong = [
            channel.id
            for channel, place, row in rows
            if channel.platform in known and _asked(row) != _wanted(installation, channel, place)
        ]
    for number in wrong:
        _arrange_one(installation, number)


def _wanted(installation: Installation, channel: Channel, place: Workspace) -> set[Question]:
    can = installation.platform(channel.platform).can
    if place.is_demo and not installation.platform(channel.platform).own:
        return set()
    return {question for question, needs in NEEDS.items() if needs in can}


def _asked(row: Listening | None) -> set[Question]:
    return {question for question in NEEDS if row is not None and getattr(row, f"{question}_at") is not None}


def _arrange_one(installation: Installation, number: int) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        channel = session.scalar(locks.rows(select(Channel).where(Channel.id == number)))
        if channel is None:
            return
        row = session.get(Listening, number)
        if row is None:
            row = Listening(channel_id=number, workspace_id=channel.workspace_id, trouble="")
            session.add(row)
        wanted = _wanted(installation, channel, session.get_one(Workspace, channel.workspace_id))
        for question in NEEDS:
            before = getattr(row, f"{question}_at")
            now = installation.now()
            setattr(row, f"{question}_at", (before or now) if question in wanted else None)


def claim(installation: Installation, question: Question) -> Turn | None:
    """The channel that has waited longest to be asked this, if any is due; its next turn is set at once."""
    now, column = installation.now(), AT[question]
    due = (
        select(Listening)
        .join(Channel, Channel.id == Listening.channel_id)
        .where(column <= now, Channel.state == "ok", or_(Channel.not_before.is_(None), Channel.not_before <= now))
        .order_by(column, Listening.channel_id)
        .limit(1)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(due) is None:
            return None
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.scalar(due.with_for_update(of=Listening, skip_locked=True))
        if row is None:
            return None
        setattr(row, f"{question}_at", now + EVERY[question])
        channel = session.get_one(Channel, row.channel_id)
        place = session.get_one(Workspace, row.workspace_id)
        return Turn(channel, place, row) if reaches(installation, channel, place) else None


def ours(session: Session, installation: Installation, channel: int, back: timedelta) -> list[Ours]:
    """The newest parts that a channel has published in the time ``back`` from now, newest first."""
    since = installation.now() - back
    rows = session.execute(
        select(Part.id, Delivery.item_id, Part.remote_id)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .where(Delivery.channel_id == channel, Delivery.due_at >= since)
        .where(Part.state == "published", Part.remote_id != "", Part.role != "recipient")
        .order_by(Delivery.due_at.desc(), Part.id.desc())
        .limit(MOST)
    )
    return [Ours(row[0], row[1], row[2]) for row in rows]

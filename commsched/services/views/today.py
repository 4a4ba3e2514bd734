"""What the first page says: what needs a person, what went out today and goes out next, and the week ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.platform.channel_state import WARN
from commsched.core.text.messages import Message
from commsched.services.approval import comments
from commsched.services.approval.approvers import Turn, turn
from commsched.services.content.items import current
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.display_state import states
from commsched.services.kernel.heartbeats import skew, wrong_time
from commsched.services.kernel.members import workspace_of
from commsched.services.kernel.overdue import Late, overdue
from commsched.services.media.consent_expiry import Ending, ending
from commsched.services.notices import shifted_times
from commsched.services.views.item_view import names
from commsched.store.models import Channel, Delivery, Item, Part

MOST: Final = 50
"""Rows in one list."""


class Stopped(msgspec.Struct, frozen=True):
    """A delivery that did not go out, or that nobody knows about."""

    id: int
    item: int
    title: str
    channel: str
    platform: str
    state: str
    reason: str
    detail: str
    due: datetime
    out: int
    parts: int

    @property
    def by_pause(self) -> bool:
        return self.state == "held" and self.reason == "paused"


class TimelineItem(msgspec.Struct, frozen=True):
    """One item in the line of time, with the channels it went or goes to: (id, name, platform, state, url)."""

    item: int
    title: str
    kind: str
    state: str
    at: datetime
    channels: tuple[tuple[int, str, str, str, str], ...]


class Now(msgspec.Struct, frozen=True):
    """Everything the first page shows."""

    to_approve: list[Item]
    mine: frozenset[int]
    """Of those, the ones that wait for whoever looks."""
    waits_for: dict[int, list[str]]
    """Who can move each of them on; nobody, where nobody can."""
    to_accept: frozenset[int]
    """Those that wait for the reader to accept what somebody else wrote."""
    stuck: frozenset[int]
    """Those that nobody could move on."""
    spoken: list[comments.UnreadTalk]
    """What was said to the reader and not seen yet."""
    sent_back: list[Item]
    unscheduled: list[Item]
    held: list[Item]
    """Held before it had any delivery: still unapproved at its time, or late."""
    stopped: list[Stopped]
    channels: list[Channel]
    """Whose access has died or soon will."""
    consents: list[Ending]
    """Pictures in use whose consent soon ends, or has ended while something waits with them."""
    today: list[TimelineItem]
    ahead: list[TimelineItem]
    late: list[Late]
    """What should have gone out, and waits although nothing keeps it."""
    shifted: int
    """How many planned times now mean another moment than was meant."""
    wrong_time: Message | None
    """Said where this computer's clock is not the platforms'."""

    @property
    def waiting(self) -> int:
        """How many things whoever looks can do something about; all that a pause stopped is one."""
        items = len(self.to_approve) - len(self.elsewhere) + len(self.sent_back) + len(self.unscheduled)
        items += len(self.held) + len(self.channels) + len(self.consents) + bool(self.wrong_time) + bool(self.shifted)
        items += len(self.spoken) + len(self.late)
        return items + sum(not one.by_pause for one in self.stopped) + bool(self.paused)

    @property
    def elsewhere(self) -> list[Item]:
        """What waits for somebody else's yes."""
        own = self.mine | self.to_accept | self.stuck
        return [one for one in self.to_approve if one.id not in own]

    @property
    def paused(self) -> set[int]:
        """The items that fell due during a pause."""
        return {one.item for one in self.stopped if one.by_pause}


def read_today(installation: Installation, actor: Actor, start: datetime, end: datetime, until: datetime) -> Now:
    """The page of the day [``start``, ``end``), and what follows before ``until``."""
    actor.require("read")
    now = installation.now()
    with installation.store.read(actor.workspace) as session:
        waiting = _items(session, Item.state == "in_review")
        turns = {one.id: turn(installation, session, one, current(session, one)) for one in waiting}
        whose = {number: one.asked | one.acceptors for number, one in turns.items()}
        called = names(session, {person for people in whose.values() for person in people})
        return Now(
            to_approve=waiting,
            mine=_where(turns, lambda one: actor.person in one.asked),
            waits_for={number: sorted(called[one] for one in people) for number, people in whose.items()},
            to_accept=_where(turns, lambda one: actor.person in one.acceptors),
            stuck=_where(turns, lambda one: one.stuck),
            spoken=comments.unread(session, actor.person, MOST),
            sent_back=_items(session, Item.state == "changes_requested"),
            unscheduled=_items(session, Item.state == "approved"),
            held=_items(session, Item.state == "held", Item.id.not_in(_with_stopped())),
            stopped=_stopped(session),
            channels=_channels(session, now),
            consents=ending(session, now),
            today=_lines(session, start, end, now),
            ahead=_lines(session, end, until, now),
            late=overdue(session, now, MOST),
            shifted=len(shifted_times.waiting(session, workspace_of(session, actor), now)),
            wrong_time=wrong_time(off) if (off := skew(session, now)) else None,
        )


def _where(turns: dict[int, Turn], wanted: Callable[[Turn], bool]) -> frozenset[int]:
    return frozenset(number for number, one in turns.items() if wanted(one))


def _items(session: Session, *where: Any) -> list[Item]:
    return list(
        session.scalars(select(Item).where(*where).order_by(Item.publish_at.nulls_first(), Item.id).limit(MOST))
    )


_STOPPED: Final = Delivery.state.in_(("held", "failed", "unknown"))


def _with_stopped() -> Any:
    return select(Delivery.item_id).where(_STOPPED)


def _stopped(session: Session) -> list[Stopped]:
    out = func.count(Part.id).filter(Part.state == "published")
    found = (
        select(
            Delivery.id,
            Delivery.item_id,
            Item.title,
            Channel.name,
            Channel.platform,
            Delivery.state,
            Delivery.reason,
            Delivery.detail,
            Delivery.due_at,
            out,
            func.count(Part.id),
        )
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .outerjoin(Part, Part.delivery_id == Delivery.id)
        .where(_STOPPED)
        .group_by(Delivery.id, Item.id, Channel.id)
        .order_by(Delivery.due_at.desc(), Delivery.id)
        .limit(MOST)
    )
    # what asks for an answer stands first: it may already be out
    return sorted((Stopped(*row) for row in session.execute(found)), key=lambda one: one.state != "unknown")


def _channels(session: Session, now: datetime) -> list[Channel]:
    dying = and_(Channel.state == "ok", Channel.token_expires_at <= now + WARN)
    found = select(Channel).where(or_(Channel.state == "broken", dying))
    found = found.order_by(Channel.token_expires_at.nulls_first(), Channel.id)
    return list(session.scalars(found.limit(MOST)))


def _lines(session: Session, start: datetime, end: datetime, now: datetime) -> list[TimelineItem]:
    """The items of a span, with their deliveries, in a few statements."""
    shown = select(Item).where(Item.publish_at >= start, Item.publish_at < end, Item.state != "cancelled")
    items = list(session.scalars(shown.order_by(Item.publish_at, Item.id).limit(4 * MOST)))
    names = {row.id: row for row in session.scalars(select(Channel))}
    rows: dict[int, dict[int, Any]] = {}
    sent = select(Delivery).where(Delivery.item_id.in_([item.id for item in items]), Delivery.state != "cancelled")
    for row in session.scalars(sent.order_by(Delivery.id)):
        rows.setdefault(row.item_id, {})[row.channel_id] = row
    told = states(session, [item.id for item in items], now)
    return [_line(item, told.get(item.id, item.state), names, rows.get(item.id, {})) for item in items]


def _line(item: Item, state: str, names: dict[int, Channel], rows: dict[int, Any]) -> TimelineItem:
    wanted: Sequence[int] = [int(one) for one in item.channels.split(",") if one]
    made = []
    for number in wanted:
        channel, row = names.get(number), rows.get(number)
        if channel is not None:
            made.append((number, channel.name, channel.platform, row.state if row else "", row.url if row else ""))
    assert item.publish_at is not None
    return TimelineItem(item.id, item.title, item.kind, state, item.publish_at, tuple(made))

"""What the first page says: what needs a person, what went out today and goes out next, and the week ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, defer

from commsched.core.access.roles import may
from commsched.core.platform.channel_state import WARN
from commsched.core.timing.plan import Plan
from commsched.platforms import by_person_keys
from commsched.services.approval import comments, release_reviews
from commsched.services.approval.approvers import Turn, turns
from commsched.services.approval.roster import Roster, read_roster
from commsched.services.content import times
from commsched.services.content.check import Around
from commsched.services.hands.tasks import OpenTask, open_tasks
from commsched.services.inbox import mailboxes, messages
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.display_state import shown
from commsched.services.kernel.heartbeats import SKEW, skew_of, wrong_time
from commsched.services.kernel.overdue import any_late, overdue
from commsched.services.mailing import condition
from commsched.services.media.consent_expiry import SOON, ending
from commsched.services.notices import shifted_times
from commsched.services.review import proposals
from commsched.services.views.first_page import Now, Stopped, TimelineItem
from commsched.store.models import (
    Channel,
    ChannelTime,
    Delivery,
    Heartbeat,
    Item,
    Media,
    Part,
    Proposal,
    RelayState,
    Revision,
    Workspace,
)

MOST: Final = 50
"""Rows in one list."""


def read_today(installation: Installation, actor: Actor, start: datetime, end: datetime, until: datetime) -> Now:
    """The page of the day [``start``, ``end``), and what follows before ``until``.

    It takes as many statements whatever waits; what is rare is only looked for where there is any."""
    actor.require("read")
    now = installation.now()
    with installation.store.read(actor.workspace) as session:
        known, off, rare = _around(session, actor, now)
        to_come = shifted_times.to_come(now) if shifted_times.any_seen(known.workspace) else false()
        listed = _listed(session, start, end, until, now, to_come)
        waiting = _by_time(listed, "in_review")
        roster = read_roster(session, now)
        turned = turns(session, roster, waiting)
        whose = {number: turn.asked | turn.acceptors for number, turn in turned.items()}
        planned = [row for row in listed if row.in_span]
        sent = _sent(session, [row.item.id for row in planned], rare.stopped)
        plans = times.plans(session, (row.item for row in listed))
        lines = _lines(planned, plans, known.channels, _by_item(sent), (start, until))
        return Now(
            to_approve=[item for item, _revision in waiting],
            mine=_where(turned, lambda turn: actor.person in turn.asked),
            waits_for={number: roster.called(people) for number, people in whose.items()},
            to_accept=_where(turned, lambda turn: actor.person in turn.acceptors),
            stuck=_where(turned, lambda turn: turn.stuck),
            spoken=comments.unread(session, actor.person, MOST) if rare.talk else [],
            sent_back=[item for item, _revision in _by_time(listed, "changes_requested")],
            released=[item for _task, item in release_reviews.waiting(session, actor.person, MOST)]
            if rare.released
            else [],
            proposed=_proposed(session, roster, listed) if rare.proposed else {},
            unscheduled=[item for item, _revision in _by_time(listed, "approved")],
            held=[item for item, _revision in _by_time(listed, "held")],
            stopped=_stopped(sent, known.channels),
            channels=_dying(known.channels.values(), now),
            consents=ending(session, now) if rare.consents else [],
            by_hand=_by_hand(session, actor, known.channels),
            letters=rare.letters,
            relays=condition.in_trouble(session, actor.workspace) if rare.relays else [],
            mailboxes=rare.mailboxes,
            today=[line for line in lines if line.at < end],
            ahead=[line for line in lines if line.at >= end],
            late=overdue(session, now, MOST) if rare.late else [],
            shifted=_shifted(listed, plans, known.workspace.zone, now),
            wrong_time=wrong_time(off) if off else None,
        )


def _shifted(listed: list[_Row], plans: Mapping[int, Plan], zone: str, now: datetime) -> int:
    """How many times to come the change of the clocks has shifted."""
    to_come = (row.item for row in listed if row.to_come)
    return sum(shifted_times.count_shifted(item, plans[item.id].own.values(), zone, now) for item in to_come)


def _by_hand(session: Session, actor: Actor, channels: Mapping[int, Channel]) -> list[OpenTask]:
    """What somebody is to post; asked for only where the office has such a channel."""
    posted = [number for number, channel in channels.items() if channel.platform in by_person_keys()]
    return open_tasks(session, posted, MOST) if posted and may(actor.role, "resolve") else []


def _proposed(session: Session, roster: Roster, listed: list[_Row]) -> dict[int, str]:
    """By item that was sent back, who has proposed other words for how it stands."""
    back = [(row.item.id, row.revision.hash) for row in listed if row.item.state == "changes_requested"]
    open_ones = proposals.open_ones(session, back)
    return {row.item_id: ", ".join(roster.names([row.person_id])) for row in reversed(open_ones)}


def _where(turns: dict[int, Turn], wanted: Callable[[Turn], bool]) -> frozenset[int]:
    return frozenset(number for number, turn in turns.items() if wanted(turn))


class _Rare(msgspec.Struct, frozen=True):
    """Whether there is any of what most days have nothing of."""

    consents: bool
    late: bool
    stopped: bool
    talk: bool
    proposed: bool
    released: bool
    relays: bool
    mailboxes: bool
    letters: int
    """How many letters in the inbox wait for whoever looks, or for anybody."""


def _around(session: Session, actor: Actor, now: datetime) -> tuple[Around, int, _Rare]:
    """The office with its channels, the seconds that this computer's clock is wrong, and what else is to be read."""
    rare = (
        exists().where(Media.consent_ends <= now + SOON),
        any_late(now),
        exists().where(_STOPPED),
        exists().where(*comments.marks(actor.person)),
        exists().where(Proposal.answer == ""),
        exists().where(*release_reviews.waits_for(actor.person)) if may(actor.role, "approve") else false(),
        exists().where(RelayState.trouble != "") if may(actor.role, "resolve") else false(),
        exists().where(*mailboxes.silent(now)),
        messages.waiting_for(actor.person) if may(actor.role, "resolve") else literal(0),
    )
    rows = session.execute(
        select(Workspace, Channel, Heartbeat, *rare)
        .outerjoin(Channel, Channel.workspace_id == Workspace.id)
        .outerjoin(Heartbeat, Heartbeat.name == SKEW)
        .where(Workspace.id == session.info["workspace"])
        .order_by(Channel.id)
    ).all()
    workspace, _channel, heartbeat, *flags = rows[0]
    channels = {row[1].id: row[1] for row in rows if row[1] is not None}
    return (
        Around(workspace, channels),
        skew_of(heartbeat, now),
        _Rare(*(bool(flag) for flag in flags[:-1]), *flags[-1:]),
    )


class _Row(msgspec.Struct, frozen=True):
    """An item that the page may name, as it is told now, and where."""

    item: Item
    revision: Revision
    state: str
    in_list: bool
    in_span: bool
    to_come: bool
    """Whether its wall time may have shifted."""


_LISTED: Final = ("in_review", "changes_requested", "approved", "held")
"""States of items that need somebody."""


def _listed(
    session: Session, start: datetime, end: datetime, until: datetime, now: datetime, to_come: ColumnElement[bool]
) -> list[_Row]:
    """Every item that the page names for its state or its time, at most so many of each, and such as are ``to_come``,
    in one statement. The content of their revisions is left where it is."""
    lists = [_first(MOST, Item.state == state, *_without_stopped(state)) for state in _LISTED]
    spans = [
        _first(4 * MOST, Item.publish_at >= since, Item.publish_at < to, Item.state != "cancelled")
        for since, to in ((start, end), (end, until))
    ]
    spans += [_first_own(since, to) for since, to in ((start, end), (end, until))]
    in_list, in_span = Item.id.in_(union_all(*lists)), Item.id.in_(union_all(*spans))
    rows = session.execute(
        select(Item, Revision, shown, in_list, in_span, to_come)
        .join(Revision, Revision.id == Item.revision_id)
        .where(or_(in_list, in_span, to_come))
        .order_by(Item.publish_at.nulls_first(), Item.id)
        .options(defer(Revision.content)),
        {"now": now},
    )
    return [_Row(item, revision, state, *map(bool, where)) for item, revision, state, *where in rows]


def _first(most: int, *where: ColumnElement[bool]) -> Select[tuple[int]]:
    """The ids of the first ``most`` items by time; a subquery, since a piece of a union has no limit of its own."""
    first = select(Item.id).where(*where).order_by(Item.publish_at.nulls_first(), Item.id).limit(most).subquery()
    return select(first.c.id)


def _first_own(since: datetime, to: datetime) -> Select[tuple[int]]:
    """The ids of items of which a channel's own time lies in [``since``, ``to``)."""
    at = ChannelTime.publish_at
    own = select(ChannelTime.item_id).join(Item, Item.id == ChannelTime.item_id)
    own = own.where(at >= since, at < to, Item.state != "cancelled").order_by(at, ChannelTime.id).limit(4 * MOST)
    return select(own.subquery().c.item_id)


def _without_stopped(state: str) -> list[ColumnElement[bool]]:
    """What is held with a delivery is told delivery by delivery."""
    return [~exists().where(Delivery.item_id == Item.id, _STOPPED)] if state == "held" else []


def _by_time(rows: list[_Row], state: str) -> list[tuple[Item, Revision]]:
    return [(row.item, row.revision) for row in rows if row.in_list and row.item.state == state]


_STOPPED: Final = Delivery.state.in_(("held", "failed", "unknown"))


class _Sent(msgspec.Struct, frozen=True):
    """A delivery that the page may name, with its item's title."""

    id: int
    item: int
    channel: int
    title: str
    state: str
    reason: str
    detail: str
    url: str
    due: datetime
    listed: bool
    """It stopped, and is one of the first of those."""
    out: int
    """Of one that stopped, how many of its ``parts`` are published."""
    parts: int


def _sent(session: Session, items: list[int], stopped: bool) -> list[_Sent]:
    """The deliveries of ``items`` that were not cancelled and, where there are any ``stopped``, the first of those, in
    one statement."""
    if not items and not stopped:
        return []
    parts = select(func.count(Part.id)).where(Part.delivery_id == Delivery.id, Part.state != "skipped")
    out = parts.where(Part.state == "published")
    first = select(Delivery.id).where(_STOPPED).order_by(Delivery.due_at.desc(), Delivery.id).limit(MOST).subquery()
    listed = Delivery.id.in_(select(first.c.id)) if stopped else false()
    deliveries: Select[*tuple[Any, ...]] = (
        select(
            Delivery.id,
            Delivery.item_id,
            Delivery.channel_id,
            Item.title,
            Delivery.state,
            Delivery.reason,
            Delivery.detail,
            Delivery.url,
            Delivery.due_at,
            listed,
            case((_STOPPED, out.scalar_subquery()), else_=0),
            case((_STOPPED, parts.scalar_subquery()), else_=0),
        )
        .join(Item, Item.id == Delivery.item_id)
        .where(or_(listed, and_(Delivery.item_id.in_(items), Delivery.state != "cancelled")))
        .order_by(Delivery.id)
    )
    return [_Sent(*row) for row in session.execute(deliveries)]


def _stopped(sent: list[_Sent], channels: Mapping[int, Channel]) -> list[Stopped]:
    """What asks for an answer first, since it may already be out; then what should have gone out last."""
    rows = sorted((row for row in sent if row.listed), key=lambda row: row.due, reverse=True)
    return [
        Stopped(
            row.id,
            row.item,
            row.title,
            channels[row.channel].name,
            channels[row.channel].platform,
            row.state,
            row.reason,
            row.detail,
            row.due,
            row.out,
            row.parts,
            channels[row.channel].account_url,
        )
        for row in sorted(rows, key=lambda row: row.state != "unknown")
    ]


def _dying(channels: Iterable[Channel], now: datetime) -> list[Channel]:
    """Those whose access has died or soon will, what ends first first."""
    ending_soon = [
        row
        for row in channels
        if row.state == "broken"
        or (row.state == "ok" and row.token_expires_at is not None and row.token_expires_at <= now + WARN)
    ]
    return sorted(ending_soon, key=lambda row: (row.token_expires_at is not None, row.token_expires_at or now))[:MOST]


def _by_item(sent: list[_Sent]) -> dict[int, dict[int, _Sent]]:
    """By item and channel the newest delivery."""
    ways: dict[int, dict[int, _Sent]] = {}
    for delivery in sent:
        ways.setdefault(delivery.item, {})[delivery.channel] = delivery
    return ways


def _lines(
    rows: list[_Row],
    plans: Mapping[int, Plan],
    channels: Mapping[int, Channel],
    sent: Mapping[int, Mapping[int, _Sent]],
    span: tuple[datetime, datetime],
) -> list[TimelineItem]:
    """The items of ``span``: one line for each time of an item that lies in it."""
    lines = [
        _line(row, channels, sent.get(row.item.id, {}), at, numbers)
        for row in rows
        for at, numbers in _times(row.item, plans[row.item.id])
        if span[0] <= at < span[1]
    ]
    return sorted(lines, key=lambda line: (line.at, line.item))


def _times(item: Item, plan: Plan) -> list[tuple[datetime, list[int]]]:
    """The moments at which channels of ``item`` go out, with the channels."""
    wanted = [int(number) for number in item.channels.split(",") if number]
    if not plan.own:
        return [(item.publish_at, wanted)] if item.publish_at is not None else []
    moments: dict[datetime, list[int]] = {}
    for number, slot in plan.slots.items():
        moments.setdefault(slot.at, []).append(number)
    return list(moments.items())


def _line(
    row: _Row, channels: Mapping[int, Channel], sent: Mapping[int, _Sent], at: datetime, wanted: Sequence[int]
) -> TimelineItem:
    """An item at one of its times, with what is ``sent`` of it by channel."""
    shown = [
        (number, channels[number].name, channels[number].platform, *_place(sent.get(number)))
        for number in wanted
        if number in channels
    ]
    return TimelineItem(row.item.id, row.item.title, row.item.kind, row.state, at, tuple(shown))


def _place(delivery: _Sent | None) -> tuple[str, str]:
    """Its state and its address on the network; empty where nothing has been queued. A list that some have got has not
    failed."""
    if delivery is None:
        return "", ""
    partly = delivery.out and delivery.state in ("held", "failed")
    return "partly_published" if partly else delivery.state, delivery.url

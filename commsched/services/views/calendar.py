"""What the calendar shows: one question for the items of a span, as plain tuples, and a stamp that says whether
anything has changed since a page was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from commsched.core.text.words import match, terms
from commsched.services.approval.clearance import clearance
from commsched.services.content import items, times
from commsched.services.content.times import movable as can_move
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.display_state import shown, states
from commsched.services.views import stamps
from commsched.services.views.calendar_rows import Row, split
from commsched.services.workflow.schedule import SCHEDULABLE
from commsched.store.models import (
    Channel,
    ChannelBudget,
    ChannelTime,
    Delivery,
    Item,
    Media,
    Membership,
    OutsidePost,
    Person,
    PictureUse,
)
from commsched.store.search import holds
from commsched.store.sight import reader_in, reader_of, seen
from commsched.store.types import to_micros

UNDATED: Final = 20
"""Drafts without a time that are shown beside the calendar."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "writing": ("draft", "changes_requested"),
    "review": ("in_review",),
    "approved": ("approved",),
    "scheduled": ("scheduled", "publishing"),
    "published": ("published", "partly_published"),
    "stopped": ("held", "failed", "partly_published", "publishing"),
}
"""What one filter on the page lets through."""


class CalendarFilter(msgspec.Struct, frozen=True):
    """What the page is narrowed to. Empty asks for everything but what was cancelled."""

    group: str = ""
    channel: int | None = None
    person: int | None = None
    words: str = ""


class Around(msgspec.Struct, frozen=True):
    """What stands around the items: channels (id → name, platform, state) and people (id → name)."""

    channels: dict[int, tuple[str, str, str]]
    people: dict[int, str]


# Plain tables and statements built once: the session's own narrowing costs more than the question here, so each
# statement names the workspace itself, as a parameter that is always taken from the session.
_item = Item.__table__
_channel = Channel.__table__
_member = Membership.__table__
_person = Person.__table__
_delivery = Delivery.__table__
_at = type_coerce(_item.c.publish_at, BigInteger)
_state = shown.label("state")
_marked = case((_item.c.own_times > 0, "own"), else_="")
_SOON: Final = "approved"
_soon = case((_item.c.when_approved, _SOON), else_="")
_use, _media = PictureUse.__table__, Media.__table__
_picture = func.coalesce(
    select(_media.c.sha256)
    .join_from(_use, _media, _media.c.id == _use.c.media_id)
    .where(_use.c.revision_id == _item.c.revision_id)
    .order_by(_use.c.media_id)
    .limit(1)
    .correlate(_item)
    .scalar_subquery(),
    "",
)
_COLUMNS: Final = (
    _item.c.id,
    _at,
    _state,
    _item.c.title,
    _item.c.channels,
    _item.c.kind,
    _item.c.author_id,
    _marked,
    _picture.label("picture"),
)
_LOOSE: Final = tuple(_soon if column is _marked else column for column in _COLUMNS)
_SPAN: Final = and_(_at >= bindparam("start"), _at < bindparam("end"))
_time = ChannelTime.__table__
_time_at = type_coerce(_time.c.publish_at, BigInteger)
_OWN_SPAN: Final = _item.c.id.in_(
    select(_time.c.item_id).where(
        _time.c.workspace_id == bindparam("workspace"), _time_at >= bindparam("start"), _time_at < bindparam("end")
    )
)
_outside = OutsidePost.__table__
_budget = ChannelBudget.__table__
_outside_at = type_coerce(_outside.c.at, BigInteger)
_OTHERS: Final = (
    _outside.c.workspace_id == bindparam("workspace"),
    _outside_at >= bindparam("start"),
    _outside_at < bindparam("end"),
)
_NO_TIME: Final = _item.c.publish_at.is_(None)
_workspace: BindParameter[int] = bindparam("workspace")


def _narrowed(statement: Any, wanted: CalendarFilter) -> Any:
    statement = statement.where(_item.c.workspace_id == _workspace, seen(_item.c.id))
    if wanted.group in GROUPS:
        statement = statement.where(_item.c.state.in_(GROUPS[wanted.group]))
    else:
        statement = statement.where(_item.c.state != "cancelled")
    if wanted.channel is not None:
        statement = statement.where(_item.c.channels.contains(f",{wanted.channel},", autoescape=True))
    if wanted.person is not None:
        statement = statement.where(_item.c.author_id == wanted.person)
    for term in terms(wanted.words):
        for pieces in term.needles:
            statement = statement.where(or_(*(holds(_item.c.search, piece) for piece in pieces)))
    return statement


def _having(session: Session, rows: Sequence[Row], words: str) -> Sequence[Row]:
    """Those of ``rows`` that have every word in one of its forms. The database finds what may have them."""
    looked_for = terms(words)
    if not looked_for or not rows:
        return rows
    said = select(_item.c.id, _item.c.search).where(_item.c.id.in_({row[0] for row in rows}))
    said = said.where(_item.c.workspace_id == _workspace)
    having = {number for number, text in _ask(session, said).all() if match(text, looked_for)}
    return [row for row in rows if row[0] in having]


@lru_cache(maxsize=64)
def _rows_statement(wanted: CalendarFilter) -> Any:
    at_item = _narrowed(select(*_COLUMNS).where(_SPAN), wanted)
    at_channel = _narrowed(select(*_COLUMNS).where(_OWN_SPAN, not_(_SPAN)), wanted)
    return union_all(at_item, at_channel).order_by(literal_column("2"), literal_column("1"))


@lru_cache(maxsize=64)
def _undated_statement(wanted: CalendarFilter) -> Any:
    statement = _narrowed(select(*_LOOSE).where(_NO_TIME), wanted)
    return statement.order_by(_item.c.updated_at.desc(), _item.c.id.desc()).limit(UNDATED)


def _ask(session: Session, statement: Any, **values: Any) -> Any:
    whose = {"workspace": session.info["workspace"], "reader": reader_of(session)}
    return session.connection().execute(statement, whose | values)


def rows(session: Session, start: datetime, end: datetime, wanted: CalendarFilter, now: datetime) -> Sequence[Row]:
    """What is planned in [start, end), in the order of the times, with the states as people are told them at ``now``:
    one row an item, and one for each time of an item whose channels have times of their own. One statement, no
    entities; two more where there are such items."""
    span = {"start": to_micros(start), "end": to_micros(end)}
    answer = _having(session, _ask(session, _rows_statement(wanted), **span, now=now).all(), wanted.words)
    several = [row for row in answer if row[7]]
    if not several:
        return answer
    channel = f",{wanted.channel}," if wanted.channel is not None else ","
    planned = [
        row for row in split(session, several, now) if span["start"] <= row[1] < span["end"] and channel in row[4]
    ]
    return sorted([*(row for row in answer if not row[7]), *planned], key=lambda row: (row[1], row[0]))


def undated(session: Session, wanted: CalendarFilter, now: datetime) -> Sequence[Row]:
    """What has no time yet, the latest touched first. In the place of the channels with a time of their own stands
    whether it goes out as soon as it is approved: ``approved``, or nothing."""
    return _having(session, _ask(session, _undated_statement(wanted), now=now).all(), wanted.words)


_name = func.coalesce(func.nullif(_person.c.name, ""), _person.c.email)
_around: Final = union_all(
    select(
        literal("c").label("what"),
        _channel.c.id.label("id"),
        _channel.c.name.label("name"),
        _channel.c.platform.label("platform"),
        _channel.c.state.label("state"),
    ).where(_channel.c.workspace_id == _workspace),
    select(literal("p"), _member.c.person_id, _name, literal(""), literal(""))
    .join_from(_member, _person, _person.c.id == _member.c.person_id)
    .where(_member.c.workspace_id == _workspace),
)


def around(session: Session) -> Around:
    """The office's channels and people, in one statement."""
    answer = _ask(session, _around).all()
    return Around(
        {row.id: (row.name, row.platform, row.state) for row in answer if row.what == "c"},
        dict(sorted(((row.id, row.name) for row in answer if row.what == "p"), key=lambda named: named[1].casefold())),
    )


@lru_cache(maxsize=64)
def _stamp_statement(wanted: CalendarFilter) -> Any:
    piece = stamps.piece(_item.c.id, _item.c.version, _at, _state)
    shown = _narrowed(select(piece.label("piece")), wanted)
    undated = stamps.piece(_item.c.id, _item.c.version, _soon, _state).label("piece")
    loose = _narrowed(select(undated).where(_NO_TIME), wanted)
    several = _item.c.own_times > 0
    mine = _narrowed(select(_item.c.id), wanted).where(several, or_(_SPAN, _OWN_SPAN))
    times = select(stamps.piece(_time.c.item_id, _time.c.channel_id, _time.c.publish_at))
    fates = select(stamps.piece(*stamps.DELIVERY))
    channel = stamps.piece(_channel.c.id, _channel.c.name, _channel.c.platform, _channel.c.state)
    person = stamps.piece(_member.c.person_id, _person.c.name, _person.c.email)
    members = select(person).join_from(_member, _person, _person.c.id == _member.c.person_id)
    ours = and_(_budget.c.workspace_id == _workspace, _budget.c.name == "posts")
    counts = stamps.flag(_budget.c.resets_at > stamps.asked_at)
    left = select(stamps.piece(_budget.c.channel_id, _budget.c.remaining, _budget.c.resets_at, counts)).where(ours)
    anew = select(func.min(_budget.c.resets_at)).where(ours, _budget.c.resets_at > stamps.asked_at)
    return select(
        stamps.joined(left.order_by(_budget.c.channel_id)),
        stamps.joined(select(stamps.piece(func.count(), func.max(_outside.c.id))).where(*_OTHERS)),
        stamps.joined(shown.where(_SPAN).order_by(_at, _item.c.id)),
        stamps.joined(shown.where(_OWN_SPAN).order_by(_item.c.id)),
        stamps.joined(times.where(_time.c.item_id.in_(mine)).order_by(_time.c.id)),
        stamps.joined(fates.where(_delivery.c.item_id.in_(mine)).order_by(_delivery.c.id)),
        stamps.joined(loose.order_by(_item.c.updated_at.desc(), _item.c.id.desc()).limit(UNDATED)),
        stamps.joined(select(channel).where(_channel.c.workspace_id == _workspace).order_by(_channel.c.id)),
        stamps.joined(members.where(_member.c.workspace_id == _workspace).order_by(_member.c.id)),
        anew.scalar_subquery(),
        *stamps.NEXT_DUE,
    )


def kept_stamp(
    installation: Installation, workspace: int, start: datetime, end: datetime, wanted: CalendarFilter
) -> str | None:
    """The stamp worked out before, if nobody has committed anything since and nothing has fallen due; else ``None``."""
    key = (workspace, reader_in(workspace), start, end, wanted)
    return stamps.kept(installation.store, key, installation.now())


def fresh_stamp(
    installation: Installation, session: Session, start: datetime, end: datetime, wanted: CalendarFilter
) -> str:
    """The stamp as it is now, kept for :func:`kept_stamp`. Must be the first thing that ``session`` reads."""
    version = installation.store.version()  # before the reading: what is committed in between makes it out of date
    now = installation.now()
    current, next_due = _read_stamp(session, start, end, wanted, now)
    if version is not None:
        key = (session.info["workspace"], reader_of(session), start, end, wanted)
        stamps.keep(installation.store, key, version, next_due, current)
    return current


def stamp(session: Session, start: datetime, end: datetime, wanted: CalendarFilter, now: datetime) -> str:
    """A digest over everything :func:`rows`, :func:`undated` and :func:`around` would return at ``now``.

    A title or the channels change only with a new revision, whose number is ``version``; so the digest covers those
    columns without reading them. The database joins the pieces; only one long string comes over.
    """
    return _read_stamp(session, start, end, wanted, now)[0]


def _read_stamp(
    session: Session, start: datetime, end: datetime, wanted: CalendarFilter, now: datetime
) -> tuple[str, datetime | None]:
    """:func:`stamp`, and the next moment at which it may change by the time alone."""
    row = _ask(session, _stamp_statement(wanted), start=to_micros(start), end=to_micros(end), now=now).one()
    *pieces, anew, due, tried = row
    return stamps.digest(pieces), min((moment for moment in (anew, due, tried) if moment is not None), default=None)


class Movable(msgspec.Struct, frozen=True):
    """Whether and where an item can be moved: inside the window the approval stands, outside it is asked for anew."""

    id: int
    title: str
    wall: str
    state: str
    movable: bool
    start: datetime | None
    end: datetime | None
    approved: bool
    """Whether an approval stands that a move could lose."""
    where: str = ""
    """The names of the channels, where they are moved alone."""


FIXED: Final = frozenset({"published", "publishing", "begun", "partly_published", "cancelled", "unknown"})
"""States, as people are told them, in which nothing is moved by dragging."""


def movable(installation: Installation, actor: Actor, item_id: int, channels: Sequence[int] = ()) -> Movable:
    """What whoever is about to move an item, or some of its ``channels`` alone, should know. Raises
    :class:`commsched.core.text.messages.NotFound`."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        bounds = None
        if item.state in SCHEDULABLE | {"in_review", "publishing"}:
            bounds = clearance(session, item, items.current(session, item).hash)
        start, end = bounds or (None, None)
        if channels:
            return _movable_alone(session, item, channels, bounds, installation.now())
        state = states(session, [item.id], installation.now())[item.id]
        free = state not in FIXED or (
            state in ("partly_published", "publishing", "begun") and can_move(session, item, installation.now())
        )
        return Movable(item.id, item.title, item.wall_time, state, free, start, end, bounds is not None)


def _movable_alone(
    session: Session,
    item: Item,
    channels: Sequence[int],
    bounds: tuple[datetime | None, datetime | None] | None,
    now: datetime,
) -> Movable:
    plan = times.plan(session, item)
    slot = plan.of(channels[0]) if set(channels) <= set(plan.channels) else None
    names = session.scalars(select(Channel.name).where(Channel.id.in_(channels)).order_by(Channel.id))
    free = slot is not None and can_move(session, item, now, channels)
    start, end = bounds or (None, None)
    wall = slot.wall if slot is not None else ""
    state = states(session, [item.id], now)[item.id]
    return Movable(item.id, item.title, wall, state, free, start, end, bounds is not None, ", ".join(names))

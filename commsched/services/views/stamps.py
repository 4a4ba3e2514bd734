"""Whether anything has changed since a page was made: one question a page, answered by a digest over all that the page
tells. What follows from the moment alone (a time that falls due, a deputy whose turn begins) is reckoned at the moment
that is asked about, so that no stamp goes stale while nobody saves anything.

The statements are plain tables, built once: the session's own narrowing costs more than the question, so each names the
workspace itself, as a parameter that is always taken from the session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    desc,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from commsched.core.platform.channel_state import WARN
from commsched.services.approval import comments
from commsched.services.inbox import mailboxes
from commsched.services.kernel.display_state import shown
from commsched.services.kernel.heartbeats import SKEW
from commsched.services.kernel.overdue import HANGS, PAST
from commsched.services.media import consent_expiry
from commsched.store.models import (
    Attempt,
    Channel,
    ChannelTime,
    Decision,
    Delivery,
    Deputy,
    Heartbeat,
    InboxMessage,
    Item,
    Mailbox,
    Media,
    Membership,
    Notice,
    Part,
    Person,
    Proposal,
    ReleaseReview,
    Workspace,
)
from commsched.store.session import Store
from commsched.store.sight import reader_of

_item: Final[FromClause] = Item.__table__
_time: Final[FromClause] = ChannelTime.__table__
_delivery: Final[FromClause] = Delivery.__table__
_attempt: Final[FromClause] = Attempt.__table__
_part: Final[FromClause] = Part.__table__
_decision: Final[FromClause] = Decision.__table__
_proposal: Final[FromClause] = Proposal.__table__
_release: Final[FromClause] = ReleaseReview.__table__
_letter: Final[FromClause] = InboxMessage.__table__
_mailbox: Final[FromClause] = Mailbox.__table__
_channel: Final[FromClause] = Channel.__table__
_member: Final[FromClause] = Membership.__table__
_person: Final[FromClause] = Person.__table__
_deputy: Final[FromClause] = Deputy.__table__
_notice: Final[FromClause] = Notice.__table__
_media: Final[FromClause] = Media.__table__
_place: Final[FromClause] = Workspace.__table__
_beat: Final[FromClause] = Heartbeat.__table__

workspace: Final = bindparam("workspace", type_=BigInteger)


def moment(name: str) -> ColumnElement[Any]:
    """A parameter that is a moment, as the store keeps moments."""
    return bindparam(name, type_=_item.c.publish_at.type)


asked_at: Final = moment("now")


def piece(*columns: ColumnElement[Any]) -> ColumnElement[str]:
    """One row's part of a stamp: its columns, as texts with dots between them."""
    first, *others = (func.coalesce(cast(_plain(column), Text), "") for column in columns)
    text: ColumnElement[str] = first
    for other in others:
        text = text + "." + other
    return text


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, BigInteger) if isinstance(column.type, type(_item.c.publish_at.type)) else column


def flag(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """A condition as a figure, the same on every database."""
    return case((condition, 1), else_=0)


def joined(rows: Select[Any]) -> ScalarSelect[Any]:
    """The pieces of ``rows`` (a statement with one column, ordered) in one string, so that only that comes over."""
    inner = rows.subquery()
    return select(func.coalesce(func.aggregate_strings(inner.c[0], ";"), "")).scalar_subquery()


def ask(session: Session, statement: Select[Any], **values: object) -> tuple[Any, ...] | None:
    """The first row of ``statement``, run for the session's workspace."""
    whose = {"workspace": session.info["workspace"], "reader": reader_of(session)}
    row = session.connection().execute(statement, whose | values).first()
    return tuple(row) if row is not None else None


def digest(row: Sequence[object]) -> str:
    """A stamp of 32 signs over everything in ``row``."""
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:32]


# -- stamps that are kept ---------------------------------------------------------------------------------------------


class _Kept(msgspec.Struct, frozen=True):
    version: int
    until: datetime | None
    stamp: str


_kept: WeakKeyDictionary[Store, dict[Hashable, _Kept]] = WeakKeyDictionary()
_KEPT_MOST: Final = 500


def kept(store: Store, key: Hashable, now: datetime) -> str | None:
    """The stamp that was kept for ``key``, if nobody has committed anything since and nothing has fallen due."""
    stamp = _kept.get(store, {}).get(key)
    if stamp is None or stamp.version != store.version() or (stamp.until is not None and now >= stamp.until):
        return None
    return stamp.stamp


def keep(store: Store, key: Hashable, version: int | None, until: datetime | None, stamp: str) -> None:
    """Keep ``stamp``, which was read after ``version`` was, and holds by itself until ``until``."""
    if version is None:
        return
    pages = _kept.setdefault(store, {})
    if len(pages) >= _KEPT_MOST:
        pages.clear()
    pages[key] = _Kept(version, until, stamp)


def _first_after(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    waits = and_(_delivery.c.workspace_id == workspace, _delivery.c.state == "waiting", column > asked_at)
    return select(func.min(column)).where(waits).scalar_subquery()


NEXT_DUE: Final = (_first_after(_delivery.c.due_at), _first_after(_delivery.c.next_at))
"""SQL: the next moments at which a delivery falls due, and what people are told of its item may change by that alone.
They take the parameter ``now`` and stand in a statement beside the pieces of a stamp."""


# -- what several pages tell ------------------------------------------------------------------------------------------


def office_people() -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """Who belongs to the office, and who stands in for whom now: whose turn it is follows from them."""
    member = piece(_member.c.person_id, _member.c.role, _person.c.name, _person.c.email, flag(_person.c.active))
    members = select(member).join_from(_member, _person, _person.c.id == _member.c.person_id)
    deputy = select(piece(_deputy.c.person_id, _deputy.c.deputy_id)).where(
        _deputy.c.workspace_id == workspace, _deputy.c.starts_at <= asked_at, _deputy.c.ends_at > asked_at
    )
    return (
        joined(members.where(_member.c.workspace_id == workspace).order_by(_member.c.id)),
        joined(deputy.order_by(_deputy.c.id)),
    )


def office_channels() -> ScalarSelect[Any]:
    column = piece(
        _channel.c.id,
        _channel.c.name,
        _channel.c.platform,
        _channel.c.state,
        _channel.c.token_expires_at,
        flag(_channel.c.token_expires_at <= moment("warned")),
        flag(_channel.c.token_expires_at <= asked_at),
    )
    return joined(select(column).where(_channel.c.workspace_id == workspace).order_by(_channel.c.id))


def newest_id(table: FromClause, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The newest row of a table that only grows."""
    newest = select(table.c.id).where(table.c.workspace_id == workspace, *where)
    return newest.order_by(desc(table.c.id)).limit(1).scalar_subquery()


DELIVERY: Final = (
    _delivery.c.id,
    _delivery.c.state,
    flag(and_(_delivery.c.due_at <= asked_at, or_(_delivery.c.next_at.is_(None), _delivery.c.next_at <= asked_at))),
    _delivery.c.due_at,
    _delivery.c.next_at,
    _delivery.c.reason,
    _delivery.c.stop,
    _delivery.c.was,
    _delivery.c.published_at,
    _delivery.c.url,
    func.length(_delivery.c.detail),
)
"""What pages tell of a delivery; it takes the parameter ``now``."""


# -- Today ------------------------------------------------------------------------------------------------------------

_LISTED: Final = _item.c.state.in_(("in_review", "changes_requested", "approved", "held"))
_own: Final = select(_time.c.item_id).where(
    _time.c.workspace_id == workspace, _time.c.publish_at >= moment("start"), _time.c.publish_at < moment("end")
)
_SPAN: Final = and_(
    or_(and_(_item.c.publish_at >= moment("start"), _item.c.publish_at < moment("end")), _item.c.id.in_(_own)),
    _item.c.state != "cancelled",
)
_STOPPED: Final = _delivery.c.state.in_(("held", "failed", "unknown"))


_LETTERS: Final = (_letter.c.workspace_id == workspace, _letter.c.kind == "letter", _letter.c.state == "new")
"""Letters in the inbox that wait for an answer."""
_SILENT: Final = and_(_mailbox.c.workspace_id == workspace, _mailbox.c.trouble_since <= moment("silent"))
"""Mailboxes that cannot be read."""


def _open_ones() -> tuple[ScalarSelect[str], ScalarSelect[str]]:
    """The proposals and the emergency releases of the office that nobody has answered."""
    proposed = select(piece(_proposal.c.id)).where(_proposal.c.workspace_id == workspace, _proposal.c.answer == "")
    released = select(piece(_release.c.id)).where(_release.c.workspace_id == workspace, _release.c.answer == "")
    return joined(proposed.order_by(_proposal.c.id)), joined(released.order_by(_release.c.id))


@lru_cache(maxsize=1)
def _today() -> Select[Any]:
    item = piece(_item.c.id, _item.c.version, shown, _item.c.publish_at, _item.c.updated_at, _item.c.reason)
    here = _item.c.workspace_id == workspace
    items = select(item).where(here, or_(_LISTED, _SPAN)).order_by(_item.c.id)
    in_span = _delivery.c.item_id.in_(select(_item.c.id).where(here, _SPAN))
    of_office = _delivery.c.workspace_id == workspace
    sent = select(piece(*DELIVERY)).where(of_office, or_(_STOPPED, in_span)).order_by(_delivery.c.id)
    out = (
        select(func.count())
        .select_from(_part.join(_delivery, _delivery.c.id == _part.c.delivery_id))
        .where(of_office, _STOPPED, _part.c.state == "published")
    )
    late = select(piece(_delivery.c.id)).where(of_office, _delivery.c.next_at <= moment("past"))
    hanging = (
        select(piece(_attempt.c.id))
        .join_from(_attempt, _delivery, _delivery.c.id == _attempt.c.delivery_id)
        .where(of_office, _attempt.c.outcome == "", _attempt.c.started_at <= moment("hangs"))
    )
    talk = (
        _notice.c.workspace_id == workspace,
        _notice.c.person_id == bindparam("person", type_=BigInteger),
        _notice.c.kind == comments.KIND,
        _notice.c.read_at.is_(None),
        _notice.c.state != "dropped",
    )
    consents = consent_expiry.needs_attention(moment("consent"), asked_at)
    shows = piece(_media.c.id, _media.c.consent_ends, _media.c.filename, cast(_media.c.facts, Text))
    return select(
        joined(items),
        joined(sent),
        out.scalar_subquery(),
        newest_id(_decision),
        *_open_ones(),
        *office_people(),
        office_channels(),
        joined(select(piece(_notice.c.id)).where(*talk).order_by(_notice.c.id)),
        joined(select(shows).where(_media.c.workspace_id == workspace, consents).order_by(_media.c.id)),
        joined(late.order_by(_delivery.c.id)),
        joined(hanging.order_by(_attempt.c.id)),
        select(func.count()).select_from(_mailbox).where(_SILENT).scalar_subquery(),
        joined(select(piece(_letter.c.id, _letter.c.assigned_to)).where(*_LETTERS).order_by(_letter.c.id)),
        select(cast(_place.c.settings, Text)).where(_place.c.id == workspace).scalar_subquery(),
        select(_beat.c.detail).where(_beat.c.name == SKEW).scalar_subquery(),
    )


def today(session: Session, person: int | None, start: datetime, end: datetime, now: datetime) -> str:
    """A digest over everything that Today tells ``person`` at ``now`` of the span [``start``, ``end``)."""
    row = ask(
        session,
        _today(),
        person=person,
        start=start,
        end=end,
        now=now,
        past=now - PAST,
        hangs=now - HANGS,
        silent=now - mailboxes.SILENT,
        warned=now + WARN,
        consent=now + consent_expiry.SOON,
    )
    assert row is not None, "a statement of subqueries has one row"
    return digest(row)

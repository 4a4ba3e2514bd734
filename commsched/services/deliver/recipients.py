"""A list's recipients as the dispatcher needs them: the one in turn, and what is left in all, at a cost that does not
grow with the list.

What has been decided about recipients in the same transaction is written before anything is asked about them, since
the answers about several may be recorded in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVarTuple

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from commsched.core.delivery.parts import PartState
from commsched.services.contacts import addressees, lists, suppression
from commsched.services.deliver import _once
from commsched.services.deliver.batch import Batch
from commsched.services.deliver.snapshots import DeliverySnapshot, PartsByNumber, PartSnapshot, moment
from commsched.services.kernel.context import Installation
from commsched.store.fast import DriverRow, FastRead
from commsched.store.models import Attempt, Base, Contact, Decision, Delivery, ListRecipient, Part, Revision
from commsched.store.types import to_micros

Columns = TypeVarTuple("Columns")

_part: Final = Base.metadata.tables[Part.__tablename__]
_list: Final = Base.metadata.tables[ListRecipient.__tablename__]
_contact: Final = Base.metadata.tables[Contact.__tablename__]
_attempt: Final = Base.metadata.tables[Attempt.__tablename__]
_mine: Final = (_part.c.delivery_id, _part.c.number)
_recipient: Final = text("part.role = 'recipient'")
"""Word for word the condition of the index that leads to them."""
_COLUMNS: Final = tuple(_part.c[name] for name in PartSnapshot.__struct_fields__ if name in _part.c)
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_HANDLES, _NEXT, _AFTER = (_NAMES.index(name) for name in ("handles", "next_at", "id"))
assert (*_NAMES[:_AFTER], "reason", *_NAMES[_AFTER:]) == PartSnapshot.__struct_fields__, "by their places"
UNFINISHED: Final = ("sending", "waiting", "unknown", "held", "failed")
"""The states of a recipient who has not got it, as far as anybody knows."""

# Each is built once: building a statement costs more than the database does to answer it.
_HERE: Final = (_part.c.delivery_id == bindparam("delivery"), _recipient)
_OTHERS: Final = (*_HERE, _part.c.number != bindparam("number"))
_WAITS = select(*_COLUMNS).where(*_HERE, _part.c.state == "waiting").limit(bindparam("most"))
_FRESH: Final = FastRead(_WAITS.where(_part.c.next_at.is_(None)).order_by(_part.c.number))
_AGAIN: Final = FastRead(_WAITS.where(_part.c.next_at <= bindparam("now")).order_by(_part.c.next_at))
_LOST: Final = FastRead(
    select(*_COLUMNS)
    .where(*_HERE, _part.c.state == "unknown", _part.c.next_at <= bindparam("now"))
    .order_by(_part.c.next_at, _part.c.number)
    .limit(1)
)
_LOST_SINCE: Final = select(func.min(_attempt.c.started_at)).where(
    _attempt.c.delivery_id == bindparam("delivery"),
    _attempt.c.part == bindparam("number"),
    _attempt.c.outcome == "unknown",
)
_ANYBODY: Final = FastRead(select(_part.c.id).where(_HERE[0]).limit(1))
_NUMBERED: Final = FastRead(select(*_COLUMNS).where(_HERE[0], _part.c.number.in_(bindparam("numbers", expanding=True))))
_COUNTS: Final = (
    select(func.count().filter(_part.c.state == "published"), func.count())
    .select_from(_part)
    .where(_HERE[0], _part.c.number != bindparam("number"), _part.c.state != "skipped")
)
_people: Final[BindParameter[str]] = bindparam("people", expanding=True)
_ON_LIST: Final = FastRead(
    select(func.count(), suppression.count_refused(bindparam("office", type_=Integer()), _people))
    .select_from(_list)
    .where(
        _list.c.channel_id == bindparam("channel"),
        _list.c.blind.in_(_people),
        # not as it is: an index of the state would lead to all who are on the list, not to these
        _list.c.state.concat("") == "active",
    )
)
_STATE: Final = select(*(_part.c[name] for name in ("number", "state", "next_at", "detail", "was"))).limit(1)
_IN_STATE: Final = _STATE.where(*_OTHERS, _part.c.state == bindparam("state"))
_TIMELESS: Final = FastRead(_IN_STATE.where(_part.c.next_at.is_(None)))
_TIMED: Final = FastRead(_IN_STATE.where(_part.c.next_at.is_not(None)).order_by(_part.c.next_at))
_DOUBTED: Final = FastRead(
    _STATE.where(*_OTHERS, _part.c.state == "unknown", not_(or_(_part.c.was == "", _part.c.was == "out")))
)
_FOUND: Final = FastRead(_STATE.where(*_OTHERS, _part.c.was == "out"))


def freeze(rows: Session | Connection, delivery: int, uid: str, channel: int, approved: str) -> int:
    """Write down whom a delivery goes to: everybody who is on the list now, in its order; returns how many.

    ``approved`` is the digest that the approval covers: of a list that is another by now, nobody is written down, and
    the gate holds the delivery. The addresses are copied as they are, encrypted, in one statement. What was frozen for
    the same item's deliveries on the channel that are void, and of which nothing was tried, is taken away.
    """
    if lists.locked_digest(rows, channel) != approved:
        return 0
    _thaw(rows, delivery, channel)
    what = addressees.mailing(rows, rows.execute(select(Delivery.item_id).where(Delivery.id == delivery)).scalar_one())
    place = func.row_number().over(order_by=(_list.c.position, _list.c.id)) - 1
    wanted = not_(suppression.refused(_list.c.workspace_id, _list.c.blind))
    whose = _contact.c.id == _list.c.contact_id
    language, basis = (select(_contact.c[name]).where(whose).scalar_subquery() for name in ("language", "basis"))
    chosen = addressees.is_wanted(what, channel, _list.c.blind)
    empty, people = literal(""), (_list.c.channel_id == channel, _list.c.state == "active", wanted, chosen)
    known = _known_when_approved(rows, delivery)
    twice: ColumnElement[bool] = false()
    if addressees.siblings(rows, what, delivery):
        twice = addressees.gets_it_elsewhere(what, delivery, channel, _list.c.blind)
    values: dict[str, Any] = {
        "delivery_id": literal(delivery),
        "number": place,
        "role": literal("recipient"),
        "state": case((twice, "skipped"), else_="waiting"),
        "key": literal(f"{uid}-") + cast(place, String),
        "recipient": case((twice, ""), else_=_list.c.address),
        "blind": _list.c.blind,
        "language": func.coalesce(language, empty),
        "basis": func.coalesce(basis, empty),
        "corrects": addressees.corrected_mail(what, channel, _list.c.blind),
        "handles": text("'{}'"),
        "tries": literal(0),
        "detail": case((twice, addressees.TWICE), else_=""),
        **dict.fromkeys(("message_id", "remote_id", "url", "was"), empty),
    }
    frozen = select(*values.values()).where(*people, *known)
    result = rows.execute(insert(_part).from_select(list(values), frozen, include_defaults=False))
    assert isinstance(result, CursorResult)
    return result.rowcount


def _known_when_approved(rows: Session | Connection, delivery: int) -> tuple[ColumnElement[bool], ...]:
    """SQL: who was on a list when the last yes was said. Who has subscribed by themselves since leaves the list's
    digest as it is, and nobody has approved that this is sent to them."""
    mine = select(func.max(Decision.at)).join(Revision, Revision.hash == Decision.hash)
    mine = mine.join(Delivery, (Delivery.revision_id == Revision.id) & (Delivery.item_id == Decision.item_id))
    decided = rows.execute(mine.where(Delivery.id == delivery)).scalar()
    return () if decided is None else (or_(_list.c.source != "subscribed", _list.c.since <= decided),)


def _thaw(rows: Session | Connection, delivery: int, channel: int) -> None:
    item = select(Delivery.item_id).where(Delivery.id == delivery).scalar_subquery()
    void = select(Delivery.id).where(
        Delivery.item_id == item, Delivery.channel_id == channel, Delivery.state == "cancelled", Delivery.stop == ""
    )
    begun = select(Part.delivery_id).where(
        Part.delivery_id.in_(void), Part.state.not_in(("waiting", "skipped")) | (Part.tries > 0)
    )
    rows.execute(delete(_part).where(_part.c.delivery_id.in_(void), _part.c.delivery_id.not_in(begun)))


def _snapshot(row: DriverRow) -> PartSnapshot:
    """A part from its row, which has :data:`_COLUMNS`."""
    part = PartSnapshot(*row[:_AFTER])
    part.id = row[_AFTER]
    part.handles = {} if row[_HANDLES] == "{}" else msgspec.json.decode(row[_HANDLES], type=dict[str, str])
    part.next_at = moment(row[_NEXT])
    return part


class RecipientRows(msgspec.Struct, frozen=True):
    """The recipients of deliveries to lists, read within one transaction."""

    installation: Installation
    connection: Connection
    now: datetime
    batch: Batch

    def list_digest(self, row: DeliverySnapshot) -> str:
        """What the list is now. One that is a secret still, from an earlier version, becomes rows first."""
        if row.secrets:
            with self.connection.begin_nested():
                row.secrets, row.list_digest = lists.take_over(self.installation, self.connection, row.channel_id)
        return row.list_digest

    def ensure_frozen(self, row: DeliverySnapshot) -> None:
        """Freeze whom it goes to, where nobody did when it was approved: in an earlier version, or by a mended list."""
        if _ANYBODY.all(self.connection, {"delivery": row.id}):
            if row.state == "waiting" and _once.are_some_elsewhere(self.connection, row.id):
                _once.give_back(self.connection, row.item_id, row.id)  # of who has left the other list meanwhile
            return
        with self.connection.begin_nested():
            freeze(self.connection, row.id, row.uid, row.channel_id, row.list_digest)
            if row.was:  # after a restore each may have got it
                doubted = {"state": "unknown", "was": "waiting", "next_at": self.now}
                self.connection.execute(update(_part).where(_mine[0] == row.id).values(**doubted))

    def ready(self, delivery: int, most: int) -> list[PartSnapshot]:
        """Who can be written to now, ``most`` at most: who has not been tried before who is to be tried again."""
        people = self._parts(_FRESH, delivery=delivery, most=most) if most else []
        if len(people) < most:
            people += self._parts(_AGAIN, delivery=delivery, now=to_micros(self.now), most=most - len(people))
        return people

    def next_unverified(self, delivery: int) -> PartSnapshot | None:
        """The next recipient of whom nobody knows whether they got it, to be read back now."""
        return next(iter(self._parts(_LOST, delivery=delivery, now=to_micros(self.now))), None)

    def unverified_since(self, delivery: int, number: int) -> datetime | None:
        """When the first attempt was committed that nobody knows the fate of."""
        about = {"delivery": delivery, "number": number}
        since: datetime | None = self.connection.execute(_LOST_SINCE, about).scalar()
        return since

    def with_first(self, delivery: int, number: int) -> PartsByNumber:
        """The recipient ``number``, and part 0, whose id and address the delivery's own row shows."""
        return self.numbered(delivery, (0, number))

    def numbered(self, delivery: int, numbers: Sequence[int]) -> PartsByNumber:
        """The recipients ``numbers``, as this transaction knows them."""
        return {part.number: part for part in self._parts(_NUMBERED, delivery=delivery, numbers=sorted(set(numbers)))}

    def unfinished(self, row: DeliverySnapshot, besides: int = -1) -> list[PartState]:
        """Of the recipients but ``besides``, those who decide the delivery's status: of who has not got it, the one
        that :func:`~commsched.core.delivery.parts.delivery_status` looks at first; after a restore also one who is in
        doubt still, and one who was found to have got it meanwhile."""
        others = {"delivery": row.id, "number": besides}
        first = next((state for name in UNFINISHED if (state := self._next(others | {"state": name}))), None)
        doubts = [self._state(_DOUBTED, others), self._state(_FOUND, others)] if row.was else []
        return [state for state in (first, *doubts) if state is not None]

    def counts(self, delivery: int, besides: int = -1) -> tuple[int, int]:
        """How many have got it, and how many there are, without ``besides`` and those who had left the list."""
        row = self._ask(_COUNTS, {"delivery": delivery, "number": besides}).one()
        return int(row[0]), int(row[1])

    def are_wanted(self, row: DeliverySnapshot, people: Sequence[PartSnapshot]) -> bool:
        """Whether the recipients are all on the list still, and none gets it by another: nobody is written to who has
        left it since the approval, or twice. Those frozen by an earlier version, which knew no other list than the
        whole, are."""
        wanted = sorted({part.blind for part in people if part.blind})
        if not wanted:
            return True
        where = {"channel": row.channel_id, "office": row.workspace_id, "people": wanted}
        ((still, refused),) = _ON_LIST.all(self.connection, where)
        if refused or still != len(wanted):
            return False
        self.batch.write_parts(self.connection)
        return not _once.any_elsewhere(self.connection, row.id, row.mailing, row.channel_id, wanted)

    def skip_unwanted(self, row: DeliverySnapshot) -> int:
        """Pass over those who wait and have left the list, or get it by another; returns how many had left. Of who was
        forgotten nothing is kept."""
        self.batch.write_parts(self.connection)
        _once.skip(self.connection, row.id, row.mailing, row.channel_id)
        waits = (_mine[0] == row.id, _part.c.state == "waiting", _part.c.blind != "")
        listed = (_list.c.blind == _part.c.blind, _list.c.channel_id == row.channel_id)
        self.connection.execute(delete(_part).where(*waits, ~exists().where(*listed, _list.c.state != "removed")))
        office = literal(row.workspace_id)
        on_list = select(_list.c.state).where(*listed).scalar_subquery()
        how = func.coalesce(suppression.why_refused(office, _part.c.blind), on_list)
        skipped = {"state": "skipped", "detail": how, "recipient": "", "next_at": None, "finished_at": self.now}
        left = exists().where(*listed, _list.c.state != "active")
        refused = suppression.refused(office, _part.c.blind)
        result = self.connection.execute(update(_part).where(*waits, or_(left, refused)).values(**skipped))
        _once.give_back(self.connection, row.item_id)
        return result.rowcount

    def are_all_elsewhere(self, row: DeliverySnapshot) -> bool:
        """Whether everybody on the list gets it by another."""
        return _once.are_all_elsewhere(self.connection, row.id)

    def _ask(self, statement: Select[*Columns], about: Mapping[str, object]) -> CursorResult[*Columns]:
        """What the store says of parts, with all that this transaction has decided about them: it is written first."""
        self.batch.write_parts(self.connection)
        return self.connection.execute(statement, about)

    def _parts(self, statement: FastRead, **about: object) -> list[PartSnapshot]:
        self.batch.write_parts(self.connection)
        return [_snapshot(row) for row in statement.all(self.connection, about)]

    def _next(self, about: Mapping[str, object]) -> PartState | None:
        """Of those in one state, the one whose turn comes first. Without a time it is now for who waits, and never for
        who has stopped."""
        timeless = self._state(_TIMELESS, about)
        if timeless and about["state"] in ("sending", "waiting"):
            return timeless
        return self._state(_TIMED, about) or timeless

    def _state(self, statement: FastRead, about: Mapping[str, object]) -> PartState | None:
        self.batch.write_parts(self.connection)
        for number, state, next_at, detail, was in statement.all(self.connection, about):
            return PartState(number, state, moment(next_at), detail, was=was)
        return None

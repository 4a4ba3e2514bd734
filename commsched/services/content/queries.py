"""Lists of items, deliveries and lines of the record: filtered, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, desc, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.delivery.lifecycle import DELIVERY_STATES, ITEM_STATES
from commsched.core.text.messages import N_, Invalid
from commsched.core.text.words import Term, match, terms
from commsched.services.content.times import planned_between
from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, AuditEntry, Delivery, Item, Part, Revision
from commsched.store.search import holds

MOST: Final = 200
"""Rows in one page."""


class Page(msgspec.Struct, frozen=True):
    """Where a page begins (below the row with the id ``before``) and how many rows it has."""

    before: int | None = None
    limit: int = 50


class ItemQuery(msgspec.Struct, frozen=True):
    """Which items are asked for. Empty fields ask for nothing."""

    states: tuple[str, ...] = ()
    channel: int | None = None
    person: int | None = None
    words: str = ""
    start: datetime | None = None
    end: datetime | None = None
    """Planned at ``start`` or later, and before ``end``."""
    kind: str = ""
    asks: bool = False
    """Only such as somebody must say of whether they went out."""


def known(states: Iterable[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """``states``, if there are such; raises :class:`Invalid` for one that does not exist."""
    wanted = tuple(states)
    for state in wanted:
        if state not in allowed:
            raise Invalid(
                N_("There is no state “%(state)s”. There are: %(states)s."),
                "state",
                state=state[:40],
                states=", ".join(allowed),
            )
    return wanted


def on_channel(channel: int) -> ColumnElement[bool]:
    """SQL: the revision goes to ``channel``. Canonical content spells it in exactly these two ways."""
    opening = f'{{"channel":{channel}'.encode()
    return holds(Revision.content, opening + b"}") | holds(Revision.content, opening + b",")


def items(session: Session, wish: ItemQuery, page: Page) -> list[tuple[Item, Revision]]:
    """The items wished for with their newest revision, newest first."""
    statement = select(Item, Revision).join(Revision, Revision.id == Item.revision_id)
    if wish.states:
        statement = statement.where(Item.state.in_(known(wish.states, ITEM_STATES)))
    if wish.channel is not None:
        statement = statement.where(on_channel(wish.channel))
    if wish.person is not None:
        statement = statement.where(Item.author_id == wish.person)
    if wish.kind:
        statement = statement.where(Item.kind == wish.kind)
    if wish.start is not None or wish.end is not None:
        statement = statement.where(planned_between(wish.start, wish.end))
    if wish.asks:
        asked = select(Delivery.item_id).where(Delivery.state == "unknown")
        statement = statement.where(Item.id.in_(asked))
    if wanted := terms(wish.words):
        statement = statement.where(Item.id.in_(_matching(session, statement, wanted, page)))
    return [(row[0], row[1]) for row in session.execute(_cut(statement, Item.id, page))]


def _matching(session: Session, statement: Select[Item, Revision], wanted: Sequence[Term], page: Page) -> list[int]:
    """The ids of the first items of ``statement`` that have every term, newest first. The database finds those that
    may have them, since neither kind knows the forms of a word; they are read some at a time, as far as is asked."""
    for term in wanted:
        for pieces in term.needles:
            statement = statement.where(or_(*(holds(Item.search, piece) for piece in pieces)))
    candidates = statement.with_only_columns(Item.id, Item.search)
    matching: list[int] = []
    before, most = page.before, min(max(page.limit, 1), MOST)
    while len(matching) < most:
        rows = session.execute(_cut(candidates, Item.id, Page(before, MOST))).all()
        matching += [number for number, said in rows if match(said, wanted)]
        if len(rows) < MOST:
            break
        before = rows[-1][0]
    return matching[:most]


def deliveries(
    session: Session, page: Page, states: tuple[str, ...] = (), channel: int | None = None, item: int | None = None
) -> list[Delivery]:
    """Deliveries, newest first."""
    statement = select(Delivery)
    if states:
        statement = statement.where(Delivery.state.in_(known(states, DELIVERY_STATES)))
    if channel is not None:
        statement = statement.where(Delivery.channel_id == channel)
    if item is not None:
        statement = statement.where(Delivery.item_id == item)
    return list(session.scalars(_cut(statement, Delivery.id, page)))


def attempts(session: Session, deliveries: Iterable[int]) -> dict[int, list[Attempt]]:
    """The attempts of each delivery, in the order they were made."""
    by_delivery: dict[int, list[Attempt]] = {}
    numbers = list(deliveries)
    wanted = select(Attempt).where(Attempt.delivery_id.in_(numbers)).order_by(Attempt.id)
    for row in session.scalars(wanted) if numbers else ():
        by_delivery.setdefault(row.delivery_id, []).append(row)
    return by_delivery


class Doubt(msgspec.Struct, frozen=True):
    """A part that nobody knows the fate of. ``whom`` is its recipient, told so that only who knows them knows whom."""

    number: int
    whom: str = ""
    detail: str = ""


def doubts(installation: Installation, session: Session, deliveries: Iterable[Delivery]) -> dict[int, list[Doubt]]:
    """The parts of each unknown delivery that a person can answer for."""
    asked = [row.id for row in deliveries if row.state == "unknown"]
    by_delivery: dict[int, list[Doubt]] = {}
    if asked:
        unknown_parts = select(Part).where(Part.delivery_id.in_(asked), Part.state == "unknown").order_by(Part.id)
        for row in session.scalars(unknown_parts):
            whom = masked(installation.vault.unseal(row.recipient)) if row.recipient else ""
            by_delivery.setdefault(row.delivery_id, []).append(Doubt(row.number, whom, row.detail))
    return by_delivery


class MissedPart(msgspec.Struct, frozen=True):
    """A part that did not go out, and why, in the platform's words. ``whom`` is its recipient, masked."""

    number: int
    whom: str
    detail: str


class Reach(msgspec.Struct, frozen=True):
    """How much of a delivery has gone out, counted in posts of a thread or recipients of a list."""

    out: int
    under_way: int
    """Being sent, or lost on the way."""
    of: int
    readers: bool
    """They are recipients."""
    missed: tuple[MissedPart, ...]
    unknown: int = 0
    """Of those under way, the ones that may be out without anybody knowing."""


def reach(installation: Installation, session: Session, deliveries: Iterable[Delivery]) -> dict[int, Reach]:
    """How far each delivery that has several parts came. Who was missed is told of those that stopped. A mailing of
    which nothing has been tried has come nowhere yet: that its recipients are written down says nothing."""
    stopped = {row.id: row.state in ("held", "failed", "cancelled") for row in deliveries}
    counts = [
        row
        for row in (session.execute(_counts(stopped)) if stopped else ())
        if row.of > 1 and (row.begun or not row.readers)
    ]
    missed = _missed(installation, session, [row.delivery_id for row in counts if stopped[row.delivery_id]])
    return {
        row.delivery_id: Reach(
            row.out, row.under_way, row.of, bool(row.readers), tuple(missed.get(row.delivery_id, ())), row.unknown
        )
        for row in counts
    }


def _counts(deliveries: Iterable[int]) -> Select[int, int, int, int, int, int, int]:
    def many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(Part.id).filter(condition)

    return (
        select(
            Part.delivery_id,
            many(Part.state != "skipped").label("of"),
            many(Part.state == "published").label("out"),
            many(Part.state.in_(("sending", "unknown"))).label("under_way"),
            many(Part.state == "unknown").label("unknown"),
            many(or_(Part.state.not_in(("waiting", "skipped")), Part.tries > 0)).label("begun"),
            many(Part.recipient != "").label("readers"),
        )
        .where(Part.delivery_id.in_(list(deliveries)))
        .group_by(Part.delivery_id)
    )


def _missed(installation: Installation, session: Session, deliveries: list[int]) -> dict[int, list[MissedPart]]:
    missed: dict[int, list[MissedPart]] = {}
    left = select(Part.delivery_id, Part.number, Part.recipient, Part.detail).where(
        Part.delivery_id.in_(deliveries), Part.state.in_(("waiting", "held", "failed"))
    )
    for row in session.execute(left.order_by(Part.id)) if deliveries else ():
        whom = masked(installation.vault.unseal(row.recipient)) if row.recipient else ""
        missed.setdefault(row.delivery_id, []).append(MissedPart(row.number, whom, row.detail))
    return missed


def masked(address: str) -> str:
    """An e-mail address with most of its name hidden: ``re…n@svt.se``."""
    name, _, host = address.rpartition("@")
    return f"{name[:2]}…{name[-1]}@{host}" if len(name) > 5 else f"{name[:1]}…@{host}"


def record(session: Session, workspace: int, page: Page, item: int | None = None) -> list[AuditEntry]:
    """Lines of a workspace's record, newest first."""
    statement = select(AuditEntry).where(AuditEntry.workspace_id == workspace)
    if item is not None:
        statement = statement.where(AuditEntry.item_id == item)
    return list(session.scalars(_cut(statement, AuditEntry.id, page)))


def _cut(statement: Any, column: Any, page: Page) -> Any:
    if page.before is not None:
        statement = statement.where(column < page.before)
    return statement.order_by(desc(column)).limit(min(max(page.limit, 1), MOST))

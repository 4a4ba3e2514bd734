"""The shared inbox: what has come, who has it, what was said about it. Nothing is lost where two look at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, update
from sqlalchemy.orm import Session

from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.inbox import bounces, sorting
from commsched.services.inbox.sorting import Details
from commsched.services.kernel.audit_log import note as record
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store import locks
from commsched.store.models import (
    InboxLook,
    InboxMessage,
    InboxNote,
    InboxReply,
    Item,
    Mailbox,
    Membership,
    Part,
    Person,
)

Tab = Literal["new", "mine", "answered", "all", "folded"]
TABS: Final[tuple[Tab, ...]] = ("new", "mine", "answered", "all", "folded")
PAGE: Final = 50
MOST_NOTE: Final = 2000
THREAD: Final = 50
"""Messages of a conversation that its page shows."""
OVERTAKEN: Final = N_("Somebody else has done something with it meanwhile. Look at what has changed, and decide again.")
WAITS: Final = (InboxMessage.kind == "letter", InboxMessage.state == "new")
"""SQL: what waits for an answer."""


class Line(msgspec.Struct, frozen=True):
    """A message in a list."""

    row: InboxMessage
    who: str
    address: str
    subject: str
    begins: str
    title: str
    """Of the release that it is about; empty where there is none."""
    assigned: str


class Listing(msgspec.Struct, frozen=True):
    """What the list shows."""

    lines: list[Line]
    counts: dict[str, int]
    """Of what waits: ``new`` and ``mine``; and ``folded``, which waits for nobody."""
    mailboxes: list[Mailbox]
    more: bool


class Shown(msgspec.Struct, frozen=True):
    """A message of a conversation as its page shows it."""

    row: InboxMessage
    who: str
    address: str
    subject: str
    text: str
    details: Details


class Sent(msgspec.Struct, frozen=True):
    """A mail of ours in a conversation."""

    row: InboxReply
    who: str
    to: str
    text: str


class Conversation(msgspec.Struct, frozen=True):
    """Everything on a message's page. ``thread`` is in the order of time."""

    message: Shown
    thread: list[Shown | Sent]
    title: str
    assigned: str
    answered: str
    looked: list[tuple[str, datetime]]
    notes: list[tuple[str, str, datetime]]
    people: list[tuple[int, str]]
    """Who can be given it."""
    mailbox: Mailbox | None
    list_state: str
    """What bounces have made of whom it is about: ``bounced``, or empty."""


def load(session: Session, number: int, *, lock: bool = False) -> InboxMessage:
    """One message. Raises :class:`NotFound`."""
    wanted = select(InboxMessage).where(InboxMessage.id == number)
    row = session.scalar(locks.rows(wanted) if lock else wanted)
    if row is None:
        raise NotFound(N_("There is no such message."))
    return row


def _of_tab(tab: Tab, person: int | None) -> list[ColumnElement[bool]]:
    letter = InboxMessage.kind == "letter"
    match tab:
        case "new":
            return [*WAITS]
        case "mine":
            return [*WAITS, InboxMessage.assigned_to == person]
        case "answered":
            return [letter, InboxMessage.state == "answered"]
        case "folded":
            return [InboxMessage.kind != "letter"]
        case _:
            return [letter]


def read(installation: Installation, actor: Actor, tab: Tab = "new", before: int = 0) -> Listing:
    """The messages of a tab, the newest first, before the one with that number."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        wanted = (
            select(InboxMessage, Item.title, Person.name, Person.email)
            .outerjoin(Item, Item.id == InboxMessage.item_id)
            .outerjoin(Person, Person.id == InboxMessage.assigned_to)
            .where(*_of_tab(tab, actor.person))
        )
        wanted = wanted.where(InboxMessage.id < before) if before else wanted
        rows = session.execute(wanted.order_by(InboxMessage.id.desc()).limit(PAGE + 1)).all()
        lines = [_line(installation, row[0], row[1] or "", row[2] or row[3] or "") for row in rows[:PAGE]]
        boxes = list(session.scalars(select(Mailbox).order_by(Mailbox.name, Mailbox.id)))
        return Listing(lines, _counts(session, actor), boxes, len(rows) > PAGE)


def _line(installation: Installation, row: InboxMessage, title: str, assigned: str) -> Line:
    unseal = installation.vault.unseal
    text = unseal(row.text)[:400] if row.text else ""
    begins = " ".join(line for line in text.split("\n") if not line.startswith(">"))[:160]
    address = unseal(row.address)
    return Line(row, unseal(row.sender) or address, address, unseal(row.subject), begins, title, assigned)


def _counts(session: Session, actor: Actor) -> dict[str, int]:
    mine = func.count().filter(InboxMessage.assigned_to == actor.person)
    row = session.execute(select(func.count(), mine).select_from(InboxMessage).where(*WAITS)).one()
    return {"new": int(row[0]), "mine": int(row[1])}


def waiting_for(person: int | None) -> ScalarSelect[int]:
    """SQL: how many letters wait for ``person``, or for nobody in particular."""
    whose = or_(InboxMessage.assigned_to.is_(None), InboxMessage.assigned_to == person)
    return select(func.count(InboxMessage.id)).where(*WAITS, whose).scalar_subquery()


def open_one(installation: Installation, actor: Actor, number: int) -> Conversation:
    """A message with its conversation. Raises :class:`NotFound`."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        row = load(session, number)
        rows = session.scalars(
            select(InboxMessage)
            .where(InboxMessage.thread == row.thread if row.thread else InboxMessage.id == row.id)
            .order_by(InboxMessage.id.desc())
            .limit(THREAD)
        ).all()
        shown = {each.id: _shown(installation, each) for each in {row.id: row, **{r.id: r for r in rows}}.values()}
        names = _names(session)
        thread: list[Shown | Sent] = [*shown.values(), *_sent(installation, session, list(shown), names)]
        thread.sort(key=_moment)
        known = session.get(Part, row.part_id) if row.part_id else None
        return Conversation(
            message=shown[row.id],
            thread=thread,
            title=(session.scalar(select(Item.title).where(Item.id == row.item_id)) or "") if row.item_id else "",
            assigned=names.get(row.assigned_to or 0, ""),
            answered=names.get(row.answered_by or 0, ""),
            looked=_looked(session, row, names),
            notes=_notes(installation, session, row, names),
            people=[(each, names[each]) for each in sorted(people_with(session, "write"), key=lambda n: names[n])],
            mailbox=session.get(Mailbox, row.mailbox_id) if row.mailbox_id else None,
            list_state=bounces.standing(session, known.blind) if known is not None else "",
        )


def _moment(each: Shown | Sent) -> tuple[datetime, int]:
    return (each.row.at, each.row.id) if isinstance(each, Shown) else (each.row.created_at, each.row.id)


def _shown(installation: Installation, row: InboxMessage) -> Shown:
    unseal = installation.vault.unseal
    address = unseal(row.address)
    who = unseal(row.sender) or address
    return Shown(row, who, address, unseal(row.subject), unseal(row.text), sorting.details_of(installation, row))


def _names(session: Session) -> dict[int, str]:
    rows = session.execute(
        select(Person.id, Person.name, Person.email).join(Membership, Membership.person_id == Person.id)
    )
    return {row[0]: row[1] or row[2] for row in rows}


def _sent(installation: Installation, session: Session, numbers: Sequence[int], names: dict[int, str]) -> list[Sent]:
    unseal = installation.vault.unseal
    rows = session.scalars(select(InboxReply).where(InboxReply.message_id.in_(numbers)).order_by(InboxReply.id))
    return [Sent(row, names.get(row.person_id or 0, ""), unseal(row.to), unseal(row.text)) for row in rows]


def _looked(session: Session, row: InboxMessage, names: dict[int, str]) -> list[tuple[str, datetime]]:
    rows = session.scalars(select(InboxLook).where(InboxLook.message_id == row.id).order_by(InboxLook.at))
    return [(names.get(look.person_id, "–"), look.at) for look in rows]


def _notes(
    installation: Installation, session: Session, row: InboxMessage, names: dict[int, str]
) -> list[tuple[str, str, datetime]]:
    rows = session.scalars(select(InboxNote).where(InboxNote.message_id == row.id).order_by(InboxNote.id))
    return [(names.get(each.person_id or 0, "–"), installation.vault.unseal(each.text), each.at) for each in rows]


# -- what people do ---------------------------------------------------------------------------------


def look(installation: Installation, actor: Actor, number: int) -> None:
    """Somebody has opened it."""
    actor.require("read")
    if actor.person is None:
        return
    with installation.store.read(actor.workspace) as session:
        load(session, number)
        mine = select(InboxLook.id).where(InboxLook.message_id == number, InboxLook.person_id == actor.person)
        if session.scalar(mine) is not None:
            return
    with installation.store.write(actor.workspace) as session:
        row = load(session, number, lock=True)
        if session.scalar(mine) is None:
            session.add(InboxLook(message_id=number, person_id=actor.person, at=installation.now()))
            row.seen_at = row.seen_at or installation.now()


def assign(installation: Installation, actor: Actor, number: int, person: int, version: int) -> None:
    """Give it to somebody, with all of its conversation that waits; 0 gives it to nobody. They are told by mail.

    Raises :class:`Conflict` where it has changed since ``version``, :class:`Invalid` for who does not work here."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = changing(session, number, version)
        if person and person not in people_with(session, "write"):
            raise Invalid(N_("Choose somebody who works here."), "person")
        row.assigned_to = person or None
        same = (InboxMessage.thread == row.thread, InboxMessage.thread != "", *WAITS, InboxMessage.id != row.id)
        for other in session.scalars(locks.rows(select(InboxMessage).where(*same))):
            other.assigned_to, other.version = person or None, other.version + 1
        if person and person != actor.person:
            outbox.queue(session, installation, [person], "inbox_assigned", by=actor.name, message=row.id)
        record(session, installation, actor, "inbox.assigned", row.item_id, message=row.id, person=person)


def put_aside(installation: Installation, actor: Actor, number: int, version: int, *, back: bool = False) -> None:
    """It needs no answer; with ``back`` it does after all. Raises :class:`Conflict` as :func:`assign`."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = changing(session, number, version)
        row.state = "new" if back else "done"
        if back:
            row.answered_by = row.answered_at = None
            row.kind = "letter"
        record(session, installation, actor, "inbox.back" if back else "inbox.done", row.item_id, message=row.id)


def changing(session: Session, number: int, version: int) -> InboxMessage:
    """The message, locked, to be changed by whoever saw it as ``version``; it gets a new one. Raises
    :class:`Conflict` where somebody was first. Its conversation is locked too: what is done to one of its messages may
    change the others, and two who begin at two ends would wait for each other."""
    thread = load(session, number).thread
    if thread:
        locks.alone(session, f"conversation {thread}")
    row = load(session, number, lock=True)
    if row.version != version:
        raise Conflict(OVERTAKEN)
    row.version += 1
    return row


def write_note(installation: Installation, actor: Actor, number: int, text: str) -> None:
    """Say something about it to the colleagues. It is added to what others said, never put in its place."""
    actor.require("comment")
    words = passage(text, "note")
    if not words or len(words) > MOST_NOTE:
        raise Invalid(N_("Write the note, in at most %(most)s characters."), "note", most=MOST_NOTE)
    with installation.store.write(actor.workspace) as session:
        row = load(session, number)
        sealed = installation.vault.seal(words)
        session.add(InboxNote(message_id=row.id, person_id=actor.person, text=sealed, at=installation.now()))


def restore_address(installation: Installation, actor: Actor, number: int) -> None:
    """The address that a bounce is about is good after all: it is written to again."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = load(session, number, lock=True)
        part = session.get(Part, row.part_id) if row.part_id else None
        if part is None or not bounces.restore(installation, session, part.blind):
            raise Conflict(N_("Nothing stands in the way of writing to that address."))
        record(session, installation, actor, "inbox.restored", row.item_id, message=row.id)


def of_item(installation: Installation, session: Session, item_id: int) -> list[Line]:
    """What people wrote about an item, the newest first: who, and from which newsroom."""
    rows = session.scalars(
        select(InboxMessage)
        .where(InboxMessage.item_id == item_id, InboxMessage.kind == "letter", InboxMessage.erased_at.is_(None))
        .order_by(InboxMessage.id.desc())
        .limit(PAGE)
    )
    return [_line(installation, row, "", "") for row in rows]


def answered_before(session: Session, row: InboxMessage) -> None:
    """What came earlier in a conversation that is answered waits no more."""
    if row.thread:
        earlier = (InboxMessage.thread == row.thread, InboxMessage.at < row.at, *WAITS)
        session.execute(update(InboxMessage).where(*earlier).values(state="answered", version=InboxMessage.version + 1))

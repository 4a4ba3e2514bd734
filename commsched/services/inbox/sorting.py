"""What a message that came in is, and whose: its kind, its conversation, the release and the contact it is about."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.mail import bounces as parsing
from commsched.mail import verp
from commsched.mail.imap import Head
from commsched.mail.incoming import Attachment, Incoming
from commsched.services.inbox import bounces, forwarding
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.subscriptions import leaving
from commsched.store.models import Contact, Delivery, InboxMessage, InboxReply, Mailbox, Part

WORLD: Final = "press"


class Letter(msgspec.Struct, frozen=True):
    """A message as it came, what it says, and what it is known by."""

    head: Head
    says: Incoming
    bounce: parsing.Bounce | None
    named: str


class Details(msgspec.Struct, frozen=True):
    """What is kept of a message beside its text, encrypted."""

    message_id: str = ""
    references: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    copies: str = ""
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    cut: bool = False
    verdicts: tuple[bounces.Counted, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """Where a message belongs. ``part`` is the recipient whose mail it answers."""

    thread: str
    item: int | None = None
    part: Part | None = None
    assigned: int | None = None


def keep(installation: Installation, session: Session, mailbox: Mailbox, validity: int, letter: Letter) -> InboxMessage:
    """Make the row of a message, with all that follows from it, in the caller's transaction."""
    says = letter.says
    kind = kind_of(letter)
    place = place_of(installation, session, says)
    row = _row(installation, mailbox, validity, letter, kind)
    row.thread, row.item_id, row.assigned_to = place.thread, place.item, place.assigned
    row.part_id = place.part.id if place.part is not None else None
    contact = _contact(session, row.sender_blind, place.part)
    if contact is not None:
        row.contact_id, row.outlet = contact.id, contact.outlet
    session.add(row)
    session.flush()
    counted: tuple[bounces.Counted, ...] = ()
    if letter.bounce is not None:
        counted = bounces.apply(installation, session, row, says, letter.bounce)
    elif kind == "leave" and row.sender_blind:
        leaving.leave_everything(installation, session, row.workspace_id, row.sender_blind, leaving.BY_MAIL)
    row.details = installation.vault.seal(msgspec.json.encode(_details(says, counted)).decode())
    forwarding.queue(installation, session, mailbox, row, says)
    if kind == "letter" and place.assigned is not None:
        outbox.queue(session, installation, [place.assigned], "inbox_came", message=row.id)
    return row


def kind_of(letter: Letter) -> str:
    """``bounce``, ``delayed``, ``leave``, ``automatic`` or ``letter``."""
    if letter.bounce is not None:
        delayed = all(verdict.kind == "delayed" for verdict in letter.bounce.verdicts)
        return "delayed" if delayed else "bounce"
    if parsing.wants_to_leave(letter.says):
        return "leave"
    return "automatic" if parsing.is_automatic(letter.says) else "letter"


def _row(installation: Installation, mailbox: Mailbox, validity: int, letter: Letter, kind: str) -> InboxMessage:
    vault, says, head, now = installation.vault, letter.says, letter.head, installation.now()
    return InboxMessage(
        workspace_id=mailbox.workspace_id,
        mailbox_id=mailbox.id,
        validity=validity,
        uid=head.uid,
        named=letter.named,
        kind=kind,
        state="new" if kind == "letter" else "done",
        subject=vault.seal(says.subject) if says.subject else "",
        sender=vault.seal(says.name) if says.name else "",
        address=vault.seal(says.address) if says.address else "",
        text=vault.seal(says.text) if says.text else "",
        sender_blind=vault.blind(says.address) if says.address else "",
        message_blind=vault.blind(says.message_id) if says.message_id else "",
        size=head.size,
        has_html=bool(says.html),
        attachments=len(says.attachments),
        outlet="",
        at=min(head.at, now),
        taken_at=now,
        version=1,
        moved=False,
    )


def _details(says: Incoming, counted: tuple[bounces.Counted, ...]) -> Details:
    return Details(
        message_id=says.message_id,
        references=says.answers,
        to=says.to,
        copies=says.copies,
        reply_to=says.reply_to,
        attachments=says.attachments,
        cut=says.cut,
        verdicts=counted,
    )


def details_of(installation: Installation, row: InboxMessage) -> Details:
    """What is kept of a message beside its text."""
    if not row.details:
        return Details()
    return msgspec.json.decode(installation.vault.unseal(row.details), type=Details)


def place_of(installation: Installation, session: Session, says: Incoming) -> Place:
    """The conversation that a message continues: of what it answers the nearest that is known here, whether we sent it
    (a mailing to one recipient, an answer) or somebody else; else the mailing whose return address it came to."""
    blind = installation.vault.blind
    for answered in says.answers:
        place = _continued(session, answered, blind(answered))
        if place is not None:
            return _with_person(session, place)
    for address in says.to:
        number = verp.read(address, verp_key(installation))
        part = session.get(Part, number) if number else None
        place = _of_part(session, part)
        if place is not None:
            return _with_person(session, place)
    root = says.answers[-1] if says.answers else says.message_id
    return _with_person(session, Place(blind(root)))


def verp_key(installation: Installation) -> bytes:
    """What proves a return address of ours (:mod:`commsched.mail.verp`)."""
    return installation.vault.derive("verp")


def _continued(session: Session, answered: str, blind: str) -> Place | None:
    part = session.scalar(
        select(Part)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .where(Part.message_id == answered, bounces.MAILED)
        .limit(1)
    )
    if part is not None:
        return _of_part(session, part)
    reply = session.scalar(select(InboxReply).where(InboxReply.mail_blind == blind).limit(1))
    before = (
        session.get(InboxMessage, reply.message_id)
        if reply is not None
        else session.scalar(select(InboxMessage).where(InboxMessage.message_blind == blind).limit(1))
    )
    if before is None:
        return None
    known = session.get(Part, before.part_id) if before.part_id else None
    return Place(before.thread, before.item_id, known)


def _of_part(session: Session, part: Part | None) -> Place | None:
    """The conversation with one recipient about one mailing."""
    delivery = session.scalar(select(Delivery).where(Delivery.id == part.delivery_id)) if part is not None else None
    if part is None or delivery is None:
        return None
    return Place(f"part:{part.id}", delivery.item_id, part)


def _with_person(session: Session, place: Place) -> Place:
    """Whoever took on the conversation before has what comes next."""
    wanted = (
        select(InboxMessage.assigned_to)
        .where(InboxMessage.thread == place.thread, InboxMessage.assigned_to.is_not(None))
        .order_by(InboxMessage.id.desc())
        .limit(1)
    )
    return msgspec.structs.replace(place, assigned=session.scalar(wanted))


def _contact(session: Session, sender: str, part: Part | None) -> Contact | None:
    """Who wrote, as the contacts know them; else who the mail that they answer went to: it was passed on."""
    for blind in (sender, part.blind if part is not None else ""):
        wanted = select(Contact).where(Contact.world == WORLD, Contact.blind == blind)
        contact = session.scalar(wanted) if blind else None
        if contact is not None:
            return contact
    return None

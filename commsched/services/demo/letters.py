"""What newsrooms answered in the demo: letters, an automatic answer, a mail that came back. They come in as real ones
do, but from no mailbox: a demo reads none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commsched.mail.imap import Head
from commsched.services.demo.events import DemoOffice, Past
from commsched.services.inbox import answering, drafts, messages, rounds, taking
from commsched.services.kernel.context import Installation
from commsched.store.models import Contact, Delivery, InboxMessage, Item, Mailbox, Part

ADDRESS: Final = "press@ljungpartiet.example"
_OUTLETS: Final = {
    "redaktionen@almebladet.example": "Almebladet",
    "nyheter@radioalven.example": "Radio Älven",
    "tips@storhedeposten.example": "Storhedeposten",
}
_BOUNCE: Final = """From: Mail Delivery System <MAILER-DAEMON@mx.ljungpartiet.example>
Return-Path: <>
To: {address}
Subject: Undelivered Mail Returned to Sender
Message-ID: <studs@mx.ljungpartiet.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

The mail could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.ljungpartiet.example

Final-Recipient: rfc822; tips@storhedeposten.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full, try again later

--B
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>

--B--
"""


def arrive(then: Installation, past: Past, place: DemoOffice, now: datetime) -> None:
    """Let the letters come in, in order, and what was done with them. ``then`` goes by the clock ``past``."""
    with then.store.write(place.writer.actor.workspace) as session:
        box = Mailbox(
            name="Pressbrevlådan",
            host="imap.ljungpartiet.example",
            port=993,
            security="implicit",
            user=ADDRESS,
            address=ADDRESS,
            read_at=now,
            created_at=past.now(),
        )
        session.add(box)
        session.flush()
        _name_outlets(then, session)
        mailed = _mailed(session, now)
    if len(mailed) < 3:
        return

    def comes(hours: float, raw: bytes) -> InboxMessage:
        past.at = now - timedelta(hours=hours)
        with then.store.write(place.writer.actor.workspace) as session:
            kept = session.get_one(Mailbox, box.id)
            head = Head(kept.last_uid + 1, len(raw), past.at, raw)
            taking.store(then, session, kept, 1, [taking.read(then, head)])
            return session.scalars(select(InboxMessage).order_by(InboxMessage.id.desc()).limit(1)).one()

    _live(then, past, place, comes, mailed)


def _name_outlets(then: Installation, session: Session) -> None:
    """Which newsroom each of the list's addresses is, where nobody has said it."""
    for address, outlet in _OUTLETS.items():
        mine = (Contact.blind == then.vault.blind(address), Contact.outlet == "")
        session.execute(update(Contact).where(*mine).values(outlet=outlet))


def _mailed(session: Session, now: datetime) -> list[tuple[str, str]]:
    """The Message-ID and the title of the mails of the newest release that went to the list, by recipient."""
    last = (
        select(Delivery.id)
        .join(Part, Part.delivery_id == Delivery.id)
        .where(Part.role == "recipient", Part.state == "published", Delivery.due_at <= now - timedelta(hours=30))
        .order_by(Delivery.due_at.desc(), Delivery.id)
        .limit(1)
    )
    rows = session.execute(
        select(Part.message_id, Item.title)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .join(Item, Item.id == Delivery.item_id)
        .where(Delivery.id == last.scalar_subquery())
        .order_by(Part.number)
    )
    return [(row[0], row[1]) for row in rows]


def _live(
    then: Installation,
    past: Past,
    place: DemoOffice,
    comes: Callable[[float, bytes], InboxMessage],
    mailed: list[tuple[str, str]],
) -> None:
    writer, leader = place.writer.actor, place.leader.actor
    (alme, title), (radio, _), (post, _) = mailed[:3]
    comes(29, _BOUNCE.format(address=ADDRESS, message_id=post).encode())
    comes(28.5, _letter("Redaktionen", "redaktionen@almebladet.example", f"Autosvar: {title}", _AWAY, alme, "a"))
    asked = comes(26, _letter("Sara Wiklund", "nyheter@radioalven.example", f"Sv: {title}", _ASKS, radio, "b"))
    messages.look(then, writer, asked.id)
    past.at += timedelta(minutes=40)
    answering.answer(then, writer, asked.id, _ANSWER, asked.version)
    rounds.send_due(then)
    thanks = comes(24, _letter("Sara Wiklund", "nyheter@radioalven.example", f"Sv: {title}", _THANKS, radio, "c"))
    messages.look(then, writer, thanks.id)
    messages.put_aside(then, writer, thanks.id, thanks.version)
    call = comes(3, _letter("Mattias Högberg", "redaktionen@almebladet.example", f"Sv: {title}", _CALL, alme, "d"))
    messages.look(then, writer, call.id)
    messages.assign(then, writer, call.id, leader.person or 0, call.version)
    messages.write_note(
        then, writer, call.id, "Jonas, det är du som har siffrorna från nämnden. Jag har förvarnat honom."
    )
    drafts.save(then, leader, call.id, "Hej Mattias! Jag ringer strax efter tre.")
    comes(1, _letter("Birgitta Norén", "birgitta.noren@brevet.example", "Turlistan till Storheden", _READER, "", "e"))


def _letter(name: str, address: str, subject: str, text: str, answers: str, key: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>"
    mail["To"] = ADDRESS
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{key}-demo@{address.rpartition('@')[2]}>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = f"<{answers}>"
    mail.set_content(text.strip())
    return mail.as_bytes()


_AWAY: Final = "Redaktionen är bemannad vardagar 9–16. Vid brådskande nyheter, ring tipstelefonen."
_ASKS: Final = """
Hej!

Tack för pressmeddelandet. Kan er gruppledare vara med i morgonsändningen i morgon 7.20, på plats eller på telefon?
Vi skulle vilja höra vad förslaget kostar och när det kan bli verklighet.

Vänliga hälsningar
Sara Wiklund, Radio Älven

Elin Sjödahl skrev:
> Pressmeddelande från Ljungpartiet i Mellanälven
"""
_ANSWER: Final = """
Hej Sara!

Jonas är gärna med på telefon 7.20. Ring honom på numret i pressmeddelandet.
Underlaget med kostnaderna finns i vårt pressrum.

Vänliga hälsningar
Elin
"""
_THANKS: Final = "Toppen, då hörs vi i morgon bitti!\n\nSara"
_CALL: Final = """
Hej,

jag skriver på en längre artikel om det här till lördagens tidning. Två frågor:

1. Hur många berörs, enligt er egen räkning?
2. Vad svarar ni dem som säger att pengarna inte räcker?

Jag behöver svar senast i dag klockan 16.

Mattias Högberg
reporter, Almebladet
"""
_READER: Final = """
Hej!

Jag läste om ert förslag i tidningen. Gäller det också kvällsturerna till Storheden? Min man går på dialys
tre gånger i veckan och sista bussen hem går redan 18.10.

Med vänlig hälsning
Birgitta Norén
"""

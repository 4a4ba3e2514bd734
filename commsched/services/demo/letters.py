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
from commsched.services.demo.events import Deed, DemoOffice
from commsched.services.inbox import answering, drafts, messages, rounds, taking
from commsched.services.kernel.context import Installation
from commsched.store.models import Contact, Delivery, InboxMessage, Item, Mailbox, Part

ADDRESS: Final = "press@ljungpartiet.example"
_ALME, _RADIO = "redaktionen@almebladet.example", "nyheter@radioalven.example"
_READER_S: Final = "birgitta.noren@brevet.example"
_NOTE: Final = "Jonas, det är du som har siffrorna från nämnden. Jag har förvarnat honom."
_OUTLETS: Final = {
    _ALME: "Almebladet",
    _RADIO: "Radio Älven",
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


class _Post:
    """The demo's mailbox, and the mails of a release that newsrooms answer."""

    def __init__(self, then: Installation, place: DemoOffice, now: datetime) -> None:
        self.then, self.place, self.now = then, place, now
        self.box = 0
        self.mailed: list[tuple[str, str]] = []

    def open(self) -> None:
        """Connect the mailbox, when the release has gone out."""
        with self.then.store.write(self.place.writer.actor.workspace) as session:
            box = Mailbox(
                name="Pressbrevlådan",
                host="imap.ljungpartiet.example",
                port=993,
                security="implicit",
                user=ADDRESS,
                address=ADDRESS,
                read_at=self.now,
                created_at=self.then.now(),
            )
            session.add(box)
            session.flush()
            self.box = box.id
            _name_outlets(self.then, session)
            self.mailed = _mailed(session, self.then.now())

    def comes(self, raw: bytes) -> InboxMessage:
        """A mail comes in now."""
        with self.then.store.write(self.place.writer.actor.workspace) as session:
            kept = session.get_one(Mailbox, self.box)
            head = Head(kept.last_uid + 1, len(raw), self.then.now(), raw)
            taking.store(self.then, session, kept, 1, [taking.read(self.then, head)])
            return session.scalars(select(InboxMessage).order_by(InboxMessage.id.desc()).limit(1)).one()

    def of(self, number: int) -> tuple[str, str]:
        """The mail to a recipient: its Message-ID, and the release's title."""
        return self.mailed[number] if number < len(self.mailed) else ("", "Pressmeddelande")


def happenings(then: Installation, place: DemoOffice, now: datetime) -> list[Deed]:
    """What comes in, and what is done with it, each at its moment. ``then`` goes by the clock of the demo's past."""
    post = _Post(then, place, now)
    deeds: list[tuple[float, Callable[[], object]]] = [
        (29.5, post.open),
        (29, lambda: post.comes(_BOUNCE.format(address=ADDRESS, message_id=post.of(2)[0]).encode())),
        (28.5, lambda: post.comes(_letter("Redaktionen", _ALME, "Autosvar: {}", _AWAY, post.of(0), "a"))),
        (26, lambda: _radio_asks(post)),
        (24, lambda: _radio_thanks(post)),
        (3, lambda: _paper_asks(post)),
        (
            1,
            lambda: post.comes(
                _letter("Birgitta Norén", _READER_S, "Turlistan till Storheden", _READER, ("", ""), "e")
            ),
        ),
    ]
    return [(now - timedelta(hours=hours), _quiet(deed)) for hours, deed in deeds]


def _quiet(deed: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        deed()

    return do


def _radio_asks(post: _Post) -> None:
    then, writer = post.then, post.place.writer.actor
    asked = post.comes(_letter("Sara Wiklund", _RADIO, "Sv: {}", _ASKS, post.of(1), "b"))
    messages.look(then, writer, asked.id)
    answering.answer(then, writer, asked.id, _ANSWER, asked.version)
    rounds.send_due(then)


def _radio_thanks(post: _Post) -> None:
    thanks = post.comes(_letter("Sara Wiklund", _RADIO, "Sv: {}", _THANKS, post.of(1), "c"))
    messages.look(post.then, post.place.writer.actor, thanks.id)
    messages.put_aside(post.then, post.place.writer.actor, thanks.id, thanks.version)


def _paper_asks(post: _Post) -> None:
    then, writer, leader = post.then, post.place.writer.actor, post.place.leader.actor
    asked = post.comes(_letter("Mattias Högberg", _ALME, "Sv: {}", _CALL, post.of(0), "d"))
    messages.look(then, writer, asked.id)
    messages.assign(then, writer, asked.id, leader.person or 0, asked.version)
    messages.write_note(then, writer, asked.id, _NOTE)
    drafts.save(then, leader, asked.id, "Hej Mattias! Jag ringer strax efter tre.")


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


def _letter(name: str, address: str, subject: str, text: str, about: tuple[str, str], key: str) -> bytes:
    answers, title = about
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>"
    mail["To"] = ADDRESS
    mail["Subject"] = subject.format(title)
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

"""A mailbox that lies in memory, and a mailing that went out to a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Invalid
from commsched.mail.imap import LOST, Head
from commsched.mail.incoming import HEAD_BYTES
from commsched.services.inbox import mailboxes, taking
from commsched.services.inbox.mailboxes import Entered
from commsched.store.models import Contact, InboxMessage, Part
from tests import publications
from tests.conftest import Cast, SetClock
from tests.services import desk


@dataclass
class Letters:
    """What lies in the mailbox, by number; ``dies_after`` so many messages the connection ends."""

    clock: SetClock
    messages: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)
    validity: int = 7
    moved: list[tuple[int, str]] = field(default_factory=list)
    dies_after: int = -1
    trouble: Invalid | None = None
    writable: bool = False

    def put(self, raw: bytes | EmailMessage, at: datetime | None = None) -> int:
        number = max(self.messages, default=0) + 1
        data = raw if isinstance(raw, bytes) else raw.as_bytes()
        self.messages[number] = (at or self.clock.now(), data)
        return number

    # -- what commsched.mail.imap.Box does -----------------------------------------------------------

    def __call__(self, *_account: object) -> Letters:
        return self

    def __enter__(self) -> Letters:
        if self.trouble is not None:
            raise self.trouble
        return self

    def __exit__(self, *_error: object) -> None:
        self.writable = False

    def look_in(self, folder: str, *, writing: bool = False) -> int:
        self.writable = writing
        return self.validity

    def numbers(self, after: int, since: date | None = None) -> list[int]:
        fresh = (number for number, (at, _) in self.messages.items() if since is None or at.date() >= since)
        return sorted(number for number in fresh if number > after)

    def named(self, message_id: str) -> list[int]:
        return [number for number, (_, raw) in self.messages.items() if f"<{message_id}>".encode() in raw]

    def heads(self, uids: Sequence[int]) -> Iterator[Head]:
        for count, number in enumerate(uids):
            if count == self.dies_after:
                raise Invalid(LOST, "host", host="imap.nord.example")
            at, raw = self.messages[number]
            yield Head(number, len(raw), at, raw[:HEAD_BYTES])

    def section(self, uid: int, section: str, most: int) -> Iterator[bytes]:
        yield self.messages[uid][1][:most]

    def move(self, uids: Sequence[int], folder: str) -> None:
        assert self.writable, "a folder that is only looked at cannot be changed"
        for uid in uids:
            del self.messages[uid]
            self.moved.append((uid, folder))


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> Letters:
    letters = Letters(clock)
    monkeypatch.setattr(mailboxes, "Box", letters)
    return letters


@pytest.fixture
def mailbox(box: Letters, cast: Cast) -> int:
    entered = Entered("Pressen", "imap.nord.example", 993, "implicit", "press@nord.example", "pw", "press@nord.example")
    return mailboxes.keep_if_it_opens(cast.installation, cast.actor(), entered)


@pytest.fixture
def release(cast: Cast, clock: SetClock) -> int:
    """A release that went out to two newsrooms."""
    channel = publications.channel(cast.installation, cast.place.id, "presslist", name="Länets tidningar")
    blind, seal = cast.installation.vault.blind, cast.installation.vault.seal
    item = publications.published(
        cast.installation,
        cast.place.id,
        channel,
        at=clock.now(),
        kind="release",
        title="Fler turer",
        text="Hej",
        parts=("published", "published"),
    )
    with cast.installation.store.write(cast.place.id) as session:
        for number, part in enumerate(session.scalars(select(Part).order_by(Part.number))):
            address = ("nora@vk.example", "per@nt.example")[number]
            part.role, part.recipient, part.blind = "recipient", seal(address), blind(address)
            part.message_id = f"{'ab'[number] * 40}@nord.example"
        session.add(
            Contact(
                world="press",
                blind=blind("nora@vk.example"),
                address=seal("nora@vk.example"),
                name=seal("Nora Berg"),
                outlet="VK",
                since=clock.now(),
                created_at=clock.now(),
                changed_at=clock.now(),
            )
        )
    return item.id


def letter(text: str = "Hej! Vem kan jag ringa?", *, answers: str = "", **headers: str) -> EmailMessage:
    """A mail from Nora at VK."""
    mail = EmailMessage()
    usual = {
        "From": "Nora Berg <nora@vk.example>",
        "To": "press@nord.example",
        "Subject": "Sv: Fler turer",
        "Message-ID": "<n1@vk.example>",
    }
    for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        mail[name] = value
    if answers:
        mail["In-Reply-To"] = mail["References"] = f"<{answers}>"
    mail.set_content(text)
    return mail


@pytest.fixture
def take_in(cast: Cast, clock: SetClock, box: Letters, mailbox: int) -> Callable[..., InboxMessage]:
    """Read the mailbox; returns the newest message, or the one that ``put`` is."""

    def read(*put: EmailMessage | bytes) -> InboxMessage:
        for message in put:
            box.put(message)
        clock.forward(minutes=4)
        assert taking.read_next(cast.installation)
        return newest(cast)

    return read


def newest(cast: Cast) -> InboxMessage:
    return rows(cast)[-1]


def rows(cast: Cast) -> list[InboxMessage]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(InboxMessage).order_by(InboxMessage.id)))


def parts(cast: Cast) -> list[Part]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Part).order_by(Part.number)))


__all__ = ["desk"]

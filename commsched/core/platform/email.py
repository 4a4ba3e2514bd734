"""An e-mail, and whoever hands it over: what an adapter for people needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Outcome, Published, Rejected, Retry
from commsched.core.text.messages import Message


class InlineImage(msgspec.Struct, frozen=True):
    """A picture that comes with a message and is shown in its HTML as ``cid:`` and its name."""

    name: str
    """Letters, digits, dots and dashes; no two in a message have the same."""
    mime: str
    data: bytes
    width: int = 0
    """In pixels, as the file is; 0 where nobody asked."""
    height: int = 0


class Letterhead(msgspec.Struct, frozen=True):
    """What an office's mails look like, as far as that is its own: the name, the logo, one colour."""

    name: str = ""
    about: str = ""
    """What the office says of itself below every release."""
    accent: str = "#1f4e79"
    """A colour that can be read on white, and the same for a dark ground."""
    accent_on_dark: str = "#8ab4dd"
    logo: InlineImage | None = None
    """As it stands on a light ground."""
    subscribe: str = ""
    """Where anybody subscribes to its lists; empty where none is open."""


class AttachedFile(msgspec.Struct, frozen=True):
    """A document that comes with a message."""

    name: str
    """What it is called when it is saved; any letters."""
    mime: str
    open: Callable[[], BinaryIO]
    """Its bytes as a stream from the beginning; the caller closes it. Raises :class:`OSError`."""


class Signer(Protocol):
    """Proves whose a message is (DKIM)."""

    def field(self, head: bytes, body: bytes) -> bytes:
        """The header that stands before the others and proves them and the body, with its line end. ``head`` are
        whole header lines, and ``body`` is what stands after the empty line. Raises :class:`ValueError` for a key that
        is none."""
        ...


def mark(name: str) -> str:
    """What stands in the text and the HTML of a message where ``Email.marks`` has a value under ``name`` (lower-case
    letters and ``_``)."""
    return f"\ue000{name}\ue001"


class Email(msgspec.Struct, frozen=True, gc=False):
    """An e-mail ready to be built: one recipient, one transaction."""

    message_id: str
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    date: datetime | None = None
    images: tuple[InlineImage, ...] = ()
    """Pictures that the HTML shows."""
    envelope_from: str = ""
    """Where bounces go (MAIL FROM), by VERP an address for each recipient; empty for the sender."""
    calendar: str = ""
    """An iCalendar text with a METHOD: it goes along as a form of the message and as a file (RFC 6047)."""
    files: tuple[AttachedFile, ...] = ()
    signer: Signer | None = None
    """What it is signed with, for the sender's own domain."""
    marks: dict[str, str] = msgspec.field(default_factory=dict)
    """What differs for each recipient in the text and the HTML: values by the names of their :func:`mark`, each one
    line. The HTML gets them escaped. A body that is the same but for these is encoded once for all."""


class Mailer(Protocol):
    """Hands one message to the office's relay and says what the relay answered."""

    sender: str = ""
    """The installation's own address, for messages without one."""

    def send(self, message: Email) -> Outcome:
        """One transaction for one recipient. An empty ``message.sender`` means the installation's own."""
        ...

    def send_all(self, messages: Sequence[Email], halt: Callable[[], bool]) -> Iterator[Outcome | None]:
        """Hand over several, in order; for each what it came to, as soon as that is known. ``None`` where nothing of it
        was sent: ``halt`` said so, or what became of one before would become of all."""
        stopped = False
        for message in messages:
            outcome = None if stopped or halt() else self.send(message)
            yield outcome
            refused = isinstance(outcome, Rejected) and outcome.why == "token"
            stopped = stopped or outcome is None or refused or (isinstance(outcome, Retry) and outcome.whole_channel)

    def describe(self) -> Message:
        """Where mail goes, in words for the page. Never with a password."""
        return Message("")

    def reaches(self) -> bool:
        """Whether anybody is reached: false where messages only become files."""
        return True

    def verify(self) -> Outcome:
        """Whether the relay answers and lets us in, without sending anything. ``Published`` means yes."""
        return Published("")

    def find(self, message_id: str) -> Finding:
        """Whether the message is known to have been handed over. A relay cannot tell; a folder can."""
        return CannotTell(final=True)

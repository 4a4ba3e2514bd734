"""Many messages over one connection, one wait for each (RFC 2920).

The commands of the next message follow the content of the one before in the same write. What became of each is told by
which answers came: after its first byte of content a message without a clear answer is unknown, and one that got no
further than its commands was not sent.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.text.messages import N_
from commsched.mail.connection import Connection, Patience
from commsched.mail.smtp_replies import Stage, outcome_of, text_of

LOST: Final = N_("The connection was lost after the message had been handed over, before the relay answered.")
UNREADABLE: Final = "the relay's answer could not be read"
ERRORS: Final = (OSError, smtplib.SMTPException, ValueError)
"""What a connection that breaks, or a server that talks nonsense, is told by."""


_STAGES: Final[tuple[tuple[Stage, tuple[int, ...]], ...]] = (
    ("sender", (250,)),
    ("recipient", (250, 251)),
    ("content", (354,)),
)
"""The commands of a message, and the answers by which they are taken."""


class Letter(msgspec.Struct, frozen=True, gc=False):
    """A message as it goes over the wire, or why it cannot be sent."""

    id: str = ""
    sender: str = ""
    """MAIL FROM."""
    recipient: str = ""
    carried: bytes = b""
    """The content as SMTP carries it: CRLF line ends, the dots that begin a line doubled, without the final one."""
    size: int = 0
    """In bytes, before any dot was doubled."""
    problem: Outcome | None = None


class Pipeline:
    """One run of messages over a connection that is ready for MAIL FROM and offers PIPELINING."""

    def __init__(
        self, line: Connection, letters: Iterable[Letter], patience: Patience, halt: Callable[[], bool]
    ) -> None:
        self.line = line
        self.usable = True
        """Whether the connection may carry another message afterwards."""
        self._letters = iter(letters)
        self._ready: Letter | None = None
        self._patience = patience
        self._halt = halt
        self._content_began = False
        self._open = False
        """A transaction stands open that must be reset before the next."""
        self._options = MailOptions.of(line)

    def outcomes(self) -> Iterator[Outcome]:
        """What became of the messages, in order, as far as they were begun. Raises nothing for what a network can do.

        It ends early where the connection is lost, where ``halt`` says so, and where an answer concerns all of them.
        """
        try:
            yield from self._run()
        except ERRORS as error:
            self.usable = False
            said = f"{type(error).__name__}: {error}"[:300]
            yield Unknown(f"{LOST} ({said})") if self._content_began else Retry(said, whole_channel=True)

    def _run(self) -> Iterator[Outcome]:
        letter, opened = self._take(), False
        while letter is not None:
            if letter.problem is not None:
                yield letter.problem
                letter, opened = self._take(), False
                continue
            if not opened:
                self._write(self._opening(letter))
            refusal = self._opened()
            following = None if stops(refusal) or not self.usable else self._take()
            opens = following is not None and following.problem is None
            ahead = self._opening(following) if following is not None and opens else b""
            outcome = refusal or self._hand_over(letter, ahead)
            if refusal is not None and ahead:
                self._write(ahead)
            yield outcome
            if stops(outcome) or not self.usable:
                self.usable = self.usable and not ahead  # the next stands half open; nothing of its content has left
                return
            letter, opened = following, opens
        self._close()

    def _take(self) -> Letter | None:
        """The next message, unless nothing more is to be begun."""
        if self._halt():
            return None
        letter, self._ready = self._ready or next(self._letters, None), None
        return letter

    def _opening(self, letter: Letter) -> bytes:
        reset = "RSET\r\n" if self._open else ""
        options = self._options.text(letter.id, letter.size)
        lines = f"{reset}MAIL FROM:<{letter.sender}>{options}\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n"
        self.line.sent += 1
        return lines.encode("ascii")

    def _opened(self) -> Outcome | None:
        """Read what the server says to the commands; why it does not take the message, or nothing if it does."""
        self.line.pace(self._patience.command)
        if self._open:
            self._answer()
        refusal: Outcome | None = None
        for stage, good in _STAGES:
            code, answer = self._answer()
            if code not in good and refusal is None:
                refusal = self._refused(code, answer, stage)
                if not self.usable:
                    return refusal
        if refusal is not None and code == 354:
            self._write(b".\r\n")  # nobody is to get it, and the server wants to hear an end (RFC 2920, 3.1)
            self._answer()
        self._open = refusal is not None
        return refusal

    def _refused(self, code: int, answer: bytes, stage: Stage) -> Outcome:
        if not 400 <= code < 600:
            self.usable = False
            return Retry(text_of(code, answer) or UNREADABLE, whole_channel=True)
        self.usable = code != 421
        return outcome_of(code, answer, stage)

    def _hand_over(self, letter: Letter, ahead: bytes) -> Outcome:
        """From here until its answer the result of a lost connection is unknown. ``ahead`` are the commands of the
        next; while it is read, the one after that is made ready."""
        self._content_began = True
        self.line.pace(self._patience.answer)
        self._write(b"".join((ended(letter.carried), ahead)))
        if ahead:
            self._ready = next(self._letters, None)
        code, answer = self._answer()
        self._content_began = False
        if 200 <= code < 300:
            return Published(letter.id, detail=text_of(code, answer))
        if 400 <= code < 600:
            self.usable = code != 421
            return outcome_of(code, answer, "content")
        self.usable = False
        return Unknown(f"{UNREADABLE}: {text_of(code, answer)}")

    def _close(self) -> None:
        if self._open:
            self._write(b"RSET\r\n")
            self.usable = self._answer()[0] == 250

    def _write(self, data: bytes) -> None:
        assert self.line.sock is not None, "connected"
        self.line.sock.sendall(data)

    def _answer(self) -> tuple[int, bytes]:
        return self.line.getreply()


def stops(outcome: Outcome | None) -> bool:
    """Whether ``outcome`` of one message says that the next would fare no better."""
    match outcome:
        case Retry(whole_channel=whole):
            return whole
        case Rejected(why="token"):
            return True
    return False


def ended(carried: bytes) -> bytes:
    """``carried`` with the final dot (RFC 5321, 4.1.1.4)."""
    return carried + (b".\r\n" if carried.endswith(b"\r\n") else b"\r\n.\r\n")


class MailOptions(msgspec.Struct, frozen=True):
    """What MAIL FROM says beside the address, as far as a server knows it."""

    size: bool
    dsn: bool

    @classmethod
    def of(cls, line: Connection) -> MailOptions:
        return cls(line.has_extn("size"), line.has_extn("dsn"))

    def text(self, message_id: str, size: int) -> str:
        """How large it is, in bytes, and where the server reports on delivery (RFC 3461): that a bounce needs only the
        headers and names the message. With a space before each."""
        sized = f" size={size}" if self.size else ""
        return f"{sized} RET=HDRS ENVID={_xtext(message_id)}" if self.dsn else sized


def _xtext(value: str) -> str:
    return value.replace("+", "+2B").replace("=", "+3D")

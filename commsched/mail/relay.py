"""Handing e-mail in: to the office's relay over SMTP, or to a folder of ``.eml`` files where no relay is set.

What matters is where it broke. Until the first byte of the content has left, nothing was sent and trying again is safe.
From then until the server's answer the result cannot be known (RFC 1047): that is ``Unknown``, and it is never resent.
"""

from __future__ import annotations

import contextlib
import logging
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Finding, Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import Email, Mailer
from commsched.core.text.messages import N_, Invalid, Message
from commsched.core.text.recipients import is_address
from commsched.mail.build import Built, build_to_carry, clean_id
from commsched.mail.connection import Connection, Dial, Patience, Relay, read_url
from commsched.mail.folder import FolderMailer
from commsched.mail.headers import CannotBuild, clean_address, parse_mailbox, plain_line
from commsched.mail.pipeline import LOST, Letter, MailOptions, Pipeline, ended
from commsched.mail.smtp_replies import outcome_of, text_of

log = logging.getLogger("commsched.mail")

_SPARE: Final = 8
"""Idle connections kept at most; several channels may send at once."""
_BAD_SENDER: Final = N_("mail_from cannot be read: “%(value)s”. Write an address, or Name <address>.")


def mailer_for(settings: dict[str, str], outbox: Path, dial: Dial | None = None) -> Mailer:
    """The mailer that ``settings`` describe: ``smtp_url``, or none for a folder of files in ``outbox``. ``dial`` is how
    the relay is connected to.

    Raises :class:`~commsched.core.text.messages.Invalid` for an ``smtp_url`` or a ``mail_from`` that cannot be read:
    at the start, not at night when the first mail is to leave.
    """
    name, sender = default_sender(settings)
    if settings.get("smtp_url", "").strip():
        return SmtpMailer(read_url(settings["smtp_url"]), sender, name, dial=dial)
    return FolderMailer(outbox, sender, name)


def default_sender(settings: dict[str, str]) -> tuple[str, str]:
    """The name and the address that mail comes from: ``mail_name`` and ``mail_from``, which may be ``Name <address>``;
    else the relay's user where that is an address, else a name at the office's own host."""
    named, usual = settings.get("mail_name", "").strip(), "commsched"
    if settings.get("mail_from", "").strip():
        try:
            name, address = parse_mailbox(settings["mail_from"])
        except CannotBuild as error:
            raise Invalid(_BAD_SENDER, "mail_from", value=plain_line(settings["mail_from"], 100)) from error
        return named or name or usual, address
    return named or usual, _sender_without_setting(settings)


def _sender_without_setting(settings: dict[str, str]) -> str:
    if settings.get("smtp_url", "").strip():
        user = read_url(settings["smtp_url"]).user
        if is_address(user):
            return user
    host = urlsplit(settings.get("base_url", "")).hostname or "localhost"
    return f"commsched@{host if host.replace('.', '').replace('-', '').isalnum() else 'localhost'}"


class SmtpMailer(Mailer):
    """One transaction per recipient, over a connection that is used again while it is fresh."""

    def __init__(
        self,
        relay: Relay,
        sender: str,
        sender_name: str = "",
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        dial: Dial | None = None,
    ) -> None:
        self.relay = relay
        self.sender = sender
        self.sender_name = sender_name
        self.patience = patience or Patience()
        self._clock = clock
        self._dial = dial
        self._spare: list[Connection] = []
        self._lock = threading.Lock()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.relay.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def describe(self) -> Message:
        return Message(
            N_("E-mail goes through %(relay)s, from %(sender)s."), {"relay": self.relay.name, "sender": self.sender}
        )

    def send(self, message: Email) -> Outcome:
        try:
            message = _with_sender(message, self)
            built = build_to_carry(message)
        except CannotBuild as error:
            return _cannot(error)
        return _Transaction(message, built).over(self)

    def send_all(self, messages: Sequence[Email], halt: Callable[[], bool]) -> Iterator[Outcome | None]:
        count = 0
        for outcome in self._together(messages, halt):
            count += 1
            yield outcome
        yield from [None] * (len(messages) - count)

    def _together(self, messages: Sequence[Email], halt: Callable[[], bool]) -> Iterator[Outcome | None]:
        """As far as they are begun: over one connection, or one by one where the relay takes no more than that."""
        if len(messages) == 1:
            yield None if halt() else self.send(messages[0])
            return
        line = self._checked()
        if not isinstance(line, Connection):
            yield line
        elif line.has_extn("pipelining"):
            yield from self._pipelined(line, messages, halt)
        else:
            self.give_back(line)
            yield from super().send_all(messages, halt)

    def _checked(self) -> Connection | Outcome:
        """A connection that has just answered: one that lay idle may be dead, and would cost the first a try."""
        line = self._take_spare()
        if line is None:
            return self.connection(fresh=True)
        with line.deadline(self.patience.command):
            try:
                if line.noop()[0] == 250:
                    return line
            except (OSError, smtplib.SMTPException):
                pass
        line.close()
        return self.connection(fresh=True)

    def _pipelined(
        self, line: Connection, messages: Sequence[Email], halt: Callable[[], bool]
    ) -> Iterator[Outcome | None]:
        pipeline = Pipeline(line, map(self._letter, messages), self.patience, halt)
        try:
            with line.deadline(self.patience.total):
                yield from pipeline.outcomes()
        except GeneratorExit:
            pipeline.usable = False
            raise
        finally:
            if pipeline.usable:
                self.give_back(line)
            else:
                line.close()

    def _letter(self, message: Email) -> Letter:
        try:
            message = _with_sender(message, self)
            built = build_to_carry(message)
            sender = clean_address(message.envelope_from or message.sender, "sender")
            to, size = clean_address(message.to), len(built.content)
            return Letter(clean_id(message.message_id), sender, to, built.carried, size)
        except CannotBuild as error:
            return Letter(problem=_cannot(error))
        except Exception as error:  # a bug; it must not cost the message before it its answer
            log.exception("a message could not be built")
            return Letter(problem=Rejected(type(error).__name__, "config"))

    def verify(self) -> Outcome:
        opened = self.connection(fresh=True)
        if not isinstance(opened, Connection):
            return opened
        with opened.deadline(self.patience.command):
            try:
                code, answer = opened.noop()
            except (OSError, smtplib.SMTPException) as error:
                opened.close()
                return Retry(_said(error), whole_channel=True)
        self.give_back(opened)
        said = text_of(code, answer)
        return Published(self.relay.name, detail=said) if code == 250 else outcome_of(code, answer, "hello")

    def find(self, message_id: str) -> Finding:
        return CannotTell(N_("mail that has left cannot be read back"), final=True)

    def connection(self, fresh: bool = False) -> Connection | Outcome:
        """A connection ready for MAIL FROM; or why there is none, in which case nothing was sent."""
        spare = None if fresh else self._take_spare()
        if spare is not None:
            return spare
        try:
            line = Connection(self.relay, self.patience, self._context, self._dial)
        except (OSError, ssl.SSLError) as error:  # the certificate file of ``ca=`` cannot be read
            return Rejected(_why(error), "config")
        try:
            with line.deadline(self.patience.connect + self.patience.command):
                line.open()
        except Exception as error:
            line.close()
            return _refused_hello(error)
        return line

    def _take_spare(self) -> Connection | None:
        now = self._clock()
        with self._lock:
            while self._spare:
                line = self._spare.pop()
                if now - line.used_at <= self.patience.idle and line.sent < self.patience.messages:
                    return line
                line.close()
        return None

    def give_back(self, line: Connection) -> None:
        """Keep ``line`` for the next message, if there is room."""
        line.used_at = self._clock()
        with self._lock:
            if len(self._spare) < _SPARE and line.sent < self.patience.messages:
                self._spare.append(line)
                return
        line.close()

    def close(self) -> None:
        """Let go of every idle connection."""
        with self._lock:
            while self._spare:
                self._spare.pop().close()


class _Transaction:
    """One message to one recipient, and how far it came."""

    def __init__(self, message: Email, built: Built) -> None:
        self.message = message
        self.built = built
        self.id = clean_id(message.message_id)
        self.content_began = False

    def over(self, mailer: SmtpMailer) -> Outcome:
        """Send it. A kept connection that turns out dead before the content is replaced, once."""
        for fresh in (False, True):
            line = mailer.connection(fresh)
            if not isinstance(line, Connection):
                return line
            kept = line.sent > 0
            outcome = self._guarded(line, mailer)
            if not (kept and isinstance(outcome, Retry) and line.sock is None):
                return outcome
        return outcome

    def _guarded(self, line: Connection, mailer: SmtpMailer) -> Outcome:
        with line.deadline(mailer.patience.total):
            try:
                outcome, usable = self._steps(line, mailer.patience)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                line.close()
                if self.content_began:
                    return Unknown(f"{LOST} ({_said(error)})")
                return Retry(_said(error), whole_channel=True)
        if usable:
            mailer.give_back(line)
        else:
            line.close()
        return outcome

    def _steps(self, line: Connection, patience: Patience) -> tuple[Outcome, bool]:
        """The outcome, and whether the connection may carry another message."""
        line.sent += 1
        line.pace(patience.command)
        sender = clean_address(self.message.envelope_from or self.message.sender, "sender")
        recipient = clean_address(self.message.to)
        code, answer = line.mail(sender, MailOptions.of(line).text(self.id, len(self.built.content)).split())
        if code != 250:
            return self._refused(line, code, answer, "sender")
        code, answer = line.rcpt(recipient)
        if code not in (250, 251):
            return self._refused(line, code, answer, "recipient")
        code, answer = line.docmd("DATA")
        if code != 354:
            return self._refused(line, code, answer, "content")
        return self._hand_over(line, patience)

    def _refused(self, line: Connection, code: int, answer: bytes, stage: str) -> tuple[Outcome, bool]:
        if not 400 <= code < 600:
            line.close()
            return Retry(text_of(code, answer) or "the relay's answer could not be read", whole_channel=True), False
        outcome = outcome_of(code, answer, stage)  # type: ignore[arg-type]
        if code == 421:
            line.close()
            return outcome, False
        with contextlib.suppress(OSError, smtplib.SMTPException):
            return outcome, line.rset()[0] == 250
        return outcome, False

    def _hand_over(self, line: Connection, patience: Patience) -> tuple[Outcome, bool]:
        """From here on the result of a lost connection is unknown."""
        self.content_began = True
        line.pace(patience.answer)
        line.send(ended(self.built.carried))
        code, answer = line.getreply()
        if 200 <= code < 300:
            return Published(self.id, detail=text_of(code, answer)), True
        if 400 <= code < 600:
            outcome = outcome_of(code, answer, "content")
            return outcome, code != 421
        return Unknown(f"the relay's answer could not be read: {text_of(code, answer)}"), False


def _cannot(error: CannotBuild) -> Outcome:
    return Rejected(str(error), "address" if error.field == "to" else "config")


def _with_sender(message: Email, mailer: SmtpMailer) -> Email:
    if message.sender:
        return message
    return replace(message, sender=mailer.sender, sender_name=message.sender_name or mailer.sender_name)


def _refused_hello(error: Exception) -> Outcome:
    """Connecting, greeting, encrypting or signing in failed: nothing was sent."""
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=answer):
            return outcome_of(code, answer, "sign-in")
        case smtplib.SMTPNotSupportedError():
            return Rejected(_said(error), "config")
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=answer) if 400 <= code < 600:
            return outcome_of(code, answer, "hello")
        case OSError() | smtplib.SMTPException() | ValueError():
            return Retry(_why(error), whole_channel=True)
    raise error


_WHY: Final[tuple[tuple[type[Exception], str], ...]] = (
    (FileNotFoundError, N_("the file of certificates cannot be read")),
    (ConnectionRefusedError, N_("the mail server refuses the connection")),
    (ssl.SSLCertVerificationError, N_("the mail server's certificate is not valid for its name")),
    (socket.gaierror, N_("there is no mail server of that name")),
    (TimeoutError, N_("the mail server does not answer")),
)


def _why(error: Exception) -> str:
    """Why there is no connection, as a person would say it, with what the machine said behind."""
    words = next((words for kind, words in _WHY if isinstance(error, kind)), "")
    return f"{words} ({_said(error)})"[:300] if words else _said(error)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]

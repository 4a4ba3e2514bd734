"""Turns an :class:`Email` into the bytes that are sent.

Header values come from people and from addresses typed by people. Python's ``EmailMessage`` refuses line breaks, but
lets other control characters of a display name through raw, and servers differ in what they take for a line end: so
every value loses its control characters here, before it becomes a header (RFC 5322, 3.2.3; CVE-2024-6923).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

import msgspec

from commsched.core.platform.contract import Email
from commsched.core.text.messages import N_
from commsched.mail._mime import Content, compile_body
from commsched.mail.headers import CannotBuild, ascii_domain, clean_address, mailbox_field, plain_line, text_field

_ID: Final = re.compile(r"[A-Za-z0-9._+-]{1,100}@[A-Za-z0-9.-]{1,100}")
_EXTRA: Final = frozenset(
    {
        "auto-submitted",
        "in-reply-to",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
        "list-subscribe",
        "precedence",
        "references",
        "x-auto-response-suppress",
    }
)
"""The headers a caller may add. Everything that names a recipient, a sender or a part is decided here alone."""


_COMMON: Final = frozenset(
    {"auto-submitted", "list-id", "list-unsubscribe-post", "precedence", "x-auto-response-suppress"}
)
"""Those that say the same in all the messages of a mailing."""


def clean_id(value: str) -> str:
    """A Message-ID without its angle brackets, its right half in ASCII. Raises :class:`CannotBuild` for one that is not
    of ours."""
    left, at, right = value.strip().removeprefix("<").removesuffix(">").rpartition("@")
    bare = f"{left}{at}{ascii_domain(right)}"
    if not _ID.fullmatch(bare):
        raise CannotBuild(N_("A message needs a Message-ID of its own."), "message_id")
    return bare


class Built(msgspec.Struct, frozen=True):
    """A message with CRLF line ends."""

    content: bytes
    carried: bytes
    """The same as SMTP carries it after DATA, without the final dot: the dots that begin a line are doubled."""


def build(message: Email) -> bytes:
    """The message with CRLF line ends. Raises :class:`CannotBuild`; the same message gives the same bytes."""
    return build_to_carry(message).content


def build_to_carry(message: Email) -> Built:
    """As :func:`build`, in both its forms."""
    if message.date is None:
        raise CannotBuild(N_("A message needs its date."), "date")
    compiled = _compiled_with_files if message.files else _compiled
    body = compiled(
        Content(message.text, message.html, message.images, message.calendar, message.files, frozenset(message.marks))
    )
    head = b"".join((_headers(message), body.head))
    content, carried = body.filled(message.marks)
    if message.signer is not None:
        try:
            head = message.signer.field(head, content) + head
        except ValueError as error:
            raise CannotBuild(N_("The key that mail is signed with cannot be used."), "signer") from error
    whole = b"".join((head, b"\r\n", content))
    return Built(whole, whole if carried is content else b"".join((head, b"\r\n", carried)))


_compiled = lru_cache(maxsize=8)(compile_body)
"""Of the mailings that are on their way: each recipient's message is made of the same chunks."""
_compiled_with_files = lru_cache(maxsize=2)(compile_body)
"""The same for those that carry documents, which are large: fewer are kept."""


def _headers(message: Email) -> bytes:
    assert message.date is not None, "asked before"
    to, reply_to = clean_address(message.to), message.reply_to
    return b"".join(
        (
            _from(message.sender, message.sender_name),
            mailbox_field("To", "", to),
            _subject(message.subject, message.date),
            text_field("Message-ID", f"<{clean_id(message.message_id)}>"),
            *[_extra_header(name, value) for name, value in message.headers.items()],
            mailbox_field("Reply-To", "", clean_address(reply_to, "reply_to")) if reply_to else b"",
        )
    )


@lru_cache(maxsize=16)
def _from(sender: str, name: str) -> bytes:
    return mailbox_field("From", plain_line(name, 100), clean_address(sender, "sender"))


@lru_cache(maxsize=64)
def _subject(subject: str, date: datetime) -> bytes:
    """The subject and the date, which a group's messages have in common."""
    at = format_datetime(date.astimezone(UTC))
    return text_field("Subject", plain_line(subject) or "–") + text_field("Date", at)


def _extra_header(name: str, value: str) -> bytes:
    """An allowed extra header, written by ourselves: the library folds a long address into encoded words."""
    lower = name.lower()
    if lower not in _EXTRA:
        raise CannotBuild(N_("The header %(name)s is not one that may be added."), "headers", name=plain_line(name))
    return _common_header(name, value) if lower in _COMMON else _written(name, value)


def _written(name: str, value: str) -> bytes:
    plain = plain_line(value, 2000)
    if not plain.isascii():
        raise CannotBuild(N_("The header %(name)s must be ASCII."), "headers", name=name)
    return text_field(name, plain)


_common_header = lru_cache(maxsize=64)(_written)

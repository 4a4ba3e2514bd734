"""Turns an :class:`Email` into the bytes that are sent.

Header values come from people and from addresses typed by people. Python's ``EmailMessage`` refuses line breaks, but
lets other control characters of a display name through raw, and servers differ in what they take for a line end: so
every value loses its control characters here, before it becomes a header (RFC 5322, 3.2.3; CVE-2024-6923).
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

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


def clean_id(value: str) -> str:
    """A Message-ID without its angle brackets, its right half in ASCII. Raises :class:`CannotBuild` for one that is not
    of ours."""
    left, at, right = value.strip().removeprefix("<").removesuffix(">").rpartition("@")
    bare = f"{left}{at}{ascii_domain(right)}"
    if not _ID.fullmatch(bare):
        raise CannotBuild(N_("A message needs a Message-ID of its own."), "message_id")
    return bare


def build(message: Email) -> bytes:
    """The message with CRLF line ends. Raises :class:`CannotBuild`; the same message gives the same bytes."""
    if message.date is None:
        raise CannotBuild(N_("A message needs its date."), "date")
    body = _compiled(
        Content(message.text, message.html, message.images, message.calendar, message.files, frozenset(message.marks))
    )
    head = _headers(message, format_datetime(message.date.astimezone(UTC)))
    whole = b"".join((head, body.head, b"\r\n", body.filled(message.marks)))
    if message.signer is None:
        return whole
    try:
        return message.signer.sign(whole)
    except ValueError as error:
        raise CannotBuild(N_("The key that mail is signed with cannot be used."), "signer") from error


_compiled = lru_cache(maxsize=8)(compile_body)
"""Of the mailings that are on their way: each recipient's message is made of the same chunks."""


def _headers(message: Email, date: str) -> bytes:
    sender, to = clean_address(message.sender, "sender"), clean_address(message.to)
    lines = [
        mailbox_field("From", plain_line(message.sender_name, 100), sender),
        mailbox_field("To", "", to),
        text_field("Subject", plain_line(message.subject) or "–"),
        text_field("Date", date),
        text_field("Message-ID", f"<{clean_id(message.message_id)}>"),
        _extra_headers(message),
    ]
    if message.reply_to:
        lines.append(mailbox_field("Reply-To", "", clean_address(message.reply_to, "reply_to")))
    return b"".join(lines)


def _extra_headers(message: Email) -> bytes:
    """The allowed extra headers, written by ourselves: the library folds a long address into encoded words."""
    lines = []
    for name, value in message.headers.items():
        if name.lower() not in _EXTRA:
            raise CannotBuild(N_("The header %(name)s is not one that may be added."), "headers", name=plain_line(name))
        plain = plain_line(value, 2000)
        if not plain.isascii():
            raise CannotBuild(N_("The header %(name)s must be ASCII."), "headers", name=name)
        lines.append(text_field(name, plain))
    return b"".join(lines)

"""Turns an :class:`Email` into the bytes that are sent.

Header values come from people and from addresses typed by people. Python's ``EmailMessage`` refuses line breaks, but
lets other control characters of a display name through raw, and servers differ in what they take for a line end: so
every value loses its control characters here, before it becomes a header (RFC 5322, 3.2.3; CVE-2024-6923).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from commsched.core.platform.contract import Email
from commsched.core.platform.email import InlineImage
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_
from commsched.mail.headers import CannotBuild, ascii_domain, clean_address, mailbox_field, plain_line, text_field

_ID: Final = re.compile(r"[A-Za-z0-9._+-]{1,100}@[A-Za-z0-9.-]{1,100}")
_NAME: Final = re.compile(r"[A-Za-z0-9.-]{1,80}")
_EXTRA: Final = frozenset(
    {
        "auto-submitted",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "in-reply-to",
        "list-id",
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
    from email.policy import SMTP  # with the whole grammar of headers: slow to import, and no page needs it

    mail = EmailMessage(policy=SMTP)
    _write_body(mail, message)
    return _headers(message, format_datetime(message.date.astimezone(UTC))) + mail.as_bytes()


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


def _write_body(mail: EmailMessage, message: Email) -> None:
    mail.set_content(_body(message.text), charset="utf-8", cte="quoted-printable")
    if not message.html:
        return
    mail.add_alternative(_body(message.html), subtype="html", charset="utf-8", cte="quoted-printable")
    # A boundary from the Message-ID, not from chance: the same message is the same bytes on every try.
    boundary = f"=_{clean_id(message.message_id).partition('@')[0][:56]}"
    mail.set_boundary(boundary)
    if message.images:
        _add_images(mail.get_payload()[1], message.images, f"{boundary}-pic")  # type: ignore[index, arg-type]


def _add_images(html: EmailMessage, images: Sequence[InlineImage], boundary: str) -> None:
    """Put the pictures beside the HTML that shows them (RFC 2387)."""
    for image in images:
        kind, _, subtype = image.mime.partition("/")
        if not _NAME.fullmatch(image.name) or kind != "image" or not subtype.isalnum():
            raise CannotBuild(N_("A picture in a message needs a name and a type."), "images")
        name = f"{image.name}.{subtype}"
        html.add_related(image.data, kind, subtype, cid=f"<{image.name}>", filename=name, disposition="inline")
    html.set_boundary(boundary)


def _body(text: str) -> str:
    return clean(text)


def _extra_headers(message: Email) -> bytes:
    """The allowed extra headers, written by ourselves: the library folds a long address into encoded words."""
    lines = []
    for name, value in message.headers.items():
        if name.lower() not in _EXTRA:
            raise CannotBuild(N_("The header %(name)s is not one that may be added."), "headers", name=plain_line(name))
        plain = plain_line(value, 2000)
        if not plain.isascii():
            raise CannotBuild(N_("The header %(name)s must be ASCII."), "headers", name=name)
        folded = plain.replace(", ", ",\r\n ")
        lines.append(f"{name}: {folded}\r\n")
    return "".join(lines).encode("ascii")

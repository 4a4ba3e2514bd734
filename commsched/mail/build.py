"""From a :class:`Message` to the bytes that go on the wire.

Header values come from people and from addresses typed by people. Python's ``EmailMessage`` refuses line breaks, but
lets other control characters of a display name through raw, and servers differ in what they take for a line end: so
every value loses its control characters here, before it becomes a header (RFC 5322, 3.2.3; CVE-2024-6923).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from commsched.core.platform import Message
from commsched.core.words import N_, Invalid

if TYPE_CHECKING:
    from email.headerregistry import Address

_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_ID: Final = re.compile(r"[A-Za-z0-9._+-]{1,100}@[A-Za-z0-9.-]{1,100}")
_EXTRA: Final = frozenset(
    {"auto-submitted", "list-unsubscribe", "list-unsubscribe-post", "list-id", "precedence", "x-auto-response-suppress"}
)
"""The headers a caller may add. Everything that names a recipient, a sender or a part is decided here alone."""
MAX_HEADER: Final = 400
"""Characters of one header's text; a longer subject is cut rather than refused."""


class CannotBuild(Invalid):
    """The message cannot become an e-mail: an address or an id that is none."""

    code = "mail"


def plain_line(value: str, limit: int = MAX_HEADER) -> str:
    """``value`` as one line without control, format or unpaired characters, white space folded to single spaces."""
    kept = "".join(" " if _breaks(c) else c for c in value if unicodedata.category(c) not in ("Cs", "Cn"))
    return " ".join(kept.split())[:limit].rstrip()


def _breaks(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Zl", "Zp") or (category == "Cf" and character not in "\u200d\u00ad")


def clean_address(value: str) -> str:
    """A bare ``local@domain`` in ASCII, with an international domain in its IDNA form.

    Raises :class:`CannotBuild` for anything else: nothing that is not one address may reach RCPT or a header.
    """
    local, _, domain = value.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        ascii_domain = ""
    whole = f"{local}@{ascii_domain}"
    if not _ADDRESS.fullmatch(whole):
        raise CannotBuild(N_("“%(address)s” is not an e-mail address."), "to", address=plain_line(value, 100))
    return whole


def clean_id(value: str) -> str:
    """A Message-ID without its angle brackets. Raises :class:`CannotBuild` for one that is not of ours."""
    bare = value.strip().removeprefix("<").removesuffix(">")
    if not _ID.fullmatch(bare):
        raise CannotBuild(N_("A message needs a Message-ID of its own."), "message_id")
    return bare


def build(message: Message) -> bytes:
    """The message with CRLF line ends. Raises :class:`CannotBuild`; the same message gives the same bytes."""
    if message.date is None:
        raise CannotBuild(N_("A message needs its date."), "date")
    from email.policy import SMTP  # with the whole grammar of headers: slow to import, and no page needs it

    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(message.sender_name, message.sender)
    mail["To"] = _mailbox("", message.to)
    if message.reply_to:
        mail["Reply-To"] = _mailbox("", message.reply_to)
    mail["Subject"] = plain_line(message.subject) or "–"
    mail["Date"] = format_datetime(message.date.astimezone(UTC))
    mail["Message-ID"] = f"<{clean_id(message.message_id)}>"
    _write_body(mail, message)
    return _extra_headers(message) + mail.as_bytes()


def _mailbox(name: str, address: str) -> Address:
    from email.headerregistry import Address

    local, _, domain = clean_address(address).rpartition("@")
    return Address(plain_line(name, 100), local, domain)


def _write_body(mail: EmailMessage, message: Message) -> None:
    mail.set_content(_body(message.text), charset="utf-8", cte="quoted-printable")
    if message.html:
        mail.add_alternative(_body(message.html), subtype="html", charset="utf-8", cte="quoted-printable")
        # A boundary from the Message-ID, not from chance: the same message is the same bytes on every try.
        mail.set_boundary(f"=_{clean_id(message.message_id).partition('@')[0][:60]}")


def _body(text: str) -> str:
    """Text with plain line ends, without what no mail program shows (NUL and other controls, lone surrogates)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _extra_headers(message: Message) -> bytes:
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

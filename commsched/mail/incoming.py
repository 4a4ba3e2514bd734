"""A message that came in, read from its bytes: hostile input, of which nothing may make us stumble or wait.

The beginning of a message is enough (:data:`HEAD_BYTES`): it holds the headers and the first text, and what a bounce
says. What lies beyond is named, and fetched when somebody asks.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape
from itertools import islice
from typing import Final

import msgspec

from commsched.core.text.clean import clean, one_line
from commsched.core.text.recipients import is_address

HEAD_BYTES: Final = 256 * 1024
"""What is read of a message before anybody asks for more."""
MOST_TEXT: Final = 50_000
"""Characters of its text that are kept."""
MOST_SUBJECT: Final = 300
MOST_HEADER: Final = 20_000
MOST_PARTS: Final = 100
MOST_IDS: Final = 30
_ID: Final = re.compile(r"<([\x21-\x3b\x3d\x3f-\x7e]{1,250})>")
_BREAKS: Final = re.compile(r"(?i)<(?:br|/p|/div|/li|/tr|/h[1-6]|/blockquote)\b[^>]{0,200}>")
_BLANKS: Final = re.compile(r"[ \t\xa0]+")
_FOR_MACHINES: Final = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "text/rfc822-headers", "message/rfc822-headers"}
)
"""Parts of a report that nobody saves as a file."""
_SLOW: Final = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})
"""Codecs that take long, or read more into the bytes than letters."""


class Attachment(msgspec.Struct, frozen=True):
    """A part that is offered as a file. ``section`` is its number for IMAP (RFC 3501, 6.4.5)."""

    section: str
    name: str
    mime: str
    encoding: str


class Incoming(msgspec.Struct, frozen=True):
    """What a message says, cleaned and bounded. Ids are without their angle brackets."""

    message_id: str
    answers: tuple[str, ...]
    """What it refers to, what it answers first."""
    subject: str
    name: str
    address: str
    """Who wrote it; empty where no address can be read."""
    reply_to: str
    to: tuple[str, ...]
    """Whom it was for, as far as its headers say, lower case."""
    copies: str
    date: datetime | None
    text: str
    html: str
    """Of a message without a plain text; never shown as it is."""
    attachments: tuple[Attachment, ...]
    tree: Message
    """The message itself, for what reads more of it."""
    cut: bool = False
    """Whether its text goes on beyond what was read or kept."""


def parse(raw: bytes) -> Message:
    """The message in ``raw``; where its parts lie in each other too deep, its headers alone."""
    data = raw[:HEAD_BYTES]
    try:
        return BytesParser().parsebytes(data)
    except (RecursionError, ValueError, LookupError, AssertionError, IndexError):
        return BytesHeaderParser().parsebytes(data.partition(b"\r\n\r\n")[0][:MOST_HEADER])


def read(raw: bytes) -> Incoming:
    """What the message in ``raw`` says. Raises nothing, whatever is in it."""
    tree = parse(raw)
    plain, html = texts(tree)
    words = plain if plain.strip() else from_html(html)
    name, address = mailbox(header(tree, "From"))
    return Incoming(
        message_id=next(iter(ids(header(tree, "Message-ID"))), ""),
        answers=references(tree),
        subject=one_line(header(tree, "Subject"))[:MOST_SUBJECT],
        name=name,
        address=address,
        reply_to=mailbox(header(tree, "Reply-To"))[1],
        to=recipients(tree),
        copies=one_line(header(tree, "Cc"))[:1000],
        date=date(header(tree, "Date")),
        text=words[:MOST_TEXT].strip(),
        html=html,
        attachments=tuple(_attachments(tree)),
        tree=tree,
        cut=len(words) > MOST_TEXT or len(raw) >= HEAD_BYTES,
    )


def header(tree: Message, name: str) -> str:
    """A header's value, decoded and bounded; empty where there is none."""
    return decoded(next(iter(_raw(tree, name)), ""))


def _raw(tree: Message, name: str) -> Iterator[str]:
    """A header's values as they came; bytes that are not ASCII are surrogates."""
    wanted = name.lower()
    return (str(value)[:MOST_HEADER] for key, value in tree.raw_items() if key.lower() == wanted)


def decoded(value: str) -> str:
    """A header's encoded words (RFC 2047) as text; one that cannot be decoded stays as it is."""
    if "=?" not in value:
        return clean(_surrogates(value))
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return clean(_surrogates(value))
    said = [text if isinstance(text, str) else to_text(text, charset or "ascii") for text, charset in pieces]
    return clean(_surrogates("".join(said)))


def _surrogates(value: str) -> str:
    """Bytes that a header must not have, read as UTF-8, else as Windows does."""
    if value.isascii():
        return value
    return to_text(value.encode("utf-8", "surrogateescape"), "utf-8")


def to_text(data: bytes, charset: str) -> str:
    """``data`` in ``charset``; in UTF-8, else as Windows writes, where that is no charset or does not fit."""
    for name in (charset, "utf-8"):
        try:
            if codecs.lookup(name).name.replace("-", "_") not in _SLOW:
                return data.decode(name)
        except (LookupError, ValueError, UnicodeError):
            continue
    return data.decode("cp1252", "replace")


def ids(value: str) -> tuple[str, ...]:
    """The Message-IDs in a header."""
    return tuple(match[1] for match in _ID.finditer(value[:MOST_HEADER]))[-MOST_IDS:]


def references(tree: Message) -> tuple[str, ...]:
    """What a message answers, the nearest first."""
    nearest = ids(header(tree, "In-Reply-To"))
    return tuple(dict.fromkeys((*nearest, *reversed(ids(header(tree, "References"))))))[:MOST_IDS]


def mailbox(value: str) -> tuple[str, str]:
    """The name and the address of the first mailbox in a header; an empty address where none can be read."""
    for name, address in getaddresses([value[:2000]]):
        if is_address(address):
            return one_line(decoded(name))[:200], address.strip()
    return one_line(value.partition("<")[0]).strip('" ')[:200], ""


def recipients(tree: Message) -> tuple[str, ...]:
    """Every address that it was sent to, as far as its headers say."""
    said: list[str] = []
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc"):
        said += [value[:2000] for value in islice(_raw(tree, name), 20)]
    addresses = (address.strip().lower() for _, address in getaddresses(said))
    return tuple(dict.fromkeys(address for address in addresses if "@" in address))[:50]


def date(value: str) -> datetime | None:
    """The moment in a Date header, if it can be read."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def walk(tree: Message) -> Iterator[tuple[str, Message]]:
    """The parts that are no containers, with their IMAP sections, in order. A message within it is one part. At most
    :data:`MOST_PARTS`, however deep they lie."""
    ahead: list[tuple[str, Message]] = [("", tree)]
    looked = 0
    while ahead and looked < MOST_PARTS:
        looked += 1
        section, part = ahead.pop(0)
        if kind_of(part).startswith("multipart/") and isinstance(part.get_payload(), list):
            inner = [each for each in part.get_payload() if isinstance(each, Message)]
            dot = f"{section}." if section else ""
            ahead[:0] = [(f"{dot}{number}", each) for number, each in enumerate(inner[:MOST_PARTS], 1)]
        else:
            yield section or "1", part


def kind_of(part: Message) -> str:
    """``text/plain``, lower case."""
    try:
        return part.get_content_type()
    except (ValueError, LookupError):
        return "application/octet-stream"


def texts(tree: Message) -> tuple[str, str]:
    """The first plain text and the first HTML that are not attached as files."""
    plain = html = ""
    for _, part in walk(tree):
        kind = kind_of(part)
        if kind not in ("text/plain", "text/html") or _disposition(part) == "attachment":
            continue
        if kind == "text/plain" and not plain:
            plain = body(part)
        elif kind == "text/html" and not html:
            html = body(part)
        if plain and html:
            break
    return plain, html


def body(part: Message) -> str:
    """A text part as text."""
    try:
        data = part.get_payload(decode=True)
        charset = str(part.get_content_charset() or "utf-8")
    except (ValueError, LookupError, AssertionError):
        return ""
    return clean(to_text(data, charset)) if isinstance(data, bytes) else ""


def from_html(html: str) -> str:
    """The words of an HTML text, its lines kept."""
    if not html:
        return ""
    import nh3

    broken = _BREAKS.sub("\n", html[: MOST_TEXT * 4])
    bare = unescape(nh3.clean(broken, tags=set(), clean_content_tags={"script", "style", "title"}))
    lines = [_BLANKS.sub(" ", line).strip() for line in clean(bare).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _disposition(part: Message) -> str:
    try:
        return part.get_content_disposition() or ""
    except (ValueError, LookupError):
        return ""


def _attachments(tree: Message) -> Iterator[Attachment]:
    taken = {"text/plain": False, "text/html": False}
    for section, part in walk(tree):
        kind = kind_of(part)
        shown = kind in taken and _disposition(part) != "attachment" and not taken[kind]
        if shown:
            taken[kind] = True
            continue
        if kind in _FOR_MACHINES:
            continue
        encoding = header(part, "Content-Transfer-Encoding").strip().lower()[:20]
        yield Attachment(section, file_name(part), kind[:100], encoding)


def file_name(part: Message) -> str:
    """What the part is called, made harmless; by its type where it has no name."""
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        name = ""
    named = one_line(decoded(name)).replace("/", "_").replace("\\", "_").strip(". ")[:120]
    return named or f"{kind_of(part).replace('/', '-')[:60]}"

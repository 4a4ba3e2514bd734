"""What is not kept here of a message: its HTML, its attachments. It is fetched from the mailbox when somebody asks."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Final

import msgspec

from commsched.core.text.messages import N_, Conflict, Message, NotFound, OfficeError
from commsched.mail import incoming
from commsched.mail.imap import Box
from commsched.services.inbox import mailboxes, messages, sorting
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.store.models import InboxMessage, Mailbox

if TYPE_CHECKING:
    from nh3 import Cleaner

MOST_FILE: Final = 25 * 1024 * 1024
"""Octets of an attachment as it lies in the mailbox; larger ones are opened there."""
IN_MEMORY: Final = 512 * 1024
_WORDS: Final = {
    "a",
    "abbr",
    "b",
    "br",
    "cite",
    "code",
    "em",
    "i",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
}
_BLOCKS: Final = {"blockquote", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "ul"}
_HEADINGS: Final = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TABLE: Final = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_SPACE: Final = re.compile(rb"[^A-Za-z0-9+/=]+")
GONE: Final = N_("It does not lie in the mailbox any more: somebody has moved or deleted it there.")


class Unreachable(OfficeError):
    """The mailbox cannot be asked just now (409)."""

    status, code = 409, "mailbox"

    def __init__(self, words: Message) -> None:
        super().__init__(words.message, **{name: str(value) for name, value in words.params.items()})


class File(msgspec.Struct, frozen=True):
    """An attachment, to be saved. Whoever gets it closes ``data``."""

    name: str
    mime: str
    data: IO[bytes]


@cache
def _cleaner() -> Cleaner:
    """Words and their order, and nothing that is fetched, runs or is laid over anything."""
    import nh3

    return nh3.Cleaner(
        tags=_WORDS | _BLOCKS | _HEADINGS | _TABLE,
        clean_content_tags={"script", "style", "title", "svg", "math", "template"},
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def safe_html(html: str) -> str:
    """HTML of a stranger as it may be shown: no picture, no style, nothing from elsewhere."""
    return _cleaner().clean(html[: incoming.HEAD_BYTES])


def html_of(installation: Installation, actor: Actor, number: int) -> str:
    """A message's HTML, made safe. Raises :class:`Conflict` where it cannot be fetched."""
    with _open(installation, actor, number) as (box, _row, uid):
        raw = b"".join(head.raw for head in box.heads([uid]))
    return safe_html(incoming.texts(incoming.parse(raw))[1])


def attachment(installation: Installation, actor: Actor, number: int, place: int) -> File:
    """The attachment at ``place``, counted from 0. Raises :class:`NotFound`, or :class:`Conflict` where it is too large
    or cannot be fetched."""
    with _open(installation, actor, number) as (box, row, uid):
        wanted = sorting.details_of(installation, row).attachments
        if not place < len(wanted):
            raise NotFound(N_("There is no such attachment."))
        said = wanted[place]
        data = _spooled(box.section(uid, said.section, MOST_FILE), said.encoding)
    return File(said.name, said.mime, data)


def _spooled(pieces: Iterator[bytes], encoding: str) -> IO[bytes]:
    """The attachment as a file at its beginning. Raises :class:`Conflict` where it was cut: half a file is none."""
    data = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever gets it closes it
    length = 0

    def counted() -> Iterator[bytes]:
        nonlocal length
        for piece in pieces:
            length += len(piece)
            yield piece

    try:
        data.writelines(_decoded(counted(), encoding))
        if length >= MOST_FILE:
            raise Conflict(N_("The attachment is too large to be fetched here. Open the message in the mailbox."))
    except BaseException:
        data.close()
        raise
    data.seek(0)
    return data


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding == "base64":
        left = b""
        for piece in pieces:
            left += _SPACE.sub(b"", piece)
            whole = len(left) - len(left) % 4
            yield _base64(left[:whole])
            left = left[whole:]
        yield _base64(left + b"=" * (-len(left) % 4))
    elif encoding == "quoted-printable":
        yield quopri.decodestring(b"".join(pieces))
    else:
        yield from pieces


def _base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""


@contextmanager
def _open(installation: Installation, actor: Actor, number: int) -> Iterator[tuple[Box, InboxMessage, int]]:
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        row = messages.load(session, number)
        mailbox = session.get(Mailbox, row.mailbox_id) if row.mailbox_id else None
    if mailbox is None or row.erased_at is not None:
        raise Conflict(GONE)
    try:
        with (
            waiting_for_a_server(actor),
            mailboxes.open_box(installation, mailbox, mailboxes.PATIENCE) as box,
        ):
            yield box, row, find(installation, box, row, mailbox)
    except OfficeError as error:
        if error.status in (404, 409, 429):
            raise
        raise Unreachable(error.words) from error


def find(installation: Installation, box: Box, row: InboxMessage, mailbox: Mailbox) -> int:
    """Open the folder in which the message lies; returns its UID there. Raises :class:`Conflict` where it is gone."""
    validity = box.look_in(mailbox.folder)
    if not row.moved and validity == row.validity and row.uid in box.numbers(row.uid - 1):
        return row.uid
    named = sorting.details_of(installation, row).message_id
    for folder in (mailbox.folder, mailbox.handled_folder):
        if not folder or not named:
            continue
        box.look_in(folder)
        uids = box.named(named)
        if uids:
            return uids[-1]
    raise Conflict(GONE)


def to_send_on(installation: Installation, row: InboxMessage, mailbox: Mailbox, most: int) -> tuple[str, bytes]:
    """What a copy of a message says, and the message itself as it came; nothing where it is larger than ``most``
    octets, or gone. Raises :class:`~commsched.core.text.messages.OfficeError` where the mailbox cannot be asked now."""
    unseal = installation.vault.unseal
    who, address = unseal(row.sender), unseal(row.address)
    text = f"{who} <{address}>\n{unseal(row.subject)}\n\n{unseal(row.text)}"
    if row.size > most:
        return text, b""
    with mailboxes.open_box(installation, mailbox, mailboxes.PATIENCE) as box:
        try:
            uid = find(installation, box, row, mailbox)
        except Conflict:
            return text, b""
        return text, b"".join(box.section(uid, "", most))

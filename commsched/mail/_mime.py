"""The body of a message as chunks of bytes, with gaps for what differs from one recipient to the next.

What all recipients get is encoded once; a gap is filled for each of them and isolated by soft line breaks, so that no
line grows too long whatever stands in it. Python's own ``EmailMessage`` takes 3 ms for a message of 20 kB; this takes
some microseconds. A boundary begins with ``=_``, which neither quoted-printable nor base64 can contain.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html as html_module
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from commsched.core.platform.email import AttachedFile, InlineImage
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_
from commsched.mail.headers import CannotBuild, plain_line

_MARK: Final = re.compile("(\ue000[a-z_]{1,30}\ue001)")
_NAME: Final = re.compile(r"[A-Za-z0-9.-]{1,80}")
_MIME: Final = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,90}")
_METHOD: Final = re.compile(r"^METHOD:([A-Z]{3,20})\s*$", re.MULTILINE)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_PERCENT: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LONGEST_NAME: Final = 120
"""Characters of a file's name; a longer one is cut in front of its ending."""
_PIECE: Final = 60
"""Octets of one piece of a name that is divided (RFC 2231, 3)."""

How: TypeAlias = Literal["text", "html"]


class Gap(msgspec.Struct, frozen=True):
    """Where a value of ``Email.marks`` goes, and whether it is escaped for HTML."""

    name: str
    how: How


Chunks: TypeAlias = "list[bytes | Gap]"


class Body(msgspec.Struct, frozen=True):
    """A message's MIME headers and content. The same for everybody but for the gaps."""

    head: bytes
    """MIME-Version, Content-Type and Content-Transfer-Encoding."""
    chunks: tuple[bytes | Gap, ...]
    stuffed: tuple[bytes | Gap, ...]
    """The same as SMTP carries it: the dots that begin a line are doubled. To look for them in every message anew would
    take as long as everything else that is done for it."""

    def filled(self, marks: Mapping[str, str]) -> tuple[bytes, bytes]:
        """The content with CRLF line ends, and the same as SMTP carries it. Raises :class:`CannotBuild` for a gap that
        nothing is there for."""
        values = {chunk: _fill(chunk, marks) for chunk in self.chunks if isinstance(chunk, Gap)}
        content = b"".join([chunk if isinstance(chunk, bytes) else values[chunk] for chunk in self.chunks])
        doubled = {gap: stuffed(value) for gap, value in values.items()}
        if self.stuffed is self.chunks and doubled == values:
            return content, content
        carried = [chunk if isinstance(chunk, bytes) else doubled[chunk] for chunk in self.stuffed]
        return content, b"".join(carried)


def _fill(gap: Gap, marks: Mapping[str, str]) -> bytes:
    value = plain_line(marks[gap.name], 2000)
    return _quoted(html_module.escape(value) if gap.how == "html" else value)


def stuffed(lines: bytes) -> bytes:
    """``lines``, which begin a line, with every dot doubled that begins one (RFC 5321, 4.5.2)."""
    doubled = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled


def _stuffed(chunks: tuple[bytes | Gap, ...]) -> tuple[bytes | Gap, ...]:
    """``chunks`` as SMTP carries them; the very same where no line begins with a dot. Each begins a line, since soft
    breaks stand around a gap."""
    doubled = tuple(stuffed(chunk) if isinstance(chunk, bytes) else chunk for chunk in chunks)
    return chunks if doubled == chunks else doubled


class Content(msgspec.Struct, frozen=True):
    """What a body is made of. Hashable, so that a body is compiled once for a whole mailing."""

    text: str
    html: str = ""
    images: tuple[InlineImage, ...] = ()
    calendar: str = ""
    files: tuple[AttachedFile, ...] = ()
    marks: frozenset[str] = frozenset()


class _Entity(msgspec.Struct):
    """A part of a message: its header lines after Content-Type's name, and its content."""

    kind: str
    chunks: Chunks
    lines: tuple[str, ...] = ()

    def head(self) -> bytes:
        return "".join(f"{line}\r\n" for line in (f"Content-Type: {self.kind}", *self.lines)).encode("ascii")


def compile_body(content: Content) -> Body:
    """The body of ``content``. Raises :class:`CannotBuild` for a picture, a file or a calendar that cannot be sent."""
    words = "\0".join((content.text, content.html, content.calendar)).encode("utf-8", "replace")
    stem = f"=_{hashlib.sha256(words).hexdigest()[:32]}"
    whole = _alternatives(content, stem)
    attached = [*_calendar_file(content.calendar), *map(_file, content.files)]
    if attached:
        whole = _multipart("mixed", [whole, *attached], f"{stem}-all")
    chunks = tuple(_joined(whole.chunks))
    return Body(b"MIME-Version: 1.0\r\n" + whole.head(), chunks, _stuffed(chunks))


def _alternatives(content: Content, stem: str) -> _Entity:
    """The same in several forms, the plainest first (RFC 2046, 5.1.4)."""
    forms = [_text("plain", content.text, content.marks)]
    if content.html:
        shown = _text("html", content.html, content.marks)
        pictures = [_image(image) for image in content.images]
        forms.append(_multipart("related", [shown, *pictures], f"{stem}-pic") if pictures else shown)
    if content.calendar:
        kind = f'text/calendar; method={method_of(content.calendar)}; charset="utf-8"'
        forms.append(_Entity(kind, [_quoted(_ended(content.calendar.replace("\r\n", "\n")))], (_QUOTED,)))
    return forms[0] if len(forms) == 1 else _multipart("alternative", forms, stem)


def method_of(calendar: str) -> str:
    """What an iCalendar text asks for: REQUEST, PUBLISH, CANCEL (RFC 5546). Raises :class:`CannotBuild` for none."""
    method = _METHOD.search(calendar)
    if method is None or not calendar.startswith("BEGIN:VCALENDAR"):
        raise CannotBuild(N_("A calendar file in a message needs a METHOD."), "calendar")
    return method[1]


_QUOTED: Final = "Content-Transfer-Encoding: quoted-printable"
_BASE64: Final = "Content-Transfer-Encoding: base64"


def _text(kind: How | Literal["plain"], text: str, marks: frozenset[str]) -> _Entity:
    chunks: Chunks = []
    for piece in _MARK.split(_ended(clean(text))):
        name = piece[1:-1] if piece.startswith("\ue000") and piece.endswith("\ue001") else ""
        if name in marks:
            chunks += [b"=\r\n", Gap(name, "html" if kind == "html" else "text"), b"=\r\n"]
        elif piece:
            chunks.append(_quoted(piece))
    return _Entity(f'text/{kind}; charset="utf-8"', chunks, (_QUOTED,))


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _quoted(text: str) -> bytes:
    """Quoted-printable (RFC 2045, 6.7), lines of at most 76. A space at the end is encoded: it may come to stand before
    a soft break. ``text`` has bare line feeds: for others the library ends its own lines in another way."""
    data = binascii.b2a_qp(text.encode("utf-8"), quotetabs=False, istext=True, header=False).replace(b"\n", b"\r\n")
    return data[:-1] + b"=%02X" % data[-1] if data[-1:] in (b" ", b"\t") else data


def _multipart(subtype: str, entities: Sequence[_Entity], boundary: str) -> _Entity:
    chunks: Chunks = []
    for entity in entities:
        chunks += [f"--{boundary}\r\n".encode("ascii"), entity.head(), b"\r\n", *entity.chunks, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode("ascii"))
    return _Entity(f'multipart/{subtype};\r\n boundary="{boundary}"', chunks)


def _joined(chunks: Iterable[bytes | Gap]) -> Chunks:
    """As few chunks as there can be."""
    joined: Chunks = []
    for chunk in chunks:
        if isinstance(chunk, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += chunk
        else:
            joined.append(chunk)
    return joined


def _image(image: InlineImage) -> _Entity:
    """A picture beside the HTML that shows it (RFC 2387)."""
    kind, _, subtype = image.mime.partition("/")
    if not _NAME.fullmatch(image.name) or kind != "image" or not (subtype.isascii() and subtype.isalnum()):
        raise CannotBuild(N_("A picture in a message needs a name and a type."), "images")
    shown = f'inline; filename="{image.name}.{subtype}"'
    lines = (_BASE64, f"Content-Disposition: {shown}", f"Content-ID: <{image.name}>")
    return _Entity(image.mime, [_in_base64(image.data)], lines)


def _calendar_file(calendar: str) -> list[_Entity]:
    """The calendar once more as a file, for programs that know no invitations (RFC 6047, 2.4)."""
    if not calendar:
        return []
    kind = f'text/calendar; charset="utf-8"; method={method_of(calendar)};\r\n name="invite.ics"'
    lines = (_BASE64, 'Content-Disposition: attachment; filename="invite.ics"')
    return [_Entity(kind, [_in_base64(_lines(calendar).encode("utf-8"))], lines)]


MESSAGE: Final = "message/rfc822"
"""A message within a message. It must not be encoded (RFC 2046, 5.2.1), so it must be such that it may be sent so."""
_LONGEST_LINE: Final = 998


def _seven_bit(data: bytes) -> bytes:
    """``data`` with CRLF line ends. Raises :class:`CannotBuild` where it cannot be sent as it is."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not data.isascii() or b"\0" in data or max(map(len, lines)) > _LONGEST_LINE:
        raise CannotBuild(N_("The message that is attached cannot be sent as it is."), "files")
    return b"\r\n".join(lines)


def _file(file: AttachedFile) -> _Entity:
    container = file.mime.startswith(("multipart/", "message/")) and file.mime != MESSAGE
    if not _MIME.fullmatch(file.mime) or container:
        raise CannotBuild(N_("The file %(name)s has no type that can be sent."), "files", name=plain_line(file.name))
    try:
        with file.open() as stream:
            data = stream.read()
    except OSError as error:
        message = N_("The file %(name)s cannot be read.")
        raise CannotBuild(message, "files", name=plain_line(file.name)) from error
    shown = f"Content-Disposition: attachment{_named('filename', file.name)}"
    if file.mime == MESSAGE:
        return _Entity(
            f"{MESSAGE}{_named('name', file.name)}", [_seven_bit(data)], ("Content-Transfer-Encoding: 7bit", shown)
        )
    lines = (_BASE64, shown)
    return _Entity(f"{file.mime}{_named('name', file.name)}", [_in_base64(data)], lines)


def _named(parameter: str, name: str) -> str:
    """``; parameter=name``; what is not plain ASCII by RFC 2231, in pieces that each fit a line."""
    name = shortened(plain_line(name.replace("/", "-").replace("\\", "-")))
    if _PLAIN_NAME.fullmatch(name):
        return f';\r\n {parameter}="{name}"'
    pieces, piece = [], "utf-8''"
    for letter in name.encode("utf-8"):
        shown = chr(letter) if letter in _PERCENT else f"%{letter:02X}"
        if len(piece) + len(shown) > _PIECE:
            pieces.append(piece)
            piece = ""
        piece += shown
    pieces.append(piece)
    if len(pieces) == 1:
        return f";\r\n {parameter}*={pieces[0]}"
    return "".join(f";\r\n {parameter}*{number}*={each}" for number, each in enumerate(pieces))


def shortened(name: str) -> str:
    """A file's name with a length that every disk takes; what it ends with stays. Never empty."""
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _LONGEST_NAME or not dot or len(ending) > 10:
        return name[:_LONGEST_NAME] or "file"
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"


def _in_base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")

"""Who took a picture and what it shows, written into the file itself, as picture desks read it: XMP and IPTC-IIM in a
JPEG, XMP in a PNG. The picture is not encoded again; only its head is read into memory.

After the IPTC Photo Metadata Standard, IIM 4.2, XMP part 3 and the PNG specification.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

import msgspec

PIECE: Final = 256 * 1024
_XMP_NAME: Final = b"http://ns.adobe.com/xap/1.0/\0"
_IIM_NAME: Final = b"Photoshop 3.0\0"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_LONGEST: Final = {5: 64, 80: 32, 105: 256, 110: 32, 116: 128, 120: 2000}
"""Octets of each IIM dataset of record 2: object name, by-line, headline, credit, copyright, caption."""


class Marks(msgspec.Struct, frozen=True):
    """What is said of a picture. Empty is left out."""

    caption: str = ""
    creator: str = ""
    source: str = ""
    """The office that it comes from."""
    headline: str = ""


def marked(source: BinaryIO, mime: str, marks: Marks) -> Iterator[bytes]:
    """The bytes of the picture in ``source``, from its beginning, with ``marks`` in its head. A file that is no JPEG
    or PNG, or is not built like one, comes as it is."""
    match mime:
        case "image/jpeg":
            yield from _jpeg(source, marks)
        case "image/png":
            yield from _png(source, marks)
    while piece := source.read(PIECE):
        yield piece


def _jpeg(source: BinaryIO, marks: Marks) -> Iterator[bytes]:
    start = source.read(2)
    yield start
    if start != b"\xff\xd8":
        return
    is_written = False
    while True:
        head = source.read(4)
        if len(head) < 4:  # it ends before any picture
            yield head
            return
        if head[0] != 0xFF or not (head[1] == 0xFE or 0xE0 <= head[1] <= 0xEF):
            yield (b"" if is_written else _segments(marks)) + head
            return
        body = source.read(max(0, struct.unpack(">H", head[2:])[0] - 2))
        is_first = head[1] == 0xE0 or (head[1] == 0xE1 and body.startswith(b"Exif\0"))
        if not is_first and not is_written:
            yield _segments(marks)
            is_written = True
        if not (head[1] == 0xE1 and body.startswith(_XMP_NAME)) and not (
            head[1] == 0xED and body.startswith(_IIM_NAME)
        ):
            yield head + body


def _segments(marks: Marks) -> bytes:
    iim = _iim(marks)
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim)) + iim + b"\0" * (len(iim) % 2)
    return _segment(0xE1, _XMP_NAME + xmp(marks)) + _segment(0xED, _IIM_NAME + resource)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _iim(marks: Marks) -> bytes:
    """The datasets of IPTC-IIM, in UTF-8, which 1:90 declares."""
    values = {5: marks.headline, 80: marks.creator, 105: marks.headline, 110: marks.source, 120: marks.caption}
    values[116] = f"© {marks.creator}" if marks.creator else ""
    sets = [b"\x1c\x01\x5a" + struct.pack(">H", 3) + b"\x1b%G"]
    for number, text in sorted(values.items()):
        data = text.encode()[: _LONGEST[number]].decode("utf-8", "ignore").encode()
        if data:
            sets.append(struct.pack(">BBBH", 0x1C, 2, number, len(data)) + data)
    return b"".join(sets)


def _png(source: BinaryIO, marks: Marks) -> Iterator[bytes]:
    """The text chunk stands after the header, before any picture data."""
    head = source.read(33)
    yield head
    if len(head) == 33 and head.startswith(_PNG) and head[12:16] == b"IHDR":
        body = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(marks)
        yield struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def xmp(marks: Marks) -> bytes:
    """The packet: Dublin Core and Photoshop's names, which every program reads, and IPTC's alt text."""
    said = {
        "dc:description": _alternatives(marks.caption[:4000]),
        "dc:title": _alternatives(marks.headline[:400]),
        "dc:creator": _list("Seq", marks.creator[:400]),
        "photoshop:Credit": escape(marks.source[:400]),
        "photoshop:Headline": escape(marks.headline[:400]),
        "Iptc4xmpCore:AltTextAccessibility": _alternatives(marks.caption[:1000]),
    }
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in said.items() if value)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/">'
        f'{fields}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _alternatives(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>' if text else ""


def _list(kind: str, text: str) -> str:
    return f"<rdf:{kind}><rdf:li>{escape(text)}</rdf:li></rdf:{kind}>" if text else ""

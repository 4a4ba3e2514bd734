"""All that a newsroom needs of one publication, as one file: the text, and the pictures with bylines and alt texts.

It holds what the page shows and nothing more, and is written while it is sent: no picture is whole in memory.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from io import RawIOBase
from typing import Final

import msgspec

from commsched.core.content.fields import boxes
from commsched.core.content.markup import to_plain
from commsched.core.media.press_names import distinct, press_name
from commsched.core.text.catalogues import translate
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Message
from commsched.core.text.slug import slug
from commsched.core.timing import dates
from commsched.services.content.versions import Shot
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.services.public import newsroom
from commsched.services.public.newsroom import Newsroom, Publication

PIECE: Final = 256 * 1024
_NEWLINE: Final = "\r\n"
"""Notepad of old needs it, and nobody minds."""


class Kit(msgspec.Struct, frozen=True):
    """What goes into the archive. ``pictures`` are names within it and files."""

    name: str
    etag: str
    texts: list[tuple[str, str]]
    pictures: list[tuple[str, File]]


def kit(installation: Installation, place: str, address: str) -> tuple[Newsroom, Publication, Kit]:
    """The kit of what stands at ``address`` now. Raises as :func:`newsroom.entry`."""
    room, entry = newsroom.entry(installation, place, address)
    names = distinct([file_name(room, shot, entry) for shot in entry.pictures])
    with installation.store.read(room.id) as session:
        rows = search.files(session, [shot.name[:64] for shot in entry.pictures])
        files = [blob_of(installation, rows[shot.name[:64]]) for shot in entry.pictures]
    kept = [(name, shot, file) for name, shot, file in zip(names, entry.pictures, files, strict=True) if file.exists()]
    language = known(entry.content.language, room.language)
    folder = slug(entry.headline, 50, whole_words=False) or entry.uid[:8]
    texts = [(f"{folder}.txt", plain(room, entry))]
    if kept:
        said = _listed([(name, shot) for name, shot, _file in kept], language)
        texts.append((distinct([f"{folder}.txt", f"{slug(_said(N_('Pictures'), language))}.txt"])[1], said))
    etag = hashlib.sha256(repr((texts, [(name, shot.name) for name, shot, _file in kept])).encode()).hexdigest()[:32]
    return room, entry, Kit(f"{folder}.zip", etag, texts, [(name, file) for name, _shot, file in kept])


def file_name(room: Newsroom, shot: Shot, entry: Publication | None = None) -> str:
    """What a picture of the newsroom is called where it is saved."""
    sha256, _dot, kind = shot.name.rpartition(".")
    spoken = [shot.called, shot.alt, entry.headline if entry else ""]
    return press_name(spoken, byline(shot.credit, room.language), f".{kind}") or f"{room.slug}-{sha256[:10]}.{kind}"


def byline(credit: str, language: str) -> str:
    """``Foto: Anna Ek``; empty where nobody is named."""
    return translate(Message(N_("Photo: %(credit)s"), {"credit": credit}), known(language)) if credit else ""


def plain(room: Newsroom, entry: Publication) -> str:
    """The publication as text to paste: as it is read from end to end, without a mark."""
    content, language = entry.content, known(entry.content.language, room.language)
    corrected = f"{_said(N_('Corrected:'), language)} {content.correction}" if content.correction else ""
    blocks = [
        content.title,
        corrected,
        content.lead,
        to_plain(entry.text) if entry.kind == "release" else entry.text,
        *(f"– {quote.text}\n{quote.person}".rstrip() for quote in content.quotes),
        *(
            f"{_said(field.heading, language)}\n{to_plain(text) if field.body == 'markup' else text}"
            for field, text in boxes(content)
        ),
        content.link,
        f"{room.name}, {dates.dated(entry.published_at, room.zone, language)}",
    ]
    return "\n\n".join(block.strip() for block in blocks if block.strip()) + "\n"


def _listed(shots: list[tuple[str, Shot]], language: str) -> str:
    """The list of the pictures: file, byline, alt text."""
    blocks = []
    for name, shot in shots:
        alt = f"{_said(N_('Alt text'), language)}: {shot.alt}" if shot.alt else ""
        size = f"{shot.width} × {shot.height}"
        blocks.append("\n".join(line for line in (name, byline(shot.credit, language), alt, size) if line))
    return "\n\n".join(blocks) + "\n"


def _said(msgid: str, language: str) -> str:
    return translate(Message(msgid), language)


class _Sink(RawIOBase):
    """Where :mod:`zipfile` writes, and from where each piece is taken. It cannot seek, as a connection cannot."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than the base's
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)


def stream(kit: Kit) -> Iterator[bytes]:
    """The archive's bytes, a piece at a time. Pictures are stored as they are: they are packed already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in kit.texts:
            said = "\ufeff" + text.replace("\n", _NEWLINE)
            archive.writestr(_entry(name), said.encode(), zipfile.ZIP_DEFLATED)
            yield sink.take()
        for name, file in kit.pictures:
            with file.open() as source, archive.open(_entry(name), "w") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield sink.take()
    yield sink.take()


def _entry(name: str) -> zipfile.ZipInfo:
    """The same kit is the same bytes: no clock of ours stands in it."""
    return zipfile.ZipInfo(name)

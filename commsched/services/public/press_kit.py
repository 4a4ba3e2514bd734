"""All that a newsroom needs of one publication, as one file: the text in four forms, and the pictures in print quality
with who took them and what they show, both in a list and in the files themselves.

It holds what the page shows and nothing more, and is written while it is sent: no picture is whole in memory.
"""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable, Iterator
from io import RawIOBase
from typing import Final

import msgspec
from msgspec.structs import replace

from commsched.core.content.markup import to_plain
from commsched.core.content.model import ENDINGS, Attachment
from commsched.core.media.documents import file_name as document_name
from commsched.core.media.picture_marks import Marks, marked
from commsched.core.media.press_names import distinct, press_name
from commsched.core.press.words import event_rows, press_boxes
from commsched.core.text.catalogues import translate
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Message
from commsched.core.text.slug import slug
from commsched.core.timing import dates
from commsched.services.content import versions
from commsched.services.content.versions import Shot
from commsched.services.kernel.blobs import File, blob_of, key_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.services.press import standing
from commsched.services.press.pdf import CannotTypeset, Use
from commsched.services.public import newsroom, release_pdf
from commsched.services.public._kit_page import page
from commsched.services.public.newsroom import Newsroom, Publication

log = logging.getLogger("commsched.press")

PIECE: Final = 256 * 1024
_NEWLINE: Final = "\r\n"
"""Notepad of old needs it, and nobody minds."""


class Picture(msgspec.Struct, frozen=True):
    """A picture of the archive: its name there, its file, and what is written into it."""

    name: str
    file: File
    marks: Marks


class Kit(msgspec.Struct, frozen=True):
    """What goes into the archive, under the names that it has there."""

    name: str
    etag: str
    texts: list[tuple[str, str]]
    files: list[tuple[str, File]]
    """What goes in as it is: the PDF, the logo."""
    pictures: list[Picture]


def kit(
    installation: Installation, place: str, address: str, url: Callable[[Newsroom, Publication, str], str]
) -> tuple[Newsroom, Publication, Kit]:
    """The kit of what stands at ``address`` now; ``url`` says where that is outside, in each language. Raises as
    :func:`newsroom.entry`."""
    room, entry = newsroom.entry(installation, place, address)
    return room, entry, kit_of(installation, room, entry, lambda tag: url(room, entry, tag))


def kit_of(
    installation: Installation, room: Newsroom, entry: Publication, url: Callable[[str], str], use: Use = "public"
) -> Kit:
    """The kit of ``entry`` in all its languages; ``url`` says where it stands in each."""
    language = known(entry.content.language, room.language)
    shots = [*_kept(installation, room, entry), *_quoted(installation, room, entry)]
    texts = [text for said in entry.in_each_language() for text in _texts(room, entry, said, url)]
    if shots:
        said = _listed([(name, shot) for name, shot, _file in shots], language)
        texts.append((f"{slug(_said(N_('Pictures'), language))}.txt", said))
    files = _files(installation, room, entry, url, use)
    names = distinct([name for name, _text in texts] + [name for name, _file in files] + [each[0] for each in shots])
    texts = [(fresh, text) for fresh, (_name, text) in zip(names, texts, strict=False)]
    files = [(fresh, file) for fresh, (_name, file) in zip(names[len(texts) :], files, strict=False)]
    pictures = [
        Picture(fresh, file, Marks(shot.alt, shot.credit, room.name, entry.headline))
        for fresh, (_name, shot, file) in zip(names[len(texts) + len(files) :], shots, strict=True)
    ]
    parts = (texts, [(name, file.key) for name, file in files], [(each.name, each.file.key) for each in pictures])
    etag = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    return Kit(f"{_folder(entry)}.zip", etag, texts, files, pictures)


def _folder(entry: Publication) -> str:
    return slug(entry.headline, 50, whole_words=False) or entry.uid[:8]


def _kept(installation: Installation, room: Newsroom, entry: Publication) -> list[tuple[str, Shot, File]]:
    """The pictures whose files are there, with the names that they are saved under."""
    with installation.store.read(room.id) as session:
        rows = search.files(session, [shot.name[:64] for shot in entry.pictures])
        files = [blob_of(installation, rows[shot.name[:64]]) for shot in entry.pictures]
    rows_of = [(file_name(room, shot, entry), shot, file) for shot, file in zip(entry.pictures, files, strict=True)]
    return [(name, shot, file) for name, shot, file in rows_of if file.exists()]


def _quoted(installation: Installation, room: Newsroom, entry: Publication) -> list[tuple[str, Shot, File]]:
    """The portraits of those who are quoted, as far as the standing press kit has them."""
    names = {quote.person.casefold().strip() for quote in entry.content.quotes if quote.person.strip()}
    if not names:
        return []
    with installation.store.read(room.id) as session:
        people = [row for row in standing.people(session) if _is_named(row.name, names)]
        media = search.rows(session, {row.media_id for row in people if row.media_id is not None})
        wanted = [Attachment(sha256=row.sha256, alt=row.alt, credit=row.credit) for row in media.values()]
        shots = {shot.name[:64]: shot for shot in versions.shots(session, wanted, installation.now())}
    portraits = []
    for person in people:
        row = media.get(person.media_id or 0)
        shot = shots.get(row.sha256) if row is not None else None
        if row is not None and shot is not None and (file := blob_of(installation, row)).exists():
            shown = replace(shot, called=person.name, alt=shot.alt or person.name)
            portraits.append((file_name(room, shown), shown, file))
    return portraits


def _is_named(name: str, quoted: set[str]) -> bool:
    """Whether somebody of the kit is quoted, also where the title stands beside the name."""
    folded = name.casefold()
    return any(said == folded or said.startswith((f"{folded},", f"{folded} ")) for said in quoted)


def _texts(room: Newsroom, whole: Publication, said: Publication, url: Callable[[str], str]) -> list[tuple[str, str]]:
    """The text to paste, the same as a page, and the short version alone, which may be printed as it is; in the
    language of ``said``."""
    tag = said.content.language
    language, name = known(tag, room.language), whole.named(tag)
    texts = [(f"{name}.txt", plain(room, said)), (f"{name}.html", page(said, url(tag), language))]
    if short := said.content.short.strip():
        ending = f"-{tag.lower()}" if whole.content.versions else ""
        texts.append((f"{slug(_said(N_('Short version'), language))}{ending}.txt", f"{short}\n"))
    return texts


def _files(
    installation: Installation, room: Newsroom, entry: Publication, url: Callable[[str], str], use: Use
) -> list[tuple[str, File]]:
    """The PDF in each language and the office's logo. A kit whose PDF cannot be made has the rest."""
    files = []
    for tag in entry.content.languages:
        try:
            sheet = release_pdf.of(installation, room, entry, url(tag), use, tag)
        except CannotTypeset:
            log.warning("the PDF of %s could not be made", entry.uid, exc_info=True)
            continue
        files.append((f"{entry.named(tag)}.pdf", sheet))
    files += [(name, file) for name, file in _documents(installation, entry) if file.exists()]
    logo = release_pdf.logo_of(installation, room.id)
    if logo is not None and logo.exists():
        files.append((f"{room.slug}-logo{ENDINGS.get(logo.mime, '')}", logo))
    return files


def _documents(installation: Installation, entry: Publication) -> list[tuple[str, File]]:
    """The documents that go with it, under their titles."""
    rows = []
    for each in entry.documents:
        file = File(installation.blobs, key_of(each.sha256, ENDINGS.get(each.mime, "")), each.mime)
        rows.append((document_name(each.title, each.mime, each.sha256), file))
    return rows


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
        "\n".join(f"{label}: {said}" for label, said in event_rows(content)),
        to_plain(entry.text) if entry.kind == "release" else entry.text,
        *(f"– {quote.text}\n{quote.speaker}".rstrip() for quote in content.quotes),
        *(f"{box.heading}\n{to_plain(box.text) if box.body == 'markup' else box.text}" for box in press_boxes(content)),
        content.link,
        f"{room.name}, {dates.dated(entry.published_at, room.zone, language)}",
    ]
    return "\n\n".join(block.strip() for block in blocks if block.strip()) + "\n"


def _listed(shots: list[tuple[str, Shot]], language: str) -> str:
    """The list of the pictures: file, caption, byline, alt text."""
    blocks = []
    for name, shot in shots:
        alt = f"{_said(N_('Alt text'), language)}: {shot.alt}" if shot.alt else ""
        size = f"{shot.width} × {shot.height}"
        lines = (name, shot.caption.strip(), byline(shot.credit, language), alt, size)
        blocks.append("\n".join(line for line in lines if line))
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
        for name, pieces in [*_whole(kit), *_marked(kit)]:
            with archive.open(_entry(name), "w") as target:
                for piece in pieces:
                    target.write(piece)
                    yield sink.take()
    yield sink.take()


def _whole(kit: Kit) -> list[tuple[str, Iterator[bytes]]]:
    return [(name, _pieces(file)) for name, file in kit.files]


def _pieces(file: File) -> Iterator[bytes]:
    with file.open() as source:
        while piece := source.read(PIECE):
            yield piece


def _marked(kit: Kit) -> list[tuple[str, Iterator[bytes]]]:
    return [(each.name, _with_marks(each)) for each in kit.pictures]


def _with_marks(picture: Picture) -> Iterator[bytes]:
    with picture.file.open() as source:
        yield from marked(source, picture.file.mime, picture.marks)


def _entry(name: str) -> zipfile.ZipInfo:
    """The same kit is the same bytes: no clock of ours stands in it."""
    return zipfile.ZipInfo(name)

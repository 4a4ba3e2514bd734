"""Documents of Word, Excel and PowerPoint (Office Open XML): what in them acts, fetches or hides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit
from zipfile import ZipInfo

from commsched.core.media.documents import DOCUMENT_BYTES, FORMS, DocumentKind
from commsched.services.documents import _markup, errors
from commsched.services.documents._archive import Archive
from commsched.services.documents._magic import HEAD, ZIP, is_file
from commsched.services.documents._traits import Traits

TYPES: Final = "[Content_Types].xml"
_KINDS: Final[tuple[DocumentKind, ...]] = ("docx", "xlsx", "pptx")
_PROGRAMS: Final = re.compile(
    r"(^|/)(vbaProject|vbaData|macrosheets|intlMacrosheets|activeX|customUI|dialogsheets)", re.I
)
_ELSEWHERE: Final = re.compile(r"(^|/)(externalLinks|queryTables|connections\.xml|webextensions|ctrlProps)", re.I)
_ACTS: Final = ("/vbaProject", "/wordVbaData", "/control", "/aFChunk", "/xlMacrosheet", "/ui/extensibility")
_PACKED: Final = re.compile(r"/embeddings/[^/]+\.(xlsx|docx|pptx)$", re.I)
_FIELDS: Final = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|DATABASE)\s", re.I)
_MOST_FIELDS: Final = 200_000
"""Characters of fields that are looked at."""
_WEB: Final = ("http", "https", "mailto", "tel", "")
_STARTS: Final = re.compile(r"ppaction://(program|macro|ole)", re.I)
_NAMES: Final = frozenset({"creator", "lastModifiedBy", "Company", "Manager"})


def examine(archive: Archive, traits: Traits, depth: int = 0) -> None:
    """Look through the whole document, and note in ``traits`` what its sender should know. Raises an
    :class:`errors.BadDocument` for what acts or fetches."""
    traits.kind = _kind(archive)
    for entry in archive.entries:
        if not entry.is_dir():
            _entry(archive, entry, traits, depth)


def _kind(archive: Archive) -> DocumentKind:
    """What its own list of types says that it is."""
    types: list[str] = []
    entry = next(entry for entry in archive.entries if entry.filename == TYPES)
    _markup.read(archive.pieces(entry), lambda _name, has: types.append(has.get("ContentType", "")))
    if any("macroEnabled" in each or "vbaProject" in each or "activeX" in each for each in types):
        raise errors.Macros()
    kinds = [kind for kind in _KINDS if f"{FORMS[kind].mime}.main+xml" in types]
    if len(kinds) != 1:
        raise errors.OtherKind()
    return kinds[0]


def _entry(archive: Archive, entry: ZipInfo, traits: Traits, depth: int) -> None:
    name = entry.filename
    if _PROGRAMS.search(name):
        raise errors.Macros()
    if _ELSEWHERE.search(name):
        raise errors.Remote(what=name.rpartition("/")[2][:60])
    if name.endswith(".rels"):
        _markup.read(archive.pieces(entry), lambda _name, has: _relation(has, traits))
    elif name.endswith(".xml") and name != TYPES:
        _part(archive, entry, traits)
    else:
        _file(archive, entry, traits, depth)


def _relation(has: Mapping[str, str], traits: Traits) -> None:
    """What one part leads to. A link that a reader presses is all that may lead out."""
    kind, target = has.get("Type", ""), has.get("Target", "")
    if kind.endswith(_ACTS):
        raise errors.Macros()
    if kind.endswith("/hyperlink"):
        _link(target, traits)
    elif has.get("TargetMode", "").lower() == "external":
        raise errors.Remote(what=kind.rpartition("/")[2][:40] or target[:40])


def _link(target: str, traits: Traits) -> None:
    try:
        scheme = urlsplit(target).scheme.lower()
    except ValueError:
        scheme = "?"
    if scheme == "file" or target.startswith("\\\\") or len(scheme) == 1:
        traits.link(target)
    elif scheme not in _WEB:
        raise errors.Remote(what=target[:60])


def _part(archive: Archive, entry: ZipInfo, traits: Traits) -> None:
    """One part in XML. Sheets with their cells are only unpacked: they are large, and nothing in a cell acts."""
    name = entry.filename
    if name.startswith("xl/worksheets/sheet") or name == "xl/sharedStrings.xml":
        for _piece in archive.pieces(entry):
            pass
        return
    text = _markup.Text(frozenset({"instrText", "t"} if name.startswith(("word/", "ppt/notesSlides/")) else _NAMES))
    _markup.read(archive.pieces(entry), lambda local, has: _element(name, local, has, traits), text)
    if name.startswith("word/"):
        fields = "".join(words for local, words in text.words if local == "instrText")[:_MOST_FIELDS]
        _field(fields)
    elif name.startswith("ppt/notesSlides/"):
        traits.notes |= any(words.strip() and not words.strip().isdigit() for _local, words in text.words)
    elif name.startswith("docProps/"):
        for _local, words in text.words:
            traits.name(words)


def _field(code: str) -> None:
    if act := _FIELDS.search(f"{code} "):
        raise errors.Remote(what=act[1].upper())


def _element(part: str, local: str, has: Mapping[str, str], traits: Traits) -> None:
    if local in ("ins", "del", "moveFrom", "moveTo"):
        traits.changes |= part.startswith("word/")
    elif local in ("comment", "threadedComment", "cm"):
        traits.comments |= "comments" in part.lower()
    elif local == "fldSimple":
        _field(has.get("instr", ""))
    elif local.startswith("hlink") and _STARTS.match(has.get("action", "")):
        raise errors.Macros()
    traits.hidden |= _is_hidden(part, local, has)


def _is_hidden(part: str, local: str, has: Mapping[str, str]) -> bool:
    """Whether it hides a sheet, a slide or words."""
    match local:
        case "sheet":
            return part == "xl/workbook.xml" and has.get("state", "visible") != "visible"
        case "sld":
            return has.get("show") in ("0", "false")
        case "vanish":
            return part == "word/document.xml" and has.get("val", "1") not in ("0", "false")
    return False


def _file(archive: Archive, entry: ZipInfo, traits: Traits, depth: int) -> None:
    """What is no XML: pictures, fonts; and other files, which have no place in it but for a chart's workbook."""
    pieces, head = archive.pieces(entry), b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    if head.startswith(ZIP) and _PACKED.search(entry.filename) and not depth and entry.file_size <= DOCUMENT_BYTES:
        data = head + b"".join(pieces)
        inner = Traits()
        nested = Archive(BytesIO(data), len(data))
        if TYPES not in nested.names:
            raise errors.Inside(what=entry.filename.rpartition("/")[2][:60])
        examine(nested, inner, depth + 1)
        traits.inside = True
        return
    if is_file(head[:HEAD]):
        raise errors.Inside(what=entry.filename.rpartition("/")[2][:60])
    for _piece in pieces:
        pass

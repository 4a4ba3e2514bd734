"""A PDF: what in it acts by itself, fetches or hides. qpdf reads it, as others made it, not as it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from commsched.services.documents import errors
from commsched.services.documents._traits import Traits

if TYPE_CHECKING:
    from pikepdf import Object, Pdf

MOST_OBJECTS: Final = 300_000
_MOST_DEEP: Final = 60
"""How deep an object may lie in others before it is no document's."""
_TAIL: Final = 2048
_ACTIONS: Final = {
    "/JavaScript": "JavaScript",
    "/Launch": "Launch",
    "/GoToE": "GoToE",
    "/ImportData": "ImportData",
    "/SubmitForm": "SubmitForm",
    "/RichMediaExecute": "RichMedia",
    "/Rendition": "Rendition",
    "/Movie": "Movie",
    "/Sound": "Sound",
}
"""What an action (``/S``) may not be. A link on the web is pressed by the reader, and may."""
_KEYS: Final = {"/JS": "JavaScript", "/JavaScript": "JavaScript", "/XFA": "XFA", "/RichMedia": "RichMedia"}
_FILES: Final = ("/EmbeddedFiles", "/EF", "/AF")
_SUBTYPES: Final = {
    "/FileAttachment": "",
    "/RichMedia": "RichMedia",
    "/Movie": "Movie",
    "/Screen": "Screen",
    "/3D": "3D",
}
_REMARKS: Final = frozenset(
    ("/Text", "/FreeText", "/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Caret", "/Stamp", "/Ink")
)
"""Annotations that somebody made by hand."""
_AUTHOR: Final = re.compile(rb"<dc:creator>(.{0,2000}?)</dc:creator>", re.DOTALL)
_NAME: Final = re.compile(rb"<rdf:li[^>]{0,200}>([^<]{1,200})</rdf:li>")


def examine(source: BinaryIO, length: int, traits: Traits) -> None:
    """As :func:`commsched.services.documents._ooxml.examine`."""
    import pikepdf

    traits.kind = "pdf"
    _require_whole(source, length)
    source.seek(0)
    try:
        with pikepdf.open(source, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise errors.Locked()
            _walk(pdf, traits)
            _names(pdf, traits)
            if not len(pdf.pages):
                raise errors.Damaged()
    except pikepdf.PasswordError:
        raise errors.Locked() from None
    except pikepdf.PdfError:
        raise errors.Damaged() from None


def _require_whole(source: BinaryIO, length: int) -> None:
    """It ends as a PDF does, and is nothing else at its end: an archive in whose beginning a PDF is put."""
    source.seek(max(0, length - _TAIL))
    tail = source.read(_TAIL)
    _before, mark, after = tail.rpartition(b"%%EOF")
    if not mark:
        raise errors.Damaged()
    if after.strip(b"\r\n\t \0") or b"PK\x05\x06" in tail:
        raise errors.Two()


def _walk(pdf: Pdf, traits: Traits) -> None:
    count = 0
    for whole in pdf.objects:
        for each in _dictionaries(whole):
            count += 1
            if count > MOST_OBJECTS:
                raise errors.TooHeavy()
            _look(each, traits)


def _dictionaries(whole: Object) -> Iterator[Object]:
    """Every dictionary within one object. What it refers to is an object of its own and comes by itself."""
    import pikepdf

    waiting = [(whole, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _MOST_DEEP:
            raise errors.Damaged()
        if isinstance(value, pikepdf.Stream):
            value = value.stream_dict
        if isinstance(value, pikepdf.Dictionary):
            yield value
            inner = list(value.values())
        elif isinstance(value, pikepdf.Array):
            inner = list(value)
        else:
            continue
        waiting += [(each, depth + 1) for each in inner if isinstance(each, pikepdf.Object) and not each.is_indirect]


def _look(each: Object, traits: Traits) -> None:
    """What one dictionary does."""
    for key, what in _KEYS.items():
        if key in each:
            raise errors.Acts(what=what)
    if any(key in each for key in _FILES):
        raise errors.Inside(what="PDF")
    action = _ACTIONS.get(_word(each, "/S"))
    if action:
        raise errors.Acts(what=action)
    subtype = _word(each, "/Subtype")
    if subtype in _SUBTYPES:
        raise errors.Acts(what=_SUBTYPES[subtype]) if _SUBTYPES[subtype] else errors.Inside(what="PDF")
    if "/OpenAction" in each or "/AA" in each:
        _by_itself(each)
    traits.comments |= subtype in _REMARKS and "/Rect" in each


def _by_itself(each: Object) -> None:
    """What happens when it is opened may turn to a page, and no more."""
    import pikepdf

    for key in ("/OpenAction", "/AA"):
        acts = each.get(key)
        if isinstance(acts, pikepdf.Dictionary):
            steps = [acts] if key == "/OpenAction" else [v for v in acts.values() if isinstance(v, pikepdf.Dictionary)]
            if any(_word(step, "/S") not in ("/GoTo", "/Named", "") for step in steps):
                raise errors.Acts(what=key[1:])


def _word(each: Object, key: str) -> str:
    value = each.get(key)
    return str(value) if value is not None and type(value).__name__ in ("Name", "Object") else ""


def _names(pdf: Pdf, traits: Traits) -> None:
    """Who made it, in its properties and in what they are in today (XMP)."""
    import pikepdf

    if (author := pdf.docinfo.get("/Author")) is not None:
        traits.name(str(author))
    about = pdf.Root.get("/Metadata")
    if isinstance(about, pikepdf.Stream):
        data = about.read_bytes()[:200_000]
        if said := _AUTHOR.search(data):
            for name in _NAME.findall(said[1]):
                traits.name(name.decode("utf-8", "replace"))

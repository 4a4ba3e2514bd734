"""What a file is, by its bytes, and whether it may be sent to others. It runs within walls: see ``_worker``."""

from __future__ import annotations

from typing import BinaryIO, Final

from commsched.core.media.documents import FORMS
from commsched.services.documents import _magic, _odf, _ooxml, _pdf, _texts, errors
from commsched.services.documents._archive import Archive
from commsched.services.documents._traits import Traits

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def examine(source: BinaryIO, length: int, ending: str = "") -> Traits:
    """What the file of ``length`` bytes is, and what its sender should know of it. ``ending`` is that of its name.
    Raises an :class:`errors.BadDocument` with the sentence for the person."""
    traits, head = Traits(), source.read(_magic.HEAD)
    source.seek(0)
    if not head:
        raise errors.EmptyDocument()
    if head.startswith(_magic.PDF):
        _pdf.examine(source, length, traits)
    elif head.startswith(_magic.ZIP):
        _packed(Archive(source, length), traits)
    elif head.startswith(_magic.OLD):
        raise errors.Locked() if _ENCRYPTED in source.read() else errors.IsOld()
    elif head.startswith(b"{\\rtf"):
        raise errors.IsOld()
    elif _magic.is_program(head):
        raise errors.IsProgram()
    else:
        _texts.examine(source.read(), ending, traits)
        if ending in FORMS and ending not in ("csv", "txt"):
            raise errors.OtherName(ending=ending)
    return traits


def _packed(archive: Archive, traits: Traits) -> None:
    if _ooxml.TYPES in archive.names:
        _ooxml.examine(archive, traits)
    elif _odf.MIMETYPE in archive.names:
        _odf.examine(archive, traits)
    else:
        raise errors.OtherKind()

"""What files begin with, whatever they are called."""

from __future__ import annotations

from typing import Final

HEAD: Final = 16
"""Bytes that are looked at."""
ZIP: Final = b"PK\x03\x04"
OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Compound files: Word, Excel and PowerPoint until 2003, and what is encrypted today."""
PDF: Final = b"%PDF-"
PROGRAMS: Final = (
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\x00asm",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
"""Linux, scripts, Java and macOS, WebAssembly, a Windows shortcut."""
PACKED: Final = (ZIP, b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF", b"ITSF")
"""Archives, which hide what is in them."""


def is_program(head: bytes) -> bool:
    """Whether a program begins here. Two letters alone make none of a text."""
    return head.startswith(PROGRAMS) or (head.startswith(b"MZ") and b"\0" in head)


def is_file(head: bytes) -> bool:
    """Whether a whole file of another kind begins here: a program, an archive, an old document, a PDF."""
    return is_program(head) or head.startswith((*PACKED, OLD, PDF, b"{\\rtf"))

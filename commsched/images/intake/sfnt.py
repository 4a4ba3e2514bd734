"""The directory at the head of a TrueType or OpenType file: which tables it has, and whether they are all there."""

from __future__ import annotations

import struct
from typing import Final

from commsched.images.intake import errors

_HEAD: Final = struct.Struct(">4sH6x")
_ENTRY: Final = struct.Struct(">4s4xLL")
_MOST: Final = 100
"""Tables in one font; usual ones have twenty."""


def tables(data: bytes) -> frozenset[bytes]:
    """The names of the file's tables. Raises :class:`errors.Damaged` where one lies outside it, or there are none."""
    if len(data) < _HEAD.size:
        raise errors.Damaged()
    count = _HEAD.unpack_from(data)[1]
    end = _HEAD.size + count * _ENTRY.size
    if not 0 < count <= _MOST or end > len(data):
        raise errors.Damaged()
    entries = list(_ENTRY.iter_unpack(data[_HEAD.size : end]))
    if any(start + length > len(data) for _tag, start, length in entries):
        raise errors.Damaged()
    return frozenset(tag for tag, _start, _length in entries)

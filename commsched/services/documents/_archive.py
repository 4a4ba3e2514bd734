"""A zip that a stranger made, read as it lies there: every entry whole, within bounds, and nothing between them.

Python's own reader traits the directory; the bytes are unpacked here, since it believes what the directory says of
their sizes.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from commsched.core.text.clean import clean
from commsched.services.documents import errors

MOST_ENTRIES: Final = 3000
MOST_INSIDE: Final = 200 * 2**20
"""Bytes that a document may have unpacked."""
MOST_RATIO: Final = 150
"""How many times larger it may become; small ones may become larger."""
_ALWAYS: Final = 8 * 2**20
"""Bytes that any document may have unpacked, however well they pack."""
_PIECE: Final = 64 * 1024
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_SLACK: Final = 64
"""Bytes between two entries: a data descriptor, and what programs pad."""
_END: Final = 22
"""Bytes of the record that ends a zip without a comment."""


class Archive:
    """The entries of a zip at the beginning of ``source``, which can seek. Raises an :class:`errors.BadDocument` for
    what no office program writes."""

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source, self._length = source, length
        try:
            with zipfile.ZipFile(source) as packed:
                self.entries, start, comment = packed.infolist(), packed.start_dir, packed.comment
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, RuntimeError, struct.error):
            raise errors.Damaged() from None
        self.names = [entry.filename for entry in self.entries]
        if len(self.entries) > MOST_ENTRIES or sum(entry.file_size for entry in self.entries) > MOST_INSIDE:
            raise errors.Bomb()
        if comment or not self._ends():
            raise errors.Two()
        for entry in self.entries:
            _require_plain(entry)
        if len({name.casefold() for name in self.names}) < len(self.names):
            raise errors.Two()
        self._places = self._laid_out(start)
        self._unpacked = 0

    def _ends(self) -> bool:
        self._source.seek(max(0, self._length - _END))
        return self._source.read(4) == b"PK\x05\x06"

    def _laid_out(self, start: int) -> dict[str, int]:
        """Where the bytes of each entry begin. They follow each other from the first byte on, and none overlaps."""
        places, end = {}, 0
        for entry in sorted(self.entries, key=lambda entry: entry.header_offset):
            if not end <= entry.header_offset <= end + (_SLACK if end else 0):
                raise errors.Two() if entry.header_offset > end else errors.Bomb()
            self._source.seek(entry.header_offset)
            head = self._source.read(_LOCAL.size)
            if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
                raise errors.Damaged()
            *_rest, name, extra = _LOCAL.unpack(head)
            if self._source.read(name) != entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437"):
                raise errors.Two()
            places[entry.filename] = entry.header_offset + _LOCAL.size + name + extra
            end = places[entry.filename] + entry.compress_size
        if not end <= start <= end + _SLACK:
            raise errors.Two()
        return places

    def pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """The entry's bytes. What becomes too large together raises :class:`errors.Bomb` while it is unpacked."""
        count = check = 0
        for piece in self._raw(entry):
            count, check = count + len(piece), zlib.crc32(piece, check)
            self._unpacked += len(piece)
            if self._unpacked > max(_ALWAYS, min(MOST_INSIDE, MOST_RATIO * self._length)):
                raise errors.Bomb()
            yield piece
        if count != entry.file_size or check != entry.CRC:
            raise errors.Damaged()

    def _raw(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        self._source.seek(self._places[entry.filename])
        left, packed = entry.compress_size, entry.compress_type == zipfile.ZIP_DEFLATED
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        while left:
            data = self._source.read(min(left, _PIECE))
            place = self._source.tell()
            if not data or (packed and unpacker.eof):
                raise errors.Damaged()
            left -= len(data)
            if not packed:
                yield data
            while packed and data and not unpacker.eof:
                try:
                    piece = unpacker.decompress(data, _PIECE)
                except zlib.error:
                    raise errors.Damaged() from None
                yield piece
                data = unpacker.unconsumed_tail
            if unpacker.unused_data:
                raise errors.Two()
            self._source.seek(place)
        if packed and entry.compress_size:
            yield unpacker.flush()


def _require_plain(entry: zipfile.ZipInfo) -> None:
    """Raise for an entry that has no business in a document: encrypted, packed in a rare way, a link, or with a name
    that leads elsewhere."""
    if entry.flag_bits & 0x41:
        raise errors.Locked()
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise errors.Damaged()
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    leads = name.startswith(("/", "\\")) or ".." in parts or "\\" in name or ":" in parts[0]
    if leads or clean(name) != name or "\n" in name or stat.S_ISLNK(entry.external_attr >> 16):
        raise errors.Two()

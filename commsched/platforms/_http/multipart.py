"""A form with files as a request's body, read from its files while it is sent: requests' own is put together in memory
first, so that a video would be there twice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import BinaryIO, Final

from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

File = BinaryIO | bytes | str | tuple[str | None, BinaryIO | bytes | str] | tuple[str | None, BinaryIO | bytes, str]
"""As requests takes them: the content, or a name, the content and perhaps its type."""
_PIECE: Final = 64 * 1024


class Multipart:
    """The body. It is read once, from where each file stands."""

    def __init__(self, fields: Mapping[str, object] | Iterable[tuple[str, object]], files: Mapping[str, File]) -> None:
        boundary = choose_boundary()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: list[BinaryIO] = []
        for name, value in _pairs(fields):
            self._add(boundary, _field(name, None, ""), BytesIO(value))
        for name, file in files.items():
            filename, content, mime = _apart(name, file)
            self._add(boundary, _field(name, filename, mime), content)
        self._parts.append(BytesIO(f"--{boundary}--\r\n".encode()))
        self._length = sum(map(_left, self._parts))
        self._at = 0

    def _add(self, boundary: str, header: str, content: BinaryIO) -> None:
        self._parts += [BytesIO(f"--{boundary}\r\n{header}".encode()), content, BytesIO(b"\r\n")]

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; fewer only at the end of a part, none only at the end of all."""
        while self._at < len(self._parts):
            piece = self._parts[self._at].read(size)
            if piece:
                return piece
            self._at += 1
        return b""

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(_PIECE):
            yield piece


def _pairs(fields: Mapping[str, object] | Iterable[tuple[str, object]]) -> Iterator[tuple[str, bytes]]:
    for name, value in fields.items() if isinstance(fields, Mapping) else fields:
        for single in value if isinstance(value, list | tuple) else (value,):
            if single is not None:
                yield name, single if isinstance(single, bytes) else str(single).encode()


def _apart(name: str, file: File) -> tuple[str | None, BinaryIO, str]:
    """The file's name, content and type."""
    filename, content, mime = (*file, "")[:3] if isinstance(file, tuple) else (name, file, "")
    if isinstance(content, str):
        content = content.encode()
    return filename, BytesIO(content) if isinstance(content, bytes) else content, mime


def _field(name: str, filename: str | None, mime: str) -> str:
    field = RequestField(name, b"", filename)
    field.make_multipart(content_type=mime or None)
    return field.render_headers()


def _left(stream: BinaryIO) -> int:
    """How many bytes of ``stream`` are still to be read."""
    here = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return end - here

"""Blobs without a folder: whoever builds the path of a file by hand finds nothing there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from commsched.services.kernel.blobs import Blobs, LocalBlobs, key_of
from commsched.services.kernel.context import Installation

VARIABLE = "COMMSCHED_TEST_BLOBS"
"""``memory`` runs any test on :class:`MemoryBlobs`."""


class _Stream(BytesIO):
    """An opened file that knows which bytes it was opened on."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.stamp = hashlib.sha256(data).hexdigest()


class MemoryBlobs:
    """Files in a dictionary."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, source: BinaryIO, suffix: str = "", sha256: str = "", room: str = "") -> str:
        data = source.read()
        digest = hashlib.sha256(data).hexdigest()
        if sha256 not in ("", digest):
            raise ValueError(f"the bytes have the hash {digest}, not {sha256}")
        self.files.setdefault(key_of(digest, suffix, room), data)
        return key_of(digest, suffix, room)

    def take(self, path: Path, suffix: str, sha256: str) -> str:
        self.files.setdefault(key_of(sha256, suffix), path.read_bytes())
        path.unlink()
        return key_of(sha256, suffix)

    def keep(self, key: str, source: BinaryIO) -> None:
        self.files[key] = source.read()

    def open(self, key: str) -> BinaryIO:
        return _Stream(self.read(key))

    def read(self, key: str) -> bytes:
        if key not in self.files:
            raise FileNotFoundError(key)
        return self.files[key]

    def exists(self, key: str) -> bool:
        return key in self.files

    def size(self, key: str) -> int:
        return len(self.read(key))

    def stamp(self, stream: BinaryIO) -> str:
        assert isinstance(stream, _Stream), "the stream is one of these blobs'"
        return stream.stamp

    def delete(self, key: str) -> None:
        self.files.pop(key, None)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.files if key.startswith(prefix))

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(suffix=Path(key).suffix) as file:
            file.write(self.read(key))
            file.flush()
            yield Path(file.name)

    def path(self, key: str) -> Path | None:
        self.read(key)
        return None


def folder_of(installation: Installation) -> Path:
    """The folder of the office's media; a test that looks into it says nothing about blobs elsewhere."""
    if not isinstance(installation.blobs, LocalBlobs):
        pytest.skip("looks into the folder")
    return installation.blobs.root


def blobs_in(folder: Path) -> Blobs:
    """The blobs of a test's office: a folder, or memory where :data:`VARIABLE` asks for it."""
    return MemoryBlobs() if os.environ.get(VARIABLE) == "memory" else LocalBlobs(folder)

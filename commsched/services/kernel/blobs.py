"""Files by the hash of their bytes, behind one interface: nobody else knows where one lies.

There are two of them. ``Installation.blobs`` holds what an office must keep (pictures, what was made of them for a
channel, videos, fonts); ``Installation.cache`` what can be made again (smaller forms for pages).

A key is made by :func:`key_of` or :func:`form_key` and means the same in every implementation.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, Protocol, get_args

import msgspec

if TYPE_CHECKING:
    from commsched.services.kernel.context import Installation

FormKind = Literal["small", "scaled", "link", "stills", "card", "og", "mail", "portrait", "pdf"]
"""What the cache holds: a small picture for lists, one as wide as a page needs, a link's, a moment of a video, a
picture ready to be drawn with, a card drawn for a link, a small picture within a mail, the picture of an
account at a network, a release as a PDF."""
_PIECE: Final = 256 * 1024
_SHOWN: Final = ((".jpg", "image/jpeg"), (".webp", "image/webp"))
"""What smaller forms are encoded as."""


def key_of(sha256: str, suffix: str = "", room: str = "") -> str:
    """The key of the file whose bytes have that hash. ``room`` sets a kind apart (``fonts``)."""
    return f"{room or sha256[:2]}/{sha256}{suffix}"


def form_key(kind: FormKind, sha256: str, tail: str) -> str:
    """The key in the cache of what was made of a file; ``tail`` says how, and how it ends (``-480.jpg``)."""
    return f"{kind}/{sha256[:2]}/{sha256}{tail}"


class Blobs(Protocol):
    """A place for files that never change under their key. Whatever reads raises :class:`FileNotFoundError` for a key
    that has no file; other failures are an :class:`OSError`."""

    def put(self, source: BinaryIO, suffix: str = "", sha256: str = "", room: str = "") -> str:
        """Store the rest of ``source``, which can seek, under the hash of its bytes; returns the key. A crash leaves
        all of it or none.

        Raises :class:`ValueError`, and stores nothing, where ``sha256`` is given and the bytes have another.
        """
        ...

    def take(self, path: Path, suffix: str, sha256: str) -> str:
        """Store the finished file at ``path``, whose hash its maker knows, and remove it there; returns the key."""
        ...

    def keep(self, key: str, source: BinaryIO) -> None:
        """Store the rest of ``source`` under a key that says what it was made of, not what it is: for the cache."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A stream of its bytes, which can seek. The caller closes it."""
        ...

    def read(self, key: str) -> bytes:
        """All of its bytes at once."""
        ...

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int:
        """How many bytes it has."""
        ...

    def stamp(self, stream: BinaryIO) -> str:
        """What distinguishes an opened file from any that is put in its place later."""
        ...

    def delete(self, key: str) -> None:
        """Remove it; what is gone already is left alone."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with ``prefix``, in order."""
        ...

    def local(self, key: str) -> AbstractContextManager[Path]:
        """A real file with its bytes, for libraries that need one. It may be gone after the block; nobody writes."""
        ...

    def path(self, key: str) -> Path | None:
        """Where it lies on this machine's disk as long as it is kept; ``None`` where it lies elsewhere."""
        ...


class LocalBlobs(msgspec.Struct, frozen=True):
    """Files in a folder of this machine."""

    root: Path

    def put(self, source: BinaryIO, suffix: str = "", sha256: str = "", room: str = "") -> str:
        if sha256 and self._is_stored(key_of(sha256, suffix, room), source):
            return key_of(sha256, suffix, room)
        folder = self._place(key_of(sha256, suffix, room)).parent if sha256 else self.root
        with _beside(folder) as new:
            digest = _copy(source, new)
            if sha256 and digest != sha256:
                raise ValueError(f"the bytes have the hash {digest}, not {sha256}")
            key = key_of(digest, suffix, room)
            self._rename(new, key)
        return key

    def take(self, path: Path, suffix: str, sha256: str) -> str:
        key = key_of(sha256, suffix)
        if self._place(key).is_file():
            path.unlink()
        else:
            self._rename(path, key)
        return key

    def keep(self, key: str, source: BinaryIO) -> None:
        if not self._is_stored(key, source):
            with _beside(self._place(key).parent) as new:
                _copy(source, new)
                self._rename(new, key)

    def open(self, key: str) -> BinaryIO:
        return self._place(key).open("rb")

    def read(self, key: str) -> bytes:
        return self._place(key).read_bytes()

    def exists(self, key: str) -> bool:
        return self._place(key).is_file()

    def size(self, key: str) -> int:
        return self._place(key).stat().st_size

    def stamp(self, stream: BinaryIO) -> str:
        status = os.fstat(stream.fileno())
        return f"{status.st_size}-{status.st_ino}-{status.st_mtime_ns}"

    def delete(self, key: str) -> None:
        self._place(key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[str]:
        folder = self.root / prefix.rpartition("/")[0]
        for path in sorted(folder.rglob("*")):
            key = path.relative_to(self.root).as_posix()
            if key.startswith(prefix) and not path.name.startswith(".") and path.is_file() and not path.is_symlink():
                yield key

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        yield self._there(key)

    def path(self, key: str) -> Path | None:
        return self._there(key)

    def _there(self, key: str) -> Path:
        path = self._place(key)
        path.stat()
        return path

    def _place(self, key: str) -> Path:
        name = PurePosixPath(key)
        if name.is_absolute() or ".." in name.parts or not name.parts:
            raise ValueError(f"{key!r} is no key")
        return self.root / name

    def _is_stored(self, key: str, source: BinaryIO) -> bool:
        """Whether a file as long as the rest of ``source`` lies there already."""
        here = source.tell()
        length = source.seek(0, os.SEEK_END) - here
        source.seek(here)
        path = self._place(key)
        return path.exists() and path.stat().st_size == length

    def _rename(self, new: Path, key: str) -> None:
        path = self._place(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new file on the same disk, which is gone after the block unless it was renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        if os.path.lexists(name):
            Path(name).unlink()


def _copy(source: BinaryIO, target: Path) -> str:
    """Write the rest of ``source`` to the disk, a piece at a time; returns the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


class File(msgspec.Struct, frozen=True):
    """A file among the blobs, and what it is."""

    blobs: Blobs
    key: str
    mime: str = ""

    def exists(self) -> bool:
        return self.blobs.exists(self.key)

    def size(self) -> int:
        return self.blobs.size(self.key)

    def open(self) -> BinaryIO:
        return self.blobs.open(self.key)

    def read(self) -> bytes:
        return self.blobs.read(self.key)

    def local(self) -> AbstractContextManager[Path]:
        return self.blobs.local(self.key)


class HasFile(Protocol):
    """A row that has a file of its own: a picture, what was made of one, a video."""

    sha256: str
    suffix: str
    mime: str


def blob_of(installation: Installation, row: HasFile) -> File:
    """The file of ``row``, whether it is there or not."""
    return File(installation.blobs, key_of(row.sha256, row.suffix), row.mime)


def shown_form(installation: Installation, kind: FormKind, sha256: str, tail: str = "") -> File | None:
    """The smaller form of a file that was made before, if one was."""
    for suffix, mime in _SHOWN:
        key = form_key(kind, sha256, f"{tail}{suffix}")
        if installation.cache.exists(key):
            return File(installation.cache, key, mime)
    return None


def keep_form(installation: Installation, key: str, data: bytes, mime: str) -> File:
    """Store what was just made under ``key`` in the cache."""
    installation.cache.keep(key, BytesIO(data))
    return File(installation.cache, key, mime)


def forms_of(installation: Installation, sha256: str) -> Iterator[str]:
    """The keys in the cache of whatever was made of a file."""
    for kind in get_args(FormKind):
        yield from installation.cache.keys(form_key(kind, sha256, ""))


def at_hand(installation: Installation, key: str) -> Path:
    """A file on this machine's disk that stays, for what is opened by name much later: a font. Where the blobs lie
    elsewhere it is copied into the cache."""
    path = installation.blobs.path(key)
    if path is not None:
        return path
    if not installation.cache.exists(key):
        with installation.blobs.open(key) as stream:
            installation.cache.keep(key, stream)
    path = installation.cache.path(key)
    assert path is not None, "the cache is on this machine"
    return path

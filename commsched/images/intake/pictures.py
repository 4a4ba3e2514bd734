"""Safe intake: what comes from outside is read in a confined process, and what comes out is a file of ours.

>>> taken = take(upload.read(), upload.filename)
>>> taken.sha256 + taken.suffix      # the only name it will ever have
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from commsched.images.intake import errors, phone_formats, pool, sanitize


class Taken(msgspec.Struct, frozen=True):
    """A picture that is safe to keep and to publish. ``data`` has no metadata but the photographer's name."""

    sha256: str
    """Of ``data``, in hex: its name in the store and in an item's content."""
    data: bytes
    mime: str
    width: int
    height: int
    suffix: str
    had_location: bool
    """The file said where it was taken. That is gone now, and the person may want to know."""
    frames: int
    """1 for what does not move."""
    had_motion: bool
    """The file was an animation of a kind that is kept as a still, and the person should know."""
    credit: str
    """Photographer and owner, from the file's own metadata; empty where it said nothing."""
    title: str
    """The name the file had, without folders and suffix: for the library, never for the disk."""
    dhash: str
    """64-bit perceptual hash in hex; see :func:`commsched.images.intake.fingerprint.distance`."""
    focus: tuple[float, float]
    """Where crops should be centred, as shares of width and height: a proposal."""

    @property
    def animated(self) -> bool:
        return self.frames > 1


class Derived(msgspec.Struct, frozen=True):
    """A derivative of a picture."""

    data: bytes
    mime: str
    width: int
    height: int

    @property
    def suffix(self) -> str:
        return sanitize.SUFFIXES[self.mime]


def take(data: bytes, filename: str = "", workers: pool.Pool | None = None, owner: int = 0) -> Taken:
    """Read an upload. Raises a :class:`commsched.images.intake.errors.BadPicture` with a sentence for the person.

    The content decides the format; ``filename`` only becomes a title. ``owner`` is the office that it is read for: see
    :meth:`commsched.images.intake.pool.Pool.run`.
    """
    if not data:
        raise errors.EmptyFile()
    if len(data) > sanitize.MAX_BYTES:  # said here too, so that it is never copied to the worker
        raise errors.FileTooLarge(size=round(len(data) / 2**20, 1), limit=sanitize.MAX_BYTES // 2**20)
    usual = phone_formats.reading if phone_formats.is_heic(data) else pool.shared
    facts, new = (workers or usual).run({"job": "clean"}, data, owner)
    return Taken(
        sha256=name_of(new),
        data=new,
        mime=facts["mime"],
        width=facts["width"],
        height=facts["height"],
        suffix=sanitize.SUFFIXES[facts["mime"]],
        had_location=facts["had_location"],
        frames=facts["frames"],
        had_motion=facts["had_motion"],
        credit=facts["credit"],
        title=title(filename),
        dhash=facts["dhash"],
        focus=(facts["focus"][0], facts["focus"][1]),
    )


def name_of(data: bytes) -> str:
    """The SHA-256 of a picture's bytes in hex: what its file is called."""
    return hashlib.sha256(data).hexdigest()


def own(data: bytes, filename: str = "") -> Taken:
    """Describes a picture that this process has drawn, in the form that :func:`take` returns. Its bytes are kept
    unchanged."""
    from commsched.images.intake import fingerprint

    with sanitize.opened(data) as image:
        width, height, mime = image.width, image.height, sanitize.MIMES[image.format or ""]
        image.draft("RGB", (400, 400))  # enough for a fingerprint
        dhash, focus = fingerprint.dhash(image), fingerprint.focus(image)
    sha256 = hashlib.sha256(data).hexdigest()
    return Taken(
        sha256, data, mime, width, height, sanitize.SUFFIXES[mime], False, 1, False, "", title(filename), dhash, focus
    )


def title(filename: str) -> str:
    """A readable title from a file's name: no folders, no suffix, no control characters, at most 120 long."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
    kept = "".join(letter if letter.isprintable() else " " for letter in stem)
    return " ".join(kept.replace("_", " ").split())[:120]


def thumbnail(data: bytes, max_side: int = 480) -> Derived:
    """A small still of ``data`` for lists: JPEG, or WebP where there is transparency."""
    facts, new = pool.shared.run({"job": "small", "max_side": max(16, max_side)}, data)
    return Derived(new, facts["mime"], facts["width"], facts["height"])


def fit(
    data: bytes,
    types: Sequence[str],
    max_bytes: int | None = None,
    max_side: int | None = None,
    ratio: tuple[int, int] | None = None,
    centre: tuple[float, float] = (0.5, 0.5),
    max_pixels: int | None = None,
    opaque: bool = False,
) -> Derived:
    """The best file of MIME ``types`` within ``max_bytes``, ``max_side`` pixels a side and ``max_pixels`` in all: of
    the whole picture, or of the largest part of ``ratio`` (such as ``(16, 9)``) around ``centre`` (shares of width and
    height).

    Unchanged where it already is one (then ``made.data == data``). Raises
    :class:`commsched.images.intake.errors.CannotFit` where nothing would do, or, if it must be ``opaque``, where it is
    clear in places.
    """
    if ratio and not all(1 <= side <= 10_000 for side in ratio):
        raise ValueError("a ratio is two whole numbers from 1 to 10,000")
    header = {
        "job": "fit",
        "types": [kind for kind in types if kind in sanitize.SUFFIXES],
        "max_bytes": max_bytes or sanitize.MAX_BYTES,
        "max_side": max_side or 0,
        "ratio": list(ratio) if ratio else None,
        "centre": list(centre),
        "max_pixels": max_pixels or 0,
        "opaque": opaque,
    }
    facts, new = pool.shared.run(header, data)
    return Derived(new, facts["mime"], facts["width"], facts["height"])


def rest() -> None:
    """End the processes that wait for the next picture, where none is expected soon."""
    pool.shared.close()

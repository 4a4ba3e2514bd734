"""Videos: taken in, and looked into, by a confined process that is started for each and killed if it does not end."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

import msgspec

from commsched.core.media.sizes import MB, VIDEO_BYTES
from commsched.core.text.json_values import JsonObject
from commsched.images.intake import errors, sanitize
from commsched.images.intake.pool import _KEPT_ENVIRONMENT, _ROOT
from commsched.images.intake.worker import LENGTHS

TIMEOUT: Final = 120.0
"""Seconds one video may take by the clock on the wall."""
MIMES: Final = {".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from commsched.images.intake.video_worker import main; main()"
)
_OLDER: Final = (b"moov", b"wide", b"mdat", b"free", b"skip", b"pnot")
"""What files of older cameras begin with."""
FIT_TIMEOUT: Final = 20 * 60.0
"""The same, where a video is made anew: nobody waits for it at a page."""
_turn = threading.RLock()
"""One video at a time: they are rare, and heavy."""
_fitting: set[subprocess.Popen[bytes]] = set()
"""Those that make a video anew, so that a server that stops need not wait for them."""
PATIENCE: Final = 2.0
"""Seconds to wait for one's turn. Whoever waits holds one of the server's few threads, which the pages need too."""


class Film(msgspec.Struct, frozen=True):
    """A video that is safe to keep. Its new file is at the ``target`` given to :func:`take`."""

    sha256: str
    suffix: str
    mime: str
    width: int
    height: int
    size: int
    duration: int
    """Milliseconds."""
    moments: list[int]
    """Milliseconds of the frames proposed for a poster; ``best`` is the place of the best of them."""
    best: int
    stills: list[bytes]
    """Each of them as a small JPEG."""
    sound: bool
    had_location: bool
    codec: str
    """Of its pictures, by FFmpeg's name."""


class Fitted(msgspec.Struct, frozen=True):
    """A video made anew for a network. ``duration`` in milliseconds."""

    sha256: str
    size: int
    width: int
    height: int
    duration: int
    codec: str
    sound: bool


class Cue(msgspec.Struct, frozen=True):
    """What is said from one moment to another, in seconds: to be written into the pictures."""

    begins: float
    ends: float
    text: str


class Wish(msgspec.Struct, frozen=True):
    """What a network takes: the codecs, the longer side in pixels, the size in bytes."""

    codecs: tuple[str, ...]
    side: int | None = None
    most_bytes: int | None = None
    cues: tuple[Cue, ...] = ()


def is_available() -> bool:
    """Whether videos can be read here: PyAV, which does it, is an extra (``commsched[video]``)."""
    return find_spec("av") is not None


def is_film(head: bytes) -> bool:
    """Whether a file is a video, whatever its name says. ``head``: its first
    :data:`commsched.images.intake.sanitize.HEAD` bytes."""
    return _kind(head) != "" or sanitize.other_film(head) != ""


def _kind(head: bytes) -> str:
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head[4:8] == b"ftyp" and head[8:12] not in sanitize.BRANDS:
        return "mov"
    return (
        "mov" if head[4:8] in (b"moov", b"wide", b"mdat", b"free", b"skip", b"pnot") else ""
    )  # what older cameras write


def take(path: Path, target: Path) -> Film:
    """Read the video at ``path`` and write a new one, without its metadata, at ``target``. Raises a
    :class:`commsched.images.intake.errors.BadPicture` with a sentence for the person, and then leaves nothing there; a
    :class:`commsched.images.intake.errors.FilmBusy` while another is read."""
    if path.stat().st_size > VIDEO_BYTES:
        raise errors.FilmTooLarge(size=-(-path.stat().st_size // MB), limit=VIDEO_BYTES // MB)
    with path.open("rb") as file:
        head = file.read(sanitize.HEAD)
    kind, brand = _kind(head), head[8:12].decode("latin-1")
    if not kind:
        other = sanitize.other_film(head)
        raise errors.OtherFilm(format=other) if other else errors.NotAPicture() if head else errors.EmptyFile()
    try:
        with target.open("xb") as out:
            facts, stills, sha256 = _run(path, {"job": "film", "kind": kind, "brand": brand}, out)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    sizes = facts.pop("files")
    return Film(sha256=sha256, mime=MIMES[facts["suffix"]], size=sizes[0], stills=stills, **facts)


def fit(path: Path, target: Path, wish: Wish) -> Fitted:
    """Make the video at ``path`` anew as an MP4 at ``target``, as ``wish`` says. It takes minutes. Raises a
    :class:`commsched.images.intake.errors.BadPicture` with a sentence, and :class:`InterruptedError` where it was
    stopped, and then leaves nothing there."""
    with path.open("rb") as file:
        kind = _kind(file.read(sanitize.HEAD)) or "mov"
    header = {"job": "fit", "kind": kind, "size": path.stat().st_size, "wish": msgspec.to_builtins(wish)}
    try:
        with target.open("xb") as out:
            facts, _none, sha256 = _run(path, header, out, seconds=FIT_TIMEOUT)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    (size,) = facts.pop("files")
    return Fitted(sha256=sha256, size=size, **facts)


def stop_fitting() -> None:
    """End every :func:`fit` of this process: each raises :class:`InterruptedError`."""
    while _fitting:
        _fitting.pop().kill()


def moment(path: Path, milliseconds: int) -> bytes:
    """The frame of the video at ``path`` that is shown at ``milliseconds``, as a JPEG."""
    with path.open("rb") as file:
        kind = _kind(file.read(sanitize.HEAD))
    _facts, files, _sha = _run(path, {"job": "moment", "kind": kind or "mov", "at": milliseconds})
    return files[0]


@contextmanager
def in_turn() -> Iterator[None]:
    """Hold the turn for several calls. Raises :class:`commsched.images.intake.errors.FilmBusy` where somebody else has
    it."""
    if not _turn.acquire(timeout=PATIENCE):
        raise errors.FilmBusy()
    try:
        yield
    finally:
        _turn.release()


def _run(
    path: Path, header: JsonObject, out: IO[bytes] | None = None, seconds: float | None = None
) -> tuple[JsonObject, list[bytes], str]:
    """The facts and the files of the answer; the first of them goes to ``out`` instead, if there is one. What takes
    long waits for no turn and holds none."""
    if not is_available():
        raise errors.NoVideos()
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    with nullcontext() if seconds else in_turn(), path.open("rb") as source:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own text)
            [sys.executable, "-I", "-c", _START, _ROOT, str(source.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            close_fds=True,
            pass_fds=(source.fileno(),),
        )
        timer = threading.Timer(seconds or TIMEOUT, process.kill)
        timer.start()
        if seconds:
            _fitting.add(process)
        try:
            return _answer(process, header, out)
        except errors.FilmTooHeavy:
            if seconds and process not in _fitting:
                raise InterruptedError("it was stopped") from None
            raise
        finally:
            timer.cancel()
            _fitting.discard(process)
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what it was killed before it read cannot be written any more
                        pipe.close()
            process.wait()


def _answer(
    process: subprocess.Popen[bytes], header: JsonObject, out: IO[bytes] | None
) -> tuple[JsonObject, list[bytes], str]:
    assert process.stdin is not None
    assert process.stdout is not None
    raw, source = json.dumps(header).encode(), process.stdout
    try:
        process.stdin.write(LENGTHS.pack(len(raw), 0) + raw)
        process.stdin.flush()
        (size, _none) = LENGTHS.unpack(_exactly(source, LENGTHS.size))
        facts = json.loads(_exactly(source, size))
        if "error" in facts:
            raise errors.BY_NAME.get(facts["error"], errors.FilmDamaged)(**facts["params"])
        sizes = list(facts["files"])
        if sum(sizes) > 2 * VIDEO_BYTES:
            raise errors.FilmTooHeavy()
        sha256 = _copy(source, out, sizes.pop(0)) if out is not None else ""
        return facts, [_exactly(source, size) for size in sizes], sha256
    except (BrokenPipeError, EOFError, ValueError):
        raise errors.FilmTooHeavy() from None


def _exactly(source: IO[bytes], length: int) -> bytes:
    data = source.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _copy(source: IO[bytes], out: IO[bytes], length: int) -> str:
    """Move ``length`` bytes on; returns their SHA-256."""
    hashed = hashlib.sha256()
    while length:
        piece = _exactly(source, min(length, 1 << 20))
        hashed.update(piece)
        out.write(piece)
        length -= len(piece)
    return hashed.hexdigest()

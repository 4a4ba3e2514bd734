"""Reads a stranger's video and writes one of our own, in a process of its own that ends with it.

It is started by :mod:`commsched.images.video`, which hands it the file as an open descriptor. Only the first picture
track and the first sound track are copied, undecoded, into a new container: whatever else the file held (where it was
filmed, subtitles, tracks of a drone's sensors) is not in the new one. A few frames are decoded, to find a poster.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from commsched.images import errors
from commsched.images.worker import LENGTHS, _all, _exactly, _limit, limit_memory

if TYPE_CHECKING:
    from PIL import Image

MEMORY = 1536 * 2**20
"""Bytes of address space; the new file is put together in it."""
CPU_SECONDS = 60
MAX_SECONDS = 20 * 60
"""The longest video, measured by its pictures and not by what it says of itself."""
MAX_PIXELS = 4096 * 2304
"""A frame of 4K."""
MAX_PACKETS = 400_000
PICTURES = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4")
SOUNDS = ("aac", "mp3", "opus", "vorbis", "ac3", "eac3", "alac", "flac")
MOMENTS = 8
"""Frames that are proposed for a poster."""
STILL_SIDE = 480
_NEAR, _FAR = 60, 1200
"""Frames decoded at most to come to a moment: for one of those proposed, and for one that a person chose."""


def confine() -> None:
    """Memory, time, files and processes: limits that no video can lift again."""
    import resource

    limit_memory(MEMORY)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 32)


def opened(source: BinaryIO, kind: str) -> Any:
    """The container, read as ``kind`` and nothing else, from ``source`` and nowhere else."""
    import av

    def refuse(*_anything: Any) -> Any:
        raise errors.FilmDamaged()  # a file that names other files is never followed

    return av.open(source, format=kind, io_open=refuse, options={"protocol_whitelist": "", "enable_drefs": "0"}
                   if kind == "mov" else {"protocol_whitelist": ""})  # fmt: skip


def tracks(container: Any) -> tuple[Any, Any]:
    """Its first picture track and its first sound track, or ``None`` for the latter. Raises for what we do not take."""
    pictures = [one for one in container.streams.video if not one.disposition & one.disposition.__class__.attached_pic]
    if not pictures:
        raise errors.NoPictures()
    video, sound = pictures[0], next(iter(container.streams.audio), None)
    if video.codec_context is None or video.codec_context.name not in PICTURES:
        raise errors.OtherFilm(format=video.codec_context.name if video.codec_context else "?")
    if min(video.width, video.height) < 16:
        raise errors.FilmDamaged()
    if video.width * video.height > MAX_PIXELS:
        raise errors.FilmTooWide(width=video.width, height=video.height)
    if sound is not None and (sound.codec_context is None or sound.codec_context.name not in SOUNDS):
        raise errors.OtherFilm(format=sound.codec_context.name if sound.codec_context else "?")
    video.codec_context.thread_count = 1
    return video, sound


def copied(container: Any, video: Any, sound: Any, suffix: str) -> tuple[io.BytesIO, float]:
    """A new file with these two tracks and nothing else, and how long it is in seconds."""
    import av

    out, last, packets = io.BytesIO(), 0.0, 0
    form = {".mp4": "mp4", ".mov": "mov", ".webm": "webm"}[suffix]
    with av.open(out, "w", format=form, options={"fflags": "+bitexact"}) as made:
        to = {one.index: made.add_stream_from_template(one) for one in (video, sound) if one is not None}
        for one in to.values():
            one.metadata.clear()
        start: float | None = None
        for packet in container.demux([one for one in (video, sound) if one is not None]):
            if packet.dts is None or packet.pts is None:
                continue
            packets += 1
            at = float(packet.pts * packet.time_base)
            start = at if start is None else min(start, at)
            last = max(last, at + float((packet.duration or 0) * packet.time_base) - start)
            if last > MAX_SECONDS or packets > MAX_PACKETS:
                raise errors.FilmTooLong(minutes=MAX_SECONDS // 60)
            packet.stream = to[packet.stream.index]
            made.mux(packet)
    if not packets or last <= 0:
        raise errors.FilmDamaged()
    return out, last


def at_moment(container: Any, video: Any, seconds: float, most: int) -> Image.Image:
    """The frame that is shown ``seconds`` from the start, or the nearest that ``most`` frames of decoding lead to."""
    base = video.time_base
    start = video.start_time or 0
    wanted = start + round(seconds / base)
    container.seek(wanted, stream=video, backward=True)
    found = None
    for number, frame in enumerate(container.decode(video)):
        found = frame
        if frame.pts is None or frame.pts >= wanted or number >= most:
            break
    if found is None:
        raise errors.FilmDamaged()
    picture: Image.Image = found.to_image()
    turn = round(found.rotation / 90) * 90
    return picture.rotate(turn, expand=True) if turn % 360 else picture


def worth(picture: Image.Image) -> float:
    """How good a poster it makes: sharp, and neither black nor white."""
    from PIL import ImageFilter, ImageStat

    small = picture.convert("L")
    small.thumbnail((160, 160))
    light = ImageStat.Stat(small).mean[0]
    edges: float = ImageStat.Stat(small.filter(ImageFilter.FIND_EDGES)).stddev[0]
    return edges * max(0.0, 1 - abs(light - 118) / 125)


def jpeg(picture: Image.Image, quality: int = 92) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def take(source: BinaryIO, kind: str, brand: str) -> tuple[dict[str, Any], list[bytes]]:
    """What is known of the video; its new file, then a small still of every moment that is proposed."""
    with opened(source, kind) as container:
        video, sound = tracks(container)
        located = any("location" in key.lower() or key == "xyz" for key in _said(container))
        located = located or any(one.type == "data" for one in container.streams)
        suffix = ".webm" if kind == "matroska" else ".mov" if brand == "qt  " else ".mp4"
        new, seconds = copied(container, video, sound, suffix)
    new.seek(0)
    with opened(new, kind) as container:
        video, _sound = tracks(container)
        times = [seconds * (number + 0.5) / MOMENTS for number in range(MOMENTS)]
        frames = [at_moment(container, video, at, _NEAR) for at in times]
    best = max(range(MOMENTS), key=lambda number: worth(frames[number]))
    width, height = frames[0].size
    stills = []
    for frame in frames:
        frame.thumbnail((STILL_SIDE, STILL_SIDE))
        stills.append(jpeg(frame, 80))
    facts = {
        "suffix": suffix, "width": width, "height": height, "duration": round(seconds * 1000), "best": best,
        "moments": [round(at * 1000) for at in times], "sound": sound is not None, "had_location": located,
    }  # fmt: skip
    return facts, [new.getvalue(), *stills]


def _said(container: Any) -> list[str]:
    found = list(container.metadata)
    for one in container.streams:
        found += list(one.metadata)
    return found


def moment(source: BinaryIO, kind: str, milliseconds: int) -> tuple[dict[str, Any], list[bytes]]:
    """The frame at ``milliseconds`` as a JPEG of its whole size."""
    with opened(source, kind) as container:
        video, _sound = tracks(container)
        return {}, [jpeg(at_moment(container, video, milliseconds / 1000, _FAR))]


def answer(header: dict[str, Any], source: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Do the job; whatever happens, the answer is facts and files, or the name of a designed error."""
    try:
        if header["job"] == "moment":
            return moment(source, header["kind"], header["at"])
        return take(source, header["kind"], header["brand"])
    except errors.BadPicture as error:
        return {"error": type(error).__name__, "params": error.params}, []
    except MemoryError:
        return {"error": "FilmTooHeavy", "params": {}}, []
    except Exception:  # demuxers and decoders of hostile files raise anything
        return {"error": "FilmDamaged", "params": {}}, []


def main() -> None:
    """One job: its header on standard input, the file on the descriptor that the header names."""
    import av
    import av.error
    import av.logging
    from PIL import Image, ImageFilter, ImageStat, JpegImagePlugin

    assert all((av, Image, ImageFilter, ImageStat, JpegImagePlugin))  # loaded before the limits
    av.logging.set_level(av.logging.PANIC)
    confine()
    (size,) = LENGTHS.unpack(_exactly(0, LENGTHS.size))[:1]
    header = json.loads(_exactly(0, size))
    with os.fdopen(int(sys.argv[2]), "rb") as source:
        facts, files = answer(header, source)
    raw = json.dumps(facts | {"files": [len(one) for one in files]}).encode()
    _all(1, LENGTHS.pack(len(raw), 0) + raw)
    for one in files:
        _all(1, one)

"""Reads an untrusted video and writes a new file of it, in a process that handles one video and then ends.

It is started by :mod:`commsched.images.intake.video`, which hands it the file as an open descriptor. Only the first
picture track and the first sound track are copied, undecoded, into a new container: whatever else the file held (where
it was filmed, subtitles, tracks of a drone's sensors) is not in the new one. A few frames are decoded, to find a
poster.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import msgspec

from commsched.core.text.json_values import JsonObject
from commsched.images.intake import confinement, errors
from commsched.images.intake.worker import LENGTHS, _all, _exactly

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream
    from PIL import Image

MEMORY = 1536 * 2**20
"""Bytes of address space; the new file is put together in it."""
CPU_SECONDS = 60
FIT_SECONDS = 15 * 60
"""The same, where the pictures are coded anew."""
MAX_SECONDS = 20 * 60
"""The longest video, measured by its pictures and not by what it says of itself."""
MAX_PIXELS = 4096 * 2304
"""A frame of 4K."""
MAX_PACKETS = 400_000
PICTURES = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4")
SOUNDS = ("aac", "mp3", "opus", "vorbis", "ac3", "eac3", "alac", "flac")
WEBM = ("vp8", "vp9", "av1", "opus", "vorbis")
MOMENTS = 8
"""Frames that are proposed for a poster."""
_MOST_WAITING = 32
"""Packets that may come before it is known when they are to be decoded."""
STILL_SIDE = 480
_NEAR, _FAR = 60, 1200
"""Frames decoded at most to come to a moment: for one of those proposed, and for one that a person chose."""


def prepare() -> None:
    """Load everything that the job will need: no file can be opened afterwards."""
    import av
    import av.error
    import av.logging
    import av.subtitles.stream
    from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageStat

    from commsched.images.intake import _video_fit

    assert all((av, ImageFilter, ImageStat, _video_fit))
    Image.preinit()
    letters = ImageFont.truetype(io.BytesIO(lettering()), 12)  # loads what lays letters out
    ImageDraw.Draw(Image.new("RGB", (8, 8))).text((0, 0), "a", font=letters)
    av.logging.set_level(av.logging.PANIC)


@cache
def lettering() -> bytes:
    """The font that captions are written in."""
    return (files("fontpkg_noto_sans") / "files/NotoSans[wdth,wght].ttf").read_bytes()


def confine(cpu: int = CPU_SECONDS) -> confinement.Held:
    """Limits that no video can lift again, and the walls that the system has. ``cpu`` in seconds."""
    return confinement.enter({"AS": MEMORY, "CPU": cpu, "FSIZE": 0, "CORE": 0, "NPROC": 0, "NOFILE": 32})


def opened(source: BinaryIO | Cursor, kind: str) -> InputContainer:
    """The container, read as ``kind`` and nothing else, from ``source`` and nowhere else."""
    import av

    def refuse(*_anything: object) -> NoReturn:
        raise errors.FilmDamaged()  # a file that names other files is never followed

    return av.open(
        source,
        "r",
        format=kind,
        io_open=refuse,
        options={"protocol_whitelist": "", "enable_drefs": "0"} if kind == "mov" else {"protocol_whitelist": ""},
    )


def tracks(container: InputContainer) -> tuple[VideoStream, AudioStream | None]:
    """Its first picture track and its first sound track, or ``None`` for the latter. Raises for what we do not take."""
    pictures = [
        stream
        for stream in container.streams.video
        if not stream.disposition & stream.disposition.__class__.attached_pic
    ]
    if not pictures:
        raise errors.NoPictures()
    video, sound = pictures[0], next(iter(container.streams.audio), None)
    if codec_of(video) not in PICTURES:
        raise errors.OtherFilm(format=codec_of(video))
    if min(video.width, video.height) < 16:
        raise errors.FilmDamaged()
    if video.width * video.height > MAX_PIXELS:
        raise errors.FilmTooWide(width=video.width, height=video.height)
    if sound is not None and codec_of(sound) not in SOUNDS:
        raise errors.OtherFilm(format=codec_of(sound))
    video.codec_context.thread_count = 1
    return video, sound


def codec_of(track: Stream) -> str:
    """The name of its coding, not of the decoder that happens to be installed (``av1``, and not ``libdav1d``)."""
    return str(track.codec_context.codec.canonical_name) if track.codec_context is not None else "?"


class Growing:
    """A file in memory. FFmpeg opens it a second time to move its index to the front, and reads while it writes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def opened(self, *_anything: object) -> Cursor:
        return Cursor(self.data)


class Cursor:
    """A reader and writer of a :class:`Growing`, with a position of its own."""

    name = ""

    def __init__(self, data: bytearray) -> None:
        self._data, self._at = data, 0

    def read(self, length: int = -1) -> bytes:
        end = len(self._data) if length < 0 else self._at + length
        piece = bytes(memoryview(self._data)[self._at : end])
        self._at += len(piece)
        return piece

    def write(self, piece: bytes) -> int:
        self._data.extend(bytes(max(0, self._at - len(self._data))))
        self._data[self._at : self._at + len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, len(self._data))[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """There is nothing between it and its memory."""

    def close(self) -> None:
        """Others may still read it."""


def suffix_for(kind: str, brand: str, video: VideoStream, sound: AudioStream | None) -> str:
    """What the new file is. A Matroska is a WebM where it has what a WebM may have; else it becomes an MP4."""
    if kind == "mov":
        return ".mov" if brand == "qt  " else ".mp4"
    webm = codec_of(video) in WEBM and (sound is None or codec_of(sound) in WEBM)
    return ".webm" if webm else ".mp4"


def copied(
    container: InputContainer, video: VideoStream, sound: AudioStream | None, suffix: str
) -> tuple[Growing, float]:
    """A new file with these two tracks and nothing else, its index first, and how long it is in seconds."""
    import av

    out, last, packets = Growing(), 0.0, 0
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if suffix != ".webm" else {})
    both = [track for track in (video, sound) if track is not None]
    with av.open(out.opened(), "w", format=suffix[1:], options=options, io_open=out.opened) as target:
        to = {track.index: _track(target, track) for track in both}
        start: float | None = None
        for packet in _in_time(container.demux(both)):
            packets += 1
            if packet.pts is None or packet.time_base is None:
                raise errors.FilmDamaged()
            at = float(packet.pts * packet.time_base)
            start = at if start is None else min(start, at)
            last = max(last, at + float((packet.duration or 0) * packet.time_base) - start)
            if last > MAX_SECONDS or packets > MAX_PACKETS:
                raise errors.FilmTooLong(minutes=MAX_SECONDS // 60)
            packet.stream = to[packet.stream.index]
            target.mux(packet)
    if not packets or last <= 0:
        raise errors.FilmDamaged()
    return out, last


def _in_time(packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """``packets`` with a decoding time (dts) on each. A Matroska stores only when frames are shown. Where the decoding
    order differs from the display order, PyAV knows it from the third or fourth packet on, so the packets before that,
    among them the first key frame, get the times just before it."""
    waiting: dict[int, list[Packet[Stream]]] = {}
    for packet in packets:
        if packet.pts is None:
            continue
        held = waiting.setdefault(packet.stream.index, [])
        if packet.dts is None and len(held) < _MOST_WAITING:
            held.append(packet)
            continue
        if held and packet.dts is not None:
            step = max(1, round(1 / (packet.time_base * (packet.stream.average_rate or 25))))
            for number, early in enumerate(held):
                early.dts = packet.dts - step * (len(held) - number)
                yield early
            held.clear()
        if packet.dts is not None:
            yield packet
    for held in waiting.values():
        for packet in held:
            packet.dts = packet.pts
            yield packet


def _track(output: OutputContainer, old: Stream) -> Stream:
    """A track of ``output`` for what is in ``old``, without its metadata. Raises where such a file cannot have it."""
    try:
        track = output.add_stream_from_template(
            old, opaque=True
        )  # copies the codec's settings: not every codec has an encoder
    except ValueError:
        raise errors.OtherFilm(format=codec_of(old)) from None
    track.metadata.clear()
    if codec_of(old) == "hevc":  # Apple's players show nothing of what is called by its other name, hev1
        track.codec_context.codec_tag = "hvc1"
    return track


def at_moment(container: InputContainer, video: VideoStream, seconds: float, most: int) -> Image.Image:
    """The frame that is shown ``seconds`` from the start, or the nearest that ``most`` frames of decoding lead to."""
    if video.time_base is None:
        raise errors.FilmDamaged()
    wanted = (video.start_time or 0) + round(seconds / video.time_base)
    container.seek(wanted, stream=video, backward=True)
    nearest = None
    for number, frame in enumerate(container.decode(video)):
        nearest = frame
        if frame.pts is None or frame.pts >= wanted or number >= most:
            break
    if nearest is None:
        raise errors.FilmDamaged()
    # One thread, since no more could be started; the library's own types leave this method out.
    picture: Image.Image = nearest.to_image(threads=1)  # type: ignore[no-untyped-call]
    turn = round(nearest.rotation / 90) * 90
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


def take(source: BinaryIO, kind: str, brand: str) -> tuple[JsonObject, list[bytes | bytearray]]:
    """What is known of the video; its new file, then a small still of every moment that is proposed."""
    with opened(source, kind) as container:
        video, sound = tracks(container)
        located = any("location" in key.lower() or key == "xyz" for key in _said(container))
        located = located or any(stream.type == "data" for stream in container.streams)
        suffix, codec = suffix_for(kind, brand, video, sound), codec_of(video)
        new, seconds = copied(container, video, sound, suffix)
    with opened(new.opened(), "matroska" if suffix == ".webm" else "mov") as container:
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
        "suffix": suffix,
        "width": width,
        "height": height,
        "duration": round(seconds * 1000),
        "best": best,
        "moments": [round(at * 1000) for at in times],
        "sound": sound is not None,
        "codec": codec,
        "had_location": located,
    }
    return facts, [new.data, *stills]


def _said(container: InputContainer) -> list[str]:
    keys = list(container.metadata)
    for stream in container.streams:
        keys += list(stream.metadata)
    return keys


def moment(source: BinaryIO, kind: str, milliseconds: int) -> tuple[JsonObject, list[bytes | bytearray]]:
    """The frame at ``milliseconds`` as a JPEG of its whole size."""
    with opened(source, kind) as container:
        video, _sound = tracks(container)
        return {}, [jpeg(at_moment(container, video, milliseconds / 1000, _FAR))]


def fitted(source: BinaryIO, header: JsonObject) -> tuple[JsonObject, list[bytes | bytearray]]:
    """The video as a network takes it: see :mod:`commsched.images.intake._video_fit`."""
    from commsched.images.intake import _video_fit

    wish = msgspec.convert(header["wish"], _video_fit.Wish)
    return _video_fit.fit(source, header["kind"], header["size"], msgspec.structs.replace(wish, font=lettering()))


def answer(header: JsonObject, source: BinaryIO) -> tuple[JsonObject, list[bytes | bytearray]]:
    """Do the job; whatever happens, the answer is facts and files, or the name of a designed error."""
    try:
        if header["job"] == "moment":
            return moment(source, header["kind"], header["at"])
        if header["job"] == "fit":
            return fitted(source, header)
        return take(source, header["kind"], header["brand"])
    except errors.BadPicture as error:
        return {"error": type(error).__name__, "params": error.params}, []
    except MemoryError:
        return {"error": "FilmTooHeavy", "params": {}}, []
    except Exception:  # demuxers and decoders of hostile files raise anything
        return {"error": "FilmDamaged", "params": {}}, []


def main() -> None:
    """One job: its header on standard input, the file on the descriptor that the header names."""
    source = os.fdopen(int(sys.argv[2]), "rb")
    prepare()
    (size,) = LENGTHS.unpack(_exactly(0, LENGTHS.size))[:1]
    header = json.loads(_exactly(0, size))  # our own words; the stranger's are not read before the walls are there
    if header["job"] == "fit":
        os.nice(10)  # the pages and what goes out come first
    confine(FIT_SECONDS if header["job"] == "fit" else CPU_SECONDS)
    with source:
        facts, files = answer(header, source)
    raw = json.dumps(facts | {"files": [len(file) for file in files]}).encode()
    _all(1, LENGTHS.pack(len(raw), 0) + raw)
    for file in files:
        _all(1, file)

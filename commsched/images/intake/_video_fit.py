"""A video made anew for networks that do not take it as it is, in the confined process of :mod:`video_worker`.

What phones play everywhere: H.264 and AAC in an MP4 whose index comes first, upright, with square pixels. Frames keep
the moments at which they were filmed, since phones do not film at an even pace. What is right already is not coded
anew: it moves to the new file as it is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from commsched.core.text.json_values import JsonObject
from commsched.images.intake import errors
from commsched.images.intake.video_worker import MAX_SECONDS, Growing, codec_of, copied, opened, tracks

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image, ImageFont

SOUNDS: Final = ("aac",)
_BASE: Final = Fraction(1, 90_000)
"""The unit of the new file's times: fine enough for every pace."""
_SOUND_BITS: Final = 128_000
_LEAST_BITS: Final = 150_000
"""Of pictures in a second: below it nothing can be made out."""
_ROOM: Final = 0.94
"""The share of the largest size that pictures and sound may take."""
_LINES: Final = 3
"""Lines of captions at most; what is more is left out at the end."""


class Cue(msgspec.Struct, frozen=True):
    """What is said from one moment to another, in seconds."""

    begins: float
    ends: float
    text: str


class Wish(msgspec.Struct, frozen=True):
    """What the new file is to be. ``side``: the longer one, in pixels; ``most_bytes``: its size at most."""

    codecs: list[str]
    side: int | None = None
    most_bytes: int | None = None
    cues: list[Cue] = []
    font: bytes = b""


def fit(source: BinaryIO, kind: str, size: int, wish: Wish) -> tuple[JsonObject, list[bytes | bytearray]]:
    """The video in ``source``, of ``size`` bytes, as ``wish`` says: what is known of it, and its file."""
    with opened(source, kind) as container:
        video, sound = tracks(container)
        if _is_right(video, sound, size, wish):
            new, seconds = copied(container, video, sound, ".mp4")
        else:
            new, seconds = _Coder(container, video, sound, wish).code()
    if wish.most_bytes is not None and len(new.data) > wish.most_bytes:
        raise errors.FilmTooLarge(size=-(-len(new.data) // 1_000_000), limit=wish.most_bytes // 1_000_000)
    with opened(new.opened(), "mov") as container:
        video, sound = tracks(container)
        frame = next(container.decode(video))
        upright = round(frame.rotation / 90) % 2 == 0
        width, height = (frame.width, frame.height) if upright else (frame.height, frame.width)
        facts: JsonObject = {"codec": codec_of(video), "sound": sound is not None}
    return facts | {"width": width, "height": height, "duration": round(seconds * 1000)}, [new.data]


def _is_right(video: VideoStream, sound: AudioStream | None, size: int, wish: Wish) -> bool:
    """Whether its tracks go as they are."""
    small = wish.side is None or max(video.width, video.height) <= wish.side
    light = wish.most_bytes is None or size <= wish.most_bytes
    heard = sound is None or codec_of(sound) in SOUNDS
    return codec_of(video) in wish.codecs and heard and small and light and not wish.cues


class _Coder:
    """One video, coded anew."""

    def __init__(self, container: InputContainer, video: VideoStream, sound: AudioStream | None, wish: Wish) -> None:
        self.container, self.video, self.sound, self.wish = container, video, sound, wish
        self.begins = float(container.start_time or 0) / 1_000_000
        self.last = 0.0
        self.captions = _Captions(wish) if wish.cues else None
        self.track: VideoStream | None = None
        self.tone: AudioStream | None = None
        self.early: list[AudioFrame] = []

    def code(self) -> tuple[Growing, float]:
        """The new file, and how long it is in seconds."""
        import av

        out = Growing()
        options = {"fflags": "+bitexact", "movflags": "+faststart"}
        with av.open(out.opened(), "w", format="mp4", options=options, io_open=out.opened) as target:
            both = [track for track in (self.video, self.sound) if track is not None]
            for frame in (frame for packet in self.container.demux(both) for frame in packet.decode()):
                if isinstance(frame, av.VideoFrame):
                    self._show(target, frame)
                elif isinstance(frame, av.AudioFrame) and self.sound is not None:
                    self._sound(target, frame)
            for track in (self.track, self.tone):
                if track is not None:
                    target.mux(track.encode(None))
        if self.track is None or self.last <= 0:
            raise errors.FilmDamaged()
        return out, self.last

    def _at(self, frame: VideoFrame | AudioFrame) -> float:
        """When a frame comes, in seconds from the beginning. Raises for what never ends."""
        at = max(0.0, float(frame.time or 0) - self.begins)
        if at > MAX_SECONDS:
            raise errors.FilmTooLong(minutes=MAX_SECONDS // 60)
        return at

    def _show(self, target: OutputContainer, frame: VideoFrame) -> None:
        """A picture into ``target``, at its own moment."""
        if frame.pts is None:
            return
        at = self._at(frame)
        self.last = max(self.last, at + 1 / float(self.video.average_rate or 25))
        shown = self._shown(frame, at)
        track = self.track or self._begin(target, shown)
        shown.pts, shown.time_base = round(at / _BASE), _BASE
        target.mux(track.encode(shown))
        while self.early:
            self._sound(target, self.early.pop(0))

    def _sound(self, target: OutputContainer, frame: AudioFrame) -> None:
        """A piece of sound. It waits until the first picture is there, since only then the file is begun."""
        if self.tone is None:
            self.early.append(frame)
            return
        frame.pts, frame.time_base = round(self._at(frame) * frame.sample_rate), Fraction(1, frame.sample_rate)
        target.mux(self.tone.encode(frame))

    def _begin(self, target: OutputContainer, first: VideoFrame) -> VideoStream:
        """The tracks of the new file; the size of its pictures is that of the first."""
        options = {"preset": "veryfast", "crf": "22", "threads": "1", **self._within()}
        self.track = target.add_stream("libx264", rate=round(self.video.average_rate or 25) or 25, options=options)
        self.track.width, self.track.height, self.track.pix_fmt = first.width, first.height, "yuv420p"
        self.track.codec_context.thread_count = 1
        self.track.codec_context.time_base = _BASE
        if self.sound is not None:
            self.tone = target.add_stream("aac", rate=48_000, layout="stereo")
            self.tone.bit_rate = _SOUND_BITS
        return self.track

    def _within(self) -> dict[str, str]:
        """Settings by which the file stays within the size that is asked for."""
        seconds = float(self.container.duration or 0) / 1_000_000
        if self.wish.most_bytes is None or seconds <= 0:
            return {}
        bits = int(self.wish.most_bytes * 8 * _ROOM / seconds) - (_SOUND_BITS if self.sound is not None else 0)
        if bits < _LEAST_BITS:
            raise errors.FilmTooLarge(size=0, limit=self.wish.most_bytes // 1_000_000)
        return {"maxrate": str(bits), "bufsize": str(bits)}

    def _shown(self, frame: VideoFrame, at: float) -> VideoFrame:
        """A frame upright, in its size, with what is said written into it."""
        import av
        from PIL import Image

        turn = round(frame.rotation / 90) % 4
        width, height = self._size(frame, turn)
        said = self.captions.at(at) if self.captions is not None else ""
        if not turn and not said:
            return frame.reformat(width, height, format="yuv420p", threads=1)
        picture = frame.reformat(format="rgb24", threads=1).to_image(threads=1)  # type: ignore[no-untyped-call]
        if turn:
            turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
            picture = picture.transpose(turns[turn - 1])
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        if said and self.captions is not None:
            self.captions.write(picture, said)
        drawn: VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
        return drawn.reformat(format="yuv420p", threads=1)

    def _size(self, frame: VideoFrame, turn: int) -> tuple[int, int]:
        """How large it is shown: square pixels, the longer side within what is asked for, both even."""
        ratio = self.video.sample_aspect_ratio or Fraction(1)
        wide, high = frame.width * float(ratio or 1), float(frame.height)
        if turn % 2:
            wide, high = high, wide
        scale = min(1.0, self.wish.side / max(wide, high)) if self.wish.side else 1.0
        return max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2)


class _Captions:
    """What is said, written at the foot of pictures: white on a dark ground, so that it is read on any street."""

    def __init__(self, wish: Wish) -> None:
        self._cues, self._font = wish.cues, wish.font
        self._fonts: dict[int, ImageFont.FreeTypeFont] = {}

    def at(self, seconds: float) -> str:
        """What is said at a moment."""
        return "\n".join(cue.text for cue in self._cues if cue.begins <= seconds < cue.ends)

    def write(self, picture: Image.Image, text: str) -> None:
        from PIL import ImageDraw

        draw = ImageDraw.Draw(picture, "RGBA")
        letters = max(12, round(min(picture.size) * 0.055))
        font = self._letters(letters)
        lines = list(_wrapped(text, lambda line: draw.textlength(line, font), picture.width * 0.86))[:_LINES]
        said, gap = "\n".join(lines), letters // 4
        left, top, right, foot = draw.multiline_textbbox((0, 0), said, font, spacing=gap, align="center")
        x = (picture.width - (right - left)) / 2
        y = picture.height - (foot - top) - letters * 1.4
        pad = letters * 0.4
        ground = (x - pad, y - pad, x + right - left + pad, y + foot - top + pad)
        draw.rounded_rectangle(ground, pad / 2, fill=(0, 0, 0, 190))
        draw.multiline_text((x - left, y - top), said, (255, 255, 255), font, spacing=gap, align="center")

    def _letters(self, size: int) -> ImageFont.FreeTypeFont:
        from PIL import ImageFont

        if size not in self._fonts:
            self._fonts[size] = ImageFont.truetype(io.BytesIO(self._font), size)
        return self._fonts[size]


def _wrapped(text: str, width: Callable[[str], float], most: float) -> Iterator[str]:
    """The lines of ``text``, each no wider than ``most`` where its words allow."""
    for line in text.split("\n"):
        row = ""
        for word in line.split():
            longer = f"{row} {word}".strip()
            if row and width(longer) > most:
                yield row
                longer = word
            row = longer
        if row:
            yield row

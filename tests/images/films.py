"""Videos for tests, good and bad, made by the library that reads them."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

import av
from PIL import Image, ImageDraw


def picture(number: int, many: int, size: tuple[int, int]) -> Image.Image:
    """Black at first, then a lit square that moves over a street."""
    if number < many // 4:
        return Image.new("RGB", size, "black")
    image = Image.new("RGB", size, (120, 150, 170))
    draw = ImageDraw.Draw(image)
    for x in range(0, size[0], 16):
        draw.line((x, size[1] // 2, x, size[1]), fill=(40, 40, 40), width=2)
    left = (size[0] - 30) * number // many
    draw.rectangle((left, 8, left + 28, 36), fill=(230, 200, 60))
    return image


@cache
def video(
    form: str = "mp4",
    codec: str = "libx264",
    size: tuple[int, int] = (160, 90),
    seconds: float = 2.0,
    rate: int = 12,
    sound: str = "",
    keys: int = 6,
    said: tuple[tuple[str, str], ...] = (),
    tag: str = "",
) -> bytes:
    """A video of ``seconds``, with metadata ``said`` and a tone in ``sound`` if one is asked for."""
    out = io.BytesIO()
    many = int(seconds * rate)
    options = {"movflags": "use_metadata_tags"} if form in ("mp4", "mov") else {}
    with av.open(out, "w", format=form, options=options) as made:
        made.metadata.update(dict(said))
        track: Any = made.add_stream(codec, rate=rate)
        track.width, track.height, track.pix_fmt = *size, "yuv420p"
        track.codec_context.gop_size = keys
        if tag:
            track.codec_context.codec_tag = tag
        tone: Any = made.add_stream(sound, rate=48000) if sound else None
        for number in range(many):
            for packet in track.encode(av.VideoFrame.from_image(picture(number, many, size))):
                made.mux(packet)
        for packet in track.encode():
            made.mux(packet)
        if tone is not None:
            _hum(made, tone, seconds)
    return out.getvalue()


def _hum(made: Any, tone: Any, seconds: float) -> None:
    for number in range(int(seconds * 48000 / 1024)):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.planes[0].update(struct.pack("1024f", *([0.1, -0.1] * 512)))
        frame.sample_rate, frame.pts = 48000, number * 1024
        for packet in tone.encode(frame):
            made.mux(packet)
    for packet in tone.encode():
        made.mux(packet)


def turned(data: bytes) -> bytes:
    """``data`` (MP4) as a phone writes it that was held upright: to be shown turned a quarter clockwise."""
    at = data.index(b"tkhd") + 4
    matrix = at + 40
    right = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return data[:matrix] + right + data[matrix + 36 :]


def sound_only() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as made:
        _hum(made, made.add_stream("aac", rate=48000), 0.5)
    return out.getvalue()


def atoms(data: bytes) -> list[bytes]:
    """The names of the parts that an MP4 or MOV consists of, in their order."""
    names, at = [], 0
    while at + 8 <= len(data):
        names.append(data[at + 4 : at + 8])
        at += max(8, int.from_bytes(data[at : at + 4], "big"))
    return names

"""Pictures, good and bad, made on the spot: no file from outside is kept in the project."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

RED, GREEN = (200, 30, 40), (20, 140, 60)


def picture(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """Left red, right green, with a gradient, so that turning it and losing quality both show."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (size[0] // 2, 0, size[0], size[1]))
    if mode == "RGBA":
        image = image.convert("RGBA")
        image.putalpha(Image.linear_gradient("L").resize(size))
        return image
    return image.convert(mode)


def save(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    return save(picture(size), "JPEG", **options)


def png(size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    return save(picture(size, mode), "PNG", **options)


def webp(size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    return save(picture(size), "WEBP", **options)


def gif(size: tuple[int, int] = (64, 48)) -> bytes:
    return save(picture(size), "GIF")


def moving(form: str, frames: int = 3) -> bytes:
    pictures = [Image.new("RGB", (40, 30), (60 * number % 256, number // 4 % 256, 200)) for number in range(frames)]
    return save(pictures[0], form, save_all=True, append_images=pictures[1:], duration=200, loop=0)


def with_exif(*, orientation: int = 1, artist: str = "", copyright: str = "", gps: bool = False) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if artist:
        exif[0x013B] = artist.encode()
    if copyright:
        exif[0x8298] = copyright.encode()
    if gps:
        exif[0x8825] = {1: "N", 2: (63.0, 10.0, 45.0), 3: "E", 4: (14.0, 38.0, 9.0)}
    exif[0x010F] = "SecretCameraMaker"
    return jpeg(exif=exif.tobytes(), quality=92)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A valid header that promises 900 megapixels, and a body that keeps the promise in a few kilobytes."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\0" + b"\0" * ((width + 7) // 8)
    body = zlib.compress(row * min(height, 4000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def scan_bomb(scans: int = 6000, size: tuple[int, int] = (5000, 5000)) -> bytes:
    """A progressive JPEG that goes through its picture as often as one likes, ten bytes at a time."""
    whole = save(Image.new("L", size, 128), "JPEG", progressive=True)
    first = whole.index(b"\xff\xda")
    second = whole.index(b"\xff\xda", first + 2)
    empty = b"\xff\xda\0\x08\1\1\0\1\x3f\0" + b"\0"
    return whole[:second] + empty * scans + b"\xff\xd9"


def text_bomb() -> bytes:
    """A small picture whose comment unpacks to 80 MB."""
    plain = png()
    comment = b"Comment\0\0" + zlib.compress(b"a" * 80_000_000, 9)
    return plain[:33] + chunk(b"zTXt", comment) + plain[33:]


def gif_bomb(frames: int = 700) -> bytes:
    return moving("GIF", frames=frames)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("evil.html", "<script>alert('zip')</script>")
    return out.getvalue()


TAILS = {
    "html": b"<html><script>alert('polyglot')</script></html>",
    "php": b"<?php system($_GET['c']); ?>",
    "zip": archive(),
    "pdf": b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n%%EOF",
    "film": b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20,
}


def gif_script() -> bytes:
    """Valid as a GIF and, to a careless browser, as JavaScript: the width is the text ``/*``."""
    plain = bytearray(gif((64, 48)))
    return bytes(plain) + b"*/=1;alert('gifjs');//"


def mutated(data: bytes, seed: int, changes: int) -> bytes:
    chance = random.Random(seed)
    raw = bytearray(data)
    for _ in range(changes):
        action = chance.randrange(4)
        place = chance.randrange(max(1, len(raw)))
        if action == 0 and raw:
            raw[place] = chance.randrange(256)
        elif action == 1:
            del raw[place : place + chance.randrange(1, 40)]
        elif action == 2:
            raw[place:place] = chance.randbytes(chance.randrange(1, 40))
        else:
            raw[place : place + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
    return bytes(raw)

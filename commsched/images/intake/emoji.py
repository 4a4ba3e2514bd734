"""What a font file holds: its tables, the emoji in colour that it has, and a single one as a picture."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Final

from commsched.images.intake import errors

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

STRIKES: Final = (109, 136, 128, 160, 96, 72, 64, 40, 32, 20)
"""Pixels per em that fonts of coloured bitmaps come in: they open in their own size only."""
TABLES: Final = frozenset((b"CBDT", b"COLR"))
"""Bitmaps of at most 255 pixels, and layers of outlines. (Others, such as ``sbix``, may hold pictures of any size.)"""
_TRIED: Final = "😀❤🎉"
_NOBODY: Final = "\U000fffff"
_HEAD: Final = struct.Struct(">4sH6x")
_ENTRY: Final = struct.Struct(">4s4xLL")
_MOST: Final = 100
"""Tables in one font; usual ones have twenty."""


def tables(data: bytes) -> frozenset[bytes]:
    """The names of the file's tables. Raises :class:`errors.Damaged` where one lies outside it, or there are none."""
    if len(data) < _HEAD.size:
        raise errors.Damaged()
    count = _HEAD.unpack_from(data)[1]
    end = _HEAD.size + count * _ENTRY.size
    if not 0 < count <= _MOST or end > len(data):
        raise errors.Damaged()
    entries = list(_ENTRY.iter_unpack(data[_HEAD.size : end]))
    if any(start + length > len(data) for _tag, start, length in entries):
        raise errors.Damaged()
    return frozenset(tag for tag, _start, _length in entries)


def family(data: bytes) -> str:
    """The family of a font that draws the usual emoji; empty where it does not. Raises ``OSError`` for no font."""
    font = sized(data)
    drawable = all(drawn(font, sign) is not None for sign in _TRIED)
    return str(font.getname()[0] or "emoji")[:80] if drawable else ""


def drawn(font: FreeTypeFont, cluster: str) -> Image.Image | None:
    """One emoji, cut to its ink; ``None`` where the font does not have it."""
    cell = _cell(font, cluster)
    box = cell.getbbox()
    if box is None or cell.tobytes() == _cell(font, _NOBODY).tobytes():
        return None
    return cell.crop(box)


def _cell(font: FreeTypeFont, cluster: str) -> Image.Image:
    from PIL import Image, ImageDraw

    side = int(font.size)
    cell = Image.new("RGBA", (side * 3, side * 2))
    ImageDraw.Draw(cell).text((side // 3, side // 3), cluster, font=font, embedded_color=True)
    return cell


def sized(source: str | bytes) -> FreeTypeFont:
    """A colour font, given as its path or its bytes, at the size that it has its pictures in. Raises ``OSError``."""
    from PIL import ImageFont

    for size in STRIKES:
        try:
            return ImageFont.truetype(io.BytesIO(source) if isinstance(source, bytes) else source, size)
        except OSError:  # "invalid pixel size": its bitmaps are of another
            continue
    raise OSError("a font without a size")

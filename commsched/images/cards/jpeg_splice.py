"""A JPEG assembled from strips: the strips that no text touches are encoded once with the base and reused.

JPEG can divide a picture into strips that do not depend on each other (ITU-T T.81, restart intervals): the coder starts
afresh after each. So a strip can be copied from one encoding of a picture into another one, as long as both were
divided and quantised alike. The result equals an encoding of the whole picture.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.images.cards.draw_ops import Area

if TYPE_CHECKING:
    from PIL import Image

QUALITY: Final = 88
WORTH: Final = 0.75
"""Share of the picture above which encoding all of it again costs no more."""
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_MARKS: Final = tuple(bytes((0xFF, 0xD0 + number)) for number in range(8))
_END: Final = b"\xff\xd9"


class Named(io.BytesIO):
    """A file in memory whose name says its format: for it Pillow loads that one encoder and not all it has."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Coded(msgspec.Struct, frozen=True):
    """A coded base: everything before its first stretch, and the stretches, each with the mark that ends it."""

    head: bytes
    stretches: list[bytes]
    size: tuple[int, int]
    block: int
    """Pixels of a block's side: 16 where colours are halved, else 8."""
    blocks: int
    """In one stretch."""

    @property
    def across(self) -> int:
        """Stretches in a row."""
        return -(-self.size[0] // self.block) // self.blocks

    def cells(self, touched: Area) -> Area:
        """``touched`` in whole stretches and rows of blocks."""
        wide = self.block * self.blocks
        width, height = self.size
        left, top = max(0, touched.left) // wide, max(0, touched.top) // self.block
        right, bottom = -(-min(width, touched.right) // wide), -(-min(height, touched.bottom) // self.block)
        return Area(left, top, max(left, right), max(top, bottom))

    def pixels(self, cells: Area) -> Area:
        """The part of the picture that ``cells`` are."""
        wide = self.block * self.blocks
        right, bottom = min(self.size[0], cells.right * wide), min(self.size[1], cells.bottom * self.block)
        return Area(cells.left * wide, cells.top * self.block, right, bottom)


def jpeg(image: Image.Image, full_colour: bool, blocks: int = 0) -> bytes:
    """``image`` as a baseline JPEG, cut into stretches of ``blocks`` where that is asked for."""
    out = Named("card.jpg")
    image.save(out, quality=QUALITY, subsampling=0 if full_colour else 2, restart_marker_blocks=blocks)
    return out.getvalue()


def whole(image: Image.Image, full_colour: bool) -> bytes:
    """``image`` as a JPEG, to the byte as if it were put together from a coded base."""
    return jpeg(image, full_colour, _stretch(-(-image.width // (8 if full_colour else 16))))


def coded(image: Image.Image, full_colour: bool) -> Coded:
    """The whole of ``image``, ready to have parts of it replaced."""
    block = 8 if full_colour else 16
    blocks = _stretch(-(-image.width // block))
    head, strips = _cut(jpeg(image, full_colour, blocks))
    last = len(strips) - 1
    marked = [part + _MARKS[number % 8] if number < last else part for number, part in enumerate(strips)]
    return Coded(head, marked, image.size, block, blocks)


def _stretch(across: int) -> int:
    """Blocks in a stretch: the divisor of a row that cuts it into ten parts or a little more."""
    return next((across // parts for parts in (*range(10, 21), *range(9, 1, -1)) if across % parts == 0), across)


def _cut(data: bytes) -> tuple[bytes, list[bytes]]:
    """A JPEG's head and its stretches, without their marks."""
    at = data.index(b"\xff\xda")  # the start of the scan; its own head says how long that is
    start = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:start], _RESTART.split(data[start : -len(_END)])


def replaced(base: Coded, parts: list[tuple[Area, Image.Image]]) -> bytes:
    """The JPEG of the base with each picture where its cells are."""
    stretches = base.stretches.copy()
    for cells, part in parts:
        _, new = _cut(jpeg(part, base.block == 8, base.blocks))
        width = cells.width
        for row in range(cells.height):
            start = (cells.top + row) * base.across + cells.left
            for step in range(width):
                stretches[start + step] = new[row * width + step] + _MARKS[(start + step) % 8]
    data = b"".join((base.head, *stretches))
    return (data[:-2] if data[-2:] in _MARKS else data) + _END  # nothing follows the last stretch

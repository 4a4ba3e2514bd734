"""Turns a base picture and the text on it into a file, drawing and encoding as little as possible again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from commsched.images.cards import jpeg_splice, paint
from commsched.images.cards.draw_ops import Area, Op, TextLine
from commsched.images.cards.jpeg_splice import Coded
from commsched.images.text import runs

if TYPE_CHECKING:
    from PIL import Image

COLOURFUL: Final = 100
"""Difference of an ink's strongest and weakest channel above which colours are kept in full (4:4:4): such words
fray when their colour is halved, while those in black and white do not, and take a third less time."""
_NEAR: Final = 1.3
"""How much more than two areas their common one may be and still be drawn as one."""
_SLACK: Final = 3
"""Pixels around a line's measured ink that its drawing may touch."""


def file(base: paint.Base, ops: list[Op], form: Literal["jpeg", "png"], emoji_font: str = "") -> bytes:
    """``base`` with ``ops`` on it, as a JPEG or a PNG.

    A base that comes again is kept in coded form, and of its JPEGs only what ``ops`` touch is drawn and coded.
    """
    full = colourful(ops)
    if form == "jpeg":
        spliced = _spliced(base, ops, full, emoji_font)
        if spliced is not None:
            return spliced
    image = base.image.copy()
    paint.apply(image, ops, emoji_font)
    return encoded(image, form, full)


def colourful(ops: list[Op]) -> bool:
    """Whether some words are in a colour."""
    return any(isinstance(op, TextLine) and max(op.ink) - min(op.ink) > COLOURFUL for op in ops)


def _spliced(base: paint.Base, ops: list[Op], full: bool, emoji_font: str) -> bytes | None:
    """``None`` the first time, and where coding all of it is as cheap."""
    if full not in base.coded:
        base.coded[full] = None
        return None
    coded = base.coded[full]
    if coded is None:
        coded = base.coded[full] = jpeg_splice.coded(base.image, full)
    parts = regions([coded.cells(touched(op)) for op in ops])
    if sum(cells.width * cells.height for cells in parts) > jpeg_splice.WORTH * len(coded.stretches):
        return None
    return jpeg_splice.replaced(coded, [(cells, _part(base, coded, cells, ops, emoji_font)) for cells in parts])


def _part(base: paint.Base, coded: Coded, cells: Area, ops: list[Op], emoji_font: str) -> Image.Image:
    """The pixels of ``cells``, with what stands there."""
    area = coded.pixels(cells)
    part = base.image.crop((area.left, area.top, area.right, area.bottom))
    paint.apply(part, [op for op in ops if area.meets(touched(op))], emoji_font, (area.left, area.top))
    return part


def touched(op: Op) -> Area:
    """Where an op may leave its colour, in pixels."""
    if not isinstance(op, TextLine):
        return op.area
    extent = runs.extent(op.text, op.face, op.tracking)
    return Area(
        math.floor(op.x + min(0.0, extent.left) * op.size) - _SLACK,
        math.floor(op.y - extent.top * op.size) - _SLACK,
        math.ceil(op.x + max(extent.width, extent.right) * op.size) + _SLACK,
        math.ceil(op.y + extent.bottom * op.size) + _SLACK,
    )


def regions(areas: list[Area]) -> list[Area]:
    """``areas`` as few that do not overlap: those that meet become one, and those that nearly do."""
    merged: list[Area] = []
    for area in areas:
        if area.width < 1 or area.height < 1:
            continue
        while (other := next((region for region in merged if _one(region, area)), None)) is not None:
            merged.remove(other)
            area = area.with_(other)
        merged.append(area)
    return merged


def _one(first: Area, second: Area) -> bool:
    whole, parts = first.with_(second), first.width * first.height + second.width * second.height
    return first.meets(second) or whole.width * whole.height <= _NEAR * parts


def encoded(image: Image.Image, form: str, full_colour: bool = True) -> bytes:
    """``image`` as a file: JPEG, the same as if it were put together; or PNG, by fpng where that is installed."""
    if form == "jpeg":
        return jpeg_splice.whole(image, full_colour)
    try:
        import fpng
    except ImportError:
        out = jpeg_splice.Named("card.png")
        image.save(out, compress_level=1)
        return out.getvalue()
    return bytes(fpng.from_bytes(image.tobytes(), image.width, image.height, 3))

"""Draws set lines: each glyph once, without hinting, then from a cache of masks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from commsched.images.intake import emoji
from commsched.images.text import fonts, runs
from commsched.images.text.cache import Bounded
from commsched.images.text.contrast import Colour
from commsched.images.text.fonts import Face

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageDraw import ImageDraw

Mask = tuple["Image.Image", int, int]
"""A picture (L: a mask, RGBA: an emoji) and where its upper left corner is from the pen, in pixels."""

_masks: Bounded[Mask] = Bounded(12 * 2**20, lambda mask: mask[0].width * mask[0].height * len(mask[0].mode) + 200)


def _finer(size: int) -> int:
    """How many times larger glyphs are drawn before they are averaged down: small ones need it most."""
    return 4 if size <= 72 else 2 if size <= 180 else 1


def _phases(size: int) -> int:
    """In how many places within a pixel a glyph may start."""
    return 4 if size < 40 else 2 if size < 80 else 1


def _drawn(face: Face, size: int, text: str, shift: float) -> Mask:
    """``text`` as a mask with its pen ``shift`` (0–1) of a pixel into the first one."""
    from PIL import Image, ImageDraw

    finer = _finer(size)
    font = fonts.opened(face, size * finer)
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    moved = round(shift * finer)
    x0 = math.floor((left + moved - 1) / finer)
    y0 = math.floor((top - 1) / finer)
    x1 = math.ceil((right + moved + 1) / finer)
    y1 = math.ceil((bottom + 1) / finer)
    cell = Image.new("L", (max(1, x1 - x0) * finer, max(1, y1 - y0) * finer))
    ImageDraw.Draw(cell).text((moved - x0 * finer, -y0 * finer), text, fill=255, font=font, anchor="ls")
    if finer > 1:
        cell = cell.reduce(finer)
    box = cell.getbbox() or (0, 0, 1, 1)
    return cell.crop(box), x0 + box[0], y0 + box[1]


def _emoji(cluster: str, size: int, path: str) -> Mask:
    """A colour emoji at ``size`` pixels per em; a flat one where the font lacks it."""
    try:
        cell = emoji.drawn(fonts.coloured(path), cluster)
    except OSError:  # the file is gone or is not what it was
        cell = None
    if cell is None:
        return _flat_emoji(cluster, size)
    side = max(1, math.floor(size * runs.EMOJI_BOX))
    scale = side / max(cell.size)
    cell = cell.resize((max(1, round(cell.width * scale)), max(1, round(cell.height * scale))), 1)
    return cell, round(size * 0.03), round(size * runs.EMOJI_BELOW) - (side + cell.height) // 2


def _flat_emoji(cluster: str, size: int) -> Mask:
    """An emoji in the text's own colour, for where there is no colour font."""
    face = Face(fonts.EMOJI, 600) if fonts.covers(Face(fonts.EMOJI, 600), cluster[0]) else Face(fonts.FALLBACK, 600)
    mask, x, _ = _drawn(face, max(1, round(size * 0.9)), cluster, 0.0)
    side = max(1, math.floor(size * runs.EMOJI_BOX))
    if max(mask.size) > side:
        scale = side / max(mask.size)
        mask = mask.resize((max(1, int(mask.width * scale)), max(1, int(mask.height * scale))))
    bottom = round(size * runs.EMOJI_BELOW)
    return mask, max(0, min(x, side - mask.width)), bottom - (side + mask.height) // 2


def line(
    draw: ImageDraw,
    at: tuple[float, int],
    text: str,
    face: Face,
    size: int,
    ink: Colour,
    tracking: float = 0.0,
    emoji_font: str = "",
) -> None:
    """Set ``text`` with its pen at ``at`` (the baseline), in pixels."""
    x, y = at
    for run in runs.visual(text, face):
        width = runs.extent(run.text, run.face, tracking).width
        if run.kind == "plain":
            _plain(draw, (x, y), run, size, ink, tracking)
        elif run.kind == "emoji":
            _picture(draw, (x, y), run.text, size, ink, emoji_font)
            width = runs.EMOJI_BOX + 0.06
        else:
            key = (run.face, size, run.text, 0)
            mask = _masks.get(key, lambda run=run: _drawn(run.face, size, run.text, 0.0))  # type: ignore[misc]
            _lay(draw, (round(x) + mask[1], y + mask[2]), mask[0], _ink(draw, ink))
        x += width * size


def _ink(draw: ImageDraw, colour: Colour) -> int:
    return int(draw.draw.draw_ink(colour))


def _lay(draw: ImageDraw, at: tuple[int, int], mask: Image.Image, ink: int) -> None:
    """``ImageDraw.bitmap`` without its checks, which cost as much as the drawing of a small glyph."""
    draw.draw.draw_bitmap(at, mask.im, ink)


def _plain(draw: ImageDraw, at: tuple[float, int], run: runs.Run, size: int, ink: Colour, tracking: float) -> None:
    phases = _phases(size)
    face, colour = run.face, _ink(draw, ink)
    for char, start in zip(run.text, runs.places(run.text, face, tracking), strict=False):
        if char in " \u00a0\u202f":
            continue
        steps = math.floor((at[0] + start * size) * phases + 0.5)
        whole, phase = divmod(steps, phases)
        mask = _masks.get(
            (face, size, char, phase),
            lambda char=char, phase=phase: _drawn(face, size, char, phase / phases),  # type: ignore[misc]
        )
        _lay(draw, (whole + mask[1], at[1] + mask[2]), mask[0], colour)


def _picture(draw: ImageDraw, at: tuple[float, int], cluster: str, size: int, ink: Colour, uploaded: str) -> None:
    path = fonts.colour_emoji(uploaded)
    make = (lambda: _emoji(cluster, size, path)) if path else (lambda: _flat_emoji(cluster, size))
    mask, x, y = _masks.get((path or "flat", size, cluster), make)
    place = (round(at[0]) + x, at[1] + y)
    if mask.mode == "L":
        draw.bitmap(place, mask, fill=ink)
    else:
        draw._image.paste(mask, place, mask)


def forget() -> None:
    """Drop every mask."""
    _masks.clear()

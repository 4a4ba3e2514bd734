"""The program's mark as a PNG, for the home screen of a telephone: ``static/mark.svg`` drawn at any size."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

GROUND: Final = "#0c5c6b"
INK: Final = "#ffffff"
_UNITS: Final = 32
"""The mark's own units on each side."""
_FINER: Final = 4
"""It is drawn so much larger, then made smaller, which smooths its edges."""
_SAFE: Final = 0.72
"""How much of a maskable icon the mark fills: a telephone may cut the rest away."""


@lru_cache(maxsize=8)
def app_icon(side: int, maskable: bool = False) -> bytes:
    """A square PNG, ``side`` pixels. ``maskable``: its ground reaches the edges, for devices that cut a shape of it."""
    from PIL import Image, ImageDraw

    whole = side * _FINER
    scale = whole / _UNITS * (_SAFE if maskable else 1)
    shift = (whole - scale * _UNITS) / 2
    canvas = Image.new("RGBA", (whole, whole), GROUND if maskable else (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)

    def at(*numbers: float) -> list[float]:
        return [number * scale + shift for number in numbers]

    if not maskable:
        draw.rounded_rectangle((0, 0, whole - 1, whole - 1), radius=9 * scale, fill=GROUND)
    for y, end in ((11, 24), (16, 18), (21, 14)):
        draw.line(at(8, y, end, y), fill=INK, width=round(2.4 * scale))
    draw.ellipse(at(17.4, 15.4, 27.6, 25.6), fill=GROUND, outline=INK, width=round(2.2 * scale))
    draw.line(at(22.5, 18.8, 22.5, 20.7), fill=INK, width=round(1.5 * scale))
    draw.line(at(22.5, 20.7, 23.9, 21.6), fill=INK, width=round(1.5 * scale))
    out = io.BytesIO()
    canvas.resize((side, side), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()

"""Simple drawn pictures for trying things: a few shapes in quiet colours, made here, so that nobody else owns them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageDraw import ImageDraw

SIZE: Final = (1200, 800)
"""Pixels."""

_SKIES: Final = {
    "bus": ("#dcecf5", "#fdf6e3"),
    "care": ("#e7f0ea", "#fbf7ee"),
    "train": ("#f7d9c4", "#fdf1e0"),
    "hall": ("#e9e4f0", "#f7f4fa"),
    "river": ("#f3b27a", "#fbe6c6"),
    "books": ("#efe6d8", "#faf6ee"),
}


def sketch(motif: str) -> bytes:
    """A JPEG of ``motif``, one of :data:`MOTIFS`. The same bytes every time. Raises ``KeyError`` for another."""
    from PIL import ImageDraw

    draw_motif = _MOTIFS[motif]
    image = _sky(*_SKIES[motif])
    draw_motif(ImageDraw.Draw(image))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _sky(top: str, bottom: str) -> Image.Image:
    """A soft fall from ``top`` to ``bottom``."""
    from PIL import Image

    ramp = Image.linear_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, bottom), Image.new("RGB", SIZE, top), ramp)


def _hill(draw: ImageDraw, colour: str, height: int, swing: int, shift: float) -> None:
    width, floor = SIZE
    line = [(x, height + swing * math.sin(x / 190 + shift) + swing / 2 * math.sin(x / 83)) for x in range(0, width, 8)]
    draw.polygon([(0, floor), *line, (width, line[-1][1]), (width, floor)], fill=colour)


def _tree(draw: ImageDraw, x: int, foot: int, tall: int, colour: str) -> None:
    draw.rectangle((x - 5, foot - tall // 3, x + 5, foot), fill="#6b5a4a")
    for step in range(3):
        top = foot - tall + step * tall // 5
        wide = tall // 6 + step * tall // 16
        draw.polygon([(x, top), (x - wide, top + tall // 3), (x + wide, top + tall // 3)], fill=colour)


def _wheels(draw: ImageDraw, y: int, *places: int) -> None:
    for x in places:
        draw.ellipse((x - 44, y - 44, x + 44, y + 44), fill="#2f3a44")
        draw.ellipse((x - 18, y - 18, x + 18, y + 18), fill="#c9d2d8")


def _bus(draw: ImageDraw) -> None:
    draw.ellipse((930, 70, 1070, 210), fill="#f6cf65")
    _hill(draw, "#a9c9a4", 470, 40, 0.4)
    _hill(draw, "#83b08a", 540, 28, 2.2)
    draw.rectangle((0, 650, 1200, 800), fill="#5d6870")
    for x in range(40, 1200, 180):
        draw.rectangle((x, 718, x + 90, 730), fill="#e8e3d3")
    draw.rounded_rectangle((220, 360, 900, 670), 36, fill="#2f6f9f")
    draw.rectangle((220, 560, 900, 590), fill="#f4efe2")
    for x in range(260, 760, 132):
        draw.rounded_rectangle((x, 400, x + 112, 520), 12, fill="#d7e8f2")
    draw.rounded_rectangle((808, 400, 880, 640), 12, fill="#d7e8f2")
    _wheels(draw, 670, 350, 740)
    draw.rectangle((1010, 350, 1024, 680), fill="#4a545c")
    draw.rounded_rectangle((965, 290, 1070, 390), 14, fill="#c8443f")


def _care(draw: ImageDraw) -> None:
    _hill(draw, "#b9d3b4", 560, 30, 1.1)
    draw.rectangle((0, 660, 1200, 800), fill="#93bb90")
    draw.rectangle((270, 330, 930, 680), fill="#fbf8f1")
    draw.polygon([(230, 340), (600, 190), (970, 340)], fill="#b65a4b")
    for x in (320, 450, 690, 820):
        draw.rounded_rectangle((x, 420, x + 80, 520), 6, fill="#a8cbe0")
    draw.rectangle((550, 500, 650, 680), fill="#4d7c8a")
    draw.ellipse((550, 240, 600, 290), fill="#fbf8f1")
    draw.ellipse((600, 240, 650, 290), fill="#fbf8f1")
    draw.polygon([(553, 275), (647, 275), (600, 330)], fill="#fbf8f1")
    for x in (130, 1070):
        draw.rectangle((x - 9, 430, x + 9, 700), fill="#f2efe8")
        for y in range(450, 690, 46):
            draw.rectangle((x - 9, y, x + 2, y + 8), fill="#4b4b4b")
        draw.ellipse((x - 95, 260, x + 95, 500), fill="#8fbf7f")


def _train(draw: ImageDraw) -> None:
    draw.ellipse((140, 180, 340, 380), fill="#f4a259")
    _hill(draw, "#c9b6a6", 470, 46, 0.2)
    _hill(draw, "#9aa58c", 540, 30, 1.8)
    draw.rectangle((0, 690, 1200, 800), fill="#87aeb8")
    draw.rectangle((0, 560, 1200, 590), fill="#5b5550")
    for x in range(60, 1240, 220):
        draw.arc((x, 590, x + 200, 840), 180, 360, fill="#5b5550", width=18)
    draw.polygon([(180, 550), (180, 420), (960, 420), (1060, 480), (1080, 550)], fill="#f7f3ea")
    draw.polygon([(180, 550), (180, 510), (1070, 510), (1080, 550)], fill="#7b3f61")
    for x in range(220, 900, 96):
        draw.rounded_rectangle((x, 440, x + 74, 492), 8, fill="#40566b")
    draw.polygon([(925, 440), (955, 440), (1020, 486), (925, 492)], fill="#40566b")


def _hall(draw: ImageDraw) -> None:
    draw.rectangle((0, 600, 1200, 800), fill="#8a6f5a")
    for row, y in enumerate((430, 500, 570)):
        for x in range(40 + row * 30, 470, 96):
            draw.rounded_rectangle((x, y, x + 70, y + 56), 12, fill="#6d7fa8")
            draw.rectangle((x + 10, y + 56, x + 60, y + 84), fill="#4c5a7d")
    draw.polygon([(720, 430), (1010, 430), (970, 760), (760, 760)], fill="#a5784f")
    draw.rectangle((700, 400, 1030, 440), fill="#7c5636")
    draw.ellipse((815, 520, 915, 620), fill="#e8d9a8")
    for lean, head in ((-50, 800), (50, 930)):
        draw.line((865, 400, head, 300), fill="#39424a", width=8)
        draw.ellipse((head - 24 + lean // 5, 262, head + 24 + lean // 5, 316), fill="#39424a")
    draw.rectangle((80, 90, 470, 330), fill="#dcd5ea")
    for x in (140, 220, 300, 380):
        draw.rectangle((x, 300 - (x % 170), x + 44, 310), fill="#7a68a6")


def _river(draw: ImageDraw) -> None:
    draw.ellipse((730, 190, 900, 360), fill="#fff1c9")
    _hill(draw, "#b98372", 380, 60, 0.0)
    _hill(draw, "#8d6f73", 450, 44, 1.5)
    _hill(draw, "#5f6b63", 520, 30, 2.6)
    bends = [
        (560, 520),
        (640, 560),
        (520, 620),
        (700, 700),
        (560, 800),
        (1120, 800),
        (930, 700),
        (690, 620),
        (720, 560),
    ]
    draw.polygon([*bends, (600, 520)], fill="#a9cfdc")
    for x, foot, tall in ((90, 720, 260), (190, 760, 320), (300, 690, 200), (1010, 650, 190), (1110, 700, 270)):
        _tree(draw, x, foot, tall, "#37493f")


def _books(draw: ImageDraw) -> None:
    shades = ("#c8553d", "#2f6f9f", "#588157", "#e0a458", "#7b5ea7", "#3d5a80", "#b56576", "#6c8f8c")
    draw.rectangle((90, 90, 1110, 740), fill="#9b7653")
    for shelf in range(3):
        top = 120 + shelf * 205
        draw.rectangle((115, top, 1085, top + 180), fill="#6f523a")
        x, number = 130, shelf * 3
        while x < (820 if shelf == 1 else 1040):
            wide, tall = 34 + (number * 17) % 26, 130 + (number * 29) % 44
            draw.rectangle((x, top + 180 - tall, x + wide, top + 180), fill=shades[number % len(shades)])
            draw.rectangle((x + 6, top + 200 - tall, x + wide - 6, top + 208 - tall), fill="#f5ecd9")
            x, number = x + wide + 5, number + 1
    draw.polygon([(900, 400), (1040, 400), (1010, 345), (930, 345)], fill="#f2c14e")
    draw.rectangle((964, 400, 976, 495), fill="#39424a")
    draw.rectangle((920, 490, 1020, 505), fill="#39424a")


_MOTIFS: Final[dict[str, Callable[[ImageDraw], None]]] = {
    "bus": _bus,
    "care": _care,
    "train": _train,
    "hall": _hall,
    "river": _river,
    "books": _books,
}
MOTIFS: Final = tuple(_MOTIFS)
"""What can be drawn."""

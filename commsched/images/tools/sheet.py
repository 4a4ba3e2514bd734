"""Contact sheets: every design × size × length of text × brand on one page, for a designer's eye.

``python -m commsched.images.tools.sheet OUT.png [--design NAME] [--portrait PHOTO] [--scale 0.3]``
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from commsched.images.cards import card, designs
from commsched.images.cards.brand import Brand
from commsched.images.cards.values import Photo, Value

if TYPE_CHECKING:
    from PIL import Image

LIGHT = Brand(name="Inlandspartiet", primary="#14532d", accent="#f2b705", light="#faf7f0", dark="#14211b")
DARK = Brand(
    name="Norrlandslistan",
    primary="#2b2f77",
    accent="#ff8a5c",
    light="#f4f3fb",
    dark="#15162b",
    is_dark=True,
    heading="Source Sans 3",
    body="Source Sans 3",
)
BRANDS = {"light": LIGHT, "dark": DARK}


def portrait(size: tuple[int, int] = (900, 1100)) -> Photo:
    """A person who does not exist: a drawn head and shoulders before a window, for trying designs."""
    from PIL import Image, ImageDraw, ImageFilter

    width, height = size
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image = Image.blend(image, Image.new("RGB", size, (150, 170, 186)), 0.62)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width * 0.06, 0, width * 0.4, height * 0.5), fill=(214, 224, 228))
    image = image.filter(ImageFilter.GaussianBlur(width / 40))
    draw = ImageDraw.Draw(image)
    middle = width / 2
    draw.ellipse((middle - width * 0.44, height * 0.66, middle + width * 0.44, height * 1.5), fill=(52, 66, 92))
    draw.rounded_rectangle((middle - 90, height * 0.5, middle + 90, height * 0.74), 80, fill=(205, 150, 122))
    draw.ellipse((middle - 205, height * 0.13, middle + 205, height * 0.58), fill=(74, 52, 40))
    draw.ellipse((middle - 165, height * 0.2, middle + 165, height * 0.62), fill=(224, 172, 142))
    image = image.filter(ImageFilter.GaussianBlur(2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return Photo(out.getvalue(), (0.5, 0.4), "en person framför ett fönster")


def cases(names: list[str], photo: Photo) -> Iterator[tuple[str, tuple[int, int], dict[str, Value], Brand, int]]:
    """Each card of a sheet: design, size, values, brand, page."""
    for name in names:
        design = designs.get(name)
        for brand in BRANDS.values():
            for length in ("short", "normal", "long"):
                values: dict[str, Value] = dict(design.examples[length])
                if length == "normal" and design.pictures():
                    values[design.pictures()[0]] = photo
                for size in designs.SIZES:
                    yield name, size, values, brand, 1 if name == "carousel" and length == "long" else 0


def sheet(names: list[str], photo: Photo, scale: float) -> Image.Image:
    """All cards of ``names`` in rows of five, one row for each brand and length."""
    from PIL import Image

    gap = 16
    sizes = [(round(width * scale), round(height * scale)) for width, height in designs.SIZES]
    row = max(height for _, height in sizes) + gap
    rows = len(names) * len(BRANDS) * 3
    page = Image.new("RGB", (sum(width + gap for width, _ in sizes) + gap, rows * row + gap), (128, 128, 132))
    for number, (name, size, values, brand, which) in enumerate(cases(names, photo)):
        drawn = card.draw(name, size, values, brand, format="png", page=which)
        place = number % len(sizes)
        left = gap + sum(width + gap for width, _ in sizes[:place])
        with Image.open(io.BytesIO(drawn.data)) as image:
            page.paste(image.resize(sizes[place], Image.Resampling.LANCZOS), (left, gap + number // len(sizes) * row))
    return page


def main(arguments: list[str] | None = None) -> None:
    """Write the sheet and say what was cut in it."""
    parser = argparse.ArgumentParser(prog="python -m commsched.images.tools.sheet", description=__doc__)
    parser.add_argument("out", type=Path, help="the PNG file to write")
    parser.add_argument("--design", action="append", help="only this design (may be repeated)")
    parser.add_argument("--portrait", type=Path, help="a photo to use instead of the drawn one")
    parser.add_argument("--scale", type=float, default=0.3)
    chosen = parser.parse_args(arguments)
    names = chosen.design or list(designs.load())
    photo = Photo(chosen.portrait.read_bytes(), alt="porträtt") if chosen.portrait else portrait()
    sheet(names, photo, chosen.scale).save(chosen.out)
    for name, size, values, brand, page in cases(names, photo):
        for problem in card.layout(name, size, values, brand, page=page).drawing.problems:
            sys.stdout.write(f"{name} {size[0]}x{size[1]} {brand.name}: {problem.words}\n")


if __name__ == "__main__":
    main()

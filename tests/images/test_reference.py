"""Reference pictures: a design that changes its looks is noticed. ``python -m tests.images.test_reference`` renews.

Small copies are compared, smoothed, so that another FreeType or JPEG library does not matter and a moved,
missing or recoloured element does.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from commsched.images.cards import card, designs
from commsched.images.cards.values import Value
from commsched.images.tools import sheet

FOLDER = Path(__file__).parent / "reference"
WIDTH = 200
SIZES = ((1200, 630), (1080, 1350))
TOLERANCE = 1.6
"""Mean difference of a channel, of 255."""
WORST = 60
"""Largest difference anywhere, after smoothing."""


def small(name: str, size: tuple[int, int], brand: str) -> Image.Image:
    design = designs.get(name)
    given: dict[str, Value] = dict(design.examples["normal"])
    if design.pictures():
        given[design.pictures()[0]] = sheet.portrait()
    drawn = card.draw(name, size, given, sheet.BRANDS[brand], format="png")
    with Image.open(io.BytesIO(drawn.data)) as image:
        return image.resize((WIDTH, WIDTH * size[1] // size[0]), Image.Resampling.BOX)


def place(name: str, size: tuple[int, int], brand: str) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}-{brand}.webp"


def differences(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    soft = ImageFilter.GaussianBlur(1.5)
    apart = ImageChops.difference(one.convert("RGB").filter(soft), other.convert("RGB").filter(soft))
    return max(ImageStat.Stat(apart).mean), max(high for _, high in apart.getextrema())  # type: ignore[misc]


CASES = [(name, size, brand) for name in designs.load() for size in SIZES for brand in sheet.BRANDS]


@pytest.mark.parametrize(("name", "size", "brand"), CASES)
def test_a_design_looks_as_it_did_when_it_was_last_looked_at(name: str, size: tuple[int, int], brand: str) -> None:
    with Image.open(place(name, size, brand)) as reference:
        mean, worst = differences(small(name, size, brand), reference)
    assert mean < TOLERANCE, "look at it, and renew the reference if it is right"
    assert worst < WORST


def test_the_tolerance_notices_a_missing_line_and_another_colour() -> None:
    plain = small("headline", (1200, 630), "light")
    blank = plain.copy()
    blank.paste(blank.getpixel((2, 2)), (0, 70, 110, 90))
    assert differences(plain, blank)[1] >= WORST or differences(plain, blank)[0] >= TOLERANCE
    assert differences(plain, small("headline", (1200, 630), "dark"))[0] >= TOLERANCE


def test_there_is_a_reference_for_every_design_and_none_too_many() -> None:
    assert {file.name for file in FOLDER.glob("*.webp")} == {place(*case).name for case in CASES}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        small(*case).save(place(*case), "WEBP", lossless=True, method=6)

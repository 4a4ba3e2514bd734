"""Where a picture's focus, most often a face, comes to lie in a card."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from commsched.images.cards import card, designs, paint, values
from commsched.images.cards.draw_ops import TextLine
from commsched.images.cards.values import Photo, Value
from commsched.images.tools import sheet
from tests.images import files

NAMES = [name for name, design in designs.load().items() if design.pictures()]


@lru_cache
def laid(name: str, size: tuple[int, int]) -> card.Layout:
    """A card with a picture and with its longest texts."""
    design = designs.get(name)
    said: dict[str, Value] = {**design.examples["long"], design.pictures()[0]: sheet.portrait()}
    return card.layout(name, size, said, sheet.LIGHT)


def test_a_portrait_is_cropped_around_its_focus() -> None:
    image = Image.new("RGB", (1000, 400), "blue")
    image.paste((255, 0, 0), (760, 150, 860, 250))
    data = files.save(image, "PNG")
    near = paint.cropped(Photo(data, (0.81, 0.5)), (200, 200))
    far = paint.cropped(Photo(data, (0.1, 0.5)), (200, 200))
    assert near.getpixel((100, 100)) == (255, 0, 0)
    assert far.getpixel((100, 100)) == (0, 0, 255)


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(900, 1600), st.floats(1.9, 2.4), st.floats(0.38, 0.55))
@settings(max_examples=15, deadline=None)
def test_the_focus_of_a_picture_with_room_comes_to_lie_where_no_text_covers_it(
    name: str, width: int, shape: float, focus: float
) -> None:
    whole = (width, round(width * shape))
    for size in designs.SIZES:
        plan = laid(name, size)
        for layer in plan.layers:
            if layer.kind != "photo":
                continue
            area = paint.framed(layer, plan.areas[layer.area])
            at = paint.aim(layer, area, plan.areas)
            left, top, right, _ = paint.window(whole, (0.5, focus), (area.width, area.height), at)
            scale = area.width / (right - left)
            x, y = area.left + (width / 2 - left) * scale, area.top + (focus * whole[1] - top) * scale
            assert area.left <= x <= area.right
            assert area.top <= y <= area.bottom
            beside = [op for op in plan.drawing.ops if isinstance(op, TextLine) and area.left <= op.x <= x]
            assert not any(op.y - op.size <= y <= op.y + op.size / 3 for op in beside)
            assert layer.scrim not in plan.areas or y < plan.areas[layer.scrim].top


def test_a_focus_at_the_edge_leaves_no_gap() -> None:
    image = Image.new("RGB", (300, 900), "white")
    for focus in ((0.0, 0.0), (1.0, 1.0), (0.5, 5.0), (-3.0, 0.5)):
        crop = paint.cropped(Photo(files.save(image, "PNG"), focus), (250, 250))
        assert crop.getextrema() == ((255, 255), (255, 255), (255, 255))


def test_bare_bytes_get_a_proposed_focus() -> None:
    filled = values.fill(designs.get("headline"), {"headline": "Ja", "photo": files.jpeg((400, 300))}, "sv")
    assert 0.1 <= filled.photos["photo"].focus[0] <= 0.9

"""A card of which only the text was coded anew is, to the byte, the card coded whole."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from commsched.images.cards import card, designs, encode, jpeg_splice, paint
from commsched.images.cards.draw_ops import Area
from commsched.images.tools import sheet
from tests.images.cards.test_card import BRANDS, NAMES, example, noisy

GROUND = Image.effect_noise((480, 480), 90).convert("RGB")


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_put_together_is_what_is_coded_whole(name: str) -> None:
    photo = noisy()
    for size in designs.SIZES:
        for brand in BRANDS:
            given_values = example(name, "normal", photo)
            paint.forget()
            first = card.draw(name, size, given_values, brand)
            card.draw(name, size, example(name, "short", photo), brand)
            again = card.draw(name, size, given_values, brand)
            assert again.data == first.data, f"{name} {size}"


@settings(max_examples=60, deadline=None)
@given(st.integers(240, 480), st.integers(240, 480), st.booleans(), st.data())
def test_any_part_of_any_size_can_be_replaced(width: int, height: int, full: bool, data: st.DataObject) -> None:
    image = GROUND.crop((0, 0, width, height))
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    base = jpeg_splice.coded(image, full)
    cells = base.cells(Area(left, top, right, bottom))
    area = base.pixels(cells)
    changed = image.copy()
    changed.paste((200, 30, 60), (left, top, right, bottom))
    part = changed.crop((area.left, area.top, area.right, area.bottom))
    assert jpeg_splice.replaced(base, [(cells, part)]) == jpeg_splice.whole(changed, full)
    plain = opened(jpeg_splice.jpeg(changed, full))
    assert ImageChops.difference(opened(jpeg_splice.whole(changed, full)), plain).getbbox() is None


def test_a_change_of_text_leaves_the_rest_of_the_coding_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    paint.forget()
    photo = noisy()
    for number in range(2):
        card.draw("headline", (1200, 630), {"headline": f"Fler turer {number}", "photo": photo}, sheet.LIGHT)
    coded: list[int] = []
    usual = jpeg_splice.jpeg
    monkeypatch.setattr(
        jpeg_splice, "jpeg", lambda image, *rest: (coded.append(image.width * image.height), usual(image, *rest))[1]
    )
    card.draw("headline", (1200, 630), {"headline": "Fler turer 3", "photo": photo}, sheet.LIGHT)
    assert 0 < sum(coded) < 0.6 * 1200 * 630


areas = st.builds(
    lambda x, y, w, h: Area(x, y, x + w, y + h),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 20),
    st.integers(0, 20),
)


@given(st.lists(areas, max_size=12))
def test_regions_hold_everything_and_never_overlap(given_areas: list[Area]) -> None:
    found = encode.regions(given_areas)
    for area in given_areas:
        assert area.width < 1 or area.height < 1 or any(region.holds(area) for region in found)
    assert not any(one.meets(other) for one in found for other in found if one is not other)

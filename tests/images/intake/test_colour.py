"""Colours and contrast: whatever an office chooses, its words can be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.images.cards.brand import Brand
from commsched.images.text import contrast

COLOURS = st.tuples(*[st.integers(0, 255)] * 3).map(contrast.hexed)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("#000", "#fff", 21.0), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59), ("#fff", "#fff", 1.0)],
)
def test_contrast_is_what_wcag_says(first: str, second: str, expected: float) -> None:
    assert contrast.ratio(contrast.colour(first), contrast.colour(second)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("bad", ["", "red", "#12345", "#gggggg", "#1234567", "javascript:"])
def test_what_is_no_colour_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        contrast.colour(bad)


@given(COLOURS, COLOURS, COLOURS, COLOURS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_text_can_be_read_in_any_brand(primary: str, accent: str, light: str, dark: str, is_dark: bool) -> None:
    brand = Brand(primary=primary, accent=accent, light=light, dark=dark, is_dark=is_dark)
    for ground, surface in brand.grounds.items():
        for role in ("ink", "muted", "strong"):
            assert contrast.ratio(brand.on(ground, role), surface) >= 4.5


@given(COLOURS, COLOURS)
@settings(max_examples=200, deadline=None)
def test_text_can_be_read_on_the_motif_too(primary: str, accent: str) -> None:
    brand = Brand(primary=primary, accent=accent)
    tone = brand.tone("primary")
    if tone is not None:
        for role in ("ink", "muted", "strong"):
            assert contrast.ratio(brand.on("primary", role), tone) >= 4.5


def test_the_offices_own_colour_is_used_where_it_can_be_read() -> None:
    brand = Brand(primary="#14532d", accent="#f2b705")
    assert contrast.hexed(brand.on("ground", "strong")) == "#14532d"
    assert contrast.hexed(brand.on("primary", "strong")) == "#f2b705"


def test_a_changed_kit_is_another_kit() -> None:
    assert Brand(accent="#ff0000").key != Brand(accent="#ff0001").key
    assert Brand(logo=b"a").key != Brand(logo=b"b").key

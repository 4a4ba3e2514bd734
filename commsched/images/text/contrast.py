"""Colours as numbers: luminance and contrast after WCAG 2.2, and the choice of a readable pair."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

Colour = tuple[int, int, int]
"""sRGB, 0–255 each."""

READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3 (AA). Held for text of every size, so that no size has to be argued."""
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\Z")


def colour(text: str) -> Colour:
    """``#1a2b3c`` or ``#abc`` as a colour. Raises ``ValueError`` for anything else."""
    match = _HEX.match(text.strip())
    if not match:
        raise ValueError(f"not a colour: {text[:20]}")
    digits = match.group(1)
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def hexed(value: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*value)


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


@lru_cache(512)
def luminance(value: Colour) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    return 0.2126 * _linear(value[0]) + 0.7152 * _linear(value[1]) + 0.0722 * _linear(value[2])


def ratio(first: Colour, second: Colour) -> float:
    """Contrast, 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``first`` with ``share`` (0–1) of ``second`` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def best(ground: Colour, candidates: Iterable[Colour], needed: float = READABLE) -> Colour:
    """The first of ``candidates`` that can be read on ``ground``, else black or white: one always can."""
    for candidate in candidates:
        if ratio(ground, candidate) >= needed:
            return candidate
    return max((WHITE, BLACK), key=lambda value: ratio(ground, value))


def softened(text: Colour, ground: Colour, share: float, needed: float = READABLE) -> Colour:
    """``text`` moved towards ``ground`` by up to ``share``, as far as it stays readable."""
    for step in range(10, 0, -1):
        soft = mix(text, ground, share * step / 10)
        if ratio(soft, ground) >= needed:
            return soft
    return text


def readable(wanted: Colour, grounds: Sequence[Colour], towards: Colour) -> Colour:
    """``wanted``, moved as little as possible ``towards`` an end, so that it can be read on all of ``grounds``."""
    for step in range(101):
        moved = mix(wanted, towards, step / 100)
        if all(ratio(moved, ground) >= READABLE for ground in grounds):
            return moved
    return towards

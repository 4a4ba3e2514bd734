"""What a picture looks like, without knowing what it shows: its fingerprint, and where its subject is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_GRID = 24
_TOP = 0.4
"""Where eyes are in a portrait, as a share of its height: the guess when nothing better is known."""


def dhash(image: Image.Image) -> str:
    """A 64-bit difference hash in hex: near pictures have near hashes, whatever their size or quality."""
    grey = image.convert("L").resize((9, 8), resample=4)  # 4: Resampling.BOX, without importing Pillow here
    values = list(grey.tobytes())
    bits = 0
    for row in range(8):
        for column in range(8):
            left, right = values[row * 9 + column], values[row * 9 + column + 1]
            bits = bits << 1 | (left > right)
    return f"{bits:016x}"


def distance(first: str, second: str) -> int:
    """Bits that differ between two :func:`dhash` values; up to about 6 is the same picture."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def focus(image: Image.Image) -> tuple[float, float]:
    """Where a crop should be centred, as shares of width and height: a proposal for a person to move.

    Skin tones count most, then colour and detail against the surroundings; the upper half is favoured,
    because faces are there. Deterministic, a millisecond, and wrong sometimes: hence "proposal".
    """
    small = image.convert("RGB").resize((_GRID, _GRID), resample=4)
    ycc = small.convert("YCbCr").tobytes()
    total = x_sum = y_sum = 0.0
    for row in range(_GRID):
        for column in range(_GRID):
            weight = _weight(ycc, row, column)
            total += weight
            x_sum += weight * (column + 0.5)
            y_sum += weight * (row + 0.5)
    if total < 1e-9:
        return 0.5, _TOP
    return round(_within(x_sum / total / _GRID), 3), round(_within(y_sum / total / _GRID), 3)


def _weight(ycc: bytes, row: int, column: int) -> float:
    place = (row * _GRID + column) * 3
    light, blue, red = ycc[place : place + 3]
    skin = 80 <= blue <= 127 and 135 <= red <= 172 and light > 50
    before = ycc[place - 3] if column else light
    above = ycc[place - 3 * _GRID] if row else light
    detail = (abs(light - before) + abs(light - above)) / 255
    height = 1.2 - row / _GRID
    return (detail + (2.5 if skin else 0.0)) ** 2 * height


def _within(share: float) -> float:
    return min(0.9, max(0.1, share))

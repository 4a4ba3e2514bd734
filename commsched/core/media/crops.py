"""The shapes that channels show pictures in, and which part of a picture a shape keeps.

Widths and heights are whole pixels; a centre is a share of the picture's width and of its height.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_

Crop = Literal["", "1:1", "4:5", "1.91:1", "16:9", "9:16"]
"""How a channel shows pictures; empty is the whole picture, as it is."""
RATIOS: Final[dict[str, tuple[int, int]]] = {
    "1:1": (1, 1),
    "4:5": (4, 5),
    "1.91:1": (191, 100),
    "16:9": (16, 9),
    "9:16": (9, 16),
}
"""Width to height, by what people call it."""
NAMES: Final[dict[str, str]] = {
    "": N_("The whole picture"),
    "1:1": N_("Square, 1:1"),
    "4:5": N_("Upright, 4:5"),
    "1.91:1": N_("Landscape, 1.91:1"),
    "16:9": N_("Wide, 16:9"),
    "9:16": N_("Tall, 9:16"),
}
assert set(get_args(Crop)) == set(NAMES) == {"", *RATIOS}

Centre = tuple[float, float]


def shape_of(size: tuple[int, int]) -> Crop:
    """The shape that a picture of ``size`` has, to a hundredth; empty where it has none of them."""
    names: tuple[Crop, ...] = get_args(Crop)
    for name in names:
        if name and abs(size[0] * RATIOS[name][1] / (size[1] * RATIOS[name][0]) - 1) < 0.01:
            return name
    return ""


def frame(size: tuple[int, int], ratio: tuple[int, int], centre: Centre) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the largest ``ratio`` within ``size``, its middle as near ``centre`` as may be."""
    scale = min(size[0] / ratio[0], size[1] / ratio[1])
    width, height = max(1, round(ratio[0] * scale)), max(1, round(ratio[1] * scale))
    left = min(max(round(centre[0] * size[0] - width / 2), 0), size[0] - width)
    top = min(max(round(centre[1] * size[1] - height / 2), 0), size[1] - height)
    return left, top, left + width, top + height


def centre_of(facts: JsonObject, crop: str) -> Centre:
    """Where a picture's ``crop`` is centred: where a person has put it, else at the picture's focus."""
    x, y = facts.get("crops", {}).get(crop) or facts.get("focus") or (0.5, 0.4)
    return float(x), float(y)


def position(size: tuple[int, int], crop: str, centre: Centre) -> float:
    """Where the frame lies along the way it can be moved: 0 is the left or upper end, 100 the right or lower."""
    left, top, right, bottom = frame(size, RATIOS[crop], centre)
    free = (size[0] - (right - left), size[1] - (bottom - top))
    return round(100 * (left / free[0] if free[0] >= free[1] else top / free[1]), 1) if max(free) else 50.0


def centre_at(size: tuple[int, int], crop: str, place: float) -> Centre:
    """The centre of the frame at ``place`` (see :func:`position`)."""
    left, top, right, bottom = frame(size, RATIOS[crop], (0.5, 0.5))
    part = ((right - left) / size[0], (bottom - top) / size[1])
    x, y = (share / 2 + (1 - share) * min(max(place, 0.0), 100.0) / 100 for share in part)
    return (round(x, 4), round(y, 4))


def cuts(size: tuple[int, int], crop: str) -> bool:
    """Whether ``crop`` takes anything away from a picture of ``size``; a pixel of rounding does not count."""
    if crop not in RATIOS or min(size) < 1:
        return False
    left, top, right, bottom = frame(size, RATIOS[crop], (0.5, 0.5))
    return size[0] - (right - left) > 1 or size[1] - (bottom - top) > 1

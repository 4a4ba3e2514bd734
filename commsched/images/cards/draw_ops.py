"""What is left to draw when everything has been measured: lines of text, boxes and rings, in pixels."""

from __future__ import annotations

import msgspec

from commsched.core.text.messages import Problem
from commsched.images.text.contrast import Colour
from commsched.images.text.fonts import Face


class Area(msgspec.Struct, frozen=True):
    """A rectangle in whole pixels; right and bottom are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def moved(self, x: int, y: int) -> Area:
        """The same, seen from (x, y)."""
        return Area(self.left - x, self.top - y, self.right - x, self.bottom - y)

    def meets(self, other: Area) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def with_(self, other: Area) -> Area:
        """The smallest area that both are in."""
        return Area(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def holds(self, other: Area) -> bool:
        inside = self.left <= other.left and other.right <= self.right
        return inside and self.top <= other.top and other.bottom <= self.bottom


class TextLine(msgspec.Struct, frozen=True):
    """``text`` with its pen at (x, y), y being the baseline. ``ground`` is the surface's role, for contrast."""

    x: float
    y: int
    text: str
    face: Face
    size: int
    ink: Colour
    ground: Colour
    tracking: float = 0.0


class Box(msgspec.Struct, frozen=True):
    area: Area
    colour: Colour
    radius: int = 0


class Ring(msgspec.Struct, frozen=True):
    """A part of a ring, clockwise from twelve o'clock, ``start`` and ``end`` in shares of the whole turn."""

    area: Area
    colour: Colour
    thickness: int
    start: float
    end: float


Op = TextLine | Box | Ring


class Drawing(msgspec.Struct):
    """The outcome of laying out: what to draw, and what to say about it."""

    ops: list[Op] = []
    problems: list[Problem] = []

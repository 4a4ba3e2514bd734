"""Measures a column of texts: how large each is, how many lines it takes, how high the whole stands."""

from __future__ import annotations

from typing import Literal

import msgspec

from commsched.images.cards.brand import Brand
from commsched.images.cards.designs import Block
from commsched.images.cards.draw_ops import Area
from commsched.images.text import line_breaking, runs
from commsched.images.text.line_breaking import TextSetting

LEVELS = 24
"""Steps between a block's largest and smallest size."""
CHIP_PAD = (0.62, 0.42)
"""Beside and over the letters of a label on a coloured chip, in em."""
HAIR = 1.5
"""Pixels by which a drawn glyph may differ from its measure: FreeType rounds stems and accents to the grid."""
MARKER = 1.55
"""Diameter of a list's numbers, in em of its text."""


class Text(msgspec.Struct, frozen=True):
    """One text of a stack, ready to be set. ``about`` is the field that it came from."""

    block: Block
    text: str
    setting: TextSetting
    about: str
    marker: str = ""
    gap: float = 0.0
    high: float = 0.0
    """How far the highest word rises above its baseline, in em; the capitals at least."""
    deep: float = 0.0

    def __post_init__(self) -> None:
        top, bottom = line_breaking.ink(self.text, self.setting)
        msgspec.structs.force_setattr(self, "high", max(top, runs.glyph(self.setting.face, "H").top))
        msgspec.structs.force_setattr(self, "deep", bottom)


class Column(msgspec.Struct, frozen=True):
    """Where a stack stands: its area, the unit in pixels, the surface and the brand."""

    area: Area
    unit: float
    brand: Brand
    on: str
    valign: Literal["top", "center", "bottom"]


class SizedText(msgspec.Struct, frozen=True):
    """A text at one size: so many lines, and which, once that has been settled.

    Until then its heights are those of its highest and deepest words, so that the settled ones are never more.
    """

    text: Text
    size: int
    count: int
    lines: tuple[str, ...] = ()

    @property
    def pad(self) -> float:
        return CHIP_PAD[1] * self.size if self.text.block.chip else 0.0

    @property
    def step(self) -> float:
        """Pixels from one baseline to the next."""
        tall = self.text.high + self.text.deep if self.text.high > 1.1 or self.text.deep > 0.32 else 0.0
        return max(self.text.block.leading, tall) * self.size

    @property
    def top(self) -> float:
        """Pixels from the upper edge to the first baseline: to the capitals, or to higher ink."""
        high = self.text.high
        if self.lines:
            face = self.text.setting.face
            high = max(runs.extent(self.lines[0], face).top, runs.glyph(face, "H").top)
        marker = (MARKER / 2 + 0.36) * self.size if self.text.marker else 0.0
        return max(high * self.size + HAIR + self.pad, marker)

    @property
    def bottom(self) -> float:
        """Pixels of ink or padding below the last baseline."""
        last = runs.extent(self.lines[-1], self.text.setting.face).bottom if self.lines else self.text.deep
        marker = (MARKER / 2 - 0.36) * self.size if self.text.marker and self.count == 1 else 0.0
        return max(self.pad, last * self.size + HAIR, marker) + HAIR / 2

    @property
    def height(self) -> float:
        """From the upper edge to the last baseline, or to the ink's own end where it is trimmed."""
        lift = -runs.glyph(self.text.setting.face, self.text.text[0]).bottom * self.size if self.text.block.trim else 0
        return self.top + max(0, self.count - 1) * self.step - lift


def width_for(text: Text, size: int, width: int) -> float:
    """The measure in em that ``text`` has in ``width`` pixels, two left free on either side."""
    free = width - 4
    if text.block.chip:
        free -= round(2 * CHIP_PAD[0] * size)
    if text.marker:
        free -= indent(size)
    return max(0.5, free / size * 0.995)


def indent(size: int) -> int:
    """Pixels that a list's text stands in from its number."""
    return round((MARKER + 0.65) * size)


def size_at(text: Text, unit: float, level: int, shrink: float = 1.0) -> int:
    """Pixels per em at ``level``, from the smallest (0) to the largest (:data:`LEVELS`)."""
    low, high = text.block.size
    size = max(8, round(unit * (low + (high - low) * level / LEVELS)))
    return max(6, int(size * shrink))


def rule(text: Text, unit: float) -> int:
    """Thickness of a rule in pixels."""
    return max(2, round(text.block.thickness * unit))


def gap(column: Column, sets: list[SizedText], number: int) -> float:
    """Space above a block: as designed, and never less than what hangs below the one before."""
    if number == 0:
        return 0.0
    before = sets[number - 1]
    designed = sets[number].text.gap * column.unit + before.pad + max(0.0, before.bottom - before.pad) * 0.5
    return max(designed, before.bottom) + 1


def height(column: Column, sets: list[SizedText]) -> float:
    """Height of the whole stack in pixels, with the ink below its last baseline."""
    total = 0.0
    for number, text in enumerate(sets):
        total += gap(column, sets, number)
        total += rule(text.text, column.unit) if text.text.block.kind == "rule" else text.height
    return total + (sets[-1].bottom if sets else 0.0)

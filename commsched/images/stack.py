"""Sets a column of texts into an area: as large as fits, stepping down together, cut only when nothing helps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from commsched.core.words import N_, Problem, block
from commsched.images import breaks, runs
from commsched.images.brand import Brand
from commsched.images.breaks import Mode, Setting
from commsched.images.designs import Block
from commsched.images.fonts import Face
from commsched.images.ops import Area, Box, Line, Op

LEVELS = 24
"""Steps between a block's largest and smallest size."""
COMFORT = 0.5
"""Below this share of the steps, hyphenation is tried before the type gets any smaller."""
CHIP_PAD = (0.62, 0.42)
"""Beside and over the letters of a label on a coloured chip, in em."""
MARKER = 1.55
"""Diameter of a list's numbers, in em of its text."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a stack, ready to be set. ``field`` is whom a problem with it concerns."""

    block: Block
    text: str
    setting: Setting
    field: str
    marker: str = ""
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """Where a stack stands: its area, the unit in pixels, the surface and the brand."""

    area: Area
    unit: float
    brand: Brand
    on: str
    valign: Literal["top", "center", "bottom"]


@dataclass(frozen=True, slots=True)
class _Set:
    """A text at one size, broken into lines."""

    text: Text
    size: int
    lines: tuple[str, ...]

    @property
    def pad(self) -> float:
        return CHIP_PAD[1] * self.size if self.text.block.chip else 0.0

    @property
    def step(self) -> float:
        """Pixels from one baseline to the next."""
        whole = runs.extent(self.text.text, self.text.setting.face)
        tall = whole.top + whole.bottom if whole.top > 1.1 or whole.bottom > 0.32 else 0.0
        return max(self.text.block.leading, tall) * self.size

    @property
    def top(self) -> float:
        """Pixels from the upper edge to the first baseline: to the capitals, or to higher ink."""
        first = runs.extent(self.lines[0], self.text.setting.face).top if self.lines else 0.0
        ink = max(first, runs.glyph(self.text.setting.face, "H").top)
        return max(ink * self.size + self.pad, self._marker_top)

    @property
    def _marker_top(self) -> float:
        return (MARKER / 2 + 0.36) * self.size if self.text.marker else 0.0

    @property
    def bottom(self) -> float:
        """Pixels of ink or padding below the last baseline."""
        last = runs.extent(self.lines[-1], self.text.setting.face).bottom if self.lines else 0.0
        marker = (MARKER / 2 - 0.36) * self.size if self.text.marker and len(self.lines) == 1 else 0.0
        return max(self.pad, last * self.size, marker)

    @property
    def height(self) -> float:
        """From the upper edge to the last baseline."""
        return self.top + max(0, len(self.lines) - 1) * self.step


def width_for(text: Text, size: int, width: int) -> float:
    """The measure in em that ``text`` has in ``width`` pixels, a pixel left free on either side."""
    free = width - 2
    if text.block.chip:
        free -= round(2 * CHIP_PAD[0] * size)
    if text.marker:
        free -= indent(size)
    return max(0.5, free / size * 0.995)


def indent(size: int) -> int:
    return round((MARKER + 0.65) * size)


def _size(text: Text, unit: float, level: int) -> int:
    low, high = text.block.size
    return max(8, round(unit * (low + (high - low) * level / LEVELS)))


def _rule(item: Text, unit: float) -> int:
    return max(2, round(item.block.thickness * unit))


def _set(column: Column, texts: list[Text], level: int, mode: Mode, shrink: float = 1.0) -> list[_Set] | None:
    """Every text at ``level``; ``None`` where one has a word wider than the column or too many lines."""
    found = []
    for text in texts:
        size = max(6, int(_size(text, column.unit, level) * shrink))
        if text.block.kind == "rule":
            found.append(_Set(text, size, ()))
            continue
        lines = breaks.lines(text.text, text.setting, width_for(text, size, column.area.width), mode)
        if lines is None or (text.block.lines and len(lines) > text.block.lines):
            return None
        found.append(_Set(text, size, lines))
    return found


def _height(column: Column, sets: list[_Set]) -> float:
    """Of the whole stack, with the ink below its last baseline."""
    total = 0.0
    for number, one in enumerate(sets):
        total += _gap(column, sets, number)
        total += _rule(one.text, column.unit) if one.text.block.kind == "rule" else one.height
    return total + (sets[-1].bottom if sets else 0.0)


def _gap(column: Column, sets: list[_Set], number: int) -> float:
    """Space above a block: as designed, and never less than what hangs below the one before."""
    if number == 0:
        return 0.0
    one, before = sets[number], sets[number - 1]
    return max(one.text.gap * column.unit, 0.0) + before.pad + max(0.0, before.bottom - before.pad) * 0.5 + 1


def _fits(column: Column, texts: list[Text], level: int, mode: Mode) -> bool:
    sets = _set(column, texts, level, mode)
    return sets is not None and _height(column, sets) <= column.area.height - 2


def _level(column: Column, texts: list[Text], mode: Mode) -> int | None:
    """The largest level that fits, by halving; ``None`` if not even the smallest does."""
    if _fits(column, texts, LEVELS, mode):
        return LEVELS
    low, high = -1, LEVELS
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(column, texts, middle, mode):
            low = middle
        else:
            high = middle
    return low if low >= 0 else None


def solve(column: Column, texts: list[Text]) -> tuple[list[Op], list[Problem]]:
    """Place ``texts`` in the column; the problems say what had to be cut."""
    if not texts:
        return [], []
    plain = _level(column, texts, "words")
    if plain is not None and plain >= LEVELS * COMFORT:
        sets = _set(column, texts, plain, "words")
    else:
        divided = _level(column, texts, "hyphens")
        if divided is not None and (plain is None or divided > plain + LEVELS // 6):
            sets = _set(column, texts, divided, "hyphens")
        elif plain is not None:
            sets = _set(column, texts, plain, "words")
        else:
            sets = None
    if sets is not None:
        return _placed(column, sets), []
    sets, problems = _cut(column, texts)
    return _placed(column, sets), problems


def _cut(column: Column, texts: list[Text]) -> tuple[list[_Set], list[Problem]]:
    """The smallest size, and as many lines as there is room for; the longest text loses first."""
    free = [replace(text, block=_unlimited(text.block)) for text in texts]
    shrink = 1.0
    sets = _set(column, free, 0, "anywhere")
    for _ in range(24):
        if sets is not None:
            kept = _trimmed(column, texts, sets)
            if _height(column, kept) <= column.area.height - 2:
                return kept, _losses(sets, kept)
        shrink *= 0.88
        sets = _set(column, free, 0, "anywhere", shrink)
    return [], [block("", N_("There is no room for the text in a picture of this size."))]


def _unlimited(spec: Block) -> Block:
    from msgspec.structs import replace as changed

    return changed(spec, lines=0)


def _trimmed(column: Column, texts: list[Text], sets: list[_Set]) -> list[_Set]:
    kept = [_first(one, text.block.lines) for one, text in zip(sets, texts, strict=True)]
    for _ in range(sum(len(one.lines) for one in kept)):
        if _height(column, kept) <= column.area.height - 2:
            break
        longest = max(range(len(kept)), key=lambda number: len(kept[number].lines))
        if len(kept[longest].lines) < 2:
            break
        kept[longest] = _first(kept[longest], len(kept[longest].lines) - 1)
    return [_ellipsed(column, one, whole) for one, whole in zip(kept, sets, strict=True)]


def _first(one: _Set, limit: int) -> _Set:
    return replace(one, lines=one.lines[:limit]) if limit and len(one.lines) > limit else one


def _ellipsed(column: Column, one: _Set, whole: _Set) -> _Set:
    if len(one.lines) == len(whole.lines):
        return one
    width = width_for(one.text, one.size, column.area.width)
    return replace(one, lines=tuple(breaks.shortened(list(one.lines), one.text.setting, width)))


def _losses(whole: list[_Set], kept: list[_Set]) -> list[Problem]:
    found = []
    for before, after in zip(whole, kept, strict=True):
        lost = sum(map(len, before.lines)) - sum(map(len, after.lines))
        if len(after.lines) < len(before.lines):
            sentence = N_("The text is too long for the picture. Shorten it by about %(count)s characters.")
            found.append(block(before.text.field, sentence, count=max(1, lost + 1)))
    return found


def _placed(column: Column, sets: list[_Set]) -> list[Op]:
    ops: list[Op] = []
    left_over = column.area.height - _height(column, sets)
    y = column.area.top + {"top": 0.0, "center": left_over / 2, "bottom": left_over - 1}[column.valign]
    for number, one in enumerate(sets):
        y += _gap(column, sets, number)
        if one.text.block.kind == "rule":
            ops.append(_rule_box(column, one, y))
            y += _rule(one.text, column.unit)
        else:
            ops += _lines(column, one, y)
            y += one.height
    return ops


def _rule_box(column: Column, one: _Set, y: float) -> Box:
    spec, area = one.text.block, column.area
    width = min(area.width, round(spec.width * column.unit))
    left = {"left": area.left, "center": area.left + (area.width - width) // 2, "right": area.right - width}[spec.align]
    top = round(y)
    colour = column.brand.on(column.on, spec.colour)
    return Box(Area(left, top, left + width, top + _rule(one.text, column.unit)), colour)


def _lines(column: Column, one: _Set, y: float) -> list[Op]:
    spec, setting, ops = one.text.block, one.text.setting, list[Op]()
    ground = column.brand.on(column.on, spec.chip) if spec.chip else column.brand.grounds[column.on]
    ink = _ink_on(ground, column.brand) if spec.chip else column.brand.on(column.on, spec.colour)
    baseline = y + one.top
    for number, text in enumerate(one.lines):
        extent = runs.extent(text, setting.face, setting.tracking)
        x = _start(column, one, extent)
        at = int(baseline + number * one.step)
        if spec.chip:
            ops.append(_chip(one, x, at, extent, ground))
        if one.text.marker and number == 0:
            ops += _marker(column, one, at)
        ops.append(Line(x, at, text, setting.face, one.size, ink, ground, setting.tracking))
    return ops


def _start(column: Column, one: _Set, extent: runs.Extent) -> float:
    """Where the pen goes so that the ink, not the glyph's side bearing, stands on the edge."""
    area, spec = column.area, one.text.block
    align = spec.align
    if align == "left" and runs.is_rtl(one.text.text):
        align = "right"
    pad = round(CHIP_PAD[0] * one.size) if spec.chip else 0
    left = area.left + pad + (indent(one.size) if one.text.marker else 0)
    right = area.right - pad
    ink = (extent.right - extent.left) * one.size
    start = {"left": left, "center": left + (right - left - ink) / 2, "right": right - ink - 1}[align]
    return max(start, left) - extent.left * one.size


def _chip(one: _Set, x: float, baseline: int, extent: runs.Extent, colour: tuple[int, int, int]) -> Box:
    size, high = one.size, runs.glyph(one.text.setting.face, "H").top
    side, over = CHIP_PAD[0] * size, CHIP_PAD[1] * size
    area = Area(
        int(x + extent.left * size - side),
        int(baseline - high * size - over),
        int(x + extent.right * size + side),
        int(baseline + over),
    )
    return Box(area, colour, radius=round(0.18 * size))


def _marker(column: Column, one: _Set, baseline: int) -> list[Op]:
    """A number on a disc, its middle at half the height of the capitals."""
    size = one.size
    side = round(MARKER * size)
    top = round(baseline - 0.36 * size - side / 2)
    disc = Area(column.area.left, top, column.area.left + side, top + side)
    colour = column.brand.on(column.on, "accent")
    ink = _ink_on(colour, column.brand)
    face = Face(column.brand.heading, 700, column.brand.fonts.get(column.brand.heading, ""))
    extent = runs.extent(one.text.marker, face)
    number = max(8, round(size * 0.86))
    x = disc.left + (side - (extent.right - extent.left) * number) / 2 - extent.left * number
    y = round(disc.top + side / 2 + extent.top * number / 2)
    return [Box(disc, colour, side // 2), Line(x, y, one.text.marker, face, number, ink, colour)]


def _ink_on(colour: tuple[int, int, int], brand: Brand) -> tuple[int, int, int]:
    from commsched.images.contrast import best

    grounds = brand.grounds
    return best(colour, (grounds["other"], grounds["ground"]))

"""Turns a measured stack into lines, boxes and markers at their places."""

from __future__ import annotations

from commsched.images.cards.brand import Brand
from commsched.images.cards.draw_ops import Area, Box, Op, TextLine
from commsched.images.cards.measure import CHIP_PAD, MARKER, Column, SizedText, gap, height, indent, rule
from commsched.images.text import runs
from commsched.images.text.contrast import Colour, best
from commsched.images.text.fonts import Face


def stack(column: Column, sets: list[SizedText]) -> list[Op]:
    """Everything to draw for ``sets``, where the column's alignment puts it."""
    ops: list[Op] = []
    left_over = column.area.height - height(column, sets)
    y = column.area.top + {"top": 0.0, "center": left_over / 2, "bottom": left_over - 1}[column.valign]
    for number, text in enumerate(sets):
        y += gap(column, sets, number)
        if text.text.block.kind == "rule":
            ops.append(_rule_box(column, text, y))
            y += rule(text.text, column.unit)
        else:
            ops += _lines(column, text, y)
            y += text.height
    return ops


def _rule_box(column: Column, sized: SizedText, y: float) -> Box:
    spec, area = sized.text.block, column.area
    width = min(area.width, round(spec.width * column.unit))
    left = {"left": area.left, "center": area.left + (area.width - width) // 2, "right": area.right - width}[spec.align]
    top = round(y)
    colour = column.brand.on(column.on, spec.colour)
    return Box(Area(left, top, left + width, top + rule(sized.text, column.unit)), colour)


def _lines(column: Column, sized: SizedText, y: float) -> list[Op]:
    spec, setting, ops = sized.text.block, sized.text.setting, list[Op]()
    ground = column.brand.on(column.on, spec.chip) if spec.chip else column.brand.grounds[column.on]
    ink = _ink_on(ground, column.brand) if spec.chip else column.brand.on(column.on, spec.colour)
    baseline = y + sized.top
    for number, text in enumerate(sized.lines):
        extent = runs.extent(text, setting.face, setting.tracking)
        x = _start(column, sized, extent)
        at = int(baseline + number * sized.step)
        if spec.chip:
            ops.append(_chip(sized, x, at, extent, ground))
        if sized.text.marker and number == 0:
            ops += _marker(column, sized, at)
        ops.append(TextLine(x, at, text, setting.face, sized.size, ink, ground, setting.tracking))
    return ops


def _start(column: Column, sized: SizedText, extent: runs.Extent) -> float:
    """Where the pen goes so that the ink, not the glyph's side bearing, stands on the edge."""
    area, spec = column.area, sized.text.block
    align = spec.align
    if align == "left" and runs.is_rtl(sized.text.text):
        align = "right"
    pad = round(CHIP_PAD[0] * sized.size) if spec.chip else 0
    left = area.left + 1 + pad + (indent(sized.size) if sized.text.marker else 0)
    right = area.right - 1 - pad
    ink = (extent.right - extent.left) * sized.size
    start = {"left": left, "center": left + (right - left - ink) / 2, "right": right - ink - 1}[align]
    return max(start, left) - extent.left * sized.size


def _chip(sized: SizedText, x: float, baseline: int, extent: runs.Extent, colour: Colour) -> Box:
    size, high = sized.size, runs.glyph(sized.text.setting.face, "H").top
    side, over = CHIP_PAD[0] * size, CHIP_PAD[1] * size
    area = Area(
        int(x + extent.left * size - side),
        int(baseline - high * size - over),
        int(x + extent.right * size + side),
        int(baseline + over),
    )
    return Box(area, colour, radius=round(0.18 * size))


def _marker(column: Column, sized: SizedText, baseline: int) -> list[Op]:
    """A number on a disc, its middle at half the height of the capitals."""
    size = sized.size
    side = round(MARKER * size)
    top = round(baseline - 0.36 * size - side / 2)
    disc = Area(column.area.left, top, column.area.left + side, top + side)
    colour = column.brand.on(column.on, "accent")
    ink = _ink_on(colour, column.brand)
    face = Face(column.brand.heading, 700, column.brand.fonts.get(column.brand.heading, ""))
    extent = runs.extent(sized.text.marker, face)
    number = max(8, round(size * 0.86))
    x = disc.left + (side - (extent.right - extent.left) * number) / 2 - extent.left * number
    y = round(disc.top + side / 2 + extent.top * number / 2)
    return [Box(disc, colour, side // 2), TextLine(x, y, sized.text.marker, face, number, ink, colour)]


def _ink_on(colour: Colour, brand: Brand) -> Colour:
    grounds = brand.grounds
    return best(colour, (grounds["other"], grounds["ground"]))

"""Figures drawn: bars, a share of a ring, the result of a vote."""

from __future__ import annotations

from commsched.images.cards.brand import Brand
from commsched.images.cards.draw_ops import Area, Box, Op, Ring, TextLine
from commsched.images.cards.values import ChartRow
from commsched.images.text import line_breaking, runs
from commsched.images.text.contrast import Colour, mix
from commsched.images.text.fonts import Face
from commsched.images.text.line_breaking import TextSetting


class Chart:
    """Where a chart stands and what it is drawn with."""

    def __init__(self, area: Area, unit: float, brand: Brand, on: str, language: str) -> None:
        self.area, self.unit, self.brand, self.on, self.language = area, unit, brand, on, language
        self.ground = brand.grounds[on]

    def face(self, weight: int, heading: bool = False) -> Face:
        family = self.brand.heading if heading else self.brand.body
        return Face(family, weight, self.brand.fonts.get(family, ""))

    def fitted(self, text: str, face: Face, size: int, smallest: int, width: int) -> tuple[str, int]:
        """``text`` in one line of ``width`` pixels: smaller first, then shortened."""
        while size > smallest and runs.extent(text, face).width * size > width:
            size -= 1
        if runs.extent(text, face).width * size > width:
            text = line_breaking.shortened([text], TextSetting(face, language=self.language), max(1.0, width / size))[0]
        return text, size

    def line(self, text: str, face: Face, size: int, x: float, y: int, role: str = "ink") -> TextLine:
        left = runs.extent(text, face).left * size
        return TextLine(x + 1 - left, y, text, face, size, self.brand.on(self.on, role), self.ground)


def series(chart: Chart, count: int, leader: int) -> list[Colour]:
    """One colour for each of ``count`` parts: the leader's stands out, the rest step towards the ground."""
    strong, ink = chart.brand.on(chart.on, "strong"), chart.brand.on(chart.on, "ink")
    calm = [mix(ink, chart.ground, share) for share in (0.45, 0.62, 0.74, 0.8, 0.84, 0.86)]
    colours = []
    for number in range(count):
        rest = number if number < leader else number - 1
        colours.append(strong if number == leader else calm[min(max(rest, 0), len(calm) - 1)])
    return colours


def bars(chart: Chart, rows: list[ChartRow]) -> list[Op]:
    """A bar for each row, its name above it and its figure at the right edge."""
    if not rows:
        return []
    area, ops = chart.area, list[Op]()
    step = min(area.height / len(rows), 17 * chart.unit)
    top = area.top + (area.height - step * len(rows)) / 2
    size = max(9, int(min(step * 0.27, 4.2 * chart.unit)))
    most = max(row.amount for row in rows) or 1.0
    leader = max(range(len(rows)), key=lambda number: rows[number].amount)
    thick = max(4, int(min(step - size * 2.0, 4.6 * chart.unit)))
    calm = chart.brand.on(chart.on, "line")
    for number, row in enumerate(rows):
        weight = 700 if number == leader else 500
        y = int(top + number * step + size)
        ops += _names(chart, row, y, size, weight)
        bar_top = y + int(size * 0.5)
        full = Area(area.left, bar_top, area.right, bar_top + thick)
        ops.append(Box(full, mix(chart.ground, calm, 0.5), thick // 5))
        length = max(thick // 3, round(area.width * row.amount / most))
        colour = series(chart, len(rows), leader)[number] if number != leader else chart.brand.on(chart.on, "strong")
        ops.append(Box(Area(area.left, bar_top, area.left + length, bar_top + thick), colour, thick // 5))
    return ops


def _names(chart: Chart, row: ChartRow, y: int, size: int, weight: int) -> list[Op]:
    area = chart.area
    bold, plain = chart.face(700), chart.face(weight)
    shown, figure = chart.fitted(row.shown, bold, size, max(8, size // 2), area.width // 3)
    taken = runs.extent(shown, bold).right * figure
    right = chart.line(shown, bold, figure, area.right - 3 - taken + runs.extent(shown, bold).left * figure, y)
    label, small = chart.fitted(row.label, plain, size, max(8, int(size * 0.72)), int(area.width - taken - size))
    ops: list[Op] = [right]
    return [chart.line(label, plain, small, area.left, y), *ops] if label else ops


def ring(chart: Chart, amount: float, shown: str) -> list[Op]:
    """A ring, ``amount`` of it filled, with the figure in its middle."""
    area = chart.area
    side = min(area.width, area.height)
    left, top = area.left + (area.width - side) // 2, area.top + (area.height - side) // 2
    square = Area(left, top, left + side, top + side)
    thick = max(4, round(side * 0.145))
    strong, calm = chart.brand.on(chart.on, "strong"), mix(chart.ground, chart.brand.on(chart.on, "line"), 0.75)
    ops: list[Op] = [Ring(square, calm, thick, 0.0, 1.0), Ring(square, strong, thick, 0.0, amount)]
    face = chart.face(800, heading=True)
    text, size = chart.fitted(shown, face, max(9, int(side * 0.27)), 9, int(side - 2.9 * thick))
    extent = runs.extent(text, face)
    x = left + (side - (extent.right - extent.left) * size) / 2
    ops.append(chart.line(text, face, size, x, round(top + side / 2 + extent.top * size / 2)))
    return ops


def votes(chart: Chart, rows: list[ChartRow]) -> list[Op]:
    """Each side's figure and name, in columns or, where names are long, in rows; under them one divided bar."""
    if not rows:
        return []
    area, total = chart.area, sum(row.amount for row in rows) or 1.0
    leader = max(range(len(rows)), key=lambda number: rows[number].amount)
    colours = series(chart, len(rows), leader)
    thick = max(8, int(min(area.height * 0.17, 7 * chart.unit)))
    ops = _divided(chart, rows, colours, thick, total)
    room = area.height - thick - int(3 * chart.unit)
    gap = int(3 * chart.unit)
    width = (area.width - gap * (len(rows) - 1)) // len(rows)
    if _crowded(chart, rows, width):
        return ops + _listed(chart, rows, colours, area.top, room)
    figure, name = int(min(room * 0.62, 15 * chart.unit)), int(min(room * 0.22, 3.7 * chart.unit))
    for number, row in enumerate(rows):
        left = area.left + number * (width + gap)
        ops += _side(
            chart, row, colours[number], (left, width), (figure, name), area.bottom - thick - int(3 * chart.unit)
        )
    return ops


def _crowded(chart: Chart, rows: list[ChartRow], width: int) -> bool:
    size = 2.7 * chart.unit
    return any(runs.extent(row.label, chart.face(600)).width * size > width - 1.3 * size for row in rows)


def _listed(chart: Chart, rows: list[ChartRow], colours: list[Colour], top: int, room: int) -> list[Op]:
    """A row for each side: its colour, its name, its figure."""
    area, ops = chart.area, list[Op]()
    step = min(room / len(rows), 9 * chart.unit)
    top += int(room - step * len(rows))
    size = max(9, int(min(step * 0.56, 4.4 * chart.unit)))
    bold = chart.face(800, heading=True)
    for number, row in enumerate(rows):
        y = int(top + number * step + size)
        mark = max(4, round(size * 0.72))
        box = Area(area.left, y - mark, area.left + mark, y)
        shown, figure = chart.fitted(row.shown, bold, round(size * 1.2), 9, area.width // 4)
        extent = runs.extent(shown, bold)
        left = area.left + mark + int(size * 0.55)
        end = area.right - 3 - (extent.right - extent.left) * figure
        label, small = chart.fitted(row.label, chart.face(600), size, int(size * 0.7), int(end - left - size))
        ops += [Box(box, colours[number], mark // 5), chart.line(shown, bold, figure, end, y)]
        if label:
            ops.append(chart.line(label, chart.face(600), small, left, y))
    return ops


def _divided(chart: Chart, rows: list[ChartRow], colours: list[Colour], thick: int, total: float) -> list[Op]:
    area, ops, at = chart.area, list[Op](), float(chart.area.left)
    gap = max(2, round(0.35 * chart.unit))
    for number, row in enumerate(rows):
        end = at + area.width * row.amount / total
        right = area.right if number == len(rows) - 1 else round(end) - gap
        if right > round(at):
            ops.append(Box(Area(round(at), area.bottom - thick, right, area.bottom), colours[number], 0))
        at = end
    return ops


def _side(
    chart: Chart, row: ChartRow, colour: Colour, place: tuple[int, int], sizes: tuple[int, int], bottom: int
) -> list[Op]:
    left, width = place
    bold, plain = chart.face(800, heading=True), chart.face(600)
    label, small = chart.fitted(row.label, plain, max(9, sizes[1]), 9, int(width - 1.4 * sizes[1]))
    mark = max(4, round(small * 0.72))
    y = bottom - int(small * 0.25)
    box = Area(left, y - mark, left + mark, y)
    shown, size = chart.fitted(row.shown, bold, max(10, sizes[0]), 10, width)
    ops: list[Op] = [Box(box, colour, mark // 5), chart.line(shown, bold, size, left, int(y - small * 1.55))]
    return [*ops, chart.line(label, plain, small, left + mark + int(small * 0.5), y)] if label else ops


def pager(chart: Chart, page: int, pages: int) -> list[Op]:
    """Where one is in a carousel: a segment for each page, the ones read filled."""
    area, gap = chart.area, max(3, round(0.9 * chart.unit))
    thick = max(3, min(area.height, round(0.8 * chart.unit)))
    width = (area.width - gap * (pages - 1)) / pages
    top = area.top + (area.height - thick) // 2
    ops: list[Op] = []
    for number in range(pages):
        left = round(area.left + number * (width + gap))
        role = "accent" if number <= page else "line"
        box = Area(left, top, min(area.right, max(left + 1, round(left + width))), top + thick)
        ops.append(Box(box, chart.brand.on(chart.on, role), thick // 2))
    return ops

"""The week to scale: where in its hour a chip stands, and beside how many others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import msgspec
from markupsafe import Markup

from commsched.services.views.calendar_rows import Row
from commsched.web.calendar.chips import Chips, Placed

TALL: Final = timedelta(minutes=55)
"""How long a chip is drawn: two lines. What begins within that time stands beside it."""
LANES: Final = 4
"""Chips that stand side by side. More begin again at the left, one over the other."""
MINUTES: Final = 5
"""A chip stands at the nearest such step below its minute; the style sheet has a class for each."""


class _Group(msgspec.Struct):
    """Chips that overlap one another in a chain, each in a lane."""

    rows: list[tuple[Row, datetime, int]] = []
    ends: list[datetime] = []


def place(writer: Chips, rows: Iterable[Row]) -> list[Placed]:
    """Every row with its wall time, its chip with the classes of its minute and its lane."""
    placed = []
    for group in _groups(writer, rows):
        wide = min(len(group.ends), LANES)
        for row, wall, lane in group.rows:
            style = f" m{wall.minute // MINUTES * MINUTES} w{wide} l{lane % LANES}"
            [chip] = writer.place([row], style)
            placed.append(chip)
    return placed


def _groups(writer: Chips, rows: Iterable[Row]) -> list[_Group]:
    groups: list[_Group] = []
    for row in rows:
        wall = datetime.fromtimestamp(row[1] // 1_000_000, writer.zone)
        group = groups[-1] if groups else None
        if group is None or wall >= max(group.ends) or wall.date() != group.rows[-1][1].date():
            group = _Group([], [])
            groups.append(group)
        lane = next((n for n, end in enumerate(group.ends) if end <= wall), len(group.ends))
        if lane == len(group.ends):
            group.ends.append(wall)
        group.ends[lane] = wall + TALL
        group.rows.append((row, wall, lane))
    return groups


def hours(placed: Sequence[Placed]) -> dict[int, Markup]:
    """The chips of each hour of one day."""
    by_hour = groupby(placed, key=lambda chip: chip.wall.hour)
    return {hour: Markup("".join(chip.html for chip in some)) for hour, some in by_hour}  # noqa: S704 (chips escape)

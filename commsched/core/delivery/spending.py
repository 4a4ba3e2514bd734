"""What a channel may cost in a month, on a network that charges for each post."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from commsched.core.timing.wall_time import zone_of

NEAR: Final = 0.8
"""The share of a ceiling from which people are warned."""


class Spending(msgspec.Struct, frozen=True):
    """What was charged for in a month, and how much may be; both in thousandths of a US dollar."""

    spent: int
    ceiling: int

    def exceeds(self, price: int) -> bool:
        """Whether something that costs ``price`` would go over the ceiling. What is free never does."""
        return price > 0 and self.spent + price > self.ceiling

    def is_near(self, price: int = 0) -> bool:
        """Whether the ceiling is nearly reached, with ``price`` more."""
        return self.spent + price >= NEAR * self.ceiling


def month_of(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    """The first moment of the month that ``moment`` is in by the clocks of ``zone``, and of the next one (UTC)."""
    local = moment.astimezone(zone_of(zone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.astimezone(UTC), following.astimezone(UTC)


def dollars(thousandths: int) -> str:
    """As people write it: ``12.40``; a sum that has no whole cents keeps its thousandths."""
    return f"{thousandths / 1000:.3f}" if thousandths % 10 else f"{thousandths / 1000:.2f}"

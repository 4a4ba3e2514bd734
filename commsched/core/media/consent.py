"""Persons shown in a picture, and until when they have agreed to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WARN_DAYS: Final = (30, 7)
"""How many days before a consent ends people are told of it."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def person(name: str, until: date | None, zone: str) -> dict[str, str]:
    """A person shown, as it is stored. The consent holds through the day ``until`` in the office's own zone;
    without a day it has no end."""
    ends = datetime.combine(until + timedelta(days=1), datetime.min.time(), ZoneInfo(zone)) if until else None
    return {"name": name, "until": until.isoformat() if until else "", "ends": ends.isoformat() if ends else ""}


def lapsed(persons: Iterable[Mapping[str, object]], at: datetime) -> list[Mapping[str, object]]:
    """Those whose consent does not hold at ``at``. A moment that cannot be read holds nothing open."""
    return [one for one in persons if one.get("ends") and at >= _moment(str(one["ends"]))]


def first_end(persons: Iterable[Mapping[str, object]]) -> datetime | None:
    """When the first of their consents ends; ``None`` where none does. One that cannot be read has ended long ago."""
    return min((_moment(str(one["ends"])) for one in persons if one.get("ends")), default=None)


def stage(ends: datetime, now: datetime) -> int | None:
    """Which warning it is time for: the last of :data:`WARN_DAYS` that has begun; ``None`` before and after them."""
    begun = [days for days in WARN_DAYS if now < ends <= now + timedelta(days=days)]
    return min(begun, default=None)


def _moment(ends: str) -> datetime:
    try:
        moment = datetime.fromisoformat(ends)
        return moment.astimezone(UTC) if moment.tzinfo else _LONG_AGO
    except (ValueError, OverflowError):
        return _LONG_AGO

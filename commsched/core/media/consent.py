"""Persons shown in a picture, and until when they have agreed to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WARN_DAYS: Final = (30, 7)
"""People get a warning this many days before a consent ends."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def person(name: str, until: date | None, zone: str) -> dict[str, str]:
    """A person shown, as it is stored. The consent holds through the day ``until`` in the office's own zone;
    without a day it has no end."""
    ends = datetime.combine(until + timedelta(days=1), datetime.min.time(), ZoneInfo(zone)) if until else None
    return {"name": name, "until": until.isoformat() if until else "", "ends": ends.isoformat() if ends else ""}


def lapsed(persons: Iterable[Mapping[str, object]], at: datetime) -> list[Mapping[str, object]]:
    """The persons whose consent has ended at ``at``. An end that cannot be parsed counts as passed."""
    return [person for person in persons if person.get("ends") and at >= _moment(str(person["ends"]))]


def first_end(persons: Iterable[Mapping[str, object]]) -> datetime | None:
    """When the first of their consents ends; ``None`` where none does. An end that cannot be parsed counts as 1970."""
    return min((_moment(str(person["ends"])) for person in persons if person.get("ends")), default=None)


def stage(ends: datetime, now: datetime) -> int | None:
    """The warning that is due: the smallest of :data:`WARN_DAYS` whose span ``now`` is in; ``None`` before the first
    and after the end."""
    begun = [days for days in WARN_DAYS if now < ends <= now + timedelta(days=days)]
    return min(begun, default=None)


def _moment(ends: str) -> datetime:
    try:
        moment = datetime.fromisoformat(ends)
        return moment.astimezone(UTC) if moment.tzinfo else _LONG_AGO
    except (ValueError, OverflowError):
        return _LONG_AGO

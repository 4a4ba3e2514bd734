"""Persons shown in a picture, and until when they have agreed to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def person(name: str, until: date | None, zone: str) -> dict[str, str]:
    """A person shown, as it is stored. The consent holds through the day ``until`` in the office's own zone;
    without a day it has no end."""
    ends = datetime.combine(until + timedelta(days=1), datetime.min.time(), ZoneInfo(zone)) if until else None
    return {"name": name, "until": until.isoformat() if until else "", "ends": ends.isoformat() if ends else ""}


def lapsed(persons: Iterable[Mapping[str, Any]], at: datetime) -> list[Mapping[str, Any]]:
    """Those whose consent does not hold at ``at``. A moment that cannot be read holds nothing open."""
    return [one for one in persons if one.get("ends") and not _before(at, str(one["ends"]))]


def _before(at: datetime, ends: str) -> bool:
    try:
        return at < datetime.fromisoformat(ends)
    except (ValueError, TypeError):
        return False

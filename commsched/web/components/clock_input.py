"""A clock time as people type it, and the two moments that a clock change leaves of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec

from commsched.core.timing import dates
from commsched.core.timing.day_words import read_day
from commsched.core.timing.wall_time import Fold, Gap
from commsched.web.http.request_context import installation, place

_CLOCK: Final = re.compile(r"(?:kl\.?\s*)?(\d{1,2}?)(?:\s*[:.,]?\s*(\d{1,2}))?", re.ASCII | re.IGNORECASE)


def clock_time(typed: str) -> str:
    """``7.30``, ``7,30``, ``730``, ``7:30`` and ``kl 7.30`` are ``07:30``; ``7``, ``kl 7`` and ``7:0`` are ``07:00``.
    Anything else stays as it was typed."""
    plain = typed.strip()
    match = _CLOCK.fullmatch(plain)
    if not match:
        return typed
    hour, minute = match[1], match[2] or "00"
    if len(minute) == 1 and not re.search(r"\d\s*[:.,]", plain):
        hour, minute = hour + minute, "00"  # two signs alone are an hour
    return f"{int(hour):02d}:{minute.zfill(2)}"


def day_typed(typed: str, field: str = "publish_at") -> str:
    """The day that was typed, as ``2026-12-03``; empty where nothing was. Raises :class:`Invalid` for no day."""
    if not typed.strip():
        return ""
    today = dates.local(installation().now(), place().zone).date()
    return read_day(typed, today, field).isoformat()


class ClockChoice(msgspec.Struct, frozen=True):
    """One of the two moments that a clock change leaves of a wall time."""

    at: str
    """For the form: wall time with its offset, so that nothing is left to guess."""
    label: str
    """For a button: ``02:30 (CEST)``."""
    moment: datetime
    """In UTC."""


def choices(clash: Gap | Fold, zone: str) -> list[ClockChoice]:
    """The two moments that may be meant."""
    pairs = [(moment, dates.local(moment, zone)) for moment in clash.choices]
    return [ClockChoice(wall.isoformat(), f"{wall:%H:%M} ({wall.tzname()})", moment) for moment, wall in pairs]

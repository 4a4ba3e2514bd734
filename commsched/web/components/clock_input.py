"""A clock time as people type it, and the two moments that a clock change leaves of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from werkzeug.datastructures import MultiDict

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


class WallFields(msgspec.Struct):
    """A day and a clock time as two fields hold them, and which of two equal wall times was meant."""

    day: str = ""
    time: str = ""
    fold: str = ""
    exact: str = ""
    """A person's answer to a clock change: the very moment, RFC 3339 in UTC."""

    @property
    def value(self) -> str:
        """As :func:`commsched.core.timing.wall_time.read_time` takes it; empty when nothing was chosen."""
        return self.exact or (f"{self.day}T{self.time}" if self.day or self.time else "")

    @classmethod
    def of(cls, moment: datetime | None, zone: str) -> WallFields:
        if moment is None:
            return cls()
        local = moment.astimezone(ZoneInfo(zone))
        other = local.replace(fold=1 - local.fold)
        twice = other.utcoffset() != local.utcoffset()
        return cls(f"{local:%Y-%m-%d}", f"{local:%H:%M}", str(local.fold) if twice else "")


def read_wall(form: MultiDict[str, str], name: str) -> WallFields:
    """The posted day and clock time called ``name``."""
    day, time, fold, exact = (form.get(f"{name}_{part}", "").strip()[:40] for part in ("day", "time", "fold", "exact"))
    return WallFields(day, clock_time(time), fold if fold in ("0", "1") else "", exact)


def typed(text: str) -> str:
    """``text`` as it was typed: a browser sends every line break as two characters, which would count as two."""
    return text.replace("\r\n", "\n")


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

"""Dates and times as people here read them: 24 hours, week numbers, Monday first. Aware datetimes in, words out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
SHORT_DAYS: Final = {
    "sv": ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
MONTHS: Final = {
    "sv": (
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
SHORT_MONTHS: Final = {
    "sv": ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def local(moment: datetime, zone: str) -> datetime:
    """``moment`` on the wall clock of ``zone``."""
    return moment.astimezone(ZoneInfo(zone))


def clock(moment: datetime, zone: str) -> str:
    """``07:30``."""
    return f"{local(moment, zone):%H:%M}"


def week(day: date) -> int:
    """The ISO week number: Monday first, week 1 holds the year's first Thursday."""
    return day.isocalendar().week


def long_day(day: date, language: str, year: bool = False) -> str:
    """``torsdag 26 november``, with the year if asked."""
    text = f"{DAYS[language][day.weekday()]} {day.day} {MONTHS[language][day.month - 1]}"
    return f"{text} {day.year}" if year else text


def short_day(day: date, language: str, year: bool = False) -> str:
    """``tors 26 nov``, with the year if asked."""
    text = f"{SHORT_DAYS[language][day.weekday()]} {day.day} {SHORT_MONTHS[language][day.month - 1]}"
    return f"{text} {day.year}" if year else text


def dated(moment: datetime, zone: str, language: str) -> str:
    """``26 november 2026 07:30``: for pages that are read for years."""
    wall = local(moment, zone)
    return f"{wall.day} {MONTHS[language][wall.month - 1]} {wall.year} {wall:%H:%M}"


def when(moment: datetime, zone: str, language: str, now: datetime | None = None) -> str:
    """``tors 26 nov 07:30``; the year is added where ``now`` is given and lies in another one."""
    wall = local(moment, zone)
    far = now is not None and local(now, zone).year != wall.year
    return f"{short_day(wall.date(), language, year=far)} {wall:%H:%M}"

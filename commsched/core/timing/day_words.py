"""A day as people type it: ``3/12``, ``tors 3 dec``, ``i morgon``, ``2026-12-03``, in any of the office's languages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from commsched.core.text.messages import N_, Invalid
from commsched.core.timing import dates

LANGUAGES: Final = ("sv", "en")
BEHIND: Final = 60
"""Days back at which a day without a year is still meant to be this year's: who types yesterday is told so."""

_RELATIVE: Final = {
    "idag": 0,
    "today": 0,
    "imorgon": 1,
    "imorron": 1,
    "tomorrow": 1,
    "iövermorgon": 2,
    "iövermorron": 2,
    "igår": -1,
    "yesterday": -1,
}
_ISO: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_NUMBERS: Final = re.compile(r"(\d{1,2})\s*[/.]\s*(\d{1,2})\.?(?:\s*[/.\s]\s*(\d{4}))?", re.ASCII)
_WORDS: Final = re.compile(
    r"(?:(\d{1,2})(?::[ae])?\.?\s+)?([^\W\d]+)\.?(?:\s+(\d{1,2}))?(?:,?\s+(\d{4}))?", re.IGNORECASE
)
_WEEKDAY: Final = re.compile(r"([^\W\d]+)\.?,?(?:\s+den)?\s+(?=\d)|([^\W\d]+)\.?", re.IGNORECASE)


def read_day(typed: str, today: date, field: str = "publish_at") -> date:
    """The day that ``typed`` means on ``today``. A day without a year is the nearest one that lies ahead, or not long
    back. Raises :class:`Invalid` where it means none, or a weekday that the day is not."""
    plain = " ".join(typed.lower().split())
    if (ahead := _RELATIVE.get(plain.replace(" ", ""))) is not None:
        return today + timedelta(days=ahead)
    weekday, rest = _weekday(plain.removeprefix("den "))
    if weekday is not None and not rest:
        return today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
    day = _dated(rest, today)
    if day is None:
        words = N_("“%(day)s” is no day. Write for instance 3/12, Thu 3 Dec or tomorrow.")
        raise Invalid(words, field, day=typed.strip()[:40])
    if weekday is not None and day.weekday() != weekday:
        raise Invalid(N_("%(day)s is another day of the week."), field, day=rest)
    return day


def _weekday(plain: str) -> tuple[int | None, str]:
    """The weekday that ``plain`` begins with, and what follows it."""
    match = _WEEKDAY.match(plain)
    word = (match[1] or match[2]) if match else ""
    if match and word in _day_names():
        return _day_names()[word], plain[match.end() :].strip(" ,.")
    return None, plain


def _dated(plain: str, today: date) -> date | None:
    if match := _ISO.fullmatch(plain):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMBERS.fullmatch(plain):
        return _nearest(int(match[1]), int(match[2]), match[3], today)
    if match := _WORDS.fullmatch(plain):
        month, number = _month_names().get(match[2]), match[1] or match[3]
        if month and number and not (match[1] and match[3]):
            return _nearest(int(number), month, match[4], today)
    return None


def _nearest(day: int, month: int, year: str | None, today: date) -> date | None:
    if year:
        return _date(int(year), month, day)
    for candidate in (today.year - 1, today.year, today.year + 1, today.year + 2, today.year + 3, today.year + 4):
        known = _date(candidate, month, day)
        if known is not None and known >= today - timedelta(days=BEHIND):
            return known
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache
def _day_names() -> dict[str, int]:
    return _called(
        *((*n.days, *n.short_days, *n.days_alone, *n.short_days_alone) for n in map(dates.names, LANGUAGES)), every=7
    )


@lru_cache
def _month_names() -> dict[str, int]:
    numbers = _called(*((*n.months, *n.short_months, *n.months_alone) for n in map(dates.names, LANGUAGES)), every=12)
    return {name: number + 1 for name, number in numbers.items()}


def _called(*languages: tuple[str, ...], every: int) -> dict[str, int]:
    """Each name with its number, also by its first letters."""
    names = {}
    for words in languages:
        for place, word in enumerate(words):
            names[word.lower()] = place % every
            for length in (3, 4):
                names.setdefault(word.lower()[:length], place % every)
    return names

"""What a calendar page spans: weeks that roll from the one asked for, one week, or a list of days, in the office's own
zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from commsched.core.timing import dates

View = Literal["month", "week", "list"]
FIRST, LAST = date(2001, 1, 1), date(2199, 12, 1)
WEEKS: Final = 5
"""Weeks on a page of rolling weeks, and in a list."""
MOST_WEEKS: Final = 30
"""The longest page: a reader who scrolls asks for five weeks more at a time."""
STEP: Final = 4
"""Weeks that the arrows move: one week of the page before stays in view."""
STRIP: Final = 14
"""Days in the strip that a phone shows above its agenda."""


class Span(msgspec.Struct, frozen=True):
    """``first`` to ``last``, both shown; ``anchor`` is the day that was asked for. ``past``: how many weeks before
    ``first`` are told as dots."""

    view: View
    anchor: date
    first: date
    last: date
    zone: ZoneInfo
    weeks: int = WEEKS
    past: int = 0

    @property
    def start(self) -> datetime:
        return self._midnight(self.first - timedelta(weeks=self.past))

    @property
    def end(self) -> datetime:
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    @property
    def days(self) -> list[date]:
        return days_of(self.first, self.last)

    @property
    def before_days(self) -> list[date]:
        """The days that are told as dots."""
        return days_of(self.first - timedelta(weeks=self.past), self.first - timedelta(days=1))

    @property
    def before(self) -> date:
        """A day in the page before this one."""
        return self.anchor - timedelta(weeks=self._step)

    @property
    def after(self) -> date:
        return self.anchor + timedelta(weeks=self._step)

    @property
    def _step(self) -> int:
        return 1 if self.view == "week" else STEP

    @property
    def more(self) -> int:
        """How many weeks the page has when it is asked for more; 0 where it is as long as it gets."""
        return min(self.weeks + WEEKS, MOST_WEEKS) if self.view != "week" and self.weeks < MOST_WEEKS else 0

    @property
    def numbers(self) -> str:
        """The numbers of its weeks: ``48–52``, or ``48``."""
        first, last = dates.week(self.first), dates.week(self.last)
        return f"{first}" if (self.last - self.first).days < 7 else f"{first}–{last}"

    def title(self, language: str, year: int) -> str:
        """``nov–dec``, ``23–29 nov``, with its year where that is not ``year``."""
        months = dates.names(language).short_months
        first, last = months[self.first.month - 1], months[self.last.month - 1]
        if self.view == "week":
            begins = f"{self.first.day}–" if first == last else f"{self.first.day} {first} – "
            said = f"{begins}{self.last.day} {last}"
        else:
            said = first if first == last else f"{first}–{last}"
        return said if year in (self.first.year, self.last.year) else f"{said} {self.last.year}"


def days_of(first: date, last: date) -> list[date]:
    """Every day from ``first`` to ``last``."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def read_day(text: str, today: date) -> date:
    """The day in an address, or the first of a month (``2026-11``); today where there is none, or one that no calendar
    reaches."""
    try:
        day = date.fromisoformat(text if len(text) != len("2026-11") else f"{text}-01")
    except ValueError:
        return today
    return day if FIRST <= day <= LAST else today


def read_weeks(text: str) -> int:
    """How many weeks an address asks for."""
    return min(max(int(text), WEEKS), MOST_WEEKS) if text.isascii() and text.isdigit() and len(text) < 4 else WEEKS


def span(view: str, day: date, zone: str, today: date | None = None, weeks: int = WEEKS) -> Span:
    """What ``view`` shows from ``day``; an unknown view is rolling weeks. Where they begin with the week of ``today``,
    the week before is told as dots."""
    tz = ZoneInfo(zone)
    first = monday(day)
    if view == "week":
        return Span("week", day, first, first + timedelta(days=6), tz)
    if view == "list":
        return Span("list", day, day, day + timedelta(days=7 * weeks - 1), tz, weeks)
    past = 1 if today is not None and first == monday(today) else 0
    return Span("month", day, first, first + timedelta(days=7 * weeks - 1), tz, weeks, past)

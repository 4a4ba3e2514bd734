"""What a calendar page spans: a month's whole weeks, a week, or a month's days, in the office's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from commsched.core.timing import dates

View = Literal["month", "week", "list"]
FIRST, LAST = date(2001, 1, 1), date(2199, 12, 1)


class Span(msgspec.Struct, frozen=True):
    """``first`` to ``last``, both shown; ``anchor`` is the day that was asked for."""

    view: View
    anchor: date
    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> date:
        """A day in the page before this one."""
        if self.view == "week":
            return self.anchor - timedelta(days=7)
        return (self.anchor.replace(day=1) - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        if self.view == "week":
            return self.anchor + timedelta(days=7)
        return (self.anchor.replace(day=1) + timedelta(days=32)).replace(day=1)

    def title(self, language: str) -> str:
        """``november 2026``, or ``23–29 november 2026``."""
        if self.view != "week":
            return f"{dates.names(language).months_alone[self.anchor.month - 1]} {self.anchor.year}"
        months = dates.names(language).months
        if self.first.month == self.last.month:
            return f"{self.first.day}–{self.last.day} {months[self.last.month - 1]} {self.last.year}"
        start = f"{self.first.day} {months[self.first.month - 1]}"
        return f"{start} – {self.last.day} {months[self.last.month - 1]} {self.last.year}"


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def read_day(text: str, today: date) -> date:
    """The day in an address; today where there is none, or one that no calendar reaches."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if FIRST <= day <= LAST else today


def span(view: str, day: date, zone: str) -> Span:
    """What ``view`` shows around ``day``; an unknown view is a month."""
    tz = ZoneInfo(zone)
    if view == "week":
        return Span("week", day, monday(day), monday(day) + timedelta(days=6), tz)
    first = day.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if view == "list":
        return Span("list", day, first, last, tz)
    return Span("month", day, monday(first), monday(last) + timedelta(days=6), tz)

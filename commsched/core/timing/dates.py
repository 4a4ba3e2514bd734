"""Dates and times as people here read them: 24 hours, week numbers, Monday first. Aware datetimes in, words out."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import cached, locale_of
from commsched.core.text.messages import N_

if TYPE_CHECKING:
    from babel import Locale

Width = Literal["wide", "abbreviated"]
Context = Literal["format", "stand-alone"]


class Names(NamedTuple):
    """What a language calls the days from Monday and the months from January: within a date, and standing alone."""

    days: tuple[str, ...]
    short_days: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days_alone: tuple[str, ...]
    short_days_alone: tuple[str, ...]
    months_alone: tuple[str, ...]


@cached
def names(language: str) -> Names:
    """The names in ``language``, from CLDR; short ones without their full stop."""
    with locale_of(language) as locale:
        return _names(locale)


def _names(locale: Locale) -> Names:
    from babel.dates import get_day_names, get_month_names

    def days(width: Width, context: Context) -> tuple[str, ...]:
        words = get_day_names(width, context=context, locale=locale)
        return tuple(words[day].rstrip(".") for day in range(7))

    def months(width: Width, context: Context) -> tuple[str, ...]:
        words = get_month_names(width, context=context, locale=locale)
        return tuple(words[month].rstrip(".") for month in range(1, 13))

    return Names(
        days("wide", "format"),
        days("abbreviated", "format"),
        months("wide", "format"),
        months("abbreviated", "format"),
        days("wide", "stand-alone"),
        days("abbreviated", "stand-alone"),
        months("wide", "stand-alone"),
    )


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
    called = names(language)
    return _day(day, language, called.days, called.months, year)


def short_day(day: date, language: str, year: bool = False) -> str:
    """``tors 26 nov``, with the year if asked."""
    called = names(language)
    return _day(day, language, called.short_days, called.short_months, year)


def _day(day: date, language: str, days: tuple[str, ...], months: tuple[str, ...], year: bool) -> str:
    """The order of the words is the translators' to choose: Finnish has a full stop behind the day."""
    pattern = N_("%(weekday)s %(day)s %(month)s %(year)s") if year else N_("%(weekday)s %(day)s %(month)s")
    return gettext(language, pattern) % {
        "weekday": days[day.weekday()],
        "day": day.day,
        "month": months[day.month - 1],
        "year": day.year,
    }


def dated(moment: datetime, zone: str, language: str) -> str:
    """``26 november 2026 07:30``: for pages that are read for years."""
    wall = local(moment, zone)
    month = names(language).months[wall.month - 1]
    day = gettext(language, N_("%(day)s %(month)s %(year)s")) % {"day": wall.day, "month": month, "year": wall.year}
    return f"{day} {wall:%H:%M}"


def when(moment: datetime, zone: str, language: str, now: datetime | None = None) -> str:
    """``tors 26 nov 07:30``; the year is added where ``now`` is given and lies in another one."""
    wall = local(moment, zone)
    far = now is not None and local(now, zone).year != wall.year
    return f"{short_day(wall.date(), language, year=far)} {wall:%H:%M}"

"""Swedish public holidays (lagen om allmänna helgdagar, SFS 1989:253), and the three eves on which offices are closed.

The package ``holidays`` knows these days for every country. It takes 19 MB of memory in each process and 0.1 s at its
first question, for what stands below in sixteen lines; it is worth that from the second country on.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from commsched.core.text.messages import N_

ZONES: Final = frozenset({"Europe/Stockholm"})
"""Offices that live by these days."""


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    lead = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * lead) // 433
    month = (h + lead - 7 * m + 90) // 25
    return date(year, month, (h + lead - 7 * m + 33 * month + 19) % 32)


def _saturday_from(first: date) -> date:
    return first + timedelta(days=(5 - first.weekday()) % 7)


@lru_cache(maxsize=64)
def holidays(year: int) -> dict[date, str]:
    """The holidays of ``year`` with their names, as msgids."""
    sunday = easter(year)
    midsummer = _saturday_from(date(year, 6, 20))
    return {
        date(year, 1, 1): N_("New Year's Day"),
        date(year, 1, 6): N_("Epiphany"),
        sunday - timedelta(days=2): N_("Good Friday"),
        sunday: N_("Easter Sunday"),
        sunday + timedelta(days=1): N_("Easter Monday"),
        date(year, 5, 1): N_("May Day"),
        sunday + timedelta(days=39): N_("Ascension Day"),
        date(year, 6, 6): N_("National Day"),
        sunday + timedelta(days=49): N_("Whit Sunday"),
        midsummer - timedelta(days=1): N_("Midsummer Eve"),
        midsummer: N_("Midsummer Day"),
        _saturday_from(date(year, 10, 31)): N_("All Saints' Day"),
        date(year, 12, 24): N_("Christmas Eve"),
        date(year, 12, 25): N_("Christmas Day"),
        date(year, 12, 26): N_("Boxing Day"),
        date(year, 12, 31): N_("New Year's Eve"),
    }


def holiday(day: date, zone: str) -> str:
    """The name of ``day`` where it is a holiday in ``zone`` (a msgid), else nothing."""
    return holidays(day.year).get(day, "") if zone in ZONES else ""

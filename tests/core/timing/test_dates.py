"""Days and times as people here read them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from commsched.core.timing import dates

MOMENT = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)


def test_a_moment_is_told_on_the_offices_wall_clock() -> None:
    assert dates.when(MOMENT, "Europe/Stockholm", "sv") == "tors 26 nov 07:30"
    assert dates.when(MOMENT, "America/New_York", "en") == "Thu 26 Nov 01:30"
    assert dates.clock(MOMENT, "Europe/Helsinki") == "08:30"


def test_the_year_is_told_when_it_is_another() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert dates.when(MOMENT, "Europe/Stockholm", "sv", later) == "tors 26 nov 2026 07:30"
    # 23:30 UTC on New Year's Eve is next year in Stockholm already
    assert dates.when(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Stockholm", "sv", later) == "fre 1 jan 00:30"


def test_what_is_public_is_dated_with_its_year() -> None:
    assert dates.dated(MOMENT, "Europe/Stockholm", "sv") == "26 november 2026 07:30"


@pytest.mark.parametrize(
    ("day", "week"),
    [(date(2026, 12, 31), 53), (date(2027, 1, 3), 53), (date(2027, 1, 4), 1), (date(2024, 12, 30), 1)],
)
def test_weeks_begin_on_monday_and_the_first_holds_the_first_thursday(day: date, week: int) -> None:
    assert dates.week(day) == week


def test_a_day_in_full() -> None:
    assert dates.long_day(date(2026, 3, 1), "sv", year=True) == "söndag 1 mars 2026"
    assert dates.long_day(date(2026, 3, 1), "en") == "Sunday 1 March"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_day_and_month_has_its_names(language: str) -> None:
    sizes = (7, 7, 12, 12, 7, 7, 12)
    for called, size in zip(dates.names(language), sizes, strict=True):
        assert len(set(called)) == size

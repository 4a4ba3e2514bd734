"""The days when the office is closed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.timing.holidays import easter, holiday, holidays


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2030, date(2030, 4, 21)),
        (1961, date(1961, 4, 2)),
        (2038, date(2038, 4, 25)),
        (2285, date(2285, 3, 22)),
    ],
)
def test_easter_is_when_the_tables_say(year: int, day: date) -> None:
    assert easter(year) == day


@given(st.integers(1900, 2400))
def test_the_moving_days_fall_on_their_weekdays(year: int) -> None:
    days = {name: day for day, name in holidays(year).items()}
    assert easter(year).weekday() == 6
    assert date(year, 3, 22) <= easter(year) <= date(year, 4, 25)
    assert days["Midsummer Day"].weekday() == 5
    assert date(year, 6, 20) <= days["Midsummer Day"] <= date(year, 6, 26)
    assert days["All Saints' Day"].weekday() == 5
    assert date(year, 10, 31) <= days["All Saints' Day"] <= date(year, 11, 6)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 5, 14), "Ascension Day"),
        (date(2026, 5, 24), "Whit Sunday"),
        (date(2026, 6, 19), "Midsummer Eve"),
        (date(2026, 6, 20), "Midsummer Day"),
        (date(2026, 6, 6), "National Day"),
        (date(2026, 10, 31), "All Saints' Day"),
        (date(2026, 12, 24), "Christmas Eve"),
        (date(2026, 1, 6), "Epiphany"),
    ],
)
def test_the_year_2026_is_as_in_the_almanac(day: date, name: str) -> None:
    assert holiday(day, "Europe/Stockholm") == name


def test_other_days_and_other_countries_have_none() -> None:
    assert holiday(date(2026, 11, 26), "Europe/Stockholm") == ""
    assert holiday(date(2026, 6, 6), "Europe/Helsinki") == ""

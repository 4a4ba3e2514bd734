"""Days as people type them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.messages import Invalid
from commsched.core.timing import dates
from commsched.core.timing.day_words import read_day

TODAY = date(2026, 11, 26)  # a Thursday


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-12-03", date(2026, 12, 3)),
        ("20261203", date(2026, 12, 3)),
        ("3/12", date(2026, 12, 3)),
        ("3.12", date(2026, 12, 3)),
        ("3/12 2027", date(2027, 12, 3)),
        ("3 dec", date(2026, 12, 3)),
        ("3 dec.", date(2026, 12, 3)),
        ("den 3 december", date(2026, 12, 3)),
        ("tors 3 dec", date(2026, 12, 3)),
        ("Torsdag den 3 december 2026", date(2026, 12, 3)),
        ("Thu 3 Dec", date(2026, 12, 3)),
        ("Dec 3", date(2026, 12, 3)),
        ("3 jan", date(2027, 1, 3)),
        ("20 nov", date(2026, 11, 20)),
        ("29 feb", date(2028, 2, 29)),
        ("i dag", TODAY),
        ("idag", TODAY),
        ("i morgon", date(2026, 11, 27)),
        ("imorgon", date(2026, 11, 27)),
        ("i övermorgon", date(2026, 11, 28)),
        ("tomorrow", date(2026, 11, 27)),
        ("fredag", date(2026, 11, 27)),
        ("tors", date(2026, 12, 3)),
        ("mån", date(2026, 11, 30)),
    ],
)
def test_a_day_is_understood(typed: str, day: date) -> None:
    assert read_day(typed, TODAY) == day


@pytest.mark.parametrize("typed", ["31/2", "32 dec", "snart", "3", "3 3", "0/0", "dec", "3 dec 3", "", "²/12"])
def test_what_is_no_day_is_said(typed: str) -> None:
    with pytest.raises(Invalid, match="is no day"):
        read_day(typed, TODAY)


def test_a_weekday_that_the_day_is_not_is_said() -> None:
    with pytest.raises(Invalid, match="4 dec is another day of the week"):
        read_day("tors 4 dec", TODAY)


@given(st.dates(date(2001, 1, 1), date(2190, 1, 1)), st.integers(-59, 300), st.sampled_from(["sv", "en"]))
def test_what_the_field_writes_back_is_read_as_the_same_day(today: date, ahead: int, language: str) -> None:
    day = today + timedelta(days=ahead)
    names = dates.names(language)
    for form in (
        f"{names.short_days[day.weekday()]} {day.day} {names.short_months[day.month - 1]} {day.year}",
        f"{names.days[day.weekday()]} {day.day} {names.months[day.month - 1]}",
        f"{day.day}/{day.month}",
        day.isoformat(),
    ):
        assert read_day(form, today) == day


@given(st.text(max_size=60))
def test_anything_typed_is_read_or_refused(typed: str) -> None:
    with suppress(Invalid):
        assert isinstance(read_day(typed, TODAY), date)

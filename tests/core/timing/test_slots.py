"""The next free one of an office's usual times."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.timing.slots import APART, DAY_BEGINS, DAY_ENDS, LEAD, USUAL, next_free, usual_times

ZONE = "Europe/Stockholm"
NOW = datetime(2026, 11, 26, 9, 0)  # a Thursday
walls = st.lists(st.datetimes(datetime(2026, 8, 1), datetime(2026, 11, 25)), max_size=40)
taken = st.lists(st.datetimes(datetime(2026, 11, 26), datetime(2026, 12, 30), timezones=st.just(UTC)), max_size=60)


def test_without_habits_it_is_a_working_day_at_a_usual_hour() -> None:
    assert next_free(NOW, [], [], ZONE) == datetime(2026, 11, 26, 12, 0)
    assert next_free(datetime(2026, 11, 27, 18, 0), [], [], ZONE) == datetime(2026, 11, 30, 7, 30)


def test_an_offices_habits_are_followed() -> None:
    tuesdays = [datetime(2026, 11, 3, 10, 2) - timedelta(weeks=n) for n in range(8)]
    assert usual_times(tuesdays) == ([time(10, 0)], {1})
    assert next_free(NOW, tuesdays, [], ZONE) == datetime(2026, 12, 1, 10, 0)


def test_what_stands_in_the_same_channel_is_passed_over() -> None:
    noon = datetime(2026, 11, 26, 12, 20, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    assert next_free(NOW, [], [noon], ZONE) == datetime(2026, 11, 26, 17, 0)


@given(walls, taken)
def test_it_is_never_at_night_never_past_and_never_beside_another(walls: list[datetime], taken: list[datetime]) -> None:
    slot = next_free(NOW, walls, taken, ZONE)
    if slot is None:
        return
    at = slot.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    assert DAY_BEGINS <= slot.time() <= DAY_ENDS
    assert slot >= NOW + LEAD
    assert all(abs(other - at) >= APART for other in taken)
    assert usual_times(walls)[0]


def test_night_posts_make_no_habit() -> None:
    nights = [datetime(2026, 11, 3, 2, 0) - timedelta(days=n) for n in range(20)]
    assert usual_times(nights) == (list(USUAL), set(range(5)))

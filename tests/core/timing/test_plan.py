"""A channel's own time keeps its distance on the clock when the whole is moved, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.timing.plan import Slot, moved_along
from commsched.core.timing.wall_time import Moment

ZONE = "Europe/Stockholm"
NOON = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
seconds = st.integers(0, 6 * 86_400)


def slot(at: datetime) -> Slot:
    return Slot(at, at + timedelta(hours=2), f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M}", ZONE)


@given(seconds, seconds, seconds)
def test_what_is_moved_along_keeps_its_seconds(before: int, after: int, own: int) -> None:
    """All of it in winter, where the wall and the world keep the same distance."""
    first, second, mine = (NOON + timedelta(seconds=shift) for shift in (before, after, own))
    moment = Moment(second, f"{second + timedelta(hours=1):%Y-%m-%dT%H:%M}", ZONE)
    moved = moved_along(slot(mine), slot(first), moment)
    assert moved.at == mine + (second - first)
    assert moved.latest - moved.at == timedelta(hours=2)

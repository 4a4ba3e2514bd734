"""When a copy of an item goes out: the same wall times some days later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import Fold, Gap, read_time

WEEK: Final = 7
MOST_DAYS: Final = 3660


def days_later(wall: str, zone: str, days: int, now: datetime) -> int:
    """How many days after ``wall`` (``2026-11-26T07:30`` in ``zone``) a copy goes out that is asked for ``days`` later.

    That is ``days``, and as many weeks more as bring it past ``now``: a copy of an old item for "next week" keeps its
    weekday and lies ahead. Raises :class:`Invalid` for ``days`` that are no sensible number.
    """
    if not 0 < days <= MOST_DAYS:
        raise Invalid(N_("Choose another day."), "days")
    behind = now - moment(moved(wall, timedelta(days=days)), zone)
    if behind < timedelta(0):
        return days
    return days + WEEK * (behind // timedelta(days=WEEK) + 1)


def moved(wall: str, by: timedelta) -> str:
    """``wall`` as far later as ``by`` says, by the clock on the wall."""
    return f"{datetime.fromisoformat(wall) + by:%Y-%m-%dT%H:%M}"


def moment(wall: str, zone: str) -> datetime:
    """The instant of ``wall``. Where the clocks change just then, the later of the two that it may mean."""
    return _either(lambda: read_time(wall, zone).at)


def _either(read: Callable[[], datetime]) -> datetime:
    try:
        return read()
    except (Gap, Fold) as clash:
        return max(clash.choices).astimezone(UTC)

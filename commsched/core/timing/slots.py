"""The next time an office would choose by itself: one of its usual ones, with nothing beside it in the same channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from commsched.core.timing.again import moment

DAY_BEGINS: Final = time(6)
DAY_ENDS: Final = time(21, 30)
"""Nothing is suggested outside these: people sleep."""

USUAL: Final = (time(7, 30), time(12), time(17))
"""Times of day for an office without habits: before work, at lunch, on the way home."""

ENOUGH: Final = 6
"""Earlier posts from which a habit is read."""

APART: Final = timedelta(hours=1)
LEAD: Final = timedelta(minutes=30)
"""What somebody who approves needs at the least."""
FAR: Final = 28
"""Days ahead that are looked through."""


def usual_times(walls: Sequence[datetime]) -> tuple[list[time], set[int]]:
    """The times of day and the weekdays (Monday is 0) that an office usually publishes at, by the wall times of what
    it has published: at most four times, in the order of the day. Without habits, three times on working days."""
    by_day = [wall for wall in walls if DAY_BEGINS <= wall.time() <= DAY_ENDS]
    if len(by_day) < ENOUGH:
        return list(USUAL), set(range(5))
    clocks = Counter(_quarter(wall) for wall in by_day)
    days = Counter(wall.weekday() for wall in by_day)
    often = [clock for clock, _many in clocks.most_common(4)]
    return sorted(often), {day for day, many in days.items() if many * 14 >= len(by_day)}


def next_free(
    now: datetime, walls: Sequence[datetime], taken: Collection[datetime], zone: str, any_day: bool = False
) -> datetime | None:
    """The first usual time after ``now`` (wall time in ``zone``) that has nothing of ``taken`` (in UTC) within an hour;
    as wall time, or ``None`` where four weeks are full."""
    clocks, days = usual_times(walls)
    for ahead in range(FAR):
        day = (now + timedelta(days=ahead)).date()
        if not any_day and day.weekday() not in days:
            continue
        for clock in clocks:
            wall = datetime.combine(day, clock)
            if wall >= now + LEAD and not _beside(wall, taken, zone):
                return wall
    return None


def _quarter(wall: datetime) -> time:
    return time(wall.hour, wall.minute // 15 * 15)


def _beside(wall: datetime, taken: Collection[datetime], zone: str) -> bool:
    at = moment(f"{wall:%Y-%m-%dT%H:%M}", zone)
    return any(abs(other - at) < APART for other in taken)

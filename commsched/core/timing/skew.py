"""How far the computer's clock is from the platforms', by the ``Date`` header of what they answer. Pure but for a lock.

It only warns and stops nothing, since a server's clock can be wrong too. It can also vouch for a clock that has jumped:
where several servers agree with the new time, the clock was corrected.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta
from typing import Final

LIMIT: Final = timedelta(minutes=2)
"""The difference above which people are warned. The header has whole seconds, and an answer may take some."""
SEVERAL: Final = 3
"""How many answers must agree before a difference is reported."""
FRESH: Final = timedelta(hours=6)
"""Older answers say nothing of the clock as it goes now."""
RIGHT: Final = timedelta(seconds=30)
"""A server within this agrees with a clock that has jumped; half of what the clock's guard calls a jump."""
HOSTS: Final = 2
"""Servers that must agree, at least, before a clock that has jumped is believed."""


class Skew:
    """The latest ``Date`` headers, by host. One for each installation; called from many threads."""

    def __init__(self) -> None:
        self._heard: deque[tuple[str, datetime, timedelta]] = deque(maxlen=24)
        self._lock = threading.Lock()

    def hear(self, host: str, theirs: datetime, ours: datetime) -> None:
        """``host`` answered, at ``theirs`` by its clock and ``ours`` by this computer's."""
        with self._lock:
            self._heard.append((host, ours, ours - theirs))

    def seconds(self, now: datetime) -> int:
        """How far this computer's clock is ahead (behind: negative); 0 while there is nothing to report.

        Several answers must say so, and more of the servers than not: one whose own clock is wrong is outvoted.
        """
        with self._lock:
            fresh = [(host, off) for host, at, off in self._heard if abs(now - at) < FRESH]
        latest = dict(fresh)
        wrong = {host for host, off in latest.items() if abs(off) > LIMIT}
        differences = [off for host, off in fresh if host in wrong][-SEVERAL:]
        if 2 * len(wrong) <= len(latest) or len(differences) < SEVERAL or min(map(abs, differences)) <= LIMIT:
            return 0
        return round(sorted(off.total_seconds() for off in differences)[len(differences) // 2])  # the middle one

    def forget(self) -> None:
        """Forget every answer, because the clock was set and the earlier answers were compared with the old time."""
        with self._lock:
            self._heard.clear()

    def agrees(self, now: datetime) -> bool:
        """Whether several servers, and more of them than not, say that this computer's clock is right."""
        with self._lock:
            latest = {host: off for host, at, off in self._heard if abs(now - at) < FRESH}
        right = sum(abs(off) <= RIGHT for off in latest.values())
        return right >= HOSTS and 2 * right > len(latest)

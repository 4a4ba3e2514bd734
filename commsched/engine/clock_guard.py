"""The clock guard: whether the computer's clock can be believed. Nothing is sent by a clock that has just jumped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

log = logging.getLogger("commsched.engine")

JUMP: Final = timedelta(minutes=1)
"""How far the wall clock may run from the steady one between two looks. Slewing by NTP stays far below it."""


def steady() -> float:
    """Seconds that no setting of the clock changes; they go on while the computer sleeps, where the system can say."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class ClockGuard:
    """Compares the wall clock with the steady one. After a jump it refuses until the clock is back where it should be.
    A clock that jumped to the right time is trusted again when a source that can know says so (:meth:`believe`), or
    after a restart, since a person then vouches for it.
    """

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float] = steady) -> None:
        self._now, self._steady = now, steady
        self._at, self._since = now(), steady()
        self.jumped = timedelta(0)
        """How far the clock is from where it should be; zero while it is trusted."""

    def trusted(self) -> bool:
        """Look once. Drift is forgiven at every look, a jump never."""
        at, since = self._now(), self._steady()
        drift = (at - self._at) - timedelta(seconds=since - self._since)
        if abs(drift) <= JUMP:
            if self.jumped:
                log.warning("the computer's clock is back; publishing goes on")
            self._at, self._since, self.jumped = at, since, timedelta(0)
            return True
        if not self.jumped:
            log.error("the computer's clock jumped by %s: nothing is sent until it is known to be right", drift)
        self.jumped = drift
        return False

    def believe(self) -> None:
        """The clock is right where it is now: go on from here."""
        log.warning("the computer's clock jumped by %s, and several servers say that it is right now", self.jumped)
        self._at, self._since, self.jumped = self._now(), self._steady(), timedelta(0)


class Leaps:
    """Notices when the clock is set by enough to matter to a timer."""

    LEAST: Final = 2.0
    """Seconds."""

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float] = steady) -> None:
        self._now, self._steady = now, steady
        self._at, self._since = now(), steady()

    def seen(self) -> bool:
        """Whether the clock was set since the last look."""
        at, since = self._now(), self._steady()
        ahead = (at - self._at).total_seconds() - (since - self._since)
        self._at, self._since = at, since
        return abs(ahead) > self.LEAST

"""What the dispatcher's turns say of it: whether it goes, stumbles or is stuck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from commsched.store.session import damaged

STUMBLES: Final = 3
"""From this many failed turns in a row on, the trouble is reported."""
STUCK: Final = 60.0
"""Seconds that one turn may take. A turn waits for no call over a network: those are made by other threads."""


class Pulse:
    """The dispatcher's thread notes its turns here, and the heartbeat's thread reads them every :data:`TICK` seconds.
    Only time in which both threads ran counts as being stuck: a suspended process is not stuck.
    """

    TICK: Final = 0.5

    def __init__(self, every: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady, self._every = steady, every
        self._lived, self._felt = 0.0, steady()
        self._turned, self._at = 0.0, steady()
        self._stumbles = 0
        self._damaged = False
        self._beaten: float | None = None
        self._said = ""
        self.changed = False
        """Whether the last beat differed from the one before."""

    def turned(self) -> None:
        """A whole turn was taken."""
        self._turned, self._at = self._lived, self._steady()
        self._stumbles, self._damaged = 0, False

    def stumbled(self, error: BaseException) -> None:
        """A turn ended in an error."""
        self._stumbles += 1
        self._damaged = damaged(error)

    def stands(self, known: str = "") -> tuple[str, float]:
        """The trouble, as a code of ``services.kernel.heartbeats.TROUBLES`` (``known`` is one that the dispatcher knows
        itself), and how many seconds ago the last whole turn was taken."""
        ago = self._steady() - self._at
        if known:
            return known, ago
        if self._stumbles >= STUMBLES:
            return ("damaged" if self._damaged else "stumbles"), ago
        return ("stuck" if self._lived - self._turned > STUCK else ""), ago

    def due(self, known: str = "") -> bool:
        """Feel the pulse. Whether it is time to beat: every so often, and at once when something has changed."""
        felt = self._steady()
        self._lived += min(felt - self._felt, 2 * self.TICK)
        self._felt = felt
        trouble = self.stands(known)[0]
        if self._beaten is not None and trouble == self._said and self._lived - self._beaten < self._every:
            return False
        self.changed, self._said, self._beaten = trouble != self._said, trouble, self._lived
        return True

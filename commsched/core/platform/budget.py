"""How much a network lets one account ask for, as its own answers say, and what follows from it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

LONGEST: Final = timedelta(hours=24)
"""No network is believed that it takes nothing for longer: whoever says so has counted wrong."""
SETTLED: Final = timedelta(minutes=1)
"""How long what was heard last stays in memory only, so that not every call is written down."""


class Budget(msgspec.Struct, frozen=True):
    """One allowance of an account. ``remaining`` calls, or other units, of ``limit`` until ``resets_at`` (UTC)."""

    name: str
    """What it is of, by the network's own name: ``posts``, ``calls``, ``uploads``. One called ``reads`` stops no
    publishing when it is used up."""
    limit: int
    remaining: int
    resets_at: datetime | None = None
    """``None``: nobody says when there is more."""

    def spent_until(self, now: datetime, heard: datetime | None = None) -> datetime | None:
        """Until when nothing more is to be asked for; ``None`` where there is something left, or nobody knows. It is
        believed for so long from when it was ``heard``: what is not said again ends."""
        if self.remaining > 0 or self.name == "reads" or self.resets_at is None:
            return None
        until = min(self.resets_at, (heard or now) + LONGEST)
        return until if until > now else None


class Heard(msgspec.Struct, frozen=True):
    """A budget and when it was said."""

    budget: Budget
    at: datetime


class Ledger:
    """What the networks said of late, for every channel. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[int, dict[str, Heard]] = {}
        self._written: dict[tuple[int, str], Heard] = {}

    def hear(self, channel: int, budgets: Iterable[Budget], now: datetime) -> None:
        """Remember what an answer to ``channel`` said."""
        with self._lock:
            known = self._heard.setdefault(channel, {})
            known.update({budget.name: Heard(budget, now) for budget in budgets})

    def spent_until(self, channel: int, now: datetime) -> datetime | None:
        """Until when the channel must wait, by the allowance that lasts longest of those that are used up."""
        with self._lock:
            heard = list(self._heard.get(channel, {}).values())
        moments = (each.budget.spent_until(now, each.at) for each in heard)
        return max((moment for moment in moments if moment is not None), default=None)

    def to_write(self, channel: int, now: datetime) -> list[Heard]:
        """What is to be written down now: what is new, or just used up, and each no oftener than :data:`SETTLED`."""
        with self._lock:
            fresh = [
                each
                for name, each in self._heard.get(channel, {}).items()
                if _is_news(each, self._written.get((channel, name)), now)
            ]
            self._written |= {(channel, each.budget.name): each for each in fresh}
        return fresh


def _is_news(heard: Heard, written: Heard | None, now: datetime) -> bool:
    if written is None:
        return True
    if heard.at <= written.at:
        return False
    used_up = heard.budget.remaining <= 0 < written.budget.remaining
    return used_up or now - written.at >= SETTLED

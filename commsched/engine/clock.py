"""APScheduler used as a clock: one wake-up at the next due time, and the repeated chores.

It follows the computer's clock, and people can set that. An interval trigger of APScheduler computes each run from the
one before: after a leap of five years it lists every missed run, a gigabyte of them. So the next time is computed from
now instead. After a leap backwards nothing would run for as long as the leap was, so :meth:`Ticker.leapt` reschedules
every job.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

SOON = timedelta(seconds=0.2)
_NEXT = "next"
_OPTIONS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class After(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A trigger that fires a number of seconds after now, so that it never yields a past time."""

    def __init__(self, seconds: float) -> None:
        self.pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.pause


class Ticker:
    """Calls the registered functions in its own threads, from :meth:`start` until :meth:`stop`."""

    def __init__(self, threads: int = 6) -> None:
        workers = {"default": ThreadPoolExecutor(threads)}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_OPTIONS, executors=workers, daemon=True)
        self._repeated: list[str] = []

    def every(self, seconds: float, name: str, work: Callable[..., object], *arguments: object) -> None:
        """Do ``work`` soon, and again ``seconds`` after each start of it; two runs never overlap."""
        self._scheduler.add_job(work, After(seconds), arguments, id=name, next_run_time=datetime.now(UTC) + SOON)
        self._repeated.append(name)

    def at(self, moment: datetime, work: Callable[[], object]) -> None:
        """Do ``work`` at ``moment``. This replaces the moment that was set before."""
        self._scheduler.add_job(work, "date", run_date=moment, id=_NEXT, replace_existing=True)

    def leapt(self) -> None:
        """The computer's clock was set: run every repeated job soon and compute its next times from there."""
        for name in self._repeated:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC) + SOON)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs, and wait until the running ones and their threads have ended."""
        self._scheduler.shutdown(wait=True)

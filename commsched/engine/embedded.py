"""The engine inside one process: a courier thread, and APScheduler as the clock that wakes it."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from commsched.engine.lock import EngineLock
from commsched.flow import chores, notify
from commsched.flow.context import Office
from commsched.flow.deliver.courier import Courier
from commsched.flow.deliver.recover import recover

log = logging.getLogger("commsched.engine")

HANDS = 32
"""Calls in flight at once, over all channels."""
SAFETY = 5.0
"""Seconds between looks at the store that need no wake-up: another process may have queued something."""
BEAT = 10.0
"""Seconds between heartbeats."""


class Engine:
    """Publishes alone. ``start`` returns at once; the engine works as soon as it holds the office's lock."""

    def __init__(self, office: Office, *, hands: int = HANDS) -> None:
        self.office = office
        self.name = f"engine-{uuid.uuid4().hex[:8]}"
        self.lock = EngineLock(office.home)
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix="commsched-hand")
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="commsched-courier", daemon=True)
        self._scheduler: Any = None
        self._courier: Courier | None = None
        self._armed: datetime | None = None

    def start(self) -> None:
        """Begin. Where another process is this office's engine, wait in line for its lock."""
        self.office.wake = self._wake.set
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Let calls in flight end and their outcomes be recorded, then give the lock back."""
        self._stop.set()
        if self._courier is not None:
            self._courier.stopping = True
        self._wake.set()
        self._thread.join(timeout)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.lock.release()

    def run_forever(self) -> None:
        """For a process that is nothing but the engine."""
        self.start()
        self._stop.wait()

    @property
    def working(self) -> bool:
        """Whether this process is the office's engine right now."""
        return self._courier is not None and self._thread.is_alive()

    # -- the thread ---------------------------------------------------------------------------------

    def _main(self) -> None:
        while not self._stop.is_set() and not self.lock.take():
            self._stop.wait(1.0)
        self._start_clock()
        while not self._stop.is_set():
            try:
                self._work()
            except Exception:
                # a bug or a dead database: whatever was in flight is found again as unknown, and read back
                log.exception("the courier stumbled; starting it again")
                self._stop.wait(2.0)
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    def _work(self) -> None:
        recover(self.office)
        self._courier = Courier(self.office, hands=self._pool, worker=self.name)
        while not self._stop.is_set():
            self._wake.clear()
            self._courier.run()
            self._arm(self._courier.next_due())
            self._wake.wait(SAFETY)

    def _start_clock(self) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor as Workers
        from apscheduler.schedulers.background import BackgroundScheduler

        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults=defaults, executors={"default": Workers(4)}, daemon=True
        )
        for seconds, work in ((BEAT, self._beat), (5.0, self._notices), (30.0, self._chores)):
            self._every(seconds, work)
        self._scheduler.start()

    def _every(self, seconds: float, work: Callable[[], object]) -> None:
        soon = datetime.now(UTC) + timedelta(seconds=0.2)
        self._scheduler.add_job(work, "interval", seconds=seconds, next_run_time=soon, id=work.__name__)

    def _arm(self, due: datetime | None) -> None:
        """Set the one wake-up to the next due time."""
        if due is None or due == self._armed:
            return
        self._armed = due
        self._scheduler.add_job(self._ring, "date", run_date=due, id="next", replace_existing=True)

    def _ring(self) -> None:
        self._armed = None
        self._wake.set()

    def _beat(self) -> None:
        chores.beat(self.office, self.name)

    def _notices(self) -> None:
        notify.send_due(self.office)

    def _chores(self) -> None:
        chores.run(self.office)

"""The engine inside one process: a courier thread, and APScheduler as the clock that wakes it."""

from __future__ import annotations

import gc
import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from commsched.engine.guard import ClockGuard
from commsched.engine.lock import EngineLock
from commsched.flow import chores, notify
from commsched.flow.context import Office
from commsched.flow.deliver.courier import Courier
from commsched.flow.deliver.recover import recover
from commsched.store.session import busy

log = logging.getLogger("commsched.engine")

HANDS = 32
"""Calls in flight at once, over all channels."""
SAFETY = 5.0
"""Seconds between looks at the store that need no wake-up: another process may have queued something."""
STUMBLE = 2.0
"""Seconds to wait after the courier met something it could not deal with."""
BEAT = 10.0
"""Seconds between heartbeats."""


def collect_rarely() -> None:
    """Let Python look for cycles after 50,000 new objects, not 700: a batch of deliveries makes thousands that live
    for a moment and form none, and looking at them over and over cost a fifth of the courier's time."""
    gc.set_threshold(50_000, 20, 100)


def told(error: Exception, sentence: str, *facts: object) -> None:
    """Log what went wrong: a database that is busy for a while in one line, anything else with where it happened."""
    if busy(error):
        log.warning(f"the database is locked: {sentence}", *facts)
    else:
        log.error(sentence, *facts, exc_info=error)


def _patient(work: Callable[[], object]) -> None:
    """Do the work; where that cannot be done just now, say so and leave it to the next time."""
    try:
        work()
    except Exception as error:
        told(error, "%s could not be done; it is tried again", work.__name__.strip("_"))


class Engine:
    """Publishes alone. ``start`` returns at once; the engine works as soon as it holds the office's lock."""

    def __init__(self, office: Office, *, hands: int = HANDS) -> None:
        self.office = office
        self.name = f"engine-{uuid.uuid4().hex[:8]}"
        self.lock = EngineLock(office.home)
        self._width = hands
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix="commsched-hand")
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="commsched-courier", daemon=True)
        self._scheduler: Any = None
        self._courier: Courier | None = None
        self._armed: datetime | None = None
        self.trouble = ""
        """Why nothing is sent although it could be: ``clock`` after a jump, ``lock`` where another is the engine."""

    def start(self) -> None:
        """Begin. Where another process is this office's engine, wait in line for its lock."""
        collect_rarely()
        self.office.wake = self._wake.set
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Let calls in flight end and their outcomes be recorded, then give the lock back."""
        self._stop.set()
        if self._courier is not None:
            self._courier.stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._pool.shutdown(wait=False)
        if self._thread.is_alive():
            log.error("a call is still under way; the lock stays with this process until it ends")
            return
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
        if not self._take_lock():
            return
        courier = Courier(self.office, hands=self._pool, width=self._width, worker=self.name)
        self._courier = courier
        self._guard = ClockGuard(self.office.now)
        self._start_clock()
        while not self._stop.is_set() or courier.busy:
            try:
                self._work(courier)
            except Exception as error:
                # A bug or a dead database. The courier is kept, with the calls it has under way: to call those lost
                # and read them back while they may still arrive would be how something goes out twice.
                told(error, "the courier stumbled; it goes on")
                self._stop.wait(STUMBLE)
        self._scheduler.shutdown(wait=False)

    def _take_lock(self) -> bool:
        """Wait in line for the office's lock; False where we were stopped meanwhile."""
        while not self._stop.is_set():
            try:
                if self.lock.take():
                    return True
            except OSError:
                log.exception("the engine's lock cannot be opened")
            self._stop.wait(1.0)
        return False

    def _work(self, courier: Courier) -> None:
        recover(self.office, besides=courier.busy)
        while True:
            self._wake.clear()
            courier.stopping = self._stop.is_set() or not self._may_send(courier)
            courier.run()
            if self._stop.is_set():
                return
            self._arm(courier.next_due() if self.trouble == "" else None)
            self._wake.wait(SAFETY)

    def _may_send(self, courier: Courier) -> bool:
        """Whether the lock is still the one everybody takes and the clock can be believed."""
        if not self.lock.held():
            self.lock.release()
            if not self.lock.take():
                self.trouble = "lock"
                log.error("engine.lock was removed and another process is the engine now; nothing is sent here")
                return False
            recover(self.office, besides=courier.busy)
        self.trouble = "" if self._guard.trusted() else "clock"
        return not self.trouble

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
        self._scheduler.add_job(_patient, "interval", (work,), seconds=seconds, next_run_time=soon, id=work.__name__)

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
        chores.beat(self.office, self.name, self.trouble)

    def _notices(self) -> None:
        notify.send_due(self.office)

    def _chores(self) -> None:
        chores.run(self.office)

"""The engine inside one process: a dispatcher thread, APScheduler as the clock that wakes it, and a pulse that vouches
for the dispatcher by its own turns."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from commsched.engine.clock_guard import ClockGuard, Leaps
from commsched.engine.lock import EngineLock
from commsched.engine.pulse import Pulse
from commsched.services.contacts import imports
from commsched.services.deliver.claims import new_owner
from commsched.services.deliver.dispatcher import PATIENCE, Dispatcher
from commsched.services.deliver.recovery import recover
from commsched.services.followup import rounds
from commsched.services.inbox import rounds as inbox
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.services.media import video_forms
from commsched.services.notices import outbox, push
from commsched.services.ops import chores, server_time
from commsched.services.ops.wake_pipe import Bell, ring
from commsched.services.ops.watchdog import Watchdog
from commsched.services.subscriptions import questions
from commsched.services.upkeep import removals
from commsched.store.session import busy

if TYPE_CHECKING:
    from commsched.engine.clock import Ticker

log = logging.getLogger("commsched.engine")

HANDS = 32
"""Calls in flight at once, over all channels."""
SAFETY = 5.0
"""Seconds between looks at the store that need no wake-up: another process may have queued something."""
STUMBLE = 2.0
"""Seconds to wait after the dispatcher met something it could not deal with."""
BEAT = 10.0
"""Seconds between heartbeats."""
LOOK = 30.0
"""Seconds between looks at how everything goes, and, while the clock is in doubt, between questions about it."""
BREATH = timedelta(seconds=0.5)
"""The shortest wait after a turn that left something due, in seconds, so that the dispatcher never spins."""


def collect_rarely() -> None:
    """Let Python look for cycles after 50,000 new objects, not 700: a batch of deliveries makes thousands that live
    for a moment and form none, and looking at them over and over cost a fifth of the dispatcher's time."""
    gc.set_threshold(50_000, 20, 100)


def log_failure(error: Exception, sentence: str, *facts: object) -> None:
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
        log_failure(error, "%s could not be done; it is tried again", work.__name__.strip("_"))


class Engine:
    """Publishes alone. ``start`` returns at once; the engine works as soon as it holds the office's lock."""

    def __init__(self, installation: Installation, *, hands: int = HANDS) -> None:
        self.installation = installation
        self.name = new_owner("engine")
        self.lock = EngineLock(installation.home)
        self._width = hands
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix="commsched-hand")
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="commsched-courier", daemon=True)
        self._dispatcher: Dispatcher | None = None
        self._armed: datetime | None = None
        self._watch = Watchdog(installation, "clock")
        self._pulse = Pulse(BEAT)
        self._learns = "base_url" not in installation.settings
        self.trouble = ""
        """Why nothing is sent although it could be: ``clock`` after a jump, ``lock`` where another is the engine."""

    def start(self) -> None:
        """Begin. Where another process is this office's engine, wait in line for its lock."""
        collect_rarely()
        self.installation.wake = self._wake.set
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Wait until calls in flight have ended and are recorded and running chores are done; then release the lock.
        After that the engine has no thread and no connection. Where this takes longer than ``timeout`` seconds it logs
        that and keeps the lock; it may be called again."""
        self._stop.set()
        if self._dispatcher is not None:
            self._dispatcher.stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        if self._thread.is_alive():
            log.error("a call or a chore is still under way; the lock stays with this process until it ends")
            return
        self.lock.release()

    @property
    def alive(self) -> bool:
        """Whether the dispatcher's thread has begun and not ended."""
        return self._thread.is_alive()

    @property
    def working(self) -> bool:
        """Whether this process is the office's engine right now."""
        return self._dispatcher is not None and self._thread.is_alive()

    # -- the dispatcher's thread -----------------------------------------------------------------------

    def _main(self) -> None:
        if not self._take_lock():
            return
        self._learn_address()
        dispatcher = Dispatcher(self.installation, hands=self._pool, width=self._width, owner=self.name)
        self._dispatcher = dispatcher
        self._pulse = Pulse(BEAT)
        self._guard = ClockGuard(self.installation.now)
        self._bell = Bell(self.installation.home)
        self._clock = self._make_clock()
        self._clock.start()
        helpers = [self._help(self._listen), self._help(self._feel)]
        self._go_on(dispatcher)
        self._end(helpers)

    def _go_on(self, dispatcher: Dispatcher) -> None:
        """Work until :meth:`stop` is called and nothing is under way any more."""
        while not self._stop.is_set() or dispatcher.busy:
            try:
                self._work(dispatcher)
            except Exception as error:
                # A bug or a dead database. The dispatcher is kept, with the calls it has under way: to call those lost
                # and read them back while they may still arrive would be how something goes out twice.
                self._pulse.stumbled(error)
                log_failure(error, "the dispatcher stumbled; it goes on")
                self._stop.wait(STUMBLE)

    @staticmethod
    def _help(work: Callable[[], None]) -> threading.Thread:
        helper = threading.Thread(target=work, name=f"commsched-{work.__name__.strip('_')}", daemon=True)
        helper.start()
        return helper

    def _end(self, helpers: list[threading.Thread]) -> None:
        """Wait until all of this engine's threads have ended. The clock stops last, because the others set it."""
        ring(self.installation.home)  # the listening thread need not wait until another process rings
        for helper in helpers:
            helper.join()
        video_forms.stop()
        self._clock.stop()
        self._pool.shutdown()
        if self._dispatcher is not None:
            self._dispatcher.release()

    def _take_lock(self) -> bool:
        """Wait for the office's lock; False if the engine was stopped while it waited."""
        while not self._stop.is_set():
            try:
                if self.lock.take():
                    return True
            except OSError:
                log.exception("the engine's lock cannot be opened")
            self._stop.wait(1.0)
        return False

    def _work(self, dispatcher: Dispatcher) -> None:
        self._recover(dispatcher)
        while True:
            self._wake.clear()
            self._drain(dispatcher)
            if self._stop.is_set():
                return
            self._arm(dispatcher.next_due() if self.trouble == "" else None)
            self._wake.wait(SAFETY)

    def _recover(self, dispatcher: Dispatcher) -> None:
        """Whoever holds the lock is the only one of this office: what any other owner left is taken over at once."""
        recover(self.installation, owner=self.name, besides=dispatcher.attempts, alone=True)

    def _drain(self, dispatcher: Dispatcher) -> None:
        """Take turns until nothing is due and nothing in flight. Each turn first asks whether anything may be sent, and
        the heartbeat reports when the last turn ended."""
        while True:
            dispatcher.stopping = self._stop.is_set() or not self._may_send(dispatcher)
            calls = dispatcher.step(PATIENCE)
            if not self.trouble and not dispatcher.refused:
                self._pulse.turned()
            if calls is None and not dispatcher.busy:
                return

    def _may_send(self, dispatcher: Dispatcher) -> bool:
        """Whether the lock is still the one everybody takes and the clock can be believed."""
        if not self.lock.held():
            self.lock.release()
            if not self.lock.take():
                self.trouble = "lock"
                log.error("engine.lock was removed and another process is the engine now; nothing is sent here")
                return False
            self._recover(dispatcher)
        self.trouble = "" if self._trusted() else "clock"
        return not self.trouble

    def _trusted(self) -> bool:
        """Whether the clock can be believed: it goes as the steady one does, or several servers say it is right."""
        before = self._guard.jumped
        if self._guard.trusted():
            if before:
                self.installation.skew.forget()
            return True
        if abs(self._guard.jumped - before) > timedelta(minutes=1):
            self.installation.skew.forget()  # the answers so far were compared with the clock before it was set
        if not self.installation.skew.agrees(self.installation.now()):
            return False
        self._guard.believe()
        return True

    def _arm(self, due: datetime | None) -> None:
        """Set the one wake-up to the next due time."""
        if due is None:
            return
        now = self.installation.now()
        if due <= now:  # the turn left it due: it is looked at again, but without spinning
            due = now + BREATH
        if self._armed is None or due != self._armed:
            self._armed = due
            self._clock.at(due, self._ring)

    def _ring(self) -> None:
        self._armed = None
        self._wake.set()

    # -- beside it ----------------------------------------------------------------------------------

    def _make_clock(self) -> Ticker:
        from commsched.engine.clock import Ticker

        ticker = Ticker()
        often = (
            (5.0, self._notices),
            (5.0, self._removals),
            (2.0, self._imports),
            (10.0, self._videos),
            (20.0, self._ask_networks),
            (5.0, self._answers),
            (20.0, self._mailboxes),
            (30.0, self._chores),
            (LOOK, self._ask_the_time),
        )
        for seconds, work in often:
            ticker.every(seconds, work.__name__, _patient, work)
        return ticker

    def _listen(self) -> None:
        """Other processes wake us too."""
        while self._bell.there and not self._stop.is_set():
            if self._bell.wait(1.0):
                self._wake.set()
        self._bell.close()

    def _feel(self) -> None:
        """Goes by the steady clock and by nothing else, so that it notices what happens to the other."""
        leaps, pause = Leaps(self.installation.now), 0.0
        while not self._stop.wait(self._pulse.TICK):
            if leaps.seen():
                self._clock.leapt()
                self._wake.set()
            if self._pulse.due(self.trouble):
                _patient(self._beat)
                pause = 0.0 if self._pulse.changed else pause
            pause -= self._pulse.TICK
            if pause <= 0:
                pause = LOOK
                _patient(self._look)

    def _beat(self) -> None:
        trouble, ago = self._pulse.stands(self.trouble)
        heartbeats.beat(self.installation, self.name, trouble, ago)
        self._learn_address()

    def _learn_address(self) -> None:
        """Without a ``base_url`` in the settings, the office's address is the one that the pages listen on."""
        if not self._learns:
            return
        try:
            address = heartbeats.address(self.installation)
        except Exception as error:
            log_failure(error, "the pages' address cannot be read")
            return
        if address:
            self.installation.settings["base_url"] = address

    def _look(self) -> None:
        self._watch.look()

    def _notices(self) -> None:
        push.send_due(self.installation)
        outbox.send_due(self.installation)
        questions.send_due(self.installation)

    def _removals(self) -> None:
        removals.take_down_due(self.installation)

    def _imports(self) -> None:
        imports.run(self.installation, lambda: not self._stop.is_set())

    def _videos(self) -> None:
        while not self._stop.is_set() and video_forms.make_next(self.installation):
            pass

    def _ask_networks(self) -> None:
        rounds.go_round(self.installation)

    def _answers(self) -> None:
        inbox.send_due(self.installation)

    def _mailboxes(self) -> None:
        inbox.read_due(self.installation)

    def _chores(self) -> None:
        chores.run(self.installation)

    def _ask_the_time(self) -> None:
        if self.trouble == "clock":
            server_time.ask(self.installation)
            self._wake.set()

"""The engine in a process of its own, so that no request to the pages, however hostile, delays publishing. The first
one is forked from a process that has loaded what both need and has no threads yet, so most of its memory is shared. An
engine that has died is replaced by a fresh process. It ends with the pages: it reads from a pipe that they hold open,
and the kernel signals their death too.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from commsched.engine.embedded import Engine
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation

log = logging.getLogger("commsched.engine")

PAUSES: Final = (0.5, 2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds before the next start, after the first death lately, the second, and so on."""
LATELY: Final = 600.0
"""Seconds for which a death counts."""
MANY: Final = 3
"""From this many deaths in a short time on, the trouble is reported."""
PATIENCE: Final = 45.0
"""Seconds that ending may take: calls under way are let end. Then it is killed, and what it had under way is read back
at the next start."""
_DEATH_SIGNAL: Final = 1
"""``PR_SET_PDEATHSIG`` of prctl(2)."""
_ARENAS: Final = -8
"""``M_ARENA_MAX`` of mallopt(3)."""


def run(installation: Installation, parent: int | None = None) -> int:
    """Run the engine until SIGTERM, or until the other end of the pipe ``parent`` is closed. Returns the exit code: 1
    where the engine ended by itself."""
    stopping = StopSignal()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN if parent is not None else lambda *_: stopping.set())
    if parent is not None:
        _end_with_parent(parent, stopping.set)
    engine = Engine(installation)
    engine.start()
    while not stopping.wait(1.0):
        if not engine.alive:
            log.error("the engine ended by itself")
            return 1
    engine.stop(PATIENCE - 5)
    installation.store.close()
    return 0


class StopSignal:
    """What :class:`threading.Event` is, for a signal handler too. A handler runs in the thread that waits, perhaps
    while that thread holds the event's own lock, and then would wait for it for ever; a pipe has no lock."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def set(self) -> None:
        """From any thread, and from a signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: it has been set many times
            os.write(self._write, b".")

    def wait(self, seconds: float) -> bool:
        """Whether it is set; returns at the latest after ``seconds``. What is set stays set."""
        readable, _, _ = select.select([self._read], [], [], seconds)
        return bool(readable)


def _end_with_parent(parent: int, end: Callable[[], None]) -> None:
    def read() -> None:
        with contextlib.suppress(OSError):
            os.read(parent, 1)
        end()

    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
    threading.Thread(target=read, name="commsched-parent", daemon=True).start()


class Keeper:
    """Starts the engine's process, restarts it when it dies, and ends it. Runs in the pages' process."""

    def __init__(self, installation: Installation, command: list[str]) -> None:
        """``command`` starts an engine; ``--parent FD`` is added to it."""
        self.installation, self._command = installation, command
        self._deaths: deque[float] = deque()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._wait: Callable[[], int] = lambda: 0
        self._pipe = -1
        self.pid = 0
        self._thread = threading.Thread(target=self._keep, name="commsched-keeper", daemon=True)

    def fork(self, leave: Callable[[], None] = lambda: None) -> None:
        """Fork the first engine. The process must have no threads and no database connection yet; ``leave`` closes in
        the child what belongs to the parent only. Objects made so far are excluded from garbage collection, since both
        processes share them."""
        read, self._pipe = os.pipe()
        _make_lean()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            leave()
            _be_the_child(self.installation, read)
        os.close(read)
        pid = self.pid
        self._wait = lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def start(self) -> None:
        """Keep it alive from now on."""
        self._thread.start()

    def stop(self, timeout: float = PATIENCE) -> None:
        """End it, letting calls under way end, and wait until it is gone."""
        with self._lock:
            self._stopping.set()
            if self._pipe >= 0:
                os.close(self._pipe)
                self._pipe = -1
        self._thread.join(timeout)
        if self._thread.is_alive():
            log.error("the engine's process does not end; it is killed, and what it had under way is read back later")
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._thread.join(5)

    def _keep(self) -> None:
        while True:
            code = self._wait()
            if self._stopping.is_set():
                return
            pause = self._died()
            log.error("the engine's process ended (%s); it is started again in %s s", _how(code), pause)
            if self._stopping.wait(pause):
                return
            while not self._begin():
                if self._stopping.wait(PAUSES[-1]):
                    return
            if self._stopping.is_set():
                return

    def _died(self) -> float:
        """Write the death down; returns how long to wait before the next start."""
        now = time.monotonic()
        self._deaths.append(now)
        while now - self._deaths[0] > LATELY:
            self._deaths.popleft()
        if len(self._deaths) >= MANY:
            try:
                heartbeats.write_beat(self.installation, heartbeats.KEEPER, "dies")
            except Exception:
                log.exception("that the engine dies again and again cannot be written down")
        return PAUSES[min(len(self._deaths), len(PAUSES)) - 1]

    def _begin(self) -> bool:
        """Start a fresh process. Whether that could be done, or need not be."""
        with self._lock:
            if self._stopping.is_set():
                return True
            read, pipe = os.pipe()
            try:
                process = subprocess.Popen([*self._command, "--parent", str(read)], pass_fds=(read,))  # noqa: S603
            except OSError:
                log.exception("the engine's process cannot be started; it is tried again")
                os.close(pipe)
                return False
            finally:
                os.close(read)
            if self._pipe >= 0:
                os.close(self._pipe)
            self._pipe, self.pid, self._wait = pipe, process.pid, process.wait
            return True


def _make_lean() -> None:
    """Load what both processes come to use, so that they share it, and keep one heap instead of one a thread."""
    import babel.dates  # noqa: F401
    import jinja2  # noqa: F401
    import markdown_it  # noqa: F401
    from sqlalchemy.orm import configure_mappers

    from commsched.core.text import catalogues, languages
    from commsched.services.channels import connect  # noqa: F401
    from commsched.services.content import check  # noqa: F401
    from commsched.services.deliver import recovery  # noqa: F401
    from commsched.services.ops import watchdog  # noqa: F401

    # otherwise each process does these for itself, when it first asks the store or says something
    configure_mappers()
    catalogues.catalogue(languages.DEFAULT)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 1)
    gc.collect()
    gc.freeze()


def _be_the_child(installation: Installation, parent: int) -> None:
    """Never returns."""
    code = 1
    try:
        code = run(installation, parent)
    except BaseException:
        log.exception("the engine's process ends")
    finally:
        logging.shutdown()
        os._exit(code)


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"

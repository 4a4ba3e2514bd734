"""Keeps one or two warm workers for pictures, and kills the one that does not answer in time."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from commsched.core.text.json_values import JsonObject
from commsched.images.intake import errors
from commsched.images.intake.worker import LENGTHS

TIMEOUT = 25.0
"""Seconds a job may take by the clock on the wall, waiting for the machine included."""
PATIENCE = 2.0
"""Seconds that a stranger's file waits for another one of the same office. Whoever waits holds one of the server's few
threads, which the pages need too."""
_BROKE = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE)
JOBS_PER_WORKER = 200
"""Then a new one takes over, so that a leak in a decoder never adds up."""
_MAX_ANSWER = 512 * 2**20

_ROOT = str(Path(__file__).resolve().parents[3])
START = "import sys; sys.path.insert(0, sys.argv[1]); from commsched.images.intake.worker import main; main()"
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "VIRTUAL_ENV")


class Gone(Exception):
    """The worker ended before it answered."""


class Rested(Gone):
    """The worker had ended after being idle, so its missing answer says nothing about the picture."""


class _Worker:
    def __init__(self, start: str) -> None:
        # No secret of the office is in its environment, and nothing of ours but the pipes is open in it.
        kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        self.process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own text)
            [sys.executable, "-I", "-c", start, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            close_fds=True,
        )
        self.jobs, self.broken = 0, False

    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, header: JsonObject, body: bytes) -> tuple[JsonObject, bytes]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        raw = json.dumps(header).encode()
        try:
            self.process.stdin.write(LENGTHS.pack(len(raw), len(body)) + raw)
            self.process.stdin.write(body)
            self.process.stdin.flush()
            sizes = LENGTHS.unpack(_exactly(self.process.stdout, LENGTHS.size))
            if sum(sizes) > _MAX_ANSWER:
                raise Gone
            facts = json.loads(_exactly(self.process.stdout, sizes[0]))
            return facts, _exactly(self.process.stdout, sizes[1])
        except (BrokenPipeError, ValueError, Gone) as error:
            self.broken = True
            raise Gone from error
        finally:
            self.jobs += 1

    def close(self) -> int:
        """End it; returns what it ended with, if it had ended by itself: minus the signal's number."""
        with contextlib.suppress(subprocess.TimeoutExpired):  # its pipes close a moment before it is gone
            self.process.wait(0.2 if self.broken else 0)
        ended = self.process.poll()
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()
        return -signal.SIGKILL if ended is None else ended


def _why(ended: int, late: bool) -> Exception:
    """What it says that a worker ended: it is asked no second time of a file that took too long or broke it."""
    if ended == 0 and not late:
        return Rested()
    return errors.Damaged() if -ended in _BROKE and not late else errors.TooHeavy()


def _exactly(source: IO[bytes], length: int) -> bytes:
    data = source.read(length)
    if len(data) < length:
        raise Gone
    return data


class Pool:
    """At most ``size`` workers, started when first needed. Safe to use from many threads."""

    def __init__(self, size: int = 2, timeout: float = TIMEOUT, start: str = "") -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._free = threading.Condition()
        self._at_work: list[int] = []
        self._size, self._start = size, start
        self.timeout = timeout
        _pools.add(self)

    def run(self, header: JsonObject, body: bytes = b"", owner: int = 0) -> tuple[JsonObject, bytes]:
        """Have a worker do ``header["job"]`` with ``body``. ``owner``: the office that the untrusted file is for. Each
        office gets one worker at a time, so that its uploads cannot block those of other offices.

        Raises :class:`errors.BadPicture`, and :class:`errors.PictureBusy` where another file of the office's takes its
        time.
        """
        with self._place(owner):
            warm = self._take_idle()
            if warm is not None:
                with contextlib.suppress(Rested):
                    return self._with(warm, header, body)
            return self._with(_Worker(self._start or START), header, body)

    @contextlib.contextmanager
    def _place(self, owner: int) -> Iterator[None]:
        with self._free:
            if not self._free.wait_for(lambda: self._may(owner), PATIENCE if owner else None):
                raise errors.PictureBusy()
            self._at_work.append(owner)
        try:
            yield
        finally:
            with self._free:
                self._at_work.remove(owner)
                self._free.notify_all()

    def _may(self, owner: int) -> bool:
        return len(self._at_work) < self._size and not (owner and owner in self._at_work)

    def _take_idle(self) -> _Worker | None:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                worker.close()
        return None

    def _with(self, worker: _Worker, header: JsonObject, body: bytes) -> tuple[JsonObject, bytes]:
        with self._deadline(worker) as late:
            try:
                facts, new = worker.ask(header, body)
            except Gone as error:
                raise _why(worker.close(), late.is_set()) from error
        if worker.jobs < JOBS_PER_WORKER and not late.is_set():
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()
        if "error" in facts:
            raise errors.BY_NAME.get(facts["error"], errors.BadPicture)(**facts["params"])
        return facts, new

    @contextlib.contextmanager
    def _deadline(self, worker: _Worker) -> Iterator[threading.Event]:
        late = threading.Event()

        def end() -> None:
            late.set()
            worker.process.kill()

        timer = threading.Timer(self.timeout, end)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the idle workers; those at work end with their job."""
        with self._lock:
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.close()

    def forget(self) -> None:
        """In a forked child: forget the parent's workers, since the child must not use their pipes."""
        self._idle, self._lock = [], threading.Lock()
        self._at_work, self._free = [], threading.Condition()


def _close_all() -> None:
    for workers in _pools:
        workers.close()


def _forget_all() -> None:
    for workers in _pools:
        workers.forget()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
shared = Pool()

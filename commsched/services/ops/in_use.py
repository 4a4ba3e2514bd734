"""Whether an office is in use: a lock that every process of the pages, the engine and the commands shares, and that a
restore holds exclusively. The kernel releases it as soon as its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from commsched.core.text.messages import N_, Conflict
from commsched.services.ops import replacing

FILE: Final = "office.lock"
PATIENCE: Final = 5.0
"""Seconds to wait for a restore that is just moving its files into place."""
_PAUSE: Final = 0.1


class InUse:
    """A lock on ``office.lock`` in the home."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE
        self._file: int | None = None

    def share(self) -> bool:
        """Take the shared lock; False while another process holds the exclusive one."""
        return self._take(fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Take the exclusive lock; False while any process has the office open."""
        return self._take(fcntl.LOCK_EX)

    def _take(self, kind: int) -> bool:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._give_to_owner(self._file)
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def _give_to_owner(self, file: int) -> None:
        """Give the lock file to the owner of the home: a command that root ran first must not keep the office itself
        out."""
        owner = self.path.parent.stat()
        if os.geteuid() == 0 and os.fstat(file).st_uid != owner.st_uid:
            os.fchown(file, owner.st_uid, owner.st_gid)

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> InUse:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.release()


def enter(home: Path, patience: float = PATIENCE) -> InUse:
    """Hold the office in ``home`` open, beside others, until the lock is released or the process ends.

    An interrupted replacement is completed first. Raises :class:`Conflict` while a restore is under way.
    """
    end = time.monotonic() + patience
    lock = InUse(home)
    while True:
        complete(home, patience)
        if lock.share():
            if not replacing.is_under_way(home):
                return lock
            lock.release()
        _wait(home, end)


def complete(home: Path, patience: float = PATIENCE) -> None:
    """Complete an interrupted replacement, if there is one, so that no process opens an office that is half replaced.
    Raises :class:`Conflict` where another process is replacing it and does not finish.
    """
    end = time.monotonic() + patience
    while replacing.is_under_way(home):
        with InUse(home) as lock:
            if lock.alone():
                replacing.finish(home)
                return
        _wait(home, end)


def _wait(home: Path, end: float) -> None:
    if time.monotonic() >= end:
        raise Conflict(
            N_("The office in %(home)s is being restored just now. Wait until that has ended."),
            "--home",
            home=str(home),
        )
    time.sleep(_PAUSE)

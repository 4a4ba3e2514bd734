"""The bell that wakes the engine, from any process: a named pipe in the home.

Whatever may bring a due time nearer rings it after its commit. It carries nothing but the ringing, and nothing depends
on it: where a file system knows no named pipes the engine looks by itself every few seconds.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import stat
from pathlib import Path

log = logging.getLogger("commsched.engine")

NAME = "wake.pipe"


def ring(home: Path) -> None:
    """Wake the engine of ``home``, if there is one. Costs some microseconds and never fails."""
    with contextlib.suppress(OSError):  # nothing listens, there is no pipe, or the pipe is full already
        pipe = os.open(home / NAME, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if stat.S_ISFIFO(os.fstat(pipe).st_mode):
                os.write(pipe, b"!")
        finally:
            os.close(pipe)


class Bell:
    """The engine's end of the pipe. Only the holder of the engine's lock opens it: of two readers, each would take the
    other's rings."""

    def __init__(self, home: Path) -> None:
        self._pipe: int | None = None
        try:
            self._pipe = self._open(home / NAME)
        except OSError as error:
            log.warning("%s cannot be made: what another process schedules is seen after seconds (%s)", NAME, error)

    @staticmethod
    def _open(path: Path) -> int:
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        # for writing too, so that it does not reach its end when a ringing process closes it
        pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
            os.close(pipe)
            raise OSError(errno.EEXIST, "something else lies there")
        return pipe

    def wait(self, seconds: float) -> bool:
        """Whether a process rang within ``seconds``. It returns at once if one rang earlier and that was not read
        yet."""
        if self._pipe is None:
            return False
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return False
        with contextlib.suppress(BlockingIOError):
            os.read(self._pipe, 4096)
        return True

    @property
    def there(self) -> bool:
        return self._pipe is not None

    def close(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

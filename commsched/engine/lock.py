"""One engine per office: a lock that the kernel releases as soon as its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType


class EngineLock:
    """An exclusive lock on ``engine.lock`` in the home. The kernel releases it at once when the process is killed. A
    suspended process (SIGSTOP) keeps it, so that no second engine sends while the first may still wake up and send too
    (assumption A3)."""

    def __init__(self, home: Path) -> None:
        self.path = home / "engine.lock"
        self._file: int | None = None

    def take(self) -> bool:
        """Try to become the engine of this office; False where another process is."""
        if self._file is not None:
            return True
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        if not self.held():  # somebody removed the file between our opening and locking it
            self.release()
            return False
        with contextlib.suppress(OSError):  # only to be read by people; a full disk must not stop the engine
            os.truncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
        return True

    def held(self) -> bool:
        """Whether the lock is ours and still the one others would have to take: its file may have been removed."""
        if self._file is None:
            return False
        try:
            mine, current = os.fstat(self._file), self.path.stat()
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (current.st_dev, current.st_ino)

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> EngineLock:
        self.take()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.release()

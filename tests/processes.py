"""Real processes of the program: started, heard, and ended for certain, whatever a test does with them.

What they say goes into files, so that none of them ever waits for a reader and no pipe is left open. One that does not
end in time, or whose test fails, tells what it said and where each of its Python threads stood.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar

T = TypeVar("T")
Text = TypeVar("Text", str, bytes)
PATIENCE = 120.0
"""Seconds that a process may take to say its first line, or to end: far more than a busy machine needs."""
_DUMP = 10.0
"""Seconds that a process that hangs may take to write down its stacks."""
_MOST = 20_000
"""Bytes of what a process said that a failure shows, the last ones."""


class Program:
    """A process of its own, with all that it starts in a session of its own."""

    def __init__(self, command: list[str], environment: Mapping[str, str], out: IO[bytes], errors: IO[bytes]) -> None:
        self._out, self._errors = out, errors
        self._process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
        )
        self.pid = self._process.pid

    @property
    def out(self) -> str:
        """What it has written to standard output until now."""
        return _content(self._out)

    @property
    def errors(self) -> str:
        """What it has written to standard error until now."""
        return _content(self._errors)

    @property
    def code(self) -> int | None:
        """What it ended with, or ``None`` while it runs; the negative number of a signal."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send it, and nothing that it started, a signal."""
        self._process.send_signal(number)

    def signal_all(self, number: int) -> None:
        """Send it and all that it started a signal, as a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for its end, and return what it ended with. Raises ``AssertionError``, with its stacks, where it does
        not end in time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {seconds:.0f} seconds") from None

    def first_line(self) -> str:
        """The first line that it writes; what there is of it where it ends before."""
        end = time.monotonic() + PATIENCE
        while "\n" not in self.out and self.code is None:
            assert time.monotonic() < end, f"it said nothing within {PATIENCE:.0f} seconds"
            time.sleep(0.02)
        return self.out.partition("\n")[0]

    def address(self) -> str:
        """The address that its first line tells; empty where it tells none."""
        found = re.search(r"http://\S+", self.first_line())
        return found.group() if found else ""

    def story(self) -> str:
        """What it has said and, where it runs, the stacks of its threads and of what it started. That ends it."""
        if self.code is None:
            resource.prlimit(self.pid, resource.RLIMIT_CORE, (0, 0))
            self.signal_all(signal.SIGABRT)  # faulthandler writes the stacks
            self.signal_all(signal.SIGCONT)  # also where somebody has stopped it
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DUMP)
        return f"the process said:\n{self.out[-_MOST:]}\n{self.errors[-_MOST:]}"

    def end(self) -> None:
        """End it and all that it started."""
        self.signal_all(signal.SIGKILL)
        self._process.wait(PATIENCE)


def _content(file: IO[bytes]) -> str:
    descriptor = file.fileno()  # read without moving the place at which the process writes
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")


@contextmanager
def program(home: Path, *arguments: str, command: tuple[str, ...] = ("-m", "commsched.cli")) -> Iterator[Program]:
    """Python with ``command`` and ``arguments`` in ``home``; when the test ends it is told to end as well.

    Where the test fails or it does not end, the error says what it said and where it stood. Raises ``AssertionError``
    where it said something with a traceback.
    """
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        "COMMSCHED_HOME": str(home),
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = Program([sys.executable, *command, *arguments], environment, out, errors)
        try:
            yield started
            if started.code is None:
                started.signal(signal.SIGTERM)
            started.wait()
        except Exception as error:
            error.add_note(started.story())
            raise
        finally:
            started.end()
        assert "Traceback" not in started.errors, started.errors


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[tuple[Program, str]]:
    """A real ``commsched`` process, and the address that it tells."""
    with program(home, *arguments) as started:
        yield started, started.address()


def until(true: Callable[[], T], seconds: float = 60) -> T:
    """What ``true`` returns as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := true():
            return result
        time.sleep(0.05)
    raise AssertionError(f"it never happened in {seconds:.0f} seconds")


@contextmanager
def ended(process: subprocess.Popen[Text]) -> Iterator[subprocess.Popen[Text]]:
    """A process that a test has started by itself: at the end it is killed where it still runs, its pipes closed."""
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()

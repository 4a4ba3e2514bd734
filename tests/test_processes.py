"""What the tests start is ended for certain, and one that hangs says where."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.processes import program, until

DEAF = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(child.pid, "x" * 200_000, flush=True)

def wait_for_godot():
    time.sleep(600)

wait_for_godot()
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def hang(home: Path, pids: list[int]) -> None:
    """A process and its child that do not listen, and a test that waits for a second."""
    with program(home, command=("-c", DEAF)) as process:
        pids += [process.pid, int(process.first_line().split()[0])]
        process.signal(signal.SIGTERM)
        process.wait(1)


def fail(home: Path) -> None:
    with program(home, command=("-c", "print('ready', flush=True); import time; time.sleep(600)")) as process:
        assert process.first_line() == "ready"
        raise ZeroDivisionError


def test_one_that_does_not_end_is_ended_with_its_children_and_says_where_it_stood(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(AssertionError, match="did not end within 1 second") as raised:
        hang(tmp_path, pids)
    assert "wait_for_godot" in "".join(raised.value.__notes__)
    until(lambda: not any(alive(pid) for pid in pids))


def test_one_whose_test_fails_shows_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        fail(tmp_path)
    assert "ready" in "".join(raised.value.__notes__)


def test_one_that_has_ended_is_left_alone(tmp_path: Path) -> None:
    with program(tmp_path, command=("-c", "import os; print(os.getpid())")) as process:
        assert process.wait() == 0
        assert int(process.out) == process.pid != os.getpid()

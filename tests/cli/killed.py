"""Restores over a home and kills itself with SIGKILL at every step of it, one step after another.

``python -m tests.cli.killed ARCHIVE HOME WHERE`` copies HOME to WHERE/1, WHERE/2, … and prints how many there are; the
last is the one in which nothing was killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from commsched.bootstrap import open_copy
from commsched.services.ops import after_restore

STEPS = (
    (os, "rename"),
    (os, "fsync"),
    (os, "unlink"),
    (os, "mkdir"),
    (after_restore.pause, "pause"),
    (after_restore, "recover"),
    (after_restore, "doubt"),
    (after_restore.carried, "carry"),
    (after_restore, "_fold"),
)


def die_at(step: int) -> None:
    """Be killed before the ``step``-th call of any of :data:`STEPS`."""
    left = [step]

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **more)

        return call

    for place, name in STEPS:
        setattr(place, name, deadly(getattr(place, name)))


def main(archive: Path, home: Path, where: Path) -> None:
    for step in count(1):
        copy = where / str(step)
        shutil.copytree(home, copy)
        pid = os.fork()
        if pid == 0:
            die_at(step)
            after_restore.bring_back(archive, copy, datetime.now(UTC), open_copy)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == 0:
            print(step)
            return
        assert code == -signal.SIGKILL, code


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""The engine's process is told to end, by a signal, by its parent's death, or by both at once."""

from __future__ import annotations

import subprocess
import sys

STORM = """
import signal
from commsched.engine.process import StopSignal

stop = StopSignal()
signal.signal(signal.SIGALRM, lambda *_: stop.set())
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0002)
for _ in range(50_000):
    stop.wait(0.01)
signal.setitimer(signal.ITIMER_REAL, 0)
print(stop.wait(0.0))
"""


def test_a_signal_in_the_middle_of_waiting_never_makes_the_engine_wait_for_ever() -> None:
    """With an event of ``threading`` the handler waits for the lock that its own thread holds, and never ends."""
    storm = subprocess.run([sys.executable, "-c", STORM], capture_output=True, text=True, timeout=300, check=True)
    assert storm.stdout.strip() == "True"

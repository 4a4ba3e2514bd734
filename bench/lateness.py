"""How late a delivery goes out when a million wait, and what finding the due costs at 10,000 and at 1,000,000.

    python -m bench.lateness [--future 1000000] [--posts 200]

The real engine runs in this process on SQLite, WAL, ``synchronous=FULL``; one delivery falls due every 50 ms.
Lateness is from its due time to the moment its attempt had been committed and the adapter was called.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.load import Noop, bare_office, fill
from commsched.core.delivery.outcome import Handles, Outcome
from commsched.core.platform.contract import ChannelContext, Part
from commsched.engine.embedded import Engine
from commsched.services.deliver import claims
from commsched.services.kernel.context import Installation

STEP = timedelta(milliseconds=50)


class Stamped(Noop):
    """Notes when it was called."""

    def __init__(self) -> None:
        self.called: dict[str, datetime] = {}

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        self.called[part.key.partition("-")[0]] = datetime.now(UTC)
        return super().publish(part, handles, context)


def find_due(offices: Sequence[Installation], rounds: int = 1000) -> list[float]:
    """Microseconds to learn that nothing is due, and when the next is: each office's median, asked in turn."""
    took: list[list[float]] = [[] for _ in offices]
    with ExitStack() as stack:
        connections = [stack.enter_context(installation.store.engine.connect()) for installation in offices]
        for _ in range(rounds):
            for connection, figures in zip(connections, took, strict=True):
                start = time.perf_counter()
                claims.due(connection, datetime.now(UTC), 20, 1000)
                claims.next_due(connection)
                figures.append((time.perf_counter() - start) * 1e6)
    return [statistics.median(figures) for figures in took]


def lateness(installation: Installation, platform: Stamped, posts: int) -> list[float]:
    """Milliseconds from due to call, for ``posts`` that fall due one by one."""
    engine = Engine(installation)
    engine.start()
    time.sleep(2)
    fill(installation, posts, 10, "noop", datetime.now(UTC) + timedelta(seconds=3), STEP)
    installation.wake()
    time.sleep(3 + posts * STEP.total_seconds() + 3)
    engine.stop()
    with installation.store.engine.connect() as connection:
        due = connection.exec_driver_sql("SELECT uid, due_at FROM delivery WHERE state = 'published'").all()
    found = []
    for uid, micros in due:
        at = datetime.fromtimestamp(micros / 1e6, UTC)
        found.append((platform.called[uid] - at).total_seconds() * 1000)
    assert len(found) == posts, f"{len(found)} of {posts} went out"
    assert min(found) >= 0, "something went out before its time"
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--future", type=int, default=1_000_000)
    parser.add_argument("--posts", type=int, default=200)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        platform = Stamped()
        installation, little = (bare_office(folder / name, {"noop": platform}) for name in ("large", "small"))
        far = datetime.now(UTC) + timedelta(days=30)
        fill(little, 10_000, 100, "noop", far, timedelta(seconds=1))
        fill(installation, given.future, 100, "noop", far, timedelta(seconds=1))
        small, large = find_due([little, installation])
        late = lateness(installation, platform, given.posts)
        p50, p99 = late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]
        grown = f"{large:.0f} µs at {given.future:,} ({large / small:.2f} times)"
        print(f"finding what is due: {small:.0f} µs at 10,000, {grown}")
        print(f"lateness with {given.future:,} waiting: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {late[-1]:.1f} ms")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

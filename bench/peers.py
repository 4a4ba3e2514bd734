"""The peers' side of the dispatch measurement: one UPDATE and one durable commit per delivery, nothing more.

Run by ``bench.dispatch`` in processes of their own; the database file comes in ``BENCH_DB``, Redis in ``BENCH_REDIS``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time

_local = threading.local()


def connection() -> sqlite3.Connection:
    """This thread's connection: WAL and FULL, as ours."""
    made: sqlite3.Connection | None = getattr(_local, "connection", None)
    if made is None:
        made = _local.connection = sqlite3.connect(
            os.environ["BENCH_DB"], timeout=60, isolation_level=None, check_same_thread=False
        )
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("PRAGMA synchronous=FULL")
    return made


def mark(number: int) -> None:
    """What the peer does for a delivery."""
    mine = connection()
    mine.execute("BEGIN IMMEDIATE")
    mine.execute("UPDATE delivery SET state = 'published', at = ? WHERE id = ?", (time.time(), number))
    mine.execute("COMMIT")


if os.environ.get("BENCH_REDIS"):
    import dramatiq
    from dramatiq.brokers.redis import RedisBroker

    dramatiq.set_broker(RedisBroker(url=os.environ["BENCH_REDIS"]))

    @dramatiq.actor(max_retries=0)
    def publish(number: int) -> None:
        mark(number)

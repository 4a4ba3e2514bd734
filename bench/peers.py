"""The peers' side of the dispatch measurement: one UPDATE and one durable commit per delivery, nothing more.

Run by ``bench.dispatch`` in processes of their own; the database comes in ``BENCH_DB``, a file of SQLite or an address
that begins with ``postgresql://``, and Redis in ``BENCH_REDIS``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

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


def server_connection() -> psycopg.Connection[tuple[object, ...]]:
    """This thread's connection to PostgreSQL, each statement a transaction of its own."""
    kept: psycopg.Connection[tuple[object, ...]] | None = getattr(_local, "server", None)
    if kept is None:
        import psycopg

        kept = _local.server = psycopg.connect(os.environ["BENCH_DB"], autocommit=True)
    return kept


def mark(number: int) -> None:
    """What the peer does for a delivery."""
    if os.environ["BENCH_DB"].startswith("postgresql://"):
        update = "UPDATE delivery SET state = 'published', at = %s WHERE id = %s"
        server_connection().execute(update, (time.time(), number))
        return
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

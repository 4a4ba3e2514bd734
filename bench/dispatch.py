"""Publishing due deliveries: ours beside dramatiq on Redis and APScheduler's own job store, in the same run.

    python -m bench.dispatch [--count 10000] [--channels 1000] [--rounds 3]

Ours commits the attempt before the call and the outcome after, checks the approval against the recomputed hash and
writes the record; the peers get the easier job of one UPDATE and commit. All on SQLite, WAL, ``synchronous=FULL``.
Needs ``redis-server`` on the PATH. Prints deliveries per second: median (min to max) over the rounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(folder: Path, count: int, channels: int) -> float:
    """Deliveries per second of the courier, from the first look to nothing left."""
    from bench.load import Noop, bare_office, fill
    from commsched.engine.embedded import collect_rarely
    from commsched.services.deliver.dispatcher import Dispatcher

    installation = bare_office(folder, {"noop": Noop()})
    fill(installation, count, channels, "noop", datetime.now(UTC) - timedelta(days=1), timedelta(0))
    dispatcher = Dispatcher(installation)
    collect_rarely()  # as the engine does when it starts
    start = time.perf_counter()
    made = dispatcher.run()
    took = time.perf_counter() - start
    assert made == count, f"{made} of {count}"
    return count / took


def _table(folder: Path, count: int) -> sqlite3.Connection:
    os.environ["BENCH_DB"] = str(folder / "peer.db")
    made = sqlite3.connect(folder / "peer.db", isolation_level=None)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, state TEXT, at REAL)")
    made.execute("BEGIN")
    made.executemany("INSERT INTO delivery VALUES (?, 'waiting', 0)", [(n,) for n in range(count)])
    made.execute("COMMIT")
    return made


def _drained(table: sqlite3.Connection, count: int, limit: float = 300.0) -> float:
    """The rate from the first delivery seen done to the last."""
    first: tuple[float, int] | None = None
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        done = table.execute("SELECT count(*) FROM delivery WHERE state = 'published'").fetchone()[0]
        if done and first is None:
            first = (time.perf_counter(), done)
        if done == count and first:
            return (count - first[1]) / max(time.perf_counter() - first[0], 1e-9)
        time.sleep(0.02)
    raise TimeoutError(f"only {done} of {count} were done in {limit:.0f} s")


def dramatiq(folder: Path, count: int, _channels: int) -> float:
    """Two processes of eight threads, as its own default scales to two cores; Redis keeps nothing on disk."""
    port = free_port()
    redis = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    table = _table(folder, count)
    env = os.environ | {"BENCH_REDIS": f"redis://127.0.0.1:{port}"}
    try:
        time.sleep(1)
        enqueue = "import sys, bench.peers as p\nfor n in range(int(sys.argv[1])): p.publish.send(n)"
        subprocess.run([sys.executable, "-c", enqueue, str(count)], env=env, check=True)
        command = [sys.executable, "-m", "dramatiq", "bench.peers", "--processes", "2", "--threads", "8"]
        worker = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return _drained(table, count)
        finally:
            worker.terminate()
            worker.wait()
    finally:
        redis.terminate()
        redis.wait()


def apscheduler(folder: Path, count: int, channels: int) -> float:
    """As it comes: its job store on a SQLite file with SQLite's own settings (a rollback journal, FULL)."""
    return _apscheduler(folder, count, "DELETE")


def apscheduler_wal(folder: Path, count: int, channels: int) -> float:
    """The same on a file that was made with a write-ahead log, as ours is."""
    return _apscheduler(folder, count, "WAL")


def _apscheduler(folder: Path, count: int, journal: str) -> float:
    """APScheduler with its SQLAlchemy job store on SQLite, every job due, misfires allowed; from its first look at
    the jobs, as ours."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    from bench import peers

    table = _table(folder, count)
    url = f"sqlite:///{folder / 'jobs.db'}"
    with sqlite3.connect(folder / "jobs.db") as made:
        made.execute(f"PRAGMA journal_mode={journal}")
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(8)},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start(paused=True)
    for n in range(count):
        scheduler.add_job(peers.mark, "date", run_date=datetime.now(UTC), args=[n])
    start = time.perf_counter()
    scheduler.resume()
    try:
        _drained(table, count)
        return count / (time.perf_counter() - start)
    finally:
        scheduler.shutdown(wait=False)


def commits(folder: Path, count: int, _channels: int) -> float:
    """Durable commits per second of one row each, one after the other: what the peers' work waits for, and why the
    ratios follow the disk. Ours makes a few dozen commits in all."""
    table = _table(folder, count)
    table.execute("PRAGMA synchronous=FULL")
    start = time.perf_counter()
    for number in range(min(count, 1000)):
        table.execute("UPDATE delivery SET state = 'published' WHERE id = ?", (number,))
    return min(count, 1000) / (time.perf_counter() - start)


def measure(what: Callable[[Path, int, int], float], count: int, channels: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        return what(folder, count, channels)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--channels", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    kinds = {
        "commsched": ours,
        "dramatiq on Redis": dramatiq,
        "APScheduler job store": apscheduler,
        "… on WAL": apscheduler_wal,
        "(commits)": commits,
    }
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(given.rounds):
        for name, what in kinds.items():
            rates[name].append(measure(what, given.count, given.channels))
    mine = statistics.median(rates["commsched"])
    print(f"{given.count} due deliveries over {given.channels} channels, no-op adapter, {given.rounds} rounds")
    for name, values in rates.items():
        middle = statistics.median(values)
        print(
            f"{name:24} {middle:8.0f}/s ({min(values):.0f} to {max(values):.0f})   ours is {mine / middle:5.1f} times"
        )


if __name__ == "__main__":
    main()

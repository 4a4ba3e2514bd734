"""Publishing due deliveries: ours beside dramatiq on Redis and APScheduler's own job store, in the same run.

    python -m bench.dispatch [--count 10000] [--channels 1000] [--rounds 3] [--store sqlite|postgresql]

Ours commits the attempt before the call and the outcome after, checks the approval against the recomputed hash and
writes the record; the peers get the easier job of one UPDATE and commit. On SQLite: WAL, ``synchronous=FULL``. On
PostgreSQL: a server of its own that is started for the run, each commit waits for the disk; ours beside dramatiq.
Needs ``redis-server`` on the PATH. Prints deliveries per second: median (min to max) over the rounds, and per second of
processor time of all that took part (workers, Redis, the database's server), which a busy machine changes less.
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
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bench.databases import Server, durable_server

TICK = os.sysconf("SC_CLK_TCK")


class Rate(NamedTuple):
    """Deliveries per second by the clock on the wall, and per second of processor time."""

    wall: float
    processor: float


def processor_time(*roots: int) -> float:
    """Seconds of processor time that the processes ``roots`` and their children have used."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                used[int(entry.name)] = (int(fields[11]) + int(fields[12])) / TICK

    def belongs(process: int) -> bool:
        while process and process not in roots:
            process = parents.get(process, 0)
        return process in roots

    return sum(seconds for process, seconds in used.items() if belongs(process))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(folder: Path, count: int, channels: int, server: Server | None = None) -> Rate:
    """Of the dispatcher, from the first look to nothing left."""
    from bench.load import Noop, bare_office, fill
    from commsched.engine.embedded import collect_rarely
    from commsched.services.deliver.dispatcher import Dispatcher

    url = server.create() if server else ""
    installation = bare_office(folder, {"noop": Noop()}, url)
    fill(installation, count, channels, "noop", datetime.now(UTC) - timedelta(days=1), timedelta(0))
    dispatcher = Dispatcher(installation)
    collect_rarely()  # as the engine does when it starts
    roots = (os.getpid(), *([server.process] if server else []))
    start, used = time.perf_counter(), processor_time(*roots)
    calls = dispatcher.run()
    took, used = time.perf_counter() - start, processor_time(*roots) - used
    assert calls == count, f"{calls} of {count}"
    installation.store.close()
    return Rate(count / took, count / used)


def _table(folder: Path, count: int) -> sqlite3.Connection:
    os.environ["BENCH_DB"] = str(folder / "peer.db")
    table = sqlite3.connect(folder / "peer.db", isolation_level=None)
    table.execute("PRAGMA journal_mode=WAL")
    table.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, state TEXT, at REAL)")
    table.execute("BEGIN")
    table.executemany("INSERT INTO delivery VALUES (?, 'waiting', 0)", [(n,) for n in range(count)])
    table.execute("COMMIT")
    return table


def _server_table(server: Server, count: int) -> Callable[[], int]:
    """The peer's table on the server; returns what counts how many are done."""
    import psycopg

    url = server.create()
    os.environ["BENCH_DB"] = f"postgresql://postgres@/{url.database}?host={url.query['host']}"
    table = psycopg.connect(os.environ["BENCH_DB"], autocommit=True)
    table.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, state TEXT, at DOUBLE PRECISION)")
    table.execute("INSERT INTO delivery SELECT n, 'waiting', 0 FROM generate_series(0, %s) AS n", (count - 1,))

    def done() -> int:
        row = table.execute("SELECT count(*) FROM delivery WHERE state = 'published'").fetchone()
        assert row is not None
        return int(row[0])

    return done


def _count_in(table: sqlite3.Connection) -> Callable[[], int]:
    return lambda: int(table.execute("SELECT count(*) FROM delivery WHERE state = 'published'").fetchone()[0])


def _drained(done: Callable[[], int], count: int, roots: tuple[int, ...], limit: float = 300.0) -> Rate:
    """The rate from the first delivery seen done to the last."""
    first: tuple[float, float, int] | None = None
    end = time.perf_counter() + limit
    number = 0
    while time.perf_counter() < end:
        number = done()
        if number and first is None:
            first = (time.perf_counter(), processor_time(*roots), number)
        if number == count and first:
            took, used = time.perf_counter() - first[0], processor_time(*roots) - first[1]
            return Rate((count - first[2]) / max(took, 1e-9), (count - first[2]) / max(used, 1 / TICK))
        time.sleep(0.02)
    raise TimeoutError(f"only {number} of {count} were done in {limit:.0f} s")


def dramatiq(folder: Path, count: int, _channels: int, server: Server | None = None) -> Rate:
    """Two processes of eight threads, as its own default scales to two cores; Redis keeps nothing on disk."""
    port = free_port()
    redis = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    done = _server_table(server, count) if server else _count_in(_table(folder, count))
    env = os.environ | {"BENCH_REDIS": f"redis://127.0.0.1:{port}"}
    try:
        time.sleep(1)
        enqueue = "import sys, bench.peers as p\nfor n in range(int(sys.argv[1])): p.publish.send(n)"
        subprocess.run([sys.executable, "-c", enqueue, str(count)], env=env, check=True)
        command = [sys.executable, "-m", "dramatiq", "bench.peers", "--processes", "2", "--threads", "8"]
        worker = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return _drained(done, count, (worker.pid, redis.pid, *([server.process] if server else [])))
        finally:
            worker.terminate()
            worker.wait()
    finally:
        redis.terminate()
        redis.wait()


def apscheduler(folder: Path, count: int, channels: int) -> Rate:
    """As it comes: its job store on a SQLite file with SQLite's own settings (a rollback journal, FULL)."""
    return _apscheduler(folder, count, "DELETE")


def apscheduler_wal(folder: Path, count: int, channels: int) -> Rate:
    """The same on a file that was made with a write-ahead log, as ours is."""
    return _apscheduler(folder, count, "WAL")


def _apscheduler(folder: Path, count: int, journal: str) -> Rate:
    """APScheduler with its SQLAlchemy job store on SQLite, every job due, misfires allowed; from its first look at
    the jobs, as ours."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    from bench import peers

    table = _table(folder, count)
    url = f"sqlite:///{folder / 'jobs.db'}"
    with sqlite3.connect(folder / "jobs.db") as jobs:
        jobs.execute(f"PRAGMA journal_mode={journal}")
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(8)},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start(paused=True)
    for n in range(count):
        scheduler.add_job(peers.mark, "date", run_date=datetime.now(UTC), args=[n])
    start, used = time.perf_counter(), processor_time(os.getpid())
    scheduler.resume()
    try:
        _drained(_count_in(table), count, (os.getpid(),))
        took, used = time.perf_counter() - start, processor_time(os.getpid()) - used
        return Rate(count / took, count / used)
    finally:
        scheduler.shutdown(wait=False)


def commits(folder: Path, count: int, _channels: int) -> Rate:
    """Durable commits per second of one row each, one after the other: what the peers' work waits for, and why the
    ratios follow the disk. Ours makes a few dozen commits in all."""
    table = _table(folder, count)
    table.execute("PRAGMA synchronous=FULL")
    many = min(count, 1000)
    start, used = time.perf_counter(), time.process_time()
    for number in range(many):
        table.execute("UPDATE delivery SET state = 'published' WHERE id = ?", (number,))
    return Rate(many / (time.perf_counter() - start), many / (time.process_time() - used))


Side = Callable[[Path, int, int], Rate]


def measure(side: Side, count: int, channels: int) -> Rate:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        return side(folder, count, channels)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compare(sides: dict[str, Side], count: int, channels: int, rounds: int) -> None:
    rates: dict[str, list[Rate]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            rates[name].append(measure(side, count, channels))
    mine = [statistics.median(column) for column in zip(*rates["commsched"], strict=True)]
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{count} due deliveries over {channels} channels, no-op adapter, {rounds} rounds, {load}")
    for name, values in rates.items():
        wall, processor = (statistics.median(column) for column in zip(*values, strict=True))
        low, high = min(rate.wall for rate in values), max(rate.wall for rate in values)
        print(
            f"{name:24} {wall:8.0f}/s ({low:.0f} to {high:.0f})   ours is {mine[0] / wall:5.1f} times"
            f"   {processor:8.0f} per processor second, ours is {mine[1] / processor:5.1f} times"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--channels", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    if chosen.store == "postgresql":
        with durable_server() as server:
            sides: dict[str, Side] = {
                "commsched": lambda *sizes: ours(*sizes, server=server),
                "dramatiq on Redis": lambda *sizes: dramatiq(*sizes, server=server),
            }
            _compare(sides, chosen.count, chosen.channels, chosen.rounds)
        return
    sides = {
        "commsched": ours,
        "dramatiq on Redis": dramatiq,
        "APScheduler job store": apscheduler,
        "… on WAL": apscheduler_wal,
        "(commits)": commits,
    }
    _compare(sides, chosen.count, chosen.channels, chosen.rounds)


if __name__ == "__main__":
    main()

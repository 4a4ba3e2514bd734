"""The real engine in this process: it publishes at its time, wakes for others, stops well, and is alone."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from bench.load import Noop, bare_office, fill
from commsched.core.delivery.outcome import Handles, Outcome, Published
from commsched.core.platform.contract import ChannelContext, Part
from commsched.engine import embedded
from commsched.engine.clock_guard import ClockGuard
from commsched.engine.embedded import Engine
from commsched.engine.lock import EngineLock
from commsched.services.kernel.context import Installation
from commsched.services.ops import health
from commsched.store.models import Attempt, Channel, Delivery, Heartbeat
from commsched.store.session import EVERY_WORKSPACE

PATIENCE = 60.0
"""Seconds that a machine that is busy may take to anything: the benchmark measures lateness, these tests what follows
from what."""


class Post(Noop):
    """Answers over no network at all, but not before it is let."""

    key, name, instant = "post", "Post", False

    def __init__(self) -> None:
        self.at: list[datetime] = []
        self.let = threading.Event()
        self.let.set()
        self.begun = threading.Event()

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        self.at.append(datetime.now(UTC))
        self.begun.set()
        self.let.wait(2 * PATIENCE)
        return Published(part.key)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def installation(tmp_path: Path, post: Post) -> Iterator[Installation]:
    made = bare_office(tmp_path / "home", {"post": post})
    yield made
    made.store.close()


@pytest.fixture
def engine(installation: Installation) -> Iterator[Engine]:
    made = Engine(installation, hands=4)
    yield made
    made.stop(PATIENCE)


def until(what: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Whether it became true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine does not look by itself: what it does, it was woken for."""
    monkeypatch.setattr(embedded, "SAFETY", 3600.0)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one at the end of every look of the courier's: after the first, only what wakes it makes another."""
    done: list[int] = []
    real = embedded.Dispatcher.next_due
    monkeypatch.setattr(embedded.Dispatcher, "next_due", lambda self: done.append(1) or real(self))
    return done


def states(installation: Installation) -> list[str]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))


def lock_is_free(installation: Installation) -> bool:
    """Whether another engine could begin now."""
    with EngineLock(installation.home) as lock:
        return lock.held()


def soon(installation: Installation, seconds: float = 0.0, count: int = 1, channels: int = 1) -> datetime:
    due = datetime.now(UTC) + timedelta(seconds=seconds)
    fill(installation, count, channels, "post", due, timedelta(0))
    return due


@pytest.mark.usefixtures("woken")
def test_it_publishes_at_its_time_and_not_before(installation: Installation, engine: Engine, post: Post) -> None:
    due = soon(installation, 1.0)
    engine.start()
    assert until(lambda: states(installation) == ["published"])
    assert due <= post.at[0]
    assert engine.working


@pytest.mark.usefixtures("woken")
def test_it_wakes_at_once_for_what_this_process_schedules(
    installation: Installation, engine: Engine, looks: list[int]
) -> None:
    engine.start()
    assert until(lambda: looks)
    soon(installation)
    installation.wake()
    assert until(lambda: states(installation) == ["published"])


def test_it_finds_what_another_process_scheduled_within_the_safety_tick(
    installation: Installation, engine: Engine, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "SAFETY", 0.5)
    engine.start()
    assert until(lambda: looks)
    soon(installation)  # nobody calls wake
    assert until(lambda: states(installation) == ["published"])


def test_something_due_meanwhile_does_not_wait_for_a_slow_call(
    installation: Installation, engine: Engine, post: Post
) -> None:
    post.let.clear()
    soon(installation)
    engine.start()
    assert post.begun.wait(PATIENCE)
    soon(installation, 0.5)
    assert until(lambda: len(post.at) == 2), "the first of them has had no answer yet"
    post.let.set()
    assert until(lambda: states(installation) == ["published", "published"])


def test_stopping_lets_the_call_under_way_be_recorded(installation: Installation, engine: Engine, post: Post) -> None:
    post.let.clear()
    soon(installation)
    engine.start()
    assert post.begun.wait(PATIENCE)
    stopper = threading.Thread(target=engine.stop, args=(PATIENCE,))
    stopper.start()
    time.sleep(0.1)
    assert stopper.is_alive(), "it waits for the answer"
    post.let.set()
    stopper.join(PATIENCE)
    assert states(installation) == ["published"]
    assert lock_is_free(installation), "the lock is given back"


def test_a_call_that_outlasts_stopping_keeps_the_lock(installation: Installation, engine: Engine, post: Post) -> None:
    post.let.clear()
    soon(installation)
    engine.start()
    assert post.begun.wait(PATIENCE)
    engine.stop(0.1)
    assert not lock_is_free(installation), "nobody may read back what is still on its way"
    post.let.set()
    assert until(lambda: states(installation) == ["published"])


def test_an_engine_that_was_stopped_has_no_thread_and_no_connection_left(
    installation: Installation, engine: Engine, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    let, begun = threading.Event(), threading.Event()

    def read_for_long(installation: Installation) -> None:
        with installation.store.read(EVERY_WORKSPACE) as session:
            session.scalars(select(Delivery.id)).all()
            begun.set()
            let.wait(2 * PATIENCE)

    monkeypatch.setattr(embedded.outbox, "send_due", read_for_long)
    before = set(threading.enumerate())
    soon(installation)
    engine.start()
    assert begun.wait(PATIENCE)
    assert until(lambda: states(installation) == ["published"])
    stopper = threading.Thread(target=engine.stop, args=(PATIENCE,))
    stopper.start()
    stopper.join(0.3)
    assert stopper.is_alive(), "it waits for the chore under way"
    assert not lock_is_free(installation), "nobody begins while something of this engine goes on"
    let.set()
    stopper.join(PATIENCE)
    assert [thread.name for thread in set(threading.enumerate()) - before] == []
    assert installation.store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a QueuePool's
    assert not engine._bell.there
    assert lock_is_free(installation)


def test_a_chore_that_outlasts_stopping_keeps_the_lock_and_no_other_is_begun(
    installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    let, begun = threading.Event(), threading.Event()
    monkeypatch.setattr(embedded.outbox, "send_due", lambda installation: (begun.set(), let.wait(2 * PATIENCE)))
    engine.start()
    assert begun.wait(PATIENCE)
    engine.stop(0.1)
    assert not lock_is_free(installation)
    let.set()
    engine.stop(PATIENCE)  # being told twice is no fault
    assert lock_is_free(installation)
    assert not engine.alive


def test_two_engines_in_one_home_take_turns(installation: Installation, engine: Engine, post: Post) -> None:
    soon(installation, count=3)
    other = Engine(installation, hands=4)
    engine.start()
    assert until(lambda: engine.working)
    other.start()
    assert until(lambda: states(installation) == ["published"] * 3)
    assert not other.working
    engine.stop(PATIENCE)
    assert until(lambda: other.working), "the next in line takes over"
    other.stop(PATIENCE)
    assert len(post.at) == 3


def test_a_removed_lock_file_does_not_make_two_engines(installation: Installation, engine: Engine) -> None:
    first, second = EngineLock(installation.home), EngineLock(installation.home)
    assert first.take()
    assert first.held()
    first.path.unlink()
    assert not first.held(), "whoever holds it must notice"
    assert second.take()
    first.release()
    assert second.held()
    second.release()


def test_it_recovers_what_a_killed_engine_left_open(installation: Installation, engine: Engine, post: Post) -> None:
    soon(installation)
    with installation.store.write(EVERY_WORKSPACE) as session:
        now = datetime.now(UTC)
        session.execute(update(Delivery).values(state="sending", next_at=None))
        session.execute(insert(Attempt).values(delivery_id=1, channel_id=1, part=0, hash="", started_at=now))
    engine.start()
    assert until(lambda: states(installation) == ["unknown"])
    assert not post.at, "it is read back, not sent again"


def test_a_stumble_keeps_the_calls_under_way(
    installation: Installation,
    engine: Engine,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "commsched")
    monkeypatch.setattr(embedded, "STUMBLE", 0.05)
    post.let.clear()
    soon(installation)
    engine.start()
    assert post.begun.wait(PATIENCE)
    real, failures = embedded.Dispatcher._scan, []

    def stumble(self: Any) -> None:
        if len(failures) < 3:
            failures.append(1)
            raise RuntimeError("a bug")
        real(self)

    monkeypatch.setattr(embedded.Dispatcher, "_scan", stumble)
    assert until(lambda: len(failures) == 3)
    post.let.set()
    assert until(lambda: states(installation) == ["published"])
    assert len(post.at) == 1


def test_a_jumped_clock_is_not_believed_until_it_is_back() -> None:
    wall, steady = [datetime(2026, 11, 26, 6, 0, tzinfo=UTC)], [100.0]
    guard = ClockGuard(lambda: wall[0], lambda: steady[0])

    def goes(wall_seconds: float, steady_seconds: float) -> bool:
        wall[0] += timedelta(seconds=wall_seconds)
        steady[0] += steady_seconds
        return guard.trusted()

    assert goes(3600, 3600), "time passed, or the computer slept"
    assert goes(5.5, 5), "slewing is no jump"
    assert not goes(3600, 1)
    assert not goes(10, 10), "a jump is not forgotten"
    assert guard.jumped > timedelta(minutes=59)
    assert goes(-3600, 1)
    assert not guard.jumped
    assert not goes(-3600, 1), "back is a jump too"


def test_nothing_is_sent_by_a_jumped_clock_and_the_page_says_so(
    installation: Installation, engine: Engine, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "SAFETY", 0.1)
    monkeypatch.setattr(embedded, "BEAT", 0.1)
    monkeypatch.setattr(ClockGuard, "trusted", lambda self: not post.let.is_set())
    engine.start()
    soon(installation)
    assert until(lambda: engine.trouble == "clock")
    assert until(lambda: any(not one.ok and "clock jumped" in str(one.words) for one in health.checks(installation)))
    assert states(installation) == ["waiting"]
    post.let.clear()  # the clock is right again
    assert until(lambda: bool(post.at))
    post.let.set()
    assert until(lambda: states(installation)[0] == "published")


def test_the_heart_beats(installation: Installation, engine: Engine) -> None:
    engine.start()

    def beat() -> Heartbeat | None:
        with installation.store.read(EVERY_WORKSPACE) as session:
            return session.get(Heartbeat, "clock")

    assert until(lambda: beat() is not None)
    assert beat().detail == engine.name  # type: ignore[union-attr]
    with installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Channel)).all() == []


def test_a_database_held_by_somebody_else_is_one_line_and_the_work_goes_on(
    installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(embedded, "BEAT", 0.2)
    monkeypatch.setattr(embedded, "SAFETY", 0.2)
    monkeypatch.setattr(embedded, "STUMBLE", 0.1)
    for pool in (installation.store.engine, installation.store._writer):
        event.listen(pool, "connect", lambda connection, _record: connection.execute("PRAGMA busy_timeout=20"))
        pool.dispose()
    engine.start()
    assert until(lambda: beaten(installation) is not None)
    blocker = sqlite3.connect(installation.store.path or "", isolation_level=None)
    with caplog.at_level(logging.WARNING, logger="commsched"):
        blocker.execute("BEGIN IMMEDIATE")
        assert until(lambda: any("beat could not be done" in one.message for one in caplog.records))
        blocker.execute("ROLLBACK")
        blocker.close()
    before = datetime.now(UTC)
    assert until(lambda: (beaten(installation) or before) > before), "it beats again"
    told = [one for one in caplog.records if one.name.startswith(("commsched", "apscheduler"))]
    assert all(one.exc_info is None and "\n" not in one.getMessage() for one in told)
    assert all(one.levelno == logging.WARNING for one in told)


def beaten(installation: Installation) -> datetime | None:
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get(Heartbeat, "clock")
    return row.at if row else None


def test_a_bug_in_a_chore_still_says_where_it_happened(caplog: pytest.LogCaptureFixture) -> None:
    def _broken() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.WARNING, logger="commsched"):
        embedded._patient(_broken)
    (line,) = caplog.records
    assert (line.levelno, line.exc_info is not None) == (logging.ERROR, True)

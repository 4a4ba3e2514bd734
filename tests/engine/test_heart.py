"""The courier's own turns are the heartbeat; a clock that leaps is told at once and costs nothing; nothing spins."""

from __future__ import annotations

import logging
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apscheduler.executors.base
import apscheduler.schedulers.base
import pytest

from bench.load import bare_office
from commsched.engine import clock as engine_clock
from commsched.engine import clock_guard, embedded
from commsched.engine.clock import After, Ticker
from commsched.engine.embedded import Engine
from commsched.engine.pulse import STUCK, Pulse
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.services.ops import health, server_time
from commsched.services.ops.wake_pipe import Bell, ring
from commsched.store.models import Heartbeat
from commsched.store.session import EVERY_WORKSPACE
from tests.engine.test_embedded import PATIENCE, Post, looks, soon, states, until  # noqa: F401 (looks is a fixture)
from tests.services.ops.test_clock import serve  # noqa: F401 (a fixture)


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


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "commsched")
    monkeypatch.setattr(embedded, "BEAT", 0.2)
    monkeypatch.setattr(embedded, "STUMBLE", 0.05)
    monkeypatch.setattr(Pulse, "TICK", 0.1)


def row(installation: Installation, name: str = "clock") -> Heartbeat | None:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return session.get(Heartbeat, name)


def at(installation: Installation) -> datetime:
    found = row(installation)
    assert found is not None
    return found.at


def trouble(installation: Installation) -> str:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return heartbeats.trouble(session, installation.now())


# -- the courier's turns ----------------------------------------------------------------------------


def test_a_courier_that_stumbles_for_ever_has_no_heartbeat_and_says_so(
    installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.start()
    assert until(lambda: row(installation) is not None)

    def stumble(self: Any) -> None:
        raise RuntimeError("database disk image has a bug")

    monkeypatch.setattr(Dispatcher, "_scan", stumble)
    assert until(lambda: trouble(installation) == "stumbles")
    before = datetime.now(UTC)
    time.sleep(1.5)
    assert at(installation) - before < timedelta(seconds=0.7), "nobody else vouches for it"
    assert not all(check.ok for check in health.checks(installation) if check.name == "clock")
    monkeypatch.undo()
    assert until(lambda: trouble(installation) == "" and at(installation) > before), "it goes again by itself"


def test_a_courier_whose_every_transaction_is_refused_has_no_heartbeat(
    installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.start()
    assert until(lambda: row(installation) is not None)
    with installation.store.ledger() as connection:
        connection.exec_driver_sql("ALTER TABLE attempt RENAME TO attempts_gone")  # an OperationalError at every turn
    soon(installation)
    broken = datetime.now(UTC)
    installation.wake()
    time.sleep(1.5)
    assert at(installation) - broken < timedelta(seconds=0.7)
    assert states(installation) == ["waiting"]


def test_a_courier_that_is_stuck_is_told_and_a_sleep_of_the_computer_is_not() -> None:
    now = [0.0]
    pulse = Pulse(10.0, lambda: now[0])

    def live(seconds: float, turning: bool) -> None:
        for _ in range(int(seconds / pulse.TICK)):
            now[0] += pulse.TICK
            pulse.due()
            if turning:
                pulse.turned()

    live(120, turning=True)
    assert pulse.stands()[0] == ""
    now[0] += 3600
    pulse.due()
    assert pulse.stands()[0] == "", "it slept: nobody was let turn"
    live(STUCK - 5, turning=False)
    assert pulse.stands()[0] == ""
    live(10, turning=False)
    assert pulse.stands() == ("stuck", pytest.approx(3600 + STUCK + 5, abs=3))
    live(1, turning=True)
    assert pulse.stands()[0] == ""


def test_the_heart_stands_still_while_an_instant_call_hangs_in_the_couriers_own_thread(
    installation: Installation, engine: Engine, post: Post
) -> None:
    type(post).instant = True  # as a folder on a network disk that does not answer
    try:
        engine.start()
        assert until(lambda: row(installation) is not None)
        post.let.clear()
        soon(installation)
        installation.wake()
        assert post.begun.wait(PATIENCE)
        hangs = datetime.now(UTC)
        time.sleep(1.5)
        assert at(installation) - hangs < timedelta(seconds=0.7)
    finally:
        post.let.set()
        type(post).instant = False
    assert until(lambda: states(installation) == ["published"])


# -- nothing spins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["poison", "stuck"])
def test_a_delivery_that_is_left_alone_does_not_make_the_engine_spin(
    how: str,
    installation: Installation,
    engine: Engine,
    looks: list[int],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    soon(installation)
    before = Dispatcher.__init__

    def broken(self: Dispatcher, *given: Any, **more: Any) -> None:
        before(self, *given, **more)
        getattr(self, f"_{how}").add(1)

    monkeypatch.setattr(Dispatcher, "__init__", broken)
    engine.start()
    assert until(lambda: looks)
    time.sleep(1.5)
    assert len(looks) <= 3
    assert engine._dispatcher is not None
    assert engine._dispatcher.next_due() is None
    soon(installation, 1.0)  # on a channel of its own
    installation.wake()
    assert until(lambda: states(installation) == ["waiting", "published"])


@pytest.mark.parametrize("pause", [timedelta(milliseconds=1), timedelta(milliseconds=50), timedelta(hours=3)])
def test_what_falls_due_next_is_waited_for_to_the_moment_and_no_longer(
    pause: timedelta, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, alarms = engine.installation.now(), list[datetime]()
    monkeypatch.setattr(engine.installation, "clock", SimpleNamespace(now=lambda: now))
    ticker = SimpleNamespace(at=lambda moment, _work: alarms.append(moment), stop=lambda: None)
    monkeypatch.setattr(engine, "_clock", ticker, raising=False)
    engine._arm(now + pause)
    engine._arm(now - pause)  # left due by the turn
    assert alarms == [now + pause, now + embedded.BREATH]


def test_whatever_is_left_due_the_engine_draws_breath_between_two_looks(
    installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(Dispatcher, "next_due", lambda self: seen.append(1) or datetime(2020, 1, 1, tzinfo=UTC))
    engine.start()
    assert until(lambda: seen)
    time.sleep(2)
    assert len(seen) <= 7


# -- leaps of the clock -----------------------------------------------------------------------------


class Leaping(datetime):
    """The computer's clock, which can be set."""

    off = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.off


class LeapingClock:
    def now(self) -> datetime:
        return Leaping.now(UTC)


@pytest.fixture
def leap(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[timedelta], None]]:
    """Sets every clock that commsched and APScheduler go by; the steady one goes on."""
    installation.clock = LeapingClock()
    monkeypatch.setattr(embedded, "SAFETY", 0.3)
    for module in (apscheduler.schedulers.base, apscheduler.executors.base, engine_clock):
        monkeypatch.setattr(module, "datetime", Leaping)

    def to(by: timedelta) -> None:
        Leaping.off = by

    yield to
    Leaping.off = timedelta(0)


LEAPS = {
    "-1 h": timedelta(hours=-1),
    "+30 min": timedelta(minutes=30),
    "+5 years": timedelta(days=1826),
    "-20 years": timedelta(days=-7305),
}


@pytest.mark.parametrize("by", LEAPS.values(), ids=LEAPS.keys())
def test_a_clock_that_leaps_is_told_at_once_and_the_chores_go_on(
    by: timedelta,
    installation: Installation,
    engine: Engine,
    leap: Callable[[timedelta], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[datetime] = []
    monkeypatch.setattr(embedded.outbox, "send_due", lambda installation: done.append(installation.now()))
    engine.start()
    assert until(lambda: done and row(installation) is not None)
    memory, count = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(done)
    leap(by)
    assert until(lambda: trouble(installation) == "clock")
    assert until(lambda: len(done) > count), "it does not wait for as long as the leap was"
    soon(installation)
    time.sleep(0.8)
    assert states(installation) == ["waiting"], "nothing is sent by a clock in doubt"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 16 * 1024, "kilobytes"
    count = len(done)
    leap(timedelta(0))
    assert until(lambda: trouble(installation) == "")
    assert until(lambda: len(done) > count)


def test_a_computer_that_began_in_1970_costs_no_memory(
    installation: Installation, engine: Engine, leap: Callable[[timedelta], None]
) -> None:
    leap(datetime(1970, 1, 2, tzinfo=UTC) - datetime.now(UTC))
    engine.start()
    assert until(lambda: row(installation) is not None)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    leap(timedelta(0))
    assert until(lambda: trouble(installation) == "clock")
    time.sleep(0.5)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 16 * 1024


def test_no_job_lists_the_runs_that_a_leap_left_out() -> None:
    now = datetime.now(UTC)
    assert After(5).get_next_fire_time(now - timedelta(days=20_000), now) == now + timedelta(seconds=5)
    clock = Ticker()
    clock.every(5.0, "work", lambda: None)
    clock.start()
    (job,) = clock._scheduler.get_jobs()
    assert len(job._get_run_times(now + timedelta(days=3650))) == 1
    clock.stop()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reason of each heartbeat that the engine has written, in their order: what was told is here for ever, however
    short a time it was true."""
    written: list[str] = []
    real = embedded.heartbeats.beat

    def beat(installation: Installation, name: str, reason: str = "", ago: float = 0.0) -> None:
        real(installation, name, reason, ago)
        written.append(reason)

    monkeypatch.setattr(embedded.heartbeats, "beat", beat)
    return written


@pytest.mark.parametrize(("hosts", "goes"), [(("127.0.0.1", "localhost"), True), (("127.0.0.1",), False)])
def test_a_clock_that_was_set_right_is_believed_when_several_servers_agree(
    hosts: tuple[str, ...],
    goes: bool,
    installation: Installation,
    engine: Engine,
    serve: Callable[..., str],  # noqa: F811
    leap: Callable[[timedelta], None],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded, "LOOK", 0.3)
    from email.utils import format_datetime

    port = serve(Date=lambda: format_datetime(datetime.now(UTC), usegmt=True)).rpartition(":")[2]
    reached, asked = list[tuple[str, bool]](), list[int]()  # nobody can be asked until the doubt has been told

    def servers(_office: Installation) -> list[tuple[str, bool]]:
        asked.append(len(reached))
        return list(reached)

    monkeypatch.setattr(server_time, "servers", servers)
    installation.http = bench_http
    leap(timedelta(minutes=-30))  # it starts wrong, as a computer without a battery does
    engine.start()
    assert until(lambda: row(installation) is not None)
    leap(timedelta(0))  # NTP sets it right
    soon(installation)
    installation.wake()
    assert until(lambda: "clock" in said)
    assert states(installation) == ["waiting"], "nothing is sent while it is in doubt"
    count = len(said)
    reached.extend((f"http://{host}:{port}", True) for host in hosts)
    if goes:
        assert until(lambda: states(installation) == ["published"])
        assert until(lambda: "" in said[count:])
        assert trouble(installation) == ""
        return
    assert until(lambda: asked.count(len(hosts)) > 3 and len(said) > count + 3)
    assert states(installation) == ["waiting"]
    assert set(said[count:]) == {"clock"}


def bench_http(_private: bool) -> Any:
    from commsched.platforms._http.network import Session

    return Session.for_settings({"allow_private": "1"})


def test_the_servers_asked_are_those_of_the_channels(installation: Installation) -> None:
    class Known:
        settings = ()

    from commsched.core.platform.contract import Setting

    class Served(Known):
        settings = (Setting("base_url", "Server", default="https://graph.example"),)

    installation.platform = lambda key: Served() if key == "served" else Known()  # type: ignore[assignment,return-value]
    from sqlalchemy import insert

    from commsched.store.models import Channel

    soon(installation)
    with installation.store.write(EVERY_WORKSPACE) as session:
        for key, settings in (("served", {}), ("served", {"base_url": "https://a.example/api"}), ("plain", {})):
            session.execute(
                insert(Channel).values(
                    workspace_id=1, platform=key, name=key, settings=settings, created_at=installation.now()
                )
            )
    assert server_time.servers(installation) == [("https://graph.example", False), ("https://a.example", False)]


def test_the_guard_believes_and_goes_on_from_there() -> None:
    wall, steady = [datetime(2026, 11, 26, tzinfo=UTC)], [0.0]
    one = clock_guard.ClockGuard(lambda: wall[0], lambda: steady[0])
    wall[0] += timedelta(hours=1)
    assert not one.trusted()
    one.believe()
    assert one.trusted()
    wall[0] -= timedelta(hours=1)
    assert not one.trusted(), "back is a jump now"


# -- the bell ---------------------------------------------------------------------------------------


def test_another_process_wakes_the_engine(
    installation: Installation,
    engine: Engine,
    post: Post,
    looks: list[int],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded, "SAFETY", 60.0)
    engine.start()
    assert until(lambda: looks)
    due = soon(installation)
    home = str(installation.home)
    code = f"from pathlib import Path\nfrom commsched.services.ops.wake_pipe import ring\nring(Path({home!r}))"
    subprocess.run([sys.executable, "-c", code], check=True)
    rung = datetime.now(UTC)
    assert until(lambda: bool(post.at))
    assert post.at[0] - rung < timedelta(seconds=20), "not at the next look, a minute later"
    assert due <= post.at[0]


def test_ringing_never_fails_and_never_waits(tmp_path: Path) -> None:
    ring(tmp_path)  # no pipe
    ring(tmp_path / "gone")
    bell = Bell(tmp_path)
    assert (tmp_path / "wake.pipe").stat().st_mode & 0o777 == 0o600
    for _ in range(70_000):  # more than a pipe holds
        ring(tmp_path)
    assert bell.wait(0)
    bell.close()
    ring(tmp_path)  # nobody listens


def test_a_bell_whose_place_is_taken_is_none(tmp_path: Path) -> None:
    (tmp_path / "wake.pipe").write_text("a file of somebody's")
    bell = Bell(tmp_path)
    assert not bell.there
    assert not bell.wait(0)
    ring(tmp_path)
    assert (tmp_path / "wake.pipe").read_text() == "a file of somebody's"


def test_two_rings_while_nobody_listens_are_one(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    ring(tmp_path)
    ring(tmp_path)
    assert bell.wait(0)
    assert not bell.wait(0.05)
    bell.close()

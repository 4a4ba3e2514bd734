"""Under ``commsched up`` the engine is a process of its own: watched, started anew, never orphaned, never doubled."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from bench.start import proportional
from commsched.bootstrap import open_installation
from commsched.engine import process as apart
from commsched.engine.lock import EngineLock
from commsched.engine.process import Keeper
from commsched.services.accounts import machine_admin
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.services.ops.wake_pipe import Bell
from commsched.services.workflow import schedule
from commsched.store.models import Delivery, Heartbeat
from commsched.store.session import EVERY_WORKSPACE
from tests.cli.conftest import Run
from tests.cli.test_running import tokens
from tests.conftest import Cast
from tests.processes import PATIENCE, ended, running, until


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread may end while they are listed
            found += [int(one) for one in (task / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def holder(home: Path) -> int:
    """The process that holds the engine's lock; 0 where nobody does, or it has not written itself down yet."""
    lock = EngineLock(home)
    if lock.take():
        lock.release()
        return 0
    return int((home / "engine.lock").read_text() or 0)


def ready(address: str) -> bool:
    return requests.get(f"{address}/readyz", timeout=20).status_code == 200


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Whatever the tests are run by: a shell lets what it runs in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_both_end_when_told_and_the_lock_is_free(by: signal.Signals, founded: str, home: Path) -> None:
    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: ready(address))
        (engine,) = children(process.pid)
        assert holder(home) == engine, "the engine is the child"
        process.signal(by)
        assert process.wait() == 0
        until(lambda: not alive(engine))
        assert holder(home) == 0


def test_ctrl_c_reaches_both_as_a_terminal_sends_it(founded: str, home: Path) -> None:
    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: ready(address))
        (engine,) = children(process.pid)
        process.signal_all(signal.SIGINT)
        assert process.wait() == 0
        until(lambda: not alive(engine))


def test_pages_that_are_killed_leave_no_engine_behind(founded: str, home: Path) -> None:
    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: ready(address))
        (engine,) = children(process.pid)
        process.signal(signal.SIGKILL)
        process.wait()
        until(lambda: not alive(engine))
    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: holder(home) in children(process.pid))


def test_an_engine_that_is_killed_is_started_anew_and_publishes(run: Run, founded: str, home: Path) -> None:
    karin, gunnar = tokens(run)
    channel = int(run("channel", "add", "--platform", "newsroom", "--name", "Pressrummet").stdout)
    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: ready(address))
        (first,) = children(process.pid)
        os.kill(first, signal.SIGKILL)
        second = until(lambda: (found := holder(home)) not in (0, first) and found, 60)
        assert children(process.pid) == [second], "one engine, not two"
        until(lambda: ready(address))
        url = published(address, karin, gunnar, channel)
        assert url.startswith(f"{address}/"), "the new one knows where the pages answer"
        os.kill(second, signal.SIGKILL)  # so that this is what ends with the rest
        third = until(lambda: (found := holder(home)) not in (0, second) and found, 60)
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        until(lambda: not alive(third))


def published(address: str, writer_key: str, approver_key: str, channel: int, after: float = 1.0) -> str:
    """The address that it went out at."""
    path = scheduled(address, writer_key, approver_key, channel, after)
    key = {"Authorization": f"Bearer {writer_key}"}
    out = until(lambda: (now := requests.get(path, headers=key, timeout=20).json())["state"] == "published" and now)
    return str(out["deliveries"][0]["url"])


def scheduled(address: str, writer_key: str, approver_key: str, channel: int, after: float) -> str:
    """Write, approve, schedule; where the API shows it."""
    path = approved(address, writer_key, approver_key, channel, after)
    requests.post(f"{path}/schedule", headers={"Authorization": f"Bearer {writer_key}"}, timeout=20)
    return path


def approved(address: str, writer_key: str, approver_key: str, channel: int, after: float) -> str:
    """Write and approve what is to go out ``after`` seconds from now; where the API shows it."""
    api = f"{address}/api/v1"
    writer, approver = ({"Authorization": f"Bearer {key}"} for key in (writer_key, approver_key))
    soon = (datetime.now(UTC) + timedelta(seconds=after)).isoformat()
    said = {
        "kind": "release",
        "title": "Nytt",
        "lead": "Ja.",
        "text": "Ja.",
        "contact": "Karin, 070-1",
        "channels": [channel],
        "publish_at": soon,
    }
    item = requests.post(f"{api}/items", json=said, headers=writer, timeout=20)
    assert item.status_code == 201, item.text
    path = f"{api}/items/{item.json()['id']}"
    assert requests.post(f"{path}/submit", headers=writer, timeout=20).status_code == 200
    body = {"hash": item.json()["revision"]["hash"]}
    assert requests.post(f"{path}/approve", json=body, headers=approver, timeout=20).status_code == 200
    return path


def test_a_worker_apart_knows_where_the_pages_answer(run: Run, founded: str, home: Path) -> None:
    karin, gunnar = tokens(run)
    channel = int(run("channel", "add", "--platform", "newsroom", "--name", "Pressrummet").stdout)
    with running(home, "web", "--port", "0") as (_, address), running(home, "worker"):
        assert published(address, karin, gunnar, channel).startswith(f"{address}/")


def test_what_any_process_schedules_wakes_the_engine(founded: str, home: Path) -> None:
    bell, installation = Bell(home), open_installation(home)
    installation.wake()
    assert bell.wait(5)
    installation.store.close()
    bell.close()


def test_pages_that_stand_still_hold_nothing_up(run: Run, founded: str, home: Path) -> None:
    """Whatever a request does to the pages' process, down to stopping it whole, what is due goes out at its time."""
    karin, gunnar = tokens(run)
    channel = int(run("channel", "add", "--platform", "sandbox", "--name", "Väggen").stdout)
    installation = open_installation(home)

    def state(wanted: str) -> Delivery | None:
        with installation.store.read(EVERY_WORKSPACE) as session:
            row = session.query(Delivery).one()
            return row if row.state == wanted else None

    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: ready(address))
        path = approved(address, karin, gunnar, channel, after=600.0)
        office = machine_admin.workspace(installation, founded)
        writer = machine_admin.as_member(installation, office, "karin@example.org")
        os.kill(process.pid, signal.SIGSTOP)
        try:
            soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
            schedule.schedule(installation, writer, int(path.rpartition("/")[2]), when=soon)
            assert state("waiting")
            row = until(lambda: state("published"))
            assert row.published_at - row.due_at < timedelta(seconds=10), (
                "on a busy machine; the pages stand still for ever"
            )
        finally:
            os.kill(process.pid, signal.SIGCONT)
            installation.store.close()


@pytest.mark.sqlite("as most offices have it; a server's driver takes a megabyte or two more")
def test_both_together_take_little_room(founded: str, home: Path) -> None:
    with running(home, "up", "--port", "0") as (process, address):
        until(lambda: ready(address))
        requests.get(f"{address}/sign-in", timeout=20)
        time.sleep(3)
        # contacts, inbox, relays and reports are 127 modules more, in each of two
        until(lambda: proportional(process.pid) < 140)  # a busy machine comes to rest later


# -- the keeper -------------------------------------------------------------------------------------


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PAUSES", (0.05, 0.1, 0.2))


def kept(installation: Installation, code: str) -> Keeper:
    keeper = Keeper(installation, [sys.executable, "-c", code])
    assert keeper._begin()
    keeper.start()
    return keeper


def trouble(installation: Installation) -> str:
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get(Heartbeat, heartbeats.KEEPER)
        return row.detail if row else ""


@pytest.mark.usefixtures("short")
def test_one_that_dies_again_and_again_is_told_and_goes_on_being_tried(
    installation: Installation, cast: Cast, tmp_path: Path
) -> None:
    log = tmp_path / "starts"
    keeper = kept(installation, f"open({str(log)!r}, 'a').write('x'); raise SystemExit(3)")
    until(lambda: trouble(installation) == "dies", 60)
    before = len(log.read_text())
    until(lambda: len(log.read_text()) > before, 60)
    keeper.stop(5)
    assert not keeper._thread.is_alive()


@pytest.mark.usefixtures("short")
def test_the_pauses_grow_and_a_death_long_ago_counts_no_more(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(apart.time, "monotonic", lambda: now[0])
    keeper = Keeper(installation, [])
    assert [keeper._died() for _ in range(4)] == [0.05, 0.1, 0.2, 0.2]
    now[0] += apart.LATELY + 1
    assert keeper._died() == 0.05


def test_one_that_does_not_end_is_killed(installation: Installation) -> None:
    keeper = kept(installation, "import time\nwhile True: time.sleep(1)")
    pid = keeper.pid
    keeper.stop(0.3)
    until(lambda: not alive(pid))
    assert not keeper._thread.is_alive()


# -- beginning --------------------------------------------------------------------------------------


def taken() -> socket.socket:
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    one.listen()
    return one


@pytest.mark.parametrize("command", ["demo", "up", "web"])
def test_a_port_that_is_taken_spoils_nothing_and_says_what_to_do(
    command: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    home = tmp_path / "new" if command == "demo" else request.getfixturevalue("home")
    if command != "demo":
        request.getfixturevalue("founded")
    with taken() as one:
        done = subprocess.run(
            [sys.executable, "-m", "commsched", command, "--home", str(home), "--port", str(one.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert "Cannot listen" in done.stderr
    assert "--port 0" in done.stderr
    assert "Traceback" not in done.stderr
    if command == "demo":
        assert not (home / "commsched.db").exists(), "nothing was made that leads to another's address"


def test_processes_that_start_an_office_together_get_one_key(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom commsched.bootstrap import open_installation\n"
        "sys.stdin.readline()\nprint(open_installation(sys.argv[1]).vault.derive('x').hex())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "home")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    with contextlib.ExitStack() as all_ended:
        for process in started:
            all_ended.enter_context(ended(process))
        time.sleep(2)
        said = {process.communicate("\n", timeout=PATIENCE)[0] for process in started}
    assert len(said) == 1
    assert len(said.pop().strip()) == 64

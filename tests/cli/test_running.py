"""The real process: up, the whole way over HTTP, SIGTERM; a backup while it runs, and an office out of it."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from bench.start import family, proportional
from commsched.bootstrap import open_copy, open_installation
from commsched.core.text.messages import Invalid
from commsched.services.accounts import machine_admin
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.ops import backup
from commsched.services.ops.after_restore import bring_back, settle
from commsched.store.migrate import ready
from commsched.store.models import Delivery, Item, Part, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store
from tests.api.conftest import add_channel
from tests.cli.conftest import Run
from tests.conftest import PASSWORD, Cast, SetClock
from tests.processes import running, until
from tests.store import older

SLUG = "regiongruppen-vastra"


def tokens(run: Run) -> tuple[str, str]:
    run("person", "add", "--email", "karin@example.org", "--role", "writer", "--password-stdin", stdin=PASSWORD)
    run("person", "add", "--email", "gunnar@example.org", "--role", "approver", "--password-stdin", stdin=PASSWORD)
    made = [run("token", "create", "--email", f"{who}@example.org").stdout.strip() for who in ("karin", "gunnar")]
    return made[0], made[1]


def test_up_publishes_what_was_approved_and_ends_when_told(run: Run, founded: str, home: Path) -> None:
    karin, gunnar = tokens(run)
    channel = int(run("channel", "add", "--platform", "sandbox", "--name", "Väggen").stdout)
    with running(home, "up", "--port", "0") as (process, address):
        api, http = f"{address}/api/v1", requests.Session()
        writer, approver = ({"Authorization": f"Bearer {token}"} for token in (karin, gunnar))
        soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        item = http.post(f"{api}/items", json={"text": "Ja", "channels": [channel], "publish_at": soon}, headers=writer)
        assert item.status_code == 201, item.text
        path = f"{api}/items/{item.json()['id']}"
        assert item.headers["Location"] == path
        assert http.post(f"{path}/submit", headers=writer).status_code == 200
        said = {"hash": item.json()["revision"]["hash"]}
        assert http.post(f"{path}/approve", json=said, headers=approver).json()["state"] == "approved"
        assert http.post(f"{path}/schedule", headers=writer).json()["state"] == "scheduled"
        out = until(lambda: (now := http.get(path, headers=writer).json())["state"] == "published" and now)
        assert out["deliveries"][0]["url"].startswith(f"{address}/wall/{SLUG}/")
        assert out["deliveries"][0]["attempts"][0]["outcome"] == "published"
        assert "commsched_heartbeat_age_seconds" in until(
            lambda: "heartbeat" in (text := http.get(f"{address}/metrics").text) and text
        )
        assert run("doctor").exit_code == 0
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        http.close()


def test_up_brings_an_older_office_up_to_date_and_says_so(tmp_path: Path) -> None:
    """What was there is there, a copy as it was lies in backups, and the next start has nothing to do."""
    older.first(tmp_path / "commsched.db")
    with running(tmp_path, "up", "--port", "0") as (process, address):
        assert requests.get(f"{address}/readyz", timeout=20).status_code in (200, 503)
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        assert "has been backed up to" in process.errors
    (copy,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    store = Store(f"sqlite:///{tmp_path / 'commsched.db'}")
    assert ready(store, tmp_path / "backups", datetime.now(UTC)) is None
    with store.read(EVERY_WORKSPACE) as session:
        assert [row.title for row in session.scalars(select(Item).order_by(Item.id))] == ["Text 1", "Text 2", "Text 3"]
    store.close()


@pytest.mark.parametrize("command", ["up", "web"])
def test_who_is_ended_the_moment_the_address_is_there_ends_well(command: str, founded: str, home: Path) -> None:
    with running(home, command, "--port", "0") as (process, _):
        process.signal(signal.SIGTERM)
        assert process.wait() == 0


def test_web_and_worker_do_it_as_two_processes(run: Run, founded: str, home: Path) -> None:
    with running(home, "web", "--port", "0") as (_, address), running(home, "worker") as (worker, _):
        assert requests.get(f"{address}/healthz", timeout=10).status_code == 200
        until(lambda: "commsched_heartbeat" in requests.get(f"{address}/metrics", timeout=10).text)
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0


def test_a_taken_port_is_told_in_a_sentence(founded: str, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "commsched.cli", "web", "--home", str(home)]
        done = subprocess.run(
            [*command, "--port", str(taken.getsockname()[1])], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert "Cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


# -- putting it away and bringing it back ----------------------------------------------------------


def scheduled(installation: Installation, cast: Cast, channel: int, at: str, text: str) -> int:
    """An approved item in the outbox; returns its delivery."""
    from commsched.core.content.draft import DraftIn
    from commsched.services.workflow import approve, editing, schedule
    from commsched.store.models import Revision

    writer, approver = cast.actor("writer"), cast.actor("approver")
    item = editing.create(installation, writer, DraftIn(text=text, channels=[channel], publish_at=at))
    approve.submit(installation, writer, item)
    with installation.store.read(cast.place.id) as session:
        content = session.query(Revision).filter_by(item_id=item).one().hash
    approve.approve(installation, approver, item, content)
    schedule.schedule(installation, writer, item)
    with installation.store.read(cast.place.id) as session:
        return session.query(Delivery).filter_by(item_id=item).one().id


def state(installation: Installation, delivery: int) -> tuple[str, str]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get_one(Delivery, delivery)
        return row.state, row.reason


def test_a_restored_office_is_paused_and_reads_back_what_may_have_gone_out(
    installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path
) -> None:
    channel = add_channel(installation, cast.place.id, behaviour="lost answer")
    soon = scheduled(installation, cast, channel, "2026-11-26T08:00", "Går ut efter säkerhetskopian")
    later = scheduled(installation, cast, channel, "2026-11-28T08:00", "Långt kvar")
    file = backup.archive(installation, tmp_path / "office.tar.gz", with_key=True)
    clock.forward(hours=24)
    home = tmp_path / "new"
    home.mkdir()
    brought = bring_back(file, home, installation.now(), partial(open_copy, clock=clock))
    assert brought.has_key
    assert (brought.settled.paused, brought.settled.doubted) == (2, 2)
    again = open_installation(home, clock=clock)
    try:
        with again.store.read(EVERY_WORKSPACE) as session:
            place = session.get_one(Workspace, cast.place.id)
            assert place.paused_at is not None
            assert place.pause_reason == "restored"
            assert session.query(Part).all() == []
        assert state(again, soon) == state(again, later) == ("unknown", "verify"), "whatever its time"
        clock.forward(seconds=30)
        Dispatcher(again, wait=lambda _seconds: None).run()
        assert state(again, soon)[0] == "published", "it was read back, not sent"
        assert state(again, later)[0] == "published", "this sandbox finds whatever it is asked for"
    finally:
        again.store.close()


def test_what_cannot_be_read_back_is_asked_of_a_person(
    installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path
) -> None:
    channel = add_channel(installation, cast.place.id, behaviour="needs a person")
    delivery = scheduled(installation, cast, channel, "2026-11-26T08:00", "Kanske ute")
    clock.forward(hours=2)
    settle(installation, installation.now())
    clock.forward(seconds=30)
    Dispatcher(installation, wait=lambda _seconds: None).run()
    assert state(installation, delivery) == ("unknown", "ask")


def test_a_restore_over_the_command_line(run: Run, founded: str, home: Path, tmp_path: Path) -> None:
    token = run("token", "create", "--email", "astrid@example.org").stdout.strip()
    made = run("backup", "--to", str(tmp_path))
    file = Path(made.stdout.strip())
    assert file.parent == tmp_path
    assert file.stat().st_mode & 0o077 == 0
    with tarfile.open(file) as packed:
        assert "secret.key" not in packed.getnames()
    assert "key" in made.stderr
    full = run("restore", str(file))
    assert (full.exit_code, full.stdout) == (1, "")
    assert "not empty" in full.stderr
    from click.testing import CliRunner

    from commsched.cli.main import main

    new = tmp_path / "new"
    done = CliRunner().invoke(main, ["restore", str(file), "--home", str(new)])
    assert done.exit_code == 0, done.output
    assert "secret.key" in done.stderr
    installation = open_installation(new)
    assert machine_admin.workspace(installation, SLUG).pause_reason == "restored"
    from commsched.services.accounts.sessions import recognise_token

    assert recognise_token(installation, token) is not None
    installation.store.close()


def test_force_puts_what_was_there_aside(run: Run, founded: str, home: Path, tmp_path: Path) -> None:
    file = run("backup", "--to", str(tmp_path / "a.tar.gz"), "--with-key").stdout.strip()
    run("person", "add", "--email", "karin@example.org", "--role", "writer")
    key = (home / "secret.key").read_bytes()
    done = run("restore", file, "--force")
    assert done.exit_code == 0, done.output
    assert "karin" not in run("person", "list").stdout
    (aside,) = (home / "backups").glob("replaced-*")
    assert (aside / "commsched.db").exists()
    assert (aside / "secret.key").read_bytes() == (home / "secret.key").read_bytes() == key
    assert run("doctor").exit_code == 0


def test_a_backup_goes_into_the_home_unless_told_where(run: Run, founded: str, home: Path) -> None:
    made = Path(run("backup").stdout.strip())
    assert made.parent == home / "backups"
    assert [entry.name for entry in made.parent.iterdir()] == [made.name], "nothing half made is left"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "commsched/web/app.py", "media/../../evil", "media"])
def test_an_archive_cannot_write_where_it_does_not_belong(tmp_path: Path, name: str, clock: SetClock) -> None:
    import io

    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as packed:
        about = tarfile.TarInfo(name)
        about.size = 4
        packed.addfile(about, io.BytesIO(b"evil"))
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(Invalid):
        bring_back(file, home, clock.now(), open_copy)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 500])
def test_half_a_backup_is_refused_and_the_home_left_as_it_was(
    run: Run, founded: str, home: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = Path(run("backup", "--to", str(tmp_path / "a.tar.gz")).stdout.strip())
    file.write_bytes(damage(file.read_bytes()))
    refused = run("restore", str(file), "--force")
    assert refused.exit_code == 1
    assert "whole backup" in refused.stderr
    assert "astrid" in run("person", "list").stdout


def test_a_running_office_is_not_restored_over(run: Run, founded: str, home: Path, tmp_path: Path) -> None:
    from commsched.engine.lock import EngineLock

    file = run("backup", "--to", str(tmp_path / "a.tar.gz")).stdout.strip()
    with EngineLock(home):
        refused = run("restore", file, "--force")
    assert refused.exit_code == 1
    assert "running" in refused.stderr


def test_a_backup_holds_every_picture_that_its_database_names(
    installation: Installation, cast: Cast, tmp_path: Path
) -> None:
    from commsched.services.media import library
    from tests.images import files

    media = library.add(installation, cast.actor("writer"), files.png(), "buss.png").media
    (tmp_path / "new").mkdir()
    bring_back(backup.archive(installation, tmp_path / "a.tar.gz"), tmp_path / "new", installation.now(), open_copy)
    kept = tmp_path / "new" / "media" / media.sha256[:2] / f"{media.sha256}.png"
    assert kept.read_bytes() == blob_of(installation, media).read()


def test_an_idle_demo_keeps_nothing_of_what_furnishing_it_took(tmp_path: Path) -> None:
    """The pages and the engine, under 120 MB: drawing the pictures and making up two months was another's work."""
    with running(tmp_path, "demo", "--port", "0") as (process, address):
        assert requests.get(f"{address}/sign-in", timeout=20).status_code == 200
        time.sleep(5)
        assert proportional(process.pid) < 120
        assert len(family(process.pid)) == 2
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    with closing(sqlite3.connect(tmp_path / "demo" / "commsched.db")) as connection:
        assert connection.execute("SELECT count(*) FROM item").fetchone()[0] > 20
        links = [link for (link,) in connection.execute("SELECT account_url FROM channel WHERE account_url <> ''")]
    assert links, "what it says is out can be looked at, at the port that was asked for"
    assert all(link.startswith(f"{address}/") for link in links)

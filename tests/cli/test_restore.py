"""A restore is whole or not at all: whatever ends it half-way, nothing goes out twice. Nobody is open beside it."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from commsched.bootstrap import open_copy, open_installation
from commsched.core.text.messages import Conflict
from commsched.services.accounts import tokens
from commsched.services.accounts.sessions import recognise_token
from commsched.services.content import preview_addresses
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.services.ops import after_restore, backup, in_use, replacing
from commsched.services.ops.after_restore import bring_back
from commsched.services.ops.in_use import InUse, enter
from commsched.services.staff import leaving
from commsched.services.workflow import embargoes
from commsched.store.models import ApiToken, Attempt, Delivery, Item, Media, Person, Takedown, Workspace
from commsched.store.session import EVERY_WORKSPACE, Replaced
from tests import writing
from tests.api.conftest import add_channel
from tests.cli.conftest import Run
from tests.cli.test_backup import scheduled
from tests.conftest import Cast, SetClock
from tests.processes import PATIENCE, ended, running
from tests.publications import channel
from tests.services import desk

pytestmark = pytest.mark.sqlite("a backup holds its file; a PostgreSQL is put away by pg_dump")
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def archive(installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path) -> Path:
    """A backup in which something waits that has gone out since."""
    channel = add_channel(installation, cast.place.id)
    scheduled(installation, cast, channel, "2026-11-26T08:00", "Går ut efter säkerhetskopian")
    installation.blobs.keep("ab/abc.png", BytesIO(b"a picture"))
    (installation.home / backup.SETTINGS).write_text('smtp_url = "smtp://post:hemligt@relay.example.org"\n')
    made = backup.archive(installation, tmp_path / "office.tar.gz", with_key=True)
    clock.forward(hours=1, minutes=1)
    Dispatcher(installation, wait=lambda _seconds: None).run()
    assert _deliveries(installation) == ["published"]
    return made


def _deliveries(installation: Installation) -> list[str]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Delivery.state)))


def _attempts(installation: Installation) -> int:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return session.scalar(select(func.count()).select_from(Attempt)) or 0


def fate(home: Path, clock: SetClock) -> str:
    """Start what lies in ``home``, and let it work: ``old``, or ``restored`` and paused, and nothing else."""
    installation = open_installation(home, clock=clock)
    try:
        assert not replacing.is_under_way(home)
        before = _attempts(installation)
        Dispatcher(installation, wait=lambda _seconds: None).run()
        if before:
            assert _deliveries(installation) == ["published"]
            return "old"
        with installation.store.read(EVERY_WORKSPACE) as session:
            reasons = set(session.scalars(select(Workspace.pause_reason)))
            assert session.scalars(select(Delivery.was)).all() == ["waiting"]
        assert reasons == {after_restore.REASON}
        assert _deliveries(installation) == ["unknown"]
        assert _attempts(installation) == 0, "nothing was sent"
        assert installation.blobs.exists("ab/abc.png")
        return "restored"
    finally:
        installation.store.close()


@pytest.mark.parametrize("where", ["mnt/elsewhere", "mnt/elsewhere.tar.gz", "there.tar.gz"])
def test_a_backup_is_not_written_where_no_disk_is_or_over_another(
    installation: Installation, tmp_path: Path, where: str
) -> None:
    (tmp_path / "there.tar.gz").write_bytes(b"the last one")
    with pytest.raises(Conflict):
        backup.archive(installation, tmp_path / where)
    assert not (tmp_path / "mnt").exists()
    assert (tmp_path / "there.tar.gz").read_bytes() == b"the last one"


def test_killed_at_any_step_it_is_the_old_office_or_the_restored_one_paused(
    installation: Installation, archive: Path, clock: SetClock, tmp_path: Path
) -> None:
    installation.store.close()
    where = tmp_path / "killed"
    where.mkdir()
    command = [sys.executable, "-m", "tests.cli.killed", str(archive), str(installation.home), str(where)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    fates = [fate(where / str(step), clock) for step in range(1, int(done.stdout) + 1)]
    first = fates.index("restored")
    assert fates == ["old"] * first + ["restored"] * (len(fates) - first), "it goes over once, and never back"
    assert first > 10
    assert len(fates) - first > 8, "it is killed between the moves too"


def test_the_command_killed_at_any_moment_leaves_an_office_that_sends_nothing_twice(
    installation: Installation, archive: Path, clock: SetClock, tmp_path: Path
) -> None:
    installation.store.close()
    for turn in range(6):
        home = tmp_path / f"turn-{turn}"
        shutil.copytree(installation.home, home)
        command = [sys.executable, "-m", "commsched", "restore", str(archive), "--force", "--home", str(home)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.2, 1.2))
        process.kill()
        process.wait()
        fate(home, clock)


@pytest.mark.parametrize(
    "name", ["take_out", "settle", "_fold", "carried.carry", "replacing.flush", "replacing.replace"]
)
@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
def test_a_failure_before_anything_is_moved_leaves_the_office_as_it_was(
    installation: Installation,
    archive: Path,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    error: BaseException,
) -> None:
    installation.store.close()

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    place, _, what = name.rpartition(".")
    target: Any = backup if what == "take_out" else getattr(after_restore, place) if place else after_restore
    monkeypatch.setattr(target, what, fail)
    with pytest.raises(type(error)):
        bring_back(archive, installation.home, clock.now(), open_copy)
    monkeypatch.undo()
    assert not list(installation.home.glob(".restore-*"))
    assert fate(installation.home, clock) == "old"


def _misspell(_archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMSCHED_SMTP_ULR", "smtp://relay.example.org")


def _bad_settings(archive: Path, _: pytest.MonkeyPatch) -> None:
    _change(archive, lambda folder: (folder / backup.SETTINGS).write_text("trusted_proxies = [\n"))


def _newer(archive: Path, _: pytest.MonkeyPatch) -> None:
    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / backup.DATABASE)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")

    _change(archive, change)


def _change(archive: Path, change: Callable[[Path], Any]) -> None:
    import tarfile

    folder = archive.parent / "changed"
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    change(folder)
    with tarfile.open(archive, "w:gz") as packed:
        for path in folder.rglob("*"):
            if path.is_file():
                packed.add(path, path.relative_to(folder).as_posix())


@pytest.mark.parametrize("spoil", [_misspell, _bad_settings, _newer])
def test_what_cannot_be_opened_replaces_nothing(
    installation: Installation,
    archive: Path,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[..., None],
) -> None:
    from click.testing import CliRunner

    from commsched.cli.main import main

    installation.store.close()
    with monkeypatch.context() as patch:
        spoil(archive, patch)
        done = CliRunner().invoke(main, ["restore", str(archive), "--force", "--home", str(installation.home)])
    assert done.exit_code in (1, 2)
    assert isinstance(done.exception, SystemExit), done.exception
    assert not (installation.home / "backups").exists()
    assert fate(installation.home, clock) == "old"


def test_a_restore_refused_once_can_be_done_again_into_the_same_empty_home(
    installation: Installation, archive: Path, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from commsched.cli.main import main

    new = tmp_path / "new"
    command = ["restore", str(archive), "--home", str(new)]
    with monkeypatch.context() as patch:
        _misspell(archive, patch)
        assert CliRunner().invoke(main, command).exit_code == 2
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert fate(new, clock) == "restored"


# -- nobody is open beside ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("web", "--port", "0"), ("up", "--port", "0"), ("worker",)])
def test_an_office_that_is_open_is_not_restored_over(
    run: Run, founded: str, home: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    file = run("backup", "--to", str(tmp_path / "a.tar.gz"), "--with-key").stdout.strip()
    with running(home, *command) as (_, address):
        if address:
            assert requests.get(f"{address}/healthz", timeout=20).status_code == 200
        refused = run("restore", file, "--force")
        assert refused.exit_code == 1
        assert "is running" in refused.stderr
        assert not list((home / "backups").glob("replaced-*")) if (home / "backups").exists() else True
    done = run("restore", file, "--force")
    assert done.exit_code == 0, done.output


def test_pages_under_another_server_hold_the_office_open(founded: str, home: Path) -> None:
    program = "import commsched.wsgi, sys; print('open', flush=True); sys.stdin.readline()"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "COMMSCHED_HOME": str(home)},
        text=True,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with ended(process):
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        assert not InUse(home).alone()
        process.communicate("\n", timeout=PATIENCE)
    with InUse(home) as lock:
        assert lock.alone()


def test_nobody_opens_an_office_while_it_is_restored(tmp_path: Path) -> None:
    with InUse(tmp_path) as lock:
        assert lock.alone()
        with pytest.raises(Conflict, match="being restored"):
            enter(tmp_path, patience=0.2)
    with enter(tmp_path) as mine, enter(tmp_path) as another:
        assert mine.path == another.path
        assert not InUse(tmp_path).alone()


def test_what_root_opened_first_is_the_owners_of_the_home(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, 12345)
    with enter(tmp_path) as lock:
        assert lock.path.stat().st_uid == tmp_path.stat().st_uid


def test_two_that_start_at_once_complete_a_restore_that_was_cut_short_once(
    installation: Installation, archive: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.store.close()
    monkeypatch.setattr(replacing, "finish", lambda _home: None)
    bring_back(archive, installation.home, clock.now(), open_copy)
    monkeypatch.undo()
    assert replacing.is_under_way(installation.home)
    with in_use.enter(installation.home), in_use.enter(installation.home):
        assert not replacing.is_under_way(installation.home)
        assert fate(installation.home, clock) == "restored"


def test_pages_do_not_write_into_a_database_that_was_replaced(
    app: Flask, installation: Installation, browse: Callable[..., Any], cast: Cast
) -> None:
    browser = browse(cast.writer)
    assert browser.get("~/").status_code == 200
    file = installation.home / backup.DATABASE
    shutil.copy(file, installation.home / "other.db")
    file.rename(installation.home / "aside.db")
    (installation.home / "other.db").rename(file)
    answer = browser.client.post("/api/v1/items", json={"text": "Ja"}, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json["code"]) == (503, "replaced")
    assert browser.client.post(browser.path("~/items/new"), data={}).status_code == 503
    assert browser.get("~/").status_code == 503
    with pytest.raises(Replaced), installation.store.write(EVERY_WORKSPACE):
        pass
    with pytest.raises(Replaced), installation.store.ledger():
        pass


# -- what was taken away stays away ------------------------------------------------------------------


def _take_down(installation: Installation, clock: SetClock) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        item = session.scalars(select(Item)).one()
        session.add(Takedown(workspace_id=item.workspace_id, item_id=item.id, reason="Fel namn", at=clock.now()))


def _standing(home: Path, clock: SetClock) -> list[str]:
    installation = open_installation(home, clock=clock)
    with installation.store.read(EVERY_WORKSPACE) as session:
        found = list(session.scalars(select(Takedown.reason).where(Takedown.ended_at.is_(None))))
    installation.store.close()
    return found


def test_what_was_taken_down_since_stays_down(installation: Installation, archive: Path, clock: SetClock) -> None:
    _take_down(installation, clock)
    installation.store.close()
    brought = bring_back(archive, installation.home, clock.now(), partial(open_copy, clock=clock))
    assert brought.carried is not None
    assert brought.carried.takedowns == 1
    assert _standing(installation.home, clock) == ["Fel namn"]


def test_what_was_put_back_in_the_backup_is_not_taken_down_by_an_older_database(
    installation: Installation, archive: Path, clock: SetClock, tmp_path: Path
) -> None:
    _take_down(installation, clock)
    with closing(sqlite3.connect(installation.home / backup.DATABASE)) as old:
        old.execute("VACUUM INTO ?", (str(tmp_path / "older.db"),))
    clock.forward(hours=1)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.scalars(select(Takedown)).one().ended_at = clock.now()
    newer = backup.archive(installation, tmp_path / "newer.tar.gz")
    installation.store.close()
    (tmp_path / "older.db").rename(installation.home / backup.DATABASE)
    brought = bring_back(newer, installation.home, clock.now(), partial(open_copy, clock=clock))
    assert brought.carried is not None
    assert brought.carried.takedowns == 0
    assert _standing(installation.home, clock) == []


@pytest.mark.parametrize("newer", [True, False])
def test_who_was_shut_out_since_stays_out_and_a_key_that_was_ended_ended(
    installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path, newer: bool
) -> None:
    """But a database older than the backup shuts nobody out who was let in again after it."""
    token = tokens.create_token(installation, cast.actor("approver"), "a program")

    def ended(yes: bool) -> None:
        with installation.store.write(EVERY_WORKSPACE) as session:
            session.get_one(Person, cast.writer.id).active = not yes
            session.scalars(select(ApiToken)).one().revoked_at = clock.now() if yes else None

    ended(not newer)
    with closing(sqlite3.connect(installation.home / backup.DATABASE)) as old:
        old.execute("VACUUM INTO ?", (str(tmp_path / "older.db"),))
    clock.forward(hours=1)
    ended(False)
    made = backup.archive(installation, tmp_path / "a.tar.gz", with_key=True)
    if newer:
        clock.forward(hours=1)
        leaving.deactivate(installation, cast.place, cast.writer.email)
        ended(True)
    installation.store.close()
    if not newer:
        (tmp_path / "older.db").rename(installation.home / backup.DATABASE)
    brought = bring_back(made, installation.home, clock.now(), partial(open_copy, clock=clock))
    assert brought.carried is not None
    assert (brought.carried.persons, brought.carried.tokens) == ((1, 1) if newer else (0, 0))
    again = open_installation(installation.home, clock=clock)
    assert (recognise_token(again, token) is None) is newer
    with again.store.read(EVERY_WORKSPACE) as session:
        assert session.get_one(Person, cast.writer.id).active is not newer
    again.store.close()


@pytest.mark.parametrize(
    ("then", "now", "carried"),
    [
        (None, "2026-11-25", "2026-11-25"),
        ("2027-01-31", "2026-11-25", "2026-11-25"),
        ("2026-11-25", "2027-01-31", "2026-11-25"),
        ("2026-11-25", None, "2026-11-25"),
    ],
)
def test_a_consent_that_ends_earlier_in_the_replaced_office_ends_then(
    installation: Installation,
    cast: Cast,
    clock: SetClock,
    tmp_path: Path,
    then: str | None,
    now: str | None,
    carried: str,
) -> None:
    from commsched.services.media import library
    from tests.images import files

    media = library.add(installation, cast.actor("writer"), files.png(), "buss.png").media.id

    def until(day: str | None) -> dict[str, Any]:
        return {"persons": [{"name": "Anna", **({"ends": f"{day}T00:00:00+00:00"} if day else {})}]}

    for day in (then, now):
        with installation.store.write(EVERY_WORKSPACE) as session:
            session.get_one(Media, media).facts = until(day)
        if day is then:
            made = backup.archive(installation, tmp_path / "a.tar.gz")
    installation.store.close()
    bring_back(made, installation.home, clock.now(), partial(open_copy, clock=clock))
    again = open_installation(installation.home, clock=clock)
    with again.store.read(EVERY_WORKSPACE) as session:
        row = session.get_one(Media, media)
        assert row.facts == until(carried)
        assert row.consent_ends is not None
    again.store.close()


def test_a_damaged_database_is_replaced_all_the_same_and_what_is_not_known_is_said(
    installation: Installation, archive: Path, clock: SetClock
) -> None:
    from click.testing import CliRunner

    from commsched.cli.main import main

    installation.store.close()
    (installation.home / backup.DATABASE).write_bytes(b"no database" * 1000)
    done = CliRunner().invoke(main, ["restore", str(archive), "--force", "--home", str(installation.home)])
    assert done.exit_code == 0, done.output
    assert "stands there again as it was" in done.stderr
    assert "consents that ended since hold again" in done.stderr
    assert "can sign in again" in done.stderr
    assert "smtp_url = smtp://relay.example.org\n" in done.stderr
    assert "hemligt" not in done.output
    assert fate(installation.home, clock) == "restored"


def test_a_secret_address_that_was_ended_since_leads_nowhere_for_ever(
    installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path
) -> None:
    said = {"kind": "release", "title": "Ja", "contact": "Eva", "embargo": "2026-11-26T14:00"}
    item = desk.scheduled(
        cast, channels=[writing.press_list(installation, cast), channel(installation, cast.place.id)], **said
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        secret = preview_addresses.url(installation, session, item).rpartition("/")[2]
        assert preview_addresses.item_of(session, secret) == (cast.place.id, item)
    made = backup.archive(installation, tmp_path / "a.tar.gz", with_key=True)
    embargoes.revoke_preview(installation, cast.actor(), item)
    installation.store.close()
    brought = bring_back(made, installation.home, clock.now(), partial(open_copy, clock=clock))
    assert brought.carried is not None
    assert brought.carried.tokens == 1
    again = open_installation(installation.home, clock=clock)
    with again.store.read(EVERY_WORKSPACE) as session:
        assert preview_addresses.item_of(session, secret) is None

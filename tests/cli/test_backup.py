"""A backup while the office runs, and an office out of it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from commsched.bootstrap import open_copy, open_installation
from commsched.core.text.messages import Invalid
from commsched.services.accounts import machine_admin
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.ops import backup
from commsched.services.ops.after_restore import bring_back, settle
from commsched.store.models import Delivery, Part, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests.api.conftest import add_channel
from tests.cli.conftest import Run
from tests.conftest import Cast, SetClock

pytestmark = pytest.mark.sqlite("a backup holds its file; a PostgreSQL is put away by pg_dump")


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
    assert machine_admin.workspace(installation, "regiongruppen-vastra").pause_reason == "restored"
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

"""The first minutes of an office that came out of a backup: paused, signed out, and unsure of what has gone out."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import delete

from commsched.services.accounts import machine_admin
from commsched.services.deliver.after_restore import doubt
from commsched.services.deliver.recovery import recover
from commsched.services.inbox import answering
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation
from commsched.services.mailing import server
from commsched.services.ops import backup, carried, replacing
from commsched.services.workflow import pause
from commsched.store.models import Heartbeat, SignIn
from commsched.store.session import EVERY_WORKSPACE

REASON = "restored"
"""What stands as the reason of the pause; :data:`commsched.services.workflow.pause.REASONS` says it to people."""


class Settled(msgspec.Struct, frozen=True):
    """What was done: offices paused, and deliveries whose fate must be read back or asked about."""

    paused: int
    doubted: int


class Brought(msgspec.Struct, frozen=True):
    """An office that was brought back. ``carried`` is ``None`` where nothing was replaced that could be read."""

    manifest: backup.Manifest
    has_key: bool
    settled: Settled
    carried: carried.Carried | None
    settings: dict[str, str]
    """Settings from the archive that decide where things are sent; ``mail_server`` is the one set on the page."""


def bring_back(file: Path, home: Path, now: datetime, open_copy: Callable[[Path], Installation]) -> Brought:
    """Put the office of an archive into ``home``, and what is there aside. The caller holds the office exclusively.

    Everything that can fail is done on a copy: it is read, opened by ``open_copy`` (which judges its settings and
    migrates its database), and settled. Only then anything is moved, so that no moment exists in which a half-restored
    office can be opened.
    """
    replacing.finish(home)
    replacing.sweep(home)
    stage = Path(tempfile.mkdtemp(dir=home, prefix=replacing.STAGE))
    try:
        brought = _make_ready(file, home, stage, open_copy)
        names = tuple(name for name in backup.OWN if (stage / name).exists())
        aside = f"replaced-{now:%Y%m%dT%H%M%S%f}Z"
        replacing.replace(home, replacing.Plan(stage.name, aside, names))
    except BaseException:
        if not replacing.is_under_way(home):
            shutil.rmtree(stage, ignore_errors=True)
        raise
    return brought


def _make_ready(file: Path, home: Path, stage: Path, open_copy: Callable[[Path], Installation]) -> Brought:
    manifest = backup.take_out(file, stage)
    with_key = (stage / backup.KEY).exists()
    held = carried.standing(home / backup.DATABASE, manifest.made_at)
    installation = open_copy(stage)
    try:
        settled = settle(installation, manifest.made_at)
        took = carried.carry(installation, held) if held is not None else None
        mail = server.get(installation)
    finally:
        installation.store.close()
    _fold(stage / backup.DATABASE)
    if not with_key:  # one that was made only to open the copy
        (stage / backup.KEY).unlink(missing_ok=True)
    has_key = with_key or (home / backup.KEY).exists()
    lead_out = backup.settings_of(stage) | ({"mail_server": f"smtp://{mail.host}:{mail.port}"} if mail else {})
    return Brought(manifest, has_key, settled, took, lead_out)


def _fold(database: Path) -> None:
    """Fold the database into its one file: it is moved without the files that SQLite keeps beside it."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    if mode != ("delete",):
        raise RuntimeError(f"{database} is still open")


def settle(installation: Installation, made_at: datetime) -> Settled:
    """Pause every office, end every session, and doubt whatever was not finished when the backup was made, at
    ``made_at`` (UTC). Nothing has been sent."""
    paused = 0
    for workspace in machine_admin.workspaces(installation):
        actor = machine_admin.actor(workspace)
        if workspace.paused_at is None:
            pause.pause(installation, actor, REASON)
            paused += 1
        with installation.store.write(workspace.id) as session:
            note(session, installation, actor, "office.restored", made_at=made_at.isoformat())
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(delete(SignIn))
        session.execute(delete(Heartbeat))
    recover(installation, "the office was restored from a backup", alone=True)
    answering.doubt(installation)
    return Settled(paused, doubt(installation, made_at))

"""Replaces an office with one that is ready, so that a crash at any moment leaves one of the two intact.

A plan of the moves is written to a file in the home first. While that file exists, no process opens the office before
the remaining moves are done (:func:`commsched.services.ops.in_use.complete`). Whatever is moved has been settled
before.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from commsched.core.text.messages import N_, Conflict

MARK: Final = "restoring"
"""The file that says what is being moved."""
STAGE: Final = ".restore-"
"""How the folder begins in which an office is made ready."""
BESIDE: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database: it goes where the database goes."""


class Plan(msgspec.Struct, frozen=True):
    """``names`` are moved from the folder ``stage`` into the home, in this order; what is there goes to
    ``backups/<aside>``."""

    stage: str
    aside: str
    names: tuple[str, ...]


def replace(home: Path, plan: Plan) -> None:
    """Move everything in the plan. The caller holds the office exclusively. Raises :class:`Conflict` where something in
    the home cannot be moved."""
    for name in plan.names:
        if (home / name).is_mount():
            raise Conflict(
                N_("%(path)s is a file system of its own and cannot be put aside. Restore into another folder."),
                "--home",
                path=str(home / name),
            )
    for folder, _names, files in os.walk(home / plan.stage):
        for name in files:
            flush(Path(folder) / name)
        flush(Path(folder))
    written = home / plan.stage / MARK
    written.write_bytes(msgspec.json.encode(plan))
    flush(written)
    os.rename(written, home / MARK)
    flush(home)
    finish(home)


def is_under_way(home: Path) -> bool:
    """Whether a replacement has begun and not ended."""
    return (home / MARK).exists()


def finish(home: Path) -> None:
    """Go on with an interrupted replacement from where it stopped. The caller holds the office exclusively."""
    if not is_under_way(home):
        return
    try:
        plan = msgspec.json.decode((home / MARK).read_bytes(), type=Plan)
    except msgspec.MsgspecError as error:
        raise Conflict(
            N_("%(path)s cannot be read: a restore was cut short here. Restore again, into an empty folder."),
            "--home",
            path=str(home / MARK),
        ) from error
    stage, aside = home / plan.stage, home / "backups" / plan.aside
    for name in plan.names:
        if (stage / name).exists():
            _put_aside(home, aside, name)
            os.rename(stage / name, home / name)
            flush(home)
    (home / MARK).unlink()
    flush(home)
    shutil.rmtree(stage, ignore_errors=True)


def _put_aside(home: Path, aside: Path, name: str) -> None:
    """Move the database away first and the files beside it after: without them, it would be an older database that
    looks whole."""
    for old in (name, *(name + more for more in BESIDE)):
        if os.path.lexists(home / old):
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.rename(home / old, aside / old)
    if aside.is_dir():
        for folder in (aside, aside.parent, home):
            flush(folder)


def sweep(home: Path) -> None:
    """Delete what interrupted restores left that had not touched anything yet. The caller holds the office
    exclusively."""
    for folder in home.glob(f"{STAGE}*"):
        shutil.rmtree(folder, ignore_errors=True)


def flush(path: Path) -> None:
    """Make the disk keep a file's bytes, or a folder's names, before this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

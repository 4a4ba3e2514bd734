"""Whether everything it takes to publish is there: the database, the disk, the scheduler's clock."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from commsched.core.lifecycle import REASONS
from commsched.core.words import N_, Words
from commsched.flow.context import Office
from commsched.flow.signin import CLOCK
from commsched.store.models import Heartbeat
from commsched.store.session import EVERY_WORKSPACE

STALE: Final = timedelta(seconds=90)
"""A clock that has not ticked for this long is not going."""
ROOM: Final = 200 * 1024 * 1024
"""Bytes of disk under which it is time to act."""


class Check(msgspec.Struct, frozen=True):
    """One thing looked at. ``words`` say how it stands, ``help`` what to do when it does not."""

    name: str
    ok: bool
    words: Words
    help: Words | None = None


def goes(beat: datetime | None, now: datetime) -> bool:
    """Whether a clock that last ticked at ``beat`` counts as going."""
    return beat is not None and now - beat < STALE


def checks(office: Office) -> list[Check]:
    """Look at everything once. Never raises."""
    database = _database(office)
    return [database, _clock(office) if database.ok else _clock_unknown(), _disk(office)]


def _database(office: Office) -> Check:
    try:
        with office.store.read(EVERY_WORKSPACE) as session:
            session.execute(text("SELECT 1"))
    except DBAPIError:
        return Check("database", False, Words(N_("The database does not answer.")),
                     Words(N_("Look at the log; check that the disk is there and not full.")))  # fmt: skip
    return Check("database", True, Words(N_("The database answers.")))


def _clock(office: Office) -> Check:
    with office.store.read(EVERY_WORKSPACE) as session:
        row = session.get(Heartbeat, CLOCK)
    if row is not None and row.detail.startswith("clock:"):
        help_ = Words(N_("Set the clock right. If it is right now, restart commsched."))
        return Check("clock", False, Words(REASONS["clock"]), help_)
    if goes(row.at if row else None, office.now()):
        return Check("clock", True, Words(N_("The scheduler's clock is going.")))
    start = Words(N_("Start it with “commsched up”, or “commsched worker” beside the web server."))
    return Check("clock", False, Words(N_("The scheduler's clock is not going: nothing is published.")), start)


def _clock_unknown() -> Check:
    return Check("clock", False, Words(N_("Whether the scheduler's clock is going cannot be seen.")))


def _disk(office: Office) -> Check:
    try:
        free = shutil.disk_usage(office.home).free
    except OSError:
        return Check("disk", False, Words(N_("The home folder cannot be reached.")))
    room = Words(N_("%(free)s MB free on the disk."), {"free": free // 1024 // 1024})
    return Check("disk", free >= ROOM, room, None if free >= ROOM else Words(N_("Make room before it is full.")))

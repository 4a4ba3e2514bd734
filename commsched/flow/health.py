"""Whether everything it takes to publish is there: the database, the disk, the scheduler's clock."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

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


SKEW: Final = "skew"
"""The heartbeat's row that says how many seconds this computer's clock is ahead of the platforms'."""


class Check(msgspec.Struct, frozen=True):
    """One thing looked at. ``words`` say how it stands, ``help`` what to do when it does not."""

    name: str
    ok: bool
    words: Words
    help: Words | None = None
    stops: bool = True
    """Whether nothing is published while it is not ok."""


def goes(beat: datetime | None, now: datetime) -> bool:
    """Whether a clock that last ticked at ``beat`` counts as going."""
    return beat is not None and now - beat < STALE


def checks(office: Office) -> list[Check]:
    """Look at everything once. Never raises."""
    database = _database(office)
    if not database.ok:
        return [database, _clock_unknown(), _disk(office)]
    return [database, _clock(office), _time(office), _disk(office)]


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


def _time(office: Office) -> Check:
    with office.store.read(EVERY_WORKSPACE) as session:
        ahead = skew(session, office.now())
    if not ahead:
        return Check("time", True, Words(N_("The computer's clock agrees with the platforms', as far as is known.")))
    return Check("time", False, wrong_time(ahead), Words(N_("Set it right, best by letting it follow a time server "
                                                            "(NTP).")), stops=False)  # fmt: skip


def skew(session: Session, now: datetime) -> int:
    """Seconds that this computer's clock is ahead of the platforms' (behind: negative); 0 if none is known."""
    row = session.get(Heartbeat, SKEW)
    return int(row.detail) if row is not None and goes(row.at, now) else 0


def wrong_time(ahead: int) -> Words:
    """How far the clock is wrong, and what it does to what is published."""
    minutes = {"minutes": max(1, round(abs(ahead) / 60))}
    if ahead > 0:
        return Words(N_("The computer's clock is wrong: %(minutes)s min ahead of the platforms'. What is planned goes "
                        "out too early."), minutes)  # fmt: skip
    return Words(N_("The computer's clock is wrong: %(minutes)s min behind the platforms'. What is planned goes out "
                    "too late."), minutes)  # fmt: skip


def _clock_unknown() -> Check:
    return Check("clock", False, Words(N_("Whether the scheduler's clock is going cannot be seen.")))


def _disk(office: Office) -> Check:
    try:
        free = shutil.disk_usage(office.home).free
    except OSError:
        return Check("disk", False, Words(N_("The home folder cannot be reached.")))
    size = f"{free >> 30} GB" if free >> 30 >= 10 else f"{free >> 20} MB"
    room = Words(N_("%(free)s free on the disk."), {"free": size})
    return Check("disk", free >= ROOM, room, None if free >= ROOM else Words(N_("Make room before it is full.")))

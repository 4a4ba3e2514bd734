"""Whether everything it takes to publish is there: the database, the disk, the scheduler's clock."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Final

import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Message
from commsched.services.inbox import health as inbox_health
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.services.kernel.heartbeats import skew, wrong_time
from commsched.services.kernel.overdue import overdue
from commsched.services.mailing import health as mail_health
from commsched.store.models import Heartbeat
from commsched.store.session import EVERY_WORKSPACE, damaged

ROOM: Final = 200 * 1024 * 1024
"""Bytes of disk under which it is time to act."""


class Check(msgspec.Struct, frozen=True):
    """The result of one check. ``words`` give the state, ``help`` what to do when it is not good."""

    name: str
    ok: bool
    words: Message
    help: Message | None = None
    stops: bool = True
    """Whether nothing is published while it is not ok."""


def checks(installation: Installation) -> list[Check]:
    """Run every check once. Never raises."""
    looks: tuple[Callable[[Session, Installation], Check], ...] = (_database, _clock, _overdue, _time, _mail)
    checks: list[Check] = []
    try:
        with installation.store.read(EVERY_WORKSPACE) as session:
            for look in looks:
                checks.append(look(session, installation))
    except DBAPIError as error:
        broken = heartbeats.words("damaged" if damaged(error) else "database")
        checks = [Check("database", False, *broken), _clock_unknown()]
    return [*checks, _disk(installation)]


def _database(session: Session, installation: Installation) -> Check:
    row = session.get(Heartbeat, heartbeats.WHOLE)
    if row is not None and row.detail:
        return Check("database", False, *heartbeats.words("damaged"))
    return Check("database", True, Message(N_("The database answers.")))


def _clock(session: Session, installation: Installation) -> Check:
    code = heartbeats.trouble(session, installation.now())
    if code:
        return Check("clock", False, *heartbeats.words(code))
    return Check("clock", True, Message(N_("The scheduler's clock is going.")))


def _overdue(session: Session, installation: Installation) -> Check:
    late = overdue(session, installation.now())
    if not late:
        return Check("overdue", True, Message(N_("Nothing waits past its time.")))
    minutes = int((installation.now() - late[0].since) / timedelta(minutes=1))
    words = Message(
        N_("Deliveries that wait past their time: %(count)s. The oldest has waited for %(minutes)s minutes."),
        {"count": len(late), "minutes": minutes},
    )
    help_ = Message(
        N_("Look at the log and restart commsched. What must be said now can be said by hand: cancel it here first.")
    )
    return Check("overdue", False, words, help_)


def _time(session: Session, installation: Installation) -> Check:
    ahead = skew(session, installation.now())
    if not ahead:
        return Check("time", True, Message(N_("The computer's clock agrees with the platforms', as far as is known.")))
    return Check(
        "time",
        False,
        wrong_time(ahead),
        Message(N_("Set it right, best by letting it follow a time server (NTP).")),
        stops=False,
    )


def _mail(session: Session, installation: Installation) -> Check:
    """What is known of the mail, on its way out and in: nothing is asked of a network here."""
    for look in chain(mail_health.quick(session, installation), inbox_health.quick(session, installation)):
        return Check("mail", False, look.words, look.help, stops=False)
    return Check("mail", True, Message(N_("Nothing is known to be wrong with the mail.")))


def _clock_unknown() -> Check:
    return Check("clock", False, Message(N_("Whether the scheduler's clock is going cannot be seen.")))


def _disk(installation: Installation) -> Check:
    try:
        free = shutil.disk_usage(installation.home).free
    except OSError:
        return Check("disk", False, Message(N_("The home folder cannot be reached.")))
    size = f"{free >> 30} GB" if free >> 30 >= 10 else f"{free >> 20} MB"
    room = Message(N_("%(free)s free on the disk."), {"free": size})
    return Check("disk", free >= ROOM, room, None if free >= ROOM else Message(N_("Make room before it is full.")))

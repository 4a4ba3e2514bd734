"""The heartbeats: rows in which each part that must be running reports itself, and the scheduler's health as they show
it together.

``clock`` is when the dispatcher last completed a turn, so it stops while the dispatcher fails or hangs, whatever other
threads do. ``trouble`` is the engine's own reason why nothing is sent, ``keeper`` the reason given by the process that
restarts it, ``web`` the pages' own beat with the address they listen on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Message
from commsched.services.kernel.context import Installation
from commsched.store.models import Heartbeat
from commsched.store.session import EVERY_WORKSPACE

SKEW: Final = "skew"
"""The heartbeat's row that says how many seconds this computer's clock is ahead of the platforms'."""
KEEPER: Final = "keeper"
WEB: Final = "web"
WHOLE: Final = "whole"
"""When the database was last looked through, and what was wrong with it then."""

STALE: Final = timedelta(seconds=90)
"""What has not beaten for this long is not going."""
AHEAD: Final = timedelta(seconds=5)
"""A beat further in the future than this is none: the clock was set back since."""
KEPT: Final = timedelta(minutes=10)
"""How long the keeper's word stands."""

STOPPED: Final = "stopped"
_LOG: Final = N_("Look at the log; “commsched doctor” says more. Restart commsched.")
TROUBLES: Final[dict[str, tuple[str, str]]] = {
    "stopped": (
        N_("The scheduler's clock is not going: nothing is published."),
        N_("Start it with “commsched up”, or “commsched worker” beside the web server."),
    ),
    "stumbles": (N_("The scheduler meets the same error again and again: nothing is published."), _LOG),
    "stuck": (N_("The scheduler has been stuck for more than a minute: nothing is published."), _LOG),
    "dies": (N_("The scheduler dies again and again and is started anew each time."), _LOG),
    "lock": (
        N_("Another process has taken the scheduler's place and does not do its work: nothing is published."),
        N_("End all commsched processes of this office and start it once."),
    ),
    "clock": (
        N_("This computer's clock jumped: nothing is sent until it is known to be right."),
        N_(
            "Set the clock right, best by letting it follow a time server (NTP). If it is right now, restart commsched."
        ),
    ),
    "damaged": (
        N_("The database is damaged: nothing is published, and some pages cannot be shown."),
        N_(
            "Stop commsched, keep a copy of the home folder, and restore the latest backup with “commsched restore”. "
            "Then run “commsched doctor”. Look at the disk: worn memory cards do this."
        ),
    ),
    "database": (
        N_("The database does not answer: nothing is published."),
        N_("Look at the log; check that the disk is there and not full."),
    ),
}
"""Why nothing is published, by code: what it is, and what to do."""


def goes(beat: datetime | None, now: datetime) -> bool:
    """Whether the part that last beat at ``beat`` is running."""
    return beat is not None and -AHEAD < now - beat < STALE


def beat(installation: Installation, name: str, trouble: str = "", ago: float = 0.0) -> None:
    """The engine's heartbeat: its courier took its last whole turn ``ago`` seconds ago. With ``trouble``, a code of
    :data:`TROUBLES`, nothing is sent, and the clock's own row stays as it is."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        now = installation.now()
        if trouble == "lock" and _another_goes(session, name, now):
            return
        session.merge(Heartbeat(name=TROUBLE, at=now, detail=trouble))
        if not trouble:
            session.merge(Heartbeat(name=CLOCK, at=now - timedelta(seconds=ago), detail=name))
        session.merge(Heartbeat(name=SKEW, at=now, detail=str(installation.skew.seconds(now))))


def _another_goes(session: Session, name: str, now: datetime) -> bool:
    row = session.get(Heartbeat, CLOCK)
    return row is not None and row.detail != name and goes(row.at, now)


def write_beat(installation: Installation, name: str, detail: str = "") -> None:
    """Write one row: ``name`` is alive now and says ``detail``."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.merge(Heartbeat(name=name, at=installation.now(), detail=detail[:300]))


def trouble(session: Session, now: datetime) -> str:
    """Why nothing is published, as a code of :data:`TROUBLES`; empty while the scheduler goes."""
    rows = {row.name: row for row in session.scalars(select(Heartbeat))}

    def said(name: str, within: timedelta) -> str:
        row = rows.get(name)
        return row.detail if row is not None and -AHEAD < now - row.at < within else ""

    if rows.get(WHOLE) is not None and rows[WHOLE].detail:
        return "damaged"
    if trouble := said(TROUBLE, STALE) or said(KEEPER, KEPT):
        return trouble if trouble in TROUBLES else STOPPED
    return "" if CLOCK in rows and goes(rows[CLOCK].at, now) else STOPPED


def words(code: str) -> tuple[Message, Message]:
    """What the trouble is and what to do."""
    what, help_ = TROUBLES.get(code) or TROUBLES[STOPPED]
    return Message(what), Message(help_)


def skew(session: Session, now: datetime) -> int:
    """Seconds that this computer's clock is ahead of the platforms' (behind: negative); 0 if none is known."""
    return skew_of(session.get(Heartbeat, SKEW), now)


def skew_of(row: Heartbeat | None, now: datetime) -> int:
    """As :func:`skew`, by the heartbeat's row."""
    return int(row.detail) if row is not None and goes(row.at, now) else 0


def address(installation: Installation) -> str:
    """Where the pages said that they answer; empty where none ever did."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get(Heartbeat, WEB)
        return row.detail if row is not None else ""


CLOCK: Final = "clock"
"""The heartbeat's name that the engine writes."""


TROUBLE: Final = "trouble"
"""And that of its own word for why nothing is sent; empty while all is well."""


def wrong_time(ahead: int) -> Message:
    """How far the clock is wrong, and what it does to what is published."""
    minutes = {"minutes": max(1, round(abs(ahead) / 60))}
    if ahead > 0:
        return Message(
            N_(
                "The computer's clock is wrong: %(minutes)s min ahead of the platforms'. What is planned goes "
                "out too early."
            ),
            minutes,
        )
    return Message(
        N_("The computer's clock is wrong: %(minutes)s min behind the platforms'. What is planned goes out too late."),
        minutes,
    )

"""Watches the scheduler: when it publishes nothing although it should, the people who can act get one mail for each
period of trouble, and one when it works again.

The engine and the pages' process both watch, so that each notices when the other is gone. They share one row that says
what has been reported, so no one gets a mail twice. Where the database itself is broken, that row cannot be written:
then the mail goes at once, to the people known when the database could last be read.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from commsched.core.access.roles import GRANTS
from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.services.kernel.heartbeats import WEB
from commsched.services.kernel.overdue import overdue
from commsched.services.notices import outbox, templates
from commsched.store.models import Heartbeat, Membership, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE, Replaced, busy, damaged

log = logging.getLogger("commsched.watch")

REPORTED: Final = "told"
"""The name of the heartbeat row that holds the trouble last reported: a code, and empty when all is well."""
MARK: Final = "trouble.told"
"""A file in the home instead of that row, where the database cannot be written."""
SURE: Final = 2
"""Looks in a row that must see it: a process that is just starting again is no trouble, nor is one good moment well."""
LOOK: Final = 30.0
"""Seconds between two looks of the pages' process."""
OVERDUE, PAGES = "overdue", "pages"
LATE_WEB: Final = timedelta(minutes=3)
_KINDS: Final = {OVERDUE: "overdue", PAGES: "pages_stopped"}
_OWN_WORD: Final = frozenset({"clock", "stumbles", "damaged"})
"""What the engine says of itself is true at once."""


class Reader(msgspec.Struct, frozen=True):
    """A person to mail when the database cannot be read."""

    email: str
    language: str
    workspace: str
    slug: str


class Watchdog:
    """What one process sees of the others. ``mine`` is the heartbeat of the process that looks."""

    def __init__(self, installation: Installation, mine: Literal["clock", "web"]) -> None:
        self.installation, self.mine = installation, mine
        self._seen, self._times = "", 0
        self._readers: list[Reader] = []
        self._mailed_without_database = False

    def look(self) -> None:
        """Check once, and send a mail if the state has changed."""
        code, concerned = "", set[int]()
        try:
            with self.installation.store.read(EVERY_WORKSPACE) as session:
                code, concerned = self._trouble(session, self.installation.now())
                self._readers = _readers(session)
            if self._sure(code):
                self._report(code, concerned)
            if self.mine == WEB and code:
                outbox.send_due(self.installation)  # the engine may be what is gone
        except DBAPIError as error:
            if busy(error):
                return  # for a moment; should it last, the heartbeat stands still too
            code = "damaged" if damaged(error) else "database"
            if self._sure(code):
                self._mail_without_database(code)

    def _trouble(self, session: Session, now: datetime) -> tuple[str, set[int]]:
        """The code of the trouble at ``now`` and the ids of the workspaces it concerns (none: all of them)."""
        if code := heartbeats.trouble(session, now):
            return code, set()
        if late := overdue(session, now):
            return OVERDUE, {delivery.workspace for delivery in late}
        web = session.get(Heartbeat, WEB)
        if self.mine != WEB and web is not None and web.detail and now - web.at > LATE_WEB:
            return PAGES, set()
        return "", set()

    def _sure(self, code: str) -> bool:
        self._times = self._times + 1 if code == self._seen else 1
        self._seen = code
        return code in _OWN_WORD or self._times >= SURE

    def _report(self, code: str, concerned: set[int]) -> None:
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            if not _is_news(_reported(session), code):
                return self._well_again()
        with self.installation.store.write(EVERY_WORKSPACE) as session:
            row = session.get(Heartbeat, REPORTED, with_for_update=True)
            reported = row.detail if row is not None else ""
            if not _is_news(reported, code):
                return None  # the other process was quicker
            log.warning("%s", f"trouble: {code}; telling" if code else "all is well again; telling")
            session.merge(Heartbeat(name=REPORTED, at=self.installation.now(), detail=_detail(code, concerned)))
            was, _, where = reported.partition(" ")
            for place in _places(session, concerned or {int(number) for number in where.split() if number.isdigit()}):
                _queue(self.installation, session, place, code, was)
        return self._well_again()

    def _well_again(self) -> None:
        self._mailed_without_database = False
        if not self._seen:
            with contextlib.suppress(OSError):
                (self.installation.home / MARK).unlink()

    def _mail_without_database(self, code: str) -> None:
        """Mail the people who were known when the database could last be read. Of two processes, the first to make the
        mark in the home does it."""
        if self._mailed_without_database:
            return
        self._mailed_without_database = True
        log.error("trouble: %s; telling without the database", code)
        with contextlib.suppress(FileExistsError):
            try:
                (self.installation.home / MARK).touch(exist_ok=False)
            except FileExistsError:
                return
            except OSError:
                log.warning("%s cannot be written; the other process may tell too", MARK)
        for reader in self._readers:
            self.installation.mailer.send(templates.bare(self.installation, reader, code))


def _reported(session: Session) -> str:
    row = session.get(Heartbeat, REPORTED)
    return row.detail if row is not None else ""


def _is_news(reported: str, code: str) -> bool:
    """Whether a mail is due: one at the beginning of each period of trouble, even if its cause changes, and one at its
    end."""
    return bool(reported) != bool(code)


def _detail(code: str, concerned: set[int]) -> str:
    return " ".join([code, *map(str, sorted(concerned)[:40])]) if code else ""


def _places(session: Session, concerned: Iterable[int]) -> list[Workspace]:
    wanted = select(Workspace).order_by(Workspace.id)
    numbers = list(concerned)
    return list(session.scalars(wanted.where(Workspace.id.in_(numbers)) if numbers else wanted))


def _able(place: int) -> Select[Person]:
    """The people in that workspace who can act: they may resolve what stopped, or call the person who runs the
    installation."""
    roles = [role for role, granted in GRANTS.items() if "resolve" in granted]
    return (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .order_by(Person.id)
        .where(Membership.workspace_id == place, Membership.role.in_(roles), Person.active)
    )


def _queue(installation: Installation, session: Session, place: Workspace, code: str, was: str) -> None:
    people = list(session.scalars(_able(place.id).with_only_columns(Person.id)))
    kind = _KINDS.get(code, "scheduler_stopped") if code else "well_again"
    outbox.queue(session, installation, people, kind, workspace=place.id, trouble=code or was)


def _readers(session: Session) -> list[Reader]:
    readers: dict[str, Reader] = {}
    for place in session.scalars(select(Workspace).order_by(Workspace.id)):
        for person in session.scalars(_able(place.id)):
            readers.setdefault(person.email, Reader(person.email, person.language, place.name, place.slug))
    return list(readers.values())


class WatchdogThread:
    """The watchdog of the pages' process: a thread that beats for the pages, with their address, and watches the
    engine."""

    def __init__(self, installation: Installation, address: str = "") -> None:
        self.installation, self.address = installation, address
        self._watch = Watchdog(installation, WEB)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commsched-watchdog", daemon=True)

    def start(self) -> None:
        """Beat once, then start the thread."""
        self._say(self.address)
        self._thread.start()

    def stop(self) -> None:
        """Record that the pages end on purpose, so that their absence is not reported."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(5)
        self._say("")

    def _say(self, address: str) -> None:
        """Write the pages' heartbeat. Pages whose beat has no address are not reported as missing."""
        try:
            heartbeats.write_beat(self.installation, WEB, address)
        except (DBAPIError, Replaced) as error:
            log.warning("the pages' heartbeat cannot be written: %s", getattr(error, "orig", error))

    def _run(self) -> None:
        while not self._stop.wait(LOOK):
            self._say(self.address)
            try:
                self._watch.look()
            except Exception:
                log.exception("watching the engine failed; it is tried again")

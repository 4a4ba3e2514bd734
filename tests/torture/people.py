"""What people do while the office is killed again and again: move, cancel, drop, pause, answer, back up and restore.

They work through the real use cases, on the same database, from another process than the one that is killed; and they
remember what they stopped, so that it can be counted whether anything of it was tried afterwards.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from commsched.core.text.messages import OfficeError
from commsched.services.kernel.context import Actor
from commsched.services.ops import after_restore
from commsched.services.workflow import pause, resolve, schedule
from commsched.store.models import Attempt, Delivery, Item, Part, Revision
from commsched.store.session import EVERY_WORKSPACE
from tests.torture import dumps
from tests.torture.office import Hooks, make_office
from tests.torture.server import Book

WHO = Actor(1, "T", 1, "administrator")
DEEDS = (
    "move",
    "move",
    "cancel",
    "drop",
    "answer",
    "answer",
    "send",
    "send",
    "send",
    "pause",
    "resume",
    "resume",
    "resume",
    "resume",
    "backup",
)
SURE = timedelta(seconds=2)
"""How long after a call was lost somebody who looks can be certain of what they see."""
KEPT = 4
"""Backups kept; any of them may be restored, not only the newest."""


class People:
    """Everybody in the office, one deed at a time."""

    def __init__(self, home: Path, port: int, seed: int, book: Book, database: str) -> None:
        self.home, self.book, self.random = home, book, random.Random(seed)
        self.installation = make_office(home, port, Hooks("-", 0), database)
        self.deeds: Counter[str] = Counter()
        self.stopped: dict[int, datetime] = {}
        """By delivery: when it was stopped. No attempt may begin after that."""
        self.backups: list[tuple[Path, datetime, dict[int, datetime]]] = []

    def act(self) -> None:
        """Do something, if the office lets it be done."""
        name = self.random.choice(DEEDS)
        deeds: dict[str, Callable[[], object]] = {
            "move": self._move,
            "cancel": self._cancel,
            "drop": self._drop,
            "answer": self._answer,
            "send": self._send,
            "backup": self._backup,
            "pause": lambda: pause.pause(self.installation, WHO, "Olycka på torget."),
            "resume": lambda: pause.resume(self.installation, WHO, self.random.choice(("hold", "send"))),
        }
        with suppress(OfficeError):
            if deeds[name]() is not False:
                self.deeds[name] += 1

    def _one(self, *states: str) -> Delivery | None:
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            rows = list(session.scalars(select(Delivery).where(Delivery.state.in_(states)).limit(200)))
        return self.random.choice(rows) if rows else None

    def _move(self) -> bool:
        row = self._one("waiting", "held", "failed")
        if row is None:
            return False
        at = datetime.now(UTC) + timedelta(seconds=self.random.uniform(0.1, 1.5))
        schedule.move(self.installation, WHO, row.item_id, at.isoformat())
        return True

    def _stop(self, deed: Callable[[Delivery], object]) -> bool:
        row = self._one("waiting", "sending", "unknown", "held", "failed")
        if row is None:
            return False
        deed(row)
        self.stopped[row.id] = datetime.now(UTC)
        return True

    def _cancel(self) -> bool:
        return self._stop(lambda row: schedule.cancel(self.installation, WHO, row.item_id))

    def _drop(self) -> bool:
        return self._stop(lambda row: resolve.drop(self.installation, WHO, row.id))

    def _send(self) -> bool:
        row = self._one("held", "failed")
        if row is not None:
            resolve.send(self.installation, WHO, row.id)
        return row is not None

    def _answer(self) -> bool:
        row = self._one("unknown")
        if row is None or row.reason != "ask":
            return False
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            revision = session.get_one(Revision, row.revision_id)
            parts = list(session.scalars(select(Part).where(Part.delivery_id == row.id, Part.state == "unknown")))
            last = [
                at for at in session.scalars(select(Attempt.finished_at).where(Attempt.delivery_id == row.id)) if at
            ]
        if last and max(last) > datetime.now(UTC) - SURE:
            return False  # it may still be on its way
        answers: dict[bool, list[int]] = {True: [], False: []}
        for part in parts:
            answers[self._is_seen(row.channel_id, revision.parsed().text, part)].append(part.number)
        for out, numbers in answers.items():
            if numbers:
                resolve.resolve(self.installation, WHO, row.id, "published" if out else "not_published", parts=numbers)
                break
        return True

    def _is_seen(self, channel: int, text: str, part: Part) -> bool:
        if part.recipient:
            return bool(self.book.seen[channel, text, self.installation.vault.unseal(part.recipient)])
        return bool(self.book.seen[channel, text.split("||")[part.number], ""])

    def answer_all(self) -> None:
        """Sit down and answer everything that is asked."""
        for _ in range(2000):
            row = self._one("unknown")
            if row is None:
                return
            with suppress(OfficeError):
                if self._answer() or row.reason != "ask":
                    continue
            time.sleep(0.02)

    def _backup(self) -> None:
        made_at = datetime.now(UTC)
        file = self.home / f"backup-{self.deeds['backup']}.db"
        if self.installation.store.is_sqlite:
            _copy(self.home / "commsched.db", file)
        else:
            dumps.dump(self.installation.store.engine, file)
        self.backups = [*self.backups[-KEPT + 1 :], (file, made_at, dict(self.stopped))]

    def restore(self) -> bool:
        """Bring the office back out of one of the backups. Nothing may be running. Whether there was one."""
        if not self.backups:
            return False
        file, made_at, stopped = self.random.choice(self.backups)
        if self.installation.store.is_sqlite:
            _copy(file, self.home / "commsched.db")
        else:
            dumps.load(self.installation.store.engine, file)
        after_restore.settle(self.installation, made_at)
        self.stopped = dict(stopped)
        self.deeds["restore"] += 1
        return True

    def resume(self) -> None:
        """Whatever was paused goes on."""
        with suppress(OfficeError):
            pause.resume(self.installation, WHO, self.random.choice(("hold", "send")))

    def disobeyed(self) -> int:
        """Attempts that began after a person had stopped their delivery."""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            found = session.execute(select(Attempt.delivery_id, Attempt.started_at))
            return sum(at > self.stopped[row] for row, at in found if row in self.stopped)

    def untrue(self) -> int:
        """Items that are called stopped, held or failed although somebody has some of it."""
        none = Item.state.in_(("held", "failed", "cancelled", "scheduled"))
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            found: Any = (
                select(Item.id).join(Delivery, Delivery.item_id == Item.id).join(Part, Part.delivery_id == Delivery.id)
            )
            return len(set(session.scalars(found.where(none, Part.state == "published"))))

    def close(self) -> None:
        self.installation.store.close()


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
        old.backup(new)

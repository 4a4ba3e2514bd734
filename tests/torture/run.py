"""Drives the torture: fills the office, starts it, kills it, again and again, and counts what became of everything."""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, make_url, select

from commsched.core.content.model import ChannelContent, Content, addresses_digest, canonical, digest
from commsched.services.kernel import audit_log
from commsched.store.migrate import ready
from commsched.store.models import Attempt, Channel, Decision, Delivery, Item, Part, Person, Revision, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store
from commsched.store.vault import Vault
from tests.torture import server as platform_server
from tests.torture.office import CLASSES, HOOKS
from tests.torture.people import SURE, People

ROOT = Path(__file__).resolve().parent.parent.parent
PER_CLASS = 3
"""Channels of each class."""
LIST = ("anna@tidningen.example", "bo@radion.example", "cia@bladet.example")
BACKLOG, FILL = 30, 24
ENDED = ("published", "held", "failed", "cancelled")
QUIET = 90.0
"""Seconds within which everything must have come to an end once nothing kills it any more."""


@dataclass
class Figures:
    """What is counted over one run."""

    seed: int
    kills: int = 0
    stops: int = 0
    by_hook: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)
    """Of each class."""
    duplicates: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    seconds: float = 0.0
    chain_broken: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    """What people did meanwhile."""
    disobeyed: int = 0
    """Attempts at what had been cancelled or dropped."""
    untrue: int = 0
    """Items whose state says that nobody has what somebody has."""

    @property
    def broken(self) -> int:
        """Everything that must be 0."""
        counts = (self.duplicates.total(), self.lost.total(), self.disobeyed, self.untrue, self.chain_broken)
        return sum(counts)

    def table(self) -> str:
        """The figures as lines for a person."""
        lines = [f"{'class':8}{'deliveries':>12}{'duplicates':>12}{'lost':>8}{'held':>8}{'asked':>8}{'failed':>8}"]
        for kind in [*CLASSES, "all"]:
            counts = [
                sum(c.values()) if kind == "all" else c[kind]
                for c in (self.deliveries, self.duplicates, self.lost, self.held, self.asked, self.failed)
            ]
            lines.append(f"{kind:8}{counts[0]:12}{counts[1]:12}{counts[2]:8}{counts[3]:8}{counts[4]:8}{counts[5]:8}")
        deeds = ", ".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        whole = sum(self.deliveries.values())
        p50, worst = statistics.median(self.recoveries or [0]), max(self.recoveries or [0])
        lines += [
            f"{self.kills} kills ({self.by_hook} at a durable step), {self.stops} stops, seed {self.seed},"
            f" {self.seconds:.0f} s; {sum(v for k, v in self.faults.items() if k)} faulty answers of"
            f" {sum(self.faults.values())}",
            f"with none in {whole} deliveries, at most {300 / max(whole, 1):.2f} % (3/n, 95 %) under this mix",
            f"meanwhile: {deeds}",
            f"attempts at what had been stopped: {self.disobeyed}; items with an untrue state: {self.untrue}",
            f"recovery after a kill: p50 {p50 * 1000:.0f} ms, longest {worst * 1000:.0f} ms",
        ]
        return "\n".join(lines)


class Torture:
    """One office on disk, one server, and one process that forks the offices to be killed."""

    def __init__(self, home: Path, seed: int, database: str) -> None:
        self.home, self.random, self.figures = home, random.Random(seed), Figures(seed)
        self.database = database
        self.server = platform_server.start(seed)
        self.store = Store(make_url(database))
        ready(self.store, home / "backups", datetime.now(UTC))
        self.made = 0
        self._settle_in()
        self.people = People(home, self.server.server_address[1], seed, self.server.book, database)
        command = [sys.executable, "-m", "tests.torture.office"]
        self.zygote = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
        )
        self._pids: list[int] = []
        self._begun: set[int] = set()
        self._ready: dict[int, float] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    # -- the office --------------------------------------------------------------------------------

    def _settle_in(self) -> None:
        now, vault = datetime.now(UTC), Vault.open(self.home / "secret.key")
        sealed = vault.seal_map({"addresses": "\n".join(LIST)})
        with self.store.ledger() as connection:
            connection.execute(insert(Workspace), [{"id": 1, "slug": "t", "name": "T", "created_at": now}])
            connection.execute(insert(Person), [{"id": 1, "email": "t@example.org", "stamp": "", "created_at": now}])
            connection.execute(
                insert(Channel),
                [
                    {
                        "id": n * PER_CLASS + m + 1,
                        "workspace_id": 1,
                        "platform": f"torture-{kind}",
                        "name": kind,
                        "secrets": sealed if kind == "none" else "",
                        "created_at": now,
                    }
                    for n, kind in enumerate(CLASSES)
                    for m in range(PER_CLASS)
                ],
            )

    def kind_of(self, channel: int) -> str:
        return CLASSES[(channel - 1) // PER_CLASS]

    def fill(self, count: int) -> None:
        """Add approved deliveries that are due now or in a moment."""
        now = datetime.now(UTC)
        rows: dict[Any, list[dict[str, Any]]] = {Item: [], Revision: [], Decision: [], Delivery: []}
        for _ in range(count):
            self.made += 1
            self._row(rows, self.made, now)
        with self.store.ledger() as connection:
            for model, some in rows.items():
                connection.execute(insert(model), some)

    def _row(self, rows: dict[Any, list[dict[str, Any]]], n: int, now: datetime) -> None:
        channel, due = n % (PER_CLASS * len(CLASSES)) + 1, now + timedelta(seconds=self.random.uniform(-0.2, 0.3))
        kind = self.kind_of(channel)
        people = addresses_digest(list(LIST)) if kind == "none" else ""
        text = f"nummer {n}" + ("||svar" + f" {n}" if kind != "none" and n % 3 == 0 else "")
        data = canonical(Content(text=text, channels=[ChannelContent(channel=channel, recipients=people)]))
        rows[Item].append(
            {
                "id": n,
                "uid": uuid.uuid4().hex,
                "workspace_id": 1,
                "kind": "post",
                "state": "scheduled",
                "revision_id": n,
                "version": 1,
                "created_at": now,
                "updated_at": now,
                "publish_at": due,
                "policy": {"steps": [{}]},
            }
        )
        rows[Revision].append(
            {
                "id": n,
                "workspace_id": 1,
                "item_id": n,
                "number": 1,
                "content": data,
                "hash": digest(data),
                "sources": [],
                "created_at": now,
            }
        )
        rows[Decision].append(
            {
                "workspace_id": 1,
                "item_id": n,
                "revision_id": n,
                "hash": digest(data),
                "verdict": "approve",
                "person_id": 1,
                "at": now,
            }
        )
        rows[Delivery].append(
            {
                "id": n,
                "uid": uuid.uuid4().hex,
                "workspace_id": 1,
                "item_id": n,
                "revision_id": n,
                "channel_id": channel,
                "due_at": due,
                "latest_at": due + timedelta(hours=6),
                "next_at": due,
                "created_at": now,
            }
        )

    # -- processes ---------------------------------------------------------------------------------

    def _listen(self) -> None:
        assert self.zygote.stdout is not None
        for line in self.zygote.stdout:
            words = line.split()
            with self._news:
                if words[0] == "pid":
                    self._pids.append(int(words[1]))
                else:
                    self._ready.setdefault(int(words[1]), float(words[2]))
                self._news.notify_all()

    def begin(self, hook: str = "-", count: int = 0) -> int:
        """Start an office; its pid."""
        assert self.zygote.stdin is not None
        self.zygote.stdin.write(f"{self.home}\t{self.server.server_address[1]}\t{hook}\t{count}\t{self.database}\n")
        with self._news:
            assert self._news.wait_for(lambda: self._pids, 20), "the forking process is gone"
            pid = self._pids.pop()
        self._begun.add(pid)
        return pid

    def is_ready(self, pid: int, seconds: float) -> bool:
        """Whether the office has recovered and works, within ``seconds``."""
        with self._news:
            return self._news.wait_for(lambda: pid in self._ready, seconds)

    def kill(self, pid: int) -> None:
        """SIGKILL, and wait until it is gone."""
        alive(pid) and os.kill(pid, signal.SIGKILL)
        if not gone(pid, 10):
            raise AssertionError(f"process {pid} does not die")
        self._begun.discard(pid)
        self.figures.kills += 1

    # -- the torture -------------------------------------------------------------------------------

    def run(self, kills: int) -> Figures:
        """Kill it ``kills`` times, then let it come to rest, and count."""
        began = time.monotonic()
        while self.figures.kills < kills:
            if self._open() < BACKLOG:
                self.fill(FILL)
            way = self.random.random()
            for _ in range(self.random.choice((0, 1, 2, 4))):
                self.people.act()
            if way < 0.55:
                self._by_hook()
            elif way < 0.88:
                self._at_random()
            elif way < 0.94 and self.people.restore():
                self._after_a_restore()
            else:
                self._stopped()
        self._let_it_rest()
        self._count()
        self.figures.seconds = time.monotonic() - began
        self.figures.recoveries = sorted(self._ready.values())
        return self.figures

    def _by_hook(self) -> None:
        pid = self.begin(self.random.choice(HOOKS), self.random.choice((1, 1, 2, 3, 5, 8)))
        self.figures.by_hook += gone(pid, 1.2)
        self.kill(pid)

    def _at_random(self) -> None:
        pid = self.begin()
        self.is_ready(pid, 5)
        for _ in range(self.random.choice((0, 2, 5))):  # while it works
            self.people.act()
        time.sleep(self.random.uniform(0, 0.3))
        self.kill(pid)

    def _after_a_restore(self) -> None:
        """It is paused and reads back; sometimes somebody resumes before it is done."""
        pid = self.begin()
        self.is_ready(pid, 5)
        time.sleep(self.random.choice((0, 0.2, 1.5)))
        self.people.resume()
        time.sleep(self.random.uniform(0, 0.5))
        self.kill(pid)

    def _stopped(self) -> None:
        """A sleeper keeps the lock: nobody sends beside it, and when it wakes it goes on."""
        first = self.begin()
        self.is_ready(first, 5)
        time.sleep(self.random.uniform(0, 0.15))
        os.kill(first, signal.SIGSTOP)
        second = self.begin()
        assert not self.is_ready(second, 0.2), "two engines at work in one home"
        self.figures.stops += 1
        if self.random.random() < 0.7:
            os.kill(first, signal.SIGCONT)
            time.sleep(self.random.uniform(0, 0.2))
            assert second not in self._ready, "two engines at work in one home"
        self.kill(first)
        time.sleep(self.random.uniform(0, 1.3))
        self.kill(second)

    def _open(self) -> int:
        return self._ask("SELECT count(*) FROM delivery WHERE next_at IS NOT NULL OR state = 'sending'")

    def _ask(self, question: str) -> int:
        with self.store.engine.connect() as connection:
            return int(connection.exec_driver_sql(question).scalar() or 0)

    def _let_it_rest(self) -> None:
        self.server.book.rate = 0.0
        self.people.resume()
        pid = self.begin()
        end = time.monotonic() + QUIET
        while self._open() and time.monotonic() < end:
            time.sleep(0.2)
        time.sleep(SURE.total_seconds())
        self.people.answer_all()
        while self._open() and time.monotonic() < end:
            time.sleep(0.2)
        self.kill(pid)
        self.figures.kills -= 1

    def _count(self) -> None:
        book, figures, vault = self.server.book, self.figures, Vault.open(self.home / "secret.key")
        figures.faults = book.faults
        for (channel, _, _), times in book.seen.items():
            figures.duplicates[self.kind_of(channel)] += times > 1
        with self.store.read(EVERY_WORKSPACE) as session:
            parts: dict[int, list[Part]] = {}
            for part in session.scalars(select(Part)):
                parts.setdefault(part.delivery_id, []).append(part)
            left_open = set(session.scalars(select(Attempt.delivery_id).where(Attempt.outcome == "")))
            words = {one.id: one.parsed().text for one in session.scalars(select(Revision))}
            for row in session.scalars(select(Delivery)):
                kind = self.kind_of(row.channel_id)
                figures.deliveries[kind] += 1
                figures.held[kind] += row.state == "held"
                figures.failed[kind] += row.state == "failed"
                figures.asked[kind] += row.state == "unknown"
                people = [vault.unseal(part.recipient) for part in parts.get(row.id, []) if part.recipient]
                said = words[row.revision_id]
                wanted = (
                    [(row.channel_id, said, to) for to in people]
                    if people
                    else [(row.channel_id, piece, "") for piece in said.split("||")]
                )
                ended = row.state in ENDED or (row.state, row.reason) == ("unknown", "ask")
                unseen = row.state == "published" and not all(book.seen[one] for one in wanted)
                figures.lost[kind] += unseen or not ended or row.id in left_open
        with self.store.engine.connect() as connection:
            figures.chain_broken = len(list(audit_log.broken(connection)))
        figures.deeds, figures.disobeyed = self.people.deeds, self.people.disobeyed()
        figures.untrue = self.people.untrue()

    def close(self) -> None:
        for pid in filter(alive, self._begun):  # left where a run broke off: what it writes to would never end
            os.kill(pid, signal.SIGKILL)
        assert self.zygote.stdin is not None
        self.zygote.stdin.close()
        self.zygote.wait(10)
        assert self.zygote.stdout is not None
        self.zygote.stdout.close()
        self.people.close()
        self.server.shutdown()
        self.server.server_close()
        self.store.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, seconds: float) -> bool:
    """Whether the process has ended, within ``seconds``."""
    end = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.004)
    return True


def torture(home: Path, kills: int, seed: int, database: str = "") -> Figures:
    """One whole run in ``home``, which must be empty, as must ``database`` be, an address; else a file in ``home``."""
    run = Torture(home, seed, database or f"sqlite:///{home / 'commsched.db'}")
    try:
        return run.run(kills)
    finally:
        run.close()

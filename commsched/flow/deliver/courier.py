"""The courier: takes what is due, channel by channel, and sees it out.

One transaction commits the outcomes of the calls that came back *and* the attempts of the calls that go out next,
for every channel at once; so a durable write before and after each call costs little, and still no channel ever
has more than one attempt open.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from commsched.core.platform import Wire
from commsched.flow import notify
from commsched.flow.asking import people_with
from commsched.flow.context import Office
from commsched.flow.deliver import rows
from commsched.flow.deliver.consider import Considerer
from commsched.flow.deliver.hands import perform
from commsched.flow.deliver.jobs import Call, Done, Job, Told
from commsched.flow.deliver.settle import Settler
from commsched.flow.wire import make_wire
from commsched.store.models import Item
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.deliver")

SCAN = 20_000
"""Due deliveries read at a time, at most."""
DEPTH = 20
"""And of one channel, at most."""
RESCAN = 0.02
"""Seconds between two scans while calls are in flight."""
TROUBLE_WAIT = 0.5
"""Seconds to wait when the database is locked or the disk is full, before trying the same transaction again."""


class Courier:
    """Drains every channel's due deliveries. Not shared between threads: one runs it.

    ``hands`` makes the calls that touch a network; without it they are made one after the other in this thread,
    which is what the simulations do. ``wait`` sleeps; it is an argument so that time stays one.
    """

    def __init__(
        self,
        office: Office,
        *,
        hands: Executor | None = None,
        worker: str = "courier",
        limit: int = 500,
        wait: Callable[[float], object] = threading.Event().wait,
    ) -> None:
        self.office = office
        self.hands = hands
        self.worker = worker
        self.limit = limit
        self.wait = wait
        self.stopping = False
        self._lines: dict[int, deque[Job]] = {}
        self._busy: set[int] = set()
        self._inbox: queue.SimpleQueue[Done] = queue.SimpleQueue()
        self._unrecorded: list[Done] = []
        self._scanned = 0.0
        self._wires: dict[int, tuple[tuple[Any, ...], Wire]] = {}

    def run(self) -> int:
        """Work until nothing is due and nothing is in flight. Returns how many calls were made."""
        made = 0
        while not self.stopping or self._busy:
            if not self.stopping:
                self._scan()
            done = self._collect(block=bool(self._busy) and not self._waiting())
            if not done and not self._waiting():
                break
            made += len(calls := self._turn(done))
            for call in calls:
                self._hand_out(call)
        return made

    def next_due(self) -> datetime | None:
        """When there will be something to do, as far as the store knows."""
        with self.office.store.engine.connect() as connection:
            return rows.next_due(connection)

    # -- in memory ---------------------------------------------------------------------------------

    def _waiting(self) -> bool:
        return not self.stopping and any(line for channel, line in self._lines.items() if channel not in self._busy)

    def _scan(self) -> None:
        """Line up what is due. Lines of busy channels stay as they are; the others are drawn up anew."""
        at = time.monotonic()
        if self._waiting() or (self._busy and at < self._scanned + RESCAN):
            return
        self._scanned = at
        with self.office.store.engine.connect() as connection:
            found = rows.due(connection, self.office.now(), DEPTH, SCAN)
        self._lines = {channel: line for channel, line in self._lines.items() if channel in self._busy}
        for delivery, channel in found:
            if channel not in self._busy:
                self._lines.setdefault(channel, deque()).append(Job(delivery, channel))

    def _collect(self, block: bool) -> list[Done]:
        done, self._unrecorded = self._unrecorded, []
        try:
            if block and not done:
                done.append(self._inbox.get(timeout=1.0))
            while len(done) < self.limit:
                done.append(self._inbox.get_nowait())
        except queue.Empty:
            pass
        return done

    def _next_jobs(self, done: list[Done], room: int) -> list[Job]:
        freed = {one.call.job.channel for one in done}
        jobs: list[Job] = []
        for channel in list(self._lines):
            if len(jobs) >= room:
                break
            if channel in freed or channel not in self._busy:
                line = self._lines[channel]
                jobs.append(line.popleft())
                if not line:
                    del self._lines[channel]
        return jobs

    def _hand_out(self, call: Call) -> None:
        self._busy.add(call.job.channel)
        if self.hands is None or (call.platform.instant and call.kind != "prepare"):
            self._inbox.put(perform(self.office, call))
        else:
            self.hands.submit(lambda: self._inbox.put(perform(self.office, call)))

    # -- in the store ------------------------------------------------------------------------------

    def _turn(self, done: list[Done]) -> list[Call]:
        """One transaction: record ``done``, consider what is next in every free line, commit. Then the calls to make.

        If it cannot be committed nothing is called, and what came back is kept and recorded later.
        """
        jobs = [] if self.stopping else self._next_jobs(done, self.limit)
        try:
            with self.office.store.ledger() as connection:
                calls = self._transact(connection, done, jobs)
        except OperationalError:
            log.warning("the database could not be written; waiting and trying again", exc_info=True)
            self._unrecorded = done + self._unrecorded
            self._lines = {}
            self.wait(TROUBLE_WAIT)
            return []
        self._busy -= {one.call.job.channel for one in done}
        return calls

    def _transact(self, connection: Connection, done: list[Done], jobs: list[Job]) -> list[Call]:
        now, batch = self.office.now(), rows.Batch()
        wanted = {one.call.job.delivery for one in done} | {job.delivery for job in jobs}
        loaded = rows.load(connection, sorted(wanted))
        considerer = Considerer(self.office, self._wire, self.worker, now, loaded, batch)
        settler = Settler(now, loaded, batch, considerer)
        again = [job for one in done if (job := settler.settle(one)) is not None]
        calls = self._consider(considerer, again, jobs)
        batch.flush(connection, now)
        if considerer.told:
            self._tell(connection, considerer.told)
        return calls

    def _consider(self, considerer: Considerer, again: list[Job], jobs: list[Job]) -> list[Call]:
        """First what has just been prepared, then the next in each line; a channel gets at most one call."""
        prepared = [job for job in again if job.prepared >= 0]
        more = [job for job in again if job.prepared < 0]  # further parts: considered afresh, from rows as committed
        taken = {job.channel for job in again}
        for job in [job for job in jobs if job.channel in taken] + more:
            self._lines.setdefault(job.channel, deque()).appendleft(job)
        fresh = [job for job in jobs if job.channel not in taken]
        return [call for job in prepared + fresh if (call := considerer.consider(job)) is not None]

    def _tell(self, connection: Connection, told: list[Told]) -> None:
        """Queue notices in the same transaction, so that what stopped is never silent."""
        with Session(bind=connection, info={"workspace": EVERY_WORKSPACE}, expire_on_commit=False,
                     join_transaction_mode="rollback_only") as session:  # fmt: skip
            for one in told:
                item = session.get(Item, one.item)
                if item is not None:
                    session.info["workspace"] = one.workspace
                    people = sorted(people_with(session, "resolve"))
                    notify.queue(session, self.office, people, one.kind, item=item, **one.facts)
                    session.flush()
                    session.info["workspace"] = EVERY_WORKSPACE

    def _wire(self, row: rows.CaseRow) -> Wire:
        """The channel's wire, kept while its settings stay the same, so that connections are reused."""
        stands = (row.settings, row.secrets, row.facts, row.account)
        kept = self._wires.get(row.channel_id)
        if kept and kept[0] == stands:
            return kept[1]
        settings, facts = msgspec.json.decode(row.settings), msgspec.json.decode(row.facts)
        wire = make_wire(
            self.office, workspace=row.workspace, channel=row.channel_id, settings=settings, facts=facts,
            secrets=self.office.vault.unseal_map(row.secrets), account=row.account,
            account_name=row.account_name, language=row.language,
        )  # fmt: skip
        self._wires[row.channel_id] = (stands, wire)
        return wire

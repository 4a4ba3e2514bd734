"""The dispatcher: sends what is due, channel by channel.

One transaction commits the outcomes of the calls that came back *and* the attempts of the calls that go out next,
for every channel at once; so a durable write before and after each call costs little, and still no channel ever
has more attempts open than it has lanes: one, where posts follow each other.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from commsched.core.delivery.outcome import Retry
from commsched.services.deliver import claims, snapshots
from commsched.services.deliver._groups import bundles, is_grouped, perform_all
from commsched.services.deliver.admission import Admission
from commsched.services.deliver.alerts import send_alerts
from commsched.services.deliver.batch import Batch, Overtaken, attempt_outcomes
from commsched.services.deliver.calls import Contexts, perform
from commsched.services.deliver.lanes import ChannelTraits, Lanes
from commsched.services.deliver.outcomes import OutcomeRecorder, doubtful, still_ours, unrecorded
from commsched.services.deliver.quarantine import quarantine
from commsched.services.deliver.recipients import RecipientRows
from commsched.services.deliver.recovery import Dead, close_orphaned, orphaned, recover
from commsched.services.deliver.types import Call, Done, Job
from commsched.services.kernel.context import Installation
from commsched.services.mailing.states import RelayStates

log = logging.getLogger("commsched.deliver")

SCAN = 20_000
"""Due deliveries read at a time, at most."""
DEPTH = 20
"""And of one channel, at most."""
RESCAN = 0.02
"""Seconds between two scans while calls are in flight; ten times what a scan takes, if that is longer."""
PATIENCE = 0.05
"""Seconds to wait for an answer before looking again at what has become due meanwhile."""
TROUBLE_WAIT = 0.5
"""Seconds to wait when the database is locked or the disk is full, before trying the same transaction again."""
LOCKED_WAIT = 0.02
"""Seconds to wait when all that could be done is being changed by somebody else at this very moment."""
NOT_CALLED = "the database did not confirm the attempt, so no call was made"


class Dispatcher:
    """Drains every channel's due deliveries. Not shared between threads: one runs it.

    ``hands`` makes the calls that touch a network, ``width`` at a time; without it they are made one after the other
    in this thread, which is what the simulations do. ``wait`` sleeps; it is an argument so that time stays one.
    ``owner`` is whom the channels are claimed for (:mod:`commsched.services.deliver.claims`); no two have the same.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        hands: Executor | None = None,
        width: int | None = None,
        owner: str = "",
        limit: int = 500,
        wait: Callable[[float], object] = threading.Event().wait,
    ) -> None:
        self.installation = installation
        self.hands = hands
        self.owner = owner or claims.new_owner("courier")
        self.limit = limit
        self.wait = wait
        self.width: int = width or (limit if hands is None else int(getattr(hands, "_max_workers", 1)))
        self.stopping = False
        self.refused = False
        """Whether the last transaction could not be committed and is tried again."""
        self.lanes = Lanes()
        self._on_hands: set[str] = set()
        """The calls that hands are busy with, by their tokens; of a group, the first."""
        self._stuck: set[int] = set()
        """Channels with an answer that cannot be written down, whatever is tried. They rest until a restart."""
        self._unwritable: set[str] = set()
        """The attempts that those answers are to."""
        self._poison: set[int] = set()
        self._inbox: queue.SimpleQueue[list[Done]] = queue.SimpleQueue()
        """What each hand came back with: the answer to a call, or those to a group."""
        self._unrecorded: list[Done] = []
        self._claimed: dict[int, datetime] = {}
        """Since when the channels with a call under way are claimed for as long as they can be."""
        self._scanned, self._rescan = 0.0, RESCAN
        self._contexts = Contexts(installation, self.lanes.narrow)

    def run(self) -> int:
        """Work until nothing is due and nothing is in flight. Returns how many calls were made."""
        count = 0
        while not self.stopping or self.busy:
            calls = self.step(PATIENCE)
            if calls is None and not self.busy:
                break
            count += calls or 0
        self.release()
        return count

    def step(self, patience: float = 0.0) -> int | None:
        """One turn: look, record what came back, consider what is next, hand out the calls; how many they were.
        ``None`` where there was nothing to do, after waiting ``patience`` seconds for an answer under way."""
        self._renew()
        if not self.stopping:
            self._scan()
        waiting = self._waiting()
        done = [] if waiting and self.lanes.refill else self._collect(patience if self.busy and not waiting else 0.0)
        if not done and not self._waiting():
            return None
        calls = self._turn(done)
        for bundle in bundles(calls):
            self._hand_out(bundle)
        return len(calls)

    @property
    def busy(self) -> frozenset[int]:
        """Channels with a call under way, or with an answer that could not be recorded yet."""
        return self.lanes.busy

    @property
    def attempts(self) -> frozenset[str]:
        """The ids of the open attempts whose answers are still to come, or cannot be written down."""
        return self.lanes.attempts | self._unwritable

    def next_due(self) -> datetime | None:
        """When there will be something to do, as far as the store knows."""
        with self.installation.store.engine.connect() as connection:
            return claims.next_due(connection, self._poison, self._stuck)

    def release(self) -> None:
        """Let every channel go on which no call is under way, for others to drain."""
        try:
            with self.installation.store.ledger() as connection:
                claims.release(connection, self.owner, self.installation.now(), self.busy)
        except Exception:  # then they lapse by themselves
            log.warning("the channels could not be let go", exc_info=True)

    # -- in memory ---------------------------------------------------------------------------------

    def _waiting(self) -> bool:
        if self.stopping:
            return False
        return self.lanes.waits(self.width > len(self._on_hands))

    def _scan(self) -> None:
        """Line up what is due."""
        at = time.monotonic()
        if self._waiting() or (self.busy and at < self._scanned + self._rescan):
            return
        now = self.installation.now()
        with self.installation.store.engine.connect() as connection:
            left = orphaned(connection, Dead(self.owner, now, self.attempts))
            due = claims.due(connection, now, DEPTH, SCAN, self.owner)
            new = {channel for _, channel in due} - self.lanes.traits.keys()
            self.lanes.traits |= {channel: self._traits(key) for channel, key in claims.platforms(connection, new)}
        self._scanned = time.monotonic()
        self._rescan = max(RESCAN, 10 * (self._scanned - at))
        self.lanes.line_up(due, lambda delivery, channel: channel in self._stuck or delivery in self._poison)
        if left:
            self._take_over()

    def _take_over(self) -> None:
        """What a dead owner left open is called unknown; its deliveries are read back when their time comes."""
        try:
            recover(self.installation, owner=self.owner, besides=self.attempts)
        except (DBAPIError, Overtaken):
            self._trouble([])

    def _renew(self) -> None:
        """Keep the channels with a call under way, however long it takes: it is not only turns that renew."""
        now = self.installation.now()
        if not any(at + claims.RENEW <= now for at in self._claimed.values()):
            return
        try:
            with self.installation.store.ledger() as connection:
                claims.renew(connection, self.busy, self.owner, now)
        except DBAPIError:
            log.warning("the leases could not be renewed; it is tried again", exc_info=True)
        else:
            self._claimed = dict.fromkeys(self.busy, now)

    def _traits(self, platform: str) -> ChannelTraits:
        try:
            return ChannelTraits.of(self.installation.platform(platform), self.hands is not None)
        except Exception:  # a platform that does not load is dealt with where its delivery is considered
            return ChannelTraits(instant=self.hands is None)

    def _is_list(self, platform: str) -> bool:
        try:
            return self.installation.platform(platform).independent_parts
        except Exception:  # as above
            return False

    def _collect(self, patience: float) -> list[Done]:
        done, self._unrecorded = self._unrecorded, []
        try:
            if patience and not done:
                self._take_in(done, self._inbox.get(timeout=patience))
            while len(done) < self.limit:
                self._take_in(done, self._inbox.get_nowait())
        except queue.Empty:
            pass
        self._on_hands -= {answer.call.token for answer in done}
        return done

    def _take_in(self, done: list[Done], answers: list[Done]) -> None:
        self.lanes.heed(answers)
        done += answers

    def _next_jobs(self, done: list[Done], most: int) -> list[Job]:
        """The next of every line with a free lane, for as many calls as can be made at once."""
        room = self.width - len(self._on_hands) - sum(answer.call.kind == "prepare" for answer in done)
        return self.lanes.next_jobs(done, room, most)

    def _hand_out(self, calls: list[Call]) -> None:
        call = calls[0]
        if self.hands is None or (call.platform.instant and call.kind != "prepare"):
            self._inbox.put(self._perform(calls))
        else:
            self._on_hands.add(call.token)
            self.hands.submit(lambda: self._inbox.put(self._perform(calls)))

    def _perform(self, calls: list[Call]) -> list[Done]:
        if is_grouped(calls[0]):
            return perform_all(self.installation, calls, lambda: self.stopping)
        return [perform(self.installation, call) for call in calls]

    def _mark(self, done: Sequence[Done], calls: Sequence[Call], later: Sequence[Done] = ()) -> None:
        """``done`` is written down, but for ``later``; ``calls`` are under way."""
        self._unrecorded += later
        self.lanes.end(answer.call for answer in done)
        self.lanes.begin([*calls, *(answer.call for answer in later)])
        busy = self.busy
        self._claimed = {channel: at for channel, at in self._claimed.items() if channel in busy}
        self._claimed |= dict.fromkeys((call.job.channel for call in calls), self.installation.now())

    # -- in the store ------------------------------------------------------------------------------

    def _turn(self, done: list[Done]) -> list[Call]:
        """One transaction: record ``done``, consider what is next in every free line, commit. Then the calls to make.

        If it cannot be committed nothing is called, and what came back is kept and recorded later.
        """
        jobs = [] if self.stopping else self._next_jobs(done, self.limit)
        calls: list[Call] = []
        later: list[Done] = []
        try:
            with self.installation.store.ledger() as connection:
                calls, later = self._transact(connection, done, jobs)
        except OperationalError:
            self._trouble(done + self._not_called(calls))
            return []
        except Overtaken:
            log.warning("an attempt has been closed by somebody else; the answers are looked at one by one")
            return self._one_by_one([*doubtful(done), *jobs])
        except Exception:
            log.exception("something breaks the transaction; its deliveries are taken one by one")
            return self._one_by_one([*doubtful(done), *self._not_called(calls), *jobs])
        self.refused = False
        self._mark(done, calls, later)
        if not calls and len(later) == len(done):
            self.wait(LOCKED_WAIT)  # nothing was done, since somebody else is at work on all of it
        return calls

    def _trouble(self, done: list[Done]) -> None:
        log.warning("the database could not be written; waiting and trying again", exc_info=True)
        self.refused = True
        self._unrecorded = doubtful(done) + self._unrecorded
        self.lanes.lines = {}
        self.wait(TROUBLE_WAIT)

    def _not_called(self, calls: Sequence[Call]) -> list[Done]:
        """The transaction of these is reported to have failed, so none is made. Perhaps it was committed nevertheless:
        then their attempts stand open, and are to be closed as provably not sent."""
        never = [call for call in calls if call.kind == "send"]
        self.lanes.begin(never)
        return doubtful([Done(call, Retry(NOT_CALLED, after=self.installation.now())) for call in never])

    def _one_by_one(self, steps: Sequence[Done | Job]) -> list[Call]:
        """Each in a transaction of its own, so that one that breaks it stops no other."""
        self.lanes.lines = {}
        calls: list[Call] = []
        for place, step in enumerate(steps):
            try:
                calls += self._alone(step)
                self._mark((), calls)  # what a later step says of the same channel frees none that is called now
            except OperationalError:
                self._trouble([step for step in steps[place:] if isinstance(step, Done)])
                break
        return calls

    def _alone(self, step: Done | Job) -> list[Call]:
        done, jobs = ([step], []) if isinstance(step, Done) else ([], [step])
        if jobs and jobs[0].channel in self.busy:
            return []  # it is found again by the next scan
        calls: list[Call] = []
        later: list[Done] = []
        try:
            with self.installation.store.ledger() as connection:
                calls, later = self._transact(connection, done, jobs)
        except OperationalError:
            self._unrecorded += self._not_called(calls)
            raise
        except Exception as error:
            self._unrecorded += self._not_called(calls)
            # an attempt open on the channel that this courier knows nothing of: another process's, or one made by hand
            known = isinstance(error, IntegrityError) and jobs and self._recover_unknown_attempts()
            if not (known or self._was_made(calls)):
                self._isolate(step)
            self._mark(done, [call for call in calls if call.kind == "send"])
            return []
        self._mark(done, calls, later)
        return calls

    def _recover_unknown_attempts(self) -> int:
        """How many attempts stood open that this dispatcher makes no call for; they are closed."""
        return recover(self.installation, owner=self.owner, besides=self.attempts)

    def _was_made(self, calls: Sequence[Call]) -> bool:
        """Whether the transaction that committed these attempts was made, though the driver says that it failed."""
        attempts = {call.attempt for call in calls if call.kind == "send"}
        try:
            with self.installation.store.engine.connect() as connection:
                return not attempts.isdisjoint(attempt_outcomes(connection, [call.job.delivery for call in calls]))
        except Exception:  # then nothing can be read here at all, and the delivery is left alone
            log.exception("what became of the transaction cannot be seen")
            return False

    def _isolate(self, step: Done | Job) -> None:
        job = step.call.job if isinstance(step, Done) else step
        log.exception("delivery %s breaks every transaction; it is taken out of the line", job.delivery)
        try:
            quarantine(self.installation, step)
        except OperationalError:
            raise
        except Exception:
            log.exception("delivery %s cannot even be held; it is left alone until a restart", job.delivery)
            self._poison.add(job.delivery)
            if isinstance(step, Done):
                self._stuck.add(job.channel)
                self._unwritable.add(step.call.attempt)

    def _transact(
        self, connection: Connection, done: Sequence[Done], jobs: Sequence[Job]
    ) -> tuple[list[Call], list[Done]]:
        """What to call, and which of ``done`` must be recorded later, since somebody else is at work on its rows."""
        now, batch = self.installation.now(), Batch()
        held = self._claim(
            connection, {answer.call.job.channel for answer in done} | {job.channel for job in jobs}, now
        )
        done = unrecorded(connection, still_ours(done, held))
        settled = {answer.call.job.delivery for answer in done}
        ready = claims.lock(connection, settled | {job.delivery for job in jobs})
        later = [answer for answer in done if answer.call.job.delivery not in ready]
        done = [answer for answer in done if answer.call.job.delivery in ready]
        waiting = {answer.call.job.channel for answer in later}
        jobs = [job for job in jobs if job.delivery in ready - settled and job.channel not in waiting]
        kept = {answer.call.row.id: (answer.call.row, answer.call.known) for answer in done if answer.ends_all}
        wanted = {answer.call.job.delivery for answer in done} | {job.delivery for job in jobs}
        loaded = snapshots.load(connection, sorted(wanted - kept.keys()), kept, self._is_list)
        recipients = RecipientRows(self.installation, connection, now, batch)
        relays = RelayStates(connection, now)
        admission = Admission(
            self.installation, self._contexts.of, self.owner, now, loaded, batch, held, recipients, relays
        )
        recorder = OutcomeRecorder(now, loaded, batch, admission)
        again = recorder.record_all(done)
        calls = self._consider(admission, again, jobs, done)
        batch.flush(connection, now)
        send_alerts(self.installation, connection, admission.alerts)
        return calls, later

    def _claim(self, connection: Connection, channels: set[int], now: datetime) -> frozenset[int]:
        """The channels that are this dispatcher's in this transaction, with nothing open on them but its own."""
        claimed = claims.claim(connection, channels, self.owner, now)
        if not claimed.taken_over:
            return claimed.held
        dead = Dead(self.owner, now, self.attempts)
        close_orphaned(self.installation, connection, dead, channels=claimed.taken_over)
        return claimed.held - {row.channel_id for row in orphaned(connection, dead)}

    def _consider(self, admission: Admission, again: list[Job], jobs: list[Job], done: Sequence[Done]) -> list[Call]:
        """First what has just been prepared, then the next in each line, then the recipients after those whose answers
        were recorded. Whatever else is gone on with after an answer is considered afresh in the next turn, from rows as
        committed, and so is its channel."""
        prepared = [job for job in again if job.prepared >= 0]
        more = [job for job in again if job.prepared < 0]
        taken = {job.channel for job in again}
        fresh = [job for job in jobs if job.channel not in taken]
        room = self.width - len(self._on_hands) - len(prepared) - sum(len(job.lanes) for job in fresh)
        settled = {number for number, row in admission.loaded.rows.items() if not row.was}
        on = [job for job in more if job.delivery in settled and self._goes_on(job, done, room)][:1]
        for job in [job for job in jobs if job.channel in taken] + [job for job in more if job not in on]:
            self.lanes.put_back(job)
        return [call for job in prepared + fresh + on for call in admission.consider(job)]

    def _goes_on(self, job: Job, done: Sequence[Done], room: int) -> bool:
        """Whether a list is gone on with in the transaction that records its last answers: each costs a write of the
        disk, and hundreds of recipients have theirs in common."""
        return not self.stopping and self.lanes.is_grouped(job.channel) and self.lanes.fill(job, done, room)

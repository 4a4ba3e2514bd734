"""Writing down what a call ended in: one function turns every outcome into the next state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import Connection

from commsched.core.delivery.lifecycle import stopped_state
from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Found,
    Handles,
    Outcome,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.delivery.parts import DeliveryStatus, PartState, after_doubt, delivery_status
from commsched.core.delivery.retry import State, Transition, after_attempt, after_look, after_pending, is_asked
from commsched.core.platform.contract import Platform
from commsched.core.text.recipients import nameless
from commsched.services.deliver.admission import Admission
from commsched.services.deliver.batch import Batch, Values, attempt_outcomes
from commsched.services.deliver.recipients import RecipientRows
from commsched.services.deliver.snapshots import DeliverySnapshot, PartsByNumber, PartSnapshot, Snapshots, moment
from commsched.services.deliver.types import Alert, Call, Done, Job
from commsched.services.kernel import budgets
from commsched.services.kernel.audit_log import AuditLine
from commsched.services.mailing.states import asks_patience, domain_of, relay_of
from commsched.store.types import from_micros, to_micros

MAX_DETAIL = 2000


class OutcomeRecorder(msgspec.Struct, frozen=True):
    """Records the results of a batch of calls into the same transaction that considers the next."""

    now: datetime
    loaded: Snapshots
    batch: Batch
    admission: Admission

    @property
    def recipients(self) -> RecipientRows:
        return self.admission.recipients

    def record_all(self, done: Sequence[Done]) -> list[Job]:
        """Record every one of ``done``; the jobs where there is more to do right now. The answers about several
        recipients of a list are written down together, and what they make of the whole is asked once."""
        groups: dict[int, list[Done]] = {}
        again: list[Job] = []
        for answer in done:
            if answer.call.kind == "send" and answer.call.platform.independent_parts:
                groups.setdefault(answer.call.job.delivery, []).append(answer)
            elif (job := self.record(answer)) is not None:
                again.append(job)
        return again + [job for group in groups.values() if (job := self._recipients(group)) is not None]

    def _recipients(self, group: Sequence[Done]) -> Job | None:
        """Record what became of several recipients of one list."""
        call = group[0].call
        row = self.loaded.rows.get(call.job.delivery)
        if row is None:
            return None
        self._allowance(row)
        known = self._as_begun(row, group)
        parts = [known[done.call.part.number] for done in group]
        for done, part in zip(group, parts, strict=True):
            self._keep(row, part, self._came_to(done, row, part))
        states = [*map(_state, parts), *self.recipients.unfinished(row)]
        result = self._status(row, states, True)
        self._delivery(row, known, parts[-1], call.platform, result)
        return self._again(row, call, result)

    def _as_begun(self, row: DeliverySnapshot, group: Sequence[Done]) -> PartsByNumber:
        """The recipients of ``group`` as they were begun, and part 0. While an attempt is open nobody else changes what
        matters of its recipient here, and one that is open no more cannot be closed. An answer that a transaction has
        lost may have been written down by it: its recipient is read again."""
        again = [done.call.part.number for done in group if done.again]
        begun = [done.call.known[done.call.part.number] for done in group if not done.again]
        known = self.recipients.numbered(row.id, [0, *again])
        return known | {part.number: msgspec.structs.replace(part) for part in begun}

    def record(self, done: Done) -> Job | None:
        """Record ``done``. Returns its job where there is more to do for it right now."""
        row = self.loaded.rows.get(done.call.job.delivery)
        if row is None:
            return None  # the office was deleted meanwhile; the foreign keys took the rows along
        number = done.call.part.number
        is_list = done.call.platform.independent_parts
        known = self.recipients.with_first(row.id, number) if is_list else self.loaded.parts[row.id]
        part = known[number]
        self._allowance(row)
        if self._overtaken(done, row, part):
            return None
        match done.call.kind:
            case "prepare":
                return self._prepared(done, row, known, part)
            case "send":
                return self._sent(done, row, known, part)
            case "look":
                return self._looked(done, row, known, part)

    def _allowance(self, row: DeliverySnapshot) -> None:
        """Have the channel rest until its network allows something again, instead of hearing that it does not."""
        ledger = self.admission.installation.budgets
        for heard in ledger.to_write(row.channel_id, self.now):
            self.batch.budgets.append(budgets.row_of(row.workspace_id, row.channel_id, heard))
        until = ledger.spent_until(row.channel_id, self.now)
        if until is not None:
            self._rest(row, until)

    def _rest(self, row: DeliverySnapshot, until: datetime) -> None:
        """Nothing more is asked of the channel before ``until``, or before what was said to be later."""
        known = (self.admission.resting.get(row.channel_id), moment(row.resting), until)
        until = max(each for each in known if each is not None)
        self.batch.channels.setdefault(row.channel_id, {})["not_before"] = until
        self.admission.resting[row.channel_id] = until

    def _overtaken(self, done: Done, row: DeliverySnapshot, part: PartSnapshot) -> bool:
        """Whether a person decided while the call was under way, so that its result must change nothing.

        Only a ``send`` locks its delivery; while something is prepared or read back it may be cancelled, moved, held
        or answered for. What was found stands nevertheless: it is out, whatever anybody thought.
        """
        match done.call.kind:
            case "send":
                return False
            case "prepare":
                call = done.call
                moved = (row.due, row.latest, part.tries) != (call.row.due, call.row.latest, self._before(done).tries)
                return row.state not in ("waiting", "sending") or row.next is None or bool(row.stop) or moved
            case "look" if isinstance(done.result, Found):
                return part.state == "published"
            case "look":
                return row.state != "unknown" or row.tries != done.call.row.tries

    def _before(self, done: Done) -> PartSnapshot:
        """The part as it stood when the call was decided on."""
        return done.call.known[done.call.part.number]

    def _prepared(self, done: Done, row: DeliverySnapshot, known: PartsByNumber, part: PartSnapshot) -> Job | None:
        job = done.call.job
        job.pictures = done.pictures
        if isinstance(done.result, Handles):
            job.prepared = part.number
            part.set(handles=done.result.stored())
            self.batch.part(row.id, part.number, handles=done.result.stored())
            return job
        if isinstance(done.result, Pending):
            next_ = after_pending(done.result, self.now, from_micros(row.latest))
            if done.call.platform.by_person and next_.state == "waiting":
                next_ = self._handed_out(row, part, next_)
            self._apply(row, known, part, next_, done)
            return None
        result = done.result
        if isinstance(result, Unknown | Published):  # nothing visible was asked for, so it may simply be repeated
            result = Retry(result.detail)
        assert isinstance(result, Retry | Rejected)
        self._apply(row, known, part, self._next(result, row, part, done.call.platform.settle), done)
        return None

    def _handed_out(self, row: DeliverySnapshot, part: PartSnapshot, next_: Transition) -> Transition:
        """It is somebody's task now. They are told once, in the transaction that hands it out."""
        if not Handles.read(part.handles).values:
            handles = Handles({"handed": self.now.isoformat()}, complete=False).stored()
            self._part(part, handles=handles)
            facts = {"delivery": row.id, "channel": row.channel_name}
            line = AuditLine(row.workspace_id, None, "scheduler", "delivery.handed_out", row.item_id, facts)
            self.batch.lines.append(line)
            whom = str(msgspec.json.decode(row.settings).get("responsible") or "")
            self.admission.alerts.append(Alert(row.workspace_id, row.item_id, "by_hand", facts, whom.strip()))
        return msgspec.structs.replace(next_, reason="by_hand")

    def _sent(self, done: Done, row: DeliverySnapshot, known: PartsByNumber, part: PartSnapshot) -> Job | None:
        return self._apply(row, known, part, self._came_to(done, row, part), done)

    def _came_to(self, done: Done, row: DeliverySnapshot, part: PartSnapshot) -> Transition:
        """Close the attempt of ``done``; what follows for its part."""
        assert isinstance(done.result, Outcome)
        outcome = type(done.result).__name__.lower()
        detail = done.result.detail[:MAX_DETAIL]
        self.batch.attempts.append(
            {
                "b_key": row.channel_id,
                "b_lane": done.call.lane,
                "b_uid": done.call.attempt,
                "finished_at": self.now,
                "outcome": outcome,
                "detail": detail,
            }
        )
        if not done.begun:
            return Transition("waiting")
        next_ = self._next(done.result, row, part, done.call.platform.settle)
        if done.call.platform.needs_mail:
            self._hear_of_relay(done, row)
        if next_.state == "unknown":
            self.batch.delivery(row.id, tries=0)
        return next_

    def _hear_of_relay(self, done: Done, row: DeliverySnapshot) -> None:
        """What an answer says of the mail server: that it does not let us in, that it does again, or that a
        recipient's domain asks for patience."""
        relays, relay, result = self.admission.relays, relay_of(row.settings), done.result
        match result:
            case Retry(by_relay=True, detail=detail):
                if relays.refused(relay, detail):
                    facts = {"relay": self.admission.installation.relay_name(relay) or detail[:100]}
                    self.admission.alerts.append(Alert(row.workspace_id, row.item_id, "relay_refused", facts))
            case Retry(detail=detail):
                if asks_patience(detail):
                    relays.slow_down(relay, domain_of(done.call.part.recipient))
            case Published() | Rejected() | Unknown():
                relays.lets_in(relay)

    def _next(self, outcome: Outcome, row: DeliverySnapshot, part: PartSnapshot, settle: float) -> Transition:
        part.set(tries=part.tries + 1)
        return after_attempt(outcome, part.tries, self.now, from_micros(row.latest), settle)

    def _looked(self, done: Done, row: DeliverySnapshot, known: PartsByNumber, part: PartSnapshot) -> Job | None:
        assert isinstance(done.result, Found | Absent | CannotTell)
        platform, looks = done.call.platform, row.tries + 1
        own = done.call.context.settings.get("resend_if_absent")
        resend = platform.resends(done.call.context.facts) if own is None else own == "1"
        if platform.resend_within is not None and self.now - done.call.since > platform.resend_within:
            resend = False
        resend = resend or bool(part.edits)
        next_ = after_look(done.result, looks, self.now, from_micros(row.latest), resend, part.tries)
        self.batch.delivery(row.id, tries=looks)
        if isinstance(done.result, Absent):
            self.batch.absent.append((row.id, part.number))
            if _state(part).doubted:
                next_ = self._undoubted(row, known, part, done)
        if isinstance(done.result, Found) and part.was:
            self._part(part, was="out")
        return self._apply(row, known, part, next_, done)

    def _undoubted(self, row: DeliverySnapshot, known: PartsByNumber, part: PartSnapshot, done: Done) -> Transition:
        """Read back since the backup and not there: back to what it was. In a thread, so are the parts after it."""
        back = _state_before_doubt(part)
        self._part(part, was="")
        for later in known.values() if not done.call.platform.independent_parts else ():
            if later.number > part.number and _state(later).doubted:
                self._part(later, state=_state_before_doubt(later), next_at=None, was="")
        self.batch.delivery(row.id, tries=0)
        return Transition(back, detail=part.detail)

    def _part(self, part: PartSnapshot, **values: object) -> None:
        part.set(**values)
        self.batch.part(part.delivery_id, part.number, **values)

    def _apply(
        self, row: DeliverySnapshot, known: PartsByNumber, part: PartSnapshot, next_: Transition, done: Done
    ) -> Job | None:
        platform = done.call.platform
        self._keep(row, part, next_)
        result = self._status(row, self._states(row, known, part, platform), platform.independent_parts)
        self._delivery(row, known, part, platform, result)
        return self._again(row, done.call, result)

    def _again(self, row: DeliverySnapshot, call: Call, result: DeliveryStatus) -> Job | None:
        ready = result.state in ("waiting", "sending") and (result.next_at is None or result.next_at <= self.now)
        return Job(row.id, row.channel_id, call.job.pictures) if ready else None

    def _keep(self, row: DeliverySnapshot, part: PartSnapshot, next_: Transition) -> None:
        """What ``part`` has come to, and its channel with it."""
        values: Values = {
            "state": next_.state,
            "next_at": next_.at,
            "detail": next_.detail[:MAX_DETAIL],
            "tries": part.tries,
        }
        if next_.state == "published":
            values["finished_at"] = self.now
            values |= {"remote_id": next_.id[:300], "url": next_.url[:1000]}
        self.batch.part(row.id, part.number, **values)
        values.pop("finished_at", None)
        part.set(reason=next_.reason, **values)
        self._channel(row, next_)

    def _states(
        self, row: DeliverySnapshot, known: PartsByNumber, part: PartSnapshot, platform: Platform
    ) -> list[PartState]:
        """The parts that decide what the delivery comes to: all, or of a list this recipient and whoever is next."""
        if platform.independent_parts:
            return [_state(part), *self.recipients.unfinished(row, part.number)]
        return [_state(other) for other in known.values()]

    def _status(self, row: DeliverySnapshot, parts: list[PartState], independent: bool) -> DeliveryStatus:
        """What the parts make together, after what a person or a restore has to say of it."""
        result = delivery_status(parts, independent, self.now)
        if row.was and not any(part.doubted for part in parts):
            result = after_doubt(parts, result, row.was, row.was_reason, from_micros(row.due))
            self.batch.delivery(row.id, was="", was_reason="")
        if any(part.state == "sending" for part in parts):
            return result  # other lanes are under way; who comes back last says what became of the whole
        if row.stop and result.state not in ("published", "unknown"):
            return DeliveryStatus(stopped_state(row.stop), None, row.stop, result.detail)
        return result

    def _channel(self, row: DeliverySnapshot, next_: Transition) -> None:
        if next_.channel_rests is not None:
            self._rest(row, next_.channel_rests)
        if next_.channel_broken:
            self.batch.channels.setdefault(row.channel_id, {}).update(state="broken", trouble=next_.detail[:MAX_DETAIL])
            self.admission.broken.add(row.channel_id)

    def _delivery(
        self,
        row: DeliverySnapshot,
        known: PartsByNumber,
        part: PartSnapshot,
        platform: Platform,
        result: DeliveryStatus,
    ) -> None:
        first = known.get(0, part)
        reason = _reason(result)
        values: Values = {
            "state": result.state,
            "next_at": result.next_at,
            "reason": reason,
            "detail": result.detail,
            "url": first.url,
            "remote_id": first.remote_id,
        }
        if result.state == "published":
            values["published_at"] = self.now
        self.batch.delivery(row.id, **values)
        self.batch.items.add(row.item_id)
        if row.was and result.state not in ("published", "unknown", "cancelled") and reason != "part_found":
            facts = {"delivery": row.id, "channel": row.channel_name}
            self.batch.lines.append(
                AuditLine(row.workspace_id, None, "scheduler", "delivery.absent", row.item_id, facts)
            )
            return  # it is what it was before, and was told of then
        self._alert(row, known, part, platform, result, reason)
        row.state = result.state  # as whoever considers it in this very transaction must know it
        row.next = None if result.next_at is None else to_micros(result.next_at)

    def _reach(self, known: PartsByNumber, part: PartSnapshot, platform: Platform) -> tuple[int, int]:
        """How many parts are out, of how many."""
        if not platform.independent_parts:
            return sum(1 for other in known.values() if other.state == "published"), len(known)
        out, of = self.recipients.counts(part.delivery_id, part.number)
        return out + (part.state == "published"), of + 1

    def _alert(
        self,
        row: DeliverySnapshot,
        known: PartsByNumber,
        part: PartSnapshot,
        platform: Platform,
        result: DeliveryStatus,
        reason: str,
    ) -> None:
        if result.state in ("waiting", "sending") or (result.state == row.state == "unknown" and is_asked(row.tries)):
            return  # nothing new: whoever is asked already needs no word of every further look
        facts = {"delivery": row.id, "channel": row.channel_name}
        if result.state == "published":
            facts["url"] = known.get(0, part).url
        else:
            facts |= {"reason": reason, "detail": nameless(result.detail)[:300]}
            facts["out"], facts["of"] = self._reach(known, part, platform)
        action = f"delivery.{result.state}"
        self.batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", action, row.item_id, facts))
        kind = {"failed": "failed", "held": "held"}.get(result.state)
        if result.state == "unknown" and reason == "ask":
            kind = "unknown_ask"
        if kind:
            self.admission.alerts.append(Alert(row.workspace_id, row.item_id, kind, facts))


def _reason(result: DeliveryStatus) -> str:
    """Why a delivery is where it is; of a recipient who was refused earlier only its own row says why."""
    if result.state == "unknown":
        return result.reason or ("ask" if result.next_at is None else "verify")
    return result.reason or ("rejected" if result.state == "failed" else "")


def _state(part: PartSnapshot) -> PartState:
    return PartState(part.number, part.state, part.next_at, part.detail, part.reason, part.was)


def _state_before_doubt(part: PartSnapshot) -> State:
    """The state it stood in before the doubt. What was under way then has its attempt accounted for by now."""
    return "waiting" if part.was == "sending" else cast(State, part.was)


def doubtful(done: Sequence[Done]) -> list[Done]:
    """``done``, marked as having been in a transaction that may have been committed."""
    for answer in done:
        answer.again = True
    return list(done)


def still_ours(done: Sequence[Done], held: Collection[int]) -> list[Done]:
    """``done`` without what was prepared or read back on a channel that is another's by now. An attempt's outcome is
    written down under the attempt's own id, whoever drains the channel."""
    return [answer for answer in done if answer.call.kind == "send" or answer.call.job.channel in held]


def unrecorded(connection: Connection, done: Sequence[Done]) -> list[Done]:
    """``done`` without the answers that a transaction reported lost has written down after all.

    What another process has called unknown meanwhile is proved by an answer that says it is out.
    """
    in_doubt = [answer for answer in done if answer.again and answer.call.kind == "send"]
    if not in_doubt:
        return list(done)
    outcomes = attempt_outcomes(connection, sorted({answer.call.job.delivery for answer in in_doubt}))
    left: list[Done] = []
    for answer in done:
        outcome = outcomes.get(answer.call.attempt) if answer.again and answer.call.kind == "send" else ""
        if outcome == "":
            left.append(answer)
        elif outcome == "unknown" and isinstance(answer.result, Published):
            finding = Found(answer.result.id, answer.result.url)
            left.append(Done(msgspec.structs.replace(answer.call, kind="look"), finding, again=True))
    return left

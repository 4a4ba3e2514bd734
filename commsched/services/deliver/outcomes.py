"""Writing down what a call ended in: one function turns every outcome into the next state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

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
from commsched.core.delivery.parts import PartState, Whole, after_doubt, whole
from commsched.core.delivery.retry import Next, after_attempt, after_look, after_pending, is_asked
from commsched.core.platform.contract import Platform
from commsched.services.deliver.admission import Admission
from commsched.services.deliver.recipients import RecipientRows
from commsched.services.deliver.rows import Batch, DeliverySnapshot, Known, PartSnapshot, Snapshots
from commsched.services.deliver.types import Alert, Done, Job
from commsched.services.kernel.audit_log import AuditLine
from commsched.store.types import from_micros

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

    def settle(self, done: Done) -> Job | None:
        """Record ``done``. Returns its job where there is more to do for it right now."""
        row = self.loaded.rows.get(done.call.job.delivery)
        if row is None:
            return None  # the office was deleted meanwhile; the foreign keys took the rows along
        number = done.call.part.number
        is_list = done.call.platform.independent_parts
        known = self.recipients.known(row.id, number) if is_list else self.loaded.parts[row.id]
        part = known[number]
        if self._overtaken(done, row, part):
            return None
        match done.call.kind:
            case "prepare":
                return self._prepared(done, row, known, part)
            case "send":
                return self._sent(done, row, known, part)
            case "look":
                return self._looked(done, row, known, part)

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

    def _prepared(self, done: Done, row: DeliverySnapshot, known: Known, part: PartSnapshot) -> Job | None:
        job = done.call.job
        job.pictures = done.pictures
        if isinstance(done.result, Handles):
            job.prepared = part.number
            part.set(handles=done.result.stored())
            self.batch.part(row.id, part.number, handles=done.result.stored())
            return job
        if isinstance(done.result, Pending):
            self._apply(row, known, part, after_pending(done.result, self.now, from_micros(row.latest)), done)
            return None
        result = done.result
        if isinstance(result, Unknown | Published):  # nothing visible was asked for, so it may simply be repeated
            result = Retry(result.detail)
        assert isinstance(result, Retry | Rejected)
        self._apply(row, known, part, self._next(result, row, part, done.call.platform.settle), done)
        return None

    def _sent(self, done: Done, row: DeliverySnapshot, known: Known, part: PartSnapshot) -> Job | None:
        assert isinstance(done.result, Published | Retry | Rejected | Unknown)
        outcome = type(done.result).__name__.lower()
        detail = done.result.detail[:MAX_DETAIL]
        self.batch.attempts.append(
            {
                "b_key": row.channel_id,
                "b_uid": done.call.attempt,
                "finished_at": self.now,
                "outcome": outcome,
                "detail": detail,
            }
        )
        next_ = self._next(done.result, row, part, done.call.platform.settle)
        if next_.state == "unknown":
            self.batch.delivery(row.id, tries=0)
        return self._apply(row, known, part, next_, done)

    def _next(self, outcome: Outcome, row: DeliverySnapshot, part: PartSnapshot, settle: float) -> Next:
        part.set(tries=part.tries + 1)
        return after_attempt(outcome, part.tries, self.now, from_micros(row.latest), settle)

    def _looked(self, done: Done, row: DeliverySnapshot, known: Known, part: PartSnapshot) -> Job | None:
        assert isinstance(done.result, Found | Absent | CannotTell)
        platform, looks = done.call.platform, row.tries + 1
        own = done.call.context.settings.get("resend_if_absent")
        resend = platform.resends(done.call.context.facts) if own is None else own == "1"
        if platform.resend_within is not None and self.now - done.call.since > platform.resend_within:
            resend = False
        next_ = after_look(done.result, looks, self.now, from_micros(row.latest), resend, part.tries)
        self.batch.delivery(row.id, tries=looks)
        if isinstance(done.result, Absent):
            self.batch.absent.append((row.id, part.number))
            if _state(part).doubted:
                next_ = self._undoubted(row, known, part, done)
        if isinstance(done.result, Found) and part.was:
            self._part(part, was="out")
        return self._apply(row, known, part, next_, done)

    def _undoubted(self, row: DeliverySnapshot, known: Known, part: PartSnapshot, done: Done) -> Next:
        """Read back since the backup and not there: back to what it was. In a thread, so are the parts after it."""
        back = _back(part)
        self._part(part, was="")
        for later in known.values() if not done.call.platform.independent_parts else ():
            if later.number > part.number and _state(later).doubted:
                self._part(later, state=_back(later), next_at=None, was="")
        self.batch.delivery(row.id, tries=0)
        return Next(back, detail=part.detail)

    def _part(self, part: PartSnapshot, **values: Any) -> None:
        part.set(**values)
        self.batch.part(part.delivery_id, part.number, **values)

    def _apply(self, row: DeliverySnapshot, known: Known, part: PartSnapshot, next_: Next, done: Done) -> Job | None:
        platform = done.call.platform
        values: dict[str, Any] = {
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
        result = self._whole(row, self._states(row, known, part, platform), platform.independent_parts)
        self._delivery(row, known, part, platform, result)
        ready = result.state in ("waiting", "sending") and (result.next_at is None or result.next_at <= self.now)
        return Job(row.id, row.channel_id, done.call.job.pictures) if ready else None

    def _states(self, row: DeliverySnapshot, known: Known, part: PartSnapshot, platform: Platform) -> list[PartState]:
        """The parts that decide what the delivery comes to: all, or of a list this recipient and whoever is next."""
        if platform.independent_parts:
            return [_state(part), *self.recipients.left(row, part.number)]
        return [_state(one) for one in known.values()]

    def _whole(self, row: DeliverySnapshot, parts: list[PartState], independent: bool) -> Whole:
        """What the parts make together, after what a person or a restore has to say of it."""
        result = whole(parts, independent, self.now)
        if row.was and not any(part.doubted for part in parts):
            result = after_doubt(parts, result, row.was, row.was_reason, from_micros(row.due))
            self.batch.delivery(row.id, was="", was_reason="")
        if any(part.state == "sending" for part in parts):
            return result  # other lanes are under way; who comes back last says what became of the whole
        if row.stop and result.state not in ("published", "unknown"):
            return Whole("cancelled", None, row.stop, result.detail)
        return result

    def _channel(self, row: DeliverySnapshot, next_: Next) -> None:
        if next_.channel_rests is not None:
            self.batch.channels.setdefault(row.channel_id, {})["not_before"] = next_.channel_rests
            self.admission.resting[row.channel_id] = next_.channel_rests
        if next_.channel_broken:
            self.batch.channels.setdefault(row.channel_id, {}).update(state="broken", trouble=next_.detail[:MAX_DETAIL])
            self.admission.broken.add(row.channel_id)

    def _delivery(
        self, row: DeliverySnapshot, known: Known, part: PartSnapshot, platform: Platform, result: Whole
    ) -> None:
        first = known.get(0, part)
        values: dict[str, Any] = {
            "state": result.state,
            "next_at": result.next_at,
            "reason": result.reason,
            "detail": result.detail,
            "url": first.url,
            "remote_id": first.remote_id,
        }
        if result.state == "published":
            values["published_at"] = self.now
        if result.state == "unknown":
            values["reason"] = result.reason or ("ask" if result.next_at is None else "verify")
        elif result.state == "failed" and not result.reason:  # a recipient refused earlier; its own row says why
            values["reason"] = "rejected"
        self.batch.delivery(row.id, **values)
        self.batch.items.add(row.item_id)
        if row.was and result.state not in ("published", "unknown", "cancelled") and values["reason"] != "part_found":
            facts = {"delivery": row.id, "channel": row.channel_name}
            self.batch.lines.append(
                AuditLine(row.workspace_id, None, "scheduler", "delivery.absent", row.item_id, facts)
            )
            return  # it is what it was before, and was told of then
        self._tell(row, known, part, platform, result, values["reason"])

    def _reach(self, known: Known, part: PartSnapshot, platform: Platform) -> tuple[int, int]:
        """How many parts are out, of how many."""
        if not platform.independent_parts:
            return sum(1 for one in known.values() if one.state == "published"), len(known)
        out, of = self.recipients.counts(part.delivery_id, part.number)
        return out + (part.state == "published"), of + 1

    def _tell(
        self,
        row: DeliverySnapshot,
        known: Known,
        part: PartSnapshot,
        platform: Platform,
        result: Whole,
        reason: str,
    ) -> None:
        if result.state in ("waiting", "sending") or (result.state == row.state == "unknown" and is_asked(row.tries)):
            return  # nothing new: whoever is asked already needs no word of every further look
        facts = {"delivery": row.id, "channel": row.channel_name}
        if result.state == "published":
            facts["url"] = known.get(0, part).url
        else:
            facts |= {"reason": reason, "detail": result.detail[:300]}
            facts["out"], facts["of"] = self._reach(known, part, platform)
        action = f"delivery.{result.state}"
        self.batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", action, row.item_id, facts))
        kind = {"failed": "failed", "held": "held"}.get(result.state)
        if result.state == "unknown" and reason == "ask":
            kind = "unknown_ask"
        if kind:
            self.admission.told.append(Alert(row.workspace_id, row.item_id, kind, facts))


def _state(part: PartSnapshot) -> PartState:
    return PartState(part.number, part.state, part.next_at, part.detail, part.reason, part.was)


def _back(part: PartSnapshot) -> Any:
    """The state it stood in before the doubt. What was under way then has its attempt accounted for by now."""
    return "waiting" if part.was == "sending" else part.was

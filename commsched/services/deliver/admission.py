"""Deciding, inside the transaction, what a channel's next delivery may do: the gate is asked here and only here."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import logging
import os
import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec

from commsched.core.approval.rules import Policy
from commsched.core.content.model import Content, parse
from commsched.core.delivery.gate import GateInput, Go, Hold, Wait, judge
from commsched.core.delivery.lifecycle import HALTED, STOPS
from commsched.core.delivery.parts import delivery_status, next_part
from commsched.core.platform.channel_view import Stored, for_channel
from commsched.core.platform.contract import ChannelContext, ChannelView, Part
from commsched.core.timing import embargo
from commsched.services.contacts import leave_links
from commsched.services.content import preview_addresses, versions
from commsched.services.costs.spending import Month
from commsched.services.deliver._parts import complete, part_state, recomputed
from commsched.services.deliver.batch import Batch, Values
from commsched.services.deliver.recipients import RecipientRows
from commsched.services.deliver.snapshots import (
    STORED,
    DeliverySnapshot,
    PartsByNumber,
    PartSnapshot,
    Snapshots,
    answered_by,
    moment,
)
from commsched.services.deliver.types import Alert, Call, Job, Kind, Pictures
from commsched.services.kernel.audit_log import AuditLine
from commsched.services.kernel.context import Installation, mute
from commsched.services.mailing.states import DEFAULT, PROBE, RelayStates, domain_of, relay_of
from commsched.store.types import from_micros, to_micros

log = logging.getLogger("commsched.deliver")

_read_policy = msgspec.json.Decoder(Policy).decode
_policy = lru_cache(maxsize=1000)(_read_policy)  # an office has a handful, and every item carries a copy

NEVER = sys.maxsize
"""When a consent without an end ends."""
ROUNDS = 20
"""How often the next recipients are looked at in one turn, where those in turn must wait for their domain."""
ContextFor = Callable[[DeliverySnapshot], ChannelContext]


class Admission(msgspec.Struct, frozen=True):
    """Turns a batch of jobs into calls to make, writing the attempts of those that are sent."""

    installation: Installation
    context_for: ContextFor
    owner: str
    now: datetime
    loaded: Snapshots
    batch: Batch
    held: frozenset[int]
    """The channels whose lease ``owner`` holds: nothing is begun on any other."""
    recipients: RecipientRows
    relays: RelayStates
    resting: dict[int, datetime] = msgspec.field(default_factory=dict)
    """Channels told to rest in this very transaction, and until when."""
    broken: set[int] = msgspec.field(default_factory=set)
    """Channels whose access was found dead in this very transaction."""
    alerts: list[Alert] = msgspec.field(default_factory=list)
    previews: dict[int, str] = msgspec.field(default_factory=dict)
    """The secret addresses of items under embargo, as they stand in this transaction."""

    @property
    def micros(self) -> int:
        return to_micros(self.now)

    def consider(self, job: Job) -> list[Call]:
        """The next calls for ``job``, none where there is nothing to do for it now; one, but for a list, whose
        recipients may be as many as the job has lanes.

        Whatever goes wrong here concerns this delivery alone: it is held, and the others go on.
        """
        row = self.loaded.rows.get(job.delivery)
        if job.channel not in self.held:
            return []  # its lease has lapsed or is another's: whoever drains the channel now goes on with it
        if row is None or not self._is_in_turn(row):
            return []  # somebody cancelled, held or moved it since the clock looked
        try:
            if row.state == "unknown":
                return self._look(job, row)
            if row.state in ("waiting", "sending"):
                return self._go(job, row)
            self.batch.delivery(row.id, next_at=None)  # finished: nothing will happen by itself
        except Exception:
            log.exception("delivery %s cannot be prepared", job.delivery)
            if not self._is_under_way(row):
                self._give_up(row)
        return []

    def _is_in_turn(self, row: DeliverySnapshot) -> bool:
        if row.next is None:
            return self._is_under_way(row) and self._is_list(row)  # in another lane there may be more to do
        return row.next <= self.micros

    def _is_under_way(self, row: DeliverySnapshot) -> bool:
        """Whether attempts at it are open. The last of them to come back says how it goes on, not what is found out
        here meanwhile: until then nothing about it is decided but whether more begins."""
        return row.state == "sending" and row.next is None

    def _go(self, job: Job, row: DeliverySnapshot) -> list[Call]:
        content = parse(row.content)
        verdict = judge(self.gate_input(job, row, content), self.now)
        if self._is_under_way(row) and not isinstance(verdict, Go):
            return []
        match verdict:
            case Hold(reason=reason):
                missing = reason == "changed" and job.pictures is not None and job.pictures.missing
                self._stop(row, "media" if missing else reason)
            case Wait(until=until):
                self.batch.delivery(row.id, next_at=until, **self._why_it_waits(row, until))
            case Go() if self._is_list(row):
                return self._next_recipients(job, row, content)
            case Go():
                return self._part(job, row, content)
        return []

    def _why_it_waits(self, row: DeliverySnapshot, until: datetime) -> Values:
        """The reason for which it goes out at ``until`` only, where that is not its own time."""
        if until == self._relay_rests(row):
            return {"reason": "relay", "detail": self.installation.relay_name(relay_of(row.settings))}
        return {"reason": "rests"} if until == (self.resting.get(row.channel_id) or moment(row.resting)) else {}

    def _relay_rests(self, row: DeliverySnapshot) -> datetime | None:
        """Until when nothing goes by the mail server that it leaves through."""
        if not self.installation.platform(row.platform).needs_mail:
            return None
        return self.relays.rests_until(relay_of(row.settings))

    def _not_before(self, row: DeliverySnapshot) -> datetime | None:
        moments = (self.resting.get(row.channel_id) or moment(row.resting), self._relay_rests(row))
        return max((each for each in moments if each is not None), default=None)

    def gate_input(self, job: Job, row: DeliverySnapshot, content: Content) -> GateInput:
        """What the gate is asked about ``row``."""
        return GateInput(
            due=from_micros(row.due),
            latest=from_micros(row.latest),
            embargo=embargo.end_of(content.embargo),
            carries_embargo=bool(content.embargo) and self._carries_embargo(row),
            paused=row.paused is not None,
            newest=row.newest == row.revision_id,
            content_hash=recomputed(row.content, content, row.channel_id, self._list_digest(row), job.pictures),
            stored_hash=row.hash,
            policy=_policy(row.policy),
            decisions=self.loaded.decisions.get(row.item_id, ()),
            channel_state="broken" if row.channel_id in self.broken else row.channel_state,
            not_before=self._not_before(row),
            stop=row.stop,
            superseded=row.superseded,
            mute=self._is_mute(row),
            over_ceiling=self._is_over_ceiling(job, row, content),
            consent_ended=any(
                self.loaded.consents.get((row.workspace_id, sha256), NEVER) <= self.micros
                for sha256 in content.stills()
            ),
        )

    def _is_mute(self, row: DeliverySnapshot) -> bool:
        if not self.installation.platform(row.platform).needs_mail:
            return False
        relay = relay_of(row.settings)
        return mute(self.installation, row.platform, bool(row.is_demo), "" if relay == DEFAULT else str(relay))

    def _is_over_ceiling(self, job: Job, row: DeliverySnapshot, content: Content) -> bool:
        """Whether what is left of it would cost more than the channel may in this month. The whole is looked at before
        its first part goes out, so that a thread is not left half said for want of money."""
        platform = self.installation.platform(row.platform)
        if not platform.charges:
            return False
        known, parts = self.loaded.parts.get(row.id, {}), platform.parts(self.view(job, row, content))
        left = [part for part in parts if part.number not in known or known[part.number].state != "published"]
        month = Month(self.recipients.connection, row.channel_id, self.now, row.zone)
        return month.is_over(platform, row.settings, left, self.batch.begun_cost(row.channel_id))

    def _carries_embargo(self, row: DeliverySnapshot) -> bool:
        return self.installation.platform(row.platform).carries_embargo(msgspec.json.decode(row.settings))

    def _is_list(self, row: DeliverySnapshot) -> bool:
        return self.installation.platform(row.platform).independent_parts

    def _list_digest(self, row: DeliverySnapshot) -> str:
        """Whom a list channel would write to today; empty for other channels."""
        return self.recipients.list_digest(row) if self._is_list(row) else ""

    def _part(self, job: Job, row: DeliverySnapshot, content: Content) -> list[Call]:
        parts = self._parts(job, row, content)
        if not parts:
            self._stop(row, "changed")
            return []
        known = self.loaded.parts.get(row.id) or self.first_time(row, parts)
        turn = next_part([part_state(part) for part in known.values()], False, self.now)
        if turn is None or turn.number >= len(parts):
            self._stop(row, "internal" if turn else "previous")
            return []
        return self._begin(row, [self._call(job, row, parts[turn.number], known)])

    def _parts(self, job: Job, row: DeliverySnapshot, content: Content) -> list[Part]:
        """What is said there, part by part; of an answer the first hangs on the comment. Empty where what was approved
        is no answer to the comment that it is the answer of, or that comment is known no more: as a post of its own it
        was never meant."""
        parts = self.installation.platform(row.platform).parts(self.view(job, row, content))
        if row.answered is None and not content.answers:
            return parts
        to = answered_by(self.recipients.connection, row.answered, row.channel_id)
        if to is None or content.answers != str(row.answered):
            return []
        name, root, handle = to
        first = msgspec.structs.replace(parts[0], role="reply", parent=name, root=root, parent_handle=handle)
        return [first, *parts[1:]]

    def _next_recipients(self, job: Job, row: DeliverySnapshot, content: Content) -> list[Call]:
        """The next of a list's recipients, one for each lane. Only these are read and decrypted, whoever else there
        is."""
        self.recipients.ensure_frozen(row)
        allowed = self.installation.platform(row.platform).lanes_on(msgspec.json.decode(row.settings))
        lanes = self._places(job, row, allowed)
        if not lanes:
            return []
        people = self.recipients.ready(row.id, len(lanes))
        if not self.recipients.are_wanted(row, people):
            self._skip_unwanted(row)
            people = self.recipients.ready(row.id, len(lanes))
            if not people and not self._is_under_way(row):
                self._end_list(row)
                return []
        if not people and not self._is_under_way(row):
            self._stop(row, "twice" if self.recipients.are_all_elsewhere(row) else "previous")
        people = self._as_many_as_may(row, people)
        calls: list[Call] = []
        view, first = self.view(job, row, content), self.recipients.with_first(row.id, 0)
        for lane, person in zip(lanes, people, strict=False):
            known = first | {person.number: person}
            calls.append(self._call(job, row, self._addressed(view, row, person), known, lane))
            if calls[-1].kind == "prepare":  # what it prepares is kept with the delivery: nobody else is meanwhile
                calls[-1].job = msgspec.structs.replace(job, lanes=job.lanes[:1])
                return calls[-1:]
        return self._begin(row, calls)

    def _places(self, job: Job, row: DeliverySnapshot, allowed: int) -> list[int]:
        """The places in the job's free lanes, as many in each as go together. While one lane is under way the store
        keeps its places from being taken: no two attempts stand open in one."""
        group = self.installation.platform(row.platform).group
        together = range(min(job.group, group))
        return [lane * group + place for lane in job.lanes if lane < allowed for place in together]

    def _as_many_as_may(self, row: DeliverySnapshot, people: list[PartSnapshot]) -> list[PartSnapshot]:
        """Of ``people`` those whom the mail server lets us write to now. The others wait, each for its own time."""
        relay = relay_of(row.settings)
        if self.relays.is_in_trouble(relay):  # its time has come, or it would rest: one message tries
            people = people[:1] if people and self.relays.may_probe(relay) else []
            if not people and not self._is_under_way(row):
                self.batch.delivery(row.id, next_at=self.now + PROBE, reason="relay")
            return people
        limits = self.installation.limits_of(relay)
        if not people or not (limits.counted or self.relays.has_slow_domains(relay)):
            return people
        most = len(people)
        for _round in range(ROUNDS):
            taken = self.relays.take(relay, limits, [self._asked(person) for person in people])
            for place, until in taken.waits.items():
                self.batch.part(row.id, people[place].number, next_at=until)
            if taken.places or taken.until is not None:
                break
            people = self.recipients.ready(row.id, most)
            if not people:
                break
        if not taken.places and not self._is_under_way(row):
            next_at = taken.until or delivery_status(self.recipients.unfinished(row), True, self.now).next_at
            self.batch.delivery(row.id, next_at=next_at or self.now, reason="rate")
        return [people[place] for place in taken.places] if people else []

    def _asked(self, person: PartSnapshot) -> tuple[str, bool]:
        """A recipient's domain, and whether they have waited for their turn."""
        return domain_of(self.installation.vault.unseal(person.recipient)), person.next_at is not None

    def _skip_unwanted(self, row: DeliverySnapshot) -> None:
        """Write to none of those who have left the list since the approval, and have it stand in the record."""
        count = self.recipients.skip_unwanted(row)
        if count:
            facts = {"delivery": row.id, "channel": row.channel_name, "count": count}
            line = AuditLine(row.workspace_id, None, "scheduler", "delivery.skipped", row.item_id, facts)
            self.batch.lines.append(line)

    def _addressed(self, view: ChannelView, row: DeliverySnapshot, known: PartSnapshot) -> Part:
        """The part that ``known`` was written down for: to the address as it was frozen, wherever on the list it
        stands by now."""
        address = self.installation.vault.unseal(known.recipient)
        part = self.installation.platform(row.platform).addressed(view, address)
        blind = known.blind
        leave = leave_links.url(self.installation, row.workspace, row.channel_id, blind) if blind else ""
        return msgspec.structs.replace(part, number=known.number, recipient=address, leave=leave)

    def _end_list(self, row: DeliverySnapshot) -> None:
        """Whoever was left has left the list: what the others came to stands."""
        left = self.recipients.unfinished(row)
        result = delivery_status(left, True, self.now)
        if not left and not self.recipients.counts(row.id)[0]:
            self._stop(row, "twice" if self.recipients.are_all_elsewhere(row) else "changed")
            return
        values: Values = {"state": result.state, "next_at": result.next_at, "reason": result.reason}
        if result.state == "published":
            values["published_at"] = self.now
        self.batch.delivery(row.id, **values)
        self.batch.items.add(row.item_id)

    def _call(self, job: Job, row: DeliverySnapshot, part: Part, known: PartsByNumber, lane: int | None = None) -> Call:
        """What is to be done for ``part``: it is sent, or first prepared. Nothing is begun by this."""
        platform, number = self.installation.platform(row.platform), part.number
        if not known[number].message_id and part.recipient:
            known[number].message_id = self._message_id(row, number, part)
            self.batch.part(row.id, number, message_id=known[number].message_id)
        part, handles = complete(part, known)
        context = self.context_for(row)
        in_hand, needs = job.pictures is not None, platform.needs_prepare(part) and not part.edits
        # What everybody on a list gets is read once, not once for each.
        ready = job.prepared == number or (in_hand and (handles.ready or (platform.independent_parts and not needs)))
        has_files = part.pictures or part.view.other_files or part.view.card_picture
        prepares = not ready and bool(has_files or needs)
        kind: Kind = "prepare" if prepares else "send"
        place = job.lanes[0] if lane is None else lane
        return Call(kind, job, platform, context, part, handles, self.now, row, known, place)

    def _begin(self, row: DeliverySnapshot, calls: list[Call]) -> list[Call]:
        """Write the attempts of what is sent down. Nothing can fail after the first: a committed attempt is called."""
        for call in calls:
            if call.kind == "send":
                call.attempt = self._commit_attempt(row, call)
        return calls

    def view(self, job: Job, row: DeliverySnapshot, content: Content) -> ChannelView:
        """What the channel would say, with the pictures that the job has in hand."""
        files = {}
        for attachment in content.sent_on(row.channel_id):
            file = job.pictures.files.get(attachment.sha256) if job.pictures else None
            stored = Stored(file.open, file.size) if file else Stored(_unread, 0)
            files[attachment.sha256] = stored
        view = for_channel(content, row.channel_id, row.item_uid, files)
        return msgspec.structs.replace(view, preview_url=self._preview_url(row, content)) if content.embargo else view

    def _preview_url(self, row: DeliverySnapshot, content: Content) -> str:
        """Where it is read until its embargo ends, for a channel that gets it before."""
        if embargo.is_over(content.embargo, self.now) or not self._carries_embargo(row):
            return ""
        if row.item_id not in self.previews:
            url = preview_addresses.url(self.installation, self.recipients.connection, row.item_id)
            self.previews[row.item_id] = url
        return self.previews[row.item_id]

    def first_time(self, row: DeliverySnapshot, parts: list[Part]) -> PartsByNumber:
        """The parts are written down before the first of them is sent."""
        known = {
            number: PartSnapshot(row.id, number, f"{row.uid}-{number}", part.role) for number, part in enumerate(parts)
        }
        standing = self._standing(row)
        for number, part in known.items():
            if number in standing:
                part.edits = standing[number][0]
            self.batch.new_parts[row.id, number] = {name: getattr(part, name) for name in STORED}
        self.loaded.parts[row.id] = known
        return known

    def _standing(self, row: DeliverySnapshot) -> dict[int, tuple[str, str]]:
        """What a correction is put in the place of on a network, part by part. The rest of it is published anew."""
        if row.corrects is None or not versions.changes_in_place(self.installation.platform(row.platform)):
            return {}
        return versions.out_there(self.recipients.connection, row.corrects, row.channel_id)

    def _message_id(self, row: DeliverySnapshot, number: int, part: Part) -> str:
        """Stored before the first call, the same on every try; its right half is the sender's own domain. It proves a
        bounce, so nobody but its reader may know it: the item's uid and an address are no secrets."""
        domain = _sender_domain(row.settings) or urlsplit(self.installation.base_url).hostname
        named = part.message_id or f"{row.uid}.{number}"
        secret = hmac.digest(self.installation.vault.derive("message id"), named.encode(), hashlib.sha256)
        return f"{secret.hex()[:40]}@{domain or 'localhost'}"

    def _commit_attempt(self, row: DeliverySnapshot, call: Call) -> str:
        uid, number = _names.next(), call.part.number
        self.batch.new_attempts.append(
            {
                "uid": uid,
                "delivery_id": row.id,
                "channel_id": row.channel_id,
                "part": number,
                "lane": call.lane,
                "hash": row.hash,
                "worker": self.owner,
                "started_at": self.now,
                "finished_at": None,
                "outcome": "",
                "detail": "",
                "cost": call.platform.price(call.part) if call.platform.charges else 0,
            }
        )
        self.batch.begin_part(row.id, number)
        self.batch.delivery(row.id, state="sending", next_at=None, reason="")
        if row.item_state != "publishing" and not self.installation.platform(row.platform).instant:
            self.batch.items.add(row.item_id)
        return uid

    def _look(self, job: Job, row: DeliverySnapshot) -> list[Call]:
        """Reading back sends nothing, so it is done while paused too; the gate is asked before anything is sent."""
        content = parse(row.content)
        platform = self.installation.platform(row.platform)
        job.pictures = job.pictures or Pictures()
        part, known = (self._lost_recipient if self._is_list(row) else self._lost_part)(job, row, content)
        if part is None:
            self._give_up(row)
            return []
        since = self._since(row, known[part.number])
        part, handles = complete(part, known)
        part = msgspec.structs.replace(part, others=self.loaded.others.get(row.id, frozenset()))
        return [Call("look", job, platform, self.context_for(row), part, handles, since, row, known, job.lanes[0])]

    def _lost_part(self, job: Job, row: DeliverySnapshot, content: Content) -> tuple[Part | None, PartsByNumber]:
        """The first part to find out about now, and all of them."""
        parts = self._parts(job, row, content)
        known = self.loaded.parts.get(row.id) or self._in_doubt(row, parts)
        lost = (n for n, part in known.items() if part.state == "unknown" and part.next_at and part.next_at <= self.now)
        number = next(lost, None)
        return (None if number is None else parts[number]), known

    def _lost_recipient(self, job: Job, row: DeliverySnapshot, content: Content) -> tuple[Part | None, PartsByNumber]:
        if row.was:
            self.recipients.list_digest(row)
            self.recipients.ensure_frozen(row)
        lost = self.recipients.next_unverified(row.id)
        if lost is None:
            return None, {}
        since = self.recipients.unverified_since(row.id, lost.number)
        if since is not None:
            self.loaded.unverified[row.id, lost.number] = since
        return self._addressed(self.view(job, row, content), row, lost), self.recipients.with_first(row.id, lost.number)

    def _in_doubt(self, row: DeliverySnapshot, parts: list[Part]) -> PartsByNumber:
        """After a restore: the parts that the first try would have written down, for each to be read back."""
        if not row.was:
            return {}
        known = self.first_time(row, parts)
        doubted = {"state": "unknown", "was": "waiting", "next_at": self.now}
        for part in known.values():
            part.set(**doubted)
            self.batch.part(row.id, part.number, **doubted)
        return known

    def _since(self, row: DeliverySnapshot, part: PartSnapshot) -> datetime:
        """From when on it may have gone out: its first attempt not accounted for, or the backup if that is earlier."""
        lost = self.loaded.unverified.get((row.id, part.number))
        if row.doubt_since is None or not part.was:
            return lost or from_micros(row.due)
        return min(from_micros(row.doubt_since), lost or self.now)

    def _give_up(self, row: DeliverySnapshot) -> None:
        """After a bug: nothing of this delivery is tried. What may be out stays a question, the rest is held."""
        if row.state != "unknown":
            self._stop(row, "internal")
            return
        self.batch.delivery(row.id, next_at=None, reason="ask")
        facts = {"delivery": row.id, "channel": row.channel_name, "reason": "ask"}
        self.alerts.append(Alert(row.workspace_id, row.item_id, "unknown_ask", facts))

    def _stop(self, row: DeliverySnapshot, reason: str) -> None:
        state = "cancelled" if reason in (*STOPS, "twice") else "held"
        self.batch.delivery(row.id, state=state, next_at=None, reason=reason)
        self.batch.items.add(row.item_id)
        facts = {"delivery": row.id, "channel": row.channel_name, "reason": reason}
        self.batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", f"delivery.{state}", row.item_id, facts))
        if reason not in ("paused", "twice", HALTED, *STOPS):  # whoever paused or cancelled knows
            self.alerts.append(Alert(row.workspace_id, row.item_id, "held", facts))


@lru_cache(maxsize=1000)
def _sender_domain(settings: str) -> str:
    """The domain that a channel's settings (as JSON) say its mail comes from."""
    return str(msgspec.json.decode(settings).get("sender") or "").rpartition("@")[2]


class _Names:
    """Names for attempts: 96 random bits of this process and its own count. Chance asked for each would let go of the
    interpreter every time, in the middle of a transaction."""

    def __init__(self) -> None:
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self._stem, self._count = secrets.token_hex(12), itertools.count()

    def next(self) -> str:
        return f"{self._stem}{next(self._count):08x}"


_names = _Names()


def _unread() -> BinaryIO:
    raise FileNotFoundError("the picture has not been read")

"""Reading and writing the outbox in batches: many channels' rows in one statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, insert, literal_column, select, update

from commsched.core.approval.rules import CastDecision
from commsched.core.content.model import parse
from commsched.core.delivery.lifecycle import item_state
from commsched.services.deliver.others import others
from commsched.services.kernel import audit_log
from commsched.services.kernel.superseded import superseded
from commsched.store.fast import FastMany, FastSelect
from commsched.store.models import (
    Attempt,
    Channel,
    Decision,
    Delivery,
    Item,
    Lease,
    Media,
    Part,
    PictureSource,
    Revision,
    Workspace,
)
from commsched.store.outbox import left_off
from commsched.store.types import from_micros

_ids: Any = bindparam("ids", expanding=True)
_case = FastSelect(
    select(
        Delivery.id,
        Delivery.uid,
        Delivery.state,
        Delivery.due_at,
        Delivery.latest_at,
        Delivery.next_at,
        Delivery.tries,
        Delivery.item_id,
        Delivery.revision_id,
        Delivery.channel_id,
        Delivery.workspace_id,
        Item.uid.label("item_uid"),
        Item.state.label("item_state"),
        Item.policy,
        Item.revision_id.label("newest"),
        Revision.content,
        Revision.hash,
        Channel.platform,
        Channel.settings,
        Channel.secrets,
        Channel.list_digest,
        Channel.facts,
        Channel.state.label("channel_state"),
        Channel.not_before,
        Channel.account,
        Channel.account_name,
        Channel.name.label("channel_name"),
        Workspace.slug.label("workspace"),
        Workspace.paused_at,
        Workspace.language,
        Workspace.name.label("office_name"),
        Workspace.is_demo,
        Delivery.stop,
        Delivery.doubt_since,
        Delivery.was,
        Delivery.was_reason,
        superseded.label("superseded"),
    )
    .join(Item, Item.id == Delivery.item_id)
    .join(Revision, Revision.id == Delivery.revision_id)
    .join(Channel, Channel.id == Delivery.channel_id)
    .join(Workspace, Workspace.id == Delivery.workspace_id)
    .where(Delivery.id.in_(_ids))
)
_decisions = FastSelect(
    select(
        Decision.item_id,
        Decision.hash,
        Decision.verdict,
        Decision.person_id,
        Decision.in_place_of,
        Decision.at,
        Decision.step,
        Decision.window_start,
        Decision.window_end,
    )
    .where(Decision.item_id.in_(_ids))
    .order_by(Decision.id)
)
_parts = FastSelect(
    select(
        Part.delivery_id,
        Part.number,
        Part.key,
        Part.role,
        Part.state,
        Part.recipient,
        Part.message_id,
        Part.handles,
        Part.remote_id,
        Part.url,
        Part.tries,
        Part.next_at,
        Part.detail,
        Part.was,
        Part.blind,
    )
    .where(Part.delivery_id.in_(_ids))
    .order_by(Part.delivery_id, Part.number)
)
_lost = FastSelect(
    select(Attempt.delivery_id, Attempt.part, func.min(Attempt.started_at).label("since"))
    .where(Attempt.delivery_id.in_(_ids), Attempt.outcome == literal_column("'unknown'"))
    .group_by(Attempt.delivery_id, Attempt.part)
)
_ends = FastSelect(select(Attempt.uid, Attempt.outcome).where(Attempt.delivery_id.in_(_ids)))
_photo: Any = Media.__table__.alias()
_behind = (
    select(func.min(_photo.c.consent_ends))
    .join(PictureSource, PictureSource.source_id == _photo.c.id)
    .where(PictureSource.media_id == Media.id)
    .correlate(Media)
    .scalar_subquery()
)
_shown = FastSelect(select(Media.workspace_id, Media.sha256, Media.consent_ends, _behind).where(Media.sha256.in_(_ids)))
_states = FastSelect(
    select(Delivery.item_id, left_off, Item.state)
    .join(Item, Item.id == Delivery.item_id)
    .where(Delivery.item_id.in_(_ids))
)

CHUNK = 500


def due(connection: Connection, now: datetime, depth: int, limit: int, owner: str = "") -> list[tuple[int, int]]:
    """Deliveries that ``owner`` should look at, with their channels: the oldest ``depth`` of each channel, so that one
    with thousands in line hides no other. A channel that a live other owner drains is left to it."""
    turn = func.row_number().over(partition_by=Delivery.channel_id, order_by=(Delivery.next_at, Delivery.id))
    mine = (Delivery.next_at <= now, Delivery.channel_id.not_in(leased(owner, now)))
    lines = select(Delivery.id, Delivery.channel_id, turn.label("turn")).where(*mine).subquery()
    wanted = select(lines.c.id, lines.c.channel_id).where(lines.c.turn <= depth).order_by(lines.c.turn).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(wanted)]


def leased(owner: str, now: datetime) -> Select[int]:
    """The channels that a live owner other than ``owner`` drains."""
    return select(Lease.channel_id).where(Lease.owner != owner, Lease.until > now)


def platforms(connection: Connection, channels: Iterable[int]) -> list[tuple[int, str]]:
    """The platform of each channel."""
    wanted = list(channels)
    return [
        (row[0], row[1])
        for start in range(0, len(wanted), CHUNK)
        for row in connection.execute(
            select(Channel.id, Channel.platform).where(Channel.id.in_(wanted[start : start + CHUNK]))
        )
    ]


def next_due(connection: Connection, poison: Collection[int] = (), stuck: Collection[int] = ()) -> datetime | None:
    """When the clock must wake at the latest. The deliveries ``poison`` and those of the channels ``stuck`` are left
    alone, so nobody wakes for them."""
    wanted = select(Delivery.next_at).where(Delivery.next_at.is_not(None)).order_by(Delivery.next_at).limit(1)
    if poison:
        wanted = wanted.where(Delivery.id.not_in(poison))
    if stuck:
        wanted = wanted.where(Delivery.channel_id.not_in(stuck))
    return connection.execute(wanted).scalar()


def moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


class DeliverySnapshot(msgspec.Struct):
    """A delivery with its item, revision, channel and workspace, as the driver read them (moments in microseconds,
    JSON as text): what is needed is converted when it is needed."""

    id: int
    uid: str
    state: str
    due: int
    latest: int
    next: int | None
    tries: int
    item_id: int
    revision_id: int
    channel_id: int
    workspace_id: int
    item_uid: str
    item_state: str
    policy: str
    newest: int
    content: bytes
    hash: str
    platform: str
    settings: str
    secrets: str
    list_digest: str
    """Of a list, as it is now: who would get it."""
    facts: str
    channel_state: str
    resting: int | None
    account: str
    account_name: str
    channel_name: str
    workspace: str
    paused: int | None
    language: str
    office_name: str
    is_demo: int
    stop: str = ""
    """A person's word that nothing more of it goes out."""
    doubt_since: int | None = None
    was: str = ""
    was_reason: str = ""
    superseded: str = ""
    """Why what it says no longer stands: it was taken down, or corrected."""


class PartSnapshot(msgspec.Struct):
    """A part as this transaction knows it: what is stored, and what has just been decided about it."""

    delivery_id: int
    number: int
    key: str
    role: str = "post"
    state: str = "waiting"
    recipient: str = ""
    message_id: str = ""
    handles: dict[str, str] = msgspec.field(default_factory=dict)
    remote_id: str = ""
    url: str = ""
    tries: int = 0
    next_at: datetime | None = None
    detail: str = ""
    was: str = ""
    blind: str = ""
    """What finds its recipient in the list again."""
    reason: str = ""

    def set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


Known = dict[int, PartSnapshot]
"""The parts of a delivery by their numbers."""


class Snapshots(msgspec.Struct):
    """Everything in the store about a batch of deliveries."""

    rows: dict[int, DeliverySnapshot]
    decisions: dict[int, list[CastDecision]]
    parts: dict[int, Known]
    """By delivery. Of a list's recipients there are those alone that the batch is about."""
    lost: dict[tuple[int, int], datetime]
    """Since when a part's fate is unknown: when the first attempt not accounted for was committed."""
    consents: dict[tuple[int, str], int] = msgspec.field(default_factory=dict)
    """When the first consent ends of those shown in a workspace's picture, or in what it was drawn from."""
    others: dict[int, frozenset[str]] = msgspec.field(default_factory=dict)
    """For a delivery that is read back: what else its account has published since."""


IsList = Callable[[str], bool]
"""Whether a platform's parts are recipients, by its key."""


def _no_list(_platform: str) -> bool:
    return False


Kept = dict[int, tuple[DeliverySnapshot, Known]]
"""By delivery: what was read when an attempt at its only part was committed."""


def load(
    connection: Connection, deliveries: Sequence[int], kept: Kept | None = None, is_list: IsList = _no_list
) -> Snapshots:
    """Read a batch: at most five statements, whatever its size, and a sixth where there are pictures in it.

    The recipients of a list (``is_list``, by platform) are not among them: there may be thousands, and one is called
    for at a time (:class:`commsched.services.deliver.recipients.RecipientRows`). ``kept`` are deliveries of which
    nothing that may have changed since they were read matters any more; they are not read again. An answer that has
    been in a failed transaction is never among them.
    """
    loaded = _load(connection, deliveries, is_list)
    for delivery, (row, parts) in (kept or {}).items():
        loaded.rows[delivery], loaded.parts[delivery] = row, parts
    return loaded


def _load(connection: Connection, deliveries: Sequence[int], is_list: IsList) -> Snapshots:
    ids = list(deliveries)
    rows = {row[0]: DeliverySnapshot(*row) for row in _case.all(connection, ids)}
    decisions: dict[int, list[CastDecision]] = defaultdict(list)
    for item, hashed, verdict, person, other, at, step, start, end in _decisions.all(
        connection, list({row.item_id for row in rows.values()})
    ):
        decisions[item].append(
            CastDecision(
                hash=hashed,
                verdict=verdict,
                person=other or person,
                by=person,
                at=from_micros(at),
                step=step,
                window_start=moment(start),
                window_end=moment(end),
            )
        )
    own = {number: row for number, row in rows.items() if not is_list(row.platform)}
    parts: dict[int, Known] = defaultdict(dict)
    for raw in _parts.all(connection, list(own)):
        part = PartSnapshot(*raw)
        part.handles = msgspec.json.decode(raw[7]) if raw[7] != "{}" else {}
        part.next_at = moment(raw[11])
        parts[part.delivery_id][part.number] = part
    lost = _lost.all(connection, [row.id for row in _unknown(own)])
    since = {(row[0], row[1]): from_micros(row[2]) for row in lost}
    told = {row.id: others(connection, row.channel_id, _first_loss(row, since)) for row in _unknown(own)}
    return Snapshots(rows, decisions, parts, since, _consents(connection, rows.values()), told)


def _unknown(rows: dict[int, DeliverySnapshot]) -> list[DeliverySnapshot]:
    return [row for row in rows.values() if row.state == "unknown"]


def _first_loss(row: DeliverySnapshot, lost: dict[tuple[int, int], datetime]) -> datetime:
    doubted = row.doubt_since if row.was and row.doubt_since is not None else row.due
    mine = [at for (delivery, _), at in lost.items() if delivery == row.id]
    return min(mine if row.was == "" and mine else [*mine, from_micros(doubted)])


def _consents(connection: Connection, rows: Iterable[DeliverySnapshot]) -> dict[tuple[int, str], int]:
    wanted: set[Any] = set()
    for row in rows:
        if b'"pictures":[' in row.content:
            with suppress(msgspec.MsgspecError):  # content that cannot be read is held when it is considered
                wanted |= parse(row.content).stills()
    found = _shown.all(connection, sorted(wanted))
    ends = {(workspace, sha256): (own, behind) for workspace, sha256, own, behind in found}
    return {key: min(one for one in pair if one is not None) for key, pair in ends.items() if pair != (None, None)}


_delivery_table: Any = Delivery.__table__
_part_table: Any = Part.__table__
_attempt_table: Any = Attempt.__table__
_channel_table: Any = Channel.__table__
_item_table: Any = Item.__table__

_insert_part = FastMany(insert(_part_table))
_insert_attempt = FastMany(insert(_attempt_table))
_update_delivery = FastMany(update(_delivery_table).where(_delivery_table.c.id == bindparam("b_key")))
_update_part = FastMany(
    update(_part_table).where(
        _part_table.c.delivery_id == bindparam("b_key"), _part_table.c.number == bindparam("b_part")
    )
)
_begin_part = FastMany(
    update(_part_table).where(
        _part_table.c.delivery_id == bindparam("b_key"),
        _part_table.c.number == bindparam("b_part"),
        _part_table.c.state == literal_column("'waiting'"),
    )
)
_close_attempt = FastMany(
    update(_attempt_table).where(
        # the channel leads to it by the index of open attempts; the id of its own says that it is this very one
        _attempt_table.c.channel_id == bindparam("b_key"),
        _attempt_table.c.uid == bindparam("b_uid"),
        _attempt_table.c.outcome == literal_column("''"),
    )
)
_update_channel = FastMany(update(_channel_table).where(_channel_table.c.id == bindparam("b_key")))
_update_item = FastMany(update(_item_table).where(_item_table.c.id == bindparam("b_key")))


class Overtaken(Exception):
    """An attempt that was to be closed is no longer open, its end has been written down before; or somebody else has
    begun the part that was to be begun."""


class Batch(msgspec.Struct):
    """The writes of one transaction, gathered and then made with one statement a kind."""

    new_parts: dict[tuple[int, int], dict[str, Any]] = msgspec.field(default_factory=dict)
    new_attempts: list[dict[str, Any]] = msgspec.field(default_factory=list)
    deliveries: dict[int, dict[str, Any]] = msgspec.field(default_factory=dict)
    parts: dict[tuple[int, int], dict[str, Any]] = msgspec.field(default_factory=dict)
    begun: dict[tuple[int, int], dict[str, Any]] = msgspec.field(default_factory=dict)
    """Parts of before that an attempt is committed for: each must still wait for it in the store."""
    attempts: list[dict[str, Any]] = msgspec.field(default_factory=list)
    channels: dict[int, dict[str, Any]] = msgspec.field(default_factory=dict)
    items: set[int] = msgspec.field(default_factory=set)
    lines: list[audit_log.AuditLine] = msgspec.field(default_factory=list)
    absent: list[tuple[int, int]] = msgspec.field(default_factory=list)

    def delivery(self, number: int, **values: Any) -> None:
        self.deliveries.setdefault(number, {"b_key": number}).update(values)

    def part(self, delivery: int, number: int, **values: Any) -> None:
        """Change a part: one about to be inserted is inserted changed."""
        changed = self.new_parts.get((delivery, number)) or self.begun.get((delivery, number))
        if changed is None:
            changed = self.parts.setdefault((delivery, number), {"b_key": delivery, "b_part": number})
        changed.update(values)

    def begin_part(self, delivery: int, number: int) -> None:
        """An attempt is committed for a part that waits."""
        if (delivery, number) not in self.new_parts:
            changed = self.parts.pop((delivery, number), None)
            self.begun[delivery, number] = changed or {"b_key": delivery, "b_part": number}
        self.part(delivery, number, state="sending", next_at=None)

    def write_parts(self, connection: Connection) -> None:
        """Write what has been decided about parts of before, so that they can be asked about."""
        if self.parts:
            _many(connection, _update_part, self.parts.values())
            self.parts.clear()

    def flush(self, connection: Connection, now: datetime) -> None:
        """Write everything, in an order that keeps the open-attempt index satisfied, then the items' states.

        Raises :class:`Overtaken`, for the whole to be rolled back, where an attempt to close is not open any more, or
        a part to begin waits no more.
        """
        if _many(connection, _close_attempt, self.attempts) != len(self.attempts):
            raise Overtaken
        for delivery, number in self.absent:
            self._forget(connection, delivery, number)
        _many(connection, _insert_part, self.new_parts.values())
        _many(connection, _insert_attempt, self.new_attempts)
        if _many(connection, _begin_part, self.begun.values()) != len(self.begun):
            raise Overtaken
        self.write_parts(connection)
        _many(connection, _update_delivery, self.deliveries.values())
        _many(connection, _update_channel, [{"b_key": key} | v for key, v in self.channels.items()])
        _refresh_items(connection, self.items)
        audit_log.append(connection, now, self.lines)

    def _forget(self, connection: Connection, delivery: int, number: int) -> None:
        gone = (Attempt.delivery_id == delivery, Attempt.part == number, Attempt.outcome == "unknown")
        connection.execute(update(Attempt).where(*gone).values(outcome="absent"))


def ends(connection: Connection, deliveries: Sequence[int]) -> dict[str, str]:
    """What is written down of the deliveries' attempts, by their own ids: the outcome, empty while one is open."""
    return {row[0]: row[1] for row in _ends.all(connection, deliveries)}


def _many(connection: Connection, statement: FastMany, rows: Iterable[dict[str, Any]]) -> int:
    """``executemany``, once for each set of columns. Returns how many rows it met."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        kinds[tuple(row)].append(row)
    return sum(statement.run(connection, same, columns) for columns, same in kinds.items())


def _refresh_items(connection: Connection, items: Iterable[int]) -> None:
    states: dict[int, list[str]] = defaultdict(list)
    before: dict[int, str] = {}
    for item, state, item_was in _states.all(connection, list(items)):
        states[item].append(state)
        before[item] = item_was
    changed = [
        {"b_key": item, "state": new} for item, old in before.items() if (new := item_state(states[item], old)) != old
    ]
    _many(connection, _update_item, changed)

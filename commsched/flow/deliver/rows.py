"""Reading and writing the outbox in batches: many channels' rows in one statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from commsched.core.approval import Said
from commsched.core.lifecycle import item_state
from commsched.flow import record
from commsched.store.models import Attempt, Channel, Decision, Delivery, Item, Part, Revision, Workspace

_case = (
    select(
        Delivery.id, Delivery.uid, Delivery.state, Delivery.due_at, Delivery.latest_at, Delivery.next_at,
        Delivery.tries,
        Delivery.item_id, Delivery.revision_id, Delivery.channel_id, Delivery.workspace_id, Delivery.reason,
        Item.uid.label("item_uid"), Item.state.label("item_state"), Item.policy, Item.slug,
        Item.revision_id.label("newest"), Item.author_id,
        Revision.content, Revision.hash,
        Channel.platform, Channel.settings, Channel.secrets, Channel.facts, Channel.state.label("channel_state"),
        Channel.not_before, Channel.account, Channel.account_name, Channel.name.label("channel_name"),
        Workspace.slug.label("workspace"), Workspace.paused_at, Workspace.language,
    )
    .join(Item, Item.id == Delivery.item_id)
    .join(Revision, Revision.id == Delivery.revision_id)
    .join(Channel, Channel.id == Delivery.channel_id)
    .join(Workspace, Workspace.id == Delivery.workspace_id)
    .where(Delivery.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
_decisions = (
    select(Decision.item_id, Decision.hash, Decision.verdict, Decision.person_id, Decision.in_place_of, Decision.at,
           Decision.step, Decision.window_start, Decision.window_end)
    .where(Decision.item_id.in_(bindparam("ids", expanding=True)))
    .order_by(Decision.id)
)  # fmt: skip
_parts = (
    select(*[column for column in Part.__table__.columns if column.name != "id"])
    .where(Part.delivery_id.in_(bindparam("ids", expanding=True)))
    .order_by(Part.delivery_id, Part.number)
)
_lost = (
    select(Attempt.delivery_id, Attempt.part, func.min(Attempt.started_at).label("since"))
    .where(Attempt.delivery_id.in_(bindparam("ids", expanding=True)), Attempt.outcome == "unknown")
    .group_by(Attempt.delivery_id, Attempt.part)
)
_states = select(Delivery.item_id, Delivery.state).where(Delivery.item_id.in_(bindparam("ids", expanding=True)))
_item_states = select(Item.id, Item.state).where(Item.id.in_(bindparam("ids", expanding=True)))

CHUNK = 500


def due(connection: Connection, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Deliveries the clock should look at, oldest first, with their channels."""
    wanted = select(Delivery.id, Delivery.channel_id).where(Delivery.next_at <= now)
    return [(row.id, row.channel_id) for row in connection.execute(wanted.order_by(Delivery.next_at).limit(limit))]


def next_due(connection: Connection) -> datetime | None:
    """When the clock must wake at the latest."""
    wanted = select(Delivery.next_at).where(Delivery.next_at.is_not(None)).order_by(Delivery.next_at).limit(1)
    return connection.execute(wanted).scalar()


@dataclass(slots=True)
class Known:
    """A part as this transaction knows it: what is stored, and what has just been decided about it."""

    delivery_id: int
    number: int
    key: str
    role: str = "post"
    state: str = "waiting"
    recipient: str = ""
    message_id: str = ""
    handles: dict[str, str] = field(default_factory=dict)
    remote_id: str = ""
    url: str = ""
    tries: int = 0
    next_at: datetime | None = None
    detail: str = ""
    finished_at: datetime | None = None
    reason: str = ""

    def set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


@dataclass(slots=True)
class Loaded:
    """Everything in the store about a batch of deliveries."""

    rows: dict[int, Row[Any]]
    decisions: dict[int, list[Said]]
    parts: dict[int, list[Known]]
    lost: dict[tuple[int, int], datetime]
    """Since when a part's fate is unknown: when the first attempt not accounted for was committed."""


def load(connection: Connection, deliveries: Sequence[int]) -> Loaded:
    """Read a batch: at most five statements, whatever its size (up to :data:`CHUNK`)."""
    ids = list(deliveries)
    rows: dict[int, Row[Any]] = {row.id: row for row in connection.execute(_case, {"ids": ids})}
    decisions: dict[int, list[Said]] = defaultdict(list)
    for row in connection.execute(_decisions, {"ids": list({row.item_id for row in rows.values()})}):
        decisions[row.item_id].append(
            Said(hash=row.hash, verdict=row.verdict, person=row.in_place_of or row.person_id, at=row.at, step=row.step,
                 window_start=row.window_start, window_end=row.window_end)
        )  # fmt: skip
    parts: dict[int, list[Known]] = defaultdict(list)
    for row in connection.execute(_parts, {"ids": ids}):
        parts[row.delivery_id].append(Known(**row._mapping))
    unknown = [row.id for row in rows.values() if row.state == "unknown"]
    lost = connection.execute(_lost, {"ids": unknown}) if unknown else ()
    return Loaded(rows, decisions, parts, {(row.delivery_id, row.part): row.since for row in lost})


_update_delivery = update(Delivery.__table__).where(Delivery.__table__.c.id == bindparam("key"))  # type: ignore[arg-type]
_update_part = update(Part.__table__).where(  # type: ignore[arg-type]
    Part.__table__.c.delivery_id == bindparam("key"), Part.__table__.c.number == bindparam("part")
)
_close_attempt = update(Attempt.__table__).where(  # type: ignore[arg-type]
    Attempt.__table__.c.channel_id == bindparam("key"), Attempt.__table__.c.outcome == ""
)
_update_channel = update(Channel.__table__).where(Channel.__table__.c.id == bindparam("key"))  # type: ignore[arg-type]
_update_item = update(Item.__table__).where(Item.__table__.c.id == bindparam("key"))  # type: ignore[arg-type]


@dataclass(slots=True)
class Batch:
    """The writes of one transaction, gathered and then made with one statement a kind."""

    new_parts: list[dict[str, Any]] = field(default_factory=list)
    new_attempts: list[dict[str, Any]] = field(default_factory=list)
    deliveries: dict[int, dict[str, Any]] = field(default_factory=dict)
    parts: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    channels: dict[int, dict[str, Any]] = field(default_factory=dict)
    items: set[int] = field(default_factory=set)
    lines: list[record.Line] = field(default_factory=list)
    absent: list[tuple[int, int]] = field(default_factory=list)

    def delivery(self, number: int, **values: Any) -> None:
        self.deliveries.setdefault(number, {}).update(values)

    def part(self, delivery: int, number: int, **values: Any) -> None:
        self.parts.setdefault((delivery, number), {}).update(values)

    def flush(self, connection: Connection, now: datetime) -> None:
        """Write everything, in an order that keeps the open-attempt index satisfied, then the items' states."""
        _many(connection, _close_attempt, self.attempts)
        for delivery, number in self.absent:
            self._forget(connection, delivery, number)
        if self.new_parts:
            connection.execute(insert(Part), self.new_parts)
        if self.new_attempts:
            connection.execute(insert(Attempt), self.new_attempts)
        _many(connection, _update_part, [{"key": d, "part": n} | v for (d, n), v in self.parts.items()])
        _many(connection, _update_delivery, [{"key": key} | v for key, v in self.deliveries.items()])
        _many(connection, _update_channel, [{"key": key} | v for key, v in self.channels.items()])
        _refresh_items(connection, self.items)
        record.append(connection, now, self.lines)

    def _forget(self, connection: Connection, delivery: int, number: int) -> None:
        gone = (Attempt.delivery_id == delivery, Attempt.part == number, Attempt.outcome == "unknown")
        connection.execute(update(Attempt).where(*gone).values(outcome="absent"))


def _many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """``executemany``, once for each set of columns."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        kinds[tuple(sorted(row))].append(row)
    for columns, same in kinds.items():
        values: dict[str, Any] = {name: bindparam(name) for name in columns if name not in ("key", "part")}
        connection.execute(statement.values(values), same)


def _refresh_items(connection: Connection, items: Iterable[int]) -> None:
    wanted = list(items)
    for start in range(0, len(wanted), CHUNK):
        ids = wanted[start : start + CHUNK]
        states: dict[int, list[str]] = defaultdict(list)
        for row in connection.execute(_states, {"ids": ids}):
            states[row.item_id].append(row.state)
        before = {row.id: row.state for row in connection.execute(_item_states, {"ids": ids})}
        changed = [
            {"key": key, "state": new}
            for key, old in before.items()
            if (new := item_state(states[key], old)) != old
        ]  # fmt: skip
        _many(connection, _update_item, changed)

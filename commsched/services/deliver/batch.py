"""Writing the outbox in batches: what one transaction changes, gathered and written with one statement a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, insert, literal_column, select, update

from commsched.core.delivery.lifecycle import item_state
from commsched.services.kernel import audit_log, budgets
from commsched.store.fast import FastMany, FastSelect
from commsched.store.models import Attempt, Base, Channel, Delivery, Item, Part
from commsched.store.tables.outbox import left_off

Values = dict[str, object]
"""Columns to write, by name; those that find the row begin with ``b_``."""

_ids: BindParameter[int] = bindparam("ids", expanding=True)
_outcomes = FastSelect(select(Attempt.uid, Attempt.outcome).where(Attempt.delivery_id.in_(_ids)))
_states = FastSelect(
    select(Delivery.item_id, left_off, Item.state)
    .join(Item, Item.id == Delivery.item_id)
    .where(Delivery.item_id.in_(_ids))
)


_delivery_table: Final = Base.metadata.tables[Delivery.__tablename__]
_part_table: Final = Base.metadata.tables[Part.__tablename__]
_attempt_table: Final = Base.metadata.tables[Attempt.__tablename__]
_channel_table: Final = Base.metadata.tables[Channel.__tablename__]
_item_table: Final = Base.metadata.tables[Item.__tablename__]

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

    new_parts: dict[tuple[int, int], Values] = msgspec.field(default_factory=dict)
    new_attempts: list[Values] = msgspec.field(default_factory=list)
    deliveries: dict[int, Values] = msgspec.field(default_factory=dict)
    parts: dict[tuple[int, int], Values] = msgspec.field(default_factory=dict)
    begun: dict[tuple[int, int], Values] = msgspec.field(default_factory=dict)
    """Parts of before that an attempt is committed for: each must still wait for it in the store."""
    attempts: list[Values] = msgspec.field(default_factory=list)
    channels: dict[int, Values] = msgspec.field(default_factory=dict)
    budgets: list[Values] = msgspec.field(default_factory=list)
    """What networks said of late that they still allow."""
    items: set[int] = msgspec.field(default_factory=set)
    lines: list[audit_log.AuditLine] = msgspec.field(default_factory=list)
    absent: list[tuple[int, int]] = msgspec.field(default_factory=list)

    def begun_cost(self, channel: int) -> int:
        """What the attempts cost that are begun here on a channel, in thousandths of a US dollar."""
        return sum(int(str(new["cost"])) for new in self.new_attempts if new["channel_id"] == channel)

    def delivery(self, number: int, **values: object) -> None:
        self.deliveries.setdefault(number, {"b_key": number}).update(values)

    def part(self, delivery: int, number: int, **values: object) -> None:
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
        budgets.write(connection, self.budgets)
        _refresh_items(connection, self.items)
        audit_log.append(connection, now, self.lines)

    def _forget(self, connection: Connection, delivery: int, number: int) -> None:
        gone = (Attempt.delivery_id == delivery, Attempt.part == number, Attempt.outcome == "unknown")
        connection.execute(update(Attempt).where(*gone).values(outcome="absent"))


def attempt_outcomes(connection: Connection, deliveries: Sequence[int]) -> dict[str, str]:
    """What is written down of the deliveries' attempts, by their own ids: the outcome, empty while one is open."""
    return {row[0]: row[1] for row in _outcomes.all(connection, deliveries)}


def _many(connection: Connection, statement: FastMany, rows: Iterable[Mapping[str, object]]) -> int:
    """``executemany``, once for each set of columns. Returns how many rows it met."""
    kinds: dict[tuple[str, ...], list[Mapping[str, object]]] = defaultdict(list)
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

"""What a dispatcher looks for and claims before it decides: deliveries that are due, the leases of their channels, and
the rows that the gate reads.

A lease says who drains a channel, and until when. It is kept in the store, so it binds dispatchers in other processes
and on other machines. A transaction that commits an attempt holds the lease's row, so nobody takes the channel over
in between; a dispatcher that slept past its lease finds that out here, before it commits anything.

Rows are locked in this order: leases, workspaces, then deliveries with their items and channels. A row that somebody
else has locked is passed over and tried again later, never waited for: so no dispatcher is ever part of a deadlock
with the people at their pages. SQLite has one writer at a time, and needs no locks.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, func, select, text, update

from commsched.services.deliver.calls import STALE
from commsched.store.fast import FastMany, FastRead, FastSelect
from commsched.store.models import Channel, Delivery, Item, Lease, Workspace
from commsched.store.types import to_micros

LEASE: Final = timedelta(seconds=60)
"""How long a channel is claimed for. Longer than :data:`commsched.services.deliver.calls.STALE` by more than the clocks
of two machines differ: once it has lapsed, its owner begins no call for any attempt that it committed before."""
LEFT: Final = LEASE / 2
"""A claim with less left than this is renewed by the next turn that uses it."""
RENEW: Final = LEASE / 4
"""The time between two renewals of what is held while calls are under way."""
assert STALE < LEFT

_ids: BindParameter[int] = bindparam("ids", expanding=True)
_leases = FastSelect(
    select(Lease.channel_id, Lease.owner, Lease.until)
    .where(Lease.channel_id.in_(_ids))
    .with_for_update(skip_locked=True)
)
_known = FastSelect(select(Lease.channel_id).where(Lease.channel_id.in_(_ids)))
_take = FastMany(update(Lease).where(Lease.channel_id == bindparam("b_key")))
_first_time = text(
    "INSERT INTO lease (channel_id, owner, until) SELECT id, :owner, :until FROM channel WHERE id IN :ids"
    " ORDER BY id ON CONFLICT (channel_id) DO NOTHING"
).bindparams(_ids)
_offices = FastSelect(
    select(Workspace.id)
    .join(Delivery, Delivery.workspace_id == Workspace.id)
    .where(Delivery.id.in_(_ids))
    .with_for_update(read=True, of=Workspace, skip_locked=True)
)
_rows = FastSelect(
    select(Delivery.id, Delivery.workspace_id)
    .join(Item, Item.id == Delivery.item_id)
    .join(Channel, Channel.id == Delivery.channel_id)
    .where(Delivery.id.in_(_ids))
    .with_for_update(key_share=True, of=(Delivery, Item, Channel), skip_locked=True)
)
_existing = FastSelect(select(Delivery.id).where(Delivery.id.in_(_ids)))

_turn = func.row_number().over(partition_by=Delivery.channel_id, order_by=(Delivery.next_at, Delivery.id))
_others = select(Lease.channel_id).where(Lease.owner != bindparam("owner"), Lease.until > bindparam("now"))
_lines = (
    select(Delivery.id, Delivery.channel_id, _turn.label("turn"))
    .where(Delivery.next_at <= bindparam("now"), Delivery.channel_id.not_in(_others))
    .subquery()
)
_due = FastRead(
    select(_lines.c.id, _lines.c.channel_id)
    .where(_lines.c.turn <= bindparam("depth"))
    .order_by(_lines.c.turn)
    .limit(bindparam("limit"))
)

CHUNK: Final = 500


def due(connection: Connection, now: datetime, depth: int, limit: int, owner: str = "") -> list[tuple[int, int]]:
    """Deliveries that ``owner`` should look at, with their channels: the oldest ``depth`` of each channel, so that one
    with thousands in line hides no other. A channel that a live other owner drains is left to it."""
    about = {"now": to_micros(now), "owner": owner, "depth": depth, "limit": limit}
    return [(row[0], row[1]) for row in _due.all(connection, about)]


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


class Claims(msgspec.Struct, frozen=True):
    """The channels that this transaction may commit attempts on."""

    held: frozenset[int]
    taken_over: frozenset[int]
    """Those of ``held`` whose lease another owner let lapse: what it left open is to be recovered first."""


def new_owner(kind: str) -> str:
    """A name for one dispatcher that no other one has, of any process, on any machine."""
    return f"{kind[:16]}-{os.getpid()}-{secrets.token_hex(4)}"


def claim(connection: Connection, channels: Collection[int], owner: str, now: datetime) -> Claims:
    """Claim those of ``channels`` that are free, lapsed or ``owner``'s already. One statement where all are ``owner``'s
    and have time left; one more for all that are taken or renewed."""
    leases = _read(connection, sorted(channels))
    missing = sorted(set(channels) - leases.keys())
    fresh = sorted(set(missing) - {row[0] for row in _known.all(connection, missing)})
    if fresh:  # the first time that anybody drains them; the others are being changed by somebody at this very moment
        connection.execute(_first_time, {"ids": fresh, "owner": owner, "until": to_micros(now + LEASE)})
        leases |= _read(connection, fresh)
    held, lost, late, at = set[int](), set[int](), list[int](), to_micros(now)
    for channel, (holder, until) in leases.items():
        if holder != owner and until > at:
            continue
        if holder not in (owner, ""):
            lost.add(channel)
        if holder != owner or until < to_micros(now + LEFT):
            late.append(channel)
        held.add(channel)
    _extend(connection, late, owner, now)
    return Claims(frozenset(held), frozenset(lost))


def _read(connection: Connection, channels: Sequence[int]) -> dict[int, tuple[str, int]]:
    return {row[0]: (row[1], row[2]) for row in _leases.all(connection, channels)}


def _extend(connection: Connection, channels: Iterable[int], owner: str, now: datetime) -> None:
    rows = [{"owner": owner, "until": now + LEASE, "b_key": channel} for channel in channels]
    if rows:
        _take.run(connection, rows, ("owner", "until", "b_key"))


def renew(connection: Connection, channels: Collection[int], owner: str, now: datetime) -> None:
    """Keep what ``owner`` holds of ``channels`` for as long again. A lease that has lapsed is not taken back: somebody
    else may have recovered what was open on it."""
    mine = (Lease.channel_id.in_(channels), Lease.owner == owner, Lease.until > now)
    connection.execute(update(Lease).where(*mine).values(until=now + LEASE))


def release(connection: Connection, owner: str, now: datetime, besides: Collection[int] = ()) -> None:
    """Let everything go that ``owner`` holds, but for the channels ``besides``."""
    mine = (Lease.owner == owner, Lease.channel_id.not_in(besides))
    connection.execute(update(Lease).where(*mine).values(owner="", until=now))


def forget_others(connection: Connection, owner: str) -> None:
    """Free what any other owner holds: all of them are known to be dead."""
    connection.execute(delete(Lease).where(Lease.owner != owner))


def lock_leases(connection: Connection, channels: Collection[int]) -> frozenset[int]:
    """Keep the leases of ``channels`` as they are until this transaction ends. Returns those it could: the others have
    none, or somebody is at work on them at this very moment."""
    return frozenset(_read(connection, sorted(channels)))


def lock(connection: Connection, deliveries: Collection[int]) -> frozenset[int]:
    """Lock the rows that the gate reads of ``deliveries``, or that recording changes; returns those of them that could
    be locked now, and those that are gone.

    A pause, a withdrawn approval, a cancel or an edit that has committed before is seen by whatever is read after
    this; one that comes later waits until this transaction has ended. Rows that somebody else has locked are left out.
    """
    if connection.dialect.name == "sqlite":
        return frozenset(deliveries)  # the write transaction is the only one
    wanted = sorted(deliveries)
    offices = {row[0] for row in _offices.all(connection, wanted)}
    locked = {row[0] for row in _rows.all(connection, wanted) if row[1] in offices}
    left = sorted(set(wanted) - locked)
    existing = {row[0] for row in _existing.all(connection, left)}
    return frozenset(wanted) - existing

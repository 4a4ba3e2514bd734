"""After a crash: every attempt that a dead owner left open may have gone out. It becomes unknown, and is read back."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, literal_column, select, update

from commsched.core.platform.contract import Platform
from commsched.services.deliver import claims
from commsched.services.deliver.alerts import send_alerts
from commsched.services.deliver.batch import Batch
from commsched.services.deliver.types import Alert
from commsched.services.kernel.audit_log import AuditLine
from commsched.services.kernel.context import Installation
from commsched.store.fast import FastRead
from commsched.store.models import Attempt, Channel, Delivery, Lease, Part

log = logging.getLogger("commsched.deliver")

GONE: Final = "the process ended before the answer came"


_open: Final = (
    select(
        Attempt.uid,
        Attempt.worker,
        Attempt.delivery_id,
        Attempt.part,
        Attempt.lane,
        Attempt.channel_id,
        Channel.platform,
        Channel.name.label("channel_name"),
        Delivery.workspace_id,
        Delivery.item_id,
        Lease.owner,
        Lease.until,
    )
    .join(Channel, Channel.id == Attempt.channel_id)
    .join(Delivery, Delivery.id == Attempt.delivery_id)
    .outerjoin(Lease, Lease.channel_id == Attempt.channel_id)
    .where(Attempt.outcome == literal_column("''"))
    .order_by(Attempt.id)
)


_open_names: Final = FastRead(select(Attempt.uid, Attempt.worker).where(Attempt.outcome == literal_column("''")))


class OpenAttempt(msgspec.Struct, frozen=True):
    """An attempt without an outcome, with the lease on its channel, if there is one."""

    uid: str
    worker: str
    delivery_id: int
    part: int
    lane: int
    channel_id: int
    platform: str
    channel_name: str
    workspace_id: int
    item_id: int
    owner: str | None
    until: datetime | None


class Dead(msgspec.Struct, frozen=True):
    """Whose attempts are given up, as ``owner`` sees it at ``now``."""

    owner: str
    now: datetime
    besides: Collection[str] = ()
    """The attempts of ``owner`` whose answers are still to come."""
    alone: bool = False
    """Every other owner is known to be dead, whatever its leases say."""

    def has_abandoned(self, row: OpenAttempt) -> bool:
        """Whether nobody will come back with the answer to the open attempt ``row``."""
        if row.worker == self.owner:
            return row.uid not in self.besides
        live = row.owner == row.worker and row.until is not None and row.until > self.now
        return self.alone or not live


def orphaned(connection: Connection, dead: Dead) -> list[OpenAttempt]:
    """The open attempts that a dead owner left."""
    if not any(worker != dead.owner or uid not in dead.besides for uid, worker in _open_names.all(connection, {})):
        return []  # as nearly always: all that is open is our own, and may be hundreds
    rows = (OpenAttempt(**row._mapping) for row in connection.execute(_open))
    return [row for row in rows if dead.has_abandoned(row)]


def recover(
    installation: Installation,
    reason: str = GONE,
    *,
    owner: str = "",
    besides: Collection[str] = (),
    alone: bool = False,
) -> int:
    """Close what dead owners left open; returns how many. Each attempt is closed under its own id.

    An owner is dead where its lease on the channel has lapsed or is another's by now. ``alone``: every owner but
    ``owner`` is known to be dead, as whoever holds the engine's lock of an office on one machine knows; their leases
    are freed at once. ``besides`` are the attempts of ``owner`` itself whose answers are still to come.
    """
    now = installation.now()
    with installation.store.ledger() as connection:
        if alone:
            claims.forget_others(connection, owner)
        closed = close_orphaned(installation, connection, Dead(owner, now, besides, alone), reason)
        _stranded(installation, connection)
    return closed


def close_orphaned(
    installation: Installation,
    connection: Connection,
    dead: Dead,
    reason: str = GONE,
    channels: Collection[int] | None = None,
) -> int:
    """As :func:`recover`, on ``channels`` only, within a transaction that has more to do."""
    wanted = [row for row in orphaned(connection, dead) if channels is None or row.channel_id in channels]
    if not wanted:
        return 0
    kept = claims.lock_leases(connection, {row.channel_id for row in wanted})
    ready = claims.lock(connection, {row.delivery_id for row in wanted if row.channel_id in kept or row.owner is None})
    uids = {row.uid for row in wanted}
    # asked again under the locks: its owner may have renewed its lease or written the answer down meanwhile
    rows = [row for row in orphaned(connection, dead) if row.uid in uids and row.delivery_id in ready]
    batch = Batch()
    for row in rows:
        at = dead.now + timedelta(seconds=settle_time(installation, row.platform))
        batch.attempts.append(
            {
                "b_key": row.channel_id,
                "b_lane": row.lane,
                "b_uid": row.uid,
                "finished_at": dead.now,
                "outcome": "unknown",
                "detail": reason,
            }
        )
        batch.part(row.delivery_id, row.part, state="unknown", next_at=at, detail=reason)
        batch.delivery(row.delivery_id, state="unknown", next_at=at, reason="verify", detail=reason, tries=0)
        batch.items.add(row.item_id)
        facts = {"delivery": row.delivery_id, "channel": row.channel_name}
        batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", "delivery.recovered", row.item_id, facts))
    batch.flush(connection, dead.now)
    return len(rows)


def settle_time(installation: Installation, platform: str) -> float:
    """Seconds after a lost answer within which the platform may still act on the call."""
    try:
        return installation.platform(platform).settle
    except Exception:  # a platform that is gone or does not load must not keep all the others from being recovered
        log.exception("the platform %s cannot be asked", platform)
        return Platform.settle


def _stranded(installation: Installation, connection: Connection) -> None:
    """No state says "sending" without an attempt open or a moment to go on; should one ever, it is asked about."""
    open_ = select(Attempt.delivery_id).where(Attempt.outcome == "")
    wanted = (
        select(Delivery.id, Delivery.workspace_id, Delivery.item_id, Channel.name)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.state == "sending", Delivery.next_at.is_(None), Delivery.id.not_in(open_))
        .with_for_update(key_share=True, of=Delivery, skip_locked=True)
    )
    batch, alerts = Batch(), []
    for row in connection.execute(wanted).all():
        batch.delivery(row.id, state="unknown", reason="ask")
        batch.items.add(row.item_id)
        facts = {"delivery": row.id, "channel": row.name, "reason": "ask"}
        batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", "delivery.unknown", row.item_id, facts))
        alerts.append(Alert(row.workspace_id, row.item_id, "unknown_ask", facts))
        mine = (Part.delivery_id == row.id, Part.state == "sending")
        connection.execute(update(Part).where(*mine).values(state="unknown"))
    batch.flush(connection, installation.now())
    send_alerts(installation, connection, alerts)

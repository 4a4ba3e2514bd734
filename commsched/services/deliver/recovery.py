"""After a crash: every attempt still open may have gone out. It becomes unknown, and is read back."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, select, update

from commsched.core.platform.contract import Platform
from commsched.services.deliver.alerts import send_alerts
from commsched.services.deliver.rows import Batch
from commsched.services.deliver.types import Alert
from commsched.services.kernel.audit_log import AuditLine
from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, Channel, Delivery, Part

log = logging.getLogger("commsched.deliver")


def recover(
    installation: Installation, reason: str = "the process ended before the answer came", besides: Collection[int] = ()
) -> int:
    """Close what another process left open; returns how many. Call it only while holding the engine's lock.

    ``besides`` are channels on which a call of this very process is under way: its answer is still to come.
    """
    now = installation.now()
    with installation.store.ledger() as connection:
        wanted = (
            select(
                Attempt.uid,
                Attempt.delivery_id,
                Attempt.part,
                Attempt.channel_id,
                Channel.platform,
                Channel.name,
                Delivery.workspace_id,
                Delivery.item_id,
            )
            .join(Channel, Channel.id == Attempt.channel_id)
            .join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Attempt.outcome == "")
        )
        open_ = [row for row in connection.execute(wanted) if row.channel_id not in besides]
        batch = Batch()
        for row in open_:
            at = now + timedelta(seconds=settle_time(installation, row.platform))
            batch.attempts.append(
                {"b_key": row.channel_id, "b_uid": row.uid, "finished_at": now, "outcome": "unknown", "detail": reason}
            )
            batch.part(row.delivery_id, row.part, state="unknown", next_at=at, detail=reason)
            batch.delivery(row.delivery_id, state="unknown", next_at=at, reason="verify", detail=reason, tries=0)
            batch.items.add(row.item_id)
            facts = {"delivery": row.delivery_id, "channel": row.name}
            batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", "delivery.recovered", row.item_id, facts))
        batch.flush(connection, now)
        _stranded(installation, connection)
    return len(open_)


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
    )
    batch, told = Batch(), []
    for row in connection.execute(wanted).all():
        batch.delivery(row.id, state="unknown", reason="ask")
        batch.items.add(row.item_id)
        facts = {"delivery": row.id, "channel": row.name, "reason": "ask"}
        batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", "delivery.unknown", row.item_id, facts))
        told.append(Alert(row.workspace_id, row.item_id, "unknown_ask", facts))
        mine = (Part.delivery_id == row.id, Part.state == "sending")
        connection.execute(update(Part).where(*mine).values(state="unknown"))
    batch.flush(connection, installation.now())
    send_alerts(installation, connection, told)

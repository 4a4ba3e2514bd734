"""After a restore: whatever was not finished in the backup may have gone out since. It becomes unknown, and is read
back; the dispatcher does that, and :func:`commsched.core.delivery.parts.after_doubt` says what it goes back to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, select, update

from commsched.core.delivery.parts import FINISHED
from commsched.services.deliver.batch import Batch
from commsched.services.deliver.recovery import settle_time
from commsched.services.kernel.audit_log import AuditLine
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery, Item, Part

OPEN = ("waiting", "sending", "held", "failed", "unknown")
"""States of a delivery in the backup that somebody, or the clock, may have sent, moved or dropped since."""
ENDED = ("published", "cancelled")
"""States of an item of which nothing more is put in the outbox."""


_Delivery = Row[int, str, str, datetime | None, str, str, int, int, str, str]


def doubt(installation: Installation, since: datetime) -> int:
    """Call everything unknown that was not finished in the backup made at ``since`` (UTC), whatever its time; returns
    how many deliveries. Nothing is sent, and nothing but their states is read, so that it works without any key.

    A doubt of an earlier restore that is not settled yet goes on, from the earlier backup. What has no delivery yet is
    read back when it gets one (:func:`commsched.services.workflow.schedule.enqueue`).
    """
    now = installation.now()
    with installation.store.ledger() as connection:
        batch = Batch()
        unfinished = connection.execute(_deliveries()).all()
        for row in unfinished:
            _doubt(batch, row, since, now + timedelta(seconds=settle_time(installation, row.platform)))
        parts = select(Part.delivery_id, Part.number, Part.state, Part.was).where(Part.state.not_in(FINISHED))
        for part in connection.execute(parts):
            _doubt_part(batch, part)
        batch.flush(connection, now)
        _doubt_items(connection, since)
    return len(unfinished)


def _deliveries() -> Select[int, str, str, datetime | None, str, str, int, int, str, str]:
    return (
        select(
            Delivery.id,
            Delivery.state,
            Delivery.reason,
            Delivery.doubt_since,
            Delivery.was,
            Delivery.was_reason,
            Delivery.item_id,
            Delivery.workspace_id,
            Channel.name,
            Channel.platform,
        )
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.state.in_(OPEN))
        .order_by(Delivery.id)
    )


def _doubt(batch: Batch, row: _Delivery, since: datetime, at: datetime) -> None:
    earlier = row.doubt_since if row.was else None
    plain = row.state == "unknown" and not row.was
    """Unknown already, for a call of its own: it is looked for again, and goes back to nothing."""
    batch.delivery(
        row.id,
        state="unknown",
        next_at=at,
        reason="verify",
        tries=0,
        doubt_since=min(earlier, since) if earlier else since,
        was=row.was or ("" if plain else row.state),
        was_reason=row.was_reason if row.was else "" if plain else row.reason,
    )
    batch.items.add(row.item_id)
    facts = {"delivery": row.id, "channel": row.name}
    batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", "delivery.doubted", row.item_id, facts))


def _doubt_part(batch: Batch, part: Row[int, int, str, str]) -> None:
    delivery = batch.deliveries.get(part.delivery_id)
    if delivery is not None:
        was = part.was if part.state == "unknown" else part.state
        batch.part(part.delivery_id, part.number, state="unknown", next_at=delivery["next_at"], was=was)


def _doubt_items(connection: Connection, since: datetime) -> None:
    """What was being written or approved may have been approved, and gone out, after the backup was made."""
    mine = Item.state.not_in(ENDED)
    connection.execute(update(Item).where(mine, Item.doubt_since.is_(None)).values(doubt_since=since))
    connection.execute(update(Item).where(mine, Item.doubt_since > since).values(doubt_since=since))

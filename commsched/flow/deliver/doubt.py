"""After a restore: what was due since the backup may have gone out since. It becomes unknown, and is read back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from commsched.core.content import parse
from commsched.core.words import OfficeError
from commsched.flow.context import Office
from commsched.flow.deliver.consider import Considerer
from commsched.flow.deliver.jobs import Job, Pictures
from commsched.flow.deliver.rows import Batch, CaseRow, load
from commsched.flow.record import Line
from commsched.store.models import Delivery

log = logging.getLogger("commsched.deliver")
CHUNK = 200


def doubt(office: Office) -> int:
    """Call everything that is due and not known to be out unknown; returns how many. Nothing is sent.

    Each is read back at once. Where a platform cannot tell, a person is asked.
    """
    now = office.now()
    due = select(Delivery.id).where(Delivery.state.in_(("waiting", "sending")), Delivery.due_at <= now)
    with office.store.ledger() as connection:
        found = list(connection.execute(due).scalars())
        for start in range(0, len(found), CHUNK):
            _doubt(office, connection, found[start : start + CHUNK], now)
    return len(found)


def _doubt(office: Office, connection: Connection, deliveries: list[int], now: datetime) -> None:
    loaded, batch = load(connection, deliveries), Batch()
    considerer = Considerer(office, _no_wire, "restore", now, loaded, batch)
    for row in loaded.rows.values():
        settled = now + timedelta(seconds=office.platform(row.platform).settle)
        _write_down(office, considerer, row)
        values: dict[str, Any] = {"state": "unknown", "next_at": settled, "detail": "restored"}
        for part in loaded.parts.get(row.id, []):
            if part.state in ("waiting", "sending"):
                batch.part(row.id, part.number, **values)
        batch.delivery(row.id, **values, reason="verify", tries=0)
        batch.items.add(row.item_id)
        facts = {"delivery": row.id, "channel": row.channel_name}
        batch.lines.append(Line(row.workspace_id, None, "scheduler", "delivery.doubted", row.item_id, facts))
    batch.flush(connection, now)


def _write_down(office: Office, considerer: Considerer, row: CaseRow) -> None:
    """The parts that the first try would have written: what reading back looks for."""
    if considerer.loaded.parts.get(row.id):
        return
    try:
        content, people = parse(row.content), considerer.people(row)
        draft = considerer.draft(Job(row.id, row.channel_id, Pictures()), row, content, people)
        considerer.first_time(row, office.platform(row.platform).parts(draft))
    except OfficeError as error:  # the key of its secrets is missing: a person is asked instead
        log.warning("delivery %s cannot be read back: %s", row.id, error)


def _no_wire(row: CaseRow) -> Any:
    raise AssertionError(f"nothing is called for delivery {row.id} while it is being doubted")

"""Taking one delivery out of the line when its rows break every transaction they take part in.

It reads nothing but ids and states, so that whatever was wrong with the rest cannot be wrong here again.
"""

from __future__ import annotations

from sqlalchemy import Connection, Row, select

from commsched.core.delivery.lifecycle import stopped_state
from commsched.services.deliver.alerts import send_alerts
from commsched.services.deliver.batch import Batch, attempt_outcomes
from commsched.services.deliver.types import Alert, Done, Job
from commsched.services.kernel.audit_log import AuditLine
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery

DETAIL = "commsched could not write down what became of this; its log has the details"


def quarantine(installation: Installation, step: Done | Job) -> None:
    """Hold the delivery; one that may be out becomes a question to a person instead."""
    job = step.call.job if isinstance(step, Done) else step
    now, batch = installation.now(), Batch()
    with installation.store.ledger() as connection:
        row = _row(connection, job.delivery)
        if row is None:
            return
        if isinstance(step, Done) and step.call.kind == "send":
            if attempt_outcomes(connection, [job.delivery]).get(step.call.attempt) != "":
                return  # it is written down, though the driver said that it could not be
            batch.attempts.append(
                {
                    "b_key": job.channel,
                    "b_lane": step.call.lane,
                    "b_uid": step.call.attempt,
                    "finished_at": now,
                    "outcome": "unknown",
                    "detail": DETAIL,
                }
            )
            batch.part(job.delivery, step.call.part.number, state="unknown", next_at=None, detail=DETAIL)
            state, reason = "unknown", "ask"
        elif row.state in ("waiting", "sending", "unknown"):
            state, reason = ("unknown", "ask") if row.state == "unknown" else ("held", "internal")
            state, reason = (stopped_state(row.stop), row.stop) if row.stop and state == "held" else (state, reason)
        else:
            state, reason = row.state, row.reason  # finished: only the clock must forget it
        batch.delivery(job.delivery, state=state, reason=reason, next_at=None, detail=DETAIL)
        batch.items.add(row.item_id)
        facts = {"delivery": row.id, "channel": row.name, "reason": reason}
        batch.lines.append(AuditLine(row.workspace_id, None, "scheduler", f"delivery.{state}", row.item_id, facts))
        batch.flush(connection, now)
        kind = "unknown_ask" if state == "unknown" else "held"
        send_alerts(installation, connection, [Alert(row.workspace_id, row.item_id, kind, facts)])


def _row(connection: Connection, delivery: int) -> Row[int, str, str, str, int, int, str] | None:
    wanted = select(
        Delivery.id,
        Delivery.state,
        Delivery.reason,
        Delivery.stop,
        Delivery.item_id,
        Delivery.workspace_id,
        Channel.name,
    ).join(Channel, Channel.id == Delivery.channel_id)
    return connection.execute(wanted.where(Delivery.id == delivery)).first()

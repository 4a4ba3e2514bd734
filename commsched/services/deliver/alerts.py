"""Telling people of what stopped, in the transaction that stopped it, so that nothing stops in silence."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from commsched.services.deliver.types import Alert
from commsched.services.kernel.context import Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store.models import Item, Person
from commsched.store.session import EVERY_WORKSPACE


def send_alerts(installation: Installation, connection: Connection, alerts: Sequence[Alert]) -> None:
    """Queue a notice of each for everyone who can do something about it."""
    if not alerts:
        return
    with Session(
        bind=connection,
        info={"workspace": EVERY_WORKSPACE},
        expire_on_commit=False,
        join_transaction_mode="rollback_only",
    ) as session:
        for alert in alerts:
            item = session.get(Item, alert.item)
            if item is not None:
                session.info["workspace"] = alert.workspace
                people = _people(session, alert)
                about = None if alert.kind == "relay_refused" else item
                outbox.queue(session, installation, people, alert.kind, item=about, **alert.facts)
                session.flush()
                session.info["workspace"] = EVERY_WORKSPACE


def _people(session: Session, alert: Alert) -> list[int]:
    if alert.kind == "relay_refused":  # nobody else can set it right
        return sorted(people_with(session, "administer"))
    able = people_with(session, "resolve")
    if alert.whom:
        named = select(Person.id).where(Person.id.in_(able), func.lower(Person.email) == alert.whom.lower())
        person = session.scalar(named)
        if person is not None:
            return [person]
    return sorted(able)

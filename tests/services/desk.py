"""What the tests of the services say all day: a draft, asked for, approved, in the outbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from commsched.core.content.draft import DraftIn
from commsched.services.content import items
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import Delivery, Item, Notice
from tests.conftest import Cast
from tests.publications import channel

TEXT = "I dag lägger vi fram vårt förslag om fler turer på landsbygden."
LATER = "2026-11-26T12:00"
"""Noon in Stockholm, five hours after the tests' clock."""


def draft(channels: list[int], **more: Any) -> DraftIn:
    return DraftIn(**({"text": TEXT, "channels": channels, "publish_at": LATER} | more))


def written(cast: Cast, channels: list[int] | None = None, **more: Any) -> int:
    """An item by the writer; on a newsroom of its own unless channels are given."""
    if channels is None:
        channels = [channel(cast.installation, cast.place.id)]
    return editing.create(cast.installation, cast.actor("writer"), draft(channels, **more))


def submitted(cast: Cast, *, then_schedule: bool = True, **more: Any) -> int:
    item = written(cast, **more)
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=then_schedule)
    return item


def approved(cast: Cast, *, then_schedule: bool = True, **more: Any) -> int:
    item = submitted(cast, then_schedule=then_schedule, **more)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    return item


def scheduled(cast: Cast, **more: Any) -> int:
    return approved(cast, **more)


def look(cast: Cast, item: int) -> Item:
    with cast.installation.store.read(cast.place.id) as session:
        return items.load(session, item)


def hash_of(cast: Cast, item: int) -> str:
    with cast.installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, item)).hash


def deliveries(cast: Cast, item: int) -> list[Delivery]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Delivery).where(Delivery.item_id == item).order_by(Delivery.id)))


def notices(installation: Installation, workspace: int, kind: str) -> set[int]:
    """Who has been told ``kind``."""
    with installation.store.read(workspace) as session:
        return set(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def publish_what_is_due(installation: Installation) -> int:
    return Dispatcher(installation, wait=lambda seconds: None).run()


__all__ = ["approve", "editing", "schedule"]

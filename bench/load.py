"""Fill an office with deliveries, fast: for the measurements."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, insert

from commsched.core.content.model import ChannelContent, Content, canonical, digest
from commsched.core.delivery.outcome import Absent, Finding, Handles, Outcome, Published
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, Limits, Part, Platform
from commsched.core.text.messages import Problem
from commsched.services.kernel.blobs import LocalBlobs
from commsched.services.kernel.context import Installation
from commsched.store.migrate import ready
from commsched.store.models import Channel, Decision, Delivery, Item, Person, Revision, Workspace
from commsched.store.session import Store
from commsched.store.vault import Vault

EPOCH = datetime(2026, 11, 1, tzinfo=UTC)


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Noop(Platform):
    """Answers at once and touches nothing."""

    key, name, instant = "noop", "No-op", True

    def connect(self, context: ChannelContext) -> Account:
        return Account("noop", "No-op")

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits()

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        return []

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        return Published(part.key, f"https://noop.invalid/{part.key}")

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        return Absent()

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Published(remote_id)


def bare_office(home: Path, platforms: dict[str, Platform], url: URL | str = "") -> Installation:
    """An office with nothing in it and these platforms."""
    home.mkdir(parents=True, exist_ok=True)
    store = Store(url or f"sqlite:///{home / 'commsched.db'}")
    ready(store, home / "backups", datetime.now(UTC))
    return Installation(
        home=home,
        store=store,
        blobs=LocalBlobs(home / "media"),
        cache=LocalBlobs(home / "cache"),
        vault=Vault.open(home / "secret.key"),
        clock=Now(),
        platform=platforms.__getitem__,
        platform_keys=lambda: tuple(platforms),
        mailer=None,
        http=lambda private: None,  # type: ignore[arg-type]
    )


def fill(
    installation: Installation,
    count: int,
    channels: int,
    platform: str,
    first_due: datetime,
    step: timedelta,
    settings: dict[str, str] | None = None,
) -> None:
    """``count`` approved deliveries spread evenly over ``channels``, due every ``step`` from ``first_due``."""
    with installation.store.ledger() as connection:
        start = (connection.execute(Item.__table__.select().order_by(Item.id.desc()).limit(1)).first() or (0,))[0]
        if not start:
            connection.execute(insert(Workspace), [{"id": 1, "slug": "bench", "name": "Bench", "created_at": EPOCH}])
            connection.execute(
                insert(Person), [{"id": 1, "email": "b@example.org", "name": "B", "stamp": "", "created_at": EPOCH}]
            )
        base = (connection.execute(Channel.__table__.select().order_by(Channel.id.desc()).limit(1)).first() or (0,))[0]
        connection.execute(
            insert(Channel),
            [
                {
                    "id": base + n,
                    "workspace_id": 1,
                    "platform": platform,
                    "name": f"{platform} {n}",
                    "created_at": EPOCH,
                    "settings": settings or {},
                }
                for n in range(1, channels + 1)
            ],
        )
        for chunk in range(0, count, 20_000):
            _fill_chunk(connection, range(chunk, min(chunk + 20_000, count)), start, base, channels, first_due, step)


def _fill_chunk(
    connection: Any, numbers: range, start: int, base: int, channels: int, first_due: datetime, step: timedelta
) -> None:
    items, revisions, decisions, deliveries = [], [], [], []
    for n in numbers:
        key, channel, due = start + n + 1, base + n % channels + 1, first_due + n * step
        data = canonical(
            Content(text=f"Nummer {key}: fler turer på landsbygden.", channels=[ChannelContent(channel=channel)])
        )
        items.append(
            {
                "id": key,
                "uid": uuid.uuid4().hex,
                "workspace_id": 1,
                "kind": "post",
                "state": "scheduled",
                "revision_id": key,
                "version": 1,
                "created_at": EPOCH,
                "updated_at": EPOCH,
                "publish_at": due,
                "policy": {"steps": [{}]},
            }
        )
        revisions.append(
            {
                "id": key,
                "workspace_id": 1,
                "item_id": key,
                "number": 1,
                "content": data,
                "hash": digest(data),
                "sources": [],
                "created_at": EPOCH,
            }
        )
        decisions.append(
            {
                "workspace_id": 1,
                "item_id": key,
                "revision_id": key,
                "hash": digest(data),
                "verdict": "approve",
                "person_id": 1,
                "at": EPOCH,
            }
        )
        deliveries.append(
            {
                "uid": uuid.uuid4().hex,
                "workspace_id": 1,
                "item_id": key,
                "revision_id": key,
                "channel_id": channel,
                "due_at": due,
                "latest_at": due + timedelta(days=3650),
                "next_at": due,
                "created_at": EPOCH,
            }
        )
    for model, rows in ((Item, items), (Revision, revisions), (Decision, decisions), (Delivery, deliveries)):
        connection.execute(insert(model), rows)

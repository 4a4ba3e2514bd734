"""Rows as they stand when something has been published: for pages that only read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from sqlalchemy import select

from commsched.core.content.model import Attachment, ChannelContent, Content, canonical, digest
from commsched.services.kernel.context import Installation
from commsched.services.workflow import schedule
from commsched.store.models import Channel, Delivery, Item, Media, Part, PictureUse, Revision


def channel(installation: Installation, workspace: int, platform: str = "newsroom", **values: Any) -> int:
    """A connected channel; returns its id."""
    with installation.store.write(workspace) as session:
        row = Channel(
            platform=platform, name=values.pop("name", platform.title()), created_at=installation.now(), **values
        )
        session.add(row)
        session.flush()
        return row.id


def published(
    installation: Installation,
    workspace: int,
    channel_id: int,
    *,
    at: datetime,
    state: str = "published",
    parts: Sequence[str] = (),
    uid: str = "",
    corrects: Item | None = None,
    **content: Any,
) -> Item:
    """An item with one delivery on ``channel_id`` in ``state``. ``content`` is what the revision says."""
    said = Content(channels=[ChannelContent(channel=channel_id)], corrects=corrects.uid if corrects else "", **content)
    raw = canonical(said)
    with installation.store.write(workspace) as session:
        item = Item(
            uid=uid or uuid.uuid4().hex,
            kind=said.kind,
            title=said.title,
            state=state,
            created_at=at,
            updated_at=at,
            publish_at=at,
            corrects_id=corrects.id if corrects else None,
        )
        session.add(item)
        session.flush()
        revision = Revision(item_id=item.id, number=1, content=raw, hash=digest(raw), created_at=at)
        session.add(revision)
        session.flush()
        item.revision_id, item.version = revision.id, 1
        for media in session.scalars(select(Media.id).where(Media.sha256.in_([one.sha256 for one in said.pictures]))):
            session.add(PictureUse(revision_id=revision.id, media_id=media))
        delivery = Delivery(
            uid=uuid.uuid4().hex,
            item_id=item.id,
            revision_id=revision.id,
            channel_id=channel_id,
            state=state,
            due_at=at,
            latest_at=at,
            created_at=at,
            published_at=at,
        )
        session.add(delivery)
        session.flush()
        for number, part_state in enumerate(parts):
            session.add(
                Part(
                    delivery_id=delivery.id, number=number, key=f"{item.uid}-{number}", state=part_state, finished_at=at
                )
            )
        return item


def picture(
    installation: Installation, workspace: int, data: bytes, *, alt: str = "", credit: str = "", **size: int
) -> Attachment:
    """A picture in the library, file and row."""
    import hashlib

    sha256 = hashlib.sha256(data).hexdigest()
    width, height = size.get("width", 1), size.get("height", 1)
    installation.blobs.put(BytesIO(data), ".jpg", sha256)
    with installation.store.write(workspace) as session:
        session.add(
            Media(
                sha256=sha256,
                suffix=".jpg",
                mime="image/jpeg",
                width=width,
                height=height,
                size=len(data),
                alt=alt,
                credit=credit,
                created_at=installation.now(),
            )
        )
    return Attachment(sha256=sha256, alt=alt, credit=credit, width=width, height=height)


def in_doubt(installation: Installation, workspace: int, *addresses: str) -> int:
    """A release on its way to a press list, of which nobody knows whether it reached ``addresses``; its delivery."""
    number = channel(installation, workspace, "presslist", name="Redaktionerna")
    item = published(
        installation, workspace, number, at=installation.now(), state="publishing", text="Ja till fler turer."
    )
    with installation.store.write(workspace) as session:
        row = session.scalar(select(Delivery).where(Delivery.item_id == item.id))
        assert row is not None
        row.state, row.reason, row.published_at = "unknown", "ask", None
        for place, address in enumerate(addresses):
            session.add(
                Part(
                    delivery_id=row.id,
                    number=place,
                    key=f"{item.uid}-{place}",
                    state="unknown",
                    recipient=installation.vault.seal(address),
                )
            )
        return row.id


def mailing(installation: Installation, workspace: int, state: str, parts: dict[str, str]) -> int:
    """A release to a press list whose recipients stand as ``parts`` says; its delivery. The item follows from it."""
    number = channel(installation, workspace, "presslist", name="Redaktionerna")
    item = published(
        installation, workspace, number, at=installation.now(), state="publishing", text="Ja till fler turer."
    )
    with installation.store.write(workspace) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == item.id)).one()
        row.state, row.reason, row.published_at = state, "rejected" if state == "failed" else "", None
        row.next_at = installation.now() if state in ("waiting", "sending") else None
        for place, (address, fate) in enumerate(parts.items()):
            session.add(
                Part(
                    delivery_id=row.id,
                    number=place,
                    key=f"{item.uid}-{place}",
                    state=fate,
                    recipient=installation.vault.seal(address),
                    detail="550 5.1.1 no such user" if fate == "failed" else "",
                )
            )
        session.flush()
        schedule.refresh(session, session.get_one(Item, item.id))
        return row.id

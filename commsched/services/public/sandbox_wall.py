"""The sandbox's wall: what would have been published, for anyone who has the address."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.markup import plain_to_html
from commsched.core.platform.channel_view import for_channel
from commsched.core.platform.contract import Platform
from commsched.core.text.messages import N_, NotFound
from commsched.platforms import shown_in
from commsched.services.content import versions
from commsched.services.content.versions import Shot, Version, may_be_seen
from commsched.services.kernel.context import Installation
from commsched.services.public.newsroom import Newsroom, find_room
from commsched.store.models import Channel, Delivery, Item, Part, Revision


class Note(msgspec.Struct, frozen=True):
    """One publication on the wall: the parts of the thread that are out."""

    name: str
    parts: list[tuple[str, str]]
    published_at: datetime
    pictures: tuple[Shot, ...]
    correction: str = ""
    """What was corrected, where this wording took the place of an earlier one."""


class Wall(msgspec.Struct, frozen=True):
    room: Newsroom
    channel: str
    notes: list[Note]


def wall(installation: Installation, slug: str, channel_id: int) -> Wall:
    """What a sandbox channel has published, part by part. Raises :class:`NotFound`."""
    here = find_room(installation, slug)
    with installation.store.read(here.id) as session:
        channel = session.scalar(
            select(Channel).where(Channel.id == channel_id, Channel.platform.in_(shown_in("wall")))
        )
        if channel is None:
            raise NotFound(N_("There is no such wall."))
        platform = installation.platform(channel.platform)
        rows = session.execute(
            select(Delivery, Item, Revision)
            .join(Item, Item.id == Delivery.item_id)
            .join(Revision, Revision.id == Delivery.revision_id)
            .where(Delivery.channel_id == channel_id, Delivery.state.not_in(("waiting", "cancelled")))
            .where(~versions.down())
            .order_by(Delivery.due_at.desc(), Delivery.id.desc())
            .limit(100)
        )
        deliveries = rows.all()
        newest = _newest(session, channel_id, [item for _delivery, item, _revision in deliveries], installation.now())
        notes = [
            _note(installation, session, platform, *row)
            for row in deliveries
            if newest.get(_original(row[1]), row[1].id) == row[1].id
        ]
    return Wall(here, channel.name, [note for note in notes if note is not None])


def _original(item: Item) -> int:
    return item.corrects_id or item.id


def _newest(session: Session, channel: int, items: list[Item], now: datetime) -> dict[int, int]:
    """The item whose wording stands on this wall, by the id of the one that was corrected."""
    originals = {_original(item) for item in items}
    later: dict[int, list[Version]] = versions.corrections(session, originals, shown_in("wall"), now)
    here = {
        original: [version.item for version in versions if version.channel == channel]
        for original, versions in later.items()
    }
    return {original: items[-1] for original, items in here.items() if items}


def _note(
    installation: Installation,
    session: Session,
    platform: Platform,
    delivery: Delivery,
    item: Item,
    revision: Revision,
) -> Note | None:
    content = revision.parsed()
    if not may_be_seen(content, installation.now()):
        return None
    out = select(Part).where(Part.delivery_id == delivery.id, Part.state == "published").order_by(Part.number)
    parts = list(session.scalars(out))
    at = delivery.published_at or (parts[0].finished_at if parts else None)
    if at is None or not (parts or delivery.state == "published"):
        return None
    words_only = msgspec.structs.replace(content, attachments=[])
    view = for_channel(words_only, delivery.channel_id, "", {})
    said = [part.text for part in platform.parts(view)]
    # A delivery that was recorded whole (by a person's answer, say) may have no rows for its parts.
    shown = [(part.number, part.key) for part in parts] or [(n, f"{item.uid}-{n}") for n in range(len(said))]
    texts = [(key, plain_to_html(said[number])) for number, key in shown if number < len(said)]
    pictures = versions.shots(session, content.pictures_on(delivery.channel_id), installation.now())
    return Note(item.uid, texts, at, tuple(pictures), content.correction)

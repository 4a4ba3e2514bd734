"""What the secret address of an item under embargo shows: to newsrooms that got it, before everybody else.

It shows what was approved and nothing newer, with the same pictures as the newsroom will. When the embargo is over and
the newsroom has it, the address leads there. Whoever stops the item, or takes it down, shuts it too.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.mentions import plainly, spoken
from commsched.core.content.model import Attachment, Content
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_, NotFound
from commsched.core.text.slug import address_of
from commsched.core.timing import embargo
from commsched.platforms import shown_in
from commsched.services.approval.clearance import clearance
from commsched.services.content import items, preview_addresses, versions
from commsched.services.documents import library as documents
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.services.public.newsroom import Newsroom, Publication
from commsched.store.models import Channel, Delivery, Item, Workspace
from commsched.store.session import EVERY_WORKSPACE

LONGEST = 200
"""Characters; no secret is that long."""
_LIVE = ("waiting", "sending", "unknown", "held", "failed")
_MEDIA_NAME = re.compile(r"([0-9a-f]{64})(\.[a-z]{3,4})")


class Preview(msgspec.Struct, frozen=True):
    """The item as its secret address shows it."""

    room: Newsroom
    entry: Publication
    notice: str
    """Until when nobody may publish it, in the item's language; empty once that has passed."""
    public: str = ""
    """Where it stands in the newsroom, once it does."""


def preview(installation: Installation, token: str) -> Preview:
    """What the address shows now. Raises :class:`NotFound` for one that leads nowhere, whatever the reason."""
    workspace, number = _find(installation, token)
    with installation.store.read(workspace) as session:
        item, content = _open(session, number)
        room = _room(session, workspace, token)
        now, channel = installation.now(), _shown_channel(session, content)
        content = plainly(content) if channel is None else spoken(content, channel)
        text = content.text if channel is None else content.text_on(channel)
        pictures = versions.shots(session, _pictures(content, channel), now)
        address = address_of(content.title, text, item.uid)
        entry = Publication(item.uid, content.kind, address, item.publish_at or now, content, text, tuple(pictures))
        over = embargo.is_over(content.embargo, now)
        notice = "" if over else _notice(content, room, now)
        return Preview(room, entry, notice, item.uid if over and _is_public(session, item) else "")


def picture(installation: Installation, token: str, name: str) -> tuple[File, search.Row]:
    """The file of a picture that the address shows. Raises :class:`NotFound` for any other."""
    match = _MEDIA_NAME.fullmatch(name)
    workspace, number = _find(installation, token)
    with installation.store.read(workspace) as session:
        _item, content = _open(session, number)
        wanted = _pictures(content, _shown_channel(session, content))
        shots = {shot.name for shot in versions.shots(session, wanted, installation.now())}
        row = search.files(session, [match[1]]).get(match[1]) if match and name in shots else None
    file = blob_of(installation, row) if row is not None else None
    if row is None or file is None or not file.exists():
        raise NotFound(N_("There is no such picture."))
    return file, row


def document(installation: Installation, token: str, name: str) -> tuple[File, Attachment]:
    """The file of a document that the address shows, as the item calls it. Raises :class:`NotFound` for any other."""
    match = _MEDIA_NAME.fullmatch(name)
    workspace, number = _find(installation, token)
    with installation.store.read(workspace) as session:
        _item, content = _open(session, number)
        shown = next((each for each in content.documents if match and each.sha256 == match[1]), None)
        row = documents.by_hash(session, [shown.sha256]).get(shown.sha256) if shown else None
    if row is None or shown is None or not match or row.suffix != match[2] or not documents.is_whole(installation, row):
        raise NotFound(N_("There is no such document."))
    return blob_of(installation, row), shown


def _find(installation: Installation, token: str) -> tuple[int, int]:
    """The office and the item that an address leads to."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = preview_addresses.item_of(session, token) if len(token) < LONGEST else None
    if place is None:
        raise NotFound(N_("This link leads nowhere any more."))
    return place


def _open(session: Session, number: int) -> tuple[Item, Content]:
    """The item behind an address, and its newest wording that is approved."""
    item = items.load(session, number)
    content = next((r.parsed() for r in items.history(session, item) if clearance(session, item, r.hash)), None)
    if content is None or _is_stopped(session, item) or _is_down(session, item):
        raise NotFound(N_("This link leads nowhere any more."))
    return item, content


def _room(session: Session, workspace: int, token: str) -> Newsroom:
    row = session.get_one(Workspace, workspace)
    return Newsroom(row.id, row.slug, row.name, row.language, row.zone, row.settings, row.is_demo, preview=token)


def _shown_channel(session: Session, content: Content) -> int | None:
    """The channel whose wording is shown: the newsroom, where it goes there."""
    going = [part.channel for part in content.channels]
    rooms = select(Channel.id).where(Channel.id.in_(going), Channel.platform.in_(shown_in("room")))
    return session.scalar(rooms.order_by(Channel.id).limit(1))


def _pictures(content: Content, channel: int | None) -> list[Attachment]:
    return content.pictures if channel is None else content.pictures_on(channel)


def _is_stopped(session: Session, item: Item) -> bool:
    """Whether a person has stopped it, and nothing of it is to come."""
    rows = session.execute(select(Delivery.state, Delivery.stop).where(Delivery.item_id == item.id)).all()
    live = any(row.state in _LIVE and not row.stop for row in rows)
    return item.state == "cancelled" or (any(row.stop for row in rows) and not live)


def _is_down(session: Session, item: Item) -> bool:
    return session.scalar(select(Item.id).where(Item.id == item.id, versions.down())) is not None


def _is_public(session: Session, item: Item) -> bool:
    out = (
        select(Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.item_id == item.id, Delivery.state == "published", Channel.platform.in_(shown_in("room")))
    )
    return session.scalar(out.limit(1)) is not None


def _notice(content: Content, room: Newsroom, now: datetime) -> str:
    return embargo.notice(content.embargo, room.zone, known(content.language, SOURCE), now)

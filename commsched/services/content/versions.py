"""What stands of a publication on the office's own pages: its newest version, or nothing once it was taken down.

A correction is an item of its own, approved and published like any other. It takes the place of the item it corrects:
the address, the name in feeds and the first date stay, and the earlier version can still be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Attachment, Content
from commsched.core.platform.contract import Platform
from commsched.core.timing import embargo
from commsched.services.media import provenance, search
from commsched.store.models import Channel, Delivery, Item, Media, Part, Revision, Takedown


class Version(msgspec.Struct, frozen=True):
    """One published wording of an item. ``number`` counts from 1, the original."""

    number: int
    item: int
    channel: int
    at: datetime
    content: Content

    @property
    def note(self) -> str:
        """What it corrected, in a sentence for readers; empty for the original."""
        return self.content.correction


class Shot(msgspec.Struct, frozen=True):
    """A picture of a public page."""

    name: str
    alt: str
    credit: str
    width: int
    height: int
    mime: str
    size: int
    called: str = ""
    """The name that it has in the library, which is no file name."""
    caption: str = ""
    """What is said of it below, where something is."""


def down(item: type[Item] = Item) -> ColumnElement[bool]:
    """SQL: whether the item, or the one it corrects, is taken down at present."""
    stands = Takedown.ended_at.is_(None)
    return exists().where(Takedown.item_id.in_((item.id, item.corrects_id)), stands).correlate(item)


def out_there(rows: Session | Connection, original: int, channel: int) -> dict[int, tuple[str, str]]:
    """The parts of an item as they stand on a network: by their numbers, the platform's id and the role.

    They are the original's, with what a later correction has put after them. Empty where nothing of it is out there,
    or somebody has only said that it is, so that nobody knows the platform's ids.
    """
    newest = (
        select(Delivery.id)
        .join(Item, Item.id == Delivery.item_id)
        .join(Part, and_(Part.delivery_id == Delivery.id, Part.number == 0))
        .where(Delivery.channel_id == channel, Delivery.state == "published")
        .where(or_(Item.id == original, and_(Item.corrects_id == original, Part.edits != "")))
        .order_by(Delivery.published_at.desc(), Delivery.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    parts = rows.execute(
        select(Part.number, Part.remote_id, Part.role)
        .where(Part.delivery_id == newest, Part.state == "published", Part.role != "recipient")
        .order_by(Part.number)
    ).all()
    return {row[0]: (row[1], row[2]) for row in parts} if all(row[1] for row in parts) else {}


def changes_in_place(platform: Platform) -> bool:
    """Whether a correction is put in the place of what is out there; on pages of ours the newest version shows."""
    return "edit" in platform.can and not platform.own_page


def may_be_seen(content: Content, now: datetime) -> bool:
    """The embargo holds to the second, whatever the rows say; one that cannot be read never ends."""
    return embargo.is_over(content.embargo, now)


def corrections(
    session: Session, items: Collection[int], pages: Collection[str], now: datetime
) -> dict[int, list[Version]]:
    """The published corrections of ``items`` on ``pages`` of ours, which are keys of platforms. By the id of what they
    correct, oldest first."""
    rows = session.execute(
        select(Item.corrects_id, Delivery, Revision)
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Item.corrects_id.in_(items), Channel.platform.in_(pages), Delivery.state == "published")
        .order_by(Delivery.published_at, Delivery.id)
    )
    by_original: dict[int, dict[int, Version]] = {}
    for original, delivery, revision in rows if items else ():
        content = revision.parsed()
        if original is not None and delivery.published_at and may_be_seen(content, now):
            versions = by_original.setdefault(original, {})
            number = len(versions) + 2
            versions.setdefault(
                delivery.item_id, Version(number, delivery.item_id, delivery.channel_id, delivery.published_at, content)
            )
    return {original: list(versions.values()) for original, versions in by_original.items()}


def pictures_of(versions: list[Version], number: int) -> list[Attachment]:
    """The pictures that version ``number`` may still show: those of the newest that were in it too. A picture that a
    correction took away is gone, also from what stood before."""
    newest = versions[-1].content.pictures_on(versions[-1].channel)
    if number == len(versions):
        return newest
    left = {picture.sha256 for picture in newest}
    chosen = versions[number - 1]
    return [picture for picture in chosen.content.pictures_on(chosen.channel) if picture.sha256 in left]


def shots(session: Session, pictures: Iterable[Attachment], now: datetime) -> list[Shot]:
    """Those of ``pictures`` whose files are known and that may be shown at ``now``."""
    wanted = list(pictures)
    files = search.files(session, {picture.sha256 for picture in wanted})
    lapsed = lapsed_files(session, files.values(), now)
    names = _names(session, files.values())
    return [
        Shot(
            name=f"{picture.sha256}{row.suffix}",
            alt=picture.alt,
            credit=picture.credit,
            width=picture.width or row.width,
            height=picture.height or row.height,
            mime=row.mime,
            size=row.size,
            called=names.get(row.sha256, ""),
            caption=picture.title,
        )
        for picture in wanted
        if (row := files.get(picture.sha256)) is not None and row.sha256 not in lapsed
    ]


def _names(session: Session, rows: Collection[search.Row]) -> dict[str, str]:
    """What each file's picture is called, by SHA-256."""
    called = {row.id: row.filename for row in rows if isinstance(row, Media)}
    wanted = {row.media_id for row in rows if not isinstance(row, Media)} - set(called)
    called |= {number: row.filename for number, row in search.rows(session, wanted).items()}
    return {row.sha256: called.get(row.id if isinstance(row, Media) else row.media_id, "") for row in rows}


def lapsed_files(session: Session, rows: Collection[search.Row], now: datetime) -> set[str]:
    """The files, by SHA-256, that show somebody whose consent does not hold at ``now``: in the picture itself or in
    one that it was made from."""
    media = {row.sha256: row.id if isinstance(row, Media) else row.media_id for row in rows}
    if not media:
        return set()
    shown = session.scalars(select(Media).where(Media.id.in_(set(media.values())))).all()
    ends = provenance.ends(session, shown)
    return {sha256 for sha256, number in media.items() if number in ends and ends[number] <= now}

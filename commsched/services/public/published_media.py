"""Which files of pictures and documents the public may fetch: those of the office's own pages as they stand now."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Attachment
from commsched.core.media.press_names import press_name
from commsched.core.text.messages import N_, NotFound
from commsched.platforms import own_page_keys, shown_in
from commsched.services.content import versions
from commsched.services.content.versions import may_be_seen
from commsched.services.documents import library as documents
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.services.public import press_kit
from commsched.services.public.newsroom import find_room
from commsched.store.models import (
    Channel,
    Delivery,
    Document,
    DocumentUse,
    Item,
    Media,
    Membership,
    PictureUse,
    PressPerson,
    Revision,
)

_MEDIA_NAME: Final = re.compile(r"([0-9a-f]{64})(\.[a-z]{3,4})")


def picture(installation: Installation, slug: str, name: str, person: int | None) -> tuple[File, search.Row]:
    """The file of a picture that is part of something published, or that ``person`` may see as a member.

    Raises :class:`NotFound` for everything else, so that the answer does not reveal which pictures exist.
    """
    here, match = find_room(installation, slug), _MEDIA_NAME.fullmatch(name)
    with installation.store.read(here.id) as session:
        row = search.files(session, [match[1]]).get(match[1]) if match else None
        if (
            row is None
            or not match
            or row.suffix != match[2]
            or not (_is_member(session, person) or _is_published(installation, session, row))
        ):
            raise NotFound(N_("There is no such picture."))
    file = blob_of(installation, row)
    if not file.exists():
        raise NotFound(N_("There is no such picture."))
    return file, row


def name_for_saving(installation: Installation, slug: str, row: search.Row) -> str:
    """What a public picture is called where it is saved."""
    here = find_room(installation, slug)
    with installation.store.read(here.id) as session:
        media = row if isinstance(row, Media) else session.get_one(Media, row.media_id)
    byline = press_kit.byline(media.credit, here.language)
    return press_name([media.filename, media.alt], byline, row.suffix) or f"{slug}-{row.sha256[:10]}{row.suffix}"


def document(installation: Installation, slug: str, name: str) -> tuple[File, Attachment]:
    """The file of a document that is part of something published now, as that calls it.

    Raises :class:`NotFound` for everything else: before it is published, under embargo, once it is taken down.
    """
    here, match = find_room(installation, slug), _MEDIA_NAME.fullmatch(name)
    with installation.store.read(here.id) as session:
        row = documents.by_hash(session, [match[1]]).get(match[1]) if match else None
        shown = _published_document(installation, session, row) if row and match and row.suffix == match[2] else None
    if row is None or shown is None or not documents.is_whole(installation, row):
        raise NotFound(N_("There is no such document."))
    return blob_of(installation, row), shown


def _published_document(installation: Installation, session: Session, row: Document) -> Attachment | None:
    now, used = installation.now(), _published().join(DocumentUse, DocumentUse.revision_id == Revision.id)
    with session.execute(used.where(DocumentUse.document_id == row.id)) as uses:
        for delivery, item, revision, platform in uses:
            if _is_newest(session, delivery, item, revision, platform, now):
                return next((each for each in revision.parsed().documents if each.sha256 == row.sha256), None)
    return None


def _published() -> Select[Delivery, Item, Revision, str]:
    """What is out on the office's own pages, the newest first, and not taken down."""
    return (
        select(Delivery, Item, Revision, Channel.platform)
        .join(Revision, Revision.id == Delivery.revision_id)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Channel.platform.in_(own_page_keys()), Delivery.state == "published")
        .where(~versions.down())
        .order_by(Delivery.published_at.desc(), Delivery.id.desc())
        .execution_options(yield_per=100)
    )


def _is_member(session: Session, person: int | None) -> bool:
    mine = select(Membership.id).where(Membership.person_id == person)
    return person is not None and session.scalar(mine) is not None


def _is_published(installation: Installation, session: Session, row: search.Row) -> bool:
    """Whether a public page shows this picture now. Uncropped originals, pictures that a correction removed, pictures
    that were taken down and pictures of people whose consent has ended are not public."""
    now = installation.now()
    if versions.lapsed_files(session, [row], now):
        return False
    media = row.id if isinstance(row, Media) else row.media_id
    if isinstance(row, Media) and session.scalar(select(PressPerson.id).where(PressPerson.media_id == media).limit(1)):
        return True  # a portrait of the standing press kit, as the library has it
    published = _published().join(PictureUse, PictureUse.revision_id == Revision.id)
    with session.execute(published.where(PictureUse.media_id == media)) as uses:
        return any(_shows(session, row.sha256, *use, now) for use in uses)


def _shows(
    session: Session, sha256: str, delivery: Delivery, item: Item, revision: Revision, platform: str, now: datetime
) -> bool:
    shown = revision.parsed().pictures_on(delivery.channel_id)
    return any(each.sha256 == sha256 for each in shown) and _is_newest(session, delivery, item, revision, platform, now)


def _is_newest(
    session: Session, delivery: Delivery, item: Item, revision: Revision, platform: str, now: datetime
) -> bool:
    """Whether it may be seen, and no correction has taken its place."""
    if not may_be_seen(revision.parsed(), now):
        return False
    original = item.corrects_id or item.id
    later = versions.corrections(session, [original], (platform,), now).get(original, [])
    if platform in shown_in("wall"):  # every wall is a page of its own
        later = [version for version in later if version.channel == delivery.channel_id]
    return (later[-1].item if later else original) == item.id

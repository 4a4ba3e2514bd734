"""The small picture in a mail that asks for an approval. It is made before the transaction that claims the mail, and a
mail never waits for one that cannot be made."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.content.model import Attachment
from commsched.core.platform.email import InlineImage
from commsched.services.kernel.blobs import File, blob_of, form_key, keep_form
from commsched.services.kernel.context import Installation
from commsched.services.notices.letters import Picture
from commsched.store.models import Item, Media, Notice, Revision

log = logging.getLogger("commsched.pictures")

SIDE: Final = 480
"""In pixels; it is shown half as wide, so that it is sharp on a phone."""
_BYTES: Final = 60_000
_MIME: Final = "image/jpeg"
"""What every mail program shows."""


def _form(installation: Installation, sha256: str) -> File:
    return File(installation.cache, form_key("mail", sha256, f"-{SIDE}.jpg"), _MIME)


def first_of(session: Session, item: Item) -> Attachment | None:
    """The picture that comes first with the item, if it has any."""
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    attachments = revision.parsed().attachments if revision is not None else []
    return next((each for each in attachments if each.kind == "picture"), None)


def prepare(installation: Installation, session: Session, rows: Collection[Notice]) -> None:
    """Make the small pictures of the items that ``rows`` are about, where they are not there yet. Mails are rare, so no
    process waits for the next picture."""
    made_any = False
    for number in {row.item_id for row in rows if row.item_id is not None}:
        item = session.get(Item, number)
        picture = first_of(session, item) if item is not None else None
        if item is None or picture is None or _form(installation, picture.sha256).exists():
            continue
        wanted = (Media.workspace_id == item.workspace_id, Media.sha256 == picture.sha256)
        media = session.scalar(select(Media).where(*wanted))
        if media is not None:
            _make(installation, blob_of(installation, media), picture.sha256)
            made_any = True
    if made_any:
        images.pictures.rest()


def _make(installation: Installation, whole: File, sha256: str) -> None:
    try:
        small = images.pictures.fit(whole.read(), [_MIME], _BYTES, SIDE)
    except (OSError, images.errors.BadPicture, images.errors.CannotFit):
        log.warning("the picture %s could not be made a mail's", sha256, exc_info=True)
        return
    keep_form(installation, _form(installation, sha256).key, small.data, small.mime)


def shown(installation: Installation, session: Session, item: Item, row: Notice) -> tuple[Picture, InlineImage] | None:
    """The item's first picture for the mail of ``row``, if there is one and it has been made small."""
    picture = first_of(session, item)
    if picture is None:
        return None
    form, name = _form(installation, picture.sha256), f"picture-{row.id}"
    try:
        data = form.read()
    except FileNotFoundError:
        return None
    return Picture(name, picture.alt), InlineImage(name, form.mime, data)

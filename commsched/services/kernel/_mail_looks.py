"""What an office's mails look like: its name, its logo and a colour from the brand kit, and pictures made so light that
a mail stays small. A mail never waits for a picture that cannot be made: it goes without."""

from __future__ import annotations

import hashlib
import logging
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.content.model import ENDINGS
from commsched.core.platform.contract import AttachmentFile
from commsched.core.platform.email import InlineImage, Letterhead
from commsched.services.kernel import brand_kit
from commsched.services.kernel.blobs import File, blob_of, form_key, keep_form, key_of
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Media, Workspace
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.pictures")

PICTURE_BYTES: Final = 60_000
"""What a picture in a mail may weigh: five hundred mails of it pass any relay in a moment."""
PICTURE_SIDE: Final = 1120
"""Pixels: twice the width at which a mail shows it, so that it is sharp on a phone."""
LOGO_BYTES: Final = 20_000
LOGO_SIDE: Final = 320
LIGHT: Final = ("#ffffff", "#f6f6f4")
"""The grounds that the accent is read on in a mail, and those of dark mode."""
DARK: Final = ("#1b1f23", "#14171a")


class Wanted(msgspec.Struct, frozen=True):
    """A small form: what it is for, what every mail program shows of it, its bytes and pixels at most."""

    use: str
    types: tuple[str, ...]
    most: int
    side: int

    def key(self, sha256: str, mime: str) -> str:
        return form_key("mail", sha256, f"-{self.use}-{self.side}{ENDINGS[mime]}")


def letterhead(installation: Installation, workspace: str) -> Letterhead:
    """The letterhead of the office with that slug; a plain one where there is no such office."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        place = session.scalar(select(Workspace).where(Workspace.slug == workspace))
        if place is None:
            return Letterhead()
        kit = brand_kit.kit_of(place)
        wanted = (Media.id == kit.logo, Media.workspace_id == place.id)
        row = session.scalar(select(Media).where(*wanted)) if kit.logo else None
        name, about = place.name, str(place.settings.get("about", ""))
        subscribe = _subscribe_page(installation, session, place)
    contrast = images.contrast
    wished = contrast.colour(kit.primary)
    light, dark = ([contrast.colour(ground) for ground in grounds] for grounds in (LIGHT, DARK))
    return Letterhead(
        name=name,
        about=about,
        accent=contrast.hexed(contrast.readable(wished, light, contrast.BLACK)),
        accent_on_dark=contrast.hexed(contrast.readable(wished, dark, contrast.WHITE)),
        logo=_logo(installation, row) if row is not None else None,
        subscribe=subscribe,
    )


def _subscribe_page(installation: Installation, session: Session, place: Workspace) -> str:
    """Where anybody subscribes, if the office has opened a list that is in use. Which are open is kept by
    ``services.subscriptions.offers``, a room above this one."""
    offered = place.settings.get("subscribe")
    rows = offered.get("lists") if isinstance(offered, dict) else None
    numbers = [row.get("channel") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    in_use = (Channel.id.in_(numbers), Channel.workspace_id == place.id, Channel.state != "archived")
    if not numbers or session.scalar(select(Channel.id).where(*in_use).limit(1)) is None:
        return ""
    return f"{installation.base_url}/n/{place.slug}/subscribe"


def _logo(installation: Installation, row: Media) -> InlineImage | None:
    wanted = Wanted("logo", ("image/png", "image/jpeg"), LOGO_BYTES, LOGO_SIDE)
    return _small(installation, blob_of(installation, row), row.sha256, wanted, (row.width, row.height))


def small(installation: Installation, picture: AttachmentFile) -> InlineImage | None:
    """A picture of an item for its mail: the whole of it, as a JPEG of at most :data:`PICTURE_BYTES`."""
    whole = File(installation.blobs, key_of(picture.sha256, ENDINGS.get(picture.mime, "")), picture.mime)
    wanted = Wanted("picture", ("image/jpeg",), PICTURE_BYTES, PICTURE_SIDE)
    return _small(installation, whole, picture.sha256, wanted, (picture.width, picture.height))


def _small(
    installation: Installation, whole: File, sha256: str, wanted: Wanted, size: tuple[int, int]
) -> InlineImage | None:
    """The small form, from the cache or made now. What is approved is the file with that hash, so a file that has
    another is not shown."""
    name = f"{wanted.use}-{sha256[:12]}"
    for mime in wanted.types:
        form = File(installation.cache, wanted.key(sha256, mime), mime)
        if form.exists():
            return InlineImage(name, mime, form.read(), *size)
    try:
        data = whole.read()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise OSError("another file has been put in its place")
        fitted = images.pictures.fit(data, list(wanted.types), wanted.most, wanted.side)
    except (OSError, images.errors.BadPicture, images.errors.CannotFit):
        log.warning("the picture %s could not be made a mail's", sha256, exc_info=True)
        return None
    keep_form(installation, wanted.key(sha256, fitted.mime), fitted.data, fitted.mime)
    return InlineImage(name, fitted.mime, fitted.data, fitted.width, fitted.height)

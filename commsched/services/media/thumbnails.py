"""Smaller forms of published pictures: for a page's lists and for previews of links. They are made once, kept in the
cache, and deleted with their picture. Downloads get the picture itself."""

from __future__ import annotations

import logging
from typing import Final

from commsched import images
from commsched.core.media.crops import Centre, centre_of
from commsched.services.kernel.blobs import File, form_key, keep_form, shown_form
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.store.models import Media

log = logging.getLogger("commsched.pictures")

WIDTHS: Final = (480, 960, 1600)
"""In pixels: a column of a list, a phone's or a page's whole width, and the same on a fine screen."""
LINK: Final = (1200, 630)
LEAST: Final = (600, 315)
"""What is smaller is shown by networks as a stamp beside the words, if at all."""
LINK_BYTES: Final = 300_000
"""Some chats show no preview that is larger."""
HEAVY: Final = 200_000
"""Bytes; what weighs more is encoded again even where it is no larger than it is shown."""


def widths(width: int) -> list[int]:
    """Which of :data:`WIDTHS` there are of a picture that is ``width`` wide."""
    return [candidate for candidate in WIDTHS if candidate < width]


def scaled(installation: Installation, whole: File, row: search.Row, width: int) -> File:
    """The picture at most ``width`` pixels wide. It is the whole picture where that is as small, or is all that there
    is: what cannot be made smaller is still shown."""
    if row.width <= width and row.size <= HEAVY:
        return whole
    form = shown_form(installation, "scaled", row.sha256, f"-{width}")
    if form is not None:
        return form
    side = max(width, round(width * row.height / max(1, row.width)))
    try:
        thumbnail = images.pictures.thumbnail(whole.read(), side)
    except (OSError, images.errors.BadPicture):
        log.warning("the picture %s could not be made smaller", row.sha256, exc_info=True)
        return whole
    key = form_key("scaled", row.sha256, f"-{width}{thumbnail.suffix}")
    return keep_form(installation, key, thumbnail.data, thumbnail.mime)


def suits_link(width: int, height: int) -> bool:
    """Whether a picture is large enough to stand for a link."""
    return width >= LEAST[0] and height >= LEAST[1]


def link(installation: Installation, whole: File, row: search.Row) -> File | None:
    """The picture as a JPEG of the shape of link previews; ``None`` for one that does not do: too small, or clear in
    places (a logo may be white on nothing). That is remembered; what went wrong in passing is tried again."""
    centre = centre_of(row.facts if isinstance(row, Media) else {}, "1.91:1")
    form = File(installation.cache, form_key("link", row.sha256, f"-{_place(centre)}.jpg"), "image/jpeg")
    if form.exists():
        return form if form.size() else None
    if not suits_link(row.width, row.height):
        return None
    try:
        fitted = images.pictures.fit(
            whole.read(), ["image/jpeg"], LINK_BYTES, LINK[0], ratio=LINK, centre=centre, opaque=True
        )
    except images.errors.CannotFit:
        keep_form(installation, form.key, b"", form.mime)  # so that it is not tried at every visit
        return None
    except (OSError, images.errors.BadPicture):
        log.warning("the picture %s could not be made a link's", row.sha256, exc_info=True)
        return None
    return keep_form(installation, form.key, fitted.data, form.mime)


def _place(centre: Centre) -> str:
    """A centre in a file's name: another part of a picture is another file."""
    return "-".join(f"{round(share * 10_000)}" for share in centre)

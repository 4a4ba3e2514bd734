"""The library's rows that a draft names, and what has been made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, PictureIn
from commsched.core.text.messages import N_, Invalid
from commsched.store.models import Derivative, Media, Video

Made = Mapping[tuple[int, str], Derivative]
"""What has been made of pictures, by the picture and the recipe's key."""


def derivatives(session: Session, media: Iterable[Media]) -> dict[tuple[int, str], Derivative]:
    """Everything that has been made of ``media``."""
    wanted = [row.id for row in media]
    rows = session.scalars(select(Derivative).where(Derivative.media_id.in_(wanted))) if wanted else ()
    return {(row.media_id, row.recipe): row for row in rows}


def media_of(session: Session, draft: DraftIn) -> dict[int, Media]:
    """The library's rows for the draft's pictures, in its order. Raises :class:`Invalid` for one that is not there."""
    wanted = [picture.id for picture in handed_in(draft)]
    rows = {m.id: m for m in session.scalars(select(Media).where(Media.id.in_(wanted)))} if wanted else {}
    for number in wanted:
        if number not in rows:
            raise Invalid(N_("There is no picture %(picture)s in this office."), "media", picture=number)
    return {number: rows[number] for number in wanted}


def videos_of(session: Session, draft: DraftIn) -> dict[int, Video]:
    """The library's rows for the draft's videos. Raises :class:`Invalid` for one that is not there."""
    wanted = [attachment.id for attachment in draft.attachments]
    rows = {row.id: row for row in session.scalars(select(Video).where(Video.id.in_(wanted)))} if wanted else {}
    for number in wanted:
        if number not in rows:
            raise Invalid(N_("There is no video %(video)s in this office."), "attachments", video=number)
    return rows


def handed_in(draft: DraftIn) -> list[PictureIn]:
    return [picture if isinstance(picture, PictureIn) else PictureIn(id=picture) for picture in draft.media]

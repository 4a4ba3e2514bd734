"""Pictures that were never used: they are listed, and deleted when a person decides so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from commsched.core.media.crops import shape_of
from commsched.core.media.sizes import size
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.brand_kit import kit_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import quota
from commsched.store.models import Derivative, Media, PictureSource, PictureUse, Video, Workspace

MOST: Final = 200
"""Pictures in one list, and in one deletion."""


class Unused(msgspec.Struct, frozen=True):
    """Pictures that nothing has ever used, the oldest first, and what they take on the disk."""

    rows: list[Media]
    more: bool
    """There are others beyond these."""

    @property
    def size(self) -> int:
        return sum(row.size for row in self.rows)


def unused(
    session: Session, workspace: Workspace, before: datetime | None = None, wanted: Collection[int] | None = None
) -> Unused:
    """Pictures that are in no version of any item, in no brand kit, in no card and before no video; of those
    ``wanted``, if it is given, and added before ``before``."""
    kit = kit_of(workspace)
    statement = select(Media).where(
        ~exists().where(PictureUse.media_id == Media.id),
        ~exists().where(PictureSource.source_id == Media.id),
        ~exists().where(Video.poster_id == Media.id),
        Media.id.not_in([kit.logo, kit.logo_on_dark]),
    )
    if before is not None:
        statement = statement.where(Media.created_at < before)
    if wanted is not None:
        statement = statement.where(Media.id.in_(wanted))
    rows = list(session.scalars(statement.order_by(Media.id).limit(MOST + 1)))
    return Unused(rows[:MOST], len(rows) > MOST)


def old(now: datetime, days: int) -> datetime:
    """The moment before which a picture is at least ``days`` old."""
    return now - timedelta(days=days)


def _leave_card(session: Session, row: Media) -> None:
    """One size of a card goes: the entry knows it no more; if it was the one that stood for the others, they stand for
    themselves."""
    session.execute(update(Media).where(Media.front_id == row.id).values(front_id=None))
    front = session.get(Media, row.front_id) if row.front_id else None
    if front is not None:
        gone = shape_of((row.width, row.height))
        front.facts = front.facts | {"shapes": [shape for shape in front.facts.get("shapes", ()) if shape != gone]}


def remove(installation: Installation, actor: Actor, pictures: Collection[int]) -> list[Media]:
    """Delete those of ``pictures`` that nothing uses, for good; returns them. One that has been used in the meantime
    stays. Their files are deleted too, unless another office has the same file.
    """
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        gone = unused(session, session.get_one(Workspace, actor.workspace), wanted=pictures).rows
        files = [(row.sha256, row.suffix) for row in gone]
        statement = select(Derivative).where(Derivative.media_id.in_([row.id for row in gone]), Derivative.sha256 != "")
        files += [(row.sha256, row.suffix) for row in session.scalars(statement)]
        quota.put_on_list(session, files)
        for row in gone:
            _leave_card(session, row)
            session.delete(row)
        if gone:
            note(
                session,
                installation,
                actor,
                "picture.removed",
                count=len(gone),
                size=size(sum(row.size for row in gone)),
                names=[row.filename[:60] for row in gone[:20]],
            )
    quota.sweep(installation)
    return gone

"""Consents that end soon: people are warned twice before the day, early enough to ask the person again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from commsched.core.media.consent import WARN_DAYS, lapsed, stage
from commsched.services.kernel.context import Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store.models import ConsentWarning, Delivery, Item, Media, PictureSource, PictureUse, Revision, Workspace

SOON: Final = timedelta(days=max(WARN_DAYS))
MOST: Final = 50
"""Pictures in one list, and in one letter."""
WAITS: Final = ("draft", "in_review", "changes_requested", "approved", "scheduled", "held", "failed", "publishing")
"""States of an item that is not out, and may yet be."""


class Ending(msgspec.Struct, frozen=True):
    """A picture in use whose first consent ends at ``ends``, soon or lately, and whose it is."""

    media: Media
    ends: datetime
    persons: list[dict[str, object]]
    over: bool

    @property
    def last(self) -> date | None:
        """The last day that the consent holds, as it was written down."""
        try:
            return date.fromisoformat(str(self.persons[0]["until"]))
        except (LookupError, ValueError):
            return None


def _seen_in(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL: the picture, or a card drawn from it, is used in a revision that matches ``where``. Two conditions, each of
    which uses an index; a single one with an OR inside would scan every use."""
    use = (PictureUse.revision_id == Revision.id, *where)
    itself = exists().where(PictureUse.media_id == Media.id, *use)
    card = exists().where(PictureSource.source_id == Media.id, PictureUse.media_id == PictureSource.media_id, *use)
    return or_(itself.correlate(Media), card.correlate(Media))


_WAITING: Final[ColumnElement[bool]] = _seen_in(
    Item.id == Revision.item_id, Item.revision_id == Revision.id, Item.state.in_(WAITS)
)
_OUT: Final[ColumnElement[bool]] = _seen_in(
    Delivery.item_id == Revision.item_id, Delivery.revision_id == Revision.id, Delivery.state == "published"
)


def needs_attention(
    soon: datetime | ColumnElement[datetime], now: datetime | ColumnElement[datetime]
) -> ColumnElement[bool]:
    """SQL: the picture is one of :func:`ending`'s. Both are moments, or parameters for them."""
    return and_(Media.consent_ends <= soon, or_(_WAITING, and_(Media.consent_ends > now, _OUT)))


def ending(session: Session, now: datetime) -> list[Ending]:
    """Pictures that need a person's attention, the earliest end first: those in use whose consent ends within a month,
    and those whose consent has ended while a post with them still waits to be published."""
    statement = select(Media).where(needs_attention(now + SOON, now))
    return [_ending(row, now) for row in session.scalars(statement.order_by(Media.consent_ends, Media.id).limit(MOST))]


def _ending(row: Media, now: datetime) -> Ending:
    assert row.consent_ends is not None, "asked for those that have one"
    until = max(row.consent_ends, now)
    persons = [dict(person) for person in lapsed(row.facts.get("persons", ()), until)]
    return Ending(row, row.consent_ends, persons, row.consent_ends <= now)


def warn_of_consents(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Warn every writer of consents that end within thirty days, and again within seven: once for each end, with all of
    them in one mail. A renewed consent ends at another time and gets warnings of its own."""
    now = installation.now()
    close = and_(Media.consent_ends > now, Media.consent_ends <= now + SOON, or_(_WAITING, _OUT))
    warned = {
        (row.media_id, row.ends, row.days)
        for row in session.scalars(select(ConsentWarning).where(ConsentWarning.ends > now))
    }
    fresh: dict[int, list[Ending]] = {}
    for row in session.scalars(select(Media).where(close).order_by(Media.consent_ends, Media.id)):
        ending = _ending(row, now)
        days = stage(ending.ends, now)
        if days is not None and (row.id, ending.ends, days) not in warned:
            session.add(ConsentWarning(workspace_id=workspace.id, media_id=row.id, ends=ending.ends, days=days, at=now))
            fresh.setdefault(days, []).append(ending)
    people = sorted(people_with(session, "write")) if fresh else []
    for days, endings in sorted(fresh.items()):
        outbox.queue(session, installation, people, "consent_ending", days=days, pictures=list(_lines(endings)))


def _lines(some: Iterable[Ending]) -> Iterable[dict[str, object]]:
    for ending in list(some)[:MOST]:
        names = ", ".join(str(person["name"]) for person in ending.persons)
        yield {
            "name": ending.media.filename,
            "until": str(ending.persons[0]["until"]) if ending.persons else "",
            "who": names,
        }

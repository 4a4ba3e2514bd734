"""The newsroom's list: the newest first, by kind, by year, by words.

What is searched is what stands in public: the newest published wording of what may be seen now. The words of a draft,
of what is taken down or under embargo, are in nobody's answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.content.fields import searchable_texts
from commsched.core.text.length import fold
from commsched.services.kernel.context import Installation
from commsched.services.public import newsroom
from commsched.services.public.newsroom import Newsroom, Publication, Row
from commsched.store.models import Delivery, Item, Takedown
from commsched.store.types import from_micros, to_micros

PAGE: Final = 20
FEED: Final = 30
MOST_WORDS: Final = 200
"""Characters of a search."""
BATCH: Final = 100
MOST_READ: Final = 3000
"""Items that one search reads; more than an office publishes in ten years, and less than a second."""
MOST_YEARS: Final = 20
KINDS: Final = ("release", "post")


class Wish(msgspec.Struct, frozen=True):
    """What a reader wants to see. A field that says nothing narrows nothing."""

    kind: str = ""
    year: int = 0
    words: str = ""
    cursor: str = ""
    """The ``older`` of the page before."""

    @property
    def narrows(self) -> bool:
        return bool(self.kind or self.year or self.words)


class Front(msgspec.Struct, frozen=True):
    """A page of the newsroom's list. ``older`` is the cursor of the next page, empty on the last."""

    room: Newsroom
    entries: list[Publication]
    older: str = ""
    wish: Wish = Wish()
    has_posts: bool = False
    years: list[int] = []
    """Those in which something was published that can be seen, the newest first."""


def front(installation: Installation, slug: str, wish: Wish = Wish(), size: int = PAGE, *, menu: bool = True) -> Front:
    """The newest first. ``menu``: whether the years and kinds to choose among are wanted. Raises :class:`NotFound` for
    an office without a newsroom."""
    here = newsroom.room(installation, slug)
    wish = msgspec.structs.replace(wish, kind=wish.kind if wish.kind in KINDS else "", words=wish.words[:MOST_WORDS])
    where = [*_narrowed(here, wish), *_after(wish.cursor)]
    with installation.store.read(here.id) as session:
        rows = list(islice(_fitting(installation, session, wish, where), size + 1))
        older = _cursor(rows[size - 1][0]) if len(rows) > size else ""
        entries = newsroom.entries_of(installation, session, rows[:size])
        if not menu:
            return Front(here, entries, older, wish)
        mixed = all(_any(installation, session, Item.kind == kind) for kind in KINDS)
        return Front(here, entries, older, wish, mixed, _years(installation, session, here))


def changed_at(installation: Installation, room: Newsroom, entries: list[Publication]) -> datetime | None:
    """When what is shown of ``entries`` last changed: also when something last came off the newsroom or back to it, so
    that it never goes back. ``None`` where nothing has ever stood there."""
    with installation.store.read(room.id) as session:
        moved = session.execute(select(func.max(Takedown.at), func.max(Takedown.ended_at))).one()
    moments = [*moved, *(entry.updated_at for entry in entries)]
    return max((moment for moment in moments if moment is not None), default=None)


def _fitting(
    installation: Installation, session: Session, wish: Wish, where: list[ColumnElement[bool]]
) -> Iterator[Row]:
    """Everything public that has every one of the words, the newest first."""
    rows = newsroom.published(installation, session, *where)
    words = fold(wish.words).split()[:10]
    if not words:
        yield from rows
        return
    rows = islice(rows, MOST_READ)
    while batch := list(islice(rows, BATCH)):
        entries = newsroom.entries_of(installation, session, batch, pictured=False)
        for row, entry in zip(batch, entries, strict=True):
            said = fold("\n".join([*searchable_texts(entry.content), entry.text, *_quoted(entry)]))
            if all(word in said for word in words):
                yield row


def _quoted(entry: Publication) -> Iterator[str]:
    for quote in entry.content.quotes:
        yield f"{quote.text} {quote.person}"


def _any(installation: Installation, session: Session, *where: ColumnElement[bool]) -> bool:
    """Whether there is anything to see. A row that only the embargo hides must not show that it exists."""
    return next(newsroom.published(installation, session, *where), None) is not None


def _narrowed(room: Newsroom, wish: Wish) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [Item.kind == wish.kind] if wish.kind else []
    return [*where, *_within(room, wish.year)] if wish.year else where


def _within(room: Newsroom, year: int) -> list[ColumnElement[bool]]:
    """The office's own year: it ends at its midnight."""
    if not 1970 <= year < 9999:
        return [Delivery.id < 0]
    zone = ZoneInfo(room.zone)
    begins, ends = (datetime(number, 1, 1, tzinfo=zone).astimezone(UTC) for number in (year, year + 1))
    return [Delivery.published_at >= begins, Delivery.published_at < ends]


def _years(installation: Installation, session: Session, room: Newsroom) -> list[int]:
    first, last = session.execute(
        newsroom.deliveries()
        .order_by(None)
        .with_only_columns(func.min(Delivery.published_at), func.max(Delivery.published_at))
    ).one()
    if first is None or last is None:
        return []
    oldest, newest = (moment.astimezone(ZoneInfo(room.zone)).year for moment in (first, last))
    if oldest == newest:
        return []
    years = range(newest, max(oldest, newest - MOST_YEARS) - 1, -1)
    return [year for year in years if _any(installation, session, *_within(room, year))]


def _cursor(delivery: Delivery) -> str:
    assert delivery.published_at is not None
    return f"{to_micros(delivery.published_at)}-{delivery.id}"


def _after(cursor: str) -> list[ColumnElement[bool]]:
    match = re.fullmatch(r"(\d{1,17})-(\d{1,15})", cursor)
    if match is None:
        return []
    at, number = from_micros(int(match[1])), int(match[2])
    return [or_(Delivery.published_at < at, and_(Delivery.published_at == at, Delivery.id < number))]

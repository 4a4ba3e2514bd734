"""What a release came to, gathered for its page, its print and its file: one statement for each kind of figure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import and_, desc, exists, func, select
from sqlalchemy.orm import Session

from commsched.core.platform.figures import Figures
from commsched.services.contacts import addressees
from commsched.services.content import items
from commsched.services.followup import figures
from commsched.services.inbox import messages
from commsched.services.kernel.context import Installation
from commsched.services.press import coverage, sums
from commsched.store.models import Channel, Coverage, Delivery, Item, ListRecipient, Part, PressAnswer, Visits

TAKEN: Final = ("picture", "kit", "pdf", "text")
"""What can be taken from a release's page in the newsroom."""
MOST_RELEASES: Final = 300


class Report(msgspec.Struct, frozen=True):
    """Everything that is known of how a release went."""

    item: Item
    mailings: list[sums.Mailing]
    sums: sums.Sums
    left: int
    """Who has left a list after having got it, before the list was written to again."""
    visits: dict[str, int]
    """By what: ``page``, and what was taken from it."""
    days: list[tuple[str, int]]
    """The page's visits, day by day."""
    posts: list[tuple[str, Figures | None]]
    """Where it is out on networks, with what readers made of it, as far as that is known."""
    coverage: list[Coverage]
    answers: list[messages.Line]
    """What people wrote back, the newest first."""
    coming: int
    """To the event of an invitation, by the answers to it."""
    declined: int
    new: int
    """Who is on its lists now and has not got it."""

    @property
    def tones(self) -> dict[str, int]:
        return {tone: sum(row.tone == tone for row in self.coverage) for tone in coverage.TONES}


def read(installation: Installation, session: Session, item_id: int) -> Report:
    """The report of a release. One that sends it once more is told of with the first. Raises
    :class:`commsched.core.text.messages.NotFound`."""
    item = items.load(session, item_id)
    if item.follows_id is not None:
        item = items.load(session, item.follows_id)
    mailings = sums.mailings(session, item)
    days = _visits(session, item)
    counts: dict[str, int] = {}
    for _day, what, count in days:
        counts[what] = counts.get(what, 0) + count
    return Report(
        item,
        mailings,
        sums.together(mailings),
        _left(session, item) if mailings else 0,
        counts,
        [(day, count) for day, what, count in days if what == "page"],
        _posts(installation, session, item),
        coverage.of_item(session, item.id),
        _answers(installation, session, item),
        *_coming(session, item),
        _new(session, item, mailings),
    )


def _coming(session: Session, item: Item) -> tuple[int, int]:
    """How many come to what it invites to, and how many have said that they do not."""
    said = select(PressAnswer.coming, func.count()).where(PressAnswer.item_id == item.id).group_by(PressAnswer.coming)
    counts = {bool(row[0]): int(row[1]) for row in session.execute(said)}
    return counts.get(True, 0), counts.get(False, 0)


def _answers(installation: Installation, session: Session, item: Item) -> list[messages.Line]:
    numbers = session.scalars(sums.family(item)).all()
    return [
        line for number in sorted(numbers, reverse=True) for line in messages.of_item(installation, session, number)
    ]


def _new(session: Session, item: Item, mailings: list[sums.Mailing]) -> int:
    """Who has come to the lists since: nobody who is counted in a mailing, got it or not."""
    if not any(each.sums.sent for each in mailings):
        return 0
    lists = list(dict.fromkeys(each.channel for each in mailings))
    left = addressees.count(session, addressees.Mailing(0, follows=item.id), lists).people
    waits = sum(each.sums.refused + each.sums.stopped + each.sums.waiting for each in mailings)
    return max(left - waits, 0)


def _visits(session: Session, item: Item) -> list[tuple[str, str, int]]:
    rows = session.execute(
        select(Visits.day, Visits.what, Visits.count).where(Visits.item_id == item.id).order_by(Visits.day)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _left(session: Session, item: Item) -> int:
    """Who left a list by a mail of this item: it was the last that they got of that list before they did."""
    later, home = Part.__table__.alias("later_part"), Delivery.__table__.alias("later_delivery")
    again = (
        exists()
        .where(later.c.blind == Part.blind, later.c.role == "recipient", later.c.delivery_id == home.c.id)
        .where(home.c.channel_id == Delivery.channel_id, home.c.id != Delivery.id, later.c.state == "published")
        .where(later.c.finished_at > Part.finished_at, later.c.finished_at <= ListRecipient.since)
        .correlate_except(later, home)
    )
    left = (
        select(func.count(ListRecipient.id))
        .join(Part, and_(Part.blind == ListRecipient.blind, Part.role == "recipient", Part.state == "published"))
        .join(Delivery, and_(Delivery.id == Part.delivery_id, Delivery.channel_id == ListRecipient.channel_id))
        .where(ListRecipient.state == "unsubscribed", ListRecipient.since >= Part.finished_at)
        .where(Delivery.item_id.in_(sums.family(item)), ~again)
    )
    return session.scalar(left) or 0


def _posts(installation: Installation, session: Session, item: Item) -> list[tuple[str, Figures | None]]:
    rows = session.execute(
        select(Channel.id, Channel.name, Channel.platform)
        .join(Delivery, Delivery.channel_id == Channel.id)
        .where(Delivery.item_id == item.id, Delivery.state == "published")
        .where(~exists().where(Part.delivery_id == Delivery.id, Part.role == "recipient"))
        .order_by(Delivery.published_at, Channel.id)
    ).all()
    counted = figures.of_item(session, item.id) if rows else {}
    return [
        (name, counted[number].figures if number in counted else None)
        for number, name, key in rows
        if not installation.platform(key).own
    ]


class Line(msgspec.Struct, frozen=True):
    """One release in the summary of a period."""

    item: Item
    at: datetime
    sums: sums.Sums
    visits: int
    taken: int
    articles: int
    tones: dict[str, int]


def summary(session: Session, start: datetime, end: datetime) -> list[Line]:
    """The releases that went out between two moments, the newest first, with their figures: three statements, whatever
    there is."""
    out = func.min(Delivery.published_at)
    rows = session.execute(
        select(Item, out)
        .join(Delivery, Delivery.item_id == Item.id)
        .where(Item.kind == "release", Item.follows_id.is_(None), Delivery.published_at.is_not(None))
        .group_by(Item.id)
        .having(out >= start, out < end)
        .order_by(desc(out))
        .limit(MOST_RELEASES)
    ).all()
    numbers = [item.id for item, _at in rows]
    if not numbers:
        return []
    sent = sums.of_items(session, numbers)
    visited = select(Visits.item_id, Visits.what, func.sum(Visits.count)).where(Visits.item_id.in_(numbers))
    counts: dict[int, dict[str, int]] = {}
    for number, what, count in session.execute(visited.group_by(Visits.item_id, Visits.what)):
        counts.setdefault(number, {})[what] = int(count)
    noted = select(Coverage.item_id, Coverage.tone, func.count()).where(Coverage.item_id.in_(numbers))
    tones: dict[int, dict[str, int]] = {}
    for number, tone, count in session.execute(noted.group_by(Coverage.item_id, Coverage.tone)):
        tones.setdefault(number, {})[tone] = count
    return [
        Line(
            item,
            at,
            sent.get(item.id, sums.Sums()),
            counts.get(item.id, {}).get("page", 0),
            sum(counts.get(item.id, {}).get(what, 0) for what in TAKEN),
            sum(tones.get(item.id, {}).values()),
            tones.get(item.id, {}),
        )
        for item, at in rows
        if at is not None
    ]

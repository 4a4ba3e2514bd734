"""Everything there is to say of one item, gathered in one reading."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import standing
from commsched.core.content.draft import DraftIn, PictureIn, QuoteIn, SourceIn, VariantIn
from commsched.core.content.model import Picture
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.text.messages import Problem
from commsched.services.approval.clearance import as_said
from commsched.services.content import compose, items, queries
from commsched.services.kernel.context import Actor, Office
from commsched.services.kernel.display_state import states
from commsched.services.workflow import takedown
from commsched.store.models import Attempt, Comment, Decision, Delivery, Item, Media, Person, Revision


class Seen(msgspec.Struct, frozen=True):
    """An item with all that hangs on it. ``problems`` are looked for only while it can still be changed."""

    item: Item
    revision: Revision
    decisions: list[Decision]
    deliveries: list[Delivery]
    attempts: dict[int, list[Attempt]]
    comments: list[Comment]
    people: dict[int, str]
    """What those who had to do with it are called."""
    problems: list[Problem]
    checked: list[compose.Checked]
    state: str
    """As people are told it."""
    doubts: dict[int, list[queries.Doubt]]
    """By delivery, the parts that wait for a person's answer."""
    reach: dict[int, queries.Reach] = msgspec.field(default_factory=dict)
    """By delivery of several parts, how far it came."""
    taken_down: str | None = None
    """Why it was taken off the office's own pages, where it is."""

    @property
    def standing(self) -> list[Decision]:
        """The yeses that count for the content as it is now."""
        said = [as_said(row) for row in self.decisions]
        rows = dict(zip(map(id, said), self.decisions, strict=True))
        return [rows[id(one)] for one in standing(said, self.revision.hash)]


def look(office: Office, actor: Actor, item_id: int) -> Seen:
    """Read the item and everything around it. Raises :class:`commsched.core.text.messages.NotFound`."""
    actor.require("read")
    with office.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        revision = items.current(session, item)
        decisions = list(session.scalars(select(Decision).where(Decision.item_id == item_id).order_by(Decision.id)))
        comments = list(session.scalars(select(Comment).where(Comment.item_id == item_id).order_by(Comment.id)))
        down = takedown.standing(session, item.corrects_id or item_id)
        rows = list(session.scalars(select(Delivery).where(Delivery.item_id == item_id).order_by(Delivery.id)))
        tries = queries.attempts(session, [row.id for row in rows])
        problems, checked = items.problems(office, session, item) if item.state in EDITABLE else ([], [])
        who = {item.author_id, revision.author_id} | {one.person_id for one in comments}
        who |= {person for one in decisions for person in (one.person_id, one.in_place_of)}
        return Seen(item, revision, decisions, _worth_telling(rows, tries), tries, comments, names(session, who),
                    problems, checked, states(session, [item_id], office.now())[item_id],
                    queries.doubts(office, session, rows), queries.reach(office, session, rows),
                    down.reason if down else None)  # fmt: skip


def _worth_telling(rows: list[Delivery], tries: dict[int, list[Attempt]]) -> list[Delivery]:
    """All but those that were replaced, by a move or a new time, before anything was tried."""
    newest = {row.channel_id: row.id for row in rows}
    return [row for row in rows if row.state != "cancelled" or row.id in tries or newest[row.channel_id] == row.id]


def names(session: Session, people: Iterable[int | None]) -> dict[int, str]:
    """What people are called, by their id."""
    wanted = {person for person in people if person is not None}
    rows = session.scalars(select(Person).where(Person.id.in_(wanted))) if wanted else ()
    return {row.id: row.name or row.email for row in rows}


def as_draft(session: Session, item: Item, revision: Revision) -> DraftIn:
    """The item as it could be handed in again: what a change that names only some fields starts from."""
    said = revision.parsed()
    variants = {
        str(one.channel): VariantIn(text=one.text, options=dict(one.options), crop=one.crop)
        for one in said.channels
        if one.text is not None or one.options or one.crop
    }
    return DraftIn(
        kind=said.kind, title=said.title, text=said.text, lead=said.lead, genre=said.genre, short=said.short,
        facts=said.facts,
        quotes=[QuoteIn(text=one.text, person=one.person) for one in said.quotes], contact=said.contact,
        link=said.link, language=said.language,
        channels=[one.channel for one in said.channels], variants=variants, media=_media(session, said.pictures),
        sources=[SourceIn(**source) for source in revision.sources], embargo=said.embargo or None,
        correction=said.correction,
        publish_at=item.publish_at.isoformat() if item.publish_at else None,
        latest_at=item.latest_at.isoformat() if item.latest_at else None,
    )  # fmt: skip


def _media(session: Session, pictures: list[Picture]) -> list[int | PictureIn]:
    found = {
        row.sha256: row.id
        for row in session.scalars(select(Media).where(Media.sha256.in_([p.sha256 for p in pictures])))
    }
    return [PictureIn(id=found[p.sha256], alt=p.alt) for p in pictures if p.sha256 in found]

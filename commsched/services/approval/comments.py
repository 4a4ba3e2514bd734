"""What people say about an item reaches those it concerns: one mail for a stretch of talk, and a mark on Today."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import BindParameter, ColumnElement, and_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Invalid
from commsched.services.approval.approvers import turn
from commsched.services.approval.mentions import people_named, quoted
from commsched.services.approval.roster import read_roster
from commsched.services.content import items
from commsched.services.kernel import confidants
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.services.notices.wishes import MUTED
from commsched.store.models import Comment, Decision, Item, Notice, Revision

COLLECTED: Final = timedelta(minutes=10)
"""How long a mail waits for further comments, so that one conversation becomes one mail."""
KIND: Final = "commented"


class Reached(msgspec.Struct, frozen=True):
    """A comment, and what those whom it names are called: they are told, unless they may not see the item."""

    id: int
    told: list[str]
    not_told: list[str] = []


def comment(installation: Installation, actor: Actor, item_id: int, body: str, quote: str = "") -> Reached:
    """Say something about an item to the others, perhaps about the words ``quote`` of it. Whoever is named with ``@``
    is told, if they may see it.

    Raises :class:`Invalid` for a name that several people have, and for words that do not stand in the text.
    """
    actor.require("comment")
    body = passage(body[:10_000], "comment")
    if not body:
        raise Invalid(N_("Write something first."), "comment")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id)
        roster = read_roster(session, installation.now())
        people = {member.person: member.name for member in roster.members.values() if member.active}
        calls = people_named(body, people)
        row = Comment(
            workspace_id=actor.workspace,
            item_id=item.id,
            person_id=actor.person,
            body=body,
            quote=quoted(quote, items.current(session, item).parsed()) if quote.strip() else "",
            revision=item.version,
            at=installation.now(),
        )
        session.add(row)
        session.flush()
        note(session, installation, actor, "item.commented", item.id)
        spread(installation, session, actor, item, row.body, calls=calls)
        sees = calls & readers(session, item)
        return Reached(row.id, roster.names(sees - {actor.person}), roster.names(calls - sees))


def readers(session: Session, item: Item) -> set[int]:
    """The active members who may see ``item``."""
    return set(confidants.of_those(session, item, people_with(session, "read")))


def spread(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    body: str,
    besides: Collection[int | None] = (),
    calls: Collection[int] = (),
) -> None:
    """Notify the people concerned that ``actor`` wrote ``body``, and those whom it ``calls``; except the actor and
    those in ``besides``, who get another notice. The mail is composed when it is sent, with every comment up to then.
    """
    if not body.strip():
        return
    session.flush()
    named = set(calls) & readers(session, item)
    whom = (concerned(installation, session, item) | named) - {actor.person} - set(besides)
    since = installation.now().isoformat()
    rest = whom - _collecting(session, item, installation.now())
    for people, calling in ((rest & named, True), (rest - named, False)):
        outbox.queue(
            session,
            installation,
            sorted(people),
            KIND,
            item=item,
            after=COLLECTED,
            by=actor.name,
            since=since,
            named=calling,
        )


def _collecting(session: Session, item: Item, now: datetime) -> set[int]:
    """Those who get a mail about comments on ``item`` anyway, which has not left, or want none and have it marked."""
    open_ones = (
        Notice.item_id == item.id,
        Notice.kind == KIND,
        Notice.read_at.is_(None),
        Notice.tries == 0,
    )
    waits = and_(Notice.state == "waiting", Notice.next_at > now)
    return set(session.scalars(select(Notice.person_id).where(*open_ones, or_(waits, Notice.state == MUTED))))


def concerned(installation: Installation, session: Session, item: Item) -> set[int]:
    """The active members who began the item, wrote in it, are asked about it, have decided on it or spoken of it, of
    those who may see it."""
    people = {item.author_id}
    for table in (Revision.author_id, Comment.person_id, Decision.person_id):
        people |= set(session.scalars(select(table).where(table.class_.item_id == item.id).distinct()))
    if item.state in ("in_review", "held"):
        now = turn(installation, session, item, items.current(session, item))
        people |= now.asked | now.acceptors
    here = readers(session, item)
    return {person for person in people if person is not None and person in here}


def unseen(
    item: int | InstrumentedAttribute[int], person: int | BindParameter[int] | None
) -> tuple[ColumnElement[bool], ...]:
    """SQL: the notices of comments on ``item`` that ``person`` has not seen, also those of which no mail was sent."""
    return Notice.item_id == item, Notice.person_id == person, Notice.kind == KIND, Notice.read_at.is_(None)


def read(installation: Installation, actor: Actor, item_id: int) -> None:
    """The actor is looking at the item: its comments are marked no longer, and a mail about them is not needed. It
    costs a write, so a page calls it where there is something unseen."""
    unread = unseen(item_id, actor.person)
    with installation.store.write(actor.workspace) as session:
        session.execute(update(Notice).where(*unread).values(read_at=installation.now()))


class UnreadTalk(msgspec.Struct, frozen=True):
    """An item with comments that its reader has not seen, and the author of the first of them."""

    item: Item
    by: str
    at: datetime


def marks(person: int | None) -> tuple[ColumnElement[bool], ...]:
    """SQL: the notices of comments that ``person`` has not seen."""
    return (Notice.person_id == person, Notice.kind == KIND, Notice.read_at.is_(None), Notice.state != "dropped")


def unread(session: Session, person: int | None, most: int) -> list[UnreadTalk]:
    """Comments that ``person`` has not seen, the newest first, one entry per item."""
    rows = session.execute(
        select(Notice, Item)
        .join(Item, Item.id == Notice.item_id)
        .where(*marks(person))
        .order_by(Notice.id.desc())
        .limit(most)
    )
    threads: dict[int, UnreadTalk] = {}
    for row, item in rows:
        threads.setdefault(item.id, UnreadTalk(item, str(row.facts.get("by", "")), row.created_at))
    return list(threads.values())

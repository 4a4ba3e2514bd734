"""Everything there is to say of one item, gathered in one reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import BigInteger, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import standing
from commsched.core.content.model import Content
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.text.messages import N_, NotFound, Problem
from commsched.core.timing.plan import Plan
from commsched.services.approval import comments
from commsched.services.approval.approvers import ItemHistory, histories
from commsched.services.approval.clearance import as_said
from commsched.services.approval.roster import Roster, read_roster, seeing
from commsched.services.content import check, items, queries, times
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.display_state import shown
from commsched.services.upkeep import removals
from commsched.services.workflow import takedown
from commsched.store.models import (
    Attempt,
    Comment,
    Decision,
    Delivery,
    FactCheck,
    Item,
    Person,
    Proposal,
    ReleaseReview,
    Removal,
    Revision,
)


class ItemView(msgspec.Struct, frozen=True):
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
    checked: list[check.Checked]
    state: str
    """As people are told it."""
    doubts: dict[int, list[queries.Doubt]]
    """By delivery, the parts that wait for a person's answer."""
    reach: dict[int, queries.Reach]
    """By delivery of several parts, how far it came."""
    taken_down: str | None
    """Why it was taken down, where it is."""
    content: Content
    """What the revision says."""
    history: ItemHistory
    judgement: check.Judgement
    """The one judgement of it, also where it can no longer be changed: its previews are made by it."""
    roster: Roster
    plan: Plan
    """When it goes out, channel by channel."""
    unseen: bool = False
    """Whether its reader has not seen everything that was said about it."""
    removals: list[Removal] = []
    """What is taken down, or is to be, on networks."""
    beside: bool = False
    """Whether anything lies beside it (:mod:`commsched.services.views.beside`)."""

    @property
    def standing(self) -> list[Decision]:
        """The yeses that count for the content as it is now."""
        said = [as_said(row) for row in self.decisions]
        rows = dict(zip(map(id, said), self.decisions, strict=True))
        return [rows[id(decision)] for decision in standing(said, self.revision.hash)]


def read_item(installation: Installation, actor: Actor, item_id: int) -> ItemView:
    """Read the item and everything around it. Raises :class:`commsched.core.text.messages.NotFound`."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        return read_item_in(installation, session, item_id, actor.person)


def read_item_in(installation: Installation, session: Session, item_id: int, reader: int | None) -> ItemView:
    """As :func:`read_item`, for the person ``reader``, in a session that has more to read."""
    now = installation.now()
    row = session.execute(_ITEM, {"item": item_id, "reader": reader, "now": now}).first()
    if row is None:
        raise NotFound(N_("There is no such item."))
    item, revision, state, commented, attempted, unseen, beside = row
    history = histories(session, [item_id])[item_id]
    said = _comments(session, item_id) if commented else []
    rows = list(session.scalars(_DELIVERIES, {"item": item_id}))
    tries = queries.attempts(session, [row.id for row in rows]) if attempted else {}
    around = check.read_around(session)
    content = revision.parsed()
    judgement = items.judge(installation, session, item, content, around)
    editable = item.state in EDITABLE
    roster = seeing(session, read_roster(session, now), item)
    who = {item.author_id, revision.author_id} | {comment.person_id for comment in said}
    who |= {person for row in history.decisions for person in (row.person_id, row.in_place_of)}
    who |= {version.author for version in history.versions}
    down = takedown.standing(session, item.corrects_id or item_id) if was_out(item, rows) else None
    return ItemView(
        item,
        revision,
        history.decisions,
        _worth_telling(rows, tries),
        tries,
        said,
        _names(session, roster, who),
        judgement.general if editable else [],
        judgement.checked if editable else [],
        state,
        queries.doubts(installation, session, rows),
        queries.reach(installation, session, rows),
        down.reason if down else None,
        content,
        history,
        judgement,
        roster,
        times.plan(session, item),
        bool(unseen),
        removals.of_item(session, item.corrects_id or item_id) if down and down.elsewhere else [],
        bool(beside),
    )


_NUMBER: Final = bindparam("item", type_=BigInteger)
_ITEM: Final = (
    select(
        Item,
        Revision,
        shown,
        exists().where(Comment.item_id == Item.id),
        exists().where(Attempt.delivery_id == Delivery.id, Delivery.item_id == Item.id).correlate(Item),
        exists().where(*comments.unseen(Item.id, bindparam("reader", type_=BigInteger))),
        or_(
            exists().where(Proposal.item_id == Item.id, Proposal.answer == ""),
            exists().where(FactCheck.item_id == Item.id),
            exists().where(ReleaseReview.item_id == Item.id),
        ),
    )
    .join(Revision, Revision.id == Item.revision_id)
    .where(Item.id == _NUMBER)
)
"""The item and its newest revision, its state as people are told it at ``now``, and what else there is to read."""
_DELIVERIES: Final = select(Delivery).where(Delivery.item_id == _NUMBER).order_by(Delivery.id)


def _comments(session: Session, item_id: int) -> list[Comment]:
    return list(session.scalars(select(Comment).where(Comment.item_id == item_id).order_by(Comment.id)))


def was_out(item: Item, rows: list[Delivery]) -> bool:
    """Whether it, or what it corrects, can stand on the office's own pages, or have been taken down from there."""
    return item.corrects_id is not None or any(row.published_at is not None for row in rows)


def _names(session: Session, roster: Roster, people: set[int | None]) -> dict[int, str]:
    """What people are called, by their id; the store is asked about those only who are members no more."""
    here = {person: roster.members[person].name for person in people if person is not None and person in roster.members}
    gone = {person for person in people if person is not None and person not in here}
    return here | (names(session, gone) if gone else {})


def _worth_telling(rows: list[Delivery], tries: dict[int, list[Attempt]]) -> list[Delivery]:
    """All but those that were replaced, by a move or a new time, before anything was tried."""
    newest = {row.channel_id: row.id for row in rows}
    return [row for row in rows if row.state != "cancelled" or row.id in tries or newest[row.channel_id] == row.id]


def names(session: Session, people: Iterable[int | None]) -> dict[int, str]:
    """What people are called, by their id."""
    wanted = {person for person in people if person is not None}
    rows = session.scalars(select(Person).where(Person.id.in_(wanted))) if wanted else ()
    return {row.id: row.name or row.email for row in rows}

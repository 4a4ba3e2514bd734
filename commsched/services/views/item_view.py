"""Everything there is to say of one item, gathered in one reading."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import standing
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.text.messages import Problem
from commsched.services.approval.clearance import as_said
from commsched.services.content import check, items, queries
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.display_state import states
from commsched.services.workflow import takedown
from commsched.store.models import Attempt, Comment, Decision, Delivery, Item, Person, Revision


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


def read_item(installation: Installation, actor: Actor, item_id: int) -> ItemView:
    """Read the item and everything around it. Raises :class:`commsched.core.text.messages.NotFound`."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        revision = items.current(session, item)
        decisions = list(session.scalars(select(Decision).where(Decision.item_id == item_id).order_by(Decision.id)))
        comments = list(session.scalars(select(Comment).where(Comment.item_id == item_id).order_by(Comment.id)))
        down = takedown.standing(session, item.corrects_id or item_id)
        rows = list(session.scalars(select(Delivery).where(Delivery.item_id == item_id).order_by(Delivery.id)))
        tries = queries.attempts(session, [row.id for row in rows])
        problems, checked = items.problems(installation, session, item) if item.state in EDITABLE else ([], [])
        who = {item.author_id, revision.author_id} | {one.person_id for one in comments}
        who |= {person for one in decisions for person in (one.person_id, one.in_place_of)}
        return ItemView(
            item,
            revision,
            decisions,
            _worth_telling(rows, tries),
            tries,
            comments,
            names(session, who),
            problems,
            checked,
            states(session, [item_id], installation.now())[item_id],
            queries.doubts(installation, session, rows),
            queries.reach(installation, session, rows),
            down.reason if down else None,
        )


def _worth_telling(rows: list[Delivery], tries: dict[int, list[Attempt]]) -> list[Delivery]:
    """All but those that were replaced, by a move or a new time, before anything was tried."""
    newest = {row.channel_id: row.id for row in rows}
    return [row for row in rows if row.state != "cancelled" or row.id in tries or newest[row.channel_id] == row.id]


def names(session: Session, people: Iterable[int | None]) -> dict[int, str]:
    """What people are called, by their id."""
    wanted = {person for person in people if person is not None}
    rows = session.scalars(select(Person).where(Person.id.in_(wanted))) if wanted else ()
    return {row.id: row.name or row.email for row in rows}

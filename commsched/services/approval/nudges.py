"""A person reminds those whom an item waits for: at most once an hour each, by a mail that says who asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Conflict
from commsched.services.approval import request_mails
from commsched.services.approval.approvers import Turn, called, turn, turns
from commsched.services.approval.roster import read_roster
from commsched.services.content import items
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices import outbox
from commsched.store import locks
from commsched.store.models import Item, Notice, Revision

KIND: Final = "nudged"
GAP: Final = timedelta(hours=1)
"""How long a person is left in peace about one item after somebody has reminded them of it."""
_WAITS: Final = ("in_review", "held")


def remind(installation: Installation, actor: Actor, item_id: int) -> list[str]:
    """Remind everybody whom the item waits for, except the actor. Returns their names.

    Raises :class:`Conflict` where it waits for nobody else, or where they have all been reminded within the hour.
    """
    actor.require("comment")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        if not _asks(item):
            raise Conflict(N_("It is not waiting for approval."))
        revision = items.current(session, item)
        asked = turn(installation, session, item, revision)
        if not _awaited(asked, actor):
            raise Conflict(N_("It waits for nobody but yourself."))
        people = _nudge(installation, session, actor, item, revision, asked)
        if not people:
            raise Conflict(N_("They have been reminded within the last hour. Give them a moment, or call."))
        names = called(session, people)
    installation.wake()
    return names


def remind_person(installation: Installation, actor: Actor, person: int) -> int:
    """Remind ``person`` of everything that waits for them. Returns how many items that was; the mails become one.

    Raises :class:`Conflict` where nothing waits for them, or where they were reminded of all of it within the hour.
    """
    actor.require("comment")
    with installation.store.write(actor.workspace) as session:
        rows = session.scalars(locks.rows(select(Item).where(Item.state.in_(_WAITS)).order_by(Item.id)))
        waiting = [(item, items.current(session, item)) for item in rows if _asks(item)]
        asked = turns(session, read_roster(session, installation.now()), waiting)
        theirs = [row for row in waiting if person in _awaited(asked[row[0].id], actor)]
        if not theirs:
            raise Conflict(N_("Nothing waits for them any more."))
        reminded = [
            item
            for item, revision in theirs
            if _nudge(installation, session, actor, item, revision, asked[item.id], only=person)
        ]
        if not reminded:
            raise Conflict(N_("They have been reminded within the last hour. Give them a moment, or call."))
    installation.wake()
    return len(reminded)


def _asks(item: Item) -> bool:
    """Whether a decision is what it waits for."""
    return item.state == "in_review" or (
        item.state == "held" and item.reason == "unapproved" and item.submitted_at is not None
    )


def _awaited(asked: Turn, actor: Actor) -> set[int]:
    """Those whom it waits for; nobody is reminded by themselves."""
    return set(asked.asked | asked.acceptors) - {actor.person or 0}


def _nudge(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    revision: Revision,
    asked: Turn,
    only: int | None = None,
) -> list[int]:
    """Queue the mails, each with a link of its own where its reader can decide by it. Returns who gets one."""
    lately = select(Notice.person_id).where(
        Notice.item_id == item.id, Notice.kind == KIND, Notice.created_at > installation.now() - GAP
    )
    people = sorted(_awaited(asked, actor) - set(session.scalars(lately)))
    people = [person for person in people if only in (None, person)]
    for person in people:
        if person in asked.asked:
            request_mails.queue(installation, session, item, revision, person, KIND, by=actor.name)
        else:
            outbox.drop(session, item, outbox.ASKING, only={person})
            outbox.queue(session, installation, [person], KIND, item=item, by=actor.name)
    if people:
        note(session, installation, actor, "item.reminded", item.id, names=", ".join(called(session, people)))
    return people

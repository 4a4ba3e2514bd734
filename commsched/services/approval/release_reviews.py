"""The task that an emergency release leaves: somebody who approves looks at what was let out without them.

It is opened in the transaction of the release, stands on Today for those who approve, and stays until one of them who
did not let it out has answered: seen, in order; or to be mended.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotAllowed, NotFound
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices import outbox
from commsched.store import locks
from commsched.store.models import Decision, Item, ReleaseReview

ANSWERS: Final = ("fine", "mend")


def open_task(installation: Installation, session: Session, item: Item, release: Decision) -> None:
    """Leave the task, in the transaction of the ``release``."""
    session.add(
        ReleaseReview(
            workspace_id=item.workspace_id,
            item_id=item.id,
            decision_id=release.id,
            released_by=release.person_id,
            at=installation.now(),
        )
    )


def waits_for(person: int | None) -> tuple[ColumnElement[bool], ...]:
    """SQL: the open tasks that ``person``, who may approve, can answer."""
    return ReleaseReview.answer == "", or_(ReleaseReview.released_by.is_(None), ReleaseReview.released_by != person)


def of_item(session: Session, item_id: int) -> list[ReleaseReview]:
    """Every such task of an item, the oldest first."""
    return list(
        session.scalars(select(ReleaseReview).where(ReleaseReview.item_id == item_id).order_by(ReleaseReview.id))
    )


def waiting(session: Session, person: int | None, most: int) -> list[tuple[ReleaseReview, Item]]:
    """The open tasks that ``person`` can answer, with their items, the oldest first."""
    rows = session.execute(
        select(ReleaseReview, Item)
        .join(Item, Item.id == ReleaseReview.item_id)
        .where(*waits_for(person))
        .order_by(ReleaseReview.id)
        .limit(most)
    )
    return [(task, item) for task, item in rows]


def answer(installation: Installation, actor: Actor, item_id: int, task_id: int, verdict: str, words: str = "") -> None:
    """Say what became of looking at it: ``fine`` or ``mend``. Whoever let it out is told that it is to be mended.

    Raises :class:`NotAllowed` for whoever let it out, :class:`Conflict` where somebody has answered already.
    """
    actor.require("approve")
    if verdict not in ANSWERS:
        raise Invalid(N_("Choose one of the answers."), "answer")
    with installation.store.write(actor.workspace) as session:
        wanted = select(ReleaseReview).where(ReleaseReview.id == task_id, ReleaseReview.item_id == item_id)
        task = session.scalar(locks.rows(wanted))
        item = session.scalar(select(Item).where(Item.id == item_id))
        if task is None or item is None:
            raise NotFound(N_("There is no such task."))
        if actor.person is None or task.released_by == actor.person:
            raise NotAllowed(N_("You let it out yourself. Somebody else must look at it."))
        if task.answer:
            raise Conflict(N_("Somebody has looked at it already."))
        task.answer, task.words = verdict, passage(words[:10_000], "comment")
        task.answered_by, task.answered_at = actor.person, installation.now()
        note(session, installation, actor, f"release.{verdict}", item.id)
        if verdict == "mend":
            concerned = sorted({person for person in (task.released_by, item.author_id) if person} - {actor.person})
            by, words = actor.name, task.words[:500]
            outbox.queue(session, installation, concerned, "to_be_mended", item=item, by=by, comment=words)

"""Take back a move or a cancellation, shortly after it: the item stands where it stood, by the rules of any move.

Whether something can be undone is read from the record: its newest line about the item says who did what, and how the
item stood before. Nothing is undone that somebody has gone on from, and nothing that is out is called back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Conflict
from commsched.services.content import before, embargo_times, items, times
from commsched.services.content.before import Standing
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import schedule
from commsched.store import locks
from commsched.store.models import AuditEntry, Delivery, Item

UNDO_FOR: Final = timedelta(minutes=10)
TIMELESS: Final = frozenset({"draft", "changes_requested", "in_review", "approved"})
"""Item states in which nothing waits in the outbox, so that an item can do without a time."""
ACTS: Final = ("item.moved", "item.cancelled", "item.undone")


class TooLate(Conflict):
    """Somebody has gone on from it, it is too long ago, or somebody else did it."""

    code = "undo-too-late"

    def __init__(self) -> None:
        super().__init__(N_("It can no longer be undone: it was changed since, or too long ago."))


def undo(installation: Installation, actor: Actor, item_id: int) -> str:
    """Undo the last move or cancellation of ``item_id``, if ``actor`` did it; returns the item's state then.

    An approval that fell because of a move is not given back: those who approve have been asked again, and answer.
    Raises :class:`TooLate`, and whatever says that the time before has passed meanwhile.
    """
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        act = last_act(session, actor, item.id, installation.now())
        earlier = before.read(act.facts) if act else None
        if act is None or earlier is None or not before.stands_as_left(session, item, act.facts):
            raise TooLate
        if act.action == "item.cancelled":
            _stand_again(installation, session, actor, item, earlier)
        else:
            _move_back(installation, session, actor, item, earlier)
        item.updated_at = installation.now()
        note(session, installation, actor, "item.undone", item.id, what=act.action.removeprefix("item."))
        state = item.state
    installation.wake()
    return state


def last_act(session: Session, actor: Actor, item_id: int, now: datetime) -> AuditEntry | None:
    """The record's line about what ``actor`` did last to the item, if it is recent and nothing of it was out."""
    newest = select(AuditEntry).where(AuditEntry.item_id == item_id, AuditEntry.action.in_(ACTS))
    act = session.scalar(newest.order_by(desc(AuditEntry.id)).limit(1))
    if act is None or act.action == "item.undone" or act.actor_id != actor.person or now - act.at > UNDO_FOR:
        return None
    return None if act.facts.get("out") or act.facts.get("under_way") else act


def _stand_again(installation: Installation, session: Session, actor: Actor, item: Item, earlier: Standing) -> None:
    """Undo a cancellation. What waited is put in the outbox anew, so that the approval and the time count today."""
    if item.state != "cancelled":  # something of it was out, or on its way
        raise TooLate
    was = {row.id: row for row in earlier.rows}
    rows = session.scalars(locks.rows(select(Delivery).where(Delivery.id.in_(was))))
    for row in rows:
        row.stop = ""
        if was[row.id].state != "waiting":
            row.state, row.reason = was[row.id].state, was[row.id].reason
    item.state, item.reason = earlier.state, earlier.reason
    session.flush()
    if any(row.state == "waiting" for row in earlier.rows):
        item.state = "approved"
        schedule.refuse_passed(times.left(session, item, installation.now()), installation.now())
        schedule.enqueue(installation, session, actor, item, moved=True)


def _move_back(installation: Installation, session: Session, actor: Actor, item: Item, earlier: Standing) -> None:
    """Undo a move, as any move: the time must lie ahead, and the approval must cover it or is asked for."""
    now = installation.now()
    if not times.movable(session, item, now) or (earlier.slot is None and not _can_lose_its_time(item, earlier)):
        raise TooLate
    _set(item, earlier)
    times.keep(session, item, earlier.own_slots())
    if earlier.slot is None:
        return
    plan = times.left(session, item, now)
    schedule.refuse_passed(plan, now)
    embargo_times.refuse_before_embargo(installation, session, items.current(session, item).parsed(), plan)
    schedule.follow_move(installation, session, actor, item)


def _can_lose_its_time(item: Item, earlier: Standing) -> bool:
    """Whether nothing has been placed in the outbox for the time that is taken away, or would have been by now."""
    return item.state in TIMELESS and not (earlier.when_approved and item.state == "approved")


def _set(item: Item, earlier: Standing) -> None:
    slot = earlier.slot
    item.publish_at, item.latest_at = (slot.at, slot.latest) if slot else (None, None)
    item.wall_time, item.zone = (slot.wall, slot.zone) if slot else ("", "")
    item.when_approved = earlier.when_approved

"""Do the same with several items: move them by days, send them for approval, cancel them.

What it does to each is told first (:func:`foresee`), and each is done by the rules of doing it alone, in a transaction
of its own, so that one that cannot be moved stops none of the others. An item that has come to stand otherwise since it
was told of is left as it is, and its result says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import inside
from commsched.core.text.messages import N_, Conflict, Invalid, Message, OfficeError
from commsched.core.timing import again
from commsched.core.timing.plan import moved_along
from commsched.core.timing.wall_time import Fold, Gap, Moment, read_time, refuse_past
from commsched.services.approval.clearance import clearance, read_policy
from commsched.services.content import items, times
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.workflow import approve, schedule
from commsched.store.models import Delivery, Item

Deed = Literal["move", "submit", "cancel"]
DEEDS: Final[tuple[Deed, ...]] = ("move", "submit", "cancel")
MOST: Final = 50
"""Items that one act takes; each costs a few statements and a transaction."""

EFFECTS: Final[dict[str, Message]] = {
    "holds": Message(N_("It is moved. The approval holds there.")),
    "again": Message(N_("It is moved, and must be approved again: whoever approved it is asked.")),
    "asked": Message(N_("It is moved. It still waits for approval.")),
    "free": Message(N_("It is moved. Nothing of it is approved yet.")),
    "alone": Message(N_("It is moved. Nobody has to approve it.")),
    "sent": Message(N_("It goes to whoever approves it.")),
    "draft": Message(N_("It is thrown away. Nobody was asked about it.")),
    "unasked": Message(N_("It is cancelled, and nobody is asked to approve it any more.")),
    "stopped": Message(N_("It is cancelled. The approval that it has leads to nothing.")),
    "rest": Message(N_("What is out stays out. The rest is cancelled.")),
}
"""What an act leads to, by its code."""


class Foreseen(msgspec.Struct, frozen=True):
    """What an act would do to one item: ``code`` is one of :data:`EFFECTS`, or empty where it can do nothing."""

    id: int
    title: str
    state: str
    wall: str
    """When it is meant to go out, as wall time."""
    code: str
    words: Message
    to: str = ""
    """The wall time that it would be moved to."""


class Result(msgspec.Struct, frozen=True):
    """What became of one item. ``problem`` says why nothing did."""

    id: int
    title: str
    problem: Message | None = None


def foresee(installation: Installation, actor: Actor, deed: Deed, ids: Sequence[int], days: int = 0) -> list[Foreseen]:
    """What ``deed`` would do to each of ``ids``, in the order of their times. ``days``: how far a move takes them; a
    negative number is earlier. Items of another office, and such as do not exist, are left out."""
    actor.require("write" if deed == "submit" else "schedule")
    if len(ids) > MOST:
        raise Invalid(N_("At most %(most)s at a time."), "item", most=MOST)
    with installation.store.read(actor.workspace) as session:
        rows = session.scalars(select(Item).where(Item.id.in_(ids)).order_by(Item.publish_at, Item.id)).all()
        zone = workspace_of(session, actor).zone
        look = _Look(installation, session, actor, zone, timedelta(days=days))
        return [look.at(deed, item) for item in rows]


def carry_out(
    installation: Installation, actor: Actor, deed: Deed, codes: Mapping[int, str], days: int = 0
) -> list[Result]:
    """Do ``deed`` to each item of ``codes``, as its code there says; one result an item."""
    return [
        _one(installation, actor, deed, expected, codes[expected.id])
        for expected in foresee(installation, actor, deed, list(codes), days)
    ]


def _one(installation: Installation, actor: Actor, deed: Deed, now: Foreseen, code: str) -> Result:
    if not now.code:
        return Result(now.id, now.title, now.words)
    if now.code != code:
        return Result(now.id, now.title, Message(N_("It has changed since you were asked, so it was left as it is.")))
    acts: dict[Deed, Callable[[], object]] = {
        "move": lambda: schedule.move(installation, actor, now.id, now.to, ask_again=code == "again"),
        "submit": lambda: approve.submit(installation, actor, now.id, then_schedule=bool(now.wall)),
        "cancel": lambda: schedule.cancel(installation, actor, now.id),
    }
    try:
        acts[deed]()
    except OfficeError as error:
        if error.status >= 500:
            raise
        return Result(now.id, now.title, error.words)
    except (Gap, Fold) as clash:
        return Result(now.id, now.title, clash.words)
    return Result(now.id, now.title)


class _Look:
    """Looks at one item after the other, within one reading."""

    def __init__(self, installation: Installation, session: Session, actor: Actor, zone: str, by: timedelta) -> None:
        self._installation, self._session, self._actor = installation, session, actor
        self._zone, self._by, self._now = zone, by, installation.now()

    def at(self, deed: Deed, item: Item) -> Foreseen:
        to = again.moved(item.wall_time, self._by) if deed == "move" and item.wall_time else ""
        try:
            look = {"move": self._move, "submit": self._submit, "cancel": self._cancel}[deed]
            code = look(item, to)
        except (OfficeError, Gap, Fold) as refusal:
            return Foreseen(item.id, item.title, item.state, item.wall_time, "", refusal.words, to)
        return Foreseen(item.id, item.title, item.state, item.wall_time, code, EFFECTS[code], to)

    def _move(self, item: Item, to: str) -> str:
        if not self._by:
            raise Invalid(N_("Choose how far."), "days")
        if not times.movable(self._session, item, self._now):
            raise Conflict(N_("It is already out or cancelled, and cannot be moved."))
        if not to:
            raise Conflict(N_("It has no time to be moved from."))
        moment = read_time(to, self._zone)
        refuse_past(moment.at, self._now)
        if item.state in ("draft", "changes_requested"):
            return "free"
        if not read_policy(item.policy).steps:
            return "alone"
        bounds = clearance(self._session, item, items.current(self._session, item).hash)
        if bounds is None:
            return "asked"
        return "holds" if all(inside(at, bounds) for at in self._times(item, moment)) else "again"

    def _times(self, item: Item, moment: Moment) -> list[datetime]:
        """When what is left of the item would go out, were it moved to ``moment``."""
        plan, before = times.left(self._session, item, self._now), times.item_slot(item)
        assert before is not None, "an item with a time"
        own = {channel for channel in plan.own if channel in plan.channels}
        along = [moved_along(plan.own[channel], before, moment).at for channel in own]
        return [*along, *([moment.at] if plan.followers else [])]

    def _submit(self, item: Item, _to: str) -> str:
        if item.state not in approve.ASKABLE or item.state == "approved":
            raise Conflict(N_("It is already with the approver or past that."))
        stopping = items.examine(self._installation, self._actor, item.id).stopping
        if stopping:
            raise approve.Blocked(stopping)
        return "sent"

    def _cancel(self, item: Item, _to: str) -> str:
        if item.state in ("published", "cancelled"):
            raise Conflict(N_("It is already out or cancelled."))
        if item.state in ("publishing", "partly_published") or self._any_out(item):
            return "rest"
        codes = {"draft": "draft", "changes_requested": "draft", "in_review": "unasked"}
        return codes.get(item.state, "stopped")

    def _any_out(self, item: Item) -> bool:
        out = select(Delivery.id).where(Delivery.item_id == item.id, Delivery.state == "published").limit(1)
        return self._session.scalar(out) is not None

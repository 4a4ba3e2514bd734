"""Living through the demo's past: its events in the order they happened, on a clock that is set to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import select, update

from commsched.core.content.draft import DraftIn
from commsched.core.timing.wall_time import zone_of
from commsched.services.content import items
from commsched.services.deliver.claims import new_owner
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import approve, editing, pause
from commsched.store.models import Channel, Item
from commsched.store.session import EVERY_WORKSPACE

_WRITTEN_BEFORE: Final = (26, 50, 30, 74, 28, 98)
"""Hours before its time that something is written, in turn."""
_REASON: Final = "Olycka på bron vid Almekulla. Vi väntar tills vi vet mer."
_APPROVED_AFTER: Final = (35, 95, 190, 20, 60)
"""Minutes from asked to approved, in turn."""


class Past:
    """A clock that stands where it was set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class DemoPerson(msgspec.Struct, frozen=True):
    """Somebody of the demo, as an actor in their office."""

    actor: Actor


class DemoOffice(msgspec.Struct, frozen=True):
    """An office of the demo: its zone, its two people, and its channels' ids by short name."""

    zone: str
    writer: DemoPerson
    leader: DemoPerson
    channels: dict[str, int]


class PlannedItem(msgspec.Struct):
    """One item and how far it shall come."""

    place: DemoOffice
    draft: DraftIn
    at: datetime | None
    state: str
    comment: str = ""
    item: int = 0


@dataclass(order=True, slots=True)
class _Event:
    at: datetime
    order: int
    do: Callable[[], None] = field(compare=False)


Deed = tuple[datetime, Callable[[], None]]
"""Something that happens at a moment."""


def live(
    installation: Installation, past: Past, plans: Sequence[PlannedItem], now: datetime, besides: Sequence[Deed] = ()
) -> None:
    """Let everything in ``plans`` that lies before ``now`` happen, and what happens ``besides``, in order."""
    dispatcher = Dispatcher(installation, owner=new_owner("demo"))
    events: list[_Event] = []
    for turn, plan in enumerate(plans):
        events += _events(installation, dispatcher, past, plan, turn, now)
    events += [_Event(at, len(plans) + place, deed) for place, (at, deed) in enumerate(besides)]
    for happening in sorted(events):
        past.at = max(past.at, happening.at)
        happening.do()
    past.at = now


def _events(
    installation: Installation, dispatcher: Dispatcher, past: Past, plan: PlannedItem, turn: int, now: datetime
) -> list[_Event]:
    due = plan.at or now
    written = _working_hours(due - timedelta(hours=_WRITTEN_BEFORE[turn % 6]), now - timedelta(hours=3), plan, turn)
    asked = written + timedelta(minutes=12 + turn % 7)
    decided = min(asked + timedelta(minutes=_APPROVED_AFTER[turn % 5]), now - timedelta(minutes=20), due)
    writer, leader = plan.place.writer.actor, plan.place.leader.actor

    def create() -> None:
        plan.item = editing.create(installation, writer, plan.draft)

    def submit() -> None:
        approve.submit(installation, writer, plan.item, then_schedule=plan.state != "approved")

    def send_back() -> None:
        approve.request_changes(installation, leader, plan.item, _hash(installation, leader, plan.item), plan.comment)

    happenings = [_Event(written, turn, create)]
    if plan.state == "draft":
        return happenings
    happenings.append(_Event(asked, turn, submit))
    if plan.state == "changes_requested":
        return [*happenings, _Event(decided, turn, send_back)]
    if plan.state == "in_review":
        return happenings
    happenings.append(_Event(decided, turn, lambda: say_yes(installation, leader, plan.item)))
    return happenings + _outcomes(installation, dispatcher, past, plan, turn)


def _outcomes(
    installation: Installation, dispatcher: Dispatcher, past: Past, plan: PlannedItem, turn: int
) -> list[_Event]:
    """Plays what happened when an item was due: it went out, was held by a pause, its outcome was unknown, or it was
    refused."""
    writer = plan.place.writer.actor
    if plan.at is None or plan.state in ("approved", "scheduled"):
        return []
    minute = timedelta(minutes=1)

    def run() -> None:
        dispatcher.run()
        past.at += timedelta(seconds=30)  # what was lost is read back
        dispatcher.run()

    def behave(how: str) -> Callable[[], None]:
        return lambda: _behave(installation, plan.place.channels["trouble"], how)

    if plan.state == "held":
        return [
            _Event(plan.at - 6 * minute, turn, lambda: pause.pause(installation, writer, _REASON)),
            _Event(plan.at, turn, run),
            _Event(plan.at + 40 * minute, turn, lambda: _resume(installation, writer)),
        ]
    if plan.state == "failed":
        calm = behave("needs a person")
        return [
            _Event(plan.at - minute, turn, behave("rejects")),
            _Event(plan.at, turn, run),
            _Event(plan.at + minute, turn, calm),
        ]
    return [_Event(plan.at, turn, run)]


def _resume(installation: Installation, actor: Actor) -> None:
    pause.resume(installation, actor, "hold")


def _behave(installation: Installation, channel: int, how: str) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Channel).where(Channel.id == channel).values(settings={"behaviour": how}))


def _hash(installation: Installation, actor: Actor, item: int) -> str:
    with installation.store.read(actor.workspace) as session:
        return items.current(session, session.scalars(select(Item).where(Item.id == item)).one()).hash


def say_yes(installation: Installation, leader: Actor, item: int) -> None:
    """The leader approves what stands now."""
    approve.approve(installation, leader, item, _hash(installation, leader, item))


def _working_hours(wish: datetime, latest: datetime, plan: PlannedItem, turn: int) -> datetime:
    """A moment at or before ``wish`` and ``latest`` when people sit at their desks."""
    zone = zone_of(plan.place.zone)
    before = min(wish, latest)
    day = before.astimezone(zone)
    for back in range(7):
        candidate = (day - timedelta(days=back)).replace(
            hour=9 + turn % 6, minute=turn * 7 % 60, second=0, microsecond=0
        )
        if candidate <= before and candidate.isoweekday() < 6:
            return candidate.astimezone(before.tzinfo)
    return before

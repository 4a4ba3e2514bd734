"""What the tests of publishing do again and again: something due, a fault, and how it ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from commsched.store.models import Delivery, Notice, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.world import FIRST, SECOND, World


def due(world: World, channel: int = 1, **more: Any) -> int:
    """An item approved by everyone who must, scheduled, and due now."""
    world.create(channels=(channel,), minutes=0.1, **more)
    for person in (FIRST, SECOND):
        world.say_yes(world.items[-1], person)
    world.clock.forward(10)
    return world.items[-1]


def fail(world: World, *faults: str, kind: str = "send") -> None:
    """The next calls of that kind go wrong so."""
    left = list(faults)
    world.wall.fault = lambda asked, platform, part: left.pop(0) if asked == kind and left else ""


def ask_about(world: World, *faults: str) -> None:
    """A list of which some calls ended so that only a person can say what became of them."""
    due(world, channel=4)
    fail(world, *faults)
    world.settle()
    world.clock.forward(6)
    world.settle()


def only_delivery(world: World) -> Delivery:
    """The only delivery that is not cancelled."""
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        (row,) = session.scalars(select(Delivery).where(Delivery.state != "cancelled"))
        return row


def change(world: World, model: Any, **values: Any) -> None:
    """Set ``values`` in every row of ``model``, behind the use cases' back."""
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        for row in session.scalars(select(model)):
            for name, value in values.items():
                setattr(row, name, value)


def outcome(world: World) -> tuple[str, str, int]:
    """The state and the reason of the only delivery, and how many posts readers have seen."""
    row = only_delivery(world)
    return row.state, row.reason, len(world.wall.seen)


def asked(world: World) -> int:
    """How many people have been asked what became of something."""
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return len(session.scalars(select(Notice).where(Notice.kind == "unknown_ask")).all())


def fates(world: World) -> list[str]:
    """The states of all parts, by their numbers."""
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Part.state).order_by(Part.number)))

"""What follows from a call's outcome: for the part, for the rest of its thread, for its channel, and for people."""

from __future__ import annotations

from sqlalchemy import select

from commsched.store.models import AuditEntry, Channel, Delivery, Item, Notice, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import FIRST, SECOND, WRITER, World


def test_a_part_answers_the_one_before_it(world: World) -> None:
    due(world, parts=3)
    world.settle()
    ids = [seen.id for seen in world.wall.seen]
    assert [seen.parent for seen in world.wall.seen] == ["", *ids[:2]]


def test_a_part_that_is_refused_stops_those_after_it(world: World) -> None:
    due(world, parts=3)
    fail(world, "", "reject")
    world.settle()
    assert outcome(world) == ("failed", "rejected", 1)


def test_a_rate_limit_rests_the_whole_channel_even_past_the_latest_time(world: World) -> None:
    due(world, latest=1.0)
    due(world, latest=1.0)
    fail(world, "429")
    world.settle()
    assert world.attempts == 1
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        reasons = session.scalars(select(Delivery.reason).order_by(Delivery.id)).all()
        assert session.get(Channel, 1).not_before is not None  # type: ignore[union-attr]
    assert set(reasons) == {"late"}


def test_retries_wait_longer_and_are_counted(world: World) -> None:
    due(world)
    fail(world, "dns", "dns", "dns")
    waits = []
    for _ in range(3):
        world.settle()
        left = only_delivery(world).next_at
        assert left is not None
        waits.append((left - world.clock.at).total_seconds())
        world.clock.forward(waits[-1])
    world.settle()
    assert waits == [5, 15, 60]
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Part.tries)).all() == [4]
    assert outcome(world) == ("published", "", 1)


def test_a_dead_token_stops_the_channel_and_tells_people(world: World) -> None:
    due(world)
    due(world)
    fail(world, "token")
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.get(Channel, 1).state == "broken"  # type: ignore[union-attr]
        assert set(session.scalars(select(Delivery.reason))) == {"token"}
        assert {n.facts["delivery"] for n in session.scalars(select(Notice).where(Notice.kind == "held"))} == {1, 2}
    assert world.attempts == 1


def test_what_stops_is_told_and_on_the_record_in_the_same_transaction(world: World) -> None:
    world.tamper(due(world))
    world.trouble = "full"
    world.step()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert not session.scalars(select(Notice).where(Notice.kind == "held")).all()
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        people = {n.person_id for n in session.scalars(select(Notice).where(Notice.kind == "held"))}
        assert people == {WRITER, FIRST, SECOND}
        assert (
            session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.held")).one().actor == "scheduler"
        )
        assert session.scalars(select(Item.state)).one() == "held"

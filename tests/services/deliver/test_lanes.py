"""Several calls open at once on one channel: nothing twice, nothing after a stop, and what is open counted truly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from commsched.services.deliver import claims
from commsched.services.deliver.batch import Batch, Overtaken
from commsched.services.workflow import schedule
from commsched.store.models import Attempt, AuditEntry, Delivery, Notice, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.platform import START
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import LIST, WRITER, World

LIST_CHANNEL, LANES = 4, 2
LONG = tuple(f"red{number}@tidningen.se" for number in range(9))


pytestmark = pytest.mark.usefixtures("worlds")


@pytest.fixture
def world(worlds: None) -> Iterator[World]:
    """A press list with more people than lanes."""
    simulated = World()
    simulated.set_list(LONG)
    simulated.set_lanes("none", LANES)
    yield simulated
    simulated.check()


def open_attempts(world: World) -> list[tuple[int, int]]:
    """(part, lane) of each."""
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.scalars(select(Attempt).where(Attempt.outcome == "").order_by(Attempt.part))
        return [(row.part, row.lane) for row in rows]


def parts(world: World) -> list[str]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Part.state).order_by(Part.delivery_id, Part.number)))


def people_seen(world: World) -> list[str]:
    return sorted(seen.recipient for seen in world.wall.seen)


def test_as_many_calls_are_open_as_there_are_lanes_and_no_two_in_one(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    assert len(world.hands.calls) == LANES
    assert open_attempts(world) == [(0, 0), (1, 1)]
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert len(set(session.scalars(select(Attempt.uid)))) == LANES
    assert (only_delivery(world).state, only_delivery(world).next_at) == ("sending", None)


def test_a_free_lane_is_filled_while_the_others_are_under_way(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    world.call(1)  # the second is fast
    world.step()
    world.step()
    assert open_attempts(world) == [(0, 0), (2, 1)]
    world.settle()
    assert outcome(world) == ("published", "", len(LONG))
    assert people_seen(world) == sorted(LONG)
    assert world.most_open == LANES


def test_several_answers_are_recorded_in_one_transaction(world: World) -> None:
    world.set_list(LONG[:3])
    world.set_lanes("none", 3)
    due(world, channel=LIST_CHANNEL)
    fail(world, "reject", "", "reject")
    world.step()
    while world.call():
        pass
    world.step()
    assert parts(world) == ["failed", "published", "failed"]
    assert outcome(world) == ("failed", "rejected", 1)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        (line,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.failed"))
        assert (line.facts["out"], line.facts["of"]) == (1, 3)
        assert session.scalars(select(Notice.kind).where(Notice.kind == "failed").distinct()).all() == ["failed"]


def test_no_more_is_begun_than_hands_can_call(world: World) -> None:
    world.dispatcher.width = 1
    due(world, channel=LIST_CHANNEL)
    world.step()
    assert len(open_attempts(world)) == len(world.hands.calls) == 1
    world.settle()
    assert outcome(world) == ("published", "", len(LONG))


def test_a_channel_may_be_allowed_fewer_lanes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = world.platforms["sim-none"]
    monkeypatch.setattr(platform, "lanes_on", lambda settings: 1)
    due(world, channel=LIST_CHANNEL)
    world.settle()
    assert outcome(world) == ("published", "", len(LONG))
    assert world.most_open == 1


def test_posts_fill_the_lanes_of_a_network_that_has_several_and_threads_keep_their_order(world: World) -> None:
    world.set_lanes("key", 2)
    for _ in range(3):
        due(world, channel=1, parts=2)
    world.step()
    assert open_attempts(world) == [(0, 0), (0, 1)]
    world.call(1)
    world.step()
    world.step()
    assert len(open_attempts(world)) == 2
    world.settle()
    assert len(world.wall.seen) == 6
    assert world.most_open == 2


def test_a_network_has_one_lane(world: World) -> None:
    for _ in range(2):
        due(world, channel=1)
    world.step()
    assert open_attempts(world) == [(0, 0)]


@pytest.mark.parametrize("deed", ["pause", "no approval", "cancel", "drop"])
def test_what_people_decide_reaches_the_wire_in_every_lane(world: World, deed: str) -> None:
    item = due(world, channel=LIST_CHANNEL)
    world.step()
    world.call()
    match deed:
        case "pause":
            world.pause()
        case "no approval":
            with world.installation.store.ledger() as connection:
                connection.execute(text("DELETE FROM decision"))
        case "cancel":
            world.cancel(item)
        case "drop":
            world.drop(0)
    world.step()
    world.step()
    assert len(open_attempts(world)) == 1, "one lane has answered, nothing new is begun in it"
    assert only_delivery(world).state == "sending", "the other lane is still under way"
    world.settle()
    assert len(world.wall.seen) == LANES
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalars(select(Delivery)).one()
        reason = {"pause": "paused", "no approval": "unapproved", "cancel": "cancelled", "drop": "dropped"}[deed]
        assert (row.state, row.reason) == ("held" if deed in ("pause", "no approval") else "cancelled", reason)
    assert parts(world).count("published") == LANES


def test_what_was_stopped_is_told_with_what_is_under_way_in_all_lanes(world: World) -> None:
    item = due(world, channel=LIST_CHANNEL)
    world.step()
    world.call()
    world.step()
    world.step()
    (left,) = schedule.cancel(world.installation, world.actor(WRITER), item)
    assert (left.out, left.under_way, left.of) == (1, LANES, len(LONG))
    world.items.clear()
    world.stopped.add((item, LIST_CHANNEL))
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        (line,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "delivery.cancelled"))
        assert (line.facts["out"], line.facts["of"]) == (1 + LANES, len(LONG))


def test_paused_and_resumed_while_a_call_is_under_way_it_goes_on_and_no_one_is_missed(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    world.call()
    world.pause()
    world.step()
    world.step()
    world.resume("hold")
    world.settle()
    assert people_seen(world) == sorted(LONG)


@pytest.mark.parametrize("fault", ["429", "dns"])
def test_what_one_lane_is_told_holds_the_others(world: World, fault: str) -> None:
    due(world, channel=LIST_CHANNEL)
    fail(world, fault)
    world.step()
    world.call()
    world.step()
    world.step()
    assert len(open_attempts(world)) == LANES - 1, "nothing is begun while the channel rests"
    world.settle()
    assert len(world.wall.seen) == LANES - 1
    assert only_delivery(world).state == "sending"
    world.finish()
    assert people_seen(world) == sorted(LONG)


def test_what_is_lost_in_one_lane_is_asked_about_and_the_others_go_on(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    fail(world, "", "timeout after")
    world.settle()
    world.clock.forward(10)
    world.settle()
    assert (only_delivery(world).state, only_delivery(world).reason) == ("unknown", "ask")
    assert parts(world).count("unknown") == 1
    assert people_seen(world) == sorted(LONG), "nobody got it twice"


@pytest.mark.parametrize("trouble", ["full", "locked", "broken", "lost", "broken after"])
def test_a_commit_that_fails_with_several_lanes_open_sends_nothing_twice(world: World, trouble: str) -> None:
    due(world, channel=LIST_CHANNEL)
    for _ in range(30):
        world.trouble = trouble
        if not (world.step() | world.call(1) | world.step()):
            break
    world.trouble = ""
    world.settle()
    assert people_seen(world) == sorted(LONG)
    assert set(parts(world)) == {"published"}


def test_a_process_killed_with_several_lanes_open_leaves_each_to_be_asked_about(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    world.crash()
    assert parts(world).count("unknown") == LANES
    world.clock.forward(10)
    world.settle()
    world.clock.forward(10)
    world.settle()
    assert parts(world).count("published") == len(LONG) - LANES
    assert (only_delivery(world).state, only_delivery(world).reason) == ("unknown", "ask")
    assert len(people_seen(world)) == len(set(people_seen(world)))


def test_an_owner_that_sleeps_loses_all_its_lanes_at_once(worlds: None) -> None:
    world = World(dispatchers=2)
    world.set_list(LONG)
    world.set_lanes("none", LANES)
    due(world, channel=LIST_CHANNEL)
    world.step(0)
    world.freeze(0)
    world.clock.forward(claims.LEASE.total_seconds() + 1)
    world.step(1)
    world.step(1)
    assert parts(world).count("unknown") == LANES
    assert not {part for part, _ in open_attempts(world)} & {0, 1}
    world.wake()
    world.finish()
    assert len(people_seen(world)) == len(set(people_seen(world)))


def test_the_database_refuses_a_second_attempt_in_a_lane(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    row = only_delivery(world)
    again = {"delivery_id": row.id, "channel_id": LIST_CHANNEL, "hash": "", "started_at": START}
    with (
        pytest.raises(IntegrityError),
        world.installation.store.write(EVERY_WORKSPACE) as session,
    ):
        session.add(Attempt(uid="x", part=7, lane=LANES - 1, **again))


def test_a_part_that_somebody_has_begun_cannot_be_begun_again(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    batch = Batch()
    batch.begin_part(only_delivery(world).id, 0)
    with pytest.raises(Overtaken), world.installation.store.ledger() as connection:
        batch.flush(connection, START)


def test_a_shorter_list_than_lanes_ends_as_any(world: World) -> None:
    world.set_list(LIST)
    world.set_lanes("none", 8)
    due(world, channel=LIST_CHANNEL)
    world.settle()
    assert outcome(world) == ("published", "", len(LIST))

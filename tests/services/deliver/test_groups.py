"""Recipients that go together: each has an attempt of its own, and what stops a group stops it between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Handles, Outcome, Published
from commsched.core.platform.contract import ChannelContext, Part, Platform
from commsched.services.deliver._groups import LONGEST, next_size, perform_all
from commsched.services.deliver.calls import STALE
from commsched.services.deliver.types import Call, Done
from commsched.store.models import Attempt, Delivery
from commsched.store.models import Part as PartRow
from commsched.store.session import EVERY_WORKSPACE
from tests.services.deliver.test_lanes import LIST_CHANNEL, open_attempts, parts, people_seen
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import World

PEOPLE = tuple(f"red{number}@tidningen.se" for number in range(9))
GROUP = 4

pytestmark = pytest.mark.usefixtures("worlds")


@pytest.fixture
def world(worlds: None) -> Iterator[World]:
    simulated = World()
    simulated.set_list(PEOPLE)
    simulated.set_group("none", GROUP)
    yield simulated
    simulated.check()


def tries(world: World) -> list[int]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(PartRow.tries).order_by(PartRow.number)))


def test_a_group_is_one_call_with_an_attempt_for_each(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    assert len(world.hands.calls) == 1
    assert open_attempts(world) == [(number, number) for number in range(GROUP)]
    world.call()
    world.step()
    assert parts(world)[:GROUP] == ["published"] * GROUP
    world.settle()
    assert outcome(world) == ("published", "", len(PEOPLE))
    assert people_seen(world) == sorted(PEOPLE)
    assert set(tries(world)) == {1}


def test_the_answers_of_a_group_and_the_attempts_of_the_next_are_one_transaction(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    world.call()
    world.step()
    assert parts(world)[:GROUP] == ["published"] * GROUP
    assert open_attempts(world) == [(GROUP + place, place) for place in range(GROUP)]
    world.settle()
    assert people_seen(world) == sorted(PEOPLE)


def test_groups_in_several_lanes_have_places_of_their_own(world: World) -> None:
    world.set_lanes("none", 2)
    due(world, channel=LIST_CHANNEL)
    world.step()
    assert len(world.hands.calls) == 2
    assert open_attempts(world) == [(number, number) for number in range(2 * GROUP)]
    world.call(1)
    world.step()
    world.step()
    assert open_attempts(world) == [*((number, number) for number in range(GROUP)), (2 * GROUP, GROUP)]
    world.settle()
    assert people_seen(world) == sorted(PEOPLE)


@pytest.mark.parametrize("fault", ["429", "dns"])
def test_who_comes_after_a_refusal_of_all_is_not_begun_and_goes_again(world: World, fault: str) -> None:
    due(world, channel=LIST_CHANNEL)
    fail(world, "", fault)
    world.step()
    world.call()
    world.step()
    assert parts(world)[:GROUP] == ["published", "waiting", "waiting", "waiting"]
    assert tries(world)[:GROUP] == [1, 1, 0, 0], "who was not begun has lost no try"
    assert people_seen(world) == [PEOPLE[0]]
    world.finish()
    assert people_seen(world) == sorted(PEOPLE)
    assert set(parts(world)) == {"published"}


def test_a_lost_answer_is_one_question_and_the_others_go_on(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    fail(world, "", "timeout after")
    world.settle()
    world.clock.forward(10)
    world.settle()
    assert parts(world) == ["published", "unknown", *["published"] * (len(PEOPLE) - 2)]
    assert (only_delivery(world).state, only_delivery(world).reason) == ("unknown", "ask")
    assert people_seen(world) == sorted(PEOPLE), "nobody got it twice"


def test_what_an_adapter_that_raises_had_begun_is_unknown_to_the_last(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    fail(world, "", "raises after")
    world.settle()
    assert parts(world)[:GROUP] == ["published", "unknown", "unknown", "unknown"]
    assert len(people_seen(world)) == len(set(people_seen(world)))


def test_refused_and_published_are_told_once_for_the_whole(world: World) -> None:
    world.set_list(PEOPLE[:3])
    due(world, channel=LIST_CHANNEL)
    fail(world, "reject", "", "reject")
    world.settle()
    assert parts(world) == ["failed", "published", "failed"]
    assert outcome(world) == ("failed", "rejected", 1)


@pytest.mark.parametrize("deed", ["pause", "drop"])
def test_what_people_decide_stops_the_next_group(world: World, deed: str) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    world.pause() if deed == "pause" else world.drop(0)
    world.call()
    world.settle()
    assert len(world.wall.seen) == GROUP
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Delivery.state)).one() == ("held" if deed == "pause" else "cancelled")


def test_a_dispatcher_that_is_told_to_stop_begins_nobody_more_of_the_group(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    dispatcher = world.dispatcher

    def stop(platform: Platform, part: Part, context: ChannelContext) -> None:
        dispatcher.stopping = True

    world.wall.on_call = stop
    world.call()
    world.step()
    assert people_seen(world) == [PEOPLE[0]]
    assert parts(world) == ["published", *["waiting"] * (len(PEOPLE) - 1)]
    assert not open_attempts(world)
    dispatcher.stopping, world.wall.on_call = False, lambda platform, part, context: None
    world.settle()
    assert people_seen(world) == sorted(PEOPLE)


@pytest.mark.parametrize("trouble", ["full", "locked", "broken", "lost", "broken after"])
def test_a_commit_that_fails_sends_nothing_of_a_group_twice(world: World, trouble: str) -> None:
    due(world, channel=LIST_CHANNEL)
    for _ in range(12):
        world.trouble = trouble
        if not (world.step() | world.call() | world.step()):
            break
    world.trouble = ""
    world.settle()
    assert people_seen(world) == sorted(PEOPLE)
    assert set(parts(world)) == {"published"}


def test_a_process_killed_in_a_group_leaves_each_of_it_to_be_asked_about(world: World) -> None:
    due(world, channel=LIST_CHANNEL)
    world.step()
    world.crash()
    world.clock.forward(10)
    world.settle()
    assert parts(world).count("unknown") == GROUP
    assert parts(world).count("published") == len(PEOPLE) - GROUP
    assert len(people_seen(world)) == len(set(people_seen(world)))
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert "" not in session.scalars(select(Attempt.outcome)).all()


class Slow(Platform):
    """A relay that takes a second for each."""

    key, group = "slow", 9

    def __init__(self) -> None:
        self.at = 0.0

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        self.at += 0.4
        return Published(str(part.number))


Slow.__abstractmethods__ = frozenset()


def group_of(platform: Platform, since: datetime) -> list[Call]:
    return [
        SimpleNamespace(platform=platform, part=SimpleNamespace(number=number, edits=""), context=None, since=since)  # type: ignore[misc]
        for number in range(9)
    ]


def test_a_slow_relay_is_given_no_more_than_a_second_allows() -> None:
    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    slow = Slow()
    office = SimpleNamespace(now=lambda: now)
    done = perform_all(office, group_of(slow, now), lambda: False, lambda: slow.at)  # type: ignore[arg-type]
    begun = [answer.begun for answer in done]
    assert sum(begun) == 3
    assert begun == sorted(begun, reverse=True)
    assert slow.at <= LONGEST + 0.4
    assert next_size(9, done, 50) == 3
    assert [next_size(size, [done[0]], 50) for size in (1, 20, 40)] == [2, 40, 50]


def test_a_computer_that_slept_sends_nothing_of_a_group() -> None:
    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    slow = Slow()
    office = SimpleNamespace(now=lambda: now)
    late = now - STALE - timedelta(seconds=1)
    done: list[Done] = perform_all(office, group_of(slow, late), lambda: False)  # type: ignore[arg-type]
    assert slow.at == 0
    assert not any(isinstance(answer.result, Published) for answer in done)

"""Dropped stays dropped and cancelled stays cancelled, whatever is done afterwards and whatever is under way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Conflict
from commsched.services.workflow import editing, pause, resolve, schedule
from commsched.services.workflow.stops import Left
from commsched.store.models import AuditEntry, Delivery, Item, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import FIRST, LIST, SECOND, WRITER, World


def two_channels(world: World, *, minutes: float = 30) -> int:
    world.create(channels=(1, 3), minutes=minutes)
    world.say_yes(world.items[-1])
    return world.items[-1]


def rows(world: World, channel: int) -> list[Delivery]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Delivery).where(Delivery.channel_id == channel).order_by(Delivery.id)))


def drop(world: World, channel: int) -> None:
    resolve.drop(world.installation, world.actor(FIRST), rows(world, channel)[-1].id)
    world.stopped.add((world.items[-1], channel))


def edited(world: World, item: int, channels: tuple[int, ...] = (1, 3)) -> None:
    draft = world._draft(1, list(channels), 30, 1, False, None, None)
    editing.save(world.installation, world.actor(WRITER), item, draft)


def approved_again(world: World, item: int) -> None:
    world.submit(item)
    world.say_yes(item)


AFTER: dict[str, Callable[[World, int], object]] = {
    "move": lambda world, item: world.move(item, 45),
    "another time": lambda world, item: world.schedule(item, 45),
    "move and ask again": lambda world, item: (world.move(item, 60 * 40, ask_again=True), world.say_yes(item)),
    "edit of the time": lambda world, item: world.edit(item, only_time=True, minutes=45),
    "edit of the words": lambda world, item: (edited(world, item), approved_again(world, item)),
    "taken back and approved again": lambda world, item: (world.take_back(item), approved_again(world, item)),
    "pause": lambda world, item: (world.pause(), world.clock.forward(3600), world.resume("send")),
    "pause and another time": lambda world, item: (
        world.pause(),
        world.clock.forward(3600),
        world.resume("hold"),
        world.move(item, 5),
    ),
    "restart": lambda world, item: world.crash(),
}


@pytest.mark.parametrize("deed", AFTER)
def test_what_was_dropped_in_a_channel_stays_dropped(world: World, deed: str) -> None:
    item = two_channels(world)
    drop(world, 3)
    AFTER[deed](world, item)
    for _ in range(4):
        world.clock.forward(20 * 3600 if "ask again" in deed else 1800)
        world.settle()
    assert [seen.channel for seen in world.wall.seen] == [1]
    assert (rows(world, 3)[-1].state, rows(world, 3)[-1].reason) == ("cancelled", "dropped")


def test_a_channel_taken_away_and_chosen_again_goes_out_there(world: World) -> None:
    item = two_channels(world)
    drop(world, 3)
    edited(world, item, (1,))
    edited(world, item)
    approved_again(world, item)
    world.stopped.clear()
    world.clock.forward(1800)
    world.settle()
    assert sorted(seen.channel for seen in world.wall.seen) == [1, 3]


def test_what_was_dropped_in_every_channel_left_is_approved_but_goes_nowhere(world: World) -> None:
    item = two_channels(world)
    drop(world, 3)
    edited(world, item, (3,))
    approved_again(world, item)
    assert world._facts(item)[2].state == "approved"
    with pytest.raises(Conflict, match="dropped"):
        schedule.schedule(world.installation, world.actor(WRITER), item)


@pytest.mark.parametrize("fault", ["timeout before", "dns", "429"])
@pytest.mark.parametrize("deed", ["cancel", "drop"])
@pytest.mark.parametrize("when", ["in the call", "after it"])
def test_what_is_stopped_while_it_is_under_way_is_never_tried_again(
    world: World, fault: str, deed: str, when: str
) -> None:
    item = due(world, channel=3)
    fail(world, fault)
    world.step()
    if when == "after it":
        world.call()
        world.step()
    if deed == "cancel":
        world.cancel(item)
    else:
        drop(world, 3)
    for _ in range(4):
        world.settle()
        world.check()  # at an end as soon as the answer is there, not when it would be tried again
        world.clock.forward(120)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalars(select(Delivery)).one()
        assert (row.state, row.reason) == ("cancelled", "cancelled" if deed == "cancel" else "dropped")
        assert session.scalars(select(Item.state)).one() == "cancelled"
    assert not world.wall.seen


def test_what_was_out_before_the_stop_came_through_is_published(world: World) -> None:
    item = due(world)
    world.step()
    assert schedule.cancel(world.installation, world.actor(WRITER), item) == [Left("key 1", 0, 1, 1)]
    world.settle()
    assert outcome(world) == ("published", "", 1)
    assert world._facts(item)[2].state == "published"


@pytest.mark.parametrize("deed", ["cancel", "drop"])
@pytest.mark.parametrize("in_call", [False, True])
def test_a_mailing_stops_between_two_recipients_and_the_answer_says_what_had_gone_out(
    world: World, deed: str, in_call: bool
) -> None:
    item = due(world, channel=4)
    world.step()
    world.call()
    if in_call:
        world.step()
        world.step()  # the second is being sent at this very moment
    if deed == "cancel":
        left = schedule.cancel(world.installation, world.actor(WRITER), item)
    else:
        left = resolve.drop(world.installation, world.actor(FIRST), rows(world, 4)[-1].id)
    assert left == ([Left("none 4", 1, 1, 3)] if in_call else [Left("none 4", 0, 1, 3)])
    world.settle()
    world.clock.forward(700)
    world.settle()
    assert len(world.wall.seen) == (2 if in_call else 1) < len(LIST)
    assert world._facts(item)[2].state == "partly_published"
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Delivery.state)).all() == ["cancelled"]
        action = "item.cancelled" if deed == "cancel" else "delivery.dropped"
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == action)).one()
    assert (line.facts["out"], line.facts["under_way"], line.facts["of"]) == (int(in_call), 1, 3)


def test_a_thread_stops_between_two_parts(world: World) -> None:
    item = due(world, parts=3)
    fail(world, "", "429")
    world.settle()
    assert only_delivery(world).state == "sending"
    assert schedule.cancel(world.installation, world.actor(WRITER), item) == [Left("key 1", 1, 0, 3)]
    world.clock.forward(700)
    world.settle()
    assert len(world.wall.seen) == 1
    assert world._facts(item)[2].state == "partly_published"
    with pytest.raises(Conflict):
        schedule.cancel(world.installation, world.actor(WRITER), item)
    with pytest.raises(Conflict):
        schedule.schedule(world.installation, world.actor(WRITER), item, (world.clock.at).isoformat())


def test_the_gate_itself_asks_for_a_stop(world: World) -> None:
    due(world)
    with world.installation.store.write(EVERY_WORKSPACE) as session:  # as if it had slipped past everything else
        session.scalars(select(Delivery)).one().stop = "dropped"
    world.step()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalars(select(Delivery)).one()
    assert (row.state, row.reason, world.attempts) == ("cancelled", "dropped", 0)


def test_a_move_after_absent_makes_the_very_same_call(world: World) -> None:
    """The same row and the same keys: a platform that remembers a key must be given that one."""
    item = due(world, channel=2)
    fail(world, "timeout before")
    world.settle()
    world.clock.forward(6)
    world.settle()
    before = only_delivery(world)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        part = session.scalars(select(Part)).one()
    assert (before.state, before.reason, bool(part.handles)) == ("held", "absent", True)
    world.move(item, 5)
    assert (only_delivery(world).id, only_delivery(world).uid, only_delivery(world).state) == (
        before.id,
        before.uid,
        "waiting",
    )
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        again = session.scalars(select(Part)).one()
    assert (again.key, again.handles) == (part.key, part.handles)
    world.clock.forward(400)
    world.settle()
    assert outcome(world) == ("published", "", 1)


@pytest.mark.parametrize("deed", ["move", "ask again"])
def test_a_move_keeps_the_delivery_and_forgets_what_was_uploaded(world: World, deed: str) -> None:
    item = due(world, channel=2)
    world.step()
    world.call()
    world.step()
    before = only_delivery(world)
    if deed == "move":
        world.pause()
        world.settle()
        world.resume("hold")
        world.move(item, 5)
    else:
        world.hands.calls.clear()
        world.crash()
        world.clock.forward(10)
        world.settle()
        world.move(item, 60 * 40, ask_again=True)
        world.say_yes(item, FIRST)
        world.say_yes(item, SECOND)
    assert only_delivery(world).uid == before.uid


def reached_some(world: World) -> int:
    """A list of three, one of whom is refused for good."""
    item = due(world, channel=4)
    fail(world, "reject")
    world.settle()
    return item


def test_a_list_that_reached_all_but_one_is_partly_published_not_failed(world: World) -> None:
    item = reached_some(world)
    assert (only_delivery(world).state, world._facts(item)[2].state) == ("failed", "partly_published")
    world.edit(item)
    assert len(world.wall.seen) == 2
    resolve.send(world.installation, world.actor(FIRST), only_delivery(world).id)
    world.settle()
    assert (len(world.wall.seen), world._facts(item)[2].state) == (3, "published")


def test_those_a_list_did_not_reach_can_be_let_be(world: World) -> None:
    item = reached_some(world)
    assert resolve.drop(world.installation, world.actor(FIRST), only_delivery(world).id) == [Left("none 4", 2, 0, 3)]
    assert world._facts(item)[2].state == "partly_published"


@pytest.mark.parametrize("channel", [1, 4])
def test_what_is_paused_halfway_is_partly_published_and_can_be_moved(world: World, channel: int) -> None:
    item = due(world, channel=channel, parts=1 if channel == 4 else 3)
    world.step()
    world.call()
    world.pause()
    world.settle()
    assert (only_delivery(world).state, world._facts(item)[2].state) == ("held", "partly_published")
    pause.resume(world.installation, world.actor(FIRST))
    world.move(item, 5)
    assert world._facts(item)[2].state == "publishing"


def test_whatever_may_bring_a_due_time_nearer_wakes_the_engine(world: World) -> None:
    rung: list[str] = []
    world.installation.wake = lambda: rung.append("")
    world.create(minutes=0.1)
    assert rung, "asked for: with nobody to ask it would be scheduled at once"
    rung.clear()
    world.say_yes(world.items[-1])
    assert rung, "approved"
    rung.clear()
    world.edit(world.items[-1], only_time=True, minutes=0.2)
    assert rung, "another time in the composer"


def test_other_words_are_never_sent_under_the_key_of_the_old_ones(world: World) -> None:
    """A platform that knows the key would answer with the old post, and the new words would be called published."""
    item = two_channels(world)
    before = {row.uid for row in rows(world, 1)}
    edited(world, item)
    approved_again(world, item)
    waiting = [row.uid for row in rows(world, 1) if row.state == "waiting"]
    assert len(waiting) == 1
    assert waiting[0] not in before

"""A turn of the dispatcher: nothing is called that was not committed, and no answer is lost by a failed commit."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from commsched.services.deliver import dispatcher as dispatcher_module
from commsched.services.deliver.batch import Batch
from commsched.store.models import Attempt, Delivery, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.platform import Crash
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import World


@pytest.mark.parametrize("trouble", ["crash before", "crash after", "full", "locked"])
@pytest.mark.parametrize("turn", [0, 1])
def test_a_kill_or_a_full_disk_at_a_commit_neither_loses_nor_doubles(world: World, trouble: str, turn: int) -> None:
    due(world, channel=3)
    for _ in range(turn):
        world.step()
        world.call()
    world.trouble = trouble
    world.step()
    assert len(world.wall.seen) <= turn
    world.finish()
    assert outcome(world) == ("published", "", 1)


def test_nothing_is_called_when_the_attempt_cannot_be_committed(world: World) -> None:
    due(world)
    for trouble in ("locked", "full"):
        world.trouble = trouble
        world.step()
        assert not world.hands.calls
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_an_answer_that_cannot_be_written_is_kept_and_written_later(world: World) -> None:
    due(world)
    world.step()
    world.call()
    for _ in range(3):
        world.trouble = "full"
        world.step()
    assert only_delivery(world).state == "sending"
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_one_channel_has_one_call_at_a_time_and_many_channels_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(dispatcher_module.Dispatcher, "_one_by_one")  # the database need not even refuse it
    for _ in range(3):
        due(world, channel=1)
    due(world, channel=3)
    for _ in range(4):
        world.step()
    assert len(world.hands.calls) == 2
    world.settle()
    assert len(world.wall.seen) == 4


def test_no_attempt_is_committed_that_no_hand_is_free_for(world: World) -> None:
    world.dispatcher.width = 1
    due(world, channel=1)
    due(world, channel=3)
    for _ in range(3):
        world.step()
    assert len(world.hands.calls) == 1
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert len(session.scalars(select(Attempt).where(Attempt.outcome == "")).all()) == 1
    world.settle()
    assert len(world.wall.seen) == 2


def test_a_computer_that_slept_before_the_call_does_not_make_it(world: World) -> None:
    due(world)
    world.step()
    world.clock.forward(8 * 3600)
    world.settle()
    assert outcome(world) == ("held", "late", 0)


def test_a_crash_is_not_an_exception_that_anything_swallows(world: World) -> None:
    due(world)
    fail(world, "crash before")
    world.step()
    with pytest.raises(Crash):
        world.hands.calls.pop()()
    world.crash()
    assert only_delivery(world).state == "unknown"


def test_what_was_sent_of_an_item_deleted_meanwhile_disturbs_no_other(world: World, caplog: Any) -> None:
    due(world)
    due(world, channel=2)
    world.step()
    while world.hands.calls:
        world.hands.calls.pop()()
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        gone = session.scalars(select(Delivery.id).where(Delivery.channel_id == 1)).one()
        for table in ("attempt", "part"):
            session.execute(text(f"DELETE FROM {table} WHERE delivery_id = {gone}"))
        session.execute(text(f"DELETE FROM delivery WHERE id = {gone}"))
    with caplog.at_level("ERROR", logger="commsched"):
        world.settle()
    assert only_delivery(world).state == "published"
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("failures", [1, 4])
def test_an_answer_that_could_not_be_written_down_at_once_is_still_one_try(
    world: World, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(world)
    fail(world, "dns")
    flush, left = Batch.flush, [failures]

    def held(batch: Batch, connection: Any, now: Any) -> None:
        if batch.attempts and left[0]:
            left[0] -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        flush(batch, connection, now)

    monkeypatch.setattr(Batch, "flush", held)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        part = session.scalars(select(Part)).one()
    assert (left, part.state, part.tries) == ([0], "waiting", 1)

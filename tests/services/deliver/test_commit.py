"""Whatever the driver says at a commit: no call without a committed attempt, and every answer written down once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from commsched.services.deliver.quarantine import quarantine
from commsched.store.fast import FastSelect
from commsched.store.models import Attempt, AuditEntry, Delivery, Notice, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import due, fail, only_delivery, outcome
from tests.sims.world import LIST, World

MADE = ("lost", "broken after")
"""Commits that were made and reported to have failed."""
NOT_MADE = ("broken", "full", "locked")


def lines(world: World, action: str) -> list[int]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
        return [entry.facts["delivery"] for entry in found]


def attempts(world: World) -> list[tuple[int, str]]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return [(row.delivery_id, row.outcome) for row in session.scalars(select(Attempt).order_by(Attempt.id))]


@pytest.mark.parametrize("channel", [1, 3, 4])
@pytest.mark.parametrize("trouble", [*NOT_MADE, *MADE, "broken++broken", "broken after+broken after", "lost+broken"])
def test_nothing_is_called_in_the_turn_whose_commit_failed(world: World, trouble: str, channel: int) -> None:
    due(world, channel=channel)
    world.trouble = trouble
    for _ in trouble.split("+"):
        world.step()
        if world.trouble:  # the next commit fails too
            assert not world.hands.calls
    under_way = len(world.hands.calls)
    while world.hands.calls:  # nothing is recorded before the next turn
        assert [outcome for _, outcome in attempts(world)].count("") == under_way
        world.call()
    world.finish()
    assert len({(seen.text, seen.recipient) for seen in world.wall.seen}) == len(world.wall.seen)
    assert only_delivery(world).state in ("published", "held")
    if trouble != "broken++broken":  # also, and alone: it is taken for what breaks every transaction
        assert only_delivery(world).state == "published"


def test_a_channel_stays_busy_with_a_call_whose_first_transaction_failed(world: World) -> None:
    due(world, channel=3, picture=True)
    world.step()
    world.call()  # prepared
    world.trouble = "broken"
    world.step()
    assert len(world.hands.calls) == 1
    assert world.dispatcher.busy == {3}
    due(world, channel=3)
    world.step()
    assert attempts(world) == [(1, "")]
    world.settle()
    assert len(world.wall.seen) == 2


def test_an_attempt_that_nobody_can_commit_is_never_called_and_its_delivery_held(world: World) -> None:
    due(world)
    world.trouble = "broken++broken"  # the turn, and then the same alone
    world.step()
    assert not world.hands.calls
    assert attempts(world) == []
    assert outcome(world) == ("held", "internal", 0)


@pytest.mark.parametrize("trouble", MADE)
@pytest.mark.parametrize("channel", [1, 2, 3, 4])
def test_an_answer_committed_but_reported_lost_closes_no_other_attempt(
    world: World, channel: int, trouble: str
) -> None:
    for _ in range(2):
        due(world, channel=channel)
    for _ in range(40):  # every commit of the courier is made, and every other one reported to have failed
        world.trouble = trouble
        if not (world.step() | world.call() | world.step()):
            break
    world.trouble = ""
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert set(session.scalars(select(Delivery.state))) == {"published"}
    assert len(world.wall.seen) == 2 * (len(LIST) if channel == 4 else 1)
    assert sorted(lines(world, "delivery.published")) == [1, 2]
    assert "" not in [end for _, end in attempts(world)]


@pytest.mark.parametrize("fault", ["reject", "timeout before", "429", "dns"])
@pytest.mark.parametrize("trouble", MADE)
def test_whatever_an_answer_was_it_is_counted_and_told_once(world: World, fault: str, trouble: str) -> None:
    due(world, channel=3)
    fail(world, fault)
    world.step()
    world.call()
    world.trouble = trouble
    world.step()
    world.step()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Part.tries)).all() == [1]
        notices = session.scalars(select(Notice).where(Notice.kind.in_(("failed", "held")))).all()
    told = [notice.person_id for notice in notices]
    assert len(told) == len(set(told))
    for action in ("delivery.failed", "delivery.unknown"):
        assert len(lines(world, action)) <= 1


@pytest.mark.parametrize("trouble", MADE)
def test_a_reading_back_reported_lost_counts_once(world: World, trouble: str) -> None:
    due(world, channel=3)
    fail(world, "timeout after")
    world.settle()
    fail(world, "cannot tell", kind="look")
    world.clock.forward(6)
    world.step()
    world.call()
    world.trouble = trouble
    world.step()
    world.step()
    assert only_delivery(world).tries == 1


def test_what_another_process_called_unknown_is_proved_by_the_answer(world: World) -> None:
    from commsched.services.deliver.recovery import recover

    due(world, channel=4)
    world.step()
    while world.call():
        pass
    recover(
        world.installation, alone=True
    )  # the lock was lost, and whoever has it now took the attempt for a dead one's
    world.settle()
    assert outcome(world) == ("published", "", len(LIST))


def test_an_answer_to_an_attempt_that_another_process_has_closed_changes_nothing(world: World) -> None:
    from commsched.services.deliver.recovery import recover

    due(world, channel=3)
    fail(world, "dns")
    world.step()
    world.call()
    recover(world.installation, alone=True)
    world.step()
    world.step()
    assert (only_delivery(world).state, only_delivery(world).reason, attempts(world)) == (
        "unknown",
        "verify",
        [(1, "unknown")],
    )


def test_an_answer_that_was_written_down_after_all_is_not_taken_out_of_the_line(world: World) -> None:
    due(world)
    world.step()
    world.call()
    (done,) = world.dispatcher._collect(0)
    world.dispatcher._turn([done])
    quarantine(world.installation, done)
    assert outcome(world) == ("published", "", 1)


def test_a_try_whose_record_fails_once_is_one_try(world: World) -> None:
    due(world)
    world.step()
    world.call()
    world.trouble = "full"
    world.step()
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Part.tries)).all() == [1]


def test_a_list_longer_than_any_batch_is_asked_for_piece_by_piece(world: World) -> None:
    from sqlalchemy import bindparam

    due(world)
    found = FastSelect(select(Delivery.id).where(Delivery.id.in_(bindparam("ids", expanding=True))))
    with world.installation.store.engine.connect() as connection:
        assert [row[0] for row in found.all(connection, list(range(1, 10_000)))] == [1]

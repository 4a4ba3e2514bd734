"""One drain a channel at a time: leases in the store, lost when they lapse, and what their owners left taken over."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from commsched.services.deliver import claims
from commsched.services.deliver.recovery import recover
from commsched.services.deliver.types import Job
from commsched.store.models import Attempt, AuditEntry, Delivery, Lease, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.platform import START
from tests.sims.scenes import due, fail, outcome
from tests.sims.world import World

LAPSE = claims.LEASE.total_seconds() + 1


@pytest.fixture
def world(worlds: None) -> Iterator[World]:
    world = World(dispatchers=2)
    yield world
    world.check()


def attempts(world: World) -> list[tuple[int, str, str]]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.scalars(select(Attempt).order_by(Attempt.id))
        return [(row.delivery_id, row.worker, row.outcome) for row in rows]


def states(world: World) -> list[str]:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))


def lease(world: World, channel: int = 1) -> Lease:
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        return session.get_one(Lease, channel)


def test_a_channel_that_another_drains_is_left_alone(world: World) -> None:
    due(world)
    due(world)
    world.step(0)
    assert not world.step(1)
    assert attempts(world) == [(1, "sim-1", "")]
    world.settle()
    assert states(world) == ["published", "published"]


def test_who_lined_up_a_channel_before_another_claimed_it_begins_nothing(world: World) -> None:
    due(world)
    due(world)
    world.glance(1)
    world.step(0)
    world.step(1)
    assert not world.nodes[1].hands.calls
    assert attempts(world) == [(1, "sim-1", "")]
    assert states(world) == ["sending", "waiting"]


def test_not_even_where_nothing_is_open_there_just_now(world: World) -> None:
    due(world)
    world.step(0)
    world.call()
    world.nodes[0].dispatcher.stopping = True
    world.step(0)
    due(world)
    world.nodes[1].dispatcher.lanes.lines[1] = deque([Job(2, 1)])
    world.step(1)
    assert attempts(world) == [(1, "sim-1", "published")]


def test_two_drain_two_channels_side_by_side(world: World) -> None:
    due(world, channel=1)
    world.step(0)
    due(world, channel=3)
    world.step(1)
    assert [worker for _, worker, _ in attempts(world)] == ["sim-1", "sim-2"]


def test_a_lapsed_lease_is_taken_over_and_what_was_open_is_read_back(world: World) -> None:
    due(world, channel=3)
    world.step(0)
    world.freeze(0)
    world.clock.forward(LAPSE)
    world.step(1)
    assert states(world) == ["unknown"]
    world.wake()
    world.call()  # its owner wakes with the call before it, which is too late now
    assert not world.wall.seen
    world.clock.forward(10)
    world.settle()
    assert outcome(world)[2] <= 1
    world.finish()


def test_a_lease_that_has_not_lapsed_keeps_what_is_open(world: World) -> None:
    due(world, channel=3)
    world.step(0)
    world.freeze(0)
    world.clock.forward(claims.LEFT.total_seconds() - 1)
    assert not world.step(1)
    assert recover(world.installation, owner="sim-2") == 0
    assert states(world) == ["sending"]


def test_who_wakes_writes_its_outcome_down_under_its_own_attempt_only(world: World) -> None:
    due(world)
    due(world)
    world.step(0)
    world.call()  # it is out, and the answer is not written down yet
    world.freeze(0)
    world.clock.forward(LAPSE)
    while not world.nodes[1].hands.calls:
        world.step(1)
    assert [(worker, end) for _, worker, end in attempts(world)] == [("sim-1", "unknown"), ("sim-2", "")]
    world.wake()
    world.step(0)
    world.step(0)
    assert not world.nodes[0].hands.calls, "the channel is another's"
    assert [(worker, end) for _, worker, end in attempts(world)][1] == ("sim-2", "")
    assert states(world) == ["published", "sending"]
    world.finish()
    assert len(world.wall.seen) == 2


def test_what_is_not_said_to_be_out_changes_nothing_that_another_has_closed(world: World) -> None:
    due(world, channel=3)
    fail(world, "dns")
    world.step(0)
    world.call()
    world.clock.forward(LAPSE)
    recover(world.installation, owner="sim-2")
    world.step(0)
    world.step(0)
    assert [end for _, _, end in attempts(world)] == ["unknown"]
    assert states(world) == ["unknown"]


def test_a_lease_lapsed_but_nobodys_is_its_owners_again(world: World) -> None:
    due(world)
    due(world)
    world.step(0)
    world.call()
    world.clock.forward(LAPSE)
    world.settle()
    assert states(world) == ["published", "published"]
    assert {worker for _, worker, _ in attempts(world)} == {"sim-1"}


def test_a_call_that_takes_long_keeps_its_channel(world: World) -> None:
    due(world)
    world.step(0)
    due(world)
    for _ in range(8):
        world.clock.forward(claims.RENEW.total_seconds() + 1)
        world.step(0)
        assert not world.step(1)
    assert attempts(world) == [(1, "sim-1", "")]


def test_what_a_sleeper_prepared_is_not_written_over_anothers(world: World) -> None:
    due(world, channel=2, picture=True)
    world.step(0)
    world.call()
    world.freeze(0)
    world.clock.forward(LAPSE)
    world.step(1)
    world.wake()
    world.step(0)
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalars(select(Part.handles)).all() == [{}]
    world.settle()
    assert outcome(world) == ("published", "", 1)


def test_what_is_let_go_is_free_at_once(world: World) -> None:
    due(world)
    world.step(0)
    world.call()
    world.step(0)
    due(world)
    assert not world.step(1)
    with world._watched(0):
        world.nodes[0].dispatcher.release()
    world.freeze(0)
    world.settle()
    assert states(world) == ["published", "published"]
    assert [worker for _, worker, _ in attempts(world)] == ["sim-1", "sim-2"]


def test_a_channel_with_a_call_under_way_is_not_let_go(world: World) -> None:
    due(world)
    world.step(0)
    world.nodes[0].dispatcher.release()
    assert lease(world).owner == "sim-1"


def test_whoever_is_known_to_be_dead_is_not_waited_for(world: World) -> None:
    due(world, channel=3)
    world.step(0)
    assert recover(world.installation, owner="sim-3", alone=True) == 1
    assert states(world) == ["unknown"]
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        assert not session.scalars(select(Lease.owner)).all()
        assert session.scalar(select(AuditEntry.id).where(AuditEntry.action == "delivery.recovered"))


def test_an_attempt_that_is_not_the_lease_holders_is_a_dead_ones(world: World) -> None:
    due(world, channel=3)
    world.step(0)
    world.freeze(0)
    with world.installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Lease).values(owner="sim-2"))
    world.leases = {}
    world.step(1)
    assert states(world) == ["unknown"]


def test_a_claim_costs_one_statement_where_nothing_is_new(world: World) -> None:
    store, said = world.installation.store, list[str]()
    with store.ledger() as connection:
        assert claims.claim(connection, [1, 2, 3, 4], "a", START).held == {1, 2, 3, 4}

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(store.engine, "before_cursor_execute", listen)
    try:
        with store.ledger() as connection:
            assert claims.claim(connection, [1, 2, 3, 4], "a", START).held == {1, 2, 3, 4}
            assert claims.claim(connection, [1, 2], "b", START).held == frozenset()
    finally:
        event.remove(store.engine, "before_cursor_execute", listen)
    assert len([statement for statement in said if "lease" in statement]) == 2


def test_a_lapsed_lease_is_not_renewed(world: World) -> None:
    with world.installation.store.ledger() as connection:
        claims.claim(connection, [1], "a", START)
        claims.renew(connection, [1], "a", START + timedelta(seconds=20))
        claims.renew(connection, [1], "a", START + timedelta(seconds=20) + claims.LEASE)
    assert lease(world).until == START + timedelta(seconds=20) + claims.LEASE


def test_no_two_dispatchers_are_called_the_same() -> None:
    names = {claims.new_owner("a kind with a very long name") for _ in range(100)}
    assert len(names) == 100
    assert max(map(len, names)) <= 40

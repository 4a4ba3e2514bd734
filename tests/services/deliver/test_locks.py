"""Two connections on PostgreSQL: what the gate reads stays so until its attempt is committed, or nothing is begun."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from commsched.core.text.messages import OfficeError
from commsched.services.deliver import claims, snapshots
from commsched.services.deliver import dispatcher as dispatcher_module
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.workflow import approve, pause, schedule
from commsched.store.models import Attempt, Channel, Delivery, Item, Workspace
from tests.conftest import Cast
from tests.services.desk import deliveries, scheduled

WAITS = 0.5
"""Seconds after which somebody who is still not through is waiting."""


@pytest.fixture(autouse=True)
def _on_postgresql(request: pytest.FixtureRequest) -> None:
    if request.getfixturevalue("installation").store.is_sqlite:
        pytest.skip("SQLite has one writer at a time; with COMMSCHED_TEST_STORE=postgresql there are two")


@pytest.fixture
def item(cast: Cast, clock: Any) -> int:
    """Something approved, scheduled and due now."""
    item = scheduled(cast)
    clock.forward(hours=5, minutes=1)
    return item


def attempts(cast: Cast) -> int:
    with cast.installation.store.read(cast.place.id) as session:
        return len(session.scalars(select(Attempt.id)).all())


def dispatcher(cast: Cast, owner: str = "") -> Dispatcher:
    return Dispatcher(cast.installation, owner=owner, wait=lambda seconds: None)


@contextmanager
def uncommitted(cast: Cast, statement: Any) -> Iterator[None]:
    """Somebody else's change, made and not committed before the block ends."""
    with cast.installation.store.ledger() as connection:
        connection.execute(statement)
        yield


@pytest.mark.parametrize("model", [Workspace, Item, Channel, Delivery])
def test_nothing_is_begun_on_a_row_that_somebody_is_changing(cast: Cast, item: int, model: Any) -> None:
    sender = dispatcher(cast)
    with uncommitted(cast, update(model).values(id=model.id)):
        assert not sender.step()
        assert not sender.step()
        assert attempts(cast) == 0
    assert sender.run() == 1
    assert deliveries(cast, item)[0].state == "published"


def test_a_pause_committed_while_the_gate_was_deciding_stops_the_call(cast: Cast, item: int) -> None:
    sender, now = dispatcher(cast), cast.installation.now()
    with uncommitted(cast, update(Workspace).values(paused_at=now)):
        sender.step()
    sender.run()
    assert attempts(cast) == 0
    assert (deliveries(cast, item)[0].state, deliveries(cast, item)[0].reason) == ("held", "paused")


def while_deciding(cast: Cast, monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> threading.Thread:
    """Let somebody do ``deed`` in the moment between what the gate has read and its commit; they must wait for that."""
    person = threading.Thread(target=deed)
    load = snapshots.load

    def read_then_meet(connection: Connection, *given: Any) -> snapshots.Snapshots:
        snapshots = load(connection, *given)
        if not person.ident:
            person.start()
            person.join(WAITS)
            assert person.is_alive(), "it did not wait for the gate"
        return snapshots

    monkeypatch.setattr(dispatcher_module.snapshots, "load", read_then_meet)
    dispatcher(cast).step()
    person.join(60)
    return person


def test_a_pause_waits_for_the_gate_that_read_before_it(cast: Cast, item: int, monkeypatch: pytest.MonkeyPatch) -> None:
    while_deciding(cast, monkeypatch, lambda: pause.pause(cast.installation, cast.actor(), "Olycka på torget."))
    assert attempts(cast) == 1
    with cast.installation.store.read(cast.place.id) as session:
        assert session.get_one(Workspace, cast.place.id).paused_at is not None


@pytest.mark.parametrize("deed", [approve.withdraw, schedule.cancel])
def test_who_takes_it_back_waits_for_the_gate_and_undoes_nothing_of_it(
    cast: Cast, item: int, monkeypatch: pytest.MonkeyPatch, deed: Callable[..., object]
) -> None:
    def take_back() -> None:
        with suppress(OfficeError):  # what is on its way may be told so
            deed(cast.installation, cast.actor(), item)

    while_deciding(cast, monkeypatch, take_back)
    assert attempts(cast) == 1
    assert deliveries(cast, item)[0].state == "sending"


def test_two_dispatchers_share_what_is_due(cast: Cast, item: int) -> None:
    first, second, now = dispatcher(cast, "a"), dispatcher(cast, "b"), cast.installation.now()
    with cast.installation.store.ledger() as connection:  # whoever drains a channel first of all is waited for
        (channel,) = claims.claim(connection, [deliveries(cast, item)[0].channel_id], "c", now).held
        claims.release(connection, "c", now)
    first._scan()
    second._scan()
    waiting = threading.Thread(target=second.step)
    with cast.installation.store.ledger() as connection:
        jobs = first._next_jobs([], 10)
        calls, _ = first._transact(connection, [], jobs)
        waiting.start()
        waiting.join(60)
        assert not waiting.is_alive(), "it waited for the other's lease"
    assert [call.job.channel for call in calls] == [channel]
    assert attempts(cast) == 1


def test_a_turn_locks_before_it_reads(cast: Cast, item: int) -> None:
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(" ".join(statement.split()))

    event.listen(cast.installation.store.engine, "before_cursor_execute", listen)
    try:
        dispatcher(cast).step()
    finally:
        event.remove(cast.installation.store.engine, "before_cursor_execute", listen)
    locks = [place for place, statement in enumerate(said) if "SKIP LOCKED" in statement]
    tables = [said[place].partition("FROM ")[2].split()[0] for place in locks]
    assert tables[-2:] == ["workspace", "delivery"]
    assert tables[0] == "lease"
    assert locks[-1] < next(place for place, statement in enumerate(said) if "revision.content" in statement)

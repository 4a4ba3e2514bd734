"""A row that breaks every transaction is set apart, and stops no other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from commsched.services.deliver import dispatcher as dispatcher_module
from commsched.store.models import Delivery
from commsched.store.session import EVERY_WORKSPACE
from tests.sims.scenes import due
from tests.sims.world import World


def test_a_row_that_breaks_every_transaction_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    poison = due(world)
    due(world, channel=3)
    real = dispatcher_module.Admission.consider

    def break_(self: Any, job: Any) -> Any:
        call = real(self, job)
        if self.loaded.rows[job.delivery].item_id == poison:
            self.batch.delivery(job.delivery, detail=object())  # what no driver can write
        return call

    monkeypatch.setattr(dispatcher_module.Admission, "consider", break_)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        states = {row.item_id: row.state for row in session.scalars(select(Delivery))}
        reason = session.scalar(select(Delivery.reason).where(Delivery.item_id == poison))
    assert states == {poison: "held", world.items[-1]: "published"}
    assert reason == "internal"
    assert [seen.channel for seen in world.wall.seen] == [3]


def test_an_answer_that_breaks_every_transaction_becomes_a_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(world)
    due(world, channel=3)

    def break_(self: Any, done: Any, *rest: Any) -> Any:
        if done.call.job.channel == 1:
            raise ZeroDivisionError
        return real(self, done, *rest)

    real = dispatcher_module.OutcomeRecorder._sent
    monkeypatch.setattr(dispatcher_module.OutcomeRecorder, "_sent", break_)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(select(Delivery.channel_id, Delivery.state, Delivery.reason)).all()
    assert sorted(rows) == [(1, "unknown", "ask"), (3, "published", "")]
    assert len(world.wall.seen) == 2

"""Undo: a move and a cancellation are taken back for ten minutes, unless somebody has gone on or something is out."""

from __future__ import annotations

import msgspec
import pytest

from commsched.core.approval.rules import Policy, Step
from commsched.core.content.draft import ChannelIn
from commsched.core.text.messages import Invalid
from commsched.services.workflow import approve, editing, schedule
from commsched.services.workflow.undo import TooLate, undo
from commsched.store.models import Delivery, Workspace
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import (
    approved,
    deliveries,
    draft,
    hash_of,
    look,
    publish_what_is_due,
    scheduled,
    submitted,
    written,
)


@pytest.fixture(autouse=True)
def _one_approver(cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).policy = msgspec.to_builtins(Policy(steps=[Step()]))


def test_a_moved_item_goes_out_at_its_first_time_after_all(cast: Cast) -> None:
    item, who = scheduled(cast), cast.actor("writer")
    schedule.move(cast.installation, who, item, "2026-11-26T16:00")
    assert undo(cast.installation, who, item) == "scheduled"
    assert look(cast, item).wall_time == "2026-11-26T12:00"
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 1
    assert len(deliveries(cast, item)) == 1


def test_channels_with_times_of_their_own_go_back_too(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id, name=name) for name in ("Ett", "Två")]
    item, who = (
        scheduled(cast, channels=[to[0], ChannelIn(id=to[1], publish_at="2026-11-26T15:00")]),
        cast.actor("writer"),
    )
    before = [row.due_at for row in deliveries(cast, item)]
    schedule.move(cast.installation, who, item, "2026-11-26T13:00", channels=[to[1]])
    undo(cast.installation, who, item)
    assert [row.due_at for row in deliveries(cast, item)] == before


def test_a_time_that_was_given_for_the_first_time_is_taken_away_again(cast: Cast) -> None:
    item, who = written(cast, publish_at=None), cast.actor("writer")
    schedule.move(cast.installation, who, item, "2026-11-26T16:00")
    assert undo(cast.installation, who, item) == "draft"
    assert look(cast, item).publish_at is None


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "scheduled"])
def test_what_was_cancelled_stands_where_it_stood(cast: Cast, state: str) -> None:
    make = {
        "draft": written,
        "in_review": submitted,
        "approved": lambda cast: approved(cast, then_schedule=False),
        "scheduled": scheduled,
    }
    item, who = make[state](cast), cast.actor("writer")
    schedule.cancel(cast.installation, who, item)
    assert look(cast, item).state == "cancelled"
    assert undo(cast.installation, who, item) == state
    if state == "in_review":
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    if state in ("in_review", "scheduled"):
        cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
        assert publish_what_is_due(cast.installation) == 1
        assert look(cast, item).state == "published"


def test_what_was_held_is_held_again_and_not_sent(cast: Cast) -> None:
    item, who = scheduled(cast), cast.actor("writer")
    with cast.installation.store.write(cast.place.id) as session:
        row = session.get_one(Delivery, deliveries(cast, item)[0].id)
        row.state, row.reason, row.next_at = "held", "paused", None
        from commsched.services.content import items

        items.load(session, item).state = "held"
    schedule.cancel(cast.installation, who, item)
    assert undo(cast.installation, who, item) == "held"
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 0
    assert deliveries(cast, item)[0].reason == "paused"


def test_what_fell_due_meanwhile_is_not_sent_late_by_an_undo(cast: Cast) -> None:
    item, who = scheduled(cast), cast.actor("writer")
    cast.installation.clock.forward(hours=4, minutes=55)  # type: ignore[attr-defined]
    schedule.cancel(cast.installation, who, item)
    cast.installation.clock.forward(minutes=9)  # type: ignore[attr-defined]
    with pytest.raises(Invalid):
        undo(cast.installation, who, item)
    assert look(cast, item).state == "cancelled"
    assert publish_what_is_due(cast.installation) == 0


def test_nothing_is_undone_after_ten_minutes_by_somebody_else_or_twice(cast: Cast) -> None:
    who = cast.actor("writer")
    late, others, twice = scheduled(cast), scheduled(cast), scheduled(cast)
    for item in (late, others, twice):
        schedule.move(cast.installation, who, item, "2026-11-26T16:00")
    with pytest.raises(TooLate):
        undo(cast.installation, cast.actor("approver"), others)
    undo(cast.installation, who, twice)
    with pytest.raises(TooLate):
        undo(cast.installation, who, twice)
    cast.installation.clock.forward(minutes=11)  # type: ignore[attr-defined]
    with pytest.raises(TooLate):
        undo(cast.installation, who, late)
    assert look(cast, late).wall_time == "2026-11-26T16:00"


def test_nothing_is_undone_that_somebody_has_gone_on_from(cast: Cast) -> None:
    item, who = written(cast), cast.actor("writer")
    schedule.move(cast.installation, who, item, "2026-11-26T16:00")
    editing.save(
        cast.installation,
        who,
        item,
        draft([channel(cast.installation, cast.place.id, name="Två")], text="Andra ord", publish_at="2026-11-26T16:00"),
    )
    with pytest.raises(TooLate):
        undo(cast.installation, who, item)


def test_what_was_partly_out_stays_stopped(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id, name=name) for name in ("Ett", "Två")]
    item, who = (
        scheduled(cast, channels=[to[0], ChannelIn(id=to[1], publish_at="2026-11-26T15:00")]),
        cast.actor("writer"),
    )
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 1
    schedule.cancel(cast.installation, who, item)
    with pytest.raises(TooLate):
        undo(cast.installation, who, item)


def test_an_approval_that_fell_with_the_move_is_not_given_back(cast: Cast) -> None:
    item, who = scheduled(cast), cast.actor("writer")
    schedule.move(cast.installation, who, item, "2027-02-01T12:00", ask_again=True)
    assert undo(cast.installation, who, item) == "in_review"
    assert look(cast, item).wall_time == "2026-11-26T12:00"
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 0


def test_a_time_that_it_is_scheduled_for_is_not_taken_away(cast: Cast) -> None:
    """It would go out at the time that was taken back."""
    item, who = approved(cast, publish_at=None, then_schedule=False), cast.actor("writer")
    schedule.move(cast.installation, who, item, "2026-11-26T16:00")
    schedule.schedule(cast.installation, who, item)
    assert look(cast, item).state == "scheduled"
    with pytest.raises(TooLate):
        undo(cast.installation, who, item)
    assert look(cast, item).wall_time == "2026-11-26T16:00"


def test_nor_one_that_it_was_approved_for(cast: Cast) -> None:
    """A move of what goes out as soon as it is approved, taken back after the approval."""
    item, who = written(cast, publish_at=None, when_approved=True), cast.actor("writer")
    schedule.move(cast.installation, who, item, "2026-11-26T16:00")
    approve.submit(cast.installation, who, item, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    with pytest.raises(TooLate):
        undo(cast.installation, who, item)
    assert (look(cast, item).state, look(cast, item).wall_time) == ("scheduled", "2026-11-26T16:00")

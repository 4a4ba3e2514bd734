"""Time: set, moved inside and outside what was approved, held when too late, and what the chores do about it."""

from __future__ import annotations

import msgspec
import pytest

from commsched.core.approval.rules import Policy, Step
from commsched.core.text.messages import Conflict, Invalid
from commsched.services.ops import chores
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import Channel, Workspace
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import (
    approved,
    deliveries,
    draft,
    hash_of,
    look,
    notices,
    publish_what_is_due,
    scheduled,
    submitted,
    written,
)


@pytest.fixture(autouse=True)
def _one_approver(cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        place = session.get(Workspace, cast.place.id)
        assert place is not None
        place.policy = msgspec.to_builtins(Policy(steps=[Step()]))


def test_it_goes_out_at_its_time_and_not_before(cast: Cast) -> None:
    item = scheduled(cast)
    cast.installation.clock.forward(hours=4, minutes=59)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 0
    cast.installation.clock.forward(minutes=1)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 1
    assert look(cast, item).state == "published"
    assert deliveries(cast, item)[0].url


def test_what_was_not_approved_cannot_be_scheduled(cast: Cast) -> None:
    with pytest.raises(Conflict):
        schedule.schedule(cast.installation, cast.actor("writer"), written(cast))


def test_a_move_inside_the_approved_window_needs_no_new_yes(cast: Cast) -> None:
    item = scheduled(cast)
    assert schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T16:00") == "scheduled"
    live = [row for row in deliveries(cast, item) if row.state == "waiting"]
    assert [f"{row.due_at:%H:%M}" for row in live] == ["15:00"]


def test_a_move_outside_it_says_so_first_and_then_asks_again(cast: Cast) -> None:
    item = scheduled(cast)
    with pytest.raises(schedule.NeedsApproval):
        schedule.move(cast.installation, cast.actor("writer"), item, "2026-12-03T12:00")
    assert look(cast, item).wall_time == "2026-11-26T12:00", "a refused move moves nothing"
    state = schedule.move(cast.installation, cast.actor("writer"), item, "2026-12-03T12:00", ask_again=True)
    assert state == "in_review"
    assert [row.state for row in deliveries(cast, item)] == ["cancelled"]
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_a_draft_moves_freely(cast: Cast) -> None:
    assert schedule.move(cast.installation, cast.actor("writer"), written(cast), "2026-12-24T15:00") == "draft"


def test_nothing_is_moved_into_the_past(cast: Cast) -> None:
    with pytest.raises(Invalid):
        schedule.move(cast.installation, cast.actor("writer"), scheduled(cast), "2026-11-25T12:00")


def test_an_embargo_is_kept_by_the_form_and_by_the_publisher(cast: Cast) -> None:
    item = written(cast, embargo="2026-11-26T14:00")
    with pytest.raises(approve.Blocked):
        approve.submit(cast.installation, cast.actor("writer"), item)


def test_after_an_outage_nothing_fires_in_the_middle_of_the_night(cast: Cast) -> None:
    item = scheduled(cast)
    cast.installation.clock.forward(hours=20)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 0
    assert (look(cast, item).state, deliveries(cast, item)[0].reason) == ("held", "late")
    assert notices(cast.installation, cast.place.id, "held")


def test_what_is_still_unapproved_at_its_time_is_held_and_everyone_told(cast: Cast) -> None:
    item = submitted(cast)
    cast.installation.clock.forward(hours=5, minutes=1)  # type: ignore[attr-defined]
    chores.run(cast.installation)
    assert (look(cast, item).state, look(cast, item).reason) == ("held", "unapproved")
    assert notices(cast.installation, cast.place.id, "held") >= {cast.approver.id, cast.writer.id}


def test_a_late_yes_within_the_latest_time_still_sends_it(cast: Cast) -> None:
    item = submitted(cast)
    cast.installation.clock.forward(hours=5, minutes=10)  # type: ignore[attr-defined]
    chores.run(cast.installation)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"


@pytest.mark.parametrize("held", [True, False])
def test_a_yes_after_the_latest_time_is_refused_until_there_is_a_new_one(cast: Cast, held: bool) -> None:
    item = submitted(cast)
    cast.installation.clock.forward(hours=9)  # type: ignore[attr-defined]
    if held:
        chores.run(cast.installation)
    with pytest.raises(Conflict, match="time has passed"):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T17:00")
    assert look(cast, item).state == "in_review"
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_the_approver_is_reminded_once_before_the_time(cast: Cast) -> None:
    submitted(cast)
    cast.installation.clock.forward(hours=3, minutes=30)  # type: ignore[attr-defined]
    chores.run(cast.installation)
    chores.run(cast.installation)
    assert notices(cast.installation, cast.place.id, "reminder") == {cast.approver.id}


def test_cancelling_empties_the_outbox(cast: Cast) -> None:
    item = scheduled(cast)
    schedule.cancel(cast.installation, cast.actor("writer"), item)
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 0
    assert look(cast, item).state == "cancelled"


def test_a_failed_item_that_is_moved_goes_into_the_outbox_again(cast: Cast) -> None:
    to = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "rejects"})
    item = scheduled(cast, channels=[to])
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "failed"
    assert schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T14:00") == "scheduled"
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Channel, to).settings = {"behaviour": "normal"}
    assert publish_what_is_due(cast.installation) == 0
    cast.installation.clock.forward(hours=2)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"


def test_what_is_out_in_one_channel_keeps_its_time(cast: Cast) -> None:
    good = channel(cast.installation, cast.place.id)
    bad = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "rejects"})
    item = scheduled(cast, channels=[good, bad])
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "partly_published"
    with pytest.raises(Conflict):
        schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T14:00")


def test_scheduling_twice_queues_once(cast: Cast) -> None:
    item = approved(cast, then_schedule=False)
    for _ in range(2):
        schedule.schedule(cast.installation, cast.actor("writer"), item)
    assert len(deliveries(cast, item)) == 1


def test_an_approved_item_edited_back_and_forth_needs_no_second_yes_for_the_same_words(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = approved(cast, channels=to, then_schedule=False)
    before = hash_of(cast, item)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Annat."))
    editing.restore(cast.installation, cast.actor("writer"), item, 1)
    assert hash_of(cast, item) == before
    assert look(cast, item).state == "draft", "it must be asked for again; the yes is bound to the hash and still there"

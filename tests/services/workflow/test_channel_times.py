"""Times per channel: set, moved together and alone, approved, late, near, and what the item is meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from commsched.core.approval.rules import Policy, Step
from commsched.core.content.draft import ChannelIn
from commsched.core.content.model import ChannelContent, Content
from commsched.core.text.messages import Conflict, Invalid
from commsched.core.timing.plan import Plan
from commsched.services.content import items, times
from commsched.services.content.neighbours import neighbours
from commsched.services.kernel.display_state import states
from commsched.services.ops import chores
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import AuditEntry, Channel, Workspace
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import (
    LATER,
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

EVENING = "2026-11-26T18:00"
"""Six hours after the item, inside the window that its approval would cover anyway."""
NEXT_WEEK = "2026-12-03T12:00"


@pytest.fixture(autouse=True)
def _one_approver(cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).policy = msgspec.to_builtins(Policy(steps=[Step()]))


@pytest.fixture
def room(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id)


@pytest.fixture
def wall(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id, "sandbox")


def to(room: int, wall: int, at: str = EVENING, **more: Any) -> dict[str, Any]:
    return {"channels": [room, ChannelIn(id=wall, publish_at=at, **more)]}


def plan(cast: Cast, item: int) -> Plan:
    with cast.installation.store.read(cast.place.id) as session:
        return times.plan(session, items.load(session, item))


def due(cast: Cast, item: int) -> dict[int, str]:
    """When each channel's delivery that waits is due, in UTC."""
    return {row.channel_id: f"{row.due_at:%d %H:%M}" for row in deliveries(cast, item) if row.state == "waiting"}


def forward(cast: Cast, **span: float) -> None:
    cast.installation.clock.forward(**span)  # type: ignore[attr-defined]


def test_each_channel_goes_out_at_its_own_time_and_not_before(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall))
    assert due(cast, item) == {room: "26 11:00", wall: "26 17:00"}
    forward(cast, hours=5)
    assert publish_what_is_due(cast.installation) == 1
    assert look(cast, item).state == "publishing"
    with cast.installation.store.read(cast.place.id) as session:
        assert states(session, [item], cast.installation.now()) == {item: "begun"}, "the rest waits"
    forward(cast, hours=5, minutes=59)
    assert publish_what_is_due(cast.installation) == 0
    forward(cast, minutes=1)
    assert publish_what_is_due(cast.installation) == 1
    assert look(cast, item).state == "published"


def test_a_channel_may_go_out_before_the_rest(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall, "2026-11-26T09:00"))
    forward(cast, hours=2)
    publish_what_is_due(cast.installation)
    assert {row.channel_id: row.state for row in deliveries(cast, item)} == {room: "waiting", wall: "published"}


def test_its_latest_time_follows_from_the_items_unless_it_is_said(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall), latest_at="2026-11-26T12:20")
    latest = {row.channel_id: f"{row.latest_at:%H:%M}" for row in deliveries(cast, item)}
    assert latest == {room: "11:20", wall: "17:20"}
    other = scheduled(cast, **to(room, wall, latest_at="2026-11-26T18:05"), text="Något annat, som ingen har sagt.")
    latest = {row.channel_id: f"{row.latest_at:%H:%M}" for row in deliveries(cast, other)}
    assert latest[wall] == "17:05"


def test_never_after_its_own_latest(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall, latest_at="2026-11-26T18:05"))
    forward(cast, hours=5)
    publish_what_is_due(cast.installation)
    forward(cast, hours=6, minutes=6)
    publish_what_is_due(cast.installation)
    rows = {row.channel_id: (row.state, row.reason) for row in deliveries(cast, item)}
    assert rows[room][0] == "published"
    assert rows[wall] == ("held", "late")
    assert look(cast, item).state == "partly_published"


def test_moving_the_item_moves_all_and_keeps_the_distance(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall))
    assert schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T13:30") == "scheduled"
    assert due(cast, item) == {room: "26 12:30", wall: "26 18:30"}
    assert plan(cast, item).own[wall].wall == "2026-11-26T19:30"


def test_the_distance_is_kept_on_the_clock_across_a_change_of_it(cast: Cast, room: int, wall: int) -> None:
    item = written(
        cast, channels=[room, ChannelIn(id=wall, publish_at="2027-03-26T09:00")], publish_at="2027-03-25T09:00"
    )
    schedule.move(cast.installation, cast.actor("writer"), item, "2027-03-27T09:00")
    slots = plan(cast, item).slots
    assert (f"{slots[room].at:%d %H:%M}", f"{slots[wall].at:%d %H:%M}") == ("27 08:00", "28 07:00")
    assert slots[wall].wall == "2027-03-28T09:00"


def test_a_channel_that_would_land_where_the_clocks_change_is_asked_about(cast: Cast, room: int, wall: int) -> None:
    item = written(
        cast, channels=[room, ChannelIn(id=wall, publish_at="2027-03-26T02:30")], publish_at="2027-03-25T09:00"
    )
    with pytest.raises(Invalid, match="clocks change"):
        schedule.move(cast.installation, cast.actor("writer"), item, "2027-03-27T09:00")
    assert look(cast, item).wall_time == "2027-03-25T09:00", "a refused move moves nothing"


def test_moving_one_channel_leaves_the_others(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall])
    state = schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T16:00", channels=[wall])
    assert state == "scheduled"
    assert due(cast, item) == {room: "26 11:00", wall: "26 15:00"}
    assert look(cast, item).wall_time == LATER
    with cast.installation.store.read(cast.place.id) as session:
        facts = session.query(AuditEntry).where(AuditEntry.action == "item.moved").one().facts
        assert facts["channels"] == session.get_one(Channel, wall).name


def test_moved_back_onto_the_items_time_it_follows_again(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall])
    for when in (EVENING, LATER):
        schedule.move(cast.installation, cast.actor("writer"), item, when, channels=[wall])
    assert plan(cast, item).own == {}
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T13:00")
    assert due(cast, item) == {room: "26 12:00", wall: "26 12:00"}


def test_the_rest_can_be_moved_when_one_is_out(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall))
    forward(cast, hours=5)
    publish_what_is_due(cast.installation)
    with pytest.raises(Conflict):
        schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T20:00", channels=[room])
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T20:00", channels=[wall])
    assert due(cast, item) == {wall: "26 19:00"}
    assert look(cast, item).wall_time == LATER, "what is out keeps its time"


def test_what_was_missed_in_one_channel_can_be_moved_alone_and_starts_nothing_else(cast: Cast, room: int) -> None:
    bad = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "rejects"})
    wall = channel(cast.installation, cast.place.id, "sandbox")
    item = scheduled(cast, channels=[room, bad, ChannelIn(id=wall, publish_at=EVENING, latest_at=EVENING)])
    forward(cast, hours=5)
    publish_what_is_due(cast.installation)
    forward(cast, hours=7)
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "partly_published"
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T22:00", channels=[wall])
    rows = {row.channel_id: row.state for row in deliveries(cast, item)}
    assert rows == {room: "published", bad: "failed", wall: "waiting"}


def test_a_channel_moved_outside_the_window_asks_again(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall])
    with pytest.raises(schedule.NeedsApproval):
        schedule.move(cast.installation, cast.actor("writer"), item, NEXT_WEEK, channels=[wall])
    assert plan(cast, item).own == {}
    move = (cast.installation, cast.actor("writer"), item, NEXT_WEEK)
    assert schedule.move(*move, ask_again=True, channels=[wall]) == "in_review"
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert due(cast, item) == {room: "26 11:00", wall: "03 11:00"}


def test_the_rest_moved_outside_the_window_is_approved_anew_without_what_is_out(
    cast: Cast, room: int, wall: int
) -> None:
    item = scheduled(cast, **to(room, wall))
    forward(cast, hours=5)
    publish_what_is_due(cast.installation)
    forward(cast, hours=4)
    assert deliveries(cast, item)[0].state == "published"
    move = (cast.installation, cast.actor("writer"), item, NEXT_WEEK)
    assert schedule.move(*move, ask_again=True, channels=[wall]) == "in_review"
    chores.run(cast.installation)
    assert look(cast, item).state == "in_review", "what is out already is not waited for"
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert due(cast, item) == {wall: "03 11:00"}
    assert look(cast, item).state == "publishing"


def test_an_approval_covers_the_times_that_were_seen(cast: Cast, room: int, wall: int) -> None:
    item = approved(cast, **to(room, wall, NEXT_WEEK))
    assert due(cast, item) == {room: "26 11:00", wall: "03 11:00"}
    forward(cast, days=7, hours=5)
    publish_what_is_due(cast.installation)
    assert {row.channel_id: row.state for row in deliveries(cast, item)}[wall] == "published"


def test_until_reaches_the_last_channel(cast: Cast, room: int, wall: int) -> None:
    item = submitted(cast, **to(room, wall, NEXT_WEEK))
    until = datetime(2026, 11, 28, tzinfo=UTC)
    with pytest.raises(Invalid, match="later than that"):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item), until=until)


def test_a_changed_channels_time_is_asked_for_anew_when_it_is_saved(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall])
    editing.save(cast.installation, cast.actor("writer"), item, draft(**to(room, wall)))
    assert due(cast, item) == {room: "26 11:00", wall: "26 17:00"}
    editing.save(cast.installation, cast.actor("writer"), item, draft(**to(room, wall, NEXT_WEEK)))
    assert look(cast, item).state == "in_review"


def test_what_still_waits_for_a_yes_at_its_first_time_is_held(cast: Cast, room: int, wall: int) -> None:
    item = submitted(cast, **to(room, wall, "2026-11-26T09:00"))
    forward(cast, hours=1, minutes=59)
    chores.run(cast.installation)
    assert look(cast, item).state == "in_review"
    forward(cast, minutes=1)
    chores.run(cast.installation)
    assert (look(cast, item).state, look(cast, item).reason) == ("held", "unapproved")


def test_a_yes_after_one_channels_latest_is_refused(cast: Cast, room: int, wall: int) -> None:
    item = submitted(cast, **to(room, wall, "2026-11-26T08:00", latest_at="2026-11-26T08:10"))
    forward(cast, hours=1, minutes=30)
    with pytest.raises(Conflict, match="time has passed"):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


@pytest.mark.parametrize("at", ["2026-11-26T06:00", "2026-11-26T13:00"])
def test_a_channels_time_that_cannot_be_stops_it(cast: Cast, room: int, wall: int, at: str) -> None:
    item = written(cast, **to(room, wall, at), embargo="2026-11-26T14:00", publish_at="2026-11-26T15:00")
    with pytest.raises(approve.Blocked) as error:
        approve.submit(cast.installation, cast.actor("writer"), item)
    assert error.value.field == "publish_at"


def test_no_move_lands_before_the_embargo(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, channels=[room, wall], embargo="2026-11-26T11:00")
    with pytest.raises(Invalid, match="embargo"):
        schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T10:00", channels=[wall])


def test_a_channel_that_is_taken_away_takes_its_time_along(cast: Cast, room: int, wall: int) -> None:
    item = written(cast, **to(room, wall))
    editing.save(cast.installation, cast.actor("writer"), item, draft([room]))
    editing.save(cast.installation, cast.actor("writer"), item, draft([room, wall]))
    assert plan(cast, item).own == {}
    editing.save(cast.installation, cast.actor("writer"), item, draft(**to(room, wall)))
    editing.restore(cast.installation, cast.actor("writer"), item, 2)
    assert plan(cast, item).own == {}


def test_without_a_time_for_the_whole_the_first_channels_is(cast: Cast, room: int, wall: int) -> None:
    both = [ChannelIn(id=room, publish_at=EVENING), ChannelIn(id=wall, publish_at=LATER)]
    assert look(cast, written(cast, channels=both, publish_at=None)).wall_time == LATER


def test_the_same_channel_twice_with_two_times_is_refused(cast: Cast, room: int) -> None:
    twice = [ChannelIn(id=room, publish_at=EVENING), ChannelIn(id=room, publish_at=LATER)]
    with pytest.raises(Invalid):
        written(cast, channels=twice)


def test_clashes_are_found_channel_by_channel(cast: Cast, room: int, wall: int) -> None:
    item = scheduled(cast, **to(room, wall))
    at = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
    with cast.installation.store.read(cast.place.id) as session:

        def near(number: int, **more: Any) -> list[int]:
            content = Content(text="kort", channels=[ChannelContent(channel=number)])
            return [row.id for row in neighbours(session, 0, content, **more).near]

        assert near(wall, at=at) == [item]
        assert near(room, at=at) == [], "the newsroom had it at noon"
        noon = datetime(2026, 11, 26, 11, tzinfo=UTC)
        assert near(room, at=noon) == [item]
        assert near(wall, at=noon) == []
        assert near(wall, at=noon, own={wall: at}) == [item]

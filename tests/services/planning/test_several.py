"""The same done with several items: what is told first, and what becomes of each."""

from __future__ import annotations

import pytest

from commsched.core.text.messages import Invalid
from commsched.services.planning import several
from commsched.services.workflow import editing, undo
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services.desk import (
    approved,
    deliveries,
    draft,
    look,
    publish_what_is_due,
    scheduled,
    submitted,
    written,
)


def told(cast: Cast, deed: several.Deed, *items: int, days: int = 0) -> dict[int, str]:
    return {each.id: each.code for each in several.foresee(cast.installation, cast.actor("writer"), deed, items, days)}


def do(cast: Cast, deed: several.Deed, codes: dict[int, str], days: int = 0) -> dict[int, bool]:
    results = several.carry_out(cast.installation, cast.actor("writer"), deed, codes, days)
    return {result.id: result.problem is None for result in results}


def test_what_a_move_does_to_each_approval_is_told_before_it_is_made(cast: Cast) -> None:
    draft_, asked, planned = written(cast), submitted(cast), scheduled(cast)
    assert told(cast, "move", draft_, asked, planned, days=1) == {draft_: "free", asked: "asked", planned: "holds"}
    assert told(cast, "move", planned, days=7) == {planned: "again"}
    assert look(cast, planned).wall_time == "2026-11-26T12:00"


def test_each_is_moved_as_it_was_told(cast: Cast) -> None:
    draft_, asked, planned = written(cast), submitted(cast), scheduled(cast)
    codes = told(cast, "move", draft_, asked, planned, days=7)
    assert do(cast, "move", codes, 7) == {draft_: True, asked: True, planned: True}
    assert {look(cast, item).wall_time for item in codes} == {"2026-12-03T12:00"}
    assert [look(cast, item).state for item in (draft_, asked, planned)] == ["draft", "in_review", "in_review"]


def test_an_approval_is_never_lost_by_a_move_that_was_told_to_keep_it(cast: Cast) -> None:
    planned = scheduled(cast)
    assert do(cast, "move", {planned: "holds"}, 7) == {planned: False}
    assert (look(cast, planned).state, look(cast, planned).wall_time) == ("scheduled", "2026-11-26T12:00")


def test_one_that_cannot_be_moved_stops_none_of_the_others(cast: Cast, clock: SetClock) -> None:
    out = scheduled(cast)
    clock.forward(hours=6)
    publish_what_is_due(cast.installation)
    ahead, timeless = written(cast, publish_at="2026-11-28T12:00"), written(cast, publish_at=None)
    codes = told(cast, "move", out, ahead, timeless, days=1)
    assert codes == {out: "", ahead: "free", timeless: ""}
    assert do(cast, "move", codes, 1) == {out: False, ahead: True, timeless: False}


def test_nothing_is_moved_to_a_day_that_has_passed(cast: Cast) -> None:
    item = written(cast)
    assert told(cast, "move", item, days=-1) == {item: ""}
    assert do(cast, "move", {item: "free"}, -1) == {item: False}


def test_a_channels_own_time_counts_when_it_is_told_whether_the_approval_holds(cast: Cast) -> None:
    from commsched.core.content.draft import ChannelIn

    room, wall = channel(cast.installation, cast.place.id), channel(cast.installation, cast.place.id, "sandbox")
    item = scheduled(cast, channels=[room, ChannelIn(id=wall, publish_at="2026-11-28T12:00")])
    [code] = told(cast, "move", item, days=1).values()
    assert do(cast, "move", {item: code}, 1) == {item: True}
    assert look(cast, item).state == ("scheduled" if code == "holds" else "in_review")


def test_several_are_sent_for_approval_but_not_what_something_stops(cast: Cast) -> None:
    fine, empty, asked = written(cast), written(cast, text=""), submitted(cast)
    codes = told(cast, "submit", fine, empty, asked)
    assert codes == {fine: "sent", empty: "", asked: ""}
    assert do(cast, "submit", codes) == {fine: True, empty: False, asked: False}
    assert look(cast, fine).state == "in_review"


def test_what_is_cancelled_together_can_be_undone_one_by_one(cast: Cast) -> None:
    items = [written(cast), submitted(cast), scheduled(cast), approved(cast, then_schedule=False)]
    codes = told(cast, "cancel", *items)
    assert list(codes.values()) == ["draft", "unasked", "stopped", "stopped"]
    assert all(do(cast, "cancel", codes).values())
    assert {look(cast, item).state for item in items} == {"cancelled"}
    for item in items:
        undo.undo(cast.installation, cast.actor("writer"), item)
    assert [look(cast, item).state for item in items] == ["draft", "in_review", "scheduled", "approved"]
    assert [row.state for row in deliveries(cast, items[2])] == ["waiting"]


def test_what_has_changed_since_it_was_told_is_left_as_it_is(cast: Cast) -> None:
    item = written(cast)
    codes = told(cast, "cancel", item)
    from commsched.services.workflow import approve

    approve.submit(cast.installation, cast.actor("writer"), item)
    [result] = several.carry_out(cast.installation, cast.actor("writer"), "cancel", codes)
    assert result.problem is not None
    assert "changed since" in str(result.problem)
    assert look(cast, item).state == "in_review"


def test_another_offices_items_are_not_there(cast: Cast) -> None:
    theirs = editing.create(
        cast.installation, cast.elsewhere_actor, draft([channel(cast.installation, cast.elsewhere.id)])
    )
    assert told(cast, "cancel", theirs) == {}
    assert do(cast, "cancel", {theirs: "draft"}) == {}


def test_no_more_at_once_than_can_be_read(cast: Cast) -> None:
    with pytest.raises(Invalid):
        several.foresee(cast.installation, cast.actor("writer"), "cancel", list(range(several.MOST + 1)))

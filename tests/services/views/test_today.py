"""The first page: what needs somebody, the day's line, the week ahead, and what was missed during a pause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commsched.services.views import today
from commsched.services.views.first_page import Now
from commsched.services.workflow import approve, missed, pause
from tests.conftest import NOW, Cast
from tests.publications import channel
from tests.services.desk import approved, deliveries, hash_of, look, publish_what_is_due, scheduled, submitted

MIDNIGHT = NOW - timedelta(hours=7)


def seen(cast: Cast, role: str = "approver") -> Now:
    tomorrow = MIDNIGHT + timedelta(days=1)
    return today.read_today(cast.installation, cast.actor(role), MIDNIGHT, tomorrow, tomorrow + timedelta(days=7))


def test_an_empty_office_waits_for_nobody(cast: Cast) -> None:
    now = seen(cast)
    assert (now.waiting, now.today, now.ahead) == (0, [], [])


def test_what_waits_for_approval_waits_for_the_approver_and_not_for_its_writer(cast: Cast) -> None:
    item = submitted(cast)
    assert [one.id for one in seen(cast).to_approve] == [item]
    assert seen(cast).mine == {item}
    assert seen(cast, "writer").mine == frozenset()


def test_what_was_sent_back_and_what_was_approved_but_not_scheduled_are_there(cast: Cast) -> None:
    back = submitted(cast)
    approve.request_changes(cast.installation, cast.actor("approver"), back, hash_of(cast, back), "Kortare")
    loose = approved(cast, then_schedule=False)
    now = seen(cast)
    assert [one.id for one in now.sent_back] == [back]
    assert [one.id for one in now.unscheduled] == [loose]
    assert now.waiting == 2


def test_a_delivery_that_asks_for_an_answer_stands_before_one_that_failed(cast: Cast) -> None:
    ask = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "needs a person"})
    refuse = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "rejects"})
    scheduled(cast, channels=[refuse])
    lost = scheduled(cast, channels=[ask])
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    cast.installation.clock.forward(minutes=1)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    stopped = seen(cast).stopped
    assert [row.state for row in stopped] == ["unknown", "failed"]
    assert stopped[0].item == lost
    assert "422" in stopped[1].detail


def test_the_days_line_says_where_it_went_with_the_address(cast: Cast) -> None:
    item = scheduled(cast)
    tomorrow = scheduled(cast, publish_at="2026-11-27T08:00")
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    now = seen(cast)
    assert [line.item for line in now.today] == [item]
    assert now.today[0].state == "published"
    assert now.today[0].channels[0][4].startswith("http://localhost/n/gruppen/")
    assert [line.item for line in now.ahead] == [tomorrow]


def test_an_access_that_runs_out_within_a_fortnight_is_told(cast: Cast) -> None:
    soon = channel(cast.installation, cast.place.id, name="Snart", token_expires_at=NOW + timedelta(days=13))
    channel(cast.installation, cast.place.id, name="Sen", token_expires_at=NOW + timedelta(days=15))
    dead = channel(cast.installation, cast.place.id, name="Död", state="broken")
    assert {row.id for row in seen(cast).channels} == {soon, dead}


def test_all_that_a_pause_stopped_is_one_thing_to_do(cast: Cast) -> None:
    first, second = scheduled(cast), scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    now = seen(cast)
    assert now.paused == {first, second}
    assert now.waiting == 1


def test_what_was_missed_can_be_sent_or_dropped_one_by_one(cast: Cast) -> None:
    keep, drop = scheduled(cast), scheduled(cast)
    writer = cast.actor("writer")
    pause.pause(cast.installation, writer, "Olycka")
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    pause.resume(cast.installation, writer)
    waiting = {one.item: one for one in missed.missed(cast.installation, writer)}
    assert set(waiting) == {keep, drop}
    assert not waiting[keep].late
    assert missed.choose(cast.installation, writer, [row[0] for row in waiting[keep].deliveries], "send") == (1, [])
    assert missed.choose(cast.installation, writer, [row[0] for row in waiting[drop].deliveries], "drop") == (1, [])
    publish_what_is_due(cast.installation)
    assert (look(cast, keep).state, look(cast, drop).state) == ("published", "cancelled")
    assert missed.missed(cast.installation, writer) == []


def test_a_second_choice_for_the_same_thing_is_told_why_not(cast: Cast) -> None:
    item = scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    pause.resume(cast.installation, cast.actor("writer"))
    number = deliveries(cast, item)[0].id
    missed.choose(cast.installation, cast.actor("writer"), [number], "drop")
    done, why = missed.choose(cast.installation, cast.actor("writer"), [number], "send")
    assert done == 0
    assert why


def test_something_late_is_said_to_be_late(cast: Cast) -> None:
    scheduled(cast)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    cast.installation.clock.forward(hours=9)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert [one.late for one in missed.missed(cast.installation, cast.actor("writer"))] == [True]


def test_only_what_exists_can_be_chosen(cast: Cast) -> None:
    with pytest.raises(KeyError):
        missed.choose(cast.installation, cast.actor("writer"), [1], "burn")

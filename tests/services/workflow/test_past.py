"""A time that has passed is chosen by nobody: one rule for every door."""

from __future__ import annotations

import pytest

from commsched.core.text.messages import Invalid
from commsched.services.workflow import approve, editing, schedule
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import approved, deliveries, draft, look, scheduled, submitted, written

PAST = "2026-11-26T06:30"
"""Half an hour before the tests' clock; its latest time is still ahead."""


def test_nothing_is_sent_for_approval_for_a_time_that_has_passed(cast: Cast) -> None:
    item = written(cast, publish_at=PAST)
    with pytest.raises(approve.Blocked) as refused:
        approve.submit(cast.installation, cast.actor("writer"), item)
    assert (refused.value.field, str(refused.value)) == ("publish_at", "That time has already passed.")
    assert look(cast, item).state == "draft"


def test_nothing_approved_is_scheduled_for_it(cast: Cast) -> None:
    item = approved(cast, then_schedule=False)
    with pytest.raises(Invalid):
        schedule.schedule(cast.installation, cast.actor("writer"), item, PAST)
    cast.installation.clock.forward(hours=5, minutes=10)  # type: ignore[attr-defined]
    with pytest.raises(Invalid):
        schedule.schedule(cast.installation, cast.actor("writer"), item)
    assert not deliveries(cast, item)
    schedule.schedule(cast.installation, cast.actor("writer"), item, cast.installation.now().isoformat())
    assert look(cast, item).state == "scheduled"


@pytest.mark.parametrize("how", [submitted, scheduled])
def test_what_waits_is_not_saved_into_it(cast: Cast, how: object) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = how(cast, channels=to)  # type: ignore[operator]
    with pytest.raises(Invalid):
        editing.save(cast.installation, cast.actor("writer"), item, draft(to, publish_at=PAST))
    assert look(cast, item).wall_time == "2026-11-26T12:00"


def test_a_draft_may_be_late_until_it_is_sent(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = written(cast, channels=to)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, publish_at=PAST))
    assert look(cast, item).wall_time == PAST


def test_in_an_emergency_what_is_late_but_not_too_late_goes(cast: Cast) -> None:
    item = submitted(cast)
    cast.installation.clock.forward(hours=5, minutes=10)  # type: ignore[attr-defined]
    approve.bypass(cast.installation, cast.actor(), item, "Det måste ut nu, olycka")
    assert look(cast, item).state == "scheduled"

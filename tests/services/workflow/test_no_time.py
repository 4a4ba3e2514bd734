"""What waits in the outbox has a time, and it is the one that people see."""

from __future__ import annotations

import pytest

from commsched.core.approval.rules import Policy, Step
from commsched.core.text.messages import OfficeError
from commsched.services.workflow import editing, schedule
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import deliveries, draft, look, publish_what_is_due, scheduled
from tests.services.workflow.test_approve import policy


@pytest.fixture(autouse=True)
def _one_approver(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step()]))


def test_a_scheduled_item_that_loses_its_time_goes_out_at_none(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = scheduled(cast, channels=to)
    try:
        editing.save(cast.installation, cast.actor("writer"), item, draft(to, publish_at=None))
    except OfficeError:
        assert look(cast, item).publish_at is not None
        return
    assert look(cast, item).publish_at is None
    assert [row.state for row in deliveries(cast, item)] == ["cancelled"]
    cast.installation.clock.forward(hours=6)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 0
    assert look(cast, item).state == "approved"


def test_it_goes_out_when_it_is_given_a_time_again(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item, who = scheduled(cast, channels=to), cast.actor("writer")
    editing.save(cast.installation, who, item, draft(to, publish_at=None))
    schedule.schedule(cast.installation, who, item, when="2026-11-26T13:00")
    cast.installation.clock.forward(hours=7)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 1
    assert look(cast, item).state == "published"
    assert len(deliveries(cast, item)) == 1

"""Making something confidential changes who reads it, and never who must say yes."""

from __future__ import annotations

import pytest

from commsched.core.approval.rules import Policy, Step
from commsched.core.text.messages import NotAllowed
from commsched.services.approval import confidential, rounds
from commsched.services.workflow import approve
from tests.conftest import Cast
from tests.services.desk import hash_of, look, written
from tests.services.workflow.test_approve import policy


def _leader_must(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step(people=[cast.approver.id], need="all")]))


def test_whoever_must_approve_cannot_be_left_out_by_making_it_confidential(cast: Cast) -> None:
    """The office says that its leader approves. A writer who names others only would choose the approver."""
    _leader_must(cast)
    item = written(cast)
    confidential.restrict(cast.installation, cast.actor("writer"), item, {cast.administrator.id})
    with pytest.raises(rounds.Nobody):
        approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)


def test_nor_while_it_waits(cast: Cast) -> None:
    _leader_must(cast)
    item = written(cast)
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    with pytest.raises(rounds.Nobody):
        confidential.restrict(cast.installation, cast.actor("writer"), item, {cast.administrator.id})
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    assert look(cast, item).state == "in_review"

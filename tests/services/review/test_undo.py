"""A decision that was just made is taken back as if it had never been given, unless something has gone out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from commsched.core.approval.rules import Policy, Step
from commsched.core.text.messages import Conflict, NotAllowed
from commsched.services.accounts import people
from commsched.services.kernel.context import Actor
from commsched.services.notices import outbox
from commsched.services.review import undo
from commsched.services.workflow import approve, editing
from commsched.store.models import AuditEntry, Decision, Notice
from tests.conftest import Cast, MailBag
from tests.services.desk import deliveries, draft, hash_of, look, publish_what_is_due, submitted
from tests.services.workflow.test_approve import policy


def yes(cast: Cast, item: int, who: str = "approver") -> int:
    return approve.approve(cast.installation, cast.actor(who), item, hash_of(cast, item))


def back(cast: Cast, item: int) -> int:
    return approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Siffran")


def take_back(cast: Cast, item: int, decision: int, who: str = "approver") -> None:
    undo.undo(cast.installation, cast.actor(who), item, decision)


def test_a_yes_that_is_taken_back_waits_again_and_goes_nowhere(cast: Cast) -> None:
    item = submitted(cast)
    sent_in = look(cast, item).submitted_at
    take_back(cast, item, yes(cast, item))
    assert look(cast, item).state == "in_review"
    assert look(cast, item).submitted_at == sent_in
    cast.installation.clock.forward(hours=6)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert [row.state for row in deliveries(cast, item)] == ["cancelled"]
    yes(cast, item)


def test_a_no_that_is_taken_back_waits_again_with_what_others_had_said(cast: Cast) -> None:
    other = people.add_person(cast.installation, cast.actor(), "eva@example.org", "approver", name="Eva Ström").person
    policy(cast, Policy(steps=[Step(people=[other.id]), Step(people=[cast.approver.id])]))
    item = submitted(cast)
    eva = Actor(other.id, "Eva Ström", cast.place.id, "approver")
    approve.approve(cast.installation, eva, item, hash_of(cast, item))
    take_back(cast, item, back(cast, item))
    assert look(cast, item).state == "in_review"
    yes(cast, item)
    assert look(cast, item).state == "scheduled"


def test_the_writer_is_not_told_of_what_was_taken_back_within_ten_seconds(cast: Cast, mail: MailBag) -> None:
    item = submitted(cast)
    outbox.send_due(cast.installation)
    before = len(mail.sent)
    for decide in (yes, back):
        decision = decide(cast, item)
        outbox.send_due(cast.installation)
        take_back(cast, item, decision)
        cast.installation.clock.forward(minutes=1)  # type: ignore[attr-defined]
        outbox.send_due(cast.installation)
    assert [one.to for one in mail.sent[before:]] == []


def test_the_writer_is_told_of_what_was_taken_back_later(cast: Cast, mail: MailBag) -> None:
    item = submitted(cast)
    decision = yes(cast, item)
    cast.installation.clock.forward(minutes=1)  # type: ignore[attr-defined]
    outbox.send_due(cast.installation)
    take_back(cast, item, decision)
    with cast.installation.store.read(cast.place.id) as session:
        told = session.scalars(select(Notice.person_id).where(Notice.kind == "decision_undone")).all()
        said = session.scalars(select(AuditEntry.action).where(AuditEntry.item_id == item)).all()
    assert list(told) == [cast.writer.id]
    assert said[-1] == "approval.undone"


@pytest.mark.parametrize("who", ["administrator", "writer"])
def test_nobody_takes_back_what_another_decided(cast: Cast, who: str) -> None:
    item = submitted(cast)
    decision = yes(cast, item)
    with pytest.raises(NotAllowed):
        take_back(cast, item, decision, who)
    assert look(cast, item).state == "scheduled"


def test_what_has_gone_out_is_not_taken_back(cast: Cast) -> None:
    item = submitted(cast)
    decision = yes(cast, item)
    cast.installation.clock.forward(hours=6)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"
    with pytest.raises(Conflict, match="already gone out"):
        take_back(cast, item, decision)
    assert look(cast, item).state == "published"


def test_what_something_has_happened_to_since_is_not_taken_back(cast: Cast) -> None:
    item = submitted(cast)
    channels = [row.channel for row in _content(cast, item).channels]
    decision = back(cast, item)
    editing.save(cast.installation, cast.actor("writer"), item, draft(channels, text="Andra ord, om samma sak."))
    with pytest.raises(Conflict):
        take_back(cast, item, decision)
    approve.submit(cast.installation, cast.actor("writer"), item)
    with pytest.raises(Conflict):
        take_back(cast, item, decision)


def test_it_is_taken_back_once(cast: Cast) -> None:
    item = submitted(cast)
    decision = yes(cast, item)
    take_back(cast, item, decision)
    with pytest.raises(Conflict):
        take_back(cast, item, decision)
    with cast.installation.store.read(cast.place.id) as session:
        assert [row.verdict for row in session.scalars(select(Decision).order_by(Decision.id))] == ["approve", "undo"]


def _content(cast: Cast, item: int):  # type: ignore[no-untyped-def]
    from commsched.services.content.items import current, load

    with cast.installation.store.read(cast.place.id) as session:
        return current(session, load(session, item)).parsed()

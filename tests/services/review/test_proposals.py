"""Other words are proposed, taken with one press, and approved by the one who proposed them: never by less than two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from commsched.core.approval.rules import LETS_OUT, Policy, Step, standing
from commsched.core.content.model import canonical
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound, OfficeError
from commsched.services.accounts import people
from commsched.services.approval.approvers import writers_of
from commsched.services.approval.clearance import said_of
from commsched.services.content import items
from commsched.services.kernel.context import Actor
from commsched.services.review import proposals, undo
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import AuditEntry, Decision, Membership, Person, Proposal, Revision
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import TEXT, deliveries, draft, hash_of, look, notices, publish_what_is_due, submitted
from tests.services.workflow.test_approve import policy

OTHER = TEXT.replace("fler turer", "fyra fler turer")


def revision(cast: Cast, item: int) -> Revision:
    with cast.installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, item))


def propose(cast: Cast, item: int, text: str = OTHER, approves: bool = True, who: str = "approver") -> int:
    now = revision(cast, item)
    content = proposals.reworded(now.parsed(), {"text": text})
    prepared = proposals.prepare(cast.installation, cast.actor(who), item, now.hash, content)
    return proposals.propose(cast.installation, cast.actor(who), item, now.hash, prepared, "Siffran", approves)


def newest(cast: Cast, item: int) -> Proposal:
    with cast.installation.store.read(cast.place.id) as session:
        row = session.scalar(select(Proposal).where(Proposal.item_id == item).order_by(Proposal.id.desc()))
        if row is None:
            raise NotFound("nothing is proposed")
        return row


def take(cast: Cast, item: int, who: str = "writer") -> None:
    proposals.take(cast.installation, cast.actor(who), item, newest(cast, item).id)


def given_yes(cast: Cast, item: int) -> list[Decision]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Decision).where(Decision.item_id == item, Decision.verdict == "approve")))


def test_a_proposal_sends_it_back_and_tells_the_writer(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    assert look(cast, item).state == "changes_requested"
    assert notices(cast.installation, cast.place.id, "proposed") == {cast.writer.id}
    assert revision(cast, item).parsed().text == TEXT


def test_words_that_are_taken_are_the_takers_and_the_approval_follows(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    take(cast, item)
    now = revision(cast, item)
    assert now.parsed().text == OTHER
    assert now.author_id == cast.writer.id
    assert now.hash == newest(cast, item).hash
    assert look(cast, item).state == "scheduled"
    assert [(row.person_id, row.hash) for row in given_yes(cast, item)] == [(cast.approver.id, now.hash)]
    with cast.installation.store.read(cast.place.id) as session:
        assert writers_of(session, items.load(session, item), now) == {cast.writer.id}
        told = session.scalars(select(AuditEntry.action).where(AuditEntry.item_id == item)).all()
    assert {"proposal.made", "proposal.taken", "proposal.followed", "item.approved"} <= set(told)
    cast.installation.clock.forward(hours=6)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"


def test_without_an_approval_beforehand_the_proposer_is_asked_and_may_give_it(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item, approves=False)
    take(cast, item)
    assert look(cast, item).state == "in_review"
    assert given_yes(cast, item) == []
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_nobody_takes_their_own_proposal(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    with pytest.raises(NotAllowed):
        take(cast, item, "approver")
    assert revision(cast, item).parsed().text == TEXT


def test_a_proposal_is_about_one_version_only(cast: Cast) -> None:
    item = submitted(cast)
    to = [one.channel for one in revision(cast, item).parsed().channels]
    propose(cast, item)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Något annat, om samma sak."))
    with pytest.raises(Conflict):
        take(cast, item)
    assert revision(cast, item).parsed().text == "Något annat, om samma sak."


def test_a_proposal_is_taken_once(cast: Cast) -> None:
    """Also where the item has come back to the very version that it was about."""
    item = submitted(cast)
    propose(cast, item)
    take(cast, item)
    editing.restore(cast.installation, cast.actor("writer"), item, 1)
    with pytest.raises(Conflict):
        take(cast, item)


def test_what_is_taken_is_what_was_proposed(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    row = newest(cast, item)
    changed = canonical(proposals.reworded(revision(cast, item).parsed(), {"text": "Det här sade ingen."}))
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Proposal).where(Proposal.id == row.id).values(content=changed))
    with pytest.raises(Conflict):
        take(cast, item)
    assert look(cast, item).state == "changes_requested"


def test_an_approval_beforehand_covers_the_window_of_its_own_time(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    schedule.move(cast.installation, cast.actor("writer"), item, "2027-01-20T12:00")
    take(cast, item)
    assert look(cast, item).state == "in_review"
    assert given_yes(cast, item) == []


def test_an_approval_beforehand_lasts_no_longer_than_when_it_was_given(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    end = newest(cast, item).window_end
    assert end is not None
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T16:00")
    take(cast, item)
    assert look(cast, item).state == "scheduled"
    assert given_yes(cast, item)[-1].window_end == end


@pytest.mark.parametrize("gone", ["active", "role"])
def test_an_approval_beforehand_falls_with_who_gave_it(cast: Cast, gone: str) -> None:
    item = submitted(cast)
    propose(cast, item)
    with cast.installation.store.write(cast.place.id) as session:
        if gone == "active":
            session.execute(update(Person).where(Person.id == cast.approver.id).values(active=False))
        else:
            own = Membership.person_id == cast.approver.id
            session.execute(update(Membership).where(own).values(role="writer"))
    take(cast, item)
    assert look(cast, item).state == "in_review"
    assert given_yes(cast, item) == []


def test_an_approval_beforehand_of_words_one_has_written_does_not_count(cast: Cast) -> None:
    """The approver began the item; the writer's change makes the rest hers."""
    to = [channel(cast.installation, cast.place.id)]
    item = editing.create(cast.installation, cast.actor("approver"), draft(to, title="Min rubrik"))
    approve.submit(cast.installation, cast.actor("approver"), item, then_schedule=True)
    with pytest.raises(NotAllowed):
        propose(cast, item)
    propose(cast, item, approves=False)
    take(cast, item)
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


def test_the_next_step_is_asked_after_what_was_approved_beforehand(cast: Cast) -> None:
    other = people.add_person(cast.installation, cast.actor(), "eva@example.org", "approver", name="Eva Ström").person
    policy(cast, Policy(steps=[Step(people=[cast.approver.id]), Step(people=[other.id])]))
    item = submitted(cast)
    propose(cast, item)
    take(cast, item)
    assert look(cast, item).state == "in_review"
    assert not deliveries(cast, item)
    eva = Actor(other.id, "Eva Ström", cast.place.id, "approver")
    approve.approve(cast.installation, eva, item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_only_whoever_approves_proposes_and_only_what_differs_and_can_go_out(cast: Cast) -> None:
    item = submitted(cast)
    with pytest.raises(NotAllowed):
        propose(cast, item, who="writer")
    with pytest.raises(Invalid):
        propose(cast, item, text=TEXT)
    with pytest.raises(approve.Blocked):
        propose(cast, item, text="")
    assert look(cast, item).state == "in_review"


def test_taking_the_sending_back_back_takes_the_proposal_too(cast: Cast) -> None:
    item = submitted(cast)
    decision = propose(cast, item)
    undo.undo(cast.installation, cast.actor("approver"), item, decision)
    assert look(cast, item).state == "in_review"
    assert newest(cast, item).answer == "withdrawn"
    with pytest.raises(Conflict):
        take(cast, item)


def test_a_no_leaves_it_as_it_was(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    proposals.decline(cast.installation, cast.actor("writer"), item, newest(cast, item).id)
    assert newest(cast, item).answer == "declined"
    assert look(cast, item).state == "changes_requested"
    with pytest.raises(Conflict):
        take(cast, item)


deeds = st.lists(
    st.sampled_from(
        (
            "edit",
            "edited by the approver",
            "propose",
            "propose and approve",
            "take",
            "send in",
            "approve",
            "accept",
            "undo",
            "move",
            "later",
        )
    ),
    min_size=3,
    max_size=9,
)


@given(deeds)
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_done_nothing_is_cleared_by_a_hand_that_wrote_it(cast: Cast, chosen: list[str]) -> None:
    item = submitted(cast)
    for number, deed in enumerate(chosen):
        try:
            _do(cast, item, deed, number)
        except OfficeError:
            continue
        _require_four_eyes(cast, item)


def _do(cast: Cast, item: int, deed: str, number: int) -> None:
    writer, approver, office = cast.actor("writer"), cast.actor("approver"), cast.installation
    to = [one.channel for one in revision(cast, item).parsed().channels]
    match deed:
        case "edit" | "edited by the approver":
            who = writer if deed == "edit" else approver
            editing.save(office, who, item, draft(to, text=f"{TEXT} Punkt {number}."))
        case "propose" | "propose and approve":
            propose(cast, item, f"{TEXT} Förslag {number}.", deed != "propose")
        case "take":
            take(cast, item)
        case "send in":
            approve.submit(office, writer, item, then_schedule=True)
        case "approve":
            approve.approve(office, approver, item, hash_of(cast, item))
        case "accept":
            approve.accept(office, writer, item, hash_of(cast, item))
        case "undo":
            with office.store.read(cast.place.id) as session:
                last = session.scalar(select(Decision.id).where(Decision.item_id == item).order_by(Decision.id.desc()))
            undo.undo(office, approver, item, last or 0)
        case "move":
            schedule.move(office, writer, item, f"2026-11-{27 + number % 3}T12:00", ask_again=True)
        case "later":
            office.clock.forward(minutes=3)  # type: ignore[attr-defined]


def _require_four_eyes(cast: Cast, item: int) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        row = items.load(session, item)
        now = items.current(session, row)
        if row.state not in ("approved", "scheduled"):
            return
        said = [one for one in standing(said_of(session, item), now.hash) if one.verdict in LETS_OUT]
        assert said, "something says yes to exactly this"
        assert all(one.hash == now.hash for one in said)
        assert not {one.human for one in said} & writers_of(session, row, now)


def test_a_proposal_waits_as_long_as_it_must(cast: Cast) -> None:
    """What was approved beforehand is no yes while nobody has taken it."""
    item = submitted(cast)
    propose(cast, item)
    cast.installation.clock.forward(hours=6)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    assert deliveries(cast, item) == []
    assert cast.installation.now() - newest(cast, item).at > timedelta(hours=5)


@pytest.mark.parametrize("no", ["changes", "withdraw"])
def test_a_no_that_is_said_since_ends_the_approval_given_beforehand(cast: Cast, no: str) -> None:
    """The last that the proposer has said of it is that it must not go out."""
    item = submitted(cast)
    propose(cast, item)
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    if no == "withdraw":
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
        approve.withdraw(cast.installation, cast.actor("approver"), item, "Vänta med allt")
    else:
        approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Nej, vänta")
    with pytest.raises(Conflict):
        take(cast, item)
    assert revision(cast, item).parsed().text == TEXT
    assert look(cast, item).state == "changes_requested"


def test_undoing_that_no_leaves_the_proposal_ended(cast: Cast) -> None:
    item = submitted(cast)
    propose(cast, item)
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    number = approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Nej")
    undo.undo(cast.installation, cast.actor("approver"), item, number)
    with pytest.raises(Conflict):
        take(cast, item)

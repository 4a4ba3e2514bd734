"""Approval: bound to the exact content, by somebody else, in turn, and only for its time."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from commsched.core.approval.rules import Policy, Step
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.content import items
from commsched.services.workflow import approval_links, approve, editing
from commsched.store.models import ApprovalLink, Deputy, Notice, Workspace
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import approved, deliveries, draft, hash_of, look, notices, submitted, written


def policy(cast: Cast, wanted: Policy) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        place = session.get(Workspace, cast.place.id)
        assert place is not None
        place.policy = msgspec.to_builtins(wanted)


@pytest.fixture(autouse=True)
def _one_approver(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step()]))


def token_for(cast: Cast, person: int) -> str:
    """The secret in the newest mail to ``person``."""
    with cast.installation.store.read(cast.place.id) as session:
        sealed = session.scalars(
            select(Notice.link_token)
            .where(Notice.person_id == person, Notice.link_token != "")
            .order_by(Notice.id.desc())
        ).first()
    assert sealed
    return cast.installation.vault.unseal(sealed)


def test_the_approver_is_asked_and_a_yes_puts_it_in_the_outbox(cast: Cast) -> None:
    item = submitted(cast)
    assert look(cast, item).state == "in_review"
    assert notices(cast.installation, cast.place.id, "asked_to_approve") == {cast.approver.id}
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"
    assert [row.state for row in deliveries(cast, item)] == ["waiting"]


def test_without_being_told_to_schedule_a_yes_only_approves(cast: Cast) -> None:
    item = approved(cast, then_schedule=False)
    assert look(cast, item).state == "approved"
    assert deliveries(cast, item) == []


def test_a_yes_to_another_version_is_refused(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = submitted(cast, channels=to)
    seen = hash_of(cast, item)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Ändrat i sista stund."))
    approve.submit(cast.installation, cast.actor("writer"), item)
    with pytest.raises(items.Changed):
        approve.approve(cast.installation, cast.actor("approver"), item, seen)


def test_nobody_approves_their_own_words(cast: Cast) -> None:
    item = editing.create(cast.installation, cast.actor("approver"), draft([channel(cast.installation, cast.place.id)]))
    approve.submit(cast.installation, cast.actor("approver"), item)
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))


def test_who_corrects_a_word_has_become_its_writer(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = written(cast, to)
    editing.save(cast.installation, cast.actor("approver"), item, draft(to, text="Rättat av gruppledaren."))
    approve.submit(cast.installation, cast.actor("writer"), item)
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


def test_all_of_two_must_say_yes(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step(people=[cast.approver.id, cast.administrator.id], need="all")]))
    item = submitted(cast)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "in_review"
    approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_a_chain_asks_one_after_the_other(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step(people=[cast.approver.id]), Step(people=[cast.administrator.id])]))
    item = submitted(cast)
    assert notices(cast.installation, cast.place.id, "asked_to_approve") == {cast.approver.id}
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert cast.administrator.id in notices(cast.installation, cast.place.id, "asked_to_approve")
    approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_a_stricter_channel_makes_the_whole_item_stricter(cast: Cast) -> None:
    strict = msgspec.to_builtins(Policy(steps=[Step(people=[cast.administrator.id])]))
    item = submitted(cast, channels=[channel(cast.installation, cast.place.id, policy=strict)])
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


def test_a_deputy_approves_in_the_leaders_place_and_only_then(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step(people=[cast.approver.id])]))
    item = submitted(cast)
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    now = cast.installation.now()
    with cast.installation.store.write(cast.place.id) as session:
        session.add(
            Deputy(
                person_id=cast.approver.id,
                deputy_id=cast.administrator.id,
                starts_at=now,
                ends_at=now + timedelta(days=1),
                created_at=now,
            )
        )
    approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_with_no_policy_the_office_schedules_by_itself(cast: Cast) -> None:
    policy(cast, Policy())
    assert look(cast, submitted(cast)).state == "scheduled"


def test_sending_back_needs_a_word_and_reaches_the_writer(cast: Cast) -> None:
    item = submitted(cast)
    with pytest.raises(Invalid):
        approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "  ")
    approve.request_changes(cast.installation, cast.actor("approver"), item, hash_of(cast, item), "Byt siffran.")
    assert look(cast, item).state == "changes_requested"
    assert notices(cast.installation, cast.place.id, "changes_requested") == {cast.writer.id}


def test_the_approver_can_stop_what_is_already_scheduled(cast: Cast) -> None:
    item = approved(cast)
    approve.withdraw(cast.installation, cast.actor("approver"), item)
    assert look(cast, item).state == "changes_requested"
    assert [row.state for row in deliveries(cast, item)] == ["cancelled"]


def test_a_bypass_needs_a_reason_and_the_leader_hears_of_it(cast: Cast) -> None:
    item = written(cast)
    with pytest.raises(Invalid):
        approve.bypass(cast.installation, cast.actor("writer"), item, "bråttom")
    approve.bypass(cast.installation, cast.actor("writer"), item, "Olycka vid sjukhuset, gruppledaren går inte att nå.")
    assert look(cast, item).state == "approved"
    assert cast.approver.id in notices(cast.installation, cast.place.id, "bypass_used")


def test_what_cannot_go_out_is_not_sent_for_approval(cast: Cast) -> None:
    item = written(cast, text="")
    with pytest.raises(approve.Blocked) as caught:
        approve.submit(cast.installation, cast.actor("writer"), item)
    assert {problem.field for problem in caught.value.problems} >= {"text"}


def test_the_link_in_the_mail_shows_without_spending_and_decides_once(cast: Cast) -> None:
    item = submitted(cast)
    token = token_for(cast, cast.approver.id)
    for _ in range(3):  # the mail scanner, the phone's preview, the leader
        assert approval_links.open_link(cast.installation, token).item.id == item
    approval_links.decide(cast.installation, token, "approve", hash_of(cast, item))
    assert look(cast, item).state == "scheduled"
    with pytest.raises(approval_links.Spent):
        approval_links.decide(cast.installation, token, "changes", hash_of(cast, item), "Nej, vänta.")


def test_a_link_dies_with_time_with_the_password_and_with_the_person(cast: Cast) -> None:
    submitted(cast)
    token = token_for(cast, cast.approver.id)
    with pytest.raises(NotFound):
        approval_links.open_link(cast.installation, token + "x")
    cast.installation.clock.forward(days=8)  # type: ignore[attr-defined]
    with pytest.raises(approval_links.Spent):
        approval_links.open_link(cast.installation, token)


def test_a_newer_mail_ends_the_older_link(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = submitted(cast, channels=to)
    token = token_for(cast, cast.approver.id)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Ny lydelse."))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    with pytest.raises(approval_links.Spent, match="newer mail"):
        approval_links.open_link(cast.installation, token)
    approval_links.decide(cast.installation, token_for(cast, cast.approver.id), "approve", hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_a_mail_that_speaks_of_an_older_version_says_so_and_decides_on_what_is_shown(cast: Cast) -> None:
    """Whoever was not asked again, since it waits for somebody else first, still has the older mail."""
    to = [channel(cast.installation, cast.place.id)]
    policy(cast, Policy(steps=[Step(people=[cast.approver.id, cast.administrator.id])]))
    item = submitted(cast, channels=to)
    token, old = token_for(cast, cast.administrator.id), hash_of(cast, item)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Ny lydelse."))
    policy(cast, Policy(steps=[Step(people=[cast.approver.id]), Step(people=[cast.administrator.id])]))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    assert approval_links.open_link(cast.installation, token).changed
    with pytest.raises(items.Changed):
        approval_links.decide(cast.installation, token, "approve", old)
    with pytest.raises(NotAllowed):
        approval_links.decide(cast.installation, token, "approve", hash_of(cast, item))
    approval_links.decide(cast.installation, token, "changes", hash_of(cast, item), "Inte så.")
    assert look(cast, item).state == "changes_requested"


def test_a_conflict_does_not_spend_the_link(cast: Cast) -> None:
    item = submitted(cast)
    token = token_for(cast, cast.approver.id)
    with pytest.raises(items.Changed):
        approval_links.decide(cast.installation, token, "approve", "0" * 64)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(ApprovalLink.used_at).where(ApprovalLink.item_id == item)).all() == [None]


def test_an_item_that_is_not_asked_for_cannot_be_approved(cast: Cast) -> None:
    item = written(cast)
    with pytest.raises(Conflict):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


def test_when_the_only_approver_wrote_it_the_administrator_is_asked(cast: Cast) -> None:
    item = editing.create(cast.installation, cast.actor("approver"), draft([channel(cast.installation, cast.place.id)]))
    approve.submit(cast.installation, cast.actor("approver"), item)
    assert notices(cast.installation, cast.place.id, "asked_to_approve") == {cast.administrator.id}


def test_ones_own_words_put_back_by_somebody_else_are_still_ones_own(cast: Cast) -> None:
    channels = [channel(cast.installation, cast.place.id)]
    item = written(cast, channels=channels)
    for who, text in (("approver", "Mina egna ord."), ("writer", "Något annat."), ("writer", "Mina egna ord.")):
        editing.save(cast.installation, cast.actor(who), item, draft(channels, text=text), hash_of(cast, item))
    approve.submit(cast.installation, cast.actor("writer"), item)
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


def test_one_changed_character_does_not_make_the_leaders_own_words_somebody_elses(cast: Cast) -> None:
    channels = [channel(cast.installation, cast.place.id)]
    item = written(cast, channels=channels)
    for who, text in (("approver", "Gruppledarens egna ord"), ("writer", "Gruppledarens egna ord.")):
        editing.save(cast.installation, cast.actor(who), item, draft(channels, text=text), hash_of(cast, item))
    approve.submit(cast.installation, cast.actor("writer"), item)
    assert notices(cast.installation, cast.place.id, "asked_to_approve") == {cast.administrator.id}
    with pytest.raises(NotAllowed):
        approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))


def test_a_correction_that_was_taken_out_again_does_not_stop_the_leader(cast: Cast) -> None:
    channels = [channel(cast.installation, cast.place.id)]
    item = written(cast, channels=channels)
    for who, text in (("approver", "Rättat."), ("writer", look(cast, item).title)):
        editing.save(cast.installation, cast.actor(who), item, draft(channels, text=text), hash_of(cast, item))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_where_all_must_agree_the_others_decide_on_what_one_of_them_wrote(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step(people=[cast.approver.id, cast.administrator.id], need="all")]))
    item = editing.create(cast.installation, cast.actor("approver"), draft([channel(cast.installation, cast.place.id)]))
    approve.submit(cast.installation, cast.actor("approver"), item, then_schedule=True)
    approve.approve(cast.installation, cast.actor("administrator"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"


def test_an_office_that_lets_people_approve_their_own_words_still_does(cast: Cast) -> None:
    policy(cast, Policy(steps=[Step()], own=True))
    item = written(cast)
    editing.save(
        cast.installation,
        cast.actor("approver"),
        item,
        draft([channel(cast.installation, cast.place.id)], text="Rättat."),
    )
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), item, hash_of(cast, item))
    assert look(cast, item).state == "scheduled"

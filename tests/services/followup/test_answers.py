"""A comment is answered by approved words, once, and as an answer: never as a post of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from commsched.core.content.model import canonical, digest
from commsched.core.delivery.outcome import Unknown
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.content import drafts, items
from commsched.services.followup import answers, replies, watch
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import Decision, Delivery, Item, RemoteComment, Revision
from tests.conftest import Cast, SetClock
from tests.network import Network
from tests.services import desk

Say = Callable[..., int]


def approved(cast: Cast, item: int) -> None:
    approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item))
    desk.publish_what_is_due(cast.installation)


def test_an_answer_waits_for_approval_and_hangs_on_the_comment(
    say: Say, cast: Cast, network: Network, clock: SetClock
) -> None:
    comment = say()
    item = answers.answer(cast.installation, cast.actor("writer"), comment, "Tack!")
    desk.publish_what_is_due(cast.installation)
    assert list(network.posts.values()) == [desk.TEXT], "not before the yes"
    approved(cast, item)
    assert network.posts["p2"] == "Tack!"
    assert network.parents["p2"] == "r1"
    clock.forward(minutes=16)
    network.written.append(replace(network.written[0], id="p2", text="Tack!"))
    replies.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert len(list(session.scalars(select(RemoteComment)))) == 1, "our own answer is no comment"
        assert watch.load(session, comment).seen_by == cast.writer.id


def test_a_comment_is_answered_once(say: Say, cast: Cast, network: Network) -> None:
    comment = say()
    item = answers.answer(cast.installation, cast.actor("writer"), comment, "Tack!")
    with pytest.raises(Conflict):
        answers.answer(cast.installation, cast.actor("approver"), comment, "Tack igen!")
    approved(cast, item)
    with pytest.raises(Conflict):
        answers.answer(cast.installation, cast.actor("approver"), comment, "Tack igen!")
    assert list(network.posts) == ["p1", "p2"]


def test_after_a_cancelled_answer_there_may_be_another(say: Say, cast: Cast) -> None:
    comment = say()
    item = answers.answer(cast.installation, cast.actor("writer"), comment, "Tack!")
    schedule.cancel(cast.installation, cast.actor("writer"), item)
    assert answers.answer(cast.installation, cast.actor("writer"), comment, "Tack så mycket!") != item


def test_a_lost_answer_is_not_sent_again_on_hope(say: Say, cast: Cast, network: Network, clock: SetClock) -> None:
    comment = say()
    item = answers.answer(cast.installation, cast.actor("writer"), comment, "Tack!")
    network.answers = [Unknown("timeout")]
    approved(cast, item)
    for _ in range(5):
        clock.forward(minutes=2)
        desk.publish_what_is_due(cast.installation)
    assert [call for call, about in network.calls if about == "Tack!"] == ["publish"]


def test_edited_words_are_still_an_answer(say: Say, cast: Cast, network: Network) -> None:
    comment = say()
    item = answers.answer(cast.installation, cast.actor("writer"), comment, "Tack!")
    with cast.installation.store.read(cast.place.id) as session:
        row = items.load(session, item)
        draft = drafts.as_draft(cast.installation, session, row, session.get_one(Revision, row.revision_id))
    editing.save(cast.installation, cast.actor("writer"), item, replace(draft, text="Tack, Maj!"))
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    approved(cast, item)
    assert network.parents["p2"] == "r1"


@pytest.mark.parametrize("how", ["its words forget the comment", "the comment is forgotten"])
def test_what_is_no_answer_any_more_is_no_post_either(say: Say, cast: Cast, network: Network, how: str) -> None:
    comment = say()
    item = answers.answer(cast.installation, cast.actor("writer"), comment, "Tack!")
    approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item))
    with cast.installation.store.write(cast.place.id) as session:
        if how.startswith("its"):
            revision = session.get_one(Revision, session.get_one(Item, item).revision_id)
            revision.content = canonical(replace(revision.parsed(), answers=""))
            revision.hash = digest(revision.content)
            for decision in session.scalars(select(Decision).where(Decision.item_id == item)):
                decision.hash = revision.hash
        else:
            watch.load(session, comment).erased_at = cast.installation.now()
    desk.publish_what_is_due(cast.installation)
    assert list(network.posts) == ["p1"]
    with cast.installation.store.read(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == item)).one()
        assert (row.state, row.reason) == ("held", "changed")


def test_a_ready_answer_is_approved_once_for_all(say: Say, cast: Cast, network: Network) -> None:
    ready = answers.propose(cast.installation, cast.actor("writer"), "Tack för att du hör av dig!")
    first, second = say(name="r1"), say(name="r2")
    with pytest.raises(NotFound):
        answers.answer(cast.installation, cast.actor("writer"), first, ready=ready)
    with pytest.raises(NotAllowed):
        answers.approve_ready(cast.installation, cast.actor("writer"), ready)
    answers.approve_ready(cast.installation, cast.actor("approver"), ready)
    for comment in (first, second):
        answers.answer(cast.installation, cast.actor("writer"), comment, ready=ready)
    desk.publish_what_is_due(cast.installation)
    assert (network.parents["p2"], network.parents["p3"]) == ("r1", "r2")
    assert network.posts["p2"] == network.posts["p3"] == "Tack för att du hör av dig!"
    answers.end_ready(cast.installation, cast.actor("writer"), ready)
    with pytest.raises(NotFound):
        answers.answer(cast.installation, cast.actor("writer"), say(name="r3"), ready=ready)


@pytest.fixture
def mentions(network: Network) -> None:
    network.answers_mention = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("handle", "words", "sent"),
    [
        ("@maj@annan.example", "Tack!", "@maj@annan.example Tack!"),
        ("@maj", "Tack!", "@maj Tack!"),
        ("@maj", "Tack, @MAJ!", "Tack, @MAJ!"),
        ("@maj", "Tack, @maja!", "@maj Tack, @maja!"),
        ("@maj", "Tack, @maj@annan.example!", "@maj Tack, @maj@annan.example!"),
        ("@maj rösta på oss @alla", "Tack!", "Tack!"),
        ("3k2la", "Tack!", "Tack!"),
        ("", "Tack!", "Tack!"),
    ],
)
def test_who_is_answered_is_mentioned_and_that_is_approved(
    say: Say, cast: Cast, network: Network, mentions: None, handle: str, words: str, sent: str
) -> None:
    item = answers.answer(cast.installation, cast.actor("writer"), say(handle=handle), words)
    with cast.installation.store.read(cast.place.id) as session:
        revision = items.current(session, items.load(session, item))
        assert revision.parsed().text == sent
        assert digest(revision.content) == revision.hash
    approved(cast, item)
    assert network.posts["p2"] == sent


def test_elsewhere_nobody_is_mentioned(say: Say, cast: Cast, network: Network) -> None:
    approved(cast, answers.answer(cast.installation, cast.actor("writer"), say(handle="@maj"), "Tack!"))
    assert network.posts["p2"] == "Tack!"


def test_a_ready_answer_mentions_and_its_yes_is_for_its_words_alone(
    say: Say, cast: Cast, network: Network, mentions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = answers.propose(cast.installation, cast.actor("writer"), "Tack för att du hör av dig!")
    answers.approve_ready(cast.installation, cast.actor("approver"), ready)
    answers.answer(cast.installation, cast.actor("writer"), say(handle="@maj@annan.example"), ready=ready)
    desk.publish_what_is_due(cast.installation)
    assert network.posts["p2"] == "@maj@annan.example Tack för att du hör av dig!"
    submit = approve.submit

    def meanwhile(installation: Installation, actor: Actor, number: int, then_schedule: bool) -> None:
        with installation.store.read(cast.place.id) as session:
            row = items.load(session, number)
            draft = drafts.as_draft(installation, session, row, session.get_one(Revision, row.revision_id))
        editing.save(installation, actor, number, replace(draft, text="Något helt annat"))
        submit(installation, actor, number, then_schedule=then_schedule)

    monkeypatch.setattr(approve, "submit", meanwhile)
    second = answers.answer(cast.installation, cast.actor("writer"), say(name="r2", handle="@nils"), ready=ready)
    assert desk.look(cast, second).state == "in_review", "other words wait for a yes of their own"


def test_nobody_approves_their_own_ready_answer(say: Say, cast: Cast, network: Network) -> None:
    ready = answers.propose(cast.installation, cast.actor("approver"), "Tack!")
    with pytest.raises(NotAllowed):
        answers.approve_ready(cast.installation, cast.actor("approver"), ready)
    answers.approve_ready(cast.installation, cast.actor(), ready)
    item = answers.answer(cast.installation, cast.actor(), say(), ready=ready)
    assert desk.look(cast, item).state == "in_review", "whoever sends it is not who says yes to it"


def test_bad_input(say: Say, cast: Cast) -> None:
    comment = say()
    with pytest.raises(Invalid):
        answers.answer(cast.installation, cast.actor("writer"), comment, "  ")
    with pytest.raises(NotAllowed):
        answers.answer(cast.installation, cast.actor("reader"), comment, "Tack!")
    with pytest.raises(NotFound):
        answers.answer(cast.installation, cast.elsewhere_actor, comment, "Tack!")
    with pytest.raises(Invalid):
        answers.propose(cast.installation, cast.actor("writer"), "x" * 1001)

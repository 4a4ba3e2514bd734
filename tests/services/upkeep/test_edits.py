"""A correction is put in the place of what is out on a network that can change it: approved, and never as a twin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from commsched.core.delivery.outcome import Rejected, Retry, Unknown
from commsched.core.text.messages import Conflict
from commsched.services.content import drafts, items
from commsched.services.kernel.context import Installation
from commsched.services.upkeep import removals
from commsched.services.workflow import approve, corrections, editing, pause, schedule, takedown
from commsched.store.models import Channel, Delivery, Item, Part, Revision
from tests import publications
from tests.conftest import Cast, SetClock
from tests.network import Network, put_in
from tests.services import desk
from tests.sims.platform import Crash


@pytest.fixture
def network(installation: Installation) -> Network:
    return put_in(installation, Network())


def out(cast: Cast, clock: SetClock, text: str = "Fyra bussar") -> int:
    channel = publications.channel(cast.installation, cast.place.id, "mastodon", name="Nätet")
    item = desk.scheduled(cast, channels=[channel], text=text)
    clock.forward(hours=6)
    desk.publish_what_is_due(cast.installation)
    return item


def written(cast: Cast, original: int, text: str = "Fem bussar", *, note: str = "Det är fem.") -> int:
    """A correction as a person writes it; not approved yet."""
    number = corrections.begin(cast.installation, cast.actor("writer"), original)
    with cast.installation.store.read(cast.place.id) as session:
        item = items.load(session, number)
        draft = drafts.as_draft(cast.installation, session, item, session.get_one(Revision, item.revision_id))
    draft = replace(draft, text=text, correction=note, variants={})
    editing.save(cast.installation, cast.actor("writer"), number, draft)
    return number


def corrected(cast: Cast, original: int, text: str = "Fem bussar") -> int:
    number = written(cast, original, text)
    approve.submit(cast.installation, cast.actor("writer"), number, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), number, desk.hash_of(cast, number))
    set_out(cast, number)
    return number


def set_out(cast: Cast, number: int) -> None:
    """Where it was approved without a time it is scheduled for now."""
    if not desk.deliveries(cast, number):
        now = cast.installation.now().isoformat()
        schedule.schedule(cast.installation, cast.actor("writer"), number, now)
    desk.publish_what_is_due(cast.installation)


def state(cast: Cast, number: int) -> tuple[str, str]:
    row = desk.deliveries(cast, number)[-1]
    return row.state, row.reason


def test_what_is_out_is_changed_in_its_place(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    number = corrected(cast, original)
    assert network.posts == {"p1": "Fem bussar"}
    assert state(cast, number) == ("published", "")
    assert desk.deliveries(cast, number)[-1].url == "https://net.example/p1"


def test_nothing_is_changed_before_it_is_approved(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    number = written(cast, original)
    approve.submit(cast.installation, cast.actor("writer"), number, then_schedule=True)
    clock.forward(hours=1)
    desk.publish_what_is_due(cast.installation)
    with cast.installation.store.write(cast.place.id) as session:  # whatever a bug might put in the outbox
        item = session.get_one(Item, number)
        first = session.scalars(select(Delivery).where(Delivery.item_id == original)).one()
        session.add(
            Delivery(
                uid="c" * 32,
                item_id=number,
                revision_id=item.revision_id,
                channel_id=first.channel_id,
                due_at=clock.at,
                latest_at=clock.at + timedelta(hours=1),
                next_at=clock.at,
                created_at=clock.at,
            )
        )
    desk.publish_what_is_due(cast.installation)
    assert network.posts == {"p1": "Fyra bussar"}
    assert state(cast, number) == ("held", "unapproved")


def test_a_lost_answer_is_made_again_and_no_twin(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    network.answers = [Unknown("timeout")]
    number = corrected(cast, original)
    assert state(cast, number)[0] == "unknown"
    for _ in range(3):
        clock.forward(seconds=30)
        desk.publish_what_is_due(cast.installation)
    assert state(cast, number) == ("published", "")
    assert [call for call, _about in network.calls] == ["publish", "edit", "edit"]
    assert network.posts == {"p1": "Fem bussar"}


def test_a_kill_in_the_middle_makes_no_twin(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    network.answers = [Crash()]
    with pytest.raises(Crash):
        corrected(cast, original)
    for _ in range(6):
        clock.forward(seconds=60)
        desk.publish_what_is_due(cast.installation)
    assert network.posts == {"p1": "Fem bussar"}
    assert {call for call, _about in network.calls[1:]} == {"edit"}


@pytest.mark.parametrize("answer", [Retry("429"), Rejected("no", "permission")], ids=str)
def test_other_answers_are_as_for_any_delivery(network: Network, cast: Cast, clock: SetClock, answer: object) -> None:
    original = out(cast, clock)
    network.answers = [answer]  # type: ignore[list-item]
    number = corrected(cast, original)
    clock.forward(seconds=30)
    desk.publish_what_is_due(cast.installation)
    assert state(cast, number)[0] == ("published" if isinstance(answer, Retry) else "failed")
    assert list(network.posts) == ["p1"]


def test_a_pause_holds_it(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    corrected(cast, original)
    assert network.posts == {"p1": "Fyra bussar"}


def test_a_thread_may_grow_and_not_shrink(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock, "Ett\n---\nTvå")
    short = written(cast, original, "Ett")
    with cast.installation.store.read(cast.place.id) as session:
        _general, channels = items.problems(cast.installation, session, items.load(session, short))
    assert [problem.words.params for problem in channels[0].problems if problem.blocks] == [{"before": 2, "now": 1}]
    with pytest.raises(approve.Blocked):
        approve.submit(cast.installation, cast.actor("writer"), short)
    corrected(cast, original, "Ett!\n---\nTvå!\n---\nTre")
    assert network.posts == {"p1": "Ett!", "p2": "Två!", "p3": "Tre"}
    assert network.parents["p3"] == "p2"


def test_it_is_said_what_becomes_of_each_network(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    number = written(cast, original)
    with cast.installation.store.read(cast.place.id) as session:
        _general, channels = items.problems(cast.installation, session, items.load(session, number))
    assert any("no new post is made" in words.message for words in channels[0].notes)


def test_a_second_correction_changes_the_same_post(network: Network, cast: Cast, clock: SetClock) -> None:
    original = out(cast, clock)
    corrected(cast, original)
    clock.forward(minutes=5)
    corrected(cast, original, "Sex bussar")
    assert network.posts == {"p1": "Sex bussar"}
    assert [call for call, _about in network.calls] == ["publish", "edit", "edit"]


def test_where_nothing_can_be_changed_there_is_nothing_to_correct(cast: Cast, clock: SetClock) -> None:
    put_in(cast.installation, Network(frozenset({"delete"})))
    original = out(cast, clock)
    with pytest.raises(Conflict):
        corrections.begin(cast.installation, cast.actor("writer"), original)


def test_what_was_taken_down_is_not_corrected_and_one_post_is_deleted_once(
    network: Network, cast: Cast, clock: SetClock
) -> None:
    original = out(cast, clock)
    corrected(cast, original)
    takedown.take_down(cast.installation, cast.actor("writer"), original, "Fel.")
    assert removals.take_down_due(cast.installation) == 1
    assert network.posts == {}
    with pytest.raises(Conflict):
        corrections.begin(cast.installation, cast.actor("writer"), original)


def test_after_a_restore_an_edit_is_asked_about(network: Network, cast: Cast, clock: SetClock) -> None:
    """It may have been corrected once more since the backup, and that must not be undone."""
    original = out(cast, clock)
    number = corrected(cast, original)
    with cast.installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == number)).one()
        part = session.scalars(select(Part).where(Part.delivery_id == row.id)).one()
        row.state, row.was, row.doubt_since, row.next_at = "unknown", "waiting", clock.at, clock.at
        part.state, part.was, part.next_at = "unknown", "waiting", clock.at
    network.posts["p1"] = "Sju bussar"
    for _ in range(4):
        clock.forward(minutes=10)
        desk.publish_what_is_due(cast.installation)
    assert network.posts == {"p1": "Sju bussar"}
    assert state(cast, number)[0] == "unknown"


def test_where_no_correction_reaches_is_said(network: Network, cast: Cast, clock: SetClock) -> None:
    place = cast.place.id
    to = [publications.channel(cast.installation, place, "mastodon", name=name) for name in ("Nätet", "Det andra")]
    number = desk.scheduled(cast, channels=to, text="Fyra bussar")
    clock.forward(hours=6)
    desk.publish_what_is_due(cast.installation)
    with cast.installation.store.write(place) as session:
        session.execute(update(Channel).where(Channel.id == to[1]).values(platform="bluesky"))
    with cast.installation.store.read(place) as session:
        own = corrections.own_pages(cast.installation, session, items.load(session, number))
    assert (own.correctable, own.stays) == (True, ["Det andra"])

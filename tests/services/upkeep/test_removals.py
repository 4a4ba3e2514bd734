"""What is taken down here is taken down on the networks too: until it is gone there, or a person has done it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from commsched.core.delivery.outcome import Published, Rejected, Retry, Unknown
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.kernel.context import Installation
from commsched.services.upkeep import removals
from commsched.services.workflow import pause, takedown
from commsched.store.models import AuditEntry, Channel, Delivery, Part, Removal, Takedown, Workspace
from tests import publications
from tests.conftest import NOW, Cast, SetClock
from tests.network import Network, put_in
from tests.services import desk
from tests.sims.platform import Crash

AGO = NOW - timedelta(hours=1)


@pytest.fixture
def network(installation: Installation) -> Network:
    return put_in(installation, Network())


def out(cast: Cast, clock: SetClock, text: str = "Fel siffra", platform: str = "mastodon") -> int:
    """An item that is out on the network, by the whole way."""
    channel = publications.channel(cast.installation, cast.place.id, platform, name="Nätet")
    item = desk.scheduled(cast, channels=[channel], text=text)
    clock.forward(hours=6)
    desk.publish_what_is_due(cast.installation)
    return item


def rows(cast: Cast) -> list[Removal]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Removal).order_by(Removal.id)))


def down(cast: Cast, item: int, **more: object) -> None:
    takedown.take_down(cast.installation, cast.actor("writer"), item, "Fel siffra.", **more)  # type: ignore[arg-type]


def test_every_part_of_a_thread_is_taken_down(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock, "Ett\n---\nTvå")
    assert list(network.posts.values()) == ["Ett", "Två"]
    down(cast, item)
    assert [row.state for row in rows(cast)] == ["waiting", "waiting"]
    assert removals.take_down_due(cast.installation) == 2
    assert network.posts == {}
    assert [row.state for row in rows(cast)] == ["gone", "gone"]
    assert removals.take_down_due(cast.installation) == 0, "once"
    with cast.installation.store.read(cast.place.id) as session:
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.item_id == item)))
    assert actions[-3:] == ["item.taken_down", "removal.gone", "removal.gone"]


@pytest.mark.parametrize("answer", [Unknown("timeout"), Retry("429"), RuntimeError("bug")], ids=str)
def test_what_is_not_known_to_be_gone_is_tried_again(
    network: Network, cast: Cast, clock: SetClock, answer: object
) -> None:
    item = out(cast, clock)
    down(cast, item)
    network.answers = [answer]  # type: ignore[list-item]
    removals.take_down_due(cast.installation)
    assert (rows(cast)[0].state, removals.take_down_due(cast.installation)) == ("waiting", 0), "not at once"
    clock.forward(seconds=6)
    assert removals.take_down_due(cast.installation) == 1
    assert (rows(cast)[0].state, network.posts) == ("gone", {})


def test_a_kill_in_the_middle_loses_no_take_down(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    down(cast, item)
    network.answers = [Crash()]
    with pytest.raises(Crash):
        removals.take_down_due(cast.installation)
    assert removals.take_down_due(cast.installation) == 0, "whoever was killed may still be at it"
    clock.forward(seconds=91)
    assert removals.take_down_due(cast.installation) == 1
    assert network.posts == {}


def test_what_a_network_refuses_is_told_and_done_by_a_person(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock, "Ett\n---\nTvå")
    down(cast, item)
    network.answers = [Rejected("not yours", "permission"), Rejected("not yours", "permission")]
    removals.take_down_due(cast.installation)
    first, second = rows(cast)
    assert (first.state, first.url) == ("by_hand", "https://net.example/p1")
    told = desk.notices(cast.installation, cast.place.id, "remove_by_hand")
    assert told == {cast.writer.id, cast.approver.id, cast.administrator.id}
    for row in (first, second):
        removals.confirm(cast.installation, cast.actor("writer"), item, row.id)
    assert {(row.state, row.person_id) for row in rows(cast)} == {("confirmed", cast.writer.id)}
    with pytest.raises(Conflict):
        removals.confirm(cast.installation, cast.actor("writer"), item, first.id)


def test_it_can_be_tried_again_from_here(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    down(cast, item)
    network.answers = [Rejected("no", "token")]
    removals.take_down_due(cast.installation)
    removals.again(cast.installation, cast.actor("writer"), item, rows(cast)[0].id)
    removals.take_down_due(cast.installation)
    assert (rows(cast)[0].state, network.posts) == ("gone", {})


def test_a_day_in_vain_is_a_person_s(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    down(cast, item)
    network.answers = [Unknown("no answer")] * 3
    removals.take_down_due(cast.installation)
    clock.forward(hours=24)
    removals.take_down_due(cast.installation)
    assert rows(cast)[0].state == "by_hand"


@pytest.mark.parametrize("why", ["cannot", "archived", "broken"])
def test_what_cannot_be_done_from_here_is_said_at_once(cast: Cast, clock: SetClock, why: str) -> None:
    network = put_in(cast.installation, Network(frozenset() if why == "cannot" else frozenset({"delete"})))
    item = out(cast, clock)
    if why != "cannot":
        with cast.installation.store.write(cast.place.id) as session:
            session.scalars(select(Channel)).one().state = why
    down(cast, item)
    assert [(row.state, row.next_at) for row in rows(cast)] == [("by_hand", None)]
    removals.take_down_due(cast.installation)
    assert [call for call, _about in network.calls] == ["publish"]
    assert desk.notices(cast.installation, cast.place.id, "remove_by_hand")


def test_a_pause_does_not_stop_it(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    down(cast, item)
    removals.take_down_due(cast.installation)
    assert network.posts == {}


def test_what_comes_out_after_it_was_taken_down_goes_as_well(network: Network, cast: Cast, clock: SetClock) -> None:
    """A part whose answer was lost is found to be out only then."""
    item = out(cast, clock, "Ett\n---\nTvå")
    with cast.installation.store.write(cast.place.id) as session:
        last = session.scalars(select(Part).where(Part.number == 1)).one()
        last.state, name, last.remote_id = "unknown", last.remote_id, ""
    down(cast, item)
    removals.take_down_due(cast.installation)
    assert list(network.posts) == [name]
    with cast.installation.store.write(cast.place.id) as session:
        last = session.scalars(select(Part).where(Part.number == 1)).one()
        last.state, last.remote_id = "published", name
    removals.take_down_due(cast.installation)
    assert network.posts == {}


def test_what_was_taken_down_before_this_could_be_done_is_left(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    with cast.installation.store.write(cast.place.id) as session:
        session.add(Takedown(item_id=item, reason="Fel", at=NOW))
    assert (removals.take_down_due(cast.installation), len(network.posts)) == (0, 1)


def test_the_pages_alone(network: Network, cast: Cast, clock: SetClock) -> None:
    room = publications.channel(cast.installation, cast.place.id)
    item = publications.published(cast.installation, cast.place.id, room, at=AGO, text="x").id
    down(cast, item, elsewhere=False)
    assert rows(cast) == []


def test_put_back_before_it_was_done_it_stays_there(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock, "Ett\n---\nTvå")
    down(cast, item)
    network.answers = [Published("p1"), Retry("429")]
    removals.take_down_due(cast.installation)
    takedown.put_back(cast.installation, cast.actor("approver"), item)
    clock.forward(hours=1)
    assert removals.take_down_due(cast.installation) == 0
    assert [row.state for row in rows(cast)] == ["gone", "kept"]


def test_who_may_and_what_is_needed(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    for role in ("reader",):
        with pytest.raises(NotAllowed):
            takedown.take_down(cast.installation, cast.actor(role), item, "Fel")
    with pytest.raises(Invalid):
        down(cast, item, kind="moved")
    with pytest.raises(Conflict):
        down(cast, item, kind="moved", moved_to="https://ljungpartiet.example/ny")
    down(cast, item)
    with pytest.raises(NotFound):
        removals.confirm(cast.installation, cast.elsewhere_actor, item, rows(cast)[0].id)
    with pytest.raises(NotAllowed):
        removals.confirm(cast.installation, cast.actor("reader"), item, rows(cast)[0].id)


def test_two_workers_take_it_down_once(network: Network, cast: Cast, clock: SetClock) -> None:
    item = out(cast, clock)
    down(cast, item)
    other: list[int] = []
    network.before = lambda: other.append(removals.take_down_due(cast.installation)) if not other else None
    assert removals.take_down_due(cast.installation) == 1
    assert other == [0]


def test_a_mail_cannot_be_called_back(cast: Cast, clock: SetClock, network: Network) -> None:
    elsewhere = publications.channel(cast.installation, cast.place.id, "presslist")
    item = publications.published(cast.installation, cast.place.id, elsewhere, at=AGO, text="x", parts=["published"])
    with cast.installation.store.write(cast.place.id) as session:
        session.scalars(select(Part)).one().role = "recipient"
        session.scalars(select(Delivery)).one()
    with pytest.raises(Conflict):
        down(cast, item.id)


@pytest.mark.parametrize(
    "to",
    [
        "https://[::1",
        "https://a.se/\r\nSet-Cookie: a=b",
        "https://a b.se/",
        "https://a.se:99999/",
        "https:///x",
        "\ud800",
    ],
)
def test_what_has_moved_leads_to_an_address_and_nothing_else(cast: Cast, clock: SetClock, to: str) -> None:
    item = out(cast, clock, platform="newsroom")
    with pytest.raises(Invalid):
        down(cast, item, kind="moved", moved_to=to)
    assert rows(cast) == []


@pytest.mark.parametrize(("account", "called"), [("7", 1), ("demo", 0)])
def test_in_a_demo_only_what_is_invented_is_left_alone(
    network: Network, cast: Cast, clock: SetClock, account: str, called: int
) -> None:
    """What somebody has connected there is real: what went out is taken down like anywhere."""
    item = out(cast, clock)
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).is_demo = True
        session.execute(update(Channel).values(account=account))
    down(cast, item)
    assert removals.take_down_due(cast.installation) == called
    assert bool(network.posts) is not bool(called)

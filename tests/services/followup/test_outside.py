"""What was posted by another way than this is known, and what we posted is not taken for it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from commsched.core.platform.figures import Publication
from commsched.services.followup import outside
from commsched.store.models import Channel, Delivery, Listening, OutsidePost
from tests.conftest import Cast, SetClock
from tests.network import Network


def kept(cast: Cast) -> list[tuple[str, str]]:
    with cast.installation.store.read(cast.place.id) as session:
        return [(row.remote_id, row.text) for row in session.scalars(select(OutsidePost).order_by(OutsidePost.id))]


def test_ours_are_told_apart_by_id_and_by_address(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    at = clock.at
    network.elsewhere = [
        Publication("p1", "", "vår", at),
        Publication("annat id", "https://net.example/p1", "vår", at),
        Publication("h1", "https://net.example/h1", "För   hand\n", at),
        Publication("h2", "javascript:alert(1)", "x" * 999, at + timedelta(days=1)),
    ]
    assert outside.read_next(cast.installation)
    assert not outside.read_next(cast.installation)
    assert kept(cast) == [("h1", "För hand"), ("h2", "x" * 300)]
    with cast.installation.store.read(cast.place.id) as session:
        rows = outside.between(session, at - timedelta(days=1), at + timedelta(hours=1))
    assert [(row.url, row.at) for row, _channel in rows] == [("https://net.example/h1", at), ("", at)]
    clock.forward(hours=3)
    outside.read_next(cast.installation)
    assert len(kept(cast)) == 2, "once"


def test_while_something_is_in_doubt_nothing_is_called_another_s(
    network: Network, cast: Cast, clock: SetClock, item: int
) -> None:
    network.elsewhere = [Publication("p9", "", "kanske vår", clock.at)]
    with cast.installation.store.write(cast.place.id) as session:
        session.scalars(select(Delivery)).one().state = "unknown"
    outside.read_next(cast.installation)
    assert kept(cast) == []
    with cast.installation.store.write(cast.place.id) as session:
        session.scalars(select(Delivery)).one().state = "published"
    clock.forward(minutes=31)
    outside.read_next(cast.installation)
    assert [name for name, _text in kept(cast)] == ["p9"]


def test_one_that_turns_out_to_be_ours_is_taken_away(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        channel = session.scalars(select(Channel.id)).one()
        session.add(OutsidePost(channel_id=channel, remote_id="p1", text="x", url="", at=clock.at))
    outside.read_next(cast.installation)
    assert kept(cast) == []


def test_silence_changes_nothing(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    network.silent = True
    outside.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(Listening)).one().recent_read_at is None


def test_what_a_network_tells_may_be_anything(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    at = clock.at
    told = [("a\x00\ud800", "\ud800Hej", at), ("\ud800", "utan namn", at), ("b", "utan zon", at.replace(tzinfo=None))]
    posts = [Publication(name, "", text, moment) for name, text, moment in told]
    network.recent = lambda since, context: posts  # type: ignore[method-assign]
    assert outside.read_next(cast.installation)
    assert kept(cast) == [("a", "Hej"), ("b", "utan zon")]

"""What readers made of it: counted more and more seldom, batched, silent where nobody knows."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from commsched.core.platform.figures import Figures
from commsched.services.followup import figures
from commsched.store.models import Figure
from tests import publications
from tests.conftest import Cast, SetClock
from tests.network import Network
from tests.services import desk


def counts(network: Network) -> list[str]:
    return [about for call, about in network.calls if call == "metrics"]


def test_it_is_asked_more_and_more_seldom_and_for_a_month(
    network: Network, cast: Cast, clock: SetClock, item: int
) -> None:
    network.figures["p1"] = Figures(views=10, likes=2)
    asked = []
    out = clock.at
    for _quarter in range(4 * 24 * 32):
        clock.forward(minutes=15)
        before = len(counts(network))
        figures.read_next(cast.installation)
        if len(counts(network)) > before:
            asked.append(round((clock.at - out) / timedelta(hours=1)))
        if len(asked) == 5 and clock.at - out < timedelta(days=29):
            clock.forward(days=20)
    assert asked[:5] == [1, 6, 24, 72, 168]
    assert len(asked) == 6
    with cast.installation.store.read(cast.place.id) as session:
        row = session.scalars(select(Figure)).one()
        assert (row.views, row.likes, row.shares, row.next_at) == (10, 2, None, None)


def test_a_channel_s_parts_are_counted_together(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        from commsched.store.models import Channel

        channel = session.scalars(select(Channel.id)).one()
    desk.scheduled(cast, channels=[channel], text="Ett\n---\nTvå", publish_at="2026-11-26T13:10")
    clock.forward(minutes=20)
    desk.publish_what_is_due(cast.installation)
    figures.read_next(cast.installation)
    clock.forward(hours=2)
    figures.read_next(cast.installation)
    assert counts(network) == ["p1,p2,p3"]


def test_silence_is_not_known_and_asked_again(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    network.silent = True
    figures.read_next(cast.installation)
    clock.forward(hours=2)
    figures.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        known = figures.of_item(session, item)
    assert [(each.figures, each.read_at) for each in known.values()] == [(Figures(), None)]
    network.silent, network.figures["p1"] = False, Figures(views=7)
    clock.forward(minutes=21)
    figures.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        (counted,) = figures.of_item(session, item).values()
    assert counted.figures.views == 7


def test_nonsense_is_no_figure(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    network.figures["p1"] = Figures(views=-3, likes="många", shares=2**70)  # type: ignore[arg-type]
    figures.read_next(cast.installation)
    clock.forward(hours=2)
    figures.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        (counted,) = figures.of_item(session, item).values()
    assert counted.figures == Figures()


def test_how_it_went(network: Network, cast: Cast, clock: SetClock, item: int) -> None:
    network.figures["p1"] = Figures(views=10, likes=2)
    figures.read_next(cast.installation)
    clock.forward(hours=2)
    figures.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        (went,) = figures.how_it_went(session, clock.at - timedelta(days=1))
    assert (went.item, went.channels, went.figures.views) == (item, ["Nätet"], 10)
    with cast.installation.store.read(cast.elsewhere.id) as session:
        assert figures.how_it_went(session, clock.at - timedelta(days=1)) == []


def test_what_is_no_platform_s_to_count_is_not_asked(cast: Cast, clock: SetClock) -> None:
    room = publications.channel(cast.installation, cast.place.id)
    publications.published(cast.installation, cast.place.id, room, at=clock.at, text="x", parts=["published"])
    assert not figures.read_next(cast.installation)

"""What a network still allows: heard in its answers, kept for the channel, and waited for by its queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.platform.budget import Budget
from commsched.core.platform.contract import Platform
from commsched.services.channels import connect
from commsched.services.kernel import budgets
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, ChannelBudget
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast, SetClock
from tests.platforms.test_reference import channel, inside, installed, server
from tests.services import desk
from tests.sims._server import Answer
from tests.sims.reference_server import ReferenceServer

__all__ = ["channel", "inside", "installed", "server"]


class Allowance:
    """What the server says in its headers; ``left`` goes down with every post."""

    def __init__(self, server: ReferenceServer) -> None:
        self.left, self.seconds = 100, 900
        handle = server.handle

        def counted(call: Any) -> Answer:
            answer = handle(call)
            if call.path == "/posts" and call.method == "POST":
                self.left -= 1
            return Answer(
                answer.status, answer.body, answer.headers | {"X-Left": str(self.left), "X-Resets": str(self.seconds)}
            )

        server.handle = counted  # type: ignore[method-assign]


def _said(_self: Platform, headers: Mapping[str, str], now: datetime) -> list[Budget]:
    if "x-left" not in headers:
        return []
    return [Budget("posts", 100, int(headers["x-left"]), now + timedelta(seconds=int(headers["x-resets"])))]


@pytest.fixture
def allowance(server: ReferenceServer, installed: Platform, monkeypatch: pytest.MonkeyPatch) -> Allowance:
    monkeypatch.setattr(type(installed), "budgets", _said)
    return Allowance(server)


def kept(inside: Installation) -> list[tuple[int, int]]:
    with inside.store.read(EVERY_WORKSPACE) as session:
        return [(row.remaining, row.allowed) for row in session.scalars(select(ChannelBudget))]


def test_what_is_left_is_kept_and_not_with_every_call(
    allowance: Allowance, channel: Channel, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    for number in range(3):
        desk.scheduled(cast, channels=[channel.id], text=f"Nummer {number}")
    clock.forward(hours=5)
    desk.publish_what_is_due(inside)
    assert kept(inside) == [(99, 100)], "three posts within a minute are written down once"
    clock.forward(minutes=2)
    desk.scheduled(cast, channels=[channel.id], text="Ett till", publish_at="2026-11-26T14:00")
    clock.forward(hours=2)
    desk.publish_what_is_due(inside)
    assert kept(inside) == [(96, 100)]
    (row,) = budgets.of_channel(inside, cast.place.id, channel.id)
    assert row.resets_at is not None


def test_the_queue_waits_for_more_and_then_goes_on_in_order(
    allowance: Allowance,
    server: ReferenceServer,
    channel: Channel,
    inside: Installation,
    cast: Cast,
    clock: SetClock,
) -> None:
    allowance.left = 1
    items = [desk.scheduled(cast, channels=[channel.id], text=f"Nummer {number}") for number in range(3)]
    clock.forward(hours=5)
    desk.publish_what_is_due(inside)
    states = [(row.state, row.reason) for item in items for row in desk.deliveries(cast, item)]
    assert states == [("published", ""), ("waiting", "rests"), ("waiting", "rests")]
    (row,) = desk.deliveries(cast, items[1])
    assert row.next_at == clock.now() + timedelta(seconds=900)
    asked = len(server.calls)
    clock.forward(minutes=10)
    desk.publish_what_is_due(inside)
    assert len(server.calls) == asked, "nobody asks before there is more"
    allowance.left = 50
    clock.forward(minutes=6)
    desk.publish_what_is_due(inside)
    assert [post["text"] for post in server.posts.values()] == ["Nummer 0", "Nummer 1", "Nummer 2"]
    assert [row.reason for item in items for row in desk.deliveries(cast, item)] == ["", "", ""]


def test_nobody_waits_past_the_latest_time(
    allowance: Allowance, server: ReferenceServer, channel: Channel, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    allowance.left, allowance.seconds = 1, 20 * 3600
    items = [desk.scheduled(cast, channels=[channel.id], text=f"Nummer {number}") for number in range(2)]
    clock.forward(hours=5)
    desk.publish_what_is_due(inside)
    assert [(row.state, row.reason) for row in desk.deliveries(cast, items[1])] == [("held", "late")]
    assert len(server.posts) == 1


def test_another_process_heeds_it_too(
    allowance: Allowance, server: ReferenceServer, channel: Channel, inside: Installation, cast: Cast, clock: SetClock
) -> None:
    from msgspec.structs import replace

    from commsched.core.platform.budget import Ledger

    allowance.left = 1
    items = [desk.scheduled(cast, channels=[channel.id], text=f"Nummer {number}") for number in range(2)]
    clock.forward(hours=5)
    desk.publish_what_is_due(inside)
    clock.forward(minutes=5)
    desk.publish_what_is_due(replace(inside, budgets=Ledger()))
    assert [row.state for row in desk.deliveries(cast, items[1])] == ["waiting"]
    assert len(server.posts) == 1


def test_what_was_heard_later_stands(channel: Channel, inside: Installation, cast: Cast, clock: SetClock) -> None:
    from commsched.core.platform.budget import Heard

    def wrote(remaining: int, seconds: int) -> None:
        heard = Heard(Budget("posts", 100, remaining), clock.now() + timedelta(seconds=seconds))
        with inside.store.write(cast.place.id) as session:
            budgets.write(session.connection(), [budgets.row_of(cast.place.id, channel.id, heard)])

    wrote(40, 10)
    wrote(90, 0)
    assert kept(inside) == [(40, 100)]
    wrote(30, 20)
    assert kept(inside) == [(30, 100)]


@pytest.mark.parametrize("headers", [{"x-left": "many"}, {"x-left": "1"}, {"x-left": "99999999999999999999999"}])
def test_headers_that_make_no_sense_harm_nothing(
    headers: dict[str, str],
    server: ReferenceServer,
    installed: Platform,
    channel: Channel,
    inside: Installation,
    cast: Cast,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(installed), "budgets", _said)
    handle = server.handle
    server.handle = lambda call: Answer(*_plain(handle(call)), headers)  # type: ignore[method-assign]
    item = desk.scheduled(cast, channels=[channel.id])
    clock.forward(hours=5)
    desk.publish_what_is_due(inside)
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]
    assert kept(inside) == []


def _plain(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.body


def test_a_person_who_connects_again_begins_anew(
    allowance: Allowance, channel: Channel, inside: Installation, cast: Cast
) -> None:
    with inside.store.write(cast.place.id) as session:
        session.get_one(Channel, channel.id).not_before = inside.now() + timedelta(hours=1)
    assert connect.check_again(inside, cast.actor(), channel.id).not_before is None

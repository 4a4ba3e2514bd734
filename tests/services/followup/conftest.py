"""A network whose comments can be read, with one post of ours out on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.platform.figures import Reply
from commsched.services.followup import replies, turns
from commsched.services.kernel.context import Installation
from commsched.store.models import RemoteComment
from tests import publications
from tests.conftest import Cast, SetClock
from tests.network import Network, put_in
from tests.services import desk


@pytest.fixture
def network(installation: Installation) -> Network:
    return put_in(installation, Network())


@pytest.fixture
def item(network: Network, cast: Cast, clock: SetClock) -> int:
    """An item that is out as ``p1``."""
    channel = publications.channel(cast.installation, cast.place.id, "mastodon", name="Nätet")
    number = desk.scheduled(cast, channels=[channel])
    clock.forward(hours=6)
    desk.publish_what_is_due(cast.installation)
    assert list(network.posts) == ["p1"]
    turns.arrange(cast.installation)
    return number


@pytest.fixture
def say(network: Network, cast: Cast, clock: SetClock, item: int) -> Callable[..., int]:
    """Somebody writes something under it, and it is read; returns its number."""

    def write(text: str = "Bra!", name: str = "r1", **more: object) -> int:
        network.written = [reply for reply in network.written if reply.id != name]
        kept = {"answers": "p1", "author": "Maj", "at": cast.installation.now(), "url": "https://net.example/r1"}
        network.written.append(Reply(id=name, text=text, **(kept | more)))  # type: ignore[arg-type]
        clock.forward(minutes=16)
        assert replies.read_next(cast.installation)
        with cast.installation.store.read(cast.place.id) as session:
            return session.scalars(select(RemoteComment.id).where(RemoteComment.remote_id == name)).one()

    return write


def ago(**by: float) -> timedelta:
    return timedelta(**by)

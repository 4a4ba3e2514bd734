"""The whole way of a picture that a network fetches by itself: approved, due, fetched from the office, published."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from commsched.core.content.draft import PictureIn
from commsched.services.kernel.context import Installation
from commsched.web.app import create_app
from tests import writing
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services import desk
from tests.sims.instagram import ACCOUNT, TOKEN, InstagramSimulator
from tests.sims.threads import PROFILE, ThreadsSimulator
from tests.sims.threads import TOKEN as THREADS_TOKEN


@pytest.fixture
def outside(installation: Installation) -> Flask:
    """The pages as they are asked from outside."""
    return create_app(installation, testing=True)


@pytest.fixture(params=["instagram", "threads"])
def network(request: pytest.FixtureRequest, outside: Flask) -> Iterator[InstagramSimulator | ThreadsSimulator]:
    """A network that fetches over the office's own pages, without a cookie."""
    sim = InstagramSimulator() if request.param == "instagram" else ThreadsSimulator()

    def fetch(address: str) -> bytes | None:
        with outside.test_client(use_cookies=False).get(address.removeprefix("http://localhost")) as answer:
            return answer.data if answer.status_code == 200 else None

    sim.fetch = fetch
    with sim:
        yield sim


def connected(cast: Cast, sim: InstagramSimulator | ThreadsSimulator) -> int:
    """The channel, with the simulator inside the house."""
    instagram = isinstance(sim, InstagramSimulator)
    seal = cast.installation.vault.seal_map
    return channel(
        cast.installation,
        cast.place.id,
        "instagram" if instagram else "threads",
        settings={"base_url": sim.url, "allow_private": "1", "user_id": ACCOUNT if instagram else ""},
        secrets=seal({"access_token": TOKEN if instagram else THREADS_TOKEN}),
        account=ACCOUNT if instagram else PROFILE,
    )


def test_a_picture_is_fetched_from_the_office_and_published_once(
    cast: Cast, clock: SetClock, network: InstagramSimulator | ThreadsSimulator
) -> None:
    number = connected(cast, network)
    picture = writing.picture(cast.installation, cast)
    item = desk.scheduled(cast, channels=[number], media=[PictureIn(id=picture, alt="En buss")], title="")
    desk.publish_what_is_due(cast.installation)
    out = network.media if isinstance(network, InstagramSimulator) else network.posts
    assert out == [], "it is not due"
    clock.at = clock.at.replace(hour=11)
    for _ in range(3):
        desk.publish_what_is_due(cast.installation)
    [delivery] = desk.deliveries(cast, item)
    assert (delivery.state, len(out)) == ("published", 1), delivery.detail
    assert delivery.remote_id == out[0]["id"]
    address = out[0]["container"]["image_url"]
    assert network.fetch(address), "a little later too"
    clock.forward(hours=1, seconds=1)
    assert network.fetch(address) is None, "and then no more"

"""A checkpoint at Meta: the account is locked until its owner has done something there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from commsched.store.models import Channel, Notice
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services import desk
from tests.sims.facebook import PAGE, TOKEN, FacebookSimulator


@pytest.fixture
def sim() -> Iterator[FacebookSimulator]:
    with FacebookSimulator() as simulator:
        yield simulator


@pytest.fixture
def page(cast: Cast, sim: FacebookSimulator) -> int:
    return channel(
        cast.installation,
        cast.place.id,
        "facebook",
        settings={"base_url": sim.url, "allow_private": "1", "page_id": PAGE["id"]},
        secrets=cast.installation.vault.seal_map({"access_token": TOKEN}),
        account=PAGE["id"],
    )


@pytest.mark.parametrize("stage", ["", "prepare:"])
@pytest.mark.parametrize("fault", ["graph:190/459", "graph:190/464"])
def test_it_stops_the_channel_once_and_fails_no_post(
    cast: Cast, clock: SetClock, sim: FacebookSimulator, page: int, fault: str, stage: str
) -> None:
    posts = [desk.scheduled(cast, channels=[page], text=f"Inlägg {number}") for number in range(4)]
    clock.at = clock.at.replace(hour=11)
    sim.faults += [f"{stage}{fault}"] * 9
    for _ in range(4):
        desk.publish_what_is_due(cast.installation)
        clock.forward(minutes=10)
    states = [delivery.state for post in posts for delivery in desk.deliveries(cast, post)]
    assert set(states) == {"held"}, "none has failed"
    used = 9 - len(sim.faults)
    assert used == 1, "Meta is asked once and no more"
    with cast.installation.store.read(cast.place.id) as session:
        row = session.get_one(Channel, page)
        assert row.state == "broken"
        assert "459" in row.trouble or "464" in row.trouble
        told = session.scalars(select(Notice.kind)).all()
    assert "held" in told
    assert TOKEN not in row.trouble

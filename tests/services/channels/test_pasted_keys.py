"""Keys that were pasted have nothing that renews them, also where a platform can renew what a sign-in brought."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commsched.services.channels import checks, connect, directory, renewal
from tests.conftest import Cast, SetClock
from tests.sims.x import KEYS, XSimulator


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


def test_one_refusal_of_pasted_keys_stops_nothing(cast: Cast, sim: XSimulator, clock: SetClock) -> None:
    """It counts when it is said twice, a quarter of an hour apart, as of every key: nobody is asked for another."""
    installation = cast.installation
    settings = {"base_url": sim.url, **KEYS}
    channel = connect.connect(installation, cast.actor(), "x", "X", settings, allow_private=True)

    def state() -> str:
        return directory.get(installation, cast.place.id, channel.id).state

    assert renewal.renew(installation, cast.place.id, channel.id, KEYS) == "refused"
    assert state() == "ok"
    for expected in ("ok", "broken"):
        clock.forward(days=1) if expected == "ok" else clock.forward(minutes=16)
        sim.faults.append("read:401")
        assert checks.look_again(installation)
        assert state() == expected
    assert not any(call.path == "/2/oauth2/token" for call in sim.calls)

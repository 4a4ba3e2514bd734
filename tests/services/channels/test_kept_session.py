"""A session that keys have opened: it is kept with the channel, renewed by itself, and belongs to those keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commsched.core.platform.contract import DeadToken
from commsched.platforms._bluesky import identity
from commsched.services.channels import authorize, connect, renewal
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel
from tests.conftest import Cast
from tests.sims.bluesky import HANDLE, PASSWORD, BlueskySimulator
from tests.sims.bluesky_sign_in import SignIn


@pytest.fixture
def sim() -> Iterator[BlueskySimulator]:
    with BlueskySimulator() as simulator:
        yield simulator


@pytest.fixture
def channel(installation: Installation, cast: Cast, sim: BlueskySimulator) -> Channel:
    entered = {"base_url": sim.url, "handle": HANDLE, "app_password": PASSWORD}
    return connect.connect(installation, cast.actor("administrator"), "bluesky", "", entered, allow_private=True)


def secrets(installation: Installation, cast: Cast, number: int) -> dict[str, str]:
    with installation.store.read(cast.place.id) as session:
        return installation.vault.unseal_map(session.get_one(Channel, number).secrets)


def test_what_keys_have_opened_is_kept_and_renewed(
    installation: Installation, cast: Cast, sim: BlueskySimulator, channel: Channel
) -> None:
    kept = secrets(installation, cast, channel.id)
    assert (kept["access_jwt"], kept["refresh_jwt"], kept["app_password"]) == (sim.access, sim.refresh, PASSWORD)
    assert channel.renew_at is not None
    assert channel.token_expires_at is None, "it goes on as long as the app password does"
    assert renewal.renew(installation, cast.place.id, channel.id) == "renewed"
    assert secrets(installation, cast, channel.id)["access_jwt"] == sim.access != kept["access_jwt"]
    sim.begin()  # somebody has ended every session there
    assert renewal.renew(installation, cast.place.id, channel.id) == "renewed"
    assert secrets(installation, cast, channel.id)["access_jwt"] == sim.access


def test_looking_again_signs_in_no_second_time(
    installation: Installation, cast: Cast, sim: BlueskySimulator, channel: Channel
) -> None:
    connect.check_again(installation, cast.actor("administrator"), channel.id)
    assert len([call for call in sim.calls if call.path.endswith("createSession")]) == 1


def test_another_password_is_asked_of_the_server(
    installation: Installation, cast: Cast, sim: BlueskySimulator, channel: Channel
) -> None:
    entered = {"base_url": sim.url, "handle": HANDLE, "app_password": "not-this-one"}
    with pytest.raises(DeadToken):
        connect.reconnect(installation, cast.actor("administrator"), channel.id, entered)
    assert secrets(installation, cast, channel.id)["app_password"] == PASSWORD


def test_a_channel_goes_from_a_password_to_a_sign_in_and_back_and_keeps_nothing_of_the_other(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.settings["base_url"] = "http://127.0.0.1:8000"
    actor = cast.actor("administrator")
    with SignIn() as sim:
        monkeypatch.setattr(identity, "_DIRECTORY", sim.url)
        entered = {"base_url": sim.url, "handle": HANDLE, "app_password": PASSWORD}
        number = connect.connect(installation, actor, "bluesky", "", entered, allow_private=True).id
        address = authorize.begin(installation, actor, "bluesky", "", {"handle": HANDLE, "base_url": sim.url}, number)
        channel = authorize.finish(installation, actor, "bluesky", sim.says_yes(address))
        assert isinstance(channel, Channel)
        kept = secrets(installation, cast, number)
        assert (channel.id, channel.way, kept["access_token"]) == (number, "oauth", sim.token)
        assert not {"app_password", "access_jwt", "refresh_jwt"} & kept.keys()
        ends = channel.token_expires_at
        assert ends is not None
        assert renewal.renew(installation, cast.place.id, number) == "renewed"
        assert secrets(installation, cast, number)["refresh_token"] == sim.renewal != kept["refresh_token"]
        with installation.store.read(cast.place.id) as session:
            assert session.get_one(Channel, number).token_expires_at == ends, "the day of the next sign-in stays"
        connect.check_again(installation, actor, number)
        sim.renewal = ""  # the account has turned the office out
        assert renewal.renew(installation, cast.place.id, number) == "refused"
        back = connect.reconnect(installation, actor, number, entered, "keys")
        assert (back.state, back.way, back.token_expires_at) == ("ok", "keys", None)
        assert not {"dpop_key", "access_token", "refresh_token"} & secrets(installation, cast, number).keys()

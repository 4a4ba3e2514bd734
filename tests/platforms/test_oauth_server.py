"""The simulated authorization server, by our own client and by another maker's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from oauthlib.oauth2 import InvalidClientError, InvalidGrantError
from requests_oauthlib import OAuth2Session

from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.platforms._http import oauth
from tests.platforms._office import context
from tests.sims._server import Answer, Call, Simulator, Stage
from tests.sims.oauth_server import OAuthServer, answer_of

BACK = "https://kansli.example/w/oppna-listan/channels/net/callback"


class Network(Simulator):
    def __init__(self) -> None:
        super().__init__()
        self.oauth = OAuthServer()
        self.oauth.register("app-0001", "secret-0001", BACK, scope="read write")

    def stage(self, call: Call) -> Stage:
        return self.oauth.stage(call) or "read"

    def handle(self, call: Call) -> Answer:
        answer = self.oauth.handle(call)
        return answer or Answer(200 if self.oauth.token_of(call) else 401, {})


@pytest.fixture
def net() -> Iterator[Network]:
    with Network() as network:
        yield network


@pytest.fixture
def on() -> ChannelContext:
    begun = context({}, {})
    begun.handshake = Handshake(BACK, "state-0001", "verifier-" + "0" * 50)
    return begun


def provider(net: Network, **changes: Any) -> oauth.Provider:
    server = net.oauth
    values = {"client_id": "app-0001", "client_secret": "secret-0001", "scope": "read", **changes}
    return oauth.Provider("Nätet", net.url + server.authorize, net.url + server.token, **values)


def test_an_ordinary_client_of_another_maker_is_let_in_and_renewed(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with OAuth2Session("app-0001", redirect_uri=BACK, scope=["read"], pkce="S256") as theirs:
        address, state = theirs.authorization_url(net.url + net.oauth.authorize)
        answer = answer_of(address)
        assert answer["state"] == state
        where = net.url + net.oauth.token
        with pytest.raises(InvalidClientError):
            theirs.fetch_token(where, code=answer["code"], client_secret="another")
        theirs.fetch_token(where, code=answer["code"], client_secret="secret-0001")
        assert theirs.get(net.url + "/me").status_code == 200
        old = theirs.token["refresh_token"]
        theirs.refresh_token(where, auth=("app-0001", "secret-0001"))
        assert theirs.get(net.url + "/me").status_code == 200
        with pytest.raises(InvalidGrantError):
            theirs.refresh_token(where, refresh_token=old, auth=("app-0001", "secret-0001"))
        assert theirs.get(net.url + "/me").status_code == 401, "a refresh token in two hands ends the whole family"


@pytest.mark.parametrize("client_auth", ["header", "form"])
def test_our_own_client_says_who_it_is_in_the_way_the_server_asks_for(
    net: Network, on: ChannelContext, client_auth: Any
) -> None:
    method = {"header": "client_secret_basic", "form": "client_secret_post"}[client_auth]
    net.oauth.apps["app-0001"].method = method
    ours = provider(net, client_auth=client_auth)
    on.secrets = oauth.trade(ours, on, answer_of(oauth.address(ours, on))).secrets
    assert oauth.renew(ours, on).secrets["access_token"] != on.secrets["access_token"]
    other = provider(net, client_auth="form" if client_auth == "header" else "header")
    with pytest.raises(ConnectError):
        oauth.trade(other, on, answer_of(oauth.address(other, on)))


def test_what_does_not_fit_the_question_gets_nothing(net: Network, on: ChannelContext) -> None:
    ours = provider(net)
    for spoil in ("verifier", "redirect", "late", "twice"):
        assert on.handshake is not None
        begun, answer = on.handshake, answer_of(oauth.address(ours, on))
        if spoil == "verifier":
            on.handshake = Handshake(BACK, begun.state, "another-" + "0" * 50)
        elif spoil == "redirect":
            on.handshake = Handshake(BACK + "/", begun.state, begun.verifier)
        elif spoil == "late":
            net.oauth.now = lambda: datetime.now(UTC) + timedelta(seconds=31)
        else:
            net.oauth.now = lambda: datetime.now(UTC)
            oauth.trade(ours, on, answer)
        with pytest.raises(DeadToken):
            oauth.trade(ours, on, answer)
        on.handshake = begun
    on.handshake = Handshake(BACK + "/other", "state-0001", begun.verifier)
    with pytest.raises(AssertionError):
        answer_of(oauth.address(ours, on))


def test_a_no_and_an_access_taken_back(net: Network, on: ChannelContext) -> None:
    ours = provider(net)
    on.secrets = oauth.trade(ours, on, answer_of(oauth.address(ours, on))).secrets
    net.oauth.revoke()
    with pytest.raises(DeadToken):
        oauth.renew(ours, on)
    net.oauth.consents = False
    with pytest.raises(ConnectError, match="did not let the office in"):
        oauth.trade(ours, on, answer_of(oauth.address(ours, on)))

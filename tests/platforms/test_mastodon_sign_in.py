"""Signing in on a Mastodon server by its name alone, judged by an authorization server whose rules are another's."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from msgspec.structs import replace

from commsched.core.delivery.outcome import Published
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import Account, ChannelContext, ConnectError
from commsched.platforms import get
from commsched.platforms._mastodon.server import address
from tests.platforms._office import context, part, send
from tests.sims.mastodon import MastodonSimulator
from tests.sims.oauth_server import answer_of

mastodon = get("mastodon")
BACK = "https://kansli.example/w/oppna-listan/channels/mastodon/callback"
SERVER = mastodon.settings[0]


@pytest.fixture
def sim() -> Iterator[MastodonSimulator]:
    with MastodonSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: MastodonSimulator) -> ChannelContext:
    begun = context({"base_url": sim.url}, {}, public_url="https://kansli.example")
    begun.handshake = Handshake(BACK, "state-0001", "verifier-" + "0" * 50)
    return begun


def signed_in(on: ChannelContext) -> Account:
    """The account, after the person said yes; whoever keeps what is kept hands it in again."""
    assert on.handshake is not None
    authorization = mastodon.authorize(on)
    on.handshake = replace(on.handshake, kept=authorization.kept)
    (account,) = mastodon.callback(on, answer_of(authorization.address))
    return account


def test_a_servers_name_is_all_that_is_needed(sim: MastodonSimulator, on: ChannelContext) -> None:
    sim.account["avatar_static"] = "https://social.example/kansli.png"
    account = signed_in(on)
    assert account.name == "@kansli@social.example"
    assert (account.settings, account.picture) == ({"base_url": sim.url}, "https://social.example/kansli.png")
    assert account.tokens is not None
    assert set(account.tokens.secrets) == {"access_token", "refresh_token", "client_id", "client_secret"}
    assert account.tokens.access_until is None, "Mastodon's access does not end"
    channel = context(account.settings, account.tokens.secrets, account=account.id)
    assert isinstance(send(mastodon, part(mastodon, "Hej"), channel), Published)


def test_the_app_asks_for_what_it_needs_and_no_more(sim: MastodonSimulator, on: ChannelContext) -> None:
    asked = parse_qs(urlsplit(mastodon.authorize(on).address).query)
    assert asked["scope"] == ["read:accounts read:statuses write:statuses write:media write:reports"]
    assert asked["code_challenge_method"] == ["S256"]
    (call,) = [call for call in sim.calls if call.path == "/api/v1/apps"]
    assert call.form == {
        "client_name": "commsched",
        "redirect_uris": BACK,
        "scopes": asked["scope"][0],
        "website": "https://kansli.example",
    }
    assert "authorization" not in call.headers


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_a_server_with_only_the_whole_rights_is_asked_for_those(
    sim: MastodonSimulator, on: ChannelContext, told: bool
) -> None:
    sim.oauth.scopes = ("read", "write", "follow", "push")
    sim.oauth.metadata = sim.oauth.metadata if told else ""
    assert "scope=read+write&" in mastodon.authorize(on).address
    assert signed_in(on).name == "@kansli@social.example"


@pytest.mark.parametrize("pkce", ["required", "optional", "ignored"])
def test_the_challenge_is_sent_to_every_server(sim: MastodonSimulator, on: ChannelContext, pkce: str) -> None:
    """One that knows nothing of it passes it over; one that asks for it lets nobody in without."""
    sim.oauth.pkce = pkce  # type: ignore[assignment]
    assert signed_in(on).id == "1"


def test_the_code_and_the_secret_go_to_the_server_itself_whatever_it_says(
    sim: MastodonSimulator, on: ChannelContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = type(sim.oauth)._described

    def elsewhere(server: object, issuer: str) -> dict[str, object]:
        return described(sim.oauth, issuer) | {"token_endpoint": "https://elsewhere.example/oauth/token"}

    monkeypatch.setattr(type(sim.oauth), "_described", elsewhere)
    assert signed_in(on).id == "1"


def test_a_no_is_told_and_a_code_is_good_for_who_asked(sim: MastodonSimulator, on: ChannelContext) -> None:
    assert on.handshake is not None
    authorization = mastodon.authorize(on)
    answer = answer_of(authorization.address)
    on.handshake = Handshake(BACK, "state-0001", "another-" + "0" * 50, authorization.kept)
    with pytest.raises(ConnectError):
        mastodon.callback(on, answer)
    sim.oauth.consents = False
    with pytest.raises(ConnectError, match="did not let the office in"):
        mastodon.callback(on, answer_of(authorization.address))


def test_a_server_that_lets_no_app_in_says_so_by_the_server(sim: MastodonSimulator, on: ChannelContext) -> None:
    sim.registers = False
    with pytest.raises(ConnectError, match="Paste an access token") as refused:
        mastodon.authorize(on)
    assert refused.value.field == "base_url"


@pytest.mark.parametrize(
    "fault", ["html_503", "malformed_after_accept", "empty_after_accept", "500", "404", "wall_403", "429", "redirect"]
)
@pytest.mark.parametrize("stage", ["prepare", "read"])
def test_what_is_no_answer_is_a_sentence_by_the_server(
    sim: MastodonSimulator, on: ChannelContext, stage: str, fault: str
) -> None:
    sim.faults += [f"{stage}:{fault}"] * (2 if stage == "prepare" else 1)
    if stage == "read" and fault != "redirect":  # who does not describe itself does as Mastodon always has
        assert mastodon.authorize(on).kept["token"] == f"{sim.url}/oauth/token"
        return
    with pytest.raises(ConnectError) as refused:
        mastodon.authorize(on)
    assert refused.value.field == "base_url"
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("https://mastodon.social/@kansli", "https://mastodon.social"),
        ("@kansli@mastodon.social", "https://mastodon.social"),
        ("kansli@mastodon.social", "https://mastodon.social"),
        (" @kansli@social.region.example:8443 ", "https://social.region.example:8443"),
    ],
)
def test_a_server_is_known_by_what_a_person_writes(written: str, server: str) -> None:
    assert address(context({"base_url": written}, {}), SERVER) == server


def test_a_pasted_token_is_asked_for_only_where_nobody_signs_in() -> None:
    assert {setting.key: setting.ways for setting in mastodon.settings} == {
        "base_url": ("keys", "oauth"),
        "access_token": ("keys",),
    }


def test_an_account_that_lives_elsewhere_is_followed_home(sim: MastodonSimulator) -> None:
    """The domain of the name says where that is; a domain that does not say so is the server."""
    from commsched.platforms._mastodon.server import home_of

    class Domain:
        """Answers for the name's domain, by what the simulator says."""

        def request(self, method: str, url: str, **options: object) -> object:
            assert url == "https://region.example/.well-known/webfinger"
            assert options["params"] == {"resource": "acct:kansli@region.example"}
            return requests.get(f"{sim.url}/.well-known/webfinger", timeout=5)

    asked = context({"base_url": "@kansli@region.example"}, {})
    asked.http = Domain()  # type: ignore[assignment]
    assert home_of(asked, SERVER) == "https://region.example"
    sim.lives_at = "https://social.region.example"
    assert home_of(asked, SERVER) == "https://social.region.example"
    sim.lives_at = "ftp://social.region.example"
    assert home_of(asked, SERVER) == "https://region.example"
    assert home_of(context({"base_url": "region.example"}, {}), SERVER) == "https://region.example", "asks nobody"

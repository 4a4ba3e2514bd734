"""Signing in at X with the installation's own app, and the renewal of what that brings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Published, Rejected
from commsched.core.platform.access import Handshake, Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.platforms import get
from tests.platforms._office import context, part, send
from tests.sims.oauth_server import answer_of
from tests.sims.x import APP, BACK, KEYS, USER, XSimulator

x = get("x")


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: XSimulator) -> ChannelContext:
    begun = context({"base_url": sim.url}, {}, app=dict(APP))
    begun.handshake = Handshake(BACK, "state-0001", "verifier-" + "0" * 50)
    return begun


def signed_in(on: ChannelContext) -> Tokens:
    (account,) = x.callback(on, answer_of(x.authorize(on).address))
    assert account.tokens is not None
    assert (account.id, account.name) == (USER["id"], "@oppna_listan")
    assert account.picture.endswith("/face.png")
    return account.tokens


def test_a_person_signs_in_with_the_installations_app(sim: XSimulator, on: ChannelContext) -> None:
    tokens = signed_in(on)
    assert set(tokens.secrets) == {"bearer_token", "refresh_token"}
    assert tokens.access_until is not None
    assert timedelta(hours=1, minutes=59) < tokens.access_until - on.now() <= timedelta(hours=2)
    assert tokens.expires_at is None, "it is renewed for ever, so nobody is warned of a date"
    on.secrets = dict(tokens.secrets)
    assert isinstance(send(x, part(x, "Hej"), on), Published)


def test_x_is_asked_for_what_is_used_and_for_a_way_to_renew_it(on: ChannelContext) -> None:
    asked = parse_qs(urlsplit(x.authorize(on).address).query)
    assert set(asked["scope"][0].split()) == {
        "tweet.read",
        "tweet.write",
        "tweet.moderate.write",
        "users.read",
        "media.write",
        "offline.access",
    }
    assert (asked["code_challenge_method"], asked["redirect_uri"]) == (["S256"], [BACK])


def test_people_say_yes_at_xs_own_page_and_the_api_is_elsewhere() -> None:
    outside = context({"allow_private": ""}, {}, app=dict(APP))
    outside.handshake = Handshake(BACK, "s", "v" * 50)
    assert x.authorize(outside).address.startswith("https://x.com/i/oauth2/authorize?")
    assert x.provider({}) == x.provider({"base_url": "https://api.x.com"}) == "https://x.com"


def test_a_code_is_traded_at_once_or_not_at_all(sim: XSimulator, on: ChannelContext) -> None:
    answer = answer_of(x.authorize(on).address)
    sim.oauth.now = lambda: datetime.now(UTC) + timedelta(seconds=31)
    with pytest.raises(ConnectError):
        x.callback(on, answer)


def test_without_an_app_the_sentence_says_what_to_do(on: ChannelContext) -> None:
    on.app = {}
    with pytest.raises(ConnectError, match="has no app at X"):
        x.authorize(on)


def test_what_renews_is_good_once_and_the_new_one_comes_with_it(sim: XSimulator, on: ChannelContext) -> None:
    on.secrets = dict(signed_in(on).secrets)
    sim.oauth.now = lambda: datetime.now(UTC) + timedelta(hours=2, minutes=1)
    refused = send(x, part(x, "Hej"), on)
    assert isinstance(refused, Rejected)
    assert refused.why == "token"
    before = dict(on.secrets)
    renewed = x.refresh(on)
    assert renewed.secrets["refresh_token"] != before["refresh_token"]
    on.secrets = renewed.merged(on.secrets)
    assert isinstance(send(x, part(x, "Hej"), on), Published)
    on.secrets = before
    with pytest.raises(DeadToken):
        x.refresh(on)


def test_an_empty_renewal_is_none(sim: XSimulator, on: ChannelContext) -> None:
    on.secrets = dict(signed_in(on).secrets)
    sim.oauth.says_nothing = True
    with pytest.raises(ConnectError) as refused:
        x.refresh(on)
    assert not isinstance(refused.value, DeadToken)


def test_pasted_keys_are_not_renewed() -> None:
    assert not x.renews(KEYS)
    assert x.renews({"bearer_token": "b", "refresh_token": "r"})
    with pytest.raises(DeadToken):
        x.refresh(context({}, dict(KEYS)))


def test_an_app_without_a_secret_is_a_public_client(sim: XSimulator, on: ChannelContext) -> None:
    sim.oauth.apps[APP["client_id"]] = replace_app(sim)
    on.app = {"client_id": APP["client_id"]}
    assert signed_in(on).secrets["bearer_token"]


def replace_app(sim: XSimulator) -> object:
    from dataclasses import replace as changed

    return changed(sim.oauth.apps[APP["client_id"]], client_secret="", method="none")


def test_a_sign_in_goes_before_keys_that_were_pasted_earlier(sim: XSimulator, on: ChannelContext) -> None:
    both = {**KEYS, "access_secret": "wrong", **signed_in(on).secrets}
    assert isinstance(send(x, part(x, "Hej"), replace(on, secrets=both)), Published)


@pytest.mark.parametrize(("subscription", "limit"), [("None", 280), ("Premium", 25_000), ("PremiumPlus", 25_000)])
def test_an_account_that_pays_x_may_write_more(
    sim: XSimulator, on: ChannelContext, subscription: str, limit: int
) -> None:
    sim.subscription = subscription
    facts = x.connect(context({"base_url": sim.url}, dict(KEYS))).facts
    assert x.limits(facts).characters == limit
    from tests.platforms._office import view

    assert bool(x.check(view("a" * 281), facts)) == (limit == 280)

"""Signing in at Bluesky against a server that takes nothing unsigned, and servers that lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import Account, ChannelContext, ConnectError, DeadToken
from commsched.platforms import get
from tests.platforms._office import context, hurried, just_now, part, picture, send
from tests.sims.bluesky import DID, HANDLE
from tests.sims.bluesky_sign_in import SCOPE, SignIn

bluesky = get("bluesky")
BACK = "http://127.0.0.1:8000/w/oppna-listan/channels/bluesky/callback"
VERIFIER = "verifier-" + "0" * 50
ISSUER, TOKEN = "/.well-known/oauth-authorization-server", "/oauth/token"
RESOURCE = "/.well-known/oauth-protected-resource"


@pytest.fixture
def sim() -> Iterator[SignIn]:
    with SignIn() as simulator:
        yield simulator


@pytest.fixture
def on(sim: SignIn) -> ChannelContext:
    settings = {"base_url": sim.url, "handle": f"@{HANDLE}", "directory_url": sim.url}
    begun = context(settings, {}, public_url="http://127.0.0.1:8000", workspace="oppna-listan")
    begun.handshake = Handshake(BACK, "state-0001", VERIFIER)
    return begun


def begun(sim: SignIn, on: ChannelContext) -> dict[str, str]:
    """What the person comes back with, who said yes."""
    assert on.handshake is not None
    authorization = bluesky.authorize(on)
    on.handshake = replace(on.handshake, kept=authorization.kept)
    return sim.says_yes(authorization.address)


def signed_in(sim: SignIn, on: ChannelContext) -> Account:
    (account,) = bluesky.callback(on, begun(sim, on))
    assert account.tokens is not None
    on.secrets |= account.tokens.secrets
    on.account, on.facts = account.id, account.facts
    return account


def test_the_question_is_pushed_and_nothing_of_it_stands_in_the_address(sim: SignIn, on: ChannelContext) -> None:
    address = bluesky.authorize(on).address
    assert set(parse_qs(urlsplit(address).query)) == {"client_id", "request_uri"}
    [form] = sim.pushed.values()
    assert (form["scope"], form["code_challenge_method"], form["login_hint"]) == (SCOPE, "S256", HANDLE)
    assert VERIFIER not in str(sim.calls)


def test_every_call_is_signed_for_itself_and_a_post_goes_out_once(sim: SignIn, on: ChannelContext) -> None:
    account = signed_in(sim, on)
    assert (account.id, account.name, account.facts) == (DID, f"@{HANDLE}", {"server": sim.url})
    post = part(bluesky, "Hej", picture())
    handles = bluesky.prepare(post, on)
    assert isinstance(handles, Handles)
    assert isinstance(bluesky.publish(post, handles, on), Published)
    assert isinstance(bluesky.find(post, handles, just_now(), on), Found)
    assert len(sim.records) == 1
    proofs = [call.headers["dpop"] for call in sim.calls if "dpop" in call.headers]
    assert len(set(proofs)) == len(proofs)


def test_a_file_is_sent_once_only_to_who_has_said_what_a_proof_must_have(sim: SignIn, on: ChannelContext) -> None:
    signed_in(sim, on)
    assert isinstance(send(bluesky, part(bluesky, "Hej", picture()), on), Published)
    assert [call.path for call in sim.calls].count("/xrpc/com.atproto.repo.uploadBlob") == 1


def test_a_refused_nonce_is_one_exchange_and_two_are_later(sim: SignIn, on: ChannelContext) -> None:
    signed_in(sim, on)
    post = part(bluesky, "Hej")
    handles = bluesky.prepare(post, on)
    assert isinstance(handles, Handles)
    before, sim.picky = len(sim.calls), 1
    outcome = bluesky.publish(post, handles, on)
    assert isinstance(outcome, Retry), "nothing was done"
    assert (len(sim.calls) - before, sim.records) == (2, {}), "asked twice, and not a third time"
    before = len(sim.calls)
    assert isinstance(bluesky.publish(post, handles, on), Published)
    assert len(sim.calls) - before == 2


@pytest.mark.parametrize("lost", ["reset_after_accept", "500_after_accept", "malformed_after_accept"])
def test_a_lost_answer_is_unknown_and_not_repeated(sim: SignIn, on: ChannelContext, lost: str) -> None:
    signed_in(sim, on)
    post = part(bluesky, "Hej")
    handles = bluesky.prepare(post, on)
    assert isinstance(handles, Handles)
    sim.faults = ["401 use_dpop_nonce", lost]
    sim.headers = {"DPoP-Nonce": "nonce-refusal"}
    sim.nonce = "nonce-refusal"
    with hurried(on, lost):
        assert isinstance(bluesky.publish(post, handles, on), Unknown)
    assert [call.path for call in sim.calls].count("/xrpc/com.atproto.repo.putRecord") == 2


@pytest.mark.parametrize("refused", ["401 invalid_token", "400 InvalidRequest", "500 InternalServerError", "429 Slow"])
def test_no_other_refusal_is_asked_about_again(sim: SignIn, on: ChannelContext, refused: str) -> None:
    """Also not where it brings a nonce along, as every answer does."""
    signed_in(sim, on)
    post = part(bluesky, "Hej")
    handles = bluesky.prepare(post, on)
    assert isinstance(handles, Handles)
    sim.faults, sim.headers = [refused], {"DPoP-Nonce": "nonce-other"}
    assert not isinstance(bluesky.publish(post, handles, on), Published)
    assert [call.path for call in sim.calls].count("/xrpc/com.atproto.repo.putRecord") == 1


def test_a_clock_that_is_wrong_is_no_dead_access(sim: SignIn, on: ChannelContext) -> None:
    signed_in(sim, on)
    sim.faults = ["401 invalid_dpop_proof"]
    outcome = send(bluesky, part(bluesky, "Hej"), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "config"


@pytest.mark.parametrize(
    ("path", "lie"),
    [
        (f"/{DID}", {"id": "did:plc:annan"}),
        (f"/{DID}", {"service": []}),
        (RESOURCE, {"resource": "https://elsewhere.example"}),
        (RESOURCE, {"authorization_servers": []}),
        (RESOURCE, {"authorization_servers": ["https://a.example", "https://b.example"]}),
        (ISSUER, {"issuer": "https://elsewhere.example"}),
        (ISSUER, {"dpop_signing_alg_values_supported": ["RS256"]}),
        (ISSUER, {"scopes_supported": ["read"]}),
        (ISSUER, {"client_id_metadata_document_supported": False}),
        (ISSUER, {"authorization_response_iss_parameter_supported": False}),
        (ISSUER, {"token_endpoint": None}),
        (ISSUER, {"token_endpoint": "ftp://elsewhere.example/token"}),
    ],
    ids=str,
)
def test_a_server_that_lies_is_sent_nobody(sim: SignIn, on: ChannelContext, path: str, lie: dict[str, Any]) -> None:
    sim.twisted = {path: lie}
    with pytest.raises(ConnectError):
        bluesky.authorize(on)
    assert sim.pushed == {}


@pytest.mark.parametrize(
    "lie",
    [
        {"sub": "did:plc:annan77annan77annan77anna"},
        {"token_type": "Bearer"},
        {"scope": "atproto"},
        {"access_token": ""},
        {"refresh_token": ""},
        {"sub": None},
    ],
    ids=str,
)
def test_an_access_that_is_not_what_was_asked_for_is_not_kept(
    sim: SignIn, on: ChannelContext, lie: dict[str, Any]
) -> None:
    answer = begun(sim, on)
    sim.twisted = {TOKEN: lie}
    with pytest.raises(ConnectError):
        bluesky.callback(on, answer)


@pytest.mark.parametrize("wrong", [{"iss": "https://elsewhere.example"}, {"iss": ""}, {"state": "another"}], ids=str)
def test_a_code_goes_to_nobody_but_the_issuer_that_was_asked(
    sim: SignIn, on: ChannelContext, wrong: dict[str, str]
) -> None:
    answer = begun(sim, on)
    with pytest.raises(ConnectError, match="another server"):
        bluesky.callback(on, answer | wrong)
    assert TOKEN not in [call.path for call in sim.calls]


def test_a_code_is_good_once(sim: SignIn, on: ChannelContext) -> None:
    answer = begun(sim, on)
    bluesky.callback(on, answer)
    with pytest.raises(DeadToken):
        bluesky.callback(on, answer)


def test_a_refresh_token_is_good_once_and_a_silent_issuer_has_not_said_no(sim: SignIn, on: ChannelContext) -> None:
    signed_in(sim, on)
    before = dict(on.secrets)
    sim.faults = ["read:html_503"]
    with pytest.raises(ConnectError) as refused:
        bluesky.refresh(on)
    assert not isinstance(refused.value, DeadToken)
    on.secrets |= bluesky.refresh(on).secrets
    assert isinstance(send(bluesky, part(bluesky, "Hej"), on), Published)
    on.secrets |= before
    with pytest.raises(DeadToken) as dead:
        bluesky.refresh(on)
    assert before["refresh_token"] not in str(dead.value.words)


@pytest.mark.parametrize("said", [0, -1, "3600", None, True, 10**12], ids=str)
def test_an_odd_word_of_how_long_it_lasts_loses_no_access(sim: SignIn, on: ChannelContext, said: object) -> None:
    sim.twisted = {TOKEN: {"expires_in": said}}
    tokens = signed_in(sim, on).tokens
    assert tokens is not None
    assert tokens.access_until is not None
    assert on.now() - timedelta(seconds=1) < tokens.access_until < on.now() + timedelta(days=1, seconds=1)


def test_a_server_without_a_sign_in_says_so(sim: SignIn, on: ChannelContext) -> None:
    on.settings["handle"] = "ingen.example"
    with pytest.raises(ConnectError, match="no account called"):
        bluesky.authorize(on)
    on.settings["handle"] = HANDLE
    sim.without = {RESOURCE}
    with pytest.raises(ConnectError, match="app password") as refused:
        bluesky.authorize(on)
    assert refused.value.field == "handle"


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://kansli.ljungpartiet.se", True),
        ("https://kansli.ljungpartiet.se:8443", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", False),
        ("http://kansli.ljungpartiet.se", False),
        ("https://192.168.1.7", False),
        ("https://93.184.216.34", False),
        ("https://kansli.local", False),
        ("", False),
    ],
)
def test_who_can_sign_in_from_where(address: str, may: bool, on: ChannelContext) -> None:
    assert bool(bluesky.refuses_sign_in(address)) != may
    if not may:
        on.public_url = address
        with pytest.raises(ConnectError, match="app password"):
            bluesky.authorize(on)

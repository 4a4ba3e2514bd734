"""Signing in on Bluesky's own server: its page, its authorization server, and the access that it gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Found, Handles, Published, Rejected
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import Account, ChannelContext, ConnectError, DeadToken
from commsched.platforms import get
from commsched.platforms._bluesky import dpop, video
from commsched.platforms.bluesky import PLATFORM
from tests.peers.bluesky import Server, bluesky_server
from tests.platforms._office import context, just_now, part, picture, send

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("bluesky")]
__all__ = ["bluesky_server"]
bluesky = get("bluesky")
BACK = "http://127.0.0.1:8000/w/oppna-listan/channels/bluesky/callback"


@pytest.fixture
def account(bluesky_server: Server) -> dict[str, str]:
    return bluesky_server.account()


@pytest.fixture
def on(bluesky_server: Server, account: dict[str, str]) -> ChannelContext:
    """Before somebody signs in: the name of the account, and a server to ask for it."""
    settings = {"base_url": bluesky_server.url, "handle": account["handle"], "directory_url": bluesky_server.directory}
    begun = context(settings, {}, public_url="http://127.0.0.1:8000", workspace="oppna-listan")
    begun.handshake = Handshake(BACK, "state-0001", token_urlsafe(36))
    return begun


@pytest.fixture
def public(bluesky_server: Server, on: ChannelContext) -> ChannelContext:
    """As ``on``, of an installation on the internet: the server reads there what it is."""
    back = "https://kansli.ljungpartiet.se/w/oppna-listan/channels/bluesky/callback"
    there = replace(on, public_url="https://kansli.ljungpartiet.se", client_key=lambda: b"k" * 32)
    there.handshake = Handshake(back, "state-0002", token_urlsafe(36))
    document = bluesky.client_document(there)
    assert document is not None
    bluesky_server.documents.write_text(json.dumps({document["client_id"]: document}))
    return there


def signed_in(server: Server, account: dict[str, str], on: ChannelContext) -> Account:
    """The account, after its person said yes; ``on`` is then its channel."""
    assert on.handshake is not None
    authorization = bluesky.authorize(on)
    on.handshake = replace(on.handshake, kept=authorization.kept)
    (connected,) = bluesky.callback(on, server.answer(authorization.address, account))
    assert connected.tokens is not None
    on.secrets |= connected.tokens.secrets
    on.account, on.facts = connected.id, connected.facts
    return connected


def test_a_yes_on_the_servers_own_page_is_all_that_is_needed(
    bluesky_server: Server, account: dict[str, str], on: ChannelContext
) -> None:
    connected = signed_in(bluesky_server, account, on)
    assert (connected.id, connected.name) == (account["did"], f"@{account['handle']}")
    tokens = connected.tokens
    assert tokens is not None
    assert tokens.access_until is not None
    assert tokens.expires_at is not None
    assert timedelta(minutes=3) < tokens.access_until - datetime.now(UTC) < timedelta(minutes=70)
    assert timedelta(days=13) < tokens.expires_at - datetime.now(UTC) < timedelta(days=15)
    post = part(bluesky, "Hej från listan", picture())
    handles = bluesky.prepare(post, on)
    assert isinstance(handles, Handles)
    assert isinstance(bluesky.publish(post, handles, on), Published)
    assert isinstance(bluesky.find(post, handles, just_now(), on), Found)
    (stored,) = bluesky_server.posts(account)
    assert stored["value"]["text"] == "Hej från listan"


def test_an_installation_that_proves_itself_is_let_in_for_long(
    bluesky_server: Server, account: dict[str, str], public: ChannelContext
) -> None:
    tokens = signed_in(bluesky_server, account, public).tokens
    assert tokens is not None
    assert tokens.expires_at is not None
    assert tokens.expires_at - datetime.now(UTC) > timedelta(days=700)
    assert isinstance(send(bluesky, part(bluesky, "Hej"), public), Published)
    public.secrets |= bluesky.refresh(public).secrets
    assert isinstance(send(bluesky, part(bluesky, "Igen"), public), Published)
    stranger = replace(public, client_key=lambda: b"x" * 32)
    with pytest.raises(DeadToken):
        bluesky.refresh(stranger)
    with pytest.raises(DeadToken, match="another address"):
        bluesky.refresh(replace(public, public_url="https://flyttad.ljungpartiet.se"))
    assert "k" * 32 not in str(bluesky.client_document(public))


def test_an_access_is_renewed_and_a_token_is_good_for_one_use(
    bluesky_server: Server, account: dict[str, str], on: ChannelContext
) -> None:
    first = signed_in(bluesky_server, account, on).tokens
    before = dict(on.secrets)
    renewed = bluesky.refresh(on)
    on.secrets |= renewed.secrets
    assert first is not None
    assert renewed.expires_at == first.expires_at, "the server counts from the day that the person said yes"
    assert before["refresh_token"] != on.secrets["refresh_token"]
    assert before["dpop_key"] == on.secrets["dpop_key"]
    assert isinstance(send(bluesky, part(bluesky, "Hej"), on), Published)
    assert bluesky.connect(on).id == account["did"]
    on.secrets |= before
    with pytest.raises(DeadToken):
        bluesky.refresh(on)


def test_what_was_revoked_is_dead_and_says_so(
    bluesky_server: Server, account: dict[str, str], on: ChannelContext
) -> None:
    signed_in(bluesky_server, account, on)
    bluesky_server.revoke(account)
    outcome = send(bluesky, part(bluesky, "Hej"), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "token"
    with pytest.raises(DeadToken):
        bluesky.refresh(on)
    with pytest.raises(DeadToken):
        bluesky.connect(on)
    assert bluesky_server.posts(account) == []


def test_a_stolen_access_opens_nothing_without_its_key(
    bluesky_server: Server, account: dict[str, str], on: ChannelContext
) -> None:
    signed_in(bluesky_server, account, on)
    on.secrets["dpop_key"] = dpop.new_key()
    assert isinstance(send(bluesky, part(bluesky, "Hej"), on), Rejected)
    assert bluesky_server.posts(account) == []


def test_a_no_is_told(bluesky_server: Server, account: dict[str, str], on: ChannelContext) -> None:
    assert on.handshake is not None
    authorization = bluesky.authorize(on)
    on.handshake = replace(on.handshake, kept=authorization.kept)
    with pytest.raises(ConnectError, match="did not let the office in"):
        bluesky.callback(on, bluesky_server.answer(authorization.address, account, consents=False))


def test_whoever_signs_in_as_another_than_was_asked_for_opens_nothing(
    bluesky_server: Server, on: ChannelContext
) -> None:
    assert on.handshake is not None
    authorization = bluesky.authorize(on)
    on.handshake = replace(on.handshake, kept=authorization.kept)
    answer = bluesky_server.answer(authorization.address, bluesky_server.account())
    with pytest.raises(ConnectError, match="Somebody else"):
        bluesky.callback(on, answer)


def test_an_answer_of_another_issuer_is_not_traded(
    bluesky_server: Server, account: dict[str, str], on: ChannelContext
) -> None:
    assert on.handshake is not None
    authorization = bluesky.authorize(on)
    on.handshake = replace(on.handshake, kept=authorization.kept)
    answer = bluesky_server.answer(authorization.address, account)
    for wrong in ({"iss": "https://elsewhere.example"}, {"state": "another"}):
        with pytest.raises(ConnectError, match="another server"):
            bluesky.callback(on, answer | wrong)
    (connected,) = bluesky.callback(on, answer)
    assert connected.id == account["did"]


def test_a_name_that_nobody_has_is_told_by_its_field(on: ChannelContext) -> None:
    on.settings["handle"] = "ingen-alls.test"
    with pytest.raises(ConnectError, match="no account called") as refused:
        bluesky.authorize(on)
    assert refused.value.field == "handle"


def test_the_access_reaches_all_that_an_app_password_does(
    bluesky_server: Server, account: dict[str, str], on: ChannelContext
) -> None:
    signed_in(bluesky_server, account, on)
    outcome = send(bluesky, part(bluesky, "Hej"), on)
    assert isinstance(outcome, Published)
    published = bluesky.recent(just_now() - timedelta(minutes=1), on)
    assert isinstance(published, list)
    assert [each.text for each in published] == ["Hej"]
    assert isinstance(bluesky.delete(outcome.id, on), Published)
    assert bluesky_server.posts(account) == []
    assert video._vouched(PLATFORM.client(on), on), "the server vouches for the account at the video service"

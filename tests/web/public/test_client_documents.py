"""What an office is to a network that reads it at an address: Bluesky's servers do."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from commsched.core.platform.access import client_address
from tests.conftest import Browser, Cast

OUTSIDE = "https://kansli.ljungpartiet.se"


def test_a_network_reads_at_the_offices_address_what_it_is(cast: Cast, browse: Callable[..., Browser]) -> None:
    cast.installation.settings["base_url"] = OUTSIDE
    address = client_address(OUTSIDE, "gruppen", "bluesky")
    with browse().get(address.removeprefix(OUTSIDE)) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        document = json.loads(answer.text)
    assert document["client_id"] == address, "the address is the name"
    assert document["redirect_uris"] == [f"{OUTSIDE}/w/gruppen/channels/bluesky/callback"]
    assert (document["dpop_bound_access_tokens"], document["application_type"]) == (True, "web")
    assert document["scope"] == "atproto transition:generic"
    [key] = document["jwks"]["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}, "only the public half"


def test_the_key_is_the_same_each_time_and_another_elsewhere(cast: Cast, browse: Callable[..., Browser]) -> None:
    cast.installation.settings["base_url"] = OUTSIDE
    texts = set()
    for _time in range(2):
        with browse().get("/oauth/gruppen/bluesky.json") as answer:
            texts.add(answer.text)
    assert len(texts) == 1


@pytest.mark.parametrize(("base_url", "signs_in"), [(OUTSIDE, True), ("http://kansli.local", False)])
def test_the_sign_in_is_offered_where_it_works_and_the_page_says_why_not(
    cast: Cast, browse: Callable[..., Browser], base_url: str, signs_in: bool
) -> None:
    cast.installation.settings["base_url"] = base_url
    with browse(cast.administrator).get("/w/gruppen/channels/new/bluesky") as answer:
        assert ('value="oauth"' in answer.text) == signs_in
        assert ("applösenord gör samma nytta" in answer.text) != signs_in
        assert 'name="app_password"' in answer.text
        assert "form-action 'self' https://bsky.social" in answer.headers["Content-Security-Policy"]


def test_where_nothing_is_read_there_is_nothing(browse: Callable[..., Browser]) -> None:
    for path in ("gruppen/mastodon.json", "gruppen/nothing.json", "nobody/bluesky.json", "gruppen/bluesky"):
        with browse().get(f"/oauth/{path}") as answer:
            assert answer.status_code == 404, path

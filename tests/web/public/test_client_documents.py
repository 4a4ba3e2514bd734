"""What an office is to a network that reads it at an address: Bluesky's servers do."""

from __future__ import annotations

import json
from collections.abc import Callable

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


def test_where_nothing_is_read_there_is_nothing(browse: Callable[..., Browser]) -> None:
    for path in ("gruppen/mastodon.json", "gruppen/nothing.json", "nobody/bluesky.json", "gruppen/bluesky"):
        with browse().get(f"/oauth/{path}") as answer:
            assert answer.status_code == 404, path

"""The example network in a few lines, and what its platform makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from commsched_example import PLATFORM
from msgspec.structs import replace

from commsched.core.content.model import Content
from commsched.core.delivery.outcome import Absent, Found, Handles, Published, Rejected, Unknown
from commsched.core.platform.contract import ChannelContext, ChannelView, ConnectError, DeadToken

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)


class Network(requests.Session):
    """Keeps posts by their key. ``loses`` makes it forget to answer; ``status`` refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, dict[str, str]] = {}
        self.loses, self.status = False, 0

    def request(self, method, url, **more):  # type: ignore[no-untyped-def]
        if self.status:
            return _answer(self.status, {"error": "no"})
        if url.endswith("/me"):
            return _answer(200, {"id": "7", "name": "office"})
        if method == "GET":
            return _answer(200, {"posts": list(self.posts.values()), "more": False})
        body = more["json"]
        post = self.posts.setdefault(body["key"], {"id": f"p{len(self.posts) + 1}", "url": "", **body})
        if self.loses:
            raise requests.ReadTimeout("no answer")
        return _answer(200, post)


def _answer(status: int, body: object) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, json.dumps(body).encode()
    return response


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def channel(network: Network) -> ChannelContext:
    return ChannelContext(
        channel=1, settings={}, secrets={"access_token": "secret"}, now=lambda: NOW, http=network, account="7"
    )


def part(text: str):  # type: ignore[no-untyped-def]
    [first, *_rest] = PLATFORM.parts(ChannelView(content=Content(text=text), text=text))
    return replace(first, key="key-1")


def test_connecting_names_the_account(channel: ChannelContext) -> None:
    assert PLATFORM.connect(channel).name == "office"


def test_a_refused_token_is_told_apart(channel: ChannelContext, network: Network) -> None:
    network.status = 401
    with pytest.raises(DeadToken):
        PLATFORM.connect(channel)
    network.status = 500
    with pytest.raises(ConnectError) as refused:
        PLATFORM.connect(channel)
    assert not isinstance(refused.value, DeadToken)


def test_a_post_goes_out_once(channel: ChannelContext, network: Network) -> None:
    assert PLATFORM.publish(part("Hello"), Handles(), channel) == Published("p1")
    assert PLATFORM.publish(part("Hello"), Handles(), channel) == Published("p1")
    assert len(network.posts) == 1


def test_a_lost_answer_is_found_again(channel: ChannelContext, network: Network) -> None:
    since = NOW - timedelta(seconds=1)
    assert isinstance(PLATFORM.find(part("Hello"), Handles(), since, channel), Absent)
    network.loses = True
    assert isinstance(PLATFORM.publish(part("Hello"), Handles(), channel), Unknown)
    assert PLATFORM.find(part("Hello"), Handles(), since, channel) == Found("p1")


def test_a_refusal_says_what_would_help(channel: ChannelContext, network: Network) -> None:
    for status, why in ((401, "token"), (403, "permission"), (422, "content")):
        network.status = status
        outcome = PLATFORM.publish(part("Hello"), Handles(), channel)
        assert isinstance(outcome, Rejected)
        assert outcome.why == why

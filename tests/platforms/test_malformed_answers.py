"""Whatever JSON a network answers, its adapter says what happened; it never raises, and never makes anything up."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Found,
    Handles,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import Account, ChannelContext, ConnectError, DeadToken, Part, Platform
from commsched.platforms import get
from tests.platforms._office import NOW, part, picture

_ACCOUNT = {"id": "7", "acct": "lokalen", "url": "https://m.example/@lokalen", "username": "lokalen"}
_STATUS = {
    "id": "1",
    "url": "https://m.example/@lokalen/1",
    "uri": "https://m.example/1",
    "content": "<p>Hej</p>",
    "created_at": "2026-11-26T07:30:00.000Z",
    "in_reply_to_id": None,
    "media_attachments": [{"id": "3", "url": "https://m.example/3"}],
}
_INSTANCE = {
    "domain": "m.example",
    "uri": "m.example",
    "version": "4.3.0",
    "source_url": "https://github.com/mastodon/mastodon",
    "max_toot_chars": 500,
    "configuration": {
        "statuses": {"max_characters": 500, "characters_reserved_per_url": 23, "max_media_attachments": 4},
        "media_attachments": {
            "supported_mime_types": ["image/png"],
            "image_size_limit": 100,
            "image_matrix_limit": 100,
            "description_limit": 1500,
        },
    },
}
_TWEET = {
    "id": "1",
    "text": "Hej https://t.co/1",
    "created_at": "2026-11-26T07:30:00.000Z",
    "referenced_tweets": [{"id": "5", "type": "replied_to"}],
    "attachments": {"media_keys": ["3_1"]},
    "entities": {"urls": [{"url": "https://t.co/1", "expanded_url": "https://a.example", "display_url": "a.example"}]},
}
_POST = {
    "id": "12_1",
    "message": "Hej",
    "created_time": "2026-11-26T07:30:00+0000",
    "permalink_url": "https://www.facebook.com/1",
    "is_published": True,
    "success": True,
    "name": "Sidan",
    "link": "https://www.facebook.com/sidan",
}
_GRAPH_ERROR = {
    "error": {
        "code": 190,
        "error_subcode": 33,
        "message": "Session has expired.",
        "error_user_msg": "Logga in",
        "fbtrace_id": "A",
        "is_transient": True,
    }
}
ANSWERS: dict[str, list[tuple[str, Any]]] = {
    "mastodon": [
        (r"/api/v1/accounts/verify_credentials", _ACCOUNT),
        (r"/api/v2/instance|/api/v1/instance", _INSTANCE),
        (r"/api/v1/apps/verify_credentials", {"name": "app", "scopes": ["read", "write"]}),
        (r"/nodeinfo/2.0", {"software": {"name": "mastodon"}}),
        (r"/api/v\d/media", {"id": "3", "url": "https://m.example/3", "type": "image"}),
        (r"/api/v1/accounts/7/statuses", [_STATUS]),
        (r"/api/v1/statuses", _STATUS),
    ],
    "x": [
        (r"/2/users/me", {"data": {"id": "7", "username": "lokalen", "name": "Lokalen"}}),
        (r"/2/media", {"data": {"id": "3"}}),
        (r"/2/users/7/tweets", {"data": [_TWEET], "meta": {"next_token": "n", "result_count": 1}}),
        (r"/2/tweets", {"data": {"id": "1", "text": "Hej", "deleted": True}}),
    ],
    "facebook": [
        (r"/debug_token", {"data": {"scopes": ["pages_manage_posts", "pages_read_engagement"], "expires_at": 1}}),
        (
            r"/(published_posts|comments)",
            {"data": [_POST], "paging": {"cursors": {"after": "a"}, "next": "https://g.example"}},
        ),
        (r"", _POST),
    ],
}
"""What each network answers when all is well, by the first pattern that an address holds."""
REFUSALS: dict[str, Any] = {
    "mastodon": {"error": "no", "error_description": "because"},
    "x": {
        "errors": [{"message": "no", "detail": "because"}],
        "title": "no",
        "detail": "because",
        "type": "about:blank",
    },
    "facebook": _GRAPH_ERROR,
}
SETTINGS = {
    "mastodon": ({"base_url": "https://m.example"}, {"access_token": "secret-0001"}),
    "x": ({}, dict.fromkeys(("api_key", "api_secret", "access_token", "access_secret"), "secret-0001")),
    "facebook": ({"page_id": "12_1"}, {"access_token": "secret-0001"}),
}
STRANGE = (None, True, False, 0, -1, 7, 1.5, 1e300, 10**30, "", " ", "x", "7", [], [1], [[]], {}, {"id": "1"}, [None])
STATUSES = (200, 200, 200, 200, 202, 204, 400, 401, 403, 404, 409, 422, 429, 500, 503)
HEADERS = ("", "0", "7", "1e9", "x", "99999999999999999999", "Thu, 26 Nov 2026 07:30:00 GMT")


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place inside ``value`` as its container and its key there."""
    entries = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(value, key) for key, _ in entries] + [place for _, inner in entries for place in _places(inner)]


def spoilt(answer: Any, chance: Random) -> Any:
    """``answer`` with up to three of its values changed or taken away; sometimes something else altogether."""
    if chance.random() < 0.05:
        return chance.choice(STRANGE)
    copy = deepcopy(answer)
    for _ in range(chance.randrange(4)):
        places = _places(copy)
        if places:
            container, key = chance.choice(places)
            if isinstance(container, dict) and chance.random() < 0.3:
                del container[key]
            else:
                container[key] = deepcopy(chance.choice(STRANGE))
    return copy


class Improvising(requests.Session):
    """Answers every call by itself: mostly as ``platform`` would, with something wrong somewhere."""

    def __init__(self, platform: str, chance: Random) -> None:
        super().__init__()
        self.platform, self.chance = platform, chance

    def request(self, method: Any, url: Any, *_: Any, **__: Any) -> requests.Response:
        status = self.chance.choice(STATUSES)
        usual = next(answer for pattern, answer in ANSWERS[self.platform] if re.search(pattern, str(url)))
        response = requests.Response()
        response.status_code, response.url, response.reason = status, str(url), "so it is"
        response._content = json.dumps(spoilt(usual if status < 400 else REFUSALS[self.platform], self.chance)).encode()
        response.headers.update(self._headers())
        return response

    def _headers(self) -> Mapping[str, str]:
        names = ("Retry-After", "X-RateLimit-Reset", "x-rate-limit-reset", "x-rate-limit-remaining", "x-access-level")
        headers = {name: self.chance.choice(HEADERS) for name in names if self.chance.random() < 0.2}
        usage = {"12": [{"estimated_time_to_regain_access": 5}]}
        return (
            {"content-type": "application/json"}
            | headers
            | {"x-business-use-case-usage": json.dumps(spoilt(usage, self.chance))}
        )


def improvised(key: str, chance: Random) -> ChannelContext:
    plain, secret = SETTINGS[key]
    return ChannelContext(
        channel=1,
        settings=dict(plain),
        secrets=dict(secret),
        now=lambda: NOW,
        http=Improvising(key, chance),
        account=chance.choice(("7", "")),
    )


def tried(platform: Platform, context: ChannelContext, which: Part) -> list[object]:
    """What every call of the contract ends in."""
    try:
        connected: Account | ConnectError = platform.connect(context)
    except ConnectError as error:
        connected = error
    handles = Handles({"media": "3", "pending": "3", "post": "12_1"})
    since = datetime(2026, 11, 26, tzinfo=UTC)
    return [
        connected,
        platform.prepare(which, context),
        platform.publish(which, handles, context),
        platform.find(which, handles, since, context),
        platform.delete("1", context),
    ]


def parts_of(platform: Platform) -> list[Part]:
    post = part(platform, "Hej", picture())
    return [post, replace(post, role="reply", parent="5"), replace(post, role="comment", parent="5", pictures=())]


@pytest.mark.parametrize("key", sorted(ANSWERS))
@settings(deadline=timedelta(seconds=5), max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False), which=st.sampled_from((0, 1, 2)))
def test_no_answer_makes_an_adapter_raise(key: str, chance: Random, which: int) -> None:
    platform = get(key)
    connected, prepared, published, read_back, deleted = tried(
        platform, improvised(key, chance), parts_of(platform)[which]
    )
    assert isinstance(connected, Account | ConnectError)
    assert isinstance(prepared, Handles | Pending | Retry | Rejected), "what is prepared may be repeated"
    assert isinstance(published, Published | Retry | Rejected | Unknown)
    assert isinstance(read_back, Found | Absent | CannotTell)
    assert isinstance(deleted, Published | Retry | Rejected | Unknown)
    if isinstance(connected, Account):
        assert connected.id.strip()
        json.dumps(connected.facts)
        platform.limits(connected.facts)
    if isinstance(published, Published):
        assert published.id.strip()
    if isinstance(read_back, Found):
        assert read_back.id.strip()


class Answering(requests.Session):
    """Gives one answer to every call, but to those whose address holds a pattern of ``others``."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None, **others: Any) -> None:
        super().__init__()
        self.status, self.body, self.more, self.others = status, body, headers or {}, others

    def request(self, method: Any, url: Any, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.reason = self.status, str(url), "so it is"
        body = next((other for pattern, other in self.others.items() if pattern in str(url)), self.body)
        response._content = json.dumps(body).encode()
        response.headers.update({"content-type": "application/json", **self.more})
        return response


def answered(key: str, http: requests.Session) -> ChannelContext:
    context = improvised(key, Random(0))
    context.http, context.account = http, "7"
    return context


def test_a_code_below_the_code_may_be_anything() -> None:
    body = {"error": {"code": 190, "error_subcode": [], "message": "Session has expired."}}
    outcome = get("facebook").delete("1", answered("facebook", Answering(400, body)))
    assert isinstance(outcome, Rejected)
    assert outcome.why == "token"


def test_a_rate_limit_without_end_is_waited_for_like_any_other() -> None:
    limited = Answering(429, {"error": "Throttled"}, {"X-RateLimit-Reset": "99999999999999999999"})
    outcome = get("mastodon").delete("1", answered("mastodon", limited))
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel


@pytest.mark.parametrize("scopes", [7, [7], {"pages_manage_posts": True}])
def test_rights_that_cannot_be_read_are_no_proof_that_a_token_is_dead(scopes: object) -> None:
    http = Answering(200, _POST, debug_token={"data": {"scopes": scopes, "expires_at": 0}})
    with pytest.raises(ConnectError) as refused:
        get("facebook").connect(answered("facebook", http))
    assert not isinstance(refused.value, DeadToken)


@pytest.mark.parametrize("username", [None, 7, ["lokalen"]])
def test_an_account_without_a_name_is_not_connected_under_one_that_is_made_up(username: object) -> None:
    http = Answering(200, {"data": {"id": "7", "username": username}})
    with pytest.raises(ConnectError):
        get("x").connect(answered("x", http))


def test_a_post_is_out_however_odd_its_address() -> None:
    status = {"id": "1", "url": 7, "uri": None, "created_at": "2026-11-26T07:30:00.000Z"}
    mastodon = get("mastodon")
    outcome = mastodon.publish(part(mastodon, "Hej"), Handles(), answered("mastodon", Answering(200, status)))
    assert isinstance(outcome, Published)
    assert outcome.id == "1"

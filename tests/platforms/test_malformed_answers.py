"""Whatever JSON a network answers, its adapter says what happened; it never raises, and never makes anything up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from commsched.core.platform.contract import Account, ChannelContext, ConnectError, DeadToken, Part
from commsched.platforms import get
from tests.platforms._office import part
from tests.platforms.adapters import Adapter, all_of_them
from tests.platforms.adapters.facebook import POST

ADAPTERS = all_of_them()
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
    """Answers every call by itself: mostly as the adapter's network would, with something wrong somewhere."""

    def __init__(self, adapter: Adapter, chance: Random) -> None:
        super().__init__()
        self.adapter, self.chance = adapter, chance

    def request(self, method: Any, url: Any, *_: Any, **__: Any) -> requests.Response:
        status = self.chance.choice(STATUSES)
        usual = self.adapter.usual(str(method), str(url))
        response = requests.Response()
        response.status_code, response.url, response.reason = status, str(url), "so it is"
        body = spoilt(usual.body if status < 400 else self.adapter.refusal, self.chance)
        response._content = json.dumps(body).encode()
        response.headers.update(self._headers() | self._spoilt(usual.headers))
        return response

    def _spoilt(self, headers: Mapping[str, str]) -> dict[str, str]:
        left = spoilt(dict(headers), self.chance)
        return {name: str(value) for name, value in left.items()} if isinstance(left, dict) else {}

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
    adapter = ADAPTERS[key]
    return adapter.context(Improvising(adapter, chance), account=chance.choice((adapter.account, "")))


def tried(adapter: Adapter, context: ChannelContext, which: Part) -> list[object]:
    """What every call of the contract ends in."""
    platform = adapter.platform
    handles = Handles({**adapter.handles, **adapter.unready})
    try:
        connected: Account | ConnectError = platform.connect(context)
    except ConnectError as error:
        connected = error
    return [
        connected,
        platform.prepare(which, context),
        platform.publish(which, handles, context),
        platform.find(which, handles, adapter.since, context),
        platform.delete(adapter.remote_id, context),
    ]


@pytest.mark.parametrize("key", sorted(ADAPTERS))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False), which=st.sampled_from((0, 1, 2)))
def test_no_answer_makes_an_adapter_raise(key: str, chance: Random, which: int) -> None:
    adapter = ADAPTERS[key]
    platform, which_part = adapter.platform, adapter.parts()[which]
    connected, prepared, published, read_back, deleted = tried(adapter, improvised(key, chance), which_part)
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
    context.http, context.account = http, ADAPTERS[key].account
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
    http = Answering(200, POST, debug_token={"data": {"scopes": scopes, "expires_at": 0}})
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

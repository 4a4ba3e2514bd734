"""What every platform keeps, generated over the registry: a new module is under it without a word here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec.structs import replace

import commsched.platforms as registry
from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Handles,
    Outcome,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import (
    WAITS_FOR_EMBARGO,
    ChannelContext,
    ConnectError,
    DeadToken,
    Email,
    Limits,
    Mailer,
    Option,
    Platform,
    Setting,
)
from commsched.core.text.messages import Invalid, Message, Problem
from commsched.platforms._shared.adapter import NetworkPlatform
from tests.platforms import contract_checks as checks
from tests.platforms._office import NOW, picture, view
from tests.platforms.adapters import SECRET, Adapter, all_of_them
from tests.sims.reference_platform import PLATFORM as reference

PLATFORMS = (*registry.all(), reference)
"""Ours, and one as another package would bring it."""
OUTCOMES = (Published, Retry, Rejected, Unknown)
NETWORK_FAILURES = [
    requests.ConnectionError("the cable"),
    requests.ConnectTimeout("no answer"),
    requests.ReadTimeout("no answer yet"),
    requests.exceptions.SSLError("certificate"),
    requests.exceptions.ChunkedEncodingError("half an answer"),
    requests.exceptions.InvalidURL("no address"),
    requests.TooManyRedirects("round and round"),
    ConnectionResetError(104, "reset"),
    TimeoutError("slow"),
    OSError(28, "No space left on device"),
    ValueError("what is this"),
    KeyError("content-type"),
]


def ids(value: object) -> str:
    return value.key if isinstance(value, Platform) else type(value).__name__


every_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=ids)


class BrokenSession(requests.Session):
    """A session on which every call fails in one way."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure

    def request(self, *_: Any, **__: Any) -> requests.Response:
        raise self.failure


class BrokenMailer(Mailer):
    def send(self, message: Email) -> Outcome:
        return Unknown("the relay fell silent")

    def describe(self) -> Message:
        return Message("")

    def verify(self) -> Outcome:
        return Unknown("the relay fell silent")

    def find(self, message_id: str) -> Finding:
        return CannotTell(final=True)


BROUGHT = {"keys": (), "oauth": ("access_token", "refresh_token")}
"""What an authorization brings beside the settings."""
KEPT = {
    **dict.fromkeys(("server", "authorize", "token"), "https://server.example"),
    **dict.fromkeys(("client_id", "client_secret", "scope"), "secret-0001"),
}
"""What a platform may have kept when it sent a person away."""


def broken_wire(platform: Platform, failure: Exception, home: Path) -> ChannelContext:
    values = {each.key: each.default or ("value" if each.required else "") for each in platform.settings}
    values.update({key: "https://server.example" for key in values if key.endswith("url")})
    secret = [setting.key for setting in platform.settings if setting.secret]
    brought = BROUGHT["oauth" if "oauth" in platform.connects else "keys"]
    return ChannelContext(
        channel=1,
        settings={**values, "allow_private": "1", "graph_version": "v25.0"},
        secrets=dict.fromkeys([*secret, *brought], f"{SECRET}-and-as-long-as-they-are"),
        app=dict.fromkeys([setting.key for setting in platform.app], "secret-0001"),
        now=lambda: NOW,
        http=BrokenSession(failure),
        timeout=0.2,
        mailer=BrokenMailer(),
        public_url="https://kansli.example",
        home=str(home),
        workspace="oppna-listan",
    )


def test_there_are_platforms_and_each_is_found_by_its_name() -> None:
    assert {"mastodon", "x", "facebook"} <= set(registry.keys())
    assert [registry.get(key).key for key in sorted(registry.keys())] == [each.key for each in registry.all()]


@pytest.mark.parametrize("key", ["", "myspace", "_http", "_shared", "os", "../x", "x.py"])
def test_a_platform_that_is_not_there_is_told_in_words(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        registry.get(key)
    assert refused.value.field == "platform"


def test_no_sdk_is_imported_before_it_is_used() -> None:
    program = (
        "import sys, json, commsched.platforms as p; p.all();"
        "heavy = ['tweepy', 'facebook', 'mastodon', 'twitter_text', 'PIL', 'requests', 'urllib3', 'regex'];"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []


@every_platform
def test_every_platform_has_tests_of_its_own(platform: Platform) -> None:
    assert (Path(__file__).parent / f"test_{platform.key}.py").is_file()


@every_platform
def test_every_platform_says_who_it_is_and_what_it_needs(platform: Platform) -> None:
    assert platform.name
    keys = [setting.key for setting in platform.settings]
    names = keys + [alias for setting in platform.settings for alias in setting.aliases]
    assert len(names) == len(set(names)), "a setting's name or alias is used twice"
    fields: tuple[Setting | Option, ...] = (*platform.settings, *platform.options)
    for field in fields:
        assert field.label
        assert field.key.isidentifier()
        assert bool(field.choices) == (field.kind == "choice")
    for setting in platform.settings:
        assert not (setting.secret and setting.default)
        assert not setting.secret or setting.kind in ("password", "lines")
    for option in platform.options:
        assert not option.choices or option.default in dict(option.choices)
    assert platform.settle >= 0
    assert platform.lanes >= 1


@every_platform
def test_a_platform_has_what_it_says_it_can_and_no_more(platform: Platform) -> None:
    """What is declared is what the pages offer and the chores call."""

    def brings(method: str) -> bool:
        return getattr(type(platform), method) is not getattr(Platform, method)

    for capability in ("refresh", "edit", "metrics", "replies", "hide", "report", "recent"):
        assert brings(capability) == (capability in platform.can), capability
    assert "delete" not in platform.can or brings("delete")
    assert brings("authorize") == brings("callback") == ("oauth" in platform.connects)


@pytest.mark.parametrize("platform", [each for each in PLATFORMS if "oauth" in each.connects], ids=ids)
@pytest.mark.parametrize("failure", NETWORK_FAILURES, ids=ids)
def test_an_access_fails_in_a_sentence_and_tells_no_secret(
    platform: Platform, failure: Exception, tmp_path: Path
) -> None:
    context = broken_wire(platform, failure, tmp_path)
    context.handshake = Handshake("https://kansli.example/w/a/channels/p/callback", "state", "verifier-0001")
    with suppress(ConnectError):  # who registers at the person's own server has to ask it first
        address = platform.authorize(context).address
        assert "verifier-0001" not in address
        assert "state=state" in address
    context.handshake = replace(context.handshake, kept=KEPT)
    asked = [lambda: platform.callback(context, {"code": "1"})]
    asked += [lambda: platform.refresh(context)] if "refresh" in platform.can else []
    for ask in asked:
        with pytest.raises(ConnectError) as refused:
            ask()
        assert not isinstance(refused.value, DeadToken), "what could not be asked has not said no"
        assert "0001" not in str(refused.value.words)


@every_platform
def test_limits_are_known_before_any_server_was_asked(platform: Platform) -> None:
    limits = platform.limits({})
    assert isinstance(limits, Limits)
    assert limits.pictures >= 0
    assert platform.count("Hej", {}) == 3


@every_platform
@pytest.mark.parametrize(
    ("text", "pictures"),
    [
        ("", ()),
        ("Hej", ()),
        ("å" * 150_000, ()),
        ("a." * 20_000, ()),
        ("\x00\ufeff\u202e\r\n---\r\n", ()),
        ("Hej", (picture(),) * 12),
        ("Hej", (picture(alt=""),)),
        ("Hej", (picture(mime="image/svg+xml", size=100_000_000),)),
    ],
    ids=["empty", "short", "long", "dotted", "odd", "pictures", "no-alt", "svg"],
)
def test_every_draft_gets_an_answer_in_words(platform: Platform, text: str, pictures: Any) -> None:
    one = view(text, *pictures, recipients=("namn@example.se",))
    problems = platform.check(one, {})
    assert all(isinstance(problem, Problem) and str(problem.words) and problem.field for problem in problems)
    parts = platform.parts(one)
    assert [part.number for part in parts] == list(range(len(parts)))
    assert platform.cost(one) >= 0


@every_platform
def test_a_picture_without_words_is_never_scheduled(platform: Platform) -> None:
    if platform.limits({}).pictures == 0:
        return
    kind = platform.limits({}).picture_types[0]
    with_words, without = (
        view("Hej", picture(alt=alt, mime=kind), recipients=("a@example.se",)) for alt in ("Torget", " ")
    )
    assert not any(problem.field == "pictures" and problem.blocks for problem in platform.check(with_words, {}))
    assert any(problem.blocks for problem in platform.check(without, {}))


@every_platform
@pytest.mark.parametrize("failure", NETWORK_FAILURES, ids=ids)
def test_nothing_a_network_can_do_makes_it_raise(platform: Platform, failure: Exception, tmp_path: Path) -> None:
    context = broken_wire(platform, failure, tmp_path)
    for part in platform.parts(view("Hej", picture(), recipients=("namn@example.se",))):
        prepared = platform.prepare(part, context)
        assert isinstance(prepared, (Handles, Pending, *OUTCOMES))
        assert not isinstance(prepared, Unknown | Published), "what nobody can see is never unknown"
        outcome = platform.publish(part, Handles({"post": "1_2", "media": "1"}), context)
        assert isinstance(outcome, OUTCOMES)
        finding = platform.find(part, Handles(), datetime(2026, 11, 26, 7, 29, tzinfo=UTC), context)
        assert isinstance(finding, Found | Absent | CannotTell)
        assert isinstance(platform.delete("1", context), OUTCOMES)
        shown = json.dumps([getattr(each, "detail", "") for each in (prepared, outcome, finding)])
        assert SECRET not in shown


NETWORKS = [platform for platform in PLATFORMS if isinstance(platform, NetworkPlatform)]
ADAPTERS = all_of_them()
every_adapter = pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)


def test_every_adapter_to_a_network_is_put_to_the_checks() -> None:
    """By ``tests/platforms/adapters/<key>.py``, which says what its network answers."""
    assert set(ADAPTERS) == {platform.key for platform in NETWORKS}
    assert all(adapter.key == key for key, adapter in ADAPTERS.items())


@every_adapter
@pytest.mark.parametrize("failure", NETWORK_FAILURES, ids=ids)
def test_only_proof_of_not_sent_may_be_tried_again(adapter: Adapter, failure: Exception) -> None:
    """Where the call that makes something visible fails; what an adapter reads before it is answered."""
    context = adapter.context(checks.Failing(adapter, failure))
    outcome = adapter.platform.publish(adapter.post(), adapter.prepared, context)
    if isinstance(failure, requests.ConnectTimeout):
        assert isinstance(outcome, Retry)
    elif isinstance(failure, requests.exceptions.InvalidURL):
        assert isinstance(outcome, Rejected)
    else:
        assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("platform", NETWORKS, ids=ids)
def test_a_part_whose_parent_is_not_out_never_stands_alone(platform: Platform, tmp_path: Path) -> None:
    post, *others = platform.parts(view("Ett\n---\nTvå", options={"first_comment": "Tre"}))
    second = others[0] if others else replace(post, number=1, role="reply")
    outcome = platform.publish(second, Handles(), broken_wire(platform, AssertionError("asked"), tmp_path))
    assert isinstance(outcome, Rejected)


@pytest.mark.parametrize("platform", NETWORKS, ids=ids)
@pytest.mark.parametrize("failure", NETWORK_FAILURES, ids=ids)
def test_connecting_fails_in_a_sentence_by_a_field(platform: Platform, failure: Exception, tmp_path: Path) -> None:
    with pytest.raises(ConnectError) as refused:
        platform.connect(broken_wire(platform, failure, tmp_path))
    assert refused.value.field in [setting.key for setting in platform.settings]


@pytest.mark.parametrize("platform", NETWORKS, ids=ids)
def test_connecting_with_nothing_filled_in_names_a_field(platform: Platform) -> None:
    empty = ChannelContext(
        channel=0, settings={}, secrets={}, now=lambda: NOW, http=BrokenSession(OSError("unreached"))
    )
    with pytest.raises(ConnectError) as refused:
        platform.connect(empty)
    assert refused.value.field in [setting.key for setting in platform.settings]


@every_platform
def test_a_person_can_narrow_who_gets_it_under_embargo_and_never_widen_it(platform: Platform) -> None:
    settings = {setting.key for setting in platform.settings}
    assert (WAITS_FOR_EMBARGO.key in settings) == platform.under_embargo
    assert platform.carries_embargo({}) == platform.under_embargo
    assert not platform.carries_embargo({WAITS_FOR_EMBARGO.key: "1"})
    for said in ("", "0", "no", "false"):
        assert platform.carries_embargo({WAITS_FOR_EMBARGO.key: said}) == platform.under_embargo
    assert not (platform.under_embargo and platform.own_page), "what is under embargo stands on no public page"


@every_adapter
def test_when_all_is_well_it_is_published(adapter: Adapter) -> None:
    checks.when_all_is_well_it_is_published(adapter)


@every_adapter
@pytest.mark.parametrize("fault", checks.LOST + checks.UNREADABLE)
def test_a_lost_answer_is_unknown(adapter: Adapter, fault: str) -> None:
    checks.a_lost_answer_is_unknown(adapter, fault)


@every_adapter
@pytest.mark.parametrize(
    "check",
    [
        checks.a_page_for_browsers_is_no_success,
        checks.a_wall_in_front_has_said_nothing,
        checks.an_error_inside_a_success_is_no_success,
        checks.a_redirect_is_refused,
        checks.what_was_not_sent_may_be_tried_again,
        checks.who_is_told_to_stop_stops,
        checks.no_secret_is_ever_told,
        checks.it_can_be_pointed_elsewhere,
    ],
    ids=lambda check: check.__name__,
)
def test_what_every_adapter_keeps(adapter: Adapter, check: Callable[[Adapter], None]) -> None:
    check(adapter)


@every_adapter
def test_a_silent_address_does_not_hide_the_next(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.a_silent_address_does_not_hide_the_next(adapter, monkeypatch)


@every_adapter
def test_it_neither_sleeps_nor_reads_the_environment(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.it_neither_sleeps_nor_reads_the_environment(adapter, monkeypatch)


@pytest.mark.parametrize("key", [key for key, adapter in ADAPTERS.items() if adapter.uploads])
def test_the_time_for_a_call_grows_with_what_it_sends(key: str) -> None:
    checks.the_time_for_a_call_grows_with_what_it_sends(ADAPTERS[key])

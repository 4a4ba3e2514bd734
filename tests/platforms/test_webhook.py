"""The webhook, to a receiver that checks every signature by another maker's library and drops repeats."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook as Checker

from commsched.core.delivery.outcome import Absent, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.platforms import get
from commsched.platforms._http.network import Session
from commsched.platforms._webhook.signing import headers_for, key_of
from tests.platforms._office import NOW, PNG, context, hurried, just_now, part, picture, send, view
from tests.sims.receiver import SECRET, Receiver

webhook = get("webhook")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def on(receiver: Receiver) -> ChannelContext:
    return context(
        {"base_url": f"{receiver.url}/hooks/commsched?office=1"},
        {"secret": SECRET},
        workspace="oppna-listan",
        office_name="Öppna listan",
    )


def test_connecting_tries_it_and_shows_nothing(receiver: Receiver, on: ChannelContext) -> None:
    account = webhook.connect(on)
    assert account.name == "Skylten i fönstret"
    assert account.id.endswith("/hooks/commsched")
    assert (receiver.pings, receiver.items) == (1, {})


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_not base64!", "whsec_c2hvcnQ=", "x" * 23])
def test_a_secret_that_is_none_is_refused_before_any_call(receiver: Receiver, on: ChannelContext, secret: str) -> None:
    on.secrets["secret"] = secret
    with pytest.raises(ConnectError) as refused:
        webhook.connect(on)
    assert refused.value.field == "secret"
    assert receiver.calls == []


def test_another_secret_is_told_apart(receiver: Receiver, on: ChannelContext) -> None:
    on.secrets["secret"] = "whsec_" + base64.b64encode(b"another one of 24 bytes!").decode()
    with pytest.raises(DeadToken) as refused:
        webhook.connect(on)
    assert refused.value.field == "secret"


@pytest.mark.parametrize("address", ["", "not an address", "ftp://example.org/", "https://user:pass@example.org/"])
def test_an_address_that_is_none_is_blamed(on: ChannelContext, address: str) -> None:
    on.settings["base_url"] = address
    with pytest.raises(ConnectError) as refused:
        webhook.connect(on)
    assert refused.value.field == "base_url"


def test_an_address_inside_the_house_is_refused(receiver: Receiver, on: ChannelContext) -> None:
    on.http = Session()
    with pytest.raises(ConnectError, match="inside this network"):
        webhook.connect(on)
    outcome = webhook.publish(part(webhook, "Hej"), Handles(), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "config"
    assert receiver.calls == []


def test_an_item_comes_as_json_with_all_that_belongs_to_it(receiver: Receiver, on: ChannelContext) -> None:
    release = view(
        "Bussen ska gå.",
        picture(),
        kind="release",
        title="Fler turer",
        lead="Kommunen vill ha fler turer.",
        contact="Elin, 070",
        link="https://example.se/a",
        uid="item-1",
    )
    [post] = webhook.parts(release)
    outcome = send(webhook, replace(post, key="key-1"), on)
    assert outcome == Published("sign-1", "https://skylten.example/sign-1")
    item = receiver.items["sign-1"]
    assert {key: item[key] for key in ("id", "item", "kind", "title", "text", "lead", "contact", "link")} == {
        "id": "key-1",
        "item": "item-1",
        "kind": "release",
        "title": "Fler turer",
        "text": "Bussen ska gå.",
        "lead": "Kommunen vill ha fler turer.",
        "contact": "Elin, 070",
        "link": "https://example.se/a",
    }
    assert (item["office"], item["workspace"]) == ("Öppna listan", "oppna-listan")
    [attached] = item["attachments"]
    assert (attached["alt"], base64.b64decode(attached["data"])) == (picture().alt, PNG)
    assert "url" not in attached


def test_a_video_goes_by_its_address_or_not_at_all(receiver: Receiver, on: ChannelContext) -> None:
    film = replace(picture(mime="video/mp4"), kind="video", duration=12_400)
    post = replace(part(webhook, "Film"), other_files=(film,))
    outcome = send(webhook, post, on)
    assert isinstance(outcome, Rejected)
    assert (outcome.why, receiver.calls) == ("config", [])
    on.media_address = lambda file: "https://kansli.example/m/1"
    assert isinstance(send(webhook, post, on), Published)
    [attached] = receiver.items["sign-1"]["attachments"]
    assert (attached["url"], attached["duration"]) == ("https://kansli.example/m/1", 12.4)
    assert isinstance(webhook.edit(replace(post, text="Filmen"), "sign-1", on), Published)
    assert "url" not in receiver.items["sign-1"]["attachments"][0], "its address ended when it was out"


def test_a_picture_that_cannot_be_read_was_not_sent(receiver: Receiver, on: ChannelContext) -> None:
    def gone() -> object:
        raise OSError("the bytes are not the approved ones")

    outcome = send(webhook, part(webhook, "Hej", replace(picture(), open=gone)), on)
    assert isinstance(outcome, Retry)
    assert receiver.calls == []


@pytest.mark.parametrize("fault", ["timeout_after_accept", "reset_after_accept", "500_after_accept", "wall_200"])
def test_a_lost_answer_is_followed_by_the_same_message(receiver: Receiver, on: ChannelContext, fault: str) -> None:
    """The receiver has it once, however often it is sent."""
    post = part(webhook, "Hej", key="key-1")
    receiver.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(webhook.publish(post, Handles(), on), Unknown)
    assert isinstance(webhook.find(post, Handles(), just_now(), on), Absent)
    assert webhook.resends({})
    assert webhook.resend_within == timedelta(days=1)
    assert isinstance(webhook.publish(post, Handles(), on), Published)
    assert len(receiver.items) == 1
    assert {call.headers["webhook-id"] for call in receiver.calls} == {"key-1"}


def test_two_items_are_two_messages(receiver: Receiver, on: ChannelContext) -> None:
    for text in ("Ett", "Två"):
        assert isinstance(send(webhook, part(webhook, text), on), Published)
    assert [item["text"] for item in receiver.items.values()] == ["Ett", "Två"]


ANSWERS = [
    ("429", Retry("")),
    ("401", Rejected("", "token")),
    ("410", Rejected("", "token")),
    ("403", Rejected("", "permission")),
    ("404", Rejected("", "config")),
    ("405", Rejected("", "config")),
    ("400", Rejected("", "content")),
    ("422", Rejected("", "content")),
    ("408", Unknown("")),
    ("409", Unknown("")),
    ("500", Unknown("")),
    ("503", Unknown("")),
    ('200:{"error": "the disk is full"}', Unknown("")),
    ('200:{"ok": false}', Unknown("")),
    ('200:{"success": false, "id": "7"}', Unknown("")),
    ("200:<!DOCTYPE html><title>Sign in</title>", Unknown("")),
    ("200:OK", Published("key-1")),
    ("200:", Published("key-1")),
    ('200:{"id": null, "url": "javascript:alert(1)"}', Published("key-1")),
    ('200:{"id": 17, "url": "https://skylten.example/17"}', Published("17", "https://skylten.example/17")),
    ("202:", Published("key-1")),
]


@pytest.mark.parametrize(("fault", "expected"), ANSWERS)
def test_every_answer_has_its_outcome(receiver: Receiver, on: ChannelContext, fault: str, expected: object) -> None:
    receiver.faults.append(fault)
    outcome = webhook.publish(part(webhook, "Hej", key="key-1"), Handles(), on)
    if isinstance(expected, Published):
        assert outcome == expected
        return
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert len(receiver.calls) == 1


def test_who_wants_no_more_is_disconnected_and_not_asked_for_another_secret(
    receiver: Receiver, on: ChannelContext
) -> None:
    receiver.faults.append("read:410")
    with pytest.raises(DeadToken, match="wants no more") as refused:
        webhook.connect(on)
    assert refused.value.field == "base_url"


def test_a_change_and_a_withdrawal_are_told(receiver: Receiver, on: ChannelContext) -> None:
    out = send(webhook, part(webhook, "Fel"), on)
    assert isinstance(out, Published)
    moments = iter(NOW.replace(tzinfo=UTC) + timedelta(seconds=at) for at in range(60))
    real = datetime.now(UTC) - next(moments)
    on.now = lambda: next(moments) + real
    for text in ("Rätt", "Fel", "Rätt"):
        assert isinstance(webhook.edit(part(webhook, text), out.id, on), Published)
    assert receiver.items[out.id]["text"] == "Rätt"
    assert receiver.repeats == 0, "a change back is a message of its own"
    assert isinstance(webhook.delete(out.id, on), Published)
    assert isinstance(webhook.delete(out.id, on), Published), "gone already is a success"
    assert receiver.items == {}


def test_what_is_signed_is_what_the_standard_says(on: ChannelContext) -> None:
    """Both ways round: their library checks ours, and signs the same."""
    body, at = b'{"type":"ping"}', datetime.fromtimestamp(int(time.time()), UTC)
    key = key_of(SECRET)
    assert key is not None
    headers = headers_for(key, "msg_1", at, body)
    assert Checker(SECRET).verify(body.decode(), headers) == {"type": "ping"}
    assert Checker(SECRET).sign("msg_1", at, body.decode()) == headers["webhook-signature"]


def test_a_secret_in_plain_words_is_its_own_bytes() -> None:
    assert key_of("en hemlighet med fler än 24 tecken") == "en hemlighet med fler än 24 tecken".encode()

"""Bluesky, against a simulator that is as strict as the lexicons. ``test_bluesky_peer.py`` drives the real server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from commsched.core.content.model import Captions
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
from commsched.core.platform.contract import (
    AttachmentFile,
    ChannelContext,
    ConnectError,
    DeadToken,
    Limits,
    Part,
    Progress,
)
from commsched.core.platform.figures import Figures, Reply
from commsched.platforms import get
from commsched.platforms._bluesky.record import tid
from commsched.platforms._bluesky.richtext import facets, rich
from tests.platforms._office import NOW, PNG, context, hurried, part, picture, send, view
from tests.sims.bluesky import DID, HANDLE, OTHER, PASSWORD, BlueskySimulator
from tests.sims.bluesky_schema import TID

bluesky = get("bluesky")
POST = "app.bsky.feed.post"


@pytest.fixture
def sim() -> Iterator[BlueskySimulator]:
    with BlueskySimulator() as simulator:
        yield simulator


@pytest.fixture
def fresh(sim: BlueskySimulator) -> ChannelContext:
    """A channel that was never connected."""
    return context({"base_url": sim.url, "handle": HANDLE, "video_url": sim.url}, {"app_password": PASSWORD})


@pytest.fixture
def on(fresh: ChannelContext) -> ChannelContext:
    account = bluesky.connect(fresh)
    assert account.tokens is not None
    fresh.secrets |= account.tokens.secrets
    fresh.account, fresh.facts = account.id, account.facts
    return fresh


def the_post(sim: BlueskySimulator) -> dict[str, Any]:
    [record] = [record for (collection, _), record in sim.records.items() if collection == POST]
    return record


def prepared(which: Part, on: ChannelContext) -> Handles:
    handles = bluesky.prepare(which, on)
    assert isinstance(handles, Handles)
    return handles


def said_by(sim: BlueskySimulator, method: str) -> list[Any]:
    return [call for call in sim.calls if call.path.endswith(method)]


# Connecting, and the session


def test_an_app_password_connects_the_account(sim: BlueskySimulator, fresh: ChannelContext) -> None:
    account = bluesky.connect(fresh)
    assert (account.id, account.name, account.url) == (DID, f"@{HANDLE}", f"https://bsky.app/profile/{DID}")
    assert account.picture == "https://cdn.example/kansliet.jpg"
    assert account.facts == {"server": sim.url}
    assert account.tokens is not None
    until = account.tokens.access_until
    assert until is not None
    assert timedelta(minutes=115) < until - datetime.now(UTC) < timedelta(minutes=121)


@pytest.mark.parametrize("typed", [f"@{HANDLE}", HANDLE.upper(), f" {HANDLE} "])
def test_the_name_is_taken_as_people_write_it(fresh: ChannelContext, typed: str) -> None:
    fresh.settings["handle"] = typed
    assert bluesky.connect(fresh).id == DID


def test_a_session_is_kept_and_not_made_again(sim: BlueskySimulator, on: ChannelContext) -> None:
    for _ in range(3):
        assert bluesky.connect(on).tokens is None
        send(bluesky, part(bluesky, "Hej"), on)
    assert len(said_by(sim, "createSession")) == 1


def test_another_password_is_tried_and_not_hidden_by_the_session(on: ChannelContext) -> None:
    on.secrets["app_password"] = "something-else"
    with pytest.raises(DeadToken) as refused:
        bluesky.connect(on)
    assert refused.value.field == "app_password"


def test_a_session_that_has_ended_is_begun_again_when_the_channel_is_looked_at(
    sim: BlueskySimulator, on: ChannelContext
) -> None:
    sim.begin()
    account = bluesky.connect(on)
    assert account.tokens is not None
    assert account.tokens.secrets["access_jwt"] == sim.access


def test_the_accounts_own_password_is_told_from_an_app_password(sim: BlueskySimulator, fresh: ChannelContext) -> None:
    sim.needs_second_factor = True
    with pytest.raises(ConnectError, match="account's own password") as refused:
        bluesky.connect(fresh)
    assert refused.value.field == "app_password"


def test_an_account_at_rest_is_not_connected(sim: BlueskySimulator, fresh: ChannelContext) -> None:
    sim.active = False
    with pytest.raises(DeadToken):
        bluesky.connect(fresh)


def test_renewal_trades_the_refresh_token(sim: BlueskySimulator, on: ChannelContext) -> None:
    tokens = bluesky.refresh(on)
    assert tokens.secrets["access_jwt"] == sim.access
    assert len(said_by(sim, "createSession")) == 1
    on.secrets |= tokens.secrets
    assert isinstance(send(bluesky, part(bluesky, "Hej"), on), Published)


def test_a_dead_refresh_token_is_replaced_by_signing_in(sim: BlueskySimulator, on: ChannelContext) -> None:
    sim.begin()
    tokens = bluesky.refresh(on)
    assert tokens.secrets["access_jwt"] == sim.access
    assert len(said_by(sim, "createSession")) == 2


def test_with_neither_a_person_must_give_another(on: ChannelContext) -> None:
    on.secrets |= {"app_password": "revoked", "refresh_jwt": "dead"}
    with pytest.raises(DeadToken):
        bluesky.refresh(on)


@pytest.mark.parametrize("fault", ["prepare:html_503", "prepare:429 RateLimitExceeded", "prepare:reset_before_accept"])
def test_a_server_that_could_not_be_asked_ends_no_access(sim: BlueskySimulator, on: ChannelContext, fault: str) -> None:
    sim.faults = [fault]
    with pytest.raises(ConnectError) as refused:
        bluesky.refresh(on)
    assert not isinstance(refused.value, DeadToken)
    assert on.secrets["refresh_jwt"] not in str(refused.value.words)


@pytest.mark.parametrize("name", ["ExpiredToken", "InvalidToken"])
def test_a_dead_access_is_a_400_and_asks_for_renewal(sim: BlueskySimulator, on: ChannelContext, name: str) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    sim.faults = [f"400 {name}"]
    outcome = bluesky.publish(one, handles, on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "token"


# What is said


def test_what_goes_out_word_by_word(sim: BlueskySimulator, on: ChannelContext) -> None:
    text = "Hej å é 👨‍👩‍👧‍👦 @annan.test och #Öppet! Läs https://www.example.se/en/lang/adress/hit."
    outcome = send(bluesky, part(bluesky, text), on)
    record = the_post(sim)
    assert record["text"] == "Hej å é 👨‍👩‍👧‍👦 @annan.test och #Öppet! Läs www.example.se/en/lang/adre…."
    assert record["langs"] == ["sv"]
    raw = record["text"].encode()
    shown = {
        raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
        for facet in record["facets"]
    }
    assert shown == {
        "@annan.test": {"$type": "app.bsky.richtext.facet#mention", "did": OTHER},
        "#Öppet": {"$type": "app.bsky.richtext.facet#tag", "tag": "Öppet"},
        "www.example.se/en/lang/adre…": {
            "$type": "app.bsky.richtext.facet#link",
            "uri": "https://www.example.se/en/lang/adress/hit",
        },
    }
    assert isinstance(outcome, Published)
    [(_, rkey)] = sim.records
    assert outcome.url == f"https://bsky.app/profile/{DID}/post/{rkey}"


def test_a_name_that_belongs_to_nobody_stays_words(sim: BlueskySimulator, on: ChannelContext) -> None:
    send(bluesky, part(bluesky, "Hej @ingen.example"), on)
    assert "facets" not in the_post(sim)


@pytest.mark.parametrize("piece", ["a.", "@a", "#", "https://", "@", "#a", "@a.", "a.a/", " #!"])
def test_a_hostile_text_is_read_in_no_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = datetime.now(UTC)
    facets(rich(text), {})
    assert (datetime.now(UTC) - started).total_seconds() < 2


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("å" * 300, 0),
        ("å" * 301, 1),
        ("👨‍👩‍👧‍👦" * 120, 0),
        ("👨‍👩‍👧‍👦" * 121, 1),
        ("https://example.se/" + "a" * 2000, 0),
        ("Ett\n---\n" + "å" * 301, 1),
    ],
)
def test_graphemes_and_bytes_are_counted_as_they_are_shown(text: str, problems: int) -> None:
    assert len([each for each in bluesky.check(view(text), {}) if each.field == "text"]) == problems


def test_four_pictures_stand_together_and_more_are_a_gallery(sim: BlueskySimulator, on: ChannelContext) -> None:
    shaped = [picture(alt=f"Bild {number}", shape=(3, 2)) for number in range(10)]
    send(bluesky, part(bluesky, "Fyra", *shaped[:4]), on)
    embed = the_post(sim)["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    assert [image["alt"] for image in embed["images"]] == ["Bild 0", "Bild 1", "Bild 2", "Bild 3"]
    assert embed["images"][0]["aspectRatio"] == {"width": 3, "height": 2}
    assert sim.files[embed["images"][0]["image"]["ref"]["$link"]] == PNG
    sim.records.clear()
    send(bluesky, part(bluesky, "Tio", *shaped), on)
    embed = the_post(sim)["embed"]
    assert embed["$type"] == "app.bsky.embed.gallery"
    assert [item["alt"] for item in embed["items"]] == [f"Bild {number}" for number in range(10)]


def test_a_link_is_a_card_where_nothing_else_is_shown(sim: BlueskySimulator, on: ChannelContext) -> None:
    release = {"kind": "release", "title": "Nya bussar", "lead": "Fler turer.", "link": "https://example.se/bussar"}
    send(bluesky, part(bluesky, "Läs mer", **release), on)
    record = the_post(sim)
    assert record["text"] == "Läs mer"
    card = {"uri": "https://example.se/bussar", "title": "Nya bussar", "description": "Fler turer."}
    assert record["embed"] == {"$type": "app.bsky.embed.external", "external": card}
    sim.records.clear()
    send(bluesky, part(bluesky, "Läs mer", picture(), **release), on)
    assert the_post(sim)["text"] == "Läs mer\n\nexample.se/bussar"


def test_a_posts_own_title_is_for_the_office_only(sim: BlueskySimulator, on: ChannelContext) -> None:
    send(bluesky, part(bluesky, "Läs mer", title="UTKAST, fråga Jonas", link="https://example.se/bussar"), on)
    assert the_post(sim)["embed"]["external"]["title"] == "example.se/bussar"


def test_a_thread_names_its_root_and_its_parent(sim: BlueskySimulator, on: ChannelContext) -> None:
    ids: list[str] = []
    for one in bluesky.parts(view("Ett\n---\nTvå\n---\nTre", options={"first_comment": "Fyra"})):
        root, parent = (ids[0], ids[-1]) if ids else ("", "")
        outcome = send(bluesky, replace(one, key=f"del {one.number}", root=root, parent=parent), on)
        assert isinstance(outcome, Published)
        ids.append(outcome.id)
    records = list(sim.records.values())
    assert [record["text"] for record in records] == ["Ett", "Två", "Tre", "Fyra"]
    for number, record in enumerate(records[1:], 1):
        named = [f"{record['reply'][name]['uri']}#{record['reply'][name]['cid']}" for name in ("root", "parent")]
        assert named == [ids[0], ids[number - 1]]


def test_an_answer_to_a_comment_is_put_under_the_thread_it_is_in(sim: BlueskySimulator, on: ChannelContext) -> None:
    outcome = send(bluesky, part(bluesky, "Vårt"), on)
    assert isinstance(outcome, Published)
    ours = sim._view(outcome.id.partition("#")[0])
    assert ours is not None
    below = sim.answer(sim.answer(ours, "Varför?", "2026-11-26T08:00:00Z"), "Ja?", "2026-11-26T08:01:00Z", 2)
    first, more = bluesky.parts(view("Därför\n---\nOch därför"))
    answer = replace(first, key="ett", role="comment", parent=f"{below['uri']}#{below['cid']}", root="")
    said = send(bluesky, answer, on)
    assert isinstance(said, Published)
    reply = list(sim.records.values())[-1]["reply"]
    assert (reply["root"]["uri"], reply["parent"]["uri"]) == (ours["uri"], below["uri"])
    assert isinstance(send(bluesky, replace(more, key="två", parent=said.id, root=said.id), on), Published)
    reply = list(sim.records.values())[-1]["reply"]
    assert (reply["root"]["uri"], reply["parent"]["uri"]) == (ours["uri"], said.id.partition("#")[0])


def test_what_bluesky_does_not_take_is_told_before(on: ChannelContext) -> None:
    assert any("11" in str(each.words) for each in bluesky.check(view("Hej", *[picture()] * 11), {}))
    assert any(
        each.field == "first_comment" for each in bluesky.check(view("Hej", options={"first_comment": "å" * 301}), {})
    )
    long = film(Captions(text="WEBVTT\n" + "å" * 10_000))
    assert any("20" in str(each.words) for each in bluesky.check(replace(view("Hej"), other_files=(long,)), {}))
    assert not bluesky.check(view("", link="https://example.se"), {})
    assert bluesky.check(view(""), {})


def test_a_record_key_is_of_the_one_form_that_is_shown() -> None:
    first, second = tid(NOW, "ett"), tid(NOW + timedelta(milliseconds=1), "ett")
    assert TID.fullmatch(first)
    assert first < second
    assert first == tid(NOW, "ett") != tid(NOW, "två")
    number = 0
    for letter in first:
        number = number * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(letter)
    assert (number >> 10) // 1000 == int(NOW.timestamp() * 1000)


# Never twice


def test_the_record_is_made_whole_before_and_stays_the_same(sim: BlueskySimulator, on: ChannelContext) -> None:
    one = part(bluesky, "Hej", picture())
    handles = prepared(one, on)
    assert not sim.records
    first, second = bluesky.publish(one, handles, on), bluesky.publish(one, handles, on)
    assert isinstance(first, Published)
    assert first == second
    assert len(sim.records) == 1
    assert [call.json["swapRecord"] for call in said_by(sim, "putRecord")] == [None, None]


@pytest.mark.parametrize(
    "fault", ["timeout_after_accept", "reset_after_accept", "500_after_accept", "malformed_after_accept", "wall_200"]
)
def test_a_lost_answer_is_unknown_found_or_sent_again_and_never_two(
    sim: BlueskySimulator, on: ChannelContext, fault: str
) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    sim.faults = [fault]
    with hurried(on, fault):
        assert isinstance(bluesky.publish(one, handles, on), Unknown)
    finding = bluesky.find(one, handles, NOW, on)
    if fault == "wall_200":
        assert isinstance(finding, Absent)
    else:
        assert isinstance(finding, Found)
    again = bluesky.publish(one, handles, on)
    assert isinstance(again, Published)
    assert isinstance(finding, Absent) or again.id == finding.id
    assert len(sim.records) == 1


@pytest.mark.parametrize(
    "fault", ["502 UpstreamFailure", "400 InvalidRequest", "400 ExpiredToken", "404 NotFound", "429 Busy", "wall_403"]
)
def test_only_the_server_that_keeps_the_posts_says_that_one_is_absent(
    sim: BlueskySimulator, on: ChannelContext, fault: str
) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    sim.faults = [f"read:{fault}"]
    assert isinstance(bluesky.find(one, handles, NOW, on), CannotTell)


def test_what_comes_late_after_it_was_sent_again_is_the_same_post(sim: BlueskySimulator, on: ChannelContext) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    sim.faults, sim.late = ["late_accept"], 0.05
    assert isinstance(bluesky.publish(one, handles, on), Unknown)
    assert isinstance(bluesky.publish(one, handles, on), Published)
    sim.hang(0.15)
    assert len(sim.records) == 1


def test_another_post_in_its_place_is_nothing_to_guess_about(sim: BlueskySimulator, on: ChannelContext) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    bluesky.publish(one, handles, on)
    place = (POST, handles.values["rkey"])
    sim.records[place] = {**sim.records[place], "text": "Något annat"}
    assert isinstance(bluesky.publish(one, handles, on), Unknown)
    assert isinstance(bluesky.find(one, handles, NOW, on), CannotTell)


def test_a_try_that_was_cut_goes_on_with_the_same_moment_and_key(sim: BlueskySimulator, on: ChannelContext) -> None:
    """A kill between two pictures costs the one, and the post is the same."""
    saved: list[Handles] = []
    one = part(bluesky, "Hej", picture(), picture(alt="Två"))
    sim.faults = ["prepare:html_503"]
    first = replace(one, progress=Progress(write=saved.append))
    assert isinstance(bluesky.prepare(first, on), Retry)
    sim.faults = []
    on.now = lambda: datetime.now(UTC) + timedelta(hours=1)
    handles = prepared(replace(one, progress=Progress(saved[-1])), on)
    assert json.loads(handles.values["record"])["createdAt"] == saved[-1].values["created"]


@pytest.mark.parametrize(
    ("fault", "kind", "why"),
    [
        ("429 RateLimitExceeded", Retry, ""),
        ("wall_403", Retry, ""),
        ("400 InvalidRequest", Rejected, "content"),
        ("400 BlobNotFound", Rejected, "content"),
        ("401 AuthMissing", Rejected, "token"),
        ("403 Forbidden", Rejected, "permission"),
        ("401 AccountTakedown", Rejected, "permission"),
        ("400 AccountDeactivated", Rejected, "permission"),
        ("404 XRPCNotSupported", Rejected, "config"),
        ("409 Conflict", Unknown, ""),
        ("502 UpstreamFailure", Unknown, ""),
        ("redirect", Rejected, "config"),
    ],
)
def test_what_an_answer_means(sim: BlueskySimulator, on: ChannelContext, fault: str, kind: type, why: str) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    sim.faults = [fault]
    outcome = bluesky.publish(one, handles, on)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "why", "") == why


def test_a_rate_limit_says_when_it_ends(sim: BlueskySimulator, on: ChannelContext) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    at = datetime(2030, 1, 1, tzinfo=UTC)
    sim.headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(at.timestamp()))}
    sim.faults = ["429 RateLimitExceeded"]
    outcome = bluesky.publish(one, handles, on)
    assert isinstance(outcome, Retry)
    assert (outcome.after, outcome.whole_channel) == (at, True)


# Videos


def film(*captions: Captions, alt: str = "Torget") -> AttachmentFile:
    data = b"\0\0\0\x20ftypisom" + b"\0" * 100
    return AttachmentFile(
        sha256=hashlib.sha256(data).hexdigest(),
        mime="video/mp4",
        alt=alt,
        width=1920,
        height=1080,
        size=len(data),
        open=lambda: BytesIO(data),
        kind="video",
        duration=12_000,
        captions=captions,
    )


def rolled(text: str, *captions: Captions, saved: Handles | None = None) -> Part:
    one = part(bluesky, text)
    return replace(one, other_files=(film(*captions),), progress=Progress(saved) if saved else Progress())


@pytest.mark.parametrize("wraps", [True, False])
def test_a_video_is_worked_on_and_then_published_with_its_captions(
    sim: BlueskySimulator, on: ChannelContext, wraps: bool
) -> None:
    sim.wraps = wraps
    saved: list[Handles] = []
    one = rolled("Film", Captions(text="WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHej\n"))
    waiting = bluesky.prepare(replace(one, progress=Progress(write=saved.append)), on)
    assert isinstance(waiting, Pending)
    assert waiting.until > on.now()
    assert isinstance(bluesky.prepare(replace(one, progress=Progress(saved[-1])), on), Pending)
    handles = prepared(replace(one, progress=Progress(saved[-1])), on)
    assert len(said_by(sim, "uploadVideo")) == 1
    assert isinstance(bluesky.publish(one, handles, on), Published)
    embed = the_post(sim)["embed"]
    assert (embed["$type"], embed["alt"]) == ("app.bsky.embed.video", "Torget")
    assert embed["aspectRatio"] == {"width": 1920, "height": 1080}
    [caption] = embed["captions"]
    assert caption["lang"] == "sv"
    assert sim.files[caption["file"]["ref"]["$link"]].startswith(b"WEBVTT")


def test_a_video_that_the_service_has_already_is_not_worked_on_twice(sim: BlueskySimulator, on: ChannelContext) -> None:
    sim.states = ["JOB_STATE_COMPLETED"]
    prepared(rolled("Film"), on)
    handles = prepared(rolled("Samma film"), on)
    assert isinstance(bluesky.publish(rolled("Samma film"), handles, on), Published)


def test_a_video_that_is_refused_is_told_by_its_reason(sim: BlueskySimulator, on: ChannelContext) -> None:
    sim.states = ["JOB_STATE_FAILED"]
    outcome = bluesky.prepare(rolled("Film"), on)
    assert isinstance(outcome, Rejected)
    assert "unsupported codec" in outcome.detail


# Afterwards


def published(on: ChannelContext, text: str = "Hej") -> str:
    outcome = send(bluesky, part(bluesky, text), on)
    assert isinstance(outcome, Published)
    return outcome.id


def test_it_is_taken_down_and_once_more_changes_nothing(sim: BlueskySimulator, on: ChannelContext) -> None:
    remote_id = published(on)
    assert isinstance(bluesky.delete(remote_id, on), Published)
    assert not sim.records
    assert isinstance(bluesky.delete(remote_id, on), Published)


def test_figures_by_id_and_nothing_of_what_is_gone(sim: BlueskySimulator, on: ChannelContext) -> None:
    kept = [published(on, f"Hej {number}") for number in range(27)]
    gone = published(on, "Bort")
    bluesky.delete(gone, on)
    figures = bluesky.metrics([*kept, gone], on)
    assert figures == dict.fromkeys(kept, Figures(likes=3, shares=3, comments=0))


def test_answers_oldest_first_with_what_is_hidden(sim: BlueskySimulator, on: ChannelContext) -> None:
    remote_id = published(on)
    ours = sim._view(remote_id.partition("#")[0])
    assert ours is not None
    first = sim.answer(ours, "Varför?", "2026-11-26T08:00:00.000Z", 1)
    sim.answer(first, "Just det", "2026-11-26T09:00:00Z", 2)
    sim.answer(ours, "Gammalt", "2026-11-20T09:00:00Z", 3)
    since = datetime(2026, 11, 25, tzinfo=UTC)
    replies = bluesky.replies([remote_id], since, on)
    assert isinstance(replies, list)
    assert [(each.text, each.author, each.answers, each.hidden) for each in replies] == [
        ("Varför?", "En annan", remote_id, False),
        ("Just det", "En annan", remote_id, False),
    ]
    assert isinstance(bluesky.hide(replies[0], True, on), Published)
    assert isinstance(bluesky.hide(replies[0], True, on), Published)
    again = bluesky.replies([remote_id], since, on)
    assert isinstance(again, list)
    assert [each.hidden for each in again] == [True, False]
    assert isinstance(bluesky.hide(replies[0], False, on), Published)
    gate = next(record for (collection, _), record in sim.records.items() if collection != POST)
    assert gate["hiddenReplies"] == []


def test_what_somebody_hid_meanwhile_is_not_lost(sim: BlueskySimulator, on: ChannelContext) -> None:
    remote_id = published(on)
    reply = Reply(f"at://{OTHER}/{POST}/3aaaaaaaaaaaa#bafy", remote_id, "En annan", "Hej", NOW)
    sim.faults = ["400 InvalidSwap"]
    assert isinstance(bluesky.hide(reply, True, on), Retry)


def test_only_the_one_who_began_a_thread_hides_in_it(sim: BlueskySimulator, on: ChannelContext) -> None:
    theirs = {"uri": f"at://{OTHER}/{POST}/3aaaaaaaaaaaa", "cid": "bafyrei" + "a" * 52, "record": {}}
    record = {"$type": POST, "text": "Svar", "createdAt": "2026-11-26T08:00:00Z"}
    ref = {"uri": theirs["uri"], "cid": theirs["cid"]}
    sim.records[(POST, "3bbbbbbbbbbbb")] = {**record, "reply": {"root": ref, "parent": ref}}
    reply = Reply(f"at://{OTHER}/{POST}/3ccccccccccccc", f"at://{DID}/{POST}/3bbbbbbbbbbbb", "En annan", "Hej", NOW)
    outcome = bluesky.hide(reply, True, on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "permission"


def test_a_report_says_which_post_and_why(sim: BlueskySimulator, on: ChannelContext) -> None:
    reply = Reply(f"at://{OTHER}/{POST}/3aaaaaaaaaaaa#bafycid", published(on), "En annan", "Hot", NOW)
    assert isinstance(bluesky.report(reply, "Ett hot", on), Published)
    [report] = sim.reports
    assert report["reason"] == "Ett hot"
    assert report["subject"]["cid"] == "bafycid"


def test_what_the_account_has_published_itself(sim: BlueskySimulator, on: ChannelContext) -> None:
    moments = iter(datetime.now(UTC) + timedelta(seconds=number) for number in range(100))
    on.now = lambda: next(moments)
    ids = [published(on, f"Hej {number}") for number in range(3)]
    posts = bluesky.recent(datetime.now(UTC) - timedelta(minutes=5), on)
    assert isinstance(posts, list)
    assert [(each.id, each.text) for each in posts] == [(ids[n], f"Hej {n}") for n in range(3)]
    assert bluesky.recent(datetime.now(UTC) + timedelta(minutes=5), on) == []


@pytest.mark.parametrize("fault", ["read:502 UpstreamFailure", "read:wall_403", "read:malformed_after_accept"])
def test_a_network_that_cannot_be_asked_says_nothing(sim: BlueskySimulator, on: ChannelContext, fault: str) -> None:
    remote_id = published(on)
    for ask in (
        lambda: bluesky.metrics([remote_id], on),
        lambda: bluesky.replies([remote_id], NOW, on),
        lambda: bluesky.recent(NOW, on),
    ):
        sim.faults = [fault]
        assert isinstance(ask(), CannotTell)


def test_what_is_left_is_read_from_the_headers() -> None:
    headers = requests.structures.CaseInsensitiveDict(
        {"RateLimit-Limit": "3000", "RateLimit-Remaining": "2966", "RateLimit-Reset": "1796063026"}
    )
    [budget] = bluesky.budgets(headers, NOW)
    assert (budget.limit, budget.remaining) == (3000, 2966)
    assert budget.resets_at == datetime.fromtimestamp(1796063026, UTC)
    assert bluesky.budgets({}, NOW) == []
    assert isinstance(bluesky.limits({}), Limits)

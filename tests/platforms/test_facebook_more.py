"""What a Page can do beside posts: video with captions, albums, changes, figures, comments; and what stops it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
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
from commsched.core.platform.budget import Budget
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part, Progress
from commsched.platforms import get
from tests.platforms._office import NOW, context, hurried, just_now, part, picture, send, view
from tests.sims.facebook import PAGE, TOKEN, FacebookSimulator

facebook = get("facebook")
DATA = bytes(range(256)) * 800
SAID = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHej på er\n\n00:00:03.000 --> 00:00:04.000\nVi ses\n"


@pytest.fixture
def sim() -> Iterator[FacebookSimulator]:
    with FacebookSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: FacebookSimulator) -> ChannelContext:
    return context({"base_url": sim.url, "page_id": PAGE["id"]}, {"access_token": TOKEN}, account=PAGE["id"])


def video(*captions: Captions) -> AttachmentFile:
    return AttachmentFile(
        sha256="f" * 64,
        mime="video/mp4",
        alt="Ett tal",
        width=1920,
        height=1080,
        size=len(DATA),
        open=lambda: BytesIO(DATA),
        kind="video",
        duration=20_000,
        captions=captions,
    )


def filmed(*captions: Captions) -> Part:
    return part(facebook, "Talet", other_files=(video(*captions),))


def prepared(one: Part, on: ChannelContext) -> Handles:
    handles = facebook.prepare(one, on)
    assert isinstance(handles, Handles)
    return handles


def test_a_video_goes_out_in_pieces_with_its_captions(sim: FacebookSimulator, on: ChannelContext) -> None:
    one = filmed(Captions(text=SAID), Captions(text=SAID, language="en"))
    handles = prepared(one, on)
    assert sim.videos == []
    outcome = facebook.publish(one, handles, on)
    [out] = sim.videos
    assert outcome == Published(out["id"], f"https://www.facebook.com/{out['id']}")
    assert (out["bytes"], out["description"]) == (DATA, "Talet")
    assert sorted(out["captions"]) == ["en_US", "sv_SE"]
    assert out["captions"]["sv_SE"] == (
        "1\n00:00:01,000 --> 00:00:02,500\nHej på er\n\n2\n00:00:03,000 --> 00:00:04,000\nVi ses\n"
    )


@pytest.mark.parametrize("fault", ["reset_after_accept", "reset_before_accept", "html_503", "graph:2", "graph:4"])
@pytest.mark.parametrize("place", range(5))
def test_an_upload_that_was_cut_goes_on_where_it_was(
    sim: FacebookSimulator, on: ChannelContext, fault: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each call of it: the beginning, either piece, the end, the captions."""
    monkeypatch.setattr("commsched.platforms._facebook.video._MOST", len(DATA) // 2)
    kept, one = [Handles(complete=False)], filmed(Captions(text=SAID))
    take, count = sim.take_fault, iter(range(99))
    monkeypatch.setattr(sim, "take_fault", lambda stage: fault if stage == "prepare" and next(count) == place else "")
    first = facebook.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on)
    assert isinstance(first, Retry)
    again = facebook.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on)
    assert isinstance(again, Handles)
    monkeypatch.setattr(sim, "take_fault", take)
    assert isinstance(facebook.publish(one, again, on), Published)
    assert [(out["bytes"], len(out["captions"])) for out in sim.videos] == [(DATA, 1)]


def test_a_video_that_is_worked_on_is_looked_at_again(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.polls = 1
    kept = [Handles(complete=False)]
    one = filmed(Captions(text=SAID))
    first = facebook.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on)
    assert isinstance(first, Pending)
    assert on.now() < first.until < on.now() + timedelta(minutes=1)
    asked = len(sim.calls)
    assert isinstance(facebook.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on), Handles)
    assert len(sim.calls) == asked + 1, "nothing is sent twice"


@pytest.mark.parametrize("fault", ["timeout_after_accept", "graph:1", "reset_before_accept"])
def test_the_video_itself_is_asked_whether_it_is_out(sim: FacebookSimulator, on: ChannelContext, fault: str) -> None:
    since = just_now()
    one = filmed()
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(facebook.publish(one, handles, on), Unknown)
    assert isinstance(facebook.find(one, handles, since, on), Found if sim.videos else Absent)
    assert isinstance(facebook.publish(one, handles, on), Published)
    assert len(sim.videos) == 1
    sim.tells_is_published = False
    finding = facebook.find(one, handles, since, on)
    assert isinstance(finding, CannotTell)
    assert finding.final
    assert isinstance(facebook.find(one, Handles({"video": "404"}), since, on), CannotTell)


def test_the_first_comment_stands_under_a_video_too(sim: FacebookSimulator, on: ChannelContext) -> None:
    options = {"first_comment": "Läs mer"}
    post, comment = facebook.parts(view("Talet", other_files=(video(),), options=options))
    out = send(facebook, post, on)
    assert isinstance(out, Published)
    assert isinstance(send(facebook, replace(comment, parent=out.id), on), Published)
    assert [each["parent"] for each in sim.comments] == [out.id]


def test_a_link_stands_in_the_words_of_a_video() -> None:
    [post] = facebook.parts(view("Talet", other_files=(video(),), link="https://example.se/a"))
    assert post.text == "Talet\n\nhttps://example.se/a"
    assert facebook.check(view("", other_files=(video(),)), {}) == []


def test_a_photo_that_was_sent_is_not_sent_again(sim: FacebookSimulator, on: ChannelContext) -> None:
    kept = [Handles(complete=False)]
    one = part(facebook, "Album", *[picture(f"Bild {number}") for number in range(4)])
    half = replace(one, pictures=one.pictures[:2], progress=Progress(kept[-1], kept.append))
    assert isinstance(facebook.prepare(half, on), Handles)
    handles = facebook.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on)
    assert isinstance(handles, Handles)
    assert sum(each["kind"] == "photo" for each in sim.objects.values()) == 4
    assert isinstance(facebook.publish(one, handles, on), Published)
    assert sim.posts[-1]["alts"] == ["Bild 0", "Bild 1", "Bild 2", "Bild 3"]


def published(text: str, on: ChannelContext) -> str:
    out = send(facebook, part(facebook, text), on)
    assert isinstance(out, Published)
    return out.id


def test_what_is_out_is_changed_in_its_place(sim: FacebookSimulator, on: ChannelContext) -> None:
    out = published("Fel datum", on)
    assert isinstance(facebook.edit(part(facebook, "Rätt datum"), out, on), Published)
    assert [post["message"] for post in sim.posts] == ["Rätt datum"]
    assert isinstance(facebook.edit(part(facebook, "Rätt datum"), f"{PAGE['id']}_404", on), Rejected)
    album = part(facebook, "Två", picture("Ett"), picture("Två"))
    pair = send(facebook, album, on)
    assert isinstance(pair, Published)
    assert isinstance(facebook.edit(replace(album, text="Två bilder"), pair.id, on), Published)
    refused = facebook.edit(replace(album, pictures=album.pictures[:1]), pair.id, on)
    assert isinstance(refused, Rejected)
    assert refused.why == "content"
    film = send(facebook, filmed(), on)
    assert isinstance(film, Published)
    assert isinstance(facebook.edit(replace(filmed(), text="Talet i dag"), film.id, on), Published)
    assert sim.videos[0]["description"] == "Talet i dag"
    sim.faults.append("timeout_after_accept")
    with hurried(on):
        assert isinstance(facebook.edit(part(facebook, "Igen"), out, on), Unknown)


def test_figures_are_told_with_views_where_they_may_be_read(sim: FacebookSimulator, on: ChannelContext) -> None:
    out = published("Hej", on)
    sim.comment(out, "Bra!")
    film = send(facebook, filmed(), on)
    assert isinstance(film, Published)
    figures = facebook.metrics([out, film.id, f"{PAGE['id']}_404"], on)
    assert isinstance(figures, dict)
    assert list(figures) == [out, film.id]
    told = figures[out]
    assert (told.views, told.likes, told.shares, told.comments, told.clicks) == (1200, 12, 4, 1, 30)
    assert (figures[film.id].views, figures[film.id].likes) == (77, 12)
    sim.insights = None
    without = facebook.metrics([out], on)
    assert isinstance(without, dict)
    assert (without[out].views, without[out].likes) == (None, 12)
    sim.faults.append("read:html_503")
    assert isinstance(facebook.metrics([out], on), CannotTell)


def test_what_others_wrote_is_read_hidden_shown_and_answered(sim: FacebookSimulator, on: ChannelContext) -> None:
    since, out = just_now(), published("Hej", on)
    first = sim.comment(out, "Bra!")
    sim.comment(first, "Eller inte", "Nils")
    answer = replace(part(facebook, "Tack!"), role="comment", parent=first, text="Tack!")
    assert isinstance(facebook.publish(answer, Handles(), on), Published)
    replies = facebook.replies([out, f"{PAGE['id']}_404"], since, on)
    assert isinstance(replies, list)
    assert [(each.text, each.author, each.answers) for each in replies] == [
        ("Bra!", "Maj", out),
        ("Eller inte", "Nils", out),
    ]
    assert facebook.replies([out], on.now() + timedelta(hours=1), on) == []
    for hidden in (True, True, False):
        assert isinstance(facebook.hide(replies[0], hidden, on), Published)
        again = facebook.replies([out], since, on)
        assert isinstance(again, list)
        assert again[0].hidden == hidden


def test_more_comments_than_are_read_are_not_called_all(
    sim: FacebookSimulator, on: ChannelContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commsched.platforms._meta.aftermath._PAGES", 1)
    since, out = just_now(), published("Hej", on)
    for number in range(101):
        sim.comment(out, f"nr {number}")
    assert isinstance(facebook.replies([out], since, on), CannotTell)


def test_what_was_posted_by_whatever_way_is_told(sim: FacebookSimulator, on: ChannelContext) -> None:
    since = just_now()
    published("Ett", on)
    sim._add("post", f"{PAGE['id']}_", message="För hand", link="", alts=[], is_published=True)
    recent = facebook.recent(since, on)
    assert isinstance(recent, list)
    assert [each.text for each in recent] == ["Ett", "För hand"]


@pytest.mark.parametrize("code", ["190/459", "190/464", "190/490", "100/459", "190@401"])
def test_a_checkpoint_at_meta_is_a_matter_of_the_token(sim: FacebookSimulator, on: ChannelContext, code: str) -> None:
    one = part(facebook, "Hej")
    handles = prepared(one, on)
    sim.faults.append(f"graph:{code}")
    outcome = facebook.publish(one, handles, on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "token"


def test_headers_say_what_is_left() -> None:
    usage = {"17": [{"type": "pages", "call_count": 28, "total_time": 85, "total_cputime": 3}]}
    headers = {"X-App-Usage": '{"call_count": 12, "total_time": 1}', "X-Business-Use-Case-Usage": json.dumps(usage)}
    assert facebook.budgets(headers, NOW) == [Budget("app", 100, 88), Budget("pages", 100, 15)]
    usage["17"][0] |= {"call_count": 100, "estimated_time_to_regain_access": 17}
    shut = facebook.budgets({"x-business-use-case-usage": json.dumps(usage)}, NOW)
    assert shut == [Budget("pages", 100, 0, NOW + timedelta(minutes=17))]
    assert facebook.budgets({}, NOW) == []


@pytest.mark.parametrize(
    "said", ["", "x", "[]", "7", '{"call_count": true}', '{"1": [7, {"type": []}]}', "[" * 100_000]
)
def test_headers_that_cannot_be_read_say_nothing(said: str) -> None:
    assert facebook.budgets({"x-app-usage": said, "x-business-use-case-usage": said}, NOW) == []

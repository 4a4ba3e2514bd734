"""What is done on Mastodon with posts that are out, videos on their way, and how much may still be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.content.model import Captions
from commsched.core.delivery.outcome import CannotTell, Handles, Pending, Published, Rejected, Retry, Unknown
from commsched.core.platform.budget import Budget
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part, Progress
from commsched.core.platform.figures import Figures, Reply
from commsched.platforms import get
from tests.peers.mastodon import TOKEN as PEER_TOKEN
from tests.peers.mastodon import Server, mastodon_server
from tests.platforms._office import NOW, context, just_now, part, picture, send, view
from tests.sims.mastodon import TOKEN, MastodonSimulator

__all__ = ["mastodon_server"]
mastodon = get("mastodon")
FILM = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64


@pytest.fixture
def sim() -> Iterator[MastodonSimulator]:
    with MastodonSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: MastodonSimulator) -> ChannelContext:
    return context({"base_url": sim.url}, {"access_token": TOKEN}, account="1")


def out(sim: MastodonSimulator, on: ChannelContext, text: str, *pictures: AttachmentFile, **more: Any) -> str:
    """The id of a post that is out."""
    outcome = send(mastodon, part(mastodon, text, *pictures, **more), on)
    assert isinstance(outcome, Published)
    return outcome.id


# -- a change ---------------------------------------------------------------------------------------


def test_words_are_changed_and_the_pictures_stay_with_their_new_alt(sim: MastodonSimulator, on: ChannelContext) -> None:
    post = out(sim, on, "Mötet är på tisdag", picture("Torget"), picture("Kartan"))
    before = [media["id"] for media in sim.statuses[0]["media_attachments"]]
    better = part(mastodon, "Mötet är på **onsdag**", picture("Torget i regn"), picture("Kartan"))
    for _again in range(2):
        assert isinstance(mastodon.edit(better, post, on), Published), "the same change twice is one change"
    (status,) = sim.statuses
    assert "onsdag" in status["content"]
    assert [media["id"] for media in status["media_attachments"]] == before
    assert [media["description"] for media in status["media_attachments"]] == ["Torget i regn", "Kartan"]


def test_other_pictures_are_no_change_of_words(sim: MastodonSimulator, on: ChannelContext) -> None:
    post = out(sim, on, "Hej", picture())
    outcome = mastodon.edit(part(mastodon, "Hej igen"), post, on)
    assert isinstance(outcome, Rejected)
    assert not any(call.method == "PUT" for call in sim.calls)


def test_a_poll_survives_a_change_and_no_other_takes_its_place(sim: MastodonSimulator, on: ChannelContext) -> None:
    options = {"poll": "Ja\nNej"}
    post = out(sim, on, "Vad tycker du?", options=options)
    assert isinstance(mastodon.edit(part(mastodon, "Vad tycker ni?", options=options), post, on), Published)
    assert 86_000 < sim.calls[-1].json["poll"]["expires_in"] <= 86_400, "it ends when it was to end"
    for other in ({"poll": "Ja\nKanske"}, {"poll": ""}, {"poll": "Ja\nNej", "poll_multiple": "1"}):
        assert isinstance(mastodon.edit(part(mastodon, "Hej", options=other), post, on), Rejected)
    sim.statuses[0]["poll"]["expired"] = True
    assert isinstance(mastodon.edit(part(mastodon, "Hej", options=options), post, on), Rejected)
    answer = replace(mastodon.parts(view("Ett\n---\nTvå", options=options))[1], parent=post, key="r")
    reply = send(mastodon, answer, on)
    assert isinstance(reply, Published)
    assert isinstance(mastodon.edit(replace(answer, text="Tre"), reply.id, on), Published), "the poll is the first's"
    plain = out(sim, on, "Utan")
    assert isinstance(mastodon.edit(part(mastodon, "Utan", options=options), plain, on), Rejected)


@pytest.mark.peer
@pytest.mark.xdist_group("mastodon")
def test_a_real_server_takes_a_change_and_tells_its_figures(mastodon_server: Server) -> None:
    peer = context({"base_url": mastodon_server.url}, {"access_token": PEER_TOKEN})
    since = just_now() - timedelta(minutes=1)
    post = send(mastodon, part(mastodon, "Första orden", picture()), peer)
    assert isinstance(post, Published)
    assert isinstance(mastodon.edit(part(mastodon, "Andra orden", picture("Ny")), post.id, peer), Published)
    (status,) = [each for each in mastodon_server.statuses() if each["id"] == post.id]
    assert "Andra orden" in status["content"]
    assert len(status["media_attachments"]) == 1
    figures = mastodon.metrics([post.id, "404"], peer)
    assert figures == {post.id: Figures(likes=0, shares=0, comments=0)}
    recent = mastodon.recent(since, peer)
    assert not isinstance(recent, CannotTell)
    assert any(each.id == post.id and each.text == "Andra orden" for each in recent)
    assert mastodon.replies([post.id], since, peer) == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("500_after_accept", Unknown), ("401", Rejected), ("429", Retry), ("422 Validation failed", Rejected)],
)
def test_a_change_ends_as_any_other_call(sim: MastodonSimulator, on: ChannelContext, fault: str, kind: type) -> None:
    post = out(sim, on, "Hej")
    sim.faults.append(fault)
    assert isinstance(mastodon.edit(part(mastodon, "Hej igen"), post, on), kind)


def test_a_server_that_lets_nothing_be_changed_says_so(sim: MastodonSimulator, on: ChannelContext) -> None:
    post = out(sim, on, "Hej")
    sim.edits = False
    refused = mastodon.edit(part(mastodon, "Hej igen"), post, on)
    assert refused == Rejected("this server lets nothing be changed that is out", "permission")


# -- what came of it --------------------------------------------------------------------------------


def test_figures_are_told_by_post_and_what_is_gone_is_left_out(sim: MastodonSimulator, on: ChannelContext) -> None:
    post = out(sim, on, "Hej")
    sim.statuses[0] |= {"favourites_count": 7, "reblogs_count": 2, "replies_count": None}
    assert mastodon.metrics([post, "404"], on) == {post: Figures(likes=7, shares=2)}


def test_answers_are_told_once_each_beneath_the_post_they_answer(sim: MastodonSimulator, on: ChannelContext) -> None:
    first = out(sim, on, "Ett")
    second = out(sim, on, "Två")
    sim.answer_to(first, "Gammalt", minutes=-90)
    below = sim.answer_to(first, "<p>Bra!</p>", minutes=1)
    sim.answer_to(below["id"], "Håller med", minutes=3)
    sim.answer_to(second, "Nej", minutes=2)
    sim.answer_to(first, "Tack!", acct="kansli", minutes=4)
    replies = mastodon.replies([first, second, "404"], just_now(), on)
    assert not isinstance(replies, CannotTell)
    told = [(reply.answers, reply.author, reply.handle) for reply in replies]
    assert told == [
        (first, "Maj", "@maj@annan.example"),
        (second, "Maj", "@maj@annan.example"),
        (first, "Maj", "@maj@annan.example"),
    ]
    assert [reply.text for reply in replies] == ["<p>Bra!</p>", "Nej", "Håller med"], "as it was written"


def test_an_answer_is_answered_under_it(sim: MastodonSimulator, on: ChannelContext) -> None:
    reply = sim.answer_to(out(sim, on, "Hej"), "Varför?")
    answer = replace(part(mastodon, "@maj@annan.example Därför."), role="reply", parent=reply["id"])
    assert isinstance(send(mastodon, answer, on), Published)
    assert sim.statuses[0]["in_reply_to_id"] == reply["id"]


def test_an_answer_is_reported_with_who_wrote_it(sim: MastodonSimulator, on: ChannelContext) -> None:
    status = sim.answer_to(out(sim, on, "Hej"), "Hot")
    reply = Reply(status["id"], "1", "Maj", "Hot", datetime.now(UTC))
    assert isinstance(mastodon.report(reply, "hot mot tjänsteman", on), Published)
    (report,) = sim.reports
    assert (report["account_id"], report["comment"]) == ("77", "hot mot tjänsteman")
    gone = mastodon.report(replace(reply, id="404"), "", on)
    assert isinstance(gone, Rejected)


def test_what_the_account_posted_by_whatever_way_is_told(sim: MastodonSimulator, on: ChannelContext) -> None:
    since = just_now()
    sim.say_it("För hand")
    out(sim, on, "Härifrån & <ut>")
    recent = mastodon.recent(since, on)
    assert not isinstance(recent, CannotTell)
    assert [each.text for each in recent] == ["För hand", "Härifrån & <ut>"]
    sim.statuses[-1]["created_at"] = (since - timedelta(hours=1)).isoformat()
    assert [each.text for each in mastodon.recent(since, on)] == ["Härifrån & <ut>"]  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", ["read:500", "read:html_503", "read:401", "read:malformed_after_accept"])
def test_what_could_not_be_asked_is_not_known(sim: MastodonSimulator, on: ChannelContext, fault: str) -> None:
    post = out(sim, on, "Hej")
    for ask in (
        lambda: mastodon.metrics([post], on),
        lambda: mastodon.replies([post], just_now(), on),
        lambda: mastodon.recent(just_now(), on),
    ):
        sim.faults.append(fault)
        answer = ask()
        assert isinstance(answer, CannotTell)
        assert TOKEN not in answer.detail


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (
            {
                "X-RateLimit-Limit": "300",
                "X-RateLimit-Remaining": "7",
                "X-RateLimit-Reset": "2026-11-26T07:35:00.000000Z",
            },
            [Budget("calls", 300, 7, datetime(2026, 11, 26, 7, 35, tzinfo=UTC))],
        ),
        (
            {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795678500"},
            [Budget("calls", 300, 0, datetime.fromtimestamp(1_795_678_500, UTC))],
        ),
        (
            {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "soon"},
            [Budget("calls", 300, 1)],
        ),
        ({"x-ratelimit-limit": "300"}, []),
        ({"x-ratelimit-limit": "-1", "x-ratelimit-remaining": "x"}, []),
        ({}, []),
    ],
    ids=str,
)
def test_what_may_still_be_asked_for_is_read_from_the_headers(headers: dict[str, str], told: list[Budget]) -> None:
    assert mastodon.budgets(headers, NOW) == told


# -- videos -----------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """What a part's preparation has kept."""

    kept: list[Handles] = field(default_factory=list)

    def progress(self) -> Progress:
        return Progress(self.kept[-1] if self.kept else Handles(complete=False), self.kept.append)


def film(alt: str = "Ordföranden talar på torget", captions: tuple[Captions, ...] = ()) -> AttachmentFile:
    return replace(
        picture(alt, "video/mp4", size=len(FILM), shape=(1280, 720)),
        kind="video",
        duration=30_000,
        captions=captions,
        open=lambda: BytesIO(FILM),
    )


def filmed(shelf: Shelf) -> Part:
    first = mastodon.parts(view("Se filmen", other_files=(film(),)))[0]
    return replace(first, key="k", progress=shelf.progress())


def test_a_video_is_waited_for_without_a_try_and_goes_out_once(sim: MastodonSimulator, on: ChannelContext) -> None:
    sim.working, shelf = 2, Shelf()
    for _look in range(2):
        pending = mastodon.prepare(filmed(shelf), on)
        assert isinstance(pending, Pending)
        assert pending.until > on.now()
    ready = mastodon.prepare(filmed(shelf), on)
    assert isinstance(ready, Handles)
    assert isinstance(mastodon.publish(filmed(shelf), ready, on), Published)
    assert len([call for call in sim.calls if call.path == "/api/v2/media"]) == 1, "it is sent once"
    (media,) = sim.statuses[0]["media_attachments"]
    assert (media["type"], media["description"]) == ("video", "Ordföranden talar på torget")


def test_an_upload_that_was_killed_goes_on_after_what_is_there(sim: MastodonSimulator, on: ChannelContext) -> None:
    shelf = Shelf()
    two = replace(part(mastodon, "Två bilder", picture("a"), picture("b")), progress=shelf.progress())
    sim.faults.append("prepare:500_after_accept")
    assert isinstance(mastodon.prepare(two, on), Retry)
    assert shelf.kept == []
    assert isinstance(mastodon.prepare(two, on), Handles)
    begun = replace(two, progress=Progress(shelf.kept[0]))
    assert isinstance(mastodon.prepare(begun, on), Handles)
    assert len([call for call in sim.calls if call.path == "/api/v2/media"]) == 4, (
        "the first picture was not sent again"
    )


def test_a_video_the_server_cannot_read_is_refused(sim: MastodonSimulator, on: ChannelContext) -> None:
    sim.working, shelf = 5, Shelf()
    assert isinstance(mastodon.prepare(filmed(shelf), on), Pending)
    sim.faults.append("read:422 Error processing the video")
    assert isinstance(mastodon.prepare(filmed(shelf), on), Rejected)


def test_what_a_server_takes_of_videos_is_asked_of_it(sim: MastodonSimulator, on: ChannelContext) -> None:
    assert mastodon.limits({}).videos == 1
    sim.limits = {"supported_mime_types": ["image/png", "video/mp4"], "video_size_limit": 40_000_000}
    limits = mastodon.limits(mastodon.connect(on).facts)
    assert (limits.videos, limits.video_bytes, limits.video_types) == (1, 40_000_000, ("video/mp4",))
    sim.limits = {"supported_mime_types": ["image/png"]}
    assert mastodon.limits(mastodon.connect(on).facts).videos == 0


def test_captions_that_nobody_would_see_are_told() -> None:
    captions = (Captions(language="sv", text="WEBVTT\n\n00:00.000 --> 00:02.000\nHej"),)
    with_them, without = (
        mastodon.check(view("Se filmen", other_files=(film(captions=each),)), {}) for each in (captions, ())
    )
    burnt = replace(film(captions=captions), burnt=True)
    assert mastodon.check(view("Se filmen", other_files=(burnt,)), {}) == [], "they are in the picture"
    assert [problem.level for problem in with_them] == ["warn"]
    assert without == []

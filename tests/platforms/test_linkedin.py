"""A LinkedIn page against a simulator that is as strict as LinkedIn's documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.content.model import Captions, Card
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
from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError, DeadToken, Part, Progress
from commsched.core.platform.figures import Figures
from commsched.platforms import get
from commsched.platforms._linkedin.little_text import escaped, length, plain
from tests.platforms._office import NOW, PNG, context, hurried, just_now, lose, part, picture, send, view
from tests.sims.linkedin import APP, AUTHOR, OTHER, PAGE, TOKEN, LinkedInSimulator, visible

linkedin = get("linkedin")


@pytest.fixture
def sim() -> Iterator[LinkedInSimulator]:
    with LinkedInSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: LinkedInSimulator) -> ChannelContext:
    return context({"base_url": sim.url, "organization": PAGE}, {"access_token": TOKEN})


def video(**changes: object) -> AttachmentFile:
    data = bytes(range(50))
    film = picture(mime="video/mp4", size=len(data), shape=(1080, 1080))
    return replace(film, kind="video", duration=12_400, open=lambda: BytesIO(data), **changes)


def seen(sim: LinkedInSimulator) -> list[str]:
    return [post["seen"] for post in sim.posts.values()]


# -- connecting -----------------------------------------------------------------------------------------------------


def test_a_token_of_the_pages_administrator_connects_it(on: ChannelContext) -> None:
    account = linkedin.connect(on)
    assert (account.id, account.name, account.url) == (PAGE, "Öppna listan", "https://www.linkedin.com/company/oppna")


@pytest.mark.parametrize(
    "spelled", [AUTHOR, f"https://www.linkedin.com/company/{PAGE}/admin/", f"linkedin.com/company/{PAGE}"]
)
def test_a_page_may_be_pasted_as_it_stands(on: ChannelContext, spelled: str) -> None:
    on.settings["organization"] = spelled
    assert linkedin.connect(on).id == PAGE


@pytest.mark.parametrize("role", ["RECRUITING_POSTER", "ANALYST", ""])
def test_who_may_not_publish_there_is_told_so(sim: LinkedInSimulator, on: ChannelContext, role: str) -> None:
    sim.roles[PAGE] = role
    with pytest.raises(DeadToken, match="may not publish") as refused:
        linkedin.connect(on)
    assert refused.value.field == "organization"


def test_a_version_that_is_gone_is_said_in_words(sim: LinkedInSimulator, on: ChannelContext) -> None:
    on.settings["api_version"] = "202401"
    with pytest.raises(ConnectError, match="this API version no longer"):
        linkedin.connect(on)
    outcome = linkedin.publish(part(linkedin, "Hej"), Handles(), on)
    assert isinstance(outcome, Rejected)
    assert (outcome.why, sim.posts) == ("config", {})
    on.settings["api_version"] = "latest"
    with pytest.raises(ConnectError) as refused:
        linkedin.connect(on)
    assert refused.value.field == "api_version"


def sign_in(sim: LinkedInSimulator) -> tuple[ChannelContext, Mapping[str, str]]:
    """A person says yes at LinkedIn, and is sent back."""
    on = context({"base_url": sim.url}, {}, app={"client_id": APP[0], "client_secret": APP[1]})
    on.handshake = Handshake("https://kansli.example/w/a/channels/linkedin/callback", "state-1", "v" * 50)
    back = requests.get(linkedin.authorize(on).address, allow_redirects=False, timeout=10)
    return on, dict(parse_qsl(urlsplit(back.headers["location"]).query))


def test_signing_in_gives_every_page_that_may_be_published_on(sim: LinkedInSimulator) -> None:
    on, answer = sign_in(sim)
    accounts = linkedin.callback(on, answer)
    assert [(each.id, each.name) for each in accounts] == [(PAGE, "Öppna listan"), (OTHER, "Öppna listan Norr")]
    assert accounts[0].settings == {"organization": PAGE}
    assert accounts[0].picture.startswith("https://media.example/")
    tokens = accounts[0].tokens
    assert tokens is not None
    assert tokens.access_until is None, "there is nothing to renew it with"
    assert tokens.expires_at is not None
    assert timedelta(days=59) < tokens.expires_at - datetime.now(UTC) < timedelta(days=61)
    assert linkedin.provider({}) == "https://www.linkedin.com"


def test_an_approved_app_renews_by_itself_and_another_says_that_the_days_are_over(sim: LinkedInSimulator) -> None:
    sim.partner = True
    on, answer = sign_in(sim)
    tokens = linkedin.callback(on, answer)[0].tokens
    assert tokens is not None
    assert tokens.access_until is not None
    on.secrets = dict(tokens.secrets)
    assert linkedin.refresh(on).secrets["access_token"] != tokens.secrets["access_token"]
    on.secrets = {"access_token": TOKEN}
    with pytest.raises(DeadToken, match="60 days"):
        linkedin.refresh(on)


def test_who_looks_after_no_page_is_told_so(sim: LinkedInSimulator) -> None:
    sim.roles = {}
    on, answer = sign_in(sim)
    with pytest.raises(ConnectError, match="administer no page"):
        linkedin.callback(on, answer)


# -- words ----------------------------------------------------------------------------------------------------------


def test_nothing_of_a_text_is_cut(sim: LinkedInSimulator, on: ChannelContext) -> None:
    """The signs that LinkedIn's little text means something by, which would end the post where they stand."""
    words = "Rätt (nu) [här] {så} <b> @alla #1 * _ ~ | \\ slut_på_det"
    assert isinstance(send(linkedin, part(linkedin, words), on), Published)
    assert seen(sim) == [words]


def test_hashtags_and_mentions_stay_what_they_are() -> None:
    text = "Välkommen @[Öppna listan](urn:li:organization:104857)! #vård #2026val C# a#b https://x.se/#del"
    assert escaped(text) == (
        "Välkommen @[Öppna listan](urn:li:organization:104857)! {hashtag|\\#|vård} {hashtag|\\#|2026val} "
        "C\\# a\\#b https://x.se/\\#del"
    )


@given(st.text(st.sampled_from("abå1 \n\\|{}@[]()<>#*_~"), max_size=60))
def test_whatever_is_written_is_seen_whole_and_known_again(text: str) -> None:
    sent = escaped(text)
    assert visible(sent) == text
    assert plain(sent) == "".join(text.split())
    assert length(text) == len(sent)


def test_a_thread_elsewhere_is_one_post_here_with_the_first_comment_under_it(
    sim: LinkedInSimulator, on: ChannelContext
) -> None:
    post, comment = linkedin.parts(view("Ett\n---\nTvå", options={"first_comment": "Läs mer (här)"}))
    out = send(linkedin, post, on)
    assert isinstance(out, Published)
    assert out.url == f"https://www.linkedin.com/feed/update/{out.id}"
    under = send(linkedin, replace(comment, parent=out.id), on)
    assert isinstance(under, Published)
    assert seen(sim) == ["Ett\n\nTvå"]
    assert [(each["object"], each["message"]["text"]) for each in sim.comments.values()] == [(out.id, "Läs mer (här)")]
    answer = replace(comment, text="Tack!", parent=under.id)
    assert isinstance(send(linkedin, answer, on), Published)
    assert [each.get("parentComment") for each in sim.comments.values()] == [None, under.id]


# -- what goes with them --------------------------------------------------------------------------------------------


def test_one_picture_and_several_have_their_alt_texts(sim: LinkedInSimulator, on: ChannelContext) -> None:
    assert isinstance(send(linkedin, part(linkedin, "En", picture("Torget")), on), Published)
    many = [picture(f"Bild {number}") for number in range(12)]
    assert isinstance(send(linkedin, part(linkedin, "Tolv", *many), on), Published)
    one, twelve = sim.posts.values()
    assert one["content"]["media"]["altText"] == "Torget"
    assert [each["altText"] for each in twelve["content"]["multiImage"]["images"]] == [each.alt for each in many]
    assert sim.bytes_of(one["content"]["media"]["id"]) == PNG


def test_a_link_is_an_article_as_it_was_approved(sim: LinkedInSimulator, on: ChannelContext) -> None:
    card = Card(url="https://example.se/a", title="Fler (turer)", description="Om bussen")
    post = part(linkedin, "Läs", link="https://example.se/a", card=card)
    with_picture = replace(post, view=replace(post.view, card_picture=picture("")))
    assert isinstance(send(linkedin, with_picture, on), Published)
    article = next(iter(sim.posts.values()))["content"]["article"]
    assert (article["source"], article["title"], article["description"]) == (card.url, card.title, card.description)
    assert sim.bytes_of(article["thumbnail"]) == PNG


def test_a_link_without_a_card_is_called_by_its_host(sim: LinkedInSimulator, on: ChannelContext) -> None:
    assert isinstance(send(linkedin, part(linkedin, "Läs", link="https://example.se/a"), on), Published)
    assert next(iter(sim.posts.values()))["content"] == {
        "article": {"source": "https://example.se/a", "title": "example.se"}
    }


def test_with_pictures_the_link_stands_in_the_words(sim: LinkedInSimulator, on: ChannelContext) -> None:
    assert isinstance(send(linkedin, part(linkedin, "Läs", picture(), link="https://example.se/a_b"), on), Published)
    assert seen(sim) == ["Läs\n\nhttps://example.se/a_b"]


def test_a_video_goes_in_pieces_with_its_captions(sim: LinkedInSimulator, on: ChannelContext) -> None:
    spoken = Captions(text="WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHej!\n")
    post = replace(part(linkedin, "Film"), other_files=(video(captions=(spoken,)),))
    assert isinstance(send(linkedin, post, on), Published)
    urn = next(iter(sim.posts.values()))["content"]["media"]["id"]
    assert sim.bytes_of(urn) == bytes(range(50))
    assert len(sim.media[urn]["pieces"]) == 5
    assert sim.media[urn]["pieces"]["captions"].decode() == "1\n00:00:01,000 --> 00:00:02,500\nHej!\n"


def kept(post: Part) -> tuple[Part, list[Handles]]:
    saved: list[Handles] = [Handles(complete=False)]
    return replace(post, progress=Progress(saved[0], saved.append)), saved


def test_an_upload_that_was_cut_goes_on_where_it_was(sim: LinkedInSimulator, on: ChannelContext) -> None:
    post, saved = kept(replace(part(linkedin, "Film"), other_files=(video(),)))
    sim.faults = ["prepare:keep", "prepare:keep", "prepare:keep", "prepare:reset_before_accept"]
    sim.refusal = lambda fault: sim.handle(sim.calls[-1])  # type: ignore[method-assign]
    assert isinstance(linkedin.prepare(post, on), Retry)
    done = len(sim.calls)
    again = replace(post, progress=Progress(saved[-1], saved.append))
    assert isinstance(linkedin.prepare(again, on), Handles)
    assert [call.path.rpartition("/")[2] for call in sim.calls[done:] if call.method == "PUT"] == ["32", "48"]


def test_what_is_still_worked_on_is_waited_for(sim: LinkedInSimulator, on: ChannelContext) -> None:
    post, saved = kept(part(linkedin, "Bild", picture()))
    sim.working = 1
    on.now = lambda: NOW
    waiting = linkedin.prepare(post, on)
    assert isinstance(waiting, Pending)
    assert waiting.until == NOW + timedelta(seconds=10)
    handles = linkedin.prepare(replace(post, progress=Progress(saved[-1], saved.append)), on)
    assert isinstance(handles, Handles)
    assert len(sim.media) == 1, "and nothing is sent again"


def test_a_file_that_linkedin_cannot_use_is_told(sim: LinkedInSimulator, on: ChannelContext) -> None:
    sim.broken = True
    outcome = linkedin.prepare(part(linkedin, "Bild", picture()), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "content"


def test_a_file_and_an_access_go_to_linkedin_alone(sim: LinkedInSimulator, on: ChannelContext) -> None:
    """Wherever an answer points."""
    with LinkedInSimulator() as stranger:
        begin = sim._begin

        def elsewhere(kind: str, asked: dict[str, Any]) -> Any:
            answer = begin(kind, asked)
            answer.body["value"]["uploadUrl"] = f"{stranger.url}/take"
            return answer

        sim._begin = elsewhere  # type: ignore[method-assign]
        assert isinstance(linkedin.prepare(part(linkedin, "Bild", picture()), on), Retry)
        assert stranger.calls == []


def test_pictures_that_were_never_uploaded_are_not_left_out(sim: LinkedInSimulator, on: ChannelContext) -> None:
    outcome = linkedin.publish(part(linkedin, "Bild", picture()), Handles(), on)
    assert isinstance(outcome, Rejected)
    assert sim.calls == []


@pytest.mark.parametrize(
    ("text", "pictures", "options", "field"),
    [
        ("", (), {}, "text"),
        ("å" * 3001, (), {}, "text"),
        ("(" * 1501, (), {}, "text"),
        ("Hej", (picture(),) * 21, {}, "pictures"),
        ("Hej", (picture(mime="image/webp"),), {}, "pictures"),
        ("Hej", (picture("å" * 4087),), {}, "pictures"),
        ("Hej", (), {"first_comment": "å" * 1251}, "first_comment"),
    ],
    ids=["empty", "long", "signs", "many", "webp", "alt", "comment"],
)
def test_what_a_page_does_not_take_is_said_before(text: str, pictures: Any, options: Any, field: str) -> None:
    problems = linkedin.check(view(text, *pictures, options=options), {})
    assert [problem.field for problem in problems if problem.blocks] == [field]


# -- answers --------------------------------------------------------------------------------------------------------

ANSWERS = [
    ("li:429", Retry("")),
    ("li:401", Rejected("", "token")),
    ("li:403", Rejected("", "permission")),
    ("li:426:NONEXISTENT_VERSION", Rejected("", "config")),
    ("li:400:VERSION_MISSING", Rejected("", "config")),
    ("li:400", Rejected("", "content")),
    ("li:422", Rejected("", "content")),
    ("li:404", Rejected("", "content")),
    ("li:422:DUPLICATE_POST", Unknown("")),
    ("li:409", Unknown("")),
    ("li:500", Unknown("")),
    ("li:504", Unknown("")),
]


@pytest.mark.parametrize(("fault", "expected"), ANSWERS)
def test_every_answer_has_its_outcome(sim: LinkedInSimulator, on: ChannelContext, fault: str, expected: object) -> None:
    sim.faults.append(fault)
    outcome = linkedin.publish(part(linkedin, "Hej"), Handles(), on)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "why", None) == getattr(expected, "why", None)
    assert outcome.detail
    assert TOKEN not in outcome.detail


def test_what_a_day_allows_is_counted_anew_at_midnight(sim: LinkedInSimulator, on: ChannelContext) -> None:
    on.now = lambda: NOW
    refused = sim.refusal("li:429")
    refused.body["message"] = "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls is reached."
    sim.refusal = lambda fault: refused  # type: ignore[method-assign]
    sim.faults.append("day")
    outcome = linkedin.publish(part(linkedin, "Hej"), Handles(), on)
    assert isinstance(outcome, Retry)
    assert outcome.after == datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize("fault", ["timeout_after_accept", "reset_after_accept", "500_after_accept"])
def test_a_lost_answer_is_found_again(sim: LinkedInSimulator, on: ChannelContext, fault: str) -> None:
    post, since = part(linkedin, "Rätt (nu) #vård", picture()), just_now()
    sim.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(lose(linkedin, post, on), Unknown)
    [urn] = sim.posts
    assert linkedin.find(post, Handles(), since, on) == Found(urn, f"https://www.linkedin.com/feed/update/{urn}")


def test_what_is_absent_is_left_to_a_person(on: ChannelContext) -> None:
    assert isinstance(linkedin.find(part(linkedin, "Hej"), Handles(), just_now(), on), Absent)
    assert not linkedin.resends({})


def test_anothers_post_with_the_same_words_is_not_this_one(sim: LinkedInSimulator, on: ChannelContext) -> None:
    out = send(linkedin, part(linkedin, "Hej"), on)
    assert isinstance(out, Published)
    same = replace(part(linkedin, "Hej"), others=frozenset({out.id}))
    assert isinstance(linkedin.find(same, Handles(), just_now(), on), Absent)
    assert isinstance(send(linkedin, same, on), Unknown), "LinkedIn calls it a double, of another publication"
    assert len(sim.posts) == 1


def test_a_double_of_just_now_is_this_very_post(sim: LinkedInSimulator, on: ChannelContext) -> None:
    """The first answer was lost, a person said "send again", and LinkedIn names what is out already."""
    post = part(linkedin, "Hej")
    sim.faults.append("reset_after_accept")
    assert isinstance(send(linkedin, post, on), Unknown)
    [urn] = sim.posts
    assert send(linkedin, post, on) == Published(urn, f"https://www.linkedin.com/feed/update/{urn}")
    assert len(sim.posts) == 1


def test_a_double_that_is_old_or_gone_is_not(sim: LinkedInSimulator, on: ChannelContext) -> None:
    out = send(linkedin, part(linkedin, "Hej"), on)
    assert isinstance(out, Published)
    sim.posts[out.id]["publishedAt"] -= 3_600_000
    assert isinstance(send(linkedin, part(linkedin, "Hej"), on), Unknown)
    sim.ghost = "urn:li:share:404"
    assert isinstance(send(linkedin, part(linkedin, "Nytt"), on), Unknown)


def test_a_double_that_cannot_be_looked_at_is_never_sent_again(sim: LinkedInSimulator, on: ChannelContext) -> None:
    """To look is a call of its own, and that it could not be made says nothing of the post."""
    send(linkedin, part(linkedin, "Hej"), on)
    request, calls = on.http.request, []

    def once(method: str, url: str, **more: Any) -> Any:
        calls.append(method)
        if method == "GET":
            error = requests.ConnectTimeout("no answer")
            error.__dict__["sent"] = False
            raise error
        return request(method, url, **more)

    on.http.request = once  # type: ignore[method-assign]
    assert isinstance(send(linkedin, part(linkedin, "Hej"), on), Unknown)
    assert calls == ["POST", "GET"]


def test_a_lost_comment_is_found_again(sim: LinkedInSimulator, on: ChannelContext) -> None:
    post, comment = linkedin.parts(view("Hej", options={"first_comment": "Läs mer"}))
    out = send(linkedin, post, on)
    assert isinstance(out, Published)
    comment = replace(comment, parent=out.id)
    assert isinstance(linkedin.find(comment, Handles(), just_now(), on), Absent)
    sim.faults.append("reset_after_accept")
    assert isinstance(send(linkedin, comment, on), Unknown)
    [name] = sim.comments
    finding = linkedin.find(comment, Handles(), just_now(), on)
    assert isinstance(finding, Found)
    assert finding.id == name


# -- afterwards -----------------------------------------------------------------------------------------------------


def test_a_post_and_a_comment_are_changed_and_taken_down(sim: LinkedInSimulator, on: ChannelContext) -> None:
    post, comment = linkedin.parts(view("Fel", options={"first_comment": "Fel"}))
    out = send(linkedin, post, on)
    assert isinstance(out, Published)
    under = send(linkedin, replace(comment, parent=out.id), on)
    assert isinstance(under, Published)
    assert isinstance(linkedin.edit(replace(post, text="Rätt (nu)"), out.id, on), Published)
    assert isinstance(linkedin.edit(replace(comment, text="Rätt", parent=out.id), under.id, on), Published)
    assert seen(sim) == ["Rätt (nu)"]
    assert sim.comments[under.id]["message"]["text"] == "Rätt"
    for remote in (under.id, out.id, out.id):
        assert isinstance(linkedin.delete(remote, on), Published)
    assert (sim.posts, sim.comments) == ({}, {})
    for odd in ("", "1", "urn:li:person:x", "urn:li:share:1/../../x"):
        assert isinstance(linkedin.delete(odd, on), Rejected)


def test_figures_come_by_post(sim: LinkedInSimulator, on: ChannelContext) -> None:
    out = send(linkedin, part(linkedin, "Hej"), on)
    assert isinstance(out, Published)
    figures = linkedin.metrics([out.id, "urn:li:share:1", "urn:li:ugcPost:2"], on)
    assert figures == {out.id: Figures(views=120, likes=7, shares=2, comments=3, clicks=11)}


def test_what_others_write_below_is_read_and_the_pages_own_is_not(sim: LinkedInSimulator, on: ChannelContext) -> None:
    out = send(linkedin, part(linkedin, "Hej"), on)
    assert isinstance(out, Published)
    sim.comment("urn:li:person:maj", out.id, {"text": "Bra!"})
    sim.comment(AUTHOR, out.id, {"text": "Tack!"})
    replies = linkedin.replies([out.id], just_now(), on)
    assert not isinstance(replies, CannotTell)
    assert [(each.answers, each.author, each.text) for each in replies] == [(out.id, "person:maj", "Bra!")]
    assert linkedin.replies([out.id], datetime.now(UTC) + timedelta(hours=1), on) == []


def test_what_the_page_has_published_by_whatever_way_is_read(sim: LinkedInSimulator, on: ChannelContext) -> None:
    for text in ("Ett", "Två (2) #vård"):
        send(linkedin, part(linkedin, text), on)
    publications = linkedin.recent(just_now(), on)
    assert not isinstance(publications, CannotTell)
    assert [each.text for each in publications] == ["Ett", "Två (2) #vård"]

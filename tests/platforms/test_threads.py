"""Threads, driven against a simulator of its API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError, DeadToken, Part, Progress
from commsched.platforms import get
from tests.platforms._office import context, hurried, just_now, part, send, view
from tests.platforms.test_instagram import address, photo, video
from tests.sims.threads import PROFILE, RENEWED, TOKEN, USERNAME, ThreadsSimulator

threads = get("threads")


@pytest.fixture
def sim() -> Iterator[ThreadsSimulator]:
    with ThreadsSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: ThreadsSimulator) -> ChannelContext:
    def offer(file: AttachmentFile) -> str:
        sim.files[address(file)] = b"bytes"
        return address(file)

    wire = context({"base_url": sim.url}, {"access_token": TOKEN}, account=PROFILE)
    wire.media_address = offer
    return wire


def prepared(one: Part, on: ChannelContext) -> Handles:
    handles = threads.prepare(one, on)
    assert isinstance(handles, Handles)
    return handles


def sent(text: str, on: ChannelContext, *pictures: AttachmentFile) -> Published:
    outcome = send(threads, part(threads, text, *pictures), on)
    assert isinstance(outcome, Published)
    return outcome


def test_the_profile_is_named_by_a_harmless_call(sim: ThreadsSimulator, on: ChannelContext) -> None:
    account = threads.connect(on)
    assert (account.id, account.name, account.url) == (PROFILE, f"@{USERNAME}", f"https://www.threads.net/@{USERNAME}")
    assert account.picture.startswith("https://")


def test_a_token_is_renewed_before_it_ends(sim: ThreadsSimulator, on: ChannelContext) -> None:
    tokens = threads.refresh(on)
    assert tokens.secrets == {"access_token": RENEWED}
    assert tokens.access_until is not None
    assert timedelta(days=59) < tokens.access_until - on.now() <= timedelta(days=60)
    with pytest.raises(DeadToken):
        threads.refresh(on)
    sim.own_token = TOKEN
    sim.faults.append("read:html_503")
    with pytest.raises(ConnectError) as refused:
        threads.refresh(on)
    assert not isinstance(refused.value, DeadToken)


def test_words_go_out_and_nothing_is_seen_before(sim: ThreadsSimulator, on: ChannelContext) -> None:
    one = part(threads, "Ja till fler turer", link="https://example.se/a")
    handles = prepared(one, on)
    assert sim.posts == []
    outcome = threads.publish(one, handles, on)
    [post] = sim.posts
    assert outcome == Published(post["id"], post["permalink"])
    assert post["text"] == "Ja till fler turer\n\nhttps://example.se/a"


def test_pictures_and_videos_go_out_with_their_alt_texts(sim: ThreadsSimulator, on: ChannelContext) -> None:
    sent("En bild", on, photo("Torget"))
    assert (sim.posts[0]["container"]["media_type"], sim.posts[0]["container"]["alt_text"]) == ("IMAGE", "Torget")
    sent("Två bilder", on, photo("Ett", name="1"), photo("Två", name="2"))
    children = [sim.containers[each] for each in sim.posts[1]["container"]["children"].split(",")]
    assert [child["alt_text"] for child in children] == ["Ett", "Två"]
    outcome = send(threads, part(threads, "Talet", other_files=(video(),)), on)
    assert isinstance(outcome, Published)
    assert sim.posts[2]["container"]["media_type"] == "VIDEO"


def test_a_chain_is_made_post_by_post_each_under_the_one_before(sim: ThreadsSimulator, on: ChannelContext) -> None:
    parent = ""
    for one in threads.parts(view("Ett\n---\nTvå\n---\nTre")):
        outcome = send(threads, replace(one, parent=parent), on)
        assert isinstance(outcome, Published)
        parent = outcome.id
    assert [post["text"] for post in sim.posts] == ["Ett", "Två", "Tre"]
    above = [(post["replied_to"] or {}).get("id") for post in sim.posts]
    assert above == [None, sim.posts[0]["id"], sim.posts[1]["id"]]


def test_a_part_without_what_it_answers_is_not_even_prepared(sim: ThreadsSimulator, on: ChannelContext) -> None:
    _, second = threads.parts(view("Ett\n---\nTvå"))
    assert isinstance(threads.prepare(second, on), Rejected)
    assert sim.calls == []


def test_publishing_twice_makes_one_post(sim: ThreadsSimulator, on: ChannelContext) -> None:
    one = part(threads, "Ja till fler turer")
    handles = prepared(one, on)
    assert threads.publish(one, handles, on) == threads.publish(one, handles, on)
    assert len(sim.posts) == 1


@pytest.mark.parametrize(
    "fault", ["timeout_after_accept", "reset_after_accept", "500_after_accept", "graph:1", "graph:2", "html_503"]
)
@pytest.mark.parametrize("answers", [False, True])
def test_a_lost_answer_is_read_back_and_never_doubled(
    sim: ThreadsSimulator, on: ChannelContext, fault: str, answers: bool
) -> None:
    since = just_now()
    one = part(threads, "Hej")
    if answers:
        one = replace(one, role="reply", parent=sent("Ovanför", on).id)
    before = len(sim.posts)
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        assert isinstance(threads.publish(one, handles, on), Unknown)
    finding = threads.find(one, handles, since, on)
    assert isinstance(finding, Found if len(sim.posts) > before else Absent)
    assert isinstance(threads.publish(one, handles, on), Published)
    assert len(sim.posts) == before + 1


def test_the_same_words_under_another_post_are_not_this_one(sim: ThreadsSimulator, on: ChannelContext) -> None:
    since = just_now()
    first, second = sent("Ett", on), sent("Två", on)
    one = replace(part(threads, "Samma svar"), role="reply", parent=first.id)
    assert isinstance(send(threads, replace(one, parent=second.id), on), Published)
    assert isinstance(threads.find(one, prepared(one, on), since, on), Absent)


@pytest.mark.parametrize("fault", ["read:graph:2", "read:html_503", "read:graph:190", "read:timeout_before_accept"])
def test_a_failed_reading_back_proves_nothing(sim: ThreadsSimulator, on: ChannelContext, fault: str) -> None:
    one = part(threads, "Hej")
    handles = prepared(one, on)
    sim.faults.append(fault)
    with hurried(on, fault):
        finding = threads.find(one, handles, just_now(), on)
    assert isinstance(finding, CannotTell)
    assert TOKEN not in finding.detail


def test_a_full_day_is_waited_for(sim: ThreadsSimulator, on: ChannelContext) -> None:
    answered = sent("Ett", on).id
    sim.used = sim.most
    assert isinstance(threads.prepare(part(threads, "Hej"), on), Retry)
    reply = replace(part(threads, "Svar"), role="reply", parent=answered)
    assert isinstance(threads.prepare(reply, on), Handles), "answers have a day of their own"


def test_what_is_being_worked_on_is_made_once(sim: ThreadsSimulator, on: ChannelContext) -> None:
    sim.polls = 2
    kept = [Handles(complete=False)]
    one = part(threads, "Hej", photo())
    prepared_with: object = None
    for _ in range(4):
        prepared_with = threads.prepare(replace(one, progress=Progress(kept[-1], kept.append)), on)
    assert isinstance(prepared_with, Handles)
    assert len(sim.containers) == 1


def test_without_a_public_address_words_go_out_and_pictures_do_not(sim: ThreadsSimulator, on: ChannelContext) -> None:
    on.media_address = lambda file: ""
    sent("Bara ord", on)
    outcome = threads.prepare(part(threads, "Hej", photo()), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "config"


def test_a_post_can_be_taken_down_twice(sim: ThreadsSimulator, on: ChannelContext) -> None:
    out = sent("Ångrar mig", on)
    assert isinstance(threads.delete(out.id, on), Published)
    assert sim.posts == []
    assert isinstance(threads.delete(out.id, on), Published)


def test_figures_are_told_of_what_is_there(sim: ThreadsSimulator, on: ChannelContext) -> None:
    out = sent("Hej", on)
    figures = threads.metrics([out.id, "18404"], on)
    assert isinstance(figures, dict)
    assert list(figures) == [out.id]
    told = figures[out.id]
    assert (told.views, told.likes, told.comments, told.shares) == (120, 7, 2, 8)
    sim.faults.append("read:html_503")
    assert isinstance(threads.metrics([out.id], on), CannotTell)


def test_what_others_answered_is_read_hidden_and_answered(sim: ThreadsSimulator, on: ChannelContext) -> None:
    since, out = just_now(), sent("Hej", on)
    first = sim.answer(out.id, "Bra!")
    sim.answer(first, "Eller inte")
    sim.answer(out.id, "Tack", mine=True)
    replies = threads.replies([out.id, "18404"], since, on)
    assert isinstance(replies, list)
    assert [(each.text, each.author, each.answers) for each in replies] == [
        ("Bra!", "@maj", out.id),
        ("Eller inte", "@maj", out.id),
    ]
    assert threads.replies([out.id], on.now() + timedelta(hours=1), on) == []
    assert isinstance(threads.hide(replies[0], True, on), Published)
    assert isinstance(threads.hide(replies[0], True, on), Published)
    again = threads.replies([out.id], since, on)
    assert isinstance(again, list)
    assert [each.hidden for each in again] == [True, False]
    answer = replace(part(threads, "Tack!"), role="reply", parent=first)
    assert isinstance(send(threads, answer, on), Published)


def test_what_was_posted_by_whatever_way_is_told(sim: ThreadsSimulator, on: ChannelContext) -> None:
    since = just_now()
    sent("Ett", on)
    sim._add("För hand")
    recent = threads.recent(since, on)
    assert isinstance(recent, list)
    assert [each.text for each in recent] == ["Ett", "För hand"]
    assert all(each.url.startswith("https://") for each in recent)


@pytest.mark.parametrize(
    ("text", "length"),
    [("åäö", 3), ("Hej 👍", 8), ("👨‍👩‍👧‍👦", 25), ("🇸🇪", 8), ("1 2 #", 5), ("e\u0301", 1), ("“–”", 3)],
)
def test_an_emoji_counts_its_bytes(text: str, length: int) -> None:
    assert threads.count(text, {}) == length


def fields(text: str, *pictures: AttachmentFile, **more: object) -> list[tuple[str, str]]:
    problems = threads.check(view(text, *pictures, **more), {})  # type: ignore[arg-type]
    return [(problem.level, problem.field) for problem in problems]


def test_what_threads_would_refuse_is_said_before() -> None:
    assert fields("å" * 500) == []
    assert fields("å" * 501) == [("block", "text")]
    assert fields("a" * 493 + "👍👍") == [("block", "text")]
    assert fields("") == [("block", "text")]
    assert fields("", photo()) == []
    links = " ".join(f"https://example.se/{number}" for number in range(6))
    assert fields(links) == [("block", "text")]
    assert fields("https://example.se/a " * 6) == []
    assert fields(links.rpartition(" ")[0]) == []
    assert fields("Hej", *[photo()] * 21) == [("block", "pictures")]
    assert fields("Hej", *[photo()] * 20, other_files=(video(),)) == [("block", "pictures")]

"""What is done on X with posts that are out, what it costs, and how much may still be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Found, Handles, Published, Rejected, Retry, Unknown
from commsched.core.platform.budget import Budget
from commsched.core.platform.contract import ChannelContext, ConnectError
from commsched.core.platform.figures import Figures, Reply
from commsched.platforms import get
from tests.platforms._office import NOW, context, just_now, part, picture, send, view
from tests.sims._server import Answer
from tests.sims.x import BEARER, KEYS, USER, XSimulator

x = get("x")


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


@pytest.fixture(params=["keys", "bearer"])
def on(sim: XSimulator, request: pytest.FixtureRequest) -> ChannelContext:
    secrets = dict(KEYS) if request.param == "keys" else {"bearer_token": BEARER}
    return context({"base_url": sim.url}, secrets, account=USER["id"])


def out(on: ChannelContext, text: str) -> str:
    outcome = send(x, part(x, text), on)
    assert isinstance(outcome, Published)
    return outcome.id


def test_figures_are_told_by_post_and_what_is_gone_is_left_out(sim: XSimulator, on: ChannelContext) -> None:
    post = out(on, "Hej")
    assert x.metrics([post, "404404"], on) == {post: Figures(views=500, likes=3, shares=5, comments=2)}
    sim.calls.clear()
    assert x.metrics([post, *(str(10**9 + number) for number in range(150))], on) == {
        post: Figures(views=500, likes=3, shares=5, comments=2)
    }
    assert len(sim.calls) == 2, "a hundred to a call"
    assert x.metrics([], on) == {}


def test_answers_are_told_beneath_the_post_they_answer(sim: XSimulator, on: ChannelContext) -> None:
    first, second = out(on, "Ett"), out(on, "Två")
    below = sim.answer_to(first, "Bra &amp; rätt")
    sim.answer_to(below, "Håller med", conversation=first)
    sim.answer_to(second, "Tack själv", author=USER["id"])
    sim.answer_to("123456", "Om något annat")
    replies = x.replies([first, second], just_now() - timedelta(seconds=1), on)
    assert not isinstance(replies, CannotTell)
    assert [(reply.answers, reply.author, reply.handle) for reply in replies] == [(first, "Maj", "@maj")] * 2
    assert replies[0].text == "@oppna_listan Bra & rätt"
    assert len([call for call in sim.calls if call.path.endswith("/mentions")]) == 1, "one call for all posts"


def test_posts_are_read_by_either_of_xs_names_for_the_same(sim: XSimulator, on: ChannelContext) -> None:
    """Its own SDK asks for posts and reposts where the reference tells of tweets and retweets."""
    sim.newer_names, since = True, just_now()
    first = out(on, "Ett")
    second = replace(part(x, "Två"), parent=first, role="reply")
    sim.faults.append("500_after_accept")
    assert isinstance(send(x, second, on), Unknown)
    assert isinstance(x.find(second, Handles(), since, on), Found), "beneath its parent"
    sim.answer_to(first, "Bra!")
    replies = x.replies([first], since, on)
    assert not isinstance(replies, CannotTell)
    assert [reply.answers for reply in replies] == [first]
    assert x.metrics([first], on) == {first: Figures(views=500, likes=3, shares=5, comments=2)}


def test_an_answer_is_hidden_and_shown_again(sim: XSimulator, on: ChannelContext) -> None:
    number = sim.answer_to(out(on, "Hej"), "Hot")
    reply = Reply(number, "1", "Maj", "Hot", datetime.now(UTC))
    for hidden in (True, True, False):
        assert isinstance(x.hide(reply, hidden, on), Published)
        assert sim.hidden == ({number} if hidden else set())
    assert isinstance(x.hide(replace(reply, id="123456"), True, on), Rejected)


@pytest.mark.parametrize(
    "said", [{"errors": [{"detail": "no"}]}, {"data": {"hidden": False}}, {"ok": True}, []], ids=str
)
def test_a_success_that_does_not_say_so_is_none(sim: XSimulator, on: ChannelContext, said: Any) -> None:
    sim.handle = lambda call: Answer(200, said)  # type: ignore[method-assign]
    assert isinstance(x.hide(Reply("1", "2", "Maj", "Hot", NOW), True, on), Unknown)


def test_a_picture_whose_words_x_did_not_take_does_not_go_out(sim: XSimulator, on: ChannelContext) -> None:
    route = sim._route
    errors = Answer(200, {"errors": [{"detail": "no"}]})
    sim._route = lambda call: errors if call.path == "/2/media/metadata" else route(call)  # type: ignore[method-assign]
    assert isinstance(send(x, part(x, "Hej", picture()), on), Retry)
    assert sim.posts == []


def test_what_the_account_posted_by_whatever_way_is_told(sim: XSimulator, on: ChannelContext) -> None:
    since = just_now()
    post = out(on, "Läs https://example.se/a")
    recent = x.recent(since, on)
    assert not isinstance(recent, CannotTell)
    assert [(each.id, each.text) for each in recent] == [(post, "Läs https://example.se/a")]
    assert (
        "replies" in next(call for call in sim.calls if call.path.endswith("/tweets") and call.query).query["exclude"]
    )


@pytest.mark.parametrize("fault", ["read:500", "read:html_503", "read:401", "read:malformed_after_accept"])
def test_what_could_not_be_asked_is_not_known(sim: XSimulator, on: ChannelContext, fault: str) -> None:
    post = out(on, "Hej")
    for ask in (
        lambda: x.metrics([post], on),
        lambda: x.replies([post], just_now(), on),
        lambda: x.recent(just_now(), on),
    ):
        sim.faults.append(fault)
        assert isinstance(ask(), CannotTell)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (
            {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "7", "x-rate-limit-reset": "1795678500"},
            [Budget("calls", 100, 7, datetime.fromtimestamp(1_795_678_500, UTC))],
        ),
        (
            {
                "X-User-Limit-24hour-Limit": "100",
                "X-User-Limit-24hour-Remaining": "0",
                "X-User-Limit-24hour-Reset": "soon",
                "x-app-limit-24hour-limit": "10000",
                "x-app-limit-24hour-remaining": "9999",
            },
            [Budget("posts", 100, 0)],
        ),
        ({"x-rate-limit-limit": "-", "x-rate-limit-remaining": "7"}, []),
        (
            {"x-rate-limit-limit": "1", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "9" * 40},
            [Budget("calls", 1, 0)],
        ),
        ({}, []),
    ],
    ids=["calls", "24 hours", "garbage", "no moment", "silent"],
)
def test_what_may_still_be_asked_for_is_read_from_the_headers(headers: dict[str, str], told: list[Budget]) -> None:
    assert x.budgets(headers, NOW) == told


def test_an_answer_to_ones_own_post_that_x_refuses_is_told_in_words(sim: XSimulator, on: ChannelContext) -> None:
    sim.self_replies = False
    first, second = x.parts(view("Ett\n---\nTvå"))
    warned = [str(problem.words) for problem in x.check(view("Ett\n---\nTvå"), {})]
    assert any("may refuse the second part" in words for words in warned)
    out_first = send(x, first, on)
    assert isinstance(out_first, Published)
    refused = send(x, replace(second, parent=out_first.id), on)
    assert refused == Rejected("X does not let the account answer its own post: what is out stays up", "permission")
    assert len(sim.posts) == 1


# -- money ------------------------------------------------------------------------------------------


def test_each_part_has_its_price_and_they_make_the_whole(sim: XSimulator, on: ChannelContext) -> None:
    one = view("Ett https://a.se\n---\nTvå", picture())
    assert [x.price(each) for each in x.parts(one)] == [205, 15]
    assert sum(x.price(each) for each in x.parts(one)) == round(1000 * x.cost(one)) == 220
    assert [x.price(each) for each in x.parts(view("Länken står för sig", link="https://example.se/a"))] == [200]
    assert [x.price(each) for each in x.parts(view("main.py och example.com"))] == [200], "X makes links of these"
    before = 10.0
    sim.credits = before
    for each in x.parts(view("Läs example.se")):
        assert isinstance(send(x, replace(each, key="k"), on), Published)
    assert round(before - sim.credits, 3) == 0.2


@pytest.mark.parametrize(
    ("written", "mills"),
    [
        ("", None),
        (" ", None),
        ("20", 20_000),
        ("$20", 20_000),
        ("12,50", 12_500),
        ("0.5", 500),
        ("0", 0),
        (" $ 7.05", 7_050),
    ],
)
def test_a_ceiling_is_read_as_people_write_it(written: str, mills: int | None) -> None:
    assert x.ceiling({"monthly_ceiling": written}) == mills
    assert x.ceiling({}) is None


@pytest.mark.parametrize("written", ["tjugo", "-5", "1e9", "1.234", "10000000", "20 kr", "$", "NaN"])
def test_what_is_no_sum_is_told_by_its_field(sim: XSimulator, written: str) -> None:
    settings: dict[str, Any] = {"base_url": sim.url, "monthly_ceiling": written}
    if written == "$":
        assert x.ceiling(settings) is None
        return
    with pytest.raises(ConnectError) as refused:
        x.connect(context(settings, dict(KEYS)))
    assert refused.value.field == "monthly_ceiling"

"""Polls on Mastodon: the writer's choices, what the server takes, and that none goes out twice or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Found, Handles, Published, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.platforms import get
from tests.peers.mastodon import TOKEN as PEER_TOKEN
from tests.peers.mastodon import Server, mastodon_server
from tests.platforms._office import context, just_now, part, picture, send, view
from tests.sims.mastodon import TOKEN, MastodonSimulator

__all__ = ["mastodon_server"]
mastodon = get("mastodon")
POLL = {"poll": "Buss\nTåg\n\n Cykel ", "poll_lasts": "86400"}


@pytest.fixture
def sim() -> Iterator[MastodonSimulator]:
    with MastodonSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: MastodonSimulator) -> ChannelContext:
    return context({"base_url": sim.url}, {"access_token": TOKEN}, account="1")


def polled(text: str = "Hur reser du?", **options: str) -> Any:
    return part(mastodon, text, options={**POLL, **options})


def test_a_poll_goes_out_as_it_was_chosen(sim: MastodonSimulator, on: ChannelContext) -> None:
    assert isinstance(send(mastodon, polled(poll_multiple="1", poll_hides="1"), on), Published)
    (status,) = sim.statuses
    assert [choice["title"] for choice in status["poll"]["options"]] == ["Buss", "Tåg", "Cykel"]
    assert (status["poll"]["multiple"], status["poll"]["hide_totals"]) == (True, True)
    assert sim.calls[-1].json["poll"]["expires_in"] == 86_400
    assert sim.calls[-1].headers["idempotency-key"], "a poll is no reason to forget the key"


@pytest.mark.peer
@pytest.mark.xdist_group("mastodon")
def test_a_real_server_takes_it(mastodon_server: Server) -> None:
    peer = context({"base_url": mastodon_server.url}, {"access_token": PEER_TOKEN})
    assert isinstance(send(mastodon, polled("Hur reser du idag?"), peer), Published)
    status = next(each for each in mastodon_server.statuses() if "reser du idag" in each["content"])
    assert [choice["title"] for choice in status["poll"]["options"]] == ["Buss", "Tåg", "Cykel"]
    assert mastodon.connect(peer).facts["polls"]["choices"] == 4


def test_only_the_first_post_of_a_thread_has_it(sim: MastodonSimulator, on: ChannelContext) -> None:
    first, second = mastodon.parts(view("Hur reser du?\n---\nSvara gärna", options=POLL))
    out = send(mastodon, replace(first, key="a"), on)
    assert isinstance(out, Published)
    assert isinstance(send(mastodon, replace(second, key="b", parent=out.id), on), Published)
    assert [bool(status["poll"]) for status in sim.statuses] == [False, True]


def test_a_lost_poll_is_known_again_by_its_answers(sim: MastodonSimulator, on: ChannelContext) -> None:
    since, lost = just_now(), polled()
    sim.faults.append("500_after_accept")
    assert isinstance(send(mastodon, lost, on), Unknown)
    assert isinstance(mastodon.find(lost, Handles(), since, on), Found)
    for other in (polled(poll="Buss\nBil"), polled(poll="")):
        assert isinstance(mastodon.find(other, Handles(), since, on), CannotTell)


def told(on: ChannelContext, *pictures: Any, text: str = "Hur reser du?", **options: str) -> list[str]:
    facts = mastodon.connect(on).facts
    found = mastodon.check(view(text, *pictures, options={**POLL, **options}), facts)
    return [str(problem.words) for problem in found if problem.blocks]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ""),
        ({"poll": "Bara ett"}, "from 2 to 4 answers here; there are 1"),
        ({"poll": "a\nb\nc\nd\ne"}, "from 2 to 4 answers here; there are 5"),
        ({"poll": "Buss\nbuss"}, "Two answers of the poll are the same"),
        ({"poll": "Buss\n" + "å" * 51}, "Answer 2 of the poll is too long: 51 characters, at most 50"),
        ({"poll": "Buss\n" + "👨‍👩‍👧‍👦" * 50}, ""),
        ({"poll_lasts": "60"}, "open for 1 to 730 hours"),
        ({"poll_lasts": "9999999"}, "open for 1 to 730 hours"),
        ({"poll": " \n "}, ""),
    ],
)
def test_what_the_server_would_refuse_is_said_before(
    sim: MastodonSimulator, on: ChannelContext, options: dict[str, str], words: str
) -> None:
    problems = told(on, **options)
    assert len(problems) == bool(words)
    assert not words or words in problems[0]
    if not words:
        assert isinstance(send(mastodon, polled(**options), on), Published), "what is said to fit does fit"


def test_a_poll_goes_with_words_and_without_pictures(on: ChannelContext) -> None:
    assert told(on, picture()) == ["Mastodon takes a poll or pictures in a post, not both."]
    assert "There is no text to publish." in told(on, text="")


@pytest.mark.parametrize(
    ("polls", "words"),
    [
        (None, "This server has no polls"),
        ({"max_options": 20, "max_characters_per_option": 10}, "Answer 2 of the poll is too long: 12 characters"),
        ({"max_options": 3}, ""),
    ],
)
def test_each_server_has_its_own_word_for_what_it_takes(
    sim: MastodonSimulator, on: ChannelContext, polls: Any, words: str
) -> None:
    sim.polls = polls
    problems = told(on, poll="Buss\nTåg och buss\nCykel")
    assert words in "".join(problems)
    assert bool(problems) == bool(words)


def test_a_server_that_tells_nothing_takes_what_mastodon_takes() -> None:
    assert mastodon.check(view("Hur reser du?", options=POLL), {}) == []

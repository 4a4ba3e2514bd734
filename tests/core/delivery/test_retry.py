"""From an outcome to what happens next: what may be out is never sent again on hope."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.delivery.lifecycle import REASONS
from commsched.core.delivery.outcome import Absent, CannotTell, Found, Outcome, Published, Rejected, Retry, Unknown
from commsched.core.delivery.retry import GOING_ON, LONGEST, LOOKS, after_attempt, after_look, back_off
from tests.core.kinds import NOON, moments, same_each_time

LATEST = NOON + timedelta(hours=2)
whys = st.sampled_from(("content", "permission", "token", "money", "address", "config"))
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Published, id=st.text(max_size=5)),
    st.builds(Retry, detail=st.just("dns"), after=st.none() | moments, whole_channel=st.booleans()),
    st.builds(Rejected, detail=st.just("no"), why=whys),
    st.builds(Unknown, detail=st.just("timeout")),
)


@given(outcomes, st.integers(1, 40), moments, moments, st.floats(0, 60))
@same_each_time
def test_only_proof_of_not_sent_allows_another_try(
    outcome: Outcome, tries: int, now: datetime, latest: datetime, settle: float
) -> None:
    following = after_attempt(outcome, tries, now, latest, settle)
    assert (following.state == "published") == isinstance(outcome, Published)
    if following.state == "waiting":
        assert isinstance(outcome, Retry)
        assert following.at is not None
        assert now <= following.at <= latest
    if isinstance(outcome, Unknown):
        assert following.state == "unknown"
        assert following.at == now + timedelta(seconds=settle)


@given(outcomes, st.integers(1, 40), moments, moments)
@same_each_time
def test_whatever_stops_has_a_reason_with_words(outcome: Outcome, tries: int, now: datetime, latest: datetime) -> None:
    following = after_attempt(outcome, tries, now, latest, 5)
    if following.state in ("held", "failed"):
        assert following.reason in REASONS
        assert following.at is None


@given(moments, moments, st.integers(1, 10), st.booleans())
@same_each_time
def test_absence_sends_again_only_where_that_is_allowed_and_in_time(
    now: datetime, latest: datetime, looks: int, resend: bool
) -> None:
    following = after_look(Absent(), looks, now, latest, resend)
    assert (following.state == "waiting") == (resend and now <= latest)
    assert following.state in ("waiting", "held")


@given(moments, st.integers(1, 60), st.booleans(), st.booleans())
@same_each_time
def test_not_knowing_never_sends_and_asks_a_person_in_the_end(
    now: datetime, looks: int, final: bool, resend: bool
) -> None:
    following = after_look(CannotTell("", final=final), looks, now, LATEST, resend)
    assert following.state == "unknown"
    assert following.reason == ("ask" if final or looks >= len(LOOKS) else "verify")
    assert (following.at is None) == (final or looks >= len(LOOKS + GOING_ON))


def test_looking_goes_on_for_a_day_with_growing_pauses_while_a_person_is_asked() -> None:
    pauses = []
    for looks in range(len(LOOKS), len(LOOKS) + 100):
        following = after_look(CannotTell("502"), looks, NOON, LATEST, True)
        if following.at is None:
            break
        pauses.append(following.at - NOON)
    assert pauses[0] == timedelta(minutes=10)
    assert pauses == sorted(pauses)
    assert sum(pauses, timedelta()) == timedelta(days=1)


def test_a_lost_answer_makes_no_wait_forgotten() -> None:
    waits = [after_look(Absent(), 1, NOON, LATEST, True, tries).at for tries in range(1, 7)]
    assert waits == [NOON + back_off(tries) for tries in range(1, 7)]
    assert after_look(Absent(), 1, LATEST - timedelta(seconds=1), LATEST, True, 5).at == LATEST


def test_a_server_that_says_when_is_not_asked_before() -> None:
    later = NOON + timedelta(minutes=2)
    following = after_attempt(Unknown("503", after=later), 1, NOON, LATEST, 5)
    assert (following.state, following.at, following.channel_rests) == ("unknown", later, later)
    assert after_attempt(Unknown("503", after=NOON), 1, NOON, LATEST, 5).at == NOON + timedelta(seconds=5)
    look = after_look(CannotTell("429", after=later), 1, NOON, LATEST, True)
    assert (look.state, look.at, look.channel_rests) == ("unknown", later, later)
    assert after_look(CannotTell("429", after=NOON), 1, NOON, LATEST, True).at == NOON + LOOKS[1]


def test_what_is_found_is_published() -> None:
    assert after_look(Found("7", "https://x.example/7"), 1, NOON, LATEST, False).url == "https://x.example/7"


def test_the_platforms_own_word_for_when_is_kept_even_past_the_latest_time() -> None:
    late = LATEST + timedelta(minutes=1)
    following = after_attempt(Retry("429", after=late, whole_channel=True), 1, NOON, LATEST, 5)
    assert (following.state, following.reason, following.channel_rests) == ("held", "late", late)
    early = after_attempt(Retry("429", after=NOON - timedelta(1), whole_channel=True), 1, NOON, LATEST, 5)
    assert (early.state, early.at, early.channel_rests) == ("waiting", NOON, NOON)


def test_waits_grow_and_then_stay() -> None:
    waits = [back_off(tries).total_seconds() for tries in range(0, 9)]
    assert waits == [5, 5, 15, 60, 180, 600, 600, 600, 600]


@pytest.mark.parametrize(
    ("why", "state", "broken"),
    [("token", "held", True), ("content", "failed", False), ("address", "failed", False), ("money", "failed", False)],
)
def test_a_dead_token_breaks_the_channel_and_other_refusals_do_not(why: str, state: str, broken: bool) -> None:
    following = after_attempt(Rejected("no", why), 1, NOON, LATEST, 5)  # type: ignore[arg-type]
    assert (following.state, following.channel_broken) == (state, broken)


def test_a_server_that_says_next_year_is_believed_for_a_day() -> None:
    later, latest = NOON + timedelta(days=400), NOON + timedelta(days=3)
    following = after_attempt(Retry("429", after=later, whole_channel=True), 1, NOON, latest, 5)
    assert (following.state, following.at, following.channel_rests) == ("waiting", NOON + LONGEST, NOON + LONGEST)
    assert after_attempt(Unknown("503", after=later), 1, NOON, latest, 5).channel_rests == NOON + LONGEST
    assert after_look(CannotTell("429", after=later), 1, NOON, latest, True).channel_rests == NOON + LONGEST

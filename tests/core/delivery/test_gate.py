"""The gate: it says go only if nothing at all speaks against it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.approval.rules import ONE_APPROVER, CastDecision, Policy, cleared, inside, window
from commsched.core.delivery.gate import GateInput, Go, Hold, Wait, judge
from commsched.core.delivery.lifecycle import REASONS
from tests.core.kinds import NOON, A, B, decisions, moments, policies, same_each_time

GOOD = GateInput(
    due=NOON,
    latest=NOON + timedelta(hours=2),
    embargo=None,
    paused=False,
    newest=True,
    content_hash=A,
    stored_hash=A,
    policy=ONE_APPROVER,
    decisions=[CastDecision(hash=A, verdict="approve", person=1, at=NOON)],
    channel_state="ok",
    not_before=None,
)
cases = st.builds(
    GateInput,
    due=moments,
    latest=moments,
    embargo=st.none() | moments,
    paused=st.booleans(),
    newest=st.booleans(),
    content_hash=st.sampled_from((A, A, A, B)),
    stored_hash=st.just(A),
    policy=policies,
    decisions=decisions,
    channel_state=st.sampled_from(("ok", "ok", "ok", "broken", "archived")),
    not_before=st.none() | moments,
    mute=st.booleans(),
    carries_embargo=st.booleans(),
)


def test_what_is_approved_due_and_unchanged_may_go() -> None:
    assert judge(GOOD, NOON) == Go()
    assert judge(GOOD, GOOD.latest) == Go()


@given(cases, moments)
@same_each_time
def test_go_means_that_nothing_speaks_against_it(case: GateInput, now: datetime) -> None:
    if not isinstance(judge(case, now), Go):
        return
    clearing = cleared(case.policy, case.decisions, case.content_hash)
    assert not case.paused
    assert case.newest
    assert case.content_hash == case.stored_hash
    assert case.channel_state == "ok"
    assert not case.mute
    assert clearing
    assert inside(now, window(clearing))
    assert case.due <= now <= case.latest
    assert case.carries_embargo or case.embargo is None or case.embargo <= now
    assert case.not_before is None or case.not_before <= now


@given(
    st.builds(
        replace, st.just(GOOD), due=moments, embargo=st.none() | moments, not_before=st.none() | moments, latest=moments
    ),
    moments,
)
@same_each_time
def test_waiting_ends_in_time_or_is_not_begun(case: GateInput, now: datetime) -> None:
    match judge(case, now):
        case Wait(until=until):
            assert now < until <= case.latest
            assert judge(case, until) == Go()
        case Hold(reason=reason):
            assert reason == "late"
            assert max(now, *(m for m in (case.due, case.embargo, case.not_before) if m)) > case.latest
        case Go():
            assert case.due <= now


@given(cases, moments)
@same_each_time
def test_every_reason_has_words(case: GateInput, now: datetime) -> None:
    verdict = judge(case, now)
    assert not isinstance(verdict, Hold) or verdict.reason in REASONS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"paused": True}, "paused"),
        ({"channel_state": "broken"}, "token"),
        ({"channel_state": "archived"}, "archived"),
        ({"mute": True}, "mail"),
        ({"newest": False}, "changed"),
        ({"content_hash": B}, "changed"),
        ({"latest": NOON - timedelta(seconds=1)}, "late"),
        ({"not_before": NOON + timedelta(hours=3)}, "late"),
        ({"over_ceiling": True}, "ceiling"),
        ({"decisions": []}, "unapproved"),
        ({"policy": Policy(steps=[*ONE_APPROVER.steps, *ONE_APPROVER.steps])}, "unapproved"),
        (
            {"decisions": [CastDecision(hash=A, verdict="approve", person=1, at=NOON, window_end=NOON - timedelta(1))]},
            "window",
        ),
    ],
)
def test_each_thing_alone_stops_it_and_says_why(change: dict[str, object], reason: str) -> None:
    assert judge(replace(GOOD, **change), NOON) == Hold(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["due", "embargo", "not_before"])
def test_each_of_its_times_is_waited_for(name: str) -> None:
    later = NOON + timedelta(minutes=5)
    assert judge(replace(GOOD, **{name: later}), NOON) == Wait(later)


def test_a_channel_that_is_not_public_may_have_it_before_its_embargo_and_no_earlier_than_its_time() -> None:
    under = replace(GOOD, embargo=NOON + timedelta(minutes=5))
    assert judge(replace(under, carries_embargo=True), NOON) == Go()
    assert judge(replace(under, carries_embargo=True), NOON - timedelta(seconds=1)) == Wait(NOON)
    assert judge(under, NOON) == Wait(NOON + timedelta(minutes=5))

"""Who must say yes, and whether they have."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.approval import (
    NOBODY,
    ONE_APPROVER,
    Policy,
    Said,
    Step,
    cleared,
    current_step,
    inside,
    spared,
    standing,
    step_done,
    strictest,
    window,
)
from tests.core.kinds import NOON, A, B, decisions, moments, policies, same_each_time


def yes(person: int = 1, step: int = 0, hashed: str = A) -> Said:
    return Said(hash=hashed, verdict="approve", person=person, at=NOON, step=step)


@given(policies, decisions)
@same_each_time
def test_nothing_is_cleared_by_what_was_said_of_other_words(policy: Policy, said: list[Said]) -> None:
    assert cleared(policy, [one for one in said if one.hash != A], A) is None


@given(policies, decisions)
@same_each_time
def test_what_clears_was_said_of_exactly_these_words(policy: Policy, said: list[Said]) -> None:
    clearing = cleared(policy, said, A)
    assert clearing is None or (clearing and all(one.hash == A for one in clearing))


@given(policies, decisions, st.sampled_from(("changes", "withdraw")))
@same_each_time
def test_taking_back_takes_everything_back_whatever_its_clock_says(
    policy: Policy, said: list[Said], verdict: str
) -> None:
    back = Said(hash=A, verdict=verdict, person=1, at=NOON - timedelta(days=9))  # type: ignore[arg-type]
    assert standing([*said, back], A) == []
    assert cleared(policy, [*said, back], A) is None


@given(policies, decisions)
@same_each_time
def test_a_chain_is_done_only_when_every_step_is(policy: Policy, said: list[Said]) -> None:
    stands = standing(said, A)
    done = all(step_done(step, number, stands) for number, step in enumerate(policy.steps))
    assert (current_step(policy, said, A) is None) == done


@given(policies, decisions)
@same_each_time
def test_without_a_bypass_every_step_of_a_chain_must_be_done(policy: Policy, said: list[Said]) -> None:
    plain = [one for one in said if one.verdict != "bypass"]
    if policy.steps and cleared(policy, plain, A) is not None:
        assert current_step(policy, plain, A) is None


@given(st.lists(policies, min_size=1, max_size=3), decisions)
@same_each_time
def test_what_the_strictest_policy_lets_out_all_of_them_would(some: list[Policy], said: list[Said]) -> None:
    """Steps are renumbered when policies are joined, so the yeses are counted without their step."""
    together = strictest(some)
    stands = standing(said, A)
    if together.steps and current_step(together, said, A) is None:
        agreed = {one.person for one in stands if one.verdict == "approve"}
        for step in [step for policy in some for step in policy.steps]:
            assert agreed, step
            if step.people:
                assert set(step.people) <= agreed if step.need == "all" else set(step.people) & agreed
    assert together.own == all(one.own for one in some)
    assert together.bypass == all(one.bypass for one in some)


@given(decisions, moments)
@same_each_time
def test_a_moment_is_covered_only_if_everyone_covers_it(said: list[Said], moment: object) -> None:
    each = all(inside(moment, window([one])) for one in said)  # type: ignore[arg-type]
    assert inside(moment, window(said)) == each  # type: ignore[arg-type]


def test_no_policy_still_asks_for_somebody_who_released_it() -> None:
    assert cleared(NOBODY, [], A) is None
    release = Said(hash=A, verdict="release", person=1, at=NOON)
    assert cleared(NOBODY, [release], A) == [release]


def test_one_approver_is_enough_where_one_is_asked_for() -> None:
    assert cleared(ONE_APPROVER, [], A) is None
    assert cleared(ONE_APPROVER, [yes()], A) == [yes()]
    assert cleared(ONE_APPROVER, [yes(hashed=B)], A) is None


def test_all_means_all_and_a_yes_to_another_step_does_not_count() -> None:
    policy = Policy(steps=[Step(people=[1, 2], need="all"), Step(people=[3])])
    assert current_step(policy, [yes(1)], A) == 0
    assert current_step(policy, [yes(1), yes(2)], A) == 1
    assert current_step(policy, [yes(1), yes(2), yes(3, step=0)], A) == 1
    assert cleared(policy, [yes(1), yes(2), yes(3, step=1)], A) is not None


def test_a_bypass_clears_alone_but_only_where_the_office_allows_it() -> None:
    bypass = Said(hash=A, verdict="bypass", person=1, at=NOON)
    assert cleared(ONE_APPROVER, [bypass], A) == [bypass]
    assert cleared(Policy(steps=[Step()], bypass=False), [bypass], A) is None


@given(policies, st.sets(st.integers(1, 4)))
@same_each_time
def test_who_is_spared_wrote_it_and_somebody_else_is_always_left(policy: Policy, writers: set[int]) -> None:
    for before, after in zip(policy.steps, spared(policy, writers).steps, strict=True):
        gone = set(before.people) - set(after.people)
        assert gone <= writers
        assert bool(after.people) == bool(before.people)
        assert not gone or before.need == "all"
        assert not gone or not set(after.people) & writers
    assert spared(policy, set()) == policy

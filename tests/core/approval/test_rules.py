"""Who must say yes, and whether they have."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.approval.rules import (
    NOBODY,
    ONE_APPROVER,
    CastDecision,
    Policy,
    Step,
    Yes,
    cleared,
    current_step,
    fitted,
    helps,
    inside,
    possible,
    standing,
    strictest,
    window,
    yeses,
)
from tests.core.kinds import NOON, A, B, decisions, moments, policies, same_each_time


def yes(person: int = 1, step: int = 0, hashed: str = A) -> CastDecision:
    return CastDecision(hash=hashed, verdict="approve", person=person, at=NOON, step=step)


@given(policies, decisions)
@same_each_time
def test_nothing_is_cleared_by_what_was_said_of_other_words(policy: Policy, said: list[CastDecision]) -> None:
    assert cleared(policy, [one for one in said if one.hash != A], A) is None


@given(policies, decisions)
@same_each_time
def test_what_clears_was_said_of_exactly_these_words(policy: Policy, said: list[CastDecision]) -> None:
    clearing = cleared(policy, said, A)
    assert clearing is None or (clearing and all(one.hash == A for one in clearing))


@given(policies, decisions, st.sampled_from(("changes", "withdraw")))
@same_each_time
def test_taking_back_takes_everything_back_whatever_its_clock_says(
    policy: Policy, said: list[CastDecision], verdict: str
) -> None:
    back = CastDecision(hash=A, verdict=verdict, person=1, at=NOON - timedelta(days=9))  # type: ignore[arg-type]
    assert standing([*said, back], A) == []
    assert cleared(policy, [*said, back], A) is None


@given(policies, decisions)
@same_each_time
def test_a_chain_is_done_only_by_as_many_humans_as_it_has_places(policy: Policy, said: list[CastDecision]) -> None:
    """Checked by trying every way of seating the humans, which the rule does not do."""
    agreed = sorted({one.person for one in standing(said, A) if one.verdict == "approve" and one.person})
    places: list[set[int]] = []
    for step in policy.steps:
        places += [{one} for one in step.people] if step.need == "all" and step.people else [set(step.people)]
    seatings = permutations(agreed, len(places))
    done = any(all(not people or who in people for who, people in zip(one, places, strict=True)) for one in seatings)
    assert (current_step(policy, said, A) is None) == done


@given(policies, decisions, st.integers(1, 4))
@same_each_time
def test_one_more_yes_helps_only_if_it_is_somebody_new_and_enough_of_them_end_it(
    policy: Policy, said: list[CastDecision], person: int
) -> None:
    given_already = {one.human for one in yeses(standing(said, A))}
    one = Yes(person, frozenset((person,)))
    if helps(policy, said, A, one):
        assert person not in given_already
    for _ in range(20):  # whoever helps says yes, until it is done or nobody helps
        more = next((p for p in range(1, 5) if helps(policy, said, A, Yes(p, frozenset((p,))))), None)
        if more is None:
            break
        said = [*said, yes(more)]
    if possible(policy, set(range(1, 5)) | {p for p in given_already if p}) and not given_already:
        assert current_step(policy, said, A) is None


@given(policies, decisions)
@same_each_time
def test_without_a_bypass_every_step_of_a_chain_must_be_done(policy: Policy, said: list[CastDecision]) -> None:
    plain = [one for one in said if one.verdict != "bypass"]
    if policy.steps and cleared(policy, plain, A) is not None:
        assert current_step(policy, plain, A) is None


@given(st.lists(policies, min_size=1, max_size=3), decisions)
@same_each_time
def test_what_the_strictest_policy_lets_out_all_of_them_would(some: list[Policy], said: list[CastDecision]) -> None:
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
def test_a_moment_is_covered_only_if_everyone_covers_it(said: list[CastDecision], moment: object) -> None:
    each = all(inside(moment, window([one])) for one in said)  # type: ignore[arg-type]
    assert inside(moment, window(said)) == each  # type: ignore[arg-type]


def test_no_policy_still_asks_for_somebody_who_released_it() -> None:
    assert cleared(NOBODY, [], A) is None
    release = CastDecision(hash=A, verdict="release", person=1, at=NOON)
    assert cleared(NOBODY, [release], A) == [release]


def test_one_approver_is_enough_where_one_is_asked_for() -> None:
    assert cleared(ONE_APPROVER, [], A) is None
    assert cleared(ONE_APPROVER, [yes()], A) == [yes()]
    assert cleared(ONE_APPROVER, [yes(hashed=B)], A) is None


def test_all_means_all_and_the_next_is_asked_after_them() -> None:
    policy = Policy(steps=[Step(people=[1, 2], need="all"), Step(people=[3])])
    assert current_step(policy, [yes(1)], A) == 0
    assert current_step(policy, [yes(1), yes(2)], A) == 1
    assert current_step(policy, [yes(1), yes(3)], A) == 0
    assert cleared(policy, [yes(1), yes(2), yes(3, step=1)], A) is not None


def test_a_bypass_clears_alone_but_only_where_the_office_allows_it() -> None:
    bypass = CastDecision(hash=A, verdict="bypass", person=1, at=NOON)
    assert cleared(ONE_APPROVER, [bypass], A) == [bypass]
    assert cleared(Policy(steps=[Step()], bypass=False), [bypass], A) is None


def deputy(person: int, by: int, hashed: str = A) -> CastDecision:
    return CastDecision(hash=hashed, verdict="approve", person=person, by=by, at=NOON)


def test_one_human_counts_once_in_a_step_across_steps_and_as_a_deputy() -> None:
    both = Policy(steps=[Step(people=[1, 2], need="all")])
    assert current_step(both, [yes(1), deputy(2, by=1)], A) == 0
    chain = Policy(steps=[Step(people=[1, 2]), Step(people=[1, 2])])
    assert current_step(chain, [yes(1), yes(1, step=1)], A) == 1
    assert current_step(chain, [yes(1), deputy(2, by=1)], A) == 1
    assert current_step(chain, [yes(1), yes(2)], A) is None
    assert current_step(chain, [deputy(1, by=3), yes(1)], A) == 1, "for whom a deputy spoke counts once too"
    assert current_step(Policy(steps=[Step(people=[1]), Step(people=[3])]), [deputy(1, by=3)], A) == 1
    assert not helps(chain, [yes(1)], A, Yes(1, frozenset((1, 2)))), "nobody is asked for a second yes"
    assert helps(chain, [yes(1)], A, Yes(2, frozenset((2,))))
    named = Policy(steps=[Step(people=[2])])
    assert not helps(named, [yes(1)], A, Yes(1, frozenset((1, 2)))), "nor in another's name"


def test_whom_a_yes_is_counted_for_follows_from_who_else_is_needed() -> None:
    policy = Policy(steps=[Step(people=[1, 2]), Step(people=[1])])
    assert helps(policy, [yes(1)], A, Yes(2, frozenset((2,))))
    assert current_step(policy, [yes(1), yes(2)], A) is None


def test_one_yes_counts_for_the_office_and_for_the_channel() -> None:
    joined = strictest([Policy(steps=[Step(people=[1])]), Policy(steps=[Step(people=[1, 2], need="all")])])
    assert current_step(joined, [yes(1)], A) == 1
    assert current_step(joined, [yes(1), yes(2)], A) is None
    twice = strictest([Policy(steps=[Step(), Step()]), Policy(steps=[Step(people=[1])])])
    assert current_step(twice, [yes(1)], A) is not None, "the office wants two of them"
    assert strictest([ONE_APPROVER, Policy(steps=[Step(people=[1])])]).steps == [Step(people=[1])]


def test_a_yes_that_a_move_outgrew_counts_no_longer_and_the_others_do() -> None:
    policy = Policy(steps=[Step(people=[1, 2], need="all")])
    over = CastDecision(hash=A, verdict="lapse", person=1, at=NOON)
    assert current_step(policy, [yes(1), yes(2), over], A) == 0
    assert helps(policy, [yes(1), yes(2), over], A, Yes(1, frozenset((1,))))
    assert current_step(policy, [yes(1), yes(2), over, yes(1)], A) is None


everybody = st.sets(st.integers(1, 4))


@given(policies, everybody, everybody)
@same_each_time
def test_a_fitted_policy_never_waits_for_nobody_and_never_for_less_than_one(
    policy: Policy, able: set[int], writers: set[int]
) -> None:
    after = fitted(policy, able, writers)
    assert bool(after.steps) == bool(policy.steps)
    others = able if policy.own else able - writers
    if others and policy.steps:
        assert possible(after, others) or not (_can_fill(after, others))
    elif able and policy.steps:
        assert possible(after, able), "once somebody else has accepted the words"


def _can_fill(policy: Policy, people: set[int]) -> bool:
    return any(helps(policy, [], A, Yes(one, frozenset((one,)))) for one in people)


@given(policies, everybody)
@same_each_time
def test_who_is_spared_wrote_it_or_is_gone_and_the_rest_is_asked(policy: Policy, writers: set[int]) -> None:
    able = {1, 2, 3, 4}
    if not possible(policy, able):
        return
    after = fitted(policy, able, writers)
    wanted = {person for step in policy.steps if step.need == "all" for person in step.people}
    still = {person for step in after.steps if step.need == "all" for person in step.people}
    if possible(policy, able if policy.own else able - writers):
        assert after == policy
    assert wanted - still <= writers
    assert fitted(policy, able, set()) == policy


def test_the_place_of_who_is_gone_goes_to_any_approver() -> None:
    both = Policy(steps=[Step(people=[1, 2], need="all")])
    assert fitted(both, {1, 3}, set()).steps == [Step(people=[1], need="all"), Step()]
    assert fitted(both, {1}, set()).steps == [Step(people=[1], need="all")]
    assert fitted(Policy(steps=[Step(people=[2])]), {1, 3}, set()).steps == [Step()]
    assert fitted(both, {1, 3}, set(), [yes(2)]).steps == both.steps, "what was said while it could be said stands"


@given(policies, decisions, st.integers(1, 4), st.sampled_from(("approve", "changes")))
@same_each_time
def test_an_undo_leaves_everything_as_if_the_last_decision_had_not_been_given(
    policy: Policy, said: list[CastDecision], person: int, verdict: str
) -> None:
    decision = CastDecision(hash=A, verdict=verdict, person=person, at=NOON)  # type: ignore[arg-type]
    taken_back = CastDecision(hash=A, verdict="undo", person=person, at=NOON)
    after = [*said, decision, taken_back]
    assert standing(after, A) == standing(said, A)
    assert cleared(policy, after, A) == cleared(policy, said, A)
    assert standing(after, B) == standing(said, B)


@given(policies, decisions, st.integers(1, 4))
@same_each_time
def test_an_undo_takes_back_nobody_elses_decision(policy: Policy, said: list[CastDecision], person: int) -> None:
    taken_back = CastDecision(hash=A, verdict="undo", person=person, at=NOON)
    others = [one for one in said if one.human != person]
    assert standing([*others, taken_back], A) == standing(others, A)
    assert cleared(policy, [*others, taken_back], A) == cleared(policy, others, A)


def test_two_decisions_are_undone_one_at_a_time() -> None:
    taken_back = CastDecision(hash=A, verdict="undo", person=1, at=NOON)
    no = CastDecision(hash=A, verdict="changes", person=1, at=NOON)
    assert standing([yes(1), no, taken_back], A) == [yes(1)]
    assert standing([yes(1), no, taken_back, taken_back], A) == []

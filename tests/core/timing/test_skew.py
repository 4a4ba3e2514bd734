"""How far the computer's clock is from the platforms'."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.timing.skew import Skew
from tests.core.kinds import NOON, same_each_time


def heard(*answers: tuple[str, int]) -> int:
    skew = Skew()
    for host, ahead in answers:
        skew.hear(host, NOON - timedelta(seconds=ahead), NOON)
    return skew.seconds(NOON)


def test_one_answer_or_two_say_nothing_yet() -> None:
    assert heard(("a", 600), ("a", 600)) == 0


def test_several_answers_tell_which_way_and_how_far() -> None:
    assert heard(("a", 600), ("b", 602), ("a", 601)) == 601
    assert heard(("a", -600), ("a", -600), ("a", -600)) == -600


def test_a_server_whose_own_clock_is_wrong_is_outvoted() -> None:
    assert heard(("a", 600), ("a", 600), ("a", 600), ("b", 1)) == 0
    assert heard(("a", 600), ("a", 600), ("a", 600), ("b", 1), ("c", 601)) != 0


def test_a_clock_that_was_set_right_is_believed_at_the_next_answer() -> None:
    assert heard(("a", 600), ("a", 600), ("a", 600), ("a", 0)) == 0


def test_what_was_heard_long_ago_says_nothing() -> None:
    skew = Skew()
    for _ in range(5):
        skew.hear("a", NOON - timedelta(minutes=9), NOON)
    assert skew.seconds(NOON) == 540
    assert skew.seconds(NOON + timedelta(hours=7)) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-120, 120)), max_size=30))
@same_each_time
def test_within_two_minutes_nobody_is_bothered(answers: list[tuple[str, int]]) -> None:
    assert heard(*answers) == 0

"""Which part is in turn, and what they make together."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.delivery.parts import PartState, delivery_status, next_part
from tests.core.kinds import NOON, moments, same_each_time

states = st.lists(
    st.tuples(st.sampled_from(("waiting", "published", "unknown", "held", "failed")), st.none() | moments),
    min_size=1,
    max_size=6,
).map(lambda some: [PartState(n, state, at) for n, (state, at) in enumerate(some)])


@given(states, st.booleans(), moments)
@same_each_time
def test_only_a_part_that_waits_and_is_ready_is_in_turn(
    parts: list[PartState], independent: bool, now: datetime
) -> None:
    turn = next_part(parts, independent, now)
    if turn is not None:
        assert turn.state == "waiting"
        assert turn.next_at is None or turn.next_at <= now


@given(states, moments)
@same_each_time
def test_in_a_thread_everything_before_the_part_in_turn_is_out(parts: list[PartState], now: datetime) -> None:
    turn = next_part(parts, False, now)
    if turn is not None:
        assert all(part.state == "published" for part in parts[: turn.number])


@given(states, moments)
@same_each_time
def test_among_recipients_one_that_failed_never_stops_the_next(parts: list[PartState], now: datetime) -> None:
    ready = [p for p in parts if p.state == "waiting" and (p.next_at is None or p.next_at <= now)]
    assert next_part(parts, True, now) == (ready[0] if ready else None)


@given(states, st.booleans(), moments)
@same_each_time
def test_all_out_is_published_and_nothing_else_is(parts: list[PartState], independent: bool, now: datetime) -> None:
    assert (delivery_status(parts, independent, now).state == "published") == all(p.state == "published" for p in parts)


@given(states, st.booleans(), moments)
@same_each_time
def test_what_can_still_be_done_is_found_again_by_the_clock(
    parts: list[PartState], independent: bool, now: datetime
) -> None:
    result = delivery_status(parts, independent, now)
    if result.state in ("waiting", "sending"):
        assert result.next_at is not None
    if next_part(parts, independent, now) is not None:
        assert result.state in ("waiting", "sending")


@given(states, moments)
@same_each_time
def test_among_recipients_what_is_unknown_is_not_hidden_by_what_failed(parts: list[PartState], now: datetime) -> None:
    kinds = {part.state for part in parts}
    if "unknown" in kinds and "waiting" not in kinds:
        assert delivery_status(parts, True, now).state == "unknown"


def test_a_thread_under_way_says_that_it_is_being_sent() -> None:
    parts = [PartState(0, "published"), PartState(1, "waiting", NOON)]
    assert (delivery_status(parts, False, NOON).state, delivery_status(parts, False, NOON).next_at) == ("sending", NOON)
    assert delivery_status([PartState(0, "waiting", NOON)], False, NOON).state == "waiting"

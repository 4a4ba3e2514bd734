"""An item's state follows from its deliveries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.delivery.lifecycle import DELIVERY_STATES, EDITABLE, ITEM_STATES, PARTLY, REASONS, item_state
from tests.core.kinds import same_each_time

some = st.lists(st.sampled_from(DELIVERY_STATES), max_size=6)


@given(some, st.sampled_from(ITEM_STATES))
@same_each_time
def test_it_is_always_a_state_and_never_depends_on_their_order(states: list[str], now: str) -> None:
    result = item_state(states, now)
    assert result in ITEM_STATES
    assert result == item_state(sorted(states), now)
    assert result == (now if not states else item_state(states, "draft"))


@given(some)
@same_each_time
def test_published_means_everything_that_was_not_cancelled_is_out(states: list[str]) -> None:
    left = [state for state in states if state != "cancelled"]
    assert (item_state(states, "draft") == "published") == bool(left and set(left) == {"published"})


@given(some)
@same_each_time
def test_nothing_that_is_out_or_may_be_can_be_edited(states: list[str]) -> None:
    if {"published", "sending", "unknown"} & set(states):
        assert item_state(states, "draft") not in EDITABLE


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["waiting", "waiting"], "scheduled"),
        (["waiting", "published"], "publishing"),
        (["published", "failed"], "partly_published"),
        (["held", "failed"], "held"),
        (["failed", "cancelled"], "failed"),
        (["cancelled"], "cancelled"),
        (["unknown", "published"], "publishing"),
        ([PARTLY], "partly_published"),
        ([PARTLY, "cancelled"], "partly_published"),
        ([PARTLY, "waiting"], "publishing"),
    ],
)
def test_what_stopped_and_what_goes_on(states: list[str], expected: str) -> None:
    assert item_state(states, "scheduled") == expected


def test_every_reason_is_a_sentence() -> None:
    assert all(words.endswith(".") and words[0].isupper() for words in REASONS.values())

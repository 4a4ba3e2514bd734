"""What follows from how much a network still allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commsched.core.platform.budget import LONGEST, Budget, Ledger

NOW = datetime(2026, 11, 26, 7, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("budget", "until"),
    [
        (Budget("posts", 100, 1, SOON), None),
        (Budget("posts", 100, 0, SOON), SOON),
        (Budget("posts", 100, -3, SOON), SOON),
        (Budget("posts", 100, 0, None), None),
        (Budget("posts", 100, 0, NOW), None),
        (Budget("reads", 100, 0, SOON), None),
        (Budget("posts", 100, 0, NOW + timedelta(days=400)), NOW + LONGEST),
    ],
)
def test_only_what_is_used_up_and_says_until_when_makes_anybody_wait(budget: Budget, until: datetime | None) -> None:
    assert budget.spent_until(NOW) == until


def test_a_channel_waits_for_the_allowance_that_lasts_longest_and_for_no_other_channels() -> None:
    ledger = Ledger()
    later = NOW + timedelta(hours=2)
    ledger.hear(1, [Budget("calls", 300, 0, SOON), Budget("posts", 50, 0, later), Budget("uploads", 9, 9, None)], NOW)
    assert ledger.spent_until(1, NOW) == later
    assert ledger.spent_until(2, NOW) is None
    ledger.hear(1, [Budget("posts", 50, 50, later)], NOW)
    assert ledger.spent_until(1, NOW) == SOON


def test_not_every_answer_is_written_down() -> None:
    ledger = Ledger()
    written = []
    for second in range(120):
        at = NOW + timedelta(seconds=second)
        ledger.hear(1, [Budget("calls", 300, 300 - second, SOON)], at)
        written += ledger.to_write(1, at)
    assert [each.budget.remaining for each in written] == [300, 240]
    assert ledger.to_write(1, NOW + timedelta(hours=1))[0].budget.remaining == 181
    assert ledger.to_write(1, NOW + timedelta(hours=2)) == [], "nothing new was heard"
    ledger.hear(1, [Budget("calls", 300, 0, SOON)], NOW + timedelta(hours=1, seconds=1))
    assert ledger.to_write(1, NOW + timedelta(hours=1, seconds=1)), "that it is used up is written down at once"


def test_what_was_said_once_of_next_year_is_not_believed_for_more_than_a_day() -> None:
    ledger = Ledger()
    ledger.hear(1, [Budget("uploads", 9, 0, NOW + timedelta(days=400))], NOW)
    assert ledger.spent_until(1, NOW + timedelta(hours=23)) == NOW + LONGEST
    assert ledger.spent_until(1, NOW + timedelta(hours=25)) is None, "nothing more was said of it"

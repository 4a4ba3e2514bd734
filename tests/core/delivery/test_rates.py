"""How fast a relay is fed: never faster than it takes, and the end that is foretold is the one that comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.delivery.rates import Limits, Usage, end, grant, slower, used

NOW = datetime(2026, 11, 30, 21, 5, tzinfo=UTC)
limits = st.builds(Limits, per_minute=st.integers(0, 90), per_day=st.integers(0, 400))


@given(limits, st.lists(st.tuples(st.floats(0, 9000), st.integers(1, 60)), max_size=40))
def test_no_minute_and_no_day_holds_more_than_it_may(limits: Limits, asked: list[tuple[float, int]]) -> None:
    now, usage, left = NOW, Usage(), []
    for wait, wanted in asked:
        now += timedelta(seconds=wait)
        given_ = grant(limits, usage, wanted, now)
        usage = given_.usage
        assert (given_.until is None) == (given_.count == wanted)
        left += [now] * given_.count
    for start in left:
        if limits.per_minute:
            assert sum(start <= at < start + timedelta(minutes=1) for at in left) <= limits.per_minute
        if limits.per_day:
            assert sum(start <= at < start + timedelta(days=1) for at in left) <= limits.per_day


@given(st.builds(Limits, per_minute=st.integers(1, 90), per_day=st.integers(50, 400)), st.integers(1, 300))
def test_the_end_that_is_foretold_is_the_one_that_comes(limits: Limits, count: int) -> None:
    foretold, now, usage, left = end(limits, Usage(), count, NOW), NOW, Usage(), count
    while left:
        step = grant(limits, usage, left, now)
        left, usage = left - step.count, step.usage
        if step.until is not None:
            assert step.until > now
            now = step.until
    assert foretold is not None
    assert abs(foretold - now) <= max(timedelta(seconds=90), (now - NOW) * 0.05)


def test_exchange_online_takes_thirty_a_minute_and_ten_thousand_a_day() -> None:
    limits = Limits(per_minute=30, per_day=10_000)
    assert grant(limits, Usage(), 100, NOW).count == 5
    finished = end(limits, Usage(), 300, NOW)
    assert finished is not None
    assert timedelta(minutes=10) < finished - NOW < timedelta(minutes=13)
    assert end(Limits(), Usage(), 300, NOW) is None
    assert used(Usage(hours={0: 9_000, int(NOW.timestamp()) // 3600: 7}), NOW) == 7


def test_a_domain_that_asks_for_patience_gets_less_each_time_and_never_nothing() -> None:
    paces = [0]
    for _ in range(6):
        paces.append(slower(paces[-1]))
    assert paces == [0, 10, 5, 2, 1, 1, 1]

"""When an embargo is over, and what is said of it until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.timing import embargo

END = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
seconds = st.floats(-1e6, 1e6)


@given(seconds)
def test_it_is_told_of_exactly_while_it_holds(offset: float) -> None:
    now = END + timedelta(seconds=offset)
    told = embargo.notice(END.isoformat(), "Europe/Stockholm", "sv", now)
    assert bool(told) == (now < END)
    assert embargo.is_over(END.isoformat(), now) == (now >= END)


@pytest.mark.parametrize("written", ["snart", "2026-12-01T09:00:00"])
def test_one_that_cannot_be_read_never_ends(written: str) -> None:
    assert not embargo.is_over(written, END + timedelta(days=9999))
    with pytest.raises(ValueError, match=r".+"):
        embargo.end_of(written)


def test_nothing_is_under_no_embargo() -> None:
    assert embargo.is_over("", END)
    assert embargo.notice("", "Europe/Stockholm", "sv", END) == ""
    assert embargo.end_of("") is None


def test_the_minute_that_is_told_is_never_before_the_second_that_is_meant() -> None:
    end = END + timedelta(seconds=26)
    told = embargo.notice(end.isoformat(), "Europe/Stockholm", "sv", END)
    assert told == "Embargo till tisdag 1 december kl. 10.01"

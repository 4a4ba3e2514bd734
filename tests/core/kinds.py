"""What the property tests draw from: moments, decisions, policies. The same examples in every run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from commsched.core.approval.rules import CastDecision, Policy, Step

same_each_time = settings(max_examples=150, derandomize=True, database=None, deadline=None)
NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)
A, B = "a" * 64, "b" * 64

moments = st.integers(-300, 300).map(lambda minutes: NOON + timedelta(minutes=minutes))
people = st.integers(1, 4)
steps = st.builds(Step, people=st.lists(people, max_size=3, unique=True), need=st.sampled_from(("any", "all")))
policies = st.builds(Policy, steps=st.lists(steps, max_size=3), own=st.booleans(), bypass=st.booleans())
decisions = st.lists(
    st.builds(
        CastDecision,
        hash=st.sampled_from((A, B)),
        person=people,
        at=moments,
        step=st.integers(0, 2),
        verdict=st.sampled_from(("approve", "approve", "approve", "changes", "withdraw", "bypass", "release")),
        window_start=st.none() | moments,
        window_end=st.none() | moments,
    ),
    max_size=8,
)

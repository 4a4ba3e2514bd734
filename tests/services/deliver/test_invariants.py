"""The design's invariants, tried together: Hypothesis chooses what people do, what fails and when the process dies.

The world looks at every attempt when it is committed and at everything readers see; see :mod:`tests.sims.world`.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from commsched.core.platform.contract import Part, Platform
from tests.sims.platform import LOOK_FAULTS, PREPARE_FAULTS, SEND_FAULTS
from tests.sims.walk import LISTS, SPANS, Walk
from tests.sims.world import FIRST, SECOND, TROUBLES, World
from tests.thoroughness import many

CHANNEL_SETS = [(1,), (2,), (3,), (4,), (1, 3), (1, 2, 3, 4)]


pytestmark = pytest.mark.usefixtures("worlds")


class Installation(RuleBasedStateMachine):
    """Everything that can happen to an office."""

    @initialize()
    def open(self) -> None:
        self.world = World()
        self.world.set_lanes("none", 3)
        self.planned: dict[str, list[str]] = {"send": [], "look": [], "prepare": []}
        self.world.wall.fault = self._fault

    def _fault(self, kind: str, platform: Platform, part: Part) -> str:
        return self.planned[kind].pop(0) if self.planned[kind] else ""

    def has_items(self) -> bool:
        return bool(self.world.items)

    def pick(self, which: int) -> int:
        return self.world.items[which % len(self.world.items)]

    @rule(
        place=st.sampled_from((1, 1, 2)),
        channels=st.sampled_from(CHANNEL_SETS),
        parts=st.integers(1, 3),
        minutes=st.sampled_from((0.1, 5.0)),
        picture=st.booleans(),
        embargo=st.sampled_from((None, 0.0, 1.0)),
        latest=st.sampled_from((None, 1.0)),
        own=st.sampled_from((None, -0.1, 3.0, 60.0 * 40)),
        yes=st.booleans(),
    )
    def write(
        self,
        place: int,
        channels: tuple[int, ...],
        parts: int,
        minutes: float,
        picture: bool,
        embargo: float | None,
        latest: float | None,
        own: float | None,
        yes: bool,
    ) -> None:
        self.world.create(place, channels, minutes, parts, picture, embargo, latest, own)
        for person in (FIRST, SECOND) if yes and self.world.items else ():
            self.world.say_yes(self.world.items[-1], person)

    @precondition(has_items)
    @rule(which=st.integers(0, 5), parts=st.integers(1, 2), only_time=st.booleans())
    def edit(self, which: int, parts: int, only_time: bool) -> None:
        self.world.edit(self.pick(which), parts, only_time=only_time)

    @precondition(has_items)
    @rule(which=st.integers(0, 5), person=st.sampled_from((FIRST, SECOND)))
    def say_yes(self, which: int, person: int) -> None:
        self.world.say_yes(self.pick(which), person)

    @precondition(has_items)
    @rule(which=st.integers(0, 5), changes=st.booleans())
    def take_back(self, which: int, changes: bool) -> None:
        self.world.take_back(self.pick(which), changes)

    @precondition(has_items)
    @rule(
        which=st.integers(0, 5),
        minutes=st.sampled_from((0.2, 5.0, 300.0, 2400.0)),
        again=st.booleans(),
        alone=st.booleans(),
    )
    def move(self, which: int, minutes: float, again: bool, alone: bool) -> None:
        self.world.move(self.pick(which), minutes, again, alone)

    @precondition(has_items)
    @rule(which=st.integers(0, 5), minutes=st.sampled_from((None, 0.2)))
    def schedule(self, which: int, minutes: float | None) -> None:
        self.world.submit(self.pick(which))
        self.world.schedule(self.pick(which), minutes)

    @precondition(has_items)
    @rule(which=st.integers(0, 5))
    def cancel(self, which: int) -> None:
        self.world.cancel(self.pick(which))

    @precondition(has_items)
    @rule(which=st.integers(0, 5))
    def tamper(self, which: int) -> None:
        self.world.tamper(self.pick(which))

    @rule()
    def pause(self) -> None:
        self.world.pause()

    @rule(missed=st.sampled_from(("hold", "send")))
    def resume(self, missed: str) -> None:
        self.world.resume(missed)  # type: ignore[arg-type]

    @rule(which=st.integers(0, 5))
    def decide(self, which: int) -> None:
        self.world.decide(which)

    @rule(which=st.integers(0, 5))
    def drop(self, which: int) -> None:
        self.world.drop(which)

    @rule()
    def backup(self) -> None:
        self.world.backup()

    @rule(which=st.integers(0, 2))
    def restore(self, which: int) -> None:
        self.world.restore(which)

    @rule(people=st.sampled_from(LISTS))
    def edit_the_list(self, people: tuple[str, ...]) -> None:
        self.world.set_list(people)

    @rule(seconds=st.sampled_from((*SPANS, -2, -600)))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.forward(seconds)

    @rule(fault=st.sampled_from(SEND_FAULTS), times=st.integers(1, 3))
    def sending_will_fail(self, fault: str, times: int) -> None:
        self.planned["send"] += [fault] * times

    @rule(look=st.sampled_from(LOOK_FAULTS), prepare=st.sampled_from(PREPARE_FAULTS))
    def other_calls_will_fail(self, look: str, prepare: str) -> None:
        self.planned["look"].append(look)
        self.planned["prepare"].append(prepare)

    @rule(trouble=st.sampled_from(TROUBLES))
    def the_disk_will_fail(self, trouble: str) -> None:
        self.world.trouble = trouble

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @rule()
    def mend(self) -> None:
        self.world.mend()

    @rule(turns=st.integers(1, 4))
    def turn(self, turns: int) -> None:
        for _ in range(turns):
            self.world.step()

    @rule(which=st.integers(0, 3))
    def call(self, which: int) -> None:
        self.world.call(which)

    @rule()
    def work(self) -> None:
        self.world.settle()

    @rule()
    def chores(self) -> None:
        self.world.chores()

    @invariant()
    def everything_is_as_it_must_be(self) -> None:
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.finish()


Installation.TestCase.settings = settings(
    max_examples=many(30, 100),
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestTheInvariantsHold = Installation.TestCase
SEEDS = [range(first, first + 10) for first in range(0, many(30, 100), 10)]


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda s: f"{s.start}-{s.stop - 1}")
def test_no_random_walk_breaks_them(seeds: range) -> None:
    """A sample; ``python -m tests.sims.walk --seeds 0-100000`` walks further."""
    for seed in seeds:
        try:
            Walk(seed).go(40)
        except AssertionError as error:
            raise AssertionError(f"python -m tests.sims.walk --seeds {seed}-{seed} --tell: {error}") from error


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda s: f"{s.start}-{s.stop - 1}")
def test_no_random_walk_of_two_dispatchers_breaks_them(seeds: range) -> None:
    """Two share the store; they freeze past their leases and wake, and die with calls under way."""
    for seed in seeds:
        try:
            Walk(seed, dispatchers=2).go(40)
        except AssertionError as error:
            told = f"python -m tests.sims.walk --dispatchers 2 --seeds {seed}-{seed} --tell: {error}"
            raise AssertionError(told) from error

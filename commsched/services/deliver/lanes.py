"""What one dispatcher has in memory of its channels: the deliveries in line, and the calls under way in their lanes.

A channel has as many lanes as calls may be open on it at once. A delivery has one call under way at a time, since its
next part may follow only what is confirmed; recipients follow nobody, so a list's delivery may fill every lane.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache

import msgspec
from msgspec.structs import replace

from commsched.core.platform.contract import Platform
from commsched.services.deliver._groups import is_grouped, next_size
from commsched.services.deliver.types import Call, Done, Job

ONE_LANE = 1
FIRST_GROUP = 10
"""How many recipients go together first, before it is known how fast the relay is."""


@cache
def _lanes(count: int) -> tuple[int, ...]:
    return tuple(range(count))


class ChannelTraits(msgspec.Struct, frozen=True):
    """What a dispatcher must know of a channel before it reads anything of its deliveries."""

    instant: bool = False
    """Its calls are made in the dispatcher's own thread."""
    is_list: bool = False
    lanes: int = ONE_LANE
    group: int = 1
    """How many recipients may go together in one lane."""

    @classmethod
    def of(cls, platform: Platform, has_hands: bool) -> ChannelTraits:
        """A channel on ``platform``. What is called one after the other needs no lanes but one."""
        instant = platform.instant or not has_hands
        return cls(instant, platform.independent_parts, ONE_LANE if instant else platform.lanes, platform.group)


class Lanes:
    """The lines and the calls of one dispatcher, by channel."""

    def __init__(self) -> None:
        self.traits: dict[int, ChannelTraits] = {}
        self.lines: dict[int, deque[Job]] = {}
        self.refill = False
        """A channel with several lanes has something in line again, which goes before further answers are looked at:
        otherwise its lanes would all have to be empty before one is filled."""
        self._calls: dict[int, dict[str, Call]] = {}
        self._sizes: dict[int, int] = {}
        """How many recipients go together next on each channel that is sent in groups."""

    # -- calls under way ---------------------------------------------------------------------------

    @property
    def busy(self) -> frozenset[int]:
        """The channels with a call under way, or with an answer that could not be recorded yet."""
        return frozenset(self._calls)

    @property
    def attempts(self) -> frozenset[str]:
        """The attempts whose answers are still to come, or to be recorded."""
        return frozenset(call.attempt for calls in self._calls.values() for call in calls.values() if call.attempt)

    def begin(self, calls: Iterable[Call]) -> None:
        for call in calls:
            self._calls.setdefault(call.job.channel, {})[call.token] = call

    def end(self, calls: Iterable[Call]) -> None:
        for call in calls:
            under_way = self._calls.get(call.job.channel, {})
            under_way.pop(call.token, None)
            if not under_way:
                self._calls.pop(call.job.channel, None)

    def free(self, channel: int, ended: Collection[str] = ()) -> tuple[int, ...]:
        """The lanes of ``channel`` without a call, once the calls with the tokens ``ended`` are recorded."""
        traits = self._traits(channel)
        lanes = _lanes(traits.lanes)
        calls = self._calls.get(channel)
        if not calls:
            return lanes
        taken = {call.lane // traits.group for token, call in calls.items() if token not in ended}
        return tuple(lane for lane in lanes if lane not in taken)

    def narrow(self, channel: int, lanes: int) -> None:
        """The channel's own settings allow ``lanes``."""
        traits = self._traits(channel)
        if not traits.instant:
            self.traits[channel] = replace(traits, lanes=lanes)

    def heed(self, group: Sequence[Done]) -> None:
        """Learn from how far ``group`` came how many may go together next."""
        channel = group[0].call.job.channel
        most = self._traits(channel).group
        if most > 1 and is_grouped(group[0].call):
            self._sizes[channel] = next_size(self._size(channel), group, most)

    def _size(self, channel: int) -> int:
        return self._sizes.get(channel, min(FIRST_GROUP, self._traits(channel).group))

    def _traits(self, channel: int) -> ChannelTraits:
        return self.traits.get(channel, ChannelTraits())

    def is_instant(self, channel: int) -> bool:
        return self._traits(channel).instant

    def is_grouped(self, channel: int) -> bool:
        """Whether it is a list whose recipients go in groups."""
        return self._traits(channel).is_list and self._traits(channel).group > 1

    # -- deliveries in line ------------------------------------------------------------------------

    def waits(self, has_room: bool) -> bool:
        """Whether anything in line could begin now. ``has_room``: a call that takes time could be made."""
        return any(
            line and (has_room or self.is_instant(channel)) and self.free(channel)
            for channel, line in self.lines.items()
        )

    def line_up(self, due: Iterable[tuple[int, int]], is_left_alone: Callable[[int, int], bool]) -> None:
        """Draw the lines up anew with what is ``due`` (deliveries and their channels, the first in line first).

        The line of a channel with a call under way stays as it is, and is drawn up when it is empty and a lane free.
        """
        kept = {channel: line for channel, line in self.lines.items() if channel in self._calls and line}
        self.lines = dict(kept)
        for delivery, channel in due:
            if channel not in kept and not is_left_alone(delivery, channel) and self._may_line_up(delivery, channel):
                self.lines.setdefault(channel, deque()).append(Job(delivery, channel))

    def _may_line_up(self, delivery: int, channel: int) -> bool:
        calls = self._calls.get(channel)
        return not calls or (bool(self.free(channel)) and all(call.job.delivery != delivery for call in calls.values()))

    def put_back(self, job: Job) -> None:
        """Let ``job`` be the first in its line, once."""
        line = self.lines.setdefault(job.channel, deque())
        if all(other.delivery != job.delivery for other in line):
            line.appendleft(job)
        self.refill = self.refill or self._traits(job.channel).lanes > ONE_LANE

    def next_jobs(self, ended: Sequence[Done], room: int, most: int) -> list[Job]:
        """The next in every line with a free lane, each with the lanes that it may fill: no more than can be called at
        once (``room``), since a committed attempt never queues. A line that has had its turn goes last, so that many
        channels share a batch fairly. ``ended`` are recorded in the same transaction."""
        self.refill = False
        tokens = {done.call.token for done in ended}
        jobs: list[Job] = []
        for channel in list(self.lines):
            if len(jobs) >= most:
                break
            lanes = self.free(channel, tokens)
            if not self.is_instant(channel):
                lanes = lanes[: max(room, 0)]
            if not lanes:
                continue
            line = self.lines.pop(channel)
            taken = self._take(line, channel, lanes, tokens)
            room -= 0 if self.is_instant(channel) else sum(len(job.lanes) for job in taken)
            jobs += taken
            if line:
                self.lines[channel] = line
        return jobs

    def fill(self, job: Job, ended: Sequence[Done], room: int) -> bool:
        """Give ``job``, a list's, every lane that is free once ``ended`` are recorded, as far as calls can be made at
        once (``room``). Returns whether there is one."""
        free = self.free(job.channel, {done.call.token for done in ended})
        job.lanes, job.group = free[: max(room, 0)], self._size(job.channel)
        return bool(job.lanes)

    def _take(self, line: deque[Job], channel: int, lanes: tuple[int, ...], ended: Collection[str]) -> list[Job]:
        """What is first in ``line``: for each lane a delivery, or one to a list for all of them."""
        jobs: list[Job] = []
        under_way = [call for token, call in self._calls.get(channel, {}).items() if token not in ended]
        is_list = self._traits(channel).is_list
        while line and lanes:
            job = line.popleft()
            mine = [call for call in under_way if call.job.delivery == job.delivery]
            if any(not is_list or call.kind != "send" for call in mine):
                continue  # it comes back into the line with the answer
            job.lanes, lanes = (lanes, ()) if is_list else (lanes[:1], lanes[1:])
            job.group = self._size(channel)
            jobs.append(job)
        return jobs

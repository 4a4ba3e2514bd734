"""When an item goes out, channel by channel.

An item has one time. Each of its channels may have a time of its own, kept as the item's is: the moment, its latest
moment, and the wall time and zone that a person meant, so that a change of the clocks is found out in the same way.
A channel goes out at its own time, or, where it has none, at the item's: :meth:`Plan.of` is the one place that says so.

- *Latest.* A channel's own time has a latest time of its own. Where nobody says which, it is as long after its time as
  the item's latest is after the item's.
- *Moved together.* Moving the item moves every channel that is not out: those without a time of their own follow, and
  the others keep their distance in wall time (three hours after the rest at noon, whatever the clocks do in between).
- *Moved alone.* Moving a channel gives it a time of its own; the others stay. Moved back onto the item's time, it
  follows the item again.
- *Approved.* Times are not part of the hash, but a yes covers a window of time. It reaches from before the first time
  to after the last, and every channel that is not out yet must lie in it, or the yes is asked for anew.
- *Out.* What a channel has published, or may have, keeps the time that it had.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from commsched.core.timing.wall_time import Moment, wall_to_utc, zone_of


class Slot(msgspec.Struct, frozen=True):
    """A time to go out: the moment, the last moment at which it still may, and what the clock of ``zone`` shows."""

    at: datetime
    latest: datetime
    wall: str
    """``2026-11-26T07:30``."""
    zone: str


class Plan(msgspec.Struct, frozen=True):
    """The times of an item: its own, and those of its ``channels`` that differ."""

    item: Slot | None
    own: Mapping[int, Slot] = {}
    channels: tuple[int, ...] = ()

    def of(self, channel: int) -> Slot | None:
        """When ``channel`` goes out; ``None`` where no time is set yet."""
        return self.own.get(channel, self.item)

    @property
    def slots(self) -> dict[int, Slot]:
        """Each channel's time, of those that have one."""
        return {channel: slot for channel in self.channels if (slot := self.of(channel)) is not None}

    @property
    def times(self) -> list[Slot]:
        """The times at which something goes out, in order, each moment once; the item's where it has no channel."""
        slots = {slot.at: slot for slot in self.slots.values()} or ({self.item.at: self.item} if self.item else {})
        return [slots[at] for at in sorted(slots)]

    @property
    def first(self) -> datetime | None:
        return self.times[0].at if self.times else None

    @property
    def last(self) -> datetime | None:
        return self.times[-1].at if self.times else None

    @property
    def followers(self) -> tuple[int, ...]:
        """The channels that go out at the item's time."""
        return tuple(channel for channel in self.channels if channel not in self.own)

    def narrowed(self, channels: Collection[int]) -> Plan:
        """The same times, for some of the channels."""
        return Plan(self.item, self.own, tuple(channel for channel in self.channels if channel in channels))

    def groups(self) -> list[tuple[Slot, tuple[int, ...]]]:
        """The channels that go out together, in the order of their times. A time that is the item's comes apart from
        the same time set for a channel alone only where their latest times differ."""
        groups: dict[Slot, list[int]] = {}
        for channel, slot in self.slots.items():
            groups.setdefault(slot, []).append(channel)
        return [(slot, tuple(groups[slot])) for slot in sorted(groups, key=lambda slot: (slot.at, slot.latest))]


NOTHING: Final = Plan(None)


def moved_to(slot: Slot, moment: Moment) -> Slot:
    """``slot`` at another moment; it may be as late there as it was allowed to be before."""
    return Slot(moment.at, moment.at + (slot.latest - slot.at), moment.wall, moment.zone)


def moved_along(slot: Slot, before: Slot, after: Moment) -> Slot:
    """A channel's own time, after the item was moved from ``before`` to ``after``: as far from it on the clock as it
    was. Raises ``Gap`` and ``Fold`` where the clocks change just then; two in one fold are in the same half of it.
    """
    zone = zone_of(after.zone)
    distance = _wall(slot) - _wall(before)
    wall = _wall(after) + distance
    at = wall_to_utc(wall, zone, _fold(after) if abs(distance) < timedelta(hours=1) else None)
    return moved_to(slot, Moment(at, f"{wall:%Y-%m-%dT%H:%M}", after.zone))


def _wall(time: Slot | Moment) -> datetime:
    """Its wall time to the second: what a person meant has minutes only, what a program sent has seconds too."""
    return datetime.fromisoformat(time.wall) + (time.at - time.at.replace(second=0, microsecond=0))


def _fold(moment: Moment) -> int | None:
    """Which of the two times that a clock shows in one night ``moment`` is; ``None`` where it shows it once."""
    local = moment.at.astimezone(zone_of(moment.zone))
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return local.fold if twice else None

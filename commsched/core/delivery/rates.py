"""How many messages a relay may be handed now, and when all of them will have gone. Pure.

In no minute more than ``per_minute`` leave and in no 24 hours more than ``per_day``, whatever has been before: so
neither limit of a provider is reached. A minute is a bucket that fills steadily; of a day, whole hours are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

HOURS: Final = 25
"""Whole hours that are looked back on: any 24 hours lie within them."""
LONGEST: Final = timedelta(days=60)
"""An end that is further away is not foretold."""
SLOWEST, STEADY = 1, 10
"""Messages a minute to a domain that asks for patience: at the least, and where nothing was asked of it before."""
SLOW_FOR: Final = timedelta(minutes=15)
"""How long after its last such word a domain is written to slowly."""
MANY: Final = 2**31
"""More than anybody sends."""
_HOUR: Final = timedelta(hours=1)


class Limits(msgspec.Struct, frozen=True):
    """What a relay takes at most; 0: as many as there are."""

    per_minute: int = 0
    per_day: int = 0
    connections: int = 0

    @property
    def counted(self) -> bool:
        """Whether what leaves must be counted at all."""
        return bool(self.per_minute or self.per_day)


class Usage(msgspec.Struct, frozen=True):
    """What has left: the messages that may go at once as of ``at`` (``None``: the bucket is full), and how many were
    let go by the whole hour since 1970."""

    tokens: float = 0.0
    at: datetime | None = None
    hours: Mapping[int, int] = msgspec.field(default_factory=dict)


class Grant(msgspec.Struct, frozen=True):
    """``count`` messages may go now, which leads to ``usage``. Where they are fewer than asked for, ``until`` is when
    the next may."""

    count: int
    usage: Usage
    until: datetime | None = None


def grant(limits: Limits, usage: Usage, wanted: int, now: datetime) -> Grant:
    """How many of ``wanted`` messages may go ``now``."""
    tokens, hours = _tokens(limits, usage, now), _recent(usage, now)
    room = _room(limits, hours)
    count = max(0, min(wanted, int(tokens), room))
    hour = _hour(now)
    if count:
        hours = hours | {hour: hours.get(hour, 0) + count}
    after = Usage(tokens - count if limits.per_minute else 0.0, now, hours)
    until = None if count == wanted else _until(limits, after, now)
    return Grant(count, after, until)


def slower(pace: int) -> int:
    """Messages a minute to a domain that asks for patience, from what it was (0: as many as there were)."""
    return max(SLOWEST, pace // 2) if pace else STEADY


def used(usage: Usage, now: datetime) -> int:
    """How many messages have left of late, of what a day allows."""
    return sum(_recent(usage, now).values())


def end(limits: Limits, usage: Usage, left: int, now: datetime) -> datetime | None:
    """When ``left`` messages will have gone, if they go as fast as they may; ``None`` where nothing limits them, or
    that lies too far off to be foretold."""
    if not limits.counted:
        return None
    hours, at, tokens = dict(_recent(usage, now)), now, _tokens(limits, usage, now)
    while left > 0 and at - now < LONGEST:
        close = _start(_hour(at) + 1)
        seconds = (close - at).total_seconds()
        pace = _pace(limits)
        room = _room(limits, _recent(Usage(hours=hours), at))
        count = min(left, room, int(tokens + pace * seconds) if pace else left)
        if count == left:
            return at + timedelta(seconds=max(0.0, count - tokens) / pace if pace else 0.0)
        hours[_hour(at)] = hours.get(_hour(at), 0) + count
        left, at, tokens = left - count, close, 0.0
    return at if left <= 0 else None


def _burst(per_minute: int) -> int:
    return max(1, per_minute // 6)


def _pace(limits: Limits) -> float:
    """Messages a second by which the bucket fills: what a full one and a minute of filling give is ``per_minute``."""
    return (limits.per_minute - _burst(limits.per_minute) + 1) / 60 if limits.per_minute else 0.0


def _tokens(limits: Limits, usage: Usage, now: datetime) -> float:
    if not limits.per_minute:
        return float(MANY)
    full = float(_burst(limits.per_minute))
    if usage.at is None:
        return full
    since = max(0.0, (now - usage.at).total_seconds())  # a clock that was set back fills nothing
    return min(full, usage.tokens + since * _pace(limits))


def _recent(usage: Usage, now: datetime) -> dict[int, int]:
    """The hours that count; one of the future too, after a clock was set back."""
    oldest = _hour(now) - HOURS + 1
    return {hour: count for hour, count in usage.hours.items() if hour >= oldest}


def _room(limits: Limits, hours: Mapping[int, int]) -> int:
    return max(0, limits.per_day - sum(hours.values())) if limits.per_day else MANY


def _until(limits: Limits, usage: Usage, now: datetime) -> datetime:
    """When the next message may go."""
    moments = [now + timedelta(milliseconds=10)]
    if limits.per_minute and usage.tokens < 1:
        moments.append(now + timedelta(seconds=(1 - usage.tokens) / _pace(limits), microseconds=1))
    if _room(limits, usage.hours) == 0:
        moments.append(_start(min(usage.hours) + HOURS) if usage.hours else now + _HOUR)
    return max(moments)


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def _start(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)

"""What all processes know together of relays: that one does not let us in, how much has left by it, which recipients'
domains ask for patience.

A dispatcher asks within the transaction that commits attempts, and never waits for a row: a relay that another process
is counting at this very moment lets nothing go, and is asked again at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from commsched.core.delivery.rates import SLOW_FOR, Grant, Limits, Usage, grant, slower
from commsched.store.fast import FastRead
from commsched.store.models import Base, Channel, Delivery, RelayState
from commsched.store.types import to_micros

DEFAULT: Final = 1
"""The number of the installation's relay, also where a settings file names it."""
PROBE: Final = timedelta(seconds=60)
"""How often one message tries whether a relay that refused us lets us in again."""
BUSY: Final = timedelta(milliseconds=100)
"""When a relay is asked again that another process was counting."""
MOST_SAID: Final = 500
_PATIENCE: Final = re.compile(r"421\b|4\d\d[ -]4\.7\.|45[02][ -]4\.(?:3\.2|4\.5)\b")
"""How a server asks for patience: too much, too fast, or greylisted (RFC 3463, 4.7.x)."""
_state: Final = Base.metadata.tables[RelayState.__tablename__]
_delivery: Final = Base.metadata.tables[Delivery.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]


_KNOWN: Final = FastRead(
    select(_state.c.relay).where(or_(_state.c.trouble != "", _state.c.slow_until > bindparam("now"))).limit(1)
)
"""Whether there is anything to know: nearly always there is not."""


class Taken(msgspec.Struct, frozen=True):
    """Which of the messages asked about may go now, by their place. ``until`` is when the next may by this relay, where
    not all do; ``waits`` when those may whose domain takes few."""

    places: tuple[int, ...]
    until: datetime | None = None
    waits: Mapping[int, datetime] = {}


@lru_cache(maxsize=1000)
def relay_of(settings: str) -> int:
    """The relay that a channel's settings (as JSON) choose."""
    chosen = str(msgspec.json.decode(settings).get("relay") or "")
    return int(chosen) if chosen.isdecimal() and len(chosen) < 16 else DEFAULT


def domain_of(address: str) -> str:
    """The domain of a recipient, in the form it is counted by."""
    return address.rpartition("@")[2].strip().lower()[:255]


def asks_patience(detail: str) -> bool:
    """Whether a server's refusal says that it was asked too much of."""
    return _PATIENCE.match(detail) is not None


class RelayStates(msgspec.Struct):
    """The relays as one transaction sees them."""

    connection: Connection
    now: datetime
    _read: dict[tuple[int, str], Row[tuple[object, ...]]] | None = None

    def _known(self) -> dict[tuple[int, str], Row[tuple[object, ...]]]:
        """Of every relay in trouble and every slow domain what is known. They are few."""
        if self._read is None and not _KNOWN.all(self.connection, {"now": to_micros(self.now)}):
            self._read = {}
        if self._read is None:
            wanted = select(_state).where(or_(_state.c.trouble != "", _state.c.slow_until > self.now))
            self._read = {(row.relay, row.domain): row for row in self.connection.execute(wanted)}
        return self._read

    def rests_until(self, relay: int) -> datetime | None:
        """Until when nothing goes by a relay, since it does not let us in; ``None`` where something may."""
        row = self._known().get((relay, ""))
        return row.probe_at if row is not None and row.trouble and row.probe_at > self.now else None

    def is_in_trouble(self, relay: int) -> bool:
        row = self._known().get((relay, ""))
        return row is not None and bool(row.trouble)

    def has_slow_domains(self, relay: int) -> bool:
        return any(number == relay and domain for number, domain in self._known())

    def may_probe(self, relay: int) -> bool:
        """Whether one message may try a relay in trouble now: of all processes one finds that it may."""
        row = self._locked(relay)
        if row is None or not row.trouble or row.probe_at > self.now:
            return False
        self._write(relay, "", probe_at=self.now + PROBE)
        self._read = None
        return True

    def refused(self, relay: int, detail: str) -> bool:
        """A relay does not let us in. Returns whether that is news."""
        row = self._locked(relay)
        if row is None and not self._added(relay, ""):
            return False  # somebody else writes the same down at this moment
        values: dict[str, object] = {"probe_at": self.now + PROBE}
        is_news = row is None or not row.trouble
        if is_news:
            values |= {"trouble": detail[:MOST_SAID] or "?", "trouble_at": self.now}
        self._write(relay, "", **values)
        self._read = None
        return is_news

    def lets_in(self, relay: int) -> bool:
        """A relay in trouble took a message: whatever waits for it may go. Returns whether that is news."""
        if not self.is_in_trouble(relay) or self._locked(relay) is None:
            return False
        settle(self.connection, relay, self.now)
        self._read = None
        return True

    def take(self, relay: int, limits: Limits, asked: Sequence[tuple[str, bool]]) -> Taken:
        """Let messages go, as many as may now. Each is asked about by its recipient's domain, and whether it has waited
        already: then its turn has come. Others to a domain that asks for patience get a turn each, one after the
        other."""
        waits: dict[int, datetime] = {}
        for place, (domain, has_waited) in enumerate(asked):
            turn = self._turn(relay, domain) if domain and not has_waited else None
            if turn is not None and turn > self.now:
                waits[place] = turn
        places = [place for place in range(len(asked)) if place not in waits]
        if not limits.counted or not places:
            return Taken(tuple(places), None, waits)
        step = self._granted(relay, limits, len(places))
        if step is None:
            return Taken((), self.now + BUSY, waits)
        return Taken(tuple(places[: step.count]), step.until, waits)

    def _turn(self, relay: int, domain: str) -> datetime | None:
        """The next turn of a slow domain, which is taken by this; ``None`` where it is not slow."""
        if (relay, domain) not in self._known():
            return None
        row = self._locked(relay, domain)
        if row is None:
            return self.now + BUSY
        turn: datetime = max(self.now, (row.at or self.now) + timedelta(seconds=60 / max(row.pace, 1)))
        self._write(relay, domain, at=turn)
        end: datetime = row.slow_until
        return min(turn, end)

    def slow_down(self, relay: int, domain: str) -> None:
        """A domain asks for patience: for a while it gets fewer messages a minute."""
        row = self._locked(relay, domain)
        if row is None and not self._added(relay, domain):
            return
        pace = row.pace if row is not None and row.slow_until is not None and row.slow_until > self.now else 0
        self._write(relay, domain, pace=slower(pace), slow_until=self.now + SLOW_FOR, at=self.now)
        self._read = None

    def _granted(self, relay: int, limits: Limits, wanted: int) -> Grant | None:
        row = self._locked(relay)
        if row is None and not self._added(relay, ""):
            return None
        step = grant(limits, usage_of(row), wanted, self.now)
        if step.count:
            hours = {str(hour): count for hour, count in step.usage.hours.items()}
            self._write(relay, "", tokens=step.usage.tokens, at=step.usage.at, hours=hours)
        return step

    def _locked(self, relay: int, domain: str = "") -> Row[tuple[object, ...]] | None:
        """The row as it is now, locked; none where there is none, or another process holds it."""
        wanted = select(_state).where(_state.c.relay == relay, _state.c.domain == domain)
        return self.connection.execute(wanted.with_for_update(skip_locked=True)).first()

    def _added(self, relay: int, domain: str) -> bool:
        """Whether a row was added: not where there is one that another process holds."""
        empty = {"tokens": 0.0, "hours": {}, "pace": 0, "trouble": ""}
        exists = select(_state.c.relay).where(_state.c.relay == relay, _state.c.domain == domain)
        if self.connection.execute(exists).first() is not None:
            return False
        self.connection.execute(insert(_state).values(relay=relay, domain=domain, **empty))
        return True

    def _write(self, relay: int, domain: str, **values: object) -> None:
        about = (_state.c.relay == relay, _state.c.domain == domain)
        self.connection.execute(update(_state).where(*about).values(**values))


def usage_of(row: Row[tuple[object, ...]] | RelayState | None) -> Usage:
    """What has left by a relay."""
    if row is None:
        return Usage()
    return Usage(row.tokens, row.at, {int(hour): int(count) for hour, count in row.hours.items()})


def settle(connection: Connection, relay: int, now: datetime) -> None:
    """A relay lets us in, or is another from now on: what waits for it is due at once. Rows that somebody is at work on
    are found by themselves within :data:`PROBE`."""
    connection.execute(
        update(_state)
        .where(_state.c.relay == relay, _state.c.domain == "")
        .values(trouble="", trouble_at=None, probe_at=None)
    )
    waiting = select(_delivery.c.id, _channel.c.settings).join(_channel, _channel.c.id == _delivery.c.channel_id)
    waiting = waiting.where(_delivery.c.reason == "relay", _delivery.c.state.in_(("waiting", "sending")))
    locking = waiting.where(_delivery.c.next_at.is_not(None)).with_for_update(of=_delivery, skip_locked=True)
    rows = connection.execute(locking).all()
    due = [number for number, settings in rows if relay_of(_text(settings)) == relay]
    if due:
        connection.execute(update(_delivery).where(_delivery.c.id.in_(due)).values(next_at=now))


def _text(settings: object) -> str:
    return settings if isinstance(settings, str) else msgspec.json.encode(settings).decode()

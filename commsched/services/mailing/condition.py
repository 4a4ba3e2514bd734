"""How relays are doing: when one last sent, what it has sent of what it may, what troubles it; when a mailing ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from commsched.core.delivery.rates import Limits, Usage, end
from commsched.services.kernel.context import Installation
from commsched.services.mailing.states import DEFAULT
from commsched.store.models import Attempt, Channel, MailServer, RelayState
from commsched.store.session import EVERY_WORKSPACE

DAY: Final = timedelta(hours=24)


class Condition(msgspec.Struct, frozen=True):
    """How one relay is doing."""

    last_sent: datetime | None = None
    """When a recipient of a list last got something through it."""
    today: int = 0
    """Recipients in the last 24 hours."""
    per_day: int = 0
    """Of how many; 0: as many as there are."""
    trouble: str = ""
    since: datetime | None = None
    slow_domains: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    """The office's lists that send through it."""


def of_office(installation: Installation, workspace: int) -> dict[int, Condition]:
    """The condition of every relay that the office sends through, by its number; in four statements."""
    lists = _lists(installation, workspace)
    states = _states(installation, {*lists, DEFAULT})
    channels = {channel: relay for relay, named in lists.items() for channel, _ in named}
    sent = _sent(installation, channels)
    limits = _limits(installation)
    return {
        relay: Condition(
            *sent.get(relay, (None, 0)),
            per_day=limits.get(relay, 0),
            trouble=state.trouble if (state := states.get((relay, ""))) is not None else "",
            since=state.trouble_at if state is not None else None,
            slow_domains=_slow(states, relay, installation.now()),
            lists=tuple(name for _, name in lists.get(relay, [])),
        )
        for relay in {*lists, *limits, DEFAULT}
    }


class Trouble(msgspec.Struct, frozen=True):
    """A relay that lets nobody in. ``name`` is empty for one that nobody named."""

    relay: int
    name: str
    since: datetime | None


def in_trouble(session: Session, workspace: int) -> list[Trouble]:
    """The relays that the office sends through and that let nobody in."""
    wanted = (
        select(RelayState.relay, RelayState.trouble_at, MailServer.name, MailServer.host)
        .outerjoin(MailServer, MailServer.id == RelayState.relay)
        .where(RelayState.trouble != "", RelayState.domain == "")
        .where(MailServer.workspace_id.is_(None) | (MailServer.workspace_id == int(workspace)))
        .order_by(RelayState.relay)
    )
    return [Trouble(row[0], row[2] or row[3] or "", row[1]) for row in session.execute(wanted)]


def estimate(connection: Connection, limits: Limits, relay: int, left: int, now: datetime) -> datetime | None:
    """When ``left`` messages will have gone by ``relay``, at its rates and after what has gone by it already; ``None``
    where nothing limits it. What other lists wait to send through it is to be counted in by whoever asks."""
    wanted = select(RelayState.tokens, RelayState.at, RelayState.hours)
    row = connection.execute(wanted.where(RelayState.relay == relay, RelayState.domain == "")).first()
    usage = Usage(row[0], row[1], {int(hour): int(count) for hour, count in row[2].items()}) if row else Usage()
    return end(limits, usage, left, now)


def _lists(installation: Installation, workspace: int) -> dict[int, list[tuple[int, str]]]:
    """The office's lists by their relay."""
    with installation.store.read(workspace) as session:
        rows = list(session.scalars(select(Channel).where(Channel.platform == "presslist").order_by(Channel.name)))
    lists: dict[int, list[tuple[int, str]]] = {}
    for row in rows:
        if row.state != "archived":
            chosen = str(row.settings.get("relay") or "")
            lists.setdefault(int(chosen) if chosen.isdecimal() else DEFAULT, []).append((row.id, row.name))
    return lists


def _states(installation: Installation, relays: set[int]) -> dict[tuple[int, str], RelayState]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.scalars(select(RelayState).where(RelayState.relay.in_(relays)))
        return {(row.relay, row.domain): row for row in rows}


def _slow(states: Mapping[tuple[int, str], RelayState], relay: int, now: datetime) -> tuple[str, ...]:
    slow = [key[1] for key, row in states.items() if key[0] == relay and key[1] and (row.slow_until or now) > now]
    return tuple(sorted(slow)[:5])


def _limits(installation: Installation) -> dict[int, int]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(select(MailServer.id, MailServer.per_day).where(MailServer.host != ""))
        return {row[0]: row[1] for row in rows}


def _sent(installation: Installation, channels: Mapping[int, int]) -> dict[int, tuple[datetime | None, int]]:
    """When each relay last took something for the office's lists, and how many recipients in the last day."""
    if not channels:
        return {}
    since = installation.now() - DAY
    recent = func.count().filter(Attempt.finished_at > since)
    wanted = select(Attempt.channel_id, func.max(Attempt.finished_at), recent)
    wanted = wanted.where(Attempt.channel_id.in_(channels), Attempt.outcome == "published")
    sent: dict[int, tuple[datetime | None, int]] = {}
    with installation.store.read(EVERY_WORKSPACE) as session:
        for channel, last, count in session.execute(wanted.group_by(Attempt.channel_id)):
            before, so_far = sent.get(channels[channel], (None, 0))
            sent[channels[channel]] = (max(filter(None, (before, last)), default=None), so_far + count)
    return sent

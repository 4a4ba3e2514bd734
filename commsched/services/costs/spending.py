"""What a channel has cost in a month: counted from what was really sent, part by part.

An attempt is written down with its price before the call, and counts from then on: a call that is open, or whose answer
was lost, may have been charged for. Only proof that nothing was sent takes it out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from commsched.core.delivery.spending import Spending, month_of
from commsched.core.platform.contract import Part, Platform
from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, Channel, Workspace

_CHARGED: Final = ("", "published", "unknown")
"""Outcomes of attempts that were charged for, or may have been."""


class Month(msgspec.Struct, frozen=True):
    """The month of ``moment`` by the clocks of ``zone``, for one channel."""

    connection: Connection | Session
    channel: int
    moment: datetime
    zone: str

    def spent(self) -> int:
        """What the channel has cost in it, in thousandths of a US dollar.

        Whoever decides by it holds the channel's lease, so that nobody begins another attempt meanwhile.
        """
        start, end = month_of(self.moment, self.zone)
        total = select(func.coalesce(func.sum(Attempt.cost), 0)).where(
            Attempt.channel_id == self.channel,
            Attempt.cost > 0,
            Attempt.started_at >= start,
            Attempt.started_at < end,
            Attempt.outcome.in_(_CHARGED),
        )
        return int(self.connection.execute(total).scalar_one())

    def is_over(self, platform: Platform, settings: str, parts: Sequence[Part], begun: int) -> bool:
        """Whether ``parts`` would cost more than is left of what a channel with ``settings`` (JSON) may cost, where
        attempts that are written down in this transaction cost ``begun``."""
        ceiling = platform.ceiling(msgspec.json.decode(settings))
        price = sum(map(platform.price, parts))
        return ceiling is not None and Spending(self.spent() + begun, ceiling).exceeds(price)


def of_channel(installation: Installation, channel: Channel) -> Spending | None:
    """How a channel stands to its ceiling this month; ``None`` where it has none. Asks nothing of those."""
    platform = installation.platform(channel.platform)
    if not platform.charges or platform.ceiling(channel.settings) is None:
        return None
    with installation.store.read(channel.workspace_id) as session:
        zone = session.get_one(Workspace, channel.workspace_id).zone
        return spending(session, platform, channel, installation.now(), zone)


def spending(session: Session, platform: Platform, channel: Channel, moment: datetime, zone: str) -> Spending | None:
    """How a channel stands to its ceiling in the month of ``moment``; ``None`` where it has none."""
    ceiling = platform.ceiling(channel.settings) if platform.charges else None
    return None if ceiling is None else Spending(Month(session, channel.id, moment, zone).spent(), ceiling)

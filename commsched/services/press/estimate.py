"""When a mailing will be done: by its pace so far, and no sooner than its mail server's allowance lets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.services.kernel.context import Installation
from commsched.services.mailing import condition, states
from commsched.services.press.sums import Mailing
from commsched.store.models import Channel


def ends_at(
    installation: Installation, session: Session, mailings: Sequence[Mailing], now: datetime
) -> datetime | None:
    """When the last of ``mailings`` is done; ``None`` where nothing goes, or nothing tells."""
    by_pace = [each.ends_at(now) for each in mailings]
    return max(filter(None, (*by_pace, *_by_allowance(installation, session, mailings, now))), default=None)


def _by_allowance(
    installation: Installation, session: Session, mailings: Sequence[Mailing], now: datetime
) -> list[datetime | None]:
    """When each mail server will have taken all that waits for it."""
    waiting = Counter({each.channel: each.sums.waiting for each in mailings if each.going})
    if not waiting:
        return []
    lists = session.execute(select(Channel.id, Channel.settings).where(Channel.id.in_(waiting))).all()
    left: Counter[int] = Counter()
    for channel, settings in lists:
        left[states.relay_of(msgspec.json.encode(settings).decode())] += waiting[channel]
    connection = session.connection()
    return [
        condition.estimate(connection, installation.limits_of(relay), relay, count, now)
        for relay, count in left.items()
    ]

"""Recent posts of the same account, so that reading back does not take another part's post for this one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, or_, select

from commsched.store.models import Channel, Delivery, Part

MARGIN: Final = timedelta(hours=1)
"""How long before the lost call the reading may reach, for clocks that differ."""

_mine: Final = Channel.__table__.alias()  # an alias of the class would have all classes configured at import
_SAME_ACCOUNT: Final = and_(
    _mine.c.platform == Channel.platform,
    _mine.c.account == Channel.account,
    _mine.c.account_url == Channel.account_url,
)


def others(connection: Connection, channel: int, since: datetime) -> frozenset[str]:
    """The ids and addresses of what ``channel``'s account has published since ``since``, also through another channel
    or another office: a server knows one account, whoever writes in its name."""
    found = connection.execute(
        select(Part.remote_id, Part.url)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(_mine, _SAME_ACCOUNT)
        .where(_mine.c.id == channel, Part.finished_at >= since - MARGIN, Part.role != "recipient")
        .where(or_(Part.remote_id != "", Part.url != ""))
    )
    return frozenset(name for row in found for name in row if name)

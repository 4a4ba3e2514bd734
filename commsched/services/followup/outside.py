"""What an account of ours has published by another way than this, for the calendar to show grey.

A post that this program has published, through any channel to the same account, is known by its id or its address and
is none of these. While it is not known whether something went out, nothing is called another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import CannotTell
from commsched.core.platform.figures import Publication
from commsched.core.text.clean import clean
from commsched.services.deliver.snapshots import published_since
from commsched.services.followup import turns
from commsched.services.followup.replies import moment
from commsched.services.kernel.context import Installation
from commsched.services.upkeep.calling import asked
from commsched.store import locks
from commsched.store.models import Channel, Delivery, Listening, OutsidePost

BACK: Final = timedelta(days=14)
"""How far back the first reading goes."""
OVERLAP: Final = timedelta(hours=6)
MOST: Final = 200
BEGINNING: Final = 300
"""Characters that are kept of a text."""


def read_next(installation: Installation) -> bool:
    """Read what the account that has waited longest has published, if any is due."""
    turn = turns.claim(installation, "recent")
    if turn is None:
        return False
    now = installation.now()
    last = turn.row.recent_read_at
    since = last - OVERLAP if last else now - BACK
    answer = asked(installation, turn.channel, turn.place, lambda platform, context: platform.recent(since, context))
    with installation.store.write(turn.place.id) as session:
        row = session.scalar(locks.rows(select(Listening).where(Listening.channel_id == turn.channel.id)))
        if row is None:
            return True
        if isinstance(answer, CannotTell):
            row.recent_at = max(row.recent_at or now, answer.after or now)
        elif _is_in_doubt(session, turn.channel.id):
            row.recent_at = now + turns.LATER
        else:
            _keep(session, turn.channel.id, since, answer, now)
            row.recent_read_at = now
    return True


def _is_in_doubt(session: Session, channel: int) -> bool:
    """Whether something is under way there, or nobody knows whether it went out: it may be what was read."""
    doubt = exists().where(Delivery.channel_id == channel, Delivery.state.in_(("sending", "unknown")))
    return bool(session.scalar(select(doubt)))


def _keep(session: Session, channel: int, since: datetime, read: Sequence[Publication], now: datetime) -> None:
    ours = published_since(session.connection(), channel, since - BACK)
    names = ((clean(post.id)[:300], post) for post in read[:MOST])
    wanted = {name: post for name, post in names if name and name not in ours and not (post.url and post.url in ours)}
    session.execute(delete(OutsidePost).where(OutsidePost.channel_id == channel, OutsidePost.remote_id.in_(list(ours))))
    known = set(
        session.scalars(
            select(OutsidePost.remote_id).where(
                OutsidePost.channel_id == channel, OutsidePost.remote_id.in_(list(wanted))
            )
        )
    )
    for name, post in wanted.items():
        if name in known:
            continue
        url = clean(post.url)
        session.add(
            OutsidePost(
                channel_id=channel,
                remote_id=name,
                url=url if url.startswith(("https://", "http://")) and len(url) <= 1000 else "",
                text=" ".join(clean(post.text).split())[:BEGINNING],
                at=moment(post.at, now),
            )
        )


def between(session: Session, start: datetime, end: datetime) -> list[tuple[OutsidePost, Channel]]:
    """What was published by another way in a span of time, in order."""
    rows = session.execute(
        select(OutsidePost, Channel)
        .join(Channel, Channel.id == OutsidePost.channel_id)
        .where(OutsidePost.at >= start, OutsidePost.at < end)
        .order_by(OutsidePost.at, OutsidePost.id)
        .limit(500)
    )
    return [(row[0], row[1]) for row in rows]

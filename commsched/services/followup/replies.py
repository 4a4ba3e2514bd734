"""Reads what others write under our publications, from every network that lets it be read.

It is hostile input: cleaned, cut to a length, kept as plain text; no address in it is followed by anybody here. A
comment is known by the network's own id, so that reading twice keeps one. One that was changed since somebody saw it
is new again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import CannotTell
from commsched.core.platform.figures import Reply
from commsched.core.text.clean import clean
from commsched.services.followup import turns, watch_settings
from commsched.services.kernel.context import Installation
from commsched.services.upkeep.calling import asked
from commsched.store import locks
from commsched.store.models import Delivery, Listening, Part, RemoteComment

BACK: Final = timedelta(days=60)
"""How long after it went out a publication's comments are read."""
OVERLAP: Final = timedelta(days=1)
"""How far back of the last reading the next begins: networks show some comments late."""
MOST_TEXT: Final = 5_000
MOST_AUTHOR: Final = 200
MOST_NEW: Final = 1_000
"""Comments that one reading keeps; the others come with the next."""


def read_next(installation: Installation) -> bool:
    """Read the comments of the channel that has waited longest, if any is due. Returns whether one was asked."""
    turn = turns.claim(installation, "replies")
    if turn is None:
        return False
    with installation.store.read(turn.place.id) as session:
        ours = turns.ours(session, installation, turn.channel.id, BACK)
    if not ours:
        return True
    now = installation.now()
    last = turn.row.replies_read_at
    since = last - OVERLAP if last else now - BACK
    names = [part.remote_id for part in ours]
    answer = asked(
        installation, turn.channel, turn.place, lambda platform, context: platform.replies(names, since, context)
    )
    read = [] if isinstance(answer, CannotTell) else _tidy(answer, now)
    words = watch_settings.of(turn.place).words
    held = {reply.text: watch_settings.first_word(reply.text, words) for reply in read}  # before anybody waits for it
    with installation.store.write(turn.place.id) as session:
        row = session.scalar(locks.rows(select(Listening).where(Listening.channel_id == turn.channel.id)))
        if row is None:
            return True
        if isinstance(answer, CannotTell):
            row.trouble = answer.detail[:500] or "?"
            row.replies_at = max(answer.after or now, now + turns.LATER)
            return True
        _keep(installation, session, turn, ours, read, held)
        row.trouble, row.replies_read_at = "", now
    return True


def _tidy(read: Sequence[Reply], now: datetime) -> list[Reply]:
    """What a network told, as it may be kept: nothing in it that a database refuses, nothing longer than its place."""
    return [
        Reply(
            id=clean(reply.id)[:300],
            answers=clean(reply.answers)[:300],
            author=clean(reply.author)[:MOST_AUTHOR],
            text=clean(reply.text)[:MOST_TEXT],
            at=moment(reply.at, now),
            url=_address(reply.url),
            hidden=reply.hidden,
            handle=clean(reply.handle)[:500],
        )
        for reply in read
    ]


def _keep(
    installation: Installation,
    session: Session,
    turn: turns.Turn,
    ours: Sequence[turns.Ours],
    read: Sequence[Reply],
    held: Mapping[str, str],
) -> None:
    """``held``: the office's word that stands in each text."""
    channel, now = turn.channel.id, installation.now()
    items = {part.remote_id: part.item for part in ours}
    mine = _our_own(session, channel, [reply.id for reply in read])
    names = {reply.id: reply for reply in read if reply.id and reply.id not in mine}
    wanted = [*names, *map(hashed, names)]
    known = {row.remote_id: row for row in session.scalars(_known(channel, wanted))}
    fresh = 0
    for name, reply in names.items():
        row = known.get(name)
        if hashed(name) in known:
            continue  # its words were forgotten, and stay so
        if row is not None:
            _changed(row, reply, held[reply.text])
            continue
        fresh += 1
        if fresh > MOST_NEW:
            break
        session.add(
            RemoteComment(
                channel_id=channel,
                item_id=items.get(reply.answers),
                remote_id=name,
                handle=reply.handle,
                answers=reply.answers,
                author=reply.author,
                text=reply.text,
                url=reply.url,
                at=reply.at,
                found_at=now,
                hidden=reply.hidden,
                word=held[reply.text],
            )
        )


def _known(channel: int, names: Sequence[str]) -> Select[RemoteComment]:
    return locks.rows(
        select(RemoteComment).where(RemoteComment.channel_id == channel, RemoteComment.remote_id.in_(names))
    )


def _our_own(session: Session, channel: int, names: Sequence[str]) -> set[str]:
    """Those of ``names`` that we published ourselves: the rest of a thread, an answer."""
    rows = select(Part.remote_id).join(Delivery, Delivery.id == Part.delivery_id)
    return set(session.scalars(rows.where(Delivery.channel_id == channel, Part.remote_id.in_(names))))


def _changed(row: RemoteComment, reply: Reply, word: str) -> None:
    """What a network tells anew of a comment that is known. Other words must be seen again."""
    row.hidden = reply.hidden
    if reply.text != row.text:
        row.text, row.word = reply.text, word
        row.seen_at = row.seen_by = row.told_at = None


def _address(url: str) -> str:
    """An address on the web, or nothing: it becomes a link that a person may press."""
    tidy = clean(url)
    return tidy if tidy.startswith(("https://", "http://")) and len(tidy) <= 1000 else ""


def moment(at: datetime, now: datetime) -> datetime:
    """When it was written; a network's clock may be ahead, and what it says may have no zone."""
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)


def hashed(name: str) -> str:
    """What an erased comment is known by."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"

"""Who is on a list, one contact at a time: joined and parted within the transaction that makes it so.

Who joins makes the list another one, which must be approved anew; who parts changes nothing that is approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from commsched.services.contacts import contacts, lists
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.store.fast import FastMany
from commsched.store.models import Base, Channel, ListRecipient

_table: Final = Base.metadata.tables[ListRecipient.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]
_insert: Final = FastMany(insert(_table))
Rows = Session | Connection


class Member(msgspec.Struct, frozen=True):
    """A contact as a list keeps it: ``address`` is encrypted."""

    contact: int
    blind: str
    address: str


def join(installation: Installation, rows: Rows, channel: int, people: Sequence[Member], source: str) -> int:
    """Put ``people`` on a list; returns how many came. Whoever is on it stays; whoever has left it, or is never written
    to, does not come back by this."""
    lists.take_over(installation, rows, channel)
    place = rows.execute(select(_channel.c.workspace_id, _channel.c.list_digest).where(_channel.c.id == channel)).one()
    away = contacts.refused(rows, place.workspace_id, PRESS, [member.blind for member in people])
    away |= dict.fromkeys(_there(rows, channel, [member.blind for member in people]), "")
    wanted = {member.blind: member for member in people if member.blind not in away}
    if not wanted:
        return 0
    kept = {"channel_id": channel, "workspace_id": place.workspace_id, "since": installation.now(), "source": source}
    kept |= {"entry": "", "state": "active"}
    new = [
        kept | {"position": position, "blind": who.blind, "address": who.address, "contact_id": who.contact}
        for position, who in enumerate(wanted.values(), _last(rows, channel) + 1)
    ]
    connection = rows.connection() if isinstance(rows, Session) else rows
    for some in contacts.pieces(new):
        _insert.run(connection, some, tuple(some[0]))
    digest = lists.joined(place.list_digest, wanted)
    rows.execute(update(_channel).where(_channel.c.id == channel).values(list_digest=digest))
    recount(rows, channel)
    return len(wanted)


def part(rows: Rows, channel: int, people: Iterable[int]) -> int:
    """Take contacts off a list and keep nothing of that; returns how many were on it. What is approved stands."""
    gone = 0
    for some in contacts.pieces(list(people)):
        mine = (_table.c.channel_id == channel, _table.c.contact_id.in_(some), _table.c.state == "active")
        result = rows.execute(delete(_table).where(*mine))
        assert isinstance(result, CursorResult)
        gone += result.rowcount
    if gone:
        recount(rows, channel)
    return gone


def recount(rows: Rows, channel: int) -> None:
    """Keep with the channel how many it writes to."""
    active = select(func.count()).select_from(_table).where(_table.c.channel_id == channel, _table.c.state == "active")
    facts = rows.execute(select(_channel.c.facts).where(_channel.c.id == channel)).scalar_one()
    counted = facts | {"recipients": rows.execute(active).scalar_one()}
    rows.execute(update(_channel).where(_channel.c.id == channel).values(facts=counted))


def _there(rows: Rows, channel: int, blinds: list[str]) -> set[str]:
    """Which of ``blinds`` the list knows, whatever their state."""
    mine = select(_table.c.blind).where(_table.c.channel_id == channel)
    return {row[0] for some in contacts.pieces(blinds) for row in rows.execute(mine.where(_table.c.blind.in_(some)))}


def _last(rows: Rows, channel: int) -> int:
    """The last line of a list; asked state by state, which its index answers at once."""
    last = select(func.max(_table.c.position)).where(_table.c.channel_id == channel)
    states = ("active", "heading", "unread")
    return max(rows.execute(last.where(_table.c.state == state)).scalar() or 0 for state in states)

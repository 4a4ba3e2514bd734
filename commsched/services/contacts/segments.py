"""Lists that fill themselves, by what their people write about, where and in which language.

They follow in the transaction that changes a contact (:func:`follow`), so no list is ever older than what it is made
of. Who joins makes the list another one, as on any list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, Row, Select, select, update
from sqlalchemy.orm import Session

from commsched.core.contacts.segment import Segment, segment_of
from commsched.services.contacts import contacts, lists
from commsched.services.contacts.membership import Member, join, part
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.store.models import Base, Channel, Contact, ListRecipient, Workspace

SOURCE: Final = "segment"
_contact: Final = Base.metadata.tables[Contact.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]
_list: Final = Base.metadata.tables[ListRecipient.__tablename__]
_place: Final = Base.metadata.tables[Workspace.__tablename__]
_FACTS: Final = ("id", "blind", "address", "beats", "areas", "language", "state")
_WHO: Final[Select[*tuple[object, ...]]] = select(*(_contact.c[name] for name in _FACTS))
_AT_ONCE: Final = 1000
Rows = Session | Connection


def follow(installation: Installation, rows: Rows, workspace: int, world: str, people: Iterable[int]) -> None:
    """Let the lists of ``workspace`` that fill themselves take in, and let go, the contacts ``people``, who were just
    added or changed."""
    channels = _segments(rows, workspace) if world == PRESS else []
    changed = list(people)
    if not channels or not changed:
        return
    language = _language(rows, workspace)
    for some in contacts.pieces(changed):
        rows_of = rows.execute(_WHO.where(_contact.c.id.in_(some))).all()
        for number, segment in channels:
            _settle(installation, rows, number, segment, rows_of, language)


def _segments(rows: Rows, workspace: int) -> list[tuple[int, Segment]]:
    """The lists that fill themselves, locked: always in one order."""
    mine = (_channel.c.workspace_id == workspace, _channel.c.state != "archived", _channel.c.segment != {})
    wanted = select(_channel.c.id, _channel.c.segment).where(*mine).order_by(_channel.c.id)
    return [(row.id, segment_of(row.segment)) for row in rows.execute(wanted.with_for_update(key_share=True))]


def _language(rows: Rows, workspace: int) -> str:
    return str(rows.execute(select(_place.c.language).where(_place.c.id == workspace)).scalar_one())


def _settle(
    installation: Installation,
    rows: Rows,
    channel: int,
    segment: Segment,
    people: Sequence[Row[*tuple[object, ...]]],
    language: str,
) -> None:
    active = [row for row in people if row.state == "active"]
    belong = [row for row in active if segment.fits(row.beats, row.areas, row.language or language)]
    on = select(_list.c.contact_id, _list.c.source).where(_list.c.channel_id == channel, _list.c.state == "active")
    stands = rows.execute(on.where(_list.c.contact_id.in_([row.id for row in people]))).all()
    members = {number for number, _source in stands}
    asked = {number for number, source in stands if source == lists.SUBSCRIBED}
    join(installation, rows, channel, [_member(row) for row in belong if row.id not in members], SOURCE)
    part(rows, channel, (members - asked) & ({row.id for row in active} - {row.id for row in belong}))


def _member(row: Row[*tuple[object, ...]]) -> Member:
    return Member(row.id, row.blind, row.address)


def fill(installation: Installation, rows: Rows, channel: int, segment: Segment) -> None:
    """Have the list ``channel`` fill itself by ``segment`` from now on, beginning with everybody who is there."""
    lists.take_over(installation, rows, channel)
    rows.execute(update(_channel).where(_channel.c.id == channel).values(segment=segment.kept()))
    workspace = rows.execute(select(_channel.c.workspace_id).where(_channel.c.id == channel)).scalar_one()
    if not segment:
        return  # people fill it from now on
    language, last = _language(rows, workspace), 0
    mine = _WHO.where(_contact.c.workspace_id == workspace, _contact.c.world == PRESS).order_by(_contact.c.id)
    while people := rows.execute(mine.where(_contact.c.id > last).limit(_AT_ONCE)).all():
        for some in contacts.pieces(people):
            _settle(installation, rows, channel, segment, some, language)
        last = people[-1].id

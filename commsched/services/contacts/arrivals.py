"""People on the lists of earlier versions become contacts: in batches, each a transaction, begun again anywhere."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from commsched.core.text.messages import OfficeError
from commsched.core.text.recipients import Entry, entries
from commsched.services.contacts import contacts, lists, segments
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.store.models import Base, ListRecipient
from commsched.store.session import EVERY_WORKSPACE, busy

log = logging.getLogger("commsched.contacts")

AT_ONCE: Final = 500
MOST: Final = 20
"""Batches of one turn of the chores, which have other things to do."""
_table: Final = Base.metadata.tables[ListRecipient.__tablename__]
_NAMELESS: Final = (_table.c.contact_id.is_(None), _table.c.state == "active")


def arrive(installation: Installation) -> int:
    """Make contacts of people on lists who are none yet; returns how many. A list that cannot be read is logged,
    without a word of what is in it, and looked at again in the next turn."""
    came = 0
    stuck: set[int] = set()
    for _turn in range(MOST):
        channel = _next(installation, stuck)
        if channel is None:
            break
        try:
            came += _batch(installation, *channel)
        except (OfficeError, SQLAlchemyError) as error:
            if busy(error):
                raise
            stuck.add(channel[0])
            log.warning("people of list %s are no contacts yet: %s", channel[0], type(error).__name__)
    return came


def _next(installation: Installation, stuck: set[int]) -> tuple[int, int] | None:
    """A list with people who are no contacts yet, and its workspace."""
    wanted = select(_table.c.channel_id, _table.c.workspace_id).where(*_NAMELESS, _table.c.channel_id.not_in(stuck))
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.connection().execute(wanted.limit(1)).first()
    return None if row is None else (row[0], row[1])


def _batch(installation: Installation, channel: int, workspace: int) -> int:
    with installation.store.write(workspace) as session:
        lists.locked_digest(session, channel)
        heading = _heading(installation, session, channel)
        mine = select(_table.c.id, _table.c.blind, _table.c.address, _table.c.entry).where(
            _table.c.channel_id == channel, *_NAMELESS
        )
        rows = session.execute(mine.order_by(_table.c.position).limit(AT_ONCE)).all()
        people = {}
        for row in rows:
            address = installation.vault.unseal(row.address)
            text = installation.vault.unseal(row.entry) or address
            people[row.blind] = lists.person(installation, Entry(1, text, address), heading, row.address)
        numbers = contacts.ensure(installation, session, workspace, PRESS, people, "migrated")
        for row in rows:
            session.execute(update(_table).where(_table.c.id == row.id).values(contact_id=numbers[row.blind]))
        segments.follow(installation, session, workspace, PRESS, numbers.values())
    return len(rows)


def _heading(installation: Installation, session: Session, channel: int) -> Entry | None:
    first = select(_table.c.entry).where(_table.c.channel_id == channel, _table.c.state == "heading").limit(1)
    row = session.execute(first).first()
    if row is None:
        return None
    pieces = entries(installation.vault.unseal(row[0]) + "\nx@localhost")
    return next((piece for piece in pieces if piece.heading), None)

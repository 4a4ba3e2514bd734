"""Who an office writes to: each person once in a world, found by the blind index of their address.

What a contact is takes time to seal, so it is sealed before a transaction (:func:`seal`); within one it is created or
found (:func:`ensure`), whoever brings it: a list that is pasted, a file, a person who fills a form in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.orm import Session

from commsched.core.contacts.facts import ContactIn
from commsched.services.contacts import consent, suppression
from commsched.services.kernel.context import Installation
from commsched.store.fast import FastMany
from commsched.store.models import Base, Contact, ContactEvent

AT_ONCE: Final = 500
"""Contacts that one statement asks for."""
_table: Final = Base.metadata.tables[Contact.__tablename__]
_event: Final = Base.metadata.tables[ContactEvent.__tablename__]
_insert, _insert_event = FastMany(insert(_table)), FastMany(insert(_event))
_KNOWN: Final = select(_table.c.id, _table.c.blind, _table.c.name, _table.c.outlet, _table.c.state)
Rows = Session | Connection
T = TypeVar("T")


class SealedContact(msgspec.Struct, frozen=True):
    """A contact ready to be kept: ``name``, ``address`` and ``notes`` are encrypted."""

    blind: str
    address: str
    name: str = ""
    outlet: str = ""
    beats: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    language: str = ""
    notes: str = ""


def seal(installation: Installation, contact: ContactIn, address: str = "") -> SealedContact:
    """``contact`` with what says who they are encrypted; ``address``, where the caller has sealed that already."""
    vault = installation.vault
    return SealedContact(
        blind=vault.blind(contact.address),
        address=address or vault.seal(contact.address),
        name=vault.seal(contact.name) if contact.name else "",
        outlet=contact.outlet,
        beats=contact.beats,
        areas=contact.areas,
        language=contact.language,
        notes=vault.seal(contact.notes) if contact.notes else "",
    )


def pieces(rows: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """``rows`` in pieces that one statement can ask for."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def known(rows: Rows, workspace: int, world: str, blinds: Iterable[str]) -> dict[str, Row[int, str, str, str, str]]:
    """The contacts there are among ``blinds``: id, blind, name (encrypted), outlet and state."""
    mine = _KNOWN.where(_table.c.workspace_id == workspace, _table.c.world == world)
    wanted = list(dict.fromkeys(blinds))
    return {row.blind: row for some in pieces(wanted) for row in rows.execute(mine.where(_table.c.blind.in_(some)))}


def refused(rows: Rows, workspace: int, world: str, blinds: Iterable[str]) -> dict[str, str]:
    """Which of ``blinds`` are never written to, however they are pasted or imported, and why: ``unsubscribed``,
    ``bounced``, ``erased`` or ``unconfirmed``."""
    asked = list(blinds)
    silent = {
        blind: row.state
        for blind, row in known(rows, workspace, world, asked).items()
        if row.state in suppression.SILENT
    }
    return silent | suppression.suppressed(rows, workspace, world, asked)


def ensure(
    installation: Installation,
    rows: Rows,
    workspace: int,
    world: str,
    people: Mapping[str, SealedContact],
    source: str,
    said: str = "",
    grounds: consent.Grounds = consent.Grounds(),
) -> dict[str, int]:
    """The id of each of ``people`` (by blind index), who are created where they are not known. Of those who are known a
    name or newspaper that is missing is filled in, and nothing else is touched. ``source`` is where they came from,
    ``said`` who or which file said so, ``grounds`` why those who are new may be written to. Whoever is suppressed must
    be left out by the caller (:func:`refused`)."""
    standing = known(rows, workspace, world, people)
    fresh = [people[blind] for blind in people if blind not in standing]
    if fresh:
        create(installation, rows, workspace, world, fresh, source, said, grounds)
        standing |= known(rows, workspace, world, [contact.blind for contact in fresh])
    for blind, row in standing.items():
        contact = people[blind]
        missing = {"name": contact.name} if contact.name and not row.name else {}
        missing |= {"outlet": contact.outlet} if contact.outlet and not row.outlet else {}
        if missing:
            rows.execute(update(_table).where(_table.c.id == row.id).values(**missing, changed_at=installation.now()))
    return {blind: row.id for blind, row in standing.items()}


def create(
    installation: Installation,
    rows: Rows,
    workspace: int,
    world: str,
    people: Sequence[SealedContact],
    source: str,
    said: str = "",
    grounds: consent.Grounds = consent.Grounds(),
) -> dict[str, int]:
    """Add ``people``, none of whom is there; returns their ids by blind index. It is written down as well why they may
    be written to. The caller's transaction holds both or neither. Raises :class:`Invalid` by the field ``basis`` where
    nobody says why, in a world that takes nothing for said."""
    now = installation.now()
    grounds = grounds if grounds.basis else consent.usual(world)
    stands = {"workspace_id": workspace, "world": world, "state": "active", "source": source, "score": 0}
    stands |= {"basis": grounds.basis}
    stands |= {"since": now, "created_at": now, "changed_at": now, "scored_at": None}
    values = [msgspec.structs.asdict(contact) | stands for contact in people]
    for value in values:
        value["beats"], value["areas"] = list(value["beats"]), list(value["areas"])
    connection = rows.connection() if isinstance(rows, Session) else rows
    for some in pieces(values):
        _insert.run(connection, some, tuple(some[0]))
    numbers = known(rows, workspace, world, [contact.blind for contact in people])
    basis = consent.values_of(consent.basis_of(grounds, now, said or source))
    basis |= {"workspace_id": workspace, "channel_id": None}
    for some in pieces([{"contact_id": row.id} | basis for row in numbers.values()]):
        _insert_event.run(connection, some, tuple(some[0]))
    return {blind: row.id for blind, row in numbers.items()}

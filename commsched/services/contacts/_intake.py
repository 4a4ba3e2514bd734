"""One piece of a file, row by row: whom each names, what is to be said of it, and what it changes."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, RowMapping, bindparam, select, update
from sqlalchemy.orm import Session

from commsched.core.contacts.columns import language_of
from commsched.core.contacts.facts import MOST_NAME, MOST_NOTES, ContactIn, terms
from commsched.core.contacts.names import natural
from commsched.core.contacts.names import read as read_name
from commsched.core.text.clean import clean, one_line
from commsched.core.text.recipients import entries, has_foreign_name
from commsched.services.contacts import consent, contacts, membership, segments
from commsched.services.contacts.lists import locked_digest
from commsched.services.kernel.context import Installation
from commsched.store.models import Base, Contact, ContactImport, ContactImportNote

NOBODY: Final = ("no address", "bad address", "letters", "several")
"""What is said of rows that name nobody who can be written to."""
_contact: Final = Base.metadata.tables[Contact.__tablename__]
_COLUMNS: Final = ("name", "outlet", "beats", "areas", "language", "notes")
_known: Final = select(_contact.c.id, _contact.c.blind, _contact.c.basis, *(_contact.c[name] for name in _COLUMNS))
_change: Final = (
    update(_contact)
    .where(_contact.c.id == bindparam("contact"))
    .values({name: bindparam(f"new_{name}") for name in (*_COLUMNS, "changed_at")})
)
Row = tuple[int, list[str]]
"""Its number, counted from one, and its cells."""


class _Remark(msgspec.Struct, frozen=True):
    row: int
    reason: str
    text: str


def take_in(installation: Installation, session: Session, row: ContactImport, rows: list[Row]) -> None:
    remarks: list[_Remark] = []
    people: dict[str, tuple[int, ContactIn]] = {}
    for number, cells in rows:
        person = _person(dict(zip(row.fields, cells, strict=False)), number, remarks)
        if person is None:
            continue
        blind = installation.vault.blind(person.address)
        if blind in people:
            remarks.append(_Remark(number, "twice", person.address))
            person = _together(people[blind][1], person)
        people[blind] = (number, person)
    wrong = len({remark.row for remark in remarks if remark.reason in NOBODY})
    refused = contacts.refused(session, row.workspace_id, row.world, people)
    for blind, reason in refused.items():
        number, person = people.pop(blind)
        remarks.append(_Remark(number, reason, person.address))
    if row.channel_id:
        locked_digest(session, row.channel_id)
    added, changed = _keep(installation, session, row, {blind: person for blind, (_n, person) in people.items()})
    row.added += added
    row.changed += changed
    row.same += len(people) - added - changed
    row.left_out += len(refused)
    row.wrong += wrong
    row.position += len(rows)
    for remark in sorted(remarks, key=lambda remark: remark.row):
        text = installation.vault.seal(remark.text[:500]) if remark.text else ""
        session.add(ContactImportNote(import_id=row.id, row=remark.row, reason=remark.reason, text=text))


def _person(cells: dict[str, str], number: int, remarks: list[_Remark]) -> ContactIn | None:
    """Whom a row names; ``None`` with a remark where it names nobody who can be written to."""
    written = cells.get("address", "")
    pieces = entries(written)
    named = {entry.address.casefold(): entry for entry in pieces if entry.address}
    if len(named) != 1:
        reason = "several" if named else _why_none(written)
        remarks.append(_Remark(number, reason, written or "; ".join(cell for cell in cells.values() if cell)))
        return None
    (entry,) = named.values()
    name = natural(cells.get("name", "")) or f"{cells.get('first', '')} {cells.get('last', '')}".strip()
    beside, outlet = read_name(entry)
    language = language_of(cells.get("language", ""))
    if cells.get("language") and not language:
        remarks.append(_Remark(number, "language", cells["language"]))
    person = ContactIn(
        address=entry.address,
        name=one_line(name or beside),
        outlet=one_line(cells.get("outlet", "") or outlet),
        beats=terms(cells.get("beats", "")),
        areas=terms(cells.get("areas", "")),
        language=language,
        notes=clean(cells.get("notes", "")).strip(),
    )
    return _cut(person, number, remarks)


def _together(before: ContactIn, after: ContactIn) -> ContactIn:
    """Two rows about one person: what the later one says, and what only the earlier one says."""
    return msgspec.structs.replace(before, **{name: getattr(after, name) or getattr(before, name) for name in _COLUMNS})


def _why_none(written: str) -> str:
    if not written:
        return "no address"
    bare = written.rpartition("<")[2].strip("<> ")
    return "letters" if has_foreign_name(bare) else "bad address"


def _cut(person: ContactIn, number: int, remarks: list[_Remark]) -> ContactIn:
    limits = {"name": MOST_NAME, "outlet": MOST_NAME, "notes": MOST_NOTES}
    long = {field: getattr(person, field) for field, most in limits.items() if len(getattr(person, field)) > most}
    for text in long.values():
        remarks.append(_Remark(number, "cut", text))
    return msgspec.structs.replace(person, **{field: text[: limits[field]] for field, text in long.items()})


def _keep(
    installation: Installation, session: Session, row: ContactImport, people: dict[str, ContactIn]
) -> tuple[int, int]:
    """Create who is new and change whoever the file says more of; returns how many of each."""
    known = {each.blind: each for each in session.execute(_known.where(*_here(row, people)))}
    fresh = [contacts.seal(installation, person) for blind, person in people.items() if blind not in known]
    said, numbers = f"{row.actor}: {row.filename}", dict[str, int]()
    grounds = msgspec.convert(row.grounds, consent.Grounds)
    if fresh:
        numbers = contacts.create(installation, session, row.workspace_id, row.world, fresh, "imported", said, grounds)
    # a yes that stands is not taken back by a file that knows of none
    better = {"": ("interest", "consent"), "interest": ("consent",)}
    unsaid = [each.id for each in known.values() if grounds.basis in better.get(each.basis, ())]
    consent.note(session, row.workspace_id, unsaid, consent.basis_of(grounds, installation.now(), said))
    changes = [
        change
        for blind, each in known.items()
        if (change := _change_of(installation, each._mapping, people[blind])) is not None
    ]
    if changes:
        session.connection().execute(_change, changes)
    if row.channel_id:
        _join(installation, session, row, people)
    touched = [*numbers.values(), *(int(str(change["contact"])) for change in changes)]
    segments.follow(installation, session, row.workspace_id, row.world, touched)
    return len(fresh), len(changes)


def _here(row: ContactImport, people: dict[str, ContactIn]) -> tuple[ColumnElement[bool], ...]:
    mine = (_contact.c.workspace_id == row.workspace_id, _contact.c.world == row.world)
    return (*mine, _contact.c.blind.in_(list(people)))


def _change_of(installation: Installation, stands: RowMapping, person: ContactIn) -> dict[str, object] | None:
    """What the file says otherwise than a contact ``stands``; an empty cell says nothing. ``None`` for nothing."""
    seal, unseal = installation.vault.seal, installation.vault.unseal
    new: dict[str, object] = {name: stands[name] for name in _COLUMNS}
    for name in ("name", "notes"):
        text = getattr(person, name)
        if text and unseal(stands[name]) != text:
            new[name] = seal(text)
    for name in ("beats", "areas"):
        words = list(getattr(person, name))
        new[name] = words or stands[name]
    for name in ("outlet", "language"):
        new[name] = getattr(person, name) or stands[name]
    if all(new[name] == stands[name] for name in _COLUMNS):
        return None
    values: dict[str, object] = {f"new_{name}": value for name, value in new.items()}
    return values | {"contact": stands["id"], "new_changed_at": installation.now()}


def _join(installation: Installation, session: Session, row: ContactImport, people: dict[str, ContactIn]) -> None:
    wanted = select(_contact.c.id, _contact.c.blind, _contact.c.address).where(*_here(row, people))
    members = {each.blind: membership.Member(each.id, each.blind, each.address) for each in session.execute(wanted)}
    ordered = [members[blind] for blind in people if blind in members]
    assert row.channel_id is not None
    membership.join(installation, session, row.channel_id, ordered, "imported")

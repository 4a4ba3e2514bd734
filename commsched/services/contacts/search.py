"""Looking through contacts: by list, beat, area, language and state in the store; by name, address and newspaper as
they are decrypted.

Names and addresses are encrypted, and no index of their words is kept, since whoever has the database but not the key
could count such words and guess them. So a search decrypts what the filters leave, in the order in which it is shown,
until a page is full: some 20 microseconds a contact, a second where nobody of 50,000 fits. Whole addresses are
found by their blind index at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Row, Select, String, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.text.length import fold
from commsched.core.text.messages import N_, NotFound
from commsched.core.text.recipients import is_address
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Channel, Contact, ListRecipient
from commsched.store.search import holds

PAGE: Final = 50
_AT_ONCE: Final = 500
_LONGEST: Final = 200


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for; whatever is empty asks for nothing. ``words`` are pieces of name, address or newspaper that
    must all be there. ``after`` is the last contact of the page before."""

    words: str = ""
    channel: int = 0
    beat: str = ""
    area: str = ""
    language: str = ""
    state: str = ""
    after: int = 0


class Person(msgspec.Struct, frozen=True):
    """A contact in the clear."""

    id: int
    name: str
    address: str
    outlet: str
    beats: list[str]
    areas: list[str]
    language: str
    state: str

    @property
    def label(self) -> str:
        """What they are called where the name is not known."""
        return self.name or self.address


class Page(msgspec.Struct, frozen=True):
    """Contacts by newspaper, and after which the next page begins; 0 where there is none."""

    people: list[Person]
    next: int = 0


def look(
    installation: Installation, session: Session, workspace: int, world: str, wanted: Wanted, limit: int = PAGE
) -> Page:
    """One page of the contacts of ``world`` that are ``wanted``."""
    people: list[Person] = []
    for person in _fitting(installation, session, workspace, world, wanted):
        if len(people) == limit:
            return Page(people, people[-1].id)
        people.append(person)
    return Page(people)


def everybody(
    installation: Installation, session: Session, workspace: int, world: str, wanted: Wanted
) -> Iterator[Contact]:
    """The rows of all that are ``wanted``, by newspaper, some hundred in memory at a time."""
    words = fold(wanted.words).split()
    for scanned in _in_pieces(session, _mine(workspace, world, wanted, installation), wanted):
        fitting = [row.id for row in scanned if not words or _fits(installation, row, words)]
        people = (
            {row.id: row for row in session.scalars(select(Contact).where(Contact.id.in_(fitting)))} if fitting else {}
        )
        for number in fitting:
            yield people[number]
            session.expunge(people[number])


def count(session: Session, workspace: int, world: str) -> tuple[int, int]:
    """How many contacts there are in ``world``, and how many of them may be written to."""
    mine = (Contact.workspace_id == workspace, Contact.world == world)
    active = func.count(case((Contact.state == "active", 1)))
    every, written_to = session.execute(select(func.count(), active).select_from(Contact).where(*mine)).one()
    return every, written_to


def _fitting(
    installation: Installation, session: Session, workspace: int, world: str, wanted: Wanted
) -> Iterator[Person]:
    return (shown(installation, row) for row in everybody(installation, session, workspace, world, wanted))


_Columns = tuple[int, str, str, str]
_Scanned = Row[*_Columns]
_SCAN: Final = (Contact.id, Contact.outlet, Contact.name, Contact.address)


def _in_pieces(session: Session, wanted_ones: Select[*_Columns], wanted: Wanted) -> Iterator[Sequence[_Scanned]]:
    """What a search reads of each, some hundred at a time: plain rows, since most of them are not shown."""
    statement = wanted_ones.order_by(Contact.outlet, Contact.id)
    last = session.execute(select(*_SCAN).where(Contact.id == wanted.after)).first() if wanted.after else None
    size = PAGE + 1 if not wanted.words else _AT_ONCE
    while True:
        after = statement
        if last is not None:
            later = (Contact.outlet == last.outlet) & (Contact.id > last.id)
            after = statement.where(Contact.outlet >= last.outlet, or_(Contact.outlet > last.outlet, later))
        rows = session.execute(after.limit(size)).all()
        yield rows
        if len(rows) < size:
            return
        last, size = rows[-1], _AT_ONCE


def _mine(workspace: int, world: str, wanted: Wanted, installation: Installation) -> Select[*_Columns]:
    statement = select(*_SCAN).where(Contact.workspace_id == workspace, Contact.world == world)
    if is_address(wanted.words.strip()):
        statement = statement.where(Contact.blind == installation.vault.blind(wanted.words))
    if wanted.channel:
        on = (ListRecipient.channel_id == wanted.channel, ListRecipient.contact_id == Contact.id)
        statement = statement.where(exists().where(*on, ListRecipient.state == "active"))
    for column, word in ((Contact.beats, wanted.beat), (Contact.areas, wanted.area)):
        if word:
            statement = statement.where(holds(cast(column, String), msgspec.json.encode(fold(word)).decode()))
    if wanted.language:
        statement = statement.where(Contact.language == wanted.language[:8])
    if wanted.state:
        statement = statement.where(Contact.state == wanted.state[:12])
    return statement


def shown(installation: Installation, row: Contact) -> Person:
    """A contact decrypted, without its notes."""
    unseal = installation.vault.unseal
    return Person(
        id=row.id,
        name=unseal(row.name),
        address=unseal(row.address),
        outlet=row.outlet,
        beats=row.beats,
        areas=row.areas,
        language=row.language,
        state=row.state,
    )


def _fits(installation: Installation, row: _Scanned, words: list[str]) -> bool:
    unseal = installation.vault.unseal
    text = fold(f"{unseal(row.name)} {unseal(row.address)} {row.outlet}")
    return all(word in text for word in words)


def terms(session: Session, workspace: int, world: str) -> tuple[list[str], list[str]]:
    """The beats and the areas that contacts have, by alphabet, for choosing among."""
    mine = (Contact.workspace_id == workspace, Contact.world == world)
    beats = session.scalars(select(Contact.beats).where(*mine, Contact.beats != []).distinct().limit(_LONGEST))
    areas = session.scalars(select(Contact.areas).where(*mine, Contact.areas != []).distinct().limit(_LONGEST))
    return sorted({word for row in beats for word in row}), sorted({word for row in areas for word in row})


def press_lists(session: Session, platform: str = "presslist") -> list[Channel]:
    """The office's lists, by name."""
    mine = (Channel.platform == platform, Channel.state != "archived")
    return list(session.scalars(select(Channel).where(*mine).order_by(Channel.name)))


def find(session: Session, actor: Actor, world: str, number: int) -> Contact:
    """The contact, or :class:`NotFound`."""
    mine = (Contact.id == number, Contact.workspace_id == int(actor.workspace), Contact.world == world)
    row = session.scalar(select(Contact).where(*mine))
    if row is None:
        raise NotFound(N_("There is no such contact."))
    return row

"""The office's standing press kit: portraits with biographies, which anybody may publish. The logos are the brand
kit's, and what the office says of itself is its own setting; here is only what stands nowhere else."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.text.clean import line, passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Media, PressPerson

MOST: Final = 60
"""People of one office."""
MOST_WORDS: Final = 5000


class Wish(msgspec.Struct, frozen=True):
    """What is kept of a person."""

    name: str
    role: str = ""
    biography: str = ""
    media: int = 0
    """The portrait, a picture of the library; 0 for none."""


def people(session: Session) -> list[PressPerson]:
    """Everybody of the kit, in their order."""
    return list(session.scalars(select(PressPerson).order_by(PressPerson.place, PressPerson.id)))


def save(installation: Installation, actor: Actor, wish: Wish, number: int | None = None) -> int:
    """Add a person, or change ``number``; returns the id. Raises :class:`Invalid` by field, :class:`NotFound`."""
    actor.require("write")
    kept = _settled(wish)
    with installation.store.write(actor.workspace) as session:
        locks.alone(session, f"press kit {int(actor.workspace)}")
        if kept.media and session.get(Media, kept.media) is None:
            raise Invalid(N_("Choose a picture of the library."), "media")
        row = _row(session, number) if number is not None else _new(installation, session)
        row.name, row.role, row.biography, row.media_id = kept.name, kept.role, kept.biography, kept.media or None
        session.flush()
        note(session, installation, actor, "presskit.person", name=kept.name)
        return row.id


def _settled(wish: Wish) -> Wish:
    name = line(wish.name, "name")[:200]
    if not name:
        raise Invalid(N_("Write the name."), "name")
    biography = passage(wish.biography, "biography")
    if len(biography) > MOST_WORDS:
        raise Invalid(N_("At most %(most)s characters."), "biography", most=MOST_WORDS)
    return Wish(name, line(wish.role, "role")[:200], biography, wish.media)


def _new(installation: Installation, session: Session) -> PressPerson:
    count = session.scalar(select(func.count(PressPerson.id))) or 0
    if count >= MOST:
        raise Conflict(N_("There are %(most)s people already. Remove somebody first."), most=MOST)
    last = session.scalar(select(func.max(PressPerson.place))) or 0
    row = PressPerson(place=last + 1, created_at=installation.now())
    session.add(row)
    return row


def _row(session: Session, number: int) -> PressPerson:
    row = session.get(PressPerson, number)
    if row is None:
        raise NotFound(N_("There is no such person."))
    return row


def find(session: Session, number: int) -> PressPerson:
    """One of them. Raises :class:`NotFound`."""
    return _row(session, number)


def remove(installation: Installation, actor: Actor, number: int) -> None:
    """Take somebody out of the kit; the picture stays in the library."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = _row(session, number)
        note(session, installation, actor, "presskit.removed", name=row.name)
        session.delete(row)


def move_up(installation: Installation, actor: Actor, number: int) -> None:
    """Put somebody one place further to the front."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        locks.alone(session, f"press kit {int(actor.workspace)}")
        rows = people(session)
        at = next((index for index, row in enumerate(rows) if row.id == number), 0)
        if at:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
        for place, row in enumerate(rows):
            row.place = place

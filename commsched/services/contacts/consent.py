"""Why a contact may be written to, and what they have said to it: rows that are added and never changed.

A journalist may be told of what is their work (*interest*, GDPR article 6.1 f); whoever subscribes says yes to words
that are kept with them (*consent*, 6.1 a). An import says which of the two it rests on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import Session

from commsched.core.text.catalogues import gettext
from commsched.core.text.clean import line, passage
from commsched.core.text.messages import N_, Invalid
from commsched.services.contacts.search import find
from commsched.services.kernel.audit_log import note as log
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Base, Channel, Contact, ContactEvent

Basis = Literal["", "interest", "consent"]
BASES: Final[Mapping[str, str]] = {
    "interest": N_("It is their work: they cover what we do"),
    "consent": N_("They have said yes to it"),
}
"""What an import or a pasted list may rest on, in words for a form."""
MOST_SOURCE: Final = 200
_FIRST: Final = date(1990, 1, 1)
_AT_ONCE: Final = 500
_table: Final = Base.metadata.tables[ContactEvent.__tablename__]
_contact: Final = Base.metadata.tables[Contact.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]
_SAID: Final = (
    *(_table.c[name] for name in ("act", "at", "basis", "words", "source", "how", "given_on", "proof")),
    _table.c.words_version.label("version"),
)
"""The fields of :class:`Said` without the list's name."""
Rows = Session | Connection


USUAL: Final[Mapping[str, Basis]] = {"press": "interest"}
"""What is taken for said where nobody says it, by world. A journalist's role is reason enough; of members nothing may
be taken for said, so theirs has none."""
WHY: Final = N_("They are journalists or newsrooms that cover what we do, and are written to in that role.")
"""Why it is their work, in the words that a form proposes."""
MOST_HOW: Final = 200
MOST_WHY: Final = 2000


class Grounds(msgspec.Struct, frozen=True):
    """Why people may be written to, as whoever brings them says it. Empty: nobody was asked."""

    basis: str = ""
    words: str = ""
    """Why it is their work, or the text that they said yes to."""
    how: str = ""
    """How they said yes."""
    given_on: str = ""
    """The day on which they did, as ISO 8601 writes it."""
    proof: str = ""
    """Where what proves it is kept."""


class Said(msgspec.Struct, frozen=True):
    """One thing that is known of what a contact agreed to. ``at`` is UTC; ``words`` is the text they said yes to, and
    ``version`` its SHA-256; ``list`` the name of the list it is about."""

    act: str
    at: datetime
    basis: str = ""
    words: str = ""
    version: str = ""
    list: str = ""
    source: str = ""
    how: str = ""
    given_on: str = ""
    proof: str = ""


def usual(world: str) -> Grounds:
    """What is taken for said in ``world`` where nobody was asked. Raises :class:`Invalid` by the field ``basis`` where
    somebody must be."""
    return Grounds(check_basis(USUAL.get(world, "")))


def checked(grounds: Grounds, today: date, language: str) -> Grounds:
    """``grounds`` as they can be kept. Raises :class:`Invalid` by field: a consent says when and how it was given, and
    to which text. An interest without a reason of its own has the usual one, in ``language``."""
    basis = check_basis(grounds.basis)
    words = passage(grounds.words, "words")
    if len(words) > MOST_WHY:
        raise Invalid(N_("At most %(most)s characters."), "words", most=MOST_WHY)
    if basis == "interest":
        return Grounds(basis, words or gettext(language, WHY))
    how, proof = line(grounds.how, "how"), line(grounds.proof, "proof")
    for field, text in (("how", how), ("proof", proof)):
        if len(text) > MOST_HOW:
            raise Invalid(N_("At most %(most)s characters."), field, most=MOST_HOW)
    if not how:
        raise Invalid(N_("Write how they said yes, such as on paper at a meeting."), "how")
    if not words:
        raise Invalid(N_("Write the text that they said yes to, or which version of it."), "words")
    return Grounds(basis, words, how, _day(grounds.given_on, today), proof)


def asked(installation: Installation, actor: Actor, world: str, grounds: Grounds) -> Grounds:
    """What whoever brings people has answered, checked; what is taken for said where they were not asked."""
    if not grounds.basis:
        return usual(world)
    return checked(grounds, installation.now().date(), actor.language)


def _day(typed: str, today: date) -> str:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = date.max
    if not _FIRST <= day <= today:
        raise Invalid(N_("Write the day on which they said yes, such as 2026-03-01. It cannot be to come."), "given_on")
    return day.isoformat()


def version_of(words: str) -> str:
    """What names a text that is said yes to: its SHA-256, empty for none."""
    return hashlib.sha256(words.encode()).hexdigest() if words else ""


def check_basis(basis: str) -> Basis:
    """``basis``, if it is one. Raises :class:`Invalid` by the field ``basis``."""
    if basis == "interest":
        return "interest"
    if basis == "consent":
        return "consent"
    raise Invalid(N_("Choose what it rests on that you write to them."), "basis")


def note(rows: Rows, workspace: int, contacts: Iterable[int], said: Said, channel: int | None = None) -> int:
    """Write down the same thing of each of ``contacts`` (ids), within the caller's transaction; returns of how many.
    ``channel`` is the list that it is about; ``said.version`` is reckoned from its words."""
    facts = values_of(said) | {"workspace_id": workspace, "channel_id": channel}
    new = [facts | {"contact_id": contact} for contact in contacts]
    for start in range(0, len(new), _AT_ONCE):
        some = new[start : start + _AT_ONCE]
        rows.execute(insert(_table), some)
        if said.basis and said.act != "asked":
            whom = _contact.c.id.in_([each["contact_id"] for each in some])
            rows.execute(update(_contact).where(whom).values(basis=said.basis))
    return len(new)


def values_of(said: Said) -> dict[str, object]:
    """The columns of an event that are the same for all whom it is said of."""
    return {
        "act": said.act,
        "basis": said.basis,
        "words": said.words,
        "words_version": version_of(said.words),
        "source": said.source[:MOST_SOURCE],
        "how": said.how,
        "given_on": said.given_on,
        "proof": said.proof,
        "at": said.at,
    }


def basis_of(grounds: Grounds, at: datetime, source: str) -> Said:
    """The event that says why somebody may be written to."""
    return Said(
        "basis",
        at,
        grounds.basis,
        grounds.words,
        source=source,
        how=grounds.how,
        given_on=grounds.given_on,
        proof=grounds.proof,
    )


def history(rows: Rows, contact: int) -> list[Said]:
    """All that is known of what a contact agreed to, the newest first: one statement."""
    joined = _table.outerjoin(_channel, _channel.c.id == _table.c.channel_id)
    columns = select(*_SAID, func.coalesce(_channel.c.name, "").label("list")).select_from(joined)
    newest = columns.where(_table.c.contact_id == contact).order_by(_table.c.at.desc(), _table.c.id.desc())
    return [msgspec.convert(dict(row._mapping), Said) for row in rows.execute(newest)]


def standing_basis(rows: Rows, contact: int) -> Said | None:
    """What it rests on today that this contact is written to: the newest event that names a basis."""
    return next((said for said in history(rows, contact) if said.basis and said.act != "asked"), None)


def standing(rows: Rows, contacts: Sequence[int]) -> dict[int, Said]:
    """As :func:`standing_basis`, of several at once, without their lists: one statement."""
    wanted = select(_table.c.contact_id, *_SAID)
    wanted = wanted.where(_table.c.contact_id.in_(contacts), _table.c.basis != "", _table.c.act != "asked")
    said = rows.execute(wanted.order_by(_table.c.at, _table.c.id))
    return {row.contact_id: msgspec.convert(dict(row._mapping), Said) for row in said}


def record(
    installation: Installation, actor: Actor, world: str, number: int, grounds: Grounds, source: str = ""
) -> None:
    """Write down anew why a contact may be written to. What was written before stays beside it."""
    actor.require("write")
    kept = checked(grounds, installation.now().date(), actor.language)  # nothing is taken for said of one person
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Contact, find(session, actor, world, number).id)
        said = basis_of(kept, installation.now(), source or actor.name)
        note(session, row.workspace_id, [row.id], said)
        log(session, installation, actor, "contact.basis", contact=row.id, basis=kept.basis)

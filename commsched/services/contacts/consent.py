"""Why a contact may be written to, and what they have said to it: rows that are added and never changed.

A journalist may be told of what is their work (*interest*, GDPR article 6.1 f); whoever subscribes says yes to words
that are kept with them (*consent*, 6.1 a). An import says which of the two it rests on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Invalid
from commsched.store.models import Base, Channel, ContactEvent

Basis = Literal["", "interest", "consent"]
BASES: Final[Mapping[str, str]] = {
    "interest": N_("It is their work: they cover what we do"),
    "consent": N_("They have said yes to it"),
}
"""What an import or a pasted list may rest on, in words for a form."""
MOST_SOURCE: Final = 200
_AT_ONCE: Final = 500
_table: Final = Base.metadata.tables[ContactEvent.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]
Rows = Session | Connection


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
    facts = {
        "workspace_id": workspace,
        "channel_id": channel,
        "act": said.act,
        "basis": said.basis,
        "words": said.words,
        "words_version": version_of(said.words),
        "source": said.source[:MOST_SOURCE],
        "at": said.at,
    }
    new = [facts | {"contact_id": contact} for contact in contacts]
    for start in range(0, len(new), _AT_ONCE):
        rows.execute(insert(_table), new[start : start + _AT_ONCE])
    return len(new)


def history(rows: Rows, contact: int) -> list[Said]:
    """All that is known of what a contact agreed to, the newest first: one statement."""
    columns = select(
        _table.c.act,
        _table.c.at,
        _table.c.basis,
        _table.c.words,
        _table.c.words_version,
        _channel.c.name,
        _table.c.source,
    ).select_from(_table.outerjoin(_channel, _channel.c.id == _table.c.channel_id))
    newest = columns.where(_table.c.contact_id == contact).order_by(_table.c.at.desc(), _table.c.id.desc())
    return [Said(row[0], row[1], row[2], row[3], row[4], row[5] or "", row[6]) for row in rows.execute(newest)]


def standing_basis(rows: Rows, contact: int) -> Said | None:
    """What it rests on today that this contact is written to: the newest event that names a basis."""
    return next((said for said in history(rows, contact) if said.basis and said.act != "asked"), None)

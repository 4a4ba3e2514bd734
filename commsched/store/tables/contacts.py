"""Whom an office writes to, each person once in a world: journalists here, members in a world of their own.

Worlds never mix: everything that finds, counts, exports or writes to contacts names the world it means.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commsched.store.base import Base, Scoped


class Contact(Base, Scoped):
    """A person or a desk. What says who they are is encrypted; what they are chosen by is not."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("workspace_id", "world", "blind"),
        Index("ix_contact_workspace_id_world_outlet", "workspace_id", "world", "outlet"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    world: Mapped[str] = mapped_column(String(10))
    """``press``; a world keeps its contacts from every other."""
    blind: Mapped[str] = mapped_column(String(64))
    """A keyed hash of the address (:meth:`commsched.store.vault.Vault.blind`): it finds a person without decrypting."""
    address: Mapped[str] = mapped_column(Text)
    """Encrypted."""
    name: Mapped[str] = mapped_column(Text, default="")
    """Encrypted."""
    outlet: Mapped[str] = mapped_column(String(200), default="")
    beats: Mapped[list[str]] = mapped_column(default=list)
    """What they write about, each folded to lower case."""
    areas: Mapped[list[str]] = mapped_column(default=list)
    """Where, each folded to lower case."""
    language: Mapped[str] = mapped_column(String(8), default="")
    """Empty: the office's own."""
    notes: Mapped[str] = mapped_column(Text, default="")
    """Encrypted."""
    state: Mapped[str] = mapped_column(String(12), default="active")
    """``active``; ``unconfirmed`` until a subscriber has answered; ``unsubscribed`` or ``bounced`` for whom nothing is
    sent to, on any list."""
    since: Mapped[datetime]
    """When it came to that state."""
    source: Mapped[str] = mapped_column(String(20), default="")
    """Where it came from: ``pasted``, ``imported``, ``entered``, ``subscribed`` or ``migrated``."""
    basis: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """Why they may be written to, as their newest event that says so: ``interest`` or ``consent``; empty: nobody has
    said."""
    score: Mapped[int] = mapped_column(default=0)
    """How much has come back of late, in tenths: a soft refusal is ten."""
    scored_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class ContactEvent(Base, Scoped):
    """What a contact agreed to or asked for, and how it is known. Rows are added and never changed."""

    __tablename__ = "contact_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(20))
    """``basis`` (why they may be written to), ``asked`` (a subscriber who has yet to answer), ``confirmed``,
    ``unsubscribed``, ``joined``, ``left``, ``bounced``."""
    basis: Mapped[str] = mapped_column(String(20), default="")
    """``interest`` (a journalist's work is to be told) or ``consent``."""
    words: Mapped[str] = mapped_column(Text, default="")
    """The very text that they said yes to; of an interest, why it is their work."""
    words_version: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of those words."""
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id", ondelete="SET NULL"))
    """The list that it is about, if it is about one."""
    source: Mapped[str] = mapped_column(String(200), default="")
    """Where that was said: a page, a mail's link, a file that was imported, a person's name."""
    how: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """Of a consent that was given elsewhere: how, such as on paper at a meeting."""
    given_on: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """Of such a consent: the day, as ISO 8601 writes it. ``at`` is when it was written down here."""
    proof: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """Of such a consent: where what proves it is kept."""
    at: Mapped[datetime]


class Suppression(Base, Scoped):
    """An address that nothing is sent to, also when nothing else is known of it. Only its keyed hash is kept."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("workspace_id", "world", "blind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    world: Mapped[str] = mapped_column(String(10))
    blind: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(12))
    """``unsubscribed``, ``bounced`` or ``erased``."""
    at: Mapped[datetime]


class ContactImport(Base, Scoped):
    """A file of contacts: read whole when it came, taken in piece by piece, each piece in a transaction."""

    __tablename__ = "contact_import"
    __table_args__ = (Index("ix_contact_import_state", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    world: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(200))
    """The name of whoever brought it."""
    filename: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), default="new")
    """``new`` until its columns are chosen; ``running``; ``done``; ``stopped`` by a person."""
    fields: Mapped[list[str]] = mapped_column(default=list)
    """What each column says, empty for what is left out."""
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id", ondelete="SET NULL"))
    """The list that everybody in it is put on, if any."""
    heading: Mapped[int] = mapped_column(default=0)
    """1 where the first row names the columns."""
    grounds: Mapped[dict[str, str]] = mapped_column(default=dict, server_default="{}")
    """Why everybody in it may be written to, as whoever brought it says
    (:class:`commsched.services.contacts.consent.Grounds`)."""
    piece: Mapped[int] = mapped_column(default=0)
    """The piece that comes next."""
    rows: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    """Rows that are done with."""
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    """Rows of contacts that were there already, just so."""
    left_out: Mapped[int] = mapped_column(default=0)
    """Rows of those who are never written to."""
    wrong: Mapped[int] = mapped_column(default=0)
    """Rows that name nobody who can be written to."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ContactImportPiece(Base, Scoped):
    """Some hundred rows of a file, encrypted; gone when the file is taken in."""

    __tablename__ = "contact_import_piece"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contact_import.id", ondelete="CASCADE"))
    number: Mapped[int]
    rows: Mapped[str] = mapped_column(Text)


class ContactImportNote(Base, Scoped):
    """What is to be said of one row of a file."""

    __tablename__ = "contact_import_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("contact_import.id", ondelete="CASCADE"), index=True)
    row: Mapped[int]
    """Counted from one, as a spreadsheet shows it."""
    reason: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="")
    """What stands there, encrypted."""


class ContactMail(Base, Scoped):
    """A mail to a contact about themselves that waits to be sent: whether they did ask. It goes when it has gone."""

    __tablename__ = "contact_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    world: Mapped[str] = mapped_column(String(10))
    blind: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(Text)
    """Encrypted."""
    kind: Mapped[str] = mapped_column(String(10))
    """``confirm`` a subscription; ``data`` or ``erase``: whether they want to see or to have erased what is kept."""
    language: Mapped[str] = mapped_column(String(8), default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    """The moment that was asked at; its link names it."""

"""What comes back by mail: the office's mailboxes, what was read in them, and the answers that go out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commsched.store.base import Base, Scoped


class Mailbox(Base, Scoped):
    """A folder of an IMAP account that an office reads."""

    __tablename__ = "mailbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    security: Mapped[str] = mapped_column(String(10))
    """``implicit`` (TLS from the first byte) or ``required`` (STARTTLS)."""
    user: Mapped[str] = mapped_column(String(255))
    secret: Mapped[str] = mapped_column(Text, default="")
    """The password, encrypted; empty where a token of ``server_id`` is used."""
    server_id: Mapped[int | None] = mapped_column(ForeignKey("mail_server.id", ondelete="SET NULL"))
    """The relay whose OAuth2 token also opens the mailbox (XOAUTH2)."""
    folder: Mapped[str] = mapped_column(String(200), default="INBOX")
    handled_folder: Mapped[str] = mapped_column(String(200), default="")
    """Where what was taken in is moved; empty: the mailbox is left as it is."""
    address: Mapped[str] = mapped_column(String(254))
    """Whom answers come from."""
    forward_to: Mapped[str] = mapped_column(Text, default="")
    """Encrypted: where copies go."""
    forward_what: Mapped[str] = mapped_column(String(10), default="")
    """Empty for nothing; ``answers`` or ``everything``."""
    validity: Mapped[int] = mapped_column(default=0)
    """The folder's UIDVALIDITY; zero before the first reading. Another than before: numbers count anew."""
    last_uid: Mapped[int] = mapped_column(default=0)
    """Up to this number everything is taken in."""
    next_at: Mapped[datetime | None]
    """When it is read next; NULL: not until somebody says so."""
    read_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="")
    """Why it could not be read the last time: a msgid of :mod:`commsched.mail.imap`, with its values as JSON."""
    trouble_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


class InboxMessage(Base, Scoped):
    """One message that came in. What it says and who wrote it is encrypted."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "named"),
        Index("ix_inbox_message_workspace_id_kind_state_at", "workspace_id", "kind", "state", "at"),
        Index("ix_inbox_message_workspace_id_thread", "workspace_id", "thread"),
        Index("ix_inbox_message_workspace_id_message_blind", "workspace_id", "message_blind"),
        Index("ix_inbox_message_item_id", "item_id"),
        Index("ix_inbox_message_sender_blind", "sender_blind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id", ondelete="SET NULL"))
    validity: Mapped[int] = mapped_column(default=0)
    uid: Mapped[int] = mapped_column(default=0)
    """Where it lies in its folder, as long as the folder's UIDVALIDITY is ``validity``."""
    named: Mapped[str] = mapped_column(String(64))
    """A keyed hash of what makes it the message it is: it is taken in once however often it is read."""
    kind: Mapped[str] = mapped_column(String(12))
    """``letter`` from a person; ``automatic``, ``bounce``, ``delayed`` or ``leave`` (wants no more), which are folded
    away."""
    state: Mapped[str] = mapped_column(String(10), default="new")
    """``new``, ``answered``, or ``done`` for what needs no answer."""
    subject: Mapped[str] = mapped_column(Text, default="")
    sender: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[str] = mapped_column(Text, default="")
    """Encrypted JSON: Message-ID, References, To, Cc, Reply-To, attachments, what a bounce says."""
    sender_blind: Mapped[str] = mapped_column(String(64), default="")
    message_blind: Mapped[str] = mapped_column(String(64), default="")
    """A keyed hash of the Message-ID: answers to it are found by it."""
    thread: Mapped[str] = mapped_column(String(64), default="")
    """What all messages of one conversation share."""
    size: Mapped[int] = mapped_column(default=0)
    """Octets of the whole message."""
    has_html: Mapped[bool] = mapped_column(default=False)
    attachments: Mapped[int] = mapped_column(default=0)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"))
    part_id: Mapped[int | None] = mapped_column(ForeignKey("part.id", ondelete="SET NULL"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    outlet: Mapped[str] = mapped_column(String(200), default="")
    """Of the contact, when it came."""
    at: Mapped[datetime]
    """When it came to the mailbox."""
    taken_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """When somebody saw it first."""
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    """Grows when anybody answers it, assigns it or puts it aside: who decides on an older one is told."""
    moved: Mapped[bool] = mapped_column(default=False)
    """Whether it lies in the mailbox's folder for what is handled."""
    erased_at: Mapped[datetime | None]


class InboxLook(Base, Scoped):
    """Somebody has read a message."""

    __tablename__ = "inbox_look"
    __table_args__ = (UniqueConstraint("message_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    at: Mapped[datetime]


class InboxNote(Base, Scoped):
    """What colleagues say to each other about a message, encrypted."""

    __tablename__ = "inbox_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class InboxDraft(Base, Scoped):
    """An answer that somebody is writing, encrypted: one for each writer, so that nobody overwrites another's."""

    __tablename__ = "inbox_draft"
    __table_args__ = (UniqueConstraint("message_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class InboxReply(Base, Scoped):
    """A mail that goes out because of one that came in: an answer, or a copy that is forwarded. Committed before the
    call."""

    __tablename__ = "inbox_reply"
    __table_args__ = (Index("ix_inbox_reply_state_next_at", "state", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(10))
    """``answer`` or ``forward``."""
    to: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="")
    """These three are encrypted."""
    mail_id: Mapped[str] = mapped_column(String(200))
    """Its Message-ID, without brackets: the same on every try."""
    mail_blind: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """``waiting``, ``sending`` (committed before the call), ``sent``, ``unknown`` (a person decides) or ``failed``."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(Text, default="")
    """The server's words."""
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class PartBounce(Base, Scoped):
    """What came back about one recipient of a mailing. That it was sent stays true."""

    __tablename__ = "part_bounce"
    __table_args__ = (UniqueConstraint("part_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id", ondelete="CASCADE"))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    """``hard``, ``soft``, or ``delayed`` while the server goes on trying."""
    proof: Mapped[str] = mapped_column(String(10))
    """What says that it is about this recipient: ``verp``, ``message`` or ``address``."""
    status: Mapped[str] = mapped_column(String(12), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    """The server's own, encrypted: addresses stand in them."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_message.id", ondelete="SET NULL"))
    at: Mapped[datetime]

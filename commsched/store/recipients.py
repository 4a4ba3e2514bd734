"""Whom a list channel writes to: one row a person, so that what is done for one costs nothing for the others."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commsched.store.base import Base, Scoped


class ListRecipient(Base, Scoped):
    """One recipient of a list, or one line of it that names nobody (a spreadsheet's heading, an old mistake)."""

    __tablename__ = "list_recipient"
    __table_args__ = (
        UniqueConstraint("channel_id", "blind"),
        Index("ix_list_recipient_channel_id_state_position", "channel_id", "state", "position"),
        Index("ix_list_recipient_blind", "blind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    position: Mapped[int]
    """The line it stands on, counted from one."""
    blind: Mapped[str] = mapped_column(String(64))
    """A keyed hash of the address (:meth:`commsched.store.vault.Vault.blind`): it finds a person without decrypting."""
    address: Mapped[str] = mapped_column(Text, default="")
    """Encrypted; empty where the line names nobody."""
    entry: Mapped[str] = mapped_column(Text, default="")
    """What was written, encrypted: the name, the newspaper. Empty where it was the address and nothing else."""
    state: Mapped[str] = mapped_column(String(12), default="active")
    """``active``; ``unsubscribed``, ``bounced`` or ``removed`` for whom nothing is sent to, however often the list is
    pasted anew; ``heading`` or ``unread`` for a line that names nobody."""
    since: Mapped[datetime]
    """When it came to that state."""
    source: Mapped[str] = mapped_column(String(20), default="")
    """Where it came from: ``pasted`` by a person, or ``migrated`` from a list of an earlier version."""

"""What happened: the append-only log, and the notices people get."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from commsched.core.text.json_values import JsonObject
from commsched.store.base import Base, Scoped


class AuditEntry(Base):
    """One line of the record. ``hash`` covers the line and the hash before it, so none can be changed unseen."""

    __tablename__ = "entry"
    __table_args__ = (Index("ix_entry_workspace_id_at", "workspace_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int | None] = mapped_column(ForeignKey("workspace.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(200))
    """The name as it was then: a person's, or ``scheduler``."""
    action: Mapped[str] = mapped_column(String(40))
    item_id: Mapped[int | None] = mapped_column(index=True)
    facts: Mapped[JsonObject] = mapped_column(default=dict)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Notice(Base, Scoped):
    """A message to a person about something that needs them; mailed by the engine."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_state", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    facts: Mapped[JsonObject] = mapped_column(default=dict)
    link_token: Mapped[str] = mapped_column(Text, default="")
    """Encrypted secret of an approval link; emptied when the mail has gone."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """``waiting sent failed dropped``."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    """When its reader saw its subject on a page. It is only set for kinds that Today marks as unread."""

"""What happened, and what waits for somebody: the append-only log, the notices people get, proposals of other words,
facts that are checked, the tasks that emergency releases leave, and what is done to what is already out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from commsched.core.content.model import Content, parse
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
    pushed_at: Mapped[datetime | None]
    """When its reader's own devices were told."""


class Proposal(Base, Scoped):
    """Other words for one version of an item, by somebody who is to approve it. What they propose is a whole content,
    so that its hash is known before anybody takes it."""

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    base_hash: Mapped[str] = mapped_column(String(64))
    """Of the version that it is about."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[str] = mapped_column(String(64))
    """Of ``content``."""
    note: Mapped[str] = mapped_column(Text, default="")
    approves: Mapped[bool] = mapped_column(default=False)
    """The proposer approves exactly ``hash``, once it is taken."""
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    """What that approval covers: the office's window as it was when they said so."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    via: Mapped[str] = mapped_column(String(10), default="page")
    answer: Mapped[str] = mapped_column(String(10), default="")
    """Empty while it is open; ``taken``, ``declined`` or ``withdrawn``."""
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]

    def parsed(self) -> Content:
        return parse(self.content)


class FactCheck(Base, Scoped):
    """A passage that somebody without an account is asked about, by a link of their own."""

    __tablename__ = "fact_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the secret, by which it is found."""
    token: Mapped[str] = mapped_column(Text)
    """The secret, encrypted: whoever asked may copy the address again. Empty once it is over."""
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), default="")
    passage: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    verdict: Mapped[str] = mapped_column(String(10), default="")
    """Empty until it is answered; ``right`` or ``wrong``."""
    words: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]


class ReleaseReview(Base, Scoped):
    """The task that an emergency release leaves: somebody who approves looks at what was let out without them."""

    __tablename__ = "release_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id", ondelete="CASCADE"), unique=True)
    released_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(10), default="")
    """Empty while it is open; ``fine`` or ``mend``."""
    words: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]


class Removal(Base, Scoped):
    """One part on a network that is to be taken down there. It is tried until it is gone, or a person has done it."""

    __tablename__ = "removal"
    __table_args__ = (
        UniqueConstraint("takedown_id", "delivery_id", "part"),
        # (The same condition for PostgreSQL stands in the migration: naming it here loads its dialect at every start.)
        Index("ix_removal_next_at", "next_at", sqlite_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedown.id", ondelete="CASCADE"))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    part: Mapped[int]
    remote_id: Mapped[str] = mapped_column(String(300))
    url: Mapped[str] = mapped_column(String(1000), default="")
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """``waiting``; ``gone``: the network says so; ``by_hand``: a person must do it; ``confirmed``: a person has;
    ``kept``: it was put back before it was done."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    """When it is due; pushed on by whoever begins the call, so that a kill costs no more than that wait."""
    detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """Who did it by hand."""


class NewsFeed(Base, Scoped):
    """An RSS or Atom feed whose entries become drafts."""

    __tablename__ = "news_feed"
    __table_args__ = (
        UniqueConstraint("workspace_id", "url"),
        Index("ix_news_feed_next_at", "next_at", sqlite_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(1000))
    name: Mapped[str] = mapped_column(String(200))
    channels: Mapped[str] = mapped_column(String(1000), default="")
    """The ids of the channels that its drafts go to, with commas between."""
    next_at: Mapped[datetime | None]
    """When it is read again; NULL while it is switched off."""
    etag: Mapped[str] = mapped_column(String(300), default="")
    modified: Mapped[str] = mapped_column(String(100), default="")
    failures: Mapped[int] = mapped_column(default=0)
    """How often in a row it could not be read."""
    trouble: Mapped[JsonObject] = mapped_column(default=dict)
    """Why it could not be read the last time, as a sentence and what stands in it; empty where it could."""
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class NewsEntry(Base, Scoped):
    """An entry that has been seen: it makes no second draft, whatever becomes of the first."""

    __tablename__ = "news_entry"
    __table_args__ = (UniqueConstraint("news_feed_id", "guid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    news_feed_id: Mapped[int] = mapped_column(ForeignKey("news_feed.id", ondelete="CASCADE"))
    guid: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what the feed knows it by."""
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"), index=True)
    """The draft that it became; none for what stood in the feed before the office read it."""
    seen_at: Mapped[datetime]

"""What happened, and what waits for somebody: the append-only log, the notices people get, proposals of other words,
facts that are checked, the tasks that emergency releases leave, what is done to what is already out, and what came of
it in the press."""

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


class Listening(Base, Scoped):
    """When a channel is next asked what readers made of what is out; pushed on by whoever asks, before they do.
    A moment that is empty is for what the platform does not tell."""

    __tablename__ = "listening"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True)
    figures_at: Mapped[datetime | None]
    replies_at: Mapped[datetime | None]
    recent_at: Mapped[datetime | None]
    replies_read_at: Mapped[datetime | None]
    """When its comments were last read whole."""
    recent_read_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="")
    """Why its comments could not be read the last time; empty where they were."""


class Figure(Base, Scoped):
    """What readers made of one published part, as its platform counts. Empty: not known."""

    __tablename__ = "figure"
    __table_args__ = (Index("ix_figure_channel_id_next_at", "channel_id", "next_at"),)

    part_id: Mapped[int] = mapped_column(ForeignKey("part.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    views: Mapped[int | None]
    likes: Mapped[int | None]
    shares: Mapped[int | None]
    comments: Mapped[int | None]
    clicks: Mapped[int | None]
    stage: Mapped[int] = mapped_column(default=0)
    """How many of its readings are done."""
    next_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class RemoteComment(Base, Scoped):
    """What somebody wrote under a publication of ours. The words and the writer go when they are needed no more."""

    __tablename__ = "remote_comment"
    __table_args__ = (
        UniqueConstraint("channel_id", "remote_id"),
        Index("ix_remote_comment_workspace_id_seen_at", "workspace_id", "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"), index=True)
    """What it is written under, where that went out from here."""
    remote_id: Mapped[str] = mapped_column(String(300))
    """The network's; once erased a hash of it, by which it is known again and nobody is found."""
    handle: Mapped[str] = mapped_column(String(500), default="")
    answers: Mapped[str] = mapped_column(String(300), default="")
    """The network's id of ours that it answers."""
    author: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(String(1000), default="")
    word: Mapped[str] = mapped_column(String(100), default="")
    """The word of the office's own list that it holds."""
    at: Mapped[datetime]
    found_at: Mapped[datetime]
    hidden: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    told_at: Mapped[datetime | None]
    """When somebody was told that it waits."""
    reported_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    answer_item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="SET NULL"), unique=True)
    """The item that answers it: one at most."""


class OutsidePost(Base, Scoped):
    """What an account of ours has published by another way than this: shown grey in the calendar."""

    __tablename__ = "outside_post"
    __table_args__ = (
        UniqueConstraint("channel_id", "remote_id"),
        Index("ix_outside_post_workspace_id_at", "workspace_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    remote_id: Mapped[str] = mapped_column(String(300))
    url: Mapped[str] = mapped_column(String(1000), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    """How it begins."""
    at: Mapped[datetime]


class ReadyAnswer(Base, Scoped):
    """A text to answer comments with, approved once for every comment that it fits."""

    __tablename__ = "ready_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


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


class Coverage(Base, Scoped):
    """Something that the press made of an item: a link that a person pasted."""

    __tablename__ = "coverage"
    __table_args__ = (UniqueConstraint("item_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    link: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the link without what only says how a reader came to it, so that it is known when it comes again."""
    title: Mapped[str] = mapped_column(Text, default="")
    outlet: Mapped[str] = mapped_column(String(200), default="")
    tone: Mapped[str] = mapped_column(String(10), default="neutral")
    """``positive``, ``neutral`` or ``negative``: what the person who pasted it thinks."""
    day: Mapped[str] = mapped_column(String(10))
    """When it was published, ``2026-11-26``, as its outlet writes it."""
    note: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class Visits(Base, Scoped):
    """How often a public page was opened, or something was taken from it, in a day. It says nothing of by whom."""

    __tablename__ = "visits"
    __table_args__ = (UniqueConstraint("item_id", "day", "what"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    day: Mapped[str] = mapped_column(String(10))
    """In the office's zone."""
    what: Mapped[str] = mapped_column(String(10))
    """``page``, ``picture``, ``kit``, ``pdf`` or ``text``."""
    count: Mapped[int] = mapped_column(default=0)


class PressAnswer(Base, Scoped):
    """Who comes to what an invitation is to, or does not. Who they are is encrypted."""

    __tablename__ = "press_answer"
    __table_args__ = (UniqueConstraint("item_id", "blind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    """The first invitation, also where a correction was answered."""
    blind: Mapped[str] = mapped_column(String(64))
    """A keyed hash of the address: who answers again changes their answer."""
    coming: Mapped[bool]
    secret: Mapped[str] = mapped_column(Text)
    """Encrypted: name, outlet, address, telephone, wishes."""
    at: Mapped[datetime]
    changed_at: Mapped[datetime]
    forget_at: Mapped[datetime]
    """When nobody needs to know it any more."""


class PressPerson(Base, Scoped):
    """Somebody of the office's standing press kit: a portrait with a biography, for anybody to publish."""

    __tablename__ = "press_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(200), default="")
    biography: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[int] = mapped_column(default=0)
    """Where they stand among the others, from the front."""
    created_at: Mapped[datetime]

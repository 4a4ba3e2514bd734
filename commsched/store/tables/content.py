"""What is said: items, their revisions, the decisions on them, pictures and comments."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from commsched.core.content.model import Content, parse
from commsched.core.media.consent import first_end
from commsched.core.text.json_values import JsonArray, JsonObject
from commsched.store.base import Base, Scoped
from commsched.store.tables.people import Person


class Item(Base, Scoped):
    """One thing to say. Its text lives in revisions; here is what changes without a new revision."""

    __tablename__ = "item"
    __table_args__ = (
        Index("ix_item_workspace_id_publish_at", "workspace_id", "publish_at"),
        Index("ix_item_workspace_id_text_hash", "workspace_id", "text_hash"),
        Index("ix_item_confidential", "id", sqlite_where=text("confidential IS 1")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    """Its name outside: in feeds, file names, keys."""
    kind: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(20), default="draft")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    revision_id: Mapped[int | None]
    """The newest revision."""
    version: Mapped[int] = mapped_column(default=0)
    """Its number; what a second writer's save is compared with."""
    publish_at: Mapped[datetime | None]
    latest_at: Mapped[datetime | None]
    wall_time: Mapped[str] = mapped_column(String(32), default="")
    """What the person typed, ``2026-11-26T07:30``, in ``zone``."""
    zone: Mapped[str] = mapped_column(String(64), default="")
    own_times: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many of its channels have a time of their own (``ChannelTime``), so that those are looked for only then."""
    schedule_on_approval: Mapped[bool] = mapped_column(default=False)
    when_approved: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It goes out as soon as it is approved: it has no time before that, and that moment then."""
    policy: Mapped[JsonObject] = mapped_column(default=dict)
    """The policy as it stood at submission."""
    reason: Mapped[str] = mapped_column(String(40), default="")
    """Why it is held or failed (a code of ``core.delivery.lifecycle``)."""
    search: Mapped[str] = mapped_column(Text, default="")
    """Title and text, case folded, for the search box."""
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    """The newest revision's text as duplicates are found by it (``services.content.neighbours``); empty for a short
    one."""
    channels: Mapped[str] = mapped_column(Text, default="")
    """Where its newest revision goes, as ``,3,17,``: so that lists need not read the content."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    doubt_since: Mapped[datetime | None]
    """The moment of the backup that the office was restored from, if the item was unfinished in it. Deliveries made
    from it later may have gone out after the backup, so they are read back first."""
    confidential: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Until it is published only its ``Confidant`` rows see it (``store.sight``)."""
    corrects_id: Mapped[int | None] = mapped_column(index=True)
    """The published item that it corrects; always the first one, also for a correction of a correction."""
    follows_id: Mapped[int | None] = mapped_column(index=True)
    """The item that it sends once more, to those alone who have not got it (``services.contacts.addressees``); always
    the first one."""


class Confidant(Base, Scoped):
    """A person who may see a confidential item."""

    __tablename__ = "confidant"
    __table_args__ = (UniqueConstraint("item_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)


class ChannelTime(Base, Scoped):
    """A channel's own time for an item, where it is not the item's (``core.timing.plan`` has the model)."""

    __tablename__ = "channel_time"
    __table_args__ = (
        UniqueConstraint("item_id", "channel_id"),
        Index("ix_channel_time_workspace_id_publish_at", "workspace_id", "publish_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    publish_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    wall_time: Mapped[str] = mapped_column(String(32))
    """What the person meant, ``2026-11-26T07:30``, in ``zone``."""
    zone: Mapped[str] = mapped_column(String(64))


class Revision(Base, Scoped):
    """An immutable snapshot: canonical JSON, and the SHA-256 of exactly those bytes."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("item_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[str] = mapped_column(String(64))
    sources: Mapped[JsonArray] = mapped_column(default=list)
    """Underlag: ``[{"text": …, "url": …}]``. The approver sees it, no reader does, so it is not hashed."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")
    times: Mapped[JsonObject] = mapped_column(default=dict, server_default="{}")
    """The times that it had when the next version took its place (``services.content.version_times``); empty while it
    is the newest. No part of the hash."""
    lent: Mapped[str] = mapped_column(Text, default="")
    """The people whose words (alt texts, credits, cards) its pictures bring along from the library: ``3,5``."""

    def parsed(self) -> Content:
        return parse(self.content)


class Decision(Base, Scoped):
    """What a named person decided about one hash. Never changed; a later row may set it aside."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_item_id_hash", "item_id", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(20))
    """``approve``, ``changes``, ``bypass``, ``release`` (no approval asked for), ``withdraw``, ``accept`` (took on what
    another wrote), ``lapse`` (the yes of ``person_id`` does not cover the new time), ``undo`` (their last yes or no was
    never meant)."""
    step: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    in_place_of: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    comment: Mapped[str] = mapped_column(Text, default="")
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    at: Mapped[datetime]
    via: Mapped[str] = mapped_column(String(10), default="page")
    """``page``, ``link``, ``api`` or ``cli``."""


class ApprovalLink(Base, Scoped):
    """A single-use address in a mail: shows on GET, decides on POST, for one person and one hash."""

    __tablename__ = "approval_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(String(64))
    stamp: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    """When a newer one was made for the same person and item; this one is over."""
    decision_id: Mapped[int | None]
    """The decision that it was used for."""


class Comment(Base, Scoped):
    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    body: Mapped[str] = mapped_column(Text)
    quote: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The words of the text that it is about, as they stood in its revision; empty for the whole."""
    revision: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    person: Mapped[Person | None] = relationship("Person", lazy="joined")


class Takedown(Base, Scoped):
    """Records that an item was taken off the office's own pages, by whom and why. It holds until the item is put
    back."""

    __tablename__ = "takedown"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    """Shown to readers at its address, where it was withdrawn."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(10), default="withdrawn", server_default="withdrawn")
    """``withdrawn``: its address says so and why; ``error``: its address says nothing; ``moved``: it leads on."""
    moved_to: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    elsewhere: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is taken down on the networks too. False for those of before that could be done."""


class PreviewAddress(Base, Scoped):
    """A secret address at which an item is read while it is under embargo. One stands at a time, until it is ended."""

    __tablename__ = "preview_address"
    # (The same condition for PostgreSQL stands in the migration: naming it here loads its dialect at every start.)
    __table_args__ = (
        Index("uq_preview_address_standing", "item_id", unique=True, sqlite_where=text("revoked_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the secret, by which it is found."""
    token: Mapped[str] = mapped_column(Text)
    """The secret, encrypted: mails and pages name the same address again. Empty once it has ended."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PlanLink(Base, Scoped):
    """A secret address at which an office's plan is read without an account. One stands at a time."""

    __tablename__ = "plan_link"
    __table_args__ = (
        Index("uq_plan_link_standing", "workspace_id", unique=True, sqlite_where=text("revoked_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the secret, by which it is found."""
    token: Mapped[str] = mapped_column(Text)
    """The secret, encrypted: the calendar shows the address again. Empty once it has ended."""
    shows_drafts: Mapped[bool] = mapped_column(default=False)
    """Whether it tells what drafts are called; else only that something is planned."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Media(Base, Scoped):
    """A picture that passed the intake. The file is ``media/<first two>/<sha256><suffix>`` under the home."""

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("workspace_id", "sha256"),
        Index("ix_media_workspace_id_consent_ends", "workspace_id", "consent_ends"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    suffix: Mapped[str] = mapped_column(String(8))
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    alt: Mapped[str] = mapped_column(Text, default="")
    alt_by: Mapped[int | None]
    """The person who wrote it. With this, no one can approve their own words as part of another person's post."""
    alt_item: Mapped[int | None]
    """The item that it was first written in, and follows while it is written there; nothing once it is the library's
    own."""
    credit: Mapped[str] = mapped_column(String(200), default="")
    credit_by: Mapped[int | None]
    filename: Mapped[str] = mapped_column(String(200), default="")
    """What the person called it; shown, never used as a path."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    facts: Mapped[JsonObject] = mapped_column(default=dict)
    front_id: Mapped[int | None] = mapped_column(index=True)
    """Of a card that is kept in several sizes: the one that stands for it. The others are not shown beside it, and
    stand for themselves once it is deleted."""
    consent_ends: Mapped[datetime | None]
    """When the first of its persons' consents ends, if any does: follows ``facts`` whenever they are set."""

    def describe(self, person: int | None, *, alt: str | None = None, credit: str | None = None) -> None:
        """Set the words that go out with it, and remember who wrote those that are new."""
        if alt is not None and alt != self.alt:
            self.alt, self.alt_by, self.alt_item = alt, person, None
        if credit is not None and credit != self.credit:
            self.credit, self.credit_by = credit, person

    @validates("facts")
    def _follow(self, _key: str, facts: JsonObject) -> JsonObject:
        self.consent_ends = first_end(facts.get("persons", ()))
        return facts

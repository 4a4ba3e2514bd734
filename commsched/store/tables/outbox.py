"""What goes out: channels, deliveries, parts, attempts. The delivery table is the queue and the truth."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    case,
    exists,
    literal_column,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from commsched.core.text.json_values import JsonObject
from commsched.store.base import Base, Scoped


class Channel(Base, Scoped):
    """A connected account. ``secrets`` is encrypted with a key that lies outside the database."""

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(120))
    account: Mapped[str] = mapped_column(String(300), default="")
    account_name: Mapped[str] = mapped_column(String(300), default="")
    account_url: Mapped[str] = mapped_column(String(500), default="")
    account_picture: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    """The address of the account's own picture, at the platform."""
    way: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """How it got its access: ``keys`` or ``oauth``; empty where nobody wrote it down."""
    settings: Mapped[JsonObject] = mapped_column(default=dict)
    secrets: Mapped[str] = mapped_column(Text, default="")
    list_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of a list: :func:`commsched.core.content.model.addresses_digest` of its lines as they were written, changed in
    the transaction that changes its rows. An approval covers it."""
    segment: Mapped[JsonObject] = mapped_column(default=dict, server_default=text("'{}'"))
    """Of a list that fills itself: which contacts belong on it, by beat, area and language; empty for every other."""
    facts: Mapped[JsonObject] = mapped_column(default=dict)
    policy: Mapped[JsonObject] = mapped_column(default=dict)
    """A stricter approval policy than the workspace's, or empty."""
    state: Mapped[str] = mapped_column(String(20), default="ok")
    """``ok``, ``broken`` (the token died; nothing is tried until it is mended) or ``archived``."""
    trouble: Mapped[str] = mapped_column(Text, default="")
    token_expires_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    """When the account last answered as it should."""
    looked_at: Mapped[datetime | None]
    """When it was last looked at by itself, whatever came of it."""
    refused_at: Mapped[datetime | None]
    """When such a look was first told that the access is dead; the second time it counts."""
    not_before: Mapped[datetime | None]
    """The platform's own word for when the channel may be used again."""
    renew_at: Mapped[datetime | None]
    """When its access is to be renewed by itself; ``token_expires_at`` is then when even that ends."""
    renewing_until: Mapped[datetime | None]
    """While somebody renews it: until when nobody else may begin."""
    renewed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PendingAuthorization(Base, Scoped):
    """Somebody was sent to a platform to authorize a channel, and has not come back yet. Good for one answer."""

    __tablename__ = "pending_authorization"

    id: Mapped[int] = mapped_column(primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the state: who reads the database cannot answer in the platform's place."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    platform: Mapped[str] = mapped_column(String(30))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    """The channel that gets another access; none where one is about to be connected."""
    begun: Mapped[str] = mapped_column(Text)
    """Encrypted: the code verifier and what was filled in."""
    expires_at: Mapped[datetime]


class ChannelBudget(Base, Scoped):
    """How much a network still lets one account ask for, as its last answer said."""

    __tablename__ = "channel_budget"
    __table_args__ = (UniqueConstraint("channel_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    allowed: Mapped[int]
    remaining: Mapped[int]
    resets_at: Mapped[datetime | None]
    heard_at: Mapped[datetime]


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
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    """Who it is; none in a line that names nobody."""
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
    """Where it came from: ``pasted`` by a person, or ``migrated`` from a list of an earlier version; of who has left,
    who said so: ``person``."""


class Delivery(Base, Scoped):
    """One revision to one channel: the row in the outbox."""

    __tablename__ = "delivery"
    __table_args__ = (
        # What the clock asks, at any size of the table: what is due, and when is the next.
        # (The same condition for PostgreSQL stands in the migration: naming it here loads its dialect at every start.)
        Index("ix_delivery_next_at", "next_at", sqlite_where=text("next_at IS NOT NULL")),
        Index("ix_delivery_workspace_id_due_at", "workspace_id", "due_at"),
        Index("ix_delivery_item_id", "item_id"),
        Index("ix_delivery_channel_id_due_at", "channel_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """``waiting sending published unknown held failed cancelled``."""
    due_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    """When the clock should look at it again; NULL when nothing will happen by itself."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often it has been read back so far, while its state is ``unknown``. Tries to send are counted by the part."""
    reason: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(String(1000), default="")
    remote_id: Mapped[str] = mapped_column(String(300), default="")
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    stop: Mapped[str] = mapped_column(String(10), default="")
    """A person's word that nothing more goes out, also while a call is under way: ``cancelled`` or ``dropped``."""
    doubt_since: Mapped[datetime | None]
    """The moment of the backup that an office was restored from: since then it may have gone out."""
    was: Mapped[str] = mapped_column(String(12), default="")
    """While it is in doubt after a restore: the state it stood in, and goes back to where it proves not to be out."""
    was_reason: Mapped[str] = mapped_column(String(40), default="")


class Part(Base):
    """One call that makes something visible. For e-mail one recipient, frozen when the approval is given; else written
    down before the first call."""

    __tablename__ = "part"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        # Which recipient is next, however many there are: only for those, so that a post costs no more than before.
        Index(
            "ix_part_recipient",
            "delivery_id",
            "state",
            "next_at",
            "number",
            sqlite_where=text("role = 'recipient'"),
        ),
        # Which recipient's mail is answered, or comes back: only mails have such an id.
        Index("ix_part_message_id", "message_id", sqlite_where=text("message_id <> ''")),
        # Which mailings a person is in: nobody gets one item twice.
        Index("ix_part_blind", "blind", "delivery_id", sqlite_where=text("role = 'recipient'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    number: Mapped[int]
    role: Mapped[str] = mapped_column(String(10), default="post")
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """``waiting sending published unknown held failed``, as a delivery's; ``skipped`` for a recipient who had left the
    list before their turn: nothing was sent to them, and ``detail`` says how they left; or ``twice``: they get it by
    another list of the same item."""
    key: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(Text, default="")
    """Encrypted address."""
    blind: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """What finds its recipient in the list again; empty in those of before there was any."""
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """Which language its recipient reads, frozen with the address; empty for the item's own."""
    basis: Mapped[str] = mapped_column(String(10), server_default="")
    """Why its recipient may be written to, frozen with the address: what its foot says."""
    message_id: Mapped[str] = mapped_column(String(200), default="")
    handles: Mapped[dict[str, str]] = mapped_column(default=dict)
    remote_id: Mapped[str] = mapped_column(String(300), default="")
    url: Mapped[str] = mapped_column(String(1000), default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None]
    was: Mapped[str] = mapped_column(String(12), default="")
    """After a restore: the state it stood in before the doubt; ``out`` where it was then found out there."""
    edits: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """Of a correction: the platform's id of what is already out, in whose place this part is put."""
    corrects: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """Of a mail that corrects one its recipient has, or may have: that one's ``message_id``."""


class Attempt(Base):
    """One try at one part, committed *before* the call. Without an outcome it is open."""

    __tablename__ = "attempt"
    __table_args__ = (
        # The database itself refuses a second open attempt in a channel's lane, whatever the code thinks.
        Index("uq_attempt_open", "channel_id", "lane", unique=True, sqlite_where=text("outcome = ''")),
        Index("ix_attempt_delivery_id_part", "delivery_id", "part"),
        Index(
            "ix_attempt_cost",
            "channel_id",
            "started_at",
            sqlite_where=text("cost > 0"),
            postgresql_where=text("cost > 0"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default="")
    """What its answer is written down under; empty only in those made before there were any."""
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    part: Mapped[int]
    lane: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Which of the channel's lanes it is made in, counted from 0; most channels have one."""
    hash: Mapped[str] = mapped_column(String(64))
    """The content hash that stood approved when this attempt was committed."""
    worker: Mapped[str] = mapped_column(String(40), default="")
    """The owner of the channel's lease when it was committed: who makes the call."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    """Empty while open; then ``published retry rejected unknown``, or ``absent`` once read back."""
    detail: Mapped[str] = mapped_column(Text, default="")
    cost: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What the platform charges for it, in thousandths of a US dollar."""


class Lease(Base):
    """Who drains a channel, and until when nobody else may. A row stays when its lease has lapsed."""

    __tablename__ = "lease"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40), default="")
    """One dispatcher of one process; empty where it was let go."""
    until: Mapped[datetime]


class Heartbeat(Base):
    """When something that must be alive last said so."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(String(300), default="")


def _one_of(column: InstrumentedAttribute[str], *states: str) -> ColumnElement[bool]:
    """Written into the statement, so that the database knows which states it is about."""
    return column.in_([literal_column(f"'{state}'") for state in states])


_OUT = _one_of(Part.state, "published", "sending", "unknown")
_some_out = exists().where(Part.delivery_id == Delivery.id, _OUT)
_STOPPED = _one_of(Delivery.state, "held", "failed", "cancelled")
left_off: ColumnElement[str] = case(
    (and_(_STOPPED, _some_out), literal_column("'partly'")),
    (and_(Delivery.state == literal_column("'waiting'"), _some_out), literal_column("'sending'")),
    else_=Delivery.state,
)
"""SQL: a delivery's state as :func:`commsched.core.delivery.lifecycle.item_state` takes it: stopped with some of it
out is ``PARTLY``, and what waits to go on after its first part is under way."""


class Proof(Base, Scoped):
    """What ``commsched channel prove`` has seen on the network itself, the newest for each format of a platform."""

    __tablename__ = "proof"
    __table_args__ = (UniqueConstraint("workspace_id", "platform", "format"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(30))
    format: Mapped[str] = mapped_column(String(30))
    passed: Mapped[bool]
    detail: Mapped[str] = mapped_column(Text, default="")
    server: Mapped[str] = mapped_column(String(300), default="")
    """Where: the account's own address."""
    version: Mapped[str] = mapped_column(String(30), default="")
    """Of commsched, which proved it."""
    at: Mapped[datetime]

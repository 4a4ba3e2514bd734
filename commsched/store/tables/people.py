"""Who there is: workspaces, people, their roles, the ways they sign in, and how their mail is handed in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commsched.core.text.json_values import JsonObject
from commsched.store.base import Base, Scoped


class Workspace(Base):
    """An office that publishes under its own name."""

    __tablename__ = "workspace"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64), default="Europe/Stockholm")
    language: Mapped[str] = mapped_column(String(8), default="sv")
    created_at: Mapped[datetime]
    latest_minutes: Mapped[int] = mapped_column(default=120)
    """How late a delivery may be before it is held, unless the item says otherwise."""
    policy: Mapped[JsonObject] = mapped_column(default=dict)
    """``core.approval.rules.Policy`` as JSON; a channel may have a stricter one."""
    window_before_hours: Mapped[int] = mapped_column(default=6)
    window_after_hours: Mapped[int] = mapped_column(default=24)
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(String(200), default="")
    pause_reason: Mapped[str] = mapped_column(String(500), default="")
    brand: Mapped[JsonObject] = mapped_column(default=dict)
    settings: Mapped[JsonObject] = mapped_column(default=dict)
    """Press contact, about text, logo: what the public pages show."""
    is_demo: Mapped[bool] = mapped_column(default=False)


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Folded to lower case."""
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str] = mapped_column(String(8), default="sv")
    stamp: Mapped[str] = mapped_column(String(64))
    """Changes with the password. Sessions and links keep the stamp they were made with, so that a new password ends
    them."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    settings: Mapped[JsonObject] = mapped_column(default=dict)


class Membership(Base, Scoped):
    """A person's role in a workspace: reader, writer, approver or administrator."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("workspace_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    person: Mapped[Person] = relationship(lazy="joined")


class Deputy(Base, Scoped):
    """A deputy who approves in another person's place during a period."""

    __tablename__ = "deputy"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    deputy_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]


class SignIn(Base):
    """A server-side session. The cookie holds a random value; the row holds its SHA-256."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    stamp: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(64), default="")


class PushDevice(Base):
    """A browser of a person that is told at once. ``secrets`` are its own keys, encrypted."""

    __tablename__ = "push_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(1000), unique=True)
    """Its address at the browser's push service."""
    secrets: Mapped[str] = mapped_column(Text)
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class SignInTry(Base):
    """A failed sign-in, kept for the rate limit per account and per address."""

    __tablename__ = "sign_in_try"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), index=True)
    """``a:`` + SHA-256 of the account, or ``i:`` + the address."""
    at: Mapped[datetime]


class ApiToken(Base, Scoped):
    """A bearer token of a person in a workspace; only its SHA-256 is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100), default="")
    role: Mapped[str] = mapped_column(String(20), default="")
    """The most it may do; empty means as much as the person. Never more than the person's role of today."""
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Feed(Base, Scoped):
    """A private calendar address (ICS). Only the SHA-256 of its secret is kept."""

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Idempotency(Base, Scoped):
    """The answer once given for an ``Idempotency-Key``, so that a repeated creation creates nothing."""

    __tablename__ = "idempotency"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[JsonObject] = mapped_column(default=dict)
    at: Mapped[datetime]


class PlatformApp(Base):
    """What a network knows this installation by: an app's id and secret. It belongs to no office."""

    __tablename__ = "platform_app"

    platform: Mapped[str] = mapped_column(String(30), primary_key=True)
    settings: Mapped[str] = mapped_column(Text)
    """Encrypted, since secrets are among them."""
    changed_at: Mapped[datetime]

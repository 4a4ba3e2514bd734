"""The relays that mail leaves through, how they are doing, and the keys that it is signed with."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from commsched.core.text.json_values import JsonObject
from commsched.store.base import Base, Scoped


class MailServer(Base):
    """A relay. The row with the number 1 is the installation's and belongs to no office; others are an office's own.

    One that is taken away keeps its row without a host, since what left by it can never be called absent.
    """

    __tablename__ = "mail_server"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int | None] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"), index=True)
    """Whose it is; none: the installation's. Whoever reads these names the office: no session narrows them."""
    name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    kind: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """What was chosen when it was set: a key of :data:`commsched.services.mailing.providers.PROVIDERS`."""
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    security: Mapped[str] = mapped_column(String(10))
    """``implicit``, ``required`` or ``none``."""
    user: Mapped[str] = mapped_column(String(255), default="")
    password: Mapped[str] = mapped_column(Text, default="")
    """Encrypted."""
    signs_in: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """``google`` or ``microsoft`` where a person signed in there; empty: by ``password``, or not at all."""
    tokens: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Encrypted: what that signing in gave."""
    token_until: Mapped[datetime | None]
    """When the access token ends."""
    renewing_until: Mapped[datetime | None]
    """While somebody renews it: until when nobody else may begin."""
    sender: Mapped[str] = mapped_column(String(254))
    sender_name: Mapped[str] = mapped_column(String(100), default="")
    per_minute: Mapped[int] = mapped_column(default=0, server_default="0")
    """Messages a minute at most; 0: as many as there are."""
    per_day: Mapped[int] = mapped_column(default=0, server_default="0")
    """Messages in 24 hours at most; 0: as many as there are."""
    connections: Mapped[int] = mapped_column(default=0, server_default="0")
    """Connections at once at most; 0: as many as its lists want."""
    outgoing: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """The address that it hands mail on from, where that is known."""
    private: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It may be in the network of this machine: only the machine's own command line says so."""
    changed_at: Mapped[datetime]


class RelayState(Base):
    """What all processes know together of a relay, and of a recipients' domain that it is slow with (``domain``).

    A relay of the settings file has no row in ``mail_server``, so this names it by its number alone.
    """

    __tablename__ = "relay_state"

    relay: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(255), primary_key=True, default="")
    """Empty: the relay itself."""
    tokens: Mapped[float] = mapped_column(Float, default=0.0)
    """Messages that may go at once, as of ``at``."""
    at: Mapped[datetime | None]
    """None: it has not been asked yet, and is full."""
    hours: Mapped[JsonObject] = mapped_column(default=dict)
    """How many messages were let go, by the hour (whole hours since 1970), of the last 25."""
    pace: Mapped[int] = mapped_column(default=0)
    """Of a domain: messages a minute while it is slow."""
    slow_until: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="")
    """Why it does not let us in, in its own words; empty: it does."""
    trouble_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    """When one message may try whether it lets us in again."""


class DkimKey(Base, Scoped):
    """A key that an office's mail is signed with, for one domain. Two stand side by side while one replaces another."""

    __tablename__ = "dkim_key"
    __table_args__ = (UniqueConstraint("workspace_id", "domain", "selector"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(String(253))
    selector: Mapped[str] = mapped_column(String(63))
    private: Mapped[str] = mapped_column(Text)
    """Encrypted: PKCS#8, PEM."""
    public: Mapped[str] = mapped_column(Text)
    """The public key as the DNS record holds it, in base64."""
    state: Mapped[str] = mapped_column(String(10), default="new")
    """``new`` until the record is seen in the DNS, ``active`` (mail is signed with it), ``retired`` (the record may go
    a week later)."""
    forced: Mapped[bool] = mapped_column(default=False)
    """A person said that it is to be used, whatever the DNS says."""
    seen_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

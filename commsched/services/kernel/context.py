"""What every use case is handed: the office it works in, and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

import msgspec

from commsched.core.access.roles import Permission, may
from commsched.core.delivery.rates import Limits
from commsched.core.platform.budget import Ledger
from commsched.core.platform.contract import Mailer, Platform
from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_, NotAllowed
from commsched.core.timing.clock import Clock
from commsched.core.timing.skew import Skew
from commsched.services.kernel.blobs import Blobs
from commsched.store.session import Store
from commsched.store.sight import Sight
from commsched.store.vault import Vault

if TYPE_CHECKING:
    import socket

    import requests

Via = Literal["page", "link", "api", "cli", "engine"]

COMMAND_LINE: Final = N_("command line")
"""The name under which the record keeps commands given on the machine itself. Pages show it translated."""


def name_of(actor: str, language: str) -> str:
    """An actor's name as it is shown in ``language``."""
    return gettext(language, actor) if actor == COMMAND_LINE else actor


class Actor(msgspec.Struct, frozen=True):
    """The person who acts, their workspace and role, and the entry point they use (page, API, link, command line)."""

    person: int | None
    name: str
    workspace: int
    role: str
    via: Via = "page"
    language: str = "sv"

    def __post_init__(self) -> None:
        """Whatever is read for a person is read as they see it."""
        if self.person is not None and self.workspace:
            msgspec.structs.force_setattr(self, "workspace", Sight(self.workspace, self.person))

    def require(self, permission: Permission) -> None:
        """Raise :class:`NotAllowed` unless the role grants ``permission``."""
        if not may(self.role, permission):
            raise NotAllowed(N_("Your role does not allow this."))


def scheduler(workspace: int) -> Actor:
    """The actor for what the scheduler does by itself."""
    return Actor(None, "scheduler", workspace, "", "engine")


class RelayBook(Protocol):
    """The mailers of relays (``services.mailing.pool``)."""

    dial: Callable[[str, int, float], socket.socket]
    """Connects to what is public."""
    house: Callable[[str, int, float], socket.socket]
    """Connects also to what is in the network of this machine."""

    def of(self, relay: str, workspace: str = "") -> Mailer | None:
        """The mailer of a relay by its number, for an office by its address; none for one that is another's."""
        ...

    def limits(self, relay: int) -> Limits:
        """What it takes at most."""
        ...

    def name(self, relay: int) -> str:
        """What people call it."""
        ...

    def forget(self) -> None:
        """Ask the store again: a relay was changed in this process."""
        ...


class Installation(msgspec.Struct):
    """One installation: its store, keys, clock and concrete parts. Built in ``bootstrap``."""

    home: Path
    store: Store
    blobs: Blobs
    """The files that the office must keep."""
    cache: Blobs
    """What was made of them, and can be made again."""
    vault: Vault
    clock: Clock
    platform: Callable[[str], Platform]
    platform_keys: Callable[[], tuple[str, ...]]
    mailer: Mailer
    http: Callable[[bool], requests.Session]
    """Makes the HTTP session of a channel; ``True`` lets it reach private addresses."""
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    """From ``commsched.toml`` and the environment: ``base_url``, ``smtp_url``, ``mail_from`` …"""
    wake: Callable[[], None] = lambda: None
    """Tells the engine, whichever process it is in, that something may have become due. Called after the commit."""

    skew: Skew = msgspec.field(default_factory=Skew)
    """What the platforms' answers say of this computer's clock."""

    budgets: Ledger = msgspec.field(default_factory=Ledger)
    """What the platforms' answers say of how much may still be asked for."""
    relays: RelayBook | None = None
    """The relays of offices' own."""
    dns: Callable[[str, Literal["TXT", "MX", "A", "AAAA", "PTR", "SRV"]], list[str]] | None = None
    """How the DNS is asked; none: as this machine asks it (:mod:`commsched.mail.dns_checks`)."""
    apps: dict[str, tuple[float, dict[str, str]]] = msgspec.field(default_factory=dict)
    """For :mod:`commsched.services.kernel.apps`: what it has read of late."""

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def incoming(self) -> Path:
        """The folder for files that are not whole yet: on this machine, on the same disk as the home."""
        return self.home / "incoming"

    def limits_of(self, relay: int) -> Limits:
        """What the relay with that number takes at most."""
        return self.relays.limits(relay) if self.relays is not None else Limits()

    def relay_name(self, relay: int) -> str:
        """What people call the relay with that number; empty where nobody named it."""
        return self.relays.name(relay) if self.relays is not None else ""

    @property
    def base_url(self) -> str:
        """The public address of this installation, without a trailing slash."""
        return self.settings.get("base_url", "http://127.0.0.1:8080").rstrip("/")


def mailer_of(installation: Installation, relay: object, workspace: str = "") -> Mailer | None:
    """The mailer of what a channel's setting ``relay`` names; the installation's where it names none. With the address
    of an office, none for a relay that belongs to another."""
    if not relay:
        return installation.mailer
    return installation.relays.of(str(relay), workspace) if installation.relays is not None else None


def mute(installation: Installation, platform: str, is_demo: bool, relay: object = "") -> bool:
    """Whether a channel on ``platform`` can send nothing, because it needs a mail server and there is none, or the
    ``relay`` that it chose is gone. A demo keeps its mails as files instead."""
    if is_demo or not installation.platform(platform).needs_mail:
        return False
    mailer = mailer_of(installation, relay)
    return mailer is None or not mailer.reaches()


def filed(installation: Installation, platform: str, is_demo: bool) -> bool:
    """Whether what "went out" on ``platform`` only became files: a demo without a mail server."""
    return is_demo and installation.platform(platform).needs_mail and not installation.mailer.reaches()

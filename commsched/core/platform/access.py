"""How a channel gets its access and keeps it: what travels through an authorization, and what it brings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

SOONEST: Final = timedelta(minutes=5)
"""How long before an access ends it is renewed, at the latest."""
EARLIEST: Final = timedelta(days=7)
"""And at the earliest: a long-lived access is not renewed months ahead."""
SHARE: Final = 0.2
"""The last part of its life in which an access is renewed."""


def client_address(public_url: str, workspace: str, platform: str) -> str:
    """Where a network that registers no apps reads what this installation is, for one office: an address that is an id
    (see ``Platform.client_document``)."""
    return f"{public_url}/oauth/{workspace}/{platform}.json"


class Handshake(msgspec.Struct, frozen=True):
    """What one authorization is known by, from the address a person is sent to until the answer comes back."""

    redirect_uri: str
    """Where the provider sends the person back to."""
    state: str
    """The provider hands it back; an answer with another is none to our question (RFC 6749, 10.12)."""
    verifier: str
    """The secret behind the code challenge (PKCE, RFC 7636): only who asked can trade the code."""

    kept: dict[str, str] = msgspec.field(default_factory=dict)
    """What ``authorize`` wanted to have again when the answer comes: see :class:`Authorization`."""

    def __repr__(self) -> str:
        return f"Handshake(redirect_uri={self.redirect_uri!r})"


class Authorization(msgspec.Struct, frozen=True):
    """Where a person is sent to say yes, and what is kept, encrypted, until they are back: the app that was registered
    at their server, a key that the answer is bound to."""

    address: str
    kept: dict[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Authorization(address={self.address!r})"


class Tokens(msgspec.Struct, frozen=True):
    """An access: the secrets to keep, by the channel's own names for them. An empty one never overwrites."""

    secrets: dict[str, str]
    access_until: datetime | None = None
    """When the access ends unless it is renewed, which happens by itself. ``None``: it does not end, or nobody says."""
    expires_at: datetime | None = None
    """When it cannot be renewed any more and a person must authorize again. ``None``: never, as far as is known."""

    def __repr__(self) -> str:
        return f"Tokens({', '.join(sorted(self.secrets))})"

    def merged(self, kept: dict[str, str]) -> dict[str, str]:
        """``kept`` with what is new: a provider that sends no new refresh token means that the old one goes on."""
        return kept | {key: value for key, value in self.secrets.items() if value}


def renew_at(tokens: Tokens, now: datetime) -> datetime | None:
    """When an access that was given ``now`` is to be renewed; ``None`` where it does not end."""
    if tokens.access_until is None:
        return None
    life = tokens.access_until - now
    return tokens.access_until - min(max(life * SHARE, SOONEST), EARLIEST)

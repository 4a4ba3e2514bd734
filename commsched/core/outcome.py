"""What one call to a platform ended in. Adapters return these; one function turns them into the next state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Why = Literal["content", "permission", "token", "money", "address", "duplicate", "config"]
"""What kind of help a rejection needs: another text, a right, a new token, credits, another address …"""


@dataclass(frozen=True, slots=True)
class Published:
    """It is out. ``id`` is the platform's own name for it, ``url`` where a person can see it."""

    id: str
    url: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Provably *not* sent (DNS, refused connection, TLS, 429, "not ready"): may be tried again by itself.

    ``after`` is the platform's own word for when; ``whole_channel`` says that nothing else on the
    channel can go out before then either (a rate limit, an unreachable server).
    """

    detail: str
    after: datetime | None = None
    whole_channel: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform said no, and it will say no again until somebody does something about ``why``."""

    detail: str
    why: Why = "content"


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have gone out: a timeout, a reset, a 5xx, an answer nobody can read, a "duplicate"."""

    detail: str


Outcome = Published | Retry | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """Read back: it is there."""

    id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Read back whole, from before the call until after the settle time, and it is not there."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The platform has no way to read back, or reading back failed. Ask again later, or ask a person."""

    detail: str = ""
    final: bool = False
    """True where no later attempt can know more (e-mail): go straight to a person."""


Finding = Found | Absent | CannotTell


@dataclass(frozen=True, slots=True)
class Handles:
    """What ``prepare`` left at the platform, saved before the publishing call: media ids, containers."""

    values: dict[str, str] = field(default_factory=dict)

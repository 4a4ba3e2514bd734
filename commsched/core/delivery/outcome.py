"""What one call to a platform ended in. Adapters return these; one function turns them into the next state."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

Why = Literal["content", "permission", "token", "money", "address", "config"]
"""What kind of help a rejection needs: another text, a right, a new token, credits, another address …"""


class Published(msgspec.Struct, frozen=True, gc=False):
    """It is out. ``id`` is the platform's own name for it, ``url`` where a person can see it."""

    id: str
    url: str = ""
    detail: str = ""


class Retry(msgspec.Struct, frozen=True):
    """Provably *not* sent (DNS, refused connection, TLS, 429, "not ready"): may be tried again by itself.

    ``after`` is the platform's own word for when; ``whole_channel`` says that nothing else on the
    channel can go out before then either (a rate limit, an unreachable server). ``by_relay`` says that the mail server
    let us in no more: that is its trouble and not the channel's, and every channel that sends through it waits.
    """

    detail: str
    after: datetime | None = None
    whole_channel: bool = False
    by_relay: bool = False


class Rejected(msgspec.Struct, frozen=True):
    """The platform said no, and it will say no again until somebody does something about ``why``."""

    detail: str
    why: Why = "content"


class Unknown(msgspec.Struct, frozen=True):
    """It may have gone out: a timeout, a reset, a 5xx, an answer nobody can read, or "you have posted that
    already", which may mean this very call.

    ``after`` is the platform's own word for when it may be asked anything again.
    """

    detail: str
    after: datetime | None = None


Outcome = Published | Retry | Rejected | Unknown


class Pending(msgspec.Struct, frozen=True):
    """From ``prepare`` only: the platform has what it needs and is still working on it. Nothing failed, so looking
    again at ``until`` is no try."""

    until: datetime
    detail: str = ""


class Found(msgspec.Struct, frozen=True):
    """Read back: it is there."""

    id: str
    url: str = ""


class Absent(msgspec.Struct, frozen=True):
    """Read back whole, from before the call until after the settle time, and it is not there."""

    detail: str = ""


class CannotTell(msgspec.Struct, frozen=True):
    """The platform has no way to read back, or reading back failed. Ask again later, or ask a person."""

    detail: str = ""
    final: bool = False
    """True where no later attempt can know more (e-mail): go straight to a person."""
    after: datetime | None = None
    """The platform's own word for when it may be asked again."""


Finding = Found | Absent | CannotTell


class Handles(msgspec.Struct, frozen=True, gc=False):
    """What ``prepare`` left at the platform, saved before the publishing call: media ids, containers."""

    values: dict[str, str] = msgspec.field(default_factory=dict)
    complete: bool = True
    """Whether everything is prepared. What is not is gone on with, never published."""

    @property
    def ready(self) -> bool:
        """Whether there is something, and nothing is missing from it."""
        return self.complete and bool(self.values)

    def stored(self) -> dict[str, str]:
        """As the store keeps it: what is not complete carries a mark that no platform's own key can be."""
        return self.values if self.complete else self.values | {_PARTIAL: "1"}

    @classmethod
    def read(cls, stored: dict[str, str]) -> Handles:
        """From what the store kept."""
        values = {key: value for key, value in stored.items() if key != _PARTIAL}
        return cls(values, _PARTIAL not in stored)


_PARTIAL: Final = "\N{HORIZONTAL ELLIPSIS}"

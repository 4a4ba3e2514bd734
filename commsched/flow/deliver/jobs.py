"""What travels between the ledger (transactions) and the hands (calls)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from commsched.core.outcome import Finding, Handles, Outcome
from commsched.core.platform import Part, Platform, Wire

Kind = Literal["prepare", "send", "look"]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures' bytes as read from disk, by the SHA-256 of exactly those bytes."""

    data: Mapping[str, bytes] = field(default_factory=dict)
    missing: str = ""
    """The SHA-256 of one that could not be read, or whose bytes are not the ones approved."""


@dataclass(slots=True)
class Job:
    """One delivery in a channel's line."""

    delivery: int
    channel: int
    pictures: Pictures | None = None
    prepared: int = -1
    """The number of the part whose ``prepare`` has been done in this run."""


@dataclass(slots=True)
class Call:
    """Something to do outside a transaction for one part. A ``send`` has its attempt committed."""

    kind: Kind
    job: Job
    platform: Platform
    wire: Wire
    part: Part
    handles: Handles
    since: datetime
    """For reading back: when the attempt was committed."""


@dataclass(slots=True)
class Done:
    """What a call ended in."""

    call: Call
    result: Outcome | Finding | Handles
    pictures: Pictures | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Something a person must be told of, queued in the same transaction."""

    workspace: int
    item: int
    kind: str
    facts: dict[str, Any]

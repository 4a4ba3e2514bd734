"""What travels between the ledger (transactions) and the hands (calls)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from commsched.core.outcome import Finding, Handles, Outcome
from commsched.core.platform import Part, Platform, Wire
from commsched.flow.deliver.rows import CaseRow, Known

Kind = Literal["prepare", "send", "look"]


class Pictures(msgspec.Struct, frozen=True):
    """Pictures' bytes as read from disk, by the SHA-256 of exactly those bytes."""

    data: Mapping[str, bytes] = msgspec.field(default_factory=dict)
    missing: str = ""
    """The SHA-256 of one that could not be read, or whose bytes are not the ones approved."""


class Job(msgspec.Struct):
    """One delivery in a channel's line."""

    delivery: int
    channel: int
    pictures: Pictures | None = None
    prepared: int = -1
    """The number of the part whose ``prepare`` has been done in this run."""


class Call(msgspec.Struct):
    """Something to do outside a transaction for one part. A ``send`` has its attempt committed."""

    kind: Kind
    job: Job
    platform: Platform
    wire: Wire
    part: Part
    handles: Handles
    since: datetime
    """For reading back: when the attempt was committed."""
    row: CaseRow
    known: list[Known]
    """The delivery and its parts as they were read when this was decided."""

    @property
    def locks_all(self) -> bool:
        """Whether nobody can change any of ``row`` and ``known`` before the call is back: the delivery is
        ``sending``, and it has no other part that a person might be answering for."""
        return self.kind == "send" and len(self.known) == 1


class Done(msgspec.Struct):
    """What a call ended in."""

    call: Call
    result: Outcome | Finding | Handles
    pictures: Pictures | None = None


class Told(msgspec.Struct, frozen=True):
    """Something a person must be told of, queued in the same transaction."""

    workspace: int
    item: int
    kind: str
    facts: dict[str, Any]

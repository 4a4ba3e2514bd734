"""What travels between the ledger (transactions) and the hands (calls)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published
from commsched.core.platform.contract import ChannelContext, Part, Platform
from commsched.services.deliver.rows import DeliverySnapshot, Known

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
    context: ChannelContext
    part: Part
    handles: Handles
    since: datetime
    """For reading back: when the attempt was committed."""
    row: DeliverySnapshot
    known: Known
    """The delivery and its parts as they were read when this was decided; of a list's, those that matter."""
    attempt: str = ""
    """For a ``send``: the id of its attempt."""


class Done(msgspec.Struct):
    """What a call ended in."""

    call: Call
    result: Outcome | Finding | Handles
    pictures: Pictures | None = None
    again: bool = False
    """It was in a transaction that was reported to have failed: perhaps it is written down already."""

    @property
    def ends_all(self) -> bool:
        """Whether nothing that anybody can have changed meanwhile matters to what this is: the only part of a delivery
        that was ``sending`` is out."""
        alone = len(self.call.known) == 1 and not self.call.platform.independent_parts
        return not self.again and isinstance(self.result, Published) and alone


class Alert(msgspec.Struct, frozen=True):
    """Something a person must be told of, queued in the same transaction."""

    workspace: int
    item: int
    kind: str
    facts: dict[str, Any]

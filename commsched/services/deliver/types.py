"""The data passed between the dispatcher's transactions and the calls that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO, Final, Literal

import msgspec

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Pending, Published
from commsched.core.platform.contract import ChannelContext, Part, Platform
from commsched.services.deliver.snapshots import DeliverySnapshot, PartsByNumber
from commsched.services.kernel.blobs import File

Kind = Literal["prepare", "send", "look"]


KEPT: Final = 4 * 1024 * 1024
"""Bytes of a file that is kept in memory from when it was hashed. What is larger is opened again."""


class VerifiedFile(msgspec.Struct, frozen=True):
    """A file whose bytes were hashed and found to be the approved ones. Opened, it is those bytes or an error."""

    file: File
    size: int
    stamp: str
    """What it was known by when it was hashed: nobody has put others' bytes in its place since."""
    data: bytes | None = None
    """Its bytes, where they are few."""

    def open(self) -> BinaryIO:
        """A stream of its bytes from the beginning. Raises :class:`OSError` where it is not what was hashed."""
        if self.data is not None:
            return BytesIO(self.data)
        stream = self.file.open()
        if self.file.blobs.stamp(stream) != self.stamp:
            stream.close()
            raise OSError(f"{self.file.key} is not the file that was approved any more")
        return stream


class Pictures(msgspec.Struct, frozen=True):
    """Pictures as found on disk, by the SHA-256 of exactly those bytes."""

    files: Mapping[str, VerifiedFile] = msgspec.field(default_factory=dict)
    missing: str = ""
    """The SHA-256 of one that could not be read, or whose bytes are not the ones approved."""


class Job(msgspec.Struct, gc=False):
    """One delivery in a channel's line."""

    delivery: int
    channel: int
    pictures: Pictures | None = None
    prepared: int = -1
    """The number of the part whose ``prepare`` has been done in this run."""
    lanes: tuple[int, ...] = (0,)
    """The channel's free lanes that its calls may be made in, one call in each; of a list, one group in each."""
    group: int = 1
    """How many recipients go together in one lane."""


class Call(msgspec.Struct, gc=False):
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
    known: PartsByNumber
    """The delivery and its parts as they were read when this was decided; of a list's, those that matter."""
    lane: int = 0
    """The channel's lane that it is made in; of a list that is sent in groups, its place in the lane's group, counted
    over all lanes."""
    attempt: str = ""
    """For a ``send``: the id of its attempt."""

    @property
    def token(self) -> str:
        """What it is known by while it is under way: no two calls that are have the same."""
        return self.attempt or f"{self.job.delivery} {self.kind}"


class Done(msgspec.Struct, gc=False):
    """What a call ended in."""

    call: Call
    result: Outcome | Finding | Handles | Pending
    pictures: Pictures | None = None
    again: bool = False
    """It was in a transaction that was reported to have failed: perhaps it is written down already."""
    begun: bool = True
    """False for one of a group that was stopped before it: nothing of it was sent, and no try is counted."""

    @property
    def ends_all(self) -> bool:
        """Whether the delivery's only part is out, so that its rows need not be read again: nothing that anybody has
        changed meanwhile matters to that."""
        alone = len(self.call.known) == 1 and not self.call.platform.independent_parts
        return not self.again and isinstance(self.result, Published) and alone


class Alert(msgspec.Struct, frozen=True):
    """Something a person must be told of, queued in the same transaction."""

    workspace: int
    item: int
    kind: str
    facts: dict[str, Any]
    whom: str = ""
    """The e-mail address of the one member who is told; everybody who can act on it, where nobody has it."""

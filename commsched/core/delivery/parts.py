"""How a delivery follows from its parts, and which part is in turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

FINISHED: Final = ("published", "skipped")
"""States of a part of which nothing is left to do: it is out, or its recipient had left the list before their turn."""


class PartState(msgspec.Struct, gc=False):
    """One part as the rules see it."""

    number: int
    state: str
    next_at: datetime | None = None
    detail: str = ""
    reason: str = ""
    was: str = ""
    """After a restore: the state it goes back to where it proves not to be out; ``out`` where it was found."""

    @property
    def doubted(self) -> bool:
        """Whether a restore put it in doubt and that has not been settled yet."""
        return self.state == "unknown" and self.was not in ("", "out")


class DeliveryStatus(msgspec.Struct, frozen=True):
    """A delivery's state from its parts. ``next_at`` is when something can be done next."""

    state: str
    next_at: datetime | None = None
    reason: str = ""
    detail: str = ""


def next_part(parts: Sequence[PartState], independent: bool, now: datetime) -> PartState | None:
    """The part that may be tried now: the first not out, or, for recipients, the first that waits and is ready."""
    for part in parts:
        if part.state in FINISHED:
            continue
        ready = part.state == "waiting" and (part.next_at is None or part.next_at <= now)
        if ready:
            return part
        if not independent:
            return None
    return None


def delivery_status(parts: Sequence[PartState], independent: bool, now: datetime) -> DeliveryStatus:
    """What ``parts`` make together.

    In a thread the first part that is not out decides. Among recipients those that can still be tried come first,
    then those nobody knows about, then those that failed: one bad address never hides what is left to do.
    """
    left = [part for part in parts if part.state not in FINISHED]
    if not left:
        return DeliveryStatus("published")
    if not independent:
        return _from(left[0], now, started=len(left) < len(parts))
    for state in ("sending", "waiting"):
        same = [part for part in left if part.state == state]
        if same:
            first = min(same, key=lambda part: part.next_at or now)
            return _from(first, now, started=True)
    for state in ("unknown", "held", "failed"):
        same = [part for part in left if part.state == state]
        if same:
            first = min(same, key=lambda part: (part.next_at is None, part.next_at or now))
            return DeliveryStatus(state, first.next_at, first.reason, first.detail)
    raise AssertionError("a part in no known state")


def _from(part: PartState, now: datetime, started: bool) -> DeliveryStatus:
    if part.state == "waiting":
        return DeliveryStatus("sending" if started else "waiting", part.next_at or now, part.reason, part.detail)
    return DeliveryStatus(part.state, part.next_at, part.reason, part.detail)


def after_doubt(
    parts: Sequence[PartState], result: DeliveryStatus, was: str, reason: str, due: datetime
) -> DeliveryStatus:
    """What a delivery goes back to once a restore's doubt about it is settled; ``result`` is what its parts make.

    What proved not to be out waits for its time (``due``) again, or is held or failed as it ``was``. Where one of its
    parts turned out to be published, something happened after the backup that the restored store has no record of, and
    a person decides about the rest.
    """
    if result.state in ("published", "unknown"):
        return result
    if any(part.was == "out" for part in parts):
        return DeliveryStatus("held", None, "part_found")
    if was in ("held", "failed"):
        return DeliveryStatus(was, None, reason, result.detail)
    return DeliveryStatus("waiting", due) if was == "waiting" else result

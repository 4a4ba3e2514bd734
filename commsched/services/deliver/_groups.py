"""Recipients in groups: several calls made one after the other by one hand over one connection.

Each recipient of a group has an attempt of its own, committed before the first of them is written to. The group ends
early where somebody stops it or the relay is slow; whoever was not begun by then is free to be written to again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from commsched.core.delivery.outcome import Outcome, Retry, Unknown
from commsched.core.text.messages import N_
from commsched.services.deliver.calls import STALE, storable
from commsched.services.deliver.types import Call, Done
from commsched.services.kernel.context import Installation

log = logging.getLogger("commsched.deliver")

LONGEST: Final = 1.0
"""Seconds after which a group begins nobody more, so that what people decide reaches the wire soon."""
NOT_BEGUN: Final = N_("nothing was sent; it goes on with the next")
SLEPT: Final = N_("this computer slept before the call; nothing was sent")
Halt = Callable[[], bool]
"""Whether nothing more is to be begun."""


def is_grouped(call: Call) -> bool:
    """Whether ``call`` may be made together with others."""
    return call.kind == "send" and call.platform.group > 1 and not call.part.edits


def bundles(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """``calls`` as hands make them: those of one delivery in one lane together."""
    groups: dict[tuple[int, int], list[Call]] = {}
    for call in calls:
        if is_grouped(call):
            groups.setdefault((call.job.delivery, call.lane // call.platform.group), []).append(call)
        else:
            yield [call]
    yield from groups.values()


def perform_all(
    installation: Installation, calls: Sequence[Call], halt: Halt, clock: Callable[[], float] = time.monotonic
) -> list[Done]:
    """Make the ``calls`` of one group, in order, and raise nothing. What an adapter that raises had begun is unknown,
    and so is everybody after that: nobody can tell how far it came."""
    first, latest = calls[0], min(call.since for call in calls) + STALE
    end: float | None = None
    if installation.now() > latest:
        return [Done(call, Retry(SLEPT)) for call in calls]
    begun: list[Outcome | None] = []

    def stops() -> bool:
        nonlocal end
        end = clock() + LONGEST if end is None else end  # asked first when all is ready for the first of them
        return halt() or clock() > end or installation.now() > latest

    words = f"no answer from {first.platform.key}"
    try:
        for outcome in first.platform.publish_all([call.part for call in calls], first.context, stops):
            begun.append(_checked(outcome))
    except Exception as error:
        log.exception("%s: sending to several raised", first.platform.key)
        words = f"{type(error).__name__} in {first.platform.key}"
    rest: list[Outcome | None] = [Unknown(words)] * (len(calls) - len(begun))
    return [_done(installation, call, outcome) for call, outcome in zip(calls, begun + rest, strict=False)]


def _checked(outcome: Outcome | None) -> Outcome | None:
    assert outcome is None or isinstance(outcome, Outcome)
    return None if outcome is None else storable(outcome)


def _done(installation: Installation, call: Call, outcome: Outcome | None) -> Done:
    if outcome is None:
        return Done(call, Retry(NOT_BEGUN, after=installation.now()), begun=False)
    return Done(call, outcome)


def next_size(size: int, group: Sequence[Done], most: int) -> int:
    """How many go together next, after ``group`` of ``size``: twice as many as long as all are begun in time."""
    begun = sum(done.begun for done in group)
    return min(max(size, begun) * 2, most) if begun == len(group) else max(begun, 1)

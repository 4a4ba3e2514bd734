"""From an outcome to what happens next. Pure: the one place where it is decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Outcome,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)

State = Literal["waiting", "published", "unknown", "held", "failed"]

BACK_OFF: Final = tuple(timedelta(seconds=s) for s in (5, 15, 60, 180, 600))
"""Waits between tries that provably sent nothing; the last one repeats until the latest time."""
LONGEST: Final = timedelta(days=1)
"""No server's word for when to come back counts for longer: a header must not silence a channel for a year."""
SOONEST_LOOK: Final = timedelta(seconds=1)
"""A platform that says it is still working is left in peace for as long, whatever it says."""
LOOKS: Final = tuple(timedelta(seconds=s) for s in (0, 20, 120, 600))
"""Waits between readings back, after the settle time. After the last one a person is asked."""
GOING_ON: Final = tuple(timedelta(minutes=m) for m in (*[10] * 6, *[30] * 6, *[60] * 20))
"""Waits between readings back while a person is asked: a day in all. Looking costs nothing, and the server that was
down on Friday evening answers before anybody does."""


class Transition(msgspec.Struct, frozen=True, gc=False):
    """The state a part goes to, and when the clock looks again (``None``: never by itself)."""

    state: State
    at: datetime | None = None
    reason: str = ""
    detail: str = ""
    id: str = ""
    url: str = ""
    channel_rests: datetime | None = None
    """Until when the whole channel rests."""
    channel_broken: bool = False
    """The channel's access no longer works; nothing more is tried on it until a person mends it."""


def back_off(tries: int) -> timedelta:
    """The wait before try number ``tries`` + 1, ``tries`` counted from 1."""
    return BACK_OFF[min(max(tries, 1), len(BACK_OFF)) - 1]


def _believed(after: datetime | None, now: datetime) -> datetime | None:
    """When a server lets us come back, as far as it is believed: one that says next year has counted wrong."""
    return min(after, now + LONGEST) if after else None


def after_attempt(outcome: Outcome, tries: int, now: datetime, latest: datetime, settle: float) -> Transition:
    """What follows ``outcome``. ``tries`` counts this one; ``settle`` is the platform's, in seconds."""
    match outcome:
        case Published(id=remote, url=url, detail=detail):
            return Transition("published", id=remote, url=url, detail=detail)
        case Unknown(detail=detail, after=after):
            at = now + timedelta(seconds=settle)
            after = _believed(after, now)
            return Transition("unknown", max(at, after) if after else at, "verify", detail, channel_rests=after)
        case Rejected(detail=detail, why=why):
            reason = "rejected" if why in ("content", "config") else why
            broken = why == "token"
            return Transition("held" if broken else "failed", None, reason, detail, channel_broken=broken)
        case Retry(detail=detail, by_relay=True):
            # Its turn comes as soon as the relay lets us in; whether it does is asked of the relay, not of the channel.
            return Transition(
                "waiting" if now <= latest else "held", None, "relay" if now <= latest else "late", detail
            )
        case Retry(detail=detail, after=after, whole_channel=whole):
            after = _believed(after, now)
            at = max(after, now) if after else now + back_off(tries)
            rests = at if whole else None
            if at > latest:
                return Transition("held", None, "late", detail, channel_rests=rests)
            return Transition("waiting", at, "retry", detail, channel_rests=rests)


def after_pending(pending: Pending, now: datetime, latest: datetime) -> Transition:
    """What follows a platform that is still working on what it was given: it is looked at again, and no try is counted.

    However often it says so, nothing waits for it past the latest time.
    """
    at = max(pending.until, now + SOONEST_LOOK)
    if at > latest:
        return Transition("held", None, "late", pending.detail)
    return Transition("waiting", at, "processing", pending.detail)


def after_look(
    finding: Finding, looks: int, now: datetime, latest: datetime, resend: bool, tries: int = 1
) -> Transition:
    """What follows reading back an unknown part.

    ``looks`` counts this one; ``resend``: absence may send again; ``tries``: attempts at sending so far, lost answers
    included, so that a server that loses every answer is asked at longer and longer intervals.
    """
    match finding:
        case Found(id=remote, url=url):
            return Transition("published", id=remote, url=url)
        case Absent(detail=detail) if resend and now <= latest:
            return Transition("waiting", min(now + back_off(tries), latest), "absent", detail)
        case Absent(detail=detail):
            return Transition("held", None, "absent", detail)
        case CannotTell(detail=detail, final=final, after=after):
            asked = final or is_asked(looks)
            at, after = None if final else _next_look(looks, now), _believed(after, now)
            at = max(at, after) if at and after else at
            return Transition("unknown", at, "ask" if asked else "verify", detail, channel_rests=after)


def is_asked(looks: int) -> bool:
    """Whether after ``looks`` readings back without an answer a person is asked."""
    return looks >= len(LOOKS)


def _next_look(looks: int, now: datetime) -> datetime | None:
    waits = LOOKS + GOING_ON
    return now + waits[looks] if looks < len(waits) else None

"""How a channel's access stands: one rule for the pages, the warnings, the checks and the publisher."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

WARN: Final = timedelta(days=14)
"""How long before a token dies people are told."""


def standing(state: str, expires_at: datetime | None, now: datetime) -> str:
    """``ok``, ``expiring``, ``overdue``, ``broken`` or ``archived``.

    Only the platform's own answer makes access ``broken``, and only then is nothing sent. A date that has passed is
    what somebody once said of the future: posts are still tried, and people told that it should have run out.
    """
    if state != "ok" or expires_at is None or expires_at - now > WARN:
        return state
    return "overdue" if expires_at <= now else "expiring"

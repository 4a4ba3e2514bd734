"""How much a network lets one account ask for, as its own answers say."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Budget(msgspec.Struct, frozen=True):
    """One allowance of an account. ``remaining`` calls, or other units, of ``limit`` until ``resets_at`` (UTC)."""

    name: str
    """What it is of, by the network's own name: ``posts``, ``calls``, ``uploads``."""
    limit: int
    remaining: int
    resets_at: datetime | None = None
    """``None``: nobody says when there is more."""

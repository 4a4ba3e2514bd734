"""Readers that do not exist: comments and figures for the sandbox, the same whenever they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from commsched.core.platform.figures import Figures, Publication, Reply

_SAID: Final = (
    ("Maj-Britt Öberg", "Äntligen! Min mor väntar på bussen varje torsdag. När börjar det gälla?"),
    ("Kalle på landet", "Fler turer är bra, men vem betalar? Det står ingenting om det."),
    ("anonym_77", "Ni är idioter hela bunten, hoppas ni förlorar."),
    ("Sjukgymnasten", "Tack för att ni tar upp det här. Vi märker det på mottagningen."),
)
"""Who says what; the third holds a word that most lists have."""
_POSTED: Final = "Vi står på torget i Granby till klockan 14. Kom förbi på en kopp kaffe!"


def _number(name: str, below: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % below


def figures(names: Sequence[str]) -> dict[str, Figures]:
    """Figures that look like a small office's."""
    return {
        name: Figures(views=180 + _number(name, 900), likes=4 + _number(name, 40), shares=_number(name, 7), comments=2)
        for name in names
    }


def replies(names: Sequence[str], now: datetime, wall: str) -> list[Reply]:
    """Two comments under each of the three newest of ``names``, which come newest first."""
    said = []
    for place, name in enumerate(names[:3]):
        for turn in range(2):
            author, text = _SAID[(2 * place + turn) % len(_SAID)]
            at = now - timedelta(hours=1 + place, minutes=17 * turn)
            said.append(Reply(f"{name}-c{turn}", name, author, text, at, f"{wall}#{name}"))
    return sorted(said, key=lambda reply: reply.at)


def recent(since: datetime, now: datetime, wall: str) -> list[Publication]:
    """What somebody posted by hand on the last Monday, Wednesday or Friday at half past ten."""
    half_past = now.replace(hour=10, minute=30, second=0, microsecond=0)
    days = (half_past - timedelta(days=back) for back in range(8))
    at = next(day for day in days if day <= now and day.weekday() in (0, 2, 4))
    return [Publication(f"hand-{at:%Y%m%d}", wall, _POSTED, at)] if at >= since else []

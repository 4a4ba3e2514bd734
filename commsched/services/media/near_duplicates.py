"""Photos that show nearly the same, found by their fingerprints without looking at every other one.

Two fingerprints of 64 bits that differ in at most seven have a quarter that differs in at most one: so four rows a
picture and 68 values to look up find them all, however many there are.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched import images
from commsched.store.models import Likeness, Media

NEAR: Final = 6
"""Bits of 64 that two pictures' fingerprints may differ in and still show the same."""
_ALL: Final = 0xFFFF_FFFF_FFFF_FFFF


def _bits(row: Media) -> int:
    """The fingerprint, or 0 where there is none to go by: an even surface is like every other, and so are the cards
    of one design."""
    bits = int(str(row.facts.get("dhash") or "0"), 16)
    return 0 if "card" in row.facts or bits == _ALL else bits


def _quarters(bits: int) -> list[int]:
    return [(number << 16) + (bits >> (16 * number) & 0xFFFF) for number in range(4)]


def index(session: Session, row: Media) -> None:
    """Write down, in the caller's transaction, what ``row`` is like."""
    bits = _bits(row)
    for quarter in _quarters(bits) if bits else ():
        session.add(Likeness(workspace_id=row.workspace_id, media_id=row.id, quarter=quarter, dhash=f"{bits:016x}"))


def alike(session: Session, row: Media, limit: int = 12) -> list[Media]:
    """Other pictures that look nearly the same: the most similar first, and the newest first among equals."""
    bits = _bits(row)
    if not bits:
        return []
    own = f"{bits:016x}"
    near = [quarter ^ change for quarter in _quarters(bits) for change in (0, *(1 << bit for bit in range(16)))]
    statement = select(Likeness.media_id, Likeness.dhash).where(Likeness.quarter.in_(near), Likeness.media_id != row.id)
    apart = {number: images.fingerprint.distance(own, other) for number, other in session.execute(statement)}
    order = [number for number in sorted(apart, key=lambda number: (apart[number], -number)) if apart[number] <= NEAR][
        :limit
    ]
    rows = {picture.id: picture for picture in session.scalars(select(Media).where(Media.id.in_(order)))}
    return [rows[number] for number in order]

"""How far a part has been prepared, written down after every piece, so that a kill costs one piece and not a video."""

from __future__ import annotations

from sqlalchemy import update

from commsched.core.delivery.outcome import Handles
from commsched.services.kernel.context import Installation
from commsched.store.models import Part


def save_progress(installation: Installation, delivery: int, number: int, handles: Handles) -> None:
    """Keep ``handles`` with part ``number`` of ``delivery``, in a transaction of its own."""
    there = (Part.delivery_id == delivery, Part.number == number)
    with installation.store.ledger() as connection:
        connection.execute(update(Part).where(*there).values(handles=handles.stored()))

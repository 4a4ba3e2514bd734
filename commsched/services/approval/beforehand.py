"""The approval that somebody gives beforehand, of words that they propose: it ends with whatever they decide next."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from commsched.services.kernel.context import Installation
from commsched.store.models import Item, Proposal


def withdraw_all(installation: Installation, session: Session, item: Item, person: int | None) -> None:
    """End what ``person`` has proposed for ``item``: they propose something else, say no, or undo it. What they said
    last holds."""
    own = (Proposal.item_id == item.id, Proposal.person_id == person, Proposal.answer == "")
    ended = {"answer": "withdrawn", "answered_by": person, "answered_at": installation.now()}
    session.execute(update(Proposal).where(*own).values(ended))

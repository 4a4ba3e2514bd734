"""What lies beside an item until somebody answers it: proposals, facts that are checked, an emergency release."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from commsched.core.content import changes
from commsched.core.content.changes import Change
from commsched.services.kernel.context import Actor, Installation
from commsched.services.review import proposals
from commsched.services.views import item_view
from commsched.services.views.item_view import ItemView
from commsched.services.views.review import choices_told
from commsched.store.models import Proposal


class Proposed(msgspec.Struct, frozen=True):
    """A proposal that can be taken, and what it changes. ``own``: the reader made it."""

    row: Proposal
    by: str
    changes: list[Change]
    own: bool


class Beside(msgspec.Struct, frozen=True):
    proposals: list[Proposed] = []


def read_beside(installation: Installation, session: Session, actor: Actor, seen: ItemView) -> Beside:
    """What lies beside the item, in few statements where anything does and in none where nothing does."""
    if not seen.beside:
        return Beside()
    rows = proposals.open_ones(session, [(seen.item.id, seen.revision.hash)])
    people = item_view.names(session, {row.person_id for row in rows})
    known = seen.judgement.around.channels
    tell, called = (
        choices_told(installation, known, actor.language),
        {number: row.name for number, row in known.items()},
    )
    return Beside(
        [
            Proposed(
                row,
                people.get(row.person_id or 0, ""),
                changes.compare(seen.content, row.parsed(), called, tell),
                row.person_id == actor.person,
            )
            for row in rows
        ]
    )

"""What lies beside an item until somebody answers it: proposals, facts that are checked, an emergency release."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from commsched.core.access.roles import may
from commsched.core.content import changes
from commsched.core.content.changes import Change
from commsched.services.approval import release_reviews
from commsched.services.kernel.context import Actor, Installation
from commsched.services.review import fact_checks, proposals
from commsched.services.views import item_view
from commsched.services.views.item_view import ItemView
from commsched.services.views.review import choices_told
from commsched.store.models import FactCheck, Proposal, ReleaseReview


class Proposed(msgspec.Struct, frozen=True):
    """A proposal that can be taken, and what it changes. ``own``: the reader made it."""

    row: Proposal
    by: str
    changes: list[Change]
    own: bool


class Released(msgspec.Struct, frozen=True):
    """An emergency release: who let it out and who has looked at it since. ``mine``: the reader can answer it."""

    row: ReleaseReview
    by: str
    looked: str
    mine: bool


class Checked(msgspec.Struct, frozen=True):
    """A passage that somebody without an account was asked about. ``address``: the link to copy, while it is open;
    ``stands``: whether the passage stands in the text as it is now."""

    row: FactCheck
    by: str
    address: str
    stands: bool
    over: bool
    """Nobody answered in time."""


class Beside(msgspec.Struct, frozen=True):
    proposals: list[Proposed] = []
    releases: list[Released] = []
    checks: list[Checked] = []


def read_beside(installation: Installation, session: Session, actor: Actor, seen: ItemView) -> Beside:
    """What lies beside the item, in few statements where anything does and in none where nothing does."""
    if not seen.beside:
        return Beside()
    rows = proposals.open_ones(session, [(seen.item.id, seen.revision.hash)])
    tasks = release_reviews.of_item(session, seen.item.id)
    who = {row.person_id for row in rows} | {
        person for task in tasks for person in (task.released_by, task.answered_by)
    }
    people = item_view.names(session, who)
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
                changes.compare(seen.content, row.parsed(), called, tell, seen.judgement.around.workspace.zone),
                row.person_id == actor.person,
            )
            for row in rows
        ],
        [
            Released(
                task,
                people.get(task.released_by or 0, ""),
                people.get(task.answered_by or 0, ""),
                not task.answer and may(actor.role, "approve") and actor.person not in (None, task.released_by),
            )
            for task in tasks
        ],
        _checks(installation, session, seen, people),
    )


def _checks(installation: Installation, session: Session, seen: ItemView, people: dict[int, str]) -> list[Checked]:
    rows = fact_checks.of_item(session, seen.item.id)
    people |= item_view.names(session, {row.asked_by for row in rows} - people.keys())
    texts = proposals.texts_in(seen.content).values()
    now = installation.now()
    return [
        Checked(
            row,
            people.get(row.asked_by or 0, ""),
            fact_checks.address_of(installation, row),
            any(row.passage in text for text in texts),
            not row.verdict and row.expires_at <= now,
        )
        for row in rows
    ]

"""Taking back a decision that was just made, as if it had never been given.

A yes or no can be undone by whoever gave it, as long as nothing has happened since and nothing of the item has gone
out. The publisher never waits for that: what is due goes out in its second, and an undo that comes later is refused and
says so. The pages offer it for ten seconds, and the mail that tells the writer waits as long.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import desc, select, update
from sqlalchemy.orm import Session

from commsched.core.approval.rules import UNDOABLE
from commsched.core.text.messages import N_, Conflict, NotAllowed, NotFound
from commsched.services.approval import beforehand, rounds
from commsched.services.content import items
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices import outbox
from commsched.services.workflow import approval_links, approve
from commsched.services.workflow._deliveries import partly_out
from commsched.store.models import ApprovalLink, AuditEntry, Decision, Delivery, Item, Revision

_TOLD: Final = ("approved", "changes_requested", "proposed")
"""The notices that a decision queues for the writer."""


def undo(installation: Installation, actor: Actor, item_id: int, decision_id: int) -> int:
    """Take back the decision ``decision_id`` of ``actor``: the item waits for approval as it did before. Returns the
    item's id.

    Raises :class:`NotAllowed` for another's decision, :class:`Conflict` where something has happened since or
    something of it has gone out.
    """
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        _undo(installation, session, actor, item, decision_id)
    installation.wake()
    return item_id


def undo_by_link(installation: Installation, actor: Actor, link_id: int) -> None:
    """As :func:`undo`, of what the link in a mail was used for. The link can then be used again."""
    with installation.store.write(actor.workspace) as session:
        link = session.scalar(select(ApprovalLink).where(ApprovalLink.id == link_id))
        if link is None or link.decision_id is None:
            raise NotFound(N_("This link leads nowhere any more."))
        item = items.load(session, link.item_id, lock=True)
        decision = link.decision_id
        reopened = update(ApprovalLink).where(ApprovalLink.id == link_id)
        session.execute(reopened.values(used_at=None, decision_id=None))
        _undo(installation, session, actor, item, decision)
    installation.wake()


def link_can_be_undone(installation: Installation, used: approval_links.Outcome | None) -> bool:
    """Whether what the link was used for can be taken back by it."""
    if used is None or used.actor is None:
        return False
    with installation.store.read(used.workspace.id) as session:
        decision = session.scalar(select(Decision).where(Decision.id == used.decision_id))
        item = session.scalar(select(Item).where(Item.id == used.item.id))
        return decision is not None and item is not None and can_undo(session, item, decision, used.actor.person)


def can_undo(session: Session, item: Item, decision: Decision, person: int | None) -> bool:
    """Whether ``person`` could take back ``decision`` of ``item`` now."""
    try:
        _require_undoable(session, item, items.current(session, item), decision, person)
    except (Conflict, NotAllowed):
        return False
    return True


def _undo(installation: Installation, session: Session, actor: Actor, item: Item, decision_id: int) -> None:
    actor.require("approve")
    revision = items.current(session, item)
    decision = session.scalar(select(Decision).where(Decision.id == decision_id, Decision.item_id == item.id))
    if decision is None:
        raise NotFound(N_("There is no such decision."))
    _require_undoable(session, item, revision, decision, actor.person)
    submitted_at = item.submitted_at or _submitted_at(session, item)
    session.add(_undoing(installation, actor, item, revision, decision))
    beforehand.withdraw_all(installation, session, item, actor.person)
    items.return_to_draft(session, item)
    item.state, item.submitted_at = "in_review", submitted_at
    session.flush()
    note(session, installation, actor, "approval.undone", item.id, hash=revision.hash, was=decision.verdict)
    _tell_if_told(installation, session, actor, item, decision)
    rounds.go_on(session, item, revision)
    approve.advance(installation, session, actor, item, revision)
    outbox.drop(session, item, _TOLD)


def _undoing(installation: Installation, actor: Actor, item: Item, revision: Revision, decision: Decision) -> Decision:
    return Decision(
        workspace_id=item.workspace_id,
        item_id=item.id,
        revision_id=revision.id,
        hash=revision.hash,
        verdict="undo",
        step=decision.step,
        person_id=actor.person,
        at=installation.now(),
        via=actor.via,
        in_place_of=decision.in_place_of,
    )


def _require_undoable(session: Session, item: Item, revision: Revision, decision: Decision, person: int | None) -> None:
    last = session.scalar(select(Decision.id).where(Decision.item_id == item.id).order_by(desc(Decision.id)).limit(1))
    if decision.person_id != person or decision.verdict not in UNDOABLE:
        raise NotAllowed(N_("Only whoever decided it can take it back."))
    out = select(Delivery.id).where(
        Delivery.item_id == item.id, Delivery.state.in_(("published", "sending", "unknown"))
    )
    if session.scalar(out.limit(1)) is not None or partly_out(session, item):
        raise Conflict(N_("It has already gone out, or is on its way, so the decision can no longer be taken back."))
    states = ("in_review", "approved", "scheduled") if decision.verdict == "approve" else ("changes_requested",)
    if last != decision.id or decision.hash != revision.hash or item.state not in states:
        raise Conflict(N_("Something has been decided or changed since. Look at how it stands now."))


def _submitted_at(session: Session, item: Item) -> datetime | None:
    """When it was last sent in: sending it back had forgotten that."""
    last = select(AuditEntry.at).where(AuditEntry.item_id == item.id, AuditEntry.action == "item.submitted")
    return session.scalar(last.order_by(desc(AuditEntry.id)).limit(1))


def _tell_if_told(installation: Installation, session: Session, actor: Actor, item: Item, decision: Decision) -> None:
    """Tell the writer, where they may know of the decision already: the mail waits no longer than the pages offer the
    undo."""
    if item.author_id in (None, actor.person) or installation.now() - decision.at <= approve.SECOND_THOUGHTS:
        return
    outbox.queue(session, installation, [item.author_id], "decision_undone", item=item, by=actor.name)

"""One switch stops the office. When it resumes, a person decides for each missed item what becomes of it."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.services.workflow import schedule
from commsched.store import locks
from commsched.store.models import Delivery, Item, Notice, Workspace
from commsched.store.sight import everything

Missed = Literal["hold", "send"]
REASONS: Final = {
    "restored": N_(
        "The office was restored from a backup. What may have gone out since is read back. Look through "
        "your own pages: what was taken down or corrected after the backup may stand there again."
    ),
}
"""The program's own reasons for a pause, as sentences by code. Every other value is text that a person wrote."""


def why(reason: str) -> str:
    """The reason of a pause: a msgid of ours, or the text that a person wrote."""
    return REASONS.get(reason, reason)


def _said(reason: str) -> str:
    """A person's text, cleaned and shortened for storage and mail."""
    return passage(reason[:500], "reason")


def pause(installation: Installation, actor: Actor, reason: str, why_later: bool = False) -> None:
    """Stop everything. Once this has committed, no new attempt begins; a call already in flight cannot be recalled.

    ``why_later``: the person pauses first and gives the reason afterwards (:func:`say_why`).
    """
    actor.require("pause")
    reason = _said(reason)
    if not reason and not why_later:
        raise Invalid(N_("Say why, so that the others know."), "reason")
    with installation.store.write(actor.workspace) as session:
        workspace = locks.row(session, Workspace, actor.workspace)
        if workspace.paused_at is not None:
            raise Conflict(N_("Everything is paused already."))
        workspace.paused_at, workspace.paused_by = installation.now(), actor.name
        workspace.pause_reason = reason
        note(session, installation, actor, "office.paused", reason=workspace.pause_reason)
        others = people_with(session, "pause") - {actor.person}
        outbox.queue(session, installation, sorted(others), "paused", by=actor.name, reason=workspace.pause_reason)


def say_why(installation: Installation, actor: Actor, reason: str) -> None:
    """Set or replace the reason for the pause. Mails that have not been sent yet include it."""
    actor.require("pause")
    reason = _said(reason)
    if not reason:
        raise Invalid(N_("Say why, so that the others know."), "reason")
    with installation.store.write(actor.workspace) as session:
        workspace = locks.row(session, Workspace, actor.workspace)
        if workspace.paused_at is None:
            raise Conflict(N_("Nothing is paused."))
        workspace.pause_reason = reason
        waiting = (Notice.workspace_id == workspace.id, Notice.kind == "paused", Notice.state == "waiting")
        for row in session.scalars(select(Notice).where(*waiting)):
            row.facts = row.facts | {"reason": workspace.pause_reason}
        note(session, installation, actor, "office.pause_reason", reason=workspace.pause_reason)


def resume(installation: Installation, actor: Actor, missed: Missed = "hold") -> int:
    """Start again. What fell due meanwhile stays held for a choice, or goes now if ``missed`` is ``send`` and it is
    not past its latest time. Returns how many are still held because of the pause."""
    actor.require("pause")
    with installation.store.write(actor.workspace) as session:
        workspace = locks.row(session, Workspace, actor.workspace)
        if workspace.paused_at is None:
            raise Conflict(N_("Nothing is paused."))
        since = workspace.paused_at
        workspace.paused_at, workspace.paused_by, workspace.pause_reason = None, "", ""
        with everything(session):  # also what only others may see
            rows = hold_missed(session, installation)
            if missed == "send":
                rows = [row for row in rows if not _let_go(installation, session, row)]
        held = session.scalars(select(Delivery.id).where(Delivery.id.in_([row.id for row in rows]))).all()
        note(session, installation, actor, "office.resumed", missed=missed, held=len(held), since=since.isoformat())
        outbox.queue(
            session, installation, sorted(people_with(session, "pause") - {actor.person}), "resumed", by=actor.name
        )
    installation.wake()
    return len(held)


def hold_missed(session: Session, installation: Installation) -> list[Delivery]:
    """Hold what fell due while everything was paused; returns all that is held for that reason."""
    now = installation.now()
    for row in session.scalars(
        select(Delivery).where(Delivery.state.in_(("waiting", "sending")), Delivery.next_at <= now)
    ):
        row.state, row.next_at, row.reason = "held", None, "paused"
    session.flush()
    held = list(session.scalars(select(Delivery).where(Delivery.state == "held", Delivery.reason == "paused")))
    _refresh(session, held)
    return held


def _let_go(installation: Installation, session: Session, row: Delivery) -> bool:
    if row.latest_at < installation.now():
        row.reason = "late"
        return False
    row.state, row.next_at, row.reason = "waiting", installation.now(), ""
    session.flush()
    _refresh(session, [row])
    return True


def _refresh(session: Session, rows: list[Delivery]) -> None:
    for item in session.scalars(select(Item).where(Item.id.in_({row.item_id for row in rows}))):
        schedule.refresh(session, item)

"""How long what came by mail is kept, and forgetting it: by the office's rule, or because a person asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Invalid
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, scheduler
from commsched.store import locks
from commsched.store.models import InboxDraft, InboxMessage, InboxNote, InboxReply, PartBounce, Workspace

MONTHS: Final = 12
LEAST, MOST = 1, 120
AT_ONCE: Final = 200


def months(workspace: Workspace) -> int:
    """For how many months the office keeps what it got."""
    kept = workspace.settings.get("inbox_months", MONTHS)
    return kept if isinstance(kept, int) else MONTHS


def keep(installation: Installation, actor: Actor, wanted: int) -> None:
    """Keep letters for so many months from now on. Raises :class:`Invalid`."""
    actor.require("administer")
    if not LEAST <= wanted <= MOST:
        raise Invalid(N_("A whole number from %(least)s to %(most)s."), "months", least=LEAST, most=MOST)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        row.settings = row.settings | {"inbox_months": wanted}
        note(session, installation, actor, "inbox.settings", months=wanted)


def forget(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Erase what is older than the office keeps it. That there was a message, and what was done with it, stays."""
    before = installation.now() - timedelta(days=months(workspace) * 30.5)
    old = (InboxMessage.at <= before, InboxMessage.erased_at.is_(None))
    numbers = list(session.scalars(select(InboxMessage.id).where(*old).order_by(InboxMessage.id).limit(AT_ONCE)))
    if numbers:
        erase(installation, session, numbers)
        note(session, installation, scheduler(workspace.id), "inbox.erased", count=len(numbers))


def erase_person(installation: Installation, session: Session, blind: str) -> int:
    """Erase everything that one address wrote to the office, and what was answered; returns how many messages.
    ``blind``: the address's keyed hash. In the caller's transaction, which is the office's."""
    wanted = select(InboxMessage.id).where(InboxMessage.sender_blind == blind, InboxMessage.erased_at.is_(None))
    numbers = list(session.scalars(wanted)) if blind else []
    for begun in range(0, len(numbers), AT_ONCE):
        erase(installation, session, numbers[begun : begun + AT_ONCE])
    return len(numbers)


def erase(installation: Installation, session: Session, numbers: Collection[int]) -> None:
    """Take the words and the people out of messages, and of what was written about them. What is on its way as an
    answer is not sent."""
    nothing = dict.fromkeys(("subject", "sender", "address", "text", "details", "sender_blind", "outlet"), "")
    gone = {"erased_at": installation.now(), "contact_id": None, "attachments": 0, "has_html": False}
    mine = InboxMessage.id.in_(numbers)
    session.execute(update(InboxMessage).where(mine).values(**nothing, **gone))
    waiting = (InboxMessage.state == "new", InboxMessage.kind == "letter")
    session.execute(update(InboxMessage).where(mine, *waiting).values(state="done"))
    session.execute(delete(InboxDraft).where(InboxDraft.message_id.in_(numbers)))
    session.execute(delete(InboxNote).where(InboxNote.message_id.in_(numbers)))
    theirs = InboxReply.message_id.in_(numbers)
    session.execute(
        update(InboxReply).where(theirs, InboxReply.state == "waiting").values(state="failed", next_at=None)
    )
    session.execute(update(InboxReply).where(theirs).values(to="", subject="", text="", detail=""))
    session.execute(update(PartBounce).where(PartBounce.message_id.in_(numbers)).values(words=""))

"""Copies to the district's own mailbox, by the office's rule: the message as it came, attached to a mail of ours.

What we sent never comes back as something to send: a copy of a copy, an answer of ours, and what bounces from one are
left where they are, and no mailbox sends more than :data:`MOST` copies an hour whatever happens.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.mail.incoming import Incoming
from commsched.services.inbox import ids
from commsched.services.kernel.context import Installation
from commsched.store.models import InboxMessage, InboxReply, Mailbox

MOST: Final = 60
"""Copies that a mailbox sends in an hour: more is a loop, or somebody's attack."""
FRESH: Final = timedelta(days=2)
"""Older mail is not sent on: a mailbox that is new here holds a month of it."""


def queue(
    installation: Installation,
    session: Session,
    mailbox: Mailbox,
    row: InboxMessage,
    says: Incoming,
    returned: Collection[str] = (),
) -> bool:
    """Have a copy of ``row`` sent on, if the rule says so, in the caller's transaction; returns whether it is.
    ``returned`` are the Message-IDs that a bounce names."""
    if not mailbox.forward_to or not _falls_under(mailbox, row) or row.at < installation.now() - FRESH:
        return False
    to = installation.vault.unseal(mailbox.forward_to)
    if _is_ours(installation, session, mailbox, says, to, returned) or _too_many(installation, session, mailbox):
        return False
    reply = InboxReply(
        workspace_id=row.workspace_id,
        message_id=row.id,
        kind="forward",
        to=installation.vault.seal(to),
        subject=row.subject,
        text="",
        state="waiting",
        tries=0,
        next_at=installation.now(),
        created_at=installation.now(),
    )
    ids.give(installation, reply, mailbox.address)
    session.add(reply)
    return True


def _falls_under(mailbox: Mailbox, row: InboxMessage) -> bool:
    return mailbox.forward_what == "everything" or (mailbox.forward_what == "answers" and row.kind == "letter")


def _is_ours(
    installation: Installation,
    session: Session,
    mailbox: Mailbox,
    says: Incoming,
    to: str,
    returned: Collection[str],
) -> bool:
    """Whether it is about a mail of ours that was itself sent from here, or comes from where the copies go."""
    sender = says.address.casefold()
    if sender in (mailbox.address.casefold(), to.casefold()) or not sender:
        return True
    about = [installation.vault.blind(each) for each in (says.message_id, *says.answers, *returned)]
    known = select(InboxReply.id).where(InboxReply.mail_blind.in_(about), InboxReply.kind == "forward").limit(1)
    return session.scalar(known) is not None


def _too_many(installation: Installation, session: Session, mailbox: Mailbox) -> bool:
    since = installation.now() - timedelta(hours=1)
    count = (
        select(func.count(InboxReply.id))
        .join(InboxMessage, InboxMessage.id == InboxReply.message_id)
        .where(InboxReply.kind == "forward", InboxReply.created_at > since, InboxMessage.mailbox_id == mailbox.id)
    )
    return (session.scalar(count) or 0) >= MOST

"""Whether the office's mailboxes are read: told by the doctor, by the checks for machines and on the pages, in the same
words, before somebody wonders why no answers come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Message, OfficeError
from commsched.core.text.recipients import is_address
from commsched.mail import imap
from commsched.services.inbox import mailboxes
from commsched.services.kernel.context import Installation
from commsched.services.mailing.health import Look
from commsched.store.models import Mailbox, Workspace
from commsched.store.session import EVERY_WORKSPACE

DAY: Final = timedelta(hours=24)
"""How long a mailbox may stay unread before somebody is told, though nothing is known to be wrong with it."""
_FOR_A_PERSON: Final = imap.FOR_A_PERSON | {mailboxes.ENDED}
_CANNOT: Final = N_("The mailbox %(name)s cannot be read.")
_PAGE: Final = Message(N_("Look under Inbox → Mailboxes."))


def quick(session: Session, installation: Installation) -> Iterator[Look]:
    """What the store can say of the mailboxes that the session sees: asked often, so no server is asked."""
    for row in _read_ones(session):
        yield from of(installation, row)


def _read_ones(session: Session) -> list[Mailbox]:
    """A demo reads none of its mailboxes."""
    wanted = select(Mailbox).join(Workspace, Workspace.id == Mailbox.workspace_id)
    return list(session.scalars(wanted.where(Workspace.is_demo.is_(False)).order_by(Mailbox.id)))


def of(installation: Installation, row: Mailbox) -> Iterator[Look]:
    """What is wrong with one mailbox."""
    now, trouble = installation.now(), mailboxes.trouble_of(row)
    if not is_address(row.address):
        words = N_("Answers from the mailbox %(name)s are to come from “%(address)s”, which is no e-mail address.")
        yield Look("fail", Message(words, {"name": row.name, "address": row.address[:100]}), _PAGE)
    if trouble is not None and row.trouble_since is not None:
        if trouble.message in _FOR_A_PERSON or row.trouble_since <= now - mailboxes.SILENT:
            yield Look("fail", Message(_CANNOT, {"name": row.name}), trouble)
        return
    unread = now - (row.read_at or row.created_at)
    if unread > DAY and row.next_at is not None:
        words = N_("The mailbox %(name)s has not been read for %(hours)s hours, so answers and bounces are not seen.")
        silence = Message(words, {"name": row.name, "hours": int(unread / timedelta(hours=1))})
        yield Look("fail", silence, Message(N_("The scheduler reads it: see that it runs, then read the mailbox now.")))


def looks(installation: Installation) -> Iterator[Look]:
    """Each mailbox, opened as its next reading would; nothing in it is changed."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = _read_ones(session)
    for row in rows:
        try:
            account = mailboxes.account_of(installation, row)
            mailboxes.look(installation, account, row.folder, row.server_id)
        except OfficeError as error:
            yield Look("fail", Message(_CANNOT, {"name": row.name}), error.words)
        else:
            yield Look("ok", Message(N_("The mailbox %(name)s opens."), {"name": row.name}))

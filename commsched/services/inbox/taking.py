"""Takes in what has come to the mailboxes: each message once, whatever happens between the server and the store.

What was read and how far, is one transaction: a process that dies in between reads the same again, and finds that it is
there. The mailbox itself is only looked at; where the office wants what is handled moved, that comes after the commit.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commsched.core.text.messages import Message, OfficeError
from commsched.mail import bounces, incoming
from commsched.mail.imap import Box, Head
from commsched.mail.incoming import Incoming
from commsched.services.inbox import mailboxes, sorting
from commsched.services.inbox.sorting import Letter
from commsched.services.kernel.context import Installation
from commsched.store import locks
from commsched.store.models import InboxMessage, Mailbox, Workspace
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.inbox")
BACK: Final = timedelta(days=30)
"""How far back a mailbox is read that is new here."""
AT_ONCE: Final = 20
"""Messages that one transaction takes in."""
MOST: Final = 400
"""Messages that one turn reads; the others come with the next, at once."""
SECONDS: Final = 120.0
"""How long a turn may hold the connection."""
LATER: Final = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""When one that could not be read is tried again, by how long it has been so."""


def read_next(installation: Installation) -> bool:
    """Read the mailbox that has waited longest, if one is due; returns whether one was asked. Raises nothing that a
    mail server can do: why it cannot be read is kept in its row."""
    row = claim(installation)
    if row is None:
        return False
    try:
        with mailboxes.open_box(installation, row, SECONDS) as box:
            more = take_in(installation, row, box)
    except OfficeError as error:
        _note_trouble(installation, row, error.words)
        return True
    with installation.store.write(row.workspace_id) as session:
        kept = session.scalar(locks.rows(select(Mailbox).where(Mailbox.id == row.id)))
        if kept is not None:
            kept.trouble, kept.trouble_since, kept.read_at = "", None, installation.now()
            kept.next_at = installation.now() if more else kept.next_at
    return True


def claim(installation: Installation) -> Mailbox | None:
    """The mailbox that has waited longest, if any is due; its next turn is set at once, so that two engines read it
    once."""
    now = installation.now()
    due = select(Mailbox).where(Mailbox.next_at <= now).order_by(Mailbox.next_at, Mailbox.id).limit(1)
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(due) is None:
            return None
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.scalar(locks.rows(due, passing_over=True))
        if row is None:
            return None
        row.next_at = now + mailboxes.EVERY
        return None if session.get_one(Workspace, row.workspace_id).is_demo else row


def take_in(installation: Installation, row: Mailbox, box: Box) -> bool:
    """Take in what is new in an open mailbox; returns whether there is more. Raises :class:`Invalid`."""
    validity = box.look_in(row.folder)
    after = row.last_uid if validity == row.validity else 0
    since = None if after else (installation.now() - BACK).date()
    wanted = box.numbers(after, since)
    heads = box.heads(wanted[:MOST])
    for some in _batches(heads):
        letters = [read(installation, head) for head in some]
        with installation.store.write(row.workspace_id) as session:
            kept = session.scalar(locks.rows(select(Mailbox).where(Mailbox.id == row.id)))
            if kept is None:
                return False  # taken away meanwhile
            store(installation, session, kept, validity, letters)
    _put_aside(installation, row, box, validity)
    return len(wanted) > MOST


def _batches(heads: Iterator[Head]) -> Iterator[list[Head]]:
    while some := list(itertools.islice(heads, AT_ONCE)):
        yield some


def read(installation: Installation, head: Head) -> Letter:
    """What a message says; of one that makes a reader stumble, that it is there."""
    try:
        says = incoming.read(head.raw)
        bounce = bounces.read(says)
    except Exception:
        log.exception("a message could not be read")
        says, bounce = _unreadable(head), None
    date = says.date.isoformat() if says.date else ""
    body = head.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2] if says.message_id else head.raw
    digest = hashlib.sha256(body).hexdigest()
    known = "\n".join((says.message_id, says.address, date, says.subject, digest))
    return Letter(head, says, bounce, installation.vault.blind(known))


def _unreadable(head: Head) -> Incoming:
    return Incoming(
        message_id=hashlib.sha256(head.raw).hexdigest(),
        answers=(),
        subject="",
        name="",
        address="",
        reply_to="",
        to=(),
        copies="",
        date=None,
        text="",
        html="",
        attachments=(),
        tree=incoming.parse(b""),
        cut=True,
    )


def store(
    installation: Installation, session: Session, mailbox: Mailbox, validity: int, letters: Sequence[Letter]
) -> None:
    """Keep the letters that are not here yet, and how far the mailbox is read, in the caller's transaction."""
    names = [letter.named for letter in letters]
    mine = (InboxMessage.mailbox_id == mailbox.id, InboxMessage.named.in_(names))
    known = {row.named: row for row in session.scalars(select(InboxMessage).where(*mine))}
    for letter in letters:
        row = known.get(letter.named)
        if row is None:
            known[letter.named] = sorting.keep(installation, session, mailbox, validity, letter)
        elif (row.validity, row.uid) != (validity, letter.head.uid) and not row.moved:
            row.validity, row.uid = validity, letter.head.uid  # numbers count anew
    if letters:
        mailbox.validity = validity
        mailbox.last_uid = max(letter.head.uid for letter in letters)


def _put_aside(installation: Installation, row: Mailbox, box: Box, validity: int) -> None:
    """Move what is handled to its folder, where the office wants that: what a machine wrote, and letters that somebody
    answered or put aside."""
    if not row.handled_folder:
        return
    handled = or_(InboxMessage.kind != "letter", InboxMessage.state != "new")
    mine = (InboxMessage.mailbox_id == row.id, InboxMessage.validity == validity, InboxMessage.moved.is_(False))
    with installation.store.read(row.workspace_id) as session:
        rows = list(session.scalars(select(InboxMessage).where(*mine, handled).limit(100)))
    if not rows:
        return
    box.look_in(row.folder, writing=True)
    box.move([message.uid for message in rows], row.handled_folder)
    with installation.store.write(row.workspace_id) as session:
        wanted = select(InboxMessage).where(InboxMessage.id.in_([message.id for message in rows]))
        for message in session.scalars(locks.rows(wanted)):
            message.moved = True


def _note_trouble(installation: Installation, row: Mailbox, words: Message) -> None:
    now = installation.now()
    with installation.store.write(row.workspace_id) as session:
        kept = session.scalar(locks.rows(select(Mailbox).where(Mailbox.id == row.id)))
        if kept is None:
            return
        since = kept.trouble_since or now
        kept.trouble, kept.trouble_since = mailboxes.kept_trouble(words), since
        kept.next_at = now + LATER[_step(now - since)]


def _step(lasting: timedelta) -> int:
    return 0 if lasting < timedelta(minutes=30) else 1 if lasting < timedelta(hours=6) else 2

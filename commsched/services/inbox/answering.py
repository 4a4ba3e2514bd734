"""Mails that go out from the inbox: answers, and copies that are sent on. Each is a row, committed before the call.

Nothing is sent twice: what may have left without an answer is *unknown*, and a person says whether it is out.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import Email
from commsched.core.platform.email import AttachedFile
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.inbox import ids, messages, originals, sorting
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, mailer_of
from commsched.store import locks
from commsched.store.models import InboxDraft, InboxMessage, InboxReply, Mailbox, Workspace
from commsched.store.session import EVERY_WORKSPACE, again

MOST: Final = 20_000
BACK_OFF: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180))
MOST_TRIES: Final = 12
DEAD: Final = timedelta(minutes=10)
"""A call takes two minutes at most: one that was begun so long ago has nobody who waits for it any more."""
MOST_COPY: Final = 10 * 1024 * 1024
"""Octets of a message that is sent on as it is; of a larger one its beginning is told."""


def answer(installation: Installation, actor: Actor, number: int, text: str, version: int) -> int:
    """Answer a message from the office's own address; returns the answer's row. It goes out at once, by the engine.

    Raises :class:`Conflict` where somebody else did something with it since ``version``: the draft is kept."""
    actor.require("write")
    words = passage(text, "text")
    if not words or len(words) > MOST:
        raise Invalid(N_("Write the answer, in at most %(most)s characters."), "text", most=MOST)
    now, seal = installation.now(), installation.vault.seal
    with installation.store.write(actor.workspace) as session:
        row = messages.changing(session, number, version)
        mailbox, to = _between(installation, session, row)
        reply = InboxReply(
            message_id=row.id,
            person_id=actor.person,
            kind="answer",
            to=seal(to),
            subject=seal(_subject(installation.vault.unseal(row.subject))),
            text=seal(words),
            state="waiting",
            tries=0,
            next_at=now,
            created_at=now,
        )
        ids.give(installation, reply, mailbox.address)
        session.add(reply)
        row.state, row.answered_by, row.answered_at = "answered", actor.person, now
        messages.answered_before(session, row)
        mine = (InboxDraft.message_id == row.id, InboxDraft.person_id == actor.person)
        session.execute(delete(InboxDraft).where(*mine))
        session.flush()
        note(session, installation, actor, "inbox.answered", row.item_id, message=row.id, reply=reply.id)
        number = reply.id
    installation.wake()
    return number


def _between(installation: Installation, session: Session, row: InboxMessage) -> tuple[Mailbox, str]:
    """The mailbox whose address answers, and whom. Raises :class:`Conflict` where that cannot be."""
    mailbox = session.get(Mailbox, row.mailbox_id) if row.mailbox_id else None
    if row.erased_at is not None:
        raise Conflict(N_("Its words are not kept any more."))
    if mailbox is None:
        raise Conflict(N_("The mailbox that it came to is taken away, so there is no address to answer from."))
    to = sorting.details_of(installation, row).reply_to or installation.vault.unseal(row.address)
    if not to:
        raise Conflict(N_("The message does not say who it is from, so it cannot be answered."))
    place = session.get_one(Workspace, row.workspace_id)
    mailer = mailer_of(installation, mailbox.server_id, place.slug)
    if not place.is_demo and (mailer is None or not mailer.reaches()):
        raise Conflict(N_("No mail server is set."))
    return mailbox, to


def _subject(before: str) -> str:
    bare = before.strip()
    return bare if bare.lower().startswith(("sv:", "re:")) else f"Sv: {bare or '–'}"


def decide(installation: Installation, actor: Actor, number: int, *, out: bool) -> None:
    """A person says of an answer nobody knows of whether it is out; if not it is sent again. One that the server
    refused can be tried again too. Raises :class:`Conflict` for one that is neither."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(locks.rows(select(InboxReply).where(InboxReply.id == number)))
        if row is None:
            raise NotFound(N_("There is no such answer."))
        if row.state not in ("unknown", "failed") or (out and row.state == "failed"):
            raise Conflict(N_("Somebody has decided that already."))
        row.state, row.next_at = ("sent", None) if out else ("waiting", installation.now())
        row.tries = row.tries if out else 0
        note(session, installation, actor, "inbox.decided", message=row.message_id, reply=row.id, out=out)
    installation.wake()


def doubt(installation: Installation) -> int:
    """After a restore: what was not sent when the backup was made may have gone out meanwhile. A person says of each;
    returns how many there are."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        begun = InboxReply.state.in_(("waiting", "sending"))
        numbers = list(session.scalars(select(InboxReply.id).where(begun)))
        session.execute(update(InboxReply).where(InboxReply.id.in_(numbers)).values(state="unknown", next_at=None))
        return len(numbers)


# -- on its way -------------------------------------------------------------------------------------


def send_next(installation: Installation) -> bool:
    """Send the mail that has waited longest, if one is due; returns whether there was one."""
    _bury(installation)
    row = _claim(installation)
    if row is None:
        return False
    try:
        message = _mail(installation, row)
    except Exception as error:
        outcome: Outcome = Retry(type(error).__name__)  # nothing has been begun
    else:
        outcome = message if not isinstance(message, Email) else _sent(installation, row, message)
    again(partial(_record, installation, row.id, row.workspace_id, row.tries, outcome))
    return True


def _sent(installation: Installation, row: InboxReply, message: Email) -> Outcome:
    """Hand it in, through the relay that its mailbox names."""
    with installation.store.read(row.workspace_id) as session:
        about = session.get_one(InboxMessage, row.message_id)
        mailbox = session.get(Mailbox, about.mailbox_id) if about.mailbox_id else None
        slug = session.get_one(Workspace, row.workspace_id).slug
    mailer = mailer_of(installation, mailbox.server_id if mailbox is not None else None, slug)
    if mailer is None:
        return Rejected(N_("no way of sending e-mail is set up"), "config")
    return mailer.send(message)


def _bury(installation: Installation) -> None:
    """What a process began that has died may have gone out."""
    late = (InboxReply.state == "sending", InboxReply.started_at < installation.now() - DEAD)
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(select(InboxReply.id).where(*late).limit(1)) is None:
            return
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(InboxReply).where(*late).values(state="unknown", next_at=None))


def _claim(installation: Installation) -> InboxReply | None:
    now = installation.now()
    due = (
        select(InboxReply)
        .join(Workspace, Workspace.id == InboxReply.workspace_id)
        .where(InboxReply.state == "waiting", or_(InboxReply.next_at.is_(None), InboxReply.next_at <= now))
        .where(Workspace.paused_at.is_(None))
        .order_by(InboxReply.next_at, InboxReply.id)
        .limit(1)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(due) is None:
            return None
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.scalar(locks.rows(due, passing_over=True))  # the office's row too: a pause waits, or is seen
        if row is not None:
            row.state, row.started_at, row.tries = "sending", now, row.tries + 1
        return row


def _mail(installation: Installation, row: InboxReply) -> Email | Outcome:
    """The mail that the row is; or why there can be none, in which case nothing was sent."""
    unseal = installation.vault.unseal
    with installation.store.read(row.workspace_id) as session:
        about = session.get(InboxMessage, row.message_id)
        mailbox = session.get(Mailbox, about.mailbox_id) if about is not None and about.mailbox_id else None
        office = session.get_one(Workspace, row.workspace_id).name
    if about is None or mailbox is None or about.erased_at is not None:
        return Rejected(
            N_("The mailbox that it came to is taken away, so there is no address to answer from."), "config"
        )
    details = sorting.details_of(installation, about)
    subject, text = unseal(row.subject), unseal(row.text)
    files: tuple[AttachedFile, ...] = ()
    headers = {"References": ids.references(details.message_id, details.references)}
    if row.kind == "answer":
        headers["In-Reply-To"] = f"<{details.message_id}>"
    else:
        headers = {"Auto-Submitted": "auto-generated"}
        subject = f"Vb: {subject or '–'}"
        text, raw = originals.to_send_on(installation, about, mailbox, MOST_COPY)
        files = _attached(raw)
    return Email(
        message_id=row.mail_id,
        sender=mailbox.address,
        sender_name=office,
        to=unseal(row.to),
        subject=subject,
        text=text,
        date=row.created_at,
        headers={name: value for name, value in headers.items() if value and value != "<>"},
        files=files,
    )


def _attached(raw: bytes) -> tuple[AttachedFile, ...]:
    """The message as it came, as an attached message; one that cannot be sent as it is as a file of bytes."""
    if not raw:
        return ()
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    whole = raw.isascii() and b"\0" not in raw and b"\r" not in b"\n".join(lines) and max(map(len, lines)) < 998
    mime = "message/rfc822" if whole else "application/octet-stream"
    return (AttachedFile("meddelande.eml", mime, lambda: BytesIO(raw)),)


def _record(installation: Installation, number: int, workspace: int, tries: int, outcome: Outcome) -> None:
    now = installation.now()
    with installation.store.write(workspace) as session:
        row = session.scalar(locks.rows(select(InboxReply).where(InboxReply.id == number)))
        if row is None or row.state not in ("sending", "unknown"):
            return  # somebody has decided meanwhile
        row.detail = outcome.detail[:500]
        match outcome:
            case Published():
                row.state, row.finished_at, row.next_at = "sent", now, None
            case Retry() if tries < MOST_TRIES:
                row.state, row.next_at = "waiting", now + BACK_OFF[min(tries, len(BACK_OFF)) - 1]
            case Unknown():
                row.state, row.next_at = "unknown", None
            case _:
                row.state, row.finished_at, row.next_at = "failed", now, None

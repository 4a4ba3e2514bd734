"""Answers to comments: an item like any other, approved and sent through the outbox, that hangs on the comment.

A comment has one answer at most: the item is entered on the comment's row in the transaction that makes it. A ready
answer was approved once, for every comment that it fits; its approver's yes is then given to each, as long as they may
approve and the office's rule asks for no more. Where a network needs it the one who is answered is mentioned first:
nothing else is ever put to approved words.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotAllowed, NotFound
from commsched.services.content import items
from commsched.services.followup import watch
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import approve, editing
from commsched.store import locks
from commsched.store.models import Channel, Item, Membership, ReadyAnswer, RemoteComment

MOST: Final = 1000
"""Characters of a ready answer."""
MOST_READY: Final = 50
_MENTION: Final = re.compile(r"@\w[\w.-]{0,99}(?:@[\w-][\w.-]{0,250})?")
"""``@maj``, or ``@maj@server.example`` of another server."""


def answer(installation: Installation, actor: Actor, comment: int, text: str = "", ready: int = 0) -> int:
    """Answer a comment with a text of one's own, which is sent for approval, or with a ready one; returns the item.

    Raises :class:`Conflict` where it has an answer, or its words are not kept any more; :class:`Invalid` without
    words. Where something stops the item (it is too long, nobody could approve it) it stays a draft and the error is
    raised: the answer is gone on with there.
    """
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        row = watch.load(session, comment)
        known = _ready(session, ready) if ready else None
        words = known.text if known is not None else passage(text, "text")
        if not words:
            raise Invalid(N_("Write the answer."), "text")
        words = _addressed(installation, session, row, words)
        draft = DraftIn(kind="post", text=words, channels=[row.channel_id], when_approved=True)
    prepared = editing.ready(installation, actor, draft, answers=str(comment))
    with installation.store.write(actor.workspace) as session:
        row = watch.load(session, comment, lock=True)
        _refuse(session, row)
        item = editing.create_in(installation, session, actor, draft, prepared)
        row.answer_item_id = item.id
        if row.seen_at is None:
            row.seen_at, row.seen_by = installation.now(), actor.person
        channel = session.get_one(Channel, row.channel_id).name
        note(session, installation, actor, "watch.answered", item.id, comment=row.id, channel=channel, ready=ready)
        number, whole = item.id, items.current(session, item).hash
    approve.submit(installation, actor, number, then_schedule=True)
    if known is not None:
        _approve_ready(installation, actor, number, known, whole)
    return number


def _addressed(installation: Installation, session: Session, row: RemoteComment, words: str) -> str:
    """``words`` with a mention of whom they answer first, where the network tells them by it alone. It is a part of
    the text, so that exactly what is sent is approved; what a network calls a name is put there only where it is
    nothing but one."""
    platform = installation.platform(session.get_one(Channel, row.channel_id).platform)
    if not platform.answers_mention or not _MENTION.fullmatch(row.handle):
        return words
    if re.search(rf"(?<![\w@.]){re.escape(row.handle)}(?![\w@.-]*\w)", words, re.IGNORECASE):
        return words
    return f"{row.handle} {words}"


def _refuse(session: Session, row: RemoteComment) -> None:
    if row.erased_at is not None:
        raise Conflict(N_("Its words are not kept any more."))
    if row.answer_item_id is None:
        return
    before = session.get(Item, row.answer_item_id)
    if before is not None and before.state != "cancelled":
        raise Conflict(N_("It has been answered already, or an answer is being written."))


def _approve_ready(installation: Installation, actor: Actor, number: int, ready: ReadyAnswer, hashed: str) -> None:
    """The yes that was given to the ready answer is given to this one, which has the hash ``hashed``: its words and a
    mention of whom it answers. Where it does not count (its approver may not approve any more, or wrote it; something
    else stands there by now), it waits for one as anything does."""
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, number)
        changed = items.current(session, item).hash != hashed
        member = session.scalar(select(Membership).where(Membership.person_id == ready.approved_by))
        if item.state != "in_review" or changed or member is None or not member.person.active:
            return
        person = member.person
        approver = Actor(person.id, person.name or person.email, int(actor.workspace), member.role, actor.via)
    with suppress(Conflict, NotAllowed):
        approve.approve(installation, approver, number, hashed, "✓")


def _ready(session: Session, number: int) -> ReadyAnswer:
    row = session.scalar(select(ReadyAnswer).where(ReadyAnswer.id == number, ReadyAnswer.ended_at.is_(None)))
    if row is None or row.approved_at is None:
        raise NotFound(N_("There is no such ready answer."))
    return row


def ready_answers(session: Session, *, approved: bool = False) -> list[ReadyAnswer]:
    """The office's ready answers; with ``approved`` those that can be used."""
    rows = select(ReadyAnswer).where(ReadyAnswer.ended_at.is_(None)).order_by(ReadyAnswer.id)
    return list(session.scalars(rows.where(ReadyAnswer.approved_at.is_not(None)) if approved else rows))


def propose(installation: Installation, actor: Actor, text: str) -> int:
    """Write a ready answer, for somebody else to approve."""
    actor.require("write")
    words = passage(text, "ready")
    if not words or len(words) > MOST:
        raise Invalid(N_("Write the answer, in at most %(most)s characters."), "ready", most=MOST)
    with installation.store.write(actor.workspace) as session:
        if len(ready_answers(session)) >= MOST_READY:
            raise Invalid(N_("At most %(most)s ready answers."), "ready", most=MOST_READY)
        row = ReadyAnswer(workspace_id=actor.workspace, text=words, author_id=actor.person, at=installation.now())
        session.add(row)
        session.flush()
        note(session, installation, actor, "watch.ready", ready=row.id)
        return row.id


def approve_ready(installation: Installation, actor: Actor, number: int) -> None:
    """Approve a ready answer for every comment that it fits. Nobody approves their own words."""
    actor.require("approve")
    with installation.store.write(actor.workspace) as session:
        row = _load(session, number)
        if row.author_id == actor.person:
            raise NotAllowed(N_("Nobody approves their own words: somebody else must."))
        if row.approved_at is None:
            row.approved_by, row.approved_at = actor.person, installation.now()
            note(session, installation, actor, "watch.ready_approved", ready=row.id)


def end_ready(installation: Installation, actor: Actor, number: int) -> None:
    """It is used no more. What has been answered with it stands."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        _load(session, number).ended_at = installation.now()
        note(session, installation, actor, "watch.ready_ended", ready=number)


def _load(session: Session, number: int) -> ReadyAnswer:
    wanted = select(ReadyAnswer).where(ReadyAnswer.id == number, ReadyAnswer.ended_at.is_(None))
    row = session.scalar(locks.rows(wanted))
    if row is None:
        raise NotFound(N_("There is no such ready answer."))
    return row

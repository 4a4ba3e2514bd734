"""The watch over what others write on the office's pages: seen by whom and when, hidden, reported.

Who runs a place where others can write answers in law for looking at it, and for taking certain things away. So the
record says who looked when, at how many, and what was done; it never holds a comment's words or its writer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import Select, case, exists, func, select
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Outcome, Published, Rejected
from commsched.core.platform.contract import ChannelContext, Platform
from commsched.core.platform.figures import Reply
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.inbox import messages
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.upkeep.calling import change, reaches
from commsched.store import locks
from commsched.store.models import Channel, InboxMessage, Item, Listening, Person, RemoteComment, Workspace

UNSEEN: Final = (RemoteComment.seen_at.is_(None), RemoteComment.erased_at.is_(None))
"""SQL: what nobody has seen and can still be read."""
PAGE: Final = 50
"""Comments on a page."""
MOST_REASON: Final = 300


class Seen(msgspec.Struct, frozen=True):
    """A comment with what stands around it."""

    row: RemoteComment
    channel: Channel
    title: str
    """What it is written under."""
    can: frozenset[str]
    who: str = ""
    """Who saw it."""


class Watched(msgspec.Struct, frozen=True):
    """A channel whose comments can be read, and how that goes."""

    channel: Channel
    listening: Listening


class Watch(msgspec.Struct, frozen=True):
    """What the page shows."""

    waiting: int
    comments: list[Seen]
    channels: list[Watched]
    more: bool = False


def waiting(session: Session) -> int:
    """How many comments nobody has seen."""
    return session.scalar(select(func.count(RemoteComment.id)).where(*UNSEEN)) or 0


def waiting_where_kept(session: Session) -> tuple[int | None, int]:
    """How many nobody has seen; ``None`` where no channel's comments can be read, so that there is no watch. And how
    many letters wait for an answer, in the same statement: every page says both."""
    count = select(func.count(RemoteComment.id)).where(*UNSEEN).scalar_subquery()
    kept = exists().where(Listening.replies_at.is_not(None))
    letters = select(func.count(InboxMessage.id)).where(*messages.WAITS).scalar_subquery()
    row = session.execute(select(case((kept, count), else_=None), letters)).one()
    return row[0], int(row[1])


def read(installation: Installation, actor: Actor, *, everything: bool = False, before: int = 0) -> Watch:
    """The comments that nobody has seen, those with the office's words first and then the oldest; or
    ``everything``, the newest first, before the comment with that number."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        rows = _rows()
        if everything:
            rows = rows.order_by(RemoteComment.id.desc())
            rows = rows.where(RemoteComment.id < before) if before else rows
        else:
            rows = rows.where(*UNSEEN).order_by(RemoteComment.word == "", RemoteComment.at, RemoteComment.id)
        read = session.execute(rows.limit(PAGE + 1)).all()
        comments = [
            Seen(row, channel, title or "", installation.platform(channel.platform).can, name or email or "")
            for row, channel, title, name, email in read[:PAGE]
        ]
        return Watch(waiting(session), comments, _channels(session), len(read) > PAGE)


def _rows() -> Select[RemoteComment, Channel, str, str, str]:
    return (
        select(RemoteComment, Channel, Item.title, Person.name, Person.email)
        .join(Channel, Channel.id == RemoteComment.channel_id)
        .outerjoin(Item, Item.id == RemoteComment.item_id)
        .outerjoin(Person, Person.id == RemoteComment.seen_by)
    )


def _channels(session: Session) -> list[Watched]:
    rows = session.execute(
        select(Channel, Listening)
        .join(Listening, Listening.channel_id == Channel.id)
        .where(Listening.replies_at.is_not(None), Channel.state != "archived")
        .order_by(Channel.name)
    )
    return [Watched(row[0], row[1]) for row in rows]


def look(installation: Installation, actor: Actor, shown: Collection[int]) -> int:
    """Somebody has looked at the comments ``shown``, and at the whole list; returns how many of them were new.

    Only what was on their page counts as seen. It is noted also where there was nothing: that they looked is the
    proof.
    """
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        wanted = select(RemoteComment).where(RemoteComment.id.in_(list(shown)), RemoteComment.seen_at.is_(None))
        rows = list(session.scalars(locks.rows(wanted))) if shown else []
        for row in rows:
            row.seen_at, row.seen_by = installation.now(), actor.person
        session.flush()
        left = waiting(session)
        note(session, installation, actor, "watch.looked", count=len(rows), left=left, numbers=[row.id for row in rows])
        return len(rows)


def unsee(installation: Installation, actor: Actor, number: int) -> None:
    """It waits again: somebody else should look."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        row = load(session, number, lock=True)
        row.seen_at = row.seen_by = row.told_at = None
        note(session, installation, actor, "watch.unseen", comment=row.id)


def load(session: Session, number: int, *, lock: bool = False) -> RemoteComment:
    """One comment. Raises :class:`NotFound`."""
    wanted = select(RemoteComment).where(RemoteComment.id == number)
    row = session.scalar(locks.rows(wanted) if lock else wanted)
    if row is None:
        raise NotFound(N_("There is no such comment."))
    return row


def hide(installation: Installation, actor: Actor, number: int, hidden: bool = True) -> None:
    """Hide it on the network, or show it again. Raises :class:`Conflict` where the network does not say that it is
    done: it may be pressed again, since hiding twice is hiding."""
    actor.require("resolve")
    row, outcome = _change(
        installation, actor, number, "hide", lambda reply: lambda platform, on: platform.hide(reply, hidden, on)
    )
    action = "watch.hid" if hidden else "watch.showed"
    with installation.store.write(actor.workspace) as session:
        row = load(session, row.id, lock=True)
        if isinstance(outcome, Published):
            row.hidden = hidden
            _see(installation, actor, row)
        _note_outcome(installation, session, actor, row, action, outcome)
    _refuse(outcome)


def report(installation: Installation, actor: Actor, number: int, reason: str) -> None:
    """Report it to whoever runs the network. Raises :class:`Invalid` without a reason; else as :func:`hide`."""
    actor.require("resolve")
    why = passage(reason, "reason")
    if not why or len(why) > MOST_REASON:
        raise Invalid(N_("Write why it is reported, in at most %(most)s characters."), "reason", most=MOST_REASON)
    with installation.store.read(actor.workspace) as session:
        if load(session, number).reported_at is not None:
            raise Conflict(N_("It has been reported already."))
    row, outcome = _change(
        installation, actor, number, "report", lambda reply: lambda platform, on: platform.report(reply, why, on)
    )
    with installation.store.write(actor.workspace) as session:
        row = load(session, row.id, lock=True)
        if isinstance(outcome, Published):
            row.reported_at = installation.now()
            _see(installation, actor, row)
        _note_outcome(installation, session, actor, row, "watch.reported", outcome)
    _refuse(outcome)


def _see(installation: Installation, actor: Actor, row: RemoteComment) -> None:
    if row.seen_at is None:
        row.seen_at, row.seen_by = installation.now(), actor.person


Call = Callable[[Platform, ChannelContext], Outcome]


def _change(
    installation: Installation, actor: Actor, number: int, what: str, call: Callable[[Reply], Call]
) -> tuple[RemoteComment, Outcome]:
    with installation.store.read(actor.workspace) as session:
        row = load(session, number)
        channel = session.get_one(Channel, row.channel_id)
        place = session.get_one(Workspace, row.workspace_id)
    if row.erased_at is not None:
        raise Conflict(N_("Its words are not kept any more."))
    if what not in installation.platform(channel.platform).can or not reaches(installation, channel, place):
        raise Conflict(N_("It cannot be done from here. Open it on the network."))
    return row, change(installation, channel, place, call(as_reply(row)))


def as_reply(row: RemoteComment) -> Reply:
    """The comment as its platform told of it."""
    return Reply(row.remote_id, row.answers, row.author, row.text, row.at, row.url, row.hidden, row.handle)


def _note_outcome(
    installation: Installation, session: Session, actor: Actor, row: RemoteComment, action: str, outcome: Outcome
) -> None:
    channel = session.get_one(Channel, row.channel_id).name
    done = action if isinstance(outcome, Published) else "watch.failed"
    note(session, installation, actor, done, row.item_id, comment=row.id, channel=channel, tried=action)


def _refuse(outcome: Outcome) -> None:
    if isinstance(outcome, Published):
        return
    if isinstance(outcome, Rejected):
        raise Conflict(N_("The network refused it. Open it there and do it by hand."))
    raise Conflict(N_("The network did not confirm it. Try again in a moment, or open it there."))


def of_item(session: Session, item_id: int) -> Sequence[RemoteComment]:
    """The comments under an item, newest first."""
    rows = select(RemoteComment).where(RemoteComment.item_id == item_id).order_by(RemoteComment.id.desc())
    return list(session.scalars(rows.limit(PAGE)))

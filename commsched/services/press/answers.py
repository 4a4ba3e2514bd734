"""Who comes to what an invitation is to: their answers, the office's list, and forgetting them when it is over.

An answer is one row for an address, so that a form that is sent twice, and a mind that is changed, are one answer.
Anybody can type another's address: what comes openly takes nothing away that came by the link in its reader's own mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.content.release import Event
from commsched.core.press import answer_links
from commsched.core.press.words import event_of
from commsched.core.text.clean import line, passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound, OfficeError
from commsched.core.text.recipients import is_address
from commsched.services.accounts.login_throttle import network
from commsched.services.contacts.addressees import OUT
from commsched.services.content import items
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Delivery, Item, Part, PressAnswer, Revision, SignInTry, Takedown, Workspace
from commsched.store.session import EVERY_WORKSPACE

KEPT_FOR: Final = timedelta(days=30)
"""How long after the event anybody needs to know who came."""
MOST: Final = 2000
"""Answers to one invitation. More are no newsrooms."""
PRESS: Final = "client-key:presslist"
"""What the key of the links is derived for: the press list makes them with its own."""


PER_VISITOR: Final = 20
"""Answers in an hour from one address of the network; for IPv6 from one household's."""
HOUR: Final = timedelta(hours=1)


class TooMany(OfficeError):
    """Too many answers just now from here (429)."""

    status, code = 429, "too-many"
    retry_after = int(HOUR.total_seconds())


class Reply(msgspec.Struct, frozen=True):
    """What somebody answers."""

    coming: bool
    name: str
    outlet: str
    email: str
    phone: str = ""
    wishes: str = ""
    """Whom they would like to interview, and when."""


class _Kept(Reply, frozen=True):
    """A reply as its row keeps it: whether it came by its reader's own link, and what came openly in their name."""

    by_link: bool = False
    openly: Reply | None = None


class Given(msgspec.Struct, frozen=True):
    """A reply as the office sees it. ``beside``: it came openly, in the name of somebody who has answered by their own
    link."""

    id: int
    reply: Reply
    at: datetime
    changed_at: datetime
    beside: bool = False


class Invitation(msgspec.Struct, frozen=True):
    """What is answered to, as it reads now."""

    workspace: int
    item: int
    """The first one's id."""
    content: Content
    event: Event

    @property
    def closes(self) -> datetime:
        """Until when an answer is taken."""
        last = self.event.reply_by_at or self.event.starts_at
        assert last is not None, "an event that is answered to has a time"
        return last


def by_token(installation: Installation, token: str) -> tuple[Invitation, str]:
    """The invitation that a link in a mail is about, and the address that the mail went to. Raises
    :class:`NotFound`."""
    named = answer_links.read(installation.vault.derive(PRESS), token)
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = _part(session, *named) if named else None
        if row is None:
            raise NotFound(N_("This link leads nowhere any more."))
        item, part = row
        address = installation.vault.unseal(part.recipient) if part.recipient else ""
        return _invitation(item, _sent_out(session, item)), address


def _part(session: Session, uid: str, key: str) -> tuple[Item, Part] | None:
    row = session.execute(
        select(Item, Part)
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Part, Part.delivery_id == Delivery.id)
        .where(Item.uid == uid, Part.key == key, Part.role == "recipient")
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


def of_item(installation: Installation, workspace: int, uid: str, content: Content) -> Invitation:
    """The invitation whose first item is called ``uid``, and which reads as ``content`` where it is answered to. Raises
    :class:`NotFound`."""
    with installation.store.read(workspace) as session:
        item = session.scalar(select(Item).where(Item.uid == uid))
        if item is None:
            raise NotFound(N_("There is no such invitation."))
        return _invitation(item, content)


def _sent_out(session: Session, item: Item) -> Content | None:
    """The newest wording that somebody has got by mail, of the item or of a correction of it: one that was approved and
    held back is shown to nobody. Nothing where it was taken down: it is called off."""
    first = item.corrects_id or item.id
    down = select(Takedown.id).where(Takedown.item_id == first, Takedown.ended_at.is_(None), Takedown.kind != "moved")
    if session.scalar(down.limit(1)) is not None:
        return None
    newest = session.scalar(
        select(Revision)
        .join(Delivery, Delivery.revision_id == Revision.id)
        .join(Item, Item.id == Delivery.item_id)
        .where((Item.id == first) | (Item.corrects_id == first))
        .where(exists().where(Part.delivery_id == Delivery.id, Part.role == "recipient", Part.state.in_(OUT)))
        .order_by(Item.id.desc(), Revision.id.desc())
        .limit(1)
    )
    return newest.parsed() if newest is not None else None


def _invitation(item: Item, content: Content | None) -> Invitation:
    event = event_of(content) if content is not None else None
    if content is None or event is None:
        raise NotFound(N_("There is no such invitation."))
    return Invitation(item.workspace_id, item.corrects_id or item.id, content, event)


def give(installation: Installation, invitation: Invitation, reply: Reply, visitor: str = "", linked: str = "") -> None:
    """Keep an answer from ``visitor``'s address of the network; the same e-mail address again changes it. ``linked``:
    the address whose own link it came by. Raises :class:`Invalid` by field, :class:`Conflict` after the last moment,
    :class:`TooMany`."""
    now, kept = installation.now(), _settled(reply)
    if invitation.event.called_off:
        raise Conflict(N_("The event is called off."))
    if now > invitation.closes:
        raise Conflict(N_("It is too late to answer here. Please call or write to the press contact."))
    blind = installation.vault.blind(kept.email)
    kept = msgspec.structs.replace(kept, by_link=bool(linked) and installation.vault.blind(linked) == blind)
    with installation.store.write(invitation.workspace) as session:
        locks.alone(session, f"answers {invitation.item}")
        _count(session, f"ra:{network(visitor)}", now)
        row = session.scalar(_mine(invitation, blind))
        if row is None:
            if not kept.by_link:  # strangers take no place from who is invited
                _make_room(session, invitation)
            row = PressAnswer(item_id=invitation.item, blind=blind, at=now)
            session.add(row)
        elif not kept.by_link and (before := _opened(installation, row)).by_link:
            kept = msgspec.structs.replace(before, openly=_reply_of(kept))
        row.coming, row.changed_at, row.forget_at = kept.coming, now, _over(invitation.event) + KEPT_FOR
        row.secret = installation.vault.seal(msgspec.json.encode(kept).decode())


def _count(session: Session, key: str, now: datetime) -> None:
    lately = select(func.count(SignInTry.id)).where(SignInTry.key == key, SignInTry.at > now - HOUR)
    if (session.scalar(lately) or 0) >= PER_VISITOR:
        raise TooMany(N_("Many answers have come from here just now. Try again in an hour."))
    session.add(SignInTry(key=key, at=now))


def _mine(invitation: Invitation, blind: str) -> Select[PressAnswer]:
    return select(PressAnswer).where(PressAnswer.item_id == invitation.item, PressAnswer.blind == blind)


def _make_room(session: Session, invitation: Invitation) -> None:
    count = select(func.count(PressAnswer.id)).where(PressAnswer.item_id == invitation.item)
    if (session.scalar(count) or 0) >= MOST:
        raise Conflict(N_("So many have answered that no more are taken here. Please write to the press contact."))


def _over(event: Event) -> datetime:
    over = event.ends_at or event.starts_at
    assert over is not None
    return over


def _settled(reply: Reply) -> _Kept:
    kept = _Kept(
        coming=reply.coming,
        name=line(reply.name, "name")[:200],
        outlet=line(reply.outlet, "outlet")[:200],
        email=line(reply.email, "email")[:254],
        phone=line(reply.phone, "phone")[:60],
        wishes=passage(reply.wishes, "wishes")[:2000],
    )
    if not kept.name:
        raise Invalid(N_("Write your name."), "name")
    if not is_address(kept.email):
        raise Invalid(N_("“%(address)s” is not an e-mail address."), "email", address=kept.email[:100])
    return kept


def mine(installation: Installation, invitation: Invitation, email: str) -> Reply | None:
    """What that address has answered before: for whoever has its own link, and nobody else."""
    with installation.store.read(invitation.workspace) as session:
        row = session.scalar(_mine(invitation, installation.vault.blind(email)))
        return _reply_of(_opened(installation, row)) if row is not None else None


def listed(installation: Installation, actor: Actor, item_id: int) -> list[Given]:
    """Everybody's answers to an invitation, or to a correction of it: who comes first, then by name."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        wanted = select(PressAnswer).where(PressAnswer.item_id == (item.corrects_id or item.id))
        rows = [reply for row in session.scalars(wanted) for reply in _read(installation, row)]
    return sorted(rows, key=lambda row: (not row.reply.coming, row.reply.name.casefold(), row.id, row.beside))


def _read(installation: Installation, row: PressAnswer) -> Iterator[Given]:
    kept = _opened(installation, row)
    yield Given(row.id, _reply_of(kept), row.at, row.changed_at)
    if kept.openly is not None:
        yield Given(row.id, kept.openly, row.at, row.changed_at, beside=True)


def _opened(installation: Installation, row: PressAnswer) -> _Kept:
    return msgspec.json.decode(installation.vault.unseal(row.secret), type=_Kept)


def _reply_of(kept: _Kept) -> Reply:
    """The reply alone."""
    return Reply(kept.coming, kept.name, kept.outlet, kept.email, kept.phone, kept.wishes)


def forget(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Forget who answered, once it has been over for long."""
    session.execute(delete(PressAnswer).where(PressAnswer.forget_at <= installation.now()))

"""Takes an item off the office's own pages, and puts it back. Posts on other platforms stay until they are removed
there.

It needs one person and no approval, because harmful content must be gone at once. Every approver is notified, and it is
recorded.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.platform.contract import OWN_PAGES
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.services.content import items
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store.models import Channel, Delivery, Item, Takedown

MOST = 500
"""Characters of the reason."""


def standing(session: Session, item_id: int) -> Takedown | None:
    """The takedown of an item that holds at present."""
    holds = select(Takedown).where(Takedown.item_id == item_id, Takedown.ended_at.is_(None))
    return session.scalar(holds.order_by(Takedown.id.desc()).limit(1))


def is_on_own_page(session: Session, item_id: int) -> bool:
    """Whether the item was published on the newsroom or a wall: pages that are ours to change."""
    out = (
        select(Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.item_id == item_id, Channel.platform.in_(OWN_PAGES), Delivery.published_at.is_not(None))
    )
    return session.scalar(out.limit(1)) is not None


def take_down(installation: Installation, actor: Actor, item_id: int, reason: str) -> None:
    """Take the item and every correction of it off the office's own pages, feeds and site map, pictures included.

    ``reason`` is shown to readers at its address. Raises :class:`Invalid` without one, :class:`Conflict` where the item
    is not on those pages.
    """
    actor.require("resolve")
    why = passage(reason, "reason")
    if not why:
        raise Invalid(N_("Write why it is taken down: readers are told."), "reason")
    if len(why) > MOST:
        raise Invalid(N_("At most %(most)s characters."), "reason", most=MOST)
    with installation.store.write(actor.workspace) as session:
        item = _original(session, item_id)
        if not is_on_own_page(session, item.id):
            raise Conflict(N_("Nothing of it stands on a page of your own."))
        if standing(session, item.id) is not None:
            raise Conflict(N_("It has been taken down already."))
        session.add(
            Takedown(
                workspace_id=actor.workspace, item_id=item.id, reason=why, person_id=actor.person, at=installation.now()
            )
        )
        note(session, installation, actor, "item.taken_down", item.id, reason=why)
        people = people_with(session, "approve") | ({item.author_id} if item.author_id else set())
        outbox.queue(
            session, installation, sorted(people - {actor.person}), "taken_down", item=item, by=actor.name, comment=why
        )


def put_back(installation: Installation, actor: Actor, item_id: int) -> None:
    """Put it back as it was. Only an approver may do this, since it makes content public."""
    actor.require("approve")
    with installation.store.write(actor.workspace) as session:
        item = _original(session, item_id)
        row = standing(session, item.id)
        if row is None:
            raise Conflict(N_("It has not been taken down."))
        row.ended_at, row.ended_by = installation.now(), actor.person
        note(session, installation, actor, "item.put_back", item.id)


def _original(session: Session, item_id: int) -> Item:
    item = items.load(session, item_id, lock=True)
    return items.load(session, item.corrects_id, lock=True) if item.corrects_id else item

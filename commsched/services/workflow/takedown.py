"""Takes an item off the office's own pages and off the networks, and puts it back on the pages.

It needs one person and no approval, because harmful content must be gone at once. Every approver is notified, and it is
recorded. What is out on networks is taken down there by :mod:`commsched.services.upkeep.removals`.
"""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.links import whole_address
from commsched.core.text.clean import one_line, passage
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.platforms import own_page_keys
from commsched.services.content import items
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.services.upkeep import removals
from commsched.store.models import Channel, Delivery, Item, Takedown

Kind = Literal["withdrawn", "error", "moved"]
"""``withdrawn``: its address tells readers so, and why. ``error``: it should never have been out, and its address says
nothing. ``moved``: it stands somewhere else now."""
KINDS: Final[tuple[Kind, ...]] = ("withdrawn", "error", "moved")
NOTED: Final = {"withdrawn": "item.taken_down", "error": "item.erased", "moved": "item.moved_away"}
MOST = 500
"""Characters of the reason."""
MOST_ADDRESS = 1000


def standing(session: Session, item_id: int) -> Takedown | None:
    """The takedown of an item that holds at present."""
    holds = select(Takedown).where(Takedown.item_id == item_id, Takedown.ended_at.is_(None))
    return session.scalar(holds.order_by(Takedown.id.desc()).limit(1))


def is_on_own_page(session: Session, item_id: int) -> bool:
    """Whether the item was published on the newsroom or a wall: pages that are ours to change."""
    out = (
        select(Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.item_id == item_id, Channel.platform.in_(own_page_keys()), Delivery.published_at.is_not(None))
    )
    return session.scalar(out.limit(1)) is not None


def take_down(
    installation: Installation,
    actor: Actor,
    item_id: int,
    reason: str,
    kind: Kind = "withdrawn",
    *,
    moved_to: str = "",
    elsewhere: bool = True,
) -> None:
    """Take the item and every correction of it off the office's own pages, feeds and site map, pictures included, and,
    where ``elsewhere``, off the networks too.

    ``reason`` is shown to readers at its address where it is ``withdrawn``; of an ``error`` only the record keeps it.
    What has ``moved`` leads on to ``moved_to``, and its posts on networks stay, since they lead there too. Raises
    :class:`Invalid` without a reason or an address, :class:`Conflict` where nothing of it can be taken down.
    """
    actor.require("resolve")
    why, to = _reason(reason), _address(moved_to) if kind == "moved" else ""
    with installation.store.write(actor.workspace) as session:
        item = _original(session, item_id)
        ours, out = is_on_own_page(session, item.id), bool(removals.on_networks(session, item.id))
        if not ours and (kind == "moved" or not (elsewhere and out)):
            raise Conflict(N_("Nothing of it stands on a page of your own."))
        if standing(session, item.id) is not None:
            raise Conflict(N_("It has been taken down already."))
        row = Takedown(
            workspace_id=actor.workspace,
            item_id=item.id,
            reason=why,
            person_id=actor.person,
            at=installation.now(),
            kind=kind,
            moved_to=to,
            elsewhere=elsewhere and kind != "moved",
        )
        session.add(row)
        session.flush()
        parts = removals.queue(installation, session, row) if row.elsewhere else 0
        note(session, installation, actor, NOTED[kind], item.id, reason=why, parts=parts, to=to)
        people = people_with(session, "approve") | ({item.author_id} if item.author_id else set())
        outbox.queue(
            session, installation, sorted(people - {actor.person}), "taken_down", item=item, by=actor.name, comment=why
        )
    installation.wake()


def _reason(reason: str) -> str:
    why = passage(reason, "reason")
    if not why:
        raise Invalid(N_("Write why it is taken down."), "reason")
    if len(why) > MOST:
        raise Invalid(N_("At most %(most)s characters."), "reason", most=MOST)
    return why


def _address(moved_to: str) -> str:
    """Where it has moved: an address on the web, which is where readers are sent."""
    address = whole_address(one_line(moved_to))
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no address at all, such as https://[::1
        fine = False
    if not fine or " " in address or len(address) > MOST_ADDRESS:
        raise Invalid(N_("Write the address where it stands now, with https:// before it."), "moved_to")
    return address


def put_back(installation: Installation, actor: Actor, item_id: int) -> None:
    """Put it back on the office's own pages as it was. Only an approver may do this, since it makes content public.

    What has been taken down on networks stays gone: a post there is not the same post when it is sent again.
    """
    actor.require("approve")
    with installation.store.write(actor.workspace) as session:
        item = _original(session, item_id)
        row = standing(session, item.id)
        if row is None:
            raise Conflict(N_("It has not been taken down."))
        row.ended_at, row.ended_by = installation.now(), actor.person
        removals.keep(session, row)
        note(session, installation, actor, "item.put_back", item.id)


def _original(session: Session, item_id: int) -> Item:
    item = items.load(session, item_id, lock=True)
    return items.load(session, item.corrects_id, lock=True) if item.corrects_id else item

"""Corrections of items in the office's own newsroom. A correction is written, approved and published like any other
item, and then replaces the one that it corrects (:mod:`commsched.services.content.versions`)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn
from commsched.core.text.messages import N_, Conflict
from commsched.platforms import own_page_keys
from commsched.services.content import drafts, items, versions
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.upkeep import removals
from commsched.services.workflow import editing
from commsched.services.workflow.takedown import is_on_own_page, standing
from commsched.store.models import Channel, Delivery, Item, Removal, Revision, Takedown

OVER = ("published", "partly_published", "cancelled")
"""States in which a correction is no longer being written."""


class OwnPages(msgspec.Struct, frozen=True):
    """How an item stands on the office's own pages and on networks. Empty where nothing of it was ever there."""

    ours: bool = False
    """It was published on the office's own pages."""
    stands: bool = False
    """The item is published on the office's own pages and has not been taken down."""
    out: bool = False
    """Something of it is out on a network, and it has not been taken down."""
    takedown: Takedown | None = None
    original: Item | None = None
    """What it corrects, where it is a correction."""
    corrections: list[Item] = []
    """The corrections of it, begun or published, newest first."""
    removals: list[Removal] = []
    """What is taken down, or is to be, on networks: of the newest take-down."""
    correctable: bool = False
    """It stands somewhere where it can be corrected from here."""
    stays: list[str] = []
    """The names of the channels where it is out and no correction reaches it: the network changes nothing."""

    @property
    def can_be_taken_down(self) -> bool:
        return self.takedown is None and (self.stands or self.out)

    def removed_from(self, channel: int) -> list[Removal]:
        """The removals on a channel, in order."""
        return [row for row in self.removals if row.channel_id == channel]


def own_pages(installation: Installation, session: Session, item: Item) -> OwnPages:
    """What the item's page shows about corrections, and which actions it offers."""
    original = original_of(session, item)
    networks = removals.on_networks(session, original.id)
    ours, out = is_on_own_page(session, original.id), bool(networks)
    if not ours and not out:
        return OwnPages()
    down = standing(session, original.id)
    later = select(Item).where(Item.corrects_id == item.id, Item.state != "cancelled").order_by(desc(Item.id))
    corrections = list(session.scalars(later))
    return OwnPages(
        ours=ours,
        stands=ours and down is None,
        out=out and down is None,
        takedown=down,
        original=original if original is not item else None,
        corrections=corrections,
        removals=removals.of_item(session, original.id) if down is not None else [],
        correctable=down is None and bool(places(installation, session, original)),
        stays=_unchanged(installation, [channel for _delivery, _part, channel in networks]) if down is None else [],
    )


def _unchanged(installation: Installation, channels: list[Channel]) -> list[str]:
    """The names of those whose networks change nothing that is out, each once; a copy of our own is none."""
    kinds = {channel.name: installation.platform(channel.platform) for channel in channels}
    return [name for name, kind in kinds.items() if not kind.own and not versions.changes_in_place(kind)]


def begin(installation: Installation, actor: Actor, item_id: int) -> int:
    """Begin a correction of a published item, from its newest published wording; returns the new draft's id.

    There is only one at a time: where a correction was begun already, its id is returned. Raises :class:`Conflict`
    where the item is not on any of the office's own pages.
    """
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        draft, name = _begun_from(installation, session, item), original_of(session, item).uid
    ready = editing.ready(installation, actor, draft, name)
    with installation.store.write(actor.workspace) as session:
        original = original_of(session, items.load(session, item_id, lock=True))
        open_ = unfinished(session, original)
        if open_ is not None:
            return open_.id
        _begun_from(installation, session, original)  # it may have been taken down a moment ago
        correction = editing.create_in(installation, session, actor, draft, ready, corrects=original)
        note(session, installation, actor, "item.correction_begun", original.id, correction=correction.id)
        return correction.id


def original_of(session: Session, item: Item) -> Item:
    """The item that ``item`` corrects, or itself."""
    return items.load(session, item.corrects_id) if item.corrects_id else item


def unfinished(session: Session, original: Item) -> Item | None:
    """The correction of ``original`` that is being written or waits to be published."""
    same = select(Item).where(Item.corrects_id == original.id, Item.state.not_in(OVER))
    return session.scalar(same.order_by(desc(Item.id)).limit(1))


def places(installation: Installation, session: Session, original: Item) -> list[int]:
    """The channels where ``original`` is out and can be corrected: our own pages, and networks that change what is
    published. As far as they can still be published to."""
    rows = session.execute(
        select(Channel.id, Channel.platform)
        .join(Delivery, Delivery.channel_id == Channel.id)
        .where(Delivery.item_id == original.id, Delivery.state == "published", Channel.state != "archived")
        .order_by(Channel.id)
    ).all()
    return [
        number
        for number, key in dict.fromkeys((row[0], row[1]) for row in rows)
        if _corrects(installation, session, original, number, key)
    ]


def _corrects(installation: Installation, session: Session, original: Item, channel: int, key: str) -> bool:
    if key in own_page_keys():
        return True
    changes = versions.changes_in_place(installation.platform(key))
    return changes and bool(versions.out_there(session, original.id, channel))


def _begun_from(installation: Installation, session: Session, item: Item) -> DraftIn:
    """The first draft of a correction: what readers see today, on our own pages only."""
    original = original_of(session, item)
    channels = places(installation, session, original)
    if not channels:
        raise Conflict(N_("Nothing of it stands where it can be corrected from here."))
    if standing(session, original.id) is not None:
        raise Conflict(N_("It has been taken down. Put it back before you correct it."))
    newest = _newest(session, original)
    revision = session.get_one(Revision, newest.revision_id)
    draft = drafts.as_draft(installation, session, newest, revision)
    kept = {number: variant for number, variant in draft.variants.items() if int(number) in channels}
    return replace(
        draft, channels=list(channels), variants=kept, publish_at=None, latest_at=None, embargo=None, correction=""
    )


def _newest(session: Session, original: Item) -> Item:
    """The published correction that stands, or the original."""
    out = (
        select(Item)
        .join(Delivery, Delivery.item_id == Item.id)
        .where(Item.corrects_id == original.id, Delivery.state == "published")
    )
    return session.scalar(out.order_by(Delivery.published_at.desc(), Delivery.id.desc()).limit(1)) or original

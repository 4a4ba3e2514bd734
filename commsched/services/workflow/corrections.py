"""Corrections of items in the office's own newsroom. A correction is written, approved and published like any other
item, and then replaces the one that it corrects (:mod:`commsched.services.content.versions`)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, VariantIn
from commsched.core.press.words import event_of, is_called_off
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Conflict
from commsched.core.timing import embargo
from commsched.platforms import own_page_keys
from commsched.services.contacts import addressees
from commsched.services.content import drafts, items, versions
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.upkeep import removals
from commsched.services.workflow import editing, schedule, stops
from commsched.services.workflow.takedown import is_on_own_page, standing
from commsched.store.models import Channel, Delivery, Item, Part, Removal, Revision, Takedown

_CORRECTION = N_("Correction")
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
    """The names of the channels where it is out and the network changes nothing: a correction is a new post there."""
    mailed: bool = False
    """It has gone to people by e-mail, who can be sent a correction."""
    going: bool = False
    """Something of it is still to go out, which a correction stops."""
    invites: bool = False
    """People have been invited by e-mail to an event that is not called off."""
    replaced: Item | None = None
    """The corrected text for those channels where it had not gone out, while that is being written."""

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
    mailed = bool(addressees.reached_channels(session, original.id))
    if not (ours or out or mailed):
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
        mailed=mailed and down is None,
        going=bool(_going(session, original)),
        invites=mailed and _invites(session, original),
        replaced=_replacement(session, original),
        stays=_unchanged(installation, [channel for _delivery, _part, channel in networks]) if down is None else [],
    )


def _invites(session: Session, original: Item) -> bool:
    """Whether what stands invites to an event, and no correction that calls it off is out or being written."""
    content = items.current(session, unfinished(session, original) or _newest(session, original)).parsed()
    return event_of(content) is not None and not is_called_off(content)


def _unchanged(installation: Installation, channels: list[Channel]) -> list[str]:
    """The names of those whose networks change nothing that is out, each once; a copy of our own is none."""
    kinds = {channel.name: installation.platform(channel.platform) for channel in channels}
    return [name for name, kind in kinds.items() if not kind.own and not versions.changes_in_place(kind)]


def begin(installation: Installation, actor: Actor, item_id: int, call_off: bool = False) -> int:
    """Begin a correction of a published item, from its newest published wording; returns the new draft's id.

    It reaches every channel where it is out: on our own pages and on networks that change what is published it takes
    its place; on other networks it is a new post; of each list it reaches those who got it, or may have. What has not
    gone out yet is stopped. Where a list was sent to in part, the others on it get the corrected text alone, by the
    same delivery; for channels where nothing was out a second draft has the corrected text.

    ``call_off``: it says of an invitation that its event does not take place, which takes the entry out of the
    calendars of those who were invited. It can be begun also when the invitation was taken down: then it goes to those
    alone who got it by mail. Like any correction it is approved before anybody is told.

    There is only one at a time: where a correction was begun already, its id is returned. Raises :class:`Conflict`
    where nothing of it stands where it can be corrected.
    """
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        draft, name = _begun_from(installation, session, item, call_off), original_of(session, item).uid
        rest = None if call_off else _rest(installation, session, original_of(session, item))
    ready = editing.ready(installation, actor, draft, name)
    rest_ready = editing.ready(installation, actor, rest) if rest is not None else None
    with installation.store.write(actor.workspace) as session:
        original = original_of(session, items.load(session, item_id, lock=True))
        open_ = unfinished(session, original)
        if open_ is not None:
            return open_.id
        _begun_from(installation, session, original, call_off)  # it may have been taken down a moment ago
        _stop_the_rest(installation, session, actor, original)
        correction = editing.create_in(installation, session, actor, draft, ready, corrects=original)
        if rest is not None and rest_ready is not None:
            later = editing.create_in(installation, session, actor, rest, rest_ready)
            later.follows_id = original.id
        note(session, installation, actor, "item.correction_begun", original.id, correction=correction.id)
        return correction.id


def _going(session: Session, original: Item) -> list[Delivery]:
    """What of it may still go out."""
    live = select(Delivery).where(Delivery.item_id == original.id, Delivery.state.in_(stops.LIVE), Delivery.stop == "")
    return [row for row in session.scalars(live.order_by(Delivery.id)) if row.state != "published"]


def _stop_the_rest(installation: Installation, session: Session, actor: Actor, original: Item) -> None:
    """What is wrong goes to nobody more."""
    rows = _going(session, original)
    if not rows:
        return
    left = stops.stop(session, rows, "dropped")
    for row in rows:
        if row.reason == "dropped":
            row.reason = "correcting"
    session.flush()
    schedule.refresh(session, original)
    note(session, installation, actor, "item.correction_stopped", original.id, **stops.facts(left))


def _rest(installation: Installation, session: Session, original: Item) -> DraftIn | None:
    """The text for those channels where nothing of it was out, at the time that it had, if that lies ahead."""
    begun = select(Part.delivery_id).where(Part.state.in_(addressees.OUT))
    waits = {row.channel_id for row in _going(session, original)}
    waits -= set(
        session.scalars(
            select(Delivery.channel_id).where(Delivery.id.in_(begun)).where(Delivery.item_id == original.id)
        )
    )
    if not waits:
        return None
    draft = drafts.as_draft(installation, session, original, items.current(session, original))
    ahead = original.publish_at is not None and original.publish_at > installation.now()
    times = {} if ahead else {"publish_at": None, "latest_at": None, "when_approved": False}
    return replace(_to(draft, sorted(waits)), **times)


def _replacement(session: Session, original: Item) -> Item | None:
    """That text, as long as it is being written."""
    later = select(Item).where(Item.follows_id == original.id, Item.state.in_(("draft", "changes_requested")))
    return session.scalar(later.order_by(desc(Item.id)).limit(1))


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


def _begun_from(installation: Installation, session: Session, item: Item, call_off: bool = False) -> DraftIn:
    """The first draft of a correction: what readers see today, on our own pages only."""
    original = original_of(session, item)
    down = standing(session, original.id) is not None
    channels = [] if down else places(installation, session, original)
    channels += sorted(addressees.reached_channels(session, original.id) & _open_channels(session))
    if down and not call_off:
        raise Conflict(N_("It has been taken down. Put it back before you correct it."))
    if not channels:
        raise Conflict(N_("Nothing of it stands where it can be corrected from here."))
    newest = _newest(session, original)
    revision = session.get_one(Revision, newest.revision_id)
    draft = drafts.as_draft(installation, session, newest, revision)
    anew = [] if down else _anew(installation, session, original, channels)
    variants = draft.variants | {str(number): _said_anew(draft, number) for number in anew}
    over = embargo.is_over(revision.parsed().embargo, installation.now())
    draft = replace(draft, publish_at=None, latest_at=None, when_approved=False, correction="", variants=variants)
    draft = replace(draft, embargo=None) if over else draft
    return _to(_called_off(draft) if call_off else draft, channels + anew)


def _called_off(draft: DraftIn) -> DraftIn:
    """``draft``, which says that its event does not take place."""
    if draft.event is None or not draft.event.starts:
        raise Conflict(N_("It invites to nothing that could be called off."))
    words = gettext(known(draft.language), N_("The event is called off."))
    return replace(draft, event=replace(draft.event, called_off=True), correction=words)


def _to(draft: DraftIn, channels: list[int]) -> DraftIn:
    kept = {number: variant for number, variant in draft.variants.items() if int(number) in channels}
    return replace(draft, channels=list(channels), variants=kept)


def _open_channels(session: Session) -> set[int]:
    return set(session.scalars(select(Channel.id).where(Channel.state != "archived")))


def _anew(installation: Installation, session: Session, original: Item, besides: list[int]) -> list[int]:
    """The networks where it is out that change nothing: there a correction is a post of its own."""
    out = dict.fromkeys(channel for _delivery, _part, channel in removals.on_networks(session, original.id))
    platforms = {channel.id: installation.platform(channel.platform) for channel in out if channel.state != "archived"}
    return [number for number, kind in platforms.items() if number not in besides and not kind.own]


def _said_anew(draft: DraftIn, channel: int) -> VariantIn:
    """The post with which a network is told: it says first that it corrects one."""
    known_as = draft.variants.get(str(channel), VariantIn())
    text = known_as.text or draft.text
    word = gettext(known(draft.language), _CORRECTION)
    return replace(known_as, text=f"{word}: {text}")


def _newest(session: Session, original: Item) -> Item:
    """The published correction that stands, or the original."""
    out = (
        select(Item)
        .join(Delivery, Delivery.item_id == Item.id)
        .where(Item.corrects_id == original.id, Delivery.state == "published")
    )
    return session.scalar(out.order_by(Delivery.published_at.desc(), Delivery.id.desc()).limit(1)) or original

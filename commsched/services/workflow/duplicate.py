"""A new draft that begins as a copy of an item: its words, pictures, channels and sources, at another time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import ChannelIn, DraftIn
from commsched.core.timing.again import days_later, moment, moved
from commsched.core.timing.wall_time import read_time
from commsched.services.content import drafts, items
from commsched.services.kernel import confidants
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.workflow import editing
from commsched.store.models import Channel, Item, Revision


def duplicate(
    installation: Installation, actor: Actor, item_id: int, *, days: int | None = None, when: str | None = None
) -> int:
    """Make a draft of ``item_id``'s newest version; returns the new item's id.

    ``days``: it goes out that many days after the original, at the same time of day, and some weeks later still where
    that has passed. ``when``: at that wall time instead. Without both, or where the original has no time, it has none.
    Channels with times of their own, the latest time and the embargo keep their distances. Channels that are gone are
    left out. A copy of a correction is no correction. The copy's words are those of the person who made it, as any
    draft's are: they answer for them.
    """
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item, revision = items.load_whole(session, item_id)[:2]
        zone = workspace_of(session, actor).zone
        draft = _copied(installation, session, item, revision)
    when = read_time(when, zone).wall if when else None
    by = _distance(item, zone, days, when, installation.now())
    prepared_draft = _later(draft, item, zone, by, when)
    ready = editing.ready(installation, actor, prepared_draft)
    with installation.store.write(actor.workspace) as session:
        copy = editing.create_in(installation, session, actor, prepared_draft, ready)
        note(session, installation, actor, "item.duplicated", copy.id, of=item.id, title=item.title[:120])
        return copy.id


def _copied(installation: Installation, session: Session, item: Item, revision: Revision) -> DraftIn:
    draft = drafts.as_draft(installation, session, item, revision)
    here = set(session.scalars(select(Channel.id).where(Channel.state != "archived")))
    kept = [each for each in draft.channels if (each.id if isinstance(each, ChannelIn) else each) in here]
    variants = {number: variant for number, variant in draft.variants.items() if int(number) in here}
    sees = sorted(confidants.named(session, item)) if confidants.is_closed(item) else None
    return replace(draft, channels=kept, variants=variants, correction="", confidants=sees)


def _distance(item: Item, zone: str, days: int | None, when: str | None, now: datetime) -> timedelta | None:
    if not item.wall_time:
        return None
    if when:
        return datetime.fromisoformat(when) - datetime.fromisoformat(item.wall_time)
    return timedelta(days=days_later(item.wall_time, zone, days, now)) if days else None


def _later(draft: DraftIn, item: Item, zone: str, by: timedelta | None, when: str | None) -> DraftIn:
    """``draft`` with its times ``by`` later, by the clock on the wall."""
    if by is None:
        channels = [each.id if isinstance(each, ChannelIn) else each for each in draft.channels]
        return replace(
            draft, channels=list(channels), publish_at=when, when_approved=False, latest_at=None, embargo=None
        )

    def later(stored: str | None) -> str | None:
        if stored is None:
            return None
        local = datetime.fromisoformat(stored).astimezone(ZoneInfo(zone))
        return moment(moved(f"{local:%Y-%m-%dT%H:%M}", by), zone).isoformat()

    return replace(
        draft,
        publish_at=moment(moved(item.wall_time, by), zone).isoformat(),
        when_approved=False,
        latest_at=later(draft.latest_at),
        embargo=later(draft.embargo),
        channels=[
            replace(each, publish_at=later(each.publish_at), latest_at=later(each.latest_at))
            if isinstance(each, ChannelIn)
            else each
            for each in draft.channels
        ],
    )

"""Give an item, or some of its channels, another time: the rows alone, whatever follows from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.plan import Slot, moved_along, moved_to
from commsched.core.timing.wall_time import Fold, Gap, Moment
from commsched.services.content import embargo_times, items, times
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Item


def _set(item: Item, moment: Moment, latest_minutes: int) -> None:
    span = item.latest_at - item.publish_at if item.latest_at and item.publish_at else timedelta(minutes=latest_minutes)
    item.publish_at, item.wall_time, item.zone = moment.at, moment.wall, moment.zone
    item.latest_at, item.when_approved = moment.at + span, False


def move_all(installation: Installation, session: Session, item: Item, moment: Moment, latest_minutes: int) -> None:
    """Move what is not out of the item to ``moment``, and along with it the channels that have a time of their own.
    Where only such channels are left, the first of them is moved there, and the item's time stays what it was. What
    waits for the embargo goes on doing so."""
    whole, content = times.plan(session, item), items.current(session, item).parsed()
    plan = times.left(session, item, installation.now(), whole.channels)
    waits = embargo_times.anchored(installation, session, item, content, whole.own) & set(plan.channels)
    own = {channel: slot for channel, slot in whole.own.items() if channel not in waits}
    rest = bool(plan.channels) and not plan.followers and len(plan.channels) < len(whole.channels)
    before = plan.times[0] if rest else times.item_slot(item)
    for channel in own.keys() & set(plan.channels):
        assert before is not None, "an item with a channel's time has one"
        own[channel] = _along(session, channel, own[channel], before, moment)
    if not rest:
        _set(item, moment, latest_minutes)
    times.keep(session, item, embargo_times.at_embargo(installation, session, item, content, own))


def _along(session: Session, channel: int, slot: Slot, before: Slot, moment: Moment) -> Slot:
    try:
        return moved_along(slot, before, moment)
    except (Gap, Fold) as error:
        name = session.scalar(select(Channel.name).where(Channel.id == channel))
        sentence = N_("The clocks change when %(channel)s would then go out. Give it another time by itself first.")
        raise Invalid(sentence, "publish_at", channel=name) from error


def move_alone(session: Session, item: Item, moment: Moment, channels: Collection[int]) -> None:
    """Give ``channels`` this time of their own. At the item's time they follow it again."""
    plan, item_slot = times.plan(session, item), times.item_slot(item)
    own = dict(plan.own)
    for channel in channels:
        slot = plan.of(channel)
        assert slot is not None
        own[channel] = moved_to(slot, moment)
        if own[channel] == item_slot:
            del own[channel]
    times.keep(session, item, own)

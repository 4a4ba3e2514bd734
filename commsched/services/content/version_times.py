"""The times that a version had: kept when the next version takes its place, and brought back with it.

Times are no part of a version's hash, and may be moved while the version stands. Those that it had last are the ones
that whoever brings it back means. What has passed meanwhile cannot be meant any more, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.json_values import JsonObject
from commsched.core.timing import embargo
from commsched.core.timing.plan import Slot
from commsched.services.content import embargo_times, times
from commsched.services.kernel.context import Installation
from commsched.store.models import Item, Revision


class VersionTimes(msgspec.Struct, frozen=True):
    """The times of a version: the item's, and those of the channels that had one of their own."""

    item: Slot | None = None
    own: Mapping[int, Slot] = {}
    when_approved: bool = False
    latest: datetime | None = None
    """The latest time of what goes out as soon as it is approved, where a person chose one."""

    @property
    def any(self) -> bool:
        return self.item is not None or bool(self.own) or self.when_approved


class BroughtBack(msgspec.Struct, frozen=True):
    """What became of a version's times."""

    times: VersionTimes | None = None
    """Those that it had; ``None`` where nobody kept them."""
    passed: Mapping[int, Slot] = {}
    """Those that have passed and could not be set, by channel; the item's own under 0."""
    embargo_over: bool = False
    """The version names an embargo that has ended since."""


def record(installation: Installation, session: Session, item: Item, revision: Revision) -> JsonObject:
    """The times of ``item``, of which ``revision`` is still the newest, as they are stored with that. A channel that
    waits for the embargo has no time of its own: it follows the embargo, which the version holds."""
    plan = times.plan(session, item)
    waits = embargo_times.anchored(installation, session, item, revision.parsed(), plan.own) if plan.own else set()
    own = {channel: slot for channel, slot in plan.own.items() if channel not in waits}
    usual = None if item.when_approved else plan.item
    latest = item.latest_at if item.when_approved and item.publish_at is None else None
    kept: JsonObject = msgspec.to_builtins(VersionTimes(usual, own, item.when_approved, latest), str_keys=True)
    return kept


def bring_back(
    installation: Installation, session: Session, item: Item, revision: Revision, before: Content, after: Content
) -> BroughtBack:
    """Set on ``item``, whose content was ``before`` and is ``after``, the times that ``revision`` had, as far as they
    lie ahead. Where the version had no time the item keeps the one that it has."""
    now, end = installation.now(), embargo.end_of(after.embargo)
    over = end is not None and end <= now
    if not revision.times:
        embargo_times.follow(installation, session, item, before, after)
        return BroughtBack(embargo_over=over)
    kept = msgspec.convert(revision.times, VersionTimes, strict=False)
    here = {part.channel for part in after.channels}
    own = {channel: slot for channel, slot in kept.own.items() if channel in here}
    ahead = {channel: slot for channel, slot in own.items() if slot.at > now}
    _set_item_time(item, kept, ahead, now)
    usual = {} if item.when_approved else ahead
    times.keep(session, item, embargo_times.at_embargo(installation, session, item, after, usual))
    passed = {channel: slot for channel, slot in own.items() if slot.at <= now}
    if kept.item is not None and kept.item.at <= now:
        passed[0] = kept.item
    return BroughtBack(kept, passed, over)


def _set_item_time(item: Item, kept: VersionTimes, ahead: Mapping[int, Slot], now: datetime) -> None:
    """Give the item the time that ``kept`` has for the whole. Where that has passed, or there was none, it keeps its
    own; without one it takes the first that a channel has ``ahead``, since a channel's time never stands alone."""
    if kept.when_approved:
        item.when_approved, item.publish_at, item.wall_time = True, None, ""
        item.latest_at = kept.latest if kept.latest and kept.latest > now else None
        return
    slot = kept.item if kept.item is not None and kept.item.at > now else None
    if slot is None and item.publish_at is None and ahead:
        slot = min(ahead.values(), key=lambda each: each.at)
    if slot is not None:
        item.when_approved = False
        item.publish_at, item.latest_at, item.wall_time, item.zone = slot.at, slot.latest, slot.wall, slot.zone

"""What an embargo does to the times of an item's channels.

What is public waits for the embargo; a channel that may carry it does not. Where somebody gets the item before, a
public channel that has no time of its own is *at the embargo*: it goes out when that ends, and follows when that is
changed. A time of its own that a person chose is refused where it lies before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.messages import N_, Invalid, Message, Problem, block
from commsched.core.timing import dates, embargo
from commsched.core.timing.plan import Plan, Slot
from commsched.core.timing.wall_time import Moment
from commsched.services.content import times
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Item

TOO_EARLY: Final = N_("It would go out before its embargo.")
WAITS: Final = N_("Goes out when the embargo ends, not before.")
BEFORE: Final = N_("Goes out before the embargo ends, with the embargo stated first.")


def carriers(installation: Installation, channels: Iterable[Channel]) -> set[int]:
    """Those of ``channels``, by id, that may get something before its embargo ends."""
    return {row.id for row in channels if installation.platform(row.platform).carries_embargo(row.settings)}


def carriers_of(installation: Installation, session: Session, content: Content) -> set[int]:
    """The channels of ``content`` that may get it before its embargo ends."""
    going = select(Channel).where(Channel.id.in_([part.channel for part in content.channels]))
    return carriers(installation, session.scalars(going))


def at_embargo(
    installation: Installation, session: Session, item: Item, content: Content, own: Mapping[int, Slot]
) -> dict[int, Slot]:
    """``own``, the channels' own times, with the public channels that go out when the embargo of ``content`` ends."""
    end, usual = embargo.end_of(content.embargo), times.item_slot(item)
    if end is None or usual is None or usual.at >= end:
        return dict(own)
    early = carriers_of(installation, session, content)
    slot = slot_at(end, usual.latest - usual.at, item.zone)
    public = {part.channel for part in content.channels} - early if early else set()
    return dict.fromkeys(public, slot) | dict(own)


def soonest(installation: Installation, session: Session, item: Item, content: Content, usual: timedelta) -> Plan:
    """When ``item``, which goes out as soon as it is approved, would go out were it approved now: now, and what is
    public not before its embargo. ``usual``: how late it may be, where its writer named no latest time."""
    now, zone = installation.now(), item.zone or "UTC"
    end = embargo.end_of(content.embargo)
    channels = tuple(part.channel for part in content.channels)
    if end is None or end <= now:
        return Plan(_soon(now, item.latest_at, usual, zone), {}, channels)
    early = carriers_of(installation, session, content)
    if not early:
        return Plan(_soon(end, item.latest_at, usual, zone), {}, channels)
    own = dict.fromkeys(set(channels) - early, slot_at(end, usual, zone))
    return Plan(_soon(now, item.latest_at, usual, zone), own, channels)


def _soon(at: datetime, latest: datetime | None, usual: timedelta, zone: str) -> Slot:
    slot = slot_at(at, usual, zone)
    return slot if latest is None else Slot(slot.at, latest, slot.wall, slot.zone)


def slot_at(end: datetime, span: timedelta, zone: str) -> Slot:
    """The time of what goes out when an embargo ends, which may be late by ``span``."""
    return Slot(end, end + span, f"{dates.local(end, zone):%Y-%m-%dT%H:%M}", zone)


def held_back(
    installation: Installation,
    content: Content,
    publish: Moment | None,
    own: Collection[int],
    channels: Mapping[int, Channel],
) -> dict[int, Moment]:
    """The public channels of ``content`` that wait for its embargo though the item goes out at ``publish``, and that
    time: those without a time of their ``own``, where somebody gets it before."""
    end = embargo.end_of(content.embargo)
    if end is None or publish is None or publish.at >= end:
        return {}
    going = [channels[part.channel] for part in content.channels if part.channel in channels]
    early = carriers(installation, going)
    waits = {row.id for row in going} - early - set(own) if early else set()
    return dict.fromkeys(waits, Moment(end, f"{dates.local(end, publish.zone):%Y-%m-%dT%H:%M}", publish.zone))


def anchored(
    installation: Installation, session: Session, item: Item, content: Content, own: Mapping[int, Slot]
) -> set[int]:
    """Those channels of ``own`` that are at the embargo: their time is that and nobody's choice."""
    end = embargo.end_of(content.embargo)
    moments = {channel for channel, slot in own.items() if slot.at == end}
    early = carriers_of(installation, session, content) if moments else set()
    return moments - early if early else set()


def follow(installation: Installation, session: Session, item: Item, before: Content, after: Content) -> None:
    """Fit the times of the channels to ``after``, which took the place of ``before``: those that are at the embargo
    follow it, and those of channels that are gone are forgotten."""
    own = times.plan(session, item).own
    waits = anchored(installation, session, item, before, own)
    kept = {channel: slot for channel, slot in own.items() if channel not in waits}
    times.keep(session, item, at_embargo(installation, session, item, after, kept))


def refuse_before_embargo(installation: Installation, session: Session, content: Content, plan: Plan) -> None:
    """Raise :class:`Invalid` where a public channel's time lies before the embargo."""
    end = embargo.end_of(content.embargo)
    before = {channel for channel, slot in plan.slots.items() if end is not None and slot.at < end}
    if before - (carriers_of(installation, session, content) if before else set()):
        raise Invalid(TOO_EARLY, "publish_at")


def is_before(installation: Installation, session: Session, content: Content, plan: Plan) -> bool:
    """Whether somebody gets ``content`` before its embargo ends."""
    end = embargo.end_of(content.embargo)
    before = {channel for channel, slot in plan.slots.items() if end is not None and slot.at < end}
    return bool(before and before & carriers_of(installation, session, content))


def embargo_problems(
    installation: Installation,
    content: Content,
    at: datetime | None,
    own: Mapping[int, datetime],
    channels: Mapping[int, Channel],
) -> list[Problem]:
    """A time before the embargo is right only where somebody gets it then: ``at``, the item's, where any of its
    ``channels`` may carry it; a channel's ``own`` where that one may."""
    end = embargo.end_of(content.embargo)
    if end is None:
        return []
    going = [channels[part.channel] for part in content.channels if part.channel in channels]
    early = carriers(installation, going)
    follows = at is not None and at < end and any(row.id not in own for row in going) and not early
    alone = any(row.id not in early and row.id in own and own[row.id] < end for row in going)
    return [block("publish_at", TOO_EARLY)] if follows or alone or (not going and at is not None and at < end) else []


def embargo_notes(installation: Installation, content: Content, at: datetime | None, channel: Channel) -> list[Message]:
    """What the embargo does to a channel whose time would be ``at``."""
    end = embargo.end_of(content.embargo)
    if end is None or at is None or at > end:
        return []
    if carriers(installation, [channel]):
        return [Message(BEFORE)] if at < end else []
    return [Message(WAITS)]

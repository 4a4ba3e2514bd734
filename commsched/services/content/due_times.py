"""When each channel of an item is due. What is public waits for the embargo; a channel that may carry it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.messages import N_, Message, Problem, block
from commsched.core.timing import embargo
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Item

TOO_EARLY: Final = N_("It would go out before its embargo.")
WAITS: Final = N_("Goes out when the embargo ends, not before.")
BEFORE: Final = N_("Goes out before the embargo ends, with the embargo stated first.")


class DueTime(msgspec.Struct, frozen=True):
    """When one channel's delivery is due, and the last moment at which it may still go out."""

    at: datetime
    latest: datetime


def carriers(installation: Installation, channels: Iterable[Channel]) -> set[int]:
    """Those of ``channels``, by id, that may get something before its embargo ends."""
    return {row.id for row in channels if installation.platform(row.platform).carries_embargo(row.settings)}


def channels_of(session: Session, content: Content) -> list[Channel]:
    """The channels that ``content`` goes to."""
    return list(session.scalars(select(Channel).where(Channel.id.in_([one.channel for one in content.channels]))))


def due_times(installation: Installation, session: Session, item: Item, content: Content) -> dict[int, DueTime]:
    """By channel, where ``item``, which has a time, says ``content``. A public channel whose time lies before the
    embargo is due when that ends, and may be as late as the others."""
    assert item.publish_at is not None
    at, latest = item.publish_at, item.latest_at or item.publish_at
    end = embargo.end_of(content.embargo)
    usual = DueTime(at, latest)
    if end is None or end <= at:
        return {one.channel: usual for one in content.channels}
    early, public = carriers(installation, channels_of(session, content)), DueTime(end, end + (latest - at))
    return {one.channel: usual if one.channel in early else public for one in content.channels}


def last_due(installation: Installation, session: Session, item: Item, content: Content) -> datetime | None:
    """When the last of its channels is due; ``None`` where the item has no time."""
    if item.publish_at is None:
        return None
    return max((due.at for due in due_times(installation, session, item, content).values()), default=item.publish_at)


def embargo_problems(
    installation: Installation, content: Content, publish_at: datetime | None, channels: Mapping[int, Channel]
) -> list[Problem]:
    """A time before the embargo is right only where somebody gets it then. ``channels`` are those it may go to."""
    end = embargo.end_of(content.embargo)
    if end is None or publish_at is None or publish_at >= end:
        return []
    going = [channels[one.channel] for one in content.channels if one.channel in channels]
    return [] if carriers(installation, going) else [block("publish_at", TOO_EARLY)]


def embargo_notes(
    installation: Installation, content: Content, publish_at: datetime | None, channel: Channel
) -> list[Message]:
    """What the embargo does to one channel where it lies after the item's time."""
    end = embargo.end_of(content.embargo)
    if end is None or publish_at is None or publish_at >= end:
        return []
    return [Message(BEFORE if carriers(installation, [channel]) else WAITS)]

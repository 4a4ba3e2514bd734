"""Planned wall times that mean another moment than they did, and the mail that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from commsched.core.timing.dates import local
from commsched.core.timing.plan import Slot
from commsched.services.kernel.context import Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store import locks
from commsched.store.models import Channel, ChannelTime, Item, Workspace
from commsched.store.sight import everything

OPEN: Final = ("draft", "in_review", "changes_requested", "approved", "scheduled", "held")
OPEN_ALONE: Final = (*OPEN, "publishing", "partly_published")
"""States in which a channel with a time of its own may wait for it."""


KEPT: Final = "shifted"
"""The workspace's setting that lists the items that people were notified of, so that each is reported once."""


_looked: dict[tuple[str, int], str] = {}
"""By home and office: the day on which this process last looked."""


class Shifted(msgspec.Struct, frozen=True):
    """An item, or one of its channels that has a time of its own; the wall time that was ``meant`` and the one that is
    ``shown`` for its moment now."""

    item: int
    title: str
    state: str
    meant: str
    shown: str
    at: datetime
    channel: int = 0
    """The channel whose own time it is; 0 for the item's."""
    name: str = ""
    """Of that channel."""

    @property
    def key(self) -> str:
        return f"{self.item}-{self.channel}" if self.channel else f"{self.item}"


def wall(moment: datetime, zone: str) -> str:
    """The wall clock of ``zone`` at ``moment``, as items keep it."""
    return f"{local(moment, zone):%Y-%m-%dT%H:%M}"


def _shown_instead(at: datetime, zone: str, meant: str) -> str:
    """What the clock shows at ``at``, where that is not what was ``meant``; else nothing."""
    shows = wall(at, zone)
    return "" if shows == meant else shows


def to_come(now: datetime) -> ColumnElement[bool]:
    """SQL: the item, or a channel of it with a time of its own, is planned for a wall time after ``now``, and may be
    moved."""
    own = Item.id.in_(select(ChannelTime.item_id).where(ChannelTime.publish_at > now))
    return or_(_item_to_come(now), and_(Item.own_times > 0, Item.state.in_(OPEN_ALONE), own))


def _item_to_come(now: datetime) -> ColumnElement[bool]:
    return and_(Item.publish_at > now, Item.wall_time != "", Item.state.in_(OPEN))


def count_shifted(item: Item, own: Iterable[Slot], zone: str, now: datetime) -> int:
    """How many times of an item that is :func:`to_come` show another wall time in ``zone`` than was meant; ``own`` are
    its channels'. An item's time is settled with its channels', and counts once."""
    still = item.publish_at is not None and item.publish_at > now and item.state in OPEN
    if still and item.publish_at is not None and _shown_instead(item.publish_at, zone, item.wall_time):
        return 1
    return sum(slot.at > now and bool(_shown_instead(slot.at, zone, slot.wall)) for slot in own)


def shifted(session: Session, zone: str, now: datetime) -> list[Shifted]:
    """Everything that is still to come and shows another wall time in ``zone`` than was meant, the soonest first. Of an
    item that does, its channels are not named too: they are settled with it."""
    columns = (Item.id, Item.title, Item.state, Item.wall_time, Item.publish_at)
    statement = select(*columns).where(_item_to_come(now))
    shifts = []
    for number, title, state, meant, at in session.execute(statement.order_by(Item.publish_at, Item.id)):
        assert at is not None, "what has no time is not asked for"
        if shown := _shown_instead(at, zone, meant):
            shifts.append(Shifted(number, title, state, meant, shown, at))
    named = {shift.item for shift in shifts}
    shifts += [shift for shift in _own(session, zone, now) if shift.item not in named]
    return sorted(shifts, key=lambda shift: (shift.at, shift.item))


def _own(session: Session, zone: str, now: datetime) -> Iterator[Shifted]:
    """The same of channels that have a time of their own and wait for it."""
    time = ChannelTime
    statement = (
        select(Item.id, Item.title, Item.state, time.wall_time, time.publish_at, Channel.id, Channel.name)
        .join(Item, Item.id == time.item_id)
        .join(Channel, Channel.id == time.channel_id)
        .where(time.publish_at > now, Item.state.in_(OPEN_ALONE))
    )
    for number, title, state, meant, at, channel, name in session.execute(statement):
        if shown := _shown_instead(at, zone, meant):
            yield Shifted(number, title, state, meant, shown, at, channel, name)


def check_daily(installation: Installation, session: Session, workspace: Workspace) -> None:
    """The chore, run at start and once a day. Everyone who may plan gets one mail when new items have shifted."""
    day = wall(installation.now(), workspace.zone)[:10]
    key = (str(installation.home), workspace.id)
    if _looked.get(key) == day:
        return
    report_shifted(installation, session, workspace)
    _looked[key] = day


def report_shifted(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Record the items that have shifted, and mail the people who may plan if any of them is new."""
    workspace = locks.row(session, Workspace, workspace.id)
    with everything(session):
        items = list(dict.fromkeys(shift.item for shift in shifted(session, workspace.zone, installation.now())))
    known = workspace.settings.get(KEPT, [])
    if items != known:
        workspace.settings = workspace.settings | {KEPT: items}
    if set(items) - set(known):
        outbox.queue(session, installation, sorted(people_with(session, "schedule")), "times_shifted", count=len(items))


def any_seen(workspace: Workspace) -> bool:
    """Whether there was anything that a person should choose about at the last look."""
    return bool(workspace.settings.get(KEPT))


def waiting(session: Session, workspace: Workspace, now: datetime) -> list[Shifted]:
    """What a person should choose about now. Costs nothing where nothing was seen at the last look."""
    return shifted(session, workspace.zone, now) if any_seen(workspace) else []

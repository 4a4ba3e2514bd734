"""Planned wall times that mean another moment than they did, and the mail that says so."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from commsched.core.timing.dates import local
from commsched.services.kernel.context import Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store import locks
from commsched.store.models import Item, Workspace

OPEN: Final = ("draft", "in_review", "changes_requested", "approved", "scheduled", "held")


KEPT: Final = "shifted"
"""The workspace's setting that lists the items that people were notified of, so that each is reported once."""


_looked: dict[tuple[str, int], str] = {}
"""By home and office: the day on which this process last looked."""


class Shifted(msgspec.Struct, frozen=True):
    """An item, the wall time that was ``meant`` and the one that is ``shown`` for its moment now."""

    item: int
    title: str
    state: str
    meant: str
    shown: str
    at: datetime


def wall(moment: datetime, zone: str) -> str:
    """The wall clock of ``zone`` at ``moment``, as items keep it."""
    return f"{local(moment, zone):%Y-%m-%dT%H:%M}"


def to_come(now: datetime) -> ColumnElement[bool]:
    """SQL: the item is planned for a wall time after ``now``, and may be moved."""
    return and_(Item.publish_at > now, Item.wall_time != "", Item.state.in_(OPEN))


def has_shifted(item: Item, zone: str) -> bool:
    """Whether an item that is :func:`to_come` shows another wall time in ``zone`` than was meant."""
    return item.publish_at is not None and wall(item.publish_at, zone) != item.wall_time


def shifted(session: Session, zone: str, now: datetime) -> list[Shifted]:
    """Everything that is still to come and shows another wall time in ``zone`` than was meant, the soonest first."""
    columns = (Item.id, Item.title, Item.state, Item.wall_time, Item.publish_at)
    statement = select(*columns).where(to_come(now))
    shifts = []
    for number, title, state, meant, at in session.execute(statement.order_by(Item.publish_at, Item.id)):
        assert at is not None, "what has no time is not asked for"
        if (shown := wall(at, zone)) != meant:
            shifts.append(Shifted(number, title, state, meant, shown, at))
    return shifts


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
    items = [shift.item for shift in shifted(session, workspace.zone, installation.now())]
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

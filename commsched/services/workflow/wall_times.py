"""What is planned for a wall time that now means another moment: a zone's rules were changed, or the office's zone was.

The store keeps both what a person said (``wall_time``) and the moment it meant then (``publish_at``), which is when
it goes out. Where the two have come apart nobody guesses: people are told, at start and daily, and choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.messages import OfficeError, Words
from commsched.core.timing.dates import local
from commsched.services.approval.approvers import people_with
from commsched.services.content import items
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Office
from commsched.services.notices import outbox
from commsched.services.workflow import schedule
from commsched.store.models import Item, Workspace

Choice = Literal["wall", "moment"]
OPEN: Final = ("draft", "in_review", "changes_requested", "approved", "scheduled", "held")
MOST: Final = 500
KEPT: Final = "shifted"
"""The workspace's setting that holds the items that were told of, so that each is told of once."""
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


def shifted(session: Session, zone: str, now: datetime) -> list[Shifted]:
    """Everything that is still to come and shows another wall time in ``zone`` than was meant, the soonest first."""
    columns = (Item.id, Item.title, Item.state, Item.wall_time, Item.publish_at)
    found = select(*columns).where(Item.publish_at > now, Item.wall_time != "", Item.state.in_(OPEN))
    made = []
    for number, title, state, meant, at in session.execute(found.order_by(Item.publish_at, Item.id)):
        assert at is not None, "what has no time is not asked for"
        if (shown := wall(at, zone)) != meant:
            made.append(Shifted(number, title, state, meant, shown, at))
    return made


def look(office: Office, session: Session, workspace: Workspace) -> None:
    """The chore: at start and once a day. Whoever may plan gets one mail when something new has come apart."""
    day = wall(office.now(), workspace.zone)[:10]
    key = (str(office.home), workspace.id)
    if _looked.get(key) == day:
        return
    tell(office, session, workspace)
    _looked[key] = day


def tell(office: Office, session: Session, workspace: Workspace) -> None:
    """Write down what has come apart, and mail those who may plan if any of it is new."""
    found = [one.item for one in shifted(session, workspace.zone, office.now())]
    known = workspace.settings.get(KEPT, [])
    if found != known:
        workspace.settings = workspace.settings | {KEPT: found}
    if set(found) - set(known):
        outbox.queue(session, office, sorted(people_with(session, "schedule")), "times_shifted", count=len(found))


def waiting(session: Session, workspace: Workspace, now: datetime) -> list[Shifted]:
    """What a person should choose about now. Costs nothing where nothing was seen at the last look."""
    return shifted(session, workspace.zone, now) if workspace.settings.get(KEPT) else []


def listing(office: Office, actor: Actor) -> list[Shifted]:
    """As :func:`waiting`, for the page."""
    actor.require("read")
    with office.store.read(actor.workspace) as session:
        return shifted(session, items.workspace_of(session, actor).zone, office.now())[:MOST]


def choose(office: Office, actor: Actor, wanted: Iterable[Shifted], choice: Choice) -> tuple[int, list[Words]]:
    """For each: keep the wall time, and move the moment; or keep the moment. Returns how many it was done for, and
    why it was not for the others: a time outside what was approved is moved on its own page."""
    done, why = 0, []
    for one in wanted:
        try:
            if choice == "wall":
                schedule.move(office, actor, one.item, one.meant)
            else:
                _keep_moment(office, actor, one.item)
            done += 1
        except OfficeError as error:
            why.append(error.words)
    with office.store.write(actor.workspace) as session:
        tell(office, session, items.workspace_of(session, actor))
    return done, why


def _keep_moment(office: Office, actor: Actor, item_id: int) -> None:
    actor.require("schedule")
    with office.store.write(actor.workspace) as session:
        item, zone = items.load(session, item_id), items.workspace_of(session, actor).zone
        if item.publish_at is None:
            return
        item.wall_time, item.zone = wall(item.publish_at, zone), zone
        note(session, office, actor, "item.moved", item.id, at=item.publish_at.isoformat(), wall=item.wall_time)

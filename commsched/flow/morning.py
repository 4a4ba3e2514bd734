"""The morning mail: what did not go out, what waits, what goes out today. And a word before an access runs out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core import dates
from commsched.core.language import gettext
from commsched.core.lifecycle import REASONS
from commsched.core.words import N_
from commsched.flow import notify
from commsched.flow.context import Office
from commsched.store.models import Channel, Delivery, Item, Membership, Notice, Workspace
from commsched.store.session import EVERY_WORKSPACE

FROM: Final = time(6, 30)
UNTIL: Final = time(10, 0)
"""Wall time in the office. An installation that was down all morning sends none: by then people have looked."""
WARN_DAYS: Final = (14, 7, 3, 1)
"""Days before an access runs out on which somebody is told."""
MOST: Final = 30
"""Lines in one list; the page has the rest."""
_STOPPED: Final = ("held", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class DayList:
    """One list of the morning mail; ``lines`` are (when, what, more)."""

    heading: str
    lines: list[tuple[str, str, str]]


def queue_due(office: Office) -> int:
    """Queue today's morning mails and warnings where they have not been queued. Safe to call as often as one likes."""
    now, queued = office.now(), 0
    with office.store.read(EVERY_WORKSPACE) as session:
        offices = list(session.scalars(select(Workspace)))
    for workspace in offices:
        wall = dates.local(now, workspace.zone)
        if FROM <= wall.time() < UNTIL:
            with office.store.write(workspace.id) as session:
                queued += _queue_morning(office, session, workspace, now)
                queued += _queue_expiring(office, session, workspace, now)
    return queued


def _queue_morning(office: Office, session: Session, workspace: Workspace, now: datetime) -> int:
    day = dates.local(now, workspace.zone).date().isoformat()
    since = now - timedelta(days=2)
    before = session.scalars(select(Notice.facts).where(Notice.kind == "morning", Notice.created_at >= since))
    if any(facts.get("day") == day for facts in before):
        return 0
    if not any(day_list.lines for day_list in day_lists(office, session, workspace, "en", now)):
        return 0  # a mail that says nothing teaches people not to read the next one
    people = _members(session, ("writer", "approver", "administrator"), skip="morning")
    notify.queue(session, office, people, "morning", day=day)
    return len(people)


def _queue_expiring(office: Office, session: Session, workspace: Workspace, now: datetime) -> int:
    queued = 0
    soon = select(Channel).where(
        Channel.state == "ok", Channel.token_expires_at > now,
        Channel.token_expires_at <= now + timedelta(days=max(WARN_DAYS)),
    )  # fmt: skip
    for channel in session.scalars(soon):
        assert channel.token_expires_at is not None
        left = channel.token_expires_at - now
        step = min(days for days in WARN_DAYS if left <= timedelta(days=days))
        facts: dict[str, Any] = {
            "channel_id": channel.id,
            "expires": channel.token_expires_at.isoformat(),
            "step": step,
        }
        told = session.scalars(select(Notice.facts).where(Notice.kind == "token_expiring"))
        if any(all(said.get(key) == value for key, value in facts.items()) for said in told):
            continue
        people = _members(session, ("administrator",))
        notify.queue(session, office, people, "token_expiring", channel=channel.name, **facts)
        queued += len(people)
    return queued


def _members(session: Session, roles: Iterable[str], skip: str = "") -> list[int]:
    rows = session.scalars(select(Membership).where(Membership.role.in_(list(roles))))
    return sorted(
        row.person_id for row in rows if row.person.active and not (skip and row.person.settings.get(skip) == "0")
    )


def day_lists(office: Office, session: Session, workspace: Workspace, language: str, now: datetime) -> list[DayList]:
    """The three lists, as they stand when the mail is written; the empty ones too, so that "nothing" is said."""
    midnight = dates.local(now, workspace.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)  # wall time: right also on the days of 23 and 25 hours
    mine = Delivery.workspace_id == workspace.id
    stopped = _deliveries(session, mine, Delivery.state.in_(_STOPPED))
    today = _deliveries(session, mine, Delivery.state.in_(("waiting", "sending")), Delivery.due_at >= now,
                        Delivery.due_at < tomorrow)  # fmt: skip
    waiting = session.scalars(
        select(Item).where(Item.workspace_id == workspace.id, Item.state == "in_review")
        .order_by(Item.publish_at).limit(MOST)
    )  # fmt: skip

    def when(moment: datetime | None) -> str:
        return dates.when(moment, workspace.zone, language, now) if moment else ""

    def named(item: Item) -> str:
        return item.title or gettext(language, N_("Untitled"))

    def why(row: Delivery) -> str:
        return gettext(language, REASONS[row.reason]) if row.reason in REASONS else ""

    not_out = [(when(row.due_at), f"{named(item)} · {channel}", why(row)) for row, item, channel in stopped]
    to_approve = [(when(item.publish_at), named(item), "") for item in waiting]
    going = [
        (dates.clock(row.due_at, workspace.zone), f"{named(item)} · {channel}", "") for row, item, channel in today
    ]
    return [
        DayList(gettext(language, N_("Did not go out, or needs an answer")), not_out),
        DayList(gettext(language, N_("Waits for approval")), to_approve),
        DayList(gettext(language, N_("Goes out today")), going),
    ]


def _deliveries(session: Session, *where: Any) -> list[tuple[Delivery, Item, str]]:
    found = (
        select(Delivery, Item, Channel.name)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(*where)
        .order_by(Delivery.due_at)
        .limit(MOST)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(found)]

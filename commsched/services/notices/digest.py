"""What the morning mail lists: what did not go out, what waits, what goes out today."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.services.kernel.context import Installation
from commsched.services.kernel.overdue import overdue
from commsched.store.models import Channel, Delivery, Item, Workspace

MOST: Final = 30
"""Lines in one list; the page has the rest."""
_STOPPED: Final = ("held", "failed", "unknown")


class DayList(msgspec.Struct, frozen=True):
    """One list of the morning mail; ``lines`` are (when, what, more)."""

    heading: str
    lines: list[tuple[str, str, str]]


def day_lists(
    installation: Installation, session: Session, workspace: Workspace, language: str, now: datetime
) -> list[DayList]:
    """The three lists at the time when the mail is written. Empty ones are included, so that the mail says that there
    is nothing."""
    midnight = dates.local(now, workspace.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)  # wall time: right also on the days of 23 and 25 hours
    mine = Delivery.workspace_id == workspace.id
    stopped = _deliveries(session, mine, Delivery.state.in_(_STOPPED))
    today = _deliveries(
        session, mine, Delivery.state.in_(("waiting", "sending")), Delivery.due_at >= now, Delivery.due_at < tomorrow
    )
    waiting = session.scalars(
        select(Item)
        .where(Item.workspace_id == workspace.id, Item.state == "in_review")
        .order_by(Item.publish_at.nulls_first(), Item.id)
        .limit(MOST)
    )

    def when(moment: datetime | None) -> str:
        return dates.when(moment, workspace.zone, language, now) if moment else ""

    def named(item: Item) -> str:
        return item.title or gettext(language, N_("Untitled"))

    def why(row: Delivery) -> str:
        return gettext(language, REASONS[row.reason]) if row.reason in REASONS else ""

    not_out = [(when(row.due_at), f"{named(item)} · {channel}", why(row)) for row, item, channel in stopped]
    to_approve = [(when(item.publish_at), named(item), "") for item in waiting]
    not_out = [
        (
            when(delivery.due),
            f"{delivery.title or gettext(language, N_('Untitled'))} · {delivery.channel}",
            gettext(language, N_("Should have gone out, and still waits.")),
        )
        for delivery in overdue(session, now)
        if delivery.workspace == workspace.id
    ] + not_out
    going = [
        (dates.clock(row.due_at, workspace.zone), f"{named(item)} · {channel}", "") for row, item, channel in today
    ]
    return [
        DayList(gettext(language, N_("Did not go out, or needs an answer")), not_out),
        DayList(gettext(language, N_("Waits for approval")), to_approve),
        DayList(gettext(language, N_("Goes out today")), going),
    ]


def _deliveries(session: Session, *where: ColumnElement[bool]) -> list[tuple[Delivery, Item, str]]:
    statement = (
        select(Delivery, Item, Channel.name)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(*where)
        .order_by(Delivery.due_at)
        .limit(MOST)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]

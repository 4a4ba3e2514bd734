"""When a person wants to hear by mail of what can wait: at once, once a day at an hour of theirs, or never.

What needs them (an approval, something that did not go out) is mailed at once whatever they wish.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing import dates
from commsched.services.kernel.context import Installation
from commsched.store.models import Person, Workspace
from commsched.store.session import EVERY_WORKSPACE

Pace = Literal["now", "daily", "never"]
PACES: Final[tuple[Pace, ...]] = ("now", "daily", "never")
CAN_WAIT: Final = frozenset({"commented", "approved"})
"""The kinds of notices that a person may want later, or not at all."""
MUTED: Final = "muted"
"""The state of a notice of which no mail is sent: it is a mark on Today and nothing else."""
USUAL_HOUR: Final = 16


class Wish(msgspec.Struct, frozen=True):
    """How a person wants to be told; ``hour`` by the office's clock, for what comes once a day."""

    pace: Pace = "now"
    hour: int = USUAL_HOUR
    week: int | None = None
    """The hour of a Monday for the mail of the week; ``None``: not at all."""


def wish_of(settings: Mapping[str, object]) -> Wish:
    """The wish in a person's settings; at once where they have said nothing."""
    pace, hour = settings.get("mail_pace"), settings.get("mail_hour")
    return Wish(
        pace if pace in PACES else "now",
        hour if isinstance(hour, int) and 0 <= hour <= 23 else USUAL_HOUR,
        week_hour(settings),
    )


def kept(settings: JsonObject, wish: Wish) -> JsonObject:
    """``settings`` with the wish's pace and hour in them; the mail of the week is kept by :func:`set_week`."""
    return settings | {"mail_pace": wish.pace, "mail_hour": wish.hour}


def set_wish(installation: Installation, person: int, pace: str, hour: int) -> None:
    """Keep what ``person`` wishes of the mails to come. Raises :class:`Invalid` for no pace of ours
    or no hour of a day."""
    if pace not in PACES:
        raise Invalid(N_("Choose one of them."), "mail_pace")
    if not 0 <= hour <= 23:
        raise Invalid(N_("The hour is a number from 0 to 23."), "mail_hour")
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get_one(Person, person)
        row.settings = kept(row.settings or {}, Wish(pace, hour))


def set_week(installation: Installation, person: int, hour: int | None) -> None:
    """Keep whether ``person`` wishes the mail of the week, and at which hour of a Monday; ``None``: not at all. Raises
    :class:`Invalid` for no hour of a day."""
    if hour is not None and not 0 <= hour <= 23:
        raise Invalid(N_("The hour is a number from 0 to 23."), "mail_week")
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get_one(Person, person)
        row.settings = (row.settings or {}) | {"mail_week": hour}


def week_hour(settings: Mapping[str, object]) -> int | None:
    """The hour of a Monday at which a person wants the mail of the week; ``None`` where they do not."""
    hour = settings.get("mail_week")
    return hour if isinstance(hour, int) and 0 <= hour <= 23 else None


def wishes(session: Session, people: Collection[int]) -> dict[int, Wish]:
    """What each of ``people`` wishes, in one statement."""
    if not people:
        return {}
    rows = session.execute(select(Person.id, Person.settings).where(Person.id.in_(people)))
    return {person: wish_of(settings or {}) for person, settings in rows}


def next_daily(session: Session, workspace: int, hour: int, now: datetime) -> datetime:
    """The next time that the office's clock shows ``hour``."""
    place = session.get_one(Workspace, workspace)
    wall = dates.local(now, place.zone)
    at = wall.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (at if at > wall else at + timedelta(days=1)).astimezone(now.tzinfo)

"""The times that the bar offers with one press: the next free one of the office's usual times, and tomorrow morning;
and what the page asks where a time falls in a change of the clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from commsched.core.text.messages import OfficeError
from commsched.core.timing import dates
from commsched.core.timing.again import moment
from commsched.core.timing.slots import USUAL
from commsched.core.timing.wall_time import Fold, Gap
from commsched.services.content import habits
from commsched.store.models import Workspace
from commsched.web.components.clock_input import choices
from commsched.web.composer.fields import Fields
from commsched.web.composer.parse import Meant
from commsched.web.http.i18n import _
from commsched.web.http.request_context import installation, language


class SlotChoice(msgspec.Struct, frozen=True):
    """A time on a button. ``wall`` is what it fills in: ``2026-12-03T07:30``."""

    wall: str
    label: str

    @property
    def day(self) -> str:
        return self.wall[:10]

    @property
    def time(self) -> str:
        return self.wall[11:]


def bar_slots(session: Session, workspace: Workspace, fields: Fields, item: int) -> list[SlotChoice]:
    """What the bar offers for an item with these ``fields``; ``item`` is its id, 0 for something new."""
    now, zone = installation().now(), workspace.zone
    free = habits.next_slot(session, zone, now, fields.kind, fields.channels, item)
    tomorrow = datetime.combine(_tomorrow(now, zone), USUAL[0])
    choices = [SlotChoice(_wall(tomorrow), _("Tomorrow %(time)s", time=USUAL[0].strftime("%H:%M")))]
    if free is not None and free != tomorrow:
        when = dates.when(moment(_wall(free), zone), zone, language(), now)
        choices.insert(0, SlotChoice(_wall(free), _("Next free time: %(when)s", when=when)))
    return choices


def time_on(session: Session, workspace: Workspace, fields: Fields, day: str) -> str:
    """A free time of the office's usual ones on ``day`` (``2026-12-03``), or none where there is none left."""
    try:
        morning = moment(f"{date.fromisoformat(day)}T00:00", workspace.zone)
    except (ValueError, OfficeError):
        return ""
    begin = max(morning, installation().now())
    free = habits.next_slot(session, workspace.zone, begin, fields.kind, fields.channels, any_day=True)
    return f"{free:%H:%M}" if free is not None and f"{free:%Y-%m-%d}" == day else ""


def _tomorrow(now: datetime, zone: str) -> date:
    return (dates.local(now, zone) + timedelta(days=1)).date()


def _wall(wall: datetime) -> str:
    return f"{wall:%Y-%m-%dT%H:%M}"


def clash(meant: Meant, zone: str) -> dict[str, object] | None:
    """The field that must be answered, and the two moments that it may mean; ``None`` where nothing is asked."""
    if not isinstance(meant.clash, Gap | Fold):
        return None
    return {
        "field": meant.clash.field,
        "name": _clock_field(meant.clash.field),
        "choices": choices(meant.clash, zone),
        "twice": isinstance(meant.clash, Fold),
    }


def _clock_field(field: str) -> str:
    """What the form calls the time ``field``: ``publish`` for ``publish_at``, ``at-3`` for a channel's own,
    ``event-starts`` for a time of an invitation."""
    head, _dot, own = field.partition(".")
    if head == "event":
        return f"event-{own}"
    return f"at-{own.partition('.')[0]}" if own else field.removesuffix("_at")

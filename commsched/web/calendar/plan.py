"""The plan for others: a page that whoever has its secret address reads, and a sheet of paper with the week on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import Blueprint, Response, g, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow, public
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known
from commsched.core.timing import dates
from commsched.core.timing.holidays import holiday
from commsched.services.planning import plan_links
from commsched.services.planning.plan_links import UNTOLD
from commsched.services.views import calendar
from commsched.services.views.calendar_rows import Row
from commsched.web.calendar.routes import bp as pages
from commsched.web.calendar.span import Span, days_of, read_day, span
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("plan", __name__, url_prefix="/plan")
LONGEST_TOKEN = 200


class Line(msgspec.Struct, frozen=True):
    """One item on one day: its time, its channels, its name where that is told, its state."""

    clock: str
    channels: str
    title: str
    state: str


class PlanDay(msgspec.Struct, frozen=True):
    """A day of the plan."""

    day: date
    holiday: str
    lines: list[Line]


@bp.get("/<token>")
@public
def show(token: str) -> AnyResponse:
    """The plan, five weeks from this one; nothing on it can be pressed but other weeks."""
    plan = plan_links.plan_of(installation(), token) if len(token) < LONGEST_TOKEN else None
    if plan is None:
        g.language = preferred(request.headers.get("Accept-Language", ""))
        return _secret(make_response(page("public/gone.html", room=None), 404))
    g.language = known(plan.language)
    now = dates.local(installation().now(), plan.zone)
    shown = span("month", read_day(request.args.get("day", ""), now.date()), plan.zone)
    days = _days(plan.workspace, shown, plan.shows_drafts)
    weeks = [days[first : first + 7] for first in range(0, len(days), 7)]
    body = page("calendar/plan.html", plan=plan, span=shown, weeks=weeks, today=now.date(), token=token, **_TOOLS)
    return _secret(make_response(body))


@pages.get("/paper")
@allow("read")
def paper() -> str:
    """The week on one sheet of A4, for the meeting and the wall."""
    now = dates.local(installation().now(), place().zone)
    shown = span("week", read_day(request.args.get("day", ""), now.date()), place().zone)
    days = _days(actor().workspace, shown, shows_drafts=True)
    return page("calendar/paper.html", span=shown, days=days, printed=now, **_TOOLS)


_TOOLS = {"dates": dates, "week": dates.week}


def _days(workspace: int, shown: Span, shows_drafts: bool) -> list[PlanDay]:
    now = installation().now()
    with installation().store.read(workspace) as session:
        rows = calendar.rows(session, shown.start, shown.end, calendar.CalendarFilter(), now)
        around = calendar.around(session)
    by_day: dict[date, list[Line]] = {}
    for row in rows:
        wall = datetime.fromtimestamp(row[1] // 1_000_000, shown.zone)
        by_day.setdefault(wall.date(), []).append(_line(row, wall, around, shows_drafts))
    return [PlanDay(day, _holiday(day, shown.zone), by_day.get(day, [])) for day in days_of(shown.first, shown.last)]


def _holiday(day: date, zone: ZoneInfo) -> str:
    return translated(holiday(day, zone.key))


def _line(row: Row, wall: datetime, around: calendar.Around, shows_drafts: bool) -> Line:
    title = row[3] or _("Untitled")
    if row[2] in UNTOLD and not shows_drafts:
        title = _("Being written")
    return Line(f"{wall:%H:%M}", ", ".join(_names(row[4], around)), title, row[2])


def _names(spelled: str, around: calendar.Around) -> Sequence[str]:
    numbers = [int(number) for number in spelled.split(",") if number]
    return [around.channels[number][0] for number in numbers if number in around.channels]


def _secret(response: AnyResponse) -> AnyResponse:
    """Kept by no cache and no search engine, and told to no page that is opened from it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


# -- handing it on ----------------------------------------------------------------------------------------------------


@pages.get("/share")
@allow("schedule")
def share() -> str:
    """Where the link is made, copied and ended."""
    return page("calendar/share.html", link=plan_links.standing(installation(), actor()))


@pages.post("/share")
@allow("schedule")
def change_share() -> Response | AnyResponse:
    """Make a link, or end the one that stands."""
    form = Form.read()
    if form.flag("end"):
        plan_links.revoke(installation(), actor())
        return done(_("The link is ended. It leads nowhere any more."), "calendar.share")
    plan_links.make(installation(), actor(), shows_drafts=form.flag("drafts"))
    return done(_("There is a link to the plan. Give it to those who should see it."), "calendar.share")

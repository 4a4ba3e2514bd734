"""The calendar: month, week and list; where things are moved by dragging, by the keyboard, or by a plain form."""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby

import msgspec
from flask import Blueprint, Response, jsonify, redirect, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.roles import may
from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid, OfficeError
from commsched.core.timing import dates
from commsched.core.timing.holidays import holiday
from commsched.core.timing.wall_time import Fold, Gap
from commsched.services.views import calendar
from commsched.services.views.calendar_rows import Row
from commsched.services.workflow import schedule
from commsched.store.types import to_micros
from commsched.web.calendar import chips, filters
from commsched.web.calendar.span import Span, read_day, span
from commsched.web.components import mail_status
from commsched.web.components.clock_input import choices, clock_time
from commsched.web.http.etag import fresh, not_modified, tag
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, language, page, place
from commsched.web.http.responses import done, local_path

bp = Blueprint("calendar", __name__, url_prefix="/w/<slug>/calendar")
NAV = NavEntry("calendar.index", N_("Calendar"), "calendar-days", order=20, phone=True, group="daily")

SHOWN = 4
"""Chips of a day that stand open in the month; the rest unfold."""
CLASHES = 3
"""Clashes that are spelled out above the calendar."""


class Day(msgspec.Struct, frozen=True):
    """A day as the templates show it."""

    day: date
    chips: list[str]
    holiday: str
    today: bool
    out: bool
    """Belongs to the month before or after."""
    hours: dict[int, Markup]


@bp.get("/")
@allow("read")
def index() -> Response:
    now = installation().now()
    local = dates.local(now, place().zone)
    shown = span(request.args.get("view", ""), read_day(request.args.get("day", ""), local.date()), place().zone)
    address = filters.Address(shown, filters.read(request.args))
    moment = (local.date(), local.hour, local.minute // 5 if shown.view == "week" else 0)
    about = (shown.start, shown.end, address.wanted)
    kept = calendar.kept_stamp(installation(), actor().workspace, *about)
    if kept is not None and (same := not_modified(tag(kept, moment))):
        return same
    with installation().store.read(actor().workspace) as session:
        etag = tag(calendar.fresh_stamp(installation(), session, *about), moment)
        return not_modified(etag) or fresh(lambda: _render(session, address, now), etag)


def _render(session: Session, address: filters.Address, now: datetime) -> str:
    shown, wanted = address.span, address.wanted
    rows = calendar.rows(session, shown.start, shown.end, wanted, now)
    loose = calendar.undated(session, wanted, now)
    around = calendar.around(session)
    close = chips.clashes(rows, to_micros(now))
    near = frozenset(row[:2] for pair in close for row in pair[:2] if row[2] not in calendar.FIXED)
    writer = chips.Chips(
        around,
        shown.zone,
        f"/w/{place().slug}",
        may(actor().role, "schedule"),
        near,
        place().paused_at is not None,
        frozenset(n for n, row in around.channels.items() if mail_status.filed(row[1])),
    )
    placed = writer.place(rows)
    return page(
        f"calendar/{shown.view}.html",
        address=address,
        span=shown,
        wanted=wanted,
        around=around,
        narrow=filters,
        days=_days(shown, placed, now),
        total=len(rows),
        join=_join,
        SHOWN=SHOWN,
        loose=[writer.chip(row, None) for row in loose],
        sprite=chips.sprite(around),
        close=[_told(pair, around) for pair in close[:CLASHES]],
        closes=len(close),
        today=dates.local(now, place().zone),
        week=dates.week,
        dates=dates,
    )


def _days(shown: Span, placed: list[chips.Placed], now: datetime) -> list[Day]:
    by_day = chips.by_day(placed)
    hours = _hours(placed) if shown.view == "week" else {}
    today, month = dates.local(now, place().zone).date(), shown.anchor.month
    return [
        Day(
            day,
            by_day.get(day, []),
            translated(holiday(day, place().zone)),
            day == today,
            shown.view == "month" and day.month != month,
            hours.get(day, {}),
        )
        for day in shown.days
    ]


def _hours(placed: list[chips.Placed]) -> dict[date, dict[int, Markup]]:
    """The chips of each hour, for the week."""
    days: dict[date, dict[int, Markup]] = {}
    for (day, hour), placed_chips in groupby(placed, key=lambda chip: (chip.wall.date(), chip.wall.hour)):
        days.setdefault(day, {})[hour] = _join([chip.html for chip in placed_chips])
    return days


def _join(some: list[str]) -> Markup:
    return Markup("".join(some))  # noqa: S704 (chips escape what people wrote)


def _told(pair: tuple[Row, Row, int], around: calendar.Around) -> dict[str, object]:
    first, other, channel = pair
    name = around.channels.get(channel, ("",))[0]
    zone, tongue = place().zone, language()
    when = [
        dates.when(datetime.fromtimestamp((row[1] or 0) / 1e6, installation().now().tzinfo), zone, tongue)
        for row in (first, other)
    ]
    return {
        "one": chips.chip_id(first),
        "other": chips.chip_id(other),
        "titles": (first[3], other[3]),
        "when": when,
        "channel": name,
    }


# -- moving -----------------------------------------------------------------------------------------------------------


@bp.get("/<int:item_id>/move")
@allow("schedule")
def ask(item_id: int) -> str | Response:
    """The form to move an item; for a script, where the approval holds."""
    known = calendar.movable(installation(), actor(), item_id, _alone())
    if _by_script():
        return jsonify(
            {
                "movable": known.movable,
                "approved": known.approved,
                "wall": known.wall,
                "start": _wall(known.start),
                "end": _wall(known.end),
            }
        )
    return _form(known, Form())


def _alone() -> list[int]:
    """The channels that are moved alone, as the address names them; none where the item is moved."""
    return [int(number) for number in request.args.getlist("channel") if number.isascii() and number.isdigit()][:200]


def _by_script() -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _wall(moment: datetime | None) -> str:
    """Wall time in the office, as the page's own times are written."""
    return f"{dates.local(moment, place().zone):%Y-%m-%dT%H:%M}" if moment else ""


def _form(known: calendar.Movable, form: Form, clash: Gap | Fold | None = None, again: str = "") -> str:
    day, _at, clock = str(form.value("at") or known.wall or request.args.get("at", "")).partition("T")
    return page(
        "calendar/move.html",
        known=known,
        form=form,
        day=form.value("day", day),
        clock=form.value("clock", clock),
        clash=clash,
        choices=choices(clash, place().zone) if clash else [],
        again=again,
        alone=_alone(),
        back=local_path(str(form.value("back")), _back()),
    )


def _back() -> str:
    return local_path(request.args.get("back", ""), f"/w/{place().slug}/calendar/")


@bp.post("/<int:item_id>/move")
@allow("schedule")
def move(item_id: int) -> str | AnyResponse | tuple[str, int]:
    """Move it: at once inside the approved window, after a yes outside it."""
    form = Form.read()
    clash: Gap | Fold | None = None
    again = ""
    try:
        when = _when(form)
        again_too, alone = form.flag("ask_again"), _alone() or None
        state = schedule.move(installation(), actor(), item_id, when, ask_again=again_too, channels=alone)
        return _moved(item_id, state, form)
    except schedule.NeedsApproval as error:
        again = translated(error.words)
    except (Gap, Fold) as error:
        clash = error
    except OfficeError as error:
        form.fail(_field(error.field), translated(error.words), error.status)
    if _by_script():
        return _problem(form, clash, again)
    return _form(
        calendar.movable(installation(), actor(), item_id, _alone()), form, clash, again
    ), form.status if form.errors else 409


def _field(name: str) -> str:
    return "day" if name == "publish_at" else name


def _when(form: Form) -> str:
    """The time that was asked for: whole from a script or a choice, in two fields from the form."""
    day, _at, clock = form.text("at", 40).partition("T")
    day, clock = day or form.text("day", 10), clock or form.text("clock", 10)
    if not day or not clock:
        raise Invalid(N_("Choose a day and a time."), "publish_at")
    return f"{day}T{clock_time(clock)}"


def _moved(item_id: int, state: str, form: Form) -> AnyResponse:
    known = calendar.movable(installation(), actor(), item_id, _alone())
    at = datetime.fromisoformat(known.wall)
    when = f"{dates.short_day(at.date(), language())} {at:%H:%M}"
    sentence = _("Moved to %(when)s.", when=when)
    if state == "in_review":
        sentence = _("Moved to %(when)s. It has been sent for approval again.", when=when)
    if _by_script():
        return jsonify({"said": sentence, "state": state, "at": known.wall})
    back = local_path(form.text("back", 500), "")
    if back:
        done(sentence, "calendar.index")
        return redirect(back, 303)
    return done(sentence, "calendar.index", day=at.date().isoformat())


def _problem(form: Form, clash: Gap | Fold | None, again: str) -> AnyResponse:
    """What stands in the way, for the script to ask about."""
    body: dict[str, object] = {"said": next(iter(form.errors.values()), again), "code": "refused"}
    if again:
        body["code"] = "needs-approval"
    if clash is not None:
        buttons = [{"at": choice.at, "label": choice.label} for choice in choices(clash, place().zone)]
        body |= {"code": "clock", "said": translated(clash.words), "choices": buttons}
    response = jsonify(body)
    response.status_code = form.status if form.errors else 409
    return response

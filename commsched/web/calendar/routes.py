"""The calendar's page: rolling weeks, a week to scale, or a list of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from commsched.core.access.roles import may
from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.core.timing.holidays import holiday
from commsched.services.followup import outside
from commsched.services.kernel.budgets import listens
from commsched.services.views import calendar
from commsched.services.views.calendar_rows import Row
from commsched.store.types import from_micros, to_micros
from commsched.web.calendar import allowances, chips, filters, lanes
from commsched.web.calendar.span import STRIP, Span, days_of, read_day, read_weeks, span
from commsched.web.components import mail_status
from commsched.web.http.etag import fresh, not_modified, tag
from commsched.web.http.i18n import translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, language, page, place

bp = Blueprint("calendar", __name__, url_prefix="/w/<slug>/calendar")
NAV = NavEntry("calendar.index", N_("Calendar"), "calendar-days", order=20, phone=True, group="daily")

SHOWN: Final = 4
"""Chips of a day that stand open in the weeks; the rest unfold."""
CLASHES: Final = 3
"""Clashes that are spelled out."""
MORNING: Final = 9
"""The hour that is filled in for what is begun on a day; today the next one, where that is later."""
DOTS: Final = 5
"""Dots that stand for the items of one day; more are told by the number."""


class Day(msgspec.Struct, frozen=True):
    """A day as the templates show it."""

    day: date
    chips: list[str]
    holiday: str
    today: bool
    past: bool
    gone: list[str] = []
    """Chips of a past day that nobody need look at: folded into dots."""
    dots: list[str] = []
    """The tones of everything on that day, at most :data:`DOTS`."""
    total: int = 0
    hours: dict[int, Markup] = {}
    free: str = ""
    """The time that is filled in for whoever begins to write on that day: ``2026-11-26T09:00``."""


@bp.get("/")
@allow("read")
def index() -> Response:
    now = installation().now()
    local = dates.local(now, place().zone)
    day = read_day(request.args.get("day", "") or request.args.get("month", ""), local.date())
    weeks = read_weeks(request.args.get("weeks", ""))
    shown = span(request.args.get("view", ""), day, place().zone, local.date(), weeks)
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
    full = _full(session, rows, around, to_micros(now))
    others = _outside(session, address, around)
    writer = _writer(shown, around, near)
    writer.addresses = {number: url for (number, *_rest), url in others}
    every = sorted([*rows, *(row for row, _url in others)], key=lambda row: row[1])
    placed = lanes.place(writer, every) if shown.view == "week" else writer.place(every)
    today = dates.local(now, place().zone)
    days = _days(shown, placed, today)
    return page(
        f"calendar/{shown.view}.html",
        address=address,
        span=shown,
        wanted=wanted,
        around=around,
        narrow=filters,
        days=days[len(shown.before_days) :],
        before=days[: len(shown.before_days)],
        strip=_strip(days, today.date()),
        total=len(rows),
        join=_join,
        SHOWN=SHOWN,
        loose=[writer.loose(row) for row in loose],
        sprite=chips.sprite(around),
        close=[_told(pair, around) for pair in close[:CLASHES]],
        closes=len(close),
        full=full,
        today=today,
        week=dates.week,
        dates=dates,
    )


def _full(session: Session, rows: Sequence[Row], around: calendar.Around, now: int) -> list[dict[str, object]]:
    """Where more is planned than a network takes, by day and by what it said last."""
    live = {n: installation().platform(row[1]) for n, row in around.channels.items() if row[2] != "archived"}
    daily = {n: kind.daily for n, kind in live.items() if kind.daily is not None}
    heard = [n for n, kind in live.items() if listens(kind)]
    zone = place().zone

    def day_of(at: int) -> date:
        return dates.local(from_micros(at), zone).date()

    days = allowances.too_many(rows, daily, day_of)
    soon = allowances.beyond_left(rows, allowances.left_of(session, heard), now)
    return [
        {
            "chip": chips.chip_id(each.row),
            "when": dates.when(from_micros(each.row[1] or 0), zone, language(), installation().now()),
            "title": each.row[3],
            "channel": around.channels[each.channel][0],
            "count": each.count,
            "most": each.most,
        }
        for each in [*days, *soon][:CLASHES]
    ]


def _outside(session: Session, address: filters.Address, around: calendar.Around) -> list[tuple[Row, str]]:
    """What was posted by another way, each with its address; none where the page is narrowed to what only items have,
    or no channel tells of any."""
    wanted, known = address.wanted, installation().platform_keys()
    platforms = {key for _name, key, _state in around.channels.values() if key in known}
    tell = any("recent" in installation().platform(key).can for key in platforms)
    if not tell or wanted.group not in ("", "published") or wanted.person is not None or wanted.words:
        return []
    return [
        ((-post.id, to_micros(post.at), chips.OUTSIDE, post.text, f",{channel.id},", "post", None, "", ""), post.url)
        for post, channel in outside.between(session, address.span.start, address.span.end)
        if wanted.channel in (None, channel.id)
    ]


def _writer(shown: Span, around: calendar.Around, near: frozenset[tuple[int, int]]) -> chips.Chips:
    return chips.Chips(
        around,
        shown.zone,
        f"/w/{place().slug}",
        may(actor().role, "schedule"),
        near,
        place().paused_at is not None,
        frozenset(n for n, row in around.channels.items() if mail_status.filed(row[1])),
        shown.view == "list",
    )


def _days(shown: Span, placed: Sequence[chips.Placed], now: datetime) -> list[Day]:
    """Every day from the dots of the week before to the last one shown."""
    by_day = chips.by_day(placed)
    folds = shown.view == "month" and shown.past > 0
    return [_day(day, by_day.get(day, []), now, folds, shown) for day in [*shown.before_days, *shown.days]]


def _day(day: date, some: Sequence[chips.Placed], now: datetime, folds: bool, shown: Span) -> Day:
    today = now.date()
    folded = folds and day < today
    return Day(
        day,
        [chip.html for chip in some if not (folded and chip.quiet)],
        translated(holiday(day, place().zone)),
        day == today,
        day < today,
        [chip.html for chip in some if folded and chip.quiet],
        ["is-" + chip.tone.split()[0] for chip in some[:DOTS]],
        len(some),
        lanes.hours(some) if shown.view == "week" else {},
        f"{day}T{max(MORNING, now.hour + 1 if day == today else 0) % 24:02}:00",
    )


def _strip(days: Sequence[Day], today: date) -> list[Day]:
    """The fourteen days that a phone shows in a row, from today's week where it is on the page."""
    known = {day.day: day for day in days}
    first = max(days[0].day, today) if today in known else days[0].day
    return [known[day] for day in days_of(first, days[-1].day)[:STRIP] if day in known]


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

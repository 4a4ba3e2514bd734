"""Today, the first page: what needs whoever looks, the day's line of time, and the week ahead."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from flask import Blueprint, Response

from commsched.core.access.routes import allow
from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.core.timing.holidays import holiday
from commsched.services.views import stamps, today
from commsched.web.http.etag import fresh, not_modified, tag
from commsched.web.http.i18n import translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place

bp = Blueprint("today", __name__, url_prefix="/w/<slug>")
NAV = NavEntry("today.index", N_("Today"), "house", order=10, phone=True, group="daily")

AHEAD = 7
"""Days that the week ahead reaches."""


@bp.get("/")
@allow("read")
def index() -> str:
    return page("desk/today.html", **_shown())


@bp.get("/now")
@allow("read")
def now() -> Response:
    """The part of the page that lives, for the script that asks every few seconds; 304 while nothing has changed."""
    at, span = installation().now(), _span()
    with installation().store.read(actor().workspace) as session:
        stamp = stamps.today(session, actor().person, span.start, span.until, at)
    etag = tag(stamp, f"{span.local:%Y-%m-%dT%H:%M}")  # the line of now stands at a minute
    return not_modified(etag) or fresh(lambda: page("desk/_today.html", **_shown()), etag)


class _Span(NamedTuple):
    """The moment in the office's zone, its day from ``start`` to ``end``, and how far the page looks ahead."""

    local: datetime
    start: datetime
    end: datetime
    until: datetime


def _span() -> _Span:
    local = dates.local(installation().now(), place().zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return _Span(local, midnight, midnight + timedelta(days=1), midnight + timedelta(days=1 + AHEAD))


def _shown() -> dict[str, object]:
    span = _span()
    now = today.read_today(installation(), actor(), span.start, span.end, span.until)
    return {
        "shown": now,
        "day": span.local.date(),
        "local": span.local,
        "reason": _reason,
        "ahead": _by_day(now.ahead),
        "holiday": translated(holiday(span.local.date(), place().zone)),
        "week": dates.week,
    }


def _reason(code: str) -> str:
    return translated(REASONS[code]) if code in REASONS else ""


def _by_day(lines: list[today.TimelineItem]) -> list[tuple[date, str, list[today.TimelineItem]]]:
    zone = place().zone
    days = groupby(lines, key=lambda line: dates.local(line.at, zone).date())
    return [(day, translated(holiday(day, zone)), list(some)) for day, some in days]

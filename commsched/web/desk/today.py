"""Today, the first page: what needs whoever looks, the day's line of time, and the week ahead."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, make_response, request

from commsched.core.access.routes import allow
from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.core.timing.holidays import holiday
from commsched.services.views import today
from commsched.web.http.i18n import actor, installation, page, place, translated
from commsched.web.http.nav import NavEntry

bp = Blueprint("today", __name__, url_prefix="/w/<slug>")
NAV = NavEntry("today.index", N_("Today"), "house", order=10, phone=True)

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
    body = page("desk/_today.html", **_shown())
    given = make_response(body)
    given.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32], weak=True)
    given.headers["Cache-Control"] = "private, no-cache"
    given.vary.add("Cookie")
    given.make_conditional(request)
    return given


def _shown() -> dict[str, Any]:
    local = dates.local(installation().now(), place().zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow, last = midnight + timedelta(days=1), midnight + timedelta(days=1 + AHEAD)
    found = today.read_today(installation(), actor(), midnight, tomorrow, last)
    return {
        "shown": found,
        "day": local.date(),
        "local": local,
        "reason": _reason,
        "ahead": _by_day(found.ahead),
        "holiday": translated(holiday(local.date(), place().zone)),
        "week": dates.week,
    }


def _reason(code: str) -> str:
    return translated(REASONS[code]) if code in REASONS else ""


def _by_day(lines: list[today.TimelineItem]) -> list[tuple[date, str, list[today.TimelineItem]]]:
    zone = place().zone
    days = groupby(lines, key=lambda line: dates.local(line.at, zone).date())
    return [(day, translated(holiday(day, zone)), list(some)) for day, some in days]

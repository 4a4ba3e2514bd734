"""Today, the first page: what needs whoever looks, the day's line of time, and the week ahead."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from flask import Blueprint, Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.core.timing.holidays import holiday
from commsched.services.views import stamps, today
from commsched.services.views.first_page import Now, TimelineItem
from commsched.store.models import Item
from commsched.web.desk import needs
from commsched.web.http.etag import fresh, not_modified, tag
from commsched.web.http.i18n import translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place

bp = Blueprint("today", __name__, url_prefix="/w/<slug>")
NAV = NavEntry("today.index", N_("Today"), "house", order=10, phone=True, group="daily")

AHEAD = 7
"""Days that the week ahead reaches."""
SHOWN_PAST = 2
"""How many of the day's lines that are past stand open, so that what needs somebody stays on the first screen."""


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
    shown = today.read_today(installation(), actor(), span.start, span.end, span.until)
    needed = needs.lines(shown)
    past, coming = _parted(shown.today, installation().now())
    return {
        "shown": shown,
        "needs": needs.grouped(needed),
        "waits": _waits(shown),
        "day": span.local.date(),
        "local": span.local,
        "earlier": past[:-SHOWN_PAST],
        "past": past[-SHOWN_PAST:],
        "coming": coming,
        "upcoming": next(iter(coming + shown.ahead), None),
        "tomorrow": sum(line.at < span.end + timedelta(days=1) for line in shown.ahead),
        "ahead": _by_day(shown.ahead),
        "holiday": translated(holiday(span.local.date(), place().zone)),
        "week": dates.week,
    }


def _parted(lines: list[TimelineItem], now: datetime) -> tuple[list[TimelineItem], list[TimelineItem]]:
    """The day's lines whose time has come, and those whose time has not."""
    return [line for line in lines if line.at <= now], [line for line in lines if line.at > now]


class _Wait(NamedTuple):
    """Items that wait for the same ``people``, any of whom will do: their ids with what they are called."""

    people: dict[int, str]
    items: list[Item]


def _waits(shown: Now) -> list[_Wait]:
    """What waits for others, by whom it waits for; the longest list first."""
    waits: dict[tuple[int, ...], _Wait] = {}
    for item in shown.elsewhere:
        people = shown.waits_for.get(item.id, {})
        waits.setdefault(tuple(people), _Wait(people, [])).items.append(item)
    return sorted(waits.values(), key=lambda wait: -len(wait.items))


def _by_day(lines: list[TimelineItem]) -> list[tuple[date, str, list[TimelineItem]]]:
    zone = place().zone
    days = groupby(lines, key=lambda line: dates.local(line.at, zone).date())
    return [(day, translated(holiday(day, zone)), list(some)) for day, some in days]

"""How the office's releases went in a period, for the group: on one sheet of paper, or in a table."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flask import Blueprint, Response, request

from commsched.core.access.routes import allow
from commsched.core.timing.dates import local
from commsched.core.timing.wall_time import zone_of
from commsched.services.press import coverage, report, sums
from commsched.web.components import spreadsheet
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page, place

bp = Blueprint("press_summary", __name__, url_prefix="/w/<slug>/press-report")

BACK: Final = timedelta(days=90)
LONGEST: Final = timedelta(days=5 * 366)


@bp.get("/")
@allow("read")
def index() -> str:
    """The releases of the last three months; ``?from=`` and ``?to=`` choose others."""
    start, end = _period()
    lines = _lines(start, end)
    total = sums.Sums()
    for line in lines:
        total += line.sums
    tones = {tone: sum(line.tones.get(tone, 0) for line in lines) for tone in coverage.TONES}
    return page(
        "press/summary.html", lines=lines, start=start, end=end, total=total, tones=tones, tone_words=coverage.TONES
    )


def _lines(start: date, end: date) -> list[report.Line]:
    zone = zone_of(place().zone)

    def moment(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    with installation().store.read(actor().workspace) as session:
        return report.summary(session, moment(start), moment(end + timedelta(days=1)))


def _period() -> tuple[date, date]:
    today = local(installation().now(), place().zone).date()
    end = _day("to") or today
    start = _day("from") or end - BACK
    if start > end:
        start, end = end, start
    return max(start, end - LONGEST), end


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, "")[:10])
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


@bp.get("/table.csv")
@allow("read")
def as_file() -> Response:
    """The same for a spreadsheet."""
    start, end = _period()
    head = (_("Release"), _("Day"), _("Sent"), _("Refused"), _("Visits"), _("Taken"), _("Articles"))
    table = [spreadsheet.MARK, spreadsheet.row((*head, *(translated(word) for word in coverage.TONES.values())))]
    for line in _lines(start, end):
        figures = (line.sums.sent, line.sums.refused, line.visits, line.taken, line.articles)
        tones = (line.tones.get(tone, 0) for tone in coverage.TONES)
        day = local(line.at, place().zone).date().isoformat()
        table.append(spreadsheet.row((line.item.title, day, *map(str, figures), *map(str, tones))))
    answer = Response("".join(table), content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"press-{start}-{end}.csv")
    return answer

"""The record, told in words: who did what, narrowed by person, kind or item; and whether its chain is whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Blueprint, Response, request, stream_with_context
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, NotFound
from commsched.core.timing.wall_time import zone_of
from commsched.services.accounts import people
from commsched.services.views import audit_view
from commsched.web.desk import audit_files, audit_sentences
from commsched.web.http.i18n import _, ngettext
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("record", __name__, url_prefix="/w/<slug>/record")
KEPT = ("group", "person", "item", "day", "month", "signins")
"""What of the address narrows the record."""
NAV = NavEntry("record.index", N_("Record"), "scroll-text", order=85)


def _number(name: str) -> int | None:
    wish = request.args.get(name, "")
    return int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 16 else None


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _span(day: date) -> tuple[datetime, datetime]:
    """The day's beginning and end in the office's zone."""
    zone = zone_of(place().zone)
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    return first, first + timedelta(days=1)


def _month(typed: str) -> tuple[datetime, datetime] | None:
    """The beginning and the end of a month such as ``2026-11`` in the office's zone."""
    first = _day(f"{typed}-01")
    if first is None or len(typed) != 7:
        return None
    last = (first + timedelta(days=31)).replace(day=1)
    return _span(first)[0], _span(last)[0]


def _wanted() -> tuple[audit_view.AuditFilter, date | None]:
    """What the address narrows the record to, and the day in it."""
    group, person = request.args.get("group", ""), request.args.get("person", "")
    day = _day(request.args.get("day", ""))
    start, end = _span(day) if day else _month(request.args.get("month", "")) or (None, None)
    wanted = audit_view.AuditFilter(
        person=_number("person"),
        scheduler=person == "scheduler",
        group=group if group in audit_sentences.GROUPS else "",
        item=_number("item"),
        before=_number("before"),
        sign_ins=bool(request.args.get("signins")) or group == "person",
        start=start,
        end=end,
    )
    return wanted, day


@bp.get("/")
@allow("read")
def index() -> str:
    wanted, day = _wanted()
    entries, titles, more = audit_view.entries(installation(), actor().workspace, wanted)
    kept = {key: value for key, value in request.args.items() if key in KEPT}
    return page(
        "desk/audit.html",
        entries=entries,
        titles=titles,
        more=more,
        wanted=wanted,
        day=day.isoformat() if day else "",
        kept=kept,
        telling=audit_sentences,
        members=people.members(installation(), actor().workspace),
    )


@bp.get("/download.<form>")
@allow("administer")
def download(form: str) -> Response:
    """All that fits what the page is narrowed to, as a table or for a program."""
    if form not in audit_files.MIME:
        raise NotFound(N_("There is no such page."))
    wanted, _day_of = _wanted()
    lines = audit_view.whole(installation(), actor(), wanted)
    write = audit_files.as_csv if form == "csv" else audit_files.as_json
    response = Response(stream_with_context(write(lines)), mimetype=audit_files.MIME[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{place().slug}-record.{form}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/check")
@allow("read")
def check() -> AnyResponse:
    """Follow the whole chain now."""
    bad = audit_view.chain(installation())
    if not bad:
        return done(
            _("Every line of the record follows from the one before: nothing has been changed."), "record.index"
        )
    sentence = ngettext(
        "%(n)s line does not follow from the one before. Somebody has changed the database: tell whoever runs this.",
        "At least %(n)s lines do not follow from the one before. Somebody has changed the database: tell whoever "
        "runs this.",
        len(bad),
    )
    return done(sentence, "record.index", "bad")

"""Planned times whose wall time means another moment since a zone's rules, or the office's zone, were changed."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.timing import dates
from commsched.services.workflow import wall_times
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.request_context import actor, installation, language, page
from commsched.web.http.responses import done

bp = Blueprint("walltimes", __name__, url_prefix="/w/<slug>/times")


@bp.get("/")
@allow("read")
def index() -> str:
    return page("desk/wall_times.html", shifted=wall_times.listing(installation(), actor()), spoken=_spoken)


def _spoken(wall: str) -> str:
    """``tors 26 nov 13:00``, of a wall time as the store keeps it."""
    at = datetime.fromisoformat(wall)
    far = at.year != installation().now().year
    return f"{dates.short_day(at.date(), language(), year=far)} {at:%H:%M}"


@bp.post("/")
@allow("schedule")
def choose() -> Response:
    """Keep the clock time or the moment: of one item, or of all that are listed."""
    form = Form.read()
    choice, item = form.text("choice", 10), form.text("item", 20)
    wanted = [shifted for shifted in wall_times.listing(installation(), actor()) if not item or shifted.key == item]
    if choice not in ("wall", "moment"):
        return done(_("Choose one of the two."), "walltimes.index", "bad")
    number, why = wall_times.choose(installation(), actor(), wanted, "wall" if choice == "wall" else "moment")
    if why:
        return done(translated(why[0]), "walltimes.index", "bad")
    sentence = ngettext("One time is settled.", "%(n)s times are settled.", number)
    return done(sentence, "walltimes.index" if item else "today.index")

"""Several items at once: a page says what is done to each, and one press does it."""

from __future__ import annotations

from datetime import datetime

from flask import redirect, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid, OfficeError
from commsched.core.timing import dates
from commsched.services.planning import several as acts
from commsched.services.planning.several import DEEDS, Deed
from commsched.web.calendar import filters
from commsched.web.calendar.routes import bp as pages
from commsched.web.components.pictures import numbers
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.request_context import actor, installation, language, page, place
from commsched.web.http.responses import done, local_path, say

FARTHEST = 366
"""Days that several items are moved at most."""


def said_wall(wall: str) -> str:
    """``2026-11-26T12:00`` as ``tors 26 nov 12:00``."""
    at = datetime.fromisoformat(wall)
    return f"{dates.short_day(at.date(), language())} {at:%H:%M}"


pages.add_app_template_filter(said_wall, "wall")


@pages.get("/several")
@allow("schedule")
def several() -> str | Response:
    """What the act would do to each, before anything is done."""
    form = Form(request.args.to_dict(flat=False) | {"back": request.args.get("back", "")})
    back = _back(form)
    chosen = numbers(request.args.getlist("item"))
    if not chosen:
        say(_("Choose at least one post first."), "bad")
        return redirect(back, 303)
    try:
        deed, days = _deed(form), _days(form)
        foreseen = acts.foresee(installation(), actor(), deed, chosen, days)
    except OfficeError as error:
        if error.status >= 500:
            raise
        say(translated(error.words), "bad")
        return redirect(back, 303)
    return page(
        "calendar/several.html",
        deed=deed,
        days=days,
        possible=[each for each in foreseen if each.code],
        impossible=[each for each in foreseen if not each.code],
        distances=filters.distances(),
        back=back,
    )


@pages.post("/several")
@allow("schedule")
def carry_out() -> Response:
    """Do it, and say what became of each; what can be undone has a button for it."""
    form = Form.read()
    try:
        deed, days = _deed(form), _days(form)
        results = acts.carry_out(installation(), actor(), deed, _told(form), days)
    except OfficeError as error:
        if error.status >= 500:
            raise
        return done(translated(error.words), "calendar.index", "bad")
    well = [result.id for result in results if result.problem is None]
    for result in results:
        if result.problem is not None:
            say(f"{result.title or _('Untitled')}: {translated(result.problem)}", "bad")
    if well:
        say(_said(deed, len(well)), undoable=well if deed != "submit" else ())
    return redirect(_back(form), 303)


def _said(deed: Deed, number: int) -> str:
    match deed:
        case "move":
            return ngettext("One post is moved.", "%(n)s posts are moved.", number)
        case "submit":
            return ngettext("One post is sent for approval.", "%(n)s posts are sent for approval.", number)
        case _:
            return ngettext("One post is cancelled.", "%(n)s posts are cancelled.", number)


def _deed(form: Form) -> Deed:
    deed = form.text("deed", 20)
    if deed not in DEEDS:
        raise Invalid(N_("Choose what to do with them."), "deed")
    return deed


def _days(form: Form) -> int:
    return form.number("days", -FARTHEST, FARTHEST) if form.text("days", 8) else 0


def _told(form: Form) -> dict[int, str]:
    """What the page said of each: ``12:holds``."""
    pairs = [pair.partition(":") for pair in form.many("told")]
    return {number: code for text, _colon, code in pairs for number in numbers([text])}


def _back(form: Form) -> str:
    return local_path(form.text("back", 2000), f"/w/{place().slug}/calendar/")

"""What is done with whole items from any page: copy one, undo the last act."""

from __future__ import annotations

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid, OfficeError
from commsched.services.workflow import duplicate as duplicates
from commsched.services.workflow import undo as undoing
from commsched.web.components.clock_input import clock_time, day_typed
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.request_context import actor, installation
from commsched.web.http.responses import done, local_path, say

bp = Blueprint("acts", __name__, url_prefix="/w/<slug>")

MOST_UNDONE = 200


@bp.post("/items/<int:item_id>/duplicate")
@allow("write")
def duplicate(item_id: int) -> Response:
    """A draft that begins as a copy, ``days`` later or at a day and a time of one's own; it opens in the composer."""
    form = Form.read()
    try:
        days = form.number("days", 1, 3660) if form.text("days", 8) else None
        copy = duplicates.duplicate(installation(), actor(), item_id, days=days, when=_when(form))
    except OfficeError as error:
        if error.status >= 500 or error.status == 404:
            raise
        return done(translated(error.words), "items.show", "bad", item_id=item_id)
    return done(_("This is a copy. The original stays as it is."), "write.edit", item_id=copy)


def _when(form: Form) -> str | None:
    day, time = day_typed(form.text("publish_day", 40)), clock_time(form.text("publish_time", 20))
    if not (day or time):
        return None
    if not (day and time):
        raise Invalid(N_("Choose both a day and a time of day."), "publish_at")
    return f"{day}T{time}"


@bp.post("/undo")
@allow("schedule")
def undo() -> Response:
    """Undo the last move or cancellation of each ``item``, and go ``back``. What cannot be undone is named."""
    form, states = Form.read(), list[str]()
    for number in _numbers(form):
        try:
            states.append(undoing.undo(installation(), actor(), number))
        except OfficeError as error:
            if error.status >= 500:
                raise
            say(translated(error.words), "bad")
    _say_undone(states)
    return redirect(local_path(form.text("back", 2000)), 303)


def _say_undone(states: list[str]) -> None:
    """What was undone, by the state that it led to. An approval that a move cost is not back, and that is said."""
    waiting = states.count("in_review")
    if waiting:
        words = ngettext(
            "It has its time again, and waits for approval.",
            "%(n)s have their times again, and wait for approval.",
            waiting,
        )
        say(words)
    if whole := len(states) - waiting:
        say(ngettext("It is as it was before.", "%(n)s are as they were before.", whole))


def _numbers(form: Form) -> list[int]:
    sent = [number for number in form.many("item") if number.isascii() and number.isdigit() and len(number) < 12]
    return [int(number) for number in dict.fromkeys(sent)][:MOST_UNDONE]

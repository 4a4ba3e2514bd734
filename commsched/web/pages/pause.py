"""The one switch: pause everything with a reason; resume, and choose for each thing that was missed."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access import allow
from commsched.flow import missed, pause
from commsched.flow.restored import REASON
from commsched.web.answers import done
from commsched.web.forms import Form
from commsched.web.words import _, actor, ngettext, office, page, place, said

bp = Blueprint("pause", __name__, url_prefix="/w/<slug>/pause")


@bp.get("/")
@allow("pause")
def index() -> str:
    return _page(Form())


def _page(form: Form) -> str:
    read_back = missed.read_back(office(), actor())
    if read_back and place().pause_reason != REASON and not (read_back.asked or read_back.reading):
        read_back = None  # a restore of long ago
    return page("pause/index.html", form=form, missed=missed.missed(office(), actor()), read_back=read_back)


@bp.post("/")
@allow("pause")
def stop() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        pause.pause(office(), actor(), form.text("reason", 500))
        return done(_("Everything is paused. Nothing goes out until somebody resumes."), "today.index", "note")
    return _page(form), form.status


@bp.post("/resume")
@allow("pause")
def resume() -> str | Response | tuple[str, int]:
    """Start again. What was missed stays held, and the page asks about it, unless it shall all be sent now."""
    form = Form.read()
    with form.catch():
        left = pause.resume(office(), actor(), "send" if form.text("missed", 10) == "send" else "hold")
        if not left:
            return done(_("Going again. Everything goes out at its time."), "today.index")
        sentence = ngettext(
            "Going again. One delivery was missed: choose what becomes of it.",
            "Going again. %(n)s deliveries were missed: choose what becomes of them.",
            left,
        )
        return done(sentence, "pause.index", "note")
    return _page(form), form.status


@bp.post("/missed")
@allow("resolve")
def choose() -> Response:
    """Send or drop: one item's deliveries, or every one."""
    form = Form.read()
    choice, item = form.text("choice", 10), form.text("item", 20)
    wanted = [one for one in missed.missed(office(), actor()) if not item or str(one.item) == item]
    if choice not in ("send", "drop"):
        return done(_("Choose to send or to drop."), "pause.index", "bad")
    number, why = missed.choose(office(), actor(), [row[0] for one in wanted for row in one.deliveries], choice)
    if why:
        return done(said(why[0]), "pause.index", "bad")
    if choice == "send":
        sentence = ngettext("One delivery goes out now.", "%(n)s deliveries go out now.", number)
    else:
        sentence = ngettext("One delivery was dropped.", "%(n)s deliveries were dropped.", number)
    return done(sentence, "pause.index" if item else "today.index")

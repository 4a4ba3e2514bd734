"""The one switch: pause everything first, say why afterwards; resume, and choose for each thing that was missed."""

from __future__ import annotations

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.services.ops.after_restore import REASON
from commsched.services.workflow import missed, pause
from commsched.services.workflow.missed import MissedItem
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("pause", __name__, url_prefix="/w/<slug>/pause")


@bp.get("/")
@allow("pause")
def index() -> str:
    return _page(Form())


def _page(form: Form) -> str:
    read_back = missed.read_back(installation(), actor())
    if read_back and place().pause_reason != REASON and not (read_back.asked or read_back.reading):
        read_back = None  # a restore of long ago
    return page("desk/pause.html", form=form, read_back=read_back)


@bp.post("/")
@allow("pause")
def stop() -> str | Response | tuple[str, int]:
    """Stop at once. A reason that was not written is asked for when everything stands still."""
    form = Form.read()
    with form.catch():
        reason = form.text("reason", 500)
        pause.pause(installation(), actor(), reason, why_later=True)
        return done(
            _("Everything is paused. Nothing goes out until somebody resumes."),
            "today.index" if reason else "pause.index",
            "note",
        )
    return _page(form), form.status


@bp.post("/why")
@allow("pause")
def why() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        pause.say_why(installation(), actor(), form.text("reason", 500))
        return done(_("The others see why, on every page."), "today.index")
    return _page(form), form.status


@bp.post("/resume")
@allow("pause")
def resume() -> str | Response | tuple[str, int]:
    """Start again. What was missed stays held, and the page asks about it, unless it shall all be sent now."""
    form = Form.read()
    with form.catch():
        pause.resume(installation(), actor(), "send" if form.text("missed", 10) == "send" else "hold")
        left = len(missed.missed(installation(), actor()))
        if not left:
            return done(_("Going again. Everything goes out at its time."), "today.index")
        sentence = ngettext(
            "Going again. One post was missed: choose what becomes of it.",
            "Going again. %(n)s posts were missed: choose what becomes of them.",
            left,
        )
        return done(sentence, "pause.choices", "note")
    return _page(form), form.status


@bp.get("/missed")
@allow("read")
def choices() -> str:
    """What fell due during a pause, and what can become of it."""
    return page("desk/missed.html", missed=missed.missed(installation(), actor()))


@bp.post("/missed")
@allow("resolve")
def choose() -> str | Response:
    """Send or drop: one item's deliveries, or every one. What is past its latest time is sent only after a second
    question, and never with all the others."""
    form = Form.read()
    choice, item = form.text("choice", 10), form.text("item", 20)
    wanted = [waiting for waiting in missed.missed(installation(), actor()) if not item or str(waiting.item) == item]
    if choice not in ("send", "drop"):
        return done(_("Choose to send or to drop."), "pause.choices", "bad")
    late = [waiting for waiting in wanted if waiting.late] if choice == "send" else []
    if item and late and not form.flag("sure"):
        return _ask(late[0])
    if not item:
        wanted = [waiting for waiting in wanted if waiting not in late]
    number, why = missed.choose(
        installation(), actor(), [row[0] for waiting in wanted for row in waiting.deliveries], choice
    )
    if why:
        return done(translated(why[0]), "pause.choices", "bad")
    return done(_done(choice, number, 0 if item else len(late)), "pause.choices" if item or late else "today.index")


def _ask(waiting: MissedItem) -> str:
    return page(
        "http/sure.html",
        title=waiting.title,
        latest=waiting.latest,
        action=url_for("pause.choose"),
        fields={"item": waiting.item, "choice": "send"},
        back=url_for("pause.choices"),
    )


def _done(choice: str, number: int, left: int) -> str:
    if choice == "drop":
        return ngettext("One delivery was dropped.", "%(n)s deliveries were dropped.", number)
    sentence = ngettext("One delivery goes out now.", "%(n)s deliveries go out now.", number)
    if left:
        late = ngettext(
            "One post is past its latest time: choose for it by itself.",
            "%(n)s posts are past their latest time: choose for each by itself.",
            left,
        )
        sentence = f"{sentence} {late}"
    return sentence

"""Comments that others write under the office's posts: see them, hide them, report them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, OfficeError
from commsched.core.timing.wall_time import zone_of
from commsched.services.followup import answers, watch, watch_count, watch_settings
from commsched.services.kernel import members
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done, say

bp = Blueprint("watch", __name__, url_prefix="/w/<slug>/comments")
NAV = NavEntry("watch.index", N_("Comments"), "message-circle", order=40, group="daily", count="watch")

BACK = {"round": "watch.evening", "all": "watch.index"}
"""Where a form came from, and leads to."""


@bp.get("/")
@allow("read")
def index() -> str:
    """Those that nobody has seen; with ``?all=1`` every one, the newest first."""
    everything = bool(request.args.get("all"))
    seen = watch.read(installation(), actor(), everything=everything, before=_number("before"))
    with installation().store.read(actor().workspace) as session:
        ready = answers.ready_answers(session, approved=True) if seen.comments else []
    return page("watch/index.html", seen=seen, everything=everything, ready=ready)


@bp.get("/round")
@allow("read")
def evening() -> str:
    """One comment at a time, for one hand."""
    seen = watch.read(installation(), actor())
    skipped = _numbers(request.args.getlist("after"))[:100]
    left = [comment for comment in seen.comments if comment.row.id not in skipped]
    return page("watch/round.html", seen=seen, comment=left[0] if left else None)


@bp.post("/look")
@allow("resolve")
def look() -> Response:
    """What was on their page has been seen."""
    shown = _numbers(request.form.getlist("shown"))
    count = watch.look(installation(), actor(), shown[: watch.PAGE])
    if request.form.get("back") == "round" and shown:
        return _back("")
    words = ngettext("%(n)s comment is seen.", "%(n)s comments are seen.", count) if count else ""
    return _back(words or _("Noted: you have looked, and nothing was new."))


@bp.post("/<int:number>/hide")
@allow("resolve")
def hide(number: int) -> Response:
    hidden = not request.form.get("show")
    words = _("It is hidden on the network.") if hidden else _("It is shown on the network again.")
    return _act(words, lambda: watch.hide(installation(), actor(), number, hidden))


@bp.post("/<int:number>/report")
@allow("resolve")
def report(number: int) -> Response:
    def deed() -> None:
        watch.report(installation(), actor(), number, Form.read().text("reason", 1000))

    return _act(_("It is reported to the network."), deed)


@bp.post("/<int:number>/unsee")
@allow("resolve")
def unsee(number: int) -> Response:
    return _act(_("It waits again."), lambda: watch.unsee(installation(), actor(), number))


@bp.post("/<int:number>/answer")
@allow("write")
def answer(number: int) -> Response:
    """With a ready answer, or with words that are sent for approval."""
    form = Form.read()
    begun: list[int] = []

    def deed() -> None:
        ready = form.text("ready", 12)
        chosen = int(ready) if ready.isascii() and ready.isdigit() else 0
        words = "" if chosen else form.text("text", 5000)
        begun.append(answers.answer(installation(), actor(), number, words, chosen))

    answered = _act("", deed)
    if not begun:
        return answered
    return done(_("The answer is on its way, or waits for its yes: here it stands."), "items.show", item_id=begun[0])


@bp.post("/ready")
@allow("write")
def propose_ready() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        answers.propose(installation(), actor(), form.text("ready", 5000))
        return done(_("The ready answer is written. Somebody else approves it, here."), "watch.settings")
    return _settings(form), form.status


@bp.post("/ready/<int:number>/approve")
@allow("approve")
def approve_ready(number: int) -> Response:
    return _ready(_("The ready answer can be used."), lambda: answers.approve_ready(installation(), actor(), number))


@bp.post("/ready/<int:number>/end")
@allow("write")
def end_ready(number: int) -> Response:
    return _ready(_("The ready answer is gone."), lambda: answers.end_ready(installation(), actor(), number))


def _ready(words: str, deed: Callable[[], object]) -> Response:
    try:
        deed()
    except OfficeError as error:
        if error.status >= 500 or error.status == 404:
            raise
        return done(translated(error.words), "watch.settings", "bad")
    return done(words, "watch.settings")


@bp.get("/settings")
@allow("read")
def settings() -> str:
    return _settings(Form())


@bp.post("/settings")
@allow("administer")
def keep_settings() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        hours, days = (
            form.number("hours", 1, watch_settings.MOST_HOURS),
            form.number("days", watch_settings.LEAST_DAYS, watch_settings.MOST_DAYS),
        )
        watch_settings.keep(installation(), actor(), form.text("words", 20_000), hours, days)
        return done(_("The watch is set."), "watch.settings")
    return _settings(form), form.status


def _settings(form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        kept = watch_settings.of(members.workspace_of(session, actor()))
        ready = answers.ready_answers(session)
    month = installation().now().astimezone(zone_of(place().zone)).strftime("%Y-%m")
    return page("watch/settings.html", form=form, kept=kept, month=month, ready=ready)


def _act(words: str, deed: Callable[[], object]) -> Response:
    """Do it, and go back with what came of it in words."""
    try:
        deed()
    except OfficeError as error:
        if error.status >= 500 or error.status == 404:
            raise
        say(translated(error.words), "bad")
        return _back("")
    return _back(words)


def _back(words: str) -> Response:
    watch_count.forget(installation())
    wish = request.form.get("back", "")
    if words:
        say(words)
    return redirect(url_for(BACK.get(wish, "watch.index"), all=1 if wish == "all" else None), 303)


def _number(name: str) -> int:
    return next(iter(_numbers([request.args.get(name, "")])), 0)


def _numbers(texts: Iterable[str]) -> list[int]:
    """Those of ``texts`` that are numbers the store can count to."""
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16]

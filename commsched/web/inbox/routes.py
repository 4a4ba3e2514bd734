"""The shared inbox: a list, and a page for each letter with its conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, jsonify, request, send_file
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, OfficeError
from commsched.services.followup import watch_count
from commsched.services.inbox import answering, drafts, messages, originals
from commsched.services.inbox.messages import TABS, Conversation, Tab
from commsched.web.http.badges import Badge
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done, say
from commsched.web.inbox import words

bp = Blueprint("inbox", __name__, url_prefix="/w/<slug>/inbox")
NAV = NavEntry("inbox.index", N_("Inbox"), "inbox", order=58, group="daily", count="inbox")

KINDS: Final = {
    "automatic": Badge("grey", "bot", N_("Automatic answer")),
    "bounce": Badge("red", "mail-x", N_("Bounced")),
    "delayed": Badge("amber", "clock", N_("Delayed")),
    "leave": Badge("grey", "user-minus", N_("Wants no more mail")),
}
REPLIES: Final = {
    "waiting": Badge("blue", "clock", N_("Goes out in a moment")),
    "sending": Badge("teal", "send", N_("Going out")),
    "sent": Badge("green", "check", N_("Sent")),
    "unknown": Badge("violet", "circle-question-mark", N_("Did it go out?")),
    "failed": Badge("red", "octagon-x", N_("Did not go out")),
}


def _tab() -> Tab:
    wish = request.args.get("tab", "new")
    return next((tab for tab in TABS if tab == wish), "new")


@bp.get("/")
@allow("read")
def index() -> str:
    before = request.args.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else 0
    listing = messages.read(installation(), actor(), _tab(), number)
    return page("inbox/index.html", listing=listing, tab=_tab(), kinds=KINDS)


@bp.get("/<int:number>")
@allow("read")
def show(number: int) -> str:
    """A letter with its conversation. Whoever opens it has seen it."""
    if not request.headers.get("Sec-Purpose"):  # a browser that fetches ahead is nobody who reads
        messages.look(installation(), actor(), number)
    return _shown(number, Form())


def _shown(number: int, form: Form, html: str = "") -> str:
    talk = messages.open_one(installation(), actor(), number)
    with installation().store.read(actor().workspace) as session:
        written = drafts.of_message(installation(), session, number)
    own = next((draft for draft in written if draft.person == actor().person), None)
    others = [draft for draft in written if draft.person != actor().person]
    return page(
        "inbox/show.html",
        talk=talk,
        form=form,
        own=own,
        others=others,
        kinds=KINDS,
        replies=REPLIES,
        parted=words.parted,
        html=html,
        answerable=_answerable(talk),
    )


def _answerable(talk: Conversation) -> bool:
    shown = talk.message
    return bool(talk.mailbox and shown.address and shown.row.erased_at is None and shown.row.kind == "letter")


@bp.get("/<int:number>/html")
@allow("read")
def html(number: int) -> str | Answer:
    """The letter with its HTML, made safe, fetched from the mailbox."""
    try:
        shown = originals.html_of(installation(), actor(), number)
    except OfficeError as error:
        return _told(error, number)
    return _shown(number, Form(), Markup(shown or " "))  # noqa: S704 - made safe by the service


@bp.get("/<int:number>/files/<int:place>")
@allow("read")
def file(number: int, place: int) -> Response | Answer:
    """An attachment, to be saved: never shown, whatever it says that it is."""
    try:
        fetched = originals.attachment(installation(), actor(), number, place)
    except OfficeError as error:
        return _told(error, number)
    answer = send_file(
        fetched.data,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=fetched.name,
        max_age=0,
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _told(error: OfficeError, number: int) -> Answer:
    if error.status == 404 or error.status >= 500:
        raise error
    return done(translated(error.words), "inbox.show", "bad", number=number)


@bp.get("/<int:number>/now")
@allow("read")
def now(number: int) -> Response:
    """Who is writing an answer at this moment, and whether anything was decided: for the script."""
    with installation().store.read(actor().workspace) as session:
        row = messages.load(session, number)
        written = drafts.of_message(installation(), session, number)
    names = [draft.who for draft in written if draft.now and draft.person != actor().person]
    return jsonify(
        version=row.version, writing=_("%(names)s is writing an answer.", names=", ".join(names)) if names else ""
    )


@bp.post("/<int:number>/draft")
@allow("write")
def draft(number: int) -> str | Answer | tuple[str, int] | Response:
    """Keep what has been written so far. The script asks quietly."""
    form = Form.read()
    quiet = request.headers.get("X-Requested-With") == "fetch"
    with form.catch():
        drafts.save(installation(), actor(), number, str(form.value("text")))
        return now(number) if quiet else done(_("The draft is kept."), "inbox.show", number=number)
    return _shown(number, form), form.status


@bp.post("/<int:number>/answer")
@allow("write")
def answer(number: int) -> str | Answer | tuple[str, int]:
    """Send an answer. Where somebody was first, what was written is kept and the page shows what they did."""
    form = Form.read()
    with form.catch():
        answering.answer(installation(), actor(), number, str(form.value("text")), _version(form))
        watch_count.forget(installation())
        return done(_("The answer goes out now."), "inbox.show", number=number)
    if len(str(form.value("text"))) <= drafts.MOST:
        drafts.save(installation(), actor(), number, str(form.value("text")))
    return _shown(number, form), form.status


def _version(form: Form) -> int:
    typed = str(form.value("version"))
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else 0


@bp.post("/<int:number>/assign")
@allow("resolve")
def assign(number: int) -> Answer:
    form = Form.read()

    def deed() -> None:
        typed = str(form.value("person"))
        person = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else 0
        messages.assign(installation(), actor(), number, person, _version(form))

    return _act(number, _("It is noted who answers."), deed)


@bp.post("/<int:number>/aside")
@allow("resolve")
def aside(number: int) -> Answer:
    form, back = Form.read(), bool(request.form.get("back"))
    said = _("It waits for an answer again.") if back else _("It needs no answer.")
    return _act(number, said, lambda: messages.put_aside(installation(), actor(), number, _version(form), back=back))


@bp.post("/<int:number>/note")
@allow("comment")
def note(number: int) -> Answer:
    words_typed = str(Form.read().value("note"))
    return _act(
        number, _("The note is kept."), lambda: messages.write_note(installation(), actor(), number, words_typed)
    )


@bp.post("/<int:number>/restore")
@allow("resolve")
def restore(number: int) -> Answer:
    said = _("The address is written to again.")
    return _act(number, said, lambda: messages.restore_address(installation(), actor(), number))


@bp.post("/<int:number>/replies/<int:reply>")
@allow("resolve")
def decide(number: int, reply: int) -> Answer:
    """A person says whether an answer is out, or has one sent again."""
    out = request.form.get("answer") == "out"
    said = _("It is noted that it went out.") if out else _("It is sent again.")
    return _act(number, said, lambda: answering.decide(installation(), actor(), reply, out=out))


def _act(number: int, said: str, deed: Callable[[], object]) -> Answer:
    """Do it, and go back to the letter with what came of it in words."""
    watch_count.forget(installation())
    try:
        deed()
    except OfficeError as error:
        return _told(error, number)
    if request.form.get("to") == "list":
        say(said)
        return done("", "inbox.index")
    return done(said, "inbox.show", number=number)

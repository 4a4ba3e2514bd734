"""Leaving a list, choosing lists and subscribing: pages for people without an account, in the office's own looks.

A GET only asks, since mail scanners open every link. A POST to the address in the mail leaves at once (RFC 8058): a
mail program sends it for its reader, without cookie, form or redirect.
"""

from __future__ import annotations

from flask import Blueprint, g, make_response, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import one_click, public
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known, names
from commsched.core.text.messages import NotFound
from commsched.services.privacy import erasure, own_data
from commsched.services.public import newsroom
from commsched.services.public.newsroom import Newsroom
from commsched.services.subscriptions import choosing, leaving, offers, questions, subscribing
from commsched.services.subscriptions.leaving import Recipient
from commsched.services.subscriptions.questions import Kind, Question
from commsched.services.subscriptions.subscribing import Wish
from commsched.store.models import Workspace
from commsched.web.http.forms import Form
from commsched.web.http.request_context import installation, page
from commsched.web.public.newsroom import speak

bp = Blueprint("mailing", __name__)


def _answer(template: str, room: Newsroom | None, status: int = 200, **shown: object) -> Response:
    """A page that is kept nowhere and found by nobody: its address is a secret."""
    response = make_response(page(f"public/{template}.html", room=room, **shown), status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _gone(place: str) -> Response:
    try:
        room = newsroom.find_room(installation(), place)
    except NotFound:
        g.language = preferred(request.headers.get("Accept-Language", ""))
        return _answer("gone", None, 404)
    _speak(room)
    return _answer("mailing_state", room, 404, state="nowhere")


def _speak(room: Newsroom, language: str = "") -> None:
    """In the language that the reader chose, else the office's."""
    asked = request.values.get("language", "") or language
    speak(room)
    g.language = known(asked) if asked else g.language


def _whom(place: str, token: str) -> tuple[Newsroom, Recipient]:
    whom = leaving.open_link(installation(), token, place)
    room = newsroom.find_room(installation(), place)
    _speak(room)
    return room, whom


@bp.get("/n/<place>/u/<token>")
@public
def leaves(place: str, token: str) -> Response:
    """Asks whether they want to leave. Nothing is changed: a scanner may have followed the link."""
    try:
        room, whom = _whom(place, token)
    except NotFound:
        return _gone(place)
    shown = choosing.choices(installation(), whom, g.language)
    mine = next((each for each in shown.lists if each.channel == whom.channel), None)
    return _answer("leave", room, whom=whom, token=token, shown=shown, mine=mine)


@bp.post("/n/<place>/u/<token>")
@one_click
def leave(place: str, token: str) -> Response:
    """Leaves, at once and however often. ``what=everything`` leaves all that the office sends; a mail program that
    posts ``List-Unsubscribe=One-Click`` leaves the list whose mail it was."""
    try:
        room, whom = _whom(place, token)
    except NotFound:
        return _gone(place)
    everything = request.form.get("what") == "everything"
    source = leaving.BY_ONE_CLICK if request.form.get("List-Unsubscribe") else leaving.BY_LINK
    leaving.leave(installation(), whom, everything=everything, source=source)
    return _answer("mailing_state", room, state="left", everything=everything, token=token)


@bp.get("/n/<place>/u/<token>/lists")
@public
def choose(place: str, token: str) -> Response:
    """Which of the office's open lists they want, and in which language."""
    try:
        room, whom = _whom(place, token)
    except NotFound:
        return _gone(place)
    return _choices(room, whom, token, Form())


def _choices(room: Newsroom, whom: Recipient, token: str, form: Form) -> Response:
    shown = choosing.choices(installation(), whom, g.language)
    return _answer("choose", room, form.status, token=token, shown=shown, form=form, languages=names())


@bp.post("/n/<place>/u/<token>/lists")
@public
def chosen(place: str, token: str) -> Response:
    try:
        room, whom = _whom(place, token)
    except NotFound:
        return _gone(place)
    form = Form.read()
    with form.catch():
        asked = choosing.choose(installation(), whom, _ids(form), form.text("speaks", 8), request.remote_addr or "")
        return _answer("mailing_state", room, state="chosen", asked=asked, token=token)
    return _choices(room, whom, token, form)


def _ids(form: Form) -> tuple[int, ...]:
    typed = form.many("list")
    return tuple(int(number) for number in typed if number.isascii() and number.isdigit() and len(number) < 18)


@bp.get("/n/<place>/subscribe")
@public
def subscribe(place: str) -> Response:
    """The form: name, newsroom, address, which lists, and the words that are said yes to."""
    try:
        room = newsroom.find_room(installation(), place)
    except NotFound:
        return _gone(place)
    _speak(room)
    return _subscribe(room, Form())


def _subscribe(room: Newsroom, form: Form) -> Response:
    with installation().store.read(room.id) as session:
        opened = offers.open_now(session, session.get_one(Workspace, room.id), g.language)
    if not opened.lists:
        return _answer("mailing_state", room, 404, state="closed")
    return _answer("subscribe", room, form.status, opened=opened, form=form, languages=names())


@bp.post("/n/<place>/subscribe")
@public
def subscribed(place: str) -> Response:
    """The answer is the same whoever it is that is asked for."""
    try:
        room = newsroom.find_room(installation(), place)
    except NotFound:
        return _gone(place)
    _speak(room)
    form = Form.read()
    with form.catch():
        wish = Wish(
            form.needed("address", 254),
            form.text("name", subscribing.MOST_NAME),
            form.text("outlet", subscribing.MOST_NAME),
            _ids(form),
            g.language,
            request.remote_addr or "",
        )
        subscribing.ask(installation(), room.id, wish)
        return _answer("mailing_state", room, state="asked", address=wish.address)
    return _subscribe(room, form)


@bp.post("/n/<place>/u/<token>/about")
@public
def about(place: str, token: str) -> Response:
    """Asks by mail whether it is they who want to see (``what=data``) or to have erased what is kept of them."""
    try:
        room, whom = _whom(place, token)
    except NotFound:
        return _gone(place)
    form = Form.read()
    kind: Kind = "erase" if form.text("what", 20) == "erase" else "data"
    with form.catch():
        choosing.ask_about(installation(), whom, kind, g.language, request.remote_addr or "")
        return _answer("mailing_state", room, state="asked_about", token=token)
    return _choices(room, whom, token, form)


@bp.get("/n/<place>/yes/<token>")
@public
def question(place: str, token: str) -> Response:
    """Asks. Only the button on this page answers."""
    return _question(place, token)


@bp.post("/n/<place>/yes/<token>")
@public
def answered(place: str, token: str) -> Response:
    return _question(place, token)


def _question(place: str, token: str) -> Response:
    asked = questions.read(installation(), token)
    try:
        room = newsroom.find_room(installation(), place)
    except NotFound:
        return _gone(place)
    if asked is None or asked.workspace != room.id:
        return _gone(place)
    _speak(room)
    if asked.is_old(installation().now()):
        return _answer("mailing_state", room, 410, state="old")
    if asked.kind == "confirm":
        return _subscription(room, asked, token)
    return _about(room, asked, token)


def _subscription(room: Newsroom, asked: Question, token: str) -> Response:
    answering = request.method == "POST"
    step = subscribing.confirm if answering else subscribing.waiting
    waiting = step(installation(), asked)
    if waiting is None:
        return _answer("mailing_state", room, 410, state="old")
    if answering or waiting.done:
        return _answer("mailing_state", room, state="confirmed", waiting=waiting)
    return _answer("confirm", room, waiting=waiting, token=token)


def _about(room: Newsroom, asked: Question, token: str) -> Response:
    if request.method != "POST":
        return _answer("about_you", room, kind=asked.kind, token=token)
    if asked.kind == "erase":
        erasure.answer(installation(), asked)
        return _answer("mailing_state", room, state="erased")
    with installation().store.read(room.id) as session:
        data = own_data.collect(installation(), session, room.id, asked.blind)
    if request.form.get("what") == "json":
        return _file(own_data.as_json(data), "application/json", "json")
    return _file(own_data.as_html(data, g.language).encode(), "text/html; charset=utf-8", "html")


def _file(body: bytes, kind: str, ending: str) -> Response:
    """To be kept, not opened: it is shown on no page of ours."""
    response = make_response(body)
    response.headers["Content-Type"] = kind
    response.headers.set("Content-Disposition", "attachment", filename=f"data.{ending}")
    response.headers["Cache-Control"] = "no-store"
    return response

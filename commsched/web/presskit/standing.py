"""The office's standing press kit: who is in it, with portrait and biography, in which order."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import Invalid, OfficeError
from commsched.services.kernel.members import workspace_of
from commsched.services.media import search
from commsched.services.press import standing
from commsched.services.press.standing import Wish
from commsched.services.public import press_room
from commsched.store.models import Media, PressPerson
from commsched.web.components.pictures import take_in
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("presskit", __name__, url_prefix="/w/<slug>/press-kit")

SHOWN = 60
"""Pictures of the library to choose a portrait from."""


@bp.get("/")
@allow("read")
def index() -> str:
    """Everybody, the logos, and what the public sees of it."""
    with installation().store.read(actor().workspace) as session:
        people = press_room.portrayed(installation(), session, standing.people(session))
        place = workspace_of(session, actor())
    return page("presskit/index.html", people=people, about=str(place.settings.get("about", "")))


@bp.get("/new")
@allow("write")
def new() -> str | tuple[str, int]:
    return _form(Form(), None)


@bp.post("/new")
@allow("write")
def add() -> str | Response | tuple[str, int]:
    return _save(None)


@bp.get("/<int:number>")
@allow("write")
def edit(number: int) -> str | tuple[str, int]:
    with installation().store.read(actor().workspace) as session:
        row = standing.find(session, number)
    return _form(Form(), row)


@bp.post("/<int:number>")
@allow("write")
def change(number: int) -> str | Response | tuple[str, int]:
    return _save(number)


def _save(number: int | None) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        standing.save(installation(), actor(), _read(form), number)
        return done(_("The press kit is saved."), "presskit.index")
    with installation().store.read(actor().workspace) as session:
        row = standing.find(session, number) if number is not None else None
    return _form(form, row)


def _read(form: Form) -> Wish:
    chosen = form.text("media", 20)
    media = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
    file = request.files.get("portrait")
    if file is not None and file.filename:
        taken, refused = take_in([file])
        if refused:
            raise Invalid(refused[0], "portrait")
        media = taken[0].media.id
    return Wish(form.text("name", 200), form.text("role", 200), form.text("biography", 5000), media)


def _form(form: Form, row: PressPerson | None) -> str | tuple[str, int]:
    with installation().store.read(actor().workspace) as session:
        pictures = {each.id: each for each in search.newest(session, limit=SHOWN)}
        if row is not None and row.media_id is not None:
            pictures |= search.rows(session, [row.media_id])
    body = page("presskit/person.html", form=form, row=row, pictures=_called(pictures))
    return (body, form.status) if form.errors else body


def _called(pictures: dict[int, Media]) -> list[tuple[int, str]]:
    return [(number, (row.filename or row.alt or f"#{number}")[:80]) for number, row in pictures.items()]


@bp.post("/<int:number>/remove")
@allow("write")
def remove(number: int) -> Response:
    return _act(lambda: standing.remove(installation(), actor(), number), _("Taken out of the press kit."))


@bp.post("/<int:number>/up")
@allow("write")
def up(number: int) -> Response:
    return _act(lambda: standing.move_up(installation(), actor(), number), _("Moved."))


def _act(deed: Callable[[], None], sentence: str) -> Response:
    try:
        deed()
    except OfficeError as error:
        return done(translated(error.words), "presskit.index", "bad")
    return done(sentence, "presskit.index")

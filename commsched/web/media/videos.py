"""The office's videos: seen, with a poster that is a picture of the library, and another moment to choose for it."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid
from commsched.core.text.numbers import decimal_mark
from commsched.services.media import search, videos
from commsched.store.models import Video
from commsched.web.components import files
from commsched.web.components.pictures import picture_url
from commsched.web.http.forms import Form
from commsched.web.http.headers import POLICY
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, language, page
from commsched.web.http.responses import done

bp = Blueprint("videos", __name__, url_prefix="/w/<slug>/pictures/videos")


def lasts(milliseconds: int, tenths: bool = False) -> str:
    """``1:05``, or with tenths of a second ``1:05,3`` as Swedish has it."""
    seconds = milliseconds / 1000 if tenths else round(milliseconds / 1000)
    text = f"{int(seconds // 60)}:{seconds % 60:04.1f}" if tenths else f"{seconds // 60}:{seconds % 60:02d}"
    return text.replace(".", decimal_mark(language()))


bp.add_app_template_filter(lasts, "lasts")


@bp.get("/")
@allow("read")
def index() -> str:
    """All videos, newest first."""
    before = request.args.get("before", "")
    before = before if before.isascii() and before.isdigit() and len(before) < 16 else ""
    with installation().store.read(actor().workspace) as session:
        rows = videos.newest(session, int(before) if before else None)
    return page("media/videos.html", rows=rows, more=len(rows) == videos.PAGE, picture_url=picture_url)


@bp.get("/<int:number>")
@allow("read")
def show(number: int) -> Response:
    return _page(videos.find(installation(), actor(), number), Form())


def _page(row: Video, form: Form) -> Response:
    with installation().store.read(actor().workspace) as session:
        poster = search.rows(session, [row.poster_id]).get(row.poster_id) if row.poster_id else None
    body = page("media/video.html", row=row, form=form, poster=poster, picture_url=picture_url)
    response = Response(body, form.status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = f"{POLICY}; media-src 'self'"
    return response


@bp.post("/<int:number>")
@allow("write")
def choose(number: int) -> AnyResponse:
    """Another moment for the poster: one of those proposed, or any other in seconds."""
    form = Form.read()
    row = videos.find(installation(), actor(), number)
    with form.catch():
        videos.choose(installation(), actor(), number, _moment(form))
        return done(
            _("The poster is changed. What is written already keeps the picture it has."), "videos.show", number=number
        )
    return _page(row, form)


def _moment(form: Form) -> int:
    """Milliseconds. A press on a still says which; else the field of seconds does."""
    pressed, typed = form.text("at", 20), form.text("moment", 20).replace(",", ".")
    try:
        milliseconds = float(pressed) if pressed else float(typed) * 1000
    except ValueError:
        milliseconds = -1.0
    if not 0 <= milliseconds < 10**9:
        raise Invalid(N_("Write a number of seconds, such as 12.5."), "moment")
    return round(milliseconds)


@bp.post("/<int:number>/delete")
@allow("write")
def remove(number: int) -> AnyResponse:
    videos.remove(installation(), actor(), number)
    return done(_("The video is deleted. Its poster is still among the pictures."), "videos.index")


@bp.get("/<int:number>/file")
@allow("read")
def file(number: int) -> Response:
    """The video itself, or the part of it that a player asks for."""
    row = videos.find(installation(), actor(), number)
    return _as_it_is(files.send(videos.file_of(installation(), row), row.sha256))


@bp.get("/<int:number>/moments/<int:moment>")
@allow("read")
def still(number: int, moment: int) -> Response:
    """A small picture of one of the moments proposed."""
    row = videos.find(installation(), actor(), number)
    return _as_it_is(files.send(videos.still(installation(), row, moment), f"{row.sha256[:32]}-{moment}"))


def _as_it_is(response: Response) -> Response:
    """Bytes that never change under their address, and that are what they are, whatever a browser guesses."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

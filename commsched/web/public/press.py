"""What the press takes with it: the kit of a release, its text, the page of press pictures; and the office's look."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.content.model import ENDINGS
from commsched.core.text.messages import N_, NotFound
from commsched.services.public import front_page, invitations, look, newsroom, press_kit, press_room, release_pdf
from commsched.web.components import files
from commsched.web.components.counting import visited
from commsched.web.http.request_context import installation, page
from commsched.web.public.newsroom import SHORTLY, absolute, dated, language_url, outward, speak

bp = Blueprint("press", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
"""For what is asked for by the hash of what it is."""


@bp.get("/n/<place>/pictures")
@outward
def pictures(place: str) -> AnyResponse:
    """Every press picture of the office, with byline and alt text."""
    cursor = request.args.get("before", "")
    shown = press_room.pictures(installation(), place, cursor)
    kit = press_room.press_room(installation(), place) if not cursor else None
    speak(shown.room)
    changed = front_page.changed_at(installation(), shown.room, shown.entries)
    body = page("public/pictures.html", shown=shown, room=shown.room, kit=kit)
    return dated(body, changed) if kit is None or kit.empty else make_response(body)


@bp.get("/n/<place>/press-kit.zip")
@outward
def standing_kit(place: str) -> AnyResponse:
    """Portraits, biographies and logos in one file."""
    _room, kit = press_room.kit(installation(), place)
    response = Response(press_kit.stream(kit), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=kit.name)
    response.headers["X-Robots-Tag"] = "noindex"
    response.set_etag(kit.etag)
    return response


@bp.get("/n/<place>/print-logo")
@outward
def print_logo(place: str) -> AnyResponse:
    """The logo as the office has it; ``?dark=1`` is the one for dark grounds."""
    logo = press_room.logo(installation(), place, bool(request.args.get("dark")))
    if logo is None:
        raise NotFound(N_("There is no such picture."))
    name = f"{place}-logo{'-on-dark' if logo.dark else ''}{ENDINGS.get(logo.file.mime, '')}"
    response = files.send(logo.file, f"{logo.sha256}-print", name=name)
    response.headers["Cache-Control"] = SHORTLY
    return response


@bp.get("/n/<place>/<address>/press.zip")
@outward
def kit(place: str, address: str) -> AnyResponse:
    """A release's text and pictures in one file, written while it is sent."""
    room, entry, kit = press_kit.kit(installation(), place, address, language_url)
    visited(entry.uid, room.zone, "kit")
    response = Response(press_kit.stream(kit), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=kit.name)
    response.headers["X-Robots-Tag"] = "noindex"
    response.set_etag(kit.etag)
    return dated(response, front_page.changed_at(installation(), room, [entry]))


def _address(place: str, address: str) -> str:
    return absolute("newsroom.item", place=place, address=address)


@bp.get("/n/<place>/<address>/release.pdf")
@outward
def pdf(place: str, address: str) -> AnyResponse:
    """A release to read and print, tagged for screen readers; ``?language=en``: in that language."""
    room, entry = newsroom.entry(installation(), place, address)
    visited(entry.uid, room.zone, "pdf")
    tag = entry.in_language(request.args.get("language", "")[:35]).content.language
    file = release_pdf.of(installation(), room, entry, language_url(room, entry, tag), language=tag)
    response = files.send(file, file.key.rpartition("-")[2][:-4], name="")
    response.headers.set("Content-Disposition", "inline", filename=f"{entry.named(tag)}.pdf")
    response.headers["X-Robots-Tag"] = "noindex"
    return dated(response, front_page.changed_at(installation(), room, [entry]))


@bp.get("/n/<place>/<address>/event.ics")
@outward
def event(place: str, address: str) -> AnyResponse:
    """The event of an invitation for a calendar; called off where the invitation was taken down."""
    front = absolute("newsroom.front", place=place)
    text = invitations.file(installation(), place, address, _address(place, address), front)
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="event.ics")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/n/<place>/<address>/text")
@outward
def text(place: str, address: str) -> AnyResponse:
    """A release as text to paste: what *Copy the text* copies, and what it opens without a script."""
    room, entry = newsroom.entry(installation(), place, address)
    visited(entry.uid, room.zone, "text")
    said = entry.in_language(request.args.get("language", "")[:35])
    response = Response(press_kit.plain(room, said), content_type="text/plain; charset=utf-8")
    response.headers["X-Robots-Tag"] = "noindex"
    return dated(response, front_page.changed_at(installation(), room, [entry]))


@bp.get("/n/<place>/look.css")
@outward
def style(place: str) -> Response:
    """The office's colours. Pages ask for it by its hash."""
    shown = look.look(installation(), newsroom.find_room(installation(), place).id)
    response = Response(shown.css, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = FOR_EVER if request.args.get("v") == shown.key else SHORTLY
    return response


@bp.get("/n/<place>/logo")
@outward
def logo(place: str) -> AnyResponse:
    """The office's logo; ``?dark=1`` is the one for dark grounds."""
    file, etag = look.logo(installation(), place, bool(request.args.get("dark")))
    response = files.send(file, etag)
    response.headers["Cache-Control"] = SHORTLY
    return response

"""The secret address of what is under embargo: for newsrooms that have got it before everybody else.

Whoever has the address reads, and nobody else finds it: it is in no list, no search engine keeps it, and no page that
is opened from it learns it. What ends it answers as an address that never was.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import public
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, NotFound
from commsched.services.media import thumbnails
from commsched.services.public import embargoed, press_kit, release_pdf
from commsched.services.public.newsroom import Publication
from commsched.web.components import files
from commsched.web.components.documents import serve
from commsched.web.http.request_context import installation, page

bp = Blueprint("embargoed", __name__, url_prefix="/e")


@bp.get("/<token>")
@public
def show(token: str) -> Response:
    """The item, with the notice on top; once it is in the newsroom, the way there."""
    try:
        preview = embargoed.preview(installation(), token)
    except NotFound:
        g.language = preferred(request.headers.get("Accept-Language", ""))
        return _secret(make_response(page("public/gone.html", room=None), 404))
    if preview.public:
        return _secret(redirect(url_for("newsroom.item", place=preview.room.slug, address=preview.public)))
    entry, tag = preview.entry, _language(preview.entry)
    g.language = known(tag, known(preview.room.language))
    others = [(each, _url(token, each)) for each in entry.content.languages] if entry.content.versions else []
    shown = {"preview": preview, "room": preview.room, "entry": entry.in_language(tag)}
    body = page("public/embargoed.html", **shown, others=others, here=_url(token, tag))
    return _secret(make_response(body))


@bp.get("/<token>/release.pdf")
@public
def pdf(token: str) -> Response:
    """What the address shows, to print. The embargo stands first on the sheet."""
    preview = embargoed.preview(installation(), token)
    tag = _language(preview.entry)
    file = release_pdf.of(installation(), preview.room, preview.entry, _url(token, tag), "embargo", tag)
    response = files.send(file, file.key.rpartition("-")[2][:-4])
    response.headers.set("Content-Disposition", "inline", filename=f"embargo-{preview.entry.named(tag)}.pdf")
    return _secret(response)


@bp.get("/<token>/press.zip")
@public
def kit(token: str) -> Response:
    """Its text and pictures in one file."""
    preview = embargoed.preview(installation(), token)
    kit = press_kit.kit_of(installation(), preview.room, preview.entry, partial(_url, token), "embargo")
    response = Response(press_kit.stream(kit), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=f"embargo-{kit.name}")
    return _secret(response)


def _url(token: str, tag: str = "") -> str:
    return installation().base_url + url_for("embargoed.show", token=token, language=tag or None)


def _language(entry: Publication) -> str:
    """The language that is asked for, where the release has words of that; else its own."""
    return entry.in_language(request.args.get("language", "")[:35]).content.language


@bp.get("/<token>/<name>")
@public
def picture(token: str, name: str) -> Response:
    """A picture of the item, whole: for print and for pages."""
    file, row = embargoed.picture(installation(), token, name)
    download = f"embargo-{row.sha256[:10]}{row.suffix}" if request.args.get("download") else ""
    return _secret(files.send(file, row.sha256, name=download))


@bp.get("/<token>/documents/<name>")
@public
def document(token: str, name: str) -> Response:
    """A document of the item, to be saved."""
    file, shown = embargoed.document(installation(), token, name)
    return _secret(serve(file, shown, f"embargo {shown.title}"))


@bp.get("/<token>/<int:width>/<name>")
@public
def scaled(token: str, width: int, name: str) -> Response:
    """The same, made narrower."""
    whole, row = embargoed.picture(installation(), token, name)
    if width not in thumbnails.WIDTHS:
        raise NotFound(N_("There is no such picture."))
    file = thumbnails.scaled(installation(), whole, row, width)
    return _secret(files.send(file, f"{row.sha256}-{width}"))


def _secret(response: Response) -> Response:
    """Kept by no cache and no search engine, shown on no other page, and told to no page that is opened from it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response

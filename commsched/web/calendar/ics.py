"""A private calendar address: it needs no session because it holds a secret, and it ends when it is revoked."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, request

from commsched.core.access.routes import public
from commsched.services.accounts import tokens
from commsched.services.views import ics
from commsched.web.http.request_context import installation

bp = Blueprint("ics", __name__)


@bp.get("/ics/<secret>.ics")
@bp.get("/calendar/<secret>.ics")
@public
def feed(secret: str) -> Response:
    """The feed, or 304 where the calendar program has it."""
    owner = tokens.feed_owner(installation(), secret) if len(secret) < 200 else None
    if owner is None:
        abort(404)
    etag = ics.tag(installation(), owner)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = make_response(ics.calendar(installation(), owner))
        response.content_type = "text/calendar; charset=utf-8"
        response.headers["Content-Disposition"] = 'inline; filename="commsched.ics"'
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "private, max-age=300"
    response.headers["X-Robots-Tag"] = "noindex"
    return response

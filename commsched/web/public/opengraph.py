"""The picture that a link to the newsroom shows where it is shared."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response

from commsched.services.kernel.blobs import File
from commsched.services.public import opengraph
from commsched.web.http.request_context import installation
from commsched.web.public.newsroom import outward

bp = Blueprint("opengraph", __name__)


@bp.get("/n/<place>/<address>/link.jpg")
@outward
def link(place: str, address: str) -> Response:
    """Only for published items. A release's own picture takes precedence over it."""
    return _sent(opengraph.picture(installation(), place, address))


@bp.get("/n/<place>/link.jpg")
@outward
def front(place: str) -> Response:
    """For a link to the newsroom itself."""
    return _sent(opengraph.front(installation(), place))


def _sent(file: File) -> Response:
    response = Response(file.read(), mimetype=file.mime)
    response.set_etag(hashlib.sha256(file.key.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

"""What an office of this installation is, for networks that read it at an address instead of registering apps."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from commsched.core.access.routes import public
from commsched.services.public import client_documents
from commsched.web.http.request_context import installation

bp = Blueprint("client_documents", __name__, url_prefix="/oauth")


@bp.get("/<place>/<key>.json")
@public
def show(place: str, key: str) -> Response:
    """The document; its address is what the network knows the office by."""
    answer = jsonify(client_documents.document(installation(), place, key))
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer

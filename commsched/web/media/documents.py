"""An office's documents, for whoever may read what they go with."""

from __future__ import annotations

from flask import Blueprint, Response, request

from commsched.core.access.routes import allow
from commsched.services.documents import library
from commsched.web.components.documents import document_url, document_words, serve
from commsched.web.http.request_context import actor, installation

bp = Blueprint("documents", __name__, url_prefix="/w/<slug>/documents")
bp.add_app_template_filter(document_words, "document_words")
bp.add_app_template_global(document_url, "document_url")


@bp.get("/<sha256>")
@allow("read")
def file(sha256: str) -> Response:
    """The document, to be saved. ``?as=`` is what the item calls it."""
    row = library.find_by_hash(installation(), actor(), sha256)
    return serve(library.file_of(installation(), row), row, request.args.get("as", "")[:150])

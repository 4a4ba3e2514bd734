"""Documents of press releases by program: handed in here, then named in ``documents`` of an item."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response, request
from werkzeug.wsgi import wrap_file

from commsched.api import bodies
from commsched.api.problems import WrongType
from commsched.api.routing import ID, PREFIX, WithHeaders, actor, installation, route, section
from commsched.core.media.documents import file_name
from commsched.core.text.messages import N_, Invalid
from commsched.services.documents import library
from commsched.store.models import Document

bp = section("documents")
ONE = f"/documents/<{ID}:id>"
_HOW = N_("Send the document as multipart/form-data, in the field “file”.")


class DocumentOut(msgspec.Struct):
    id: int
    """What ``documents`` of an item names."""
    sha256: str
    mime: str
    """By its bytes, whatever its name says."""
    size: int
    title: str
    """What readers see it called where the item does not say."""
    url: str
    found: dict[str, bool | list[str]]
    """What stands in it beside its words, and that its sender should know: ``authors``, ``changes``, ``comments``,
    ``hidden``, ``notes``, ``inside``, ``links``, ``formulas``."""
    again: bool = False
    """The office had these very bytes already."""


class DocumentUpload(bodies.In):
    """``multipart/form-data``."""

    file: Annotated[bytes, msgspec.Meta(extra_json_schema={"format": "binary"})]


@route(
    bp,
    "POST",
    "/documents",
    "write",
    "Hand in a document; the same bytes are one document",
    body=DocumentUpload,
    answer=DocumentOut,
    status=201,
    errors=(422,),
    media_type="multipart/form-data",
)
def add_document() -> WithHeaders[DocumentOut]:
    if request.mimetype != "multipart/form-data":
        raise WrongType(_HOW, "Content-Type")
    file = request.files.get("file")
    if file is None:
        raise Invalid(_HOW, "file")
    taken = library.add_from(installation(), actor(), file.stream, file.filename or "")
    answer = _out(taken.document, taken.again)
    return WithHeaders(answer, {"Location": f"{installation().base_url}{PREFIX}/documents/{answer.id}"})


@route(bp, "GET", ONE, "read", "Show what is known of a document", answer=DocumentOut, errors=(404,))
def get_document(id: int) -> DocumentOut:
    return _out(library.find(installation(), actor(), id))


def _out(row: Document, again: bool = False) -> DocumentOut:
    url = f"{installation().base_url}{PREFIX}/documents/{row.id}/file"
    return DocumentOut(row.id, row.sha256, row.mime, row.size, row.title, url, dict(row.facts), again)


@route(bp, "GET", f"{ONE}/file", "read", "The document itself", answer=bytes, errors=(404,), media_type="*/*")
def get_document_file(id: int) -> Response:
    row = library.find(installation(), actor(), id)
    file = library.file_of(installation(), row)
    size, stream = file.size(), file.open()
    answer = Response(wrap_file(request.environ, stream), content_type=row.mime, direct_passthrough=True)
    answer.call_on_close(stream.close)
    answer.content_length = size
    answer.headers.set("Content-Disposition", "attachment", filename=file_name(row.title, row.mime, row.sha256))
    answer.set_etag(row.sha256)
    answer.make_conditional(request, accept_ranges=True, complete_length=size)
    return answer

"""Documents on any page: what a link to one says, where it is, and how it is sent."""

from __future__ import annotations

from typing import Protocol

from flask import Response, url_for

from commsched.core.media.documents import described, file_name
from commsched.services.kernel.blobs import File
from commsched.web.components import files
from commsched.web.http.request_context import language


class Shown(Protocol):
    """A document as an item has it, or its row."""

    @property
    def sha256(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def mime(self) -> str: ...
    @property
    def size(self) -> int: ...


def document_words(document: Shown, title: str = "") -> str:
    """``Budgetförslag 2027 (PDF, 1,2 MB)`` in the page's language."""
    return described(title or document.title, document.mime, document.size, language())


def document_url(sha256: str) -> str:
    """Where a signed-in person's browser finds a document."""
    return url_for("documents.file", sha256=sha256)


def serve(file: File, document: Shown, title: str = "") -> Response:
    """The bytes, to be saved and never shown: a document is opened by the program that it is for."""
    name = file_name(title or document.title, document.mime, document.sha256)
    response = files.send(file, document.sha256, name=name, mime=document.mime)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Robots-Tag"] = "noindex"
    return response

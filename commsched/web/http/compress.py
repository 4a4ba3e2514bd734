"""Answers are compressed where the browser takes it: quickly, since the wire is short and the processor is shared.

Our cookies are SameSite=Lax, so no other site can make a signed-in browser fetch a page with its own text in it and
measure how long the answer is.
"""

from __future__ import annotations

import gzip
from typing import Final

from flask import Flask, Response, request

LEVEL: Final = 2
LEAST: Final = 1400
"""Bytes: what fits in one packet anyway is left alone."""
_TYPES: Final = (
    "text/",
    "application/json",
    "application/problem+json",
    "application/xml",
    "application/atom+xml",
    "application/feed+json",
    "application/javascript",
    "image/svg+xml",
)


def install(app: Flask) -> None:
    app.after_request(_compress)


def _compress(given: Response) -> Response:
    if not (given.mimetype or "").startswith(_TYPES) or given.status_code in (204, 206, 304):
        return given
    given.vary.add("Accept-Encoding")
    streamed = given.is_streamed and not _small_file(given)
    if not request.accept_encodings["gzip"] or given.content_encoding or streamed:
        return given
    given.direct_passthrough = False
    source = given.response
    data = given.get_data()
    if close := getattr(source, "close", None):
        close()  # a file that has been read whole
    if len(data) < LEAST:
        return given
    given.set_data(gzip.compress(data, LEVEL, mtime=0))
    given.content_encoding = "gzip"
    if given.headers.get("ETag"):
        tag, _weak = given.get_etag()
        given.set_etag(tag or "", weak=True)
    return given


def _small_file(given: Response) -> bool:
    """A static file comes as a stream of known length."""
    return given.direct_passthrough and (given.content_length or 0) < 2**20

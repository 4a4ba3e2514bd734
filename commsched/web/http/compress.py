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
    """Compress the answers that a browser takes compressed."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if not (response.mimetype or "").startswith(_TYPES) or response.status_code in (204, 206, 304):
        return response
    response.vary.add("Accept-Encoding")
    streamed = response.is_streamed and not _small_file(response)
    if not request.accept_encodings["gzip"] or response.content_encoding or streamed:
        return response
    response.direct_passthrough = False
    source = response.response
    data = response.get_data()
    if close := getattr(source, "close", None):
        close()  # a file that has been read whole
    if len(data) < LEAST:
        return response
    response.set_data(gzip.compress(data, LEVEL, mtime=0))
    response.content_encoding = "gzip"
    if response.headers.get("ETag"):
        tag, _weak = response.get_etag()
        response.set_etag(tag or "", weak=True)
    return response


def _small_file(response: Response) -> bool:
    """A static file comes as a stream of known length."""
    return response.direct_passthrough and (response.content_length or 0) < 2**20

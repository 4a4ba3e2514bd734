"""The signed addresses from which networks fetch the files of what is going out: Instagram and Threads take no uploads.

Without a sign-in, cookie, list or search engine. Whatever is wrong with an address is answered as one that never was.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Final

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from commsched.core.access.routes import public
from commsched.core.text.messages import NotFound
from commsched.services.accounts.login_throttle import network
from commsched.services.public import fetched_media
from commsched.web.components import files
from commsched.web.http.request_context import installation

bp = Blueprint("fetched", __name__, url_prefix="/m")

BURST: Final = 300
"""Requests at once from one address: twenty pictures, each asked for a few times, for a few posts."""
PER_SECOND: Final = 2.0
_MOST: Final = 2_000
"""Addresses remembered at once."""


class _Pace(msgspec.Struct):
    """How much each address may still ask for. Kept in this process only."""

    _left: dict[str, tuple[float, datetime]] = msgspec.field(default_factory=dict)
    _lock: threading.Lock = msgspec.field(default_factory=threading.Lock)

    def take(self, name: str, now: datetime) -> bool:
        """Count one request; whether it is within what is allowed."""
        with self._lock:
            left, since = self._left.get(name, (float(BURST), now))
            left = min(float(BURST), left + max(0.0, (now - since).total_seconds()) * PER_SECOND)
            if name not in self._left and len(self._left) >= _MOST:
                self._left.pop(next(iter(self._left)))
            self._left[name] = (max(0.0, left - 1), now)
            return left >= 1


pace = _Pace()


@bp.get("/<token>/<name>")
@public
def file(token: str, name: str) -> Response:
    """The file's bytes, or the range of them that was asked for."""
    if not pace.take(network(request.remote_addr or ""), installation().now()):
        return _plain(429, "Too many requests")
    try:
        stored, sha256 = fetched_media.file(installation(), token, name)
        response = files.send(stored, sha256)
    except (NotFound, FileNotFoundError):
        return _plain(404, "Not found")
    except RequestedRangeNotSatisfiable:
        return _plain(416, "There is no such part of it")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _unlisted(response)


def _plain(status: int, words: str) -> Response:
    """In few bytes, since a machine asks."""
    return _unlisted(Response(f"{words}\n", status, content_type="text/plain; charset=utf-8"))


def _unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

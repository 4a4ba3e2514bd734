"""Whether a page is the one the browser has: an ETag over all that could make it look different."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from flask import Response, g, make_response, request, session

from commsched.services.kernel.heartbeats import goes
from commsched.web.http import csrf
from commsched.web.http.nav import waiting_count
from commsched.web.http.paths import STATIC, templates
from commsched.web.http.request_context import installation, language, rail_is_narrow


@lru_cache(maxsize=1)
def _build() -> str:
    """A digest that changes with every template and style sheet."""
    files = [*templates().rglob("*.html"), *STATIC.rglob("*.*")]
    said = sorted(f"{file}:{file.stat().st_mtime_ns}" for file in files)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def tag(*stamps: object) -> str:
    """The ETag of this request's page: ``stamps`` stand for what it shows; the frame around every page is added
    here."""
    visitor, place = g.visitor, g.place
    beats = visitor.trouble or goes(visitor.heartbeat, installation().now())
    said = (
        _build(),
        request.full_path,
        language(),
        request.cookies.get("theme", ""),
        rail_is_narrow(),
        waiting_count() if visitor.place else 0,
        csrf.form_token(),
        visitor.name,
        visitor.email,
        visitor.role,
        place,
        beats,
        stamps,
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def not_modified(etag: str) -> Response | None:
    """304 where the browser has the page already. A page with a message on it is always new."""
    if "_flashes" in session or not request.if_none_match.contains_weak(etag):
        return None
    return _marked(Response(status=304), etag)


def fresh(render: Callable[[], str | Response], etag: str) -> Response:
    """The page, with the ETag that lets the browser ask whether it has changed; without one where the page carries a
    message that is shown once."""
    once = "_flashes" in session
    return _marked(make_response(render()), "" if once else etag)


def _marked(response: Response, etag: str) -> Response:
    if etag:
        response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    return response

"""Proof that a form is ours: a token bound to the session, and what the browser says of where a request comes from."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from flask import current_app, g, request

from commsched.store.vault import new_token
from commsched.web.http.cookies import cookie_name, session_secret

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class BadForm(Exception):
    """A form that we did not give out, or gave to somebody else."""


def form_token() -> str:
    """The token for this page's forms: bound to the session, or before sign-in to a cookie of this visit.

    It stays the same as long as the session does, so that an unchanged page is the same bytes.
    """
    return _token(session_secret() if g.get("visitor") else _visit())


def _visit() -> str:
    token = request.cookies.get(cookie_name("visit"), "") or g.get("new_visit", "")
    if not token:
        token = g.new_visit = new_token(24)
    return str(token)


def _token(bound_to: str) -> str:
    key: bytes = current_app.config["FORM_KEY"]
    return hmac.new(key, bound_to.encode(), hashlib.sha256).hexdigest()


def same_origin() -> bool:
    """Whether the browser says that the request comes from a page of ours, or does not say at all."""
    site = request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = {request.host, urlsplit(current_app.config["OFFICE"].base_url).netloc}
    try:
        return urlsplit(origin).netloc in ours
    except ValueError:  # no browser says such a thing
        return False


def check_form() -> None:
    """Raise :class:`BadForm` for an unsafe request that does not prove that it is from our own page."""
    if request.method in SAFE:
        return
    token = request.headers.get("X-Form-Token") or request.form.get("form_token", "")
    if not same_origin() or not hmac.compare_digest(token.encode(), form_token().encode()):
        raise BadForm

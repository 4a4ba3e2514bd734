"""What stands around every page: the session cookie, proof that a form is ours, and the security headers."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from commsched.services.accounts.login_throttle import KNOWN_FOR
from commsched.services.accounts.sessions import LASTS
from commsched.store.vault import new_token

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script or style anywhere; a page that must differ sets its own header."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class BadForm(Exception):
    """A form that we did not give out, or gave to somebody else."""


def install(app: Flask) -> None:
    app.before_request(_same_database)
    app.after_request(_headers)


def _same_database() -> None:
    """Nothing is shown from, or written into, a database that was replaced by another: 503, in words."""
    current_app.config["OFFICE"].store.check()


def secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def cookie_name(name: str) -> str:
    """With ``__Host-`` the browser itself refuses the cookie from a subdomain or without TLS."""
    return f"__Host-{name}" if secure() else name


def session_secret() -> str:
    return request.cookies.get(cookie_name("session"), "")


def set_session(response: Any, secret: str) -> None:
    _set(response, "session", secret, int(LASTS.total_seconds()))


def device() -> str:
    """By what this browser is known to an account that it has signed in to."""
    return request.cookies.get(cookie_name("device"), "")


def set_device(response: Any, secret: str) -> None:
    _set(response, "device", secret, int(KNOWN_FOR.total_seconds()))


def clear_session(response: Any) -> None:
    response.delete_cookie(cookie_name("session"), path="/", secure=secure(), httponly=True, samesite="Lax")


def _set(response: Any, name: str, value: str, age: int | None = None) -> None:
    response.set_cookie(cookie_name(name), value, max_age=age, path="/", secure=secure(), httponly=True, samesite="Lax")


def form_token() -> str:
    """The token for this page's forms: bound to the session, or before sign-in to a cookie of this visit.

    It stays the same as long as the session does, so that an unchanged page is the same bytes.
    """
    return _token(session_secret() if g.get("visitor") else _visit())


def _visit() -> str:
    found = request.cookies.get(cookie_name("visit"), "") or g.get("new_visit", "")
    if not found:
        found = g.new_visit = new_token(24)
    return str(found)


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
    given = request.headers.get("X-Form-Token") or request.form.get("form_token", "")
    if not same_origin() or not hmac.compare_digest(given.encode(), form_token().encode()):
        raise BadForm


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if secure():
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if g.get("new_visit"):
        _set(response, "visit", g.new_visit)
    return response

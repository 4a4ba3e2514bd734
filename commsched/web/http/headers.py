"""The security headers of every answer, and that no answer comes from a database that was replaced."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, current_app, g

from commsched.web.http.cookies import secure, set_cookie

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


def install(app: Flask) -> None:
    """Put the security headers on every answer, and refuse requests to a database that was replaced."""
    app.before_request(_same_database)
    app.after_request(_headers)


def _same_database() -> None:
    """Answer 503, in words, where another database has been put in the place of this one."""
    current_app.config["OFFICE"].store.check()


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if secure():
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if g.get("new_visit"):
        set_cookie(response, "visit", g.new_visit)
    return response

"""The cookies of a browser: its session, by what it is known, and how each is set."""

from __future__ import annotations

from flask import current_app, request
from werkzeug.wrappers import Response

from commsched.services.accounts.login_throttle import KNOWN_FOR
from commsched.services.accounts.sessions import LASTS


def secure() -> bool:
    """Whether cookies are sent over TLS only."""
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def cookie_name(name: str) -> str:
    """The name of our cookie ``name``. With ``__Host-`` the browser itself refuses the cookie from a subdomain or
    without TLS."""
    return f"__Host-{name}" if secure() else name


def session_secret() -> str:
    """The secret of the browser's session; empty without one."""
    return request.cookies.get(cookie_name("session"), "")


def set_session(response: Response, secret: str) -> None:
    """Give the browser the secret of its session, for as long as a session lasts."""
    set_cookie(response, "session", secret, int(LASTS.total_seconds()))


def device() -> str:
    """The cookie by which an account knows this browser, once it has signed in to it; empty without one."""
    return request.cookies.get(cookie_name("device"), "")


def set_device(response: Response, secret: str) -> None:
    """Let the account that has just signed in know this browser again."""
    set_cookie(response, "device", secret, int(KNOWN_FOR.total_seconds()))


def clear_session(response: Response) -> None:
    """Take the session's secret from the browser."""
    response.delete_cookie(cookie_name("session"), path="/", secure=secure(), httponly=True, samesite="Lax")


def set_cookie(response: Response, name: str, value: str, age: int | None = None) -> None:
    """Set one of our cookies, out of reach of scripts and of other sites. ``age`` in seconds; without it, the cookie
    ends with the browser."""
    response.set_cookie(cookie_name(name), value, max_age=age, path="/", secure=secure(), httponly=True, samesite="Lax")

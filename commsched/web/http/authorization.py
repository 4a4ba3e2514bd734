"""The one authoriser. Every request passes it; a route that declares nothing is refused to everybody.

Pages know people by the session cookie, ``/api/`` by a bearer token, and neither takes the other's proof.
"""

from __future__ import annotations

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from commsched.core.access.roles import may
from commsched.core.access.routes import Access, access_of
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known
from commsched.services.accounts.sessions import Visitor, recognise, recognise_token
from commsched.web.http import cookies, csrf

WORKSPACE_RULE = "/w/<slug>"


class SignedOut(HTTPException):
    """A form was submitted after its session had ended. It gets an error page, since a redirect would lose what was
    typed."""

    code = 401
    description = "signed out"


class Undeclared(HTTPException):
    """A route without a declaration: a fault of ours, and never let through."""

    code = 403
    description = "undeclared route"


def install(app: Flask) -> None:
    """Have every request pass :func:`decide`, and put the office of the address into addresses made by ``url_for``."""
    app.extensions["workspace routes"] = {}
    app.url_value_preprocessor(_take_slug)
    app.url_defaults(_give_slug)
    app.before_request(decide)


def _take_slug(_endpoint: str | None, values: dict[str, object] | None) -> None:
    rule = request.url_rule.rule if request.url_rule else ""
    g.slug = values.pop("slug", None) if values and rule.startswith(WORKSPACE_RULE) else None


def _give_slug(endpoint: str, values: dict[str, object]) -> None:
    slug = g.get("slug")
    if slug is None or "slug" in values:
        return
    known: dict[str, bool] = current_app.extensions["workspace routes"]
    if endpoint not in known:
        known[endpoint] = current_app.url_map.is_endpoint_expecting(endpoint, "slug")
    if known[endpoint]:
        values["slug"] = slug


def by_token() -> bool:
    """Whether this request is the API's, which answers in problem documents and reads no cookies."""
    return request.path.startswith("/api/")


def _recognise() -> Visitor | None:
    installation = current_app.config["OFFICE"]
    if by_token():
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        return recognise_token(installation, secret.strip()) if scheme.lower() == "bearer" and secret else None
    secret = cookies.session_secret()
    return recognise(installation, secret, g.get("slug")) if secret else None


def decide() -> Response | None:
    """Admit the request, redirect it to the sign-in page, or refuse it."""
    g.visitor = g.actor = g.place = None
    g.language = known(request.cookies.get("language")) if request.cookies.get("language") else None
    g.language = g.language or preferred(request.headers.get("Accept-Language", ""))
    if request.url_rule is None:
        g.visitor = _recognise() if not by_token() else None
        _remember(g.visitor)
        return None
    access = access_of(current_app.view_functions.get(request.endpoint or ""))
    if access is None:
        raise Undeclared
    if request.endpoint != "frame.static":
        g.visitor = _recognise()
        _remember(g.visitor)
    if not by_token() and not access.one_click:
        csrf.check_form()
    return _judge(access, g.visitor)


def _remember(visitor: Visitor | None) -> None:
    if visitor is None:
        return
    g.language = visitor.language
    g.place = visitor.place
    g.actor = visitor.actor("api" if by_token() else "page") if visitor.place else None


def _judge(access: Access, visitor: Visitor | None) -> Response | None:
    if access.kind == "public":
        return None
    if visitor is None:
        return _ask_to_sign_in()
    if access.kind == "signed_in":
        return None
    if g.actor is None or access.permission is None:
        abort(404)
    if not may(g.actor.role, access.permission):
        abort(403)
    return None


def _ask_to_sign_in() -> Response:
    if by_token() or request.method not in csrf.SAFE:
        raise SignedOut
    return redirect(url_for("signin.form", next=request.full_path.rstrip("?")), 303)


def undeclared(app: Flask) -> list[str]:
    """The endpoints that declare nothing: there must be none."""
    return sorted(name for name, view in app.view_functions.items() if access_of(view) is None)

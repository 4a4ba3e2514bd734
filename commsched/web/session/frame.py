"""What every page stands on: static files, the choice of office, language and colours, and answers for machines."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request, send_from_directory, url_for
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import public, signed_in
from commsched.core.text import languages
from commsched.services.accounts import last_office, people
from commsched.services.ops import health
from commsched.web.http import cookies
from commsched.web.http.paths import STATIC, static_file
from commsched.web.http.request_context import installation, page
from commsched.web.http.responses import local_path

bp = Blueprint("frame", __name__)

FOR_EVER = "public, max-age=31536000, immutable"


@bp.get("/static/<path:name>")
@public
def static(name: str) -> Response:
    """A static file: for ever where its address carries its hash, else asked about each time."""
    file = static_file(name)
    folder, path = (STATIC, name) if file.is_relative_to(STATIC) else (file.parent, file.name)
    response = send_from_directory(folder, path, conditional=True)
    response.headers["Cache-Control"] = FOR_EVER if request.args.get("v") else "public, no-cache"
    return response


@bp.get("/favicon.ico")
@public
def favicon() -> Response:
    """Browsers request this address by themselves; without an answer the log would fill with 404."""
    response = Response((STATIC / "mark.svg").read_bytes(), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@bp.get("/")
@signed_in
def choose() -> str | AnyResponse:
    """Straight to the only office, or to the one that was chosen last; else, or with ``?all=1``, the choice."""
    places = people.workspaces_of(installation(), g.visitor.person)
    if not request.args.get("all"):
        last = last_office.office_of(installation(), g.visitor.person) if len(places) > 1 else 0
        known = [place for place, _role in places if len(places) == 1 or place.id == last]
        if known:
            return redirect(url_for("today.index", slug=known[0].slug), 303)
    return page("session/choose.html", places=places)


@bp.post("/office")
@signed_in
def enter() -> AnyResponse:
    """Go to an office, and go there when signing in the next time."""
    place = last_office.choose_office(installation(), g.visitor.person, request.form.get("office", "")[:100])
    return redirect(url_for("today.index", slug=place.slug), 303)


@bp.post("/language")
@public
def language() -> AnyResponse:
    """Choose a language: kept with the person, or before sign-in in a cookie."""
    wish = request.form.get("language", "")
    response = redirect(local_path(request.form.get("next", "")), 303)
    if wish in languages.codes():
        if g.visitor:
            people.set_own(installation(), g.visitor.person, language=wish)
        _keep(response, "language", wish)
    return response


@bp.post("/theme")
@public
def theme() -> AnyResponse:
    """Light, dark, or as the device likes it."""
    wish = request.form.get("theme", "")
    response = redirect(local_path(request.form.get("next", "")), 303)
    _keep(response, "theme", wish if wish in ("light", "dark") else "")
    return response


def _keep(response: AnyResponse, name: str, value: str) -> None:
    age = 31536000 if value else 0
    response.set_cookie(name, value, max_age=age, path="/", secure=cookies.secure(), httponly=True, samesite="Lax")


@bp.get("/healthz")
@public
def healthz() -> Response:
    """This process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@public
def readyz() -> Response:
    """Everything it takes to publish is there: 200, else 503 with what is missing."""
    checks = health.checks(installation())
    ready = all(check.ok or not check.stops for check in checks)
    body = {"status": "ready" if ready else "not ready", "checks": {c.name: {"ok": c.ok} for c in checks}}
    return make_response(jsonify(body), 200 if ready else 503)

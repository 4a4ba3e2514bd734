"""What makes the pages an app on a telephone: manifest, icons, the worker that keeps a page for when there is no
network, and the page that takes what other apps share."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from flask import Blueprint, Response, abort, g, json, url_for

from commsched import images
from commsched.core.access.roles import may
from commsched.core.access.routes import public, signed_in
from commsched.services.accounts import people
from commsched.web.http.i18n import _
from commsched.web.http.paths import STATIC, asset, templates
from commsched.web.http.request_context import installation, language, page

bp = Blueprint("install", __name__)

SIZES: Final = (180, 192, 512)
"""Pixels of the icons' sides."""
SHELL: Final = ("css/tokens.css", "css/base.css", "css/layout.css", "css/components.css", "js/offline.js", "mark.svg")
"""What the page without a network is made of."""


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What a telephone asks before it puts the app on its home screen, in the visitor's language."""
    icons = [
        {"src": url_for("install.icon", side=side, kind=kind), "sizes": f"{side}x{side}", "type": "image/png"}
        | {"purpose": "maskable" if kind == "maskable" else "any"}
        for side, kind in ((192, "plain"), (512, "plain"), (192, "maskable"), (512, "maskable"))
    ]
    files = [{"name": "files", "accept": ["image/png", "image/jpeg", "image/webp", "image/gif"]}]
    content = {
        "id": "/",
        "name": "commsched",
        "short_name": "commsched",
        "description": _("Write, approve and publish the office's posts."),
        "lang": language(),
        "start_url": url_for("frame.choose"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f5f1",
        "theme_color": "#f6f5f1",
        "icons": icons,
        "share_target": {
            "action": url_for("install.share"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"title": "title", "text": "text", "url": "link", "files": files},
        },
    }
    response = Response(json.dumps(content), content_type="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


@bp.get("/app-icon-<kind>-<int:side>.png")
@public
def icon(kind: str, side: int) -> Response:
    """The mark as a picture, drawn the first time it is asked for."""
    if side not in SIZES or kind not in ("plain", "maskable"):
        abort(404)
    response = Response(images.app_icon.app_icon(side, kind == "maskable"), content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@lru_cache(maxsize=1)
def _build() -> str:
    """A digest over all that the worker keeps: with another, it fetches everything anew."""
    parts = [(STATIC / name).read_bytes() for name in ("js/worker.js", *SHELL)]
    parts.append((templates() / "session" / "offline.html").read_bytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


@bp.get("/worker.js")
@public
def worker() -> Response:
    """The service worker. It stands at the root, since it may only serve what lies below its own address."""
    kept = [url_for("install.offline"), *(asset(name) for name in SHELL)]
    head = f"const BUILD = {json.dumps(_build())};\nconst SHELL = {json.dumps(kept)};\n"
    text = head + (STATIC / "js" / "worker.js").read_text("utf-8")
    response = Response(text, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/offline")
@public
def offline() -> str:
    """The one page that a telephone keeps: nobody's in particular, so it tells nobody anything of an office."""
    return page("session/offline.html")


@bp.get("/share")
@signed_in
def share() -> str:
    """Takes what another app shared, or what was written without a network, and opens it in *Write*. The worker has
    it until then; nothing is sent before the person chooses the office."""
    offices = [place for place, role in people.workspaces_of(installation(), g.visitor.person) if may(role, "write")]
    return page("session/share.html", offices=offices)

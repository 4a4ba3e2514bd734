"""How it went: what readers made of the last month's posts, as far as their networks count. No more than a table."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint

from commsched.core.access.routes import allow
from commsched.services.followup import figures
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("went", __name__, url_prefix="/w/<slug>/went")

BACK: Final = timedelta(days=31)


@bp.get("/")
@allow("read")
def index() -> str:
    """The items that went out in the last month, newest first."""
    with installation().store.read(actor().workspace) as session:
        items = figures.how_it_went(session, installation().now() - BACK)
    return page("watch/went.html", items=items, names=figures.NAMES)

"""How the installation is: the clock, the database, the disk, mail, and which version runs."""

from __future__ import annotations

from flask import Blueprint

from commsched import __version__
from commsched.core.access.routes import allow
from commsched.services.ops import health
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import installation, page

bp = Blueprint("about", __name__, url_prefix="/w/<slug>/about")


@bp.get("/")
@allow("read")
def index() -> str:
    relay = installation().mailer.reaches()
    return page(
        "settings/about.html",
        checks=health.checks(installation()),
        relay=relay,
        version=__version__,
        mail=translated(installation().mailer.describe()),
    )

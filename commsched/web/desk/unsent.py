"""The mails that nobody got, to be read on a page while no mail server is set."""

from __future__ import annotations

from flask import Blueprint

from commsched.core.access.routes import allow
from commsched.services.mailing import unsent
from commsched.web.http.request_context import actor, installation, page

bp = Blueprint("unsent", __name__, url_prefix="/w/<slug>/outbox")


@bp.app_template_global("unsent_count")
def how_many() -> int:
    """How many mails lie there; for the badge that administrators see."""
    return unsent.count(installation(), actor())


@bp.app_template_global("demo_request")
def demo_request() -> tuple[str, str] | None:
    """Whom the newest mail asks for an approval, and the path of its link."""
    return None if installation().mailer.reaches() else unsent.newest_request(installation(), actor())


@bp.get("/")
@allow("administer")
def index() -> str:
    return page("desk/unsent.html", mails=unsent.read(installation(), actor()))

"""Who may see an item: only some people until it is published, or the whole office."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.services.approval import confidential
from commsched.web.components.pictures import numbers
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done
from commsched.web.items.routes import act

bp = Blueprint("confidential", __name__, url_prefix="/w/<slug>")


@bp.post("/items/<int:item_id>/confidential")
@allow("write")
def restrict(item_id: int) -> str | Response | tuple[str, int]:
    """Only for those chosen, or for all again."""

    def choose(form: Form) -> str:
        if not form.flag("confidential"):
            confidential.open_to_all(installation(), actor(), item_id)
            return _("Everybody in the office sees it again.")
        confidential.restrict(installation(), actor(), item_id, numbers(form.many("confidants")))
        return _("Only those you have named see it, until it is published.")

    return act(item_id, "", choose)


@bp.get("/confidential")
@allow("administer")
def index() -> str:
    """That there are confidential items, and whose: for administrators, without a word of them."""
    return page("items/confidential.html", rows=confidential.closed(installation(), actor()))


@bp.post("/confidential/<int:item_id>/take-over")
@allow("administer")
def take_over(item_id: int) -> Response:
    confidential.take_over(installation(), actor(), item_id)
    return done(_("You are named on it now. It is on the record."), "items.show", item_id=item_id)

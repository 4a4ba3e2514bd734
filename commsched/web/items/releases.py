"""Looking at what was let out in an emergency, and saying whether it is in order."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.services.approval import release_reviews
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation
from commsched.web.http.responses import done

bp = Blueprint("releases", __name__, url_prefix="/w/<slug>/items/<int:item_id>/releases")


@bp.post("/<int:task_id>")
@allow("approve")
def answer(item_id: int, task_id: int) -> Response:
    """Seen and in order, or to be mended."""
    form = Form.read()
    with form.catch():
        verdict, words = form.text("answer", 10), form.text("words", 1000)
        release_reviews.answer(installation(), actor(), item_id, task_id, verdict, words)
        return done(_("Thank you, that is written down."), "items.show", item_id=item_id)
    return done(next(iter(form.errors.values())), "items.show", "bad", item_id=item_id)

"""Reminding a person of everything that waits for them."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import Conflict
from commsched.services.approval import nudges
from commsched.web.components import mail_status
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.request_context import actor, installation
from commsched.web.http.responses import done

bp = Blueprint("reminders", __name__, url_prefix="/w/<slug>")


@bp.post("/remind")
@allow("comment")
def remind_person() -> Response:
    """Mail one person about everything that waits for them; Today has the button."""
    form = Form.read()
    try:
        number = nudges.remind_person(installation(), actor(), form.number("person", 1, 2**31))
    except Conflict as error:
        return done(translated(error.words), "today.index", tone="note")
    if not mail_status.mailed():
        return done(_("No mail server is set, so tell them yourself."), "today.index", tone="note")
    sentence = ngettext("Reminded of %(n)s item.", "Reminded of %(n)s items, in one mail.", number)
    return done(sentence, "today.index")

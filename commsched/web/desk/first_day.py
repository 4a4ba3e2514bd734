"""The card *Get going* on the first page: what a new office needs, each row with its form in place."""

from __future__ import annotations

from flask import Blueprint, g
from werkzeug.wrappers import Response

from commsched.core.access.roles import may
from commsched.core.access.routes import allow
from commsched.core.text.messages import Conflict
from commsched.services.accounts import invitations, people
from commsched.services.channels import connect
from commsched.services.views import first_day
from commsched.web.desk import today
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation
from commsched.web.http.responses import done

bp = Blueprint("first_day", __name__, url_prefix="/w/<slug>/first-day")
Answer = str | Response | tuple[str | Response, int]


@bp.app_template_global("first_day")
def card() -> first_day.FirstDay | None:
    """The card for whoever looks; ``None`` for those who cannot set the office up."""
    return first_day.read(installation(), actor()) if may(actor().role, "administer") else None


@bp.app_template_global("first_day_form")
def form_of_card() -> Form:
    """What was typed in the card, if it came back."""
    typed: Form = g.get("first_day_form") or Form()
    return typed


def _again(form: Form) -> Answer:
    """The first page once more, with what was typed and what is wrong with it."""
    g.first_day_form = form
    return today.index(), form.status


@bp.post("/name")
@allow("administer")
def name() -> Answer:
    form = Form.read()
    with form.catch():
        people.set_own(installation(), g.visitor.person, name=form.needed("own_name", 200))
        return done("", "today.index")
    form.errors = {"own_name" if key == "name" else key: words for key, words in form.errors.items()}
    return _again(form)


@bp.post("/newsroom")
@allow("administer")
def newsroom() -> Answer:
    """Open the office's own newsroom. One that is open already is no error."""
    form = Form.read()
    with form.catch():
        try:
            connect.connect(installation(), actor(), "newsroom", "", {})
        except Conflict:
            return done("", "today.index")
        return done(_("The newsroom is open. What you publish there is seen at its own address."), "today.index")
    return _again(form)


@bp.post("/approver")
@allow("administer")
def approver() -> Answer:
    form = Form.read()
    with form.catch():
        new = people.add_person(
            installation(), actor(), form.needed("email", 300), "approver", name=form.needed("name", 200)
        )
        whose = new.person.name or new.person.email
        if invitations.mail_link(installation(), actor(), new.person.id, new.link, "invited"):
            return done(_("%(name)s is let in and may approve. A mail is on its way.", name=whose), "today.index")
        return done(_("%(name)s is let in and may approve.", name=whose), "today.index")
    return _again(form)


@bp.post("/dismiss")
@allow("administer")
def dismiss() -> Response:
    first_day.dismiss(installation(), actor())
    return done("", "today.index")
